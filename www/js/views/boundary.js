/** Part «Why?»: where the three networks draw the line between classes, on planes through three test images. */
import { boundaryAnswer } from '../answers-why.js';
import { className, classNames } from '../classes.js';
import { drawPixels } from '../draw.js';
import { fill, h, mark, WHO } from '../dom.js';
import { integer, percent, points, pointsAlone } from '../format.js';
import { pooledPlanes } from '../pool.js';
import { words } from '../words.js';
import { Ask } from './ask.js';
import { whenLoaded } from './boxes.js';
import { grid, picker, twin } from './choices.js';
import { COLOURS, noPlanes, numbered, part, planes } from './regions.js';

const t = words.boundary;
/** As many as take about fifteen seconds on a small computer without a graphics card. */
const START = { planes: 6, resolution: 12 };
const MOST_ROWS = 20;

/** @param {import('../experiment.js').Experiment} experiment */
export function boundary(experiment, holder) {
  const choices = { ...START };
  const which = picker(t.shown, [], null, (value) => {
    shown = Number(value);
    draw();
  });
  const cost = h('p', { class: 'fine' });
  const legend = h('ul', { class: 'codes' });
  const facets = h('div', { class: 'facets three' });
  const answer = h('p', { class: 'answer', 'data-answer': 'boundary' });
  const table = twin(t.planes);
  let found = null;
  let pixels = new Map();
  let shown = 0;

  const choose = (name, label, values) =>
    picker(label, values.map((value) => [integer(value), value]), choices[name], (value) => {
      choices[name] = Number(value);
      tellCost();
      ask.again();
    }).element;
  const dials = h('div', { class: 'dials' }, choose('planes', t.planes, [3, 6, 12, 24, 48]), choose('resolution', t.resolution, [12, 16, 24, 32, 48]));

  const ask = new Ask(experiment, {
    verb: t.verb,
    // The engine draws the triplets; each plane is then asked for by itself, so that there is something to see at once.
    parts: async (lab) => {
      const { resolution } = choices;
      const { items } = await lab.probe('boundary', { triplets: choices.planes, resolution: 2, pictures: 0 });
      return items.map(({ images }) => ({ images, resolution }));
    },
    part: async (lab, _, { images, resolution }) => {
      const report = await lab.probe('boundary', { triplets: [images], resolution, pictures: 1 });
      for (const picture of await lab.images('test', images)) pixels.set(picture.index, picture.pixels);
      return report;
    },
    pool: pooledPlanes,
    show: (report) => {
      if (!found || found.resolution !== report.resolution || report.n === 1) shown = 0;
      found = report;
      fill(which.select, report.items.map((item, i) => h('option', { value: i, selected: i === shown }, `${i + 1}: ${classNames(item.classNames).join(', ')}`)));
      draw();
      const { text, small } = boundaryAnswer(report);
      fill(answer, text, h('small', {}, `${small} ${t.way(integer(report.step), report.seed)}`));
      return text;
    },
    clear: () => {
      found = null;
      pixels = new Map();
      shown = 0;
      fill(which.select, h('option', {}, t.noPlane));
      fill(facets, noPlanes());
      fill(legend, h('li', {}, '\u00a0'));
      fill(table.table);
      fill(answer, h('small', {}, t.none));
      tellCost();
    },
  });
  whenLoaded(experiment, holder, t.invitation, [
    dials,
    cost,
    ask.element,
    h('div', { class: 'dials broad' }, which.element),
    legend,
    facets,
    answer,
    table.element,
  ]);

  function tellCost() {
    fill(cost, t.cost(integer(choices.planes * choices.resolution ** 2)));
  }

  function draw() {
    const [item, picture] = [found.items[shown], found.pictures[shown]];
    fill(facets, planes(item, picture, classNames(experiment.classes)));
    fill(legend, numbered(item.labels, picture.classes).map((one, i) => entry(one, i, item)));
    fill(table.table, classTable(item, picture), planeTable(found));
  }

  /** A number, its colour, its class, and for the first three the image itself. */
  function entry(one, i, item) {
    const code = h('span', { class: `code k${i % COLOURS}` }, String(i + 1));
    const index = i < 3 ? item.images[i] : null;
    if (index === null) return h('li', {}, code, className(experiment.classes[one]));
    const canvas = h('canvas', { class: 'pixels', role: 'img', 'aria-label': t.imageNumber(index) });
    drawPixels(canvas, pixels.get(index));
    return h('li', {}, code, canvas, t.imageOf(className(experiment.classes[one]), index));
  }

  function classTable(item, { classes }) {
    const rows = numbered(item.labels, classes).map((one, i) => [`${i + 1} ${className(experiment.classes[one])}`, ...WHO.map((who) => percent(part(classes[who], one)))]);
    return grid(t.classCaption(shown + 1), [t.class, ...WHO.map((who) => mark(who))], rows);
  }
}

function planeTable({ items, resolution, comparison }) {
  const kept = items.slice(0, MOST_ROWS);
  const rows = kept.map((item, i) => [`${i + 1}: ${classNames(item.classNames).map((name, k) => `${name} ${item.images[k]}`).join(', ')}`, percent(item.student.share), percent(item.control.share), pointsAlone(item.student.share - item.control.share)]);
  const mean = [t.mean, percent(comparison.student), percent(comparison.control), points(comparison) || '–'];
  return grid(t.planeCaption(integer(resolution ** 2)), [t.through, mark('student'), mark('control'), 'S − C'], [...rows, mean]);
}
