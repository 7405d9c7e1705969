import { Text, Title } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import type { DimensionExplanation, EndExplanation, Explanation, Flow, PolicyExplanation, Standing } from '../api/types';
import { formatCount } from '../kit/format';
import { Icon, type IconName } from '../kit/icons';
import { Empty } from '../kit/Page';
import { StatusBadge, type Tone } from '../kit/StatusBadge';
import { TimeAgo } from '../kit/TimeAgo';
import { reasonOf } from '../reasons/catalogue';
import { treatment } from '../reasons/treatment';
import classes from './Explain.module.css';

const STANDINGS: Record<Standing, { tone: Tone; icon: IconName; word: string }> = {
  Won: { tone: 'good', icon: 'check', word: 'Decides' },
  Outranked: { tone: 'info', icon: 'arrowUp', word: 'Outranked' },
  NotMatched: { tone: 'neutral', icon: 'cross', word: 'Does not match' },
  NotOnNode: { tone: 'neutral', icon: 'node', word: 'Not on this node' },
};

/** What policy says of a connection: the verdict, then for each end every policy in winning order and why. */
export function ExplanationView({ explanation, sameEnds }: { explanation: Explanation; sameEnds: boolean }) {
  const eligible = explanation.verdict === 'eligible';
  const reason = reasonOf(explanation.verdict);
  return (
    <div className={classes.answer}>
      <div className={`panel ${classes.verdict}`} role="status">
        <StatusBadge tone={eligible ? 'good' : 'neutral'} icon={eligible ? 'bolt' : 'pass'}>{eligible ? 'Accelerated' : 'Not accelerated'}</StatusBadge>
        <Text>{eligible ? 'Both ends are matched by policies that accelerate. The datapath joins it once it is safe.' : `${reason.title}: ${reason.meaning}`}</Text>
        {eligible ? null : <Text size="sm" className="quiet">{reason.advice}</Text>}
      </div>
      {explanation.seen.length === 0 ? null : <SeenNow seen={explanation.seen} />}
      <div className={classes.ends} data-same={sameEnds}>
        {explanation.clientEnd == null ? null : <End title={sameEnds ? 'Both ends' : 'Connecting end'} end={explanation.clientEnd} />}
        {sameEnds || explanation.serverEnd == null ? null : <End title="Accepting end" end={explanation.serverEnd} />}
      </div>
    </div>
  );
}

/** Connections just like this one that the node reported. */
function SeenNow({ seen }: { seen: readonly Flow[] }) {
  return (
    <section className={`panel ${classes.verdict}`} aria-label="Seen on the node">
      {seen.map((flow, index) => (
        <div key={index}>
          <Text size="sm"><strong>{flow.open === 1 ? '1 connection like this is open' : `${formatCount(flow.open)} connections like this are open`}</strong>, reported <TimeAgo time={flow.lastSeen} />: {treatment(flow)}.</Text>
          {obstacles(flow).map((obstacle) => <Text key={obstacle} size="sm" className="quiet">{obstacle}</Text>)}
        </div>
      ))}
    </section>
  );
}

function obstacles({ client, server }: Flow): string[] {
  const lines = (title: string, words: readonly string[]) => words.map((word) => `${title}: ${reasonOf(word).meaning}`);
  return [...lines('Connecting end', client?.obstacles ?? []), ...lines('Accepting end', server?.obstacles ?? [])];
}

function End({ title, end }: { title: string; end: EndExplanation }) {
  return (
    <section className="panel">
      <div className={classes.head}>
        <Title order={2}>{title}</Title>
        <span className="quiet">{end.winner === null ? 'no policy matches' : `${end.winner} decides`}</span>
      </div>
      {end.policies.length === 0 ? <Empty title="There are no policies" /> : null}
      <ol className={classes.policies}>
        {end.policies.map((policy) => <PolicyOutcome key={policy.name} policy={policy} />)}
      </ol>
    </section>
  );
}

function PolicyOutcome({ policy: { name, standing, reason, dimensions } }: { policy: PolicyExplanation }) {
  const { tone, icon, word } = STANDINGS[standing];
  const telling = dimensions.filter(({ matched, entry }) => !matched || entry !== 'any');
  return (
    <li className={classes.policy} data-standing={standing}>
      <div className={classes.name}>
        <Link to="/policies/$name" params={{ name }} className="link">{name}</Link>
        <StatusBadge tone={tone} icon={icon}>{word}</StatusBadge>
      </div>
      {telling.length === 0 ? <Text size="sm" className="quiet">{reason}</Text> : null}
      {telling.map((dimension) => <Line key={dimension.dimension} policy={name} dimension={dimension} />)}
    </li>
  );
}

function Line({ policy, dimension: { matched, path, entry, found } }: { policy: string; dimension: DimensionExplanation }) {
  return (
    <div className={classes.line}>
      <Icon name={matched ? 'check' : 'cross'} size={14} />
      <span>
        <span className="mono">{found}</span> {matched ? 'is in' : 'is not in'}{' '}
        <Link to="/policies/$name" params={{ name: policy }} search={{ at: path }} className="link mono">{path}</Link>{' '}
        <span className="mono quiet">{entry}</span>
      </span>
    </div>
  );
}
