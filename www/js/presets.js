/**
 * Questions to begin with: each has settings, something to predict, and a way to read the result. A preset may run once or in
 * several variants, one after the other. Names are part of links (`#lesson=inheritance`): do not rename them.
 */
import { foolingAnswer, both, pairedShares } from './answers.js';
import { projectorAnswer } from './answers-why.js';
import { integer, list, number, percentWithInterval } from './format.js';
import { pooledAttack } from './pool.js';
import { compare } from './rates.js';
import { words } from './words.js';

const t = words.presets;

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

/** A preset's label, question and reason, and its choices: the keys of their texts are what they stand for. */
const told = ({ label, question, why, ...texts }, ...values) => ({ label, question, why, choices: values.map((value) => [value, texts[value]]) });

/** @type {Preset[]} */
export const PRESETS = [
  {
    name: 'hinton',
    ...told(t.hinton, 'higher', 'noDifference', 'lower'),
    settings: { method: 'kl', temperature: 4, alpha: 0.9 },
    place: 'teach',
    measure: async (lab, evaluation) => evaluation,
    conclude: ([{ measured: { student, control, comparison, n, step } }]) => ({
      holds: [accuracySide(comparison)],
      text: t.hinton.found[accuracySide(comparison)](pairedShares(student, control, comparison.accuracy)),
      small: t.hinton.small(integer(n), integer(step)),
    }),
  },
  {
    name: 'levels',
    ...told(t.levels),
    settings: { method: 'kl', temperature: 4, alpha: 0.9 },
    choices: [['label-smoothing', t.levels.smoothing], ['kd-pt', t.levels.weighing], ['kd-sim', t.levels.alike], ['none', t.levels.noneOfThem]],
    variants: [
      { label: t.levels.smoothing, settings: { method: 'label-smoothing' } },
      { label: t.levels.weighing, settings: { method: 'kd-pt' } },
      { label: t.levels.alike, settings: { method: 'kd-sim' } },
    ],
    place: 'rescaling-title',
    measure: async (lab, evaluation) => ({ method: lab.settings.method, ...evaluation }),
    conclude(found) {
      const better = found.filter(({ measured }) => accuracySide(measured.comparison) === 'higher');
      const worse = found.filter(({ measured }) => accuracySide(measured.comparison) === 'lower');
      const names = (some) => list(some.map(({ measured }) => this.variants.find((variant) => variant.settings.method === measured.method).label));
      const first = better.length > 0 ? t.levels.better(names(better)) : t.levels.none;
      const second = worse.length > 0 ? t.levels.worse(names(worse)) : '';
      const numbers = found.map(({ measured }) => t.levels.numbers(names([{ measured }]), both(measured.student, measured.control))).join('; ');
      return { holds: better.length > 0 ? better.map(({ measured }) => measured.method) : ['none'], text: first + second, small: t.levels.small(numbers, integer(found[0].measured.n)) };
    },
  },
  {
    name: 'projector',
    ...told(t.projector, 'lower', 'same', 'higher'),
    settings: { method: 'srd', projector: 'linear' },
    place: 'projector-title',
    before: (lab) => lab.probe('projector', { images: Math.min(128, lab.settings.testImages) }),
    measure: (lab) => lab.probe('projector', { images: Math.min(128, lab.settings.testImages) }),
    conclude([{ before, measured }]) {
      const change = measured.effectiveRank / before.effectiveRank - 1;
      const { text, small } = projectorAnswer(measured, before);
      return { holds: [Math.abs(change) < ABOUT ? 'same' : change > 0 ? 'higher' : 'lower'], text, small: t.projector.small(small, number(change * 100, 0), ABOUT * 100) };
    },
  },
  {
    name: 'inheritance',
    ...told(t.inheritance, 'higher', 'noDifference', 'lower'),
    settings: { method: 'kl', temperature: 4, alpha: 0.9 },
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
      return { holds: [measured.comparison.verdict], text, small: t.inheritance.small(small, measured.epsilon, integer(measured.step)) };
    },
  },
  {
    name: 'gap',
    ...told(t.gap, 'higher', 'noDifference', 'lower'),
    settings: { method: 'kl', temperature: 4, alpha: 0.9, assistants: '' },
    variants: [
      { label: t.gap.without, settings: { assistants: '' } },
      { label: t.gap.with, settings: { assistants: 'resnet14' } },
    ],
    place: 'teach',
    measure: async (lab, evaluation) => evaluation,
    conclude([{ measured: direct }, { measured: helped }]) {
      const holds = side(helped.student, direct.student);
      const text = t.gap.found[holds](percentWithInterval(helped.student), percentWithInterval(direct.student));
      return { holds: [holds], text, small: t.gap.small(percentWithInterval(direct.control), integer(direct.n)) };
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
  const notes = preset ? [] : [t.unknown(name, PRESETS.map((known) => known.name).join(', '))];
  return { preset, hash: `#${query}`, notes };
}
