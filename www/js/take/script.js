/** The PyTorch script that repeats the run, and the files that it reads. */
import { recordBytes } from '../data.js';
import { LabError } from '../errors.js';
import { SITE } from '../site.js';
import { language, words } from '../words.js';

const t = words.script;

/** Names of the files, as the script wants them. */
export const FILES = {
  bundle: 'kd-lens-repeat.zip',
  script: 'kd-lens-repeat.py',
  train: 'kd-lens-train.bin',
  test: 'kd-lens-test.bin',
  start: 'kd-lens-start.safetensors',
  weights: (who) => `kd-lens-${who}.safetensors`,
};
/** Methods whose loss the script has; the script names them itself and refuses the others. */
const KNOWN = ['kl', 'lskd', 'dkd', 'dist', 'label-smoothing', 'labels'];
const PLACE = 'json.loads("null")';
/** Images asked of the engine at once. */
const PART = 500;

/** Why the script cannot repeat this run step by step, or ''. */
export function unrepeatable({ lab, beginning, description }) {
  const { method, assistants } = lab.settings;
  const label = description.methods.find((entry) => entry.name === method)?.label ?? method;
  if (!KNOWN.includes(method)) return t.unknownLoss(label);
  if (assistants) return t.assistants;
  if (!beginning) return t.notBegun;
  return '';
}

/** The script with the run written into it. */
export const script = async (experiment) => written(await template(), experiment);

/** The script as the site has it. */
export async function template() {
  const response = await fetch(new URL('python/repeat.py', SITE)).catch(() => null);
  if (!response?.ok) throw Object.assign(new LabError('data-unavailable', t.notLoaded), { language });
  const text = await response.text();
  if (!text.includes(PLACE)) throw Object.assign(new LabError('internal', t.noPlace), { language });
  return text;
}

/** That with the run written into it, as far as a step. */
export function written(text, experiment, step = experiment.shownStep) {
  const { lab, beginning, changes, networks, evaluations, classes, description } = experiment;
  const last = evaluations.findLast((event) => event.step === step);
  const run = {
    kdLens: description.version,
    backend: lab.backend,
    settings: beginning?.settings ?? lab.settings,
    changes,
    networks,
    classes: classes.length,
    step,
    accuracy: last ? Object.fromEntries(['teacher', 'student', 'control'].map((who) => [who, last[who].rate])) : null,
  };
  // A JSON text in quotation marks is a Python string of the same characters.
  return text.replace(PLACE, () => `json.loads(${JSON.stringify(JSON.stringify(run))})`);
}

/** The images of a split in CIFAR's binary format. `tell` is given the share that is done. */
export async function imagesFile(lab, split, tell = () => {}) {
  const { dataset, trainImages, testImages } = lab.settings;
  const count = split === 'train' ? trainImages : testImages;
  const record = recordBytes(dataset);
  const bytes = new Uint8Array(count * record);
  for (let first = 0; first < count; first += PART) {
    const indices = Array.from({ length: Math.min(PART, count - first) }, (_, i) => first + i);
    for (const { index, label, pixels } of await lab.images(split, indices)) {
      const at = index * record + record - 3073;
      // Of CIFAR-100's two labels the coarse one, which stands first, is not known here and stays 0.
      bytes[at] = label;
      for (let p = 0; p < 1024; p += 1) for (let c = 0; c < 3; c += 1) bytes[at + 1 + c * 1024 + p] = pixels[p * 3 + c];
    }
    tell(Math.min(1, (first + PART) / count));
  }
  return bytes;
}
