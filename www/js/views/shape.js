/** Part «What do they ignore?», c: by the outline or by what fills it? Only for images whose outlines are known. */
import { shapeAnswer } from '../answers-ignore.js';
import { className, classNames } from '../classes.js';
import { fill, h, mark, WHO } from '../dom.js';
import { integer } from '../format.js';
import { pooled } from '../rates.js';
import { words } from '../words.js';
import { Ask } from './ask.js';
import { problemBox, whenLoaded } from './boxes.js';
import { measured } from './choices.js';
import { example, noExample } from './examples.js';
import { rangeTable } from './ranges.js';

const t = words.shape;

/** @param {import('../experiment.js').Experiment} experiment */
export function shape(experiment, holder) {
  const row = h('div', { class: 'examples' });
  const patch = h('div', { class: 'scroller', tabIndex: 0, role: 'group', 'aria-label': t.patchLabel });
  const colours = h('div', { class: 'scroller', tabIndex: 0, role: 'group', 'aria-label': t.coloursLabel });
  const answer = h('p', { class: 'answer', 'data-answer': 'shape' });
  const missing = h('p', { class: 'notice plain' }, t.missing);
  let report = null;
  let lab = null;

  const ask = new Ask(experiment, {
    verb: t.verb,
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
      fill(answer, text, h('small', {}, `${small} ${t.way(integer(found.step), found.seed)}`));
      return text;
    },
    clear: () => {
      report = null;
      draw(null);
      fill(row, [t.patch.place, t.fill.place].map((title) => noExample(title)));
      fill(answer, h('small', {}, t.none));
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
      t.measured.title,
      t.measured.bias,
      t.measured.inside,
    ),
  ];
  experiment.addEventListener('select', () => drawExample());
  whenLoaded(experiment, holder, t.invitation, [body]);

  async function drawExample() {
    if (!report) return;
    const index = experiment.selected;
    try {
      const { items: [item], pictures: [picture] } = await lab.probe('shape-texture', { images: [index], pictures: [index] });
      if (!report || index !== experiment.selected) return;
      const tag = (cue) => (who) => ({ text: { [item.label]: t.tags.outline, [item.otherLabel]: t.tags.inside }[item[cue][who]] ?? t.tags.neither, calm: true });
      const [own, other] = [className(item.className), className(item.otherName)];
      const tile = (cue) => example({ title: t[cue].title(own, other), views: [picture[cue]], label: t[cue].alt(own, other), classes: classNames(experiment.classes), said: item[cue], tag: tag(cue) });
      fill(row, tile('patch'), tile('fill'));
    } catch (error) {
      if (error.code !== 'disposed') fill(row, problemBox(error));
    }
  }

  function draw(found) {
    const none = Object.fromEntries(WHO.map((who) => [who, pooled([])]));
    const table = (kind, cue) => {
      const { shape: outline, texture, bias } = cue ?? { shape: none, texture: none, bias: none };
      const cells = (rates) => WHO.map((who) => [who, rates[who]]);
      return rangeTable(found ? t[kind].caption(found.n) : t[kind].empty, ['', ...WHO.map((who) => mark(who))], [
        [t.byOutline, ...cells(outline)],
        [t[kind].by, ...cells(texture)],
        [[t.bias, h('small', {}, ` ${t.biasNote}`)], ...cells(bias)],
      ]);
    };
    fill(patch, table('patch', found?.patch));
    fill(colours, table('fill', found?.fill));
  }
}
