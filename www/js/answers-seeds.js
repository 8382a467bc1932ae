/** The sentences over several seeds. Words follow Student's interval of the difference. */
import { plural, points } from './format.js';

/**
 * @param {import('./engine.js').Spread} accuracy differences student − control
 * @param {import('./engine.js').Spread} agreement with the teacher, the same
 */
export function seedsAnswer(accuracy, agreement) {
  const { n } = accuracy;
  if (n < 2) return { text: 'One seed has no spread: an answer over seeds needs at least two.', small: '' };
  const over = `Over ${plural(n, 'seed')}`;
  const first = tell(accuracy, {
    higher: `${over} the student is more accurate than its control`,
    none: `${over} no difference is seen in accuracy between student and control`,
    lower: `${over} the student is less accurate than its control`,
  });
  const second = tell(agreement, {
    higher: 'It agrees with the teacher more often',
    none: 'In how often they agree with the teacher no difference is seen',
    lower: 'It agrees with the teacher less often',
  });
  return {
    text: `${first} ${second.replace(/^It/, 'The student')}`,
    small: `Mean of student − control with Student’s 95 % interval over ${plural(n, 'seed')}. ${n < 4 ? 'With so few seeds the interval is wide, and “no difference seen” is not the same as none.' : ''}`,
  };
}

function tell({ mean, low, high }, words) {
  if (low === null) return `${words.none}, but every seed gave the same: ${signedPoints(mean)}, so there is no interval.`;
  const verdict = low > 0 ? words.higher : high < 0 ? words.lower : words.none;
  return `${verdict}: ${points({ difference: mean, low, high }, 1)}.`;
}

const signedPoints = (mean) => `${mean < 0 ? '−' : '+'}${Math.abs(mean * 100).toFixed(1)} points`;
