/** Small pictures of one test image in several guises, each with what the three networks say to it. */
import { drawPixels } from '../draw.js';
import { h, LETTER, nameOf, WHO } from '../dom.js';
import { words } from '../words.js';

const t = words.examples;

/**
 * @param {object} options
 * @param {string} options.title
 * @param {ArrayLike<number>[]} options.views planar pixels in [0, 1]: one picture, or two that are compared
 * @param {string} options.label of the pictures, for people who cannot see them
 * @param {string[]} options.classes as the reader calls them
 * @param {import('../engine.js').Verdicts} options.said
 * @param {(who: string) => {text: string, calm?: boolean}|null} [options.tag] a word behind each answer
 */
export function example({ title, views, label, classes, said, tag }) {
  const pictures = views.map((pixels, i) => {
    const canvas = h('canvas', { role: 'img', 'aria-label': views.length > 1 ? t.view(label, i + 1) : label });
    drawPixels(canvas, pixels, true);
    return canvas;
  });
  return h(
    'div',
    { class: 'tile' },
    h('h4', {}, title),
    h('div', { class: 'views' }, pictures),
    h('ul', { class: 'said' }, WHO.map((who) => h('li', {}, answered(who, classes[said[who]]), tagged(tag?.(who))))),
  );
}

const tagged = (tag) => (tag ? h('span', { class: tag.calm ? 'tag calm' : 'tag' }, tag.text) : null);

/** A network's letter and its answer. */
const answered = (who, name) => h('span', { class: `mark ${who}` }, h('span', { class: 'badge', 'aria-hidden': 'true' }, LETTER[who]), h('span', {}, h('span', { class: 'visually-hidden' }, `${nameOf(who)}: `), name));

/** Its place before there is something to show. */
export const noExample = (title, views = 1) =>
  h('div', { class: 'tile' }, h('h4', {}, title), h('div', { class: 'views' }, Array.from({ length: views }, () => h('canvas', { 'aria-hidden': 'true' }))), h('ul', { class: 'said' }, WHO.map(() => h('li', {}, '\u00a0'))));
