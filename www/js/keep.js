/**
 * Keeps the reader's run in the browser's own storage (IndexedDB), so that leaving the page loses nothing: its settings, its last
 * checkpoint, what it reported, and its snapshots. One run is kept, the last one.
 */

import { checkSettings } from './settings.js';
import { words } from './words.js';

const t = words.keep;
const DATABASE = 'kd-lens';
const VERSION = 1;
/** The run, under one key; its snapshots by step, so that each is written once. */
const RUN = 'run';
const MARKS = 'marks';
const KEY = 'last';
/** While a run trains it is kept this often, in ms, beside every evaluation. */
const EVERY = 15_000;

/**
 * @typedef {object} Kept
 * @property {object} settings
 * @property {Uint8Array} checkpoint
 * @property {number} step
 * @property {number} totalSteps
 * @property {object[]} evaluations
 * @property {object[]} progress
 * @property {{stride: number, offered: number, marks: object[]}} timeline
 * @property {number} saved ms since 1970
 */

const done = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

const finished = (transaction) =>
  new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error ?? new DOMException('The storage gave up.', 'AbortError'));
  });

/** Opens the storage for one action. Throws where the browser has none for this page. */
async function inStorage(mode, action) {
  const request = indexedDB.open(DATABASE, VERSION);
  request.onupgradeneeded = () => {
    request.result.createObjectStore(RUN);
    request.result.createObjectStore(MARKS, { keyPath: 'step' });
  };
  const database = await done(request);
  try {
    const transaction = database.transaction([RUN, MARKS], mode);
    const end = finished(transaction);
    end.catch(() => {});
    const result = await action(transaction.objectStore(RUN), transaction.objectStore(MARKS));
    await end;
    return result;
  } finally {
    database.close();
  }
}

/**
 * The run that was kept; null where there is none or no storage. One that cannot be used, because it is damaged or another version
 * of the site kept it, is forgotten.
 * @param {import('./engine.js').Description} description
 * @returns {Promise<Kept|null>}
 */
export async function keptRun(description) {
  try {
    const found = await inStorage('readonly', async (runs, store) => {
      const [kept, marks] = await Promise.all([done(runs.get(KEY)), done(store.getAll())]);
      return kept === undefined ? null : { ...kept, timeline: { ...kept?.timeline, marks } };
    });
    if (!found || isUsable(found, description)) return found;
    await forgetRun();
    return null;
  } catch {
    return null;
  }
}

/** What the offer names. */
const NAMED = ['dataset', 'teacher', 'student', 'method', 'seed'];
const isCount = (value) => Number.isSafeInteger(value) && value >= 0;
const areNumbers = (...values) => values.every((value) => value === null || Number.isFinite(value));
const isRate = ({ rate, low, high }) => areNumbers(rate, low, high);
const isLoss = ({ total, terms }) => Number.isFinite(total) && Object.values(terms).every((term) => Number.isFinite(term.weighted));
const isComparison = ({ verdict, difference, low, high }) => typeof verdict === 'string' && areNumbers(difference, low, high);

/** Whether the page can show this and go on with it: what was stored may be anything. */
function isUsable({ settings, checkpoint, step, totalSteps, saved, evaluations, progress, timeline }, description) {
  try {
    checkSettings(description, settings);
    return (
      NAMED.every((name) => Object.hasOwn(settings, name)) &&
      checkpoint instanceof Uint8Array &&
      [step, totalSteps, timeline.offered, timeline.stride].every(isCount) &&
      timeline.stride > 0 &&
      timeline.marks.every((mark) => isCount(mark.step) && mark.bytes instanceof Uint8Array) &&
      !Number.isNaN(new Date(saved).getTime()) &&
      evaluations.every(
        ({ step: at, n, teacher, student, control, agreement, comparison }) =>
          isCount(at) && isCount(n) && [teacher, student, control, agreement.student, agreement.control].every(isRate) && [comparison.accuracy, comparison.agreement].every(isComparison),
      ) &&
      progress.every((event) => isCount(event.step) && isLoss(event.student) && isLoss(event.control))
    );
  } catch {
    return false;
  }
}

/** Forgets it. */
export async function forgetRun() {
  await inStorage('readwrite', async (runs, store) => {
    runs.clear();
    store.clear();
  }).catch(() => {});
}

/** Keeps a run for as long as the page is open. */
export class Keeper {
  #experiment;
  #tell;
  #lab = null;
  #step = 0;
  #when = 0;
  #stored = new Set();
  /** Names the run in the storage, which another tab may have filled with its own since. */
  #id = '';
  #saving = null;
  /** Whether something was to be kept while the last was still being written. */
  #again = false;
  #told = false;
  /** Whether the run as it was a moment ago would be found at the next visit. */
  safe = false;

  /**
   * @param {import('./experiment.js').Experiment} experiment
   * @param {(sentence: string) => void} tell called once when a run cannot be kept
   */
  constructor(experiment, tell) {
    this.#experiment = experiment;
    this.#tell = tell;
    experiment.addEventListener('evaluation', () => this.save());
    experiment.addEventListener('change', () => {
      const rests = ['paused', 'finished'].includes(experiment.phase);
      if (rests || performance.now() - this.#when > EVERY) this.save();
    });
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState === 'hidden') this.save();
    });
  }

  /** Keeps the run as it is now, unless that is kept already. One at a time. */
  save() {
    const { lab, started, step, files } = this.#experiment;
    if (!started || step === 0 || (lab === this.#lab && step === this.#step)) return;
    if (this.#saving) {
      this.#again = true;
      return;
    }
    if (files.train || files.test || files.teacher) {
      this.#say(t.ownFiles);
      return;
    }
    this.#when = performance.now();
    this.#again = false;
    this.#saving = this.#save(lab)
      .catch((error) => {
        this.safe = false;
        if (error?.code !== 'disposed') this.#say(whyNot(error));
      })
      .finally(() => {
        this.#saving = null;
        // The last words of a run may have been said meanwhile.
        if (this.#again) this.save();
      });
  }

  async #save(lab) {
    // What the run goes back to after a failure stays the last evaluation: a moment before a training diverges is no good one.
    const [checkpoint, { step }] = await Promise.all([lab.checkpoint({ keep: false }), lab.progress()]);
    if (!(await this.#experiment.heard(lab, step))) return;
    const { evaluations, progress, totalSteps, timeline } = this.#experiment;
    const { marks, ...rest } = timeline.save();
    const fresh = lab !== this.#lab;
    const id = fresh ? `${Date.now()} ${Math.random()}` : this.#id;
    const steps = new Set(marks.map((mark) => mark.step));
    await inStorage('readwrite', async (runs, store) => {
      const ours = (await done(runs.get(KEY)))?.id === id;
      const known = ours ? this.#stored : new Set();
      if (!ours) store.clear();
      for (const mark of marks) if (!known.has(mark.step)) store.put(mark);
      for (const old of known) if (!steps.has(old)) store.delete(old);
      runs.put({ id, settings: lab.settings, checkpoint, step, totalSteps, evaluations, progress, timeline: rest, saved: Date.now() }, KEY);
    });
    this.#lab = lab;
    this.#step = step;
    this.#id = id;
    this.#stored = steps;
    this.safe = true;
  }

  #say(sentence) {
    if (this.#told) return;
    this.#told = true;
    this.#tell(sentence);
  }
}

function whyNot(error) {
  return error?.name === 'QuotaExceededError' ? t.full : t.refused;
}
