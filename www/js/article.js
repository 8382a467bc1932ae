/**
 * The article in the reader's language. Its English stands in `index.html`, so that it can be read without JavaScript;
 * every block of it names its place in the `article` section of the strings (`data-t`, and `data-t-…` for an attribute).
 */
import { language, words } from './words.js';

const t = words.article;
/** Attributes that hold text of the article. */
const ATTRIBUTES = ['aria-label', 'content'];

/** To be called before anything else looks at the article: its blocks are replaced, with the same ids in them. */
export function translateArticle() {
  document.documentElement.lang = language;
  if (language === 'en') return;
  // Constants of our own: nothing that a person or a file says goes this way.
  for (const block of document.querySelectorAll('[data-t]')) block.innerHTML = t[block.dataset.t];
  for (const name of ATTRIBUTES) {
    for (const element of document.querySelectorAll(`[data-t-${name}]`)) element.setAttribute(name, t[element.getAttribute(`data-t-${name}`)]);
  }
}
