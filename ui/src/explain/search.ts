import type { ExplainRequest, SocketEnd } from '../api/types';

/** The question as it stands in the address, so that it can be sent to a colleague. */
export interface ExplainSearch {
  node?: string;
  client?: string;
  server?: string;
  port?: number;
  cgroup?: string;
  /** The same for the accepting end, where NAT or another cgroup makes it see something else. */
  client2?: string;
  server2?: string;
  port2?: number;
  cgroup2?: string;
}

const TEXTS = ['node', 'client', 'server', 'cgroup', 'client2', 'server2', 'cgroup2'] as const;
const NUMBERS = ['port', 'port2'] as const;

export function explainSearch(search: Record<string, unknown>): ExplainSearch {
  const result: ExplainSearch = {};
  for (const key of TEXTS) {
    const value = search[key];
    if (typeof value === 'string' && value !== '') result[key] = value;
  }
  for (const key of NUMBERS) {
    const value = search[key];
    if (typeof value === 'number') result[key] = value;
  }
  return result;
}

/** The question, or null while it is incomplete. */
export function questionOf(search: ExplainSearch): ExplainRequest | null {
  const clientEnd = end(search.client, search.server, search.port, search.cgroup);
  if (clientEnd === null) return null;
  const serverEnd = end(search.client2, search.server2, search.port2, search.cgroup2);
  return { node: search.node ?? null, clientEnd, serverEnd };
}

function end(client: string | undefined, server: string | undefined, port: number | undefined, cgroup: string | undefined): SocketEnd | null {
  return client === undefined || server === undefined || port === undefined || cgroup === undefined ? null : { client, server, port, cgroup };
}
