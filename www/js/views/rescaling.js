/** Part «Why?», b: which images soft targets push hardest, and which classes the networks find alike. */
import { factorAnswer, geometryAnswer } from '../answers-why.js';
import { classNames } from '../classes.js';
import { fill, h, mark, say } from '../dom.js';
import { correlation, integer, number, written } from '../format.js';
import { settingsOf } from '../settings.js';
import { dot, plane } from '../svg.js';
import { words } from '../words.js';
import { Ask } from './ask.js';
import { barCell } from './bars.js';
import { problemBox, whenLoaded } from './boxes.js';
import { grid, twin } from './choices.js';
import { alike, noSquares, squares } from './squares.js';

const t = words.rescaling;
const TAUGHT = ['student', 'control'];
const MAX_ROWS = 40;
/** A trained teacher is nearly always nearly sure: on the scale of log odds 99.9 % and 99.99 % can be told apart. */
const SURE = [0.001, 0.1, 0.9, 0.999, 0.99999];
const ENDS = [-7.2, 12];
const odds = (p) => Math.log(p / (1 - p));
/** Where the teacher is all but sure, factors are hundreds of times the others: above 1 each power of ten has the same height. */
const bend = Math.asinh;
const POWERS = [1, 10, 100, 1e3, 1e4, 1e5, 1e6];

/** @param {import('../experiment.js').Experiment} experiment */
export function rescaling(experiment, holder) {
  const scatter = h('div', { class: 'facets' });
  const factors = h('p', { class: 'answer', 'data-answer': 'factors' });
  const points = twin(t.factors);
  const targets = h('div', { class: 'scroller targets fills', tabIndex: 0, role: 'group', 'aria-label': t.targetsLabel });
  const maps = h('div', { class: 'facets three' });
  const geometry = h('p', { class: 'answer', 'data-answer': 'geometry' });
  const pairs = twin(t.pairs);
  const used = h('p', { class: 'fine' });
  let report = null;
  let lab = null;

  const ask = new Ask(experiment, {
    verb: t.verb,
    preferred: 128,
    part: (open, images) => {
      lab = open;
      return open.probe('rescaling', { images, ...softening(experiment) });
    },
    show: ([found]) => {
      report = { ...found, classes: classNames(found.classes) };
      const first = factorAnswer(report);
      const second = geometryAnswer(report);
      fill(scatter, scatters(report));
      fill(points.table, factorTable(report));
      fill(factors, first.text, h('small', {}, `${first.small} ${setting(report)}`));
      fill(maps, squares(report));
      fill(pairs.table, pairTable(report));
      fill(geometry, second.text, h('small', {}, `${second.small} ${setting(report)}`));
      drawTargets();
      return `${first.text} ${second.text}`;
    },
    clear: () => {
      report = null;
      say(used, softeningWords(experiment));
      fill(scatter, scatters({ items: [] }));
      fill(maps, experiment.lab && noSquares(classNames(experiment.classes)));
      for (const place of [points.table, pairs.table]) fill(place);
      fill(targets, h('p', { class: 'fine' }, t.noTargets));
      for (const place of [factors, geometry]) fill(place, h('small', {}, t.none));
    },
  });
  experiment.addEventListener('select', () => drawTargets());
  experiment.addEventListener('form', () => say(used, softeningWords(experiment)));

  /** An image that was not among those asked about is asked about alone. */
  async function drawTargets() {
    if (!report) return;
    const wanted = experiment.selected;
    const { temperature, alpha } = report;
    const held = report.items.find((item) => item.index === wanted);
    try {
      const item = held ?? (await lab.probe('rescaling', { images: [wanted], temperature, alpha })).items[0];
      if (report && wanted === experiment.selected) fill(targets, targetTable(item, report));
    } catch (error) {
      if (error.code !== 'disposed') fill(targets, problemBox(error));
    }
  }

  whenLoaded(experiment, holder, t.invitation, [
    ask.element,
    used,
    h('h4', {}, t.pushed),
    scatter,
    factors,
    points.element,
    h('h4', {}, t.taught),
    targets,
    h('h4', {}, t.alike),
    h('p', {}, t.alikeAbout),
    maps,
    geometry,
    pairs.element,
  ]);
}

/** T and α of the run where its method has them as shares of soft targets; otherwise the usual ones. */
function softening(experiment) {
  const held = experiment.lab.settings;
  const alpha = settingsOf(experiment.description, held.method).find((setting) => setting.name === 'alpha');
  return alpha?.max === 1 && held.temperature >= 0.5 ? { temperature: held.temperature, alpha: held.alpha } : { temperature: 4, alpha: 0.9 };
}

function softeningWords(experiment) {
  if (!experiment.lab) return '';
  const { temperature, alpha } = softening(experiment);
  const held = experiment.lab.settings;
  const own = held.temperature === temperature && held.alpha === alpha;
  return (own ? t.asInRun : t.asUsual)(written(temperature), written(alpha));
}

const setting = ({ temperature, alpha, step, seed }) => t.way(written(temperature), written(alpha), integer(step), seed);

function scatters({ items }) {
  const values = items.flatMap((item) => TAUGHT.map((who) => item.factor[who])).filter((w) => w !== null);
  const y = bentAxis(values);
  return TAUGHT.map((who) => {
    const own = items.filter((item) => item.factor[who] !== null);
    const placed = (item) => Math.min(ENDS[1], Math.max(ENDS[0], odds(item.confidence)));
    const outside = own.filter((item) => placed(item) !== odds(item.confidence)).length;
    const picture = plane({
      label: own.length === 0 ? t.empty(who) : t.alt(who, own.length),
      empty: own.length === 0,
      x: { range: ENDS, ticks: SURE.map(odds), title: t.confidence, format: (x) => written(Number((100 / (1 + Math.exp(-x))).toPrecision(5))) },
      y: { ...y, title: t.factor },
      draw: (at) => own.map((item) => dot(who, at.x(placed(item)), at.y(bend(item.factor[who])), 2.5)),
    });
    return h('figure', { class: 'facet' }, h('h4', {}, mark(who)), picture, h('p', { class: 'fine' }, `${t.scales} ${outside > 0 ? t.outside(outside) : ''}`));
  });
}

/** An axis with room for all factors, 1 at the least, and a tick at 0 and at powers of ten. */
function bentAxis(values) {
  const [low, high] = [Math.min(0, ...values), Math.max(1, ...values)];
  const powers = POWERS.filter((power) => power <= Math.max(-low, high));
  // Labels need room: of many powers every other one has its tick.
  const told = powers.length > 4 ? powers.filter((_, i) => i % 2 === 1) : powers;
  const ticks = [...told.map((power) => -power), 0, ...told].filter((tick) => tick >= low && tick <= high);
  return { range: [bend(low) - (low < 0 ? 0.3 : 0), bend(high) + 0.3], ticks: ticks.map(bend), format: (y) => written(Number(Math.sinh(y).toPrecision(3))).replace('-', '−') };
}

function factorTable({ items, confidenceCorrelation, classes }) {
  const every = Math.ceil(items.length / MAX_ROWS);
  const kept = items.filter((_, i) => i % every === 0);
  const some = every > 1 ? ` ${t.every(every)}` : '';
  const caption = `${t.factorCaption(correlation(confidenceCorrelation.student), correlation(confidenceCorrelation.control))}${some}`;
  return grid(caption, [t.image, t.label, mark('teacher', t.columns.confidence), mark('student', t.columns.factor), mark('control', t.columns.factor)], kept.map((item) => [String(item.index), classes[item.label], number(item.confidence), number(item.factor.student), number(item.factor.control)]));
}

function pairTable(report) {
  const all = alike(report);
  const kept = all.slice(0, MAX_ROWS);
  const some = kept.length < all.length ? ` ${t.somePairs(kept.length, all.length)}` : '';
  return grid(`${t.pairCaption}${some}`, [t.pair, mark('teacher', t.columns.correlation), mark('student', t.columns.cosine), mark('control', t.columns.cosine)], kept.map(({ names, teacher, student, control }) => [names.join(', '), number(teacher), number(student), number(control)]));
}

/** What each variant of soft targets would teach for one image: bars in a table, which is its own text twin. */
function targetTable({ index, label, targets }, { classes, temperature }) {
  const columns = [['label', 'plain'], ['smoothing', 'plain'], ['teacher', 'teacher'], ['confidence', 'teacher'], ['topK', 'teacher']];
  const order = classes.map((_, i) => i);
  const kept = order.length <= 10 ? order : order.sort((a, b) => (b === label) - (a === label) || targets.teacher[b] - targets.teacher[a]).slice(0, 10);
  const row = (i) =>
    h(
      'tr',
      i === label ? { class: 'true' } : {},
      h('th', { scope: 'row' }, classes[i], i === label ? h('span', {}, ' ✓', h('span', { class: 'visually-hidden' }, ` ${t.isLabel}`)) : null),
      columns.map(([name, dress]) => barCell(dress, targets[name][i], false)),
    );
  return h(
    'table',
    { class: 'bars' },
    h('caption', {}, kept.length < classes.length ? t.targetsTen(index) : t.targets(index)),
    h('thead', {}, h('tr', {}, h('th', { scope: 'col' }, t.class), columns.map(([name]) => h('th', { scope: 'col' }, t.variants[name](written(temperature)))))),
    h('tbody', {}, kept.map(row)),
  );
}
