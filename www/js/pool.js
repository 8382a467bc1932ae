/**
 * Results of questions that were asked in parts, put together. Counts are added up; the intervals of paired differences are
 * the engine's, which is given the pairs of all parts (`Lab.compare`).
 */
import { pooled } from './rates.js';

const WHO = ['teacher', 'student', 'control'];
/** Who is compared when one of the three is attacked; the first is the one of whom more is expected. */
export const RIVALS = { teacher: ['student', 'control'], student: ['teacher', 'control'], control: ['student', 'teacher'] };

const each = (of) => Object.fromEntries(WHO.map((who) => [who, of(who)]));
const changed = (item, condition, who) => Number(item.clean[who] !== item[condition][who]);

/**
 * Attacks on several parts of the images as one. `comparison` is of the two that were not attacked, as in `RIVALS`.
 * @param {object[]} parts
 * @param {(pairs: [number, number][]) => Promise<import('./engine.js').Comparison>} compare
 */
export async function pooledAttack(parts, compare) {
  const { source, seed, step, epsilon, norm, randomStart, steps } = parts.at(-1);
  const items = parts.flatMap((part) => part.items);
  const fooled = items.filter((item) => item.fooled);
  const rivals = RIVALS[source];
  const against = (condition) => compare(fooled.map((item) => rivals.map((who) => changed(item, condition, who))));
  const [comparison, noiseComparison] = await Promise.all(['adversarial', 'noise'].map(against));
  return {
    source, seed, step, epsilon, norm, randomStart, steps, rivals,
    n: items.length,
    attacked: fooled.length,
    withoutGradient: parts.reduce((sum, part) => sum + part.withoutGradient, 0),
    // Images on which there was nothing to attack; they count in no rate.
    unmoved: items.filter((item) => item.followed === 'nothing').length,
    fooling: each((who) => pooled(parts.map((part) => part.fooling[who]))),
    noise: each((who) => pooled(parts.map((part) => part.noise[who]))),
    sameWrongClass: each((who) => pooled(parts.map((part) => part.sameWrongClass[who]))),
    comparison,
    noiseComparison,
  };
}

/** Maps against true outlines over several parts; null where the images have none. */
export async function pooledMasks(parts, compare) {
  if (parts.some((part) => !part.masks)) return null;
  const items = parts.flatMap((part) => part.items);
  const both = items.filter((item) => item.energy.student !== null && item.energy.control !== null);
  const ofTeacher = items.map((item) => item.energy.teacher).filter((energy) => energy !== null);
  return {
    chance: parts.reduce((sum, part) => sum + part.masks.chance * part.n, 0) / items.length,
    energy: await compare(both.map((item) => [item.energy.student, item.energy.control])),
    teacherEnergy: ofTeacher.length === 0 ? null : ofTeacher.reduce((sum, energy) => sum + energy, 0) / ofTeacher.length,
    pointing: each((who) => pooled(parts.map((part) => part.masks.pointing[who]))),
  };
}

/** Planes that were asked about one after the other: the mean scores of student and control over them. */
export async function pooledPlanes(parts, compare) {
  const items = parts.flatMap((part) => part.items);
  const pictures = parts.flatMap((part) => part.pictures);
  const { step, seed, resolution } = parts.at(-1);
  return { step, seed, resolution, n: items.length, items, pictures, comparison: await compare(items.map((item) => [item.student.share, item.control.share])) };
}
