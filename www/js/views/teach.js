/** Part 1: settings, the formula with its numbers, the run and its buttons, the curves, the answer. */
import { teachingAnswer } from '../answers.js';
import { bytes, duration, integer, number, percent, short } from '../format.js';
import { formula as mathml, terms } from '../math.js';
import { announce, fill, h, mark, say } from '../dom.js';
import { host } from '../host.js';
import { retold } from '../retold.js';
import { words } from '../words.js';
import { clearOnTry, notice, problemBox } from './boxes.js';
import { curves } from './curves.js';
import { pendingNote, settingsForm } from './form.js';
import { offerKept } from './kept.js';
import { recordedNote } from './recorded.js';
import { timeline } from './timeline.js';

const t = words.teach;
const MAX_NOTES = 3;

/**
 * @param {import('../experiment.js').Experiment} experiment
 * @param {HTMLElement} bench
 */
export function teach(experiment, bench) {
  const formula = h('dd');
  let written = '';
  const write = (text) => {
    if (text !== written) fill(formula, ...terms(text));
    written = text;
  };
  const losses = h(
    'div',
    { role: 'group', tabIndex: 0, 'aria-label': t.losses, class: 'scroller' },
    h('dl', { class: 'formula' }, h('dt', {}, mark('student')), formula, h('dt', {}, mark('control')), h('dd', {}, mathml('L = CE(y, c)'))),
  );
  const state = runState(experiment);
  const engine = h('p', { class: 'fine' });
  const notes = h('div', {});
  const kept = h('div', {});
  const pending = h('p', { class: 'when', role: 'status' });
  const answer = h('p', { class: 'answer' });
  const settings = h('div', {}, h('p', { class: 'fine' }, t.wait));
  fill(
    bench,
    h('div', { class: 'run' }, kept, losses, state, engine, pending, notes),
    h('details', { class: 'setup', open: matchMedia('(min-width: 961px)').matches }, h('summary', {}, t.settings), settings),
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
    const report = experiment.started ? experiment.lab.backendReport : null;
    say(engine, report ? retold({ message: report.reason, says: report.says }) : t.engine);
    pendingNote(experiment, pending);
    const last = experiment.shownEvaluation;
    if (!last) return fill(answer, h('small', {}, experiment.lookedAt === 0 ? t.atStart : t.noAnswer));
    const { text, small } = teachingAnswer(last);
    return fill(answer, text, h('small', {}, small));
  };
  for (const type of ['change', 'form']) experiment.addEventListener(type, draw);
  draw();

  experiment.addEventListener('evaluation', ({ detail }) => {
    const rate = (who) => percent(detail[who].rate, detail.n);
    announce(t.evaluated(integer(detail.step), rate('teacher'), rate('student'), rate('control')));
  });
  const add = (box) => {
    // What is said again takes the place of what was said before.
    for (const old of [...notes.children]) if (old.textContent === box.textContent) old.remove();
    notes.prepend(box);
    while (notes.children.length > MAX_NOTES) notes.lastElementChild.remove();
  };
  experiment.addEventListener('note', ({ detail }) => add(notice(detail)));
  experiment.addEventListener('problem', ({ detail }) => add(problemBox(detail)));
  experiment.addEventListener('change', () => {
    if (experiment.phase === 'opening') fill(notes);
  });
  clearOnTry(experiment, notes);
}

/** The method's general formula stands until a lab can put its numbers in. */
function formulaBefore(experiment) {
  const method = experiment.description?.methods.find((entry) => entry.name === experiment.form.method);
  return method?.formula ?? '';
}

/** The buttons of the run, its progress and what it is doing. */
export function runState(experiment) {
  const go = h('button', { class: 'main', type: 'button', onclick: () => (experiment.busy ? experiment.pause() : experiment.run()) });
  const one = h('button', { type: 'button', onclick: () => experiment.stepOnce() }, t.one);
  const stop = h('button', { type: 'button', onclick: () => experiment.stop() }, t.stop);
  const again = h('button', { type: 'button', onclick: () => (experiment.phase === 'finished' ? experiment.startAgain() : really()) }, t.again);
  const keep = h('button', { type: 'button', onclick: () => ask.close() }, t.keep);
  const ask = h(
    'dialog',
    { 'aria-label': t.really },
    h('p', {}, t.drops),
    h(
      'div',
      { class: 'buttons' },
      h('button', { type: 'button', onclick: () => { ask.close(); experiment.startAgain(); } }, t.again),
      keep,
    ),
  );
  // Focused by hand: `autofocus` would be an error in a frame of another site, even while the dialog is closed.
  function really() {
    ask.showModal();
    keep.focus();
  }
  const bar = h('progress', { 'aria-label': t.bar, max: 1, value: 0 });
  const now = h('span', { class: 'now' });
  const facts = h('span', { class: 'facts' });

  const draw = () => {
    const { phase } = experiment;
    const opening = phase === 'opening';
    const lab = experiment.started ? experiment.lab : null;
    say(go, opening ? t.busy : experiment.busy ? t.pause : !lab ? t.distil : phase === 'finished' ? t.trainOn : experiment.step > 0 ? t.goOn : t.distil);
    // A run that is over asks for nothing more.
    go.classList.toggle('main', phase !== 'finished');
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
  return h('div', {}, h('div', { class: 'buttons of-run' }, go, one, stop, again), bar, h('p', { class: 'run-state' }, now, facts), ask);
}

/** @returns {[string, string, number|null]} headline, facts, share of the bar (null: moving) */
function tell(experiment) {
  const { phase, status, lab, step, totalSteps } = experiment;
  const share = totalSteps > 0 ? Math.min(1, step / totalSteps) : 0;
  const shown = lab && experiment.started ? counted(experiment) : '';
  switch (phase) {
    case 'none':
      return [t.ready, t.nothing, 0];
    case 'recorded':
      return [t.recorded, (experiment.pending.length > 0 ? t.ownOther : t.ownSame)(lab ? below(t.asksRecorded) : retold(status)), 1];
    case 'failed':
      return [t.failed, '', 0];
    case 'opening': {
      const part = !status?.loaded ? '' : status.total ? t.partOf(bytes(status.loaded), bytes(status.total)) : t.part(bytes(status.loaded));
      return [t.opening, [retold(status) || t.loading, part].filter(Boolean).join(' '), status?.total ? status.loaded / status.total : null];
    }
    case 'warming':
      return [t.warming, `${t.warm} ${shown} ${loading(status)}`, step === 0 ? null : share];
    case 'running':
      return [training(experiment), `${shown} ${pace(experiment)} ${loading(status)}`, share];
    case 'pausing':
      return [t.pausing, shown, share];
    case 'finishing':
      return [t.finishing, shown, null];
    case 'finished':
      return [step < totalSteps ? t.stopped : t.finished, `${shown} ${pace(experiment)} ${below(t.asks)}`, share];
    default:
      return [step === 0 ? t.loaded : t.paused, `${shown} ${pace(experiment)} ${loading(status)}`, share];
  }
}

/** What the questions below do, where there are any: a frame may show none of them, and their numbers never. */
const below = ({ page, frame }) => (host.asks === null ? page : host.asks ? frame : '');

function counted({ step, totalSteps, stepsPerEpoch, lab }) {
  const { batchSize, epochs } = lab.settings;
  if (step > totalSteps) return t.beyond(integer(step), integer(totalSteps), integer(step * batchSize), number(step / stepsPerEpoch, 1));
  return t.counted(integer(step), integer(totalSteps), integer(step * batchSize), integer(totalSteps * batchSize), number(step / stepsPerEpoch, 1), epochs);
}

function pace({ speed, lab }) {
  return speed ? t.pace(short((lab.settings.batchSize / speed.step) * 1000)) : '';
}

function training({ secondsLeft, step, totalSteps }) {
  return secondsLeft === null || step >= totalSteps ? t.training : secondsLeft < 2 ? t.trainingDone : t.trainingLeft(duration(secondsLeft));
}

function loading(status) {
  if (status?.phase === 'recovering') return retold(status);
  if (status?.phase !== 'data' || status.loaded >= status.total) return '';
  return t.arriving(bytes(status.loaded), bytes(status.total));
}
