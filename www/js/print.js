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
  show('light');
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
