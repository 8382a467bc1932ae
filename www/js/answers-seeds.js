/** The sentences over several seeds. Words follow Student's interval of the difference. */
import { points, pointsAlone } from './format.js';
import { words } from './words.js';

const t = words.answersSeeds;
/** Of fewer seeds the interval is so wide that a warning stands beside it. */
const FEW = 4;

/**
 * @param {import('./engine.js').Spread} accuracy differences student − control
 * @param {import('./engine.js').Spread} agreement with the teacher, the same
 */
export function seedsAnswer(accuracy, agreement) {
  const { n } = accuracy;
  if (n < 2) return { text: t.one, small: '' };
  const told = (spread, sentences) => sentences[verdict(spread)](numbers(spread), n);
  return { text: `${told(accuracy, t.accuracy)} ${told(agreement, t.agreement)}`, small: `${t.note(n)} ${n < FEW ? t.few : ''}` };
}

const verdict = ({ low, high }) => (low === null || (low <= 0 && high >= 0) ? 'none' : low > 0 ? 'higher' : 'lower');

/** What follows the claim, with its colon or comma and its full stop. */
const numbers = ({ mean, low, high }) => (low === null ? t.constant(pointsAlone(mean, 1)) : t.interval(points({ difference: mean, low, high }, 1)));
