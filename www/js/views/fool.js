/** Part 3: an attack on one of the three, shown to all, and the same amount of plain noise. */
import { foolingAnswer } from '../answers.js';
import { className, classNames } from '../classes.js';
import { drawDifference, drawPixels } from '../draw.js';
import { debounce, fill, h, LETTER, mark, nameOf, newId, say, WHO } from '../dom.js';
import { countOf, integer, interval, percent, probability } from '../format.js';
import { pooledAttack } from '../pool.js';
import { pooled } from '../rates.js';
import { words } from '../words.js';
import { argmax } from './bars.js';
import { radios } from './choices.js';
import { many } from './many.js';
import { Panel } from './panel.js';
import { strip } from './strip.js';
import { sweep } from './sweep.js';

const t = words.fool;
const EPSILON = { start: 4, max: 16 };

/** @param {import('../experiment.js').Experiment} experiment */
export function fool(experiment, holder) {
  const choices = { epsilon: EPSILON.start, norm: 'linf', attack: 'i-fgsm', source: 'teacher' };
  let asked = { ...choices };
  const images = strip(experiment);
  const tiles = h('div', { class: 'trio four' });
  const sentence = h('p', { class: 'twin' });
  const verdicts = h('div', { class: 'scroller verdicts', tabIndex: 0, role: 'group', 'aria-label': t.verdictsLabel });
  const results = h('div', { class: 'scroller', tabIndex: 0, role: 'group', 'aria-label': t.ratesLabel });
  const answer = h('p', { class: 'answer', 'data-answer': 'attack' });
  const take = (name) => (value) => {
    choices[name] = value;
    panel.ask();
  };
  const dials = h(
    'div',
    { class: 'dials level' },
    epsilonDial(take('epsilon')),
    radios(t.whom, WHO.map((who) => [nameOf(who), who]), 'teacher', take('source')),
    radios(t.norm.legend, [[t.norm.linf, 'linf'], [t.norm.l2, 'l2']], 'linf', take('norm')),
    radios(t.start.legend, [[t.start.image, 'i-fgsm'], [t.start.random, 'pgd']], 'i-fgsm', take('attack')),
  );
  const question = many(experiment, {
    verb: t.verb,
    part: (lab, indices) => {
      // What is chosen while the question is under way is for the next one.
      if (indices[0] === 0) asked = { ...choices };
      return lab.probe('adversarial', { images: indices, ...asked });
    },
    pool: pooledAttack,
    show: (found) => {
      fill(results, foolingTable(found));
      const { text, small } = foolingAnswer(found);
      fill(answer, text, h('small', {}, `${small} ${wayOf(found)}`));
      return text;
    },
  });

  const panel = new Panel(experiment, holder, {
    invitation: t.invitation,
    top: [images.element, dials],
    body: [tiles, sentence, verdicts, h('h3', {}, t.many), question.element, answer, results, ...sweep(experiment, choices)],
    load: images.load,
    question: (lab) => lab.probe('adversarial', { images: [experiment.selected], ...choices, pictures: [experiment.selected] }),
    show: (result) => {
      const [picture] = result.pictures;
      const [item] = result.items;
      const classes = classNames(experiment.classes);
      drawTiles(picture, item, result);
      fill(verdicts, verdictTable(classes, picture, item));
      say(sentence, tell(classes, item, result));
    },
  });
  experiment.addEventListener('lab', blank);
  blank();

  /** Empty places of the right size, until there is something to show. */
  function blank() {
    const empty = (head) => h('div', { class: 'tile' }, h('h3', {}, head), h('canvas', { 'aria-hidden': 'true' }), h('p', { class: 'fine' }));
    fill(tiles, [t.clean, t.change, t.adversarial, t.noise].map(empty));
    fill(verdicts);
    fill(answer, h('small', {}, t.none));
    const none = Object.fromEntries(WHO.map((who) => [who, pooled([])]));
    fill(results, foolingTable({ ...choices, fooling: none, noise: none }));
    say(sentence, '');
  }

  function drawTiles(picture, item, { epsilon: eps, norm, source }) {
    // The change must be visible and must not clip: its largest value becomes about 0.45 around middle grey.
    const largest = picture.clean.reduce((most, value, i) => Math.max(most, Math.abs(picture.adversarial[i] - value)), 0);
    const times = largest > 0 ? Math.max(1, Math.round(0.45 / largest)) : 1;
    const pixels = (values, label) => {
      const canvas = h('canvas', { role: 'img', 'aria-label': label });
      drawPixels(canvas, values, true);
      return canvas;
    };
    const difference = h('canvas', { role: 'img', 'aria-label': t.changeAlt(times) });
    drawDifference(difference, picture.clean, picture.adversarial, times);
    const tile = (title, canvas, text) => h('div', { class: 'tile' }, h('h3', {}, title), canvas, h('p', { class: 'fine' }, text));
    fill(
      tiles,
      tile(t.clean, pixels(picture.clean, t.imageOf(item.index, className(item.className))), t.label(className(item.className))),
      tile(t.changeTimes(times), difference, t.aim(source)),
      tile(t.adversarial, pixels(picture.adversarial, t.adversarialAlt), t.changed[norm](eps)),
      tile(t.noise, pixels(picture.noise, t.noiseAlt), t.changed.noise(eps)),
    );
  }
}

function epsilonDial(take) {
  const id = newId('epsilon');
  const shown = h('output', { htmlFor: id }, `${EPSILON.start}/255`);
  const later = debounce(take, 250);
  const input = h('input', {
    id,
    type: 'range',
    min: 1,
    max: EPSILON.max,
    step: 1,
    value: EPSILON.start,
    'aria-describedby': `${id}-help`,
    'aria-valuetext': t.dial.value(EPSILON.start),
    oninput: () => {
      say(shown, `${input.value}/255`);
      input.setAttribute('aria-valuetext', t.dial.value(input.value));
    },
    onchange: () => later(Number(input.value)),
  });
  const help = h('p', { class: 'help', id: `${id}-help` }, t.dial.help);
  return h('div', { class: 'dials' }, h('div', { class: 'field' }, h('label', { htmlFor: id }, t.dial.label, shown), input, help));
}

const NORMS = { linf: 'L∞', l2: 'L2' };
/** How the images were attacked, in short. */
const wayOf = ({ source, norm, randomStart, steps, epsilon, step, seed }) => t.way(randomStart ? 'PGD' : 'I-FGSM', source, steps, NORMS[norm], epsilon, integer(step), seed);

const CONDITIONS = ['clean', 'adversarial', 'noise'];

function verdictTable(classes, picture, item) {
  const cell = (condition, who) => {
    const p = picture.probabilities[condition][who];
    const top = argmax(p);
    const changed = condition !== 'clean' && item[condition][who] !== item.clean[who];
    const note =
      condition === 'clean'
        ? h('span', { class: 'tag calm' }, top === item.label ? t.right : t.wrong)
        : h('span', { class: changed ? 'tag' : 'tag calm' }, changed ? (condition === 'noise' ? t.moved : t.fooled) : t.kept);
    return h('td', {}, h('span', { class: 'verdict' }, `${classes[top]} ${probability(p[top])}`), ' ', note);
  };
  return h(
    'table',
    {},
    h('caption', {}, t.verdicts(className(item.className))),
    h('thead', {}, h('tr', {}, h('td', {}), WHO.map((who) => h('th', { scope: 'col' }, mark(who))))),
    h('tbody', {}, CONDITIONS.map((condition) => h('tr', {}, h('th', { scope: 'row' }, t[condition]), WHO.map((who) => cell(condition, who))))),
  );
}

function foolingTable({ fooling, noise, epsilon, norm, source }) {
  const cell = (rate) => h('td', {}, h('span', {}, percent(rate.rate, rate.n)), ' ', h('span', {}, interval(rate)), h('small', {}, countOf(rate)));
  const row = (name, remark, rates) => h('tr', {}, h('th', { scope: 'row' }, name, h('small', {}, ` ${remark}`)), WHO.map((who) => cell(rates[who])));
  return h(
    'table',
    { class: 'results' },
    h('caption', {}, t.rates(epsilon, NORMS[norm], source, ...WHO.filter((who) => who !== source))),
    h('thead', {}, h('tr', {}, h('td', {}), WHO.map((who) => h('th', { scope: 'col' }, mark(who))))),
    h('tbody', {}, row(t.attack, t.aimed(LETTER[source]), fooling), row(t.noise, t.sameSize, noise)),
  );
}

/** The text twin of the four pictures. */
function tell(classes, item, { epsilon, step, norm, source }) {
  const outcomes = WHO.map((who) => (item.adversarial[who] === item.clean[who] ? t.stays(who, classes[item.clean[who]]) : t.goes(who, classes[item.clean[who]], classes[item.adversarial[who]])));
  const moved = WHO.filter((who) => item.noise[who] !== item.clean[who]);
  const sentences = [t.outcome(t.by[norm](epsilon), source, outcomes), moved.length === 0 ? t.noiseNone : t.noiseSome(moved), t.flat[item.followed]?.(source), step === 0 ? t.untrained : ''];
  return sentences.filter(Boolean).join(' ');
}
