// Makes the scripts and styles of a finished site smaller, each file for itself: what imports a module by its path still does.
//
//   node xtask/minify.mjs dist
import { readFile, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { transform } from 'esbuild';

/** Examples are there to be read; the engines' glue is written by wasm-bindgen, which keeps it short. */
const LEFT_OUT = /^(data|engine|examples|models|python|recorded|studies)\//;
const SMALLER = /\.(js|mjs|css)$/;
/** A comment by which Vite knows that an address is not its business, in the npm package. esbuild keeps it only where it keeps white space. */
const FOR_BUNDLERS = '@vite-ignore';

/** The first comment of a file that others wrote: its licence. */
const licence = (text) => text.match(/^\s*\/\*[^]*?\*\//)?.[0].trim() ?? '';

/** The article's English stands in index.html, and there it is read; in the strings it is for whoever translates. */
const TWICE = { file: 'js/strings/en.js', section: /^  article: \{\n[^]*?^  \},\n/m, left: '  article: {},\n' };

function withoutArticle(text) {
  if (!TWICE.section.test(text)) throw new Error(`${TWICE.file} has no section “article” where xtask/minify.mjs looks for it.`);
  return text.replace(TWICE.section, TWICE.left);
}

/** @param {string} site folder of the finished site */
export async function minify(site) {
  for (const entry of await readdir(site, { recursive: true, withFileTypes: true })) {
    const file = path.join(entry.parentPath ?? entry.path, entry.name);
    const name = path.relative(site, file).replaceAll(path.sep, '/');
    if (!entry.isFile() || !SMALLER.test(name) || LEFT_OUT.test(name)) continue;
    const text = await readFile(file, 'utf8');
    const { code } = await transform(name === TWICE.file ? withoutArticle(text) : text, {
      loader: name.endsWith('.css') ? 'css' : 'js',
      charset: 'utf8',
      target: 'es2022',
      legalComments: 'none',
      banner: name.startsWith('vendor/') ? licence(text) : '',
      minifyIdentifiers: true,
      minifySyntax: true,
      minifyWhitespace: !text.includes(FOR_BUNDLERS),
    });
    await writeFile(file, code);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await minify(process.argv[2]);
