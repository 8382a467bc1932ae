/** Part «Why?», c: what the projector of the method SRD keeps. */
import { projectorAnswer } from '../answers-why.js';
import { fill, h, mark, say } from '../dom.js';
import { integer, number } from '../format.js';
import { plane, roundRange, s } from '../svg.js';
import { words } from '../words.js';
import { Ask } from './ask.js';
import { whenLoaded } from './boxes.js';
import { grid, twin } from './choices.js';

const t = words.projector;
/** Which projectors of `srd` are one matrix. */
const LINEAR = ['linear', 'frozen'];

/** @param {import('../experiment.js').Experiment} experiment */
export function projector(experiment, holder) {
  const figure = h('div', { class: 'facets' });
  const answer = h('p', { class: 'answer', 'data-answer': 'projector' });
  const history = h('div', { class: 'scroller', tabIndex: 0, role: 'group', 'aria-label': t.historyLabel });
  const table = twin(t.values);
  const missing = h('p', { class: 'notice plain' });
  let reports = [];

  const ask = new Ask(experiment, {
    verb: t.verb,
    preferred: 128,
    part: (lab, images) => lab.probe('projector', { images }),
    show: ([report]) => {
      const earlier = reports.findLast((found) => found.step !== report.step);
      reports = [...reports.filter((found) => found.step !== report.step), report];
      const { text, small } = projectorAnswer(report, earlier);
      fill(answer, text, h('small', {}, `${small} ${t.way(report.seed)}`));
      fill(figure, spectrum(report, earlier));
      fill(history, historyTable(reports));
      fill(table.table, grid(t.valuesCaption, [t.number, mark('student', t.value)], report.singularValues.map((value, i) => [String(i + 1), number(value, 3)])));
      return text;
    },
    clear: () => {
      reports = [];
      fill(answer, h('small', {}, t.none));
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
    say(missing, method === 'srd' ? t.notLinear : t.noProjector);
    fill(body, linear ? offered : missing);
  }

  whenLoaded(experiment, holder, t.invitation, [body]);
}

/** The singular values as stems; those of an earlier step as short strokes. */
function spectrum({ singularValues, step }, earlier) {
  const values = [...singularValues, ...(earlier?.singularValues ?? [])];
  const count = Math.max(singularValues.length, 1);
  const y = values.length > 0 ? roundRange(values) : { range: [0, 1], ticks: [0, 0.5, 1] };
  const ticks = [1, ...[0.25, 0.5, 0.75, 1].map((share) => Math.round(share * count))].filter((tick, i, all) => all.indexOf(tick) === i);
  const picture = plane({
    label: singularValues.length === 0 ? t.empty : t.alt(singularValues.length, step, number(singularValues[0], 3), number(singularValues.at(-1), 3)),
    empty: singularValues.length === 0,
    x: { range: [0, count + 1], ticks: singularValues.length > 0 ? ticks : [], title: t.direction },
    y: { ...y, title: t.singular },
    draw: (at) => [
      ...singularValues.map((value, i) => s('line', { class: 'stem', x1: at.x(i + 1), x2: at.x(i + 1), y1: at.y(0), y2: at.y(value) })),
      ...(earlier?.singularValues ?? []).map((value, i) => s('line', { class: 'before', x1: at.x(i + 0.5), x2: at.x(i + 1.5), y1: at.y(value), y2: at.y(value) })),
    ],
  });
  const note = earlier ? t.note(integer(earlier.step)) : '';
  return h('figure', { class: 'facet' }, h('h4', {}, t.title), picture, h('p', { class: 'fine' }, note));
}

function historyTable(reports) {
  const inOrder = [...reports].sort((a, b) => a.step - b.step);
  return grid(t.history(inOrder.at(-1).shape.join(' × '), inOrder.at(-1).n), [t.step, t.rank, t.rest], inOrder.map((found) => [integer(found.step), number(found.effectiveRank, 1), number(found.fixedPointResidual)]));
}
