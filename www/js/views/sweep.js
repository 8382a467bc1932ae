/** In part 3: how often the attack reaches the other two as ε grows, with noise of the same size beside it. */
import { sweepAnswer } from '../answers.js';
import { fill, h, mark, say, swatch } from '../dom.js';
import { percentWithInterval, points } from '../format.js';
import { Chart } from '../plot.js';
import { pooledAttack, RIVALS } from '../pool.js';
import { Ask } from './ask.js';
import { grid, twin } from './choices.js';

const STRENGTHS = [1, 2, 4, 6, 8, 12, 16];
const TITLE = 'Fooled, against the strength of the attack';

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
  const table = twin(TITLE);
  let chart = null;
  let drawnFor = '';
  let chosen = { ...choices };

  const ask = new Ask(experiment, {
    verb: 'Draw the curve',
    preferred: 64,
    label: 'Images at each strength',
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
      fill(answer, text, h('small', {}, `${small} ${randomStart ? 'PGD' : 'I-FGSM'}, ${norm === 'linf' ? 'L∞' : 'L2'}, ${n} images, step ${step}, seed ${seed}.`));
      return text;
    },
    clear: () => requestAnimationFrame(blank),
  });

  /** An empty chart with its axes, once its place is on the page. */
  function blank() {
    fill(answer, h('small', {}, 'The answer stands here once the curve has been drawn.'));
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
    chart = new Chart(plot, { label: `${TITLE}. Not computed yet.`, height: 220, share: true, lines: [...lines, ...noise] });
    const entry = (classes, text) => h('li', {}, swatch(classes), text);
    fill(legend, RIVALS[source].flatMap((who) => [entry(who, `${who}, attack`), entry(`${who} thin dots`, `${who}, noise`)]));
  }

  function draw(found, source) {
    build(source);
    const rivals = RIVALS[source];
    const rates = (who) => ['rate', 'high', 'low'].map((key) => found.map((point) => point.fooling[who][key]));
    chart.update([found.map((point) => point.epsilon), ...rivals.flatMap(rates), ...rivals.map((who) => found.map((point) => point.noise[who].rate))], STRENGTHS.at(-1));
    const last = found.at(-1);
    const told = rivals.map((who) => `${who} ${percentWithInterval(last.fooling[who])}, under noise ${percentWithInterval(last.noise[who])}`).join('; ');
    say(sentence, `At ε = ${last.epsilon}/255, of ${last.attacked} images that fooled the ${source}: ${told}.`);
    chart.describe(`${TITLE}. ${sentence.textContent}`);
    const heads = ['ε in 1/255', mark(source, `${source}, all images`), ...rivals.map((who) => mark(who)), 'Difference', ...rivals.map((who) => mark(who, `${who}, noise`))];
    const rows = found.map((point) => [
      String(point.epsilon),
      percentWithInterval(point.fooling[source]),
      ...rivals.map((who) => percentWithInterval(point.fooling[who])),
      points(point.comparison) || '–',
      ...rivals.map((who) => percentWithInterval(point.noise[who])),
    ]);
    fill(table.table, grid(`${TITLE}: of the images that fooled the ${source} at each strength, 95 % intervals in brackets`, heads, rows));
  }

  return [
    h('h3', {}, 'How does it grow?'),
    h('p', {}, 'The same attack at rising strength. If what was inherited are weak spots and not just softness, the student’s curve lies above the control’s and far above the noise.'),
    ask.element,
    h('figure', { class: 'chart', 'data-chart': 'sweep' }, h('h4', {}, TITLE), legend, plot, h('p', { class: 'axis' }, 'ε in 1/255. Shaded: 95 % interval. Dotted: noise of the same size.'), sentence, table.element),
    answer,
  ];
}
