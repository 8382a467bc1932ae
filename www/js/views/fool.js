/** Part 3: an attack on the teacher, shown to all three, and the same amount of plain noise. */
import { foolingAnswer } from '../answers.js';
import { drawDifference, drawPixels } from '../draw.js';
import { debounce, fill, h, mark, newId, say, WHO } from '../dom.js';
import { countOf, interval, percent, probability } from '../format.js';
import { pooled } from '../rates.js';
import { argmax } from './bars.js';
import { many } from './many.js';
import { Panel } from './panel.js';
import { strip } from './strip.js';

const EPSILON = { start: 4, max: 16 };

/** @param {import('../experiment.js').Experiment} experiment */
export function fool(experiment, holder) {
  let epsilon = EPSILON.start;
  const images = strip(experiment, 'Choose a test image');
  const tiles = h('div', { class: 'trio four' });
  const sentence = h('p', { class: 'twin' });
  const verdicts = h('div', { class: 'scroller verdicts', tabIndex: 0, role: 'group', 'aria-label': 'Verdicts before and after' });
  const results = h('div', { class: 'scroller', tabIndex: 0, role: 'group', 'aria-label': 'Fooling rates' });
  const answer = h('p', { class: 'answer' });
  const dial = epsilonDial((value) => {
    epsilon = value;
    panel.ask();
  });
  const question = many(experiment, {
    verb: 'Attack them',
    part: (lab, indices) => lab.probe('adversarial', { images: indices, epsilon }),
    show: (parts) => {
      const all = (name) => Object.fromEntries(WHO.map((who) => [who, pooled(parts.map((part) => part[name][who]))]));
      const [fooling, noise] = [all('fooling'), all('noise')];
      const last = parts.at(-1);
      fill(results, foolingTable(fooling, noise, last.epsilon));
      const { text, small } = foolingAnswer(parts.flatMap((part) => part.items), fooling, last.step);
      fill(answer, text, h('small', {}, `${small} ε = ${last.epsilon}/255, step ${last.step}, seed ${last.seed}.`));
      return text;
    },
  });

  const panel = new Panel(experiment, holder, {
    invitation: 'Here an image is changed by at most ε so that the teacher errs, and all three networks judge it. It works as soon as the networks are loaded, before, during and after the training.',
    top: [images.element, dial],
    body: [tiles, sentence, verdicts, h('h3', {}, 'On many images'), question.element, answer, results],
    load: images.load,
    question: (lab) => lab.probe('adversarial', { images: [experiment.selected], epsilon, pictures: [experiment.selected] }),
    show: (result) => {
      const [picture] = result.pictures;
      const [item] = result.items;
      drawTiles(picture, item, result.epsilon);
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
    fill(results, foolingTable(none, none, epsilon));
    say(sentence, '');
  }

  function drawTiles(picture, item, eps) {
    // The change must be visible and must not clip: ±ε becomes about ±0.45 around middle grey.
    const times = Math.max(1, Math.round((0.45 * 255) / eps));
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
      tile(`The change, × ${times}`, difference, 'Grey is unchanged. Aimed at the teacher.'),
      tile('Attacked', pixels(picture.adversarial, 'The attacked image'), `Each value changed by at most ${eps}/255`),
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
  const help = h('p', { class: 'help', id: `${id}-help` }, 'The largest change of a colour value. 8/255 is the usual budget for CIFAR-10; it is hard to see.');
  return h('div', { class: 'dials' }, h('div', { class: 'field' }, h('label', { htmlFor: id }, 'Strength ε', shown), input, help));
}

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

function foolingTable(fooling, noise, epsilon) {
  const cell = (rate) => h('td', {}, h('span', {}, percent(rate.rate, rate.n)), ' ', h('span', {}, interval(rate)), h('small', {}, countOf(rate)));
  const row = (name, remark, rates) => h('tr', {}, h('th', { scope: 'row' }, name, h('small', {}, ` ${remark}`)), WHO.map((who) => cell(rates[who])));
  return h(
    'table',
    { class: 'results' },
    h('caption', {}, `How often a prediction changes at ε = ${epsilon}/255. Teacher: of all images. Student and control: of the images on which the attack fooled the teacher. 95 % intervals in brackets.`),
    h('thead', {}, h('tr', {}, h('td', {}), WHO.map((who) => h('th', { scope: 'col' }, mark(who))))),
    h('tbody', {}, row('Attack', 'aimed at T', fooling), row('Noise', 'same size', noise)),
  );
}

/** The text twin of the four pictures. */
function tell(classes, item, { epsilon, step }) {
  const outcome = (who) =>
    item.adversarial[who] === item.clean[who] ? `the ${who} stays with ${classes[item.clean[who]]}` : `the ${who} goes from ${classes[item.clean[who]]} to ${classes[item.adversarial[who]]}`;
  const noise = WHO.filter((who) => item.noise[who] !== item.clean[who]);
  const same = noise.length === 0 ? 'Random noise of that size changes none of the three.' : `Random noise of that size changes the ${noise.join(' and the ')}.`;
  const untaught = step === 0 ? ' Student and control are not trained yet.' : '';
  return `With changes of at most ${epsilon}/255 aimed at the teacher, ${WHO.map(outcome).join(', ')}. ${same}${untaught}`;
}
