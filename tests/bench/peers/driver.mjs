// Runs inside the pages of the benchmark: opens one implementation, holds it against the reference, and works when it is told to.
import { fetchWeights } from './weights.mjs';

/** Logits, losses and steps agree when |a − b| / (1 + |b|) stays below it. */
const difference = (got, wanted) => (got.length === wanted.length ? Math.max(...got.map((value, i) => Math.abs(value - wanted[i]) / (1 + Math.abs(wanted[i])))) : Infinity);

/** Networks and labs by name. All stay open, so that those that take turns stay warm. */
const opened = new Map();
/** The name of the network that was held against the reference. */
const CHECKED = 'checked';

/**
 * Opens an implementation with the reference's weights and repeats what the reference did.
 * @returns {Promise<{before: number, losses: number | null, after: number | null, error: string | null}>} largest differences:
 *   logits of test images, losses of the training steps, logits afterwards; `error` where it could not train
 */
export async function check({ file, backend, settings, training, reference, normalisation, weights }) {
  const implementation = await import(`./${file}.mjs`);
  const batch = { pixels: Float32Array.from(reference.pixels), labels: reference.labels, ...normalisation };
  const network = await implementation.open({ backend, settings, training, batch, weights: await fetchWeights(weights) });
  opened.set(CHECKED, network);
  const logits = () => network.logits(Float32Array.from(reference.testPixels), reference.testPixels.length / 3072);
  const result = { before: difference(await logits(), reference.before), losses: null, after: null, error: null };
  try {
    const losses = [];
    for (const rate of reference.rates) losses.push(await network.step(rate));
    result.losses = difference(losses, reference.losses);
    result.after = difference(await logits(), reference.after);
  } catch (error) {
    result.error = String(error?.message ?? error);
  }
  return result;
}

/** kd-lens only: a lab with settings of its own. The one that was checked is not needed any more. */
export async function openLab(name, { backend, settings }) {
  if (opened.has(name)) return;
  opened.get(CHECKED)?.close();
  opened.delete(CHECKED);
  const implementation = await import('./kd-lens.mjs');
  opened.set(name, await implementation.open({ backend, settings }));
}

export function closeLabs() {
  for (const lab of opened.values()) lab.close();
  opened.clear();
}

/** Another network for inference. */
export async function openInference(name, { file, backend, training, normalisation, weights, pixels, count }) {
  if (opened.has(name)) return;
  const implementation = await import(`./${file}.mjs`);
  const filled = Float32Array.from({ length: 3072 * count }, (_, i) => pixels[i % pixels.length]);
  const batch = { pixels: filled.slice(0, 3072), labels: [0], ...normalisation };
  const network = await implementation.open({ backend, training, batch, weights: await fetchWeights(weights) });
  const images = network.images(filled);
  opened.set(name, { infer: () => network.infer(images) });
}

/** Trains; milliseconds. */
export async function steps(name, count) {
  const began = performance.now();
  await opened.get(name).steps(count);
  return performance.now() - began;
}

/** Evaluates; milliseconds. */
export async function infer(name, repeats) {
  const began = performance.now();
  for (let i = 0; i < repeats; i += 1) await opened.get(name).infer();
  return performance.now() - began;
}
