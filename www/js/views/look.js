/** Part 2: what the three networks say about an image and where they look. */
import { lookingAnswer, mapsSentence, mainPlace, outlineAnswer } from '../answers.js';
import { className, classNames } from '../classes.js';
import { drawMap, drawPixels, drawScale } from '../draw.js';
import { fill, h, mark, nameOf, newId, say, WHO } from '../dom.js';
import { countOf, fixed, integer, interval, percent, points, short, written } from '../format.js';
import { pooledMasks } from '../pool.js';
import { pooled } from '../rates.js';
import { words } from '../words.js';
import { barTable, softmax, verdict } from './bars.js';
import { grid, radios } from './choices.js';
import { many } from './many.js';
import { Panel } from './panel.js';
import { strip } from './strip.js';
import { unicam } from './unicam.js';

const t = words.look;

/** @param {import('../experiment.js').Experiment} experiment */
export function look(experiment, holder) {
  const choices = { tap: null, class: 'label', signed: false, shared: false, smooth: false, temperature: 1 };
  const images = strip(experiment);
  const trio = h('div', { class: 'trio' });
  const scale = h('p', { class: 'scale' });
  const sentence = h('p', { class: 'twin' });
  const bars = h('div', { class: 'scroller fills', tabIndex: 0, role: 'group', 'aria-label': t.answersLabel });
  const answer = h('p', { class: 'answer', 'data-answer': 'maps' });
  const outlines = h('div', { class: 'scroller', tabIndex: 0, role: 'group', 'aria-label': t.outlinesLabel });
  const taps = h('select', { id: newId('tap'), onchange: () => ask({ tap: taps.value }) });
  const temperature = temperatureDial();
  let item = null;
  let step = 0;
  let asked = null;

  const question = many(experiment, {
    verb: t.verb,
    part: (lab, indices) => {
      // A tap chosen while the question is under way is for the next one.
      if (indices[0] === 0) asked = choices.tap;
      return lab.probe('grad-cam', { images: indices, class: 'label', ...(asked && { tap: asked }) });
    },
    pool: async (parts, compare) => ({ parts, closer: pooled(parts.map((part) => part.closer)), tap: parts[0].tap, masks: await pooledMasks(parts, compare) }),
    show: ({ parts, closer, masks }) => {
      const [skipped, equal] = ['skipped', 'equal'].map((kind) => parts.reduce((sum, part) => sum + part.closer[kind], 0));
      const { text, small } = lookingAnswer(closer, skipped, parts.at(-1).step, equal);
      const outside = masks && parts.at(-1).step > 0 ? ` ${outlineAnswer(masks)}` : '';
      fill(answer, text, outside, h('small', {}, `${small} ${t.way(parts[0].tap, integer(parts.at(-1).step), parts[0].seed)}`));
      fill(outlines, masks && outlineTable(masks));
      return text + outside;
    },
  });

  const panel = new Panel(experiment, holder, {
    invitation: t.invitation,
    top: [images.element, dials()],
    body: [
      trio,
      scale,
      sentence,
      h('h3', {}, t.answers),
      temperature.element,
      bars,
      h('h3', {}, t.many),
      question.element,
      answer,
      outlines,
      ...unicam(experiment, images.picture),
    ],
    load: images.load,
    question: (lab) => lab.probe('grad-cam', { images: [experiment.selected], class: choices.class, ...(choices.tap && { tap: choices.tap }) }),
    show: (result) => {
      [item] = result.items;
      step = result.step;
      choices.tap ??= result.tap;
      fill(taps, result.taps.map((tap) => h('option', { value: tap, selected: tap === choices.tap }, tap)));
      draw();
    },
  });
  experiment.addEventListener('lab', () => {
    choices.tap = null;
    item = null;
    blank();
  });
  blank();

  /** Empty places of the right size, until there is something to show. */
  function blank() {
    const empty = (head) => h('div', { class: 'tile' }, h('h3', {}, head), h('canvas', { 'aria-hidden': 'true' }), h('p', { class: 'verdict-line' }), h('p', { class: 'fine' }));
    const original = empty(t.image);
    original.classList.add('original');
    fill(trio, original, WHO.map((who) => empty(mark(who))));
    fill(scale, h('canvas', { 'aria-hidden': 'true' }));
    fill(bars);
    fill(outlines);
    fill(answer, h('small', {}, t.none));
    say(sentence, '');
  }

  function ask(change) {
    Object.assign(choices, change);
    panel.ask();
  }

  function redraw(change) {
    Object.assign(choices, change);
    draw();
  }

  function dials() {
    const tapField = h('div', { class: 'field' }, h('label', { htmlFor: taps.id }, t.tap), taps);
    return h(
      'div',
      { class: 'dials' },
      tapField,
      radios(t.evidence.legend, [[t.evidence.label, 'label'], [t.evidence.own, 'predicted']], 'label', (value) => ask({ class: value })),
      radios(t.show.legend, [[t.show.for, false], [t.show.both, true]], false, (value) => redraw({ signed: value })),
      radios(t.scale.legend, [[t.scale.own, false], [t.scale.shared, true]], false, (value) => redraw({ shared: value })),
      radios(t.cells.legend, [[t.cells.plain, false], [t.cells.smoothed, true]], false, (value) => redraw({ smooth: value })),
    );
  }

  function temperatureDial() {
    const id = newId('temperature');
    const shown = h('output', { htmlFor: id }, fixed(1, 1));
    const input = h('input', { id, type: 'range', min: 0.5, max: 20, step: 0.5, value: 1, oninput: () => set(Number(input.value)) });
    const set = (value) => {
      input.value = value;
      say(shown, fixed(value, 1));
      choices.temperature = value;
      drawBars();
    };
    const asTrained = h('button', { class: 'quiet', type: 'button', onclick: () => set(experiment.lab?.settings.temperature ?? 1) }, t.asTrained);
    const field = h('div', { class: 'field' }, h('label', { htmlFor: id }, t.temperature, shown), input);
    return { element: h('div', { class: 'dials' }, field, asTrained) };
  }

  function draw() {
    if (!item) return;
    const picture = images.picture(item.index);
    const limits = Object.fromEntries(WHO.map((who) => [who, limitOf(item[who], choices.signed)]));
    const shared = Math.max(...Object.values(limits));
    const original = h('canvas', { role: 'img', 'aria-label': t.imageOf(item.index, className(item.className)) });
    drawPixels(original, picture.pixels);
    fill(
      trio,
      h('div', { class: 'tile original' }, h('h3', {}, t.imageNumber(item.index)), original, h('p', { class: 'verdict-line' }, t.label, ' ', h('strong', {}, className(item.className))), h('p', { class: 'fine' }, t.pixels)),
      WHO.map((who) => tile(who, picture, choices.shared ? shared : limits[who])),
    );
    const colours = h('canvas', { 'aria-hidden': 'true' });
    drawScale(colours, choices.signed);
    fill(
      scale,
      choices.signed ? t.legend.against : t.legend.none,
      colours,
      choices.signed ? t.legend.for : t.legend.most,
      h('span', {}, t.outlined[choices.shared ? 'shared' : 'own'](item.teacher.grid.join(' × '))),
    );
    say(sentence, mapsSentence(item, step));
    drawBars();
  }

  function tile(who, picture, limit) {
    const cam = item[who];
    const canvas = h('canvas', { role: 'img', 'aria-label': `${nameOf(who)}: ${placeOf(cam)}` });
    const values = choices.signed ? cam.signed : cam.map;
    drawMap(canvas, { pixels: picture.pixels, values, grid: cam.grid, limit, signed: choices.signed, smooth: choices.smooth });
    const aimed = classes()[choices.class === 'label' ? item.label : cam.predicted];
    const zero = cam.zero && !choices.signed;
    return h(
      'div',
      { class: `tile ${who}` },
      h('h3', {}, mark(who)),
      canvas,
      h('p', { class: 'verdict-line' }, verdict(classes(), softmax(cam.logits), item.label)),
      zero
        ? h('p', { class: 'fine' }, t.nothing(aimed))
        : h('p', { class: 'fine' }, t.largest(placeOf(cam), short(limitOf(cam, choices.signed)))),
    );
  }

  function drawBars() {
    if (!item) return;
    const probabilities = Object.fromEntries(WHO.map((who) => [who, softmax(item[who].logits, choices.temperature)]));
    fill(bars, barTable(t.bars(written(choices.temperature)), classes(), probabilities, item.label));
  }

  const classes = () => classNames(experiment.classes);
}

const limitOf = (cam, signed) => (signed ? cam.signed.reduce((most, value) => Math.max(most, Math.abs(value)), 0) : cam.max);

/** Where a map has most of its mass, in a few words. */
export function placeOf(cam) {
  const place = cam.zero ? null : mainPlace(Array.from(cam.map), cam.grid);
  return place ? t.place(place.place, percent(place.share)) : t.zero;
}

/** Energy inside the true outline and the pointing game, of the three. */
function outlineTable({ chance, energy, teacherEnergy, pointing }) {
  const hit = (who) => [h('span', {}, percent(pointing[who].rate, pointing[who].n)), ' ', h('span', {}, interval(pointing[who])), h('small', {}, countOf(pointing[who]))];
  const inside = (x) => h('span', {}, percent(x));
  return grid(
    t.outlineCaption(percent(chance)),
    ['', ...WHO.map((who) => mark(who))],
    [
      [[t.inside, h('small', {}, ` ${t.insideNote(points(energy), energy.n)}`)], inside(teacherEnergy), inside(energy.student), inside(energy.control)],
      [[t.highest, h('small', {}, ` ${t.pointing}`)], ...WHO.map(hit)],
    ],
    { class: 'results' },
  );
}
