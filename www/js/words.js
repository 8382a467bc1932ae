/**
 * The page's words, in the reader's language. All sentences of the page stand in `strings/`, one file a language; a file has the
 * same keys as English, which `cargo xtask` checks before it builds the site. Only the file that is used is fetched.
 *
 * A language is asked for by the link (`?lang=de` or `#…&lang=de`; the element `<kd-lens>` asks that way too), else by the browser's
 * settings.
 */

/** Languages that the page speaks, each by its own name. The first is the one that others fall back to. */
export const LANGUAGES = Object.freeze({ en: 'English', de: 'Deutsch' });

const known = (tag) => {
  const language = String(tag ?? '').toLowerCase().split('-')[0];
  return Object.hasOwn(LANGUAGES, language) ? language : null;
};

/** What a link asks for (`?lang=de` or `#…&lang=de`, which wins), or null. */
const askedBy = ({ search, hash }) => [hash.replace(/^#/, ''), search].map((part) => known(new URLSearchParams(part).get('lang'))).find(Boolean) ?? null;

/** What the browser's settings say. */
const preferred = () => (navigator.languages ?? []).map(known).find(Boolean) ?? 'en';

/** What the link asks for, else what the browser prefers. Outside a page (tests, workers) it is English. */
const chosen = () => (typeof document === 'undefined' ? 'en' : (askedBy(location) ?? preferred()));

/** The language in use: a key of {@link LANGUAGES}. */
export const language = chosen();

/** The strings of that language: sections by module, each a string or a function that makes one. */
export const words = (await import(`./strings/${language}.js`)).default;

/** Whether the address, which may have been edited, now wants another language than the one in use. */
export const wantsAnother = () => chosen() !== language;

/** A link's settings, such as `#seed=2&lang=de`, without the language. */
export function withoutLanguage(hash) {
  const query = new URLSearchParams(hash.replace(/^#/, ''));
  if (!query.has('lang')) return hash;
  query.delete('lang');
  return query.size > 0 ? `#${query}` : '';
}

/** A link's settings with the language in them, if it was asked for after `#`; what stands after `?` stays there by itself. */
export const keepLanguage = (hash) => (askedBy({ search: '', hash: location.hash }) ? withLanguage(hash, language) : hash);

/** The same for a link to be opened elsewhere by this reader: it names the language where their browser would take another. */
export const bringLanguage = (hash) => (preferred() === language ? hash : withLanguage(hash, language));

/** A link's settings with this language in them. */
export function withLanguage(hash, tag) {
  const bare = withoutLanguage(hash);
  return `${bare || '#'}${bare.length > 1 ? '&' : ''}lang=${tag}`;
}
