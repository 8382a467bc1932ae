/**
 * The page's one run: opens a lab, drives it in slices short enough to pause at once, keeps what it reported, measures
 * its speed. It draws nothing; views listen to its events.
 *
 * Events: `change` (anything), `evaluation` (detail: the event), `problem` (detail: an error), `note` (detail: text),
 * `lab` (a lab is there or is gone), `form` (a setting was changed).
 */
import { createLab } from './engine.js';
import { isLocked } from './host.js';
import { BACKEND, defaults, settingsOf } from './settings.js';

/** A slice of training between two looks at the pause button, in ms. */
const SLICE = 350;
/** The first steps compile, tune and fill caches: they are not counted into the speed. */
const WARM_STEPS = 3;
/** Engine failures without a step in between, after which the run waits for a person. */
const MAX_FAILURES = 2;

export class Experiment extends EventTarget {
  /** failed · none · opening · warming · running · pausing · paused · finishing · finished */
  phase = 'none';
  /** @type {import('./engine.js').Description|null} */
  description = null;
  /** Cards of the site's teachers. */
  models = [];
  /** Values of the form, by setting; `backend` is among them. */
  form = {};
  /** Own files, in place of what the site has. */
  files = { train: null, test: null, teacher: null };
  /** @type {import('./engine.js').Lab|null} */
  lab = null;
  status = null;
  formula = '';
  step = 0;
  totalSteps = 0;
  stepsPerEpoch = 0;
  evaluations = [];
  progress = [];
  /** Test image that panels 2 and 3 show. */
  selected = 0;
  #wanted = false;
  #loop = null;
  #opening = null;
  #abort = null;
  #speed = new Speed();
  #failures = 0;

  /**
   * @param {import('./engine.js').Description} description
   * @param {object} form values that differ from the defaults
   * @param {object[]} models cards of the teachers that the site has
   */
  describeWith(description, form, models) {
    this.description = description;
    this.models = models;
    this.form = { ...defaults(description, form.method), [BACKEND.name]: BACKEND.default, ...form };
    this.#changed();
  }

  /** There is no engine: nothing can be run. */
  fail() {
    this.phase = 'failed';
    this.#changed();
  }

  get busy() {
    return ['opening', 'warming', 'running', 'pausing', 'finishing'].includes(this.phase);
  }

  /** Whether it trains, or will as soon as it can. */
  get wanted() {
    return this.#wanted;
  }

  /** Names of the classes of the run's images. */
  get classes() {
    const dataset = (this.lab?.settings ?? this.form).dataset;
    return this.description.datasets.find((entry) => entry.name === dataset).classes;
  }

  /** Settings that differ between the form and the run, without those that change live. */
  get pending() {
    if (!this.lab) return [];
    const held = this.lab.settings;
    const settings = this.form.method === held.method ? settingsOf(this.description, held.method) : this.description.settings;
    return settings.filter((setting) => !setting.live && this.form[setting.name] !== held[setting.name]);
  }

  /** ms a step and a second's images, once measured; null before. */
  get speed() {
    return this.#speed.ready ? this.#speed : null;
  }

  /** Seconds until the planned epochs are over; null while unknown. */
  get secondsLeft() {
    if (!this.#speed.ready || !this.lab) return null;
    const steps = Math.max(0, this.totalSteps - this.step);
    const every = this.lab.settings.evaluateEvery || this.stepsPerEpoch;
    return (steps * this.#speed.step + Math.ceil(steps / every) * this.#speed.evaluation) / 1000;
  }

  /** ms a step of such a run on this machine, from an earlier run; null when there was none. */
  get remembered() {
    return Speed.recall(this.#speedKey(this.form));
  }

  select(index) {
    if (index === this.selected) return;
    this.selected = index;
    this.dispatchEvent(new Event('select'));
  }

  /** A value of the form. Live ones reach a run at once. What is locked only changes by the word of the page around this one. */
  async set(name, value, { byHost = false } = {}) {
    if (this.form[name] === value) return;
    if (!byHost && isLocked(name)) {
      this.#note(`“${name}” is fixed by the page that shows this one; it stays at ${this.form[name]}.`);
      this.dispatchEvent(new CustomEvent('form', { detail: name }));
      return;
    }
    this.form = name === 'method' ? this.#withMethod(value) : { ...this.form, [name]: value };
    this.dispatchEvent(new CustomEvent('form', { detail: name }));
    const held = this.lab?.settings;
    const setting = held && settingsOf(this.description, held.method).find((entry) => entry.name === name);
    const common = this.description.settings.some((entry) => entry.name === name);
    if (setting?.live && (common || this.form.method === held.method)) {
      await this.#guard(async () => {
        await this.lab.adjust({ [name]: value });
        this.formula = await this.lab.formula();
        if (this.step > 0) this.#note(`${setting.label} is ${value} from step ${this.step} on.`);
      });
    }
    this.#changed();
  }

  /** The form with another method, whose own settings start at their defaults. */
  #withMethod(method) {
    const common = [...this.description.settings.map((setting) => setting.name), BACKEND.name];
    const kept = Object.fromEntries(Object.entries(this.form).filter(([name]) => common.includes(name)));
    return { ...defaults(this.description, method), ...kept, method };
  }

  /** Why a method does not fit the networks of the form, or ''. */
  refusal(method) {
    const { teacher, student, assistants } = this.form;
    const chain = [teacher, ...String(assistants ?? '').split(',').filter(Boolean), student];
    const refused = this.description.methods.find((entry) => entry.name === method)?.refused ?? {};
    for (let i = 1; i < chain.length; i += 1) {
      const reason = refused[`${chain[i - 1]} ${chain[i]}`];
      if (reason) return reason;
    }
    return '';
  }

  /** Opens the lab if there is none. @returns {Promise<import('./engine.js').Lab|null>} null after a failure */
  open() {
    this.#opening ??= this.lab ? Promise.resolve(this.lab) : this.#open();
    return this.#opening.finally(() => {
      this.#opening = null;
    });
  }

  /** Starts or goes on. */
  async run() {
    if (this.#loop || this.phase === 'opening') return;
    this.#wanted = true;
    if (!(await this.open()) || !this.#wanted) return;
    this.#failures = 0;
    this.#loop = this.#train(Infinity).finally(() => {
      this.#loop = null;
    });
  }

  /** Ends after the slice that is under way. */
  async pause() {
    this.#wanted = false;
    if (!this.#loop) return;
    this.#enter('pausing');
    await this.#loop;
  }

  async stepOnce() {
    if (this.#loop || this.phase === 'opening' || !(await this.open())) return;
    this.#wanted = true;
    this.#loop = this.#train(1).finally(() => {
      this.#loop = null;
    });
    await this.#loop;
  }

  /** Ends the run here, with an evaluation. While it is still opening: gives that up. */
  async stop() {
    this.#wanted = false;
    if (this.phase === 'opening') {
      this.#abort?.abort();
      return;
    }
    await this.pause();
    if (!this.lab) return;
    this.#enter('finishing');
    if (this.evaluations.at(-1)?.step !== this.step) await this.#guard(async () => this.#take([await this.lab.evaluate()]));
    if (this.phase === 'finishing') this.#enter('finished');
  }

  /** Drops the run and starts a new one with the form as it is. */
  async startAgain() {
    await this.drop();
    await this.run();
  }

  /** Drops the run. */
  async drop() {
    this.#wanted = false;
    this.#abort?.abort();
    this.lab?.dispose();
    await this.#loop;
    this.#reset();
    this.#enter('none');
    this.dispatchEvent(new Event('lab'));
  }

  #reset() {
    this.lab = null;
    this.status = null;
    this.step = 0;
    this.evaluations = [];
    this.progress = [];
    this.#speed = new Speed();
    this.formula = '';
  }

  async #open() {
    this.#reset();
    this.#abort = new AbortController();
    this.#enter('opening');
    const { train, test, teacher } = this.files;
    try {
      const teacherWeights = teacher ? new Uint8Array(await teacher.arrayBuffer()) : undefined;
      const lab = await createLab({
        ...this.form,
        teacherWeights,
        trainFiles: train ?? undefined,
        testFiles: test ?? undefined,
        signal: this.#abort.signal,
        onStatus: (status) => {
          this.status = status;
          this.#changed();
        },
      });
      lab.addEventListener('recovered', ({ detail }) => this.#recovered(detail));
      this.lab = lab;
      this.formula = await lab.formula();
      await this.#readProgress();
      this.#enter('paused');
      this.dispatchEvent(new Event('lab'));
      return lab;
    } catch (error) {
      this.lab?.dispose();
      this.#reset();
      this.#enter('none');
      if (error.code !== 'disposed') this.#problem(error);
      return null;
    }
  }

  async #readProgress() {
    const { step, totalSteps, stepsPerEpoch } = await this.lab.progress();
    Object.assign(this, { step, totalSteps, stepsPerEpoch });
  }

  /** Trains until paused, finished or `most` steps are done. */
  async #train(most) {
    let done = 0;
    let finished = false;
    this.#enter(this.#speed.ready ? 'running' : 'warming');
    const wake = await keepAwake();
    while (this.#wanted && done < most && !finished) {
      // A slice ends with the plan; only a person's "Train on" goes beyond it.
      const planned = this.totalSteps > this.step ? this.totalSteps - this.step : Infinity;
      const count = Math.min(this.#speed.steps(SLICE), most - done, planned);
      const before = this.step;
      const began = performance.now();
      try {
        const events = await this.lab.step(count);
        done += count;
        this.step = before + count;
        this.#failures = 0;
        this.#speed.count(count, performance.now() - began, events, before >= WARM_STEPS);
        finished = events.some((event) => event.type === 'finished');
        this.#take(events);
        if (this.phase === 'warming' && this.#speed.ready) this.#enter('running');
      } catch (error) {
        if (!this.#survives(error)) break;
      }
      this.#changed();
    }
    wake?.release().catch(() => {});
    if (!this.lab) return;
    Speed.keep(this.#speedKey(this.lab.settings), this.#speed);
    this.#enter(finished ? 'finished' : 'paused');
  }

  /** Whether to go on after an error: yes after the engine's own restart, a few times. */
  #survives(error) {
    if (error.code === 'disposed') return false;
    this.#failures += 1;
    if (['worker-died', 'gpu-lost'].includes(error.code) && this.#failures <= MAX_FAILURES) return true;
    this.#wanted = false;
    this.#problem(error);
    return false;
  }

  #recovered({ step, message }) {
    this.step = step;
    this.progress = this.progress.filter((event) => event.step <= step);
    this.evaluations = this.evaluations.filter((event) => event.step <= step);
    this.#speed = new Speed();
    this.#note(message);
    this.#changed();
  }

  #take(events) {
    for (const event of events) {
      if (event.type === 'progress') this.progress.push(event);
      if (event.type === 'graduation') this.#note(`From step ${event.step} on the ${event.teacher}, just taught, is the teacher, and a new ${event.student} with its control learns from it.`);
      if (event.type !== 'evaluation') continue;
      this.evaluations.push(event);
      this.dispatchEvent(new CustomEvent('evaluation', { detail: event }));
    }
    this.#changed();
  }

  async #guard(action) {
    try {
      await action();
    } catch (error) {
      if (error.code !== 'disposed') this.#problem(error);
    }
  }

  #speedKey = (s) => [this.lab?.backend ?? 'any', s.teacher, s.student, s.method, s.batchSize, s.testImages].join('|');

  #enter(phase) {
    this.phase = phase;
    this.#changed();
  }

  #changed() {
    this.dispatchEvent(new Event('change'));
  }

  #note(text) {
    this.dispatchEvent(new CustomEvent('note', { detail: text }));
  }

  #problem(error) {
    this.dispatchEvent(new CustomEvent('problem', { detail: error }));
  }
}

/** How long steps and evaluations take here, over the last few seconds. */
class Speed {
  step = 0;
  evaluation = 0;
  #recent = [];

  get ready() {
    return this.step > 0;
  }

  /** Steps that fill about `ms`. */
  steps(ms) {
    return this.ready ? Math.min(50, Math.max(1, Math.round(ms / this.step))) : 1;
  }

  count(steps, ms, events, warm) {
    if (!warm) return;
    const evaluations = events.filter((event) => event.type === 'evaluation').length;
    if (evaluations > 0) {
      this.evaluation = Math.max(0, ms - steps * this.step) / evaluations;
      return;
    }
    this.#recent.push({ steps, ms });
    while (this.#recent.length > 3 && this.#recent.reduce((sum, part) => sum + part.ms, 0) > 8000) this.#recent.shift();
    this.step = this.#recent.reduce((sum, part) => sum + part.ms, 0) / this.#recent.reduce((sum, part) => sum + part.steps, 0);
  }

  static keep(key, { step, evaluation }) {
    if (!(step > 0)) return;
    for (const name of [key, key.replace(/^[^|]*/, 'any')]) store(`kd-lens.speed.${name}`, JSON.stringify({ step, evaluation }));
  }

  static recall(key) {
    try {
      return JSON.parse(localStorage.getItem(`kd-lens.speed.${key.replace(/^[^|]*/, 'any')}`));
    } catch {
      return null;
    }
  }
}

function store(name, value) {
  try {
    localStorage.setItem(name, value);
  } catch {
    // No storage here (a sandboxed frame, a private window): the estimate is then made anew each time.
  }
}

/** Keeps a phone's screen on while it trains, where the browser allows it. */
async function keepAwake() {
  // A frame of another site may not ask, and asking would be an error on its console.
  if (document.featurePolicy?.allowsFeature('screen-wake-lock') === false) return null;
  try {
    return await navigator.wakeLock?.request('screen');
  } catch {
    return null;
  }
}
