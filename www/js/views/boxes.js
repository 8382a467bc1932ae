/** Boxes for what went wrong and for what is worth knowing. */
import { h } from '../dom.js';
import { explain } from '../messages.js';

/** An error in plain words: what happened, what to do. */
export function problemBox(error) {
  const { title, message, advice, code } = explain(error);
  return box({ class: 'alert', role: 'alert', 'data-code': code }, h('p', {}, h('strong', {}, `${title}. `), message), h('p', {}, advice));
}

/** Something worth saying that is no error. */
export function notice(text) {
  return box({ class: 'notice', role: 'status' }, h('p', {}, text));
}

function box(props, ...content) {
  const element = h('div', props, ...content, h('div', { class: 'buttons' }, h('button', { class: 'quiet', type: 'button', onclick: () => element.remove() }, 'Close')));
  return element;
}
