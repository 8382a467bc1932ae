/** A strip of test images, one of which is chosen: native radio buttons, so that arrow keys work as everywhere. */
import { className } from '../classes.js';
import { drawPixels } from '../draw.js';
import { debounce, fill, h, newId, say } from '../dom.js';
import { integer } from '../format.js';
import { words } from '../words.js';

const t = words.strip;

const PAGE = 12;

/** Every picture that a lab has shown, in whichever strip: an image chosen in one part is shown in the others. */
const known = new WeakMap();
const knownTo = (lab) => known.get(lab) ?? known.set(lab, new Map()).get(lab);

/**
 * @param {import('../experiment.js').Experiment} experiment
 * @returns {{element: HTMLElement, load: () => Promise<void>, picture: (index: number) => object}} `load` rejects when the
 *          images cannot be had
 */
export function strip(experiment) {
  const name = newId('strip');
  const row = h('div', { class: 'row' });
  const range = h('span', { class: 'visually-hidden', role: 'status' });
  const choose = debounce((index) => experiment.select(index), 120);
  let first = 0;
  let shown = [];

  const turn = (by) => async () => {
    first = Math.max(0, Math.min(first + by, experiment.lab.settings.testImages - 1));
    await load();
    say(range, t.range(first, first + shown.length - 1));
  };
  const back = h('button', { class: 'quiet', type: 'button', onclick: () => turn(-PAGE)() }, t.previous);
  const next = h('button', { class: 'quiet', type: 'button', onclick: () => turn(PAGE)() }, t.next);
  const element = h('fieldset', { class: 'strip' }, h('legend', {}, t.legend), row, h('div', { class: 'buttons' }, back, next, range));

  async function load() {
    const { lab } = experiment;
    const count = Math.min(PAGE, lab.settings.testImages - first);
    shown = await lab.images('test', Array.from({ length: count }, (_, i) => first + i));
    for (const picture of shown) knownTo(lab).set(picture.index, picture);
    fill(row, shown.map(choice));
    back.disabled = first === 0;
    next.disabled = first + PAGE >= lab.settings.testImages;
  }

  function choice(picture) {
    const canvas = h('canvas', { 'aria-hidden': 'true' });
    drawPixels(canvas, picture.pixels);
    const input = h('input', {
      type: 'radio',
      name,
      value: picture.index,
      checked: picture.index === experiment.selected,
      'aria-label': t.image(className(picture.className), integer(picture.index)),
      onchange: () => choose(picture.index),
    });
    return h('label', { title: className(picture.className) }, input, canvas);
  }

  experiment.addEventListener('select', () => {
    for (const input of row.querySelectorAll('input')) input.checked = Number(input.value) === experiment.selected;
  });
  experiment.addEventListener('lab', () => {
    first = 0;
    fill(row);
  });
  return { element, load, picture: (index) => knownTo(experiment.lab).get(index) };
}
