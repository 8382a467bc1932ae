// The page in German: every text that a reader meets, links and the choice of language, accessibility, narrow screens, embedding.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { check, checkTargets, reach } from './accessibility.mjs';
import { openBlank, openPage, shoot, stage } from './harness.mjs';
import { untilKept } from './stored.mjs';

const { site, browser } = await stage({ webgpu: false });
const SMALL = 'dataset=shapes32&trainImages=64&testImages=32&batchSize=8&epochs=1&backend=cpu';
const PATIENCE = 120_000;

/** Texts that are the same in German: names, and lines that hold nothing but names and numbers. */
const SAME = [/^kd-lens\b/, /^(ResNet|WRN|VGG|ViT|CIFAR|Shapes)-/];
/** Words that German has not. */
const ENGLISH = /\b(the|and|of|with|is|are|not|from|which|that|it|to|as|for|by|where|how|its|their|this|these|than)\b/i;

const unfold = (page) =>
  page.evaluate(() => {
    for (const details of document.querySelectorAll('details')) details.open = true;
  });

/** Opens the page in a language with a run behind it and every fold open. */
async function trained(language, options) {
  const opened = await openPage(browser, site, { reducedMotion: 'reduce', ...options });
  const { page } = opened;
  page.setDefaultTimeout(PATIENCE);
  await page.goto(`${site.url}?lang=${language}#${SMALL}`);
  await page.waitForFunction(() => document.querySelector('#bench button.main')?.disabled === false);
  await unfold(page);
  const button = await page.locator('#bench button.main').first().elementHandle();
  await button.click();
  // The same button, whatever it is called when the run is over.
  await page.waitForFunction((button) => document.querySelector('#bench progress').value === 1 && !button.disabled, button, { timeout: PATIENCE });
  await unfold(page);
  return opened;
}

/** Puts every question of every panel. */
async function ask(page) {
  for (const panel of await page.locator('.panel[id]').all()) {
    if (['seeds-panel', 'take-panel'].includes(await panel.getAttribute('id'))) continue;
    await panel.scrollIntoViewIfNeeded();
    for (const many of await panel.locator('.many').all()) {
      const button = many.locator('button').first();
      await page.waitForTimeout(200);
      if (await button.isDisabled()) continue;
      const verb = await button.textContent();
      await button.click();
      await page.waitForFunction(([line, name]) => line.querySelector('button').textContent === name && line.querySelector('.fine').textContent !== '' && line.querySelector('[aria-disabled=true]') === null, [await many.elementHandle(), verb]);
    }
  }
  await unfold(page);
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
  const english = await trained('en');
  const before = new Set(await texts(english.page));
  english.clean();
  await english.context.close();
  const { page, context, clean } = await trained('de');
  await ask(page);
  assert.equal(await page.getAttribute('html', 'lang'), 'de');
  const after = await texts(page);
  // Both pages really hold what is compared: the article and the form, and the German one all answers as well.
  assert.ok(before.size > 500 && after.length > 1000, `only ${before.size} and ${after.length} texts`);
  const left = after.filter((text) => !SAME.some((pattern) => pattern.test(text)));
  assert.deepEqual(left.filter((text) => before.has(text) && wordsIn(text).length >= 3), [], 'texts that are the same in both languages');
  assert.deepEqual(left.filter((text) => ENGLISH.test(text)), [], 'texts with English words');
  await shoot(page, 'german');
  clean();
  await context.close();
});

test('every text of the engine’s description has one in each language, and nothing else has', { timeout: 60_000 }, async () => {
  const { page, context, clean } = await openBlank(browser, site);
  const [wanted, languages, refused] = await page.evaluate(async () => {
    const [{ describe }, { refusal, textsOf }, { LANGUAGES }] = await Promise.all(['engine', 'names', 'words'].map((name) => import(`./js/${name}.js`)));
    const others = Object.keys(LANGUAGES).filter((language) => language !== 'en');
    const names = async (language) => [language, Object.keys((await import(`./js/strings/${language}.js`)).default.names)];
    const description = await describe();
    const reasons = [...new Set(description.methods.flatMap((method) => Object.values(method.refused ?? {})))];
    return [textsOf(description), await Promise.all(others.map(names)), reasons.map((reason) => [reason, refusal(reason)])];
  });
  assert.ok(wanted.length > 200);
  assert.ok(languages.length > 0);
  for (const [language, names] of languages) {
    assert.deepEqual(wanted.filter((text) => !names.includes(text)), [], `without a text in ${language}`);
    assert.deepEqual(names.filter((text) => !wanted.includes(text)), [], `${language}: of nothing that the engine says any more`);
  }
  // Reasons are retold by their pattern: in English they come out as the engine has them, so that each has one.
  assert.ok(refused.length > 20);
  for (const [reason, again] of refused) assert.equal(again, reason);
  clean();
  await context.close();
});

for (const [width, colorScheme] of [[1280, 'light'], [390, 'dark']]) {
  test(`axe finds nothing in German (${width} px, ${colorScheme})`, { timeout: 300_000 }, async () => {
    const { page, context, clean } = await trained('de', { viewport: { width, height: 900 }, colorScheme });
    await page.locator('#look-panel').scrollIntoViewIfNeeded();
    await page.waitForTimeout(1000);
    await check(page, 'German, finished');
    await checkTargets(page);
    await shoot(page, `german-${width}-${colorScheme}`);
    clean();
    await context.close();
  });
}

test('at 320 pixels nothing is wider than the screen, long words or not', { timeout: 300_000 }, async () => {
  const { page, context, clean } = await trained('de', { viewport: { width: 320, height: 800 } });
  await page.evaluate(() => {
    for (const details of document.querySelectorAll('details')) details.open = true;
  });
  const widths = () => page.evaluate(() => ({
    page: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    over: [...document.querySelectorAll('h1, h2, h3, h4, p, dt, dd, label, legend, summary, button, select, li')]
      .filter((element) => element.checkVisibility() && !element.closest('.scroller, .visually-hidden, .skip, math') && element.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
      .map((element) => `${element.tagName} ${element.textContent.slice(0, 60)}`),
  }));
  // Charts hear of their width one frame after they are unfolded.
  let wide = await widths();
  for (let looks = 0; looks < 100 && wide.page > 0; looks += 1) {
    await page.waitForTimeout(50);
    wide = await widths();
  }
  assert.deepEqual(wide, { page: 0, over: [] });
  clean();
  await context.close();
});

test('the language is chosen by keyboard; settings and the kept run stay, links carry it only when it was asked for', { timeout: 300_000 }, async () => {
  const { page, context, clean } = await openPage(browser, site);
  page.setDefaultTimeout(PATIENCE);
  await page.goto(`${site.url}#${SMALL}`);
  await page.getByText('images are shown to each student').waitFor();
  assert.equal(await page.getAttribute('html', 'lang'), 'en');
  await page.locator('#bench').getByRole('button', { name: 'One step' }).click();
  await page.getByText('Paused.').waitFor();
  const temperature = page.getByLabel('Temperature T', { exact: true });
  await temperature.fill('7');
  await temperature.blur();
  await page.waitForFunction(() => location.hash.includes('temperature=7'));
  assert.doesNotMatch(page.url(), /lang/);
  await untilKept(page, 1);
  await page.locator('.brand').focus();
  await reach(page, 'Tab', /^A Deutsch/);
  await page.keyboard.press('Enter');
  await page.getByText('Ihr Lauf vom').waitFor();
  assert.equal(await page.getAttribute('html', 'lang'), 'de');
  assert.equal(await page.title(), 'Was lernt ein Schülernetz von seinem Lehrer? · kd-lens');
  assert.equal(await page.locator('[data-setting=temperature] input[type=number]').inputValue(), '7');
  assert.match(page.url(), /#.*temperature=7.*&lang=de$/);
  // Once asked for, it stays in the link whatever is changed.
  const seed = page.locator('[data-setting=seed] input');
  await seed.fill('3');
  await seed.blur();
  await page.waitForFunction(() => location.hash.includes('seed=3'));
  assert.match(page.url(), /&lang=de$/);
  await page.getByRole('button', { name: 'Damit weitermachen' }).click();
  await page.getByText('Schritt 1 von 8').first().waitFor();
  await page.getByRole('link', { name: 'English' }).click();
  await page.getByText('Your run of').waitFor();
  assert.match(page.url(), /#dataset=shapes32.*&lang=en$/);
  assert.equal(await page.getAttribute('html', 'lang'), 'en');
  // What stands after ? holds as well, and gives way to the choice.
  await page.goto(`${site.url}?x=1&lang=de#seed=2`);
  await page.getByText('Dem Schüler und der Kontrolle werden je').waitFor();
  await page.getByRole('link', { name: 'English' }).click();
  await page.getByText('images are shown to each student').waitFor();
  assert.match(page.url(), /\?x=1#seed=2&lang=en$/);
  clean();
  await context.close();
});

test('a browser that prefers German gets German; an unknown language is passed over', { timeout: 120_000 }, async () => {
  const { page, context, clean } = await openPage(browser, site, { locale: 'de-CH' });
  await page.goto(site.url);
  await page.getByText('Dem Schüler und der Kontrolle werden je').waitFor();
  assert.equal(new URL(page.url()).hash, '');
  await page.goto(`${site.url}?lang=tlh`);
  await page.getByText('Dem Schüler und der Kontrolle werden je').waitFor();
  await page.goto(`${site.url}?lang=en-GB`);
  await page.getByText('images are shown to each student').waitFor();
  clean();
  await context.close();
});

test('an element speaks the language of its place, or its own', { timeout: 300_000 }, async () => {
  const { page, context, clean } = await openPage(browser, site);
  page.setDefaultTimeout(PATIENCE);
  const attributes = 'dataset="shapes32" train-images="32" test-images="32" batch-size="8" epochs="1" backend="cpu" parts="teach" loading="eager"';
  const html = `<!doctype html><html lang="de"><head><title>Ein Kurs</title><link rel="icon" href="data:,">
    <script type="module" src="element.js"></script></head><body><main><h1>Ein Kurs</h1><kd-lens ${attributes}></kd-lens></main></body></html>`;
  await page.route('**/host.html', (route) => route.fulfill({ contentType: 'text/html', body: html }));
  await page.goto(`${site.url}host.html`);
  await page.waitForFunction(() => customElements.get('kd-lens'));
  const state = await page.evaluate(() => document.querySelector('kd-lens').kdLens(1).ready());
  assert.match(state.link, /&lang=de$/, 'the whole page opens in the same language');
  const frame = page.frameLocator('iframe');
  await frame.getByRole('button', { name: 'Destillieren' }).waitFor();
  assert.equal(await frame.locator('html').getAttribute('lang'), 'de');
  assert.equal(await page.locator('iframe').getAttribute('title'), 'kd-lens: Wissensdestillation zum Ausprobieren');
  await check(page, 'an embedded element in German');
  await page.evaluate(() => document.querySelector('kd-lens').setAttribute('lang', 'en'));
  await frame.getByRole('button', { name: 'Distil', exact: true }).waitFor();
  assert.equal(await page.locator('iframe').evaluate((element) => element.contentDocument.documentElement.lang), 'en');
  clean();
  await context.close();
});
