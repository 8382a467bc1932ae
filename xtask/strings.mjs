// Holds the page's strings against one another and against what uses them: every language has the keys of English, each of the
// same kind; every string that the scripts name is there; none is there for nothing; the article's English is that of index.html.
//
//   node xtask/strings.mjs [www]
import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const REFERENCE = 'en';
/** English takes these from the engine's own description, so that only the other languages have any. */
const ENGINES_OWN = 'names';
/** Used by the markup of the article, not by scripts. */
const ARTICLE = 'article';
const IMPORT = /^import \{[^}]*\bwords\b[^}]*\} from '[./]*\/words\.js';$/m;
const MARKED = /\sdata-t(?:-([a-z-]+))?="([^"]*)"/g;

const isTree = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);
const kindOf = (value) => (Array.isArray(value) ? 'array' : value === null ? 'null' : typeof value);

/** Every string, function and array of a tree with its path, such as `fool.attack`. */
function leavesOf(tree, at = []) {
  return Object.entries(tree).flatMap(([key, value]) => (isTree(value) ? leavesOf(value, [...at, key]) : [[[...at, key].join('.'), value]]));
}

/**
 * @param {string} www folder of the page
 * @returns {Promise<string[]>} one sentence for each thing that is wrong
 */
export async function checkStrings(www) {
  const folder = path.join(www, 'js/strings');
  const files = (await readdir(folder)).filter((name) => name.endsWith('.js')).sort();
  const languages = Object.fromEntries(await Promise.all(files.map(async (name) => [path.basename(name, '.js'), (await import(pathToFileURL(path.join(folder, name)))).default])));
  const reference = languages[REFERENCE];
  const others = Object.entries(languages).filter(([language]) => language !== REFERENCE);
  const { LANGUAGES } = await import(pathToFileURL(path.join(www, 'js/words.js')));
  const listed = Object.keys(LANGUAGES).filter((language) => !(language in languages)).map((language) => `js/words.js lists ${language}, but there is no strings/${language}.js.`);
  const unlisted = Object.keys(languages).filter((language) => !(language in LANGUAGES)).map((language) => `There is a strings/${language}.js, but js/words.js does not list ${language}.`);
  return [
    ...listed,
    ...unlisted,
    ...Object.entries(languages).flatMap(([language, tree]) => empties(language, tree)),
    ...others.flatMap(([language, tree]) => compare(language, reference, tree)),
    ...(await uses(www, reference)),
    ...(await article(www, languages)),
  ];
}

/** What a language lacks, has too much, or has in another kind than English. */
function compare(language, reference, tree, at = []) {
  return [...new Set([...Object.keys(reference), ...Object.keys(tree)])].flatMap((key) => {
    const place = [...at, key].join('.');
    if (!(key in tree)) return [`${language}: ${place} is missing.`];
    if (place === ENGINES_OWN && isTree(tree[key])) return [];
    if (!(key in reference)) return [`${language}: ${place} is not in ${REFERENCE}.`];
    const [mine, theirs] = [tree[key], reference[key]];
    if (isTree(mine) && isTree(theirs)) return compare(language, theirs, mine, [...at, key]);
    if (kindOf(mine) !== kindOf(theirs)) return [`${language}: ${place} is of kind ${kindOf(mine)}, in ${REFERENCE} it is of kind ${kindOf(theirs)}.`];
    if (typeof mine === 'function' && mine.length !== theirs.length) return [`${language}: ${place} takes ${mine.length} parameters, in ${REFERENCE} it takes ${theirs.length}.`];
    if (Array.isArray(mine) && mine.length !== theirs.length) return [`${language}: ${place} has ${mine.length} entries, in ${REFERENCE} it has ${theirs.length}.`];
    return [];
  });
}

const empties = (language, tree) =>
  leavesOf(tree)
    .filter(([, value]) => (typeof value === 'string' && value.trim() === '') || !['string', 'function', 'array'].includes(kindOf(value)) || (Array.isArray(value) && value.some((entry) => typeof entry === 'string' && entry.trim() === '')))
    .map(([place]) => `${language}: ${place} is empty or no text.`);

/** Strings that scripts name and that are not there, and strings that nothing names. */
async function uses(www, reference) {
  const used = new Set();
  const findings = [];
  for (const file of await scripts(www)) {
    const source = withoutComments(await readFile(path.join(www, file), 'utf8'));
    if (!IMPORT.test(source)) continue;
    for (const { place, known } of named(source.replace(IMPORT, ''), reference)) {
      if (!known) findings.push(`js/${file.slice(3)} names ${place}, which is not in strings/${REFERENCE}.js.`);
      else for (const leaf of known) used.add(leaf);
    }
  }
  const idle = leavesOf(reference).map(([place]) => place).filter((place) => !place.startsWith(`${ARTICLE}.`) && !used.has(place));
  return [...new Set([...findings, ...idle.map((place) => `${REFERENCE}: ${place} is never used.`)])];
}

/** Every place of the strings that a script names, with the leaves that it thereby uses; `known` is null where there is none. */
function named(source, reference) {
  const found = [];
  const NAME = '[A-Za-z_$][\\w$]*';
  const PATH = `((?:\\??\\.${NAME})*)`;
  /** Follows `.a.b` from a tree as far as strings go: what comes behind a leaf, such as `.length`, is no key. */
  const take = (start, dotted) => {
    let tree = reference;
    const place = [];
    for (const key of [...start, ...dotted.split(/\??\./).filter(Boolean)]) {
      if (!isTree(tree)) break;
      place.push(key);
      // Methods of objects, as in Object.hasOwn, are not asked of strings; what is not there is a mistake.
      if (!(key in tree)) return found.push({ place: place.join('.'), known: null });
      tree = tree[key];
    }
    const at = place.join('.');
    return found.push({ place: at, known: isTree(tree) ? leavesOf(tree, place).map(([leaf]) => leaf) : [at] });
  };
  const aliases = new Map();
  const declared = new RegExp(`\\b(?:const|let)\\s+(${NAME})\\s*=\\s*words\\.(${NAME})${PATH}\\s*(?=[;,\\n])`, 'g');
  const rest = source
    .replace(declared, (_, alias, section, dotted) => {
      aliases.set(alias, [section, ...dotted.split('.').filter(Boolean)]);
      if (!(section in reference)) found.push({ place: section, known: null });
      return '';
    })
    .replace(new RegExp(`\\b(?:const|let)\\s+\\{([^}]*)\\}\\s*=\\s*words\\.(${NAME})`, 'g'), (_, names, section) => {
      for (const name of names.split(',')) if (name.trim()) take([section], `.${name.split(':')[0].split('=')[0].trim()}`);
      return '';
    });
  for (const [, section, dotted] of rest.matchAll(new RegExp(`(?<![\\w$.'"])words\\.(${NAME})${PATH}`, 'g'))) take([section], dotted);
  for (const [alias, start] of aliases) {
    const name = alias.replaceAll('$', '\\$');
    for (const [, dotted] of rest.matchAll(new RegExp(`(?<![\\w$.'"])${name}((?:\\??\\.${NAME})+)`, 'g'))) take(start, dotted);
    // By a computed key, or handed on: all of it.
    if (new RegExp(`(?<![\\w$.'"])${name}\\[|[(,=]\\s*${name}\\s*[,)};]|\\.\\.\\.${name}\\b|\\bin ${name}\\b`).test(rest)) take(start, '');
  }
  return found;
}

async function scripts(www) {
  const found = await readdir(path.join(www, 'js'), { recursive: true });
  return found.map((name) => `js/${name.replaceAll(path.sep, '/')}`).filter((name) => name.endsWith('.js') && !name.startsWith('js/strings/'));
}

/** Comments may speak of strings without using them. One begins a line or stands behind a space: `'image/*'` begins none. */
const withoutComments = (source) => source.replace(/(^|\s)\/\*[\s\S]*?\*\//g, '$1').replace(/(^|\s)\/\/ .*$/gm, '$1');

/** The article: every block names a string, English stands in the markup as in the strings, and no string is left over. */
async function article(www, languages) {
  const html = await readFile(path.join(www, 'index.html'), 'utf8');
  const english = languages[REFERENCE][ARTICLE];
  const findings = [];
  const marked = new Set();
  for (const { key, text } of blocksOf(html)) {
    marked.add(key);
    if (!(key in english)) findings.push(`index.html names ${ARTICLE}.${key}, which is not in strings/${REFERENCE}.js.`);
    else if (flat(english[key]) !== flat(text)) findings.push(`${REFERENCE}: ${ARTICLE}.${key} differs from index.html: “${flat(english[key])}” there, “${flat(text)}” here.`);
  }
  for (const key of Object.keys(english)) if (!marked.has(key)) findings.push(`${REFERENCE}: ${ARTICLE}.${key} is not in index.html.`);
  for (const [language, { [ARTICLE]: strings }] of Object.entries(languages)) {
    for (const key of Object.keys(english).filter((name) => typeof strings[name] === 'string')) {
      if (language !== REFERENCE && skeleton(strings[key]) !== skeleton(english[key])) findings.push(`${language}: ${ARTICLE}.${key} has other ids or links than ${REFERENCE}: ${skeleton(strings[key]) || 'none'} in place of ${skeleton(english[key]) || 'none'}.`);
    }
  }
  return findings;
}

const flat = (text) => text.replace(/\s+/g, ' ').trim();
/** What must be the same in every language, in whatever order: ids and links, and tags but for words of another language. */
const skeleton = (html) => [...html.replace(/<span lang="[^"]*">/g, '').matchAll(/\s(?:id|href)="[^"]*"|<[a-z0-9]+/g)].map(([part]) => part.trim()).sort().join(' ');

/** Every block of the article: its key and the inner HTML, or the attribute's text. @returns {{key: string, text: string}[]} */
function blocksOf(html) {
  const blocks = [];
  for (const tag of html.matchAll(/<([a-zA-Z0-9]+)((?:\s+[\w:-]+(?:="[^"]*")?)*)\s*\/?>/g)) {
    const [whole, name, attributes] = tag;
    for (const [, attribute, key] of attributes.matchAll(MARKED)) {
      if (attribute) {
        const [, value] = attributes.match(new RegExp(`\\s${attribute}="([^"]*)"`)) ?? [null, ''];
        blocks.push({ key, text: unescaped(value) });
      } else {
        blocks.push({ key, text: inside(html, tag.index + whole.length, name) });
      }
    }
  }
  return blocks;
}

/** What stands up to the end of an element that begins before `from`. */
function inside(html, from, name) {
  let depth = 1;
  for (const found of html.slice(from).matchAll(new RegExp(`<(/?)${name}\\b`, 'g'))) {
    depth += found[1] ? -1 : 1;
    if (depth === 0) return html.slice(from, from + found.index);
  }
  return html.slice(from);
}

const unescaped = (text) => text.replaceAll('&amp;', '&').replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"');

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const found = await checkStrings(path.resolve(process.argv[2] ?? fileURLToPath(new URL('../www', import.meta.url))));
  for (const sentence of found) console.error(sentence);
  if (found.length > 0) {
    console.error(`The page's strings have ${found.length} ${found.length === 1 ? 'fault' : 'faults'}.`);
    process.exitCode = 1;
  }
}
