import { createMemoryHistory } from '@tanstack/react-router';
import { render } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import axe from 'axe-core';
import { App } from '../app/App';
import { createQueryClient } from '../app/queryClient';
import { createAppRouter } from '../app/router';
import { json, page, type FakeServer } from './server';
import type { Flow, Impact, NodeInfo, Policy } from '../api/types';

/** Types and clicks without a pause between the keys. */
export const user = userEvent.setup({ delay: null });

/** The whole app at an address. */
export function open(address: string) {
  const client = createQueryClient();
  const router = createAppRouter(client, createMemoryHistory({ initialEntries: [address] }));
  return { ...render(<App client={client} router={router} />), router };
}

/** A server with somebody logged in. */
export function loggedIn(server: FakeServer, role: 'viewer' | 'editor' | 'admin' = 'admin'): FakeServer {
  return server
    .on('GET /api/v1/session', () => json({ username: 'ada', role }))
    .on('GET /api/v1/policies', () => page([]))
    .on('GET /api/v1/nodes', () => page([]))
    .on('GET /api/v1/revisions', () => page([]))
    .on('POST /api/v1/policies:impact', () => json(impact()))
    .on('GET /api/v1/nodes/edge-1/flows', () => json({ since: null, truncated: false, items: [] }))
    .on('GET /api/v1/nodes/edge-2/flows', () => json({ since: null, truncated: false, items: [] }));
}

/** What axe finds on the page; colours are looked at in a real browser, jsdom has none. */
export async function accessibilityFaults(): Promise<string[]> {
  const results = await axe.run(document.body, { rules: { 'color-contrast': { enabled: false } } });
  return results.violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
}

export function node(id: string, part: Partial<NodeInfo> = {}): NodeInfo {
  return {
    id,
    labels: { pool: 'edge' },
    state: 'InSync',
    health: { state: 'Healthy', reasons: [] },
    agentVersion: '0.1.0',
    kernelRelease: '6.18.0',
    appliedRevision: 7,
    desiredRevision: 7,
    joinedAt: '2026-11-01T08:00:00Z',
    lastSeen: '2026-11-22T12:00:00Z',
    rejection: null,
    counters: { liveConnections: 3, acceleratedConnections: 75, redirectedBytes: 2048, redirectedMessages: 12, reasons: { remote_peer: 20, blocking_socket: 5 } },
    policies: [{ name: 'checkout', action: 'Accelerate', mode: 'Enforce', acceleratedConnections: 75, redirectedBytes: 2048, redirectedMessages: 12, reasons: { blocking_socket: 5 } }],
    ...part,
  };
}

export function policy(name: string, spec: Partial<Policy['spec']> = {}): Policy {
  return {
    apiVersion: 'shunt.dev/v1alpha1',
    kind: 'AccelerationPolicy',
    metadata: {
      name,
      labels: { team: 'payments' },
      annotations: {},
      generation: 1,
      resourceVersion: '7',
      creationTimestamp: '2026-11-22T12:00:00Z',
      updateTimestamp: '2026-11-22T12:00:00Z',
    },
    spec: {
      priority: 100,
      action: 'Accelerate',
      mode: 'Enforce',
      nodes: { matchLabels: {}, matchExpressions: [] },
      match: { ports: ['8080', '9090', '15000-15010'] },
      enrolment: 'Settled',
      blockingSockets: 'Exclude',
      limits: { backlogBytes: '4Mi', backlogMessages: 2048 },
      tests: [],
      ...spec,
    },
    status: { revision: 7, observedGeneration: 1, nodes: { applied: 1, desired: 1, rejected: 0 }, conditions: [] },
  };
}

export function flow(part: Partial<Flow> = {}): Flow {
  const end = { client: '127.0.0.1', server: '127.0.0.1', port: 8080, cgroup: '/app', obstacles: [] };
  return { node: 'edge-1', client: end, server: end, verdict: 'unmatched', would: null, open: 3, mostOpen: 4, clientPorts: [41_000], lastSeen: '2026-11-22T12:00:00Z', ...part };
}

/** Nothing is known unless a part says so. */
export function impact(part: Partial<Impact> = {}): Impact {
  return { since: null, nodes: 0, connections: 0, truncated: false, newlyAccelerated: 0, noLongerAccelerated: 0, unchanged: 0, unknown: 0, changes: [], byNode: [], ...part };
}
