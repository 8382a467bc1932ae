// The engine's worker dies in every way it can; the lab survives from its last checkpoint and nothing else is lost.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openBlank, stage, TINY } from './harness.mjs';

const { site, browser } = await stage();

/**
 * Trains 3 steps with a checkpoint at 2, breaks the worker during a step, and trains on. Beside it runs the same lab
 * unbroken from the same checkpoint: both must report the same numbers.
 */
const story = async ([options, how]) => {
  const { createLab } = await import('./js/engine.js');
  const lab = await createLab(options);
  const recovered = [];
  const statuses = [];
  lab.addEventListener('recovered', ({ detail }) => recovered.push(detail));
  lab.addEventListener('status', ({ detail }) => statuses.push(detail.phase));
  await lab.step(2);
  const bytes = await lab.checkpoint();
  await lab.adjust({ temperature: 6 });
  await lab.step(1);
  const breaking = lab.simulateFailure(how).catch((error) => error);
  const pending = lab.step(1).then(() => null, (error) => error);
  const [first, second] = await Promise.all([breaking, pending]);
  const { step } = await lab.progress();
  const formula = await lab.formula();
  const images = (await lab.images('test', [3]))[0].pixels.length;
  const losses = (events) => events.filter((event) => event.type === 'progress').map((event) => [event.step, event.student.total, event.control.total]);
  const after = losses(await lab.step(2));

  const twin = await createLab(options);
  await twin.restore(bytes);
  await twin.adjust({ temperature: 6 });
  const wanted = losses(await twin.step(2));
  return { codes: [first.code, second?.code], message: first.message, recovered, statuses, step, formula, images, after, wanted };
};

for (const how of ['trap', 'trap-later', 'close', 'hang']) {
  test(`worker death by ${how}: calls are rejected, the lab goes on from its checkpoint`, async () => {
    const { page, context, clean } = await openBlank(browser, site);
    const options = { ...TINY, epochs: 50, evaluateEvery: 1000, ...(how === 'hang' && { timeLimit: 25 }) };
    const seen = await page.evaluate(story, [options, how]);
    assert.deepEqual(seen.codes, ['worker-died', 'worker-died']);
    assert.match(seen.message, /worker stopped working/);
    assert.equal(seen.recovered.length, 1);
    assert.equal(seen.recovered[0].step, 2);
    assert.equal(seen.recovered[0].backend, 'cpu');
    assert.ok(seen.statuses.includes('recovering'));
    assert.equal(seen.step, 2);
    assert.match(seen.formula, /6²/, 'a live setting that was changed after the checkpoint is kept');
    assert.equal(seen.images, 3072);
    assert.deepEqual(seen.after, seen.wanted);
    clean();
    await context.close();
  });
}

test('own images survive the worker: a restarted engine gets them again', async () => {
  const { page, context, clean } = await openBlank(browser, site);
  const seen = await page.evaluate(async (tiny) => {
    const { createLab } = await import('./js/engine.js');
    // Noise in the CIFAR-10 format: enough to see that the same bytes come back.
    const records = (n, seed) => {
      const bytes = new Uint8Array(n * 3073);
      let x = seed;
      for (let i = 0; i < bytes.length; i += 1) {
        x = (Math.imul(x, 1664525) + 1013904223) >>> 0;
        bytes[i] = i % 3073 === 0 ? (i / 3073) % 10 : x >>> 24;
      }
      return bytes.buffer;
    };
    const lab = await createLab({ ...tiny, dataset: 'cifar10', trainFiles: [records(20, 1), new Blob([records(20, 2)])], testFiles: [records(32, 3)] });
    await lab.step(1);
    const before = (await lab.images('train', [25]))[0];
    await lab.simulateFailure('close').catch(() => {});
    const after = (await lab.images('train', [25]))[0];
    await lab.step(2);
    return { same: String(before.pixels) === String(after.pixels) && before.label === after.label, label: after.label, ...(await lab.progress()) };
  }, TINY);
  assert.ok(seen.same);
  assert.equal(seen.label, 5);
  assert.equal(seen.trainHeld, 32);
  clean();
  await context.close();
});

test('an engine that cannot be started again ends the lab with a sentence', async () => {
  const { page, context, clean } = await openBlank(browser, site);
  await page.evaluate(async (tiny) => {
    const { createLab } = await import('./js/engine.js');
    window.lab = await createLab(tiny);
  }, TINY);
  await page.route('**/js/worker.js', (route) => route.fulfill({ status: 404, body: '' }));
  const [first, later] = await page.evaluate(async () => {
    const first = await window.lab.simulateFailure('close').catch((error) => error.code);
    const later = await window.lab.step(1).catch((error) => ({ code: error.code, message: error.message }));
    return [first, later];
  });
  assert.equal(first, 'worker-died');
  assert.equal(later.code, 'engine-unavailable');
  assert.match(later.message, /could not be started again/);
  clean(/404/);
  await context.close();
});

test('disposing rejects what is under way and ends the worker', async () => {
  const { page, context, clean } = await openBlank(browser, site);
  const code = await page.evaluate(async (tiny) => {
    const { createLab } = await import('./js/engine.js');
    const lab = await createLab(tiny);
    const step = lab.step(5).catch((error) => error.code);
    lab.dispose();
    return step;
  }, TINY);
  assert.equal(code, 'disposed');
  for (let tries = 0; tries < 100 && page.workers().length > 0; tries += 1) await page.waitForTimeout(100);
  // The spare CPU engine that describe() leaves was the lab's; nothing remains.
  assert.equal(page.workers().length, 0);
  clean();
  await context.close();
});

test('the opening can be stopped', async () => {
  const { page, context, clean } = await openBlank(browser, site);
  const code = await page.evaluate(async (tiny) => {
    const { createLab } = await import('./js/engine.js');
    const stop = new AbortController();
    const opening = createLab({ ...tiny, signal: stop.signal, onStatus: () => stop.abort() });
    return opening.then(() => 'opened', (error) => error.code);
  }, TINY);
  assert.equal(code, 'disposed');
  clean();
  await context.close();
});
