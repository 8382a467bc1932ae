/**
 * What the address of `embed.html` says: `?` and `#` both carry names and values, and where both have a name the one after
 * `#` holds. Five names are about the frame, `lang` is for `words.js`, all others are settings of the run (see `settings.js`).
 */

import { words } from '../words.js';

const t = words.embed;

/** The options that are about the frame, with their defaults. */
export const OPTIONS = { parts: '', hide: '', lock: '', theme: 'system', offscreen: 'pause' };
const CHOICES = { theme: ['system', 'light', 'dark'], offscreen: ['pause', 'run'] };

/**
 * @param {{search: string, hash: string}} address
 * @returns {{options: typeof OPTIONS, link: string}} `link` holds the settings, as `#name=value&…`
 */
export function readAddress({ search, hash }) {
  const options = { ...OPTIONS };
  const settings = new URLSearchParams();
  for (const source of [search, hash.replace(/^#/, '')]) {
    for (const [name, value] of new URLSearchParams(source)) {
      if (Object.hasOwn(OPTIONS, name)) options[name] = value;
      else if (name !== 'lang') settings.set(name, value);
    }
  }
  const text = settings.toString();
  return { options, link: text && `#${text}` };
}

/** A list with commas; without doubles and empty places. */
export const listed = (text) => [...new Set(String(text).split(',').map((entry) => entry.trim()).filter(Boolean))];

/**
 * What of `given` can be used.
 * @param {Record<string, string>} given some of {@link OPTIONS}
 * @param {{parts: string[], hide: string[], lock: string[]}} known names that may stand in the lists
 * @returns {{values: Record<string, string|string[]>, notes: string[]}} a note for all that was passed over
 */
export function checkOptions(given, known) {
  const values = {};
  const notes = [];
  for (const [name, text] of Object.entries(given)) {
    if (Object.hasOwn(CHOICES, name)) {
      if (CHOICES[name].includes(text)) values[name] = text;
      else {
        values[name] = OPTIONS[name];
        notes.push(t.cannotBe(name, text, OPTIONS[name], CHOICES[name].join(', ')));
      }
      continue;
    }
    if (!Object.hasOwn(known, name)) {
      notes.push(t.strange('configure', t.quoted(name), Object.keys(OPTIONS).join(', ')));
      continue;
    }
    const wanted = listed(text);
    values[name] = wanted.filter((entry) => known[name].includes(entry));
    const strange = wanted.filter((entry) => !known[name].includes(entry));
    if (strange.length > 0) notes.push(t.strange(name, strange.map(t.quoted).join(', '), known[name].join(', ')));
  }
  return { values, notes };
}
