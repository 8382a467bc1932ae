/** The offer to go on with the run of an earlier visit. */
import { fill, h } from '../dom.js';
import { integer } from '../format.js';
import { forgetRun, keptRun } from '../keep.js';

const time = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeStyle: 'short' });

/**
 * @param {import('../experiment.js').Experiment} experiment
 * @param {HTMLElement} holder
 */
export async function offerKept(experiment, holder) {
  const kept = await keptRun();
  if (!kept || experiment.started || experiment.busy) return;
  const gone = () => fill(holder);
  const go = h('button', { type: 'button', onclick: () => { gone(); experiment.resume(kept); } }, kept.step < kept.totalSteps ? 'Go on with it' : 'Show it again');
  const forget = h('button', { class: 'quiet', type: 'button', onclick: async () => { gone(); await forgetRun(); } }, 'Forget it');
  fill(holder, h('div', { class: 'notice', 'data-kept': 'run' }, h('p', {}, tell(kept)), h('div', { class: 'buttons' }, go, forget)));
  // A run that was begun takes its place.
  experiment.addEventListener('lab', () => {
    if (experiment.started) gone();
  });
}

function tell({ settings: s, step, totalSteps, saved }) {
  const state = step < totalSteps ? `It stands at step ${integer(step)} of ${integer(totalSteps)}.` : `It is finished: ${integer(step)} steps.`;
  return `Your run of ${time.format(new Date(saved))} is kept in this browser: ${s.dataset}, ${s.teacher} teaches ${s.student}, ${s.method}, seed ${s.seed}. ${state}`;
}
