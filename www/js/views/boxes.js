/** Boxes for what went wrong and for what is worth knowing. */
import { fill, h, inTurn } from '../dom.js';
import { explain } from '../messages.js';
import { words } from '../words.js';

const t = words.boxes;

/** An error in plain words: what happened, what to do. */
export function problemBox(error) {
  const { title, message, lang, advice, code } = explain(error);
  return box({ class: 'alert', role: 'alert', 'data-code': code }, h('p', {}, h('strong', {}, t.titled(title)), lang ? h('span', { lang }, message) : message), h('p', {}, advice));
}

/** Takes errors away from among the boxes of `holder` when the run goes on: what went wrong is then being tried again. */
export function clearOnTry(experiment, holder) {
  let busy = false;
  experiment.addEventListener('change', () => {
    if (experiment.busy && !busy) for (const old of holder.querySelectorAll('.alert')) old.remove();
    busy = experiment.busy;
  });
}

/** Something worth saying that is no error. */
export function notice(text) {
  return box({ class: 'notice', role: 'status' }, h('p', {}, text));
}

function box(props, ...content) {
  const element = h('div', props, ...content, h('div', { class: 'buttons' }, h('button', { class: 'quiet', type: 'button', onclick: () => element.remove() }, t.close)));
  return element;
}

/** What stands in a panel's place before there is a lab: what will be there, and a button that loads the networks. */
export function invitation(experiment, text) {
  const button = h('button', { type: 'button', disabled: true, onclick: () => experiment.open() }, t.load);
  experiment.addEventListener('change', () => {
    button.disabled = experiment.busy || !experiment.description;
  });
  return h('div', { class: 'empty' }, h('p', {}, text), button);
}

/** Keeps `full` in `holder` while there is a lab, `empty` while there is none. */
export function place(experiment, holder, full, empty) {
  const put = () => {
    const wanted = experiment.lab ? full : empty;
    if (holder.firstElementChild !== wanted) fill(holder, wanted);
  };
  put();
  experiment.addEventListener('lab', () => inTurn(put));
}

/** Fills `holder` with `body` while there is a lab, with an invitation while there is none. */
export function whenLoaded(experiment, holder, text, body) {
  const empty = invitation(experiment, text);
  const full = h('div', { class: 'panel-body' }, body);
  place(experiment, holder, full, empty);
}
