/** Part «Why?», a: does the student repeat its teacher, and do the three know what they know? */
import { calibrationSentence, fidelityAnswer } from '../answers-why.js';
import { fill, h, mark, say, WHO } from '../dom.js';
import { gap, number, percent, percentWithInterval, points, short } from '../format.js';
import { dot, plane, s } from '../svg.js';
import { Ask } from './ask.js';
import { whenLoaded } from './boxes.js';
import { grid, twin } from './choices.js';

/** @param {import('../experiment.js').Experiment} experiment */
export function fidelity(experiment, holder) {
  const answer = h('p', { class: 'answer', 'data-answer': 'fidelity' });
  const numbers = h('div', { class: 'scroller room', tabIndex: 0, role: 'group', 'aria-label': 'Student and control against the teacher' });
  const facets = h('div', { class: 'facets three' });
  const sentence = h('p', { class: 'twin' });
  const knowing = h('div', { class: 'scroller room', tabIndex: 0, role: 'group', 'aria-label': 'How well they know what they know' });
  const table = twin('Confidence and accuracy');
  const ask = new Ask(experiment, {
    verb: 'Hold them against the teacher',
    preferred: 128,
    part: (lab, images) => lab.probe('fidelity', { images }),
    show: ([report]) => {
      const { text, small } = fidelityAnswer(report);
      fill(answer, text, h('small', {}, `${small} Step ${report.step}, seed ${report.seed}.`));
      fill(numbers, comparisonTable(report));
      fill(facets, WHO.map((who) => reliability(who, report.calibration[who])));
      say(sentence, calibrationSentence(report.calibration));
      fill(knowing, knowingTable(report));
      fill(table.table, binTable(report));
      return text;
    },
    clear: () => {
      fill(answer, h('small', {}, 'The answer stands here once the button above has been pressed.'));
      fill(facets, WHO.map((who) => reliability(who, { bins: [] })));
      for (const place of [numbers, knowing, table.table]) fill(place);
      say(sentence, '');
    },
  });
  whenLoaded(experiment, holder, 'Here student and control are held against the teacher, image by image, as soon as the networks are loaded.', [
    ask.element,
    answer,
    numbers,
    h('h4', {}, 'Do they know what they know?'),
    facets,
    sentence,
    knowing,
    table.element,
  ]);
}

function comparisonTable({ agreement, agreementRates, predictiveKl, gradientAlignment, kappa }) {
  const row = (name, remark, student, control, difference) => [[name, h('small', {}, ` ${remark}`)], student, control, difference];
  const rows = [
    row('Same answer', 'share of images', percentWithInterval(agreementRates.student), percentWithInterval(agreementRates.control), points(agreement) || '–'),
    row('KL from the teacher', 'nats, less is closer', short(predictiveKl.student), short(predictiveKl.control), gap(predictiveKl) || '–'),
    row('Input gradients alike', `cosine, ${gradientAlignment.n} images`, number(gradientAlignment.student), number(gradientAlignment.control), gap(gradientAlignment) || '–'),
    row('Right on the same images', 'κ, one number each', number(kappa.student), number(kappa.control), '–'),
  ];
  return grid(`Against the teacher, on ${agreement.n} images, 95 % intervals in brackets`, ['', mark('student'), mark('control'), 'Difference'], rows);
}

function knowingTable({ calibration, n }) {
  const row = (name, of) => [name, ...WHO.map((who) => of(calibration[who]))];
  return grid(`Each network by itself, on ${n} images`, ['', ...WHO.map((who) => mark(who))], [
    row('Right', ({ accuracy }) => percentWithInterval(accuracy)),
    row('Expected calibration error', ({ ece }) => number(ece, 3)),
    row('Negative log-likelihood, nats', ({ nll }) => number(nll, 3)),
  ]);
}

function binTable({ calibration }) {
  const bins = calibration.teacher.bins.map((bin, i) => i).filter((i) => WHO.some((who) => calibration[who].bins[i].count > 0));
  const range = (i) => `${percent(i === 0 ? 0 : calibration.teacher.bins[i - 1].upper)} to ${percent(calibration.teacher.bins[i].upper)}`;
  const cell = ({ count, confidence, accuracy }) => (count === 0 ? '–' : `${percent(confidence)} sure, ${percent(accuracy)} right (${count})`);
  return grid('Mean confidence and share right in each bin of the highest probability; images in brackets', ['Bin', ...WHO.map((who) => mark(who))], bins.map((i) => [range(i), ...WHO.map((who) => cell(calibration[who].bins[i]))]));
}

/** A reliability diagram: the area of a mark is the number of images, its line to the diagonal is the error. */
function reliability(who, { bins, ece }) {
  const held = bins.filter((bin) => bin.count > 0);
  const all = held.reduce((sum, bin) => sum + bin.count, 0);
  const axis = (title) => ({ range: [0, 1], ticks: [0, 0.25, 0.5, 0.75, 1], title, format: (x) => String(Math.round(x * 100)) });
  const label = held.length === 0 ? `Reliability of the ${who}: not computed yet` : `Reliability of the ${who}, calibration error ${number(ece, 3)}; the table below has its numbers`;
  const picture = plane({
    label,
    x: axis('how sure, %'),
    y: axis('how often right, %'),
    draw: ({ x, y }) => [
      s('line', { class: 'ideal', x1: x(0), y1: y(0), x2: x(1), y2: y(1) }),
      ...held.map((bin) => s('line', { class: `gap ${who}`, x1: x(bin.confidence), x2: x(bin.confidence), y1: y(bin.confidence), y2: y(bin.accuracy) })),
      ...held.map((bin) => dot(who, x(bin.confidence), y(bin.accuracy), 3 + 9 * Math.sqrt(bin.count / all))),
    ],
  });
  return h('figure', { class: 'facet' }, h('h4', {}, mark(who)), picture);
}
