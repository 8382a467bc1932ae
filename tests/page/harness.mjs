// What the page tests share: a site on 127.0.0.1, a Chromium, and pages that may not complain or call out.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { after } from 'node:test';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { ISOLATION, startServer, testSite } from './server.mjs';

const project = fileURLToPath(new URL('../..', import.meta.url));
const list = (name, otherwise) => JSON.parse(process.env[name] ?? JSON.stringify(otherwise));
/** The table of flags is wasm-pack.toml; `cargo xtask test` hands it over. The defaults are for running one file by hand. */
const FLAGS = list('KD_LENS_BROWSER_ARGS', ['--headless=new', '--no-sandbox', '--disable-dev-shm-usage']);
const WEBGPU = list('KD_LENS_GPU_ARGS', ['--enable-unsafe-webgpu', '--enable-unsafe-swiftshader']);
/** Chromium’s own calls home would be no fault of the page, but are not wanted either. */
const QUIET = ['--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run', '--disable-quic'];

/** The site: `url` ends in a slash. `mounts`: further folders at their paths; `before`: folders laid over the site's own; `server`: further
 * options of the server. */
export async function openSite({ mounts = {}, before = [], ...server } = {}) {
  const folders = testSite();
  const site = await startServer({ roots: [...before, ...folders.roots], mounts: { ...folders.mounts, ...mounts }, ...server });
  for (const file of ['engine/cpu/kd_lens.js', 'engine/cpu-relaxed/kd_lens.js', 'engine/gpu/kd_lens.js', 'vendor/uplot/uPlot.esm.js', 'models/models.json', 'data/cifar10/index.json']) {
    if ((await fetch(site.url + file)).ok) continue;
    await site.close();
    throw new Error(`The site has no ${file}: run the page tests with “cargo xtask test”, which builds what they need.`);
  }
  return { ...site, isolated: server.isolated ?? false };
}

/** @param {{webgpu?: boolean, args?: string[]}} [options] without WebGPU the browser offers the API but no adapter */
export function openBrowser({ webgpu = true, args = [] } = {}) {
  return chromium.launch({
    executablePath: process.env.CHROME ?? '/usr/bin/chromium',
    // Playwright's own headless flag picks an old mode that has no WebGPU; the new one is in FLAGS.
    headless: false,
    args: [...FLAGS, ...QUIET, ...(webgpu ? WEBGPU : []), ...args],
  });
}

/** The site and a Chromium for the tests of one file, closed behind the last of them. */
export async function stage({ browser: wanted = true, ...options } = {}) {
  const site = await openSite();
  const browser = wanted ? await openBrowser(options) : null;
  after(async () => {
    await browser?.close();
    await site.close();
  });
  return { site, browser };
}

/**
 * A page that remembers everything that went wrong: console errors, uncaught errors, requests to another host.
 * `clean()` asserts that there was nothing, but for console errors that match `allowed`.
 */
export async function openPage(browser, site, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  const problems = [];
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(`console: ${message.text()}`);
  });
  page.on('pageerror', (error) => problems.push(`uncaught: ${error.message}`));
  const host = new URL(site.url).host;
  context.on('request', (request) => {
    const url = new URL(request.url());
    if (!['data:', 'blob:'].includes(url.protocol) && url.host !== host) problems.push(`request to another host: ${url}`);
  });
  const clean = (...allowed) => {
    assert.deepEqual(problems.filter((problem) => !allowed.some((pattern) => pattern.test(problem))), []);
  };
  return { page, context, problems, clean };
}

/** A page of the site's origin that holds nothing: for tests of engine.js without the article. */
export async function openBlank(browser, site) {
  const opened = await openPage(browser, site);
  await opened.page.route('**/blank.html', (route) =>
    route.fulfill({ contentType: 'text/html', headers: site.isolated ? ISOLATION : {}, body: '<!doctype html><title>blank</title><link rel="icon" href="data:,">' }),
  );
  await opened.page.goto(`${site.url}blank.html`);
  return opened;
}

/** Where pictures for a person to look at are saved. */
export const SHOTS = process.env.KD_LENS_SHOTS ?? path.join(project, 'target/shots');

/** Saves a picture of the page for a person to look at. */
export async function shoot(page, name, options = {}) {
  mkdirSync(SHOTS, { recursive: true });
  await page.screenshot({ path: path.join(SHOTS, `${name}.png`), fullPage: true, ...options });
}

/** Settings with which every network of the page is small and a step is quick. */
export const TINY = { dataset: 'shapes32', trainImages: 32, testImages: 32, batchSize: 8, epochs: 2, backend: 'cpu' };
