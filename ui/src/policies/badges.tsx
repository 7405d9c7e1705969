import type { Action, Mode, Policy } from '../api/types';
import { StatusBadge } from '../kit/StatusBadge';

export function ActionBadge({ action }: { action: Action }) {
  return action === 'Bypass' ? (
    <StatusBadge tone="neutral" icon="pass" hint="Connections that match stay with TCP: an exception to other policies.">Bypass</StatusBadge>
  ) : (
    <StatusBadge tone="good" icon="bolt" hint="Connections whose both ends match are joined socket to socket.">Accelerate</StatusBadge>
  );
}

export function ModeBadge({ mode }: { mode: Mode }) {
  return mode === 'Observe' ? (
    <StatusBadge tone="info" icon="eye" hint="Only counts what would happen; no connection is touched.">Observe</StatusBadge>
  ) : (
    <StatusBadge tone="neutral" icon="shield" hint="The policy acts.">Enforce</StatusBadge>
  );
}

/** How far the latest revision of a policy has got. */
export function RolloutBadge({ nodes }: { nodes: Policy['status']['nodes'] }) {
  const { applied, desired, rejected } = nodes;
  const word = `${applied}/${desired} ${desired === 1 ? 'node' : 'nodes'}`;
  if (rejected > 0) {
    return <StatusBadge tone="bad" icon="cross" hint={`Refused by ${rejected} of ${desired} nodes; see Nodes for the errors.`}>{`${word}, ${rejected} rejected`}</StatusBadge>;
  }
  if (desired === 0) return <StatusBadge tone="neutral" icon="info" hint="The node selector matches no node that is known now.">No node</StatusBadge>;
  if (applied < desired) return <StatusBadge tone="info" icon="clock" hint="On its way to the other nodes.">{word}</StatusBadge>;
  return <StatusBadge tone="good" icon="check" hint="Every node that carries this policy enforces its latest version.">{word}</StatusBadge>;
}
