/** Squares of classes against classes: which the teacher finds alike, and which lie close in the last layers. */
import { capital } from '../answers.js';
import { signedColour } from '../draw.js';
import { h, mark, nameOf, WHO } from '../dom.js';
import { number } from '../format.js';
import { s } from '../svg.js';
import { words } from '../words.js';

const t = words.squares;

const SIDE = 232;
const MARGIN = { left: 78, top: 4, bottom: 78 };
/** More classes than this get no names along the edges. */
const NAMED = 20;

/** The three squares of a report of `rescaling`, as figures. `classes`: their names as the reader calls them. */
export function squares({ classes, teacherGeometry, rowGeometry }) {
  return [
    square('teacher', t.correlations, classes, teacherGeometry),
    square('student', t.cosines, classes, rowGeometry.student),
    square('control', t.cosines, classes, rowGeometry.control),
  ];
}

/** Their places before there is a report. */
export function noSquares(classes) {
  const none = classes.map(() => classes.map(() => null));
  return WHO.map((who) => square(who, null, classes, none));
}

/** Pairs of different classes with their three numbers, the most alike to the teacher first. */
export function alike({ classes, teacherGeometry, rowGeometry }) {
  const pairs = classes.flatMap((first, i) =>
    classes.slice(i + 1).map((second, k) => {
      const j = i + 1 + k;
      return { names: [first, second], teacher: teacherGeometry[i][j], student: rowGeometry.student[i][j], control: rowGeometry.control[i][j] };
    }),
  );
  return pairs.sort((a, b) => (b.teacher ?? -2) - (a.teacher ?? -2));
}

/** Each square by its own largest value off the diagonal; cells at or above half of it are outlined, so that colour is not needed. */
function square(who, what, classes, matrix) {
  const k = classes.length;
  const cell = SIDE / k;
  const off = matrix.flatMap((row, i) => row.filter((value, j) => i !== j && value !== null));
  const empty = off.length === 0;
  const limit = off.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-9);
  const place = (i, j) => ({ x: (MARGIN.left + j * cell).toFixed(2), y: (MARGIN.top + i * cell).toFixed(2), width: cell.toFixed(2), height: cell.toFixed(2) });
  const cells = [];
  const strong = [];
  for (let i = 0; i < k; i += 1) {
    for (let j = 0; j < k; j += 1) {
      const value = matrix[i][j];
      if (i === j || value === null) {
        cells.push(s('rect', { class: i === j ? 'self' : 'none', ...place(i, j) }));
        continue;
      }
      cells.push(s('rect', { fill: signedColour(value / limit), ...place(i, j) }));
      if (value >= limit / 2) strong.push(s('rect', { class: 'strong', ...inset(place(i, j)) }));
    }
  }
  const middle = (i) => (i + 0.5) * cell;
  const names = k > NAMED ? [] : classes.flatMap((name, i) => [
    s('text', { x: MARGIN.left - 5, y: MARGIN.top + middle(i) + 4, 'text-anchor': 'end' }, name),
    s('text', { x: 0, y: 0, 'text-anchor': 'end', transform: `translate(${MARGIN.left + middle(i) + 4} ${MARGIN.top + SIDE + 8}) rotate(-60)` }, name),
  ]);
  const left = k > NAMED ? MARGIN.left : 0;
  const height = MARGIN.top + SIDE + (k > NAMED ? 4 : MARGIN.bottom);
  const label = empty ? t.empty(nameOf(who)) : t.label(nameOf(who), what, k);
  const svg = s('svg', { class: 'square', viewBox: `${left} 0 ${MARGIN.left + SIDE + 4 - left} ${height}`, role: 'img', 'aria-label': label, 'data-empty': empty, focusable: 'false' }, cells, strong, names);
  const undefinedCells = matrix.some((row, i) => row.some((value, j) => i !== j && value === null));
  return h('figure', { class: 'facet' }, h('h4', {}, mark(who)), svg, h('p', { class: 'fine room' }, empty ? '' : `${capital(what)}. ${t.colours(number(limit))}${undefinedCells ? ` ${t.constant}` : ''}`));
}

/** A little smaller, so that the outlines of neighbours stay apart. */
function inset({ x, y, width, height }) {
  return { x: Number(x) + 1, y: Number(y) + 1, width: Math.max(0.5, width - 2), height: Math.max(0.5, height - 2) };
}
