/** Small controls that several panels use. */
import { h, newId } from '../dom.js';
import { words } from '../words.js';

const t = words.choices;

/** A group of radio buttons. `entries` are [label, value]. */
export function radios(legend, entries, chosen, take) {
  const name = newId('choice');
  return h(
    'fieldset',
    { class: 'choices' },
    h('legend', {}, legend),
    entries.map(([label, value]) => h('label', {}, h('input', { type: 'radio', name, checked: value === chosen, onchange: () => take(value) }), label)),
  );
}

/** A select with its label. `entries` are [label, value]. */
export function picker(label, entries, chosen, take) {
  const id = newId('pick');
  const select = h('select', { id, onchange: () => take(select.value) }, entries.map(([text, value]) => h('option', { value, selected: value === chosen }, text)));
  return { element: h('div', { class: 'field' }, h('label', { htmlFor: id }, label), select), select };
}

/** The text twin of a picture, folded below it. Returns the element and the place to fill. */
export function twin(name, summary = t.table) {
  const table = h('div', { class: 'scroller', tabIndex: 0, role: 'group', 'aria-label': t.tableOf(name) });
  return { element: h('details', { class: 'as-table' }, h('summary', {}, summary), table), table };
}

/** «How … is measured», for what has no such fold-out in the article. */
export function measured(title, ...paragraphs) {
  return h('details', { class: 'measured' }, h('summary', {}, title), paragraphs.map((text) => h('p', {}, text)));
}

/** A table of cells: `heads` over the columns, `rows` as [head, ...cells]. */
export function grid(caption, heads, rows, props = {}) {
  return h(
    'table',
    props,
    h('caption', {}, caption),
    h('thead', {}, h('tr', {}, heads.map((head, i) => (head === '' && i === 0 ? h('td') : h('th', { scope: 'col' }, head))))),
    h('tbody', {}, rows.map(([head, ...cells]) => h('tr', {}, h('th', { scope: 'row' }, head), cells.map((cell) => h('td', { class: 'number' }, cell))))),
  );
}
