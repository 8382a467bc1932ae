/** The script and everything that it reads, in one zip. */
import { Zip, ZipPassThrough } from '../../vendor/fflate/fflate.esm.js';
import { WHO } from '../dom.js';
import { FILES, imagesFile, template, unrepeatable, written } from './script.js';
import { weightsOfOneStep } from './weights.js';

const FOLDER = 'kd-lens-repeat';
/** Bytes that are taken in at once, so that the page goes on answering. */
const PART = 2 ** 19;

/**
 * @param {import('../experiment.js').Experiment} experiment
 * @param {(share: number) => void} tell is given the share of the images that is read
 * @returns {Promise<Blob>}
 */
export async function bundle(experiment, tell = () => {}) {
  const { lab, beginning } = experiment;
  const repeats = !unrepeatable(experiment);
  const { trainImages, testImages } = lab.settings;
  const trainShare = repeats ? trainImages / (trainImages + testImages) : 0;
  const text = await template();
  const { step, weights } = await weightsOfOneStep(experiment);
  const code = written(text, experiment, step);
  const files = WHO.map((who, i) => [FILES.weights(who), weights[i]]);
  files.push([FILES.script, new TextEncoder().encode(code)]);
  if (repeats) files.push([FILES.start, new Uint8Array(await (await beginning.weights).arrayBuffer())]);
  if (repeats) files.push([FILES.train, await imagesFile(lab, 'train', (share) => tell(trainShare * share))]);
  files.push([FILES.test, await imagesFile(lab, 'test', (share) => tell(trainShare + (1 - trainShare) * share))]);

  const chunks = [];
  const zip = new Zip((error, chunk) => {
    if (error) throw error;
    chunks.push(chunk);
  });
  for (const [name, content] of files) {
    // Weights and photographs hardly shrink.
    const entry = new ZipPassThrough(`${FOLDER}/${name}`);
    zip.add(entry);
    for (let from = 0; from < content.length; from += PART) {
      entry.push(content.subarray(from, from + PART));
      await new Promise((resolve) => setTimeout(resolve));
    }
    entry.push(new Uint8Array(), true);
  }
  zip.end();
  return new Blob(chunks, { type: 'application/zip' });
}
