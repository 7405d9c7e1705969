import { Table, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useRefetchInterval } from '../api/live';
import { impactQuery } from '../api/queries';
import type { Impact, ImpactChange } from '../api/types';
import { FlowName } from '../kit/FlowName';
import { formatCount } from '../kit/format';
import type { IconName } from '../kit/icons';
import { Failure, Loading } from '../kit/Page';
import { StatusBadge, type Tone } from '../kit/StatusBadge';
import { TimeAgo } from '../kit/TimeAgo';
import classes from './ImpactPreview.module.css';

const CHANGES: Record<ImpactChange['change'], { tone: Tone; icon: IconName; word: string }> = {
  NewlyAccelerated: { tone: 'good', icon: 'bolt', word: 'Newly accelerated' },
  NoLongerAccelerated: { tone: 'warn', icon: 'pass', word: 'No longer accelerated' },
  Unknown: { tone: 'info', icon: 'question', word: 'Unknown' },
};

const MOST_ROWS = 8;

/** What a draft would change for connections that nodes saw lately, before it is applied. */
export function ImpactPreview({ draft }: { draft: string }) {
  // Nodes go on reporting while somebody reads.
  const impact = useQuery({ ...impactQuery(draft), refetchInterval: useRefetchInterval('counters') });
  return (
    <section className="panel" aria-label="Impact">
      {impact.isPending ? <Loading what="impact" /> : null}
      {impact.isError ? <Failure error={impact.error} retry={() => void impact.refetch()} /> : null}
      {impact.isSuccess ? <Answer impact={impact.data} /> : null}
    </section>
  );
}

function Answer({ impact }: { impact: Impact }) {
  if (impact.since == null) {
    return <Text size="sm" className={`quiet ${classes.lead}`}>No node has reported its connections since the control plane started, so what this would change for them cannot be said.</Text>;
  }
  const { newlyAccelerated, noLongerAccelerated, unchanged, unknown, changes } = impact;
  return (
    <>
      <dl className={classes.counts}>
        <Count name="Newly accelerated" value={newlyAccelerated} />
        <Count name="No longer accelerated" value={noLongerAccelerated} />
        <Count name="Unknown" value={unknown} />
        <Count name="Unchanged" value={unchanged} />
      </dl>
      <Text size="sm" className={`quiet ${classes.lead}`}>
        {impact.connections === 0 ? 'No open connections' : `Of ${formatCount(impact.connections)} connections`}, as {impact.nodes === 1 ? '1 node' : `${impact.nodes} nodes`} reported, the first time <TimeAgo time={impact.since} />.
        {impact.truncated ? ' Some nodes have more than they list.' : ''}
        {unknown > 0 ? ' Unknown: policy would have them accelerated, and nobody tried whether their programs allow it. Mode Observe finds out.' : ''}
      </Text>
      {changes.length === 0 ? null : (
        <div className="scroll-x">
          <Table aria-label="What changes" verticalSpacing={4}>
            <Table.Thead><Table.Tr><Table.Th>Connections</Table.Th><Table.Th className="num">Open</Table.Th><Table.Th>Change</Table.Th></Table.Tr></Table.Thead>
            <Table.Tbody>{changes.slice(0, MOST_ROWS).map((change, index) => <Row key={index} change={change} />)}</Table.Tbody>
          </Table>
          {changes.length > MOST_ROWS ? <Text size="sm" className={`quiet ${classes.lead}`}>And {formatCount(changes.length - MOST_ROWS)} more kinds of connections.</Text> : null}
        </div>
      )}
    </>
  );
}

function Count({ name, value }: { name: string; value: number }) {
  return (
    <div data-zero={value === 0}>
      <dt>{name}</dt>
      <dd>{formatCount(value)}</dd>
    </div>
  );
}

function Row({ change: { change, because, flow } }: { change: ImpactChange }) {
  const { tone, icon, word } = CHANGES[change];
  return (
    <Table.Tr>
      <Table.Td><FlowName flow={flow} withNode /></Table.Td>
      <Table.Td className="num">{formatCount(flow.mostOpen)}</Table.Td>
      <Table.Td><StatusBadge tone={tone} icon={icon}>{word}</StatusBadge><Text size="xs" className="quiet">{because}</Text></Table.Td>
    </Table.Tr>
  );
}
