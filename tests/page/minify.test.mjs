// The finished site's scripts and styles are minified, and the page is the same.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { after, test } from 'node:test';
import { finishedSite } from './finished.mjs';
import { openBrowser, openPage } from './harness.mjs';
import { startServer, testSite } from './server.mjs';

const { dist } = await finishedSite();
const site = await startServer({ roots: [dist] });
const browser = await openBrowser({ webgpu: false });
after(async () => {
  await browser.close();
  await site.close();
});
const [www] = testSite().roots;
const read = (folder, file) => readFileSync(path.join(folder, file), 'utf8');

test('scripts and styles are smaller, what others wrote keeps its licence, and Vite’s hint stays', () => {
  for (const file of ['js/experiment.js', 'js/worker.js', 'element.js', 'css/panels.css']) assert.ok(read(dist, file).length < 0.8 * read(www, file).length, file);
  assert.match(read(dist, 'vendor/uplot/uPlot.esm.js'), /^\/\*\*[^]*Copyright/);
  assert.match(read(dist, 'js/site.js'), /@vite-ignore/);
});

for (const [language, trained, intro] of [['en', /Finished|Step 4/, 'What does a student network learn'], ['de', /Fertig|Schritt 4/, 'Schüler']]) {
  test(`the page of a finished site trains and has its article (${language})`, { timeout: 300_000 }, async () => {
    const { page, context, clean } = await openPage(browser, site);
    await page.goto(`${site.url}?lang=${language}#dataset=shapes32&trainImages=32&testImages=8&batchSize=8&epochs=1&backend=cpu`);
    assert.ok((await page.locator('main').innerText()).includes(intro));
    await page.locator('#bench').getByRole('button', { name: /Distil|Destillier/ }).first().click();
    await page.locator('#bench').getByText(trained).first().waitFor();
    clean();
    await context.close();
  });
}
