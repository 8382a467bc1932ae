/** Brings the article into the frame: the same markup and styles as the page's, fetched from it, so that there is one of each. */
import { words } from '../words.js';

const t = words.embed;

/** @param {URL} site */
export async function adoptArticle(site) {
  const response = await fetch(new URL('index.html', site));
  if (!response.ok) throw new Error(t.noArticle(response.status));
  const text = await response.text();
  const source = new DOMParser().parseFromString(text, 'text/html');
  const held = new Set([...document.styleSheets].map((sheet) => sheet.href));
  const sheets = [...source.querySelectorAll('link[rel=stylesheet]')]
    .map((link) => ({ href: new URL(link.getAttribute('href'), site).href, media: link.media }))
    .filter(({ href }) => !held.has(href));
  // Styles of the frame itself come last, as they change some of the article's.
  const own = document.querySelector('link[href$="css/embed.css"]');
  await Promise.all(sheets.map((sheet) => stylesheet(sheet, own)));
  document.body.replaceChildren(...[...source.body.childNodes].filter((node) => node.nodeName !== 'SCRIPT'));
}

function stylesheet({ href, media }, before) {
  return new Promise((resolve, reject) => {
    const link = Object.assign(document.createElement('link'), { rel: 'stylesheet', href, media });
    link.onload = resolve;
    link.onerror = () => reject(new Error(t.noSheet(href)));
    before.before(link);
  });
}
