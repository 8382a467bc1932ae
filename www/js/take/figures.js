/**
 * Every figure on the page as a picture of its own. Line charts are drawn again from their numbers, drawings in SVG are
 * copied with the colours that they have now, and pictures of pixels are put into an SVG as they are.
 */
import { chartIn } from '../plot.js';
import { s } from '../svg.js';
import { chartSvg } from './chart-svg.js';
import { tilesSvg } from './tiles-svg.js';

/** What an SVG's marks look like comes from the page's style sheets; a file has none, so it is written into each mark. */
const STYLED = ['fill', 'stroke', 'stroke-width', 'stroke-dasharray', 'stroke-linecap', 'fill-opacity', 'stroke-opacity', 'opacity', 'font-size', 'font-weight', 'font-style', 'text-anchor'];
/** Groups of pictures that belong together. */
const GROUPS = '.trio, .examples, .facets';
/** Drawings that are part of the text or of a legend. */
const NOT_FIGURES = '.strip, .legend, .tag, .pictured, .take';

/** @typedef {{title: string, alt: string, table: string[][], draw: () => SVGSVGElement}} Figure */

/** Every figure that can be seen, in the order of the page. @returns {Figure[]} */
export function figuresOf(root) {
  const found = [];
  const taken = new Set();
  for (const element of root.querySelectorAll('.plot[role=img], svg[role=img], canvas[role=img]')) {
    if (element.getClientRects().length === 0 || element.closest(NOT_FIGURES) || element.dataset.empty === 'true') continue;
    if (element.tagName === 'CANVAS') {
      const group = element.closest(GROUPS) ?? element;
      if (taken.has(group)) continue;
      taken.add(group);
      found.push(pictures(group));
    } else {
      const chart = chartIn(element);
      if (chart?.drawing.columns[0].length === 0) continue;
      const alt = element.getAttribute('aria-label') ?? '';
      found.push({ title: titleOf(element), alt, table: tableBy(element), draw: () => (chart ? chartSvg(chart.drawing, wordsOf(element)) : styledCopy(element)) });
    }
  }
  return numbered(found);
}

function pictures(group) {
  const canvases = group.tagName === 'CANVAS' ? [group] : [...group.querySelectorAll('canvas[role=img]')];
  const alt = canvases.map((canvas) => canvas.getAttribute('aria-label')).join('. ');
  return { title: titleOf(group), alt, table: [], draw: () => tilesSvg(canvases) };
}

/** The heading of the figure and, before it, that of the question. */
function titleOf(element) {
  const own = element.closest('figure')?.querySelector('h3, h4');
  const question = headingBefore(element, 'h1, h2, h3');
  const words = [question, own].filter(Boolean).map((heading) => text(heading));
  return [...new Set(words)].join(': ').replaceAll('?: ', '? ');
}

const wordsOf = (plot) => {
  const figure = plot.closest('figure');
  return { title: figure?.querySelector('h3, h4')?.textContent ?? '', axis: figure?.querySelector('.axis')?.textContent ?? '' };
};

/** The last heading that stands before the element and is not inside a figure or a tile. */
function headingBefore(element, selector) {
  const all = [...document.querySelectorAll(`main :is(${selector})`)].filter((heading) => !heading.closest('figure, .tile'));
  return all.findLast((heading) => heading.compareDocumentPosition(element) & Node.DOCUMENT_POSITION_FOLLOWING);
}

function text(heading) {
  const copy = heading.cloneNode(true);
  for (const part of copy.querySelectorAll('.number, .badge')) part.remove();
  return copy.textContent.replace(/\s+/g, ' ').trim();
}

/** The figure's text twin as rows of words. */
function tableBy(element) {
  const near = element.closest('figure')?.querySelector('table') ?? element.closest('.panel-body')?.querySelector('details.as-table table');
  return near ? [...near.rows].map((row) => [...row.cells].map((cell) => cell.textContent.replace(/\s+/g, ' ').trim())) : [];
}

function numbered(figures) {
  const seen = new Map();
  for (const figure of figures) {
    const count = (seen.get(figure.title) ?? 0) + 1;
    seen.set(figure.title, count);
    if (count > 1) figure.title += ` (${count})`;
  }
  return figures;
}

function styledCopy(svg) {
  const copy = svg.cloneNode(true);
  const originals = [svg, ...svg.querySelectorAll('*')];
  [copy, ...copy.querySelectorAll('*')].forEach((element, i) => {
    const style = getComputedStyle(originals[i]);
    for (const name of STYLED) element.setAttribute(name, style.getPropertyValue(name));
    element.removeAttribute('class');
  });
  const box = svg.getBoundingClientRect();
  copy.setAttribute('width', box.width.toFixed(0));
  copy.setAttribute('height', box.height.toFixed(0));
  copy.setAttribute('font-family', getComputedStyle(svg).fontFamily);
  copy.removeAttribute('aria-label');
  return copy;
}

/**
 * The figure as the text of an SVG file: with title, description and, as metadata, the numbers of its table.
 * @param {Figure} figure @param {object} about what the run was
 */
export function svgText(figure, about) {
  const svg = figure.draw();
  const paper = getComputedStyle(document.documentElement).getPropertyValue('--paper').trim();
  const { width, height, x, y } = svg.viewBox.baseVal;
  svg.setAttribute('role', 'img');
  svg.prepend(
    s('title', {}, figure.title),
    s('desc', {}, figure.alt),
    s('metadata', {}, JSON.stringify({ ...about, table: figure.table })),
    s('rect', { x, y, width, height, fill: paper, stroke: 'none' }),
  );
  return `<?xml version="1.0" encoding="UTF-8"?>\n${new XMLSerializer().serializeToString(svg)}\n`;
}
