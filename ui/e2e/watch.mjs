import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
/** A refused login is part of the journey; the browser logs it as an error all the same. */
const EXPECTED = /status of (401|409|412)/;

/** A step failed and has said why; the journey ends. */
export class StepFailed extends Error {}

/** Collects what must not happen on any page: exceptions, CSP violations, accessibility faults. */
export class Watch {
  #page;
  #shots;
  #failures = [];
  #steps = 0;
  #audits = 0;

  constructor(page, shots) {
    this.#page = page;
    this.#shots = shots;
    page.on('pageerror', (error) => this.fail(`exception on ${page.url()}: ${error.message}`));
    page.on('console', (message) => {
      if (message.type() === 'error' && !EXPECTED.test(message.text())) this.fail(`console on ${page.url()}: ${message.text()}`);
    });
  }

  fail(message) {
    this.#failures.push(message);
    console.error(`  FAIL ${message}`);
  }

  async step(name, action) {
    const start = Date.now();
    try {
      const result = await action();
      this.#steps += 1;
      console.log(`  ok   ${name} (${Date.now() - start} ms)`);
      return result;
    } catch (error) {
      const shot = `${this.#shots}/failure-${this.#failures.length + 1}.png`;
      await this.#page.screenshot({ path: shot });
      this.fail(`${name}: ${error.message}\n  at ${this.#page.url()}; see ${shot}`);
      throw new StepFailed(name);
    }
  }

  /** axe and a screenshot of what is on the screen, in light and in dark. */
  async audit(name) {
    for (const colorScheme of ['light', 'dark']) {
      await this.#page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await this.#page.waitForTimeout(250);
      await this.#page.screenshot({ path: `${this.#shots}/${name}-${colorScheme}.png` });
      // Through the debugger, which the page's CSP does not bind.
      await this.#page.evaluate(AXE);
      // A tooltip hangs at the end of the body by design, outside of every landmark.
      const violations = await this.#page.evaluate(async () => {
        const results = await window.axe.run({ exclude: [['[role="tooltip"]']] }, { resultTypes: ['violations'] });
        return results.violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html.slice(0, 140)} – ${node.any[0]?.message ?? node.failureSummary}`));
      });
      this.#audits += 1;
      // One bad colour in a theme shows in a hundred places; the first few tell which.
      for (const violation of violations.slice(0, 5)) this.fail(`axe, ${name} in ${colorScheme}: ${violation}`);
      if (violations.length > 5) this.fail(`axe, ${name} in ${colorScheme}: and ${violations.length - 5} more`);
    }
    await this.#page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
  }

  /** Prints the sum and returns the exit code. */
  report() {
    console.log(`${this.#steps} steps, ${this.#audits} accessibility audits, ${this.#failures.length} failures; screenshots in ${this.#shots}`);
    return this.#failures.length === 0 ? 0 : 1;
  }
}
