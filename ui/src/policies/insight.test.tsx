import { screen, within } from '@testing-library/react';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Recommendation } from '../api/types';
import { accessibilityFaults, flow, impact, loggedIn, node, open, policy, user } from '../test/app';
import { FakeServer, json, page, yaml } from '../test/server';

const TEXT = `apiVersion: shunt.dev/v1alpha1
kind: AccelerationPolicy
metadata:
  name: checkout
spec:
  priority: 100
  mode: Observe
`;

const NOTHING: Recommendation = {
  policy: 'checkout',
  accelerate: 'unknown',
  because: 'no connection of this policy was seen yet',
  notes: [],
  expectedGain: null,
  measuredShare: null,
  nodes: 0,
  at: null,
  seen: { connections: 0, open: 0, missed: 0, outcomes: {}, durations: [], messages: [], sentBytes: 0, blockers: [] },
};

describe('what nodes saw', () => {
  let server: FakeServer;
  beforeEach(() => {
    server = loggedIn(new FakeServer())
      .on('GET /api/v1/policies', () => page([policy('checkout', { mode: 'Observe' })]))
      .on('GET /api/v1/policies/checkout', () => yaml(TEXT, '"7"'))
      .on('GET /api/v1/policies/checkout/recommendation', () => json(NOTHING))
      .on('POST /api/v1/policies:validate', () => json({ valid: true, problems: [] }))
      .on('PUT /api/v1/policies/checkout', () => json({ changes: [], diff: [], affectedNodes: ['edge-1'], problems: [] }));
  });

  async function review() {
    open('/policies/checkout');
    await user.click(await screen.findByRole('radio', { name: 'Enforce' }));
    await screen.findByText('Valid');
    await user.click(screen.getByRole('button', { name: 'Review and apply…' }));
    return within(await screen.findByRole('dialog')).findByRole('region', { name: 'Impact' });
  }

  it('makes no number up when nothing was observed', async () => {
    open('/policies/checkout');
    const advice = await screen.findByRole('region', { name: 'Recommendation' });
    expect(advice.textContent).toContain('Accelerate: not known yet');
    expect(advice.textContent).toContain('No node has reported what it observed since the control plane started.');
    expect(advice.textContent).not.toContain('×');
  });

  it('becomes a recommendation with its reason and the gain that benchmarks promise', async () => {
    server.on('GET /api/v1/policies/checkout/recommendation', () =>
      json({
        ...NOTHING,
        accelerate: 'yes',
        because: '9 of the 10 connections seen could have been accelerated',
        notes: ['2 sockets with blocking calls in /app.'],
        expectedGain: 1.24,
        measuredShare: 0.9,
        nodes: 2,
        at: '2026-11-22T12:00:00Z',
        seen: { ...NOTHING.seen, connections: 10, open: 1, outcomes: { accelerated: 9, blocking_socket: 1 }, messages: [{ size: 'at most 256 B', replies: 1000, streamed: 0 }] },
      }),
    );
    open('/policies/checkout');
    const advice = await screen.findByRole('region', { name: 'Recommendation' });
    for (const words of ['Accelerate: yes', '1.24×', '9 of the 10 connections seen could have been accelerated.', 'cover 90 % of its messages', '2 sockets with blocking calls in /app.', 'Blocking socket']) {
      expect(advice.textContent).toContain(words);
    }
    expect(await accessibilityFaults()).toEqual([]);
  });

  it('says before applying that nothing is known of connections', async () => {
    const region = await review();
    expect(await within(region).findByText(/No node has reported its connections/)).toBeTruthy();
  });

  it('tells before applying what changes, and what nobody knows', async () => {
    server.on('POST /api/v1/policies:impact', () =>
      json(
        impact({
          since: '2026-11-22T11:30:00Z',
          nodes: 1,
          connections: 12,
          newlyAccelerated: 4,
          unknown: 7,
          unchanged: 1,
          changes: [
            { change: 'Unknown', because: 'never tried', flow: flow({ mostOpen: 7 }) },
            { change: 'NewlyAccelerated', because: 'nothing speaks against it', flow: flow({ verdict: 'observed_only', would: 'accelerated' }) },
          ],
        }),
      ),
    );
    const region = await review();
    const rows = within(await within(region).findByRole('table', { name: 'What changes' })).getAllByRole('row');
    expect(rows.map((row) => row.textContent).slice(1)).toEqual([
      expect.stringMatching(/127.0.0.1 → 127.0.0.1:8080\/app on edge-1.*7.*Unknown.*never tried/),
      expect.stringMatching(/4.*Newly accelerated.*nothing speaks against it/),
    ]);
    expect(region.textContent).toContain('Mode Observe finds out');
    expect(server.callsTo('POST /api/v1/policies:impact')[0]!.body).toContain('mode: Enforce');
  });

  it('is listed on the node and explained from there', async () => {
    server.on('GET /api/v1/nodes/edge-1/flows', () => json({ since: '2026-11-22T11:30:00Z', truncated: false, items: [flow({ verdict: 'observed_only', would: 'accelerated' })] }));
    server.on('GET /api/v1/nodes', () => page([node('edge-1')]));
    const { router } = open('/nodes/edge-1');
    const table = await screen.findByRole('table', { name: 'Connections' });
    expect(table.textContent).toContain('Observed only; would be accelerated');
    await user.click(within(table).getByRole('link', { name: 'Explain' }));
    expect(router.state.location.search).toMatchObject({ node: 'edge-1', client: '127.0.0.1', port: 8080, cgroup: '/app' });
  });
});
