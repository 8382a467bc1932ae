/** Training rests while the frame is out of sight, and goes on when it is back, if it was going on before. */

export class Sight extends EventTarget {
  /** Whether the frame can be seen now. */
  seen = true;
  /** Whether training was interrupted because it cannot. */
  waiting = false;
  /** `pause`, or `run` to go on out of sight. */
  offscreen = 'pause';
  #experiment;

  /** @param {import('../experiment.js').Experiment} experiment */
  constructor(experiment) {
    super();
    this.#experiment = experiment;
    // Without a root this is about the reader's window, however many frames lie between.
    new IntersectionObserver((entries) => this.#look(entries.at(-1).isIntersecting)).observe(document.documentElement);
  }

  configure(offscreen) {
    this.offscreen = offscreen;
    this.#look(this.seen);
  }

  /** Starts the run, or notes that it must start once it can be seen. */
  async run() {
    if (!this.seen && this.offscreen === 'pause') return this.#wait(true);
    return this.#experiment.run();
  }

  /** Somebody decided that the run shall rest: coming back into sight is no reason to go on any more. */
  forget() {
    this.#wait(false);
  }

  #look(seen) {
    this.seen = seen;
    const away = !seen && this.offscreen === 'pause';
    if (away && ['opening', 'warming', 'running'].includes(this.#experiment.phase) && this.#experiment.wanted) {
      this.#wait(true);
      this.#experiment.pause();
    } else if (!away && this.waiting) {
      this.#wait(false);
      this.#goOn();
    }
  }

  async #goOn() {
    const experiment = this.#experiment;
    // It may still be coming to rest, or opening.
    while (experiment.phase === 'pausing' || experiment.phase === 'opening') {
      await new Promise((resolve) => experiment.addEventListener('change', resolve, { once: true }));
    }
    // The phase changes a moment before the run has ended.
    await experiment.pause();
    if (this.seen || this.offscreen === 'run') await experiment.run();
    else this.#wait(true);
  }

  #wait(waiting) {
    if (this.waiting === waiting) return;
    this.waiting = waiting;
    this.dispatchEvent(new Event('change'));
  }
}
