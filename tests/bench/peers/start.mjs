// What a page does from its opening to the end of its first training step. `window.firstStep`: milliseconds since the navigation
// began, or the error's text.
import { fetchWeights } from './weights.mjs';

const { file, backend, settings, training, normalisation, weights } = JSON.parse(new URLSearchParams(location.search).get('plan'));

async function start() {
  const implementation = await import(`./${file}.mjs`);
  const own = file === 'kd-lens';
  // Noise stands for images: nothing that is timed depends on them.
  const pixels = Float32Array.from({ length: 3072 * settings.batchSize }, () => Math.random());
  const labels = Array.from({ length: settings.batchSize }, (_, i) => i % normalisation.classes);
  const network = await implementation.open({ backend, settings, training, batch: { pixels, labels, ...normalisation }, weights: own ? null : await fetchWeights(weights) });
  await network.step(0.05);
  const took = performance.now();
  window.more = (count) => network.steps(count);
  return took;
}

start().then(
  (took) => {
    window.firstStep = took;
  },
  (error) => {
    window.firstStep = String(error?.message ?? error);
  },
);
