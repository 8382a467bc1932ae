/** Part «Why?»: how like the teacher's features are, tap by tap, and how what was distilled relates to the labels. */
import { relevanceAnswer } from '../answers-why.js';
import { fill, h, mark } from '../dom.js';
import { gap, integer, number } from '../format.js';
import { words } from '../words.js';
import { Ask } from './ask.js';
import { barCell } from './bars.js';
import { whenLoaded } from './boxes.js';
import { grid, picker } from './choices.js';

const t = words.relevance;
const DISTANCES = ['one-hot', 'classifier'];

/** @param {import('../experiment.js').Experiment} experiment */
export function relevance(experiment, holder) {
  let labels = 'one-hot';
  const bars = h('div', { class: 'scroller', tabIndex: 0, role: 'group', 'aria-label': t.likenessLabel });
  const relations = h('div', { class: 'scroller relations', tabIndex: 0, role: 'group', 'aria-label': t.relationLabel });
  const answer = h('p', { class: 'answer', 'data-answer': 'relevance' });
  const distances = picker(t.distances, DISTANCES.map((name) => [t.distance[name], name]), labels, (value) => {
    labels = value;
    ask.again();
  });
  const ask = new Ask(experiment, {
    verb: t.verb,
    preferred: 256,
    least: 128,
    size: t.size,
    part: async (lab, images) => {
      const chosen = labels;
      return { ...(await lab.probe('relevance', { images, labels: chosen })), chosen };
    },
    show: ([report]) => {
      fill(bars, likeness(report));
      fill(relations, relationTable(report));
      const { text, small } = relevanceAnswer(report);
      fill(answer, text, h('small', {}, `${small} ${t.way(integer(report.step), report.seed)}`));
      return text;
    },
    clear: () => {
      fill(bars, likeness(null, sharedTaps(experiment)));
      fill(relations, relationTable(null));
      fill(answer, h('small', {}, t.none));
    },
  });
  whenLoaded(experiment, holder, t.invitation, [h('div', { class: 'dials' }, distances.element), ask.element, bars, answer, relations]);
}

/** Taps that teacher and student both have: the rows of the table before there is an answer. */
function sharedTaps({ description, lab }) {
  const of = (role) => description.architectures.find(({ name }) => name === lab?.settings[role])?.taps ?? [];
  const [teacher, student] = [of('teacher'), of('student')];
  return [...student.slice(0, Math.min(teacher.length, student.length)), 'pooled'];
}

/** Bars inside a table, their own text twin. */
function likeness(report, taps = []) {
  const none = { student: null, control: null, low: null };
  const rows = report?.layers ?? taps.map((tap) => ({ tap, fss: none }));
  const cell = (who, value) => (value === null ? h('td', { class: who }, '–') : barCell(who, Math.max(0, value), false));
  const caption = report ? t.likeness(report.n / report.batch) : t.likenessEmpty;
  return h(
    'table',
    { class: 'bars likeness' },
    h('caption', {}, caption),
    h('thead', {}, h('tr', {}, h('th', { scope: 'col' }, t.tap), h('th', { scope: 'col' }, mark('student')), h('th', { scope: 'col' }, mark('control')), h('th', { scope: 'col' }, 'S − C'))),
    h('tbody', {}, rows.map(({ tap, fss }) => h('tr', {}, h('th', { scope: 'row' }, tap), cell('student', fss.student), cell('control', fss.control), h('td', {}, gap(fss) || '–')))),
  );
}

function relationTable(report) {
  const { teacher = null, relevance: whole, distilled, againstTeacher, chosen } = report ?? {};
  const none = { student: null, control: null, low: null };
  const row = (name, remark, t, { student, control } = none, difference = none) => [[name, h('small', {}, ` ${remark}`)], number(t), number(student), number(control), gap(difference) || '–'];
  const caption = report ? t.relation(t.distance[chosen]) : t.relationEmpty;
  return grid(caption, ['', mark('teacher'), mark('student'), mark('control'), t.difference], [
    row(t.rows.all, 'S − C', teacher, whole, whole),
    row(t.rows.control, t.rows.controlNote, null, distilled, distilled),
    row(t.rows.teacher, 'S − T', againstTeacher?.control ?? null, { student: againstTeacher?.student ?? null, control: null }, againstTeacher),
  ]);
}
