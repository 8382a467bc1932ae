/**
 * The same run with several seeds, one after the other, and what they say together. Each seed has a lab of its own, so that
 * nothing of one reaches the next. It draws nothing.
 *
 * Events: `change` (anything), `problem` (detail: an error).
 */
import { createLab, spread } from './engine.js';
import { Speed } from './speed.js';

/** A slice of training between two looks at the stop button, in ms. */
const SLICE = 350;
const WARM_STEPS = 3;
/** Engine failures of one seed, after which the rest is given up. */
const MAX_FAILURES = 2;

/**
 * @typedef {object} Row
 * @property {number} seed
 * @property {object[]} evaluations
 * @property {boolean} finished
 */

export class Seeds extends EventTarget {
  /** none · running · stopped · finished */
  phase = 'none';
  /** @type {Row[]} */
  rows = [];
  /** Settings that they share. */
  settings = null;
  stepsPerEpoch = 1;
  totalSteps = 0;
  step = 0;
  /** Over the finished seeds: differences student − control with their interval. */
  accuracy = null;
  agreement = null;
  #lab = null;
  #stopped = false;
  #speed = new Speed();

  get running() {
    return this.phase === 'running';
  }

  get finished() {
    return this.rows.filter((row) => row.finished);
  }

  /** Seconds until all seeds are through; null while unknown. */
  get secondsLeft() {
    if (!this.#speed.ready || this.totalSteps === 0) return null;
    const steps = this.totalSteps * this.rows.filter((row) => !row.finished).length - this.step;
    const every = this.settings.evaluateEvery || this.stepsPerEpoch;
    return (steps * this.#speed.step + Math.ceil(steps / every) * this.#speed.evaluation) / 1000;
  }

  /**
   * @param {object} options of `createLab`, without a seed
   * @param {number[]} seeds
   */
  async run(options, seeds) {
    if (this.running) return;
    Object.assign(this, { phase: 'running', settings: options, accuracy: null, agreement: null, step: 0, totalSteps: 0 });
    this.rows = seeds.map((seed) => ({ seed, evaluations: [], finished: false }));
    this.#stopped = false;
    this.#speed = new Speed();
    this.#changed();
    for (const row of this.rows) {
      if (this.#stopped) break;
      try {
        await this.#one(row, options);
      } catch (error) {
        if (error.code !== 'disposed') this.dispatchEvent(new CustomEvent('problem', { detail: error }));
        this.#stopped = true;
      }
      this.#lab?.dispose();
      this.#lab = null;
      if (row.finished) await this.#sum();
      this.step = 0;
      this.#changed();
    }
    // Half a run is no answer: only whole ones are kept.
    this.rows = this.finished;
    this.phase = this.#stopped ? 'stopped' : 'finished';
    this.#changed();
  }

  /** Ends at once. What is finished stays. */
  stop() {
    if (!this.running) return;
    this.#stopped = true;
    this.#lab?.dispose();
    this.#changed();
  }

  get stopping() {
    return this.running && this.#stopped;
  }

  async #one(row, options) {
    const lab = await createLab({ ...options, seed: row.seed });
    this.#lab = lab;
    if (this.#stopped) return;
    let { step } = await lab.progress();
    const { totalSteps, stepsPerEpoch } = await lab.progress();
    Object.assign(this, { totalSteps, stepsPerEpoch });
    let failures = 0;
    while (!row.finished && !this.#stopped) {
      const began = performance.now();
      const count = Math.min(this.#speed.steps(SLICE), totalSteps - step);
      try {
        const events = await lab.step(count);
        this.#speed.count(count, performance.now() - began, events, step >= WARM_STEPS);
        row.evaluations.push(...events.filter((event) => event.type === 'evaluation'));
        row.finished = events.some((event) => event.type === 'finished');
        failures = 0;
        step += count;
      } catch (error) {
        failures += 1;
        if (!['worker-died', 'gpu-lost'].includes(error.code) || failures > MAX_FAILURES) throw error;
        ({ step } = await lab.progress());
        const back = step;
        row.evaluations = row.evaluations.filter((event) => event.step <= back);
      }
      this.step = step;
      this.#changed();
    }
  }

  async #sum() {
    const last = this.finished.map((row) => row.evaluations.at(-1));
    [this.accuracy, this.agreement] = await Promise.all([
      spread(last.map((event) => event.student.rate - event.control.rate)),
      spread(last.map((event) => event.agreement.student.rate - event.agreement.control.rate)),
    ]);
  }

  #changed() {
    this.dispatchEvent(new Event('change'));
  }
}
