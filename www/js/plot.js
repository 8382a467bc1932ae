/** Streaming line charts: uPlot with the page's colours, letters at the lines' ends and axes that stay put. */
import uPlot from '../vendor/uplot/uPlot.esm.js';
import { LETTER } from './dom.js';
import { tick, written } from './format.js';

const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

const LINES = {
  teacher: { colour: '--t', width: 2 },
  student: { colour: '--s', width: 3.5 },
  control: { colour: '--c', width: 2, dash: [6, 4] },
};

/**
 * @typedef {object} Line
 * @property {string} who teacher, student or control: gives colour, width and dash
 * @property {boolean} [thin] a part of that network's curve, drawn thin and without letter
 * @property {number[]} [dash]
 * @property {boolean} [band] an edge of the interval: not drawn, the area between it and the next line is
 *
 * @typedef {object} ChartOptions
 * @property {string} label for people who cannot see it; `describe` later replaces it
 * @property {number} height in pixels
 * @property {Line[]} lines in the order of the columns given to `update`
 * @property {boolean} [share] the y axis is 0 to 100 %; otherwise it starts at 0 and only ever grows
 */

/** Charts by the element that holds them. */
const charts = new WeakMap();

/** The chart in `holder`, if there is one. @returns {Chart|undefined} */
export const chartIn = (holder) => charts.get(holder);

/** A chart in `holder` that can be fed, relabelled and thrown away. */
export class Chart {
  #holder;
  #options;
  #plot = null;
  #data;
  #xEnd = 1;
  #mark = null;
  #yEnd = 0;
  #observer;
  #retheme = () => this.#build();

  /**
   * @param {HTMLElement} holder
   * @param {ChartOptions} options
   */
  constructor(holder, options) {
    this.#holder = holder;
    this.#options = options;
    this.#data = [[], ...options.lines.map(() => [])];
    holder.setAttribute('role', 'img');
    this.describe(options.label);
    this.#observer = new ResizeObserver(() => {
      if (this.#plot && holder.clientWidth > 0) this.#plot.setSize({ width: holder.clientWidth, height: options.height });
    });
    this.#build();
    charts.set(holder, this);
    this.#observer.observe(holder);
    document.addEventListener('themechange', this.#retheme);
  }

  /** The sentence that stands for the picture. */
  describe(text) {
    this.#holder.setAttribute('aria-label', text);
  }

  /**
   * @param {(number|null)[][]} columns x, then one column a line
   * @param {number} xEnd right end of the x axis; it does not move while a run is read
   */
  update(columns, xEnd) {
    this.#data = columns;
    this.#xEnd = Math.max(xEnd, columns[0].at(-1) ?? 0);
    if (!this.#options.share) this.#yEnd = columns[0].length === 0 ? 0 : Math.max(this.#yEnd, niceEnd(columns.slice(1)));
    this.#plot.setData(columns);
  }

  /** What is drawn: enough to draw it again in another format. */
  get drawing() {
    const { lines, height, share = false } = this.#options;
    const styled = lines.map((line) => ({ ...LINES[line.who], ...line, width: line.thin ? 1.5 : LINES[line.who].width, dash: line.dash ?? LINES[line.who].dash }));
    return { columns: this.#data, lines: styled, share, size: [this.#plot.width, height], xEnd: this.#xEnd, yEnd: share ? 1 : this.#yEnd || 1 };
  }

  /** A line across the chart at `x`, with a small flag; null takes it away. */
  mark(x) {
    if (x === this.#mark) return;
    this.#mark = x;
    this.#plot.redraw(false, false);
  }

  destroy() {
    charts.delete(this.#holder);
    this.#observer.disconnect();
    document.removeEventListener('themechange', this.#retheme);
    this.#plot.destroy();
  }

  #build() {
    this.#plot?.destroy();
    const { lines, height, share } = this.#options;
    const font = `12px ${token('--sans')}`;
    const axis = {
      stroke: token('--ink-2'),
      font,
      grid: { stroke: token('--rule'), width: 1 },
      ticks: { stroke: token('--rule'), width: 1, size: 4 },
    };
    const bands = lines.flatMap((line, i) =>
      line.band && lines[i + 1]?.band ? [{ series: [i + 1, i + 2], fill: `${token(LINES[line.who].colour)}2e` }] : [],
    );
    this.#plot = new uPlot(
      {
        width: Math.max(160, this.#holder.clientWidth),
        height,
        padding: [10, 20, 0, 0],
        legend: { show: false },
        cursor: { show: false },
        scales: {
          x: { time: false, range: () => [0, this.#xEnd] },
          y: { range: () => [0, share ? 1 : this.#yEnd || 1] },
        },
        axes: [
          { ...axis, size: 28, space: 60, values: (_, ticks) => ticks.map(tick) },
          { ...axis, size: 44, space: 36, values: (_, ticks) => ticks.map((at) => (share ? `${Math.round(at * 100)} %` : written(+at.toPrecision(3)))) },
        ],
        series: [{}, ...lines.map((line) => this.#series(line))],
        bands,
        hooks: { draw: [(plot) => drawLetters(plot, lines, font), (plot) => drawMark(plot, this.#mark)] },
      },
      this.#data,
      this.#holder,
    );
  }

  #series({ who, thin, dash, band }) {
    const style = LINES[who];
    return {
      stroke: band ? 'transparent' : token(style.colour),
      width: band ? 0 : thin ? 1.5 : style.width,
      dash: dash ?? style.dash,
      spanGaps: true,
      // Evaluations are few and each is a measurement; the loss is a stream.
      points: { show: Boolean(this.#options.share) && !band, size: thin ? 4 : 6, fill: token(style.colour) },
    };
  }
}

/** 1, 2 or 5 times a power of ten, at or above the largest value once the first tenth has passed. */
function niceEnd(columns) {
  let top = 0;
  for (const column of columns) {
    // The first steps of an untrained network are far above all others and would flatten the rest of the curve.
    for (let i = Math.min(2, column.length - 1); i < column.length; i += 1) top = Math.max(top, column[i] ?? 0);
  }
  if (!(top > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(top));
  return [1, 1.5, 2, 3, 4, 5, 6, 8, 10].map((x) => x * power).find((x) => x >= top);
}

/** Where the timeline stands. */
function drawMark(plot, x) {
  if (x === null) return;
  const { ctx: context, bbox } = plot;
  const at = plot.valToPos(x, 'x', true);
  const size = 5 * devicePixelRatio;
  context.save();
  context.strokeStyle = token('--ink');
  context.fillStyle = token('--ink');
  context.setLineDash([]);
  context.lineWidth = 1.5 * devicePixelRatio;
  context.beginPath();
  context.moveTo(at, bbox.top);
  context.lineTo(at, bbox.top + bbox.height);
  context.stroke();
  context.beginPath();
  context.moveTo(at - size, bbox.top - size);
  context.lineTo(at + size, bbox.top - size);
  context.lineTo(at, bbox.top + size);
  context.fill();
  context.restore();
}

/** The network's letter behind the last point of its line, pushed apart where two would touch. */
function drawLetters(plot, lines, font) {
  const ends = [];
  lines.forEach((line, i) => {
    if (line.thin || line.band) return;
    const values = plot.data[i + 1];
    const last = values.findLastIndex((value) => value !== null && value !== undefined);
    if (last < 0) return;
    ends.push({ who: line.who, x: plot.valToPos(plot.data[0][last], 'x', true), y: plot.valToPos(values[last], 'y', true) });
  });
  const gap = 13 * devicePixelRatio;
  ends.sort((a, b) => a.y - b.y);
  for (let i = 1; i < ends.length; i += 1) ends[i].y = Math.max(ends[i].y, ends[i - 1].y + gap);
  const context = plot.ctx;
  context.save();
  context.font = `bold ${font}`.replace('12px', `${12 * devicePixelRatio}px`);
  context.textBaseline = 'middle';
  context.textAlign = 'left';
  for (const { who, x, y } of ends) {
    context.fillStyle = token(`${LINES[who].colour}-ink`);
    context.fillText(LETTER[who], x + 7 * devicePixelRatio, y);
  }
  context.restore();
}
