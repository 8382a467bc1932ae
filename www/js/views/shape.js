/** Part «What do they ignore?», c: by the outline or by what fills it? Only for images whose outlines are known. */
import { shapeAnswer } from '../answers-ignore.js';
import { fill, h, mark, WHO } from '../dom.js';
import { pooled } from '../rates.js';
import { Ask } from './ask.js';
import { problemBox, whenLoaded } from './boxes.js';
import { measured } from './choices.js';
import { example, noExample } from './examples.js';
import { rangeTable } from './ranges.js';

/** @param {import('../experiment.js').Experiment} experiment */
export function shape(experiment, holder) {
  const row = h('div', { class: 'examples' });
  const patch = h('div', { class: 'scroller', tabIndex: 0, role: 'group', 'aria-label': 'Outline or patch' });
  const colours = h('div', { class: 'scroller', tabIndex: 0, role: 'group', 'aria-label': 'Outline or colours alone' });
  const answer = h('p', { class: 'answer', 'data-answer': 'shape' });
  const missing = h('p', { class: 'notice plain' }, 'Only for Shapes-32: there every image is drawn, so an outline can be filled with the inside of another class. Of photographs the outlines are not known, and there are no such pairs here.');
  let report = null;
  let lab = null;

  const ask = new Ask(experiment, {
    verb: 'Fill the outlines',
    preferred: 128,
    part: (open, images) => {
      lab = open;
      return open.probe('shape-texture', { images });
    },
    show: ([found]) => {
      report = found;
      draw(found);
      drawExample();
      const { text, small } = shapeAnswer(found);
      fill(answer, text, h('small', {}, `${small} Step ${found.step}, seed ${found.seed}.`));
      return text;
    },
    clear: () => {
      report = null;
      draw(null);
      fill(row, ['Outline with a patch', 'Outline with foreign colours'].map((title) => noExample(title)));
      fill(answer, h('small', {}, 'The answer stands here once the button above has been pressed.'));
      fill(body, experiment.lab?.settings.dataset === 'shapes32' ? offered : missing);
    },
  });
  const body = h('div', { class: 'panel-body' });
  const offered = [
    ask.element,
    row,
    answer,
    patch,
    colours,
    measured(
      'How this is measured',
      'Shape bias is the share of answers by the outline among those by outline or inside (Geirhos et al. 2019; Ojha et al. 2023, App. 11.5). Student and control are compared on the images on which both gave such an answer, with the 95 % interval of the paired bootstrap.',
      'In Shapes-32 texture and colour do not depend on the class, so no network can have learnt the texture of a class. A patch of another image brings its texture, its colours and what of its contour falls inside; so «by the inside» means by this patch. Foreign texture and colours alone carry no class: an answer by their lender is right by chance only, and shows how often chance is.',
    ),
  ];
  experiment.addEventListener('select', () => drawExample());
  whenLoaded(experiment, holder, 'Here outlines of one class are filled with the inside of another, as soon as the networks are loaded.', [body]);

  async function drawExample() {
    if (!report) return;
    const index = experiment.selected;
    try {
      const { items: [item], pictures: [picture] } = await lab.probe('shape-texture', { images: [index], pictures: [index] });
      if (!report || index !== experiment.selected) return;
      const tag = (cue) => (who) => ({ [item.label]: 'outline', [item.otherLabel]: 'inside' })[item[cue][who]] ?? 'neither';
      const tile = (title, cue, words) => example({ title, views: [picture[cue]], label: `Outline of a ${item.className}, ${words} of a ${item.otherName}`, classes: experiment.classes, said: item[cue], tag: tag(cue) });
      fill(row, tile(`Outline ${item.className}, patch ${item.otherName}`, 'patch', 'patch'), tile(`Outline ${item.className}, colours ${item.otherName}`, 'fill', 'texture and colours'));
    } catch (error) {
      if (error.code !== 'disposed') fill(row, problemBox(error));
    }
  }

  function draw(found) {
    const none = Object.fromEntries(WHO.map((who) => [who, pooled([])]));
    const table = (name, cue, inside) => {
      const { shape: outline, texture, bias } = cue ?? { shape: none, texture: none, bias: none };
      const cells = (rates) => WHO.map((who) => [who, rates[who]]);
      return rangeTable(name, ['', ...WHO.map((who) => mark(who))], [
        ['By the outline', ...cells(outline)],
        [`By ${inside}`, ...cells(texture)],
        [['Shape bias', h('small', {}, ' outline among the two')], ...cells(bias)],
      ]);
    };
    const n = found ? `, ${found.n} images, 95 % intervals in brackets` : ': not computed yet';
    fill(patch, table(`Filled with a patch of another class’s image${n}`, found?.patch, 'the patch'));
    fill(colours, table(`Filled with another object’s texture and colours alone${n}`, found?.fill, 'their lender'));
  }
}
