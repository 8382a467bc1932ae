/** English. One section a module; the sections stand in the order of the page. */
import { makeFormat } from '../numbers.js';

const format = {
  and: 'and',
  or: 'or',
  countOf: (count, n) => `${count} of ${n}`,
  range: (low, high) => `${low} to ${high}`,
  points: (difference) => `${difference} points`,
  instant: 'less than a second',
  second: ['second', 'seconds'],
  minute: ['minute', 'minutes'],
  hours: 'hours',
};
const f = makeFormat('en', format);

export default {
  page: {},

  header: {},

  start: {},

  teach: {},

  curves: {},

  form: {},

  settings: {},

  seeds: {},

  timeline: {},

  lesson: {},

  presets: {},

  kept: {},

  recorded: {},

  boxes: {},

  messages: {},

  backend: {},

  data: {},

  experiment: {},

  keep: {},

  offline: {},

  embed: {},

  studied: {},

  print: {},

  terms: {},

  names: {},

  article: {},

  format,

  dom: {},

  answers: {},

  answersIgnore: {},

  answersSeeds: {},

  answersWhy: {},

  ask: {},

  many: {},

  panel: {},

  asOf: {},

  look: {},

  unicam: {},

  own: {},

  ownPicture: {},

  ownFolder: {},

  fool: {},

  sweep: {},

  invariance: {},

  domains: {},

  shape: {},

  fidelity: {},

  rescaling: {},

  boundary: {},

  layers: {},

  relevance: {},

  projector: {},

  regions: {},

  ranges: {},

  choices: {},

  figures: {},

  plot: {},

  draw: {},

  take: {},

  results: {},

  script: {},
};
