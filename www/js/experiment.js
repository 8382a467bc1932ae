/**
 * The page's one run: opens a lab, drives it in slices short enough to pause at once, keeps what it reported, measures
 * its speed. It draws nothing; views listen to its events.
 *
 * Events: `change` (anything), `evaluation` (detail: the event), `problem` (detail: an error), `note` (detail: text),
 * `lab` (a lab is there or is gone), `form` (a setting was changed), `look` (probes are shown another step), `finding` (a
 * panel has an answer).
 */
import { keepAwake } from './awake.js';
import { createLab, LabError } from './engine.js';
import { commonOf, differing, filled, unusual, withMethod } from './form-values.js';
import { isLocked } from './host.js';
import { forgetRun } from './keep.js';
import { retold } from './retold.js';
import { BACKEND, defaults, settingsOf } from './settings.js';
import { Speed } from './speed.js';
import { Timeline } from './timeline.js';
import { words } from './words.js';

const t = words.experiment;

/** A slice of training between two looks at the pause button, in ms. */
const SLICE = 350;
/** The first steps compile, tune and fill caches: they are not counted into the speed. */
const WARM_STEPS = 3;
/** Engine failures without a step in between, after which the run waits for a person. */
const MAX_FAILURES = 2;

export class Experiment extends EventTarget {
  /** failed · none · recorded · opening · warming · running · pausing · paused · finishing · finished */
  phase = 'none';
  /** @type {import('./engine.js').Description|null} */
  description = null;
  /** Cards of the site's teachers. */
  models = [];
  /** Values of the form, by setting; `backend` is among them. */
  form = {};
  /** The question that the reader began with, if any. @type {import('./presets.js').Preset|null} */
  preset = null;
  /** Own files, in place of what the site has. */
  files = { train: null, test: null, teacher: null, classes: null };
  /** Names of a person's own classes, of the run under way. */
  #classes = null;
  /** @type {import('./engine.js').Lab|null} */
  lab = null;
  status = null;
  formula = '';
  step = 0;
  totalSteps = 0;
  stepsPerEpoch = 0;
  evaluations = [];
  progress = [];
  /** What the panels have found so far, one entry a question that was put; see `keepFinding`. */
  findings = [];
  /** Settings that were changed while the run went on: `{step, name, value}`. */
  changes = [];
  /** Settings and date of the run's beginning, and the weights of student and control then. @type {{settings: object, date: Date, weights: Promise<Blob>}|null} */
  beginning = null;
  /** Architectures of the present teacher and student, which change along a chain of assistants. */
  networks = null;
  /** The recorded run that stands here until there is one of the reader's own. @type {import('./recorded.js').Recorded|null} */
  recorded = null;
  /** Why the site's recorded run is not shown, in a sentence; '' where there is none to be shown. */
  whyNotRecorded = '';
  /** Snapshots that can be looked back at. */
  timeline = new Timeline();
  /** The step that is looked back at; null: the present. */
  lookedAt = null;
  /** Test image that panels 2 and 3 show. */
  selected = 0;
  #wanted = false;
  #loop = null;
  #opening = null;
  #abort = null;
  #speed = new Speed();
  #failures = 0;
  /** The form was filled as a whole; then even live settings may differ from the run's. */
  #refilled = false;
  #looking = null;
  /** The recorded run, while a question hides it. */
  #aside = null;

  /**
   * @param {import('./engine.js').Description} description
   * @param {object} form values that differ from the defaults
   * @param {object[]} models cards of the teachers that the site has
   */
  describeWith(description, form, models) {
    this.description = description;
    this.models = models;
    this.form = { ...defaults(description, form.method), [BACKEND.name]: BACKEND.default, ...this.recorded?.settings, ...form };
    this.#changed();
  }

  /** Shows a recorded run until there is one of the reader's own. */
  showRecorded(recorded) {
    if (this.lab || this.phase !== 'none') return;
    this.recorded = recorded;
    const { events, totalSteps, stepsPerEpoch, formula, timeline } = recorded;
    Object.assign(this, { totalSteps, stepsPerEpoch, formula, timeline, step: totalSteps });
    this.evaluations = events.filter((event) => event.type === 'evaluation');
    this.progress = events.filter((event) => event.type === 'progress');
    this.#enter('recorded');
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
    if (this.lab && this.#classes) return this.#classes;
    const dataset = (this.lab?.settings ?? this.form).dataset;
    return this.description.datasets.find((entry) => entry.name === dataset).classes;
  }

  /** There is a run of the reader's own. */
  get started() {
    return this.lab !== null && !this.recorded;
  }

  /** Settings of the run that is shown; null before there is one. */
  get held() {
    return this.recorded?.settings ?? this.lab?.settings ?? null;
  }

  /** The step whose networks probes are shown. */
  get shownStep() {
    return this.lookedAt ?? this.step;
  }

  /** The last evaluation up to the step that is shown. */
  get shownEvaluation() {
    return this.evaluations.findLast((event) => event.step <= this.shownStep);
  }

  /** Settings that differ between the form and the run; in a run of the reader's own without those that change live. */
  get pending() {
    const { held } = this;
    if (!held || !this.description) return [];
    const settings = this.form.method === held.method ? settingsOf(this.description, held.method) : this.description.settings;
    return settings.filter((setting) => (this.recorded || !setting.live || this.#refilled) && this.form[setting.name] !== held[setting.name]);
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

  /**
   * Keeps what a panel found, for the reader to take away.
   * @param {{question: string, answer: string, step: number, images: number, found: any}} finding the same object may be kept
   *        again when more of it is known
   */
  keepFinding(finding) {
    if (!this.findings.includes(finding)) this.findings.push(finding);
    this.dispatchEvent(new Event('finding'));
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
      this.#note(t.locked(name, this.form[name]));
      this.dispatchEvent(new CustomEvent('form', { detail: name }));
      return;
    }
    this.form = name === 'method' ? withMethod(this.description, this.form, value) : { ...this.form, [name]: value };
    this.dispatchEvent(new CustomEvent('form', { detail: name }));
    const held = this.started ? this.lab.settings : null;
    const setting = held && settingsOf(this.description, held.method).find((entry) => entry.name === name);
    const common = this.description.settings.some((entry) => entry.name === name);
    if (setting?.live && (common || this.form.method === held.method)) {
      await this.#guard(async () => {
        await this.lab.adjust({ [name]: value });
        this.changes.push({ step: this.step, name, value });
        this.formula = await this.lab.formula();
        if (this.step > 0) this.#note(t.live(setting.label, value, this.step));
      });
    }
    this.#changed();
  }

  /** Settings whose values in the form are not those of the preset or, without one, the defaults: `{setting, usual}`. */
  get changed() {
    return unusual(this.description, this.form, this.preset);
  }

  /**
   * Takes up a preset (null: none): its settings go into the form, the others stay. A run under way is left as it is, but the
   * recorded one would answer the question before it is asked: it stands aside for as long as there is one.
   */
  usePreset(preset) {
    this.preset = preset;
    if (preset && this.recorded) {
      this.#aside = this.recorded;
      this.whyNotRecorded = words.recorded.lesson;
      this.#leaveRecorded();
    } else if (!preset && this.#aside && this.phase === 'none') {
      this.whyNotRecorded = '';
      this.showRecorded(this.#aside);
      this.open();
    }
    if (preset) this.fillForm({ ...commonOf(this.description, this.form), assistants: '', ...preset.settings });
    this.dispatchEvent(new Event('preset'));
    this.#changed();
  }

  /** Fills the form with the defaults and `values`, without touching a run under way. The choice of engine is kept. */
  fillForm(values) {
    const before = this.form;
    this.#refilled = this.started;
    this.form = filled(this.description, before, values);
    for (const name of differing(before, this.form)) this.dispatchEvent(new CustomEvent('form', { detail: name }));
    this.#changed();
  }

  /** Opens the lab if there is none. @returns {Promise<import('./engine.js').Lab|null>} null after a failure */
  open() {
    if (this.#opening) return this.#opening;
    const opening = (this.lab ? Promise.resolve(this.lab) : this.recorded ? this.#openRecorded() : this.#open()).finally(() => {
      if (this.#opening === opening) this.#opening = null;
    });
    this.#opening = opening;
    return opening;
  }

  /** Starts or goes on. */
  async run() {
    if (this.#loop || this.phase === 'opening') return;
    await this.#leaveRecorded();
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
    if (this.#loop || this.phase === 'opening') return;
    await this.#leaveRecorded();
    if (!(await this.open())) return;
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

  /**
   * Goes on with a run that was kept.
   * @param {import('./keep.js').Kept} kept
   */
  async resume(kept) {
    await this.#leaveRecorded();
    await this.drop();
    await this.set('method', kept.settings.method);
    for (const [name, value] of Object.entries(kept.settings)) await this.set(name, value);
    this.#opening = this.#open(kept).finally(() => {
      this.#opening = null;
    });
    await this.#opening;
  }

  /**
   * Resolves once all that the engine said up to a step has been taken in: it answers what is asked between two slices before the
   * page has heard of the first. False where the run has gone back behind the step, or is another.
   */
  async heard(lab, step) {
    while (this.lab === lab && this.busy && this.step < step) await new Promise((resolve) => this.addEventListener('change', resolve, { once: true }));
    return this.lab === lab && this.step >= step;
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

  /** The reader's own run takes the place of the recorded one. */
  async #leaveRecorded() {
    if (!this.recorded) return;
    this.recorded = null;
    this.#opening = null;
    await this.drop();
  }

  /**
   * Shows probes the networks of an earlier step, or with null those of now. The run is not touched by it. While one step is
   * being fetched the newest wish waits and older ones are dropped.
   */
  async lookBack(step) {
    this.lookedAt = step === null || step >= this.step ? null : step;
    this.#changed();
    if (!this.lab) return;
    this.#looking ??= this.#follow(this.lab).finally(() => {
      this.#looking = null;
    });
    await this.#looking;
  }

  async #follow(lab) {
    await this.#guard(async () => {
      let shown;
      do {
        shown = this.lookedAt;
        // A recorded run has no present to train on: its end is a snapshot too.
        const wanted = shown ?? (this.recorded ? this.step : null);
        await lab.lookBack(wanted === null ? null : await this.timeline.bytes(wanted));
      } while (shown !== this.lookedAt && lab === this.lab);
    });
    if (lab !== this.lab) return;
    // After a failure the networks are still those of the step before.
    const { lookingAt } = lab;
    const shown = lookingAt === null || lookingAt >= this.step ? null : lookingAt;
    if (shown !== this.lookedAt) {
      this.lookedAt = shown;
      this.#changed();
    }
    this.dispatchEvent(new Event('look'));
  }

  #reset() {
    this.lab = null;
    this.lookedAt = null;
    this.timeline = new Timeline();
    this.status = null;
    this.step = 0;
    this.evaluations = [];
    this.progress = [];
    this.findings = [];
    this.changes = [];
    this.beginning = null;
    this.networks = null;
    this.#speed = new Speed();
    this.formula = '';
  }

  /** @param {import('./keep.js').Kept} [kept] a run to go on with */
  async #open(kept) {
    this.#reset();
    this.#refilled = false;
    this.#abort = new AbortController();
    this.#enter('opening');
    const { train, test, teacher, classes } = this.files;
    // Shapes-32 is generated: no files are read for it.
    this.#classes = train && this.form.dataset !== 'shapes32' ? classes : null;
    try {
      const teacherWeights = teacher ? new Uint8Array(await teacher.arrayBuffer()) : undefined;
      const lab = await createLab({
        ...this.form,
        teacherWeights,
        trainFiles: train ?? undefined,
        testFiles: test ?? undefined,
        classNames: this.#classes ?? undefined,
        signal: this.#abort.signal,
        onStatus: (status) => {
          this.status = status;
          this.#changed();
        },
      });
      lab.addEventListener('recovered', ({ detail }) => this.#recovered(detail));
      this.lab = lab;
      if (kept) await lab.restore(kept.checkpoint);
      this.formula = await lab.formula();
      await this.#readProgress();
      this.#know(lab);
      if (kept) this.#takeUp(kept);
      else await this.#remember();
      this.#enter(this.step > 0 && this.step === this.totalSteps ? 'finished' : 'paused');
      this.dispatchEvent(new Event('lab'));
      return lab;
    } catch (error) {
      this.lab?.dispose();
      this.#reset();
      this.#enter('none');
      if (kept && error.code?.startsWith?.('checkpoint-')) {
        forgetRun();
        this.#note(t.notKept);
      } else if (error.code !== 'disposed') this.#problem(error);
      return null;
    }
  }

  /** What is needed to repeat the run elsewhere and cannot be had later. */
  #know(lab) {
    const { settings } = lab;
    const [first] = [...String(settings.assistants ?? '').split(',').filter(Boolean), settings.student];
    this.networks = { teacher: settings.teacher, student: first };
    if (this.step > 0) return;
    const weights = lab.exportWeights('student').then((bytes) => new Blob([bytes]));
    // Whoever wants them hears of a failure; until then nobody does.
    weights.catch(() => {});
    this.beginning = { settings, date: new Date(), weights };
  }

  /** A lab for looking at the recorded networks. */
  async #openRecorded() {
    const { recorded } = this;
    let lab = null;
    this.#abort = new AbortController();
    const { signal } = this.#abort;
    try {
      const backend = this.form.backend === 'gpu' ? 'gpu' : 'cpu';
      const onStatus = (status) => {
        if (this.recorded !== recorded) return;
        this.status = status;
        this.#changed();
      };
      const [opened, snapshot] = await Promise.all([
        createLab({ ...recorded.settings, backend, training: false, signal, onStatus }),
        this.timeline.bytes(this.shownStep),
      ]);
      lab = opened;
      await lab.lookBack(snapshot);
      if (this.recorded !== recorded) throw new LabError('disposed', 'The recorded run was left.');
      lab.addEventListener('recovered', ({ detail }) => this.#note(retold(detail)));
      this.networks = { teacher: recorded.settings.teacher, student: recorded.settings.student };
      this.lab = lab;
      this.#changed();
      this.dispatchEvent(new Event('lab'));
      if (lab.lookingAt !== this.shownStep) await this.lookBack(this.lookedAt);
      return lab;
    } catch (error) {
      lab?.dispose();
      if (this.recorded === recorded && error.code !== 'disposed') this.#problem(error);
      return null;
    }
  }

  /** Keeps the networks as they are now for the timeline, where it wants them. */
  async #remember() {
    if (!this.timeline.wants(this.step)) return;
    const { lab, step, timeline } = this;
    // A run does not end because it could not be remembered: looking back is then less fine.
    const bytes = await lab.snapshot().catch(() => null);
    if (bytes && lab === this.lab) timeline.add(step, bytes);
  }

  async #readProgress() {
    const { step, totalSteps, stepsPerEpoch } = await this.lab.progress();
    Object.assign(this, { step, totalSteps, stepsPerEpoch });
  }

  /** What was seen of a run that was kept. */
  #takeUp({ evaluations, progress, timeline }) {
    const seen = (events) => events.filter((event) => event.step <= this.step);
    Object.assign(this, { evaluations: seen(evaluations), progress: seen(progress), timeline: Timeline.restore(timeline) });
    this.timeline.forget(this.step);
  }

  /** Trains until paused, finished or `most` steps are done. */
  async #train(most) {
    let done = 0;
    let finished = false;
    this.#enter(this.#speed.ready ? 'running' : 'warming');
    const wake = await keepAwake();
    while (this.#wanted && done < most && !finished) {
      // A slice ends with the plan; only a person's "Train on" goes beyond it. It ends with an evaluation too, so that the
      // snapshot taken then is of the evaluated networks.
      const planned = this.totalSteps > this.step ? this.totalSteps - this.step : Infinity;
      const every = this.lab.settings.evaluateEvery || this.stepsPerEpoch;
      const count = Math.min(this.#speed.steps(SLICE), most - done, planned, every - (this.step % every));
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
        if (events.some((event) => event.type === 'evaluation')) await this.#remember();
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

  #recovered({ step, ...told }) {
    this.step = step;
    this.progress = this.progress.filter((event) => event.step <= step);
    this.evaluations = this.evaluations.filter((event) => event.step <= step);
    // The restart applies later changes at its checkpoint.
    this.changes = this.changes.map((change) => ({ ...change, step: Math.min(change.step, step) }));
    this.timeline.forget(step);
    if (this.lookedAt >= step) this.lookBack(null);
    this.#speed = new Speed();
    this.#note(retold(told));
    this.#changed();
  }

  #take(events) {
    for (const event of events) {
      if (event.type === 'progress') this.progress.push(event);
      if (event.type === 'graduation') this.networks = { teacher: event.teacher, student: event.student };
      if (event.type === 'graduation') this.#note(t.graduated(event.step, event.teacher, event.student));
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
