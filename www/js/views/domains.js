/** Part «What do they ignore?», b: does the student go with its teacher where neither was taught? */
import { domainsAnswer } from '../answers-ignore.js';
import { drawPixels } from '../draw.js';
import { fill, h, mark, WHO } from '../dom.js';
import { percentWithInterval, plural, points } from '../format.js';
import { pooled } from '../rates.js';
import { Ask } from './ask.js';
import { grid, twin } from './choices.js';
import { Panel } from './panel.js';
import { rangeTable } from './ranges.js';

const FOREIGN = ['greyscale', 'edges', 'silhouettes', 'posterised', 'stylised'];
const ALL = ['unchanged', ...FOREIGN];
/** How a sentence calls them. */
const NAMES = { unchanged: 'unchanged images', greyscale: 'grey images', edges: 'edges', silhouettes: 'silhouettes', posterised: 'posterised images', stylised: 'stylised images' };
const title = (domain) => domain[0].toUpperCase() + domain.slice(1);

/** @param {import('../experiment.js').Experiment} experiment */
export function domains(experiment, holder) {
  const bars = h('div', { class: 'scroller', tabIndex: 0, role: 'group', 'aria-label': 'The teacher’s answer given, by domain' });
  const answer = h('p', { class: 'answer', 'data-answer': 'domains' });
  const table = twin('Right answers', 'Right answers in each domain');
  const meanings = h('dl', { class: 'meanings' });
  let found = null;
  let picture = null;

  const ask = new Ask(experiment, {
    verb: 'Show them other pictures',
    preferred: 64,
    // One domain after the other; the unchanged images come with each.
    parts: FOREIGN,
    part: (lab, images, domain) => lab.probe('domains', { images, domains: [domain] }),
    pool: async (reports) => ({ ...reports.at(-1), domains: [reports[0].domains[0], ...reports.map((report) => report.domains[1])] }),
    show: (report) => {
      found = report;
      draw();
      fill(table.table, accuracyTable(report));
      const { text, small } = domainsAnswer(report, NAMES);
      fill(answer, text, h('small', {}, `${small} Step ${report.step}, seed ${report.seed}.`));
      return text;
    },
    clear: () => {
      found = null;
      picture = null;
      draw();
      fill(table.table);
      fill(meanings);
      fill(answer, h('small', {}, 'The answer stands here once the button above has been pressed.'));
    },
  });

  new Panel(experiment, holder, {
    invitation: 'Here the test images are shown as grey pictures, edges, silhouettes, in few tones and with foreign texture, as soon as the networks are loaded.',
    subject: 'Pictures',
    top: [],
    body: [ask.element, bars, answer, table.element, h('details', { class: 'measured' }, h('summary', {}, 'What the domains are'), meanings)],
    load: async () => {},
    question: (lab) => lab.probe('domains', { images: [experiment.selected], pictures: [experiment.selected] }),
    show: (report) => {
      picture = report;
      fill(meanings, report.domains.flatMap(({ domain, meaning }) => [h('dt', {}, title(domain)), h('dd', {}, meaning)]));
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
    const caption = found ? `The teacher’s answer given, right or wrong, on ${plural(n, 'image')}; 95 % intervals in brackets` : 'The teacher’s answer given, right or wrong: not computed yet';
    fill(bars, rangeTable(caption, ['Domain', mark('student'), mark('control'), 'S − C'], rows));
  }

  function head(domain) {
    const canvas = h('canvas', { class: 'pixels', 'aria-hidden': 'true' });
    const place = picture?.domains.findIndex((entry) => entry.domain === domain) ?? -1;
    if (place < 0) return h('span', { class: 'pictured' }, canvas, title(domain));
    const [item] = picture.items;
    drawPixels(canvas, picture.pictures[0].domains[place], true);
    canvas.setAttribute('role', 'img');
    canvas.removeAttribute('aria-hidden');
    canvas.setAttribute('aria-label', `Test image ${item.index}, ${item.className}, ${domain}`);
    const said = WHO.map((who) => `${who} says ${experiment.classes[item.verdicts[place][who]]}`).join(', ');
    return h('span', { class: 'pictured', title: said }, canvas, title(domain));
  }
}

function accuracyTable({ domains: list, n }) {
  return grid(`Right answers on ${n} images of each domain, 95 % intervals in brackets`, ['Domain', ...WHO.map((who) => mark(who))], list.map(({ domain, accuracy }) => [title(domain), ...WHO.map((who) => percentWithInterval(accuracy[who]))]));
}
