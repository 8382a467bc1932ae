// What the tests of the panels share: a page whose probes are watched, buttons, and the numbers on display as text.
import assert from 'node:assert/strict';
import { openPage } from './harness.mjs';

export const LINK = '#dataset=shapes32&trainImages=64&testImages=20&batchSize=8&epochs=1&backend=cpu';
export const WHO = ['teacher', 'student', 'control'];
/** Where each question is put. */
export const BUTTONS = {
  maps: ['#look-panel', 'Compare the maps'],
  unicam: ['#look-panel', 'Take the one from the other'],
  attack: ['#fool-panel', 'Attack them'],
  sweep: ['#fool-panel', 'Draw the curve'],
  invariance: ['#invariance-panel', 'Change them'],
  domains: ['#domains-panel', 'Show them other pictures'],
  shape: ['#shape-panel', 'Fill the outlines'],
  fidelity: ['#fidelity-panel', 'Hold them against the teacher'],
  factors: ['#rescaling-panel', 'Look at the soft targets'],
  boundary: ['#boundary-panel', 'Draw the planes'],
  layers: ['#layers-panel', 'Compare the layers'],
  relevance: ['#relevance-panel', 'Relate them'],
  projector: ['#projector-panel', 'Look at the projector'],
};

/** Opens pages whose probes leave their reports in `window.reports`, by name. */
export const watch = (browser, site) => async (link, options) => {
  const opened = await openPage(browser, site, options);
  opened.page.setDefaultTimeout(120_000);
  await opened.page.goto(site.url + link);
  await opened.page.getByText('images are shown to each student').waitFor();
  await opened.page.evaluate(async () => {
    const { Lab } = await import('./js/engine.js');
    const { probe } = Lab.prototype;
    window.reports = {};
    Lab.prototype.probe = async function watched(name, options) {
      window.lab = this;
      const report = await probe.call(this, name, options);
      // A question that has to be seen while it is under way.
      if (window.answersLate) await new Promise((resolve) => setTimeout(resolve, window.answersLate));
      (window.reports[name] ??= []).push(report);
      return report;
    };
  });
  return opened;
};

/** The last report of a probe, or the last `count` ones. */
export const reports = async (page, name, count = 1) => JSON.parse(await page.evaluate(([key, last]) => JSON.stringify(window.reports[key].slice(-last), (_, value) => (ArrayBuffer.isView(value) ? Array.from(value) : value)), [name, count]));

/** The engine's comparison of pairs, for what a panel put together from parts. */
export const comparing = (page) => (pairs) => page.evaluate((given) => window.lab.compare(given), pairs);

/** Presses a panel's button and waits for its answer. */
export async function put(page, name) {
  const [panel, button] = BUTTONS[name];
  await page.locator(panel).getByRole('button', { name: button, exact: true }).click();
  await settled(page, name);
}

export const settled = (page, name) => page.locator(BUTTONS[name][0]).locator('.many', { has: page.getByRole('button', { name: BUTTONS[name][1], exact: true }) }).getByText(/^Computed at step [\d,]+\.$|^[\d,]+ images\.$/).waitFor();

export const plain = (text) => text.replaceAll('\u00a0', ' ').trim();
export const answer = async (page, name) => plain(await page.locator(`[data-answer=${name}]`).textContent());
/** The body of the table with this caption, as text. */
export async function cells(page, panel, caption) {
  const rows = page.locator(panel).locator('table').filter({ hasText: caption }).locator('tbody tr');
  return (await rows.evaluateAll((list) => list.map((row) => [...row.children].slice(1).map((cell) => cell.textContent)))).map((row) => row.map(plain));
}
export const same = (shown, expected) => assert.deepEqual(shown, expected.map((row) => row.map(plain)));

/** Runs to the end and opens the panels that look by themselves. */
export async function distil(page) {
  await page.locator('#bench').getByRole('button', { name: 'Distil' }).click();
  await page.getByText('Finished.').waitFor();
  for (const panel of ['#look-panel', '#fool-panel']) {
    await page.locator(panel).scrollIntoViewIfNeeded();
    await page.locator(panel).getByText(/^Computed at step 8\.$/).first().waitFor();
  }
}
