/** What the study in the repository found, beside the reader's own run: one folded table under each panel that it speaks of. */
import { h } from '../dom.js';
import { mayHave } from '../extras.js';
import { list, number } from '../format.js';
import { words } from '../words.js';

const t = words.studied;

/** Ids of claims of `studies/papers.toml`, by the panel that asks the same. */
const CLAIMS = {
  'look-panel': ['P1', 'P1-object', 'D-maps'],
  'fool-panel': ['P2', 'P2-noise', 'P2-foreign'],
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

/** Fills in the tables once the study's file is there. A site without one shows nothing. */
export async function studied(site) {
  const file = 'studies/papers.json';
  if (!mayHave(file)) return;
  const study = await fetch(new URL(file, site)).then((answer) => (answer.ok ? answer.json() : null)).catch(() => null);
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
    h('th', { scope: 'row' }, i === 0 ? h('a', { href: `${report}#${id}`, lang: 'en', hreflang: 'en' }, sentence) : h('span', { class: 'visually-hidden', lang: 'en' }, sentence)),
    h('td', { lang: 'en' }, group.title),
    h('td', {}, difference(group, unit)),
    h('td', {}, t.verdicts[group.verdict]),
  )));
  // What only checks another claim is in the table, but nothing that could be reproduced.
  const groups = claims.filter(({ check }) => !check).flatMap((claim) => claim.groups);
  const reproduced = groups.filter(({ verdict }) => verdict === 'reproduced').length;
  return h('details', { class: 'studied measured' },
    h('summary', {}, t.summary(study.seeds, reproduced, groups.length)),
    h('p', { class: 'studied-sum' }, t.sum(groups.length, list(Object.entries(t.verdicts).map(([verdict, said]) => [groups.filter((group) => group.verdict === verdict).length, said]).filter(([n]) => n > 0).map(([n, said]) => `${n} ${said}`))), ...where(groups, 'reproduced'), ...where(groups, 'contradicted')),
    h('div', { class: 'scroller', tabIndex: 0, role: 'group', 'aria-label': t.table },
      h('table', {},
        h('thead', {}, h('tr', {}, ...t.heads.map((head) => h('th', { scope: 'col' }, head)))),
        h('tbody', {}, ...rows))),
    h('p', {}, t.note, claims.some(({ check }) => check) ? t.checks : '', h('a', { href: report.href, hreflang: 'en' }, t.report), t.end),
  );
}

/** The settings in which a verdict was given at least once, and of how many. */
function where(groups, verdict) {
  const titles = [...new Set(groups.filter((group) => group.verdict === verdict).map(({ title }) => title))];
  if (titles.length === 0) return [];
  const counted = titles.map((title) => {
    const own = groups.filter((group) => group.title === title);
    return t.share(title, own.filter((group) => group.verdict === verdict).length, own.length);
  });
  return [' ', t.where[verdict], h('span', { lang: 'en' }, counted.join('; ')), '.'];
}

/** Mean and interval, shares in percentage points. */
function difference({ mean, low, high }, unit) {
  if (mean === null) return '–';
  const [scale, digits] = unit === 'percent' ? [100, 1] : [1, 3];
  const show = (x) => number(scale * x, digits);
  const told = low === null ? show(mean) : t.interval(show(mean), show(low), show(high));
  return unit === 'percent' ? t.points(told) : told;
}
