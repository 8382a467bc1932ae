/**
 * The form of settings. Every label, range and help comes from the engine's table; here stands only which few are
 * shown first. Below the fold: the others, the engine, a person's own files.
 */
import { fill, h, newId, say } from '../dom.js';
import { refusal } from '../form-values.js';
import { host, isLocked } from '../host.js';
import { BACKEND, problemWith, settingsOf } from '../settings.js';
import { words } from '../words.js';
import { changedSettings } from './changed.js';
import { folderField } from './folder.js';

const t = words.form;

const FIRST = ['dataset', 'teacher', 'student', 'method', 'epochs', 'seed'];
const SLIDERS = ['temperature', 'alpha'];
/** Settings of a method that are shown at once; the others are folded away. */
const OWN_FIRST = 4;

/**
 * @param {import('../experiment.js').Experiment} experiment
 * @returns {HTMLElement}
 */
export function settingsForm(experiment) {
  const { settings } = experiment.description;
  const byName = (name) => settings.find((setting) => setting.name === name);
  const rest = settings.filter((setting) => !FIRST.includes(setting.name));
  const fields = new Map();
  const field = (setting) => {
    const made = makeField(experiment, setting);
    fields.set(setting.name, made);
    return made.element;
  };
  const about = h('div', { class: 'about-method' });
  const own = h('div', { class: 'own' });
  const unfit = h('ul', {});
  const unfitHead = h('summary', {});
  const unfitBox = h('details', { class: 'unfit', hidden: true }, unfitHead, unfit);
  const form = h(
    'form',
    { class: 'settings', 'aria-label': t.label, onsubmit: (event) => event.preventDefault() },
    h('fieldset', {}, FIRST.map(byName).filter(Boolean).flatMap((setting) => (setting.name === 'method' ? [field(setting), about, unfitBox, own] : [field(setting)]))),
    h(
      'details',
      {},
      h('summary', {}, t.more),
      h('fieldset', {}, rest.map(field), field(BACKEND)),
    ),
    h('details', { 'data-setting': 'files' }, h('summary', {}, t.files), h('fieldset', {}, fileFields(experiment, () => restrictTeachers()))),
    changedSettings(experiment),
  );

  // The options of the chosen method, and what it is.
  let shown = null;
  function showMethod() {
    const name = experiment.form.method;
    restrictMethods();
    if (name === shown) return;
    shown = name;
    const common = settings.map((setting) => setting.name);
    for (const known of [...fields.keys()]) if (!common.includes(known) && known !== BACKEND.name) fields.delete(known);
    const options = settingsOf(experiment.description, name).filter((setting) => !common.includes(setting.name)).map(field);
    const folded = options.slice(OWN_FIRST);
    fill(own, options.slice(0, OWN_FIRST), folded.length > 0 ? h('details', {}, h('summary', {}, t.moreOfMethod), folded) : null);
    const method = experiment.description.methods.find((entry) => entry.name === name);
    fill(
      about,
      h('p', { class: 'help' }, method.explanation),
      h('p', { class: 'source' }, h('cite', {}, method.source), method.provenance === 'read' ? null : method.provenance === 'derived' ? t.derived : t.recalled),
    );
  }

  // Methods that do not fit the chosen networks stay in the list; the reasons stand below it.
  function restrictMethods() {
    const { control, problem } = fields.get('method');
    const reasons = new Map();
    for (const option of control.options) {
      const reason = refusal(experiment.description, experiment.form, option.value);
      option.disabled = Boolean(reason) && option.value !== experiment.form.method;
      if (reason) reasons.set(reason, [...(reasons.get(reason) ?? []), option.label]);
    }
    const count = [...reasons.values()].flat().length;
    unfitBox.hidden = count === 0;
    say(unfitHead, t.unfit(count));
    fill(unfit, [...reasons].map(([reason, names]) => h('li', {}, h('strong', {}, `${names.join('; ')}: `), reason)));
    say(problem, refusal(experiment.description, experiment.form, experiment.form.method));
  }

  // A teacher that the site has not trained can only be chosen with a person's own weights.
  function restrictTeachers() {
    const select = fields.get('teacher')?.control;
    if (!select) return;
    const available = experiment.models.filter((model) => model.dataset === experiment.form.dataset).map((model) => model.architecture);
    for (const option of select.options) {
      const setting = byName('teacher').choices.find((choice) => choice.value === option.value);
      option.disabled = !experiment.files.teacher && !available.includes(option.value) && option.value !== select.value;
      option.text = available.includes(option.value) ? setting.label : t.ownWeights(setting.label);
    }
  }
  experiment.addEventListener('form', ({ detail }) => {
    fields.get(detail)?.show(experiment.form[detail]);
    if (detail === 'dataset' || detail === 'teacher') restrictTeachers();
    if (['method', 'teacher', 'student', 'assistants'].includes(detail)) showMethod();
  });
  restrictTeachers();
  showMethod();
  for (const element of form.querySelectorAll('[data-setting]')) applyHost(element);
  return form;
}

function makeField(experiment, setting) {
  const id = newId('setting');
  const help = h('p', { class: 'help', id: `${id}-help` }, setting.help);
  const problem = h('p', { class: 'problem', id: `${id}-problem` });
  const described = `${id}-help ${id}-problem`;
  const value = experiment.form[setting.name];
  const take = (given) => {
    const wrong = problemWith(setting, given, words.settings);
    control.setAttribute('aria-invalid', String(Boolean(wrong)));
    say(problem, wrong && t.stays(wrong, experiment.form[setting.name]));
    if (!wrong) experiment.set(setting.name, given);
    return !wrong;
  };
  const label = h('label', { htmlFor: id }, setting.label, setting.unit ? h('span', { class: 'unit' }, setting.unit) : null);
  const common = { id, 'aria-describedby': described };
  let control;
  let body;
  let show;

  if (setting.type === 'choice') {
    const option = (choice) => h('option', { value: choice.value }, choice.label);
    const families = setting.name === 'method' ? Object.entries(Object.groupBy(experiment.description.methods, (method) => method.family)) : null;
    const options = families?.map(([family, methods]) => h('optgroup', { label: family }, methods.map((method) => option({ value: method.name, label: method.label })))) ?? setting.choices.map(option);
    control = h('select', { ...common, onchange: () => take(control.value) }, options);
    control.value = value;
    body = [label, control];
    show = (next) => {
      control.value = next;
    };
  } else if (setting.type === 'list') {
    control = h('input', { ...common, type: 'text', value, spellcheck: false, autocomplete: 'off', placeholder: t.noneInList, onchange: () => take(control.value) });
    body = [label, control];
    show = (next) => {
      control.value = next;
    };
  } else if (setting.type === 'boolean') {
    control = h('input', { ...common, type: 'checkbox', checked: value, onchange: () => take(control.checked) });
    body = [h('label', { class: 'tick', htmlFor: id }, control, setting.label)];
    show = (next) => {
      control.checked = next;
    };
  } else {
    // Steps of the arrows, not a limit: any value within the range may be typed.
    control = h('input', { ...common, type: 'number', inputMode: setting.type === 'integer' ? 'numeric' : 'decimal', min: setting.min, max: setting.max, step: 'any', value, onchange: () => take(control.value.trim() === '' ? NaN : Number(control.value)) });
    if (setting.type === 'integer') control.step = 1;
    body = [label, control];
    let slider;
    if (SLIDERS.includes(setting.name)) {
      slider = h('input', { type: 'range', min: setting.min, max: setting.max, step: setting.step ?? 'any', value, 'aria-label': t.slider(setting.label), oninput: () => { control.value = slider.value; }, onchange: () => take(Number(slider.value)) });
      body = [label, h('div', { class: 'pair' }, slider, control)];
    }
    show = (next) => {
      control.value = next;
      if (slider) slider.value = next;
      control.setAttribute('aria-invalid', 'false');
      say(problem, '');
    };
  }
  const element = h('div', { class: 'field', 'data-setting': setting.name }, body, help, problem);
  applyHost(element);
  return { element, control, problem, show };
}

/** Hides or locks what belongs to a setting, as the page around this one wants it. */
export function applyHost(element) {
  const { setting } = element.dataset;
  const locked = isLocked(setting);
  element.hidden = host.hidden.has(setting);
  element.classList.toggle('locked', locked);
  for (const control of element.querySelectorAll('input, select, button')) control.disabled = locked;
}

function fileFields(experiment, onTeacher) {
  const field = (label, help, multiple, accept, take) => {
    const id = newId('file');
    const input = h('input', { id, type: 'file', multiple, accept, 'aria-describedby': `${id}-help`, onchange: () => take([...input.files]) });
    const clear = h('button', { class: 'quiet', type: 'button', onclick: () => { input.value = ''; take([]); } }, t.clear, h('span', { class: 'visually-hidden' }, ` ${label}`));
    return h('div', { class: 'field' }, h('label', { htmlFor: id }, label), input, h('p', { class: 'help', id: `${id}-help` }, help), h('div', { class: 'buttons' }, clear));
  };
  const list = (name) => (files) => {
    experiment.files[name] = files.length > 0 ? files : null;
    experiment.files.classes = null;
    experiment.dispatchEvent(new Event('change'));
  };
  return [
    field(t.train, t.trainHelp, true, '.bin', list('train')),
    field(t.test, t.testHelp, true, '.bin', list('test')),
    folderField(experiment),
    field(t.teacher, t.teacherHelp, false, '.safetensors', (files) => {
      experiment.files.teacher = files[0] ?? null;
      onTeacher();
    }),
  ];
}

/** One sentence about what was changed since the run began, or nothing. */
export function pendingNote(experiment, element) {
  const { pending, recorded } = experiment;
  const names = pending.map((setting) => t.named(setting.label)).join(', ');
  fill(
    element,
    pending.length === 0 ? null : recorded ? t.differ(names) : t.pending(pending.length, names),
  );
}
