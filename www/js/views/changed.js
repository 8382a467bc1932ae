/** Which settings are not those of the preset or the defaults, and a way back. */
import { fill, h, say } from '../dom.js';

/** How a value reads in a sentence. */
const told = (setting, value) => {
  if (setting.type === 'choice') return setting.choices.find((choice) => choice.value === value)?.label ?? value;
  if (setting.type === 'boolean') return value ? 'on' : 'off';
  return value === '' ? 'none' : String(value);
};

/** @param {import('../experiment.js').Experiment} experiment */
export function changedSettings(experiment) {
  const head = h('summary', {});
  const rows = h('ul', { class: 'fine' });
  const back = h('button', { type: 'button', class: 'quiet', onclick: () => experiment.fillForm(experiment.preset?.settings ?? {}) });
  const box = h('details', { class: 'changed' }, head, rows, h('div', { class: 'buttons' }, back));
  const draw = () => {
    const { preset, changed } = experiment;
    const of = preset ? `the question «${preset.label}»` : 'the defaults';
    box.hidden = changed.length === 0;
    say(head, `${changed.length} changed from ${of}`);
    fill(rows, changed.map(({ setting, usual }) => h('li', {}, `${setting.label}: ${told(setting, experiment.form[setting.name])}, in place of ${told(setting, usual)}`)));
    say(back, preset ? 'Back to the settings of the question' : 'Back to the defaults');
  };
  for (const type of ['form', 'preset']) experiment.addEventListener(type, draw);
  draw();
  return box;
}
