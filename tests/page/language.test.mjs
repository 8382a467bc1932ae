// The page in German: every text that a reader meets, links and the choice of language, accessibility, narrow screens, embedding.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { check, checkTargets, reach } from './accessibility.mjs';
import { openBlank, openPage, shoot, stage } from './harness.mjs';

const { site, browser } = await stage({ webgpu: false });
const SMALL = 'dataset=shapes32&trainImages=64&testImages=32&batchSize=8&epochs=1&backend=cpu';
const PATIENCE = 120_000;

/** Texts that are the same in German: names, and lines that hold nothing but names and numbers. */
const SAME = [/^kd-lens\b/, /^(ResNet|WRN|VGG|ViT|CIFAR|Shapes)-/];
/** Words that German has not. */
const ENGLISH = /\b(the|and|of|with|is|are|not|from|which|that|it|to|as|for|by|where|how|its|their|this|these|than)\b/i;

/** Opens the page in a language with a run behind it, every fold open and every question asked. */
async function asked(language, options) {
  const opened = await openPage(browser, site, { reducedMotion: 'reduce', ...options });
  const { page } = opened;
  page.setDefaultTimeout(PATIENCE);
  await page.goto(`${site.url}?lang=${language}#${SMALL}`);
  const go = page.locator('#bench button.main').first();
  await page.waitForFunction(() => document.querySelector('#bench button.main')?.disabled === false);
  await page.evaluate(() => {
    for (const details of document.querySelectorAll('details')) details.open = true;
  });
  await go.click();
  await page.waitForFunction(() => document.querySelector('#bench progress')?.value === 1 && !document.querySelector('#bench button.main').disabled, null, { timeout: PATIENCE });
  for (const panel of await page.locator('.panel[id]').all()) {
    if (['seeds-panel', 'take-panel'].includes(await panel.getAttribute('id'))) continue;
    await panel.scrollIntoViewIfNeeded();
    for (const many of await panel.locator('.many').all()) {
      const button = many.locator('button').first();
      await page.waitForTimeout(200);
      if (await button.isDisabled()) continue;
      const verb = await button.textContent();
      await button.click();
      await page.waitForFunction(([line, name]) => line.querySelector('button').textContent === name && line.querySelector('.fine').textContent !== '', [await many.elementHandle(), verb]);
    }
  }
  await page.evaluate(() => {
    for (const details of document.querySelectorAll('details')) details.open = true;
  });
  return opened;
}

/** Everything that is read or spoken: text nodes that are shown, and attributes; not what says that it is in another language. */
const texts = (page) =>
  page.evaluate(() => {
    const found = new Set([document.title, document.querySelector('meta[name=description]')?.content]);
    const page = document.documentElement.lang;
    const other = (element) => element.closest('[lang]').lang !== page || element.closest('script, style, math, svg metadata, noscript');
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) if (!other(node.parentElement)) found.add(node.data);
    for (const name of ['aria-label', 'aria-valuetext', 'aria-description', 'title', 'placeholder', 'alt', 'label']) {
      for (const element of document.body.querySelectorAll(`[${name}]`)) if (!other(element)) found.add(element.getAttribute(name));
    }
    return [...found].map((text) => text?.replace(/\s+/g, ' ').trim()).filter(Boolean);
  });

const wordsIn = (text) => text.match(/\p{L}{2,}/gu) ?? [];

test('nothing that is read is left in English', { timeout: 900_000 }, async () => {
  const english = await asked('en');
  const before = new Set(await texts(english.page));
  english.clean();
  await english.context.close();
  const { page, context, clean } = await asked('de');
  assert.equal(await page.getAttribute('html', 'lang'), 'de');
  const after = await texts(page);
  // Both pages really hold what is compared: answers, tables, the form.
  for (const all of [before, new Set(after)]) assert.ok(all.size > 700, `only ${all.size} texts`);
  const left = after.filter((text) => !SAME.some((pattern) => pattern.test(text)));
  assert.deepEqual(left.filter((text) => before.has(text) && wordsIn(text).length >= 3), [], 'texts that are the same in both languages');
  assert.deepEqual(left.filter((text) => ENGLISH.test(text)), [], 'texts with English words');
  await shoot(page, 'german');
  clean();
  await context.close();
});
