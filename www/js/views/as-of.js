/** Of which step an answer is, and whether that is the step that is shown. */
import { fixed, integer } from '../format.js';
import { words } from '../words.js';

const t = words.asOf;

/**
 * «at step 780», «at step 780; the run has gone on since», «as of step 312, epoch 4.0».
 * @param {import('../experiment.js').Experiment} experiment
 * @param {number} answered the step that the answer is of
 */
export function asOf({ lookedAt, shownStep, stepsPerEpoch }, answered) {
  if (lookedAt === null) return answered === shownStep ? t.at(integer(answered)) : t.before(integer(answered));
  if (answered === lookedAt) return t.asOf(moment(answered, stepsPerEpoch));
  return t.elsewhere(integer(answered), moment(lookedAt, stepsPerEpoch));
}

/** «step 312, epoch 4.0» */
export const moment = (step, stepsPerEpoch) => t.moment(integer(step), fixed(step / stepsPerEpoch, 1));
