/** Shares with their intervals as pictures: lines over a few strengths, and bars inside a table, which are their own text twin. */
import { h, LETTER } from '../dom.js';
import { interval, percent } from '../format.js';
import { dot, plane, s } from '../svg.js';

/** Marks of one column stand beside each other, in the order T S C. */
const BESIDE = { teacher: -0.14, student: 0, control: 0.14 };

/**
 * Shares over named columns, a line and whiskers (95 %) for each network.
 * @param {object} options
 * @param {string} options.label what it shows, for people who cannot see it
 * @param {boolean} [options.empty] nothing has been computed yet
 * @param {string[]} options.columns
 * @param {string} options.title of the x axis
 * @param {string} options.unit of the y axis
 * @param {Record<string, (import('../engine.js').Rate|undefined)[]>} options.series by network, a share a column
 */
export function lines({ label, empty, columns, title, unit, series }) {
  const last = columns.length - 1;
  return plane({
    label,
    empty,
    x: { range: [-0.4, last + 0.6], ticks: columns.map((_, i) => i), title, format: (i) => columns[i] },
    y: { range: [0, 1], ticks: [0, 0.25, 0.5, 0.75, 1], title: unit, format: (share) => String(Math.round(share * 100)) },
    draw: (at) => {
      const drawn = Object.entries(series).map(([who, rates]) => [who, rates.map((rate, i) => ({ x: at.x(i + BESIDE[who]), rate })).filter(({ rate }) => rate && rate.rate !== null)]);
      const strokes = drawn.flatMap(([who, points]) => [
        s('polyline', { class: `line ${who}`, points: points.map(({ x, rate }) => `${x.toFixed(1)},${at.y(rate.rate).toFixed(1)}`).join(' ') }),
        ...points.map(({ x, rate }) => s('line', { class: `whisker ${who}`, x1: x, x2: x, y1: at.y(rate.low), y2: at.y(rate.high) })),
      ]);
      const dots = drawn.flatMap(([who, points]) => points.map(({ x, rate }) => dot(who, x, at.y(rate.rate), 3.5)));
      return [...strokes, ...dots, ...letters(drawn, at)];
    },
  });
}

/** The networks' letters behind their last points, pushed apart where two would touch. */
function letters(drawn, at) {
  const ends = drawn.filter(([, points]) => points.length > 0).map(([who, points]) => ({ who, x: points.at(-1).x, y: at.y(points.at(-1).rate.rate) }));
  const x = Math.max(...ends.map((end) => end.x)) + 8;
  ends.sort((a, b) => a.y - b.y);
  for (let i = 1; i < ends.length; i += 1) ends[i].y = Math.max(ends[i].y, ends[i - 1].y + 13);
  const over = Math.max(0, (ends.at(-1)?.y ?? 0) - at.y(0));
  return ends.map(({ who, y }) => s('text', { class: `letter ${who}`, x, y: y - over + 4 }, LETTER[who]));
}

/** A share as a bar with its interval as a whisker, and both in words. */
export function rangeCell(who, rate) {
  const track = h('span', { class: 'track', 'aria-hidden': 'true' });
  if (rate.rate !== null) {
    const [fill, whisker] = [h('span', { class: 'fill' }), h('span', { class: 'whisker' })];
    fill.style.setProperty('--p', rate.rate.toFixed(4));
    whisker.style.setProperty('--low', rate.low.toFixed(4));
    whisker.style.setProperty('--high', rate.high.toFixed(4));
    track.append(fill, whisker);
  }
  return h('td', { class: who }, track, h('span', { class: 'value' }, percent(rate.rate, rate.n)), ' ', h('span', { class: 'value' }, interval(rate)));
}

/** A table of such bars: `rows` as [head, ...cells], a cell being [who, rate] or what stands in it. */
export function rangeTable(caption, heads, rows) {
  const cell = (content) => (Array.isArray(content) && content[1]?.n !== undefined ? rangeCell(...content) : h('td', {}, content));
  return h(
    'table',
    { class: 'bars ranges' },
    h('caption', {}, caption),
    h('thead', {}, h('tr', {}, heads.map((head) => (head === '' ? h('td') : h('th', { scope: 'col' }, head))))),
    h('tbody', {}, rows.map(([head, ...cells]) => h('tr', {}, h('th', { scope: 'row' }, head), cells.map(cell)))),
  );
}
