/** What the recorded run is, for as long as it is shown. */
import { fill, h } from '../dom.js';
import { integer } from '../format.js';

const date = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeZone: 'UTC' });

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
function tell({ settings: s, labels, made, version, totalSteps }) {
  return `Made on ${date.format(made)} by the command line of kd-lens ${version}, with seed ${s.seed}: ${labels.teacher} taught ${labels.student}, ${labels.method}, ${integer(s.trainImages)} images of ${labels.dataset}, ${s.epochs} epochs of ${integer(totalSteps / s.epochs)} steps. It is one seed; another gives other numbers.`;
}

/**
 * Why the recorded run is not shown, in a sentence.
 * @param {import('../recorded.js').Recorded} recorded
 * @param {string[]} names settings in which the link differs
 * @param {boolean} images whether the site has the images that it is of
 */
export function whyNotRecorded(recorded, names, images) {
  if (names.includes('lesson')) return 'The recorded run is not shown: you are asked what you expect before anything is seen.';
  if (names.length > 0) return `The recorded run is not shown: this link differs from it in ${names.join(', ')}.`;
  if (!images) return `The recorded run is not shown: it is of ${recorded.labels.dataset}, whose images this site does not have.`;
  return '';
}
