/**
 * A folder of pictures by class, made into the files that the engine reads. Understood are `train/CLASS/…` with `test/CLASS/…`
 * (or val, valid, validation), and `CLASS/…` alone, of which every sixth picture of a class becomes a test image.
 */
import { recordBytes } from '../data.js';
import { LabError } from '../errors.js';
import { integer, list } from '../format.js';
import { language, words } from '../words.js';
import { decode, shrink, SIDE } from './picture.js';

const t = words.ownFolder;

/** Which data set's networks fit so many classes. */
const DATASETS = { 10: 'cifar10', 100: 'cifar100' };
const PICTURE = /\.(png|jpe?g|webp|gif|bmp|avif)$/i;
const SPLITS = new Map(Object.entries({ train: 'train', training: 'train', test: 'test', val: 'test', valid: 'test', validation: 'test' }));
const EVERY = 6;
const MOST = 60_000;
/** Names that a sentence lists. */
const NAMED = 12;

/** @typedef {import('./entries.js').Entry} Entry */

/**
 * Which pictures belong to which class and split. Decodes nothing.
 * @param {Entry[]} entries
 * @param {{name: string, classes: string[]}[]} datasets that the engine knows
 * @returns {{dataset: string, names: string[], known: boolean, train: {file: File, label: number}[], test: {file: File, label: number}[], ignored: number}}
 * @throws {LabError} data-foreign
 */
export function sort(entries, datasets) {
  const pictures = entries.filter(({ path }) => PICTURE.test(path) && path.includes('/')).sort((a, b) => (a.path < b.path ? -1 : 1));
  if (pictures.length === 0) throw foreign(t.noPicture);
  if (pictures.length > MOST) throw foreign(t.tooMany(integer(pictures.length), integer(MOST)));
  const split = pictures.every(({ path }) => path.split('/').length > 2 && SPLITS.get(path.split('/')[0].toLowerCase()));
  const place = split ? 1 : 0;
  const classes = [...new Set(pictures.map(({ path }) => path.split('/')[place]))].sort();
  const dataset = DATASETS[classes.length];
  if (!dataset) {
    const told = classes.length > NAMED ? t.andOthers(classes.slice(0, NAMED)) : list(classes);
    throw foreign(t.classes(classes.length, told));
  }
  // Folders that are called as the data set's classes are mean those, in whatever order they stand.
  const own = datasets.find((entry) => entry.name === dataset).classes;
  const known = classes.every((name) => own.includes(name.toLowerCase()));
  const names = known ? own : classes;
  const label = (name) => names.indexOf(known ? name.toLowerCase() : name);
  const sides = { train: [], test: [] };
  const seen = new Map();
  for (const { path, file } of pictures) {
    const parts = path.split('/');
    const name = parts[place];
    const count = seen.get(name) ?? 0;
    seen.set(name, count + 1);
    const side = split ? SPLITS.get(parts[0].toLowerCase()) : count % EVERY === EVERY - 1 ? 'test' : 'train';
    sides[side].push({ file, label: label(name) });
  }
  for (const side of ['train', 'test']) {
    const without = names.filter((_, i) => !sides[side].some((entry) => entry.label === i));
    if (without.length > 0) throw foreign(`${t.without[side](list(without.slice(0, NAMED)))}${split ? '' : ` ${t.every(EVERY)}`}`);
  }
  return { dataset, names: [...names], known, train: mixed(sides.train, names.length), test: mixed(sides.test, names.length), ignored: entries.length - pictures.length };
}

/** An error whose message is in the reader's language. */
const foreign = (message) => Object.assign(new LabError('data-foreign', message), { language, title: t.title, advice: t.advice });

/** The classes in turn, so that the first images of a file are of all classes. */
function mixed(entries, classes) {
  const queues = Array.from({ length: classes }, (_, i) => entries.filter(({ label }) => label === i));
  const most = Math.max(...queues.map((queue) => queue.length));
  return Array.from({ length: most }, (_, i) => queues.map((queue) => queue[i]).filter(Boolean)).flat();
}

/**
 * The pictures as a file in CIFAR's binary format. Those that cannot be read are left out.
 * @param {{file: File, label: number}[]} entries
 * @param {(done: number) => void} tell
 * @param {AbortSignal} signal
 * @returns {Promise<{file: File, count: number, unreadable: string[]}>}
 */
export async function pack(entries, dataset, name, tell, signal) {
  const record = recordBytes(dataset);
  const plane = SIDE * SIDE;
  const bytes = new Uint8Array(entries.length * record);
  const unreadable = [];
  let count = 0;
  for (const [i, { file, label }] of entries.entries()) {
    signal.throwIfAborted();
    try {
      const bitmap = await decode(file, file.name);
      const pixels = shrink(bitmap, 'crop');
      bitmap.close();
      const at = count * record + record - 3 * plane - 1;
      bytes[at] = label;
      for (let p = 0; p < plane; p += 1) for (let c = 0; c < 3; c += 1) bytes[at + 1 + c * plane + p] = pixels[p * 3 + c];
      count += 1;
    } catch {
      unreadable.push(file.name);
    }
    tell(i + 1);
  }
  return { file: new File([bytes.subarray(0, count * record)], name), count, unreadable };
}
