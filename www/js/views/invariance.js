/** Part «What do they ignore?», a: which changes of an image leave a network's answer as it was. */
import { invarianceAnswer } from '../answers-ignore.js';
import { fill, h, mark, say, swatch, WHO } from '../dom.js';
import { list, percentWithInterval, points } from '../format.js';
import { Ask } from './ask.js';
import { grid, picker, twin } from './choices.js';
import { example, noExample } from './examples.js';
import { Panel } from './panel.js';
import { lines } from './ranges.js';
import { strip } from './strip.js';

const plain = (s) => String(s);
const equal = (...all) => `s = ${list(all)}`;
const tenths = { neutral: 0, strengths: [0.2, 0.4, 0.6, 0.8, 1], axis: 'strength s', shown: plain, at: equal };
/**
 * What can be chosen: the engine's changes, each with strengths from weak to strong and the one that changes nothing. `shown`
 * is a strength on the axis, `at` in a sentence; two `views` are compared with each other instead of with the image.
 */
const CHANGES = [
  { name: 'jitter', label: 'all colours (jitter)', ...tenths },
  { name: 'brightness', label: 'brightness', ...tenths },
  { name: 'contrast', label: 'contrast', ...tenths },
  { name: 'saturation', label: 'saturation', ...tenths },
  { name: 'hue', label: 'hue', ...tenths, strengths: [0.05, 0.1, 0.2, 0.3, 0.5] },
  { name: 'crop', label: 'crop', neutral: 1, strengths: [0.8, 0.6, 0.4, 0.2, 0.1], axis: 'share s of the area, %', shown: (s) => String(Math.round(s * 100)), at: (...all) => `s = ${list(all.map((s) => `${Math.round(s * 100)} %`))}`, views: 2 },
  { name: 'shift', label: 'shift', neutral: 0, strengths: [2, 4, 8, 12, 16], axis: 'window s, pixels', shown: plain, at: equal, views: 2 },
  { name: 'flip', label: 'mirror', neutral: 0, strengths: [1], axis: 'left and right exchanged', shown: () => 'yes', at: () => 's = 1' },
  { name: 'rotation', label: 'rotation', neutral: 0, strengths: [5, 10, 20, 40, 90], axis: 'angle s, degrees', shown: plain, at: (...all) => `s = ${list(all.map((s) => `${s}°`))}` },
  { name: 'noise', label: 'noise', neutral: 0, strengths: [0.02, 0.05, 0.1, 0.2, 0.4], axis: 'strength s', shown: plain, at: equal },
  { name: 'blur', label: 'blur', neutral: 0, strengths: [0.5, 1, 1.5, 2, 3], axis: 'width s, pixels', shown: plain, at: equal },
];
const byName = (name) => CHANGES.find((change) => change.name === name);
const PAIR = ['student', 'control'];

/** @param {import('../experiment.js').Experiment} experiment */
export function invariance(experiment, holder) {
  let chosen = CHANGES[0];
  let asked = chosen;
  const images = strip(experiment);
  const dial = picker('What is changed', CHANGES.map(({ name, label }) => [label, name]), chosen.name, (name) => {
    chosen = byName(name);
    panel.ask();
    if (!ask.answered) blank();
    ask.again();
  });
  const meaning = h('p', { class: 'fine meaning' });
  const row = h('div', { class: 'examples', tabIndex: 0, role: 'group', 'aria-label': 'The chosen image, changed' });
  const note = h('p', { class: 'fine' });
  const facets = h('div', { class: 'facets three' });
  const legend = h('ul', { class: 'legend' }, WHO.map((who) => h('li', {}, swatch(who), who)));
  const answer = h('p', { class: 'answer', 'data-answer': 'invariance' });
  const table = twin('Changed images');

  const ask = new Ask(experiment, {
    verb: 'Change them',
    preferred: 64,
    parts: () => {
      asked = chosen;
      return [asked.neutral, ...asked.strengths];
    },
    part: (lab, wanted, strength) => lab.probe('invariance', { images: wanted, change: asked.name, strengths: [strength] }),
    show: (reports) => {
      const { n, step, seed } = reports.at(-1);
      const strengths = reports.map((report) => report.strengths[0]);
      drawCurves(asked, strengths);
      fill(table.table, twinTable(asked, strengths, n));
      const { text, small } = invarianceAnswer({ named: asked.label, at: (all) => asked.at(...all), strengths: strengths.slice(1), n, step });
      fill(answer, text, h('small', {}, small, ` Step ${step}, seed ${seed}.`));
      return text;
    },
    clear: blank,
  });

  const panel = new Panel(experiment, holder, {
    invitation: 'Here an image is recoloured, cropped, shifted, turned, blurred or made noisy, and all three networks judge it, as soon as the networks are loaded.',
    top: [images.element, h('div', { class: 'dials' }, dial.element)],
    subject: 'Examples',
    body: [meaning, row, note, h('h4', {}, 'On many images'), ask.element, legend, facets, answer, table.element],
    load: images.load,
    question: async (lab) => {
      const [change, index] = [chosen, experiment.selected];
      const found = [];
      for (const strength of [change.neutral, ...change.strengths]) {
        found.push(await lab.probe('invariance', { images: [index], pictures: [index], change: change.name, strengths: [strength] }));
      }
      return { change, found, step: found[0].step };
    },
    show: ({ change, found }) => {
      say(meaning, `What s means: ${found[0].meaning}`);
      fill(row, found.map((report, i) => guise(change, report, i === 0)));
      say(note, change.views === 2 ? '«Changed»: another answer to the second view than to the first.' : '«Changed»: another answer than to the unchanged image.');
    },
  });
  experiment.addEventListener('lab', () => {
    say(meaning, '');
    fill(row, [chosen.neutral, ...chosen.strengths].map((strength, i) => noExample(i === 0 ? 'Unchanged' : chosen.at(strength))));
  });

  function blank() {
    drawCurves(chosen, []);
    fill(table.table);
    fill(answer, h('small', {}, 'The answer stands here once the button above has been pressed.'));
  }

  /** The image at one strength: what is compared, and what they say to it. */
  function guise(change, { strengths: [{ strength }], items: [item], pictures: [picture] }, unchanged) {
    const [{ reference, changed }] = item.views;
    const views = change.views === 2 && !unchanged ? [picture.reference[0], picture.changed[0]] : [picture.changed[0]];
    return example({
      title: unchanged ? 'Unchanged' : change.at(strength),
      views,
      label: `Test image ${item.index}, ${item.className}, ${unchanged ? 'unchanged' : `${change.label}, ${change.at(strength)}`}`,
      classes: experiment.classes,
      said: changed,
      tag: unchanged ? null : (who) => (reference[who] === changed[who] ? '' : 'changed'),
    });
  }

  function drawCurves(change, strengths) {
    const columns = [change.neutral, ...change.strengths].map((strength, i) => (i === 0 ? 'none' : change.shown(strength)));
    const figure = (head, unit, who, of) => {
      const rates = (name) => columns.map((_, i) => strengths[i] && of(strengths[i], name));
      const told = strengths.length === 0 ? 'not computed yet' : 'the table below has the numbers';
      const title = `${change.label}: ${change.axis}`;
      const picture = lines({ label: `${head}, ${change.label}: ${told}`, columns, title, unit, series: Object.fromEntries(who.map((name) => [name, rates(name)])) });
      return h('figure', { class: 'facet' }, h('h4', {}, head), picture);
    };
    fill(
      facets,
      figure('Answers kept', '% of images', WHO, ({ kept }, who) => kept[who]),
      figure('Right on the changed images', '% of images', WHO, ({ accuracy }, who) => accuracy[who]),
      figure('Same answer as the teacher', '% of images', PAIR, ({ consensus }, who) => consensus[who]),
    );
  }
}

/** The text twin of the three pictures. */
function twinTable(change, strengths, n) {
  const heads = [
    change.axis,
    ...WHO.map((who) => mark(who, `${who}, kept`)),
    'S − C',
    ...WHO.map((who) => mark(who, `${who}, right`)),
    ...PAIR.map((who) => mark(who, `${who}, as teacher`)),
    'S − C',
  ];
  const rows = strengths.map(({ strength, kept, comparison, accuracy, consensus }, i) => [
    i === 0 ? 'none' : change.shown(strength),
    ...WHO.map((who) => percentWithInterval(kept[who])),
    points(comparison) || '–',
    ...WHO.map((who) => percentWithInterval(accuracy[who])),
    ...PAIR.map((who) => percentWithInterval(consensus[who])),
    points(consensus.comparison) || '–',
  ]);
  return grid(`Changed images, ${change.label}: answers kept, right answers, and the teacher’s answer given; ${n} images, 95 % intervals in brackets`, heads, rows);
}
