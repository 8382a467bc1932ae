/** The bar at the top: which engine runs and why, a link to this very setting, the language, the theme. */
import { fill, h, say } from '../dom.js';
import { host } from '../host.js';
import { retold } from '../retold.js';
import { LANGUAGES, language, withLanguage, words } from '../words.js';

const t = words.header;
const THEMES = ['system', 'light', 'dark'];

/** @param {import('../experiment.js').Experiment} experiment */
export function header(experiment, { line, tools }) {
  const draw = () => {
    const report = experiment.lab?.backendReport;
    const text = report && experiment.recorded
      ? t.recorded(report.backend === 'gpu' ? t.gpu : t.cpu)
      : report
      ? t.running(report.backend === 'gpu' ? t.gpuChecked : t.cpu, retold({ message: report.reason, says: report.says }))
      : retold(experiment.status) || t.none;
    say(line, text);
    line.title = text;
  };
  experiment.addEventListener('change', draw);
  draw();
  fill(tools, copyButton(), languageLinks(), themeButton());
}

/** Ways to this page in the other languages, with the settings as they are then; see `readLink` in page.js. */
function languageLinks() {
  const others = Object.entries(LANGUAGES).filter(([tag]) => tag !== language);
  const links = others.map(([tag, name]) => {
    const link = h('a', { lang: tag, hreflang: tag, href: addressIn(tag) }, name);
    for (const type of ['pointerenter', 'focus', 'click']) {
      link.addEventListener(type, () => {
        link.href = addressIn(tag);
      });
    }
    return link;
  });
  return h('nav', { class: 'languages', 'aria-label': t.languages }, links);
}

function addressIn(tag) {
  const query = new URLSearchParams(location.search);
  // What stands after # wins, but one name of a language is enough.
  query.delete('lang');
  const search = query.size > 0 ? `?${query}` : '';
  return `${location.pathname}${search}${withLanguage(location.hash.includes('=') ? location.hash : '', tag)}`;
}

function copyButton() {
  const label = h('span', {}, t.copy);
  return h(
    'button',
    {
      class: 'quiet',
      type: 'button',
      onclick: async () => {
        let done = t.copied;
        try {
          await navigator.clipboard.writeText(location.href);
        } catch {
          done = t.notCopied;
        }
        say(label, done);
        setTimeout(() => say(label, t.copy), 2500);
      },
    },
    label,
  );
}

function themeButton() {
  const stored = host.theme ?? read();
  const button = h('button', { class: 'quiet', type: 'button', onclick: () => apply(THEMES[(THEMES.indexOf(now) + 1) % 3], true) });
  const dark = matchMedia('(prefers-color-scheme: dark)');
  let now = stored;
  function apply(theme, keep) {
    now = theme;
    document.documentElement.dataset.theme = theme === 'system' ? (dark.matches ? 'dark' : 'light') : theme;
    say(button, t.theme[theme]);
    document.dispatchEvent(new Event('themechange'));
    if (keep) write(theme);
  }
  dark.addEventListener('change', () => apply(now, false));
  // The page around this one has chosen.
  document.addEventListener('hosttheme', () => apply(host.theme, false));
  apply(now, false);
  return button;
}

// Storage may be refused; the theme then lasts as long as the page.
function read() {
  try {
    const kept = localStorage.getItem('kd-lens.theme');
    return THEMES.includes(kept) ? kept : 'system';
  } catch {
    return 'system';
  }
}

function write(theme) {
  try {
    localStorage.setItem('kd-lens.theme', theme);
  } catch {
    // See read().
  }
}
