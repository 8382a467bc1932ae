/** What the frame adds to the article: buttons of the run where part 1 is not shown, and the way to the whole page. */
import { fill, h } from '../dom.js';
import { writeHash } from '../settings.js';
import { clearOnTry, notice, problemBox } from '../views/boxes.js';
import { runState } from '../views/teach.js';
import { bringLanguage, words } from '../words.js';

const t = words.embed;

/** The address of the whole page with the settings of the form; only those that are not the default. */
export function wholePage(experiment, site) {
  const hash = experiment.description ? writeHash(experiment.description, experiment.form, experiment.preset) : '';
  return new URL(`index.html${bringLanguage(hash)}`, site).href;
}

/**
 * @param {import('../experiment.js').Experiment} experiment
 * @param {URL} site
 * @returns {{show: (shown: {teach: boolean, opening: boolean}) => void, say: (text: string) => void, fail: (error: Error) => void}}
 */
export function bar(experiment, site) {
  const main = document.querySelector('main');
  const heading = h('h1', { class: 'visually-hidden' }, t.title);
  const notes = h('div', {});
  const run = h('div', { class: 'run' }, runState(experiment));
  const above = h('div', { class: 'embed-run' }, notes);
  const link = h('a', { href: wholePage(experiment, site), target: '_blank', rel: 'noopener' }, t.whole, h('span', { class: 'visually-hidden' }, t.newTab));
  const credit = h('p', { class: 'embed-credit' }, t.credit, link);
  main.prepend(heading, above);
  main.append(credit);
  for (const type of ['change', 'form']) {
    experiment.addEventListener(type, () => {
      link.href = wholePage(experiment, site);
    });
  }
  const add = (box) => fill(notes, box, [...notes.children].slice(0, 2));
  clearOnTry(experiment, notes);
  // Part 1 says these things itself where it is shown.
  let alone = false;
  experiment.addEventListener('note', ({ detail }) => alone && add(notice(detail)));
  experiment.addEventListener('problem', ({ detail }) => alone && add(problemBox(detail)));
  return {
    show({ teach, opening }) {
      alone = !teach;
      if (teach) run.remove();
      else above.append(run);
      heading.toggleAttribute('data-off', opening);
    },
    say: (text) => add(notice(text)),
    fail: (error) => add(problemBox(error)),
  };
}
