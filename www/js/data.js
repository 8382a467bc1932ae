/**
 * Brings the images to the engine, piece by piece, so that training can start with the first thousand.
 *
 * A piece is at most 1,000 records in the official CIFAR binary format (one label byte, two for CIFAR-100, then 3,072
 * planar R, G, B bytes). Pieces come from the site's shards, whose SHA-256 is checked, or from files a person chose.
 * Every piece is kept as a Blob (which the browser may keep on disk), so that a restarted engine gets the same
 * images in the same order without a download.
 */
import { LabError } from './errors.js';

const PIECE_RECORDS = 1000;
const ATTEMPTS = 3;

/** @typedef {{split: 'train'|'test', images: number, bytes: number, load: () => Promise<ArrayBuffer>}} Piece */

/** Bytes of one record. */
export const recordBytes = (dataset) => (dataset === 'cifar100' ? 3074 : 3073);

/** The site's list of shards of a data set; `data-unavailable` when there is none. */
export async function readIndex(base, dataset) {
  const url = new URL(`data/${dataset}/index.json`, base);
  let index;
  try {
    const response = await fetch(url);
    if (response.ok) index = await response.json();
  } catch {
    // No network, or an error page instead of JSON: in both cases there is no list.
  }
  if (!Array.isArray(index?.train) || !Array.isArray(index?.test)) {
    throw new LabError(
      'data-unavailable',
      `The images of ${dataset} are not on this site. Fetch them with “cargo xtask data”, choose your own files, or use shapes32, which is generated.`,
    );
  }
  return { ...index, url };
}

/**
 * Plans which pieces a run needs: the first training piece, the test pieces, the other training pieces.
 *
 * @param {object} options
 * @param {URL} options.base
 * @param {string} options.dataset
 * @param {(Blob|ArrayBuffer)[]} [options.trainFiles] in place of the site's training shards
 * @param {(Blob|ArrayBuffer)[]} [options.testFiles]
 * @param {number} options.trainImages
 * @param {number} options.testImages
 * @returns {Promise<Piece[]>}
 * @throws {LabError} data-unavailable, data-missing, data-truncated, data-foreign
 */
export async function planPieces({ base, dataset, trainFiles, testFiles, trainImages, testImages }) {
  if (dataset === 'shapes32') return [];
  const index = trainFiles?.length && testFiles?.length ? null : await readIndex(base, dataset);
  const side = (split, files, wanted) =>
    files?.length ? fromFiles(split, files, dataset, wanted) : fromShards(split, index, dataset, wanted);
  const train = await side('train', trainFiles, trainImages);
  const test = await side('test', testFiles, testImages);
  return [...train.slice(0, 1), ...test, ...train.slice(1)];
}

function fromShards(split, index, dataset, wanted) {
  const record = recordBytes(dataset);
  const pieces = [];
  let left = wanted;
  for (const shard of index[split]) {
    if (left <= 0) break;
    const images = Math.min(left, shard.images);
    const url = new URL(shard.file, index.url);
    pieces.push({
      split,
      images,
      bytes: shard.bytes,
      load: async () => (await fetchChecked(url, shard)).slice(0, images * record),
    });
    left -= images;
  }
  if (left > 0) throw tooFew(split, wanted - left, wanted);
  return pieces;
}

async function fromFiles(split, files, dataset, wanted) {
  const record = recordBytes(dataset);
  const pieces = [];
  let left = wanted;
  for (const [at, file] of files.entries()) {
    const blob = file instanceof Blob ? file : new Blob([file]);
    const name = file.name ? `“${file.name}”` : `The ${split} file number ${at + 1}`;
    await checkFile(blob, name, record, dataset);
    for (let first = 0; first < blob.size / record && left > 0; first += PIECE_RECORDS) {
      const images = Math.min(left, PIECE_RECORDS, blob.size / record - first);
      const part = blob.slice(first * record, (first + images) * record);
      pieces.push({ split, images, bytes: part.size, load: () => part.arrayBuffer() });
      left -= images;
    }
  }
  if (left > 0) throw tooFew(split, wanted - left, wanted);
  return pieces;
}

const ARCHIVES = [
  [[0x1f, 0x8b], 'a gzip archive: unpack it first'],
  [[0x50, 0x4b, 0x03, 0x04], 'a zip archive: unpack it first'],
  [[0x89, 0x50, 0x4e, 0x47], 'a PNG picture'],
  [[0xff, 0xd8, 0xff], 'a JPEG picture'],
];

async function checkFile(blob, name, record, dataset) {
  const start = new Uint8Array(await blob.slice(0, 4).arrayBuffer());
  const other = ARCHIVES.find(([magic]) => magic.every((byte, i) => start[i] === byte));
  if (other) throw new LabError('data-foreign', `${name} is ${other[1]}. Wanted are CIFAR binary files, ${record} bytes an image.`);
  if (blob.size === 0 || blob.size % record !== 0) {
    throw new LabError(
      'data-truncated',
      `${name} has ${blob.size.toLocaleString('en')} bytes, which is not a whole number of ${dataset} images (${record.toLocaleString('en')} bytes each). It may be cut short or of another format.`,
    );
  }
}

function tooFew(split, held, wanted) {
  const which = split === 'train' ? 'training' : 'test';
  return new LabError('data-missing', `${wanted.toLocaleString('en')} ${which} images were asked for, but there are only ${held.toLocaleString('en')}.`);
}

/** Fetches one shard, checks its length and, where the browser can (https or this machine), its SHA-256. */
async function fetchChecked(url, shard) {
  const name = url.pathname.split('/').pop();
  const bytes = await fetchBytes(url, name);
  if (bytes.byteLength !== shard.bytes) {
    throw new LabError('data-truncated', `The shard ${name} arrived with ${bytes.byteLength} bytes in place of ${shard.bytes}.`);
  }
  if (shard.sha256 && ((await sha256(bytes)) ?? shard.sha256) !== shard.sha256) {
    throw new LabError('data-foreign', `The shard ${name} is not the one that the site’s list describes: its SHA-256 differs.`);
  }
  return bytes;
}

/** A download, tried again after a moment when the network fails. */
export async function fetchBytes(url, name) {
  let reason = '';
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    try {
      const response = await fetch(url);
      if (response.ok) return await response.arrayBuffer();
      reason = `the server answered ${response.status}`;
      if (response.status < 500) break;
    } catch (error) {
      reason = error.message;
    }
    if (attempt < ATTEMPTS) await new Promise((resolve) => setTimeout(resolve, 500 * attempt));
  }
  throw new LabError('data-unavailable', `The file ${name} could not be loaded (${reason}).`);
}

/** Hex SHA-256, or undefined where the browser has no `crypto.subtle`. */
export async function sha256(bytes) {
  if (!globalThis.crypto?.subtle) return undefined;
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** The pieces of one run, loaded in order and kept. */
export class DataStream {
  #pieces;
  #running = null;
  #stopped = false;

  /**
   * @param {Piece[]} pieces
   * @param {(progress: {loaded: number, total: number}) => void} onProgress bytes
   */
  constructor(pieces, onProgress) {
    this.#pieces = pieces;
    this.onProgress = onProgress;
    /** Pieces that have arrived, in order. @type {{split: string, blob: Blob}[]} */
    this.kept = [];
    this.total = pieces.reduce((sum, piece) => sum + piece.bytes, 0);
    this.loaded = 0;
  }

  /** True once every piece has arrived. */
  get complete() {
    return this.kept.length === this.#pieces.length;
  }

  /**
   * Loads what is missing; a second call while it runs returns the same promise, one after a failure tries again
   * from the piece that failed.
   * @param {() => Promise<void>} onPiece called after each arrival
   */
  run(onPiece) {
    this.#running ??= this.#load(onPiece).finally(() => {
      this.#running = null;
    });
    return this.#running;
  }

  async #load(onPiece) {
    while (!this.complete && !this.#stopped) {
      const piece = this.#pieces[this.kept.length];
      const bytes = await piece.load();
      if (this.#stopped) return;
      this.kept.push({ split: piece.split, blob: new Blob([bytes]) });
      this.loaded += piece.bytes;
      this.onProgress({ loaded: this.loaded, total: this.total });
      await onPiece();
    }
  }

  /** Ends the loading after the piece that is on its way. */
  stop() {
    this.#stopped = true;
  }
}
