/**
 * The sentences that answer the questions. Their words follow the intervals: a difference is claimed only where the
 * interval excludes its absence, and a null result reads as calmly as a strong one.
 */
import { countOf, integer, list, number, percent, percentWithInterval, points } from './format.js';
import { RIVALS } from './pool.js';
import { compareWith } from './rates.js';
import { words } from './words.js';

const t = words.answers;

/** After an evaluation: accuracy of student and control, then agreement with the teacher, each paired on the same images. */
export function teachingAnswer({ student, control, agreement, comparison, n, step }) {
  const verdict = (part) => (['higher', 'lower'].includes(part.verdict) ? part.verdict : 'noDifference');
  const accuracy = verdict(comparison.accuracy);
  const first = t.accuracy[accuracy](pairedShares(student, control, comparison.accuracy));
  const second = t.agreement[verdict(comparison.agreement)](pairedShares(agreement.student, agreement.control, comparison.agreement), accuracy === 'noDifference');
  return { text: `${first} ${second}`, small: t.teachingNote(integer(n), integer(step)) };
}

/** «65 % (62–68) against 60 % (57–63), +5.1 points (+1.9 to +8.3)»; the difference only where it has an interval. */
export const pairedShares = (a, b, difference) => `${both(a, b)}${difference.low === null ? '' : `, ${points(difference, 1)}`}`;

export const both = (student, control) => t.against(percentWithInterval(student), percentWithInterval(control));

/** Where do they look: on how many images the student's map is closer to the teacher's. */
export function lookingAnswer(closer, skipped, step, equal = 0) {
  if (step === 0) return untaught();
  if (closer.n === 0 && equal > 0) return { text: t.looking.same(equal), small: t.looking.leftOut(skipped) };
  if (closer.n === 0) return { text: t.looking.nothing, small: t.looking.leftOut(skipped) };
  const say = { 1: t.looking.more, 0: t.looking.noDifference, '-1': t.looking.less }[compareWith(closer, 0.5)];
  return { text: say(percentWithInterval(closer), closer.n), small: t.looking.note(countOf(closer), skipped, equal) };
}

/**
 * What fools them: the two that were not attacked, compared on the images that fooled the one that was.
 * @param {ReturnType<import('./pool.js').pooledAttack>} found
 */
export function foolingAnswer(found) {
  const { source, rivals: [a, b], fooling, noise, comparison, noiseComparison, sameWrongClass, attacked, withoutGradient, unmoved, n, step } = found;
  if (step === 0) return untaught();
  const sure = withoutGradient - unmoved;
  const flat = `${sure > 0 ? ` ${t.fooling.flat(sure, source)}` : ''}${unmoved > 0 ? ` ${t.fooling.unmoved(unmoved, source)}` : ''}`;
  if (attacked === 0) return { text: unmoved === n ? t.fooling.blind(source) : t.fooling.nothing(source), small: `${t.fooling.attacked(n - unmoved)}${flat}` };
  const numbers = `${t.fooling.numbers(both(fooling[a], fooling[b]), attacked, source)}${comparison.low === null ? '' : `, ${points(comparison)}`}`;
  const text = t.fooling[comparison.verdict](source, a, b, numbers);
  const noisy = noiseComparison.low === null ? '' : `${t.fooling.noise(`${both(noise[a], noise[b])}, ${points(noiseComparison)}`)} `;
  return { text, small: `${noisy}${t.fooling.sameClass(source, a, countOf(sameWrongClass[a]), b, countOf(sameWrongClass[b]))}${flat}` };
}

/** The strengths of an attack, one after the other: where do the two differ? */
export function sweepAnswer(results, source) {
  const [a, b] = RIVALS[source];
  const told = results.filter((found) => found.attacked > 0);
  const unmoved = Math.max(0, ...results.map((found) => found.unmoved));
  const left = unmoved > 0 ? t.fooling.unmoved(unmoved, source) : '';
  if (told.length === 0) return { text: t.sweep.nothing(source), small: left };
  if (results.at(-1).step === 0) return untaught();
  const strengths = (verdict) => list(told.filter((found) => found.comparison.verdict === verdict).map((found) => `${found.epsilon}/255`));
  const parts = ['higher', 'lower', 'noDifference', 'unknown'].flatMap((verdict) => (strengths(verdict) ? [t.sweep[verdict](a, b, strengths(verdict))] : []));
  return { text: capital(`${parts.join('; ')}.`), small: [t.sweep.note, left].filter(Boolean).join(' ') };
}

/** Maps against the true outlines of the objects. */
export function outlineAnswer({ chance, energy, teacherEnergy }) {
  const text = t.outline[energy.verdict](t.outline.numbers(share(energy.student), share(energy.control), points(energy), energy.n));
  return `${text} ${t.outline.around(share(chance), teacherEnergy === null ? null : share(teacherEnergy))}`;
}

/** Below this share of what there was nothing but rounding is left (the same bound as the engine’s). */
export const NOTHING = 1e-6;

/** What was distilled, what was left behind. */
export function unicamAnswer({ against, distilled, residual, energy, chance, n, step }) {
  if (distilled.left < NOTHING && residual.left < NOTHING) return { text: t.unicam.same(against), small: t.unicam.sameNote(n, integer(step)) };
  // ⟨P,P⟩/⟨A,A⟩ is 1 − cos²(A, B): the same from both sides.
  const left = t.unicam.left(against, share(distilled.left));
  const relevance = t.unicam.relevance(against, number(distilled.relevance), number(residual.relevance), n);
  if (!energy) return { text: left, small: relevance };
  const numbers = t.unicam.numbers(share(energy.student), share(energy.control), points(energy), energy.n, share(chance));
  return { text: `${left} ${t.unicam[energy.verdict](numbers)}`, small: relevance };
}

/** The text twin of the two maps of one image. */
export function unicamSentence({ distilled, residual }, against) {
  const at = (heat) => {
    const place = heat.zero ? null : mainPlace(Array.from(heat.map), heat.grid);
    return place ? t.unicam.at(place.place, percent(place.share)) : t.unicam.nowhere;
  };
  return t.unicam.where(against, at(distilled), at(residual));
}

/**
 * «the student … more often … at s = 1 and 2; no difference is seen at s = 0.5»: what the verdicts of several comparisons say.
 * `where` puts names into words, `all` stands for all of them.
 */
export function byVerdict(entries, clauses, { where, all }) {
  return Object.entries(clauses)
    .map(([verdict, say]) => ({ verdict, say, names: entries.filter((entry) => entry.comparison.verdict === verdict).map((entry) => entry.name) }))
    .filter(({ names }) => names.length > 0)
    .map(({ verdict, say, names }) => say(names.length > 1 && names.length === entries.length ? all(verdict === 'noDifference' || verdict === 'few' ? 'any' : 'every') : where(names)))
    .join('; ');
}

export const capital = (text) => text[0].toUpperCase() + text.slice(1);

const share = (x) => (x > 0 && x < 0.005 ? t.lessThanOne : percent(x));

export const untaught = () => ({ text: t.untaught, small: '' });

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
      if (!best || sum > best.sum + 1e-9 * total) best = { sum, place: t.places[v][u] };
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

/**
 * The text twin of three maps.
 * @param {'image'|'picture'} what a test image or a picture of the reader's own
 */
export function mapsSentence(item, step, what = 'image') {
  const looks = (who) => {
    const place = item[who].zero ? null : mainPlace(Array.from(item[who].map), item[who].grid);
    return place ? t.maps.at(place.place, percent(place.share)) : t.maps.nowhere;
  };
  const { teacherStudent: ts, teacherControl: tc } = item.cosine;
  const where = t.maps.where(looks('teacher'), looks('student'), looks('control'));
  if (ts === null || tc === null) return `${where} ${t.maps.zero[what]}`;
  const cosines = t.maps.cosines(number(ts), number(tc));
  if (step > 0 && ts === tc) return `${where} ${t.maps.even(cosines)}`;
  return `${where} ${step === 0 ? t.maps.untaught(cosines) : t.maps.closer[what](cosines, ts > tc ? 'student' : 'control')}`;
}
