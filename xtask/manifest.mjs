// Writes into a finished site which build it is: `sw-files.js`, the list of files by which the service worker (www/sw.js)
// keeps the site, and `js/build.js`, by which the page knows that it may be kept and what
// need not be asked for.
//
//   node xtask/manifest.mjs dist
import { createHash } from 'node:crypto';
import { readFile, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** Not part of the list: the list itself, who reads it, packed copies, and what depends on the version. */
const LEFT_OUT = /^(sw\.js|sw-files\.js|js\/build\.js)$|\.(br|gz)$/;
/** What a site may lack: the page asks for such a file only where it is. */
const EXTRA = /^(recorded\/run\.json|studies\/papers\.json|data\/[^/]+\/index\.json)$/;
/** Kept only once it has been fetched: large, or seldom opened. */
const LATER = /^(data|engine\/gpu|studies|examples)\/|^recorded\/(?!run\.json$)|\.md$|(^|\/)LICENSE/;

const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');

/** @param {string} site folder of the finished site @returns {Promise<string>} the version, made of what the files hold */
export async function writeManifest(site) {
  const found = await readdir(site, { recursive: true, withFileTypes: true });
  const paths = found.filter((entry) => entry.isFile()).map((entry) => path.relative(site, path.join(entry.parentPath ?? entry.path, entry.name)).replaceAll(path.sep, '/'));
  const files = {};
  for (const file of paths.filter((name) => !LEFT_OUT.test(name) && !/(^|\/)\./.test(name)).sort()) {
    files[file] = { sha256: sha256(await readFile(path.join(site, file))), core: !LATER.test(file) };
  }
  const version = sha256(JSON.stringify(files)).slice(0, 16);
  const extras = JSON.stringify(Object.keys(files).filter((file) => EXTRA.test(file)));
  const build = `/** Which build of the site this is, and what it has of what a site may lack. Written by xtask/manifest.mjs. */\nexport const BUILD = '${version}';\nexport const EXTRAS = ${extras};\n`;
  await writeFile(path.join(site, 'js/build.js'), build);
  files['js/build.js'] = { sha256: sha256(build), core: true };
  await writeFile(path.join(site, 'sw-files.js'), `// Written by xtask/manifest.mjs.\nself.KD_LENS_FILES = ${JSON.stringify({ version, files }, null, 1)};\n`);
  return version;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(`This is build ${await writeManifest(process.argv[2])}.`);
