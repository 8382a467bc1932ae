/**
 * The sentences that answer the questions. Their words follow the intervals: a difference is claimed only where the
 * interval excludes its absence, and a null result reads as calmly as a strong one.
 */
import { countOf, integer, number, percent, percentWithInterval, plural, points } from './format.js';
import { RIVALS } from './pool.js';
import { compareWith } from './rates.js';

/** After an evaluation: accuracy of student and control, then agreement with the teacher, each paired on the same images. */
export function teachingAnswer({ student, control, agreement, comparison, n, step }) {
  const [accuracy, agreeing] = [comparison.accuracy.verdict, comparison.agreement.verdict];
  const right = pairedShares(student, control, comparison.accuracy);
  const alike = pairedShares(agreement.student, agreement.control, comparison.agreement);
  const none = !['higher', 'lower'].includes(accuracy);
  const first = {
    higher: `The student is more accurate than its control: ${right}.`,
    lower: `The student is less accurate than its control: ${right}. Distillation did not help here so far.`,
  }[accuracy] ?? `No difference seen in accuracy between student and control: ${right}.`;
  const who = none ? 'But the student agrees' : 'It agrees';
  const second = {
    higher: `${who} with the teacher more often: ${alike}.`,
    lower: `${who} with the teacher less often: ${alike}.`,
  }[agreeing] ?? `${none ? 'Nor is one seen' : 'No difference is seen'} in how often they agree with the teacher: ${alike}.`;
  return { text: `${first} ${second}`, small: `${integer(n)} test images, step ${integer(step)}. 95 % intervals in brackets; differences are of the same images.` };
}

/** «65 % (62–68) against 60 % (57–63), +5.1 points (+1.9 to +8.3)»; the difference only where it has an interval. */
export const pairedShares = (a, b, difference) => `${both(a, b)}${difference.low === null ? '' : `, ${points(difference, 1)}`}`;

export const both = (student, control) => `${percentWithInterval(student)} against ${percentWithInterval(control)}`;

/** Where do they look: on how many images the student's map is closer to the teacher's. */
export function lookingAnswer(closer, skipped, step) {
  if (step === 0) return untaught();
  if (closer.n === 0) {
    return { text: 'No image has maps that can be compared: on each, one of the maps is all zero.', small: leftOut(skipped) };
  }
  const word = { 1: 'is closer', 0: 'is neither closer nor farther', '-1': 'is farther' }[compareWith(closer, 0.5)];
  const text =
    compareWith(closer, 0.5) === 0
      ? `No difference seen: the student’s map is closer to the teacher’s than the control’s is on ${percentWithInterval(closer)} of ${plural(closer.n, 'image')}; chance is 50 %.`
      : `The student ${word === 'is closer' ? 'looks where the teacher looks more than' : 'looks where the teacher looks less than'} its control does: its map ${word.replace('is farther', 'is closer')} to the teacher’s on ${percentWithInterval(closer)} of ${plural(closer.n, 'image')}; chance is 50 %.`;
  return { text, small: `${countOf(closer)} images. ${leftOut(skipped)}` };
}

const leftOut = (skipped) => (skipped === 0 ? 'None was left out.' : `${plural(skipped, 'image')} left out because a map was all zero.`);

/**
 * What fools them: the two that were not attacked, compared on the images that fooled the one that was.
 * @param {ReturnType<import('./pool.js').pooledAttack>} found
 */
export function foolingAnswer(found) {
  const { source, rivals: [a, b], fooling, noise, comparison, noiseComparison, sameWrongClass, attacked, n, step } = found;
  if (step === 0) return untaught();
  if (attacked === 0) {
    return { text: `The attack fooled the ${source} on no image, so there is nothing to pass on. A larger ε may.`, small: `${plural(n, 'image')} attacked.` };
  }
  const of = `of the ${plural(attacked, 'image')} that fooled the ${source}`;
  const numbers = `${both(fooling[a], fooling[b])} ${of}${comparison.low === null ? '' : `, ${points(comparison)}`}`;
  const text = {
    higher: `What fools the ${source} fools the ${a} more often than the ${b}: ${numbers}.`,
    noDifference: `No difference seen in how often what fools the ${source} fools ${a} and ${b}: ${numbers}.`,
    lower: `What fools the ${source} fools the ${a} less often than the ${b}: ${numbers}.`,
    unknown: `Only one image fooled the ${source}: too few to compare ${a} and ${b}.`,
  }[comparison.verdict];
  const noisy = noiseComparison.low === null ? '' : `Noise of the same size: ${both(noise[a], noise[b])}, ${points(noiseComparison)}. `;
  const alike = (who) => `${who} ${countOf(sameWrongClass[who])}`;
  return { text, small: `${noisy}Of the images that fooled them too, they saw the very class that the ${source} saw on: ${alike(a)}, ${alike(b)}.` };
}

/** The strengths of an attack, one after the other: where do the two differ? */
export function sweepAnswer(results, source) {
  const [a, b] = RIVALS[source];
  const told = results.filter((found) => found.attacked > 0);
  if (told.length === 0) return { text: `At none of these strengths the attack fooled the ${source}.`, small: '' };
  if (results.at(-1).step === 0) return untaught();
  const list = (verdict) => told.filter((found) => found.comparison.verdict === verdict).map((found) => `${found.epsilon}/255`);
  const parts = [
    ['higher', `the ${a} is fooled more often than the ${b} at ε = `],
    ['lower', `the ${a} is fooled less often than the ${b} at ε = `],
    ['noDifference', 'no difference is seen at ε = '],
    ['unknown', 'too few images were fooled at ε = '],
  ].flatMap(([verdict, words]) => (list(verdict).length > 0 ? [words + list(verdict).join(', ')] : []));
  const text = `${parts.join('; ')}.`;
  return { text: capital(text), small: 'Each strength is judged by its own 95 % interval of the paired difference.' };
}

/** Maps against the true outlines of the objects. */
export function outlineAnswer({ chance, energy, teacherEnergy }) {
  const numbers = `${share(energy.student)} of its map against ${share(energy.control)}, ${points(energy)}, on ${plural(energy.n, 'image')}`;
  const around = `The object covers ${share(chance)} of the image${teacherEnergy === null ? '' : ` and holds ${share(teacherEnergy)} of the teacher’s map`}.`;
  const text = {
    higher: `The student’s map lies inside the object’s true outline more than the control’s: ${numbers}.`,
    noDifference: `No difference seen in how much of the map lies inside the object’s true outline: ${numbers}.`,
    lower: `The student’s map lies inside the object’s true outline less than the control’s: ${numbers}.`,
    unknown: 'Too few images have maps of both student and control to hold against the true outlines.',
  }[energy.verdict];
  return `${text} ${around}`;
}

/** Below this share of what there was nothing but rounding is left (the same bound as the engine’s). */
export const NOTHING = 1e-6;

/** What was distilled, what was left behind. */
export function unicamAnswer({ against, distilled, residual, energy, chance, n, step }) {
  if (distilled.left < NOTHING && residual.left < NOTHING) {
    return {
      text: `Student and ${against} are still the same network: taking what the one knows from the other leaves nothing, so both maps are empty.`,
      small: `Less than a millionth is left, on ${plural(n, 'image')}, at step ${integer(step)}.`,
    };
  }
  // ⟨P,P⟩/⟨A,A⟩ is 1 − cos²(A, B): the same from both sides.
  const left = `Of how student and ${against} tell the images apart ${share(distilled.left)} cannot be explained by the other.`;
  const relevance = `What is left relates to the labels with ${number(distilled.relevance)} in the student and ${number(residual.relevance)} in the ${against}: one number each for ${plural(n, 'image')}, so no difference is claimed.`;
  if (!energy) return { text: left, small: relevance };
  const numbers = `${share(energy.student)} against ${share(energy.control)}, ${points(energy)}, on ${plural(energy.n, 'image')}; the object covers ${share(chance)}`;
  const outlines = {
    higher: `What was distilled lies inside the object’s true outline more than what was left behind: ${numbers}.`,
    noDifference: `No difference seen in how much of the two maps lies inside the object’s true outline: ${numbers}.`,
    lower: `What was distilled lies inside the object’s true outline less than what was left behind: ${numbers}.`,
    unknown: 'Too few images have both maps to hold them against the true outlines.',
  }[energy.verdict];
  return { text: `${left} ${outlines}`, small: relevance };
}

/** The text twin of the two maps of one image. */
export function unicamSentence({ distilled, residual }, against) {
  const at = (heat) => {
    const place = heat.zero ? null : mainPlace(Array.from(heat.map), heat.grid);
    return place ? `mainly at ${place.place} (${percent(place.share)} of the map)` : 'nowhere: the map is all zero';
  };
  return `What the student has beyond the ${against} lies ${at(distilled)}. What the ${against} has beyond the student lies ${at(residual)}.`;
}

/**
 * «the student … more often … at s = 1 and 2; no difference is seen at s = 0.5»: what the verdicts of several comparisons say.
 * `where` puts names into words, `all` stands for all of them.
 */
export function byVerdict(entries, words, { where, all }) {
  return Object.entries(words)
    .map(([verdict, say]) => ({ verdict, say, names: entries.filter((entry) => entry.comparison.verdict === verdict).map((entry) => entry.name) }))
    .filter(({ names }) => names.length > 0)
    .map(({ verdict, say, names }) => say(names.length > 1 && names.length === entries.length ? all(verdict === 'noDifference' || verdict === 'few' ? 'any' : 'every') : where(names)))
    .join('; ');
}

export const capital = (text) => text[0].toUpperCase() + text.slice(1);

const share = (x) => (x > 0 && x < 0.005 ? 'less than 1 %' : percent(x));

export const untaught = () => ({
  text: 'Nothing has been taught yet: student and control are the same untrained network, so nothing can set them apart.',
  small: '',
});

const PLACES = [
  ['the upper left', 'the top', 'the upper right'],
  ['the left', 'the centre', 'the right'],
  ['the lower left', 'the bottom', 'the lower right'],
];

/**
 * Where a map has most of its mass: the largest of nine overlapping ninths, each half the image wide.
 * @returns {{place: string, share: number}|null} null for an all-zero map
 */
export function mainPlace(map, [rows, columns]) {
  const total = map.reduce((sum, value) => sum + value, 0);
  if (!(total > 0)) return null;
  let best = null;
  for (let v = 0; v < 3; v += 1) {
    for (let u = 0; u < 3; u += 1) {
      let sum = 0;
      for (let y = 0; y < rows; y += 1) {
        for (let x = 0; x < columns; x += 1) {
          sum += map[y * columns + x] * overlap(y, rows, v) * overlap(x, columns, u);
        }
      }
      if (!best || sum > best.sum + 1e-9 * total) best = { sum, place: PLACES[v][u] };
    }
  }
  return { place: best.place, share: best.sum / total };
}

/** How much of cell `i` of `count` lies in the window of half the width that starts at `third` quarters. */
function overlap(i, count, third) {
  const start = (third / 4) * count;
  const end = start + count / 2;
  return Math.max(0, Math.min(i + 1, end) - Math.max(i, start));
}

/** The text twin of three maps. */
export function mapsSentence(item, step) {
  const looks = (who, name) => {
    const place = item[who].zero ? null : mainPlace(Array.from(item[who].map), item[who].grid);
    return place ? `${name} mainly at ${place.place} (${percent(place.share)} of its map)` : `${name} nowhere: its map is all zero`;
  };
  const { teacherStudent: ts, teacherControl: tc } = item.cosine;
  const where = `The teacher looks ${looks('teacher', '').trim()}, ${looks('student', 'the student')}, ${looks('control', 'the control')}.`;
  if (ts === null || tc === null) return `${where} With an all-zero map there is no cosine, so this image is left out of the comparison.`;
  const overlaps = `Cosine with the teacher’s map: student ${ts.toFixed(2)}, control ${tc.toFixed(2)}`;
  if (step === 0) return `${where} ${overlaps}; both are the same untrained network.`;
  return `${where} ${overlaps}; on this image the ${ts > tc ? 'student' : 'control'} is closer.`;
}
