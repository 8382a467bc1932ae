/** The trained teachers that come with the site. */
import { fetchBytes, sha256 } from './data.js';
import { LabError } from './errors.js';

/**
 * The cards in `models/models.json`; an empty list when the site has none.
 * @param {URL} base
 * @returns {Promise<{file: string, dataset: string, architecture: string, accuracy: number, bytes: number, sha256?: string}[]>}
 */
export async function listModels(base) {
  try {
    const response = await fetch(new URL('models/models.json', base));
    if (!response.ok) return [];
    return (await response.json()).models ?? [];
  } catch {
    return [];
  }
}

/**
 * @param {URL} base
 * @param {string} dataset
 * @param {string} architecture
 * @returns {Promise<Uint8Array>} the teacher's safetensors
 * @throws {LabError} weights-missing, data-unavailable, weights-unreadable
 */
export async function fetchTeacher(base, dataset, architecture) {
  const models = await listModels(base);
  const card = models.find((model) => model.dataset === dataset && model.architecture === architecture);
  if (!card) {
    const others = models.filter((model) => model.dataset === dataset).map((model) => model.architecture);
    const instead = others.length ? `Trained on ${dataset} it has: ${others.join(', ')}.` : `It has none trained on ${dataset}.`;
    throw new LabError('weights-missing', `This site has no trained ${architecture} for ${dataset}. ${instead} You can also give the weights of your own teacher.`);
  }
  const bytes = await fetchBytes(new URL(`models/${card.file}`, base), card.file);
  if (card.sha256 && ((await sha256(bytes)) ?? card.sha256) !== card.sha256) {
    throw new LabError('weights-unreadable', `The teacher’s file ${card.file} is damaged: its SHA-256 is not the one on its card. Reload the page to fetch it again.`);
  }
  return new Uint8Array(bytes);
}
