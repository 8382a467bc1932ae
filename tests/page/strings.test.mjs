// The page's strings: complete in every language, and a check that notices when they are not. Needs no browser and no engine.
import assert from 'node:assert/strict';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { checkStrings } from '../../xtask/strings.mjs';

const www = fileURLToPath(new URL('../../www', import.meta.url));

/** What the check says of a copy of www/ in which these files were replaced: by path, what to put in place of what. */
async function damaged(changes) {
  const copy = await mkdtemp(path.join(tmpdir(), 'kd-lens-strings-'));
  try {
    await writeFile(path.join(copy, 'package.json'), '{"type": "module"}');
    for (const part of ['js', 'index.html']) await cp(path.join(www, part), path.join(copy, part), { recursive: true });
    for (const [file, replace] of Object.entries(changes)) {
      const before = await readFile(path.join(copy, file), 'utf8');
      const after = replace(before);
      assert.notEqual(after, before, `the damage to ${file} did not take`);
      await writeFile(path.join(copy, file), after);
    }
    return await checkStrings(copy);
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
}

const DE = 'js/strings/de.js';
const EN = 'js/strings/en.js';
const HEADER = 'js/views/header.js';
/** Puts an entry at the beginning of the section `header`. */
const entry = (text) => (file) => file.replace('\n  header: {', `\n  header: {\n    ${text},`);
const ENTRY = { [EN]: entry('probe: (n, rate) => `${n} ${rate}`'), [DE]: entry('probe: (n, rate) => `${rate} ${n}`') };
const USE = { [HEADER]: (file) => `${file}\nexport const probe = () => t.probe(1, 2);\n` };

test('every language is complete', async () => {
  assert.deepEqual(await checkStrings(www), []);
});

test('a string that is missing, left over, of another kind or empty is found', { timeout: 120_000 }, async () => {
  assert.deepEqual(await damaged({ ...ENTRY, ...USE }), [], 'the copy itself is in order');
  assert.deepEqual(await damaged({ [EN]: ENTRY[EN], ...USE }), ['de: header.probe is missing.']);
  assert.deepEqual(await damaged({ [DE]: (file) => file.replace('\n  names: {', '\n  nouns: {') }), ['de: names is missing.', 'de: nouns is not in en.']);
  assert.deepEqual(await damaged({ [DE]: ENTRY[DE] }), ['de: header.probe is not in en.']);
  assert.deepEqual(await damaged({ ...ENTRY, ...USE, [DE]: entry("probe: 'nur ein Satz'") }), ['de: header.probe is of kind string, in en it is of kind function.']);
  assert.deepEqual(await damaged({ ...ENTRY, ...USE, [DE]: entry('probe: (n) => `${n}`') }), ['de: header.probe takes 1 parameters, in en it takes 2.']);
  assert.deepEqual(await damaged({ [EN]: entry("probe: 'a'"), [DE]: entry("probe: ' '"), ...USE }), ['de: header.probe is empty or no text.']);
});

test('a string that is used and does not exist, or exists and is not used, is found', async () => {
  assert.deepEqual(await damaged(USE), ['js/views/header.js names header.probe, which is not in strings/en.js.']);
  assert.deepEqual(await damaged({ [HEADER]: (file) => `${file}\nexport const probe = () => words.nowhere.probe;\n` }), ['js/views/header.js names nowhere, which is not in strings/en.js.']);
  assert.deepEqual(await damaged(ENTRY), ['en: header.probe is never used.']);
  assert.deepEqual(await damaged({ ...ENTRY, [HEADER]: (file) => `${file}\n// t.probe is only spoken of\n` }), ['en: header.probe is never used.']);
});

test('a language that is listed and has no file is found', async () => {
  assert.deepEqual(await damaged({ 'js/words.js': (file) => file.replace("de: 'Deutsch'", "de: 'Deutsch', fr: 'Français'") }), ['js/words.js lists fr, but there is no strings/fr.js.']);
});

test('an article whose English differs from its markup, or whose translation has lost a link, is found', async () => {
  const other = await damaged({ 'index.html': (file) => file.replace('what fools them and what they ignore.', 'what fools them.') });
  assert.equal(other.length, 1);
  assert.match(other[0], /^en: article\.description differs from index\.html: “.*what they ignore\.” there, “.*what fools them\.” here\.$/);
  const lost = await damaged({ [DE]: (file) => file.replace('href="#term-seed"', 'href="#seed"') });
  assert.equal(lost.length, 1);
  assert.match(lost[0], /^de: article\.seedsMeasured has other ids or links than en/);
  assert.deepEqual(await damaged({ 'index.html': (file) => file.replace(' data-t="lede"', '') }), ['en: article.lede is not in index.html.']);
});
