/** Part «What do they ignore?», b: does the student go with its teacher where neither was taught? */
import { domainsAnswer } from '../answers-ignore.js';
import { className, classNames } from '../classes.js';
import { drawPixels } from '../draw.js';
import { fill, h, mark, WHO } from '../dom.js';
import { integer, percentWithInterval, points } from '../format.js';
import { pooled } from '../rates.js';
import { words } from '../words.js';
import { Ask } from './ask.js';
import { grid, twin } from './choices.js';
import { Panel } from './panel.js';
import { rangeTable } from './ranges.js';

const FOREIGN = ['greyscale', 'edges', 'silhouettes', 'posterised', 'stylised'];
const ALL = ['unchanged', ...FOREIGN];
const t = words.domains;
const title = (domain) => t.titles[domain];

/** @param {import('../experiment.js').Experiment} experiment */
export function domains(experiment, holder) {
  const bars = h('div', { class: 'scroller', tabIndex: 0, role: 'group', 'aria-label': t.barsLabel });
  const answer = h('p', { class: 'answer', 'data-answer': 'domains' });
  const table = twin(t.right, t.rightEach);
  const meanings = h('dl', { class: 'meanings' });
  let found = null;
  let picture = null;

  const ask = new Ask(experiment, {
    verb: t.verb,
    preferred: 64,
    // One domain after the other; the unchanged images come with each.
    parts: FOREIGN,
    part: (lab, images, domain) => lab.probe('domains', { images, domains: [domain] }),
    pool: async (reports) => ({ ...reports.at(-1), domains: [reports[0].domains[0], ...reports.map((report) => report.domains[1])] }),
    show: (report) => {
      found = report;
      draw();
      fill(table.table, accuracyTable(report));
      const { text, small } = domainsAnswer(report, t.names);
      fill(answer, text, h('small', {}, `${small} ${t.way(integer(report.step), report.seed)}`));
      return text;
    },
    clear: () => {
      found = null;
      picture = null;
      draw();
      fill(table.table);
      fill(meanings);
      fill(answer, h('small', {}, t.none));
    },
  });

  new Panel(experiment, holder, {
    invitation: t.invitation,
    subject: t.subject,
    top: [],
    body: [ask.element, bars, answer, table.element, h('details', { class: 'measured' }, h('summary', {}, t.what), meanings)],
    load: async () => {},
    question: (lab) => lab.probe('domains', { images: [experiment.selected], pictures: [experiment.selected] }),
    show: (report) => {
      picture = report;
      fill(meanings, report.domains.flatMap(({ domain, meaning }) => [h('dt', {}, title(domain)), h('dd', {}, t.meaning(domain, meaning))]));
      draw();
    },
  });

  /** The bars; beside each domain's name the chosen image in it. */
  function draw() {
    const n = found?.n ?? 0;
    const rows = ALL.map((domain) => {
      const consensus = found?.domains.find((entry) => entry.domain === domain)?.consensus;
      const none = pooled([]);
      return [head(domain), ['student', consensus?.student ?? none], ['control', consensus?.control ?? none], consensus && points(consensus.comparison) ? points(consensus.comparison) : '–'];
    });
    const caption = found ? t.caption(n) : t.empty;
    fill(bars, rangeTable(caption, [t.domain, mark('student'), mark('control'), 'S − C'], rows));
  }

  function head(domain) {
    const canvas = h('canvas', { class: 'pixels', 'aria-hidden': 'true' });
    const place = picture?.domains.findIndex((entry) => entry.domain === domain) ?? -1;
    if (place < 0) return h('span', { class: 'pictured' }, canvas, title(domain));
    const [item] = picture.items;
    drawPixels(canvas, picture.pictures[0].domains[place], true);
    canvas.setAttribute('role', 'img');
    canvas.removeAttribute('aria-hidden');
    canvas.setAttribute('aria-label', t.imageIn(item.index, className(item.className), title(domain)));
    const classes = classNames(experiment.classes);
    const said = WHO.map((who) => t.says(who, classes[item.verdicts[place][who]])).join(', ');
    return h('span', { class: 'pictured', title: said }, canvas, title(domain));
  }
}

function accuracyTable({ domains: list, n }) {
  return grid(t.rightCaption(n), [t.domain, ...WHO.map((who) => mark(who))], list.map(({ domain, accuracy }) => [title(domain), ...WHO.map((who) => percentWithInterval(accuracy[who]))]));
}
