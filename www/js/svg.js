/** Small pictures with axes, as SVG: their colours are classes, so that a change of theme needs no new drawing. */
import { written } from './format.js';

const SVG = 'http://www.w3.org/2000/svg';

/** An SVG element with attributes and children. */
export function s(tag, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

const BOX = { width: 320, height: 250, left: 44, right: 310, top: 10, bottom: 208 };

/**
 * A picture with two linear axes.
 * @param {object} options
 * @param {string} options.label what it shows, for people who cannot see it
 * @param {boolean} [options.empty] nothing has been computed yet
 * @param {{range: [number, number], ticks: number[], title: string, format?: (x: number) => string}} options.x
 * @param {{range: [number, number], ticks: number[], title: string, format?: (x: number) => string}} options.y
 * @param {(at: {x: (value: number) => number, y: (value: number) => number}) => Element[]} options.draw the marks, in pixels
 */
export function plane({ label, empty = false, x, y, draw }) {
  const { left, right, top, bottom, width, height } = BOX;
  const at = {
    x: (value) => left + ((value - x.range[0]) / (x.range[1] - x.range[0])) * (right - left),
    y: (value) => bottom - ((value - y.range[0]) / (y.range[1] - y.range[0])) * (bottom - top),
  };
  const say = (axis, value) => (axis.format ? axis.format(value) : written(value).replace('-', '−'));
  const grid = [
    ...y.ticks.map((tick) => s('line', { class: 'grid', x1: left, x2: right, y1: at.y(tick), y2: at.y(tick) })),
    ...x.ticks.map((tick) => s('line', { class: 'grid', x1: at.x(tick), x2: at.x(tick), y1: top, y2: bottom })),
  ];
  const texts = [
    ...y.ticks.map((tick) => s('text', { x: left - 6, y: at.y(tick) + 4, 'text-anchor': 'end' }, say(y, tick))),
    ...x.ticks.map((tick) => s('text', { x: at.x(tick), y: bottom + 17, 'text-anchor': 'middle' }, say(x, tick))),
    s('text', { class: 'title', x: (left + right) / 2, y: height - 6, 'text-anchor': 'middle' }, x.title),
    s('text', { class: 'title', x: 0, y: 0, 'text-anchor': 'middle', transform: `translate(11 ${(top + bottom) / 2}) rotate(-90)` }, y.title),
  ];
  return s('svg', { class: 'plane', viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': label, 'data-empty': empty, focusable: 'false' }, grid, draw(at), texts);
}

/** A network's own mark: teacher a disc, student a square, control a ring. */
export function dot(who, cx, cy, r) {
  if (who === 'student') return s('rect', { class: 'dot student', x: cx - r, y: cy - r, width: 2 * r, height: 2 * r });
  return s('circle', { class: `dot ${who}`, cx, cy, r });
}

/** Round numbers that cover `values`: the range and about four ticks. */
export function roundRange(values) {
  let [low, high] = [Math.min(...values, 0), Math.max(...values, 0)];
  if (high === low) high = low + 1;
  const rough = (high - low) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((x) => x * power).find((x) => x >= rough);
  [low, high] = [Math.floor(low / step) * step, Math.ceil(high / step) * step];
  const ticks = Array.from({ length: Math.round((high - low) / step) + 1 }, (_, i) => Number((low + i * step).toPrecision(6)));
  return { range: [low, high], ticks };
}
