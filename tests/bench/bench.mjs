// `cargo xtask bench`: kd-lens beside TensorFlow.js and jax-js in one browser, and beside its native engine and PyTorch.
//
//   node tests/bench/bench.mjs [--only step,distil,…] [--with TEXT,…] [--quick] [--list]
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { openCountedSite } from '../page/counted.mjs';
import { openBlank, openBrowser } from '../page/harness.mjs';
import { CONTENDERS, Contender, makeReference } from './contenders.mjs';
import { busyElsewhere } from './machine.mjs';
import { openPyTorch } from './native.mjs';
import { loading } from './parts/loading.mjs';
import { page } from './parts/page.mjs';
import { dispatches, distil, inference, step } from './parts/steps.mjs';
import { between, markdown } from './report.mjs';
import { NORMALISATION, TRAINING, helpLines, readSettings } from './settings.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const PARTS = { step, distil, inference, dispatches, loading, page };

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    with: { type: 'string' },
    quick: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
  },
});

const listed = (text) => text?.split(',').map((word) => word.trim()).filter(Boolean);

/** What the numbers depend on, as phrases. */
async function machineOf(browser, site, pytorch) {
  const { page: blank, context } = await openBlank(browser, site);
  const seen = await blank.evaluate(async () => {
    const { version } = await (await import(new URL('js/engine.js', document.baseURI))).describe();
    const adapter = await navigator.gpu?.requestAdapter();
    const info = adapter?.info ?? {};
    const name = [info.vendor, info.architecture, info.description].filter(Boolean).join(' ');
    return { version, adapter: name, software: /swiftshader|llvmpipe/i.test(name) || Boolean(info.isFallbackAdapter) };
  });
  await context.close();
  const git = (...given) => execFileSync('git', given, { cwd: root, encoding: 'utf8' }).trim();
  const peers = JSON.parse(readFileSync(path.join(root, 'tests/bench/package.json'), 'utf8')).devDependencies;
  const about = pytorch ? await pytorch.ask({ what: 'about' }) : null;
  return [
    `${os.cpus()[0]?.model.trim()}, ${os.cpus().length} processors, ${Math.round(os.totalmem() / 2 ** 30)} GiB`,
    `Chromium ${browser.version()}`,
    seen.adapter ? `WebGPU on ${seen.adapter}${seen.software ? ', **software, not a graphics card**' : ''}` : 'no WebGPU adapter',
    `kd-lens ${seen.version} at ${git('rev-parse', '--short', 'HEAD')}${git('status', '--porcelain', '--untracked-files=no') ? ' with changes' : ''}, engines of the profile ${path.basename(process.env.KD_LENS_SITE ?? 'release')}`,
    `TensorFlow.js ${peers['@tensorflow/tfjs']}, jax-js ${peers['@jax-js/jax']}`,
    about ? `PyTorch ${about.version} (${about.cpu})` : 'no PyTorch',
  ];
}

// Playwright closes the browser on this signal, but does not end the program.
process.on('SIGTERM', () => process.exit(143));

async function measure(chosen, tell) {
  const s = readSettings(values.quick);
  const names = listed(values.with);
  const wants = (name) => !names || names.some((part) => name.toLowerCase().includes(part.toLowerCase()));
  const made = mkdtempSync(path.join(os.tmpdir(), 'kd-lens-bench-'));
  const requests = new Set();
  // Isolated, which gives jax-js and TensorFlow.js their threads and lets a page measure its memory.
  const site = await openCountedSite({
    isolated: true,
    mounts: { '/bench': path.join(root, 'tests/bench'), '/made': made },
    onRequest: (url) => requests.add(url.split('?')[0]),
  });
  const browser = await openBrowser();
  const pytorch = wants('PyTorch') ? openPyTorch() : null;
  const bench = { s, tell, wants, site, browser, pytorch, requests, processors: os.availableParallelism(), contenders: [] };
  const parts = {};
  try {
    const machine = await machineOf(browser, site, pytorch);
    tell(machine.join('; '));
    bench.reference = await makeReference(browser, site, s);
    writeFileSync(path.join(made, 'student.safetensors'), Buffer.from(bench.reference.weights));
    bench.contenders = CONTENDERS.map((one) => new Contender(one, bench));
    if (pytorch) {
      const { weights, ...reference } = bench.reference;
      bench.pytorchCheck = await pytorch.ask({ what: 'check', reference, weights: path.join(made, 'student.safetensors'), training: TRAINING, normalisation: NORMALISATION });
      if (!(Math.max(bench.pytorchCheck.before, bench.pytorchCheck.losses) <= s.tolerance)) throw new Error(`PyTorch does not compute the same network: ${JSON.stringify(bench.pytorchCheck)}`);
    }
    for (const name of chosen) {
      tell(`\n== ${name} ==`);
      const elsewhere = await busyElsewhere();
      const before = os.loadavg()[0];
      const quiet = elsewhere <= s.loadLimit && before <= s.loadLimit + (Object.keys(parts).length > 0 ? bench.processors : 0);
      if (!quiet) tell(`Other programs keep ${elsewhere.toFixed(1)} processors busy (load ${before.toFixed(1)}): these numbers are not those of a quiet machine.`);
      const began = performance.now();
      const { rows } = await PARTS[name](bench);
      for (const one of bench.contenders) await one.tidy().catch(() => {});
      const run = { at: new Date().toISOString(), seconds: Math.round((performance.now() - began) / 1000), machine, quiet, quick: values.quick, load: { before, after: os.loadavg()[0] }, busyElsewhere: elsewhere, settings: s };
      parts[name] = { run, rows };
      // What was measured is kept even if a later part fails.
      write({ [name]: parts[name] });
    }
  } finally {
    for (const one of bench.contenders) await one.close();
    pytorch?.close();
    await browser.close();
    await site.close();
    rmSync(made, { recursive: true });
  }
  return parts;
}

/** A quick look, or one at some implementations only, must not take the place of a measurement. */
const folder = values.quick || values.with ? path.join(root, 'target/bench') : path.join(root, 'docs');

function write(parts) {
  mkdirSync(folder, { recursive: true });
  const json = path.join(folder, 'benchmarks.json');
  const old = existsSync(json) ? JSON.parse(readFileSync(json, 'utf8')).parts : {};
  const results = { parts: { ...old, ...parts } };
  writeFileSync(json, `${JSON.stringify(results, null, 1)}\n`);
  const document = path.join(folder, 'benchmarks.md');
  writeFileSync(document, between(existsSync(document) ? readFileSync(document, 'utf8') : '# A quick look\n', markdown(results)));
}

if (values.list) {
  console.log(`parts: ${Object.keys(PARTS).join(', ')}\nimplementations: ${CONTENDERS.map(({ name }) => name).join('; ')}; kd-lens native; PyTorch\nnumbers:\n${helpLines().join('\n')}`);
} else {
  const chosen = listed(values.only) ?? Object.keys(PARTS);
  const unknown = chosen.filter((name) => !PARTS[name]);
  if (unknown.length) {
    console.error(`error: there is no part ${unknown.join(', ')}; there are ${Object.keys(PARTS).join(', ')}`);
    process.exit(1);
  }
  const parts = await measure(chosen, (line) => console.log(line));
  console.log(`\n${markdown({ parts })}\n\nThis is also in ${path.relative(root, folder)}/benchmarks.md and .json.`);
}
