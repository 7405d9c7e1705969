import { queryOptions, type QueryClient } from '@tanstack/react-query';
import { ApiError, request } from './http';
import type { DryRun, ExplainRequest, Explanation, Flows, Impact, NodeInfo, Page, Policy, Recommendation, Revision, RevisionDiff, Session, Validation } from './types';

export const API = '/api/v1';
const LIST_PAGE = 500;

export const keys = {
  session: ['session'],
  policies: ['policies'],
  policy: (name: string) => ['policies', name],
  nodes: ['nodes'],
  revisions: ['revisions'],
} as const;

/** Null when nobody is logged in. */
export const sessionQuery = queryOptions({
  queryKey: keys.session,
  queryFn: async ({ signal }): Promise<Session | null> => {
    try {
      return (await request<Session>(`${API}/session`, { signal })).data;
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) return null;
      throw error;
    }
  },
  staleTime: Infinity,
});

export async function logIn(username: string, password: string): Promise<Session> {
  return (await request<Session>(`${API}/session`, { method: 'POST', json: { username, password } })).data;
}

export async function logOut(client: QueryClient): Promise<void> {
  await request(`${API}/session`, { method: 'DELETE' });
  client.setQueryData(keys.session, null);
  client.removeQueries({ predicate: (query) => query.queryKey[0] !== keys.session[0] });
}

/** Every page: a filter or a sum over half a list would lie. */
async function all<T>(path: string, signal: AbortSignal): Promise<T[]> {
  const items: T[] = [];
  let next: string | undefined;
  do {
    const { data } = await request<Page<T>>(path, { query: { limit: LIST_PAGE, continue: next }, signal });
    items.push(...data.items);
    next = data.continue ?? undefined;
  } while (next !== undefined && next !== '');
  return items;
}

export const policiesQuery = queryOptions({
  queryKey: keys.policies,
  queryFn: ({ signal }) => all<Policy>(`${API}/policies`, signal),
});

export async function validate(text: string, signal?: AbortSignal): Promise<Validation> {
  const options = { method: 'POST', yaml: text, ...(signal === undefined ? {} : { signal }) } as const;
  return (await request<Validation>(`${API}/policies:validate`, options)).data;
}

/** `etag` is the version an edit is based on; without it the policy is created. */
export interface Edit {
  name: string;
  text: string;
  etag: string | undefined;
}

export async function dryRun(edit: Edit): Promise<DryRun> {
  return (await send<DryRun>(edit, { dryRun: true })).data;
}

export async function apply(edit: Edit, message: string): Promise<{ policy: Policy; etag: string }> {
  const { data, etag } = await send<Policy>(edit, message === '' ? {} : { message });
  return { policy: data, etag: etag ?? '' };
}

function send<T>(edit: Edit, query: Record<string, string | boolean>) {
  return edit.etag === undefined
    ? request<T>(`${API}/policies`, { method: 'POST', yaml: edit.text, query })
    : request<T>(`${API}/policies/${encodeURIComponent(edit.name)}`, { method: 'PUT', yaml: edit.text, ifMatch: edit.etag, query });
}

/** Deletes the version that was looked at, not one that somebody wrote meanwhile. */
export async function deletePolicy(name: string): Promise<void> {
  const path = `${API}/policies/${encodeURIComponent(name)}`;
  const { etag } = await request<Policy>(path);
  await request(path, { method: 'DELETE', ifMatch: etag ?? '*' });
}

export const explainQuery = (asked: ExplainRequest) =>
  queryOptions({
    queryKey: ['explanation', asked],
    queryFn: async ({ signal }) => (await request<Explanation>(`${API}/policies:explain`, { method: 'POST', json: asked, signal })).data,
  });

/** Whether an observing policy should enforce. */
export const recommendationQuery = (name: string) =>
  queryOptions({
    queryKey: [...keys.policy(name), 'recommendation'],
    queryFn: async ({ signal }) => (await request<Recommendation>(`${API}/policies/${encodeURIComponent(name)}/recommendation`, { signal })).data,
  });

/** What a draft would change for connections that nodes saw lately. */
export const impactQuery = (draft: string) =>
  queryOptions({
    queryKey: ['impact', draft],
    queryFn: async ({ signal }) => (await request<Impact>(`${API}/policies:impact`, { method: 'POST', json: { draft }, signal })).data,
    gcTime: 0,
  });

export const flowsQuery = (node: string) =>
  queryOptions({
    queryKey: [...keys.nodes, node, 'flows'],
    queryFn: async ({ signal }) => (await request<Flows>(`${API}/nodes/${encodeURIComponent(node)}/flows`, { signal })).data,
  });

export const nodesQuery = queryOptions({
  queryKey: keys.nodes,
  queryFn: ({ signal }) => all<NodeInfo>(`${API}/nodes`, signal),
});

/** Sends a node again what it refused. */
export async function retryNode(id: string): Promise<void> {
  await request(`${API}/nodes/${encodeURIComponent(id)}:retry`, { method: 'POST' });
}

export async function forgetNode(id: string): Promise<void> {
  await request(`${API}/nodes/${encodeURIComponent(id)}`, { method: 'DELETE' });
}

/** A secret that lets one node in, within an hour. It is in this answer and nowhere else. */
export async function createJoinToken(name: string): Promise<string> {
  const terms = { name, expiresInSeconds: 3_600, maxUses: 1 };
  return (await request<{ secret: string }>(`${API}/join-tokens`, { method: 'POST', json: terms })).data.secret;
}

export const revisionsQuery = queryOptions({
  queryKey: keys.revisions,
  queryFn: ({ signal }) => all<Revision>(`${API}/revisions`, signal),
});

export const revisionDiffQuery = (number: number) =>
  queryOptions({
    queryKey: [...keys.revisions, number, 'diff'],
    queryFn: async ({ signal }) =>
      (await request<RevisionDiff>(`${API}/revisions/${number}/diff`, { signal })).data.changes,
    staleTime: Infinity,
  });

export async function restoreRevision(number: number): Promise<Revision> {
  return (await request<Revision>(`${API}/revisions/${number}:restore`, { method: 'POST' })).data;
}
