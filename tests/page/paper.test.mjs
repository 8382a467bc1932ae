// Words that are explained, formulas as MathML, and the page on paper.
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { check } from './accessibility.mjs';
import { openPage, stage } from './harness.mjs';

const LINK = '#dataset=shapes32&batchSize=8&epochs=1&trainImages=64&testImages=20&backend=cpu';

const { site, browser } = await stage();

test('every formula is MathML made of its own text', { timeout: 300_000 }, async () => {
  const { page, context, clean } = await openPage(browser, site);
  page.setDefaultTimeout(120_000);
  await page.goto(site.url + LINK);
  await page.locator('.formula math').first().waitFor();
  const rows = await page.evaluate(async () => {
    const [{ describe }, { formula }] = await Promise.all([import('./js/engine.js'), import('./js/math.js')]);
    // What the marks say, written back as a line: the test's own way round.
    const line = (node) => {
      const [a, b, c] = node.children;
      switch (node.localName) {
        case 'annotation': return '';
        case 'msup': return `${line(a)}^${line(b)}`;
        case 'msub': return `${line(a)}_${line(b)}`;
        case 'msubsup': return `${line(a)}_${line(b)}^${line(c)}`;
        default: return node.children.length > 0 ? [...node.children].map(line).join('') : node.textContent.trim();
      }
    };
    const { methods } = await describe();
    return methods.map(({ name, formula: text }) => {
      const math = formula(text);
      document.body.append(math);
      const box = math.getBoundingClientRect();
      const row = { name, text, annotation: math.querySelector('annotation').textContent, line: line(math), width: box.width, kinds: [...math.querySelectorAll('*')].map((element) => element.localName) };
      math.remove();
      return row;
    });
  });
  assert.ok(rows.length >= 30);
  const raised = { '²': '^2', '³': '^3', '⁴': '^4', ᵀ: '^T' };
  for (const { name, text, annotation, line, width, kinds } of rows) {
    assert.equal(annotation, text, name);
    assert.equal(line, text.replace(/[²³⁴ᵀ]/g, (sign) => raised[sign]).replace(/[\s{}]/g, ''), name);
    assert.ok(width > 20 && kinds.includes('mi') && kinds.includes('mo'), name);
  }
  assert.ok(rows.find(({ name }) => name === 'kl').kinds.includes('msup'), 'T² is raised');

  // The numbers of the run, as the engine says them, and live.
  await page.locator('#bench').getByRole('button', { name: 'Distil' }).click();
  await page.getByText('Finished.').waitFor();
  const formula = page.locator('.formula dd').first();
  assert.match((await formula.locator('annotation').allTextContents()).join(''), /^L = 0\.1·CE\(y, s\) \+ 0\.9·4²·KL\(t\/4 ‖ s\/4\)$/);
  assert.deepEqual(await formula.locator('msup').allTextContents(), ['42']);
  // A narrow page breaks it before “+”, and nothing is cut.
  await page.setViewportSize({ width: 320, height: 800 });
  const narrow = await page.locator('.scroller:has(> .formula)').evaluate((box) => ({ hidden: box.scrollWidth - box.clientWidth, tops: [...box.querySelectorAll('dd:first-of-type > math')].map((math) => math.getBoundingClientRect().top) }));
  assert.ok(narrow.hidden <= 0, `${narrow.hidden}`);
  assert.equal(narrow.tops.length, 2);
  assert.ok(narrow.tops[1] > narrow.tops[0]);
  clean();
  await context.close();
});

test('terms lead to their meaning and back, and the address stays', async () => {
  const { page, context, clean } = await openPage(browser, site, { reducedMotion: 'reduce' });
  await page.goto(site.url + LINK);
  await page.getByText('images are shown to each student').waitFor();
  const links = await page.locator('a.term').evaluateAll((all) => all.map((link) => [link.id, link.hash.slice(1)]));
  assert.ok(links.length >= 10);
  for (const [id, to] of links) {
    assert.equal(await page.locator(`dt#${to}`).count(), 1, to);
    assert.equal(await page.locator(`#words a[href="#${id}"]`).count(), 1, `${id} has a way back`);
  }
  const address = page.url();
  await page.locator('#use-logits').click();
  assert.equal(await page.evaluate(() => document.activeElement.id), 'term-logits');
  await page.waitForFunction(() => document.activeElement.getBoundingClientRect().top < innerHeight);
  await page.locator('#words a[href="#use-logits"]').click();
  assert.equal(await page.evaluate(() => document.activeElement.id), 'use-logits');
  assert.equal(page.url(), address);
  // Back undoes the jumps, to the word that was followed, and takes no setting back.
  await page.goBack();
  await page.waitForFunction(() => document.activeElement.matches('#words a[href="#use-logits"]'));
  await page.getByLabel('Seed', { exact: true }).evaluate((input) => { input.value = '5'; input.dispatchEvent(new Event('change')); });
  await page.goBack();
  await page.waitForFunction(() => document.activeElement.id === 'use-logits');
  await page.waitForFunction(() => document.activeElement.getBoundingClientRect().top > 0 && document.activeElement.getBoundingClientRect().top < innerHeight);
  assert.equal(await page.getByLabel('Seed', { exact: true }).inputValue(), '5');
  assert.match(page.url(), /seed=5/);
  await check(page, 'words');
  clean();
  await context.close();
});

test('on paper everything is open and light, and nothing has to be pressed', { timeout: 300_000 }, async () => {
  const { page, context, clean } = await openPage(browser, site, { colorScheme: 'dark' });
  page.setDefaultTimeout(120_000);
  await page.goto(site.url + LINK);
  await page.locator('#bench').getByRole('button', { name: 'Distil' }).click();
  await page.getByText('Finished.').waitFor();
  await page.locator('#look-panel').scrollIntoViewIfNeeded();
  await page.locator('#look-panel').getByText(/^Computed at/).waitFor();
  const table = page.locator('[data-chart=accuracy] table');
  assert.equal(await table.isVisible(), false);
  assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), 'dark');
  await page.emulateMedia({ media: 'print' });
  await page.waitForFunction(() => document.documentElement.dataset.theme === 'light');
  assert.ok(await table.isVisible());
  assert.ok(await page.getByText('The first method’s loss is that of Hinton').isVisible());
  for (const gone of ['.bar', '.settings', '.strip', '#take', 'button']) assert.equal(await page.locator(gone).first().isVisible(), false, gone);
  assert.equal(await page.locator('.answer.not-yet').first().isVisible(), false, 'what was not asked is not printed');
  for (const kept of ['#look-panel .trio', '[data-chart=loss] .plot', '.outcome .answer', '#words', '.formula math']) assert.ok(await page.locator(kept).first().isVisible(), kept);
  const pdf = await page.pdf({ format: 'A4', printBackground: true });
  const folder = process.env.KD_LENS_SHOTS ?? path.resolve('target/shots');
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'paper.pdf'), pdf);
  assert.ok(pdf.length > 50_000 && pdf.subarray(0, 5).toString() === '%PDF-');
  await page.emulateMedia({ media: 'screen' });
  await page.waitForFunction(() => document.documentElement.dataset.theme === 'dark');
  assert.equal(await table.isVisible(), false, 'what was folded is folded again');
  clean();
  await context.close();
});
