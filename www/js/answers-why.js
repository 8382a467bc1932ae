/** The sentences of the part «Why?». As in answers.js, their words follow the intervals. */
import { both, byVerdict, capital, untaught } from './answers.js';
import { correlation, countOf, gap, integer, list, number, percent, percentWithInterval, points, short } from './format.js';
import { words } from './words.js';

const t = words.answersWhy;

/** How faithfully the student repeats its teacher: answers, probabilities, use of the pixels. */
export function fidelityAnswer({ step, n, agreement, agreementRates, predictiveKl, gradientAlignment, kappa, bounds, chance, foreign }) {
  if (step === 0) return untaught();
  const said = [
    t.agreement[agreement.verdict](`${both(agreementRates.student, agreementRates.control)}, ${points(agreement)}`),
    t.distance[predictiveKl.verdict](short(predictiveKl.student), short(predictiveKl.control), gap(predictiveKl)),
    t.alignment[gradientAlignment.verdict](number(gradientAlignment.student), number(gradientAlignment.control), gap(gradientAlignment)),
  ];
  const small = [
    t.bounds(n, ...['student', 'control'].flatMap((who) => [percent(bounds[who].low), percent(bounds[who].high)])),
    kappa.student === null || kappa.control === null ? '' : t.kappa(number(kappa.student), number(kappa.control)),
    foreign ? t.foreign(percent(foreign.control)) : '',
    chance ? t.chance(percentWithInterval(chance)) : '',
  ];
  return { text: said.filter(Boolean).join(' '), small: small.filter(Boolean).join(' ') };
}

/** How well each of the three knows what it knows. One number each, so nothing is claimed. */
export function calibrationSentence({ teacher, student, control }) {
  const told = ({ accuracy, ece, bins }) => {
    const n = bins.reduce((sum, bin) => sum + bin.count, 0);
    const confidence = bins.reduce((sum, bin) => sum + bin.count * bin.confidence, 0) / n;
    return [percent(confidence), percent(accuracy.rate), number(ece, 3)];
  };
  return t.calibration(told(teacher), told(student), told(control));
}

/** 1 where the interval lies above zero, −1 below, 0 where it holds zero, null where there is none. */
export const sideOf = ({ low, high }) => (low === null ? null : low > 0 ? 1 : high < 0 ? -1 : 0);

/** Student and control, each with an interval of its own: a difference is claimed only where they do not overlap. */
function apart(student, control) {
  if (student.low === null || control.low === null) return '';
  const verdict = student.low > control.high ? 'higher' : student.high < control.low ? 'lower' : 'noDifference';
  return ` ${t.apart[verdict]}`;
}

/** Whom soft targets push, and how hard. */
export function factorAnswer({ step, confidenceCorrelation: { student, control } }) {
  const text = linked(t.factor, student);
  if (step === 0) return { text: `${text} ${t.same}`, small: '' };
  return { text, small: `${t.factor.control(correlation(control))}${apart(student, control)}` };
}

/** Which classes the networks find alike. */
export function geometryAnswer({ step, geometryCorrelation: { student, control } }) {
  const text = linked(t.geometry, student);
  if (step === 0) return { text: `${text} ${t.same}`, small: '' };
  return { text, small: `${t.geometry.control(correlation(control))}${apart(student, control)}` };
}

/** What a rank correlation says, by the side of zero on which its interval lies. */
function linked(sentences, student) {
  const say = { 1: sentences.positive, 0: sentences.none, '-1': sentences.negative }[sideOf(student)];
  return say ? say(sentences.numbers(correlation(student), student.n)) : sentences.unknown;
}

/** What the projector keeps. `earlier`: the report before this one, if there is one of another step. */
export function projectorAnswer({ step, n, shape, singularValues, effectiveRank, fixedPointResidual }, earlier) {
  const before = earlier ? { step: integer(earlier.step), rank: number(earlier.effectiveRank, 1) } : null;
  const rank = t.projector.rank(integer(singularValues.length), shape.join(' × '), number(effectiveRank, 1), before);
  const residual = earlier?.fixedPointResidual ?? null;
  const rest = fixedPointResidual === null ? t.projector.noRest : t.projector.rest(number(fixedPointResidual), residual === null ? null : number(residual));
  return { text: `${rank} ${rest}`, small: t.projector.note(n, integer(step)) };
}

/**
 * Planes and batches are few. Of fewer than six not even a common sign excludes chance (sign test, two-sided: 2/2⁵ > 0.05), and
 * a bootstrap over them gives intervals that are too narrow: then nothing is claimed, whatever the interval says.
 */
const ENOUGH = 6;
const careful = (comparison) => (comparison.n > 1 && comparison.n < ENOUGH ? 'few' : comparison.verdict);

/** Whether they draw the lines between classes where the teacher draws them. */
export function boundaryAnswer({ step, n, resolution, comparison }) {
  if (step === 0) return untaught();
  const numbers = t.boundary.numbers(percent(comparison.student), percent(comparison.control), points(comparison));
  return { text: t.boundary[careful(comparison)](numbers), small: t.boundary.note(n, integer(resolution ** 2), ENOUGH) };
}

/** Which layers are alike. */
export function layersAnswer({ step, n, teacherTaps, studentTaps, student, control, diagonal }) {
  if (step === 0) return untaught();
  const shared = Math.min(teacherTaps.length, studentTaps.length);
  const numbers = t.layers.numbers(number(diagonal.student), number(diagonal.control), gap(diagonal));
  const verdict = careful(diagonal);
  const text = verdict === 'unknown' && diagonal.n !== 1 ? t.layers.nothing : t.layers[verdict](numbers);
  const own = (matrix) => {
    const found = matrix.slice(0, shared).map(best);
    return countOf({ count: found.filter((column, i) => column === i).length, n: found.filter((column) => column >= 0).length });
  };
  return { text, small: t.layers.note(own(student), own(control), number(ALIKE, 1), n, diagonal.n, ENOUGH) };
}

/** Below this nothing is alike, and which value is the largest means nothing. */
const ALIKE = 0.1;

/** The column of a row's largest value; −1 where nothing is alike. */
export const best = (row) => row.reduce((most, value, i) => (value !== null && value >= ALIKE && (most < 0 || value > row[most]) ? i : most), -1);

/** How features relate to the teacher's and to the labels. */
export function relevanceAnswer({ step, n, batch, layers, distilled, undefined: without }) {
  if (step === 0) return untaught();
  const alike = byVerdict(layers.map(({ tap, fss }) => ({ name: tap, comparison: { verdict: careful(fss) } })), t.likeness, { where: (names) => t.atTaps(list(names)), all: (each) => t.atAllTaps[each] });
  const second = t.relation[careful(distilled)](t.relation.numbers(number(distilled.student), number(distilled.control), gap(distilled)));
  const left = without > 0 ? ` ${t.relation.without(without)}` : '';
  return { text: `${capital(alike)}. ${second}`, small: `${t.relation.note(n, n / batch, batch, ENOUGH)}${left}` };
}
