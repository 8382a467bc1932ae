/** Pictures of pixels side by side as one SVG: each as it is on the page, its heading above it, its words below. */
import { s } from '../svg.js';

const TILE = 180;
const GAP = 16;
const LINE = 15;
const LETTERS = 30;
const MOST_LINES = 6;

const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** @param {HTMLCanvasElement[]} canvases */
export function tilesSvg(canvases) {
  const tiles = canvases.map((canvas) => ({ canvas, ...words(canvas) }));
  const deepest = Math.max(...tiles.map((tile) => tile.lines.length));
  const width = tiles.length * (TILE + GAP) + GAP;
  const height = GAP + LINE + 8 + TILE + 8 + deepest * LINE + GAP;
  const body = tiles.flatMap(({ canvas, head, lines }, i) => {
    const x = GAP + i * (TILE + GAP);
    const top = GAP + LINE + 8;
    const wide = canvas.width >= canvas.height;
    const size = { width: wide ? TILE : (TILE * canvas.width) / canvas.height, height: wide ? (TILE * canvas.height) / canvas.width : TILE };
    return [
      s('text', { x, y: GAP + LINE - 3, fill: token('--ink'), 'font-size': 13, 'font-weight': 'bold' }, head),
      s('image', { x, y: top, ...size, href: canvas.toDataURL('image/png'), 'image-rendering': 'pixelated' }),
      ...lines.map((line, row) => s('text', { x, y: top + TILE + 8 + (row + 1) * LINE - 3, fill: token('--ink-2'), 'font-size': 11.5 }, line)),
    ];
  });
  return s('svg', { viewBox: `0 0 ${width} ${height}`, width, height, 'font-family': token('--sans') }, body);
}

function words(canvas) {
  const tile = canvas.closest('.tile, li, figure');
  const label = canvas.getAttribute('aria-label') ?? '';
  const heading = tile?.querySelector('h3, h4');
  const head = heading ? plain(heading) : '';
  const told = tile && tile.tagName !== 'LI' ? [...tile.querySelectorAll('p, li')].map(plain).filter(Boolean) : [];
  return { head, lines: (told.length > 0 ? told : [label]).flatMap(wrap).slice(0, MOST_LINES) };
}

/** Its words without the letters that stand for the networks. */
function plain(element) {
  const copy = element.cloneNode(true);
  for (const badge of copy.querySelectorAll('.badge')) badge.remove();
  return copy.textContent.replace(/\s+/g, ' ').trim();
}

/** Lines of at most so many letters; SVG breaks none by itself. */
function wrap(text) {
  const lines = [''];
  for (const word of text.split(' ')) {
    if (lines.at(-1) && `${lines.at(-1)} ${word}`.length > LETTERS) lines.push(word);
    else lines[lines.length - 1] = `${lines.at(-1)} ${word}`.trim();
  }
  return lines;
}
