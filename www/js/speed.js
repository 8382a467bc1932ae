/** How fast a run is, and how fast such a run was here before: for the time that is left. */

/** How long steps and evaluations take here, over the last few seconds. */
export class Speed {
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
