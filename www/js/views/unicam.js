/** In part 2: what the student knows beyond its control (or teacher), and what the other knows beyond the student. */
import { NOTHING, unicamAnswer, unicamSentence } from '../answers.js';
import { className } from '../classes.js';
import { drawMap, drawPixels, drawScale } from '../draw.js';
import { fill, h, mark, nameOf, say } from '../dom.js';
import { integer, number, percent, written } from '../format.js';
import { words } from '../words.js';
import { Ask } from './ask.js';
import { grid, measured, picker, radios } from './choices.js';

const t = words.unicam;

/**
 * @param {import('../experiment.js').Experiment} experiment
 * @param {(index: number) => {pixels: Uint8Array}|undefined} pictureOf a test image that a strip has shown
 * @returns {HTMLElement[]} for a panel's body
 */
export function unicam(experiment, pictureOf) {
  const choices = { tap: null, against: 'control' };
  const tiles = h('div', { class: 'trio pair' });
  const scale = h('p', { class: 'scale' });
  const sentence = h('p', { class: 'twin' });
  const answer = h('p', { class: 'answer', 'data-answer': 'unicam' });
  const numbers = h('div', { class: 'scroller', tabIndex: 0, role: 'group', 'aria-label': t.numbers });
  const tap = picker(t.tap, [], null, (value) => change({ tap: value }));
  const against = radios(t.against, [[nameOf('control'), 'control'], [nameOf('teacher'), 'teacher']], 'control', (value) => change({ against: value }));
  let report = null;
  let base = null;

  const ask = new Ask(experiment, {
    verb: t.verb,
    part: question,
    show: (results) => {
      report = results.at(-1);
      choices.tap ??= report.tap;
      tap.select.disabled = false;
      fill(tap.select, report.taps.map((name) => h('option', { value: name, selected: name === report.tap }, name)));
      const { text, small } = unicamAnswer(report);
      fill(answer, text, h('small', {}, `${small} ${t.way(report.tap, integer(report.step), report.seed)}`));
      draw();
      return text;
    },
    clear: () => {
      Object.assign(choices, { tap: null });
      report = null;
      base = null;
      blank();
    },
  });
  experiment.addEventListener('select', () => {
    if (!report || ask.asking) return;
    if (itemOf(experiment.selected)) draw();
    else ask.ask();
  });
  blank();

  function change(patch) {
    Object.assign(choices, patch);
    if (report) ask.ask();
  }

  const itemOf = (index) => report?.items.find((item) => item.index === index);

  /** The engine's own batch, as many of each class; the chosen image takes the place of one of its class. */
  async function question(lab) {
    const options = { against: choices.against, ...(choices.tap && { tap: choices.tap }) };
    const wanted = experiment.selected;
    if (!base || base.lab !== lab) {
      const first = await lab.probe('unicam', options);
      base = { lab, items: first.items.map(({ index, label }) => ({ index, label })) };
      if (first.items.some((item) => item.index === wanted)) return first;
    }
    const { items } = base;
    if (items.some((item) => item.index === wanted)) return lab.probe('unicam', { ...options, images: items.map((item) => item.index) });
    const [{ label }] = await lab.images('test', [wanted]);
    const place = items.findLastIndex((item) => item.label === label);
    const images = items.map((item) => item.index);
    images[place < 0 ? images.length - 1 : place] = wanted;
    return lab.probe('unicam', { ...options, images });
  }

  /** Empty places of the right size, until there is something to show. */
  function blank() {
    tap.select.disabled = true;
    fill(tap.select, h('option', {}, t.noTap));
    const empty = (head) => h('div', { class: 'tile' }, h('h3', {}, head), h('canvas', { 'aria-hidden': 'true' }), h('p', { class: 'fine' }));
    const original = empty(t.image);
    original.classList.add('original');
    fill(tiles, original, empty(t.distilled), empty(t.residual));
    fill(scale, h('canvas', { 'aria-hidden': 'true' }));
    fill(numbers);
    fill(answer, h('small', {}, t.none));
    say(sentence, '');
  }

  function draw() {
    const item = itemOf(experiment.selected);
    const picture = item && pictureOf(item.index);
    if (!picture) return;
    const original = h('canvas', { role: 'img', 'aria-label': t.imageOf(item.index, className(item.className)) });
    drawPixels(original, picture.pixels);
    const other = report.against;
    fill(
      tiles,
      h('div', { class: 'tile original' }, h('h3', {}, t.imageNumber(item.index)), original, h('p', { class: 'fine' }, t.label(className(item.className)))),
      tile('distilled', 'student', item.distilled, report.distilled, picture),
      tile('residual', other, item.residual, report.residual, picture),
    );
    const colours = h('canvas', { 'aria-hidden': 'true' });
    drawScale(colours, false);
    fill(scale, t.least, colours, t.most, h('span', {}, t.outlined(item.distilled.grid.join(' × '), item.residual.grid.join(' × '))));
    say(sentence, unicamSentence(item, other));
    fill(numbers, table(report));
  }

  function tile(which, who, heat, part, picture) {
    const canvas = h('canvas', { role: 'img', 'aria-label': heat.zero ? t.zero(t[which]) : t.alt[which] });
    drawMap(canvas, { pixels: picture.pixels, values: heat.map, grid: heat.grid, limit: heat.zero ? 0 : 1, signed: false, smooth: false });
    const inside = heat.energy === null ? '' : ` ${t.inside(percent(heat.energy))}`;
    const nothing = part.left < NOTHING ? t.nothingLeft : t.nothingHere;
    return h('div', { class: `tile ${who}` }, h('h3', {}, mark(who, t[which])), canvas, h('p', { class: 'fine' }, heat.zero ? nothing : `${t.has[which](report.against)}${inside}`));
  }

  return [
    h('h3', {}, t.title),
    h(
      'p',
      {},
      t.about,
    ),
    h('div', { class: 'dials' }, against, tap.element),
    ask.element,
    tiles,
    scale,
    sentence,
    answer,
    numbers,
    measured(
      t.measured.title,
      t.measured.what,
      t.measured.left,
    ),
  ];
}

function table({ distilled, residual, energy, chance, against, n }) {
  const rows = [
    [t.rows.left, left(distilled.left), left(residual.left)],
    [t.rows.relation, relation(distilled), relation(residual)],
  ];
  if (energy) rows.push([t.rows.inside(percent(chance), energy.n), percent(energy.student), percent(energy.control)]);
  return grid(t.caption(n), ['', mark('student', t.columns.distilled), mark(against, t.columns.residual)], rows);
}

const left = (x) => (x < NOTHING ? t.least : x < 0.005 ? written(x.toExponential(1)) : percent(x));
const relation = (part) => (part.left < NOTHING ? '–' : number(part.relevance));
