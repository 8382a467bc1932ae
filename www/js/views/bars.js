/** What the three networks say: softmax outputs as bars inside a table, and verdicts in words. */
import { h, mark, WHO } from '../dom.js';
import { probability } from '../format.js';
import { words } from '../words.js';

const t = words.bars;

/** softmax(logits / temperature) */
export function softmax(logits, temperature = 1) {
  const scaled = Array.from(logits, (value) => value / temperature);
  const top = Math.max(...scaled);
  const weights = scaled.map((value) => Math.exp(value - top));
  const sum = weights.reduce((a, b) => a + b, 0);
  return weights.map((weight) => weight / sum);
}

/** Index of the largest value. */
export const argmax = (values) => values.indexOf(Math.max(...values));

/**
 * @param {string} caption
 * @param {string[]} classes as the reader calls them
 * @param {Record<string, number[]>} probabilities of teacher, student and control
 * @param {number} label the true class
 */
export function barTable(caption, classes, probabilities, label) {
  const tops = Object.fromEntries(WHO.map((who) => [who, argmax(probabilities[who])]));
  // With a hundred classes only those that some network finds likely can be shown.
  const order = classes.map((_, i) => i);
  const weight = (i) => (i === label ? 2 : Math.max(...WHO.map((who) => probabilities[who][i])));
  const kept = order.length <= 10 ? order : order.sort((a, b) => weight(b) - weight(a)).slice(0, 10);
  const row = (i) =>
    h(
      'tr',
      i === label ? { class: 'true' } : {},
      h('th', { scope: 'row' }, classes[i], i === label ? h('span', {}, ' ✓', h('span', { class: 'visually-hidden' }, ` ${t.label}`)) : null),
      WHO.map((who) => barCell(who, probabilities[who][i], tops[who] === i)),
    );
  return h(
    'table',
    { class: 'bars' },
    h('caption', {}, caption),
    h('thead', {}, h('tr', {}, h('th', { scope: 'col' }, t.class), WHO.map((who) => h('th', { scope: 'col' }, mark(who))))),
    h('tbody', {}, kept.map(row)),
  );
}

/** A probability as a bar and a number, in a network's dress. */
export function barCell(who, p, top) {
  const filled = h('span', { class: 'fill' });
  filled.style.setProperty('--p', p.toFixed(4));
  return h(
    'td',
    { class: `${who}${top ? ' top' : ''}` },
    h('span', { class: 'bar-cell' }, h('span', { class: 'track', 'aria-hidden': 'true' }, filled), h('span', { class: 'value' }, probability(p))),
  );
}

/** «cat, 0.81» and whether that is the label. */
export function verdict(classes, probabilities, label) {
  const top = argmax(probabilities);
  return [
    h('span', { class: 'verdict' }, `${classes[top]} ${probability(probabilities[top])}`),
    ' ',
    top === label ? h('span', { class: 'tag calm' }, t.right) : h('span', { class: 'tag' }, t.wrong(classes[label])),
  ];
}
