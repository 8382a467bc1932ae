/** What the recorded run is, for as long as it is shown. */
import { fill, h } from '../dom.js';
import { integer } from '../format.js';

const DATASETS = { cifar10: 'CIFAR-10', cifar100: 'CIFAR-100', shapes32: 'Shapes-32' };
const date = new Intl.DateTimeFormat('en', { dateStyle: 'long', timeZone: 'UTC' });

/** @param {import('../experiment.js').Experiment} experiment */
export function recordedNote(experiment) {
  const note = h('div', { class: 'recorded' });
  let shown = '';
  const draw = () => {
    const { recorded } = experiment;
    const why = experiment.started ? '' : experiment.whyNotRecorded;
    const state = recorded ?? why;
    if (state === shown) return;
    shown = state;
    note.hidden = !state;
    fill(note, recorded ? h('p', {}, h('strong', {}, 'Recorded run.'), ` ${tell(recorded)}`) : why ? h('p', { class: 'fine' }, why) : null);
  };
  note.hidden = true;
  experiment.addEventListener('change', draw);
  draw();
  return note;
}

/** Everything that says which run it is. */
function tell({ settings: s, made, version, totalSteps }) {
  const images = `${integer(s.trainImages)} images of ${DATASETS[s.dataset] ?? s.dataset}`;
  return `Made on ${date.format(made)} by the command line of kd-lens ${version}, with seed ${s.seed}: a ${s.teacher} taught a ${s.student} by the method ${s.method} (T = ${s.temperature}, α = ${s.alpha}), ${images}, ${s.epochs} epochs, ${integer(totalSteps)} steps. One seed says little about another.`;
}

/**
 * Why the recorded run is not shown, in a sentence.
 * @param {import('../recorded.js').Recorded} recorded
 * @param {string[]} names settings in which the link differs
 * @param {boolean} images whether the site has the images that it is of
 */
export function whyNotRecorded(recorded, names, images) {
  if (names.length > 0) return `The recorded run is not shown: this link differs from it in ${names.join(', ')}.`;
  if (!images) return `The recorded run is not shown: it is of ${DATASETS[recorded.settings.dataset] ?? recorded.settings.dataset}, whose images this site does not have.`;
  return '';
}
