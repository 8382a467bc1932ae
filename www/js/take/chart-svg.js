/** A line chart as SVG, from the numbers that the chart on the page shows. */
import { LETTER } from '../dom.js';
import { written } from '../format.js';
import { s } from '../svg.js';

const EDGE = { left: 48, right: 24, top: 34, bottom: 48 };
const TICKS = 5;
const GAP = 13;

const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/**
 * @param {object} drawing see `Chart.drawing`
 * @param {{title: string, axis: string}} words what stands above and below
 */
export function chartSvg({ columns: [x, ...columns], lines, share, size, xEnd, yEnd }, { title, axis }) {
  const [width, height] = [size[0], size[1] + EDGE.top + EDGE.bottom - 42];
  const at = {
    x: (value) => EDGE.left + (value / xEnd) * (width - EDGE.left - EDGE.right),
    y: (value) => height - EDGE.bottom - (value / yEnd) * (height - EDGE.top - EDGE.bottom),
  };
  const points = (column) => x.flatMap((value, i) => (column[i] === null || column[i] === undefined ? [] : [[at.x(value), at.y(Math.min(column[i], yEnd))]]));
  const path = (list) => list.map(([a, b], i) => `${i === 0 ? 'M' : 'L'}${a.toFixed(2)} ${b.toFixed(2)}`).join('');

  const bands = lines.flatMap((line, i) => {
    if (!line.band || !lines[i + 1]?.band) return [];
    const outline = [...points(columns[i]), ...points(columns[i + 1]).reverse()];
    return outline.length > 2 ? [s('path', { d: `${path(outline)}Z`, fill: token(line.colour), 'fill-opacity': 0.18, stroke: 'none' })] : [];
  });
  const drawn = lines.flatMap((line, i) => {
    if (line.band) return [];
    const list = points(columns[i]);
    const stroke = { fill: 'none', stroke: token(line.colour), 'stroke-width': line.width };
    if (line.dash?.length > 0) stroke['stroke-dasharray'] = line.dash.join(' ');
    const dots = share ? list.map(([cx, cy]) => s('circle', { cx: cx.toFixed(2), cy: cy.toFixed(2), r: line.thin ? 2 : 3, fill: token(line.colour) })) : [];
    return [s('path', { d: path(list), ...stroke }), ...dots];
  });
  const words = { fill: token('--ink-2'), 'font-size': 12 };
  const axes = [
    ...ticks(yEnd).flatMap((value) => [
      s('line', { x1: EDGE.left, x2: width - EDGE.right, y1: at.y(value), y2: at.y(value), stroke: token('--rule') }),
      s('text', { x: EDGE.left - 6, y: at.y(value) + 4, 'text-anchor': 'end', ...words }, share ? `${Math.round(value * 100)} %` : written(value)),
    ]),
    ...ticks(xEnd).flatMap((value) => [
      s('line', { x1: at.x(value), x2: at.x(value), y1: EDGE.top, y2: height - EDGE.bottom, stroke: token('--rule') }),
      s('text', { x: at.x(value), y: height - EDGE.bottom + 18, 'text-anchor': 'middle', ...words }, written(value)),
    ]),
  ];
  const ends = lines
    .map((line, i) => ({ line, end: points(columns[i]).at(-1) }))
    .filter(({ line, end }) => end && !line.thin && !line.band)
    .sort((a, b) => a.end[1] - b.end[1]);
  for (let i = 1; i < ends.length; i += 1) ends[i].end[1] = Math.max(ends[i].end[1], ends[i - 1].end[1] + GAP);
  const letters = ends.map(({ line, end }) => s('text', { x: end[0] + 7, y: end[1] + 4, fill: token(`${line.colour}-ink`), 'font-weight': 'bold', 'font-size': 12 }, LETTER[line.who]));
  const around = [
    s('text', { x: EDGE.left, y: 20, fill: token('--ink'), 'font-size': 14, 'font-weight': 'bold' }, title),
    s('text', { x: EDGE.left, y: height - 8, ...words }, axis),
  ];
  return s('svg', { viewBox: `0 0 ${width} ${height}`, width, height, 'font-family': token('--sans') }, around, axes, bands, drawn, letters);
}

/** Round numbers from 0 to `end`, about five. */
function ticks(end) {
  const rough = end / TICKS;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((x) => x * power).find((x) => x >= rough * 0.999);
  return Array.from({ length: Math.floor(end / step + 1e-6) + 1 }, (_, i) => Number((i * step).toPrecision(6)));
}
