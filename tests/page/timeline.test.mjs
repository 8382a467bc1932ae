// Looking back along a run: what is shown is an earlier step, what trains is the present.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Timeline } from '../../www/js/timeline.js';
import { openBlank, openPage, stage, TINY } from './harness.mjs';
import { holdAt, letGo } from './hold.mjs';
import { inEveryDress } from './accessibility.mjs';

const { site, browser } = await stage({ webgpu: false });
const LINK = '#dataset=shapes32&trainImages=32&testImages=16&batchSize=8&epochs=12&backend=cpu';

/** Runs `body(engine, tiny)` in a fresh page with engine.js imported. */
async function inPage(body, ...allowed) {
  const { page, context, clean } = await openBlank(browser, site);
  const result = await page.evaluate(`(async (tiny) => { const engine = await import('./js/engine.js'); return (${body})(engine, tiny); })(${JSON.stringify(TINY)})`);
  clean(...allowed);
  await context.close();
  return result;
}

test('a lab that looks back trains on bit for bit, and probes are shown the earlier step', async () => {
  const seen = await inPage(async (engine, tiny) => {
    const ask = async (lab) => JSON.stringify(await lab.probe('grad-cam', { images: 4 }), (_, value) => (ArrayBuffer.isView(value) ? Array.from(value) : value));
    const plain = await engine.createLab(tiny);
    await plain.step(7);
    const looked = await engine.createLab(tiny);
    await looked.step(2);
    const snapshot = await looked.snapshot();
    await looked.step(3);
    const now = await ask(looked);
    await looked.lookBack(snapshot);
    const result = { at: looked.lookingAt, step: (await looked.progress()).step, bytes: snapshot.length };
    const back = await ask(looked);
    await looked.step(2);
    await looked.evaluate();
    result.codes = [];
    for (const wrong of [snapshot.slice(0, 500), await plain.checkpoint(), 'text']) {
      result.codes.push(await looked.lookBack(wrong).then(() => 'none', (error) => error.code));
    }
    result.kept = (await ask(looked)) === back;
    result.differs = back !== now;
    result.backStep = JSON.parse(back).step;
    const [a, b] = [await plain.checkpoint(), await looked.checkpoint()];
    result.same = a.length === b.length && a.every((byte, i) => byte === b[i]);
    await looked.lookBack();
    result.present = [looked.lookingAt, (await ask(looked)) === (await ask(plain))];
    plain.dispose();
    looked.dispose();
    return result;
  });
  assert.deepEqual([seen.at, seen.step, seen.backStep], [2, 5, 2]);
  assert.deepEqual(seen.codes, ['checkpoint-unreadable', 'checkpoint-unreadable', 'checkpoint-unreadable']);
  assert.ok(seen.kept && seen.differs && seen.same);
  assert.deepEqual(seen.present, [null, true]);
  assert.ok(seen.bytes > 300_000 && seen.bytes < 340_000, 'twice 156 kB');
});

test('a restarted engine shows the same step; a lab for looking has no training images', async () => {
  const seen = await inPage(async (engine, tiny) => {
    const lab = await engine.createLab(tiny);
    await lab.step(2);
    const snapshot = await lab.snapshot();
    await lab.step(2);
    await lab.lookBack(snapshot);
    const recovered = new Promise((resolve) => lab.addEventListener('recovered', resolve, { once: true }));
    lab.simulateFailure('trap').catch(() => {});
    await recovered;
    const result = { shown: (await lab.probe('grad-cam', { images: 1 })).step, step: (await lab.progress()).step };
    lab.dispose();
    const looking = await engine.createLab({ ...tiny, dataset: 'cifar10', training: false });
    result.code = await looking.step(1).then(() => 'none', (error) => error.code);
    result.fresh = await looking.progress();
    result.maps = (await looking.probe('grad-cam', { images: 3 })).items.length;
    result.held = await looking.progress();
    looking.dispose();
    return result;
  }, /unreachable/);
  assert.deepEqual([seen.shown, seen.step], [2, 4]);
  assert.equal(seen.code, 'data-missing');
  assert.equal(seen.fresh.testHeld, 0, 'nothing was loaded unasked');
  assert.equal(seen.maps, 3);
  assert.deepEqual([seen.held.trainHeld, seen.held.testHeld], [0, TINY.testImages]);
});

test('snapshots stay within their budget and lie evenly', async () => {
  const timeline = new Timeline({ budget: 1000 });
  const kept = () => timeline.steps;
  for (let step = 0; step <= 400; step += 10) if (timeline.wants(step)) timeline.add(step, new Uint8Array(100));
  assert.ok(kept().length <= 10 && kept().length >= 5, String(kept()));
  const gaps = kept().slice(1).map((step, i) => step - kept()[i]);
  assert.equal(new Set(gaps).size, 1, String(kept()));
  assert.equal(kept()[0], 0);
  assert.equal((await timeline.bytes(kept()[1])).length, 100);
  const again = Timeline.restore(structuredClone(timeline.save()));
  assert.deepEqual(again.steps, kept());
  timeline.forget(100);
  assert.ok(kept().every((step) => step <= 100) && kept().length > 0);
  await assert.rejects(timeline.bytes(400));
});

test('dragging back shows every panel the step, and going on loses nothing', { timeout: 600_000 }, async () => {
  const { page, context, clean } = await openPage(browser, site);
  page.setDefaultTimeout(90_000);
  await page.goto(site.url + LINK);
  await page.getByText('images are shown to each student').waitFor();
  await page.evaluate(async () => {
    const { Lab } = await import('./js/engine.js');
    const { step } = Lab.prototype;
    Lab.prototype.step = function watched(...values) {
      window.lab = this;
      return step.apply(this, values);
    };
  });
  const slider = page.getByLabel('Look back along the run');
  assert.equal(await slider.count(), 1);
  assert.equal(await slider.isVisible(), false, 'there is nothing to look back at');
  await holdAt(page, 8);
  await page.locator('#bench').getByRole('button', { name: 'Distil' }).click();
  await page.locator('[data-chart=accuracy]').getByText(/^At step (?!4:)/).waitFor();
  await page.getByRole('button', { name: 'Pause' }).click();
  await letGo(page);
  await page.getByText('Paused.').waitFor();
  const look = page.locator('#look-panel');
  await look.scrollIntoViewIfNeeded();
  await look.getByText(/^Computed at step [\d,]+\.$/).first().waitFor();
  await look.getByRole('button', { name: 'Compare the maps' }).click();
  await look.getByText('16 images.', { exact: true }).waitFor();
  const chart = () => page.locator('[data-chart=accuracy] canvas').evaluate((canvas) => canvas.toDataURL());
  const [before, answer] = [await chart(), await page.locator('.outcome .answer').textContent()];

  const last = await slider.getAttribute('max');
  assert.ok(Number(last) >= 2);
  assert.equal(await slider.inputValue(), last);
  assert.match(await slider.getAttribute('aria-valuetext'), /^now: step \d+, epoch \d\.\d$/);
  await slider.focus();
  await page.keyboard.press('Home');
  assert.equal(await slider.getAttribute('aria-valuetext'), 'as of step 0, epoch 0.0');
  assert.match(await page.locator('.outcome .answer').textContent(), /^At step 0 nothing was measured/);
  await page.keyboard.press('ArrowRight');
  assert.equal(await slider.getAttribute('aria-valuetext'), 'as of step 4, epoch 1.0');
  await look.getByText('Computed as of step 4, epoch 1.0.').first().waitFor();
  await look.getByText(/^16 images, at step \d+; the timeline now stands at step 4, epoch 1\.0\.$/).waitFor();
  assert.match(await page.locator('.outcome .answer').textContent(), /step 4\./);
  assert.match(await page.locator('[data-chart=accuracy] .say').textContent(), /^At step 4:/);
  assert.notEqual(await chart(), before, 'the curve has a mark');
  await page.locator('#fool-panel').scrollIntoViewIfNeeded();
  await page.locator('#fool-panel').getByText('Computed as of step 4, epoch 1.0.').first().waitFor();
  await look.getByRole('button', { name: 'Compare the maps' }).click();
  await look.getByText('16 images, as of step 4, epoch 1.0.').waitFor();
  assert.match(await look.locator('[data-answer=maps]').textContent(), /step 4, seed 0/);
  await inEveryDress(page, 'looking back');
  await page.setViewportSize({ width: 1280, height: 900 });

  // The run goes on while an earlier step is looked at.
  await page.locator('#bench').getByRole('button', { name: 'Go on' }).click();
  await page.getByText('Finished.').waitFor();
  assert.equal(await slider.getAttribute('aria-valuetext'), 'as of step 4, epoch 1.0');
  await page.getByRole('button', { name: 'Back to now' }).click();
  await look.getByText('Computed at step 48.').first().waitFor();
  assert.notEqual(await page.locator('.outcome .answer').textContent(), answer);
  const same = await page.evaluate(async () => {
    const { createLab } = await import('./js/engine.js');
    const plain = await createLab({ dataset: 'shapes32', trainImages: 32, testImages: 16, batchSize: 8, epochs: 12, backend: 'cpu' });
    await plain.step(48);
    const [a, b] = [await plain.checkpoint(), await window.lab.checkpoint()];
    plain.dispose();
    return a.length === b.length && a.every((byte, i) => byte === b[i]);
  });
  assert.ok(same, 'bit for bit the run that nobody looked back in');

  // Beyond the plan the page says so, and names no end.
  const go = page.locator('#bench').getByRole('button', { name: 'Train on' });
  assert.equal(await go.evaluate((button) => button.classList.contains('main')), false, 'the run is over');
  await go.click();
  await page.locator('.run-state').getByText(/^Beyond the plan: step [\d,]+, 48 were planned; [\d,]+ images, epoch [\d,]+\.\d\. It goes on until you pause\./).waitFor();
  assert.equal(await page.locator('.run-state .now').textContent(), 'Training.');
  await page.getByRole('button', { name: 'Pause' }).click();
  await page.getByText('Paused.').waitFor();
  clean();
  await context.close();
});
