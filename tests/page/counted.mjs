// A site whose worker, and pages that, count their WebGPU calls and WebAssembly memory (counters.js).
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { openSite } from './harness.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
export const COUNTERS = path.join(here, 'counters.js');

/** The site with the counters in front of its worker's own code. Takes the options of `openSite`. */
export async function openCountedSite(options = {}) {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'kd-lens-counted-'));
  const own = readFileSync(path.join(here, '../../www/js/worker.js'), 'utf8');
  mkdirSync(path.join(folder, 'js'));
  writeFileSync(path.join(folder, 'js/worker.js'), `${readFileSync(COUNTERS, 'utf8')}\n${own}`);
  const site = await openSite({ ...options, before: [folder] });
  return {
    ...site,
    async close() {
      await site.close();
      rmSync(folder, { recursive: true });
    },
  };
}

/** The counters of a page and of all its workers: GPU counts and WebAssembly bytes, added up. */
export async function counted(page) {
  const parts = [await page.evaluate(() => globalThis.counters?.() ?? null)];
  for (const worker of page.workers()) parts.push(await worker.evaluate(() => globalThis.counters?.() ?? null));
  const sum = { dispatches: 0, submits: 0, buffers: 0, bytes: 0, peakBytes: 0, wasmBytes: 0 };
  for (const part of parts.filter(Boolean)) {
    for (const [name, value] of Object.entries({ ...part.gpu, wasmBytes: part.wasmBytes })) sum[name] += value;
  }
  return sum;
}
