// What the page has kept in the browser's storage.
import assert from 'node:assert/strict';

/** The step that the storage holds. */
export const keptStep = (page) =>
  page.evaluate(async () => {
    const [{ keptRun }, { experiment }] = await Promise.all([import('./js/keep.js'), import('./js/page.js')]);
    return (await keptRun(experiment.description))?.step ?? null;
  });

/** Waits until it is this step or a later one. @returns {Promise<number>} */
export async function untilKept(page, least) {
  for (let tries = 0; tries < 100; tries += 1) {
    const step = await keptStep(page);
    if (step !== null && step >= least) return step;
    await page.waitForTimeout(100);
  }
  return assert.fail('nothing was kept');
}
