/** What to do about each error. The error's own message says what happened; this says what now. */
import { LabError } from './errors.js';
import { retold } from './retold.js';
import { language, words } from './words.js';

const t = words.messages;

/**
 * @param {any} error where its code has words that do not fit, an error brings its own `title` and `advice`
 * @returns {{title: string, message: string, lang: string|null, advice: string, code: string}} `lang` is the language of the message
 *          where it is not the reader's: the face's errors are English but for those that carry a name, the page's own, some of which
 *          name their `language`, are not
 */
export function explain(error) {
  const code = Object.hasOwn(t.advice, error?.code ?? '') ? error.code : 'internal';
  const message = error?.says ? retold(error) : String(error?.message ?? error);
  const ours = Boolean(error?.says) || error?.language === language || (typeof error?.code === 'string' && !(error instanceof LabError));
  return { code, title: error?.title ?? t.titles[code] ?? t.untitled, message, lang: ours || language === 'en' ? null : 'en', advice: error?.advice ?? t.advice[code] };
}
