/** Part 1: settings, the formula with its numbers, the run and its buttons, the curves, the answer. */
import { teachingAnswer } from '../answers.js';
import { bytes, duration, integer, percent, short } from '../format.js';
import { formula as mathml } from '../math.js';
import { announce, fill, h, mark, say } from '../dom.js';
import { host } from '../host.js';
import { notice, problemBox } from './boxes.js';
import { curves } from './curves.js';
import { pendingNote, settingsForm } from './form.js';
import { offerKept } from './kept.js';
import { recordedNote } from './recorded.js';
import { timeline } from './timeline.js';

const MAX_NOTES = 3;

/**
 * @param {import('../experiment.js').Experiment} experiment
 * @param {HTMLElement} bench
 */
export function teach(experiment, bench) {
  const formula = h('dd');
  let written = '';
  const write = (text) => {
    if (text !== written) fill(formula, mathml(text));
    written = text;
  };
  const losses = h(
    'div',
    { role: 'group', tabIndex: 0, 'aria-label': 'The losses with the present numbers in them', class: 'scroller' },
    h('dl', { class: 'formula' }, h('dt', {}, mark('student')), formula, h('dt', {}, mark('control')), h('dd', {}, mathml('L = CE(y, c)'))),
  );
  const state = runState(experiment);
  const engine = h('p', { class: 'fine' });
  const notes = h('div', {});
  const kept = h('div', {});
  const pending = h('p', { class: 'when', role: 'status' });
  const answer = h('p', { class: 'answer' });
  const settings = h('div', {}, h('p', { class: 'fine' }, 'The settings stand here once the engine is loaded.'));
  fill(
    bench,
    h('div', { class: 'run' }, kept, losses, state, engine, pending, notes),
    h('details', { class: 'setup', open: matchMedia('(min-width: 961px)').matches }, h('summary', {}, 'Settings'), settings),
    h('div', { class: 'outcome' }, recordedNote(experiment), answer, curves(experiment), timeline(experiment)),
  );
  // What is recorded can be read before the engine has told what can be set.
  let described = false;

  const draw = () => {
    if (experiment.description && !described) {
      described = true;
      fill(settings, settingsForm(experiment));
      if (!host.embedded) offerKept(experiment, kept);
    }
    if (experiment.phase === 'failed') fill(settings);
    write(experiment.formula || formulaBefore(experiment));
    say(engine, (experiment.started && experiment.lab.backendReport.reason) || 'Whether WebGPU or the CPU computes is found out when the run starts.');
    pendingNote(experiment, pending);
    const last = experiment.shownEvaluation;
    if (!last) return fill(answer, h('small', {}, 'The first answer stands here after the first evaluation.'));
    const { text, small } = teachingAnswer(last);
    return fill(answer, text, h('small', {}, small));
  };
  for (const type of ['change', 'form']) experiment.addEventListener(type, draw);
  draw();

  experiment.addEventListener('evaluation', ({ detail }) => {
    const rate = (who) => percent(detail[who].rate, detail.n);
    announce(`Step ${integer(detail.step)}. Test accuracy: teacher ${rate('teacher')}, student ${rate('student')}, control ${rate('control')}.`);
  });
  const add = (box) => {
    notes.prepend(box);
    while (notes.children.length > MAX_NOTES) notes.lastElementChild.remove();
  };
  experiment.addEventListener('note', ({ detail }) => add(notice(detail)));
  experiment.addEventListener('problem', ({ detail }) => add(problemBox(detail)));
  experiment.addEventListener('change', () => {
    if (experiment.phase === 'opening') fill(notes);
  });
}

/** The method's general formula stands until a lab can put its numbers in. */
function formulaBefore(experiment) {
  const method = experiment.description?.methods.find((entry) => entry.name === experiment.form.method);
  return method?.formula ?? '';
}

/** The buttons of the run, its progress and what it is doing. */
export function runState(experiment) {
  const go = h('button', { class: 'main', type: 'button', onclick: () => (experiment.busy ? experiment.pause() : experiment.run()) });
  const one = h('button', { type: 'button', onclick: () => experiment.stepOnce() }, 'One step');
  const stop = h('button', { type: 'button', onclick: () => experiment.stop() }, 'Stop');
  const again = h('button', { type: 'button', onclick: () => (experiment.phase === 'finished' ? experiment.startAgain() : really()) }, 'Start again');
  const keep = h('button', { type: 'button', onclick: () => ask.close() }, 'Keep this run');
  const ask = h(
    'dialog',
    { 'aria-label': 'Start again?' },
    h('p', {}, 'Start again with the settings as they are now? The run so far is dropped.'),
    h(
      'div',
      { class: 'buttons' },
      h('button', { type: 'button', onclick: () => { ask.close(); experiment.startAgain(); } }, 'Start again'),
      keep,
    ),
  );
  // Focused by hand: `autofocus` would be an error in a frame of another site, even while the dialog is closed.
  function really() {
    ask.showModal();
    keep.focus();
  }
  const bar = h('progress', { 'aria-label': 'Progress of the run', max: 1, value: 0 });
  const now = h('span', { class: 'now' });
  const facts = h('span', { class: 'facts' });

  const draw = () => {
    const { phase } = experiment;
    const opening = phase === 'opening';
    const lab = experiment.started ? experiment.lab : null;
    say(go, opening ? 'Loading' : experiment.busy ? 'Pause' : !lab ? 'Distil' : phase === 'finished' ? 'Train on' : experiment.step > 0 ? 'Go on' : 'Distil');
    go.disabled = !experiment.description || opening || phase === 'pausing' || phase === 'finishing';
    one.disabled = !experiment.description || experiment.busy;
    stop.disabled = !(opening || (lab && phase !== 'finished' && phase !== 'finishing' && experiment.step > 0));
    again.disabled = !lab;
    const [title, detail, share] = tell(experiment);
    say(now, title);
    say(facts, detail);
    if (share === null) bar.removeAttribute('value');
    else bar.value = share;
  };
  experiment.addEventListener('change', draw);
  draw();
  return h('div', {}, h('div', { class: 'buttons' }, go, one, stop, again), bar, h('p', { class: 'run-state' }, now, facts), ask);
}

/** @returns {[string, string, number|null]} headline, facts, share of the bar (null: moving) */
function tell(experiment) {
  const { phase, status, lab, step, totalSteps } = experiment;
  const share = totalSteps > 0 ? Math.min(1, step / totalSteps) : 0;
  const shown = lab && experiment.started ? counted(experiment) : '';
  switch (phase) {
    case 'none':
      return ['Ready.', 'Nothing has been loaded or trained yet.', 0];
    case 'recorded':
      return ['A recorded run is shown.', `“Distil” starts one of your own with ${experiment.pending.length > 0 ? 'your' : 'the same'} settings in its place. ${lab ? 'Parts 2 to 5 below ask the recorded networks.' : (status?.message ?? '')}`, 1];
    case 'failed':
      return ['Nothing can be run here now.', '', 0];
    case 'opening': {
      const part = status?.loaded ? ` ${bytes(status.loaded)}${status.total ? ` of ${bytes(status.total)}` : ''}.` : '';
      return ['Getting ready.', `${status?.message ?? 'Loading.'}${part}`, status?.total ? status.loaded / status.total : null];
    }
    case 'warming':
      return ['Warming up.', `The first steps prepare memory and programs and are slower; they are not counted into the speed. ${shown} ${loading(status)}`, step === 0 ? null : share];
    case 'running':
      return [`Training. ${left(experiment)}`, `${shown} ${pace(experiment)} ${loading(status)}`, share];
    case 'pausing':
      return ['Pausing after this step.', shown, share];
    case 'finishing':
      return ['Evaluating the three networks.', shown, null];
    case 'finished':
      return [step < totalSteps ? 'Stopped.' : 'Finished.', `${shown} ${pace(experiment)} Parts 2 to 5 below now ask the trained networks.`, share];
    default:
      return [step === 0 ? 'The networks are loaded.' : 'Paused.', `${shown} ${pace(experiment)} ${loading(status)}`, share];
  }
}

function counted({ step, totalSteps, stepsPerEpoch, lab }) {
  const { batchSize, epochs } = lab.settings;
  return `Step ${integer(step)} of ${integer(totalSteps)}, ${integer(step * batchSize)} of ${integer(totalSteps * batchSize)} images, epoch ${(step / stepsPerEpoch).toFixed(1)} of ${epochs}.`;
}

function pace({ speed, lab }) {
  return speed ? `${short((lab.settings.batchSize / speed.step) * 1000)} images/s.` : '';
}

function left({ secondsLeft }) {
  return secondsLeft === null ? '' : secondsLeft < 2 ? 'Nearly done.' : `About ${duration(secondsLeft)} left.`;
}

function loading(status) {
  if (status?.phase === 'recovering') return status.message;
  if (status?.phase !== 'data' || status.loaded >= status.total) return '';
  return `Images are still arriving: ${bytes(status.loaded)} of ${bytes(status.total)}.`;
}
