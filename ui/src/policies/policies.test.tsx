import { screen, waitFor, within } from '@testing-library/react';
import { beforeEach, describe, expect, it } from 'vitest';
import { accessibilityFaults, loggedIn, node, open, policy, user } from '../test/app';
import { FakeServer, page } from '../test/server';

describe('the policies', () => {
  let server: FakeServer;
  beforeEach(() => {
    server = loggedIn(new FakeServer())
      .on('GET /api/v1/policies', () => page([policy('checkout'), policy('health', { action: 'Bypass', priority: 200, match: { ports: ['8086'] } })]))
      .on('GET /api/v1/nodes', () => page([node('edge-1'), node('edge-2')]));
  });

  it('are listed in winning order, with what all nodes together did', async () => {
    open('/policies');
    await screen.findByText('150');
    const rows = screen.getAllByRole('row').slice(1);
    expect(within(rows[0]!).getByRole('link', { name: 'health' })).toBeTruthy();
    expect(rows[1]!.textContent).toContain('1/1 node');
    expect(rows[1]!.textContent).toContain('8080, 9090 +1');
    expect(rows[1]!.textContent).toContain('4.0 KiB');
    expect(await accessibilityFaults()).toEqual([]);
  });

  it('are filtered while typing, and the filter stands in the address', async () => {
    const { router } = open('/policies');
    await screen.findByRole('link', { name: 'checkout' });
    await user.keyboard('/');
    await user.keyboard('8086');
    await waitFor(() => expect(screen.queryByRole('link', { name: 'checkout' })).toBeNull());
    expect(screen.getByRole('link', { name: 'health' })).toBeTruthy();
    expect(router.state.location.searchStr).toContain('8086');
  });

  it('are deleted after a question, and only in the version that was there', async () => {
    server
      .on('GET /api/v1/policies/checkout', () => new Response('{}', { headers: { 'Content-Type': 'application/json', ETag: '"7"' } }))
      .on('DELETE /api/v1/policies/checkout', () => new Response(null, { status: 204 }));
    open('/policies');
    await user.click(await screen.findByRole('button', { name: 'Delete checkout' }));
    const dialog = await screen.findByRole('dialog', { name: 'Delete checkout?' });
    expect(server.callsTo('DELETE /api/v1/policies/checkout')).toEqual([]);
    await user.click(within(dialog).getByRole('button', { name: 'Delete policy' }));
    await waitFor(() => expect(server.callsTo('DELETE /api/v1/policies/checkout')[0]?.headers.get('If-Match')).toBe('"7"'));
  });

  it('start with an invitation when there are none', async () => {
    server.on('GET /api/v1/policies', () => page([]));
    open('/policies');
    expect(await screen.findByRole('link', { name: 'Create the first policy' })).toBeTruthy();
  });
});
