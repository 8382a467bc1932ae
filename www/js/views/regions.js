/** Decision regions of the three networks on one plane, as SVG: coloured, numbered, with the teacher's borders over the others. */
import { h, mark, WHO } from '../dom.js';
import { percent } from '../format.js';
import { s } from '../svg.js';
import { words } from '../words.js';

const t = words.regions;

/** Both axes are stretched to fill the same box, so that nothing moves from plane to plane. */
const SIDE = 300;
const HEIGHT = 250;
/** Regions smaller than this share of the plane get no number. */
const LEAST = 0.02;
/** Colours repeat after this many classes; the numbers do not. */
export const COLOURS = 10;

/**
 * Classes that a plane's three networks see, those of its three images first: their places are the numbers in the picture.
 * @param {number[]} labels of the three images
 * @param {Record<string, ArrayLike<number>>} classes predictions by network
 */
export function numbered(labels, classes) {
  const seen = new Set(labels);
  for (const who of WHO) for (const one of Array.from(classes[who])) seen.add(one);
  return [...seen];
}

/** The three pictures of a plane. `item` and `picture` as in the report of `boundary`, `names` of the classes as the reader calls them. */
export function planes(item, picture, names) {
  const order = numbered(item.labels, picture.classes);
  return WHO.map((who) => {
    const share = item[who];
    const told = share ? t.share(percent(share.share)) : t.teacher;
    const label = t.label(who, order.map((one) => t.part(names[one], percent(part(picture.classes[who], one)))));
    return h('figure', { class: 'facet' }, h('h4', {}, mark(who)), drawn(who, item, picture, order, label), h('p', { class: 'fine' }, told));
  });
}

/** Their places before there is a plane. */
export const noPlanes = () => WHO.map((who) => h('figure', { class: 'facet' }, h('h4', {}, mark(who)), s('svg', { class: 'regions', viewBox: `0 0 ${SIDE} ${HEIGHT}`, role: 'img', 'aria-label': t.empty(who), 'data-empty': true, focusable: 'false' }, s('rect', { class: 'empty-plane', width: SIDE, height: HEIGHT })), h('p', { class: 'fine' }, '\u00a0')));

/** The share of points at which a network predicts a class. */
export const part = (classes, one) => Array.from(classes).filter((found) => found === one).length / classes.length;

function drawn(who, { labels }, { classes, coordinates, x, y, resolution: n }, order, label) {
  const [w, d] = [SIDE / n, HEIGHT / n];
  // Row 0 has the smallest y and is drawn lowest.
  const own = classes[who];
  const rects = [];
  for (let row = 0; row < n; row += 1) {
    for (let from = 0, to; from < n; from = to) {
      to = from + 1;
      while (to < n && own[row * n + to] === own[row * n + from]) to += 1;
      rects.push(s('rect', { class: `region k${order.indexOf(own[row * n + from]) % COLOURS}`, x: (from * w).toFixed(2), y: ((n - 1 - row) * d).toFixed(2), width: ((to - from) * w + 0.3).toFixed(2), height: (d + 0.3).toFixed(2) }));
    }
  }
  const border = (of, name) => s('path', { class: name, d: borders(of, n).map(([x0, y0, x1, y1]) => `M${(x0 * w).toFixed(1)} ${((n - y0) * d).toFixed(1)}L${(x1 * w).toFixed(1)} ${((n - y1) * d).toFixed(1)}`).join('') });
  // A grid point is the middle of its cell.
  const at = ([px, py]) => [(((px - x[0]) / (x[1] - x[0])) * (n - 1) + 0.5) * w, HEIGHT - (((py - y[0]) / (y[1] - y[0])) * (n - 1) + 0.5) * d];
  const texts = middles(own, n).map(({ cell, one }) => s('text', { class: 'code', x: ((cell % n) + 0.5) * w, y: (n - 0.5 - Math.floor(cell / n)) * d + 4.5 }, String(order.indexOf(one) + 1)));
  const images = coordinates.flatMap((place, i) => {
    const [cx, cy] = at(place);
    return [s('circle', { class: 'image', cx, cy, r: 9 }), s('text', { class: 'image-code', x: cx, y: cy + 4 }, String(order.indexOf(labels[i]) + 1))];
  });
  return s('svg', { class: 'regions', viewBox: `0 0 ${SIDE} ${HEIGHT}`, role: 'img', 'aria-label': label, focusable: 'false' }, rects, border(own, 'border'), who === 'teacher' ? null : border(classes.teacher, 'teachers'), texts, images);
}

/** Edges between cells of different classes, as [x0, y0, x1, y1] in cells from the lower left. */
function borders(classes, n) {
  const edges = [];
  for (let row = 0; row < n; row += 1) {
    for (let column = 0; column < n; column += 1) {
      const own = classes[row * n + column];
      if (column + 1 < n && classes[row * n + column + 1] !== own) edges.push([column + 1, row, column + 1, row + 1]);
      if (row + 1 < n && classes[(row + 1) * n + column] !== own) edges.push([column, row + 1, column + 1, row + 1]);
    }
  }
  return edges;
}

/** Of every region that is large enough, the cell farthest from its border. */
function middles(classes, n) {
  const near = (cell) => [cell % n > 0 ? cell - 1 : -1, cell % n < n - 1 ? cell + 1 : -1, cell - n, cell + n < n * n ? cell + n : -1];
  const inside = (cell, other) => other >= 0 && classes[other] === classes[cell];
  // How far each cell is from another class or the edge of the plane, by layers.
  const depth = new Int32Array(n * n);
  let layer = [...classes.keys()].filter((cell) => !near(cell).every((other) => inside(cell, other)));
  for (let far = 1; layer.length > 0; far += 1) {
    for (const cell of layer) depth[cell] = far;
    layer = [...new Set(layer.flatMap((cell) => near(cell).filter((other) => inside(cell, other) && depth[other] === 0)))];
  }
  const done = new Uint8Array(n * n);
  const found = [];
  for (let start = 0; start < n * n; start += 1) {
    if (done[start]) continue;
    const region = [start];
    done[start] = 1;
    for (let i = 0; i < region.length; i += 1) {
      for (const other of near(region[i])) {
        if (!inside(region[i], other) || done[other]) continue;
        done[other] = 1;
        region.push(other);
      }
    }
    if (region.length < LEAST * n * n) continue;
    found.push({ one: classes[start], cell: region.reduce((best, cell) => (depth[cell] > depth[best] ? cell : best)) });
  }
  return found;
}
