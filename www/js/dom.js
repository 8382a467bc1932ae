/** Small helpers to build the page's elements. Text is always text: nothing is parsed as HTML. */
import { words } from './words.js';

/** The three networks, in the order in which they stand everywhere. */
export const WHO = ['teacher', 'student', 'control'];
export const LETTER = { teacher: 'T', student: 'S', control: 'C' };
/** What a network is called. */
export const nameOf = (who) => words.dom.who[who];

/**
 * An element. `props` are properties where the element has them, else attributes; `on…` are listeners; `class` and
 * `data-…`, `aria-…` are attributes. Children may be elements, text or null.
 */
export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props ?? {})) {
    if (value === undefined || value === null) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (name === 'class' || name.includes('-') || !(name in element)) element.setAttribute(name, value);
    else element[name] = value;
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

const SVG = 'http://www.w3.org/2000/svg';

/** A short sample of a network's line, for legends. */
export function swatch(classes) {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', '0 0 30 12');
  svg.setAttribute('aria-hidden', 'true');
  const path = document.createElementNS(SVG, 'path');
  path.setAttribute('d', 'M0 6H30');
  path.setAttribute('class', `swatch ${classes}`);
  svg.append(path);
  return svg;
}

/** A network's letter and name in its own dress. */
export function mark(who, name = nameOf(who)) {
  return h('span', { class: `mark ${who}` }, h('span', { class: 'badge', 'aria-hidden': 'true' }, LETTER[who]), h('span', {}, name));
}

/** Replaces what is in `parent`. */
export function fill(parent, ...children) {
  parent.replaceChildren(...children.flat().filter((child) => child !== null && child !== undefined));
}

/** Sets text only when it differs, so that live regions and selections are left alone. */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** A button that is about to get a shorter text stays as wide as it is, so that nothing beside it moves. */
export function keepWidth(button) {
  button.style.minWidth = `${button.offsetWidth}px`;
}

/** Tells people who listen to the page instead of looking at it. Meant for rare things: once an evaluation, once an answer. */
export function announce(text) {
  say(document.getElementById('announcer'), text);
}

/** Calls `action` once, when `element` comes near the view. */
export function whenNear(element, action) {
  const observer = new IntersectionObserver(
    (entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      observer.disconnect();
      action();
    },
    { rootMargin: '300px' },
  );
  observer.observe(element);
}

const turns = [];

/** Calls `action` soon, in a task to itself with the layout that it causes: those of all panels at once would hold the page up. */
export function inTurn(action) {
  turns.push(action);
  if (turns.length === 1) setTimeout(takeTurn);
}

function takeTurn() {
  try {
    turns[0]();
    // Asking for a height makes the browser lay out now.
    void document.body.offsetHeight;
  } finally {
    turns.shift();
    if (turns.length > 0) setTimeout(takeTurn);
  }
}

/** `action`, but only after `wait` ms without another call. */
export function debounce(action, wait) {
  let timer;
  return (...values) => {
    clearTimeout(timer);
    timer = setTimeout(() => action(...values), wait);
  };
}

let ids = 0;
/** A new id for labels and descriptions. */
export const newId = (stem) => `${stem}-${(ids += 1)}`;
