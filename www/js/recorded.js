/** The run that the site brings along: made by `kd-lens record`, read here. */
import { fetchBytes, sha256 } from './data.js';
import { LabError } from './errors.js';
import { mayHave } from './extras.js';
import { Timeline } from './timeline.js';

const FORMAT = 'kd-lens recorded run 1';
/** What a link may carry that is no setting of a run. */
const NOT_OF_THE_RUN = ['backend'];

/**
 * @typedef {object} Recorded
 * @property {object} settings every setting, by name
 * @property {{dataset: string, teacher: string, student: string, method: string}} labels what a person calls these settings
 * @property {Date} made
 * @property {string} version of kd-lens
 * @property {string} formula
 * @property {number} stepsPerEpoch
 * @property {number} totalSteps
 * @property {object[]} events as `Lab.step` gives them
 * @property {Timeline} timeline
 */

/**
 * The site's recorded run; null when it has none.
 * @param {URL} base
 * @returns {Promise<Recorded|null>}
 */
export async function readRecorded(base) {
  const file = 'recorded/run.json';
  if (!mayHave(file)) return null;
  const url = new URL(file, base);
  let run;
  try {
    const response = await fetch(url);
    if (!response.ok) return null;
    run = await response.json();
  } catch {
    return null;
  }
  if (run.format !== FORMAT) return null;
  const timeline = new Timeline();
  for (const snapshot of run.snapshots) timeline.addLater(snapshot.step, () => fetchSnapshot(url, snapshot));
  return { ...run, made: new Date(run.made * 1000), timeline };
}

async function fetchSnapshot(base, { file, sha256: expected }) {
  const bytes = await fetchBytes(new URL(file, base), file);
  if (((await sha256(bytes)) ?? expected) !== expected) {
    throw new LabError('checkpoint-unreadable', `The snapshot ${file} of the recorded run is damaged: its SHA-256 is not the one in run.json. Reload the page to fetch it again.`);
  }
  return new Uint8Array(bytes);
}

/**
 * Names of the settings in which a link differs from the recorded run. Needs no engine: a link holds only what differs from
 * the defaults, and a run is recorded with those.
 */
export function differences(recorded, hash) {
  const query = new URLSearchParams(hash.replace(/^#/, ''));
  return [...query].filter(([name, text]) => !NOT_OF_THE_RUN.includes(name) && hash.includes('=') && String(recorded.settings[name]) !== text).map(([name]) => name);
}
