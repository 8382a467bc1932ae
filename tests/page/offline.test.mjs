// A finished site on a server that knows nothing of it: kept for use without a network, and replaced by the next build.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { after, test } from 'node:test';
import { writeManifest } from '../../xtask/manifest.mjs';
import { finishedSite } from './finished.mjs';
import { openBrowser, openPage } from './harness.mjs';
import { testSite } from './server.mjs';

const SMALL = '#dataset=shapes32&trainImages=64&testImages=32&batchSize=8&epochs=1&backend=cpu';
const FOLDER = '/any/folder/';
const browser = await openBrowser({ webgpu: false });
const { dist, build: first } = await finishedSite();
after(() => browser.close());

const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml', '.json': 'application/json' };

/** The plainest server there is: files below one folder by their names, four headers in all. */
async function plainServer(port = 0) {
  const asked = [];
  const server = http.createServer((request, response) => {
    const { pathname } = new URL(request.url, 'http://localhost');
    const name = pathname.startsWith(FOLDER) ? pathname.slice(FOLDER.length) || 'index.html' : '..';
    const file = path.join(dist, name);
    if (!file.startsWith(dist + path.sep) || !existsSync(file) || !statSync(file).isFile()) {
      response.writeHead(404).end();
      return;
    }
    asked.push(name);
    response.writeHead(200, { 'Content-Type': TYPES[path.extname(file)] ?? 'application/octet-stream', 'Content-Security-Policy': "frame-ancestors 'self'" });
    response.end(readFileSync(file));
  });
  await new Promise((resolve) => server.listen(port, '127.0.0.1', resolve));
  const close = () => new Promise((resolve) => {
    server.close(resolve);
    server.closeAllConnections();
  });
  return { url: `http://127.0.0.1:${server.address().port}${FOLDER}`, port: server.address().port, asked, close };
}

const caches = (page) => page.evaluate(async () => (await window.caches.keys()).sort());
const kept = (page, file) => page.evaluate((name) => fetch(name).then((response) => response.ok, () => false), file);
/** A condition of the page that takes a promise. */
async function until(page, condition, argument) {
  for (let tries = 0; tries < 300; tries += 1) {
    if (await page.evaluate(condition, argument)) return;
    await page.waitForTimeout(100);
  }
  assert.fail(`this did not come: ${condition}`);
}
const rest = (page) => page.locator('[data-setting=seed]').waitFor({ state: 'attached' });

test('visited once, the page trains without a network; a new build takes its place', { timeout: 300_000 }, async () => {
  let server = await plainServer();
  const { port } = server;
  const { page, problems } = await openPage(browser, server);
  await page.goto(server.url + SMALL);
  await rest(page);
  await page.evaluate(() => navigator.serviceWorker.ready);
  await page.waitForFunction(() => navigator.serviceWorker.controller);
  assert.deepEqual(await caches(page), [`kd-lens ${FOLDER} core ${first}`, `kd-lens ${FOLDER} later`]);
  assert.ok(!server.asked.some((name) => name.endsWith('.bin') || name.startsWith('engine/gpu')), 'nothing large is fetched unasked');
  assert.deepEqual([await kept(page, 'data/cifar10/index.json'), await kept(page, 'data/cifar10/test-00.bin')], [true, true]);
  assert.deepEqual(problems, []);

  await server.close();
  await page.reload();
  await rest(page);
  await page.locator('#bench').getByRole('button', { name: 'Distil', exact: true }).click();
  await page.getByText('Finished.').waitFor();
  assert.match(await page.locator('[data-chart=accuracy] .say').textContent(), /^At step 8: teacher \d+/);
  assert.equal(await kept(page, 'data/cifar10/test-00.bin'), true, 'a shard that has been fetched is kept');
  assert.equal(await kept(page, 'data/cifar10/train-00.bin'), false, 'one that has not is not');
  const policy = await page.evaluate(async () => (await fetch('index.html')).headers.get('content-security-policy'));
  assert.equal(policy, "frame-ancestors 'self'", 'the server’s policy is kept with the file');

  // The next build: one file changed, one gone, one new, one shard changed.
  const change = (file, edit) => writeFileSync(path.join(dist, file), edit(readFileSync(path.join(dist, file))));
  change('index.html', (text) => String(text).replace(/<title[^>]*>/, '$&Second build: '));
  change('data/cifar10/test-00.bin', (bytes) => bytes.fill(1, 0, 1));
  rmSync(path.join(dist, 'css/icon.svg'));
  writeFileSync(path.join(dist, 'new.json'), '{}');
  const second = await writeManifest(dist);
  assert.notEqual(second, first);
  server = await plainServer(port);
  after(() => server.close());
  await page.reload();
  await rest(page);
  assert.doesNotMatch(await page.title(), /Second/, 'an open page stays of one build');
  await until(page, async () => Boolean((await navigator.serviceWorker.getRegistration()).waiting));
  const fetched = new Set(server.asked);
  for (const file of ['index.html', 'new.json', 'js/build.js']) assert.ok(fetched.has(file), file);
  for (const file of ['js/page.js', 'engine/cpu/kd_lens_bg.wasm', 'models/shapes32-resnet20.safetensors']) assert.ok(!fetched.has(file), `${file} did not change`);
  // A second page of the old build keeps the new one waiting.
  const other = await page.context().newPage();
  await other.goto(server.url);
  await page.reload();
  await rest(page);
  assert.doesNotMatch(await page.title(), /Second/);
  await other.close();
  // The browser may count a closed page for a moment; then the next reload does it.
  for (let tries = 0; tries < 5 && !(await page.title()).startsWith('Second build'); tries += 1) {
    await page.reload();
    await rest(page);
    await page.waitForTimeout(2000);
  }
  assert.match(await page.title(), /^Second build/);
  await rest(page);
  await until(page, async (names) => (await window.caches.keys()).sort().join() === names, [`kd-lens ${FOLDER} core ${second}`, `kd-lens ${FOLDER} later`].join());
  const shard = await page.evaluate(async () => new Uint8Array(await (await fetch('data/cifar10/test-00.bin')).arrayBuffer())[0]);
  assert.equal(shard, 1, 'the old shard was forgotten');
});

test('a server that is half way between two builds changes nothing', { timeout: 120_000 }, async () => {
  const server = await plainServer();
  after(() => server.close());
  const { page } = await openPage(browser, server);
  await page.goto(server.url + SMALL);
  await page.waitForFunction(() => navigator.serviceWorker.controller);
  const before = await caches(page);
  const held = readFileSync(path.join(dist, 'new.json'));
  writeFileSync(path.join(dist, 'new.json'), '{"of": "the build after"}');
  await writeManifest(dist);
  writeFileSync(path.join(dist, 'new.json'), held);
  const state = await page.evaluate(async () => {
    const registration = await navigator.serviceWorker.getRegistration();
    const found = new Promise((resolve) => registration.addEventListener('updatefound', () => resolve(registration.installing)));
    await registration.update().catch(() => {});
    const worker = await found;
    while (!['installed', 'redundant'].includes(worker.state)) await new Promise((resolve) => worker.addEventListener('statechange', resolve, { once: true }));
    return worker.state;
  });
  assert.equal(state, 'redundant', 'a file that is not the one of the list is not taken');
  assert.deepEqual(await caches(page), before);
});

test('a site that is served as it is edited is not kept', { timeout: 60_000 }, async () => {
  const build = readFileSync(path.join(testSite().roots[0], 'js/build.js'), 'utf8');
  assert.match(build, /BUILD = null/);
});
