// `cargo xtask speed`: how near the CPU engine is to the limit of this browser's instructions. In one run, round by round: a
// multiply-add micro-kernel (peak.mjs) and a supervised step of ResNet-8, batch 32. Then where a step spends its time, by
// Chromium's own profiler. KD_LENS_ENGINES names further folders of engine/ to compare, KD_LENS_ROUNDS the rounds.
import os from 'node:os';
import { openBlank, openBrowser, openSite } from '../page/harness.mjs';
import { FLOP_PER_TURN, microKernel } from './peak.mjs';

const ROUNDS = Number(process.env.KD_LENS_ROUNDS ?? 15);
const ENGINES = (process.env.KD_LENS_ENGINES ?? 'cpu').split(',');
const BATCH = 32;
const RUN = { dataset: 'shapes32', teacher: 'resnet20', student: 'resnet8', method: 'labels', batchSize: BATCH, trainImages: 512, testImages: 8, epochs: 500, evaluateEvery: 100_000 };

/** Multiply-adds of ResNet-8's convolutions and classifier for one image: [inputs, outputs, kernel, side of the output]. */
const LAYERS = [[3, 16, 3, 32], [16, 16, 3, 32], [16, 16, 3, 32], [16, 32, 3, 16], [32, 32, 3, 16], [16, 32, 1, 16], [32, 64, 3, 8], [64, 64, 3, 8], [32, 64, 1, 8], [64, 10, 1, 1]];
const products = ([inputs, outputs, kernel, side]) => inputs * outputs * kernel ** 2 * side ** 2;
/** Forward and two gradients each; nothing asks for the gradient with respect to the image. Two operations a multiply-add. */
const STEP_FLOP = 2 * BATCH * (3 * LAYERS.reduce((sum, layer) => sum + products(layer), 0) - products(LAYERS[0]));

/** The first that matches a function or, from the inside out, one that called it. */
const PARTS = [
  ['convolution: laying out', /convolution::Sizes::lay_out|convolution::spread/],
  ['convolution: weight gradient', /weight_gradient|conv_weight/],
  ['convolution: input gradient', /input_gradient|conv_input/],
  ['convolution: forward', /convolution::forward|Operations>::conv\b|conv2d|conv3d/],
  ['batch normalisation', /cpu::norm|normalise|batch_norm|affine/],
  ['optimiser', /optimiser/i],
  ['loss', /objectives|cross_entropy|log_softmax/],
  ['images of the batch', /augment|Session::images|randaugment|one_hot/],
  ['ReLU', /relu/i],
  ['pooling, sums of maps', /reduce|mean_dim|sum_dim|binary|zip_apply|zip_map|float_add|unary/],
];

const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];

/** Loads the micro-kernels and, for every engine, a lab of which each step trains two equal networks with labels alone. */
async function prepare(page) {
  const kernels = { simd: [...microKernel(false)], relaxed: [...microKernel(true)] };
  await page.evaluate(
    async ({ kernels, engines, run }) => {
      const base = document.baseURI;
      window.peaks = {};
      for (const [name, bytes] of Object.entries(kernels)) {
        const code = new Uint8Array(bytes);
        if (WebAssembly.validate(code)) window.peaks[name] = (await WebAssembly.instantiate(code)).instance.exports.run;
      }
      const weights = new Uint8Array(await (await fetch(new URL('models/shapes32-resnet20.safetensors', base))).arrayBuffer());
      window.labs = {};
      for (const name of engines) {
        const engine = await import(new URL(`engine/${name}/kd_lens.js`, base));
        await engine.default();
        await engine.openDevice();
        window.labs[name] = engine.Lab.create(run, weights);
        for (let i = 0; i < 6; i += 1) await window.labs[name].step(1);
      }
      for (const peak of Object.values(window.peaks)) peak(10_000);
    },
    { kernels, engines: ENGINES, run: RUN },
  );
}

/** Seconds for which the page's thread has had a processor: time that other programs took from it does not count. */
async function threadTime(session) {
  const { metrics } = await session.send('Performance.getMetrics');
  return metrics.find((metric) => metric.name === 'ThreadTime').value;
}

/** One round: GFLOP/s of the micro-kernels, over as many operations as four steps have; ms of a step of one network. */
async function round(page, session, peaks) {
  const timed = async (work, argument) => {
    const began = await threadTime(session);
    await page.evaluate(work, argument);
    return (await threadTime(session)) - began;
  };
  const result = { peaks: {}, steps: {} };
  const turns = Math.round((4 * STEP_FLOP) / FLOP_PER_TURN);
  for (const name of peaks) {
    const seconds = await timed(([kernel, n]) => void window.peaks[kernel](n), [name, turns]);
    result.peaks[name] = (FLOP_PER_TURN * turns) / seconds / 1e9;
  }
  for (const name of ENGINES) {
    const seconds = await timed(async (engine) => {
      for (let i = 0; i < 2; i += 1) await window.labs[engine].step(1);
    }, name);
    // A step of a lab trains the student and its control.
    result.steps[name] = (1000 * seconds) / 4;
  }
  return result;
}

/** Shares of the parts in the time of ten steps, and the functions that take most of it. */
async function profile(page, session, engine) {
  await session.send('Profiler.enable');
  await session.send('Profiler.setSamplingInterval', { interval: 200 });
  await session.send('Profiler.start');
  await page.evaluate(async (name) => {
    for (let i = 0; i < 10; i += 1) await window.labs[name].step(1);
  }, engine);
  const { profile: found } = await session.send('Profiler.stop');
  const nodes = new Map(found.nodes.map((node) => [node.id, node]));
  for (const node of found.nodes) for (const child of node.children ?? []) nodes.get(child).parent = node;
  const [parts, functions] = [new Map(), new Map()];
  let total = 0;
  const add = (map, key, value) => map.set(key, (map.get(key) ?? 0) + value);
  found.samples.forEach((id, i) => {
    const node = nodes.get(id);
    const name = node.callFrame.functionName;
    if (name === '(idle)' || name === '(program)') return;
    let part;
    for (let at = node; at && !part; at = at.parent) part = PARTS.find(([, pattern]) => pattern.test(at.callFrame.functionName))?.[0];
    const time = found.timeDeltas[i];
    total += time;
    add(parts, part ?? 'everything else', time);
    add(functions, name.replace(/::h[0-9a-f]{16}$/, ''), time);
  });
  const shares = (map, n) => [...map].sort((a, b) => b[1] - a[1]).slice(0, n).map(([key, time]) => [(100 * time) / total, key]);
  return { parts: shares(parts, 20), functions: shares(functions, 25) };
}

const site = await openSite();
const browser = await openBrowser({ webgpu: false });
try {
  const { page } = await openBlank(browser, site);
  page.setDefaultTimeout(0);
  await prepare(page);
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  const peaks = await page.evaluate(() => Object.keys(window.peaks));
  const rounds = [];
  for (let i = 0; i < ROUNDS; i += 1) rounds.push(await round(page, session, peaks));
  console.log(`${os.cpus()[0]?.model.trim()}, ${os.cpus().length} cores; Chromium ${browser.version()}; load ${os.loadavg()[0].toFixed(1)}; ${ROUNDS} rounds`);
  const summary = (values, unit, digits) => `median ${median(values).toFixed(digits)}, from ${Math.min(...values).toFixed(digits)} to ${Math.max(...values).toFixed(digits)} ${unit}`;
  for (const name of peaks) console.log(`micro-kernel, ${name}: ${summary(rounds.map((r) => r.peaks[name]), 'GFLOP/s', 1)}`);
  for (const engine of ENGINES) {
    console.log(`${engine}: a step of ${(STEP_FLOP / 1e9).toFixed(2)} GFLOP: ${summary(rounds.map((r) => r.steps[engine]), 'ms', 0)}`);
    for (const name of peaks) {
      const shares = rounds.map((r) => (100 * STEP_FLOP) / 1e6 / r.steps[engine] / r.peaks[name]);
      console.log(`  of the micro-kernel's rate, ${name}: ${summary(shares, '%', 0)}`);
    }
    if (engine !== ENGINES[0]) console.log(`  against ${ENGINES[0]}: ${summary(rounds.map((r) => r.steps[engine] / r.steps[ENGINES[0]]), '×', 2)}`);
  }
  for (const engine of ENGINES) {
    const { parts, functions } = await profile(page, session, engine);
    console.log(`\nWhere ${engine} spends a step:`);
    for (const [share, name] of parts) console.log(`${share.toFixed(1).padStart(6)} %  ${name}`);
    console.log('by function, without those that it calls:');
    for (const [share, name] of functions) console.log(`${share.toFixed(1).padStart(6)} %  ${name}`);
  }
} finally {
  await browser.close();
  await site.close();
}
