/** Part «Why?»: how like the teacher's features are, tap by tap, and how what was distilled relates to the labels. */
import { relevanceAnswer } from '../answers-why.js';
import { fill, h, mark } from '../dom.js';
import { gap, number, plural } from '../format.js';
import { Ask } from './ask.js';
import { barCell } from './bars.js';
import { whenLoaded } from './boxes.js';
import { grid, picker } from './choices.js';

const DISTANCES = [['equal between all classes', 'one-hot'], ['as in the teacher’s last layer', 'classifier']];

/** @param {import('../experiment.js').Experiment} experiment */
export function relevance(experiment, holder) {
  let labels = 'one-hot';
  const bars = h('div', { class: 'scroller', tabIndex: 0, role: 'group', 'aria-label': 'Likeness of features, by tap' });
  const relations = h('div', { class: 'scroller relations', tabIndex: 0, role: 'group', 'aria-label': 'Relation to the labels' });
  const answer = h('p', { class: 'answer', 'data-answer': 'relevance' });
  const distances = picker('Distances between labels', DISTANCES, labels, (value) => {
    labels = value;
    ask.again();
  });
  const ask = new Ask(experiment, {
    verb: 'Relate them',
    preferred: 256,
    least: 128,
    size: (n) => `${n}, of all classes`,
    part: async (lab, images) => {
      const chosen = labels;
      return { ...(await lab.probe('relevance', { images, labels: chosen })), chosen };
    },
    show: ([report]) => {
      fill(bars, likeness(report));
      fill(relations, relationTable(report));
      const { text, small } = relevanceAnswer(report);
      fill(answer, text, h('small', {}, `${small} Step ${report.step}, seed ${report.seed}.`));
      return text;
    },
    clear: () => {
      fill(bars, likeness(null, sharedTaps(experiment)));
      fill(relations, relationTable(null));
      fill(answer, h('small', {}, 'The answer stands here once the button above has been pressed.'));
    },
  });
  whenLoaded(experiment, holder, 'Here features are held against the teacher’s and against the labels, as soon as the networks are loaded.', [h('div', { class: 'dials' }, distances.element), ask.element, bars, answer, relations]);
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
  const caption = report ? `Feature similarity score with the teacher, from 0 to 1; ${plural(report.n / report.batch, 'batch', 'batches')}, 95 % interval of the difference in brackets` : 'Feature similarity score with the teacher: not computed yet';
  return h(
    'table',
    { class: 'bars likeness' },
    h('caption', {}, caption),
    h('thead', {}, h('tr', {}, h('th', { scope: 'col' }, 'Tap'), h('th', { scope: 'col' }, mark('student')), h('th', { scope: 'col' }, mark('control')), h('th', { scope: 'col' }, 'S − C'))),
    h('tbody', {}, rows.map(({ tap, fss }) => h('tr', {}, h('th', { scope: 'row' }, tap), cell('student', fss.student), cell('control', fss.control), h('td', {}, gap(fss) || '–')))),
  );
}

function relationTable(report) {
  const { teacher = null, relevance: whole, distilled, againstTeacher, chosen } = report ?? {};
  const none = { student: null, control: null, low: null };
  const row = (name, remark, t, { student, control } = none, difference = none) => [[name, h('small', {}, ` ${remark}`)], number(t), number(student), number(control), gap(difference) || '–'];
  const caption = report ? `Relevance score: how features relate to the labels, from −1 to 1, distances ${DISTANCES.find(([, value]) => value === chosen)[0]}` : 'Relevance score: not computed yet';
  return grid(caption, ['', mark('teacher'), mark('student'), mark('control'), 'Difference'], [
    row('All pooled features', 'S − C', teacher, whole, whole),
    row('Beyond the other of S and C', 'distilled, left behind: S − C', null, distilled, distilled),
    row('Beyond the other of S and T', 'S − T', againstTeacher?.control ?? null, { student: againstTeacher?.student ?? null, control: null }, againstTeacher),
  ]);
}
