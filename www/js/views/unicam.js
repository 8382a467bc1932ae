/** In part 2: what the student knows beyond its control (or teacher), and what the other knows beyond the student. */
import { NOTHING, unicamAnswer, unicamSentence } from '../answers.js';
import { drawMap, drawPixels, drawScale } from '../draw.js';
import { fill, h, mark, say } from '../dom.js';
import { number, percent } from '../format.js';
import { Ask } from './ask.js';
import { grid, measured, picker, radios } from './choices.js';

const LEFT = { control: 'what the control has and the student has not', teacher: 'what the teacher has and the student has not' };

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
  const numbers = h('div', { class: 'scroller', tabIndex: 0, role: 'group', 'aria-label': 'What is left of each' });
  const tap = picker('Feature maps', [], null, (value) => change({ tap: value }));
  const against = radios('Student against', [['control', 'control'], ['teacher', 'teacher']], 'control', (value) => change({ against: value }));
  let report = null;
  let base = null;

  const ask = new Ask(experiment, {
    verb: 'Take the one from the other',
    part: question,
    show: (results) => {
      report = results.at(-1);
      choices.tap ??= report.tap;
      fill(tap.select, report.taps.map((name) => h('option', { value: name, selected: name === report.tap }, name)));
      const { text, small } = unicamAnswer(report);
      fill(answer, text, h('small', {}, `${small} Tap ${report.tap}, step ${report.step}, seed ${report.seed}.`));
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
    const empty = (head) => h('div', { class: 'tile' }, h('h3', {}, head), h('canvas', { 'aria-hidden': 'true' }), h('p', { class: 'fine' }));
    const original = empty('Test image');
    original.classList.add('original');
    fill(tiles, original, empty('Distilled'), empty('Left behind'));
    fill(scale, h('canvas', { 'aria-hidden': 'true' }));
    fill(numbers);
    fill(answer, h('small', {}, 'The answer stands here once the button above has been pressed.'));
    say(sentence, '');
  }

  function draw() {
    const item = itemOf(experiment.selected);
    const picture = item && pictureOf(item.index);
    if (!picture) return;
    const original = h('canvas', { role: 'img', 'aria-label': `Test image ${item.index}: ${item.className}` });
    drawPixels(original, picture.pixels);
    const other = report.against;
    fill(
      tiles,
      h('div', { class: 'tile original' }, h('h3', {}, `Test image ${item.index}`), original, h('p', { class: 'fine' }, `Label: ${item.className}`)),
      tile('Distilled', 'student', item.distilled, report.distilled, 'what the student has beyond', picture),
      tile('Left behind', other, item.residual, report.residual, 'beyond the student', picture),
    );
    const colours = h('canvas', { 'aria-hidden': 'true' });
    drawScale(colours, false);
    fill(scale, 'nothing', colours, 'most', h('span', {}, `outlined: at least half of the largest; each map by its own largest value; ${item.distilled.grid.join(' × ')} and ${item.residual.grid.join(' × ')} cells`));
    say(sentence, unicamSentence(item, other));
    fill(numbers, table(report));
  }

  function tile(title, who, heat, part, words, picture) {
    const canvas = h('canvas', { role: 'img', 'aria-label': `${title}: ${heat.zero ? 'the map is all zero' : words}` });
    drawMap(canvas, { pixels: picture.pixels, values: heat.map, grid: heat.grid, limit: heat.zero ? 0 : 1, signed: false, smooth: false });
    const inside = heat.energy === null ? '' : ` ${percent(heat.energy)} of this map lies inside the true outline.`;
    const nothing = part.left < NOTHING ? 'Nothing is left: the map is all zero.' : 'Nothing here speaks for it: the map is all zero.';
    return h('div', { class: `tile ${who}` }, h('h3', {}, mark(who, title)), canvas, h('p', { class: 'fine' }, heat.zero ? nothing : `${title === 'Distilled' ? `What the student has and the ${report.against} has not.` : `${LEFT[who][0].toUpperCase()}${LEFT[who].slice(1)}.`}${inside}`));
  }

  return [
    h('h3', {}, 'What was distilled, what was left behind?'),
    h(
      'p',
      {},
      'Grad-CAM asks each network alone. UniCAM asks what one has that the other has not: everything is taken out of the student’s features that the control’s explain, and what remains is drawn where it lies. The other way round it shows what the student gave up.',
    ),
    h('div', { class: 'dials' }, against, tap.element),
    ask.element,
    tiles,
    scale,
    sentence,
    answer,
    numbers,
    measured(
      'How UniCAM is measured',
      'Take the distances between the images in the features of both networks, centre them, and take out of the one matrix what the other explains. What is left, P, is held against the distances between the labels, and the gradient of that score at the feature maps weighs their channels as in Grad-CAM (UniCAM, Adhane et al. 2025, WACV; distance correlation: Székely & Rizzo 2014). Labels are one-hot vectors here; the paper embeds the names of the classes.',
      'What is left is ⟨P,P⟩/⟨A,A⟩, which is the same from both sides; where it lies and how it relates to the labels is not. A map depends on the batch that the image was seen with: 64 images, as many of each class, with the chosen one among them. Energy is the share of a map’s sum inside the object’s outline, known only for Shapes-32; the comparison is paired on the same images, 95 % bootstrap interval.',
    ),
  ];
}

function table({ distilled, residual, energy, chance, against, n }) {
  const rows = [
    ['Left when the other is taken out (the same from both sides)', left(distilled.left), left(residual.left)],
    ['Relation to the labels', relation(distilled), relation(residual)],
  ];
  if (energy) rows.push([`Inside the true outline (chance ${percent(chance)}, ${energy.n} images)`, percent(energy.student), percent(energy.control)]);
  return grid(`On ${n} images together`, ['', mark('student', 'distilled'), mark(against, 'left behind')], rows);
}

const left = (x) => (x < NOTHING ? 'nothing' : x < 0.005 ? x.toExponential(1) : percent(x));
const relation = (part) => (part.left < NOTHING ? '–' : number(part.relevance));
