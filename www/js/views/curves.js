/** The three charts of part 1, each with a sentence and a table that say the same. */
import { integer, percentWithInterval, short } from '../format.js';
import { fill, h, mark, say, swatch } from '../dom.js';
import { Chart } from '../plot.js';
import { words } from '../words.js';

const t = words.curves;

/** Whether a term is the labels'; the others are the teacher's. In runs recorded before terms told it, their names do. */
const ofLabels = ([name, { role = /crossEntropy$/i.test(name) ? 'labels' : 'teacher' }]) => role === 'labels';
const MAX_ROWS = 40;

/** @param {import('../experiment.js').Experiment} experiment */
export function curves(experiment) {
  const accuracy = figure(t.accuracy, 'accuracy', [['teacher'], ['student'], ['control']]);
  const agreement = figure(t.agreement, 'agreement', [['student'], ['control']], t.band);
  const loss = figure(t.loss, 'loss', [
    ['student', t.studentAll],
    ['student thin', t.studentLabels],
    ['student dots', t.studentTeacher],
    ['control', t.controlLabels],
  ], t.averages, true);
  let charts = null;

  const build = () => {
    charts = {
      accuracy: new Chart(accuracy.plot, { label: t.noEvaluation(t.accuracy), height: 220, share: true, lines: [{ who: 'teacher' }, { who: 'student' }, { who: 'control' }] }),
      agreement: new Chart(agreement.plot, {
        label: t.noEvaluation(t.agreement),
        height: 220,
        share: true,
        lines: [{ who: 'student' }, { who: 'student', band: true }, { who: 'student', band: true }, { who: 'control' }, { who: 'control', band: true }, { who: 'control', band: true }],
      }),
      loss: new Chart(loss.plot, { label: t.noStep(t.loss), height: 180, lines: [{ who: 'student' }, { who: 'student', thin: true, dash: [] }, { who: 'student', thin: true, dash: [2, 3] }, { who: 'control' }] }),
    };
  };

  const epochOf = (event) => event.step / experiment.stepsPerEpoch;
  let drawn = '';
  const draw = () => {
    if (!charts) return;
    const { evaluations, progress, lookedAt } = experiment;
    const epochs = experiment.held?.epochs ?? experiment.form.epochs ?? 1;
    const state = `${evaluations.length}/${evaluations.at(-1)?.step}/${progress.length}/${progress.at(-1)?.step}/${epochs}/${lookedAt}`;
    if (state === drawn) return;
    drawn = state;
    const x = evaluations.map(epochOf);
    const column = (pick) => evaluations.map(pick);
    charts.accuracy.update([x, ...['teacher', 'student', 'control'].map((who) => column((event) => event[who].rate))], epochs);
    const rates = (who) => ['rate', 'high', 'low'].map((key) => column((event) => event.agreement[who][key]));
    charts.agreement.update([x, ...rates('student'), ...rates('control')], epochs);
    const part = (who, labels) =>
      progress.map((event) => {
        const terms = Object.entries(event[who].terms).filter((term) => ofLabels(term) === labels);
        return terms.length > 0 ? terms.reduce((sum, [, term]) => sum + term.weighted, 0) : null;
      });
    charts.loss.update(
      [progress.map(epochOf), progress.map((event) => event.student.total), part('student', true), part('student', false), part('control', true)],
      epochs,
    );
    const at = lookedAt === null ? null : lookedAt / experiment.stepsPerEpoch;
    for (const chart of Object.values(charts)) chart.mark(at);
    tellAccuracy(accuracy, charts.accuracy, evaluations, experiment.shownEvaluation);
    tellAgreement(agreement, charts.agreement, evaluations, experiment.shownEvaluation);
    tellLoss(loss, charts.loss, progress, progress.findLast((event) => event.step <= experiment.shownStep));
  };
  experiment.addEventListener('change', draw);
  // Charts measure their place, so they are built once they have one.
  requestAnimationFrame(() => {
    build();
    draw();
  });
  return h('div', { class: 'charts' }, accuracy.element, agreement.element, loss.element);
}

function figure(title, name, lines, axis = t.axis, long = false) {
  const plot = h('div', { class: 'plot' });
  const sentence = h('p', { class: 'say' });
  const table = h('div', { class: 'scroller', tabIndex: 0, role: 'group', 'aria-label': t.tableOf(title) });
  const legend = h('ul', { class: 'legend' }, lines.map(([classes, text = t.who[classes]]) => h('li', {}, swatch(classes), text)));
  const element = h(
    'figure',
    { class: long ? 'chart long' : 'chart', 'data-chart': name },
    h('h3', {}, title),
    legend,
    plot,
    h('p', { class: 'axis' }, axis),
    sentence,
    h('details', {}, h('summary', {}, t.asTable), table),
  );
  return { element, plot, sentence, table };
}

function tellAccuracy({ sentence, table }, chart, evaluations, last) {
  const text = last
    ? t.accuracyAt(integer(last.step), percentWithInterval(last.teacher), percentWithInterval(last.student), percentWithInterval(last.control))
    : '';
  tell({ sentence, table }, chart, text, t.accuracy, evaluations, ['teacher', 'student', 'control'], (event, who) => percentWithInterval(event[who]));
}

function tellAgreement(place, chart, evaluations, last) {
  const text = last ? t.agreementAt(percentWithInterval(last.agreement.student), percentWithInterval(last.agreement.control)) : '';
  tell(place, chart, text, t.agreement, evaluations, ['student', 'control'], (event, who) => percentWithInterval(event.agreement[who]));
}

function tell({ sentence, table }, chart, text, title, events, who, cell) {
  say(sentence, text);
  chart.describe(text ? t.described(title, text) : t.noEvaluation(title));
  fill(table, rows(t.caption(title, events.at(-1)?.n ?? 0), who.map((name) => mark(name)), events, (event) => who.map((name) => cell(event, name))));
}

function tellLoss({ sentence, table }, chart, progress, last) {
  // Methods in two phases have other terms later than earlier.
  const names = [...new Set(progress.flatMap((event) => Object.keys(event.student.terms)))];
  const cell = (event, name, part) => (event.student.terms[name] ? short(event.student.terms[name][part]) : '–');
  const weighted = (event, name) => cell(event, name, 'weighted');
  const told = (name) => t.term(t.terms[name] ?? name, weighted(last, name), cell(last, name, 'raw'));
  const text = last
    ? t.lossAt(integer(last.step), short(last.student.total), names.map(told).join('; '), short(last.control.total))
    : '';
  say(sentence, text);
  chart.describe(text ? t.described(t.loss, text) : t.noStep(t.loss));
  // A long run has thousands of rows; the table keeps an even selection with the last one in it.
  const every = Math.ceil(progress.length / MAX_ROWS);
  const kept = progress.filter((_, i) => (progress.length - 1 - i) % every === 0);
  const heads = [mark('student'), ...names.map((name) => t.ofIt(t.terms[name] ?? name)), mark('control')];
  fill(table, rows(t.lossCaption, heads, kept, (event) => [short(event.student.total), ...names.map((name) => weighted(event, name)), short(event.control.total)]));
}

function rows(caption, heads, events, cells) {
  return h(
    'table',
    {},
    h('caption', {}, caption),
    h('thead', {}, h('tr', {}, h('th', { scope: 'col' }, t.step), heads.map((head) => h('th', { scope: 'col' }, head)))),
    h('tbody', {}, events.map((event) => h('tr', {}, h('th', { scope: 'row' }, integer(event.step)), cells(event).map((text) => h('td', { class: 'number' }, text))))),
  );
}
