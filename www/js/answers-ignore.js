/** The sentences of the part «What do they ignore?». As in answers.js, their words follow the intervals. */
import { both, byVerdict, capital, untaught } from './answers.js';
import { integer, list, percentWithInterval, plural, points } from './format.js';

/**
 * Which changes they do not mind.
 * @param {object} found
 * @param {string} found.named what is done, as «blur»
 * @param {(strengths: number[]) => string} found.at strengths in words, as «s = 1 and 2»
 * @param {object[]} found.strengths entries of the report; the one that changes nothing is not among them
 */
export function invarianceAnswer({ named, at, strengths, n, step }) {
  if (step === 0) return untaught();
  if (strengths.length === 0) return { text: 'Nothing has been changed yet.', small: '' };
  const places = { where: (names) => `at ${at(names)}`, all: (each) => `at ${each} strength` };
  const kept = byVerdict(strengths.map(({ strength, comparison }) => ({ name: strength, comparison })), {
    higher: (where) => `the student keeps its answers more often than the control ${where}`,
    lower: (where) => `the student keeps its answers less often than the control ${where}`,
    noDifference: (where) => `no difference between student and control is seen ${where}`,
    unknown: (where) => `too few images ${where}`,
  }, places);
  const agreed = byVerdict(strengths.map(({ strength, consensus }) => ({ name: strength, comparison: consensus.comparison })), {
    higher: (where) => `the student gives the teacher’s answer more often ${where}`,
    lower: (where) => `the student gives the teacher’s answer less often ${where}`,
    noDifference: (where) => `no difference is seen ${where}`,
    unknown: () => 'there are too few images',
  }, places);
  const last = strengths.at(-1);
  const strongest = `At ${at([last.strength])} the teacher keeps ${percentWithInterval(last.kept.teacher)}, the student ${percentWithInterval(last.kept.student)}, the control ${percentWithInterval(last.kept.control)}${points(last.comparison) ? `; student − control ${points(last.comparison)}` : ''}.`;
  const right = `Right there: teacher ${percentWithInterval(last.accuracy.teacher)}, student ${percentWithInterval(last.accuracy.student)}, control ${percentWithInterval(last.accuracy.control)}.`;
  return {
    text: `${capital(named)}: ${kept}. ${strongest} On the changed images, ${agreed}.`,
    small: `${right} ${plural(n, 'image')}; each strength is judged by its own 95 % interval of the paired difference.`,
  };
}

/** Whether they agree where neither was taught. `domains` as in the report, the unchanged images first. */
export function domainsAnswer({ domains, n, step }, names) {
  if (step === 0) return untaught();
  const foreign = domains.filter(({ domain }) => domain !== 'unchanged');
  if (foreign.length === 0) return { text: 'No other domain has been shown yet.', small: '' };
  const text = byVerdict(foreign.map(({ domain, consensus }) => ({ name: names[domain], comparison: consensus.comparison })), {
    higher: (where) => `the student gives the teacher’s answer more often than the control on ${where}`,
    lower: (where) => `the student gives the teacher’s answer less often than the control on ${where}`,
    noDifference: (where) => `no difference between student and control is seen on ${where}`,
    unknown: (where) => `too few images of ${where}`,
  }, { where: list, all: (each) => `${each} other kind of picture` });
  const usual = domains.find(({ domain }) => domain === 'unchanged').consensus;
  return {
    text: `${capital(text)}.`,
    small: `On the unchanged images they give it on ${both(usual.student, usual.control)}${points(usual.comparison) ? `, ${points(usual.comparison)}` : ''}. ${plural(n, 'image')} in each domain; each is judged by its own 95 % interval.`,
  };
}

/** Whether they go by outline or by what is inside. */
export function shapeAnswer({ patch, fill, n, step }) {
  if (step === 0) return untaught();
  const { bias, comparison } = patch;
  if (comparison.n === 0) {
    return { text: 'On no image did both student and control answer by the outline or by the inside, so there is nothing to compare.', small: `${plural(n, 'image')}.` };
  }
  const numbers = `${both(bias.student, bias.control)} of the answers that follow either; ${points(comparison) ? `${points(comparison)} on the ` : ''}${plural(comparison.n, 'image')} on which both do`;
  const text = {
    higher: `Where outline and inside disagree the student goes by the outline more often than the control: ${numbers}.`,
    lower: `Where outline and inside disagree the student goes by the outline less often than the control: ${numbers}.`,
    noDifference: `No difference seen in how often student and control go by the outline: ${numbers}.`,
    unknown: `Too few images on which both answer by outline or inside: ${numbers}.`,
  }[comparison.verdict];
  return {
    text: `${text} The teacher: ${percentWithInterval(bias.teacher)}.`,
    small: `${integer(n)} images with patches. With foreign colours alone, which carry no class, the teacher names the lender’s class on ${percentWithInterval(fill.texture.teacher)}: by chance.`,
  };
}
