// The recorded run: there before any engine, live as soon as one is, replaced by the reader's own.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { inEveryDress } from './accessibility.mjs';
import { openBrowser, openPage, openSite } from './harness.mjs';

const project = fileURLToPath(new URL('../..', import.meta.url));
const program = process.env.KD_LENS_NATIVE ?? path.join(project, 'target/release/kd-lens');
const folder = mkdtempSync(path.join(os.tmpdir(), 'kd-lens-'));
const tiny = path.join(folder, 'tiny');
execFileSync(program, ['record', '--dataset', 'shapes32', '--train-images', '32', '--test-images', '40', '--batch-size', '8', '--epochs', '3', '--seed', '2', '--snapshots', '4', '--out', tiny], { cwd: project });
const damaged = path.join(folder, 'damaged');
cpSync(tiny, damaged, { recursive: true });
const { snapshots } = JSON.parse(readFileSync(path.join(tiny, 'run.json'), 'utf8'));
const fileOf = (step) => snapshots.find((snapshot) => snapshot.step === step).file;
writeFileSync(path.join(damaged, fileOf(12)), readFileSync(path.join(tiny, fileOf(5))));

const browser = await openBrowser({ webgpu: false });
const site = await openSite({ mounts: { '/recorded': tiny } });
after(async () => {
  await browser.close();
  await site.close();
  rmSync(folder, { recursive: true });
});

/** A promise that `route` waits for, so that files come when the test lets them. */
function gate() {
  let open;
  const opened = new Promise((resolve) => {
    open = resolve;
  });
  return { open, opened };
}

test('it stands there before an engine is loaded, and panels are live on it without training', { timeout: 300_000 }, async () => {
  const run = JSON.parse(readFileSync(path.join(tiny, 'run.json'), 'utf8'));
  const { page, context, clean } = await openPage(browser, site);
  const engine = gate();
  await page.route('**/engine/**', async (route) => {
    await engine.opened;
    await route.continue();
  });
  await page.goto(site.url);
  const note = page.locator('.recorded');
  await note.getByText('Recorded run.').waitFor();
  assert.match(await note.textContent(), /Made on \d+ \w+ 20\d\d by the command line of kd-lens [\d.]+, with seed 2: ResNet-20 taught ResNet-8/);
  const last = run.events.filter((event) => event.type === 'evaluation').at(-1);
  assert.match(await page.locator('.outcome .answer').textContent(), /40 test images, step 12\./);
  const shown = await page.locator('[data-chart=accuracy] tbody tr').last().textContent();
  assert.match(shown, new RegExp(`^12${Math.round(last.teacher.rate * 100)}\\s%.*${Math.round(last.student.rate * 100)}\\s%.*${Math.round(last.control.rate * 100)}\\s%`));
  assert.equal(await page.locator('[data-chart=accuracy] tbody tr').count(), run.events.filter((event) => event.type === 'evaluation').length);
  // The timeline can be dragged already; panels follow when they can.
  const slider = page.getByLabel('Look back along the run');
  await slider.focus();
  await page.keyboard.press('ArrowLeft');
  assert.equal(await slider.getAttribute('aria-valuetext'), 'as of step 5, epoch 1.3');
  assert.equal(await page.locator('#bench').getByRole('button', { name: 'Distil' }).isDisabled(), true);
  await inEveryDress(page, 'recorded, before the engine');
  await page.setViewportSize({ width: 1280, height: 900 });
  engine.open();
  const look = page.locator('#look-panel');
  await look.locator('.trio').first().waitFor();
  await look.scrollIntoViewIfNeeded();
  await look.getByText('Computed as of step 5, epoch 1.3.').first().waitFor();
  await page.getByRole('button', { name: 'Back to the end' }).click();
  await look.getByText('Computed at step 12.').first().waitFor();
  // What a panel finds is what was recorded: the share of agreement is that of the evaluation.
  await page.locator('#fidelity-panel').getByRole('button', { name: 'Hold them against the teacher' }).click();
  await page.locator('[data-answer=fidelity]').getByText(/teacher’s answer/).waitFor();
  const told = await page.locator('[data-answer=fidelity]').textContent();
  assert.match(told, /step 12, seed 2|40 images/);
  assert.match(await page.locator('#engine-line').textContent(), /^CPU: shows the recorded networks\.$/);
  await inEveryDress(page, 'recorded, with the engine');
  await page.setViewportSize({ width: 1280, height: 900 });

  // A question is asked before its answer is seen, however it was chosen.
  const choice = page.locator('#lesson').getByLabel('Begin with a question');
  await choice.selectOption('hinton');
  await note.getByText('The recorded run is not shown: you are asked what you expect').waitFor();
  assert.match(await page.locator('.outcome .answer').textContent(), /^The first answer stands here/);
  assert.equal(await page.locator('[data-chart=accuracy] tbody tr').count(), 0);
  await choice.selectOption('');
  await note.getByText('Recorded run.').waitFor();
  assert.match(await page.locator('.outcome .answer').textContent(), /40 test images, step 12\./);

  // Other settings are told; the reader's own run takes its place.
  assert.equal(await page.getByLabel('Seed', { exact: true }).inputValue(), '2', 'the form starts from the recorded settings');
  const seed = page.getByLabel('Seed', { exact: true });
  await seed.fill('5');
  await seed.blur();
  await page.getByText('Your settings differ from those of the recorded run: seed.').waitFor();
  await page.locator('#start').getByRole('button', { name: 'Distil it on this machine' }).focus();
  await page.keyboard.press('Enter');
  await page.getByText(/^(Finished|Training)\./).first().waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.matches('#bench .of-run button:first-child')), true, 'the keyboard goes on with the button that pauses');
  assert.equal(await note.isVisible(), false);
  await page.getByText('Finished.').waitFor();
  await look.scrollIntoViewIfNeeded();
  await look.getByText('Computed at step 12.').first().waitFor();
  clean();
  await context.close();
});

test('panels of the recorded run give the numbers that were recorded', { timeout: 300_000 }, async () => {
  const run = JSON.parse(readFileSync(path.join(tiny, 'run.json'), 'utf8'));
  const { page, context, clean } = await openPage(browser, site);
  await page.goto(`${site.url}#backend=cpu`);
  await page.getByText('Recorded run.').waitFor();
  const found = await page.evaluate(async () => {
    const { createLab } = await import('./js/engine.js');
    const { readRecorded } = await import('./js/recorded.js');
    const recorded = await readRecorded(new URL('.', location.href));
    const lab = await createLab({ ...recorded.settings, backend: 'cpu', training: false });
    const rows = [];
    for (const step of recorded.timeline.steps) {
      await lab.lookBack(await recorded.timeline.bytes(step));
      const report = await lab.probe('fidelity', { images: recorded.settings.testImages });
      rows.push({ step: report.step, lab: lab.lookingAt, agreement: [report.agreementRates.student.rate, report.agreementRates.control.rate] });
    }
    lab.dispose();
    return rows;
  });
  const evaluations = run.events.filter((event) => event.type === 'evaluation');
  assert.deepEqual(found.map((row) => row.step), run.snapshots.map((snapshot) => snapshot.step));
  for (const row of found) {
    const recorded = evaluations.find((event) => event.step === row.step).agreement;
    assert.equal(row.lab, row.step);
    // Weights were rounded to 16 bits: an image on the edge may tip.
    [recorded.student, recorded.control].forEach((rate, i) => assert.ok(Math.abs(rate.rate - row.agreement[i]) <= 1.01 / rate.n, `step ${row.step}: ${rate.rate} and ${row.agreement[i]}`));
  }
  clean();
  await context.close();
});

test('where it cannot be shown, the page says why', { timeout: 300_000 }, async () => {
  const { page, context, clean } = await openPage(browser, site);
  await page.goto(`${site.url}#dataset=shapes32&seed=9&trainImages=64&testImages=16&batchSize=8`);
  await page.getByText('The recorded run is not shown: this link differs from it in seed, training images, test images.').waitFor();
  assert.equal(await page.getByText('Recorded run.').count(), 0);
  // What the link sets and the page does not take is no difference.
  await page.goto(`${site.url}?#temperature=99&nonsense=1&student=resnet9`);
  await page.getByText('The recorded run is not shown: this link differs from it in temperature T.').waitFor();
  await page.goto(`${site.url}?2#nonsense=1&student=resnet9`);
  await page.locator('.recorded').getByText('Recorded run.').waitFor();
  await page.getByText('“nonsense” that does not exist').waitFor();
  clean();
  await context.close();
});

test('a damaged snapshot is said, and a run of one’s own still starts', { timeout: 300_000 }, async () => {
  const broken = await openSite({ mounts: { '/recorded': damaged } });
  after(() => broken.close());
  const { page, context, clean } = await openPage(browser, broken);
  await page.goto(broken.url);
  await page.locator('.alert[data-code="checkpoint-unreadable"]').waitFor();
  assert.match(await page.locator('.alert').textContent(), /step-00012-[0-9a-f]{8}\.safetensors of the recorded run is damaged/);
  await page.locator('#bench').getByRole('button', { name: 'Distil' }).click();
  await page.getByText('Finished.').waitFor();
  clean();
  await context.close();
});

test('the run of this site is of CIFAR-10: shown with its images, explained without', { timeout: 300_000 }, async () => {
  const real = await openSite();
  after(() => real.close());
  const { page, context, clean } = await openPage(browser, real);
  page.setDefaultTimeout(120_000);
  await page.goto(real.url);
  await page.getByText('Recorded run.').waitFor();
  assert.match(await page.locator('.recorded').textContent(), /with seed 0: ResNet-20 taught ResNet-8, Soft targets \(Hinton KD\), 5,000 images of CIFAR-10/);
  const look = page.locator('#look-panel');
  await look.locator('.trio').first().waitFor();
  await look.scrollIntoViewIfNeeded();
  await look.getByText(/^Computed at step [\d,]+\.$/).first().waitFor();
  assert.equal(await page.evaluate(() => location.hash), '');
  clean();
  await page.route('**/data/cifar10/index.json', (route) => route.fulfill({ status: 404, body: '' }));
  await page.reload();
  await page.getByText('The recorded run is not shown: it is of CIFAR-10, whose images this site does not have.').waitFor();
  clean(/404/);
  await context.close();
});
