/** In part 2: a picture of the reader's own, as the networks see it, what they answer and where they look. */
import { mapsSentence, mainPlace } from '../answers.js';
import { drawMap, drawPixels } from '../draw.js';
import { fill, h, mark, newId, say, WHO } from '../dom.js';
import { integer, list, percent, probability } from '../format.js';
import { decode, shrink } from '../own/picture.js';
import { Ask } from './ask.js';
import { argmax, barTable, softmax } from './bars.js';
import { problemBox, whenLoaded } from './boxes.js';
import { radios } from './choices.js';

const TEXT = {
  invitation: 'Here a picture of your own is shown to the three networks, as soon as they are loaded.',
  choose: 'Choose a picture',
  camera: 'Take a photograph',
  drop: 'or drop one here, or paste one with Ctrl+V. It stays on your computer.',
  way: 'What is cut to a square',
  crop: 'the middle of it',
  fit: 'all of it, with grey bars',
  yours: 'Your picture',
  seen: 'What the networks see',
  sizes: '32 × 32 is what the networks see: each pixel here is the average of the part of your picture that it stands for. What cannot be made out at this size they cannot know.',
  none: 'The answer stands here once a picture was chosen.',
};

/** The largest side of the picture as it is shown, in pixels. */
const SHOWN = 320;

/** @param {import('../experiment.js').Experiment} experiment */
export function own(experiment, holder) {
  let way = 'crop';
  let picture = null;
  const problems = h('div', {});
  const pictures = h('div', { class: 'trio own-pictures', hidden: true });
  const maps = h('div', { class: 'trio own-maps' });
  const sentence = h('p', { class: 'twin' });
  const bars = h('div', { class: 'scroller fills', tabIndex: 0, role: 'group', 'aria-label': 'What the three networks answer to your picture' });
  const answer = h('p', { class: 'answer', 'data-answer': 'own' });
  const chooser = (label, props) => {
    const id = newId('picture');
    const input = h('input', { id, type: 'file', accept: 'image/*', ...props, onchange: () => take(input.files[0]) });
    return h('div', { class: 'field' }, h('label', { htmlFor: id }, label), input);
  };
  const zone = h(
    'div',
    { class: 'drop', ondragover: (event) => over(event, true), ondragleave: (event) => over(event, false), ondrop: (event) => { over(event, false); take(imageOf(event.dataTransfer.files)); } },
    chooser(TEXT.choose, {}),
    // Where there is no camera browsers ask for a file here as well.
    matchMedia('(pointer: coarse)').matches ? chooser(TEXT.camera, { capture: 'environment' }) : null,
    h('p', { class: 'fine' }, TEXT.drop),
  );
  const ask = new Ask(experiment, {
    verb: 'Ask them about it',
    part: async (lab) => {
      if (!picture) throw Object.assign(new Error('There is no picture yet.'), { code: 'data-missing' });
      return lab.explain(shrink(picture.bitmap, way));
    },
    show: ([report]) => show(report),
    clear,
  });
  whenLoaded(experiment, holder, TEXT.invitation, [
    zone,
    h('div', { class: 'dials' }, radios(TEXT.way, [[TEXT.crop, 'crop'], [TEXT.fit, 'fit']], way, (value) => { way = value; see(); ask.again(); })),
    problems,
    pictures,
    ask.element,
    maps,
    sentence,
    bars,
    answer,
  ]);
  document.addEventListener('paste', (event) => {
    const file = imageOf(event.clipboardData?.files ?? []);
    if (!file || !experiment.lab) return;
    event.preventDefault();
    take(file);
    zone.scrollIntoView({ block: 'center' });
  });

  function over(event, entered) {
    event.preventDefault();
    zone.classList.toggle('over', entered);
  }

  async function take(file) {
    if (!file) return;
    fill(problems);
    try {
      const bitmap = await decode(file, file.name ? `“${file.name}”` : 'The pasted picture');
      picture?.bitmap.close();
      picture = { bitmap, name: file.name };
    } catch (error) {
      fill(problems, problemBox(error));
      return;
    }
    see();
    if (ask.answered) ask.again();
    else ask.ask();
  }

  /** What was brought, and what is left of it. */
  function see() {
    if (!picture) return;
    const { bitmap } = picture;
    const scale = Math.min(1, SHOWN / Math.max(bitmap.width, bitmap.height));
    const original = h('canvas', { role: 'img', 'aria-label': `Your picture, ${bitmap.width} × ${bitmap.height} pixels` });
    Object.assign(original, { width: Math.max(1, Math.round(bitmap.width * scale)), height: Math.max(1, Math.round(bitmap.height * scale)) });
    original.getContext('2d').drawImage(bitmap, 0, 0, original.width, original.height);
    const small = h('canvas', { role: 'img', 'aria-label': 'Your picture in 32 × 32 pixels, as the networks see it' });
    drawPixels(small, shrink(bitmap, way));
    pictures.hidden = false;
    fill(
      pictures,
      h('div', { class: 'tile brought' }, h('h4', {}, TEXT.yours), original, h('p', { class: 'fine' }, `${integer(bitmap.width)} × ${integer(bitmap.height)} pixels`)),
      h('div', { class: 'tile' }, h('h4', {}, TEXT.seen), small, h('p', { class: 'fine' }, '32 × 32 pixels')),
      h('p', { class: 'fine own-sizes' }, TEXT.sizes),
    );
  }

  function show(report) {
    const [item] = report.items;
    const { classes } = experiment;
    const pixels = shrink(picture.bitmap, way);
    const said = Object.fromEntries(WHO.map((who) => [who, softmax(item[who].logits)]));
    fill(maps, WHO.map((who) => tile(who, item[who], said[who], pixels, classes)));
    say(sentence, mapsSentence(item, report.step).replace('this image', 'this picture'));
    fill(bars, barTable('Probabilities at temperature 1', classes, said, -1));
    const text = WHO.map((who) => `the ${who} says ${classes[argmax(said[who])]} (${probability(Math.max(...said[who]))})`).join(', ');
    const known = classes.length > 20 ? `${classes.length} classes` : list(classes).replace(/ and (?=[^ ]*$)/, ' or ');
    const told = `${text[0].toUpperCase()}${text.slice(1)}.`;
    const untaught = report.step === 0 ? ' Student and control are not trained yet.' : '';
    fill(answer, told, untaught, h('small', {}, `They must answer with one of their ${classes.length} classes, ${known}: to a picture of anything else they do so too, and may be sure of it. One picture, so nothing is claimed about the networks. Step ${integer(report.step)}, tap ${report.tap}, evidence for each network’s own answer.`));
    return told;
  }

  function clear() {
    fill(maps);
    fill(bars);
    say(sentence, '');
    fill(answer, h('small', {}, TEXT.none));
    // A new run is asked about the same picture.
    if (picture && experiment.lab) setTimeout(() => ask.ask());
  }
}

function tile(who, cam, probabilities, pixels, classes) {
  const place = cam.zero ? null : mainPlace(Array.from(cam.map), cam.grid);
  const told = place ? `mainly ${place.place}, ${percent(place.share)}` : 'the map is all zero';
  const canvas = h('canvas', { role: 'img', 'aria-label': `${who}: ${told}` });
  drawMap(canvas, { pixels, values: cam.map, grid: cam.grid, limit: cam.max, signed: false, smooth: false });
  const top = argmax(probabilities);
  return h('div', { class: `tile ${who}` }, h('h4', {}, mark(who)), canvas, h('p', { class: 'verdict-line' }, h('span', { class: 'verdict' }, `${classes[top]} ${probability(probabilities[top])}`)), h('p', { class: 'fine' }, told));
}

const imageOf = (files) => [...files].find((file) => file.type.startsWith('image/')) ?? files[0];
