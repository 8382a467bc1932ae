/**
 * Puts the page together: reads the engine's description and the link, makes the run and its views. The article's markup
 * must be in the document. `index.html` has it; `embed/embed.js` fetches it and then loads this module.
 */
import { describe } from './engine.js';
import { readIndex } from './data.js';
import { listModels } from './models.js';
import { keepAddress } from './anchors.js';
import { translateArticle } from './article.js';
import { Experiment } from './experiment.js';
import { mayHave } from './extras.js';
import { host } from './host.js';
import { readLesson } from './presets.js';
import { preparePrinting } from './print.js';
import { Keeper } from './keep.js';
import { keepOffline } from './offline.js';
import { translateNames } from './names.js';
import { differences, readRecorded } from './recorded.js';
import { readHash, writeHash } from './settings.js';
import { SITE } from './site.js';
import { boundary } from './views/boundary.js';
import { domains } from './views/domains.js';
import { fidelity } from './views/fidelity.js';
import { fool } from './views/fool.js';
import { header } from './views/header.js';
import { invariance } from './views/invariance.js';
import { layers } from './views/layers.js';
import { lesson } from './views/lesson.js';
import { look } from './views/look.js';
import { notice, problemBox } from './views/boxes.js';
import { own } from './views/own.js';
import { projector } from './views/projector.js';
import { whyNotRecorded } from './views/recorded.js';
import { relevance } from './views/relevance.js';
import { rescaling } from './views/rescaling.js';
import { seeds } from './views/seeds.js';
import { shape } from './views/shape.js';
import { start } from './views/start.js';
import { studied } from './views/studied.js';
import { take } from './views/take.js';
import { teach } from './views/teach.js';
import { keepLanguage, wantsAnother, withoutLanguage, words } from './words.js';

const place = (id) => document.getElementById(id);

translateArticle();
/** The page's one run. */
export const experiment = new Experiment();
header(experiment, { line: place('engine-line'), tools: place('bar-tools') });
start(experiment, { cast: place('cast'), start: place('start') });
look(experiment, place('look-panel'));
own(experiment, place('own-panel'));
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
take(experiment, place('take-panel'));
studied(SITE);
keepAddress();
preparePrinting();
teach(experiment, place('bench'));
seeds(experiment, place('seeds-panel'));
const recorded = openRecorded();
/** Settles once the settings can be used: with what was said about the link, and the error if there is no engine. */
export const ready = prepare();
if (!host.embedded) keepOffline(SITE);

/**
 * The recorded run can be read before there is an engine.
 * @returns {Promise<(description: object, values: object) => Promise<string>>} why it is not shown, or '', once there are labels to
 *          say it with and it is known which values of the link hold
 */
async function openRecorded() {
  const found = await readRecorded(SITE);
  if (!found) return async () => '';
  const { dataset } = found.settings;
  const names = differences(found, withoutLanguage(host.readLink()));
  const show = async () => {
    const images = dataset === 'shapes32' || (await hasImages(dataset));
    if (images && !experiment.recorded) experiment.showRecorded(found);
    return images;
  };
  // Images are not asked for where another run is wanted anyway: a site may have none at all.
  if (names.length === 0) await show();
  return async (description, values) => {
    const differ = names.filter((name) => name === 'lesson' || (Object.hasOwn(values, name) && String(values[name]) !== String(found.settings[name])));
    const images = differ.length > 0 || (await show());
    return whyNotRecorded(found, differ.map((name) => labelOf(description, name)), images);
  };
}

async function prepare() {
  const bench = place('bench');
  try {
    const [description, models, why] = await Promise.all([describe().then(translateNames), listModels(SITE), recorded]);
    const { preset, hash, notes: strange } = readLesson(withoutLanguage(host.readLink()));
    const { values, notes } = readHash(description, hash, words.settings);
    notes.unshift(...strange);
    experiment.preset = preset;
    const lacking = await withoutImages(description, values);
    if (lacking) notes.push(lacking);
    experiment.whyNotRecorded = await why(description, values);
    experiment.describeWith(description, values, models);
    lesson(experiment, place('lesson'));
    if (experiment.recorded) experiment.open();
    for (const note of notes) bench.before(Object.assign(notice(note), { className: 'notice wide' }));
    for (const type of ['form', 'preset']) experiment.addEventListener(type, writeLink);
    if (!host.embedded) addEventListener('hashchange', () => readLink(bench));
    // Going back from a word to where it stands changes no setting; see anchors.js.
    addEventListener('popstate', ({ state }) => state && writeLink());
    return { notes };
  } catch (error) {
    experiment.fail();
    bench.prepend(problemBox(error));
    return { notes: [], error };
  }
}

/** What the form calls a setting. */
function labelOf(description, name) {
  const all = [...description.settings, ...description.methods.flatMap((method) => method.settings)];
  const found = all.find((setting) => setting.name === name);
  return found ? words.form.named(found.label) : name;
}

/** Where CIFAR-10 has not been fetched, the page takes the images that can be made anywhere, and says so. */
async function withoutImages(description, values) {
  const { default: usual } = description.settings.find((setting) => setting.name === 'dataset');
  const dataset = values.dataset ?? usual;
  if (dataset === 'shapes32') return '';
  if (await hasImages(dataset)) return '';
  values.dataset = 'shapes32';
  return words.page.noImages(dataset);
}

/** Whether the site has the images of a data set. */
async function hasImages(dataset) {
  return mayHave(`data/${dataset}/index.json`) && readIndex(SITE, dataset).then(() => true, () => false);
}

let written = host.readLink();

/** The address always leads back to this very setting. */
function writeLink() {
  written = keepLanguage(writeHash(experiment.description, experiment.form, experiment.preset));
  host.writeLink(written);
}

/** A link followed or edited while the page is open: its settings go into the form. Other anchors are left alone. */
function readLink(bench) {
  if (wantsAnother()) return location.reload();
  if (location.hash === written || !location.hash.includes('=')) return;
  const { preset, hash, notes: strange } = readLesson(withoutLanguage(location.hash));
  const { values, notes } = readHash(experiment.description, hash, words.settings);
  notes.unshift(...strange);
  if (preset) experiment.usePreset(preset);
  for (const [name, value] of Object.entries(values)) experiment.set(name, value);
  for (const note of notes) bench.before(Object.assign(notice(note), { className: 'notice wide' }));
}

// Leaving would drop a run that may have taken minutes: it is kept, and where it cannot be, the browser asks first. Inside
// another page neither is ours to do: several frames would keep their runs in one place.
const keeper = host.embedded ? null : new Keeper(experiment, (sentence) => experiment.dispatchEvent(new CustomEvent('note', { detail: sentence })));
addEventListener('beforeunload', (event) => {
  if (keeper && !keeper.safe && ['warming', 'running', 'pausing'].includes(experiment.phase)) event.preventDefault();
});
