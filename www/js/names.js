/**
 * The engine describes its settings, methods and networks in English. Where the page speaks another language it takes the words for
 * them from `names`: by the English text, so that a text that the engine changes is missed by the tests at once.
 */
import { BACKEND } from './settings.js';
import { language, words } from './words.js';

const t = words.form.refused;
const names = words.names;
/** Why a method does not fit two networks; the engine puts its own numbers in. */
const REFUSALS = [
  [/^The method (\S+) does not fit these two networks: their maps must have the same channels, and the student's have (.+), the teacher's (.+)\.$/, t.channels],
  [/^The method (\S+) does not fit these two networks: the teacher has no batch normalisation before its activations, from which margins are computed\.$/, t.margins],
  [/^The method (\S+) does not fit these two networks: the student has the stage maps f1 to (\S+) and the teacher f1 to (\S+)\.$/, t.stages],
];
/** Parts of an entry of the description that are texts. */
const TEXTS = ['label', 'help', 'family', 'explanation', 'source'];

/** What a reader calls this; the engine's own word where there is no other. */
export const named = (text) => names[text] ?? text;

/** Why a method does not fit. */
export function refusal(text) {
  for (const [pattern, sentence] of REFUSALS) {
    const found = text.match(pattern);
    if (found) return sentence(...found.slice(1));
  }
  return text;
}

/** Every text of the description that is shown, each once. @returns {string[]} */
export function textsOf(description) {
  const texts = new Set();
  visit(description, (entry, name) => texts.add(entry[name]));
  return [...texts];
}

/** Puts the reader's words into a description, which is changed, and into what the page adds to it. */
export function translateNames(description) {
  if (language === 'en') return description;
  visit(description, (entry, name) => {
    entry[name] = named(entry[name]);
  });
  for (const method of description.methods) {
    for (const [pair, reason] of Object.entries(method.refused ?? {})) method.refused[pair] = refusal(reason);
  }
  return description;
}

function visit({ settings, methods, architectures, datasets }, take) {
  const own = methods.flatMap((method) => method.settings);
  const described = [...settings, BACKEND, ...methods, ...own, ...architectures, ...datasets];
  for (const entry of [...described, ...described.flatMap((setting) => setting.choices ?? [])]) {
    for (const name of TEXTS) if (entry[name]) take(entry, name);
  }
}
