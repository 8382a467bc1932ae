/** Part 6: the run as a link, as weights, numbers, figures, and as a script that repeats it. */
import { fill, h, mark, newId, say, WHO } from '../dom.js';
import { bytes as size, integer, list, plural } from '../format.js';
import { figuresOf, svgText } from '../take/figures.js';
import { pngOf } from '../take/png.js';
import { asCsv, everything, linkTo } from '../take/results.js';
import { save } from '../take/save.js';
import { weightsIn } from '../take/snapshot.js';
import { FILES, imagesFile, script, unrepeatable } from '../take/script.js';
import { problemBox, whenLoaded } from './boxes.js';

const TEXT = {
  link: 'A link to this run',
  linkHelp: 'Whoever opens it finds these settings and this seed, and computes the run anew.',
  weights: 'Weights',
  numbers: 'Settings and results',
  figures: 'Figures',
  listFigures: 'List the figures',
  listAgain: 'List them again',
  noFigures: 'There is no figure yet.',
  script: 'A PyTorch script of this run',
  scriptUse: 'Put the script and its files into one folder and run python3 kd-lens-repeat.py there; --steps 10 does the first ten steps only.',
  scriptEvaluate: 'Put the script and its files into one folder and run python3 kd-lens-repeat.py --evaluate there.',
  invitation: 'Here the weights, the results, the figures and a PyTorch script can be taken away, as soon as the networks are loaded.',
};

/** @param {import('../experiment.js').Experiment} experiment */
export function take(experiment, holder) {
  const loaded = h('div', {});
  whenLoaded(experiment, loaded, TEXT.invitation, [weights(experiment), numbers(experiment), figures(experiment), pytorch(experiment)]);
  fill(holder, h('div', { class: 'take' }, link(experiment), loaded));
}

function part(title, ...content) {
  return h('div', { class: 'take-part' }, h('h3', {}, title), content);
}

/** A button that does something that takes a while, and a place for what goes wrong. */
function button(label, problems, act) {
  const made = h('button', { type: 'button', onclick: async () => {
    if (made.getAttribute('aria-disabled') === 'true') return;
    made.setAttribute('aria-disabled', 'true');
    fill(problems);
    try {
      await act(made);
    } catch (error) {
      if (error.code !== 'disposed') fill(problems, problemBox(error));
    }
    made.removeAttribute('aria-disabled');
  } }, label);
  return made;
}

function link(experiment) {
  const id = newId('link');
  const field = h('input', { id, type: 'text', readOnly: true, 'aria-describedby': `${id}-not`, onfocus: () => field.select() });
  const copied = h('span', { class: 'fine', role: 'status' });
  const not = h('ul', { class: 'fine', id: `${id}-not` });
  const copy = h('button', { type: 'button', onclick: async () => {
    try {
      await navigator.clipboard.writeText(field.value);
      say(copied, 'Copied.');
    } catch {
      field.focus();
      say(copied, 'The browser does not let the page copy; the link is selected.');
    }
  } }, 'Copy the link');
  const draw = () => {
    if (!experiment.description) return;
    const address = linkTo(experiment);
    if (field.value !== address) {
      field.value = address;
      say(copied, '');
    }
    const told = notCarried(experiment);
    if (not.textContent !== told.join('')) fill(not, told.map((text) => h('li', {}, text)));
  };
  for (const type of ['change', 'form']) experiment.addEventListener(type, draw);
  draw();
  return part(TEXT.link, h('p', { class: 'fine' }, TEXT.linkHelp), h('div', { class: 'take-link' }, h('label', { class: 'visually-hidden', htmlFor: id }, TEXT.link), field, copy, copied), not);
}

/** What the link cannot hold, as sentences. */
function notCarried(experiment) {
  const { files, lab, changes, pending } = experiment;
  const own = [files.train && 'training images', files.test && 'test images', files.teacher && 'teacher’s weights'].filter(Boolean);
  return [
    own.length > 0 ? `Not in the link: your own ${list(own)}. Whoever opens it gets this site’s in their place.` : '',
    changes.length > 0 ? `Not in the link: what was changed while the run went on (${changes.map(({ step, name, value }) => `${name} ${value} from step ${integer(step)} on`).join(', ')}). The files below have it.` : '',
    pending.length > 0 ? 'The form has been changed since; the link leads to the run, not to the form.' : '',
    experiment.recorded ? 'This is the recorded run. Whoever opens the link sees it too and can compute it anew.' : lab ? `Computed ${lab.backend === 'gpu' ? 'on WebGPU' : 'on the CPU'}. Another machine rounds otherwise, so its numbers may differ in the last digits at first and, late in a run, by chance.` : '',
  ].filter(Boolean);
}

function weights(experiment) {
  const problems = h('div', {});
  const at = h('p', { class: 'fine' });
  const buttons = WHO.map((who) => button(mark(who), problems, async () => save(FILES.weights(who), [await weightsOf(experiment, who)])));
  const first = button('Student and control before the first step', problems, async () => save(FILES.start, await experiment.beginning.weights));
  const draw = () => {
    const { lab, shownStep, networks, beginning, description } = experiment;
    // While a run is being opened its lab is there a little before the rest is known.
    if (!lab || !networks) return;
    first.hidden = !beginning;
    const parameters = (name) => description.architectures.find((entry) => entry.name === name);
    const told = ({ label, parameters: count }) => `${label} (${integer(count)} parameters, about ${size(count * 4)})`;
    say(at, `As they stand at step ${integer(shownStep)}${back(experiment) === null ? '' : ', student and control in 16 bits, as the snapshot of that step has them'}. Teacher: ${told(parameters(networks.teacher))}. Student and control: ${told(parameters(networks.student))}.`);
  };
  experiment.addEventListener('change', draw);
  return part(TEXT.weights, at, h('div', { class: 'buttons' }, buttons, first), problems);
}

/** The step that is looked back at, of which there is a snapshot; null where the lab has the networks themselves. */
const back = ({ recorded, shownStep, lookedAt }) => (recorded ? shownStep : lookedAt);

/** Weights as the panels show the networks: those of now, or those of the step that is looked back at. */
async function weightsOf(experiment, who) {
  const step = back(experiment);
  return step === null || who === 'teacher' ? experiment.lab.exportWeights(who) : weightsIn(await experiment.timeline.bytes(step), who);
}

function numbers(experiment) {
  const problems = h('div', {});
  const held = h('p', { class: 'fine' });
  const json = button('Results as JSON', problems, () => save('kd-lens-run.json', [`${JSON.stringify(everything(experiment), null, 1)}\n`], 'application/json'));
  const csv = button('Results as CSV', problems, () => save('kd-lens-results.csv', [asCsv(everything(experiment))], 'text/csv'));
  const draw = () => {
    const { evaluations, findings } = experiment;
    const asked = [...new Set(findings.map(({ question }) => `«${question}»`))];
    say(held, `So far: ${plural(evaluations.length, 'evaluation')}${asked.length > 0 ? `, and the answers to ${list(asked)}.` : '. The answers of parts 2 to 5 come in once their buttons have been pressed.'}`);
  };
  for (const type of ['change', 'finding']) experiment.addEventListener(type, draw);
  draw();
  return part(TEXT.numbers, held, h('div', { class: 'buttons' }, json, csv), problems);
}

function figures(experiment) {
  const problems = h('div', {});
  const shown = h('ul', { class: 'take-figures' });
  const count = h('span', { class: 'fine', role: 'status' });
  const about = () => {
    const { kdLens, backend, taken, link: address, settings, step } = everything(experiment);
    return { kdLens, backend, taken, link: address, seed: settings.seed, step };
  };
  const name = (figure, ending) => `kd-lens-${figure.title.toLowerCase().normalize('NFD').replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '').slice(0, 60)}.${ending}`;
  const entry = (figure) => {
    const svg = button(['SVG', h('span', { class: 'visually-hidden' }, ` of ${figure.title}`)], problems, () => save(name(figure, 'svg'), [svgText(figure, about())], 'image/svg+xml'));
    const png = button(['PNG', h('span', { class: 'visually-hidden' }, ` of ${figure.title}`)], problems, async () => save(name(figure, 'png'), await pngOf(svgText(figure, about()), { Title: figure.title, Description: figure.alt })));
    return h('li', {}, h('span', { class: 'take-title' }, figure.title), h('span', { class: 'buttons' }, svg, png), h('details', {}, h('summary', {}, 'Alt text', h('span', { class: 'visually-hidden' }, ` of ${figure.title}`)), h('p', { class: 'fine' }, figure.alt)));
  };
  const look = button(TEXT.listFigures, problems, () => {
    const found = figuresOf(document.querySelector('main'));
    fill(shown, found.map(entry));
    say(count, found.length > 0 ? `${plural(found.length, 'figure')}, as they stand now and in this theme.` : TEXT.noFigures);
    say(look, TEXT.listAgain);
  });
  experiment.addEventListener('lab', () => {
    fill(shown);
    say(count, '');
    say(look, TEXT.listFigures);
  });
  return part(TEXT.figures, h('div', { class: 'buttons' }, look, count), problems, shown);
}

function pytorch(experiment) {
  const problems = h('div', {});
  const told = h('p', { class: 'fine' });
  const files = h('p', { class: 'fine' });
  const code = button('The script', problems, async () => save(FILES.script, [await script(experiment)], 'text/x-python'));
  const images = (split, label) => {
    const done = h('span', { class: 'fine', role: 'status' });
    const made = button(label, problems, async () => {
      save(FILES[split], [await imagesFile(experiment.lab, split, (share) => say(done, share < 1 ? `${Math.round(share * 100)} %` : ''))]);
    });
    return [made, done];
  };
  const train = images('train', 'The training images');
  const draw = () => {
    if (!experiment.lab) return;
    const { trainImages, testImages } = experiment.lab.settings;
    const not = unrepeatable(experiment);
    // Weights are evaluated on the test images alone.
    train[0].hidden = Boolean(not);
    say(told, not ? `${not} ${TEXT.scriptEvaluate}` : `It repeats this run: the same first weights, images, order, crops, losses, steps and changes; what differs is rounding. ${TEXT.scriptUse}`);
    const training = not ? '' : `${integer(trainImages)} for training (${size(trainImages * 3073)}), `;
    say(files, `It reads the weights above and these images: ${training}${integer(testImages)} for testing (${size(testImages * 3073)}).`);
  };
  experiment.addEventListener('change', draw);
  return part(TEXT.script, told, h('div', { class: 'buttons' }, code), files, h('div', { class: 'buttons' }, train, images('test', 'The test images')), problems);
}
