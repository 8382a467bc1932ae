// Prints the files that a first visit of a finished site loads before it shows anything of a run, one a line: the page with its styles and
// all modules, in one language, without engines, weights and recordings.
//
//   node xtask/visit.mjs dist
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';

const site = process.argv[2];
const html = readFileSync(path.join(site, 'index.html'), 'utf8');
const styles = [...html.matchAll(/<link rel="stylesheet" href="([^"]+)"/g)].map(([, href]) => href);
const scripts = [...html.matchAll(/<script[^>]* src="([^"]+)"/g)].map(([, src]) => src);
/** The language of a visit; a module asks for it by a name that it makes. */
const LANGUAGE = 'js/strings/en.js';

// The worker is no import: it is started by its address.
const entries = [...scripts, 'js/worker.js', LANGUAGE, ...styles];
const { metafile } = await build({
  absWorkingDir: path.resolve(site),
  entryPoints: entries,
  outdir: 'none',
  bundle: true,
  write: false,
  metafile: true,
  format: 'esm',
  logLevel: 'error',
  loader: { '.svg': 'file', '.png': 'file', '.woff2': 'file' },
  external: ['*/kd_lens.js'],
});
/** Whatever is imported at once; `import()` waits until somebody wants it. */
const found = new Set();
const follow = (file) => {
  if (found.has(file) || !metafile.inputs[file]) return;
  found.add(file);
  for (const { path: imported, kind } of metafile.inputs[file].imports) if (kind !== 'dynamic-import') follow(imported);
};
entries.forEach(follow);
for (const file of ['index.html', ...found].sort()) console.log(file);
