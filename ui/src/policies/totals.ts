import type { NodeInfo, NodePolicy } from '../api/types';
import { sumReasons } from '../reasons/breakdown';

/** What one policy did on all nodes together. */
export interface PolicyTotals {
  acceleratedConnections: number;
  redirectedBytes: number;
  reasons: Record<string, number>;
}

/** By policy name; a policy no node reported yet has no entry, which is not the same as zero. */
export function totalsByPolicy(nodes: readonly NodeInfo[]): Map<string, PolicyTotals> {
  const byPolicy = new Map<string, NodePolicy[]>();
  for (const counters of nodes.flatMap((node) => node.policies)) {
    byPolicy.set(counters.name, [...(byPolicy.get(counters.name) ?? []), counters]);
  }
  return new Map([...byPolicy].map(([policy, all]) => [policy, totalOf(all)]));
}

function totalOf(all: readonly NodePolicy[]): PolicyTotals {
  return {
    acceleratedConnections: all.reduce((sum, one) => sum + one.acceleratedConnections, 0),
    redirectedBytes: all.reduce((sum, one) => sum + one.redirectedBytes, 0),
    reasons: sumReasons(all.map((one) => one.reasons)),
  };
}
