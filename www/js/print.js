/** On paper everything is open, and light. */

/** What is opened: texts, tables and results. Settings and lists of files are of no use on paper. */
const FOLDED = 'details.measured, details.as-table, .chart details';

let before = null;

/** Opens what is folded and takes the light theme, and puts both back afterwards. */
export function preparePrinting() {
  const media = matchMedia('print');
  media.addEventListener('change', () => (media.matches ? open() : close()));
  addEventListener('beforeprint', open);
  addEventListener('afterprint', close);
}

function open() {
  if (before) return;
  const folded = [...document.querySelectorAll(FOLDED)].filter((element) => !element.open);
  before = { folded, theme: document.documentElement.dataset.theme };
  for (const element of folded) element.open = true;
  // An answer that only says where it will stand has nothing to say on paper.
  for (const answer of document.querySelectorAll('.answer')) answer.classList.toggle('not-yet', answer.childNodes.length <= 1 && answer.firstChild?.nodeName === 'SMALL');
  for (const table of document.querySelectorAll('main table')) table.classList.toggle('not-yet', isEmpty(table));
  show('light');
}

/** Whether a table only keeps the place of numbers that are still to come. */
function isEmpty(table) {
  const cells = [...table.tBodies].flatMap((body) => [...body.rows]).flatMap((row) => [...row.cells].filter((cell) => cell.tagName === 'TD'));
  return cells.every((cell) => /^[\s–]*(0 \S+ 0)?$/.test(cell.textContent));
}

function close() {
  if (!before) return;
  for (const element of before.folded) element.open = false;
  show(before.theme);
  before = null;
}

function show(theme) {
  if (document.documentElement.dataset.theme === theme) return;
  document.documentElement.dataset.theme = theme;
  document.dispatchEvent(new Event('themechange'));
}
