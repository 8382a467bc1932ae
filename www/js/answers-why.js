/** The sentences of the part «Why?». As in answers.js, their words follow the intervals. */
import { both, byVerdict, capital, untaught } from './answers.js';
import { correlation, gap, integer, list, number, percent, percentWithInterval, plural, points, short } from './format.js';

/** How faithfully the student repeats its teacher: answers, probabilities, use of the pixels. */
export function fidelityAnswer({ step, n, agreement, agreementRates, predictiveKl, gradientAlignment, kappa, bounds, chance, foreign }) {
  if (step === 0) return untaught();
  const agreed = `${both(agreementRates.student, agreementRates.control)}, ${points(agreement)}`;
  const first = {
    higher: `The student gives the teacher’s answer more often than the control: ${agreed}.`,
    noDifference: `No difference seen in how often student and control give the teacher’s answer: ${agreed}.`,
    lower: `The student gives the teacher’s answer less often than the control: ${agreed}.`,
    unknown: 'Too few images to compare how often they give the teacher’s answer.',
  }[agreement.verdict];
  const far = `${short(predictiveKl.student)} against ${short(predictiveKl.control)} nats, ${gap(predictiveKl)}`;
  const second = {
    higher: `Its probabilities are farther from the teacher’s than the control’s are: ${far}.`,
    noDifference: `No difference seen in how far their probabilities are from the teacher’s: ${far}.`,
    lower: `Its probabilities are closer to the teacher’s than the control’s are: ${far}.`,
    unknown: '',
  }[predictiveKl.verdict];
  const cosine = `cosine ${number(gradientAlignment.student)} against ${number(gradientAlignment.control)}, ${gap(gradientAlignment)}`;
  const third = {
    higher: `It uses the pixels more as the teacher does: ${cosine}.`,
    noDifference: `No difference seen in how much they use the pixels as the teacher does: ${cosine}.`,
    lower: `It uses the pixels less as the teacher does: ${cosine}.`,
    unknown: '',
  }[gradientAlignment.verdict];
  const range = ({ low, high }) => `${percent(low)} to ${percent(high)}`;
  const small = [
    `${plural(n, 'image')}. Their accuracies alone would allow an agreement of ${range(bounds.student)} (student) and ${range(bounds.control)} (control).`,
    kappa.student === null || kappa.control === null ? '' : `Being right on the same images as the teacher, chance taken out (κ): ${number(kappa.student)} against ${number(kappa.control)}.`,
    foreign ? `With a network that had no part in this the student agrees on ${percent(foreign.control)}.` : '',
    chance ? `Two controls of different seeds agree on ${percentWithInterval(chance)}.` : '',
  ];
  return { text: [first, second, third].filter(Boolean).join(' '), small: small.filter(Boolean).join(' ') };
}

/** How well each of the three knows what it knows. One number each, so nothing is claimed. */
export function calibrationSentence({ teacher, student, control }) {
  const told = (name, { accuracy, ece, bins }) => {
    const n = bins.reduce((sum, bin) => sum + bin.count, 0);
    const confidence = bins.reduce((sum, bin) => sum + bin.count * bin.confidence, 0) / n;
    return `${name} says it is ${percent(confidence)} sure and is right on ${percent(accuracy.rate)} (calibration error ${number(ece, 3)})`;
  };
  return `On the average the ${told('teacher', teacher)}; the ${told('student', student)}; the ${told('control', control)}.`;
}

/** 1 where the interval lies above zero, −1 below, 0 where it holds zero, null where there is none. */
export const sideOf = ({ low, high }) => (low === null ? null : low > 0 ? 1 : high < 0 ? -1 : 0);

/** Student and control, each with an interval of its own: a difference is claimed only where they do not overlap. */
function apart(student, control) {
  if (student.low === null || control.low === null) return '';
  if (student.low > control.high) return ' The student’s is higher beyond both intervals.';
  if (student.high < control.low) return ' The student’s is lower beyond both intervals.';
  return ' The two intervals overlap, so no difference between student and control is claimed.';
}

/** Whom soft targets push, and how hard. */
export function factorAnswer({ step, confidenceCorrelation: { student, control } }) {
  const numbers = `rank correlation ${correlation(student)} over ${plural(student.n, 'image')}`;
  const text = {
    1: `The surer the teacher is of the right class, the harder its soft targets push the student towards it: ${numbers}.`,
    0: `No link seen between how sure the teacher is of the right class and how hard its soft targets push the student: ${numbers}.`,
    '-1': `The surer the teacher is of the right class, the less its soft targets push the student towards it: ${numbers}.`,
  }[sideOf(student)] ?? 'Too few images, or too little variation, for a rank correlation.';
  if (step === 0) return { text: `${text} Student and control are still the same network.`, small: '' };
  return { text, small: `Were the control taught so now, it would be ${correlation(control)}.${apart(student, control)}` };
}

/** Which classes the networks find alike. */
export function geometryAnswer({ step, geometryCorrelation: { student, control } }) {
  const numbers = `rank correlation ${correlation(student)} over ${plural(student.n, 'pair')} of classes`;
  const text = {
    1: `Classes that the teacher finds alike lie closer together in the student’s last layer: ${numbers}.`,
    0: `No link seen between the classes that the teacher finds alike and those that lie close in the student’s last layer: ${numbers}.`,
    '-1': `Classes that the teacher finds alike lie farther apart in the student’s last layer: ${numbers}.`,
  }[sideOf(student)] ?? 'Too few pairs of classes, or too little variation, for a rank correlation.';
  if (step === 0) return { text: `${text} Student and control are still the same network.`, small: '' };
  return { text, small: `Control: ${correlation(control)}.${apart(student, control)}` };
}

/** What the projector keeps. `earlier`: the report before this one, if there is one of another step. */
export function projectorAnswer({ step, n, shape, singularValues, effectiveRank, fixedPointResidual }, earlier) {
  const count = singularValues.length;
  const rank = `Of the ${integer(count)} directions of this ${shape[0]} × ${shape[1]} map about ${number(effectiveRank, 1)} count`;
  const before = earlier ? `; at step ${integer(earlier.step)} it was ${number(earlier.effectiveRank, 1)}` : '';
  const rest =
    fixedPointResidual === null
      ? 'The features do not vary, so it has no point of rest.'
      : `Its distance from rest is ${number(fixedPointResidual)}${earlier && earlier.fixedPointResidual !== null ? ` (${number(earlier.fixedPointResidual)} before)` : ''}: 0 would be where the plain squared distance stops pulling.`;
  return { text: `${rank}${before}. ${rest}`, small: `${plural(n, 'image')}, step ${integer(step)}. There is one projector, so nothing is compared.` };
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
  const numbers = `${percent(comparison.student)} of the points against ${percent(comparison.control)}${points(comparison) ? `, ${points(comparison)}` : ''}`;
  const text = {
    higher: `The student’s map of classes is the teacher’s on more points than the control’s is: ${numbers}.`,
    noDifference: `No difference seen in how much the maps of student and control are the teacher’s: ${numbers}.`,
    lower: `The student’s map of classes is the teacher’s on fewer points than the control’s is: ${numbers}.`,
    few: `Too few planes to tell a difference from chance. On these the student’s map is the teacher’s on ${numbers} for the control.`,
    unknown: `One plane alone gives no interval. On it the student’s map is the teacher’s on ${numbers} for the control.`,
  }[careful(comparison)];
  return { text, small: `The mean of ${plural(n, 'plane')}, ${integer(resolution ** 2)} points each; the interval is over planes, and a difference is claimed from ${ENOUGH} planes on.` };
}

/** Which layers are alike. */
export function layersAnswer({ step, n, teacherTaps, studentTaps, student, control, diagonal }) {
  if (step === 0) return untaught();
  const shared = Math.min(teacherTaps.length, studentTaps.length);
  const numbers = `mean CKA of layers in the same place ${number(diagonal.student)} against ${number(diagonal.control)}${gap(diagonal) ? `, ${gap(diagonal)}` : ''}`;
  const text = {
    higher: `Layer by layer the student’s features are more like the teacher’s than the control’s are: ${numbers}.`,
    noDifference: `No difference seen in how much the features of student and control are like the teacher’s, layer by layer: ${numbers}.`,
    lower: `Layer by layer the student’s features are less like the teacher’s than the control’s are: ${numbers}.`,
    few: `Too few batches to tell a difference from chance: ${numbers}.`,
    unknown: diagonal.n === 1 ? `One batch alone gives no interval: ${numbers}.` : 'In no batch do the features of all layers vary, so there is nothing to compare.',
  }[careful(diagonal)];
  const own = (matrix) => {
    const found = matrix.slice(0, shared).map(best);
    return `${found.filter((column, i) => column === i).length} of ${found.filter((column) => column >= 0).length}`;
  };
  return { text, small: `Layers of the teacher that are most like the one in the same place: ${own(student)} with the student, ${own(control)} with the control, where anything is alike (CKA of ${ALIKE} or more). ${plural(n, 'image')} in batches of 32; the interval is over ${plural(diagonal.n, 'batch', 'batches')}, and a difference is claimed from ${ENOUGH} on.` };
}

/** Below this nothing is alike, and which value is the largest means nothing. */
const ALIKE = 0.1;

/** The column of a row's largest value; −1 where nothing is alike. */
export const best = (row) => row.reduce((most, value, i) => (value !== null && value >= ALIKE && (most < 0 || value > row[most]) ? i : most), -1);

/** How features relate to the teacher's and to the labels. */
export function relevanceAnswer({ step, n, batch, layers, distilled, undefined: without }) {
  if (step === 0) return untaught();
  const alike = byVerdict(layers.map(({ tap, fss }) => ({ name: tap, comparison: { verdict: careful(fss) } })), {
    higher: (where) => `the student’s features are more like the teacher’s than the control’s are ${where}`,
    lower: (where) => `the student’s features are less like the teacher’s than the control’s are ${where}`,
    noDifference: (where) => `no difference in likeness is seen ${where}`,
    few: (where) => `too few batches to tell a difference in likeness from chance ${where}`,
    unknown: (where) => `too few batches to compare the features ${where}`,
  }, { where: (names) => `at ${list(names)}`, all: (each) => `at ${each} tap` });
  const numbers = `${number(distilled.student)} against ${number(distilled.control)}${gap(distilled) ? `, ${gap(distilled)}` : ''}`;
  const second = {
    higher: `What the student has beyond the control relates to the labels more than what the control has beyond the student: ${numbers}.`,
    noDifference: `No difference seen in how what each of student and control has beyond the other relates to the labels: ${numbers}.`,
    lower: `What the student has beyond the control relates to the labels less than what the control has beyond the student: ${numbers}.`,
    few: `What the student has beyond the control relates to the labels with ${numbers} for what the control has beyond the student: too few batches to tell that from chance.`,
    unknown: 'In too few batches is anything left that one of student and control has beyond the other.',
  }[careful(distilled)];
  const left = without > 0 ? ` ${plural(without, 'batch', 'batches')} without a number, because one network explains the other.` : '';
  return { text: `${capital(alike)}. ${second}`, small: `${plural(n, 'image')} in ${plural(n / batch, 'batch', 'batches')} of ${batch}; every interval is over batches, and a difference is claimed from ${ENOUGH} on.${left}` };
}
