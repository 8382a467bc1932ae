/** Everything that was found, as one object for JSON and as rows for CSV. */
import { writeHash } from '../settings.js';
import { language } from '../words.js';

/** Of these a report has one entry an image; they are for drawing and are left out of what is taken away. */
const PER_IMAGE = ['items', 'pictures', 'parts', 'pairs'];
/** Longer lists of numbers are pictures too. */
const LONGEST = 128;
/** What tells the entries of a list apart, so that a row of the table says which it is. */
const NAMES = ['domain', 'strength', 'epsilon', 'name', 'tap', 'variant'];

const LEFT_OUT = 'Of the panels’ reports what they say of single images and their pictures are left out. Comparisons of yes and no hold n, onlyStudent and onlyControl, from which their intervals follow.';

/** The address that leads to this very run. */
export function linkTo(experiment, place = location) {
  const { description, lab, form, beginning } = experiment;
  const settings = lab ? { ...(beginning?.settings ?? lab.settings), backend: form.backend } : form;
  return new URL(writeHash(description, settings) || '#', place.href.replace(/#.*$/, '')).href.replace(/#$/, '');
}

/** What the run was, where it stands, and what was found so far. */
export function everything(experiment, date = new Date()) {
  const { description, lab, recorded, beginning, changes, step, totalSteps, evaluations, progress, findings, files, networks } = experiment;
  return {
    kdLens: description.version,
    // Questions and answers are as the reader saw them; all other words in here are English.
    language,
    recorded: recorded !== null,
    // A recorded run was computed natively; the engine at hand computed what the panels found since.
    backend: lab.backend,
    adapter: lab.backendReport.adapter,
    backendReason: lab.backendReport.reason,
    taken: date.toISOString(),
    began: (beginning?.date ?? recorded?.made)?.toISOString() ?? null,
    link: linkTo(experiment),
    ownFiles: { train: names(files.train), test: names(files.test), teacher: files.teacher?.name ?? null },
    settings: beginning?.settings ?? lab.settings,
    changes,
    networks,
    formula: experiment.formula,
    step,
    totalSteps,
    evaluations,
    progress,
    findings: findings.map(({ question, answer, step: at, images, found }) => ({ question, answer, step: at, images, report: slim(found) })),
    leftOut: LEFT_OUT,
  };
}

const names = (files) => files?.map((file) => file.name) ?? null;

/** A report without what stands for single images. */
export function slim(value) {
  if (ArrayBuffer.isView(value)) return undefined;
  if (Array.isArray(value)) {
    if (value.length > LONGEST && value.every((entry) => typeof entry !== 'object' || entry === null)) return undefined;
    return value.map(slim).filter((entry) => entry !== undefined);
  }
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(([name]) => !PER_IMAGE.includes(name)).map(([name, entry]) => [name, slim(entry)]);
  return Object.fromEntries(kept.filter(([, entry]) => entry !== undefined));
}

const COLUMNS = ['question', 'quantity', 'value', 'low', 'high', 'n', 'count', 'step', 'seed', 'dataset', 'teacher', 'student', 'method', 'backend', 'engine version', 'date'];

/** The same as a table, one number a row, as text. Ends of intervals are those of 95 %. */
export function asCsv(all) {
  const { settings } = all;
  const constant = [settings.seed, settings.dataset, settings.teacher, settings.student, settings.method, all.backend, all.kdLens, all.taken];
  const rows = [
    ...all.evaluations.flatMap((event) => numbers(event).map((row) => ['Evaluation', ...row, event.step])),
    ...all.progress.flatMap((event) => numbers(event).map((row) => ['Training', ...row, event.step])),
    ...all.findings.flatMap(({ question, step, report }) => numbers(report).map((row) => [question, ...row, step])),
  ];
  return `${[COLUMNS, ...rows.map((row) => [...row, ...constant])].map((row) => row.map(cell).join(',')).join('\r\n')}\r\n`;
}

const cell = (value) => {
  const text = value === null || value === undefined ? '' : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};

/** Every number of a report as [quantity, value, low, high, n, count]. */
export function numbers(value, path = []) {
  if (typeof value === 'number') return path.at(-1) === 'step' ? [] : [[path.join(' '), value, null, null, null, null]];
  if (typeof value !== 'object' || value === null) return [];
  const main = ['rate', 'difference', 'rho'].find((name) => name in value);
  if (main && 'low' in value) {
    const { low, high, n = null, count = null, [main]: middle, ...others } = value;
    const quantity = [...path, ...(main === 'rate' ? [] : [main])].join(' ');
    return [[quantity, middle, low, high, n, count], ...numbers(others, path)];
  }
  if (Array.isArray(value)) return value.flatMap((entry, i) => numbers(entry, [...path, place(entry, i)]));
  return Object.entries(value).flatMap(([name, entry]) => numbers(entry, [...path, name]));
}

function place(entry, i) {
  const name = typeof entry === 'object' && entry !== null ? NAMES.find((known) => ['string', 'number'].includes(typeof entry[known])) : undefined;
  return name ? `${name} ${entry[name]}` : String(i);
}
