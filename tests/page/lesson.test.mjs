// Questions to begin with: predict, run, see the prediction beside the result; set by link or chosen; worked by keyboard.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { check, checkTargets, reach } from './accessibility.mjs';
import { openPage, shoot, stage } from './harness.mjs';
import { holdAt, letGo } from './hold.mjs';

const SMALL = 'dataset=shapes32&batchSize=8&epochs=1&trainImages=64&testImages=40&backend=cpu';

const { site, browser } = await stage();

test('a lesson by link: prediction, run, result, by keyboard alone', { timeout: 300_000 }, async () => {
  const { page, context, clean } = await openPage(browser, site, { reducedMotion: 'reduce' });
  page.setDefaultTimeout(120_000);
  await page.goto(`${site.url}#lesson=inheritance&alpha=0.5&${SMALL}`);
  const lesson = page.locator('#lesson');
  await lesson.getByText('Images are changed so that the teacher errs.').waitFor();
  assert.equal(await page.getByLabel('Alpha α', { exact: true }).inputValue(), '0.5', 'the link speaks louder than the preset');
  assert.match(await page.locator('.changed').textContent(), /Alpha α: 0\.5, in place of 0\.9/);
  assert.equal(await page.locator('.notice').count(), 0);

  await reach(page, 'Tab', /^BUTTON Go to the question/);
  await page.keyboard.press('Enter');
  const go = lesson.getByRole('button', { name: 'Run it and see' });
  assert.equal(await go.getAttribute('aria-disabled'), 'true');
  assert.match(await lesson.textContent(), /Choose what you expect; then it can be run\./);
  await page.keyboard.press('Space');
  assert.equal(await go.getAttribute('aria-disabled'), 'false');
  await check(page, 'a prediction is chosen');
  await checkTargets(page);
  await reach(page, 'Tab', /^BUTTON Run it and see/);
  await page.keyboard.press('Enter');
  const answer = lesson.locator('[data-answer=lesson]');
  await answer.waitFor();
  const said = await lesson.textContent();
  assert.match(said, /You expected: the student more often than the control\. (That is what came out|Something else came out|The result does not decide)/);
  assert.match(await answer.textContent(), /fools? |fooled/);
  assert.match(await answer.textContent(), /ε = 4\/255, step 8\. Another seed/);
  await page.waitForFunction(() => document.activeElement.className === 'lesson-result');
  assert.match(await page.locator('#announcer').textContent(), /came out|does not decide/);
  await page.locator('#take').getByText('the answers to “Images are changed').waitFor();
  await check(page, 'the result stands beside the prediction');
  await shoot(page, 'lesson', { fullPage: false });
  await lesson.getByRole('button', { name: 'Predict again' }).click();
  assert.equal(await answer.count(), 0);
  assert.match(await lesson.textContent(), /Choose what you expect/);
  clean();
  await context.close();
});

test('the verdict follows the numbers', async () => {
  const { page, context, clean } = await openPage(browser, site);
  await page.goto(`${site.url}#${SMALL}`);
  const outcomes = await page.evaluate(async () => {
    const { PRESETS, readLesson } = await import('./js/presets.js');
    const { wilson } = await import('./js/rates.js');
    const difference = (a, b) => ({ difference: (a - b) / 100, low: (a - b) / 100 - 0.1, high: (a - b) / 100 + 0.1, verdict: a - b > 10 ? 'higher' : a - b < -10 ? 'lower' : 'noDifference' });
    const run = (student, control, more = {}) => ({ before: null, measured: { student: wilson(student, 100), control: wilson(control, 100), comparison: { accuracy: difference(student, control) }, n: 100, step: 9, ...more } });
    const conclude = (name, ...found) => PRESETS.find((preset) => preset.name === name).conclude(found);
    return {
      hinton: [conclude('hinton', run(90, 50)), conclude('hinton', run(52, 50)), conclude('hinton', run(50, 90))],
      levels: conclude('levels', run(90, 50, { method: 'label-smoothing' }), run(50, 50, { method: 'kd-pt' }), run(50, 90, { method: 'kd-sim' })),
      none: conclude('levels', ...['label-smoothing', 'kd-pt', 'kd-sim'].map((method) => run(50, 50, { method }))),
      gap: [conclude('gap', run(50, 50), run(90, 50)), conclude('gap', run(50, 50), run(55, 50))],
      links: [readLesson('#lesson=projector&seed=2'), readLesson('#lesson=nonsense'), readLesson('#seed=2')].map(({ preset, hash, notes }) => [preset?.name ?? null, hash, notes.length]),
      every: PRESETS.map((preset) => [preset.name, preset.choices.length, preset.label, document.getElementById(preset.place) !== null]),
    };
  });
  assert.deepEqual(outcomes.hinton.map(({ holds }) => holds[0]), ['higher', 'noDifference', 'lower']);
  assert.match(outcomes.hinton[0].text, /more accurate than its control: 90/);
  assert.deepEqual(outcomes.levels.holds, ['label-smoothing']);
  assert.match(outcomes.levels.text, /^More accurate than the control with: smoothing the labels\. Less accurate with: which classes are alike\.$/);
  assert.deepEqual(outcomes.none.holds, ['none']);
  assert.deepEqual(outcomes.gap.map(({ holds }) => holds[0]), ['higher', 'noDifference']);
  assert.deepEqual(outcomes.links, [['projector', '#seed=2&method=srd&projector=linear', 0], [null, '#', 1], [null, '#seed=2', 0]]);
  for (const [name, choices, label, there] of outcomes.every) assert.ok(choices >= 3 && label && there, name);
  clean();
  await context.close();
});

test('presets by choice: settings, address, what differs, and the way back; one with two runs', { timeout: 400_000 }, async () => {
  const { page, context, clean } = await openPage(browser, site);
  page.setDefaultTimeout(120_000);
  await page.goto(`${site.url}#${SMALL}`);
  const lesson = page.locator('#lesson');
  const hash = () => page.evaluate(() => location.hash);
  await lesson.getByLabel('Begin with a question').selectOption('projector');
  assert.equal(await hash(), '#lesson=projector&dataset=shapes32&batchSize=8&epochs=1&trainImages=64&testImages=40&backend=cpu', 'the data stay as they were');
  assert.equal(await page.getByLabel('Method', { exact: true }).inputValue(), 'srd');
  assert.equal(await page.locator('.changed').evaluate((box) => box.hidden), false);
  await page.locator('.changed summary').click();
  assert.match(await page.locator('.changed').textContent(), /6 changed from the question “What the projector keeps”.*Batch size: 8, in place of 64.*Engine: CPU, in place of automatic/);
  const seed = page.getByLabel('Seed', { exact: true });
  await seed.fill('7');
  await seed.blur();
  assert.match(await hash(), /^#lesson=projector&.*seed=7/);
  await page.getByRole('button', { name: 'Back to the settings of the question' }).click();
  assert.equal(await seed.inputValue(), '0');
  assert.equal(await hash(), '#lesson=projector&backend=cpu');
  await lesson.getByLabel('Begin with a question').selectOption('');
  assert.equal(await hash(), '#method=srd&backend=cpu', 'without the question its settings stay');
  assert.equal(await lesson.getByRole('radio').count(), 0);

  // An author's small data with a preset of two runs; resnet14 between ResNet-20 and ResNet-8.
  await page.goto('about:blank');
  await page.goto(`${site.url}#lesson=gap&${SMALL.replace('trainImages=64', 'trainImages=16')}`);
  await lesson.getByLabel('no difference can be seen').check();
  await holdAt(page, 0, 2);
  await lesson.getByRole('button', { name: 'Run it and see' }).click();
  await lesson.getByText('Run 2 of 2: with an assistant.').waitFor();
  await letGo(page);
  await lesson.locator('[data-answer=lesson]').waitFor();
  assert.match(await lesson.locator('[data-answer=lesson]').textContent(), /with and .* without an assistant.*two runs with one seed/);
  assert.equal(await page.getByLabel('Assistants', { exact: false }).first().inputValue(), 'resnet14');

  // The projector: the state before the first step is part of the answer.
  await page.goto('about:blank');
  await page.goto(`${site.url}#lesson=projector&${SMALL}`);
  await lesson.getByRole('radio').first().check();
  await lesson.getByRole('button', { name: 'Run it and see' }).click();
  await lesson.locator('[data-answer=lesson]').waitFor();
  assert.match(await lesson.locator('[data-answer=lesson]').textContent(), /directions of this .* at step 0 it was .*effective rank changed by/);
  clean();
  await context.close();
});
