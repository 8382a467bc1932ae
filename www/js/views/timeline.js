/** The timeline of part 1: a slider over the snapshots of the run, and the way back to now. */
import { announce, fill, h, newId, say } from '../dom.js';
import { bytes, integer } from '../format.js';
import { BUDGET } from '../timeline.js';
import { moment } from './as-of.js';

const WORDS = {
  label: 'Look back along the run',
  back: 'Back to now',
  end: 'Back to the end',
  kept: `Snapshots are taken at the start and at every evaluation, in 16 bits, up to ${bytes(BUDGET)}; from then on every second is kept. Looking back does not touch the run.`,
  recorded: 'Snapshots lie closer together at the start, where most is learnt; they hold 16-bit weights.',
};

/** @param {import('../experiment.js').Experiment} experiment */
export function timeline(experiment) {
  const id = newId('timeline');
  const ticks = h('datalist', { id: `${id}-ticks` });
  const shown = h('output', { htmlFor: id });
  const input = h('input', { id, type: 'range', min: 0, step: 1, 'aria-describedby': `${id}-help`, oninput: () => look(Number(input.value)) });
  input.setAttribute('list', ticks.id);
  const back = h('button', { type: 'button', onclick: () => { experiment.lookBack(null); input.focus(); } });
  const help = h('p', { class: 'help', id: `${id}-help` });
  const element = h('div', { class: 'timeline', hidden: true }, h('div', { class: 'field' }, h('label', { htmlFor: id }, WORDS.label, shown), input, ticks, help), h('div', { class: 'buttons' }, back));
  /** Steps that the slider stops at; behind them comes now. */
  let stops = [];

  const look = (position) => {
    experiment.lookBack(position < stops.length ? stops[position] : null);
  };

  const draw = () => {
    const { lookedAt, step, recorded, stepsPerEpoch } = experiment;
    stops = experiment.timeline.steps.filter((stop) => stop < step);
    element.hidden = stops.length === 0;
    if (element.hidden) return;
    if (Number(input.max) !== stops.length || ticks.children.length !== stops.length + 1) {
      input.max = stops.length;
      fill(ticks, [...stops, step].map((_, i) => h('option', { value: i })));
    }
    input.value = lookedAt === null ? stops.length : stops.indexOf(lookedAt);
    const now = `${recorded ? 'the end' : 'now'}: ${moment(step, stepsPerEpoch)}`;
    const text = lookedAt === null ? now : `as of ${moment(lookedAt, stepsPerEpoch)}`;
    say(shown, text);
    input.setAttribute('aria-valuetext', text);
    say(back, recorded ? WORDS.end : WORDS.back);
    // Disabled, a button would lose the focus of whoever pressed it.
    back.setAttribute('aria-disabled', String(lookedAt === null));
    say(help, recorded ? WORDS.recorded : WORDS.kept);
  };
  experiment.addEventListener('change', draw);
  experiment.addEventListener('look', () => {
    if (experiment.lookedAt !== null) announce(`The parts below show the networks as of step ${integer(experiment.lookedAt)}.`);
  });
  draw();
  return element;
}
