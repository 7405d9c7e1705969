import assert from 'node:assert/strict';

const POLICY = `e2e-${Date.now().toString(36)}`;

/** What an operator does on the first day: log in, look around, write a policy, make a mistake, fix it, roll it out. */
export async function journey(page, watch, { user, password, node, talker }) {
  await logIn(page, watch, user, password);
  await lookAround(page, watch, node);
  try {
    await createPolicy(page, watch);
    await seeItInSync(page, watch, node);
    await explain(page, watch);
    await page.goto('/policies');
    await meetAConflict(page, watch);
    await readRevisions(page, watch);
  } finally {
    await deletePolicy(page, watch, POLICY);
  }
  if (talker !== undefined) await observeBeforeEnforcing(page, watch, talker);
  await watch.step('logs out', async () => {
    await page.getByRole('button', { name: `Account of ${user}` }).click();
    await page.getByRole('menuitem', { name: 'Log out' }).click();
    await page.getByRole('button', { name: 'Log in' }).waitFor();
  });
}

async function logIn(page, watch, user, password) {
  await watch.step('a deep link asks for the login first', async () => {
    await page.goto('/nodes');
    await page.getByRole('button', { name: 'Log in' }).waitFor();
    await watch.audit('login');
  });
  await watch.step('a wrong password is refused at its field', async () => {
    await page.getByLabel('User name').fill(user);
    await page.locator('input[name=password]').fill(`not ${password}`);
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.getByText('User name or password is wrong.').waitFor();
  });
  await watch.step('the right one leads to the page that was asked for', async () => {
    await page.locator('input[name=password]').fill(password);
    await page.locator('input[name=password]').press('Enter');
    await page.getByRole('heading', { level: 1, name: 'Nodes' }).waitFor();
    await page.getByText('Live', { exact: true }).first().waitFor();
  });
}

async function lookAround(page, watch, wanted) {
  const node = await watch.step('the nodes are listed with their state', async () => {
    const rows = page.getByRole('table', { name: 'Nodes' }).getByRole('row');
    const link = wanted === undefined ? rows.nth(1).getByRole('link').first() : rows.getByRole('link', { name: wanted, exact: true });
    await link.waitFor();
    await watch.audit('nodes');
    return link.innerText();
  });
  await watch.step('a node tells why connections were not accelerated', async () => {
    await page.getByRole('link', { name: node, exact: true }).click();
    await page.getByRole('heading', { level: 1, name: node }).waitFor();
    await page.getByLabel('Show reasons that did not occur').check();
    await page.getByText('remote_peer').waitFor();
    await watch.audit('node');
  });
  await watch.step('Ctrl+K goes anywhere', async () => {
    await page.keyboard.press('Control+k');
    await page.getByPlaceholder('Page, policy, node or command').fill('why');
    await watch.audit('palette');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: /not accelerated/ }).waitFor();
    await page.getByText('Show reasons that did not occur').waitFor();
    await watch.audit('why');
  });
}

async function explain(page, watch) {
  await watch.step('a connection is explained, with the line that decided', async () => {
    await page.getByRole('link', { name: 'Explain', exact: true }).click();
    await page.getByLabel('Server port').fill('18080');
    await page.getByLabel('Cgroup of the socket').fill('/shunt-ui-e2e/app');
    await page.getByRole('button', { name: 'Explain', exact: true }).click();
    await page.getByRole('heading', { name: 'Both ends' }).waitFor();
    assert.match(page.url(), /port=18080/);
    await watch.audit('explain');
  });
}

async function createPolicy(page, watch) {
  await watch.step('a policy is written through the form', async () => {
    await page.getByRole('link', { name: 'Policies' }).click();
    await page.getByRole('heading', { level: 1, name: 'Policies' }).waitFor();
    await page.getByRole('link', { name: 'New policy' }).click();
    await page.getByRole('heading', { level: 1, name: 'New policy' }).waitFor();
    await page.getByLabel('Name', { exact: true }).fill(POLICY);
    await page.getByRole('combobox', { name: 'Cgroups' }).fill('/shunt-ui-e2e/**');
    await page.getByRole('combobox', { name: 'Cgroups' }).press('Enter');
    await expectText(page, `name: ${POLICY}`);
  });
  await watch.step('a bad port is explained at its field and underlined in the text', async () => {
    await page.getByRole('combobox', { name: 'Ports' }).fill('99999');
    await page.getByRole('combobox', { name: 'Ports' }).press('Enter');
    const error = page.locator('.mantine-InputWrapper-root', { has: page.getByRole('combobox', { name: 'Ports' }) }).locator('.mantine-InputWrapper-error');
    await error.filter({ hasText: '65535' }).waitFor();
    const underlined = page.locator('.cm-lintRange-error');
    await underlined.first().waitFor();
    assert.match(await underlined.first().innerText(), /99999/);
    assert.equal(await page.getByRole('button', { name: 'Review and apply…' }).isDisabled(), true);
    await watch.audit('policy-invalid');
  });
  await watch.step('it is fixed in the text, and the form follows', async () => {
    await page.locator('.cm-content').click();
    await page.keyboard.press('Control+f');
    await page.getByLabel('Find').fill('99999');
    await page.getByLabel('Replace', { exact: true }).fill('18080');
    await page.getByRole('button', { name: 'replace all' }).click();
    await page.keyboard.press('Escape');
    await page.locator('.mantine-Pill-root', { hasText: '18080' }).waitFor();
    await page.getByRole('status').filter({ hasText: 'Valid' }).waitFor();
    await watch.audit('policy-valid');
  });
  await watch.step('the dry run tells how many nodes change, and applying asks first', async () => {
    await page.keyboard.press('Control+s');
    const dialog = page.getByRole('dialog');
    await dialog.getByText(/^Changes \d+ nodes?$/).waitFor();
    await dialog.getByRole('region', { name: 'Impact' }).getByText('Newly accelerated').waitFor({ timeout: 30_000 });
    await dialog.getByLabel('Why').fill('End-to-end test of the console');
    await watch.audit('policy-review');
    await dialog.getByRole('button', { name: /^Apply to/ }).click();
    await page.getByRole('heading', { level: 1, name: POLICY }).waitFor();
  });
}

async function seeItInSync(page, watch, node) {
  await watch.step('every node that carries it gets in sync, without a reload', async () => {
    await page.getByText(/^(\d+)\/\1 nodes?$/).waitFor({ timeout: 30_000 });
    await page.getByRole('link', { name: 'Nodes', exact: true }).click();
    const row = node === undefined ? page : page.getByRole('row').filter({ has: page.getByRole('link', { name: node, exact: true }) });
    await row.getByText('In sync', { exact: true }).first().waitFor({ timeout: 30_000 });
  });
  await watch.step('the list of policies shows it', async () => {
    await page.getByRole('link', { name: 'Policies', exact: true }).click();
    await page.getByRole('link', { name: POLICY }).waitFor();
    await watch.audit('policies');
    await page.keyboard.press('/');
    await page.keyboard.type('no-such-policy');
    await page.getByText('No policy matches').waitFor();
    assert.match(page.url(), /q=no-such-policy/);
    await page.keyboard.press('Escape');
    await page.getByRole('link', { name: POLICY }).waitFor();
  });
}

async function meetAConflict(page, watch) {
  await watch.step('an edit of somebody else is shown, and the own text is kept', async () => {
    await page.getByRole('link', { name: POLICY }).click();
    await page.getByLabel('Priority').fill('321');
    await expectText(page, 'priority: 321');
    await page.evaluate(editBehindTheBack, POLICY);
    await page.getByRole('status').filter({ hasText: 'Valid' }).waitFor();
    await page.getByRole('button', { name: 'Review and apply…' }).click();
    await page.getByRole('button', { name: 'Show what changed' }).click();
    await page.getByText('Somebody changed this policy meanwhile').waitFor();
    await page.getByText('Observe').first().waitFor();
    await expectText(page, 'priority: 321');
    await watch.audit('policy-conflict');
  });
  await watch.step('the own text is applied on top after another look', async () => {
    await page.getByRole('button', { name: 'Keep my text and review it against theirs' }).click();
    await page.getByRole('button', { name: 'Review and apply…' }).click();
    await page.getByRole('button', { name: /^Apply to/ }).click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.getByText(/^(\d+)\/\1 nodes?$/).waitFor({ timeout: 30_000 });
  });
}

/** Runs in the page: changes the mode of a policy as another browser would. */
async function editBehindTheBack(name) {
  const address = `/api/v1/policies/${name}`;
  const got = await fetch(address);
  const policy = await got.json();
  delete policy.status;
  delete policy.metadata.resourceVersion;
  delete policy.metadata.creationTimestamp;
  delete policy.metadata.updateTimestamp;
  policy.spec.mode = 'Observe';
  const token = document.cookie.match(/XSRF-TOKEN=([^;]*)/)?.[1] ?? '';
  const put = await fetch(address, {
    method: 'PUT',
    headers: { 'Content-Type': 'application/json', 'If-Match': got.headers.get('ETag'), 'X-XSRF-TOKEN': decodeURIComponent(token) },
    body: JSON.stringify(policy),
  });
  if (!put.ok) throw new Error(`PUT ${address}: ${put.status} ${await put.text()}`);
}

async function readRevisions(page, watch) {
  await watch.step('the revisions tell who did what', async () => {
    await page.getByRole('link', { name: 'Revisions' }).click();
    await page.getByText('End-to-end test of the console').first().waitFor();
    await page.getByRole('button', { name: /^Changes of revision/ }).first().click();
    await page.getByText(POLICY).first().waitFor();
    await watch.audit('revisions');
  });
}

/** A busy node looks at its connections once a minute. */
const NEXT_LOOK = { timeout: 90_000 };

/** Real connections are observed, recommended and explained; the impact of enforcing is known before it is applied. */
async function observeBeforeEnforcing(page, watch, { cgroup, port }) {
  const name = `${POLICY}-observe`;
  try {
    await watch.step('the impact on connections that nobody tried is unknown', async () => {
      await page.goto('/new-policy');
      await page.getByLabel('Name', { exact: true }).fill(name);
      await page.getByRole('combobox', { name: 'Ports' }).fill(port);
      await page.getByRole('combobox', { name: 'Ports' }).press('Enter');
      await page.getByRole('combobox', { name: 'Cgroups' }).fill(`${cgroup}/**`);
      await page.getByRole('combobox', { name: 'Cgroups' }).press('Enter');
      await page.getByRole('status').filter({ hasText: /^Valid/ }).waitFor();
      await page.getByRole('button', { name: 'Review and apply…' }).click();
      const impact = page.getByRole('dialog').getByRole('region', { name: 'Impact' });
      await impact.getByRole('table').getByText('Unknown').first().waitFor(NEXT_LOOK);
      await impact.getByText(/was never tried/).first().waitFor();
      await watch.audit('impact-unknown');
      await page.getByRole('button', { name: 'Go on editing' }).click();
    });
    await watch.step('under mode Observe a recommendation follows from what was seen', async () => {
      await page.getByText('Observe', { exact: true }).click();
      await expectText(page, 'mode: Observe');
      await page.getByRole('status').filter({ hasText: /^Valid/ }).waitFor();
      await page.getByRole('button', { name: 'Review and apply…' }).click();
      await page.getByRole('button', { name: /^Apply to/ }).click();
      await page.getByRole('heading', { level: 1, name }).waitFor();
      const advice = page.getByRole('region', { name: 'Recommendation' });
      await advice.getByText('Accelerate: yes').waitFor(NEXT_LOOK);
      await advice.getByText('What was seen').click();
      await advice.getByText('Would be accelerated').waitFor();
      await watch.audit('recommendation');
    });
    await watch.step('the impact of enforcing is known then', async () => {
      await page.getByText('Enforce', { exact: true }).click();
      await expectText(page, 'mode: Enforce');
      await page.getByRole('status').filter({ hasText: /^Valid/ }).waitFor();
      await page.getByRole('button', { name: 'Review and apply…' }).click();
      const impact = page.getByRole('dialog').getByRole('region', { name: 'Impact' });
      await impact.getByRole('table').getByText('Newly accelerated').first().waitFor(NEXT_LOOK);
      await watch.audit('impact');
      await page.getByRole('button', { name: 'Go on editing' }).click();
    });
    await watch.step('an open connection is explained', async () => {
      await page.goto('/nodes');
      await page.getByRole('table', { name: 'Nodes' }).getByRole('link').first().click();
      const row = page.getByRole('table', { name: 'Connections' }).getByRole('row').filter({ hasText: `:${port}` }).filter({ hasText: 'would be accelerated' });
      await row.first().waitFor(NEXT_LOOK);
      await watch.audit('node-connections');
      await row.first().getByRole('link', { name: 'Explain' }).click();
      await page.getByRole('region', { name: 'Seen on the node' }).getByText('Observed only; would be accelerated').first().waitFor();
      await watch.audit('explain-live');
    });
  } finally {
    await deletePolicy(page, watch, name);
  }
}

async function deletePolicy(page, watch, name) {
  await watch.step('the policy is deleted after a question', async () => {
    await page.goto('/policies');
    const remove = page.getByRole('button', { name: `Delete ${name}` });
    await page.getByRole('heading', { level: 1 }).waitFor();
    await page.getByText('Loading policies').waitFor({ state: 'detached' });
    if ((await remove.count()) === 0) return;
    await remove.click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete policy' }).click();
    await page.getByRole('link', { name: name }).waitFor({ state: 'detached' });
  });
}

async function expectText(page, text) {
  await page.locator('.cm-content').filter({ hasText: text }).waitFor();
}
