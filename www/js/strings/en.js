/** English. One section a module; the sections stand in the order of the page. */
export default {
  page: {},

  header: {
    languages: 'Other languages',
  },

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

  embed: {
    title: 'kd-lens: knowledge distillation to try',
    loading: 'kd-lens is being loaded.',
    whole: 'The whole page with these settings',
    newTab: ' (opens in a new tab)',
    credit: 'kd-lens trains these networks on your own machine. ',
    noArticle: (status) => `The article could not be loaded: the server answered ${status}.`,
    noSheet: (href) => `The style sheet ${href} could not be loaded.`,
    quoted: (name) => `“${name}”`,
    cannotBe: (name, text, usual, choices) => `“${name}” cannot be “${text}”; it is ${usual}. It may be: ${choices}.`,
    strange: (name, entries, known) => `“${name}” names ${entries}, which does not exist; it was passed over. There are: ${known}.`,
    source: 'The page around',
  },

  studied: {},

  print: {},

  terms: {},

  names: {},

  article: {},

  format: {},

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
