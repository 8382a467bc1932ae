/** The offer to go on with the run of an earlier visit. */
import { fill, h } from '../dom.js';
import { integer } from '../format.js';
import { forgetRun, keptRun } from '../keep.js';
import { calledBy } from '../settings.js';
import { language, words } from '../words.js';

const t = words.kept;
const time = new Intl.DateTimeFormat(language === 'en' ? 'en-GB' : language, { dateStyle: 'long', timeStyle: 'short' });

/**
 * @param {import('../experiment.js').Experiment} experiment
 * @param {HTMLElement} holder
 */
export async function offerKept(experiment, holder) {
  const kept = await keptRun(experiment.description);
  if (!kept || experiment.started || experiment.busy) return;
  const called = (name, value) => calledBy(experiment.description.settings.find((setting) => setting.name === name), value);
  const gone = () => fill(holder);
  const go = h('button', { type: 'button', onclick: () => { gone(); experiment.resume(kept); } }, kept.step < kept.totalSteps ? t.goOn : t.show);
  const forget = h('button', { class: 'quiet', type: 'button', onclick: async () => { gone(); await forgetRun(); } }, t.forget);
  fill(holder, h('div', { class: 'notice', 'data-kept': 'run' }, h('p', {}, tell(called, kept)), h('div', { class: 'buttons' }, go, forget)));
  // A run that was begun takes its place.
  experiment.addEventListener('lab', () => {
    if (experiment.started) gone();
  });
}

function tell(called, { settings: s, step, totalSteps, saved }) {
  const run = [time.format(new Date(saved)), ...['dataset', 'teacher', 'student', 'method'].map((name) => called(name, s[name])), s.seed];
  return step < totalSteps ? t.unfinished(...run, integer(step), integer(totalSteps)) : t.finished(...run, integer(step));
}
