/** Results of questions that were asked in parts, put together. Pure functions: the tests hold them against the engine. */
import { comparison } from './bootstrap.js';
import { pooled } from './rates.js';

const WHO = ['teacher', 'student', 'control'];
/** Who is compared when one of the three is attacked; the first is the one of whom more is expected. */
export const RIVALS = { teacher: ['student', 'control'], student: ['teacher', 'control'], control: ['student', 'teacher'] };

const each = (of) => Object.fromEntries(WHO.map((who) => [who, of(who)]));
const changed = (item, condition, who) => Number(item.clean[who] !== item[condition][who]);

/** Attacks on several parts of the images as one. `comparison` is of the two that were not attacked, as in `RIVALS`. */
export function pooledAttack(parts) {
  const { source, seed, step, epsilon, norm, randomStart, steps } = parts.at(-1);
  const items = parts.flatMap((part) => part.items);
  const fooled = items.filter((item) => item.fooled);
  const rivals = RIVALS[source];
  const against = (condition) => comparison(fooled.map((item) => rivals.map((who) => changed(item, condition, who))), seed);
  return {
    source, seed, step, epsilon, norm, randomStart, steps, rivals,
    n: items.length,
    attacked: fooled.length,
    fooling: each((who) => pooled(parts.map((part) => part.fooling[who]))),
    noise: each((who) => pooled(parts.map((part) => part.noise[who]))),
    sameWrongClass: each((who) => pooled(parts.map((part) => part.sameWrongClass[who]))),
    comparison: against('adversarial'),
    noiseComparison: against('noise'),
  };
}

/** Maps against true outlines over several parts; null where the images have none. */
export function pooledMasks(parts) {
  if (parts.some((part) => !part.masks)) return null;
  const { seed } = parts.at(-1);
  const items = parts.flatMap((part) => part.items);
  const both = items.filter((item) => item.energy.student !== null && item.energy.control !== null);
  const ofTeacher = items.map((item) => item.energy.teacher).filter((energy) => energy !== null);
  return {
    chance: parts.reduce((sum, part) => sum + part.masks.chance * part.n, 0) / items.length,
    energy: comparison(both.map((item) => [item.energy.student, item.energy.control]), seed),
    teacherEnergy: ofTeacher.length === 0 ? null : ofTeacher.reduce((sum, energy) => sum + energy, 0) / ofTeacher.length,
    pointing: each((who) => pooled(parts.map((part) => part.masks.pointing[who]))),
  };
}
