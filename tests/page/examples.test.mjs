// The files under examples/: each is opened as the page that its tool makes of it, on another site than kd-lens, and the
// README shows them as they are.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { check } from './accessibility.mjs';
import { openPage, openSite, shoot, stage } from './harness.mjs';
import { openHosts } from './hosts.mjs';

const { site: own, browser } = await stage({ webgpu: false });
const site = await openSite({ headers: { 'Access-Control-Allow-Origin': '*' } });
after(() => site.close());
const elsewhere = await openHosts();

const read = (file) => readFileSync(new URL(`../../examples/${file}`, import.meta.url), 'utf8');
const page = (head, body) => `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>A course</title><link rel="icon" href="data:,">${head}</head><body><h1>A course</h1>${body}</body></html>`;
/** What stands between the fences of the first block of this kind: its argument and its text. */
function block(text, kind) {
  const found = new RegExp(`^\`\`\`${kind.replace(/[{}]/g, '\\$&')} ?(.*)\n([^]*?)^\`\`\`$`, 'm').exec(text);
  assert.ok(found, `there is no block ${kind}`);
  return { argument: found[1], text: found[2] };
}

/** The page that each tool makes of its file, with the address of kd-lens where the author has put the one of their own. */
const PAGES = {
  'plain.html': (text) => text.replace('</head>', '<link rel="icon" href="data:,"></head>'),
  'quarto.qmd': (text) => page('', block(text, '{=html}').text),
  'moodle.html': (text) => page('', text),
  'myst.md': (text) => {
    const { argument, text: body } = block(text, '{anywidget}');
    return page(
      '',
      `<div id="cell"></div><script type="module">
        import widget from ${JSON.stringify(argument)};
        const values = ${body};
        const model = { get: (name) => values[name], set: (name, value) => { values[name] = value; }, save_changes() {}, on() {}, off() {} };
        await widget.render({ model, el: document.getElementById('cell') });
      </script>`,
    );
  },
  'observable.md': (text) =>
    page(
      '',
      `<script type="module">
        const html = (strings) => document.createRange().createContextualFragment(strings[0]).firstElementChild;
        const display = (element) => document.body.appendChild(element);
        const Generators = { observe: (begin) => begin((value) => { window.told = value; }) };
        ${block(text, 'js').text}
      </script>`,
    ),
};

for (const [file, make] of Object.entries(PAGES)) {
  test(`${file} opens`, { timeout: 120_000 }, async () => {
    const html = make(read(file)).replaceAll('https://example.org/kd-lens/', site.url);
    assert.ok(html.includes(site.url));
    const opened = await openPage(browser, site);
    await opened.page.goto(elsewhere(html));
    const frame = opened.page.frameLocator('iframe');
    await opened.page.locator('iframe').scrollIntoViewIfNeeded();
    await frame.locator('[data-setting=seed]').waitFor({ state: 'attached' });
    assert.equal(await frame.locator('[data-setting=dataset] select').inputValue(), 'shapes32');
    assert.match(await opened.page.locator('iframe').getAttribute('title'), /^Distil a network/);
    assert.equal(await frame.locator('.embed-run .notice').count(), 0, 'nothing had to be passed over');
    if (file === 'observable.md') {
      await opened.page.evaluate(() => document.querySelector('kd-lens').set({ trainImages: 64, testImages: 32, batchSize: 8, epochs: 1, backend: 'cpu' }));
      await opened.page.evaluate(() => document.querySelector('kd-lens').run());
      await opened.page.waitForFunction(() => window.told?.length === 1);
    }
    opened.clean(/another host: http:\/\/localhost/);
  });
}

test('the README shows the examples as they are', () => {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
  for (const file of [...Object.keys(PAGES), 'jupyter.py']) assert.ok(readme.includes(`\n${read(file)}`), `README.md does not show examples/${file} as it is`);
});

test('the traits of the notebook’s class are those of the widget', () => {
  const traits = [...read('jupyter.py').matchAll(/^ {4}(\w+) = traitlets/gm)].map(([, name]) => name);
  const widget = readFileSync(new URL('../../www/widget.mjs', import.meta.url), 'utf8');
  const documented = [...widget.split('*/')[0].matchAll(/`(\w+)`(?=[^`\n]*(?:\||,| \())/g)].map(([, name]) => name);
  for (const name of traits) assert.ok(documented.includes(name), name);
});

test('the lesson on dark knowledge is worked through', { timeout: 400_000 }, async () => {
  const opened = await openPage(browser, own);
  const { page: lesson, clean } = opened;
  lesson.setDefaultTimeout(200_000);
  await lesson.goto(`${own.url}examples/dark-knowledge.html?trainImages=64&testImages=40&batchSize=16&epochs=1&backend=cpu`);
  await lesson.getByText('Ready. Three trainings').waitFor();
  for (const [width, colorScheme] of [[390, 'dark'], [1280, 'light']]) {
    await lesson.setViewportSize({ width, height: 900 });
    await lesson.emulateMedia({ colorScheme });
    await lesson.waitForTimeout(500);
    await check(lesson, `the lesson, ${width} px, ${colorScheme}`);
    await shoot(lesson, `lesson-${width}-${colorScheme}`);
    assert.equal(await lesson.evaluate(() => document.documentElement.scrollWidth <= document.documentElement.clientWidth), true);
  }
  await lesson.getByRole('button', { name: 'Train the three students' }).click();
  await lesson.getByText(/^All three have been trained/).waitFor();
  const rows = await lesson.locator('#outcome tbody tr').evaluateAll((all) => all.map((row) => [...row.cells].map((cell) => cell.textContent)));
  assert.equal(rows.length, 3);
  for (const [, student, control, difference] of rows) assert.match(difference, /^[+−]\d+\.\d points \([+−]\d+\.\d to [+−]\d+\.\d\)$/, `${student} ${control}`);
  for (const [, student, control] of rows) for (const cell of [student, control]) assert.match(cell, /^\d+\s%\s\(\d+–\d+\)$/);
  assert.equal(new Set(rows.map(([, , control]) => control)).size, 1, 'the three controls are one and the same');
  const said = await lesson.locator('#verdict').textContent();
  assert.match(said, /40 test images/);
  const nearChance = rows.every((row) => [row[1], row[2]].every((cell) => parseInt(cell, 10) < 20));
  assert.match(said, nearChance ? /near chance.*Train longer/ : /^Soft targets: .* Permuted dark knowledge: .* Label smoothing: .*separate runs/);
  const frame = lesson.frameLocator('#lens iframe');
  for (const part of ['#lesson', '#seeds-panel']) assert.equal(await frame.locator(part).isVisible(), false, 'nothing beside the lesson’s own runs');
  await shoot(lesson, 'lesson-after');
  clean();
});
