// The ways of teaching: each runs in the browser, and the page offers them with their settings, words and reasons.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { check } from './accessibility.mjs';
import { openBlank, openPage, shoot, stage, TINY } from './harness.mjs';

const { site, browser } = await stage({ webgpu: false });
const LINK = '#dataset=shapes32&trainImages=32&testImages=16&batchSize=8&epochs=2&backend=cpu';

test('every method takes a step from JavaScript and says its formula', { timeout: 600_000 }, async () => {
  const { page, context, clean } = await openBlank(browser, site);
  const seen = await page.evaluate(async (tiny) => {
    const engine = await import('./js/engine.js');
    const { methods } = await engine.describe();
    const rows = [];
    for (const { name } of methods) {
      const lab = await engine.createLab({ ...tiny, method: name });
      const [progress] = await lab.step(1);
      rows.push({ name, formula: await lab.formula(), total: progress.student.total, terms: Object.keys(progress.student.terms) });
      lab.dispose();
    }
    return rows;
  }, { ...TINY, trainImages: 8 });
  assert.ok(seen.length >= 30);
  for (const { name, formula, total, terms } of seen) {
    assert.match(formula, /^L = /, name);
    assert.ok(Number.isFinite(total) && terms.length > 0, `${name}: ${total}`);
  }
  clean();
  await context.close();
});

test('settings of another method are refused with the method they belong to', async () => {
  const { page, context, clean } = await openBlank(browser, site);
  const error = await page.evaluate(async (tiny) => {
    const engine = await import('./js/engine.js');
    return engine.createLab({ ...tiny, method: 'kl', projector: 'none' }).catch(({ code, message }) => ({ code, message }));
  }, TINY);
  assert.equal(error.code, 'setting-unknown');
  assert.match(error.message, /srd/);
  clean();
  await context.close();
});

test('the form shows a method’s settings, words, source and formula, and why one does not fit', { timeout: 300_000 }, async () => {
  const { page, context, clean } = await openPage(browser, site);
  await page.goto(site.url + LINK);
  await page.getByText('images are shown to each student').waitFor();
  const method = page.getByLabel('Method', { exact: true });
  await page.getByLabel('Temperature T', { exact: true }).waitFor();
  await method.selectOption('srd');
  await page.getByLabel('Projector', { exact: true }).selectOption('mlp-2');
  assert.match(await page.locator('.about-method').textContent(), /normalised over the batch.*2303\.11098/s);
  assert.match(page.url(), /method=srd&projector=mlp-2/);
  await shoot(page, 'methods-srd');

  await page.getByRole('button', { name: 'One step' }).click();
  await page.getByText('Step 1 of').first().waitFor();
  assert.match(await page.locator('.formula').textContent(), /ln Σ \|norm\(W\(f_s\)\) − norm\(f_t\)\|\^4/);

  const review = method.locator('option[value=reviewkd]');
  assert.equal(await review.isDisabled(), false);
  await page.getByLabel('Student', { exact: true }).selectOption('vgg8');
  assert.equal(await review.isDisabled(), true);
  // The reasons stand on the page, folded, for every way of reading it.
  const unfit = page.locator('.unfit');
  const disabled = await method.locator('option:disabled').count();
  assert.equal(await unfit.locator('summary').textContent(), `Not with these networks: ${disabled} methods`);
  await unfit.locator('summary').focus();
  await page.keyboard.press('Enter');
  await unfit.getByText(/^Knowledge review \(ReviewKD\): .*the student has the stage maps f1 to f4 and the teacher f1 to f3/).waitFor();
  await check(page, 'methods that do not fit, unfolded');
  // A method that was chosen before keeps its place, with the reason under it.
  await page.getByLabel('Student', { exact: true }).selectOption('resnet8');
  assert.equal(await unfit.isVisible(), false);
  await method.selectOption('reviewkd');
  await page.getByLabel('Student', { exact: true }).selectOption('vgg8');
  await page.locator('.problem', { hasText: 'f1 to f4' }).waitFor();
  clean();
  await context.close();
});

test('a chain: the assistant is taught first and then teaches', { timeout: 300_000 }, async () => {
  const { page, context, clean } = await openPage(browser, site);
  await page.goto(`${site.url}${LINK}&assistants=resnet8&epochs=1&method=dist`);
  await page.getByRole('button', { name: 'Distil it on this machine' }).click();
  await page.getByText('From step 4 on the resnet8, just taught, is the teacher').waitFor();
  await page.getByText('Finished.').waitFor();
  await page.getByText('Step 8 of 8').first().waitFor();
  clean();
  await context.close();
});
