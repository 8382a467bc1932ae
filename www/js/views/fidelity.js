/** Part «Why?», a: does the student repeat its teacher, and do the three know what they know? */
import { calibrationSentence, fidelityAnswer } from '../answers-why.js';
import { fill, h, mark, say, WHO } from '../dom.js';
import { gap, integer, number, percent, percentWithInterval, points, short } from '../format.js';
import { dot, plane, s } from '../svg.js';
import { words } from '../words.js';
import { Ask } from './ask.js';
import { whenLoaded } from './boxes.js';
import { grid, twin } from './choices.js';

const t = words.fidelity;

/** @param {import('../experiment.js').Experiment} experiment */
export function fidelity(experiment, holder) {
  const answer = h('p', { class: 'answer', 'data-answer': 'fidelity' });
  const numbers = h('div', { class: 'scroller room', tabIndex: 0, role: 'group', 'aria-label': t.againstLabel });
  const facets = h('div', { class: 'facets three' });
  const sentence = h('p', { class: 'twin' });
  const knowing = h('div', { class: 'scroller room', tabIndex: 0, role: 'group', 'aria-label': t.knowingLabel });
  const table = twin(t.table);
  const ask = new Ask(experiment, {
    verb: t.verb,
    preferred: 128,
    part: (lab, images) => lab.probe('fidelity', { images }),
    show: ([report]) => {
      const { text, small } = fidelityAnswer(report);
      fill(answer, text, h('small', {}, `${small} ${t.way(integer(report.step), report.seed)}`));
      fill(numbers, comparisonTable(report));
      fill(facets, WHO.map((who) => reliability(who, report.calibration[who])));
      say(sentence, calibrationSentence(report.calibration));
      fill(knowing, knowingTable(report));
      fill(table.table, binTable(report));
      return text;
    },
    clear: () => {
      fill(answer, h('small', {}, t.none));
      fill(facets, WHO.map((who) => reliability(who, { bins: [] })));
      for (const place of [numbers, knowing, table.table]) fill(place);
      say(sentence, '');
    },
  });
  whenLoaded(experiment, holder, t.invitation, [
    ask.element,
    answer,
    numbers,
    h('h4', {}, t.knowing),
    facets,
    sentence,
    knowing,
    table.element,
  ]);
}

function comparisonTable({ agreement, agreementRates, predictiveKl, gradientAlignment, kappa }) {
  const row = (name, remark, student, control, difference) => [[name, h('small', {}, ` ${remark}`)], student, control, difference];
  const rows = [
    row(t.rows.same, t.rows.sameNote, percentWithInterval(agreementRates.student), percentWithInterval(agreementRates.control), points(agreement) || '–'),
    row(t.rows.kl, t.rows.klNote, short(predictiveKl.student), short(predictiveKl.control), gap(predictiveKl) || '–'),
    row(t.rows.gradients, t.rows.gradientsNote(gradientAlignment.n), number(gradientAlignment.student), number(gradientAlignment.control), gap(gradientAlignment) || '–'),
    row(t.rows.kappa, t.rows.kappaNote, number(kappa.student), number(kappa.control), '–'),
  ];
  return grid(t.caption(agreement.n), ['', mark('student'), mark('control'), t.difference], rows);
}

function knowingTable({ calibration, n }) {
  const row = (name, of) => [name, ...WHO.map((who) => of(calibration[who]))];
  return grid(t.alone(n), ['', ...WHO.map((who) => mark(who))], [
    row(t.rows.right, ({ accuracy }) => percentWithInterval(accuracy)),
    row(t.rows.ece, ({ ece }) => number(ece, 3)),
    row(t.rows.nll, ({ nll }) => number(nll, 3)),
  ]);
}

function binTable({ calibration }) {
  const bins = calibration.teacher.bins.map((bin, i) => i).filter((i) => WHO.some((who) => calibration[who].bins[i].count > 0));
  const range = (i) => t.range(percent(i === 0 ? 0 : calibration.teacher.bins[i - 1].upper), percent(calibration.teacher.bins[i].upper));
  const cell = ({ count, confidence, accuracy }) => (count === 0 ? '–' : t.bin(percent(confidence), percent(accuracy), count));
  return grid(t.binCaption, [t.binHead, ...WHO.map((who) => mark(who))], bins.map((i) => [range(i), ...WHO.map((who) => cell(calibration[who].bins[i]))]));
}

/** A reliability diagram: the area of a mark is the number of images, its line to the diagonal is the error. */
function reliability(who, { bins, ece }) {
  const held = bins.filter((bin) => bin.count > 0);
  const all = held.reduce((sum, bin) => sum + bin.count, 0);
  const axis = (title) => ({ range: [0, 1], ticks: [0, 0.25, 0.5, 0.75, 1], title, format: (x) => String(Math.round(x * 100)) });
  const label = held.length === 0 ? t.empty(who) : t.reliability(who, number(ece, 3));
  const picture = plane({
    label,
    empty: held.length === 0,
    x: axis(t.sure),
    y: axis(t.right),
    draw: ({ x, y }) => [
      s('line', { class: 'ideal', x1: x(0), y1: y(0), x2: x(1), y2: y(1) }),
      ...held.map((bin) => s('line', { class: `gap ${who}`, x1: x(bin.confidence), x2: x(bin.confidence), y1: y(bin.confidence), y2: y(bin.accuracy) })),
      ...held.map((bin) => dot(who, x(bin.confidence), y(bin.accuracy), 3 + 9 * Math.sqrt(bin.count / all))),
    ],
  });
  return h('figure', { class: 'facet' }, h('h4', {}, mark(who)), picture);
}
