/**
 * A run with any learners, as this page shows it: the first that is taught as `student`, the baseline as `control`. The others are
 * trained beside them and are not shown.
 */
import { createLab, readSettings } from './engine.js';
import { commonOf } from './form-values.js';
import { BACKEND, COHORT } from './settings.js';
import { words } from './words.js';

const t = words.cohort;

/**
 * Takes up the cohort that stands among values for the form, if any: method and options become those of its student.
 * @returns {Promise<{values: object, notes: string[]}>} without the cohort where the page cannot show it; a note says what became of it
 */
export async function withCohort(description, values) {
  const { [COHORT.name]: text, [BACKEND.name]: backend, ...others } = values;
  if (!text) return { values, notes: [] };
  const { method: _, ...common } = commonOf(description, others);
  const kept = backend === undefined ? common : { ...common, [BACKEND.name]: backend };
  try {
    const { settings, learners } = await readSettings({ ...common, [COHORT.name]: text });
    const [student, control] = ['student', 'control'].map((role) => learners.find((learner) => learner.role === role));
    const shown = learners.map(({ id }) => id).join(', ');
    if (!student || !control) return { values: kept, notes: [t.noPair(shown)] };
    if ([student, control].some(({ architecture }) => architecture !== settings.student)) return { values: kept, notes: [t.architectures(shown)] };
    return { values: { ...kept, method: student.method, ...student.options, [COHORT.name]: settings.cohort.join(';') }, notes: [t.shown(shown, student.id, control.id)] };
  } catch (error) {
    if (!error.code?.startsWith?.('setting-')) throw error;
    return { values: kept, notes: [t.refused(error.message)] };
  }
}

/** Options of `createLab` for these values of the form: a cohort takes the place of the method. */
export function runOptions(description, form) {
  const { [COHORT.name]: cohort, ...values } = form;
  if (!cohort) return values;
  const own = new Set(description.methods.flatMap((method) => method.settings ?? []).map((setting) => setting.name));
  const common = Object.entries(values).filter(([name]) => name !== 'method' && !own.has(name));
  return { ...Object.fromEntries(common), cohort };
}

/** A lab whose learners are called as the panels call them. */
export async function createPairLab(options) {
  const lab = await createLab(options);
  return lab.settings.cohort ? asPair(lab) : lab;
}

/** The lab itself, but for what it is told and tells. */
function asPair(lab) {
  const { learners } = lab;
  const roles = new Map(learners.map(({ id, role }) => [id, role]));
  const student = () => lab.learners.find(({ role }) => role === 'student');
  const own = {
    get settings() {
      const { cohort, ...common } = lab.settings;
      const { method, options } = student();
      return { ...common, method, ...options, [COHORT.name]: cohort.join(';') };
    },
    step: async (count) => (await lab.step(count)).map((event) => renamedEvent(event, roles)),
    evaluate: async () => renamedEvent(await lab.evaluate(), roles),
    probe: async (name, options) => renamed(await lab.probe(name, options), roles),
    explain: async (pixels, options) => renamed(await lab.explain(pixels, options), roles),
    adjust(patch) {
      const { id, options } = student();
      return lab.adjust(Object.fromEntries(Object.entries(patch).map(([name, value]) => [Object.hasOwn(options, name) ? `${id}.${name}` : name, value])));
    },
  };
  return new Proxy(lab, {
    get(_, name) {
      if (Object.hasOwn(own, name)) return own[name];
      const value = lab[name];
      return typeof value === 'function' ? value.bind(lab) : value;
    },
  });
}

/** A report with roles in place of ids; what is of learners without a role is left out. Only where every name is a network's: methods and other things have the same names. */
export function renamed(value, roles) {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
  if (Array.isArray(value)) return value.map((entry) => renamed(entry, roles));
  const names = Object.keys(value);
  const networks = names.every((name) => roles.has(name) || name === 'teacher' || name === 'foreign');
  const entries = [];
  for (const name of names) {
    if (name === 'source' || name === 'against') entries.push([name, roles.get(value[name]) ?? value[name]]);
    else if (!networks || !roles.has(name)) entries.push([name, renamed(value[name], roles)]);
    else if (roles.get(name)) entries.push([roles.get(name), renamed(value[name], roles)]);
  }
  return Object.fromEntries(entries);
}

/** An event with roles in place of ids: its learners stand beside its other fields. */
function renamedEvent(event, roles) {
  const ofLearner = ([name, value]) => {
    if (!roles.has(name)) return [[name, renamed(value, roles)]];
    return roles.get(name) ? [[roles.get(name), value]] : [];
  };
  return Object.fromEntries(Object.entries(event).flatMap(ofLearner));
}
