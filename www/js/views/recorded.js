/** What the recorded run is, for as long as it is shown. */
import { fill, h } from '../dom.js';
import { integer } from '../format.js';
import { named } from '../names.js';
import { language, words } from '../words.js';

const t = words.recorded;
const date = new Intl.DateTimeFormat(language === 'en' ? 'en-GB' : language, { dateStyle: 'long', timeZone: 'UTC' });

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
    fill(note, recorded ? h('p', {}, h('strong', {}, t.title), ` ${tell(recorded)}`) : why ? h('p', { class: 'fine' }, why) : null);
  };
  note.hidden = true;
  experiment.addEventListener('change', draw);
  draw();
  return note;
}

/** Everything that says which run it is. */
function tell({ settings: s, labels, made, version, totalSteps }) {
  const [teacher, student, method, dataset] = [labels.teacher, labels.student, labels.method, labels.dataset].map(named);
  return t.tell(date.format(made), version, s.seed, teacher, student, method, integer(s.trainImages), dataset, s.epochs, integer(totalSteps / s.epochs), integer(s.testImages));
}

/**
 * Why the recorded run is not shown, in a sentence.
 * @param {import('../recorded.js').Recorded} recorded
 * @param {string[]} names settings in which the link differs
 * @param {boolean} images whether the site has the images that it is of
 */
export function whyNotRecorded(recorded, names, images) {
  if (names.includes('lesson')) return t.lesson;
  if (names.length > 0) return t.differs(names.join(', '));
  if (!images) return t.noImages(named(recorded.labels.dataset));
  return '';
}
