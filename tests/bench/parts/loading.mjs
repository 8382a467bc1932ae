// From the navigation to the first finished training step, with an empty and a filled cache; what is downloaded for it; memory.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { fileURLToPath } from 'node:url';
import zlib from 'node:zlib';
import { COUNTERS, counted } from '../../page/counted.mjs';
import { openBrowser, openPage } from '../../page/harness.mjs';
import { within } from '../contenders.mjs';
import { NORMALISATION, TRAINING, supervised } from '../settings.mjs';
import { summary } from '../statistics.mjs';

/** Where `cargo xtask build` keeps what it has compressed, by the SHA-256 of the file. */
const COMPRESSED = fileURLToPath(new URL('../../../target/site/compressed', import.meta.url));
/** Chromium would wait for the next garbage collection before it tells a page's memory. */
const EAGER = '--enable-blink-features=ForceEagerMeasureMemory';
/** Code and WebAssembly of a library; not its data, and not the benchmark's own scripts. */
const CODE = /\.(m?js|wasm)$/;
const OURS = /^\/bench\/[^/]+$|^\/bench\/peers\//;

/** One start in a page of this context. @returns {Promise<number>} milliseconds since the navigation began */
async function startIn(context, url, seconds) {
  const page = await context.newPage();
  page.setDefaultTimeout(0);
  await page.addInitScript({ path: COUNTERS });
  await page.goto(url);
  await within(seconds, page.waitForFunction(() => window.firstStep !== undefined, null, { timeout: 0 }));
  const first = await page.evaluate(() => window.firstStep);
  if (typeof first !== 'number') throw new Error(first);
  return { page, first };
}

/** Largest resident size that the processes of a kind have had, in bytes; null where the system does not tell. */
async function peakOf(browser, type) {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  await session.detach();
  const sizes = processInfo.filter((one) => one.type === type).map(({ id }) => {
    const status = `/proc/${id}/status`;
    const line = existsSync(status) ? readFileSync(status, 'utf8').match(/^VmHWM:\s+(\d+) kB$/m) : null;
    return line ? 1024 * Number(line[1]) : null;
  });
  return sizes.length && sizes.every((size) => size !== null) ? Math.max(...sizes) : null;
}

/** What the page and its workers hold (JavaScript and WebAssembly), the peak of its processes and of its GPU buffers. */
async function memoryOf(browser, page, seconds) {
  const measured = within(seconds, page.evaluate(async () => (globalThis.crossOriginIsolated ? (await performance.measureUserAgentSpecificMemory()).bytes : null)));
  const [held, counts] = [await measured, await counted(page)];
  return { held, gpuPeak: counts.peakBytes, renderer: await peakOf(browser, 'renderer'), gpuProcess: await peakOf(browser, 'GPU') };
}

async function startsOf(bench, one) {
  const { site, s } = bench;
  const plan = { file: one.file, backend: one.backend, settings: { ...supervised(s), ...one.options }, training: TRAINING, normalisation: NORMALISATION, weights: `${site.url}made/student.safetensors` };
  const url = `${site.url}bench/start.html?plan=${encodeURIComponent(JSON.stringify(plan))}`;
  const row = { name: one.name, cold: [], warm: [], memory: null, downloads: null, error: null };
  for (let i = 0; i < s.starts; i += 1) {
    // A browser of its own: nothing of it has been compiled or cached before.
    const browser = await openBrowser({ args: [EAGER] });
    try {
      const { page: blank, context } = await openPage(browser, site);
      await blank.close();
      bench.requests.clear();
      const cold = await startIn(context, url, s.callSeconds);
      row.cold.push(cold.first);
      row.downloads ??= [...bench.requests].filter((file) => CODE.test(file) && !OURS.test(file));
      if (i === 0) {
        await within(s.callSeconds, cold.page.evaluate((count) => window.more(count), s.stepsBeforeMemory));
        row.memory = await memoryOf(browser, cold.page, s.callSeconds);
      }
      await cold.page.close();
      const warm = await startIn(context, url, s.callSeconds);
      row.warm.push(warm.first);
    } catch (error) {
      row.error = String(error.message).split('\n')[0];
      break;
    } finally {
      await browser.close();
    }
  }
  bench.tell(`${one.name}: ${row.error ?? `first step after ${Math.round(row.cold[0])} ms, with a filled cache ${Math.round(row.warm[0])} ms`}`);
  return row;
}

async function brotli(bytes) {
  const kept = path.join(COMPRESSED, `${createHash('sha256').update(bytes).digest('hex')}.br`);
  if (existsSync(kept)) return readFileSync(kept).length;
  const { BROTLI_PARAM_QUALITY, BROTLI_MAX_QUALITY, BROTLI_PARAM_LGWIN, BROTLI_MAX_WINDOW_BITS, BROTLI_PARAM_SIZE_HINT } = zlib.constants;
  const params = { [BROTLI_PARAM_QUALITY]: BROTLI_MAX_QUALITY, [BROTLI_PARAM_LGWIN]: BROTLI_MAX_WINDOW_BITS, [BROTLI_PARAM_SIZE_HINT]: bytes.length };
  const packed = await promisify(zlib.brotliCompress)(bytes, { params });
  // The best compression of a large module takes a minute.
  mkdirSync(COMPRESSED, { recursive: true });
  writeFileSync(`${kept}.partial`, packed);
  renameSync(`${kept}.partial`, kept);
  return packed.length;
}

async function sizesOf(bench, files) {
  const sum = { files: files.length, raw: 0, brotli: 0 };
  for (const file of files) {
    const bytes = Buffer.from(await (await fetch(new URL(file, bench.site.url))).arrayBuffer());
    sum.raw += bytes.length;
    sum.brotli += await brotli(bytes);
  }
  return sum;
}

/** Starts, memory and downloads of every implementation in the browser. */
export async function loading(bench) {
  const rows = [];
  for (const one of bench.contenders.filter(({ name }) => bench.wants(name))) {
    const { cold, warm, downloads, ...row } = await startsOf(bench, one);
    rows.push({ ...row, cold: summary(cold), warm: summary(warm), download: downloads ? { ...(await sizesOf(bench, downloads)), list: downloads } : null });
  }
  return { rows };
}
