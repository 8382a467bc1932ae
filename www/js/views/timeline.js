/** The timeline of part 1: a slider over the snapshots of the run, and the way back to now. */
import { announce, fill, h, newId, say } from '../dom.js';
import { bytes, integer } from '../format.js';
import { BUDGET } from '../timeline.js';
import { words } from '../words.js';
import { moment } from './as-of.js';

const t = words.timeline;

/** @param {import('../experiment.js').Experiment} experiment */
export function timeline(experiment) {
  const id = newId('timeline');
  const ticks = h('datalist', { id: `${id}-ticks` });
  const shown = h('output', { htmlFor: id });
  const input = h('input', { id, type: 'range', min: 0, step: 1, 'aria-describedby': `${id}-help`, oninput: () => look(Number(input.value)) });
  input.setAttribute('list', ticks.id);
  const back = h('button', { type: 'button', onclick: () => { experiment.lookBack(null); input.focus(); } });
  const help = h('p', { class: 'help', id: `${id}-help` });
  const element = h('div', { class: 'timeline', hidden: true }, h('div', { class: 'field' }, h('label', { htmlFor: id }, t.label, shown), input, ticks, help), h('div', { class: 'buttons' }, back));
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
    const now = (recorded ? t.theEnd : t.now)(moment(step, stepsPerEpoch));
    const text = lookedAt === null ? now : t.asOf(moment(lookedAt, stepsPerEpoch));
    say(shown, text);
    input.setAttribute('aria-valuetext', text);
    say(back, recorded ? t.end : t.back);
    // Disabled, a button would lose the focus of whoever pressed it.
    back.setAttribute('aria-disabled', String(lookedAt === null));
    say(help, recorded ? t.recorded : t.kept(bytes(BUDGET)));
  };
  experiment.addEventListener('change', draw);
  experiment.addEventListener('look', () => {
    if (experiment.lookedAt !== null) announce(t.announced(integer(experiment.lookedAt)));
  });
  draw();
  return element;
}
