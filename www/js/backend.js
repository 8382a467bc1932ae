/**
 * Chooses the engine: probes WebGPU in a worker, starts what is wanted, checks WebGPU against the CPU on one batch,
 * and says in one sentence what runs and why.
 */
import { LabError } from './errors.js';
import { tell } from './sentences.js';
import { WorkerPair } from './pair.js';
import { WorkerLink } from './worker-link.js';

/** Largest |gpu − cpu| / (1 + |gpu|) on the self-check's numbers that still counts as agreement. */
export const TOLERANCE = 1e-3;

/** A CPU worker that is loaded and idle, by base URL and whether relaxed SIMD is allowed: `describe()` leaves one, the next lab takes it. */
const spare = new Map();

/**
 * @param {URL} base root of the site
 * @param {object} [options] of {@link WorkerLink}
 */
export function newLink(base, options) {
  return new WorkerLink(new URL('js/worker.js', base), options);
}

/** An idle CPU engine: the spare one or a new one. @returns {Promise<WorkerLink>} */
export async function takeCpu(base, { relaxed = true, timeLimit, onNotice } = {}) {
  const name = place(base, relaxed);
  const kept = spare.get(name);
  spare.delete(name);
  if (kept?.alive) {
    kept.onNotice = onNotice;
    if (timeLimit) kept.timeLimit = timeLimit;
    return kept;
  }
  const link = newLink(base, { timeLimit, onNotice });
  try {
    link.build = await link.call('load', { backend: 'cpu', base: base.href, relaxed });
    link.relaxed = relaxed;
    return link;
  } catch (error) {
    link.end();
    throw error;
  }
}

/** Keeps an idle CPU engine for the next one who needs it. */
export function keepCpu(base, link) {
  if (!link.alive) return;
  const name = place(base, link.relaxed);
  spare.get(name)?.end();
  link.onNotice = undefined;
  link.onGone = undefined;
  spare.set(name, link);
}

const place = (base, relaxed) => `${base.href} ${relaxed}`;

/**
 * Opens the engine that was asked for.
 *
 * @param {object} options
 * @param {URL} options.base
 * @param {'auto'|'cpu'|'gpu'} options.wanted `auto` takes the GPU where it is usable, real hardware and in agreement
 *        with the CPU. `gpu` takes any usable adapter and fails otherwise. `cpu` does not look at WebGPU.
 * @param {boolean} [options.check] compare GPU and CPU on one batch first (default true)
 * @param {1|2} [options.workers] CPU workers: with 2 student and control are trained at the same time (default 1)
 * @param {boolean} [options.relaxed] take the build with relaxed SIMD where the browser has it (default true)
 * @param {number} [options.timeLimit] seconds, for {@link WorkerLink}
 * @param {(status: object) => void} [options.onStatus]
 * @returns {Promise<{link: WorkerLink|WorkerPair, report: object}>} `report` = {backend, adapter, reason, says, check}
 * @throws {LabError} gpu-unavailable, gpu-mismatch (only when `wanted` is `gpu`), engine-unavailable, worker-died, internal
 */
export async function openBackend({ base, wanted, check = true, workers = 1, relaxed = true, timeLimit, onStatus = () => {} }) {
  if (wanted === 'cpu') return openCpu({ base, workers, relaxed, timeLimit, onStatus }, tell('cpuAsked'));

  onStatus({ phase: 'probe', ...tell('probing') });
  const link = newLink(base, { timeLimit });
  try {
    const seen = await link.call('probe-webgpu');
    if (!seen.usable) throw unavailable(tell(...seen.says));
    if (seen.software && wanted === 'auto') {
      throw unavailable(tell('software', seen.adapter));
    }
    return await openGpu({ base, link, seen, check, timeLimit, onStatus });
  } catch (error) {
    link.end();
    const clause = error instanceof LabError ? error : { message: String(error?.message ?? error) };
    if (wanted === 'gpu') throw asGpuError(error, clause.message);
    return openCpu({ base, workers, relaxed, timeLimit, onStatus }, tell('cpuInstead', clause));
  }
}

async function openCpu({ base, workers, relaxed, timeLimit, onStatus }, { message: reason, says }) {
  onStatus({ phase: 'engine', ...tell('loadingCpu') });
  const first = await takeCpu(base, { relaxed, timeLimit, onNotice: loading(onStatus, 'loadingCpu') });
  const report = { backend: 'cpu', build: first.build, reason, says, check: null, workers };
  if (workers === 1) return { link: first, report: { ...report, ...(await first.call('open-device')) } };
  let second;
  try {
    // The browser has the module by now; this one is not told of as a second download.
    second = await takeCpu(base, { relaxed, timeLimit });
    const [opened] = await Promise.all([first, second].map((link) => link.call('open-device')));
    return { link: new WorkerPair(first, second), report: { ...report, ...opened } };
  } catch (error) {
    first.end();
    second?.end();
    throw error;
  }
}

async function openGpu({ base, link, seen, check, timeLimit, onStatus }) {
  onStatus({ phase: 'engine', ...tell('loadingGpu') });
  link.onNotice = loading(onStatus, 'loadingGpu');
  await link.call('load', { backend: 'gpu', base: base.href });
  const opened = await link.call('open-device');
  const adapter = opened.adapter || seen.adapter;
  const { message: reason, says } = tell('gpu', adapter);
  const report = { backend: 'gpu', build: 'gpu', adapter, reason, says, check: null, workers: 1 };
  if (!check) return { link, report };

  onStatus({ phase: 'check', ...tell('checking') });
  const cpu = await takeCpu(base, { timeLimit });
  let difference;
  try {
    await cpu.call('open-device');
    const [here, there] = await Promise.all([link.call('self-check'), cpu.call('self-check')]);
    difference = largestDifference(here, there);
  } finally {
    keepCpu(base, cpu);
  }
  report.check = { passed: difference <= TOLERANCE, maxDifference: difference, tolerance: TOLERANCE };
  if (!report.check.passed) {
    const clause = tell('mismatch', short(difference), TOLERANCE);
    throw Object.assign(new LabError('gpu-mismatch', clause.message), { says: clause.says });
  }
  const checked = tell('gpuChecked', adapter, short(difference));
  Object.assign(report, { reason: checked.message, says: checked.says });
  return { link, report };
}

/** max |a − b| / (1 + |a|); Infinity when the lengths differ or a number is not finite. */
export function largestDifference(a, b) {
  if (a.length !== b.length || a.length === 0) return Infinity;
  let largest = 0;
  for (let i = 0; i < a.length; i += 1) {
    const difference = Math.abs(a[i] - b[i]) / (1 + Math.abs(a[i]));
    if (!(difference <= Number.MAX_VALUE)) return Infinity;
    largest = Math.max(largest, difference);
  }
  return largest;
}

function loading(onStatus, name) {
  return (notice) => {
    if (notice.notice === 'loading') onStatus({ phase: 'engine', ...tell(name), loaded: notice.loaded, total: notice.total });
  };
}

const unavailable = ({ message, says }) => Object.assign(new LabError('gpu-unavailable', message), { says });

function asGpuError(error, clause) {
  const code = error?.code === 'gpu-mismatch' || error?.code === 'gpu-unavailable' ? error.code : 'gpu-unavailable';
  return new LabError(code, `WebGPU was asked for but cannot be used: ${clause.replace(/\.$/, '')}.`);
}

const short = (x) => (Number.isFinite(x) ? x.toExponential(1) : 'more than can be measured');
