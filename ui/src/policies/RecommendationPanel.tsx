import { Table, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useRefetchInterval } from '../api/live';
import { recommendationQuery } from '../api/queries';
import type { Recommendation } from '../api/types';
import { formatBytes, formatCount, formatPercent } from '../kit/format';
import type { IconName } from '../kit/icons';
import { Failure } from '../kit/Page';
import { StatusBadge, type Tone } from '../kit/StatusBadge';
import { TimeAgo } from '../kit/TimeAgo';
import { reasonOf } from '../reasons/catalogue';
import classes from './RecommendationPanel.module.css';

const ANSWERS: Record<Recommendation['accelerate'], { tone: Tone; icon: IconName; word: string }> = {
  yes: { tone: 'good', icon: 'bolt', word: 'Accelerate: yes' },
  no: { tone: 'neutral', icon: 'pass', word: 'Accelerate: no' },
  unknown: { tone: 'info', icon: 'question', word: 'Accelerate: not known yet' },
};

/** What an observing policy has seen, and what follows from it. */
export function RecommendationPanel({ name }: { name: string }) {
  const recommendation = useQuery({ ...recommendationQuery(name), refetchInterval: useRefetchInterval('counters') });
  if (recommendation.isPending) return null;
  if (recommendation.isError) return <Failure error={recommendation.error} retry={() => void recommendation.refetch()} />;
  return <Advice recommendation={recommendation.data} />;
}

function Advice({ recommendation }: { recommendation: Recommendation }) {
  const { accelerate, because, notes, expectedGain, measuredShare, nodes, at, seen } = recommendation;
  const { tone, icon, word } = ANSWERS[accelerate];
  return (
    <section className={`panel ${classes.advice}`} aria-label="Recommendation">
      <div className={classes.answer}>
        <StatusBadge tone={tone} icon={icon}>{word}</StatusBadge>
        <Text size="sm" className="quiet">
          {nodes === 0 ? 'No node has reported what it observed since the control plane started.' : <>Observed on {nodes === 1 ? '1 node' : `${nodes} nodes`}, reported <TimeAgo time={at} /></>}
        </Text>
      </div>
      <div className={classes.body}>
        {expectedGain == null ? null : (
          <div className={classes.gain}>
            <span className={classes.ratio}>{expectedGain.toFixed(2)}×</span>
            <span className="quiet">the speed of TCP, by benchmarks{measuredShare != null && measuredShare < 1 ? ` that cover ${formatPercent(measuredShare, 1)} of its messages` : ''}</span>
          </div>
        )}
        <div className={classes.words}>
          <Text>{sentence(because)}</Text>
          {notes.map((note) => <Text key={note} size="sm" className="quiet">{note}</Text>)}
        </div>
      </div>
      {seen.connections === 0 ? null : (
        <details>
          <summary className={classes.more}>What was seen</summary>
          <Seen seen={seen} />
        </details>
      )}
    </section>
  );
}

function Seen({ seen }: { seen: Recommendation['seen'] }) {
  const outcomes = Object.entries(seen.outcomes).sort(([, a], [, b]) => b - a);
  return (
    <div className={classes.tables}>
      <Table aria-label="Under Enforce" verticalSpacing={3}>
        <Table.Thead><Table.Tr><Table.Th>Under Enforce</Table.Th><Table.Th className="num">Connections</Table.Th></Table.Tr></Table.Thead>
        <Table.Tbody>
          {outcomes.map(([word, connections]) => (
            <Table.Tr key={word}><Table.Td>{outcomeTitle(word)}</Table.Td><Table.Td className="num">{formatCount(connections)}</Table.Td></Table.Tr>
          ))}
          <Table.Tr><Table.Td className="quiet">Seen, {formatCount(seen.open)} of them open</Table.Td><Table.Td className="num">{formatCount(seen.connections)}</Table.Td></Table.Tr>
        </Table.Tbody>
      </Table>
      <Table aria-label="Messages by size" verticalSpacing={3}>
        <Table.Thead><Table.Tr><Table.Th>Messages</Table.Th><Table.Th className="num">Replies</Table.Th><Table.Th className="num">In a row</Table.Th></Table.Tr></Table.Thead>
        <Table.Tbody>
          {seen.messages.map(({ size, replies, streamed }) => (
            <Table.Tr key={size}><Table.Td>{size}</Table.Td><Table.Td className="num">{formatCount(replies)}</Table.Td><Table.Td className="num">{formatCount(streamed)}</Table.Td></Table.Tr>
          ))}
          <Table.Tr><Table.Td className="quiet">Sent in all</Table.Td><Table.Td className="num" colSpan={2}>{formatBytes(seen.sentBytes)}</Table.Td></Table.Tr>
        </Table.Tbody>
      </Table>
      <Table aria-label="Closed connections by how long they lived" verticalSpacing={3}>
        <Table.Thead><Table.Tr><Table.Th>Closed after</Table.Th><Table.Th className="num">Connections</Table.Th></Table.Tr></Table.Thead>
        <Table.Tbody>
          {seen.durations.map(({ lived, connections }) => (
            <Table.Tr key={lived}><Table.Td>{lived}</Table.Td><Table.Td className="num">{formatCount(connections)}</Table.Td></Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </div>
  );
}

function outcomeTitle(word: string): string {
  if (word === 'accelerated') return 'Would be accelerated';
  if (word === 'undecided') return 'Not known yet';
  return reasonOf(word).title;
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
