// widget.mjs in a host that plays the part of anywidget: a model with traits, change events and custom messages.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openBlank, stage } from './harness.mjs';

const { site, browser } = await stage({ webgpu: false });
const SMALL = { dataset: 'shapes32', trainImages: 64, testImages: 32, batchSize: 8, epochs: 1, backend: 'cpu' };

/** A model as anywidget gives it to `render`: `set` announces, `save_changes` sends what was set, as JSON, to the kernel. */
const defineModel = () => {
  window.Model = class Model {
    #listeners = new Map();
    #changed = new Set();
    kernel = { traits: {}, messages: [] };
    constructor(traits) {
      this.traits = structuredClone(traits);
    }
    get(name) {
      return this.traits[name];
    }
    set(name, value) {
      this.traits[name] = value;
      this.#changed.add(name);
      this.#tell(`change:${name}`);
    }
    save_changes() {
      for (const name of this.#changed) this.kernel.traits[name] = JSON.parse(JSON.stringify(this.traits[name]));
      this.#changed.clear();
    }
    on(event, listener) {
      this.#listeners.set(event, [...(this.#listeners.get(event) ?? []), listener]);
    }
    off(event, listener) {
      this.#listeners.set(event, (this.#listeners.get(event) ?? []).filter((other) => other !== listener));
    }
    send(content) {
      this.kernel.messages.push(JSON.parse(JSON.stringify(content)));
    }
    /** What the kernel does. */
    receive(content) {
      this.#tell('msg:custom', content, []);
    }
    get listening() {
      return [...this.#listeners.values()].flat().length;
    }
    #tell(event, ...values) {
      for (const listener of this.#listeners.get(event) ?? []) listener(...values);
    }
  };
};

test('traits set the run, results and answers come back, and nothing is left behind', { timeout: 240_000 }, async () => {
  const { page, clean } = await openBlank(browser, site);
  await page.evaluate(defineModel);
  const kinds = await page.evaluate(async (settings) => {
    const { default: widget } = await import('./widget.mjs');
    window.model = new window.Model({ settings, parts: ['teach'], hide: [], lock: ['seed'], theme: 'dark', title: '', src: '', state: {}, results: {}, notes: [] });
    window.el = document.createElement('div');
    document.body.append(window.el);
    window.cleanUp = await widget.render({ model: window.model, el: window.el });
    return [Object.keys(widget), typeof window.cleanUp];
  }, { ...SMALL, temperature: 99 });
  assert.deepEqual(kinds, [['render'], 'function']);
  const traits = () => page.evaluate(() => window.model.kernel.traits);
  await page.waitForFunction(() => window.model.kernel.traits.state?.phase === 'none');
  assert.equal((await traits()).state.settings.temperature, 20);
  assert.match((await traits()).notes.join(), /Temperature T to 99; it was brought to 20/);
  const frame = page.frameLocator('iframe');
  assert.equal(await frame.locator('html').getAttribute('data-theme'), 'dark');
  assert.equal(await frame.locator('[data-setting=seed] input').isDisabled(), true);

  await page.evaluate((settings) => window.model.set('settings', settings), { ...SMALL, temperature: 2 });
  await page.waitForFunction(() => window.model.kernel.traits.state.settings.temperature === 2);
  await page.evaluate(() => window.model.receive({ id: 7, call: 'run' }));
  await page.waitForFunction(() => window.model.kernel.traits.state.phase === 'finished', null, { timeout: 120_000 });
  const { results } = await traits();
  assert.equal(results.evaluations.at(-1).step, 8);
  assert.equal(results.settings.temperature, 2);
  await page.evaluate(() => {
    window.model.receive({ id: 8, call: 'probe', name: 'grad-cam', options: { images: [0] } });
    window.model.receive({ id: 9, call: 'probe', name: 'nothing' });
    window.model.receive({ id: 10, call: 'constructor' });
    window.model.receive('what');
  });
  await page.waitForFunction(() => window.model.kernel.messages.length === 3);
  const messages = Object.fromEntries((await page.evaluate(() => window.model.kernel.messages)).map((message) => [message.id, message]));
  assert.equal(typeof messages[7].value.phase, 'string');
  assert.equal(messages[8].value.items[0].teacher.map.length, 64, 'a typed array comes as a list');
  assert.equal(messages[9].error.code, 'probe-unknown');

  await page.evaluate(() => window.cleanUp());
  assert.equal(await page.evaluate(() => window.model.listening), 0);
  assert.equal(await page.locator('kd-lens, iframe').count(), 0);
  for (let tries = 0; tries < 50 && page.workers().length > 0; tries += 1) await page.waitForTimeout(100);
  assert.equal(page.workers().length, 0);
  clean();
});

test('a model with nothing but its settings is enough, and an address without kd-lens is said', { timeout: 120_000 }, async () => {
  const { page, clean } = await openBlank(browser, site);
  await page.evaluate(defineModel);
  await page.evaluate(async (settings) => {
    const { default: widget } = await import('./widget.mjs');
    window.model = new window.Model({ settings });
    await widget.render({ model: window.model, el: document.body });
    window.lost = document.createElement('div');
    document.body.append(window.lost);
    window.forget = await widget.render({ model: new window.Model({ src: `${location.origin}/nowhere` }), el: window.lost });
  }, SMALL);
  await page.frameLocator('iframe').locator('[data-setting=seed]').waitFor({ state: 'attached' });
  assert.deepEqual(await page.evaluate(() => window.model.kernel.traits), {}, 'no trait is made that the model does not have');
  assert.match(await page.evaluate(() => window.lost.textContent), /kd-lens could not be loaded from http:\/\/127\.0\.0\.1:\d+\/nowhere\//);
  await page.evaluate(() => window.forget());
  assert.equal(await page.evaluate(() => window.lost.childElementCount), 0);
  clean(/404/);
});
