import { reasonOf, type Reason } from './catalogue';

export interface ReasonCount {
  reason: Reason;
  connections: number;
}

/** Reasons with at least one connection, most frequent first; equal counts by name, so that rows do not jump. */
export function ranked(reasons: Readonly<Record<string, number>> | undefined): ReasonCount[] {
  return Object.entries(reasons ?? {})
    .filter(([, connections]) => connections > 0)
    .map(([id, connections]) => ({ reason: reasonOf(id), connections }))
    .sort((a, b) => b.connections - a.connections || a.reason.id.localeCompare(b.reason.id));
}

/** Sums counters of several nodes or policies. */
export function sumReasons(all: readonly (Readonly<Record<string, number>> | undefined)[]): Record<string, number> {
  const sum: Record<string, number> = {};
  for (const reasons of all) {
    for (const [id, connections] of Object.entries(reasons ?? {})) {
      sum[id] = (sum[id] ?? 0) + connections;
    }
  }
  return sum;
}
