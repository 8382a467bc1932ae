/** Several seeds at one click: how much of the answer is chance? */
import { seedsAnswer } from '../answers-seeds.js';
import { announce, fill, h, keepWidth, mark, newId, say, swatch } from '../dom.js';
import { duration, integer, percent, points, signed } from '../format.js';
import { Chart } from '../plot.js';
import { Seeds } from '../seeds.js';
import { calledBy } from '../settings.js';
import { words } from '../words.js';
import { problemBox } from './boxes.js';
import { estimate } from './start.js';

const t = words.seeds;
const COUNTS = [2, 3, 4, 5];
const USUAL = 3;

/** @param {import('../experiment.js').Experiment} experiment */
export function seeds(experiment, holder) {
  const runs = new Seeds();
  const id = newId('seeds');
  const count = h('select', { id, onchange: () => draw() }, COUNTS.map((n) => h('option', { value: n, selected: n === USUAL }, t.count(n))));
  const button = h('button', { type: 'button', disabled: true, onclick: () => (runs.running ? runs.stop() : start()) });
  const bar = h('progress', { max: 1, value: 0, 'aria-label': t.progress });
  const state = h('p', { class: 'fine', role: 'status' });
  const answer = h('p', { class: 'answer', 'data-answer': 'seeds' });
  const plot = h('div', { class: 'plot' });
  const legend = h('ul', { class: 'legend' }, [['student thin', t.legend.studentEach], ['control dots', t.legend.controlEach], ['student', t.legend.studentMean], ['control', t.legend.controlMean]].map(([classes, text]) => h('li', {}, swatch(classes), text)));
  const figure = h('figure', { class: 'chart', hidden: true }, h('h4', {}, t.chart), legend, plot, h('p', { class: 'axis' }, t.axis));
  const table = h('div', { class: 'scroller', tabIndex: 0, role: 'group', 'aria-label': t.table });
  const problems = h('div', {});
  const choice = h('div', { class: 'field' }, h('label', { htmlFor: id }, t.howMany), count);
  fill(holder, h('div', { class: 'panel-body' }, h('div', { class: 'many' }, choice, button, bar), state, problems, answer, figure, table));
  let chart = null;
  let told = 0;

  async function start() {
    fill(problems);
    told = 0;
    // Two trainings at once would only slow each other down.
    if (experiment.busy) await experiment.pause();
    const { seed, ...form } = experiment.form;
    const first = Math.min(seed, seedMost(experiment) - Number(count.value) + 1);
    const { train, test, teacher } = experiment.files;
    keepWidth(button);
    const options = { ...form, trainFiles: train ?? undefined, testFiles: test ?? undefined, teacherWeights: teacher ? new Uint8Array(await teacher.arrayBuffer()) : undefined };
    await runs.run(options, Array.from({ length: Number(count.value) }, (_, i) => first + i));
  }

  const draw = () => {
    const { rows, running, finished } = runs;
    button.disabled = !experiment.description || runs.stopping;
    say(button, running ? t.stop : t.run(Number(count.value)));
    count.disabled = running;
    const share = rows.length === 0 ? 0 : running ? (finished.length + (runs.totalSteps > 0 ? runs.step / runs.totalSteps : 0)) / rows.length : 1;
    bar.value = share;
    say(state, tell(runs, experiment, Number(count.value)));
    if (finished.length === 0) {
      fill(table);
      figure.hidden = true;
      fill(answer, h('small', {}, t.noAnswer));
      return;
    }
    if (finished.length === told || !runs.accuracy || runs.accuracy.n !== finished.length) return;
    told = finished.length;
    const { text, small } = seedsAnswer(runs.accuracy, runs.agreement);
    fill(answer, text, h('small', {}, `${small} ${settingsLine(experiment.description, runs)}`));
    fill(table, tableOf(runs));
    figure.hidden = false;
    drawCurves(finished);
    announce(text);
  };

  function drawCurves(done) {
    chart?.destroy();
    const side = (who) => [...done.map(() => ({ who, thin: true, ...(who === 'control' && { dash: [2, 4] }) })), { who }];
    const label = t.chartLabel(done.length);
    chart = new Chart(plot, { label, height: 220, share: true, lines: [...side('student'), ...side('control')] });
    const moments = done[0].evaluations;
    const columns = (who) => {
      const each = done.map((row) => moments.map((_, i) => row.evaluations[i]?.[who].rate ?? null));
      const mean = moments.map((_, i) => each.reduce((sum, values) => sum + (values[i] ?? 0), 0) / each.length);
      return [...each, mean];
    };
    chart.update([moments.map((event) => event.step / runs.stepsPerEpoch), ...columns('student'), ...columns('control')], moments.at(-1).step / runs.stepsPerEpoch);
  }

  runs.addEventListener('change', draw);
  runs.addEventListener('problem', ({ detail }) => fill(problems, problemBox(detail)));
  for (const type of ['change', 'form']) experiment.addEventListener(type, draw);
  draw();
}

/** The largest seed that there is. */
const seedMost = (experiment) => experiment.description.settings.find((setting) => setting.name === 'seed').max ?? Infinity;

function tell(runs, experiment, count) {
  const { phase, rows, finished, step, totalSteps, secondsLeft } = runs;
  if (runs.stopping) return t.stopping;
  if (phase === 'running') {
    const row = rows[finished.length];
    const which = [row?.seed ?? '', finished.length + 1, rows.length];
    const now = totalSteps > 0 ? t.atStep(...which, integer(step), integer(totalSteps)) : t.gettingReady(...which);
    return secondsLeft === null ? now : `${now} ${t.left(duration(secondsLeft))}`;
  }
  if (phase === 'stopped') return finished.length > 0 ? t.kept(finished.length) : t.stoppedEarly;
  if (phase === 'finished') return t.through(finished.length);
  const seconds = experiment.description ? estimate(experiment) : null;
  const time = seconds === null ? t.unknown : t.judged(duration(seconds * count));
  return t.before(time);
}

/** What the seeds have in common. */
function settingsLine(description, { settings: s }) {
  const called = (name) => calledBy(description.settings.find((setting) => setting.name === name), s[name]);
  const method = description.methods.find((entry) => entry.name === s.method)?.label ?? s.method;
  return t.settings(called('teacher'), called('student'), method, called('dataset'), integer(s.trainImages), integer(s.testImages), s.epochs);
}

function tableOf({ finished, accuracy, agreement }) {
  const n = finished[0].evaluations.at(-1).n;
  const cells = (student, control) => [percent(student, n), percent(control, n), `${signed((student - control) * 100, 1)}`];
  const row = ({ seed, evaluations }) => {
    const last = evaluations.at(-1);
    return [String(seed), ...cells(last.student.rate, last.control.rate), ...cells(last.agreement.student.rate, last.agreement.control.rate)];
  };
  const mean = (pick) => finished.reduce((sum, { evaluations }) => sum + pick(evaluations.at(-1)), 0) / finished.length;
  const together = ({ mean: difference, low, high }) => (low === null ? signed(difference * 100, 1) : points({ difference, low, high }, 1));
  const last = [t.mean, percent(mean((event) => event.student.rate), n), percent(mean((event) => event.control.rate), n), together(accuracy), percent(mean((event) => event.agreement.student.rate), n), percent(mean((event) => event.agreement.control.rate), n), together(agreement)];
  const tr = (cellsOf) => h('tr', {}, cellsOf.map((text, i) => (i === 0 ? h('th', { scope: 'row' }, text) : h('td', { class: 'number' }, text))));
  const heads = () => [mark('student'), mark('control'), t.difference].map((head) => h('th', { scope: 'col' }, head));
  return h(
    'table',
    { class: 'by-seed' },
    h('caption', {}, t.caption(integer(n))),
    h('thead', {},
      h('tr', {}, h('td', {}), h('th', { scope: 'colgroup', colSpan: 3 }, t.accuracy), h('th', { scope: 'colgroup', colSpan: 3 }, t.agreement)),
      h('tr', {}, h('th', { scope: 'col' }, t.seed), heads(), heads())),
    h('tbody', {}, finished.map(row).map(tr)),
    h('tfoot', {}, tr(last)),
  );
}
