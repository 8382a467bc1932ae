/** Values of the form as a whole: what a preset, another method or a reset makes of them. Draws nothing, keeps nothing. */
import { isLocked } from './host.js';
import { BACKEND, defaults, settingsOf } from './settings.js';

/** What every method has of these values. */
export function commonOf(description, values) {
  const common = description.settings.map((setting) => setting.name);
  return Object.fromEntries(Object.entries(values).filter(([name]) => common.includes(name)));
}

/** The form with another method, whose own settings start at their defaults. */
export function withMethod(description, form, method) {
  return { ...defaults(description, method), ...commonOf(description, form), [BACKEND.name]: form[BACKEND.name], method };
}

/** The defaults with `values` over them. The choice of engine is kept, and so is what the page around has locked. */
export function filled(description, before, values) {
  // Settings of a method that is not to be had would be foreign to the one that stays.
  if (isLocked('method') && values.method !== before.method) values = { ...commonOf(description, values), method: before.method };
  const form = { ...defaults(description, values.method), [BACKEND.name]: before[BACKEND.name], ...values };
  for (const name of Object.keys(form)) if (name in before && isLocked(name)) form[name] = before[name];
  return form;
}

/** Names of the values in which two forms differ. The method first: fields of its own appear with it. */
export function differing(before, form) {
  const names = new Set(['method', ...Object.keys(before), ...Object.keys(form)]);
  return [...names].filter((name) => form[name] !== before[name]);
}

/** Settings whose values are not those of the preset or, without one, the defaults: `{setting, usual}`. */
export function unusual(description, form, preset) {
  return [...settingsOf(description, form.method), BACKEND]
    .map((setting) => ({ setting, usual: preset?.settings[setting.name] ?? setting.default }))
    .filter(({ setting, usual }) => form[setting.name] !== usual);
}

/** Why a method does not fit the networks of the form, or ''. */
export function refusal(description, { teacher, student, assistants }, method) {
  const chain = [teacher, ...String(assistants ?? '').split(',').filter(Boolean), student];
  const refused = description.methods.find((entry) => entry.name === method)?.refused ?? {};
  for (let i = 1; i < chain.length; i += 1) {
    const reason = refused[`${chain[i - 1]} ${chain[i]}`];
    if (reason) return reason;
  }
  return '';
}
