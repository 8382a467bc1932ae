/** The script and everything that it reads, in one zip. */
import { Zip, ZipPassThrough } from '../../vendor/fflate/fflate.esm.js';
import { WHO } from '../dom.js';
import { FILES, imagesFile, template, unrepeatable, written } from './script.js';

const FOLDER = 'kd-lens-repeat';
/** Bytes that are taken in at once, so that the page goes on answering. */
const PART = 2 ** 19;

/**
 * @param {import('../experiment.js').Experiment} experiment
 * @param {(who: string) => Promise<Uint8Array>} weightsOf a network's weights as they are to be taken
 * @param {(share: number) => void} tell is given the share of the images that is read
 * @returns {Promise<Blob>}
 */
export async function bundle(experiment, weightsOf, tell = () => {}) {
  const { lab, beginning } = experiment;
  const repeats = !unrepeatable(experiment);
  const { trainImages, testImages } = lab.settings;
  const trainShare = repeats ? trainImages / (trainImages + testImages) : 0;
  const text = await template();
  // Asked for at once, the weights are of one step even while the run goes on, and the script is told of that step.
  const weights = await Promise.all(WHO.map(weightsOf));
  const code = written(text, experiment);
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
