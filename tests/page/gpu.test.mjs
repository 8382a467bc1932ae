// The WebGPU engine, on SwiftShader where there is no graphics card: slow, so everything here is tiny.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openBlank, openPage, stage } from './harness.mjs';

const MINUTES = 60_000;
// A ResNet-8 teaches itself: the smallest pair there is.
const SMALL = { dataset: 'shapes32', teacher: 'resnet8', student: 'resnet8', trainImages: 16, testImages: 8, batchSize: 8, epochs: 50, evaluateEvery: 1000 };

const { site, browser } = await stage();

test('WebGPU passes the check, trains like the CPU, and survives losing its device twice', { timeout: 25 * MINUTES }, async () => {
  const { page, context, clean } = await openBlank(browser, site);
  page.setDefaultTimeout(20 * MINUTES);
  const seen = await page.evaluate(async (small) => {
    const { createLab } = await import('./js/engine.js');
    const losses = (events) => events.filter((event) => event.type === 'progress').map((event) => [event.step, event.student.total, event.control.total]);
    // Any weights of the right architecture will do as a teacher: those of an untrained student of another seed.
    const cpu = await createLab({ ...small, backend: 'cpu', teacher: 'resnet20', seed: 7 });
    const teacherWeights = await cpu.exportWeights('student');
    cpu.dispose();
    const twin = await createLab({ ...small, backend: 'cpu', teacherWeights });
    const wanted = losses(await twin.step(2));
    const map = (await twin.probe('grad-cam', { images: [0] })).items[0].student;

    const lab = await createLab({ ...small, backend: 'gpu', teacherWeights });
    const recovered = [];
    lab.addEventListener('recovered', ({ detail }) => recovered.push(detail));
    const began = { backend: lab.backend, report: { ...lab.backendReport } };
    const got = losses(await lab.step(2));
    const gpuMap = (await lab.probe('grad-cam', { images: [0] })).items[0].student;
    await lab.checkpoint();

    const lose = async () => (await Promise.all([lab.simulateFailure('lose-gpu').catch((error) => error.code), lab.step(1).catch((error) => error.code)])).join();
    const codes = [await lose()];
    const middle = { backend: lab.backend, step: (await lab.progress()).step, reason: lab.backendReport.reason };
    await lab.step(1);
    codes.push(await lose());
    const end = { step: (await lab.progress()).step, backend: lab.backend, reason: lab.backendReport.reason };
    const later = losses(await lab.step(1));
    const twinLater = losses(await twin.step(1));
    return { began, wanted, got, map, gpuMap, codes, recovered, middle, end, later, twinLater };
  }, SMALL);

  assert.equal(seen.began.backend, 'gpu');
  assert.equal(seen.began.report.check.passed, true);
  assert.ok(seen.began.report.check.maxDifference < 1e-3);
  assert.match(seen.began.report.reason, /on one batch it agrees with the CPU/);
  const near = (a, b, tolerance) => {
    assert.equal(a.length, b.length);
    a.forEach((x, i) => assert.ok(Math.abs(x - b[i]) <= tolerance * (1 + Math.abs(b[i])), `${x} and ${b[i]}`));
  };
  near(seen.got.flat(), seen.wanted.flat(), 5e-3);
  near(Object.values(seen.gpuMap.logits), Object.values(seen.map.logits), 2e-2);
  assert.equal(seen.gpuMap.map.length, seen.map.map.length);

  assert.deepEqual(seen.codes, ['gpu-lost,gpu-lost', 'gpu-lost,gpu-lost']);
  assert.deepEqual(seen.recovered.map((detail) => [detail.step, detail.backend]), [[2, 'gpu'], [2, 'cpu']]);
  assert.deepEqual([seen.middle.backend, seen.middle.step], ['gpu', 2]);
  assert.match(seen.middle.reason, /agrees with the CPU/);
  assert.deepEqual([seen.end.backend, seen.end.step], ['cpu', 2]);
  assert.match(seen.end.reason, /graphics device.*twice, so the networks now run on the CPU/);
  near(seen.later.flat(), seen.twinLater.flat(), 2e-2);
  clean();
  await context.close();
});

test('the page distils on WebGPU when it is asked to', { timeout: 25 * MINUTES }, async () => {
  const { page, context, clean } = await openPage(browser, site);
  page.setDefaultTimeout(20 * MINUTES);
  await page.goto(`${site.url}#dataset=shapes32&backend=gpu&trainImages=16&testImages=8&batchSize=8&epochs=1`);
  await page.getByRole('button', { name: 'Distil it on this machine' }).click();
  await page.getByText('Finished.').waitFor();
  assert.match(await page.locator('#engine-line').textContent(), /^WebGPU, checked/);
  assert.match(await page.locator('[data-chart=accuracy] .say').textContent(), /At step 2: teacher \d/);
  clean();
  await context.close();
});
