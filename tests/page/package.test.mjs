// The npm package: packed, installed into an empty project, built there with Vite, and run in a browser.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, test } from 'node:test';
import { build } from 'vite';
import { makePackage } from '../../xtask/package.mjs';
import { finishedSite, temporary } from './finished.mjs';
import { openBrowser, openPage } from './harness.mjs';
import { startServer } from './server.mjs';

const SETTINGS = "{ dataset: 'shapes32', trainImages: 64, testImages: 32, batchSize: 8, epochs: 1, backend: 'cpu' }";
const npm = (cwd, ...parameters) => execFileSync('npm', [...parameters, '--silent', '--offline', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd, encoding: 'utf8' });

const browser = await openBrowser({ webgpu: false });
after(() => browser.close());
const { dist } = await finishedSite();
const folder = temporary('package');
makePackage(dist, path.join(folder, 'kd-lens'));
const tarball = path.join(folder, npm(folder, 'pack', './kd-lens').trim());
const project = temporary('project');
writeFileSync(path.join(project, 'package.json'), '{ "name": "course", "private": true, "type": "module" }');
npm(project, 'install', tarball);
const installed = path.join(project, 'node_modules/kd-lens');

test('the package holds what it says', () => {
  const described = JSON.parse(readFileSync(path.join(installed, 'package.json')));
  const version = /^version = "(.*)"$/m.exec(readFileSync(new URL('../../Cargo.toml', import.meta.url), 'utf8'))[1];
  assert.equal(described.version, version);
  const files = readdirSync(installed, { recursive: true }).map(String);
  for (const entry of Object.values(described.exports).flatMap((target) => (typeof target === 'string' ? [target] : Object.values(target)))) {
    if (!entry.includes('*')) assert.ok(files.includes(entry.slice(2)), entry);
  }
  for (const file of ['site/engine/cpu/kd_lens_bg.wasm', 'site/engine/gpu/kd_lens_bg.wasm', 'site/models/shapes32-resnet20.safetensors', 'site/embed.html', 'LICENSE-MIT']) assert.ok(files.includes(file), file);
  assert.deepEqual(files.filter((file) => /\.(bin|br|gz)$/.test(file)), []);
});

/** Serves a folder and runs `window.trained` in it. */
async function run(root, address) {
  const server = await startServer({ roots: [root] });
  // Also after a failure: an open server would keep the tests from ending.
  after(() => server.close());
  const { page, clean } = await openPage(browser, server);
  await page.goto(server.url + address);
  await page.waitForFunction(() => window.trained);
  assert.deepEqual(await page.evaluate(() => window.trained), { step: 8, backend: 'cpu' });
  return { page, clean };
}

test('an empty project builds with Vite, and trains with the engine from the address that it names', { timeout: 300_000 }, async () => {
  execFileSync('node', ['node_modules/kd-lens/copy.mjs', 'public/kd-lens'], { cwd: project });
  writeFileSync(path.join(project, 'index.html'), '<!doctype html><html lang="en"><title>Course</title><link rel="icon" href="data:,"><script type="module" src="/main.js"></script><kd-lens loading="eager" dataset="shapes32" parts="look"></kd-lens></html>');
  writeFileSync(
    path.join(project, 'main.js'),
    `import { createLab, setSite } from 'kd-lens';
     import { KdLensElement } from 'kd-lens/element';
     setSite('./kd-lens');
     KdLensElement.site = './kd-lens';
     const lab = await createLab(${SETTINGS});
     const events = await lab.step(8);
     const { backend } = lab;
     lab.dispose();
     window.trained = { step: events.findLast((event) => event.type === 'evaluation').step, backend };`,
  );
  const problems = [];
  const note = (message) => problems.push(message);
  const customLogger = { info() {}, warn: note, warnOnce: note, error: note, clearScreen() {}, hasErrorLogged: () => false, hasWarned: false };
  await build({ root: project, base: './', configFile: false, customLogger, build: { target: 'es2022', reportCompressedSize: false } });
  assert.deepEqual(problems, []);
  const { page, clean } = await run(path.join(project, 'dist'), '');
  await page.frameLocator('iframe').locator('#look').waitFor();
  clean();
});

test('without a bundler no address is needed', { timeout: 120_000 }, async () => {
  mkdirSync(path.join(project, 'plain'), { recursive: true });
  writeFileSync(
    path.join(project, 'plain/index.html'),
    `<!doctype html><html lang="en"><title>Course</title><link rel="icon" href="data:,"><script type="module">
      import { createLab } from '../node_modules/kd-lens/index.js';
      const lab = await createLab(${SETTINGS});
      const events = await lab.step(8);
      window.trained = { step: events.findLast((event) => event.type === 'evaluation').step, backend: lab.backend };
    </script></html>`,
  );
  const { page, clean } = await run(project, 'plain/');
  // Whatever the types promise of the engine is there.
  const promised = readFileSync(path.join(installed, 'site/js/engine.d.ts'), 'utf8').matchAll(/^export (?:const|class|function) (\w+)/gm);
  const exported = await page.evaluate(async () => Object.keys(await import('../node_modules/kd-lens/index.js')));
  assert.deepEqual(exported.sort(), [...Array.from(promised, ([, name]) => name), 'setSite'].sort());
  const mean = await page.evaluate(async () => (await (await import('../node_modules/kd-lens/index.js')).spread([1, 3])).mean);
  assert.equal(mean, 2);
  clean();
});
