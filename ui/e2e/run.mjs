/*
 * Drives the console in a real browser against a running control plane with at least one node:
 *
 *   SHUNT_ADMIN_PASSWORD=… npm run e2e -- --base http://localhost:8080 [--shots target/screenshots] [--user admin]
 *
 * SHUNT_ADMIN_PASSWORD_FILE may name a file instead, SHUNT_NODE the node to look at, SHUNT_TALKER_CGROUP and
 * SHUNT_TALKER_PORT a program with connections on it, CHROMIUM another browser than
 * /usr/bin/chromium. The policy it creates matches only a cgroup of its own, and is deleted at the end.
 */
import { mkdirSync, readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright-core';
import { journey } from './journey.mjs';
import { StepFailed, Watch } from './watch.mjs';

const { values } = parseArgs({
  options: {
    base: { type: 'string', default: 'http://localhost:8080' },
    shots: { type: 'string', default: 'target/screenshots' },
    user: { type: 'string', default: 'admin' },
  },
});
const password = process.env.SHUNT_ADMIN_PASSWORD ?? readPassword(process.env.SHUNT_ADMIN_PASSWORD_FILE);
if (!password) {
  console.error('e2e: expected SHUNT_ADMIN_PASSWORD or SHUNT_ADMIN_PASSWORD_FILE, found neither');
  process.exit(2);
}
mkdirSync(values.shots, { recursive: true });
// Somebody who talks on the node, if there is one.
const { SHUNT_TALKER_CGROUP: cgroup, SHUNT_TALKER_PORT: port } = process.env;
const talker = cgroup === undefined || port === undefined ? undefined : { cgroup, port };

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox'] });
const context = await browser.newContext({ baseURL: values.base, viewport: { width: 1440, height: 900 }, colorScheme: 'light' });
const page = await context.newPage();
page.setDefaultTimeout(45_000);
const watch = new Watch(page, values.shots);
try {
  await journey(page, watch, { user: values.user, password, node: process.env.SHUNT_NODE, talker });
} catch (error) {
  if (!(error instanceof StepFailed)) watch.fail(error.stack);
} finally {
  await browser.close();
}
process.exit(watch.report());

function readPassword(file) {
  return file === undefined ? undefined : readFileSync(file, 'utf8').trim();
}
