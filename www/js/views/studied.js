/** What the study in the repository found, beside the reader's own run: one folded table under each panel that it speaks of. */
import { h } from '../dom.js';

/** Ids of claims of `studies/papers.toml`, by the panel that asks the same. */
const CLAIMS = {
  'look-panel': ['P1', 'P1-object', 'D-maps'],
  'fool-panel': ['P2', 'P2-noise', 'P2-foreign', 'P10'],
  'invariance-panel': ['P3', 'P3-teacher', 'P4', 'P5'],
  'domains-panel': ['P6-grey', 'P6-edges', 'P6-silhouettes', 'P6-posterised', 'P6-stylised'],
  'shape-panel': ['P7'],
  'fidelity-panel': ['accuracy', 'agreement', 'divergence', 'gradients', 'P11'],
  'rescaling-panel': ['C-rescaling', 'C-rows', 'C-smoothing', 'C-pt', 'C-order', 'C-geometry', 'C-topk', 'C-dark'],
  'boundary-panel': ['P13'],
  'layers-panel': ['P12'],
  'relevance-panel': ['D-relevance'],
  'projector-panel': ['B-srd', 'B-projector', 'B-accuracy'],
};

const VERDICTS = { reproduced: 'reproduced', notSeen: 'not seen', contradicted: 'contradicted', undecided: 'undecided' };

/** Fills in the tables once the study's file is there. A site without one shows nothing. */
export async function studied(site) {
  const study = await fetch(new URL('studies/papers.json', site)).then((answer) => (answer.ok ? answer.json() : null)).catch(() => null);
  if (!study) return;
  const report = new URL('studies/papers.html', site);
  for (const [id, claims] of Object.entries(CLAIMS)) {
    const found = claims.map((claim) => study.claims.find((entry) => entry.id === claim)).filter(Boolean);
    const panel = document.getElementById(id);
    if (panel && found.length) panel.after(table(study, found, report));
  }
}

function table(study, claims, report) {
  const rows = claims.flatMap(({ id, sentence, unit, groups }) => groups.map((group, i) => h('tr', {},
    h('th', { scope: 'row' }, i === 0 ? h('a', { href: `${report}#${id}` }, sentence) : h('span', { class: 'visually-hidden' }, sentence)),
    h('td', {}, group.title),
    h('td', {}, difference(group, unit)),
    h('td', {}, VERDICTS[group.verdict]),
  )));
  return h('details', { class: 'studied measured' },
    h('summary', {}, `What our own study found (${study.seeds} seeds)`),
    h('div', { class: 'scroller', tabIndex: 0, role: 'group', 'aria-label': 'Table of what our own study found' },
      h('table', {},
        h('thead', {}, h('tr', {}, ...['Claimed', 'Setting', 'Difference (95 % over seeds)', 'Verdict'].map((head) => h('th', { scope: 'col' }, head)))),
        h('tbody', {}, ...rows))),
    h('p', {}, 'Each seed gives one difference, student − control unless the setting names two sides. “Not seen”: the interval contains 0, which with few seeds and short trainings is not the same as no difference. ',
      h('a', { href: report.href }, 'The whole report'), '.'),
  );
}

/** Mean and interval, shares in percentage points. */
function difference({ mean, low, high }, unit) {
  if (mean === null) return '–';
  const [scale, digits] = unit === 'percent' ? [100, 1] : [1, 3];
  const show = (x) => (scale * x).toFixed(digits).replace('-', '−');
  const interval = low === null ? '' : ` (${show(low)} to ${show(high)})`;
  return `${show(mean)}${interval}${unit === 'percent' ? ' points' : ''}`;
}
