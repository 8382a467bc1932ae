// Several seeds at one click: the same as runs of one seed each, with Student's interval of their differences.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inEveryDress } from './accessibility.mjs';
import { openPage, stage } from './harness.mjs';
import { holdAt, letGo } from './hold.mjs';

const { site, browser } = await stage({ webgpu: false });
const LINK = '#dataset=shapes32&trainImages=32&testImages=40&batchSize=8&epochs=2&seed=4&backend=cpu';
/** qt(0.975, 1) and qt(0.975, 2) of R. */
const T = { 2: 12.706205, 3: 4.302653 };
const plain = (text) => text.replaceAll('\u00a0', ' ').trim();

test('three seeds: table, interval and sentence follow from three runs', { timeout: 600_000 }, async () => {
  const { page, context, clean } = await openPage(browser, site);
  page.setDefaultTimeout(180_000);
  await page.goto(site.url + LINK);
  const panel = page.locator('#seeds-panel');
  await panel.getByRole('button', { name: 'Run 3 seeds' }).click();
  await panel.getByText(/^Seed 4, 1 of 3:/).waitFor();
  await panel.getByText('3 seeds through.').waitFor();
  const cells = await panel.locator('table.by-seed tbody tr, table.by-seed tfoot tr').evaluateAll((rows) => rows.map((row) => [...row.children].map((cell) => cell.textContent)));
  const runs = await page.evaluate(async () => {
    const { createLab } = await import('./js/engine.js');
    const found = [];
    for (const seed of [4, 5, 6]) {
      const lab = await createLab({ dataset: 'shapes32', trainImages: 32, testImages: 40, batchSize: 8, epochs: 2, backend: 'cpu', seed });
      found.push((await lab.step(8)).findLast((event) => event.type === 'evaluation'));
      lab.dispose();
    }
    return found;
  });
  const share = (rate) => `${(rate * 100).toFixed(0)} %`;
  const points = (x) => `${x === 0 ? '' : x < 0 ? '−' : '+'}${Math.abs(x * 100).toFixed(1)}`;
  runs.forEach((run, i) => {
    const expected = [String(4 + i), share(run.student.rate), share(run.control.rate), points(run.student.rate - run.control.rate), share(run.agreement.student.rate), share(run.agreement.control.rate), points(run.agreement.student.rate - run.agreement.control.rate)];
    assert.deepEqual(cells[i].map(plain), expected);
  });
  const differences = runs.map((run) => run.student.rate - run.control.rate);
  const mean = differences.reduce((sum, x) => sum + x, 0) / 3;
  const sd = Math.sqrt(differences.reduce((sum, x) => sum + (x - mean) ** 2, 0) / 2);
  const half = (T[3] * sd) / Math.sqrt(3);
  const answer = await panel.locator('[data-answer=seeds]').textContent();
  const verdict = sd === 0 ? /every seed gave the same|no difference is seen/ : mean - half > 0 ? /^Over 3 seeds the student is more accurate/ : mean + half < 0 ? /^Over 3 seeds the student is less accurate/ : /^Over 3 seeds no difference is seen in accuracy/;
  assert.match(answer, verdict);
  if (sd > 0) {
    const [, low, high] = cells[3][3].match(/\(([+−]?[\d.]+) to ([+−]?[\d.]+)\)/).map((text) => Number(text.replace('−', '-')));
    assert.ok(Math.abs(low - (mean - half) * 100) <= 0.051 && Math.abs(high - (mean + half) * 100) <= 0.051, `${cells[3][3]}: ${mean} ± ${half}`);
  }
  assert.equal(cells[3][0], 'Mean');
  assert.match(await panel.locator('figure .plot').getAttribute('aria-label'), /3 seeds/);
  assert.match(await page.locator('#announcer').textContent(), /^Over 3 seeds/);
  await inEveryDress(page, 'three seeds');
  clean();
  await context.close();
});

test('stopped at any time, what is finished stays', { timeout: 600_000 }, async () => {
  const { page, context, clean } = await openPage(browser, site);
  page.setDefaultTimeout(180_000);
  await page.goto(site.url + LINK.replace('epochs=2', 'epochs=6'));
  const panel = page.locator('#seeds-panel');
  await panel.getByLabel('How many').selectOption('5');
  await holdAt(page, 12, 2);
  await panel.getByRole('button', { name: 'Run 5 seeds' }).click();
  await panel.getByText(/^Seed 5, 2 of 5: step \d+ of 24\. About .* left for all\.$/).waitFor();
  await panel.getByRole('button', { name: 'Stop' }).click();
  await letGo(page);
  await panel.getByText('Stopped. 1 finished seed kept.').waitFor();
  assert.equal(await panel.locator('table.by-seed tbody tr').count(), 1);
  assert.match(await panel.locator('[data-answer=seeds]').textContent(), /One seed has no spread/);
  assert.equal(await panel.getByRole('button', { name: 'Run 5 seeds' }).isEnabled(), true);
  clean();
  await context.close();
});

test('the engine’s interval is Student’s', async () => {
  const { page, context, clean } = await openPage(browser, site);
  await page.goto(site.url + LINK);
  const [two, one, none] = await page.evaluate(async () => {
    const { spread } = await import('./js/engine.js');
    return [await spread([1, 2]), await spread([3]), await spread([])];
  });
  assert.equal(two.mean, 1.5);
  assert.ok(Math.abs(two.high - 1.5 - T[2] * 0.5) < 1e-4);
  assert.deepEqual([one.mean, one.low, none.mean], [3, null, null]);
  clean();
  await context.close();
});
