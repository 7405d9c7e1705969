/*
 * One picture of the console with live traffic: waits until a node shows that a policy redirects bytes, then for more of them.
 *
 *   SHUNT_ADMIN_PASSWORD=… node e2e/picture.mjs --base http://localhost:8080 --node NAME --policy NAME --out FILE.png
 */
import { parseArgs } from 'node:util';
import { chromium } from 'playwright-core';

const { values } = parseArgs({
  options: { base: { type: 'string' }, node: { type: 'string' }, policy: { type: 'string' }, out: { type: 'string' } },
});
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox'] });
try {
  const page = await browser.newPage({ baseURL: values.base, viewport: { width: 1280, height: 590 }, colorScheme: 'light' });
  page.setDefaultTimeout(30_000);
  await page.goto(`/nodes/${values.node}`);
  await page.getByLabel('User name').fill('admin');
  await page.locator('input[name=password]').fill(process.env.SHUNT_ADMIN_PASSWORD ?? '');
  await page.locator('input[name=password]').press('Enter');
  await page.getByRole('heading', { level: 1, name: values.node }).waitFor();
  const redirected = page.getByRole('table', { name: 'Counters by policy' }).getByRole('row', { name: values.policy }).getByRole('cell').nth(3);
  await redirected.filter({ hasText: /[1-9]/ }).waitFor();
  const first = await redirected.innerText();
  await redirected.filter({ hasNotText: first }).waitFor();
  await page.screenshot({ path: values.out });
  console.log(`redirected: ${first}, then ${await redirected.innerText()}`);
} finally {
  await browser.close();
}
