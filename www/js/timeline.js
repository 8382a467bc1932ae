/**
 * Snapshots of student and control along a run, to be looked back at. Their bytes stay within a budget: when it is full every
 * second one goes and from then on only half as many are kept, so that they lie evenly however long the run gets.
 */

/** Bytes of snapshots that a run keeps in memory, and how many at most: a slider with more stops cannot be read. */
export const BUDGET = 32e6;
const MOST = 40;

export class Timeline {
  /** @type {{step: number, bytes: Uint8Array|null, load: (() => Promise<Uint8Array>)|null}[]} */
  #marks = [];
  #stride = 1;
  #offered = 0;
  #budget;

  /** @param {{budget?: number}} [options] in bytes */
  constructor({ budget = BUDGET } = {}) {
    this.#budget = budget;
  }

  /** Steps of the snapshots, in order. */
  get steps() {
    return this.#marks.map((mark) => mark.step);
  }

  /** Whether the snapshot of this step would be kept; asked once for each that could be taken. */
  wants(step) {
    const wanted = this.#offered % this.#stride === 0;
    this.#offered += 1;
    return wanted && !this.#marks.some((mark) => mark.step === step);
  }

  /** @param {Uint8Array} bytes */
  add(step, bytes) {
    this.#put({ step, bytes, load: null });
    const total = () => this.#marks.reduce((sum, mark) => sum + (mark.bytes?.byteLength ?? 0), 0);
    while (this.#marks.length > 2 && (this.#marks.length > MOST || total() > this.#budget)) {
      this.#marks = this.#marks.filter((_, i) => i % 2 === 0);
      this.#stride *= 2;
    }
  }

  /** A snapshot that lies elsewhere until it is wanted. @param {() => Promise<Uint8Array>} load */
  addLater(step, load) {
    this.#put({ step, bytes: null, load });
  }

  /** @returns {Promise<Uint8Array>} */
  async bytes(step) {
    const mark = this.#marks.find((entry) => entry.step === step);
    if (!mark) throw new Error(`There is no snapshot of step ${step}.`);
    mark.bytes ??= await mark.load();
    return mark.bytes;
  }

  /** Forgets what lies after a step: the run went back to it. */
  forget(step) {
    this.#marks = this.#marks.filter((mark) => mark.step <= step);
  }

  /** What is needed to put the same timeline together again. */
  save() {
    return { stride: this.#stride, offered: this.#offered, marks: this.#marks.filter(({ bytes }) => bytes).map(({ step, bytes }) => ({ step, bytes })) };
  }

  static restore({ stride, offered, marks }) {
    const timeline = new Timeline();
    timeline.#stride = stride;
    timeline.#offered = offered;
    timeline.#marks = marks.map((mark) => ({ ...mark, load: null }));
    return timeline;
  }

  #put(mark) {
    this.#marks.push(mark);
    this.#marks.sort((a, b) => a.step - b.step);
  }
}
