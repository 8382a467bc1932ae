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
const SPLITS = { train: 'train', training: 'train', test: 'test', val: 'test', valid: 'test', validation: 'test' };
const EVERY = 6;
const MOST = 60_000;
/** Names that a sentence lists. */
const NAMED = 12;

/** @typedef {{path: string, file: File}} Entry path from the chosen folder on, with slashes */

/** What a chosen folder holds, as an `<input webkitdirectory>` tells it. @returns {Entry[]} */
export const entriesOf = (files) => [...files].map((file) => ({ path: file.webkitRelativePath.split('/').slice(1).join('/'), file }));

/** What was dropped, folders with all that is in them. @returns {Promise<Entry[]>} */
export async function droppedEntries(transfer) {
  // The list of items is emptied as soon as this event is over, so it is read before anything is waited for.
  const roots = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  const alone = roots.length === 1 && roots[0].isDirectory;
  const found = [];
  const walk = async (entry, path) => {
    if (entry.isFile) found.push({ path, file: await new Promise((resolve, reject) => entry.file(resolve, reject)) });
    else for (const child of await childrenOf(entry)) await walk(child, path ? `${path}/${child.name}` : child.name);
  };
  for (const root of roots) await walk(root, alone ? '' : root.name);
  return found;
}

/** A reader of a folder gives its children in parts, the last of them empty. */
async function childrenOf(folder) {
  const reader = folder.createReader();
  const all = [];
  for (;;) {
    const part = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (part.length === 0) return all;
    all.push(...part);
  }
}

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
  const split = pictures.every(({ path }) => path.split('/').length > 2 && SPLITS[path.split('/')[0].toLowerCase()]);
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
    const side = split ? SPLITS[parts[0].toLowerCase()] : count % EVERY === EVERY - 1 ? 'test' : 'train';
    sides[side].push({ file, label: label(name) });
  }
  for (const side of ['train', 'test']) {
    const without = names.filter((_, i) => !sides[side].some((entry) => entry.label === i));
    if (without.length > 0) throw foreign(`${t.without[side](list(without.slice(0, NAMED)))}${split ? '' : ` ${t.every(EVERY)}`}`);
  }
  return { dataset, names: [...names], known, train: mixed(sides.train, names.length), test: mixed(sides.test, names.length), ignored: entries.length - pictures.length };
}

/** An error whose message is in the reader's language. */
const foreign = (message) => Object.assign(new LabError('data-foreign', message), { language });

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
