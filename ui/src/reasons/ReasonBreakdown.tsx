import { Switch, Text } from '@mantine/core';
import { useState } from 'react';
import { formatCount, formatPercent } from '../kit/format';
import { Icon } from '../kit/icons';
import { Empty } from '../kit/Page';
import { ranked, type ReasonCount } from './breakdown';
import { GROUPS, REASONS } from './catalogue';
import classes from './ReasonBreakdown.module.css';

interface ReasonBreakdownProps {
  accelerated: number;
  reasons: Readonly<Record<string, number>> | undefined;
}

/**
 * Every connection under exactly one heading: accelerated, or the one reason why not, each with what it means and what
 * to do about it.
 */
export function ReasonBreakdown({ accelerated, reasons }: ReasonBreakdownProps) {
  const [showAll, setShowAll] = useState(false);
  const counted = ranked(reasons);
  const notAccelerated = counted.reduce((sum, { connections }) => sum + connections, 0);
  const total = accelerated + notAccelerated;
  const most = Math.max(accelerated, ...counted.map(({ connections }) => connections));
  const seen = new Set(counted.map(({ reason }) => reason.id));
  const unseen = showAll ? REASONS.filter(({ id }) => !seen.has(id)).map((reason) => ({ reason, connections: 0 })) : [];

  return (
    <section className="panel" aria-label="Connections by verdict">
      {total === 0 ? <Empty title="No connection has been counted yet"><Text size="sm" className="quiet">Counters arrive with the node’s reports, every few seconds.</Text></Empty> : null}
      <ol className={classes.list}>
        {total === 0 ? null : (
          <li className={classes.row} data-group="accelerated">
            <Measure connections={accelerated} total={total} most={most} />
            <div>
              <div className={classes.title}>
                <Icon name="bolt" /> Accelerated
              </div>
              <p className={classes.meaning}>Both ends agreed; bytes go straight from socket to socket.</p>
            </div>
          </li>
        )}
        {[...counted, ...unseen].map((entry) => <ReasonRow key={entry.reason.id} entry={entry} total={total} most={most} />)}
      </ol>
      <div className={classes.foot}>
        <Text size="xs" className="quiet">
          Connections by their present or last verdict, since the datapath was installed; every connection is counted once.
        </Text>
        <Switch size="xs" label="Show reasons that did not occur" checked={showAll} onChange={(event) => setShowAll(event.currentTarget.checked)} />
      </div>
    </section>
  );
}

function ReasonRow({ entry: { reason, connections }, total, most }: { entry: ReasonCount; total: number; most: number }) {
  const group = GROUPS[reason.group];
  return (
    <li className={classes.row} data-group={reason.group}>
      <Measure connections={connections} total={total} most={most} />
      <div>
        <div className={classes.title}>
          <Icon name={group.icon} /> {reason.title}
          <span className={classes.id}>{reason.id}</span>
          <span className={classes.group} title={group.hint}>{group.title}</span>
        </div>
        <p className={classes.meaning}>{reason.meaning}</p>
      </div>
      <p className={classes.advice}><strong>What to do:</strong> {reason.advice}</p>
    </li>
  );
}

function Measure({ connections, total, most }: { connections: number; total: number; most: number }) {
  return (
    <div className={classes.measure}>
      <div className={classes.numbers}>
        <span className={classes.count}>{formatCount(connections)}</span>
        <span className="quiet">{formatPercent(connections, total)}</span>
      </div>
      <div className={classes.track} aria-hidden="true">
        <div className={classes.bar} style={{ width: `${most === 0 ? 0 : (100 * connections) / most}%` }} />
      </div>
    </div>
  );
}
