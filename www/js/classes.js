/** What classes are called: those of the site's data sets in the reader's language, a person's own as their folders are. */
import { words } from './words.js';

/** @param {string} name as the engine gives it */
export const className = (name) => words.classes.named(name);

/** The names of a run's classes. @param {string[]} names */
export const classNames = (names) => names.map(className);
