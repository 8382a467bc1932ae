// Compresses files as well as Node's zlib can: for every pair of arguments (FILE, OUT) it writes OUT.br and OUT.gz.
import { readFile, writeFile, rename } from 'node:fs/promises';
import { promisify } from 'node:util';
import { availableParallelism } from 'node:os';
import zlib from 'node:zlib';

const brotli = promisify(zlib.brotliCompress);
const gzip = promisify(zlib.gzip);

/** Writes under another name first, so that an interrupted run leaves no half file behind. */
async function write(path, bytes) {
  await writeFile(`${path}.partial`, bytes);
  await rename(`${path}.partial`, path);
}

async function compress(file, out) {
  const bytes = await readFile(file);
  const options = {
    params: {
      [zlib.constants.BROTLI_PARAM_QUALITY]: zlib.constants.BROTLI_MAX_QUALITY,
      [zlib.constants.BROTLI_PARAM_LGWIN]: zlib.constants.BROTLI_MAX_WINDOW_BITS,
      [zlib.constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
    },
  };
  await Promise.all([
    brotli(bytes, options).then((result) => write(`${out}.br`, result)),
    gzip(bytes, { level: 9 }).then((result) => write(`${out}.gz`, result)),
  ]);
}

const args = process.argv.slice(2);
const pairs = Array.from({ length: args.length / 2 }, (_, i) => args.slice(2 * i, 2 * i + 2));
// zlib works in threads; more files at once than cores would only take memory.
await Promise.all(
  Array.from({ length: availableParallelism() }, async () => {
    for (let pair = pairs.shift(); pair; pair = pairs.shift()) await compress(...pair);
  }),
);
