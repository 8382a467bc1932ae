/** Weights of the three networks as the panels show them: those of now, or those of the step that is looked back at. */
import { WHO } from '../dom.js';

/** The step that is looked back at, of which there is a snapshot; null where the lab has the networks themselves. */
export const back = ({ recorded, shownStep, lookedAt }) => (recorded ? shownStep : lookedAt);

/**
 * @param {import('../experiment.js').Experiment} experiment
 * @returns {Promise<Uint8Array>} safetensors
 */
export async function weightsOf(experiment, who) {
  const step = back(experiment);
  if (step === null || who === 'teacher') return experiment.lab.exportWeights(who);
  const { weightsIn } = await import('./snapshot.js');
  return weightsIn(await experiment.timeline.bytes(step), who);
}

/**
 * All three of one step, also while the run goes on, with that step.
 * @param {import('../experiment.js').Experiment} experiment
 * @returns {Promise<{step: number, weights: Uint8Array[]}>}
 */
export async function weightsOfOneStep(experiment) {
  const { lab } = experiment;
  const looked = back(experiment);
  // What is asked for at once is answered between two slices of training.
  const [{ step }, ...weights] = await Promise.all([lab.progress(), ...WHO.map((who) => weightsOf(experiment, who))]);
  if (looked !== null) return { step: looked, weights };
  // After a failure of the engine the run may have gone back behind that step.
  if (!(await experiment.heard(lab, step)) && lab === experiment.lab) return weightsOfOneStep(experiment);
  return { step, weights };
}
