/** Part «Why?»: which layers of the teacher and of student and control hold alike features. */
import { best, layersAnswer } from '../answers-why.js';
import { signedColour } from '../draw.js';
import { fill, h, mark } from '../dom.js';
import { gap, integer, number } from '../format.js';
import { s } from '../svg.js';
import { words } from '../words.js';
import { Ask } from './ask.js';
import { whenLoaded } from './boxes.js';
import { grid, twin } from './choices.js';

const t = words.layers;
const TAUGHT = ['student', 'control'];
const BOX = { left: 66, top: 6, right: 4, bottom: 44, side: 250 };

/** @param {import('../experiment.js').Experiment} experiment */
export function layers(experiment, holder) {
  const facets = h('div', { class: 'facets' });
  const answer = h('p', { class: 'answer', 'data-answer': 'layers' });
  const table = twin(t.layers);
  const ask = new Ask(experiment, {
    verb: t.verb,
    preferred: 256,
    least: 64,
    part: (lab, images) => lab.probe('layers', { images }),
    show: ([report]) => {
      fill(facets, TAUGHT.map((who) => heat(who, report.teacherTaps, report.studentTaps, report[who])));
      fill(table.table, TAUGHT.map((who) => matrix(who, report)), places(report));
      const { text, small } = layersAnswer(report);
      fill(answer, text, h('small', {}, `${small} ${t.way(integer(report.step), report.seed)}`));
      return text;
    },
    clear: () => {
      const taps = (role) => [...(experiment.description.architectures.find(({ name }) => name === experiment.lab?.settings[role])?.taps ?? []), 'pooled'];
      fill(facets, TAUGHT.map((who) => heat(who, taps('teacher'), taps('student'), null)));
      fill(table.table);
      fill(answer, h('small', {}, t.none));
    },
  });
  whenLoaded(experiment, holder, t.invitation, [
    ask.element,
    facets,
    h('p', { class: 'fine' }, t.legend),
    answer,
    table.element,
  ]);
}

/** A square for each pair of layers, with its number in it. */
function heat(who, rows, columns, values) {
  const { left, top, right, bottom, side } = BOX;
  const [w, d] = [side / columns.length, Math.min(side / rows.length, side / columns.length)];
  const high = d * rows.length;
  const cells = rows.flatMap((_, i) => {
    const most = values ? best(values[i]) : -1;
    return columns.flatMap((__, j) => {
      const [x, y] = [left + j * w, top + i * d];
      const value = values?.[i][j] ?? null;
      if (value === null) return [s('rect', { class: 'none', x, y, width: w, height: d })];
      return [
        s('rect', { fill: signedColour(Math.max(0, value)), x, y, width: w, height: d }),
        j === most ? s('rect', { class: 'strong', x: x + 1.5, y: y + 1.5, width: w - 3, height: d - 3 }) : null,
        s('text', { class: value > 0.72 ? 'on-dark' : 'on-light', x: x + w / 2, y: y + d / 2 + 4, 'text-anchor': 'middle' }, number(value)),
      ];
    });
  });
  const names = [
    ...rows.map((name, i) => s('text', { x: left - 6, y: top + (i + 0.5) * d + 4, 'text-anchor': 'end' }, name)),
    ...columns.map((name, j) => s('text', { x: left + (j + 0.5) * w, y: top + high + 16, 'text-anchor': 'middle' }, name)),
    s('text', { class: 'title', x: left + side / 2, y: top + high + 36, 'text-anchor': 'middle' }, t.columns(who)),
    s('text', { class: 'title', x: 0, y: 0, 'text-anchor': 'middle', transform: `translate(12 ${top + high / 2}) rotate(-90)` }, t.rows),
  ];
  const label = values ? t.alt(who, rows.length, columns.length) : t.empty(who);
  return h('figure', { class: 'facet' }, h('h4', {}, mark(who)), s('svg', { class: 'square heat', viewBox: `0 0 ${left + side + right} ${top + high + bottom}`, role: 'img', 'aria-label': label, 'data-empty': !values, focusable: 'false' }, cells, names));
}

function matrix(who, report) {
  return grid(t.caption(who, report.n), [t.teacher, ...report.studentTaps.map((tap) => mark(who, tap))], report.teacherTaps.map((tap, i) => [tap, ...report[who][i].map((value) => number(value))]));
}

function places({ diagonal }) {
  return grid(t.meanCaption, ['', mark('student'), mark('control'), 'S − C'], [[t.batches(diagonal.n), number(diagonal.student), number(diagonal.control), gap(diagonal) || '–']]);
}
