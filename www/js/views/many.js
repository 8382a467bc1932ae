/** A question about many images, asked in parts so that it shows its progress and can be stopped. */
import { announce, fill, h, keepWidth, newId, say } from '../dom.js';
import { duration, integer } from '../format.js';
import { words } from '../words.js';
import { asOf } from './as-of.js';
import { problemBox } from './boxes.js';

const t = words.many;

/** The engine's own batch: a part of another size would make a GPU compile its programs anew. */
const PART = 32;
const SIZES = [64, 128, 256, 512, 1024];

/**
 * @param {import('../experiment.js').Experiment} experiment
 * @param {object} options
 * @param {string} options.verb on the button: «Compare», «Attack»
 * @param {(lab: object, indices: number[]) => Promise<object>} options.part
 * @param {(parts: object[], compare: (pairs: number[][]) => Promise<object>) => Promise<object>} options.pool all parts so far as one
 * @param {(found: object) => string} options.show called after each part with what `pool` made of them; returns the answer
 * @returns {{element: HTMLElement, reset: () => void}}
 */
export function many(experiment, { verb, part, pool, show }) {
  const id = newId('many');
  const size = h('select', { id });
  const button = h('button', { type: 'button', onclick: () => (running ? stop() : ask()) }, verb);
  const bar = h('progress', { max: 1, value: 0, 'aria-label': t.progress(verb) });
  const state = h('span', { class: 'fine' });
  const problems = h('div', {});
  let running = null;
  let answered = null;
  let told = false;

  experiment.addEventListener('lab', () => {
    running = null;
    reset();
    const most = experiment.lab?.settings.testImages ?? 0;
    const sizes = SIZES.filter((n) => n < most).slice(0, 4);
    fill(size, [...sizes, most].map((n) => h('option', { value: n, selected: n === 128 }, t.first(integer(n)))));
  });

  // Parts of two steps are no answer: a question under way is put again.
  experiment.addEventListener('look', () => {
    if (!running) return;
    running = null;
    ask();
  });
  experiment.addEventListener('change', tellStep);

  /** While looking back, and after it, the answer says of which step it is. */
  function tellStep() {
    if (answered === null || running) return;
    told ||= experiment.lookedAt !== null;
    if (told) say(state, t.answered(integer(answered.images), asOf(experiment, answered.step)));
  }

  async function ask() {
    const { lab } = experiment;
    const run = { stopped: false };
    running = run;
    const total = Number(size.value);
    const parts = [];
    const finding = { question: verb };
    let done = 0;
    let answer = '';
    fill(problems);
    keepWidth(button);
    say(button, t.stop);
    say(state, '');
    const began = performance.now();
    try {
      while (done < total && !run.stopped && running === run) {
        const indices = Array.from({ length: Math.min(PART, total - done) }, (_, i) => done + i);
        const result = await part(lab, indices);
        if (running !== run) return;
        parts.push(result);
        const found = await pool(parts, (pairs) => lab.compare(pairs));
        if (running !== run) return;
        done += indices.length;
        bar.value = done / total;
        const left = ((performance.now() - began) / 1000 / done) * (total - done);
        say(state, done === total ? t.all(integer(done)) : t.done(integer(done), integer(total), duration(left)));
        answer = show(found);
        experiment.keepFinding(Object.assign(finding, { answer, step: result.step, images: done, found }));
        answered = { images: done, step: result.step };
      }
      if (run.stopped) say(state, t.stopped(integer(done)));
      announce(answer);
    } catch (error) {
      if (running === run && error.code !== 'disposed') fill(problems, problemBox(error));
    }
    if (running !== run) return;
    running = null;
    say(button, verb);
    tellStep();
  }

  function stop() {
    running.stopped = true;
  }

  function reset() {
    running = null;
    answered = null;
    told = false;
    bar.value = 0;
    say(state, '');
    say(button, verb);
    fill(problems);
  }

  const element = h(
    'div',
    {},
    h('div', { class: 'many' }, h('div', { class: 'field' }, h('label', { htmlFor: id }, t.images), size), button, bar, state),
    problems,
  );
  return { element, reset };
}
