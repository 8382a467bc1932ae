/** Deutsch. One section a module; the sections stand in the order of the page. */
export default {
  page: {},

  header: {
    languages: 'Andere Sprachen',
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
    title: 'kd-lens: Wissensdestillation zum Ausprobieren',
    loading: 'kd-lens wird geladen.',
    whole: 'Die ganze Seite mit diesen Einstellungen',
    newTab: ' (öffnet einen neuen Tab)',
    credit: 'kd-lens trainiert diese Netze auf Ihrem eigenen Rechner. ',
    noArticle: (status) => `Der Artikel konnte nicht geladen werden: Der Server antwortete ${status}.`,
    noSheet: (href) => `Die Formatvorlage ${href} konnte nicht geladen werden.`,
    quoted: (name) => `„${name}“`,
    cannotBe: (name, text, usual, choices) => `„${name}“ kann nicht „${text}“ sein; es ist ${usual}. Möglich sind: ${choices}.`,
    strange: (name, entries, known) => `„${name}“ nennt ${entries}; das gibt es nicht und wurde übergangen. Es gibt: ${known}.`,
    source: 'Die umgebende Seite',
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
