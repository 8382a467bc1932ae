/** Which settings are not those of the preset or the defaults, and a way back. */
import { fill, h, say } from '../dom.js';
import { written } from '../format.js';
import { words } from '../words.js';

const t = words.changed;

/** How a value reads in a sentence. */
const told = (setting, value) => {
  if (setting.type === 'choice') return setting.choices.find((choice) => choice.value === value)?.label ?? value;
  if (setting.type === 'boolean') return value ? t.on : t.off;
  return value === '' ? t.none : written(value);
};

/** @param {import('../experiment.js').Experiment} experiment */
export function changedSettings(experiment) {
  const head = h('summary', {});
  const rows = h('ul', { class: 'fine' });
  const back = h('button', { type: 'button', class: 'quiet', onclick: () => experiment.fillForm(experiment.preset?.settings ?? {}) });
  const box = h('details', { class: 'changed' }, head, rows, h('div', { class: 'buttons' }, back));
  const draw = () => {
    const { preset, changed } = experiment;
    box.hidden = changed.length === 0;
    say(head, preset ? t.fromQuestion(changed.length, preset.label) : t.fromDefaults(changed.length));
    fill(rows, changed.map(({ setting, usual }) => h('li', {}, t.inPlace(setting.label, told(setting, experiment.form[setting.name]), told(setting, usual)))));
    say(back, preset ? t.backToQuestion : t.backToDefaults);
  };
  for (const type of ['form', 'preset']) experiment.addEventListener(type, draw);
  draw();
  return box;
}
