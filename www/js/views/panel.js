/**
 * What parts 2 and 3 have in common: they need a lab, ask it one question about the chosen image, say at which step the
 * answer was computed, and ask again when something changes. The first question is put when the panel comes near the
 * view, so that a run is not slowed by a panel that nobody looks at.
 */
import { fill, h, say, whenNear } from '../dom.js';
import { words } from '../words.js';
import { asOf } from './as-of.js';
import { invitation, place, problemBox } from './boxes.js';

const t = words.panel;

export class Panel {
  #experiment;
  #options;
  #when = h('span', { role: 'status' });
  #again = h('button', { class: 'quiet', type: 'button', onclick: () => this.ask() }, t.again);
  #problems = h('div', {});
  #near = false;
  #asking = false;
  #askAgain = false;
  #answered = null;
  #loaded = false;

  /**
   * @param {import('../experiment.js').Experiment} experiment
   * @param {HTMLElement} holder
   * @param {object} options
   * @param {string} options.invitation what a person sees before there is a lab
   * @param {string} [options.subject] what is computed, where a panel computes other things too
   * @param {HTMLElement[]} options.top what is chosen
   * @param {HTMLElement[]} options.body what is answered
   * @param {() => Promise<void>} options.load called once for each lab, before the first question
   * @param {(lab: object) => Promise<object>} options.question
   * @param {(result: object) => void} options.show
   */
  constructor(experiment, holder, options) {
    this.#experiment = experiment;
    this.#options = options;
    const line = h('p', { class: 'when' }, this.#when, this.#again);
    this.body = h('div', { class: 'panel-body' }, options.top, line, this.#problems, options.body);
    this.empty = invitation(experiment, options.invitation);
    place(experiment, holder, this.body, this.empty);
    experiment.addEventListener('lab', () => {
      this.#answered = null;
      this.#loaded = false;
      fill(this.#problems);
      if (experiment.lab && this.#near) this.#first();
    });
    for (const type of ['select', 'look']) experiment.addEventListener(type, () => this.ask());
    experiment.addEventListener('change', () => this.#tell());
    // The end of a run is what its reader has waited for: what stands here must not be an earlier state of it.
    let ended = false;
    experiment.addEventListener('change', () => {
      const ends = experiment.phase === 'finished' && !ended;
      ended = experiment.phase === 'finished';
      if (ends && this.#answered !== experiment.shownStep) this.ask();
    });
    // Images that could not be had before may be there now.
    experiment.addEventListener('evaluation', () => {
      if (!this.#loaded && this.#near) this.#first();
    });
    whenNear(holder, () => {
      this.#near = true;
      if (experiment.lab) this.#first();
    });
  }

  /** Puts the question; while one is under way the newest waits and older ones are dropped. */
  async ask() {
    const { lab } = this.#experiment;
    if (!lab || !this.#near || !this.#loaded) return;
    this.#askAgain = this.#asking;
    if (this.#asking) return;
    this.#asking = true;
    this.#tell();
    try {
      const result = await this.#options.question(lab);
      if (lab === this.#experiment.lab) {
        fill(this.#problems);
        this.#answered = result.step;
        this.#options.show(result);
      }
    } catch (error) {
      if (error.code !== 'disposed') fill(this.#problems, problemBox(error));
    }
    this.#asking = false;
    this.#tell();
    if (this.#askAgain) await this.ask();
  }

  async #first() {
    try {
      await this.#options.load();
      this.#loaded = true;
    } catch (error) {
      // Trouble with the images is reported where the run is, in part 1.
      if (error.code !== 'disposed' && !error.code?.startsWith('data-')) fill(this.#problems, problemBox(error));
      return;
    }
    await this.ask();
  }

  #tell() {
    const { phase } = this.#experiment;
    const computing = ['warming', 'running'].includes(phase) ? t.computingBetween : t.computing;
    say(this.#when, this.#asking ? computing : this.#answered === null ? t.waiting : t.computed(asOf(this.#experiment, this.#answered), this.#options.subject));
    this.#again.disabled = this.#asking || this.#answered === null;
  }
}
