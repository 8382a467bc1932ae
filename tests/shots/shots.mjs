// Pictures of every panel and state of the page, for a person to look at: `cargo xtask shots [FOLDER]`.
//
// Each scene (scenes.mjs) brings a page into a state once and names what is to be seen in it; that is then taken at 1280
// and 390 pixels, light and dark, as FOLDER/panel-width-theme.png, or as FOLDER/print.pdf, and put on one sheet, FOLDER/index.html.
//
//   node tests/shots/shots.mjs [FOLDER] [--only SCENE,…] [--readme]
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { openBrowser, openPage, openSite } from '../page/harness.mjs';
import { SCENES } from './scenes.mjs';
import { sheet } from './sheet.mjs';

const project = fileURLToPath(new URL('../..', import.meta.url));
const WIDTHS = [1280, 390];
const THEMES = ['light', 'dark'];
const HEIGHT = 900;
/** The picture at the top of README.md. */
const README = ['bench-view-1280-light.png', 'docs/page.png'];

/** What is taken of a part: the element, with the heading and the text above it that belong to it. */
function boxOf(selector) {
  const element = document.querySelector(selector);
  let top = element;
  if (element.matches('.panel, .bench, .lesson')) {
    while (top.previousElementSibling && !top.matches('h2, h3')) top = top.previousElementSibling;
    if (!top.matches('h2, h3')) top = element;
  }
  const boxes = [element, top].map((each) => each.getBoundingClientRect());
  const from = Math.min(...boxes.map((box) => box.top)) + scrollY;
  const to = Math.max(...boxes.map((box) => box.bottom)) + scrollY;
  return { y: Math.max(0, from - 12), height: to - from + 24 };
}

async function take(page, folder, { name, selector, at }, dress, width) {
  const file = `${name}-${dress}.png`;
  const to = path.join(folder, file);
  // Elsewhere the bar that stays at the top would lie across the picture.
  await page.evaluate(() => scrollTo({ top: 0, behavior: 'instant' }));
  if (selector === 'view') {
    if (at) await page.evaluate((where) => document.querySelector(where).scrollIntoView({ behavior: 'instant' }), at);
    await page.screenshot({ path: to });
  } else if (selector === 'page') {
    await page.screenshot({ path: to, fullPage: true });
  } else {
    const { y, height } = await page.evaluate(boxOf, selector);
    await page.screenshot({ path: to, fullPage: true, clip: { x: 0, y, width, height } });
  }
  return file;
}

/** Brings a scene about and takes its parts in every dress. @returns {Promise<{name: string, files: string[]}[]>} */
async function shootScene(browser, site, scene, folder) {
  const options = { viewport: { width: WIDTHS[0], height: HEIGHT }, colorScheme: THEMES[0], reducedMotion: 'reduce' };
  const { page, context, problems } = await openPage(browser, site, options);
  page.setDefaultTimeout(300_000);
  await scene.prepare(page, site);
  const rows = (scene.parts ?? []).map(({ name }) => ({ name, files: [] }));
  if (scene.print) {
    // As Chromium prints it: pages of paper are no screen of another width.
    const file = `${scene.name}.pdf`;
    const printer = await context.newCDPSession(page);
    const { data } = await printer.send('Page.printToPDF', { preferCSSPageSize: true });
    writeFileSync(path.join(folder, file), Buffer.from(data, 'base64'));
    await context.close();
    return [{ name: scene.name, files: [file] }];
  }
  for (const width of WIDTHS) {
    for (const theme of THEMES) {
      await page.setViewportSize({ width, height: HEIGHT });
      await page.emulateMedia({ colorScheme: theme });
      await scene.dressed?.(page, width);
      // Charts are drawn anew where their size or colours change.
      await page.waitForTimeout(600);
      for (const [i, part] of scene.parts.entries()) {
        rows[i].files.push(await take(page, folder, part, `${width}-${theme}`, width));
      }
    }
  }
  await context.close();
  for (const problem of problems.filter((text) => !scene.allowed?.test(text))) console.log(`  ${scene.name}: ${problem}`);
  return rows;
}

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { only: { type: 'string' }, readme: { type: 'boolean', default: false } },
  });
  const folder = path.resolve(positionals[0] ?? path.join(project, 'target/panels'));
  const named = values.only?.split(',');
  const unknown = named?.find((name) => !SCENES.some((scene) => scene.name === name));
  if (unknown) {
    console.error(`error: there is no scene “${unknown}”; there are ${SCENES.map(({ name }) => name).join(', ')}`);
    process.exit(1);
  }
  mkdirSync(folder, { recursive: true });
  const site = await openSite();
  const browser = await openBrowser({ webgpu: false, args: ['--hide-scrollbars'] });
  const rows = [];
  try {
    for (const scene of SCENES.filter(({ name }) => named?.includes(name) ?? true)) {
      console.log(`${scene.name}: ${scene.shows}`);
      rows.push({ scene, rows: await shootScene(browser, site, scene, folder) });
    }
  } finally {
    await browser.close();
    await site.close();
  }
  writeFileSync(path.join(folder, 'index.html'), sheet(rows));
  if (values.readme && !named?.includes('opening') && named) throw new Error('--readme needs the scene “opening”');
  if (values.readme) copyFileSync(path.join(folder, README[0]), path.join(project, README[1]));
  console.log(`${rows.flatMap((row) => row.rows).flatMap((row) => row.files).length} pictures are in ${folder}; index.html there shows them all.`);
}

await main();
