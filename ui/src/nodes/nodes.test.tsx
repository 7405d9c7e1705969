import { screen, within } from '@testing-library/react';
import { beforeEach, describe, expect, it } from 'vitest';
import { accessibilityFaults, loggedIn, node, open, user } from '../test/app';
import { FakeServer, json, page } from '../test/server';

const REJECTION = { revision: 8, time: '2026-11-22T12:00:00Z', errors: [{ policy: 'checkout', path: 'spec.match.cgroups[0]', code: 'SH043', errno: '', message: 'cgroup patterns too complex' }] };

describe('the nodes', () => {
  let server: FakeServer;
  beforeEach(() => {
    server = loggedIn(new FakeServer()).on('GET /api/v1/nodes', () =>
      page([node('edge-1'), node('edge-2', { state: 'Rejected', desiredRevision: 8, rejection: REJECTION }), node('batch-1', { state: 'Unreachable', labels: { pool: 'batch' } })]),
    );
  });

  function names(): string[] {
    return screen.getAllByRole('row').slice(1).map((row) => within(row).getAllByRole('link')[0]!.textContent);
  }

  it('are listed with trouble first, each state as a word', async () => {
    open('/nodes');
    await screen.findByRole('link', { name: 'edge-1' });
    expect(names()).toEqual(['edge-2', 'batch-1', 'edge-1']);
    expect(screen.getByText('Rejected', { selector: 'td span' })).toBeTruthy();
    expect(screen.getByText('7 → 8')).toBeTruthy();
    expect(await accessibilityFaults()).toEqual([]);
  });

  it('are filtered by the address', async () => {
    open('/nodes?q=pool%3Dbatch');
    await screen.findByRole('link', { name: 'batch-1' });
    expect(names()).toEqual(['batch-1']);
  });

  it('show the state filter in the address', async () => {
    const { router } = open('/nodes');
    await user.click(await screen.findByRole('radio', { name: 'Rejected 1' }));
    expect(router.state.location.search).toMatchObject({ state: 'Rejected' });
    expect(names()).toEqual(['edge-2']);
  });

  it('tell why connections were not accelerated, the most frequent reason first', async () => {
    open('/nodes/edge-1');
    const verdicts = await screen.findByRole('region', { name: 'Connections by verdict' });
    const rows = within(verdicts).getAllByRole('listitem');
    expect(rows.map((row) => row.textContent)).toEqual([
      expect.stringContaining('7575 %'),
      expect.stringMatching(/2020 %.*Remote peer.*The other end is on another host/),
      expect.stringMatching(/55 %.*Blocking socket.*What to do/),
    ]);
    expect(await accessibilityFaults()).toEqual([]);
  });

  it('show why a node refused a revision, and send it again', async () => {
    server.on('POST /api/v1/nodes/edge-2:retry', () => json(node('edge-2')));
    open('/nodes/edge-2');
    expect(await screen.findByText('The node refused revision 8')).toBeTruthy();
    expect(screen.getByText(/cgroup patterns too complex/)).toBeTruthy();
    await user.click(screen.getByRole('button', { name: 'Send it again' }));
    expect(server.callsTo('POST /api/v1/nodes/edge-2:retry')).toHaveLength(1);
  });

  it('offer nothing to a viewer that only an editor may do', async () => {
    loggedIn(server, 'viewer').on('GET /api/v1/nodes', () => page([node('edge-2', { state: 'Rejected', rejection: REJECTION })]));
    open('/nodes/edge-2');
    await screen.findByText('The node refused revision 8');
    expect(screen.queryByRole('button', { name: 'Send it again' })).toBeNull();
    expect(screen.queryByRole('button', { name: 'Forget node…' })).toBeNull();
  });
});
