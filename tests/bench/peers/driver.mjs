// Runs inside the pages of the benchmark: opens one implementation, holds it against the reference, and works when it is told to.
import { fetchWeights } from './weights.mjs';

/** Logits, losses and steps agree when |a − b| / (1 + |b|) stays below it. */
const difference = (got, wanted) => (got.length === wanted.length ? Math.max(...got.map((value, i) => Math.abs(value - wanted[i]) / (1 + Math.abs(wanted[i])))) : Infinity);

let opened = null;
let inference = null;

/**
 * Opens an implementation with the reference's weights and repeats what the reference did.
 * @returns {Promise<{before: number, losses: number | null, after: number | null, error: string | null}>} largest differences:
 *   logits of test images, losses of the training steps, logits afterwards; `error` where it could not train
 */
export async function check({ file, backend, settings, training, reference, normalisation, weights }) {
  const implementation = await import(`./${file}.mjs`);
  const batch = { pixels: Float32Array.from(reference.pixels), labels: reference.labels, ...normalisation };
  opened = await implementation.open({ backend, settings, training, batch, weights: await fetchWeights(weights) });
  const logits = () => opened.logits(Float32Array.from(reference.testPixels), reference.testPixels.length / 3072);
  const result = { before: difference(await logits(), reference.before), losses: null, after: null, error: null };
  try {
    const losses = [];
    for (const rate of reference.rates) losses.push(await opened.step(rate));
    result.losses = difference(losses, reference.losses);
    result.after = difference(await logits(), reference.after);
  } catch (error) {
    result.error = String(error?.message ?? error);
  }
  return result;
}

/** kd-lens only: another lab in place of the one that was checked. */
export async function replace({ backend, settings }) {
  opened?.close?.();
  opened = null;
  const implementation = await import('./kd-lens.mjs');
  opened = await implementation.open({ backend, settings });
}

/** Trains; milliseconds. */
export async function steps(count) {
  const began = performance.now();
  await opened.steps(count);
  return performance.now() - began;
}

/** Makes ready to run inference with other weights. */
export async function openInference({ file, backend, training, normalisation, weights, pixels, count }) {
  const implementation = await import(`./${file}.mjs`);
  const filled = Float32Array.from({ length: 3072 * count }, (_, i) => pixels[i % pixels.length]);
  const batch = { pixels: filled.slice(0, 3072), labels: [0], ...normalisation };
  const network = await implementation.open({ backend, training, batch, weights: await fetchWeights(weights) });
  const images = network.images(filled);
  inference = () => network.infer(images);
}

/** kd-lens: its own evaluation of student and control, whose architecture the lab was opened with. */
export function evaluateLab() {
  inference = () => opened.lab.evaluate();
}

export async function infer(repeats) {
  const began = performance.now();
  for (let i = 0; i < repeats; i += 1) await inference();
  return performance.now() - began;
}
