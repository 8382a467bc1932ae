/** In part 3: how often the attack reaches the other two as ε grows, with noise of the same size beside it. */
import { sweepAnswer } from '../answers.js';
import { fill, h, mark, nameOf, say, swatch } from '../dom.js';
import { integer, percentWithInterval, points } from '../format.js';
import { Chart } from '../plot.js';
import { pooledAttack, RIVALS } from '../pool.js';
import { words } from '../words.js';
import { Ask } from './ask.js';
import { grid, twin } from './choices.js';

const STRENGTHS = [1, 2, 4, 6, 8, 12, 16];
const t = words.sweep;

/**
 * @param {import('../experiment.js').Experiment} experiment
 * @param {{norm: string, attack: string, source: string}} choices of the panel, read when the button is pressed
 * @returns {HTMLElement[]} for a panel's body
 */
export function sweep(experiment, choices) {
  const plot = h('div', { class: 'plot' });
  const legend = h('ul', { class: 'legend' });
  const sentence = h('p', { class: 'say' });
  const answer = h('p', { class: 'answer', 'data-answer': 'sweep' });
  const table = twin(t.title);
  let chart = null;
  let drawnFor = '';
  let chosen = { ...choices };

  const ask = new Ask(experiment, {
    verb: t.verb,
    preferred: 64,
    label: t.images,
    parts: STRENGTHS,
    part: async (lab, images, epsilon) => {
      if (epsilon === STRENGTHS[0]) chosen = { ...choices };
      return lab.probe('adversarial', { ...chosen, images, epsilon });
    },
    pool: (reports, compare) => Promise.all(reports.map((report) => pooledAttack([report], compare))),
    show: (found) => {
      draw(found, chosen.source);
      const { text, small } = sweepAnswer(found, chosen.source);
      const { norm, randomStart, step, seed, n } = found.at(-1);
      fill(answer, text, h('small', {}, `${small} ${t.way(randomStart ? 'PGD' : 'I-FGSM', norm === 'linf' ? 'L∞' : 'L2', n, integer(step), seed)}`));
      return text;
    },
    clear: () => requestAnimationFrame(blank),
  });

  /** An empty chart with its axes, once its place is on the page. */
  function blank() {
    fill(answer, h('small', {}, t.none));
    fill(table.table);
    say(sentence, '');
    if (!plot.isConnected) return;
    build('teacher');
    chart.update([[], ...Array(8).fill([])], STRENGTHS.at(-1));
  }

  function build(source) {
    if (chart && drawnFor === source) return;
    chart?.destroy();
    drawnFor = source;
    const lines = RIVALS[source].flatMap((who) => [{ who }, { who, band: true }, { who, band: true }]);
    const noise = RIVALS[source].map((who) => ({ who, thin: true, dash: [2, 3] }));
    chart = new Chart(plot, { label: t.empty, height: 220, share: true, lines: [...lines, ...noise] });
    const entry = (classes, text) => h('li', {}, swatch(classes), text);
    fill(legend, RIVALS[source].flatMap((who) => [entry(who, t.attack(nameOf(who))), entry(`${who} thin dots`, t.noise(nameOf(who)))]));
  }

  function draw(found, source) {
    build(source);
    const rivals = RIVALS[source];
    const rates = (who) => ['rate', 'high', 'low'].map((key) => found.map((point) => point.fooling[who][key]));
    chart.update([found.map((point) => point.epsilon), ...rivals.flatMap(rates), ...rivals.map((who) => found.map((point) => point.noise[who].rate))], STRENGTHS.at(-1));
    const last = found.at(-1);
    const told = rivals.map((who) => t.one(nameOf(who), percentWithInterval(last.fooling[who]), percentWithInterval(last.noise[who]))).join('; ');
    say(sentence, t.last(last.epsilon, last.attacked, source, told));
    chart.describe(`${t.title}. ${sentence.textContent}`);
    const heads = [t.epsilon, mark(source, t.all(nameOf(source))), ...rivals.map((who) => mark(who)), t.difference, ...rivals.map((who) => mark(who, t.noise(nameOf(who))))];
    const rows = found.map((point) => [
      String(point.epsilon),
      percentWithInterval(point.fooling[source]),
      ...rivals.map((who) => percentWithInterval(point.fooling[who])),
      points(point.comparison) || '–',
      ...rivals.map((who) => percentWithInterval(point.noise[who])),
    ]);
    fill(table.table, grid(t.caption(source), heads, rows));
  }

  return [
    h('h3', {}, t.question),
    h('p', {}, t.about),
    ask.element,
    h('figure', { class: 'chart', 'data-chart': 'sweep' }, h('h4', {}, t.title), legend, plot, h('p', { class: 'axis' }, t.axis), sentence, table.element),
    answer,
  ];
}
