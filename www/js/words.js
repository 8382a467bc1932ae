/**
 * The page's words, in the reader's language. All sentences of the page stand in `strings/`, one file a language; a file has the
 * same keys as English, which `cargo xtask` checks before it builds the site. Only the file that is used is fetched.
 *
 * A language is asked for by the link (`?lang=de` or `#…&lang=de`), else by the embedding page, else by the browser's settings.
 */

/** Languages that the page speaks, each by its own name. The first is the one that others fall back to. */
export const LANGUAGES = Object.freeze({ en: 'English', de: 'Deutsch' });

const known = (tag) => {
  const language = String(tag ?? '').toLowerCase().split('-')[0];
  return language in LANGUAGES ? language : null;
};

/** What the link asks for, and what the browser prefers. Outside a page (tests, workers) it is English. */
function chosen() {
  if (typeof document === 'undefined') return 'en';
  const asked = [new URLSearchParams(location.search), new URLSearchParams(location.hash.slice(1))].map((part) => part.get('lang'));
  const given = document.documentElement.dataset.lang;
  return [...asked, given, ...(navigator.languages ?? [])].map(known).find(Boolean) ?? 'en';
}

/** The language in use: a key of {@link LANGUAGES}. */
export const language = chosen();

/** The strings of that language: sections by module, each a string or a function that makes one. */
export const words = (await import(`./strings/${language}.js`)).default;
