// Which engine is chosen, and what is said about it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openBlank, openBrowser, stage, TINY } from './harness.mjs';

const { site } = await stage({ browser: false });

/** Creates a lab with `options` in a page prepared by `prepare`; returns its report or its error. */
async function choose({ webgpu, options, prepare, allowed = [] }) {
  const browser = await openBrowser({ webgpu });
  try {
    const { page, clean } = await openBlank(browser, site);
    await prepare?.(page);
    const seen = await page.evaluate(async (options) => {
      const { createLab } = await import('./js/engine.js');
      try {
        const lab = await createLab(options);
        return { backend: lab.backend, report: lab.backendReport, events: (await lab.step(1)).length };
      } catch (error) {
        return { code: error.code, message: error.message };
      }
    }, { ...TINY, ...options });
    clean(...allowed);
    return seen;
  } finally {
    await browser.close();
  }
}

/** Runs `code` at the start of every worker, before the engine. */
const inWorkers = (code) => (page) =>
  page.route('**/js/worker.js', async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: `${code}\n${await response.text()}` });
  });

test('without a graphics adapter the CPU is taken and the reason said', async () => {
  const { backend, report, events } = await choose({ webgpu: false, options: { backend: 'auto' } });
  assert.equal(backend, 'cpu');
  assert.equal(report.check, null);
  assert.match(report.reason, /[Nn]o usable graphics card.*so the networks run on the CPU\.$/);
  assert.ok(events > 0);
});

test('without WebGPU at all the CPU is taken and the reason said', async () => {
  const prepare = inWorkers("Object.defineProperty(WorkerNavigator.prototype, 'gpu', { get: () => undefined });");
  const { backend, report } = await choose({ webgpu: true, options: { backend: 'auto' }, prepare });
  assert.equal(backend, 'cpu');
  assert.match(report.reason, /^This browser has no WebGPU, so/);
});

test('an adapter without timestamp-query is left alone', async () => {
  const prepare = inWorkers("Object.defineProperty(GPUAdapter.prototype, 'features', { get: () => new Set(['shader-f16']) });");
  const { backend, report } = await choose({ webgpu: true, options: { backend: 'auto' }, prepare });
  assert.equal(backend, 'cpu');
  assert.match(report.reason, /lacks “timestamp-query”/);
});

test('a software adapter is not taken on its own accord', async () => {
  const { backend, report } = await choose({ webgpu: true, options: { backend: 'auto' } });
  assert.equal(backend, 'cpu');
  assert.match(report.reason, /software/);
});

test('an engine that cannot be loaded is named, and the CPU taken', async () => {
  const pretend = "Object.defineProperty(GPUAdapter.prototype, 'info', { get: () => ({ vendor: 'test' }) }); Object.defineProperty(GPUAdapter.prototype, 'isFallbackAdapter', { get: () => false });";
  const prepare = async (page) => {
    await inWorkers(pretend)(page);
    await page.route('**/engine/gpu/kd_lens_bg.wasm*', (route) => route.fulfill({ status: 503, body: '' }));
  };
  const { backend, report } = await choose({ webgpu: true, options: { backend: 'auto' }, prepare, allowed: [/503/] });
  assert.equal(backend, 'cpu');
  assert.match(report.reason, /503/);
});

test('WebGPU that computes something else is refused, with the size of the difference', async () => {
  // The engine module is replaced by one that answers the check with other numbers.
  const stub = `export default async () => {};
    export const openDevice = async () => ({ backend: 'gpu', adapter: 'a broken driver' });
    export const selfCheck = async () => new Float32Array(5);`;
  const prepare = async (page) => {
    await inWorkers("Object.defineProperty(GPUAdapter.prototype, 'info', { get: () => ({ vendor: 'test' }) });")(page);
    await page.route('**/engine/gpu/kd_lens.js', (route) => route.fulfill({ contentType: 'text/javascript', body: stub }));
  };
  const auto = await choose({ webgpu: true, options: { backend: 'auto' }, prepare });
  assert.equal(auto.backend, 'cpu');
  assert.match(auto.report.reason, /WebGPU and the CPU differ by .*so the networks run on the CPU\.$/);
  const forced = await choose({ webgpu: true, options: { backend: 'gpu' }, prepare });
  assert.equal(forced.code, 'gpu-mismatch');
});

test('WebGPU that was asked for and is not there is an error with a reason', async () => {
  const { code, message } = await choose({ webgpu: false, options: { backend: 'gpu' } });
  assert.equal(code, 'gpu-unavailable');
  assert.match(message, /[Nn]o usable graphics card/);
});

test('the largest difference counts relative to 1 + |a| and never overlooks a number that is none', async () => {
  const { largestDifference } = await import('../../www/js/backend.js');
  assert.equal(largestDifference([1, -3], [1, -3]), 0);
  assert.equal(largestDifference([1, -3], [1.5, -3]), 0.25);
  assert.equal(largestDifference([1], [NaN]), Infinity);
  assert.equal(largestDifference([Infinity], [1]), Infinity);
  assert.equal(largestDifference([1, 2], [1]), Infinity);
  assert.equal(largestDifference([], []), Infinity);
});
