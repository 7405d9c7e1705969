import { Tooltip } from '@mantine/core';
import type { HealthState, NodeState } from '../api/types';
import { Icon, type IconName } from './icons';
import classes from './StatusBadge.module.css';

export type Tone = 'good' | 'info' | 'warn' | 'bad' | 'neutral';

interface StatusBadgeProps {
  tone: Tone;
  icon: IconName;
  children: string;
  /** One sentence on what the word means; read out as the badge's description. */
  hint?: string | undefined;
}

/** A state as icon and word; the colour only repeats what the word says. */
export function StatusBadge({ tone, icon, children, hint }: StatusBadgeProps) {
  const badge = (
    <span className={classes.badge} data-tone={tone}>
      <Icon name={icon} size={14} />
      {children}
    </span>
  );
  return hint === undefined ? badge : <Tooltip label={hint} multiline maw={340}>{badge}</Tooltip>;
}

export const NODE_STATES: Record<NodeState, { tone: Tone; icon: IconName; word: string; hint: string; rank: number }> = {
  Rejected: { tone: 'bad', icon: 'cross', word: 'Rejected', hint: 'The node refused the desired revision and goes on with its last good one.', rank: 0 },
  Drifted: { tone: 'bad', icon: 'drift', word: 'Drifted', hint: 'The node holds something else than what it acknowledged.', rank: 1 },
  Unreachable: { tone: 'warn', icon: 'unplugged', word: 'Unreachable', hint: 'No connection to the node. It keeps enforcing its last policies.', rank: 2 },
  Pending: { tone: 'info', icon: 'clock', word: 'Pending', hint: 'The desired revision is on its way; the node has not acknowledged it yet.', rank: 3 },
  InSync: { tone: 'good', icon: 'check', word: 'In sync', hint: 'The node’s kernel maps hold the desired revision and were read back.', rank: 4 },
};

export function NodeStateBadge({ state }: { state: NodeState }) {
  const { tone, icon, word, hint } = NODE_STATES[state];
  return <StatusBadge tone={tone} icon={icon} hint={hint}>{word}</StatusBadge>;
}

const HEALTH: Record<HealthState, { tone: Tone; icon: IconName; word: string }> = {
  Healthy: { tone: 'good', icon: 'check', word: 'Healthy' },
  Degraded: { tone: 'warn', icon: 'warning', word: 'Degraded' },
  NotAccelerating: { tone: 'bad', icon: 'cross', word: 'Not accelerating' },
};

export function HealthBadge({ state, reasons }: { state: HealthState; reasons: readonly string[] }) {
  const { tone, icon, word } = HEALTH[state];
  return <StatusBadge tone={tone} icon={icon} hint={reasons.length === 0 ? undefined : reasons.join(' ')}>{word}</StatusBadge>;
}
