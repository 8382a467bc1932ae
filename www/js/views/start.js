/** The opening: who the three are, the one button, what it will cost. */
import { bytes, duration, integer, percent } from '../format.js';
import { fill, h, mark, say } from '../dom.js';
import { recordBytes } from '../data.js';
import { calledBy } from '../settings.js';
import { words } from '../words.js';

const t = words.start;

/**
 * @param {import('../experiment.js').Experiment} experiment
 * @param {{cast: HTMLElement, start: HTMLElement}} places
 */
export function start(experiment, { cast, start: holder }) {
  const button = h('button', { class: 'main', type: 'button', disabled: true, onclick: () => {
    // The shorter text of a run must not pull up the page that the button leads to.
    cost.style.minHeight = `${cost.offsetHeight}px`;
    begin(experiment);
  } }, t.distil);
  const cost = h('p', {}, t.loading);
  fill(holder, button, cost);
  window.addEventListener('resize', () => {
    cost.style.minHeight = '';
  });
  const roles = { teacher: h('dd'), student: h('dd'), control: h('dd') };
  fill(cast, Object.entries(roles).map(([who, text]) => h('div', { class: who }, h('dt', {}, mark(who)), text)));
  say(roles.teacher, t.teacher);
  say(roles.student, t.student);
  say(roles.control, t.control);

  const draw = () => {
    const { description, form } = experiment;
    if (experiment.phase === 'failed') say(cost, t.failed);
    if (!description) return;
    button.disabled = experiment.busy;
    say(button, experiment.started ? t.toRun : experiment.preset ? t.toQuestion : t.distil);
    if (experiment.started) button.disabled = false;
    say(cost, experiment.started ? progressLine(experiment) : costLine(experiment));
    const size = (name) => {
      const found = description.architectures.find((entry) => entry.name === name);
      return found ? t.parameters(found.label, integer(found.parameters)) : '';
    };
    say(roles.teacher, `${size(form.teacher)} ${trained(experiment)}`);
    say(roles.student, `${size(form.student)} ${t.studentRole}`);
    say(roles.control, `${size(form.student)} ${t.controlRole}`);
  };
  for (const type of ['change', 'form']) experiment.addEventListener(type, draw);
  draw();
}

function begin(experiment) {
  // Whoever was given a question is asked it before anything runs.
  const question = experiment.preset && !experiment.started;
  document.getElementById(question ? 'lesson' : 'teach').scrollIntoView();
  if (question) document.getElementById('lesson').querySelector('input')?.focus({ preventScroll: true });
  else if (!experiment.started) {
    experiment.run();
    const go = document.querySelector('#bench .of-run button');
    const follow = () => {
      if (!experiment.busy || go.disabled) return;
      experiment.removeEventListener('change', follow);
      // This button was disabled under the finger; the one that pauses takes its place, unless the reader is elsewhere by now.
      if (document.activeElement === document.body) go.focus({ preventScroll: true });
    };
    experiment.addEventListener('change', follow);
  }
}

/** What the card of the site's teacher says; a person's own teacher has none. */
function trained({ description, form, files, models }) {
  const card = files.teacher ? null : models.find((model) => model.dataset === form.dataset && model.architecture === form.teacher);
  return card ? t.trained(percent(card.accuracy, card.testImages), integer(card.testImages), calledBy(description.settings.find((setting) => setting.name === 'dataset'), form.dataset)) : t.unchanged;
}

function costLine(experiment) {
  const { form, files, remembered } = experiment;
  const images = form.trainImages + form.testImages;
  const own = files.train && files.test;
  const load =
    form.dataset === 'shapes32'
      ? t.made
      : own
        ? t.own
        : t.downloaded(bytes(images * recordBytes(form.dataset)));
  const time = remembered ? t.judged(duration(estimate(experiment))) : t.unknown;
  return t.cost(integer(planned(form).steps * form.batchSize), time, load);
}

/** Steps and evaluations of a run with these settings. */
function planned(form) {
  // Every assistant is taught as long as the student after it.
  const taught = 1 + String(form.assistants ?? '').split(',').filter(Boolean).length;
  const steps = Math.floor(form.trainImages / form.batchSize) * form.epochs * taught;
  return { steps, evaluations: form.evaluateEvery ? Math.floor(steps / form.evaluateEvery) : form.epochs * taught };
}

/** Seconds that a run with the settings of the form takes here, by an earlier run; null when there was none. */
export function estimate({ form, remembered }) {
  if (!remembered) return null;
  const { steps, evaluations } = planned(form);
  return (steps * remembered.step + evaluations * remembered.evaluation) / 1000;
}

function progressLine(experiment) {
  const { step, totalSteps } = experiment;
  return step === 0 ? t.loaded : t.progress(integer(step), integer(totalSteps));
}
