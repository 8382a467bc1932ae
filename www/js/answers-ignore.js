/** The sentences of the part «What do they ignore?». As in answers.js, their words follow the intervals. */
import { both, byVerdict, capital, untaught } from './answers.js';
import { integer, list, percentWithInterval, points } from './format.js';
import { words } from './words.js';

const t = words.answersIgnore;

/**
 * Which changes they do not mind.
 * @param {object} found
 * @param {string} found.named what is done, as «blur»
 * @param {(strengths: number[]) => string} found.at strengths in words, as «s = 1 and 2»
 * @param {object[]} found.strengths entries of the report; the one that changes nothing is not among them
 */
export function invarianceAnswer({ named, at, strengths, n, step }) {
  if (step === 0) return untaught();
  if (strengths.length === 0) return { text: t.unchanged, small: '' };
  const places = { where: (names) => t.at(at(names)), all: (each) => t.atAll[each] };
  const kept = byVerdict(strengths.map(({ strength, comparison }) => ({ name: strength, comparison })), t.kept, places);
  const agreed = byVerdict(strengths.map(({ strength, consensus }) => ({ name: strength, comparison: consensus.comparison })), t.agreed, places);
  const last = strengths.at(-1);
  const three = ({ teacher, student, control }) => [percentWithInterval(teacher), percentWithInterval(student), percentWithInterval(control)];
  const strongest = t.strongest(at([last.strength]), ...three(last.kept), points(last.comparison));
  return { text: t.answer(capital(named), kept, strongest, agreed), small: t.note(...three(last.accuracy), n) };
}

/** Whether they agree where neither was taught. `domains` as in the report, the unchanged images first. */
export function domainsAnswer({ domains, n, step }, names) {
  if (step === 0) return untaught();
  const foreign = domains.filter(({ domain }) => domain !== 'unchanged');
  if (foreign.length === 0) return { text: t.noDomain, small: '' };
  const text = byVerdict(foreign.map(({ domain, consensus }) => ({ name: names[domain], comparison: consensus.comparison })), t.domains, { where: list, all: (each) => t.allDomains[each] });
  const usual = domains.find(({ domain }) => domain === 'unchanged').consensus;
  const difference = points(usual.comparison);
  return { text: `${capital(text)}.`, small: t.domainsNote(`${both(usual.student, usual.control)}${difference ? `, ${difference}` : ''}`, n) };
}

/** Whether they go by outline or by what is inside. */
export function shapeAnswer({ patch, fill, n, step }) {
  if (step === 0) return untaught();
  const { bias, comparison } = patch;
  if (comparison.n === 0) return { text: t.shape.nothing, small: t.shape.images(n) };
  const numbers = t.shape.numbers(both(bias.student, bias.control), points(comparison), comparison.n);
  return {
    text: `${t.shape[comparison.verdict](numbers)} ${t.shape.teacher(percentWithInterval(bias.teacher))}`,
    small: t.shape.note(integer(n), percentWithInterval(fill.texture.teacher)),
  };
}
