/** Of which step an answer is, and whether that is the step that is shown. */
import { integer } from '../format.js';

/**
 * «at step 780», «at step 780; the run has gone on since», «as of step 312, epoch 4.0».
 * @param {import('../experiment.js').Experiment} experiment
 * @param {number} answered the step that the answer is of
 */
export function asOf({ lookedAt, shownStep, stepsPerEpoch }, answered) {
  if (lookedAt === null) return `at step ${integer(answered)}${answered === shownStep ? '' : '; the run has gone on since'}`;
  if (answered === lookedAt) return `as of ${moment(answered, stepsPerEpoch)}`;
  return `at step ${integer(answered)}; the timeline now stands at ${moment(lookedAt, stepsPerEpoch)}`;
}

/** «step 312, epoch 4.0» */
export const moment = (step, stepsPerEpoch) => `step ${integer(step)}, epoch ${(step / stepsPerEpoch).toFixed(1)}`;
