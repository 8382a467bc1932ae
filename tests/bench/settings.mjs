// Everything that decides how the benchmark measures. KD_LENS_BENCH_… changes a number, KD_LENS_BENCH_LIMIT_SECONDS=60 for
// instance; what was used stands in docs/benchmarks.json beside the results.

/** Name: [as a rule, with --quick, what it is]. */
const TABLE = {
  rounds: [9, 2, 'samples of each implementation, taken in turn'],
  sampleSeconds: [2, 0.5, 'length of a sample, in which what is measured is repeated'],
  mostRepeats: [50, 10, 'repeats in a sample at most'],
  warmUp: [3, 1, 'repeats before the first sample'],
  limitSeconds: [240, 60, 'seconds of samples that one implementation may take in a part'],
  callSeconds: [900, 600, 'seconds after which one call counts as failed'],
  batch: [32, 32, 'images in a step'],
  trainImages: [512, 128, 'training images of a kd-lens run that is timed'],
  inferenceImages: [200, 100, 'images in one evaluation'],
  checkSteps: [3, 3, 'training steps that must give the same losses'],
  checkImages: [8, 8, 'test images that must give the same logits'],
  tolerance: [1e-3, 1e-3, 'largest difference of a loss or logit from the reference, of 1 + its size'],
  starts: [3, 1, 'starts of each implementation with an empty and with a filled cache'],
  stepsBeforeMemory: [3, 1, 'further steps before the memory is read'],
  countedSteps: [10, 2, 'steps over which GPU calls are counted'],
  pageSteps: [200, 40, 'steps of the page whose tasks are watched'],
  loadLimit: [1, 1, 'load, or processors busy with other programs, above which the numbers are said not to be quiet'],
};

const environmentName = (name) => `KD_LENS_BENCH_${name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;

/** @returns {Record<string, number>} */
export function readSettings(quick, environment = process.env) {
  return Object.fromEntries(
    Object.entries(TABLE).map(([name, [usual, short]]) => {
      const given = environment[environmentName(name)];
      const value = given === undefined ? (quick ? short : usual) : Number(given);
      if (!(value > 0)) throw new Error(`${environmentName(name)} must be a number above 0; it is “${given}”.`);
      return [name, value];
    }),
  );
}

/** For --help. */
export const helpLines = () => Object.entries(TABLE).map(([name, [usual, short, help]]) => `  ${environmentName(name).padEnd(36)}${usual} (quick: ${short})  ${help}`);

/** The optimiser, for every implementation. */
export const TRAINING = { momentum: 0.9, weightDecay: 5e-4 };
/** What a network of Shapes-32 subtracts from its input and divides it by (src/data/kind.rs), and its classes. */
export const NORMALISATION = { mean: [0.4717, 0.4804, 0.48], std: [0.2478, 0.2252, 0.2415], classes: 10 };

const common = { dataset: 'shapes32', teacher: 'resnet20', student: 'resnet8', ...TRAINING, evaluateEvery: 100_000, seed: 0 };

/** The same images in every step, unaltered, so that others can repeat it. */
export const checked = (s) => ({ ...common, method: 'labels', batchSize: s.batch, trainImages: s.batch, testImages: s.checkImages, epochs: s.checkSteps + 1, augment: false, learningRate: 0.05, workers: 1 });
/** Two equal networks, labels only. */
export const supervised = (s) => ({ ...common, method: 'labels', batchSize: s.batch, trainImages: s.trainImages, testImages: s.checkImages, epochs: 1000, augment: false, workers: 1 });
/** Teacher, student and control as the page trains them. */
export const distilled = (s) => ({ ...supervised(s), method: 'kl', temperature: 4, alpha: 0.9, augment: true });
/** Student and control are the network that is timed. */
export const inferred = (s) => ({ ...supervised(s), student: 'resnet20', testImages: s.inferenceImages });
