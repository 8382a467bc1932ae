/** How numbers are written on the page: in the reader's language. What each function does stands in `numbers.js`. */
import { makeFormat } from './numbers.js';
import { language, words } from './words.js';

export const {
  integer,
  written,
  fixed,
  percent,
  percentWithInterval,
  interval,
  countOf,
  probability,
  bytes,
  duration,
  plural,
  list,
  either,
  short,
  signed,
  points,
  pointsAlone,
  gap,
  correlation,
  number,
  tick,
} = makeFormat(language, words.format);
