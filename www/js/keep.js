/**
 * Keeps the reader's run in the browser's own storage (IndexedDB), so that leaving the page loses nothing: its settings, its last
 * checkpoint, what it reported, and its snapshots. One run is kept, the last one.
 */

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

/** The run that was kept; null where there is none or no storage. @returns {Promise<Kept|null>} */
export async function keptRun() {
  try {
    return await inStorage('readonly', async (runs, store) => {
      const [kept, marks] = await Promise.all([done(runs.get(KEY)), done(store.getAll())]);
      return kept ? { ...kept, timeline: { ...kept.timeline, marks } } : null;
    });
  } catch {
    return null;
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
  #saving = null;
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
    if (!started || step === 0 || this.#saving || (lab === this.#lab && step === this.#step)) return;
    if (files.train || files.test || files.teacher) {
      this.#say(t.ownFiles);
      return;
    }
    this.#when = performance.now();
    this.#saving = this.#save(lab)
      .catch((error) => {
        this.safe = false;
        if (error?.code !== 'disposed') this.#say(whyNot(error));
      })
      .finally(() => {
        this.#saving = null;
      });
  }

  async #save(lab) {
    // What the run goes back to after a failure stays the last evaluation: a moment before a training diverges is no good one.
    const checkpoint = await lab.checkpoint({ keep: false });
    const { evaluations, progress, totalSteps, step, timeline } = this.#experiment;
    if (lab !== this.#experiment.lab) return;
    const { marks, ...rest } = timeline.save();
    const fresh = lab !== this.#lab;
    const known = fresh ? new Set() : this.#stored;
    const steps = new Set(marks.map((mark) => mark.step));
    await inStorage('readwrite', async (runs, store) => {
      if (fresh) store.clear();
      for (const mark of marks) if (!known.has(mark.step)) store.put(mark);
      for (const old of known) if (!steps.has(old)) store.delete(old);
      runs.put({ settings: lab.settings, checkpoint, step, totalSteps, evaluations, progress, timeline: rest, saved: Date.now() }, KEY);
    });
    this.#lab = lab;
    this.#step = step;
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
