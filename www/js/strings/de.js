/** Deutsch. One section a module; the sections stand in the order of the page. */
import { makeFormat } from '../numbers.js';

const format = {
  and: 'und',
  or: 'oder',
  countOf: (count, n) => `${count} von ${n}`,
  range: (low, high) => `${low} bis ${high}`,
  points: (difference) => `${difference} Prozentpunkte`,
  instant: 'weniger als eine Sekunde',
  second: ['Sekunde', 'Sekunden'],
  minute: ['Minute', 'Minuten'],
  hours: 'Stunden',
};
const f = makeFormat('de', format);

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
