// A finished site that lacks what a site may lack: nothing absent is asked for, and what is said is true.
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import path from 'node:path';
import { after, test } from 'node:test';
import { writeManifest } from '../../xtask/manifest.mjs';
import { finishedSite } from './finished.mjs';
import { openBrowser, openPage } from './harness.mjs';
import { startServer } from './server.mjs';

const { dist } = await finishedSite();
const browser = await openBrowser({ webgpu: false });
const asked = [];
const server = await startServer({ roots: [dist], onRequest: (url) => asked.push(url.slice(1).replace(/[?#].*/, '')) });
after(async () => {
  await browser.close();
  await server.close();
});

/** What may be missing, and by which request the page would find out. */
const MISSING = { recorded: 'recorded/run.json', studies: 'studies/papers.json', data: 'data/cifar10/index.json' };

/** Opens the page, or a frame, and returns which of these files were asked for. */
async function opened(address, ...allowed) {
  asked.length = 0;
  const { page, context, clean } = await openPage(browser, server, { serviceWorkers: 'block' });
  await page.goto(server.url + address);
  await page.locator('[data-setting=seed]').waitFor({ state: 'attached' });
  await page.waitForLoadState('networkidle');
  clean(...allowed);
  return { page, context, wanted: Object.values(MISSING).filter((file) => asked.includes(file)) };
}

test('with everything there, everything is asked for', { timeout: 60_000 }, async () => {
  const { page, context, wanted } = await opened('');
  assert.deepEqual(wanted, Object.values(MISSING));
  await page.locator('.recorded').getByText('Recorded run.').waitFor();
  assert.ok((await page.locator('.studied').count()) > 0);
  await context.close();
});

test('without them nothing absent is asked for and no error is written', { timeout: 120_000 }, async () => {
  for (const folder of Object.keys(MISSING)) rmSync(path.join(dist, folder), { recursive: true });
  await writeManifest(dist);
  for (const address of ['', 'embed.html']) {
    const { page, context, wanted } = await opened(address);
    assert.deepEqual(wanted, []);
    assert.equal(await page.locator('.recorded').getByText('Recorded run.').count(), 0);
    assert.equal(await page.locator('.studied').count(), 0);
    assert.match(await page.locator('.notice', { hasText: 'images' }).first().textContent(), /^The images of cifar10 are not on this site\..*Shapes-32/);
    assert.equal(await page.locator('[data-setting=dataset] select').inputValue(), 'shapes32');
    await context.close();
  }
});

test('a file that the list names and that is gone is told as before', { timeout: 60_000 }, async () => {
  const site = await finishedSite();
  rmSync(path.join(site.dist, 'recorded'), { recursive: true });
  const other = await startServer({ roots: [site.dist] });
  after(() => other.close());
  const { page, context, clean } = await openPage(browser, other, { serviceWorkers: 'block' });
  await page.goto(other.url);
  await page.getByText('images are shown to each student').waitFor();
  assert.equal(await page.locator('.recorded').getByText('Recorded run.').count(), 0);
  clean(/404/);
  await context.close();
});

test('a frame says of the questions below what is true there', { timeout: 240_000 }, async () => {
  const SMALL = 'dataset=shapes32&trainImages=32&testImages=16&batchSize=8&epochs=1&backend=cpu';
  for (const [parts, said] of [['teach,fidelity', /The questions below are now put to the trained networks\.$/], ['teach,take', /of 1\.(?!.*networks)/], ['', /The questions below are now put/]]) {
    const { page, context } = await opened(`embed.html?${SMALL}${parts && `&parts=${parts}`}`);
    await page.getByRole('button', { name: 'Distil', exact: true }).click();
    await page.getByText('Finished.').waitFor();
    const facts = await page.locator('.run-state .facts').textContent();
    assert.match(facts, said);
    assert.doesNotMatch(facts, /Parts 2 to 5/);
    if (parts.includes('take')) assert.match(await page.locator('#take').textContent(), /So far: 1 evaluation\.(?! The answers)/);
    await context.close();
  }
  const { page, context } = await opened(`#${SMALL}`);
  await page.locator('#bench').getByRole('button', { name: 'Distil' }).click();
  await page.getByText('Finished.').waitFor();
  assert.match(await page.locator('.run-state .facts').textContent(), /Parts 2 to 5 below now ask the trained networks\.$/);
  await context.close();
});
