// `cargo xtask methods`: what a training step costs with each distillation method in the browser's CPU engine, beside
// plain supervised training in the same run. Writes the README's table of methods and docs/methods.json.
import { readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { openBlank, openBrowser, openSite } from '../page/harness.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const ROUNDS = Number(process.env.KD_LENS_ROUNDS ?? 3);
const PAIRS = 5;
// One worker: what is wanted is a network's own cost, and two would train beside each other.
const RUN = { dataset: 'shapes32', teacher: 'resnet20', student: 'resnet8', batchSize: 32, trainImages: 512, testImages: 8, epochs: 50, evaluateEvery: 100_000, backend: 'cpu', workers: 1 };
const quantile = (values, share) => [...values].sort((a, b) => a - b)[Math.round(share * (values.length - 1))];
const settingOf = (method, name) => method.settings.find((setting) => setting.name === name);

/** Methods in two phases are measured in each. */
function variants(methods) {
  return methods.flatMap((method) =>
    settingOf(method, 'initShare')
      ? [{ method, note: 'first phase', options: { initShare: 1 } }, { method, note: 'second phase', options: { initShare: 0 } }]
      : [{ method, note: '', options: {} }],
  );
}

/**
 * Single steps of a lab (student and control) with a method, each beside one with labels only, after warm-up:
 * `[ms with the method, ms with labels]`. Pairs, because a machine is faster at one minute than at the next.
 */
function time(page, settings) {
  return page.evaluate(async ([given, pairs]) => {
    const { createLab } = await import(new URL('js/engine.js', document.baseURI));
    const { dataset, teacher, student, batchSize, trainImages, testImages, epochs, evaluateEvery, backend, workers } = given;
    const plain = await createLab({ dataset, teacher, student, batchSize, trainImages, testImages, epochs, evaluateEvery, backend, workers, method: 'labels' });
    const lab = await createLab(given);
    const timed = async (which) => {
      const began = performance.now();
      await which.step(1);
      return performance.now() - began;
    };
    for (const which of [lab, plain, lab, plain]) await timed(which);
    const times = [];
    for (let i = 0; i < pairs; i += 1) times.push([await timed(lab), await timed(plain)]);
    lab.dispose();
    plain.dispose();
    return times;
  }, [settings, PAIRS]);
}

async function measure(page, methods) {
  const rows = variants(methods).map((row) => ({ ...row, times: [] }));
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const row of rows) {
      row.times.push(...(await time(page, { ...RUN, method: row.method.name, ...row.options })));
      process.stdout.write('.');
    }
    process.stdout.write(` round ${round + 1} of ${ROUNDS}\n`);
  }
  // The control is trained beside every student and costs half of a step with labels only.
  const supervised = quantile(rows.flatMap(({ times }) => times.map(([, plain]) => plain / 2)), 0.5);
  return rows.map(({ method, note, times }) => {
    const ratios = times.map(([ms, plain]) => (ms - plain / 2) / (plain / 2));
    const [low, ratio, high] = [0.25, 0.5, 0.75].map((share) => quantile(ratios, share));
    return { method, note, ratio, low, high, supervised, samples: times.length };
  });
}

const shown = (value) => (typeof value === 'boolean' ? (value ? 'yes' : 'no') : String(value));
const options = (method) => method.settings.map((setting) => `${setting.name} ${shown(setting.default)}`).join(', ') || '–';

function table(rows) {
  const lines = rows.map(({ method, note, ratio, low, high }) =>
    `| \`${method.name}\` | ${method.label}${note ? `, ${note}` : ''} | ${method.source} | ${method.provenance} | ${options(method)} | ${ratio.toFixed(2)} × (${low.toFixed(2)}–${high.toFixed(2)}) |`);
  return ['| method | what | source | formula | options and defaults | cost |', '| --- | --- | --- | --- | --- | --- |', ...lines].join('\n');
}

const site = await openSite();
const browser = await openBrowser({ webgpu: false });
try {
  const { page } = await openBlank(browser, site);
  page.setDefaultTimeout(0);
  const description = await page.evaluate(async () => (await import(new URL('js/engine.js', document.baseURI))).describe());
  const rows = await measure(page, description.methods);
  const machine = `${os.cpus()[0]?.model.trim()}, ${os.cpus().length} cores; Chromium ${browser.version()}`;
  const [{ supervised }] = rows;
  const text = `Cost: a training step of the student (ResNet-20 → ResNet-8, batch 32) in the browser's CPU engine, teacher's forward pass included, against the same step with labels only, ${supervised.toFixed(0)} ms; medians and middle halves of ${rows[0].samples} pairs of steps, in one worker. ${machine}. The rows without a teacher (\`labels\`, \`label-smoothing\`, \`soft-labels\`) should read 1.00 ×: they show the noise. Written by \`cargo xtask methods\`.`;
  const readme = path.join(root, 'README.md');
  const [start, end] = ['<!-- methods: written by cargo xtask methods -->', '<!-- end of methods -->'];
  const old = readFileSync(readme, 'utf8');
  if (!old.includes(start) || !old.includes(end)) throw new Error(`README.md has no place for the table: ${start} … ${end}`);
  writeFileSync(readme, `${old.slice(0, old.indexOf(start) + start.length)}\n${table(rows)}\n\n${text}\n${old.slice(old.indexOf(end))}`);
  const plain = rows.map(({ method, note, ratio, low, high, samples }) => ({ method: method.name, note, ratio, low, high, samples }));
  writeFileSync(path.join(root, 'docs/methods.json'), `${JSON.stringify({ machine, run: RUN, supervisedStepMs: supervised, rows: plain }, null, 1)}\n`);
  console.log(table(rows));
  console.log(text);
} finally {
  await browser.close();
  await site.close();
}
