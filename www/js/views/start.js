/** The opening: who the three are, the one button, what it will cost. */
import { bytes, duration, integer, percent } from '../format.js';
import { fill, h, mark, say } from '../dom.js';
import { recordBytes } from '../data.js';

/**
 * @param {import('../experiment.js').Experiment} experiment
 * @param {{cast: HTMLElement, start: HTMLElement}} places
 */
export function start(experiment, { cast, start: holder }) {
  const button = h('button', { class: 'main', type: 'button', disabled: true, onclick: () => begin(experiment) }, 'Distil it on this machine');
  const cost = h('p', {}, 'The engine is being loaded.');
  fill(holder, button, cost);
  const roles = { teacher: h('dd'), student: h('dd'), control: h('dd') };
  fill(cast, Object.entries(roles).map(([who, text]) => h('div', { class: who }, h('dt', {}, mark(who)), text)));
  say(roles.teacher, 'Large and already trained. It is not changed.');
  say(roles.student, 'Small. Learns from the labels and from the teacher.');
  say(roles.control, 'The same small network. Learns from the labels alone.');

  const draw = () => {
    const { description, form } = experiment;
    if (experiment.phase === 'failed') say(cost, 'The engine could not be loaded, so nothing can be run here now. The reason stands below, in part 1.');
    if (!description) return;
    button.disabled = experiment.busy;
    say(button, experiment.started ? 'Go to the run' : experiment.preset ? 'Go to the question' : 'Distil it on this machine');
    if (experiment.started) button.disabled = false;
    say(cost, experiment.started ? progressLine(experiment) : costLine(experiment));
    const size = (name) => {
      const found = description.architectures.find((entry) => entry.name === name);
      return found ? `${found.label}, ${integer(found.parameters)} parameters.` : '';
    };
    say(roles.teacher, `${size(form.teacher)} ${trained(experiment)}`);
    say(roles.student, `${size(form.student)} Learns from the labels and from the teacher.`);
    say(roles.control, `${size(form.student)} Learns from the labels alone.`);
  };
  for (const type of ['change', 'form']) experiment.addEventListener(type, draw);
  draw();
}

function begin(experiment) {
  // Whoever was given a question is asked it before anything runs.
  const question = experiment.preset && !experiment.started;
  document.getElementById(question ? 'lesson' : 'teach').scrollIntoView();
  if (question) document.getElementById('lesson').querySelector('input')?.focus({ preventScroll: true });
  else if (!experiment.started) experiment.run();
}

/** What the card of the site's teacher says; a person's own teacher has none. */
function trained({ form, files, models }) {
  const card = files.teacher ? null : models.find((model) => model.dataset === form.dataset && model.architecture === form.teacher);
  return card ? `Already trained: right on ${percent(card.accuracy, card.testImages)} of ${integer(card.testImages)} test images.` : 'Already trained; it is not changed.';
}

function costLine(experiment) {
  const { form, files, remembered } = experiment;
  const images = form.trainImages + form.testImages;
  const own = files.train && files.test;
  const load =
    form.dataset === 'shapes32'
      ? 'The images are made here, nothing but the networks is downloaded.'
      : own
        ? 'The images are your own files.'
        : `About ${bytes(images * recordBytes(form.dataset))} of images are downloaded; training starts with the first 3 MB.`;
  const time = remembered
    ? `About ${duration(estimate(experiment))}, judging by the last such run here.`
    : 'How long it takes is measured in the first seconds and then shown.';
  return `${integer(planned(form).steps * form.batchSize)} images are shown to each student. ${time} ${load} Nothing leaves your computer.`;
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
  return step === 0 ? 'The networks are loaded.' : `The run is at step ${integer(step)} of ${integer(totalSteps)}.`;
}
