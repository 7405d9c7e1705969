import { screen } from '@testing-library/react';
import { beforeEach, describe, expect, it } from 'vitest';
import { accessibilityFaults, loggedIn, node, open, user } from '../test/app';
import { FakeServer, json, page, problem } from '../test/server';

describe('the login', () => {
  let server: FakeServer;
  beforeEach(() => {
    server = loggedIn(new FakeServer()).on('GET /api/v1/session', () => problem(401, 'Not signed in', 'nobody is signed in'));
  });

  it('leads to the page that was asked for', async () => {
    server
      .on('POST /api/v1/session', () => json({ username: 'ada', role: 'admin' }))
      .on('GET /api/v1/nodes', () => page([node('edge-1')]));
    open('/nodes');
    await user.type(await screen.findByLabelText('Password'), 'secret{Enter}');
    expect(await screen.findByRole('link', { name: 'edge-1' })).toBeTruthy();
    expect(JSON.parse(server.callsTo('POST /api/v1/session')[0]!.body)).toEqual({ username: 'admin', password: 'secret' });
  });

  it('says at the field that the password is wrong', async () => {
    server.on('POST /api/v1/session', () => problem(401, 'Not signed in', 'wrong user name or password'));
    open('/policies');
    await user.type(await screen.findByLabelText('Password'), 'guess{Enter}');
    expect(await screen.findByText('User name or password is wrong.')).toBeTruthy();
  });

  it('tells how long to wait after too many guesses', async () => {
    server.on('POST /api/v1/session', () => problem(429, 'Too many attempts', 'too many wrong passwords; try again in 30 seconds'));
    open('/policies');
    await user.type(await screen.findByLabelText('Password'), 'guess{Enter}');
    expect(await screen.findByText('too many wrong passwords; try again in 30 seconds')).toBeTruthy();
  });

  it('comes back in place when the session has ended', async () => {
    server
      .on('GET /api/v1/session', () => json({ username: 'ada', role: 'admin' }))
      .on('GET /api/v1/policies', () => problem(401, 'Not signed in', 'expected the cookie of a session'));
    const { router } = open('/policies?q=checkout');
    expect(await screen.findByRole('button', { name: 'Log in' })).toBeTruthy();
    expect(router.state.location.search).toEqual({ q: 'checkout' });
  });

  it('is accessible', async () => {
    open('/policies');
    await screen.findByRole('button', { name: 'Log in' });
    expect(await accessibilityFaults()).toEqual([]);
  });
});
