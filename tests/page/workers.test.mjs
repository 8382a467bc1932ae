// CPU builds and workers: what is computed must not depend on how the work is shared.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openBlank, stage, TINY } from './harness.mjs';

const { site, browser } = await stage({ webgpu: false });

/** A short run with evaluations, a probe and a changed setting in the middle. */
async function run(options) {
  const { page, context, clean } = await openBlank(browser, site);
  const result = await page.evaluate(async (settings) => {
    const { createLab } = await import('./js/engine.js');
    const digest = async (bytes) => [...new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))].join(' ');
    const lab = await createLab(settings);
    const events = await lab.step(3);
    const probe = await lab.probe('fidelity', { images: 16 });
    await lab.adjust({ temperature: 2 });
    events.push(...(await lab.step(6)));
    const kept = await lab.checkpoint();
    events.push(...(await lab.step(3)));
    const weights = {};
    for (const who of ['student', 'control']) weights[who] = await digest(await lab.exportWeights(who));
    await lab.restore(kept);
    await lab.step(3);
    const again = {};
    for (const who of ['student', 'control']) again[who] = await digest(await lab.exportWeights(who));
    const found = { events, probe, weights, again, checkpoint: await digest(kept), report: lab.backendReport, evaluation: await lab.evaluate() };
    lab.dispose();
    return found;
  }, { ...TINY, ...options });
  clean();
  await context.close();
  return result;
}

test('two workers give the run of one, bit for bit: events, probes, checkpoints, weights', async () => {
  const [one, two] = [await run({ workers: 1 }), await run({ workers: 2 })];
  assert.equal(one.report.workers, 1);
  assert.equal(two.report.workers, 2);
  const { report: _, ...alone } = one;
  const { report: __, ...together } = two;
  assert.deepEqual(together, alone);
  assert.deepEqual(two.again, two.weights);
  assert.notEqual(two.weights.student, two.weights.control);
});

test('a chain stays in one worker; numbers of workers that do not exist are refused', async () => {
  const { page, context, clean } = await openBlank(browser, site);
  const seen = await page.evaluate(async (tiny) => {
    const { createLab } = await import('./js/engine.js');
    const lab = await createLab({ ...tiny, assistants: 'resnet14', workers: 2 });
    const { workers } = lab.backendReport;
    lab.dispose();
    return { workers, code: await createLab({ ...tiny, workers: 3 }).catch((error) => error.code) };
  }, TINY);
  assert.deepEqual(seen, { workers: 1, code: 'setting-invalid' });
  clean();
  await context.close();
});

test('both builds of the CPU engine compute the same, to rounding', async () => {
  const { page, context, clean } = await openBlank(browser, site);
  const numbers = await page.evaluate(async () => {
    const found = {};
    for (const build of ['cpu', 'cpu-relaxed']) {
      const engine = await import(new URL(`engine/${build}/kd_lens.js`, document.baseURI).href);
      await engine.default();
      await engine.openDevice();
      found[build] = [...(await engine.selfCheck())];
    }
    return found;
  });
  const worst = Math.max(...numbers.cpu.map((x, i) => Math.abs(x - numbers['cpu-relaxed'][i]) / (1 + Math.abs(x))));
  assert.ok(numbers.cpu.length > 100 && worst < 1e-5, `they differ by ${worst}`);
  assert.ok(worst > 0, 'one build was compared with itself');
  clean();
  await context.close();
});

test('relaxed SIMD can be refused, and then runs are those of the plain build', async () => {
  const [relaxed, plain] = [await run({}), await run({ relaxedSimd: false })];
  assert.deepEqual([relaxed.report.build, plain.report.build], ['cpu-relaxed', 'cpu']);
  assert.notDeepEqual(plain.weights, relaxed.weights);
});
