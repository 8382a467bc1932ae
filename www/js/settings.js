/**
 * Reads the engine's own table of settings: checks values against it, clamps what a link carries, writes links.
 * Nothing about a particular setting stands here; the table comes from `describe()`.
 */
import { LabError } from './errors.js';
import { SETTINGS } from './sentences.js';

/** The one choice that is the page's and not the engine's: which engine. */
export const BACKEND = {
  name: 'backend',
  type: 'choice',
  default: 'auto',
  choices: [
    { value: 'auto', label: 'automatic' },
    { value: 'gpu', label: 'WebGPU' },
    { value: 'cpu', label: 'CPU' },
  ],
  label: 'Engine',
  help: 'Automatic takes WebGPU where it is real hardware and computes the same as the CPU. Used from the next start on.',
};

/** So many unknown names of a link are told one by one; of the others only how many there are. */
const MOST_STRANGE = 5;

/** What a person calls a value of a setting. */
export const calledBy = (setting, value) => setting?.choices?.find((choice) => choice.value === value)?.label ?? value;

/** The method called `name`, or the default one. */
function methodOf(description, name) {
  const usual = description.settings.find((setting) => setting.name === 'method')?.default;
  const find = (wanted) => description.methods?.find((method) => method.name === wanted);
  return find(name) ?? find(usual);
}

/** The settings that a run with this method has: the common ones and, behind the method, its own. */
export function settingsOf(description, method) {
  const own = methodOf(description, method)?.settings ?? [];
  return description.settings.flatMap((setting) => (setting.name === 'method' ? [setting, ...own] : [setting]));
}

/** The default of every setting of a run with this method, by name. */
export function defaults(description, method) {
  const values = Object.fromEntries(settingsOf(description, method).map((setting) => [setting.name, setting.default]));
  return method && 'method' in values ? { ...values, method } : values;
}

/** Everything that a link carries: the settings of the run and the choice of engine. */
const linked = (description, method) => [...settingsOf(description, method), BACKEND];

/**
 * Throws where the engine would, but before anything is downloaded.
 * @param {{settings: object[]}} description
 * @param {object} given
 * @throws {LabError} setting-unknown, setting-invalid
 */
export function checkSettings(description, given) {
  const settings = settingsOf(description, given.method);
  for (const [name, value] of Object.entries(given)) {
    const setting = settings.find((entry) => entry.name === name);
    if (!setting) {
      const known = settings.map((entry) => entry.name).join(', ');
      const elsewhere = description.methods?.filter((method) => method.settings?.some((entry) => entry.name === name)) ?? [];
      const hint = elsewhere.length > 0 ? ` It belongs to other methods: ${elsewhere.map((method) => method.name).join(', ')}.` : '';
      throw new LabError('setting-unknown', `There is no setting “${name}” here.${hint} The settings are: ${known}.`);
    }
    const problem = problemWith(setting, value);
    if (problem) throw new LabError('setting-invalid', problem);
  }
}

/** One sentence, of `t`, that says what is wrong with `value`, or '' when it is right. */
export function problemWith(setting, value, t = SETTINGS) {
  const said = typeof value === 'string' ? t.quoted(value) : String(value);
  switch (setting.type) {
    case 'choice': {
      if (setting.choices.some((choice) => choice.value === value)) return '';
      return t.notOneOf(setting.label, said, setting.choices.map((choice) => choice.value).join(', '));
    }
    case 'list': {
      const known = setting.choices.map((choice) => choice.value);
      if (typeof value === 'string' && entries(value).every((entry) => known.includes(entry))) return '';
      return t.notAList(setting.label, said, known.join(', '));
    }
    case 'boolean':
      return typeof value === 'boolean' ? '' : t.notBoolean(setting.label, said);
    default: {
      if (typeof value !== 'number' || !Number.isFinite(value)) return t.notANumber(setting.label, said);
      if (setting.type === 'integer' && !Number.isInteger(value)) return t.notWhole(setting.label, said);
      if (value < setting.min || value > setting.max) {
        return t.outOfRange(setting.label, said, setting.min, setting.max);
      }
      return '';
    }
  }
}

/** What stands between the commas. */
const entries = (list) => list.split(',').map((entry) => entry.trim()).filter(Boolean);

/**
 * Reads the settings of a link such as `#temperature=8&student=resnet14`. `source` begins the sentences about it, which are of `t`.
 * @returns {{values: object, notes: string[]}} only known settings with allowed values; every change that was made
 *          to what the link said is one sentence in `notes`
 */
export function readHash(description, hash, t = SETTINGS, source = t.link) {
  const values = {};
  const notes = [];
  let strange = 0;
  // Each name counts once; its last value holds.
  const query = new Map(new URLSearchParams(hash.replace(/^#/, '')));
  // What the other names mean depends on the method.
  const settings = linked(description, query.get('method'));
  for (const [name, text] of query) {
    const setting = settings.find((entry) => entry.name === name);
    if (!setting) {
      strange += 1;
      if (strange <= MOST_STRANGE) notes.push(t.unknown(source, name));
      continue;
    }
    const value = parse(setting, text);
    if (value === undefined) {
      notes.push(t.impossible(source, setting.label, text, calledBy(setting, setting.default)));
      continue;
    }
    const kept = clamp(setting, value);
    if (kept !== value) notes.push(t.brought(source, setting.label, text, kept));
    values[name] = kept;
  }
  if (strange > MOST_STRANGE) notes.push(t.unknownToo(source, strange - MOST_STRANGE));
  return { values, notes };
}

/**
 * The hash that carries `values`: only what differs from the defaults, '' when nothing does. With a `preset` the link names it
 * as its lesson and carries what differs from the preset's settings.
 */
export function writeHash(description, values, preset = null) {
  const query = new URLSearchParams(preset ? { lesson: preset.name } : {});
  for (const setting of linked(description, values.method)) {
    const value = values[setting.name];
    if (value !== undefined && value !== (preset?.settings[setting.name] ?? setting.default)) query.set(setting.name, String(value));
  }
  const text = query.toString();
  return text && `#${text}`;
}

/** The nearest value that a number setting allows; other values unchanged. */
export function clamp(setting, value) {
  if (typeof value !== 'number') return value;
  const whole = setting.type === 'integer' ? Math.round(value) : value;
  return Math.min(setting.max ?? Infinity, Math.max(setting.min ?? -Infinity, whole));
}

function parse(setting, text) {
  if (setting.type === 'choice') return setting.choices.some((choice) => choice.value === text) ? text : undefined;
  if (setting.type === 'list') return problemWith(setting, text) ? undefined : entries(text).join(',');
  if (setting.type === 'boolean') return new Map([['true', true], ['1', true], ['false', false], ['0', false]]).get(text);
  const value = Number(text);
  return text.trim() !== '' && Number.isFinite(value) ? value : undefined;
}
