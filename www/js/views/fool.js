/** Part 3: an attack on one of the three, shown to all, and the same amount of plain noise. */
import { foolingAnswer } from '../answers.js';
import { drawDifference, drawPixels } from '../draw.js';
import { debounce, fill, h, LETTER, mark, newId, say, WHO } from '../dom.js';
import { countOf, interval, percent, probability } from '../format.js';
import { pooledAttack } from '../pool.js';
import { pooled } from '../rates.js';
import { argmax } from './bars.js';
import { radios } from './choices.js';
import { many } from './many.js';
import { Panel } from './panel.js';
import { strip } from './strip.js';
import { sweep } from './sweep.js';

const EPSILON = { start: 4, max: 16 };

/** @param {import('../experiment.js').Experiment} experiment */
export function fool(experiment, holder) {
  const choices = { epsilon: EPSILON.start, norm: 'linf', attack: 'i-fgsm', source: 'teacher' };
  let asked = { ...choices };
  const images = strip(experiment);
  const tiles = h('div', { class: 'trio four' });
  const sentence = h('p', { class: 'twin' });
  const verdicts = h('div', { class: 'scroller verdicts', tabIndex: 0, role: 'group', 'aria-label': 'Verdicts before and after' });
  const results = h('div', { class: 'scroller', tabIndex: 0, role: 'group', 'aria-label': 'Fooling rates' });
  const answer = h('p', { class: 'answer', 'data-answer': 'attack' });
  const take = (name) => (value) => {
    choices[name] = value;
    panel.ask();
  };
  const dials = h(
    'div',
    { class: 'dials level' },
    epsilonDial(take('epsilon')),
    radios('Whom to attack', WHO.map((who) => [who, who]), 'teacher', take('source')),
    radios('ε limits', [['each value (L∞)', 'linf'], ['the whole image (L2)', 'l2']], 'linf', take('norm')),
    radios('Starts at', [['the image (I-FGSM)', 'i-fgsm'], ['random (PGD)', 'pgd']], 'i-fgsm', take('attack')),
  );
  const question = many(experiment, {
    verb: 'Attack them',
    part: (lab, indices) => {
      // What is chosen while the question is under way is for the next one.
      if (indices[0] === 0) asked = { ...choices };
      return lab.probe('adversarial', { images: indices, ...asked });
    },
    pool: pooledAttack,
    show: (found) => {
      fill(results, foolingTable(found));
      const { text, small } = foolingAnswer(found);
      fill(answer, text, h('small', {}, `${small} ${wayOf(found)}, step ${found.step}, seed ${found.seed}.`));
      return text;
    },
  });

  const panel = new Panel(experiment, holder, {
    invitation: 'Here an image is changed by at most ε so that one network errs, and all three networks judge it. It works as soon as the networks are loaded, before, during and after the training.',
    top: [images.element, dials],
    body: [tiles, sentence, verdicts, h('h3', {}, 'On many images'), question.element, answer, results, ...sweep(experiment, choices)],
    load: images.load,
    question: (lab) => lab.probe('adversarial', { images: [experiment.selected], ...choices, pictures: [experiment.selected] }),
    show: (result) => {
      const [picture] = result.pictures;
      const [item] = result.items;
      drawTiles(picture, item, result);
      fill(verdicts, verdictTable(experiment.classes, picture, item));
      say(sentence, tell(experiment.classes, item, result));
    },
  });
  experiment.addEventListener('lab', blank);
  blank();

  /** Empty places of the right size, until there is something to show. */
  function blank() {
    const empty = (head) => h('div', { class: 'tile' }, h('h3', {}, head), h('canvas', { 'aria-hidden': 'true' }), h('p', { class: 'fine' }));
    fill(tiles, ['The image', 'The change', 'Attacked', 'Noise'].map(empty));
    fill(verdicts);
    fill(answer, h('small', {}, 'The answer stands here once many images have been attacked.'));
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
    const difference = h('canvas', { role: 'img', 'aria-label': `Change made by the attack, ${times} times` });
    drawDifference(difference, picture.clean, picture.adversarial, times);
    const tile = (title, canvas, text) => h('div', { class: 'tile' }, h('h3', {}, title), canvas, h('p', { class: 'fine' }, text));
    fill(
      tiles,
      tile('The image', pixels(picture.clean, `Test image ${item.index}: ${item.className}`), `Label: ${item.className}`),
      tile(`The change, × ${times}`, difference, `Grey is unchanged. Aimed at the ${source}.`),
      tile('Attacked', pixels(picture.adversarial, 'The attacked image'), norm === 'linf' ? `Each value changed by at most ${eps}/255` : `Changed by ${eps}/255 in root mean square`),
      tile('Noise', pixels(picture.noise, 'The image with random noise'), `Each value changed by ${eps}/255 at random`),
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
    'aria-valuetext': `${EPSILON.start} 255ths`,
    oninput: () => {
      say(shown, `${input.value}/255`);
      input.setAttribute('aria-valuetext', `${input.value} 255ths`);
    },
    onchange: () => later(Number(input.value)),
  });
  const help = h('p', { class: 'help', id: `${id}-help` }, 'How much may change. 8/255 for each value is the usual budget for CIFAR-10; it is hard to see.');
  return h('div', { class: 'dials' }, h('div', { class: 'field' }, h('label', { htmlFor: id }, 'Strength ε', shown), input, help));
}

const NORMS = { linf: 'L∞', l2: 'L2' };
/** How the images were attacked, in short. */
const wayOf = ({ source, norm, randomStart, steps, epsilon }) => `${randomStart ? 'PGD' : 'I-FGSM'} on the ${source}, ${steps} steps, ${NORMS[norm]}, ε = ${epsilon}/255`;

const ROWS = [['clean', 'The image'], ['adversarial', 'Attacked'], ['noise', 'Noise']];

function verdictTable(classes, picture, item) {
  const cell = (condition, who) => {
    const p = picture.probabilities[condition][who];
    const top = argmax(p);
    const changed = condition !== 'clean' && item[condition][who] !== item.clean[who];
    const note =
      condition === 'clean'
        ? h('span', { class: 'tag calm' }, top === item.label ? 'right' : 'wrong')
        : h('span', { class: changed ? 'tag' : 'tag calm' }, changed ? (condition === 'noise' ? 'changed' : 'fooled') : 'kept');
    return h('td', {}, h('span', { class: 'verdict' }, `${classes[top]} ${probability(p[top])}`), ' ', note);
  };
  return h(
    'table',
    {},
    h('caption', {}, `What each network says and how sure it is; the label is ${item.className}`),
    h('thead', {}, h('tr', {}, h('td', {}), WHO.map((who) => h('th', { scope: 'col' }, mark(who))))),
    h('tbody', {}, ROWS.map(([condition, name]) => h('tr', {}, h('th', { scope: 'row' }, name), WHO.map((who) => cell(condition, who))))),
  );
}

function foolingTable({ fooling, noise, epsilon, norm, source }) {
  const cell = (rate) => h('td', {}, h('span', {}, percent(rate.rate, rate.n)), ' ', h('span', {}, interval(rate)), h('small', {}, countOf(rate)));
  const row = (name, remark, rates) => h('tr', {}, h('th', { scope: 'row' }, name, h('small', {}, ` ${remark}`)), WHO.map((who) => cell(rates[who])));
  const others = WHO.filter((who) => who !== source).join(' and ');
  return h(
    'table',
    { class: 'results' },
    h('caption', {}, `How often a prediction changes at ε = ${epsilon}/255 (${NORMS[norm]}). The ${source}: of all images. The ${others}: of the images on which the attack fooled the ${source}. 95 % intervals in brackets.`),
    h('thead', {}, h('tr', {}, h('td', {}), WHO.map((who) => h('th', { scope: 'col' }, mark(who))))),
    h('tbody', {}, row('Attack', `aimed at ${LETTER[source]}`, fooling), row('Noise', 'same size', noise)),
  );
}

/** The text twin of the four pictures. */
function tell(classes, item, { epsilon, step, norm, source }) {
  const outcome = (who) =>
    item.adversarial[who] === item.clean[who] ? `the ${who} stays with ${classes[item.clean[who]]}` : `the ${who} goes from ${classes[item.clean[who]]} to ${classes[item.adversarial[who]]}`;
  const noise = WHO.filter((who) => item.noise[who] !== item.clean[who]);
  const same = noise.length === 0 ? 'Random noise of that size changes none of the three.' : `Random noise of that size changes the ${noise.join(' and the ')}.`;
  const untaught = step === 0 ? ' Student and control are not trained yet.' : '';
  const change = norm === 'linf' ? `changes of at most ${epsilon}/255` : `a change of ${epsilon}/255 in root mean square`;
  return `With ${change} aimed at the ${source}, ${WHO.map(outcome).join(', ')}. ${same}${untaught}`;
}
