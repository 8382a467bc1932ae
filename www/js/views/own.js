/** In part 2: a picture of the reader's own, as the networks see it, what they answer and where they look. */
import { capital, mapsSentence } from '../answers.js';
import { classNames } from '../classes.js';
import { drawMap, drawPixels } from '../draw.js';
import { fill, h, mark, nameOf, newId, say, WHO } from '../dom.js';
import { either, integer, probability, written } from '../format.js';
import { decode, shrink } from '../own/picture.js';
import { language, words } from '../words.js';
import { Ask } from './ask.js';
import { argmax, barTable, softmax } from './bars.js';
import { problemBox, whenLoaded } from './boxes.js';
import { radios } from './choices.js';
import { placeOf } from './look.js';

const t = words.own;

/** The largest side of the picture as it is shown, in pixels. */
const SHOWN = 320;
/** More classes than this are not listed in a sentence. */
const MOST_NAMED = 20;

/** @param {import('../experiment.js').Experiment} experiment */
export function own(experiment, holder) {
  let way = 'crop';
  let picture = null;
  const problems = h('div', {});
  const pictures = h('div', { class: 'trio own-pictures', hidden: true });
  const maps = h('div', { class: 'trio own-maps' });
  const sentence = h('p', { class: 'twin' });
  const bars = h('div', { class: 'scroller fills', tabIndex: 0, role: 'group', 'aria-label': t.answersLabel });
  const answer = h('p', { class: 'answer', 'data-answer': 'own' });
  const chooser = (label, props) => {
    const id = newId('picture');
    const input = h('input', { id, type: 'file', accept: 'image/*', ...props, onchange: () => take(input.files[0]) });
    return h('div', { class: 'field' }, h('label', { htmlFor: id }, label), input);
  };
  const zone = h(
    'div',
    { class: 'drop', ondragover: (event) => over(event, true), ondragleave: (event) => over(event, false), ondrop: (event) => { over(event, false); take(imageOf(event.dataTransfer.files)); } },
    chooser(t.choose, {}),
    // Where there is no camera browsers ask for a file here as well.
    matchMedia('(pointer: coarse)').matches ? chooser(t.camera, { capture: 'environment' }) : null,
    h('p', { class: 'fine' }, t.drop),
  );
  const ask = new Ask(experiment, {
    verb: t.verb,
    part: async (lab) => {
      if (!picture) throw Object.assign(new Error(t.noPicture), { code: 'data-missing', language, title: words.ownPicture.title, advice: words.ownPicture.advice });
      return lab.explain(shrink(picture.bitmap, way));
    },
    show: ([report]) => show(report),
    clear,
  });
  whenLoaded(experiment, holder, t.invitation, [
    zone,
    h('div', { class: 'dials' }, radios(t.way, [[t.crop, 'crop'], [t.fit, 'fit']], way, (value) => { way = value; see(); ask.again(); })),
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
      const bitmap = await decode(file, file.name ? t.named(file.name) : t.pasted);
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
    const original = h('canvas', { role: 'img', 'aria-label': t.yoursAlt(bitmap.width, bitmap.height) });
    Object.assign(original, { width: Math.max(1, Math.round(bitmap.width * scale)), height: Math.max(1, Math.round(bitmap.height * scale)) });
    original.getContext('2d').drawImage(bitmap, 0, 0, original.width, original.height);
    const small = h('canvas', { role: 'img', 'aria-label': t.seenAlt });
    drawPixels(small, shrink(bitmap, way));
    pictures.hidden = false;
    fill(
      pictures,
      h('div', { class: 'tile brought' }, h('h4', {}, t.yours), original, h('p', { class: 'fine' }, t.size(integer(bitmap.width), integer(bitmap.height)))),
      h('div', { class: 'tile' }, h('h4', {}, t.seen), small, h('p', { class: 'fine' }, t.size(32, 32))),
      h('p', { class: 'fine own-sizes' }, t.sizes),
    );
  }

  function show(report) {
    const [item] = report.items;
    const classes = classNames(experiment.classes);
    const pixels = shrink(picture.bitmap, way);
    const said = Object.fromEntries(WHO.map((who) => [who, softmax(item[who].logits)]));
    fill(maps, WHO.map((who) => tile(who, item[who], said[who], pixels, classes)));
    say(sentence, mapsSentence(item, report.step, 'picture'));
    fill(bars, barTable(t.bars, classes, said, -1));
    const text = WHO.map((who) => t.says(who, classes[argmax(said[who])], probability(Math.max(...said[who])))).join(', ');
    const known = classes.length > MOST_NAMED ? null : either(classes);
    const told = `${capital(text)}.`;
    const untaught = report.step === 0 ? ` ${t.untrained}` : '';
    fill(answer, told, untaught, h('small', {}, t.note(classes.length, known, integer(report.step), report.tap)));
    return told;
  }

  function clear() {
    fill(maps);
    fill(bars);
    say(sentence, '');
    fill(answer, h('small', {}, t.none));
    // A new run is asked about the same picture.
    if (picture && experiment.lab) setTimeout(() => ask.ask());
  }
}

function tile(who, cam, probabilities, pixels, classes) {
  const told = placeOf(cam);
  const canvas = h('canvas', { role: 'img', 'aria-label': `${nameOf(who)}: ${told}` });
  drawMap(canvas, { pixels, values: cam.map, grid: cam.grid, limit: cam.max, signed: false, smooth: false });
  const top = argmax(probabilities);
  return h('div', { class: `tile ${who}` }, h('h4', {}, mark(who)), canvas, h('p', { class: 'verdict-line' }, h('span', { class: 'verdict' }, `${classes[top]} ${probability(probabilities[top])}`)), h('p', { class: 'fine' }, told));
}

const imageOf = (files) => [...files].find((file) => file.type.startsWith('image/')) ?? files[0];
