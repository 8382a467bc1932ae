/** Part 6: the run as a link, as weights, numbers, figures, and as a script that repeats it. */
import { fill, h, mark, newId, say, WHO } from '../dom.js';
import { bytes as size, integer, list, written } from '../format.js';
import { host } from '../host.js';
import { asCsv, everything, linkTo } from '../take/results.js';
import { save } from '../take/save.js';
import { FILES, imagesFile, script, unrepeatable } from '../take/script.js';
import { back, weightsOf } from '../take/weights.js';
import { words } from '../words.js';
import { problemBox, whenLoaded } from './boxes.js';

const t = words.take;

/** @param {import('../experiment.js').Experiment} experiment */
export function take(experiment, holder) {
  const loaded = h('div', {});
  whenLoaded(experiment, loaded, t.invitation, [weights(experiment), numbers(experiment), figures(experiment), pytorch(experiment)]);
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
      say(copied, t.copied);
    } catch {
      field.focus();
      say(copied, t.notCopied);
    }
  } }, t.copy);
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
  return part(t.link, h('p', { class: 'fine' }, t.linkHelp), h('div', { class: 'take-link' }, h('label', { class: 'visually-hidden', htmlFor: id }, t.link), field, copy, copied), not);
}

/** What the link cannot hold, as sentences. */
function notCarried(experiment) {
  const { files, lab, changes, pending } = experiment;
  const own = ['train', 'test', 'teacher'].filter((name) => files[name]).map((name) => t.own[name]);
  return [
    own.length > 0 ? t.notOwn(list(own)) : '',
    changes.length > 0 ? t.notChanges(changes.map(({ step, name, value }) => t.change(name, written(value), integer(step))).join(', ')) : '',
    pending.length > 0 ? t.formChanged : '',
    experiment.recorded ? t.recorded : lab ? t.computed[lab.backend === 'gpu' ? 'gpu' : 'cpu'] : '',
  ].filter(Boolean);
}

function weights(experiment) {
  const problems = h('div', {});
  const at = h('p', { class: 'fine' });
  const buttons = WHO.map((who) => button(mark(who), problems, async () => save(FILES.weights(who), [await weightsOf(experiment, who)])));
  const first = button(t.first, problems, async () => save(FILES.start, await experiment.beginning.weights));
  const draw = () => {
    const { lab, shownStep, networks, beginning, description } = experiment;
    // While a run is being opened its lab is there a little before the rest is known.
    if (!lab || !networks) return;
    first.hidden = !beginning;
    const parameters = (name) => description.architectures.find((entry) => entry.name === name);
    const told = ({ label, parameters: count }) => t.network(label, integer(count), size(count * 4));
    say(at, t.weightsAt[back(experiment) === null ? 'now' : 'back'](integer(shownStep), told(parameters(networks.teacher)), told(parameters(networks.student))));
  };
  experiment.addEventListener('change', draw);
  return part(t.weights, at, h('div', { class: 'buttons' }, buttons, first), problems);
}

function numbers(experiment) {
  const problems = h('div', {});
  const held = h('p', { class: 'fine' });
  const json = button(t.json, problems, () => save('kd-lens-run.json', [`${JSON.stringify(everything(experiment), null, 1)}\n`], 'application/json'));
  const csv = button(t.csv, problems, () => save('kd-lens-results.csv', [asCsv(everything(experiment))], 'text/csv'));
  const draw = () => {
    const { evaluations, findings } = experiment;
    const asked = [...new Set(findings.map(({ question }) => t.quoted(question)))];
    say(held, asked.length > 0 ? t.heldWith(evaluations.length, list(asked)) : t.held[host.asks === null ? 'page' : host.asks ? 'frame' : 'alone'](evaluations.length));
  };
  for (const type of ['change', 'finding']) experiment.addEventListener(type, draw);
  draw();
  return part(t.numbers, held, h('div', { class: 'buttons' }, json, csv), problems);
}

function figures(experiment) {
  const problems = h('div', {});
  const shown = h('ul', { class: 'take-figures' });
  const count = h('span', { class: 'fine', role: 'status' });
  const about = () => {
    const { kdLens, backend, taken, link: address, settings, step } = everything(experiment);
    return { kdLens, backend, taken, link: address, seed: settings.seed, step };
  };
  const name = (figure, ending) => `kd-lens-${figure.title.toLowerCase().normalize('NFD').replace(/\p{M}/gu, '').replaceAll('ß', 'ss').replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '').slice(0, 60)}.${ending}`;
  const of = (figure) => h('span', { class: 'visually-hidden' }, ` ${t.of(figure.title)}`);
  const entry = (figure) => {
    const svg = button(['SVG', of(figure)], problems, () => save(name(figure, 'svg'), [figure.svg(about())], 'image/svg+xml'));
    const png = button(['PNG', of(figure)], problems, async () => {
      const { pngOf } = await import('../take/png.js');
      save(name(figure, 'png'), await pngOf(figure.svg(about()), { Title: figure.title, Description: figure.alt }));
    });
    return h('li', {}, h('span', { class: 'take-title' }, figure.title), h('span', { class: 'buttons' }, svg, png), h('details', {}, h('summary', {}, t.alt, of(figure)), h('p', { class: 'fine' }, figure.alt)));
  };
  const look = button(t.listFigures, problems, async () => {
    // Loaded when somebody wants figures: a visit need not wait for them.
    const { figuresOf, svgText } = await import('../take/figures.js');
    const found = figuresOf(document.querySelector('main'));
    fill(shown, found.map((figure) => entry({ ...figure, svg: (facts) => svgText(figure, facts) })));
    say(count, found.length > 0 ? t.found(found.length) : t.noFigures);
    say(look, t.listAgain);
  });
  experiment.addEventListener('lab', () => {
    fill(shown);
    say(count, '');
    say(look, t.listFigures);
  });
  return part(t.figures, h('div', { class: 'buttons' }, look, count), problems, shown);
}

function pytorch(experiment) {
  const problems = h('div', {});
  const told = h('p', { class: 'fine' });
  const files = h('p', { class: 'fine' });
  const read = h('span', { class: 'fine', role: 'status' });
  const all = button(t.bundle, problems, async () => {
    const { bundle } = await import('../take/bundle.js');
    const told = (share) => say(read, share < 1 ? `${Math.round(share * 100)} %` : '');
    try {
      save(FILES.bundle, await bundle(experiment, told));
    } finally {
      say(read, '');
    }
  });
  const code = button(t.scriptFile, problems, async () => save(FILES.script, [await script(experiment)], 'text/x-python'));
  const images = (split, label) => {
    const done = h('span', { class: 'fine', role: 'status' });
    const made = button(label, problems, async () => {
      save(FILES[split], [await imagesFile(experiment.lab, split, (share) => say(done, share < 1 ? `${Math.round(share * 100)} %` : ''))]);
    });
    return [made, done];
  };
  const train = images('train', t.trainFile);
  const draw = () => {
    if (!experiment.lab) return;
    const { trainImages, testImages } = experiment.lab.settings;
    const not = unrepeatable(experiment);
    // Weights are evaluated on the test images alone.
    for (const element of train) element.hidden = Boolean(not);
    say(told, not ? `${not} ${t.scriptEvaluate}` : `${t.scriptRepeats} ${t.scriptUse}`);
    const test = [integer(testImages), size(testImages * 3073)];
    say(files, not ? t.readsTest(...test) : t.readsBoth(integer(trainImages), size(trainImages * 3073), ...test));
  };
  experiment.addEventListener('change', draw);
  return part(t.script, told, h('div', { class: 'buttons' }, all, read), files, h('div', { class: 'buttons' }, code, train, images('test', t.testFile)), problems);
}
