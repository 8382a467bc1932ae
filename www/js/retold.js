/** What the engine's face says in English (`sentences.js`), in the reader's language. */
import { words } from './words.js';

const t = words.backend;

/**
 * @param {{message: string, says?: any[]}|null|undefined} told a status, a report as `{message: reason, says}`, an error
 * @returns {string} '' where there is nothing; the message itself where its sentence has no name
 */
export function retold(told) {
  if (!told?.says) return told?.message ?? '';
  const [name, ...values] = told.says;
  const sentence = t[name];
  return typeof sentence === 'function' ? sentence(...values.map((value) => (Array.isArray(value) ? retold({ says: value }) : value))) : sentence;
}
