/**
 * A question to begin with: the reader predicts, runs, and sees the prediction beside what came out. Nothing is graded. A link
 * such as `#lesson=inheritance` opens the page with its question; without one the reader may choose.
 */
import { announce, fill, h, newId, say } from '../dom.js';
import { isLocked } from '../host.js';
import { PRESETS, presetOf } from '../presets.js';
import { words } from '../words.js';
import { problemBox } from './boxes.js';

const t = words.lesson;

/** @param {import('../experiment.js').Experiment} experiment */
export function lesson(experiment, holder) {
  const id = newId('lesson');
  const select = h('select', { id, onchange: () => experiment.usePreset(presetOf(select.value) ?? null) }, h('option', { value: '' }, t.none), PRESETS.map((preset) => h('option', { value: preset.name }, preset.label)));
  const body = h('div', { class: 'lesson-body' });
  const fixed = h('p', { class: 'fine', hidden: true }, t.fixed);
  const draw = () => {
    select.value = experiment.preset?.name ?? '';
    fill(body, experiment.preset && question(experiment, experiment.preset));
  };
  // What the page around has fixed, a question cannot change.
  const restrict = () => {
    for (const [i, preset] of PRESETS.entries()) select.options[i + 1].disabled = isFixed(experiment, preset.settings, ...ofVariants(preset));
    fixed.hidden = ![...select.options].some((option) => option.disabled);
  };
  experiment.addEventListener('preset', draw);
  experiment.addEventListener('change', restrict);
  fill(holder, h('div', { class: 'field' }, h('label', { htmlFor: id }, t.choose), select, fixed), body);
  draw();
}

/** Whether a setting that would have to be changed is fixed. */
const isFixed = ({ form }, ...needed) => needed.some((values) => Object.entries(values).some(([name, value]) => isLocked(name) && form[name] !== value));
const ofVariants = ({ variants = [] }) => variants.map(({ settings }) => settings);

function question(experiment, preset) {
  const name = newId('prediction');
  let chosen = null;
  let running = false;
  const inputs = preset.choices.map(([value, text]) => h('label', {}, h('input', { type: 'radio', name, value, onchange: () => { chosen = value; tell(); } }), text));
  const group = h('fieldset', { class: 'predictions' }, h('legend', {}, t.predict), inputs);
  const go = h('button', { type: 'button', class: 'main', onclick: () => (go.getAttribute('aria-disabled') === 'true' ? null : begin()) }, t.run);
  const state = h('p', { class: 'fine', role: 'status' });
  const problems = h('div', {});
  const result = h('div', { class: 'lesson-result', tabIndex: -1 });
  tell();
  const live = new AbortController();
  experiment.addEventListener('change', tell, { signal: live.signal });
  experiment.addEventListener('preset', () => live.abort(), { signal: live.signal });
  return [h('p', { class: 'lesson-question' }, preset.question), h('p', { class: 'fine' }, preset.why), group, h('div', { class: 'buttons' }, go), state, problems, result];

  function tell() {
    const fixed = isFixed(experiment, ...ofVariants(preset));
    go.setAttribute('aria-disabled', String(chosen === null || running || fixed));
    if (!running) say(state, fixed ? t.fixed : chosen === null ? t.first : experiment.step > 0 ? t.drops : t.ready);
  }

  async function begin() {
    running = true;
    group.disabled = true;
    fill(problems);
    fill(result);
    tell();
    try {
      const found = await runAll(experiment, preset, (text) => say(state, text));
      if (found) show(preset.conclude(found));
      else say(state, t.broken);
    } catch (error) {
      if (error.code === 'disposed') say(state, t.broken);
      else fill(problems, problemBox(error));
    }
    const focused = document.activeElement === go;
    running = false;
    group.disabled = result.childElementCount > 0;
    go.hidden = group.disabled;
    // The button that was pressed is gone; the keyboard goes on from what it led to.
    if (focused && go.hidden) result.focus();
  }

  function show({ holds, text, small }) {
    const prediction = preset.choices.find(([value]) => value === chosen)[1];
    const decided = preset.choices.some(([value]) => holds.includes(value));
    const verdict = !decided ? t.unclear : holds.includes(chosen) ? t.same : t.other;
    const again = h('button', { type: 'button', onclick: () => {
      fill(result);
      chosen = null;
      for (const input of group.querySelectorAll('input')) input.checked = false;
      group.disabled = false;
      go.hidden = false;
      tell();
      group.querySelector('input').focus();
    } }, t.again);
    fill(
      result,
      h('p', {}, t.expected, h('strong', {}, prediction), `. ${verdict}`),
      h('p', { class: 'answer', 'data-answer': 'lesson' }, text, h('small', {}, `${small} ${t.limits}`)),
      h('div', { class: 'buttons' }, again, h('a', { href: `#${preset.place}` }, t.more)),
    );
    say(state, '');
    announce(`${verdict} ${text}`);
  }
}

/** Trains every variant and asks its question; null when a run was given up. */
async function runAll(experiment, preset, say) {
  const variants = preset.variants ?? [{ label: '', settings: {} }];
  const common = { ...experiment.form };
  const found = [];
  for (const [i, variant] of variants.entries()) {
    say(variants.length > 1 ? t.variant(i + 1, variants.length, variant.label) : t.training);
    // A variant's method has settings of its own; those of the form that it does not have are left out.
    if (variants.length > 1) experiment.fillForm({ ...shared(experiment, common), ...variant.settings });
    let before = null;
    const listening = new AbortController();
    if (preset.before) {
      experiment.addEventListener('lab', () => {
        before ??= experiment.lab && preset.before(experiment.lab);
        // Its failure is met where its result is wanted.
        before?.catch(() => {});
      }, { signal: listening.signal });
    }
    await experiment.startAgain();
    const whole = await finished(experiment);
    listening.abort();
    if (!whole) return null;
    const { lab } = experiment;
    say(t.asking);
    const measured = await preset.measure(lab, experiment.evaluations.at(-1));
    found.push({ before: await before, measured });
    // What is said of several runs is said when all are over.
    const kept = variants.length === 1 ? preset.conclude(found).text : variant.label;
    experiment.keepFinding({ question: preset.question, answer: kept, step: experiment.step, images: measured.n, found: found.at(-1) });
  }
  return found;
}

/** What the form holds for every method. */
function shared(experiment, form) {
  const common = experiment.description.settings.map((setting) => setting.name);
  return Object.fromEntries(Object.entries(form).filter(([name]) => common.includes(name)));
}

/** Resolves with true at the end of the run, with false when it is given up. */
function finished(experiment) {
  const over = () => (experiment.phase === 'finished' ? true : experiment.phase === 'none' ? false : null);
  return new Promise((resolve) => {
    const look = () => {
      if (over() === null) return;
      experiment.removeEventListener('change', look);
      resolve(over());
    };
    experiment.addEventListener('change', look);
    look();
  });
}
