/** Puts the page together: reads the engine's description and the link, makes the run and its views. */
import { describe } from './engine.js';
import { readIndex } from './data.js';
import { listModels } from './models.js';
import { Experiment } from './experiment.js';
import { Keeper } from './keep.js';
import { differences, readRecorded } from './recorded.js';
import { readHash, writeHash } from './settings.js';
import { boundary } from './views/boundary.js';
import { domains } from './views/domains.js';
import { fidelity } from './views/fidelity.js';
import { fool } from './views/fool.js';
import { header } from './views/header.js';
import { invariance } from './views/invariance.js';
import { layers } from './views/layers.js';
import { look } from './views/look.js';
import { notice, problemBox } from './views/boxes.js';
import { projector } from './views/projector.js';
import { whyNotRecorded } from './views/recorded.js';
import { relevance } from './views/relevance.js';
import { rescaling } from './views/rescaling.js';
import { seeds } from './views/seeds.js';
import { shape } from './views/shape.js';
import { start } from './views/start.js';
import { studied } from './views/studied.js';
import { teach } from './views/teach.js';

const SITE = new URL('..', import.meta.url);
const place = (id) => document.getElementById(id);

const experiment = new Experiment();
header(experiment, { line: place('engine-line'), tools: place('bar-tools') });
start(experiment, { cast: place('cast'), start: place('start') });
look(experiment, place('look-panel'));
fool(experiment, place('fool-panel'));
invariance(experiment, place('invariance-panel'));
domains(experiment, place('domains-panel'));
shape(experiment, place('shape-panel'));
fidelity(experiment, place('fidelity-panel'));
rescaling(experiment, place('rescaling-panel'));
boundary(experiment, place('boundary-panel'));
layers(experiment, place('layers-panel'));
relevance(experiment, place('relevance-panel'));
projector(experiment, place('projector-panel'));
studied(SITE);
teach(experiment, place('bench'));
seeds(experiment, place('seeds-panel'));
const recorded = openRecorded();
prepare();

/** The recorded run can be read before there is an engine. @returns {Promise<string>} why it is not shown, or '' */
async function openRecorded() {
  const found = await readRecorded(SITE);
  if (!found) return '';
  const names = differences(found, location.hash);
  const images = found.settings.dataset === 'shapes32' || (await readIndex(SITE, found.settings.dataset).then(() => true, () => false));
  const why = whyNotRecorded(found, names, images);
  if (!why) experiment.showRecorded(found);
  return why;
}

async function prepare() {
  const bench = place('bench');
  try {
    const [description, models, why] = await Promise.all([describe(), listModels(SITE), recorded]);
    const { values, notes } = readHash(description, location.hash);
    const lacking = await withoutImages(description, values);
    if (lacking) notes.push(lacking);
    experiment.whyNotRecorded = why;
    experiment.describeWith(description, values, models);
    if (experiment.recorded) experiment.open();
    for (const note of notes) bench.before(Object.assign(notice(note), { className: 'notice wide' }));
    experiment.addEventListener('form', writeLink);
    addEventListener('hashchange', () => readLink(bench));
  } catch (error) {
    experiment.fail();
    bench.prepend(problemBox(error));
  }
}

/** Where CIFAR-10 has not been fetched, the page takes the images that can be made anywhere, and says so. */
async function withoutImages(description, values) {
  const { default: usual } = description.settings.find((setting) => setting.name === 'dataset');
  if ((values.dataset ?? usual) === 'shapes32') return '';
  try {
    await readIndex(SITE, values.dataset ?? usual);
    return '';
  } catch (error) {
    values.dataset = 'shapes32';
    return `${error.message} The page uses Shapes-32 until you choose otherwise.`;
  }
}

let written = location.hash;

/** The address always leads back to this very setting. */
function writeLink() {
  written = writeHash(experiment.description, experiment.form);
  history.replaceState(null, '', written || location.pathname + location.search);
}

/** A link followed or edited while the page is open: its settings go into the form. Other anchors are left alone. */
function readLink(bench) {
  if (location.hash === written || !location.hash.includes('=')) return;
  const { values, notes } = readHash(experiment.description, location.hash);
  for (const [name, value] of Object.entries(values)) experiment.set(name, value);
  for (const note of notes) bench.before(Object.assign(notice(note), { className: 'notice wide' }));
}

// Leaving would drop a run that may have taken minutes: it is kept, and where it cannot be, the browser asks first.
const keeper = new Keeper(experiment, (sentence) => experiment.dispatchEvent(new CustomEvent('note', { detail: sentence })));
addEventListener('beforeunload', (event) => {
  if (!keeper.safe && ['warming', 'running', 'pausing'].includes(experiment.phase)) event.preventDefault();
});
