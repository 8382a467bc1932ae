// The site as a zip: unpacked somewhere below a plain static server, it trains, and frames of it open.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { after, test } from 'node:test';
import { makeZip } from '../../xtask/zip.mjs';
import { finishedSite, temporary } from './finished.mjs';
import { openBrowser, openPage } from './harness.mjs';
import { python } from './python.mjs';

const SMALL = 'dataset=shapes32&trainImages=64&testImages=32&batchSize=8&epochs=1&backend=cpu';

const { dist } = await finishedSite();
const zip = await makeZip(dist, temporary('zip'));
const root = temporary('server');
const place = path.join(root, 'courses/2026 autumn');
mkdirSync(place, { recursive: true });
execFileSync(python, ['-m', 'zipfile', '-e', zip, place]);

/** Python's own server, as anybody has it. */
const server = spawn(python, ['-u', '-m', 'http.server', '--bind', '127.0.0.1', '--directory', root, '0'], { stdio: ['ignore', 'pipe', 'ignore'] });
const port = await new Promise((resolve, reject) => {
  server.stdout.on('data', (text) => resolve(/port (\d+)/.exec(text)[1]));
  server.once('error', reject);
  server.once('exit', (code) => reject(new Error(`${python} -m http.server ended with ${code}`)));
});
const browser = await openBrowser({ webgpu: false });
after(async () => {
  await browser.close();
  server.kill();
});
const site = { url: `http://127.0.0.1:${port}/courses/2026%20autumn/kd-lens/` };

test('it holds the whole site and no packed copies', () => {
  const files = readdirSync(path.join(place, 'kd-lens'), { recursive: true }).map(String);
  for (const file of ['index.html', 'embed.html', 'element.js', 'sw.js', 'sw-files.js', 'engine/gpu/kd_lens_bg.wasm', 'data/cifar10/index.json', 'recorded/run.json']) assert.ok(files.includes(file), file);
  assert.deepEqual(files.filter((file) => /\.(br|gz)$/.test(file)), []);
  assert.ok(existsSync(zip));
});

test('the page opens there with its recorded run, and trains', { timeout: 180_000 }, async () => {
  const { page, context, clean } = await openPage(browser, site);
  await page.goto(site.url);
  await page.getByText('Recorded run.').waitFor();
  // Another address, so that the page is loaded anew and not only told of another link.
  await page.goto(`${site.url}index.html#${SMALL}`);
  await page.getByText('images are shown to each student').waitFor();
  await page.locator('#bench').getByRole('button', { name: 'Distil' }).click();
  await page.getByText('Finished.').waitFor();
  clean();
  await context.close();
});

test('a frame of it opens', { timeout: 60_000 }, async () => {
  const { page, context, clean } = await openPage(browser, site);
  await page.goto(`${site.url}embed.html?${SMALL}&parts=teach,look`);
  await page.locator('[data-setting=seed]').waitFor({ state: 'attached' });
  assert.equal(await page.locator('#look').isVisible(), true);
  clean();
  await context.close();
});
