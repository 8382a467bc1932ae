/**
 * A question that is put by a button because it takes a while: it shows its progress, can be stopped between its parts,
 * and says at which step it was answered and whether the run has gone on since.
 */
import { announce, fill, h, keepWidth, newId, say } from '../dom.js';
import { duration, integer } from '../format.js';
import { words } from '../words.js';
import { asOf } from './as-of.js';
import { problemBox } from './boxes.js';

const t = words.ask;

const SIZES = [64, 128, 256, 512, 1024];

export class Ask {
  #experiment;
  #options;
  #size = h('select', { id: newId('ask') });
  #button;
  #bar;
  #state = h('span', { class: 'fine', role: 'status' });
  #problems = h('div', {});
  #running = null;
  #answered = null;
  #again = false;

  /**
   * @param {import('../experiment.js').Experiment} experiment
   * @param {object} options
   * @param {string} options.verb on the button: «Compare»
   * @param {number} [options.preferred] images unless another number is chosen; without it there is no choice
   * @param {number} [options.least] fewer images than this are not offered
   * @param {string} [options.label] of that choice
   * @param {(n: string) => string} [options.size] a number of images in words; «the first n»
   * @param {any[]|((lab: object) => any[]|Promise<any[]>)} [options.parts] what `part` is called with, one after the other; default: once
   * @param {(lab: object, images: number, part: any) => Promise<object>} options.part
   * @param {(results: object[], compare: (pairs: number[][]) => Promise<object>) => Promise<any>} [options.pool] what `show`
   *        is given in place of the results so far
   * @param {(results: any) => string} options.show called after each part with all results so far; returns the answer
   * @param {() => void} options.clear there is no result any more
   */
  constructor(experiment, options) {
    this.#experiment = experiment;
    this.#options = { parts: [null], label: t.images, least: 0, size: t.first, pool: async (results) => results, ...options };
    this.#button = h('button', { type: 'button', onclick: () => (this.#running ? this.#stop() : this.ask()) }, options.verb);
    const many = typeof this.#options.parts === 'function' || this.#options.parts.length > 1;
    this.#bar = many ? h('progress', { max: 1, value: 0, 'aria-label': t.progress(options.verb) }) : null;
    const field = options.preferred ? h('div', { class: 'field' }, h('label', { htmlFor: this.#size.id }, this.#options.label), this.#size) : null;
    this.element = h('div', { class: 'ask' }, h('div', { class: 'many' }, field, this.#button, this.#bar, this.#state), this.#problems);
    experiment.addEventListener('lab', () => this.#reset());
    experiment.addEventListener('change', () => this.#tell());
    // Parts of two steps are no answer: a question under way is put again.
    experiment.addEventListener('look', () => {
      if (!this.#running || !this.#bar) return;
      this.#running = null;
      this.#idle();
      this.ask();
    });
    this.#tell();
  }

  /** Whether there is an answer for the present lab. */
  get answered() {
    return this.#answered !== null;
  }

  get asking() {
    return this.#running !== null;
  }

  /** Asks anew because something else was chosen: at once, or after the part that is under way. Only where it was asked before. */
  again() {
    if (!this.#running) {
      if (this.answered) this.ask();
      return;
    }
    this.#again = true;
    this.#running.stopped = true;
  }

  async ask() {
    const { lab } = this.#experiment;
    if (!lab || this.#running) return;
    const { part, pool, show } = this.#options;
    const several = this.#bar !== null;
    const run = { stopped: false, done: 0, began: performance.now(), total: several ? Infinity : 1 };
    this.#running = run;
    const images = Number(this.#size.value);
    const results = [];
    const finding = { question: this.#options.verb };
    let answer = '';
    fill(this.#problems);
    this.element.classList.add('asked');
    if (several) {
      keepWidth(this.#button);
      say(this.#button, t.stop);
    } else this.#button.setAttribute('aria-disabled', 'true');
    this.#tell();
    try {
      const parts = typeof this.#options.parts === 'function' ? await this.#options.parts(lab) : this.#options.parts;
      if (this.#running !== run) return;
      run.total = parts.length;
      run.began = performance.now();
      this.#tell();
      for (const entry of parts) {
        if (run.stopped) break;
        const result = await part(lab, images, entry);
        if (this.#running !== run) return;
        results.push(result);
        const found = await pool(results, (pairs) => lab.compare(pairs));
        if (this.#running !== run) return;
        run.done += 1;
        if (this.#bar) this.#bar.value = run.done / run.total;
        this.#answered = result.step;
        answer = show(found);
        this.#experiment.keepFinding(Object.assign(finding, { answer, step: result.step, images: this.#options.preferred ? images : (result.n ?? null), found }));
        this.#tell();
      }
      if (!this.#again) announce(answer);
    } catch (error) {
      if (this.#running === run && error.code !== 'disposed') fill(this.#problems, problemBox(error));
    }
    if (this.#running !== run) return;
    this.#running = null;
    this.#idle();
    if (!this.#again) return;
    this.#again = false;
    this.ask();
  }

  /** One part cannot be stopped: the engine is in the middle of it. */
  #stop() {
    if (this.#running.total === 1) return;
    this.#running.stopped = true;
    this.#tell();
  }

  #idle() {
    say(this.#button, this.#options.verb);
    this.#button.removeAttribute('aria-disabled');
    this.#tell();
  }

  #reset() {
    this.#running = null;
    this.#answered = null;
    this.#again = false;
    if (this.#bar) this.#bar.value = 0;
    fill(this.#problems);
    const most = this.#experiment.lab?.settings.testImages ?? 0;
    const { preferred, least } = this.#options;
    const sizes = [...SIZES.filter((n) => n < most && n >= least).slice(0, 4), most];
    const usual = sizes.findLast((n) => n <= preferred) ?? sizes[0];
    fill(this.#size, sizes.map((n) => h('option', { value: n, selected: n === usual }, this.#options.size(integer(n)))));
    this.#options.clear();
    this.#idle();
  }

  #tell() {
    const { phase } = this.#experiment;
    const run = this.#running;
    if (run) {
      const left = run.done > 0 ? duration(((performance.now() - run.began) / 1000 / run.done) * (run.total - run.done)) : null;
      const computing = ['warming', 'running'].includes(phase) ? t.computingBetween : t.computing;
      say(this.#state, run.stopped ? t.stopping : Number.isFinite(run.total) && run.total > 1 ? t.done(run.done, run.total, left) : computing);
      return;
    }
    if (this.#answered === null) say(this.#state, t.notYet);
    else say(this.#state, t.computed(asOf(this.#experiment, this.#answered)));
  }
}
