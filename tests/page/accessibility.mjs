// What tests of accessibility share: axe, the size of targets, the way by keyboard.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** axe finds nothing. `state` says in a failure what the page was doing. */
export async function check(page, state) {
  await page.evaluate(axe);
  // A control that is scrolled half under the bar at the top would count as too small; one more turn of the wheel frees it.
  await page.evaluate(() => scrollTo({ top: 0, behavior: 'instant' }));
  const { violations } = await page.evaluate(() => window.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }));
  assert.deepEqual(violations.map((violation) => `${state}: ${violation.id}: ${violation.nodes.map((node) => node.target.join(' ')).join(', ')}`), []);
}

/** Every target at least 24 px high and wide, or a link or label within text. */
export async function checkTargets(page) {
  const small = await page.evaluate(() =>
    [...document.querySelectorAll('button, select, input, summary')]
      .filter((element) => element.offsetParent !== null)
      .map((element) => [element, (element.closest('label') ?? element).getBoundingClientRect()])
      .filter(([, box]) => box.width < 24 || box.height < 24)
      .map(([element, box]) => `${element.outerHTML.slice(0, 80)} ${Math.round(box.width)}×${Math.round(box.height)}`),
  );
  assert.deepEqual(small, []);
}

/** Presses `key` until the focused element satisfies `wanted`; the focus must be visible on every stop. */
export async function reach(page, key, wanted, limit = 60) {
  for (let i = 0; i < limit; i += 1) {
    await page.keyboard.press(key);
    const [name, ring] = await page.evaluate(() => {
      const element = document.activeElement;
      const ringed = element.matches('.strip input') ? element.nextElementSibling : element;
      return [`${element.tagName} ${element.getAttribute('aria-label') ?? element.labels?.[0]?.textContent ?? element.textContent}`.trim(), getComputedStyle(ringed).outlineStyle];
    });
    assert.notEqual(ring, 'none', `the focus on “${name}” cannot be seen`);
    if (wanted.test(name)) return;
  }
  assert.fail(`${key} did not reach ${wanted}`);
}

/** `check` and `checkTargets` on a wide and a narrow screen in both themes, and nothing scrolls sideways, not at 320 pixels either. */
export async function inEveryDress(page, state, then = async () => {}) {
  for (const width of [1280, 390]) {
    await page.setViewportSize({ width, height: 900 });
    for (const colorScheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme });
      // The page follows the system's theme by an event of its own.
      await page.waitForFunction((theme) => document.documentElement.dataset.theme === theme, colorScheme);
      await check(page, `${state}, ${width} px, ${colorScheme}`);
      await checkTargets(page);
      await then(width, colorScheme);
    }
  }
  await page.setViewportSize({ width: 320, height: 900 });
  const widths = () => page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
  // Charts hear of their new width one frame later.
  for (let [content, view] = await widths(), looks = 0; content > view; [content, view] = await widths(), looks += 1) {
    assert.ok(looks < 200, `${content} > ${view}`);
    await page.waitForTimeout(50);
  }
}
