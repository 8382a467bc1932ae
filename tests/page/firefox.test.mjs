// The main path in Firefox as Debian ships it, on the CPU engine: headless on Linux it has WebAssembly SIMD and no WebGPU.
//
// Puppeteer drives it, because Playwright only drives a Firefox that it has patched itself; Playwright drives Chromium in
// the other tests. A Firefox that is missing fails the test: `cargo xtask test` installs one, FIREFOX names another.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { after, test } from 'node:test';
import puppeteer from 'puppeteer-core';
import { reach } from './accessibility.mjs';
import { SHOTS, stage } from './harness.mjs';

const { site } = await stage({ browser: false });
const RUN = '#dataset=shapes32&trainImages=64&testImages=64&batchSize=8&epochs=1';

/** Firefox asks its makers for its own settings; that is no request of the page. */
const OWN = /(^|\.)(mozilla\.(com|net|org)|firefox\.com):443$/;
/** Who was asked for, but for this machine: Firefox is told to ask a proxy, which notes the host and answers nothing. */
const asked = [];
const proxy = http.createServer((request, response) => {
  asked.push(new URL(request.url).host);
  response.writeHead(502).end();
});
proxy.on('connect', ({ url }, socket) => {
  if (!OWN.test(url)) asked.push(url);
  socket.end();
});
await new Promise((resolve) => proxy.listen(0, '127.0.0.1', resolve));
const { port } = proxy.address();

const browser = await puppeteer.launch({
  browser: 'firefox',
  executablePath: process.env.FIREFOX || '/usr/bin/firefox',
  headless: true,
  extraPrefsFirefox: {
    'network.proxy.type': 1,
    'network.proxy.http': '127.0.0.1',
    'network.proxy.http_port': port,
    'network.proxy.ssl': '127.0.0.1',
    'network.proxy.ssl_port': port,
  },
});
after(async () => {
  await browser.close();
  await new Promise((resolve) => {
    proxy.close(resolve);
    proxy.closeAllConnections();
  });
});

/** A page that remembers what it complained of. */
async function open() {
  const page = await browser.newPage();
  page.setDefaultTimeout(60_000);
  await page.setViewport({ width: 1280, height: 900 });
  const problems = [];
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(`console: ${message.text()}`);
  });
  page.on('pageerror', (error) => problems.push(`uncaught: ${error.message}`));
  page.on('request', (request) => {
    const url = new URL(request.url());
    if (!['data:', 'blob:'].includes(url.protocol) && !url.href.startsWith(site.url)) problems.push(`request to another host: ${url}`);
  });
  const said = (selector, pattern) => page.waitForFunction((css, source) => [...document.querySelectorAll(css)].some((element) => new RegExp(source).test(element.textContent)), {}, selector, pattern.source);
  const press = (panel, name) => page.locator(`${panel} ::-p-xpath(.//button[normalize-space()="${name}"])`).click();
  const text = (selector) => page.$eval(selector, (element) => element.textContent.replaceAll('\u00a0', ' ').trim());
  const shoot = async (name) => {
    mkdirSync(SHOTS, { recursive: true });
    await page.screenshot({ path: path.join(SHOTS, `${name}.png`) });
  };
  return { page, said, press, text, shoot, clean: () => assert.deepEqual([...problems, ...asked], []) };
}

test('this is Firefox, and what it asks other hosts for is noticed', { timeout: 60_000 }, async () => {
  assert.match(await browser.version(), /^firefox\//i);
  const page = await browser.newPage();
  await page.goto(`${site.url}LICENSE`);
  await page.evaluate(() => fetch('http://kd-lens.invalid/').catch(() => {}));
  assert.deepEqual(asked.splice(0), ['kd-lens.invalid']);
  await page.close();
});

test('the recorded run is shown, and its networks can be asked', { timeout: 120_000 }, async () => {
  const { page, said, press, text, shoot, clean } = await open();
  await page.goto(site.url);
  await said('.recorded', /^Recorded run\./);
  assert.match(await text('[data-chart=accuracy] .say'), /^At step [\d,]+: teacher [\d.]+ % \([\d.]+–[\d.]+\), student/);
  await said('#engine-line', /^CPU: shows the recorded networks\.$/);
  await page.$eval('#look-panel', (panel) => panel.scrollIntoView({ behavior: 'instant' }));
  await said('#look-panel', /Computed at step [\d,]+\./);
  await press('#look-panel', 'Compare the maps');
  await said('#look-panel [data-answer=maps]', /% \([\d.]+–[\d.]+\) of \d+ images|can be compared/);
  await shoot('firefox-recorded');
  clean();
  await page.close();
});

test('a run by keyboard, maps of Grad-CAM, an attack, and the sentence about WebGPU', { timeout: 120_000 }, async () => {
  const { page, said, press, text, shoot, clean } = await open();
  await page.goto(site.url + RUN);
  await said('#start', /64 images are shown to each student/);
  await reach(page, 'Tab', /^A Skip to the experiment/);
  await reach(page, 'Tab', /^BUTTON Distil it on this machine/);
  await page.keyboard.press('Enter');
  await said('.run-state .now', /^Finished\.$/);
  assert.equal(await page.evaluate(() => typeof navigator.gpu), 'undefined');
  assert.equal(await text('#engine-line'), 'CPU: This browser has no WebGPU, so the networks run on the CPU.');
  assert.match(await text('[data-chart=accuracy] .say'), /^At step 8: teacher [\d.]+ % \([\d.]+–[\d.]+\), student/);
  assert.match(await text('.outcome .answer'), /64 test images/);

  await page.$eval('#look-panel', (panel) => panel.scrollIntoView({ behavior: 'instant' }));
  await said('#look-panel', /Computed at step 8\./);
  assert.equal((await page.$$('#look-panel .trio:not(.pair) canvas')).length, 4);
  // One image of the maps, whatever it shows, is not of one colour.
  assert.ok(await page.$eval('#look-panel .trio .student canvas', (canvas) => new Set(new Uint32Array(canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.buffer)).size > 8));
  await press('#look-panel', 'Compare the maps');
  await said('#look-panel [data-answer=maps]', /%|can be compared/);
  await said('#look-panel .many', /64 images\./);
  await page.$eval('#fool-panel', (panel) => panel.scrollIntoView({ behavior: 'instant' }));
  await said('#fool-panel', /Computed at step 8\./);
  await press('#fool-panel', 'Attack them');
  await said('#fool-panel .many', /64 images\./);
  for (const cell of await page.$$eval('#fool-panel table.results td small', (cells) => cells.map((each) => each.textContent))) assert.match(cell, /^\d+ of \d+$/);
  await shoot('firefox-fooled');
  await page.$eval('#look-panel', (panel) => panel.scrollIntoView({ behavior: 'instant' }));
  await shoot('firefox-finished');
  await page.setViewport({ width: 390, height: 900 });
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= document.documentElement.clientWidth), 'no sideways scrolling');
  await page.$eval('#look-panel', (panel) => panel.scrollIntoView({ behavior: 'instant' }));
  await shoot('firefox-narrow');

  // The build with fused multiply-adds exactly where this Firefox takes them.
  const relaxed = await page.evaluate(async () => {
    const source = await (await fetch('js/worker.js')).text();
    const bytes = /const RELAXED = new Uint8Array\(\[([^\]]+)\]\)/.exec(source)[1];
    return WebAssembly.validate(new Uint8Array(bytes.split(',').filter((each) => each.trim()).map(Number)));
  });
  const found = await page.evaluate(async () => {
    const { createLab } = await import('./js/engine.js');
    const runs = [];
    for (const relaxedSimd of [true, false]) {
      const lab = await createLab({ dataset: 'shapes32', trainImages: 32, testImages: 16, batchSize: 8, epochs: 1, relaxedSimd });
      const events = await lab.step(4);
      runs.push({ build: lab.backendReport.build, losses: events.filter((event) => event.type === 'progress').map((event) => event.student.total) });
      lab.dispose();
    }
    return runs;
  });
  assert.deepEqual(found.map(({ build }) => build), [relaxed ? 'cpu-relaxed' : 'cpu', 'cpu']);
  const [[first], [second]] = found.map(({ losses }) => losses);
  assert.ok(Math.abs(first - second) <= 1e-4 * second, `the loss is ${first} with fused multiply-adds and ${second} without`);
  clean();
  await page.close();
});
