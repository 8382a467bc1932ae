/**
 * kd-lens as a widget of Jupyter, Colab, VS Code, marimo and MyST, by the contract of anywidget: a default export with
 * `render({ model, el })`, which returns its clean-up.
 *
 * Traits that are read (all optional; changes reach the widget at once):
 *
 * | trait      | what                                                                        |
 * | ---------- | --------------------------------------------------------------------------- |
 * | `settings` | settings of the run by name, such as `{"dataset": "shapes32", "epochs": 4}` |
 * | `parts`, `hide`, `lock` | lists (or text with commas), as the attributes of `<kd-lens>`     |
 * | `theme`    | `auto`, `light`, `dark` or `system`                                         |
 * | `title`    | name of the frame                                                           |
 * | `lang`     | `en` or `de`; without it that of the page around, else the browser's         |
 * | `src`      | address of the site, where this file was not loaded from it                 |
 *
 * Traits that are written, where the model has them: `state` (phase, step, settings of the form, link), `results` (settings,
 * evaluations and losses of the run, after every evaluation), `notes` (what was said about values, and problems).
 *
 * Custom messages `{"id": 1, "call": "run"}` command it: run, pause, step, stop, drop, results, describe, and
 * `{"id": 2, "call": "probe", "name": "grad-cam", "options": {"images": 100}}`. The answer is `{id, value}` or `{id, error}`.
 */

const LISTS = ['parts', 'hide', 'lock'];
const TEXTS = ['theme', 'title', 'lang'];
const CALLS = ['run', 'pause', 'step', 'stop', 'drop', 'results', 'describe', 'probe'];
const NOTES = 20;

const WORDS = {
  unreachable: (site, why) => `kd-lens could not be loaded from ${site} (${why}). Its server must send “Access-Control-Allow-Origin: *”.`,
};

async function render({ model, el }) {
  // A host may hand over the text of this file in place of its address; then the trait must say where the site is.
  const site = new URL(model.get('src') || './', model.get('src') ? document.baseURI : import.meta.url);
  if (!site.pathname.endsWith('/')) site.pathname += '/';
  try {
    await import(new URL('element.js', site).href);
  } catch (error) {
    el.append(Object.assign(document.createElement('p'), { role: 'alert', lang: 'en', textContent: WORDS.unreachable(site, error.message) }));
    return () => el.replaceChildren();
  }

  const element = document.createElement('kd-lens');
  const show = (name, value) => (value === undefined || value === null || value === '' ? element.removeAttribute(name) : element.setAttribute(name, value));
  const read = {
    settings: () => show('settings', new URLSearchParams(Object.entries(model.get('settings') ?? {}).map(([name, value]) => [name, String(value)])).toString()),
    ...Object.fromEntries(LISTS.map((name) => [name, () => show(name, [model.get(name) ?? ''].flat().join(','))])),
    ...Object.fromEntries(TEXTS.map((name) => [name, () => show(name, model.get(name))])),
  };
  element.setAttribute('src', site.href);

  const notes = [];
  /** Traits hold plain values; a typed array of a probe becomes a list. */
  const plain = (value) => JSON.parse(JSON.stringify(value, (_, part) => (ArrayBuffer.isView(part) ? Array.from(part) : part)));
  // A model that has no such trait, as a directive of MyST, does not get one.
  const write = (name, value) => {
    if (model.get(name) === undefined) return;
    model.set(name, plain(value));
    model.save_changes();
  };
  const note = (text) => {
    notes.push(text);
    write('notes', notes.slice(-NOTES));
  };
  const results = async () => write('results', await element.results().catch(() => ({})));
  const heard = {
    ready: ({ state }) => write('state', state),
    change: (state) => write('state', state),
    evaluation: results,
    note: ({ message }) => note(message),
    problem: ({ message }) => note(message),
  };
  for (const [name, listener] of Object.entries(heard)) element.addEventListener(`kd-lens:${name}`, ({ detail }) => listener(detail));

  const command = async (message) => {
    const { id, call, name, options } = message ?? {};
    if (!CALLS.includes(call)) return;
    try {
      const value = await (call === 'probe' ? element.probe(name, options) : element[call]());
      model.send?.({ id, value: plain(value) });
    } catch (error) {
      model.send?.({ id, error: { code: error.code ?? 'internal', message: error.message } });
    }
  };

  for (const [name, take] of Object.entries(read)) {
    take();
    model.on(`change:${name}`, take);
  }
  model.on('msg:custom', command);
  el.append(element);

  return () => {
    for (const [name, take] of Object.entries(read)) model.off?.(`change:${name}`, take);
    model.off?.('msg:custom', command);
    element.remove();
  };
}

export default { render };
