import { useQueryClient } from '@tanstack/react-query';
import { createContext, useContext, useEffect, useState, type ReactNode } from 'react';
import { keys } from './queries';
import type { Policy } from './types';

/** How the page learns of changes: told by the server, or asking every few seconds. */
export type Liveness = 'live' | 'polling';

const POLL_MILLIS = 5_000;
/** Counters move all the time and have no event of their own; while live, they are asked for this often. */
const COUNTERS_MILLIS = 5_000;
/** Many edits in a burst make one refetch. */
const BURST_MILLIS = 250;

const LivenessContext = createContext<Liveness>('polling');

export function useLiveness(): Liveness {
  return useContext(LivenessContext);
}

/** The interval for the policies: while one is on its way to a node, somebody is probably waiting for it. */
export function usePoliciesInterval() {
  const rest = useRefetchInterval('rest');
  return ({ state: { data } }: { state: { data: Policy[] | undefined } }): number | false =>
    data?.some(({ status: { nodes } }) => nodes.applied + nodes.rejected < nodes.desired) === true ? POLL_MILLIS : rest;
}

/** The interval for a query: counters always move, everything else only needs asking while nobody tells us. */
export function useRefetchInterval(what: 'counters' | 'rest'): number | false {
  const liveness = useLiveness();
  if (liveness === 'polling') return POLL_MILLIS;
  return what === 'counters' ? COUNTERS_MILLIS : false;
}

const KEYS_OF_EVENT: Record<string, readonly (readonly string[])[]> = {
  policy: [keys.policies, keys.revisions, keys.nodes],
  revision: [keys.policies, keys.revisions, keys.nodes],
  node: [keys.nodes, keys.policies],
  /** Some events were missed. */
  reset: [keys.policies, keys.revisions, keys.nodes],
};

/** Listens to the server's events while somebody is logged in, and refetches what they are about. */
export function LiveUpdates({ children }: { children: ReactNode }) {
  const client = useQueryClient();
  const [liveness, setLiveness] = useState<Liveness>('polling');

  useEffect(() => {
    const source = new EventSource('/api/v1/events');
    const stale = new Set<string>();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const flush = () => {
      timer = undefined;
      for (const key of stale) void client.invalidateQueries({ queryKey: [key], predicate: isNotBeingEdited });
      stale.clear();
    };
    const mark = (about: readonly (readonly string[])[]) => {
      for (const key of about) stale.add(key[0]!);
      timer ??= setTimeout(flush, BURST_MILLIS);
    };
    source.onopen = () => {
      setLiveness('live');
      // Whatever happened while the stream was down.
      mark([keys.policies, keys.nodes, keys.revisions]);
    };
    source.onerror = () => setLiveness('polling');
    for (const [name, about] of Object.entries(KEYS_OF_EVENT)) source.addEventListener(name, () => mark(about));
    return () => {
      source.close();
      clearTimeout(timer);
    };
  }, [client]);

  return <LivenessContext value={liveness}>{children}</LivenessContext>;
}

/** The text in an open editor belongs to whoever types in it; If-Match finds out about others. */
function isNotBeingEdited(query: { queryKey: readonly unknown[] }): boolean {
  return !(query.queryKey[0] === keys.policies[0] && query.queryKey.length > 1);
}
