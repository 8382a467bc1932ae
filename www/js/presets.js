/**
 * Questions to begin with: each has settings, something to predict, and a way to read the result. A preset may run once or in
 * several variants, one after the other. Names are part of links (`#lesson=inheritance`): do not rename them.
 */
import { foolingAnswer, both, pairedShares } from './answers.js';
import { projectorAnswer } from './answers-why.js';
import { integer, list, number, percentWithInterval } from './format.js';
import { pooledAttack } from './pool.js';
import { compare } from './rates.js';

/** Images asked of a probe at once, so that the page stays free. */
const PART = 32;
/** An effective rank that changed by less than this share is called about the same. */
const ABOUT = 0.1;

/**
 * @typedef {object} Outcome
 * @property {string[]} holds values of the choices that came out
 * @property {string} text
 * @property {string} small
 *
 * @typedef {object} Preset
 * @property {string} name
 * @property {string} label
 * @property {object} settings what differs from the defaults
 * @property {string} question
 * @property {string} why one sentence: what is behind the question, and its source
 * @property {[string, string][]} choices [value, text]
 * @property {{label: string, settings: object}[]} [variants]
 * @property {string} place id of the part of the page that shows more
 * @property {(lab: object) => Promise<any>} [before] asked when the networks are loaded
 * @property {(lab: object, evaluation: object) => Promise<any>} measure asked when a run has finished
 * @property {(found: {before: any, measured: any}[]) => Outcome} conclude
 */

const MORE_OR_LESS = [
  ['higher', 'the student more often than the control'],
  ['noDifference', 'no difference can be seen'],
  ['lower', 'the student less often than the control'],
];

/** @type {Preset[]} */
export const PRESETS = [
  {
    name: 'hinton',
    label: 'Soft targets (Hinton)',
    settings: { method: 'kl', temperature: 4, alpha: 0.9 },
    question: 'After the training, which of the two is more accurate on the test images?',
    why: 'The teacher tells the student how sure it is of every class, not only which one is right (Hinton et al. 2015).',
    choices: [['higher', 'the student, taught by the teacher'], ['noDifference', 'no difference can be seen'], ['lower', 'the control, taught by labels alone']],
    place: 'teach',
    measure: async (lab, evaluation) => evaluation,
    conclude: ([{ measured: { student, control, comparison, n, step } }]) => ({
      holds: [accuracySide(comparison)],
      text: {
        higher: `The student is more accurate than its control: ${pairedShares(student, control, comparison.accuracy)}.`,
        noDifference: `No difference seen in accuracy between student and control: ${pairedShares(student, control, comparison.accuracy)}.`,
        lower: `The student is less accurate than its control: ${pairedShares(student, control, comparison.accuracy)}.`,
      }[accuracySide(comparison)],
      small: `${integer(n)} test images, step ${integer(step)}.`,
    }),
  },
  {
    name: 'levels',
    label: 'Three levels of soft targets',
    settings: { method: 'kl', temperature: 4, alpha: 0.9 },
    question: 'Soft targets smooth the labels, weigh the images, and tell which classes are alike. Which of these, taken alone, makes the student more accurate than its control?',
    why: 'Each level is a run of its own with the other two left out (Tang et al. 2020).',
    choices: [['label-smoothing', 'smoothing the labels'], ['kd-pt', 'weighing the images'], ['kd-sim', 'which classes are alike'], ['none', 'none of the three, as far as can be seen']],
    variants: [
      { label: 'smoothing the labels', settings: { method: 'label-smoothing' } },
      { label: 'weighing the images', settings: { method: 'kd-pt' } },
      { label: 'which classes are alike', settings: { method: 'kd-sim' } },
    ],
    place: 'rescaling-title',
    measure: async (lab, evaluation) => ({ method: lab.settings.method, ...evaluation }),
    conclude(found) {
      const better = found.filter(({ measured }) => accuracySide(measured.comparison) === 'higher');
      const worse = found.filter(({ measured }) => accuracySide(measured.comparison) === 'lower');
      const names = (some) => list(some.map(({ measured }) => this.variants.find((variant) => variant.settings.method === measured.method).label));
      const first = better.length > 0 ? `More accurate than the control with: ${names(better)}.` : 'With none of the three alone the student is seen to be more accurate than its control.';
      const second = worse.length > 0 ? ` Less accurate with: ${names(worse)}.` : '';
      const numbers = found.map(({ measured }) => `${names([{ measured }])}: ${both(measured.student, measured.control)}`).join('; ');
      return { holds: better.length > 0 ? better.map(({ measured }) => measured.method) : ['none'], text: first + second, small: `Student against control, ${numbers}. ${integer(found[0].measured.n)} test images; three runs with one seed.` };
    },
  },
  {
    name: 'projector',
    label: 'What the projector keeps',
    settings: { method: 'srd', projector: 'linear' },
    question: 'Between the student’s features and the teacher’s stands a matrix that learns too. When the training is over, how many of its directions count?',
    why: 'What the matrix lets through is what can be distilled (Miles & Mikolajczyk 2024). How many directions count is measured by its effective rank.',
    choices: [['lower', 'fewer than at the beginning'], ['same', 'about as many'], ['higher', 'more than at the beginning']],
    place: 'projector-title',
    before: (lab) => lab.probe('projector', { images: Math.min(128, lab.settings.testImages) }),
    measure: (lab) => lab.probe('projector', { images: Math.min(128, lab.settings.testImages) }),
    conclude([{ before, measured }]) {
      const change = measured.effectiveRank / before.effectiveRank - 1;
      const { text, small } = projectorAnswer(measured, before);
      return { holds: [Math.abs(change) < ABOUT ? 'same' : change > 0 ? 'higher' : 'lower'], text, small: `${small} The effective rank changed by ${number(change * 100, 0)} %; less than ${ABOUT * 100} % is called «about as many» here.` };
    },
  },
  {
    name: 'inheritance',
    label: 'Inherited weak spots',
    settings: { method: 'kl', temperature: 4, alpha: 0.9 },
    question: 'Images are changed so that the teacher errs. Which of the two, who were not attacked, is fooled by them more often?',
    why: 'If weak spots are passed on, what fools the teacher should fool its student more than the control, which never met it (Ojha et al. 2023).',
    choices: MORE_OR_LESS,
    place: 'fool',
    async measure(lab) {
      const parts = [];
      const n = Math.min(256, lab.settings.testImages);
      for (let first = 0; first < n; first += PART) {
        parts.push(await lab.probe('adversarial', { images: Array.from({ length: Math.min(PART, n - first) }, (_, i) => first + i), epsilon: 4 }));
      }
      return pooledAttack(parts, (pairs) => lab.compare(pairs));
    },
    conclude([{ measured }]) {
      const { text, small } = foolingAnswer(measured);
      return { holds: [measured.comparison.verdict], text, small: `${small} I-FGSM on the teacher, ε = ${measured.epsilon}/255, step ${integer(measured.step)}.` };
    },
  },
  {
    name: 'gap',
    label: 'The capacity gap',
    settings: { method: 'kl', temperature: 4, alpha: 0.9, assistants: '' },
    question: 'A large teacher may be too far from a small student. Does a network of middle size between them, taught first, make the student more accurate?',
    why: 'Two runs, without and with such an assistant (Mirzadeh et al. 2020). The second takes twice as many steps, as the assistant is trained too.',
    choices: [['higher', 'yes, with the assistant it is more accurate'], ['noDifference', 'no difference can be seen'], ['lower', 'no, without it it is more accurate']],
    variants: [
      { label: 'without an assistant', settings: { assistants: '' } },
      { label: 'with an assistant', settings: { assistants: 'resnet14' } },
    ],
    place: 'teach',
    measure: async (lab, evaluation) => evaluation,
    conclude([{ measured: direct }, { measured: helped }]) {
      const holds = side(helped.student, direct.student);
      const numbers = `${percentWithInterval(helped.student)} with and ${percentWithInterval(direct.student)} without an assistant`;
      const text = {
        higher: `With an assistant the student is more accurate: ${numbers}.`,
        noDifference: `No difference seen with and without an assistant: the student is right on ${numbers}.`,
        lower: `With an assistant the student is less accurate: ${numbers}.`,
      }[holds];
      return { holds: [holds], text, small: `The control: ${percentWithInterval(direct.control)}. ${integer(direct.n)} test images; two runs with one seed. Both runs were judged on the same images and their intervals are not paired, which is a careful rule.` };
    },
  },
];

/** What the paired difference of accuracy on the same images says. */
const accuracySide = ({ accuracy }) => (accuracy.verdict === 'unknown' ? 'noDifference' : accuracy.verdict);

/** Of two runs, whose images are the same but whose verdicts are not at hand together. */
const side = (a, b) => ({ 1: 'higher', 0: 'noDifference', '-1': 'lower' })[compare(a, b)];

export const presetOf = (name) => PRESETS.find((preset) => preset.name === name);

/**
 * Takes the lesson out of a link and puts its settings in, where the link itself says nothing of them.
 * @returns {{preset: Preset|null, hash: string, notes: string[]}}
 */
export function readLesson(hash) {
  const query = new URLSearchParams(hash.replace(/^#/, ''));
  const name = query.get('lesson');
  if (name === null) return { preset: null, hash, notes: [] };
  query.delete('lesson');
  const preset = presetOf(name) ?? null;
  for (const [setting, value] of Object.entries(preset?.settings ?? {})) if (!query.has(setting) && value !== '') query.set(setting, value);
  const notes = preset ? [] : [`The link names a lesson “${name}” that does not exist; it was passed over. There are: ${PRESETS.map((known) => known.name).join(', ')}.`];
  return { preset, hash: `#${query}`, notes };
}
