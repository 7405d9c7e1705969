import { screen, waitFor, within } from '@testing-library/react';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Problem } from '../api/types';
import { accessibilityFaults, loggedIn, open, policy, user } from '../test/app';
import { FakeServer, json, page, problem, yaml, type Call } from '../test/server';

const TEXT = `apiVersion: shunt.dev/v1alpha1
kind: AccelerationPolicy
metadata:
  name: checkout
spec:
  priority: 100
  mode: Enforce
  match:
    ports: ["8080"]
`;

const BAD_PORT: Problem = {
  code: 'SH023',
  severity: 'Error',
  policy: 'checkout',
  path: 'spec.match.ports[1]',
  line: 9,
  column: 21,
  expected: 'a port from 1 to 65535',
  found: '"99999"',
  message: 'bad port: expected a port from 1 to 65535, found "99999"',
};

const FAILING_TEST: Problem = {
  code: 'SH044',
  severity: 'Error',
  policy: 'checkout',
  path: 'spec.tests[0]',
  line: 9,
  column: 7,
  expected: 'Accelerate',
  found: 'NoMatch',
  message: 'failing test: expected Accelerate, found NoMatch',
};

describe('the policy editor', () => {
  let server: FakeServer;
  beforeEach(() => {
    server = loggedIn(new FakeServer())
      .on('GET /api/v1/policies', () => page([policy('checkout')]))
      .on('GET /api/v1/policies/checkout', () => yaml(TEXT, '"7"'))
      .on('POST /api/v1/policies:validate', ({ body }) => json(body.includes('99999') ? { valid: false, problems: [BAD_PORT] } : { valid: true, problems: [] }))
      .on('PUT /api/v1/policies/checkout', ({ query }) =>
        query.get('dryRun') === 'true'
          ? json({ changes: [], diff: [{ path: 'spec.priority', old: 100, new: 250 }], affectedNodes: ['edge-1', 'edge-2'], problems: [] })
          : json(policy('checkout'), { ETag: '"8"' }),
      );
  });

  async function text(): Promise<string> {
    const editor = await screen.findByRole('textbox', { name: 'Policy as YAML' });
    return [...editor.querySelectorAll('.cm-line')].map((line) => line.textContent).join('\n');
  }

  async function changePriority(to: string): Promise<void> {
    const priority = await screen.findByLabelText('Priority');
    await user.clear(priority);
    await user.type(priority, to);
  }

  function writes(): Call[] {
    return server.callsTo('PUT /api/v1/policies/checkout').filter(({ query }) => query.get('dryRun') === null);
  }

  it('shows the text as a form and is accessible', async () => {
    open('/policies/checkout');
    expect((await screen.findByLabelText<HTMLInputElement>('Priority')).value).toBe('100');
    expect(screen.getByText('8080', { selector: '.mantine-Pill-label' })).toBeTruthy();
    expect(await accessibilityFaults()).toEqual([]);
  });

  it('writes a field into its line of the text', async () => {
    open('/policies/checkout');
    await changePriority('250');
    expect(await text()).toBe(TEXT.replace('100', '250'));
  });

  it('shows what the server objects to at the field and in the text', async () => {
    open('/policies/checkout');
    await user.type(await screen.findByRole('combobox', { name: 'Ports' }), '99999{Enter}');
    expect(await screen.findByText(BAD_PORT.message, { selector: '.mantine-InputWrapper-error' })).toBeTruthy();
    await waitFor(() => expect(document.querySelector('.cm-lintRange-error')?.textContent).toBe('"99999"'));
    expect(screen.getByRole('button', { name: 'Review and apply…' })).toHaveProperty('disabled', true);
  });

  it('applies only after a dry run was seen, with the version it started from', async () => {
    open('/policies/checkout');
    await changePriority('250');
    await screen.findByText('Valid');
    await user.keyboard('{Control>}s{/Control}');
    const dialog = await screen.findByRole('dialog', { name: 'Apply changes to checkout' });
    expect(await within(dialog).findByText('Changes 2 nodes')).toBeTruthy();
    expect(writes()).toEqual([]);
    await user.type(within(dialog).getByLabelText('Why'), 'Peak');
    await user.click(within(dialog).getByRole('button', { name: 'Apply to 2 nodes' }));
    await waitFor(() => expect(writes()).toHaveLength(1));
    const [write] = writes();
    expect(write!.headers.get('If-Match')).toBe('"7"');
    expect(write!.query.get('message')).toBe('Peak');
    expect(write!.body).toBe(TEXT.replace('100', '250'));
  });

  it('does not offer to apply a text whose own test fails', async () => {
    server.on('POST /api/v1/policies:validate', () => json({ valid: false, problems: [FAILING_TEST] }));
    open('/policies/checkout');
    await changePriority('250');
    const problems = await screen.findByRole('list', { name: 'Problems' });
    expect(within(problems).getByText(FAILING_TEST.message, { exact: false })).toBeTruthy();
    expect(await screen.findByText('1 error')).toBeTruthy();
    expect(screen.getByRole('button', { name: 'Review and apply…' })).toHaveProperty('disabled', true);
    await user.keyboard('{Control>}s{/Control}');
    expect(screen.queryByRole('dialog')).toBeNull();
    expect(server.callsTo('PUT /api/v1/policies/checkout')).toEqual([]);
  });

  it('does not apply when the test of another policy fails with it', async () => {
    const other = { ...FAILING_TEST, policy: 'payments', line: null, column: null };
    server.on('PUT /api/v1/policies/checkout', () => problem(422, 'Invalid policies', '1 problem', { problems: [other] }));
    open('/policies/checkout');
    await changePriority('250');
    await screen.findByText('Valid');
    await user.click(screen.getByRole('button', { name: 'Review and apply…' }));
    const dialog = await screen.findByRole('dialog', { name: 'Apply changes to checkout' });
    expect(await within(dialog).findByText('payments · spec.tests[0] · SH044')).toBeTruthy();
    expect(within(dialog).getByRole('button', { name: 'Apply' })).toHaveProperty('disabled', true);
    expect(writes()).toEqual([]);
  });

  it('keeps the own text when somebody else was faster, and applies it on theirs', async () => {
    const theirs = TEXT.replace('Enforce', 'Observe');
    server
      .on('PUT /api/v1/policies/checkout', ({ headers, query }) =>
        headers.get('If-Match') !== '"9"'
          ? problem(412, 'Changed in the meantime', 'expected If-Match: "9"')
          : query.get('dryRun') === 'true'
            ? json({ changes: [], diff: [], affectedNodes: ['edge-1'], problems: [] })
            : json(policy('checkout'), { ETag: '"10"' }),
      );
    open('/policies/checkout');
    await changePriority('250');
    await screen.findByText('Valid');
    server.on('GET /api/v1/policies/checkout', () => yaml(theirs, '"9"'));
    await user.click(screen.getByRole('button', { name: 'Review and apply…' }));
    await user.click(await screen.findByRole('button', { name: 'Show what changed' }));
    expect(await screen.findByRole('textbox', { name: 'What changed on the server' })).toBeTruthy();
    expect(await text()).toBe(TEXT.replace('100', '250'));
    await user.click(await screen.findByRole('button', { name: 'Keep my text and review it against theirs' }));
    await user.click(screen.getByRole('button', { name: 'Review and apply…' }));
    await user.click(await screen.findByRole('button', { name: 'Apply to 1 node' }));
    await waitFor(() => expect(writes().at(-1)?.headers.get('If-Match')).toBe('"9"'));
  });

  it('leaves a new policy in peace until something is filled in', async () => {
    server.on('POST /api/v1/policies:validate', () => json({ valid: false, problems: [{ ...BAD_PORT, path: 'metadata.name', message: 'bad policy name' }] }));
    open('/new-policy');
    const name = await screen.findByLabelText('Name');
    expect(screen.queryByText('bad policy name')).toBeNull();
    await user.type(name, 'Shop');
    expect(await screen.findAllByText('bad policy name')).not.toEqual([]);
  });
});
