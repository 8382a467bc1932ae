// The implementations that run in the browser, each in a page of its own.
import { openPage } from '../page/harness.mjs';
import { COUNTERS, counted } from '../page/counted.mjs';
import { NORMALISATION, TRAINING, checked, distilled, inferred, supervised } from './settings.mjs';

/** A step of a lab whose method is `labels` trains two equal networks; an evaluation runs two of them. */
const NETWORKS = 2;

export const CONTENDERS = [
  { name: 'kd-lens cpu', file: 'kd-lens', backend: 'cpu' },
  { name: 'kd-lens cpu without relaxed SIMD', file: 'kd-lens', backend: 'cpu', options: { relaxedSimd: false } },
  { name: 'kd-lens gpu', file: 'kd-lens', backend: 'gpu' },
  { name: 'TensorFlow.js cpu', file: 'tfjs', backend: 'cpu' },
  { name: 'TensorFlow.js wasm', file: 'tfjs', backend: 'wasm' },
  { name: 'TensorFlow.js webgpu', file: 'tfjs', backend: 'webgpu' },
  { name: 'jax-js wasm', file: 'jax', backend: 'wasm' },
  { name: 'jax-js webgpu', file: 'jax', backend: 'webgpu' },
];

const isGpu = ({ backend }) => backend.endsWith('gpu');

class TooLong extends Error {}

/** Rejects when the work takes longer than a person would wait; the page is then of no use any more. */
export function within(seconds, work) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new TooLong(`it took longer than ${seconds} s`)), 1000 * seconds);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

/** Calls a function of peers/driver.mjs in a page. */
async function call(page, seconds, name, ...given) {
  const work = page.evaluate(
    async ([fn, values]) => {
      const driver = await import(new URL('peers/driver.mjs', document.baseURI));
      return driver[fn](...values);
    },
    [name, given],
  );
  return within(seconds, work);
}

/** A page of the benchmark that counts its WebGPU calls. */
async function blank(browser, site) {
  const { page, context } = await openPage(browser, site);
  page.setDefaultTimeout(0);
  await page.addInitScript({ path: COUNTERS });
  await page.goto(`${site.url}bench/page.html`);
  return { page, context };
}

/** What every other implementation must repeat; kd-lens's CPU engine does it first. */
export async function makeReference(browser, site, s) {
  const { page, context } = await blank(browser, site);
  try {
    const work = page.evaluate(async (plan) => (await import(new URL('peers/kd-lens.mjs', document.baseURI))).reference(plan), {
      settings: checked(s),
      testImages: s.checkImages,
      steps: s.checkSteps,
    });
    return await within(s.callSeconds, work);
  } finally {
    await context.close();
  }
}

/** Whether differences from the reference stay in bounds; the logits after training have more roundings behind them. */
export const agrees = (check, s) => !check.error && near(check.before, s.tolerance) && near(check.losses, s.tolerance) && near(check.after, 10 * s.tolerance);
/** Null stands for what could not be computed, and is not 0. */
const near = (difference, most) => difference !== null && difference <= most;

/** One implementation, opened when it is first needed and held against the reference. */
export class Contender {
  #bench;
  #opened = null;
  #check = null;
  /** Why it is not asked any more. */
  #givenUp = '';

  constructor(definition, bench) {
    Object.assign(this, definition);
    this.#bench = bench;
  }

  get gpu() {
    return isGpu(this);
  }

  get #own() {
    return this.file === 'kd-lens';
  }

  async #call(name, ...given) {
    const { browser, site, s } = this.#bench;
    if (this.#givenUp) throw new Error(this.#givenUp);
    this.#opened ??= await blank(browser, site);
    try {
      return await call(this.#opened.page, s.callSeconds, name, ...given);
    } catch (error) {
      // It would go on computing beside the others.
      if (error instanceof TooLong) {
        this.#givenUp = error.message;
        await this.close();
      }
      throw error;
    }
  }

  /** Differences from the reference, and whether they are small enough; the second call answers at once. */
  check() {
    const { reference, s } = this.#bench;
    this.#check ??= this.#call('check', {
      ...this.#plan,
      settings: { ...checked(s), ...this.options, timeLimit: s.callSeconds },
      reference,
      weights: `${this.#bench.site.url}made/student.safetensors`,
    })
      .catch((error) => ({ before: null, losses: null, after: null, error: String(error.message).split('\n')[0] }))
      .then((check) => ({ ...check, agrees: agrees(check, s) }));
    return this.#check;
  }

  get #plan() {
    return { file: this.file, backend: this.backend, training: TRAINING, normalisation: NORMALISATION };
  }

  /** kd-lens only: opens a lab, unless there is one of that name. */
  #lab(name, settings) {
    const { s } = this.#bench;
    return this.#call('openLab', name, { backend: this.backend, settings: { ...settings, ...this.options, timeLimit: s.callSeconds } });
  }

  /** Milliseconds of one supervised step, from a sample of `repeats`. */
  async step(repeats) {
    const { s } = this.#bench;
    const check = await this.check();
    if (!check.agrees) throw new Error(check.error ?? 'it does not compute the same network');
    if (!this.#own) return (await this.#call('steps', 'checked', repeats)) / repeats;
    await this.#lab('supervised', supervised(s));
    return (await this.#call('steps', 'supervised', repeats)) / repeats / NETWORKS;
  }

  /** kd-lens only: milliseconds of one step of student and control, with further settings. */
  async pair(name, settings, repeats) {
    await this.#lab(name, { ...distilled(this.#bench.s), ...settings });
    return (await this.#call('steps', name, repeats)) / repeats;
  }

  /** Images a second through the teacher's network. */
  async infer(repeats) {
    const { s, site, reference } = this.#bench;
    const check = await this.check();
    if (!near(check.before, s.tolerance)) throw new Error(check.error ?? 'it does not compute the same network');
    let images = Math.min(100, s.inferenceImages);
    if (this.#own) {
      images = NETWORKS * s.inferenceImages;
      await this.#lab('inference', inferred(s));
    } else {
      await this.#call('openInference', 'inference', { ...this.#plan, weights: `${site.url}models/shapes32-resnet20.safetensors`, pixels: reference.testPixels, count: images });
    }
    const ms = await this.#call('infer', 'inference', repeats);
    return (1000 * images * repeats) / ms;
  }

  /** GPU calls of one supervised step. */
  async dispatches() {
    const { countedSteps } = this.#bench.s;
    await this.step(1);
    const before = await counted(this.#opened.page);
    await this.step(countedSteps);
    const after = await counted(this.#opened.page);
    const each = (name) => (after[name] - before[name]) / countedSteps / (this.#own ? NETWORKS : 1);
    return { dispatches: each('dispatches'), submits: each('submits'), buffers: after.buffers, peakBytes: after.peakBytes };
  }

  /** What a part has opened is not kept for the next; the network that was checked is. */
  async tidy() {
    if (this.#opened && this.#own) await this.#call('closeLabs');
  }

  async close() {
    await this.#opened?.context.close();
    this.#opened = null;
  }
}
