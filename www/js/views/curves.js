/** The three charts of part 1, each with a sentence and a table that say the same. */
import { integer, percentWithInterval, short } from '../format.js';
import { fill, h, mark, say, swatch } from '../dom.js';
import { Chart } from '../plot.js';

/** What the terms of the losses are called. */
const TERMS = { crossEntropy: 'labels (CE)', strongCrossEntropy: 'labels, second view', weightedCrossEntropy: 'labels, weighted', smoothedCrossEntropy: 'smoothed labels', kl: 'teacher (KL)' };
/** Terms in which only labels speak; the others are the method's. */
const OF_LABELS = ['crossEntropy', 'strongCrossEntropy', 'weightedCrossEntropy', 'smoothedCrossEntropy'];
const MAX_ROWS = 40;

/** @param {import('../experiment.js').Experiment} experiment */
export function curves(experiment) {
  const accuracy = figure('Test accuracy', 'accuracy', [['teacher'], ['student'], ['control']]);
  const agreement = figure('Agreement with the teacher', 'agreement', [['student'], ['control']], 'Shaded: 95 % interval.');
  const loss = figure('Training loss', 'loss', [
    ['student', 'student, all'],
    ['student thin', 'student, labels'],
    ['student dots', 'student, teacher'],
    ['control', `control, ${TERMS.crossEntropy}`],
  ], 'Each term times its weight; averages over a few steps.', true);
  let charts = null;

  const build = () => {
    charts = {
      accuracy: new Chart(accuracy.plot, { label: 'Test accuracy. No evaluation yet.', height: 220, share: true, lines: [{ who: 'teacher' }, { who: 'student' }, { who: 'control' }] }),
      agreement: new Chart(agreement.plot, {
        label: 'Agreement with the teacher. No evaluation yet.',
        height: 220,
        share: true,
        lines: [{ who: 'student' }, { who: 'student', band: true }, { who: 'student', band: true }, { who: 'control' }, { who: 'control', band: true }, { who: 'control', band: true }],
      }),
      loss: new Chart(loss.plot, { label: 'Training loss. No step yet.', height: 180, lines: [{ who: 'student' }, { who: 'student', thin: true, dash: [] }, { who: 'student', thin: true, dash: [2, 3] }, { who: 'control' }] }),
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
        const terms = Object.entries(event[who].terms).filter(([name]) => OF_LABELS.includes(name) === labels);
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

function figure(title, name, lines, remark = '', long = false) {
  const plot = h('div', { class: 'plot' });
  const sentence = h('p', { class: 'say' });
  const table = h('div', { class: 'scroller', tabIndex: 0, role: 'group', 'aria-label': `${title} as a table` });
  const legend = h('ul', { class: 'legend' }, lines.map(([classes, text = classes]) => h('li', {}, swatch(classes), text)));
  const element = h(
    'figure',
    { class: long ? 'chart long' : 'chart', 'data-chart': name },
    h('h3', {}, title),
    legend,
    plot,
    h('p', { class: 'axis' }, `Epochs. ${remark}`),
    sentence,
    h('details', {}, h('summary', {}, 'As a table'), table),
  );
  return { element, plot, sentence, table };
}

function tellAccuracy({ sentence, table }, chart, evaluations, last) {
  const text = last
    ? `At step ${integer(last.step)}: teacher ${percentWithInterval(last.teacher)}, student ${percentWithInterval(last.student)}, control ${percentWithInterval(last.control)}.`
    : '';
  tell({ sentence, table }, chart, text, 'Test accuracy', evaluations, ['teacher', 'student', 'control'], (event, who) => percentWithInterval(event[who]));
}

function tellAgreement(place, chart, evaluations, last) {
  const text = last ? `The same class as the teacher: student ${percentWithInterval(last.agreement.student)}, control ${percentWithInterval(last.agreement.control)}.` : '';
  tell(place, chart, text, 'Agreement with the teacher', evaluations, ['student', 'control'], (event, who) => percentWithInterval(event.agreement[who]));
}

function tell({ sentence, table }, chart, text, title, events, who, cell) {
  say(sentence, text);
  chart.describe(text ? `${title}. ${text}` : `${title}. No evaluation yet.`);
  fill(table, rows(`${title}, ${events.at(-1)?.n ?? 0} test images, 95 % intervals in brackets`, who.map((name) => mark(name)), events, (event) => who.map((name) => cell(event, name))));
}

function tellLoss({ sentence, table }, chart, progress, last) {
  // Methods in two phases have other terms later than earlier.
  const names = [...new Set(progress.flatMap((event) => Object.keys(event.student.terms)))];
  const weighted = (event, name) => (event.student.terms[name] ? short(event.student.terms[name].weighted) : '–');
  const text = last
    ? `At step ${integer(last.step)}: student ${short(last.student.total)} (${names.map((name) => `${TERMS[name] ?? name} ${weighted(last, name)}`).join(', ')}), control ${short(last.control.total)}.`
    : '';
  say(sentence, text);
  chart.describe(text ? `Training loss. ${text}` : 'Training loss. No step yet.');
  // A long run has thousands of rows; the table keeps an even selection with the last one in it.
  const every = Math.ceil(progress.length / MAX_ROWS);
  const kept = progress.filter((_, i) => (progress.length - 1 - i) % every === 0);
  const heads = [mark('student'), ...names.map((name) => `of it ${TERMS[name] ?? name}`), mark('control')];
  fill(table, rows('Training loss, each term times its weight', heads, kept, (event) => [short(event.student.total), ...names.map((name) => weighted(event, name)), short(event.control.total)]));
}

function rows(caption, heads, events, cells) {
  return h(
    'table',
    {},
    h('caption', {}, caption),
    h('thead', {}, h('tr', {}, h('th', { scope: 'col' }, 'Step'), heads.map((head) => h('th', { scope: 'col' }, head)))),
    h('tbody', {}, events.map((event) => h('tr', {}, h('th', { scope: 'row' }, integer(event.step)), cells(event).map((text) => h('td', { class: 'number' }, text))))),
  );
}
