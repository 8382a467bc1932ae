// Packs a finished site into one file, to be unpacked on any web server: everything in it but the copies that are packed for
// servers which choose among them.
//
//   node xtask/zip.mjs dist target/package
import { once } from 'node:events';
import { createReadStream, createWriteStream, mkdirSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { finished } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { Zip, ZipDeflate, ZipPassThrough } from 'fflate';
import { version } from './package.mjs';

/** The folder in the zip. */
const FOLDER = 'kd-lens';
const LEFT_OUT = /\.(br|gz)$|(^|\/)\./;
/** What hardly shrinks. */
const AS_IT_IS = /\.(bin|safetensors|png)$/;
/** The same files make the same zip: the time of a file is none of its business. */
const TIME = new Date(1980, 0, 1);

/**
 * @param {string} site the finished site
 * @param {string} out where the zip goes
 * @returns {Promise<string>} its path
 */
export async function makeZip(site, out) {
  mkdirSync(out, { recursive: true });
  const target = path.join(out, `kd-lens-site-${version()}.zip`);
  const file = createWriteStream(target);
  let failed;
  const zip = new Zip((error, chunk, last) => {
    failed ??= error;
    if (chunk) file.write(chunk);
    if (last) file.end();
  });
  for (const name of readdirSync(site, { recursive: true, withFileTypes: true }).filter((entry) => !entry.isDirectory()).map((entry) => path.relative(site, path.join(entry.parentPath ?? entry.path, entry.name)).replaceAll(path.sep, '/')).sort()) {
    if (LEFT_OUT.test(name)) continue;
    const entry = AS_IT_IS.test(name) ? new ZipPassThrough(`${FOLDER}/${name}`) : new ZipDeflate(`${FOLDER}/${name}`, { level: 9 });
    entry.mtime = TIME;
    zip.add(entry);
    for await (const chunk of createReadStream(path.join(site, name))) {
      entry.push(chunk);
      if (file.writableNeedDrain) await once(file, 'drain');
    }
    entry.push(new Uint8Array(), true);
  }
  zip.end();
  await finished(file);
  if (failed) throw failed;
  return target;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await makeZip(process.argv[2], process.argv[3]);
