/** Part «Why?», c: what the projector of the method SRD keeps. */
import { projectorAnswer } from '../answers-why.js';
import { fill, h, mark, say } from '../dom.js';
import { integer, number } from '../format.js';
import { plane, roundRange, s } from '../svg.js';
import { Ask } from './ask.js';
import { whenLoaded } from './boxes.js';
import { grid, twin } from './choices.js';

/** Which projectors of `srd` are one matrix. */
const LINEAR = ['linear', 'frozen'];

/** @param {import('../experiment.js').Experiment} experiment */
export function projector(experiment, holder) {
  const figure = h('div', { class: 'facets' });
  const answer = h('p', { class: 'answer', 'data-answer': 'projector' });
  const history = h('div', { class: 'scroller', tabIndex: 0, role: 'group', 'aria-label': 'The projector over the run' });
  const table = twin('Singular values');
  const missing = h('p', { class: 'notice plain' });
  let reports = [];

  const ask = new Ask(experiment, {
    verb: 'Look at the projector',
    preferred: 128,
    part: (lab, images) => lab.probe('projector', { images }),
    show: ([report]) => {
      const earlier = reports.findLast((found) => found.step !== report.step);
      reports = [...reports.filter((found) => found.step !== report.step), report];
      const { text, small } = projectorAnswer(report, earlier);
      fill(answer, text, h('small', {}, `${small} Seed ${report.seed}.`));
      fill(figure, spectrum(report, earlier));
      fill(history, historyTable(reports));
      fill(table.table, grid('Singular values, largest first', ['No.', mark('student', 'value')], report.singularValues.map((value, i) => [String(i + 1), number(value, 3)])));
      return text;
    },
    clear: () => {
      reports = [];
      fill(answer, h('small', {}, 'The answer stands here once the button above has been pressed.'));
      fill(figure, spectrum({ singularValues: [] }));
      for (const place of [history, table.table]) fill(place);
      offer();
    },
  });
  const offered = [ask.element, figure, answer, history, table.element];
  const body = h('div', { class: 'panel-body' });

  /** The panel where there is a linear projector, one sentence where there is none. */
  function offer() {
    const { method, projector: kind } = experiment.lab?.settings ?? {};
    const linear = method === 'srd' && LINEAR.includes(kind);
    say(missing, `This run has no such matrix: ${method === 'srd' ? 'its projector is not a single linear map' : 'its method needs none'}. Choose the method SRD with a linear projector in part 1 and start again to see it here.`);
    fill(body, linear ? offered : missing);
  }

  whenLoaded(experiment, holder, 'Only the method SRD has a projector. Here its singular values appear, as soon as the networks of such a run are loaded.', [body]);
}

/** The singular values as stems; those of an earlier step as short strokes. */
function spectrum({ singularValues, step }, earlier) {
  const values = [...singularValues, ...(earlier?.singularValues ?? [])];
  const count = Math.max(singularValues.length, 1);
  const y = values.length > 0 ? roundRange(values) : { range: [0, 1], ticks: [0, 0.5, 1] };
  const ticks = [1, ...[0.25, 0.5, 0.75, 1].map((share) => Math.round(share * count))].filter((tick, i, all) => all.indexOf(tick) === i);
  const picture = plane({
    label: singularValues.length === 0 ? 'Singular values of the projector: not computed yet' : `${singularValues.length} singular values of the projector at step ${step}, from ${number(singularValues[0], 3)} down to ${number(singularValues.at(-1), 3)}; the table below has all`,
    x: { range: [0, count + 1], ticks: singularValues.length > 0 ? ticks : [], title: 'direction, the strongest first' },
    y: { ...y, title: 'singular value' },
    draw: (at) => [
      ...singularValues.map((value, i) => s('line', { class: 'stem', x1: at.x(i + 1), x2: at.x(i + 1), y1: at.y(0), y2: at.y(value) })),
      ...(earlier?.singularValues ?? []).map((value, i) => s('line', { class: 'before', x1: at.x(i + 0.5), x2: at.x(i + 1.5), y1: at.y(value), y2: at.y(value) })),
    ],
  });
  const note = earlier ? `Stems: now. Short strokes: at step ${integer(earlier.step)}.` : '';
  return h('figure', { class: 'facet' }, h('h4', {}, 'Singular values of the projector'), picture, h('p', { class: 'fine' }, note));
}

function historyTable(reports) {
  const inOrder = [...reports].sort((a, b) => a.step - b.step);
  return grid(`As often as it was looked at in this run; ${inOrder.at(-1).shape.join(' × ')}, ${inOrder.at(-1).n} images`, ['Step', 'Effective rank', 'Distance from rest'], inOrder.map((found) => [integer(found.step), number(found.effectiveRank, 1), number(found.fixedPointResidual)]));
}
