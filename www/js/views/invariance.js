/** Part «What do they ignore?», a: which changes of an image leave a network's answer as it was. */
import { invarianceAnswer } from '../answers-ignore.js';
import { className, classNames } from '../classes.js';
import { fill, h, mark, nameOf, say, swatch, WHO } from '../dom.js';
import { integer, list, percentWithInterval, points, written } from '../format.js';
import { words } from '../words.js';
import { Ask } from './ask.js';
import { grid, picker, twin } from './choices.js';
import { example, noExample } from './examples.js';
import { Panel } from './panel.js';
import { lines } from './ranges.js';
import { strip } from './strip.js';

const t = words.invariance;
const equal = (...all) => `s = ${list(all.map(written))}`;
const tenths = { neutral: 0, strengths: [0.2, 0.4, 0.6, 0.8, 1], shown: written, at: equal };
/**
 * What can be chosen: the engine's changes, each with strengths from weak to strong and the one that changes nothing. `shown`
 * is a strength on the axis, `at` in a sentence; two `views` are compared with each other instead of with the image.
 */
const CHANGES = [
  { name: 'jitter', ...tenths },
  { name: 'brightness', ...tenths },
  { name: 'contrast', ...tenths },
  { name: 'saturation', ...tenths },
  { name: 'hue', ...tenths, strengths: [0.05, 0.1, 0.2, 0.3, 0.5] },
  { name: 'crop', neutral: 1, strengths: [0.8, 0.6, 0.4, 0.2, 0.1], shown: (s) => String(Math.round(s * 100)), at: (...all) => `s = ${list(all.map((s) => `${Math.round(s * 100)} %`))}`, views: 2 },
  { name: 'shift', neutral: 0, strengths: [2, 4, 8, 12, 16], shown: written, at: equal, views: 2 },
  { name: 'flip', neutral: 0, strengths: [1], shown: () => t.yes, at: () => 's = 1' },
  { name: 'rotation', neutral: 0, strengths: [5, 10, 20, 40, 90], shown: written, at: (...all) => `s = ${list(all.map((s) => `${s}°`))}` },
  { name: 'noise', neutral: 0, strengths: [0.02, 0.05, 0.1, 0.2, 0.4], shown: written, at: equal },
  { name: 'blur', neutral: 0, strengths: [0.5, 1, 1.5, 2, 3], shown: written, at: equal },
].map((change) => ({ ...change, ...t.changes[change.name] }));
const byName = (name) => CHANGES.find((change) => change.name === name);
const PAIR = ['student', 'control'];

/** @param {import('../experiment.js').Experiment} experiment */
export function invariance(experiment, holder) {
  let chosen = CHANGES[0];
  let asked = chosen;
  const images = strip(experiment);
  const dial = picker(t.what, CHANGES.map(({ name, label }) => [label, name]), chosen.name, (name) => {
    chosen = byName(name);
    panel.ask();
    if (!ask.answered) blank();
    ask.again();
  });
  const meaning = h('p', { class: 'fine meaning' });
  const row = h('div', { class: 'examples', tabIndex: 0, role: 'group', 'aria-label': t.rowLabel });
  const note = h('p', { class: 'fine' });
  const facets = h('div', { class: 'facets three' });
  const legend = h('ul', { class: 'legend' }, WHO.map((who) => h('li', {}, swatch(who), nameOf(who))));
  const answer = h('p', { class: 'answer', 'data-answer': 'invariance' });
  const table = twin(t.table);

  const ask = new Ask(experiment, {
    verb: t.verb,
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
      fill(answer, text, h('small', {}, small, ` ${t.way(integer(step), seed)}`));
      return text;
    },
    clear: blank,
  });

  const panel = new Panel(experiment, holder, {
    invitation: t.invitation,
    top: [images.element, h('div', { class: 'dials' }, dial.element)],
    subject: t.subject,
    body: [meaning, row, note, h('h4', {}, t.many), ask.element, legend, facets, answer, table.element],
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
      say(meaning, t.meaning(change.name, found[0].meaning));
      fill(row, found.map((report, i) => guise(change, report, i === 0)));
      say(note, change.views === 2 ? t.noteViews : t.note);
    },
  });
  experiment.addEventListener('lab', () => {
    say(meaning, '');
    fill(row, [chosen.neutral, ...chosen.strengths].map((strength, i) => noExample(i === 0 ? t.unchanged : chosen.at(strength))));
  });

  function blank() {
    drawCurves(chosen, []);
    fill(table.table);
    fill(answer, h('small', {}, t.none));
  }

  /** The image at one strength: what is compared, and what they say to it. */
  function guise(change, { strengths: [{ strength }], items: [item], pictures: [picture] }, unchanged) {
    const [{ reference, changed }] = item.views;
    const views = change.views === 2 && !unchanged ? [picture.reference[0], picture.changed[0]] : [picture.changed[0]];
    return example({
      title: unchanged ? t.unchanged : change.at(strength),
      views,
      label: unchanged ? t.imageUnchanged(item.index, className(item.className)) : t.imageChanged(item.index, className(item.className), change.label, change.at(strength)),
      classes: classNames(experiment.classes),
      said: changed,
      tag: unchanged ? null : (who) => (reference[who] === changed[who] ? null : { text: t.changed }),
    });
  }

  function drawCurves(change, strengths) {
    const columns = [change.neutral, ...change.strengths].map((strength, i) => (i === 0 ? t.noChange : change.shown(strength)));
    const figure = (head, unit, who, of) => {
      const rates = (name) => columns.map((_, i) => strengths[i] && of(strengths[i], name));
      const empty = strengths.length === 0;
      const title = `${change.label}: ${change.axis}`;
      const picture = lines({ label: empty ? t.empty(head, change.label) : t.alt(head, change.label), empty, columns, title, unit, series: Object.fromEntries(who.map((name) => [name, rates(name)])) });
      return h('figure', { class: 'facet' }, h('h4', {}, head), picture);
    };
    fill(
      facets,
      figure(t.kept, t.share, WHO, ({ kept }, who) => kept[who]),
      figure(t.right, t.share, WHO, ({ accuracy }, who) => accuracy[who]),
      figure(t.same, t.share, PAIR, ({ consensus }, who) => consensus[who]),
    );
  }
}

/** The text twin of the three pictures. */
function twinTable(change, strengths, n) {
  const heads = [
    change.axis,
    ...WHO.map((who) => mark(who, t.columns.kept(nameOf(who)))),
    'S − C',
    ...WHO.map((who) => mark(who, t.columns.right(nameOf(who)))),
    ...PAIR.map((who) => mark(who, t.columns.same(nameOf(who)))),
    'S − C',
  ];
  const rows = strengths.map(({ strength, kept, comparison, accuracy, consensus }, i) => [
    i === 0 ? t.noChange : change.shown(strength),
    ...WHO.map((who) => percentWithInterval(kept[who])),
    points(comparison) || '–',
    ...WHO.map((who) => percentWithInterval(accuracy[who])),
    ...PAIR.map((who) => percentWithInterval(consensus[who])),
    points(consensus.comparison) || '–',
  ]);
  return grid(t.caption(change.label, n), heads, rows);
}
