/**
 * What the JavaScript face says of settings and of its engine, in English. Statuses, reports and notes carry the name and the
 * values of their sentence in `says` beside the sentence itself, so that a page can say the same in its reader's language;
 * kd-lens's own page does so with `strings/`.
 */

/** About settings and about what a link says of them. */
export const SETTINGS = {
  quoted: (text) => `“${text}”`,
  notOneOf: (label, said, choices) => `${label} cannot be ${said}. Choose one of: ${choices}.`,
  notAList: (label, said, known) => `${label} must be empty or a list with commas of: ${known}. It was ${said}.`,
  notBoolean: (label, said) => `${label} must be true or false; it was ${said}.`,
  notANumber: (label, said) => `${label} must be a number; it was ${said}.`,
  notWhole: (label, said) => `${label} must be a whole number; it was ${said}.`,
  outOfRange: (label, said, min, max) => `${label} must lie between ${min} and ${max}; it was ${said}.`,
  link: 'The link',
  unknown: (source, name) => `${source} names a setting “${name}” that does not exist; it was passed over.`,
  unknownToo: (source, n) => `${source} names further settings that do not exist; they were passed over: ${n}.`,
  impossible: (source, label, text, usual) => `${source} sets ${label} to “${text}”, which it cannot be; it stays at ${usual}.`,
  brought: (source, label, text, kept) => `${source} sets ${label} to ${text}; it was brought to ${kept}, the nearest allowed value.`,
};

/** A clause at the beginning of a sentence; its own full stop, if it has one, gives way to what follows. */
const opening = (clause) => `${clause.charAt(0).toUpperCase()}${clause.slice(1)}`.replace(/\.$/, '');

/** About the engine: what it does, which one runs and why. Those of the second group are clauses of others. */
export const ENGINE = {
  probing: 'Looking for a graphics adapter that can compute.',
  loadingCpu: 'Loading the CPU engine.',
  loadingGpu: 'Loading the WebGPU engine.',
  checking: 'Comparing WebGPU with the CPU on one batch.',
  loadingImages: 'Loading images.',
  allImages: 'All images are here.',
  cpuAsked: 'The CPU engine was asked for.',
  cpuInstead: (clause) => `${opening(clause)}, so the networks run on the CPU.`,
  cpuAfter: (clause) => `${opening(clause)}, so the networks now run on the CPU.`,
  cpuAfterTwo: (clause) => `${opening(clause)} twice, so the networks now run on the CPU.`,
  gpu: (adapter) => `The networks run on WebGPU (${adapter}).`,
  gpuChecked: (adapter, difference) => `The networks run on WebGPU (${adapter}); on one batch it agrees with the CPU to ${difference}.`,
  restarting: (cause) => `${cause} Starting it again from the last checkpoint.`,
  restartedCpu: (cause, step) => `${cause} It was started again on the CPU from the checkpoint at step ${step}.`,
  restartedGpu: (cause, step) => `${cause} It was started again on WebGPU from the checkpoint at step ${step}.`,
  wentBack: (cause, step) => `${cause} The run went back to the checkpoint at step ${step}.`,

  insecure: 'this page was not opened over https or from this machine, and browsers then hide WebGPU',
  noWebGpu: 'this browser has no WebGPU',
  adapterRefused: (why) => `the browser refused a WebGPU adapter (${why})`,
  noAdapter: 'no usable graphics card was found',
  lacksTimestamps: 'the graphics adapter lacks “timestamp-query”, which the WebGPU engine needs',
  software: (adapter) => `the only WebGPU adapter here (${adapter}) is a software one, slower than the CPU engine`,
  mismatch: (difference, allowed) => `on one batch WebGPU and the CPU differ by ${difference} (allowed: ${allowed})`,
  deviceLost: (detail) => `The browser took the graphics device away${detail}.`,
  engineMissing: (detail) => `The engine could not be loaded${detail}.`,
  workerDied: (detail) => `The engine’s worker stopped working${detail}.`,
};

/**
 * One of these sentences with its name and values.
 * @param {keyof typeof ENGINE} name
 * @param {...(string|number|{message: string, says?: any[]})} values errors and other sentences among them are retold too
 * @returns {{message: string, says: any[]}}
 */
export function tell(name, ...values) {
  const sentence = ENGINE[name];
  const plain = values.map((value) => value?.message ?? value);
  const says = values.map((value) => (value?.message === undefined ? value : (value.says ?? value.message)));
  return { message: typeof sentence === 'function' ? sentence(...plain) : sentence, says: [name, ...says] };
}
