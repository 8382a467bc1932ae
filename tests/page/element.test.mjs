// The element <kd-lens> in pages of somebody else: attributes, events, the API by version, sight, removal.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { check } from './accessibility.mjs';
import { openPage, openSite, shoot, stage } from './harness.mjs';
import { openHosts } from './hosts.mjs';

const { site, browser } = await stage({ webgpu: false });
/** The same site once more, as a server must send it to pages of other sites, and such pages. */
const shared = await openSite({ headers: { 'Access-Control-Allow-Origin': '*' } });
const elsewhere = await openHosts();
after(() => shared.close());
const SMALL = 'dataset="shapes32" train-images="64" test-images="32" batch-size="8" epochs="4" backend="cpu"';

/** A page of somebody else around `body`, with the element's module loaded from the site. */
async function host(body, { across = false, ...options } = {}) {
  const from = across ? shared : site;
  const html = `<!doctype html><html lang="en"><head><title>A course</title><link rel="icon" href="data:,"><meta name="viewport" content="width=device-width">
    <style>h2 { color: purple; text-transform: uppercase } .panel { display: none }</style>
    <script type="module" src="${from.url}element.js"></script></head><body><main><h1>A course</h1>${body}</main></body></html>`;
  const opened = await openPage(browser, from, options);
  if (!across) await opened.page.route('**/host.html', (route) => route.fulfill({ contentType: 'text/html', body: html }));
  await opened.page.addInitScript(() => {
    if (parent !== self) return;
    window.heard = [];
    for (const name of ['ready', 'change', 'evaluation', 'note', 'problem']) addEventListener(`kd-lens:${name}`, (event) => window.heard.push([name, event.detail, event.target.id]));
  });
  await opened.page.goto(across ? elsewhere(html) : `${from.url}host.html`);
  await opened.page.waitForFunction(() => customElements.get('kd-lens'));
  return opened;
}

const heard = (page, name) => page.evaluate((wanted) => window.heard.filter(([kind]) => kind === wanted).map(([, detail]) => detail), name);
const ready = (page, selector = 'kd-lens') => page.evaluate(async (where) => document.querySelector(where).kdLens(1).ready(), selector);
const state = (page, selector = 'kd-lens') => page.evaluate((where) => document.querySelector(where).state, selector);

test('attributes say what is shown and trained, commands and events tell of the run', { timeout: 300_000 }, async () => {
  const { page, clean } = await host(`<kd-lens id="a" ${SMALL} temperature="2" parts="teach,look" lock="seed" hide="measured,student" title="Try it"></kd-lens>`);
  const first = await ready(page);
  assert.equal(first.settings.temperature, 2);
  assert.equal(first.settings.trainImages, 64);
  assert.match(first.link, /index\.html#dataset=shapes32&temperature=2&/);
  assert.doesNotMatch(first.link, /alpha|lock|parts/, 'the link carries what differs from the defaults and nothing else');
  assert.equal(await page.locator('iframe').getAttribute('title'), 'Try it');
  const frame = page.frameLocator('iframe');
  await frame.locator('#look').waitFor();
  for (const hidden of ['#fool', '#why', '.opening', '.bar', '.end', 'details.measured']) assert.equal(await frame.locator(hidden).first().isVisible(), false, hidden);
  assert.equal(await frame.locator('[data-setting=student]').isVisible(), false);
  assert.equal(await frame.locator('[data-setting=seed] input').isDisabled(), true);
  assert.equal(await frame.locator('[data-setting=trainImages] input').isDisabled(), false);
  assert.equal(await frame.locator('h2').first().evaluate((h2) => getComputedStyle(h2).textTransform), 'none', 'the host’s styles stay outside');

  const began = await page.evaluate(() => document.querySelector('kd-lens').run());
  assert.ok(['warming', 'running', 'paused'].includes(began.phase), began.phase);
  await page.waitForFunction(() => document.querySelector('kd-lens').state.phase === 'finished', null, { timeout: 120_000 });
  const results = await page.evaluate(() => document.querySelector('kd-lens').results());
  assert.equal(results.step, 32);
  assert.equal(results.evaluations.length, 4);
  assert.equal(results.settings.temperature, 2);
  const evaluations = await heard(page, 'evaluation');
  assert.deepEqual(evaluations.map((event) => event.step), [8, 16, 24, 32]);
  assert.deepEqual(evaluations.at(-1), results.evaluations.at(-1));
  assert.equal((await heard(page, 'change')).at(-1).phase, 'finished');
  const maps = await page.evaluate(async () => (await document.querySelector('kd-lens').probe('grad-cam', { images: 8 })).step);
  assert.equal(maps, 32);
  await assert.rejects(page.evaluate(() => document.querySelector('kd-lens').probe('no such')), /no such/);
  // The frame is as high as what it holds.
  await page.waitForFunction(() => {
    const iframe = document.querySelector('kd-lens').shadowRoot?.querySelector('iframe') ?? document.querySelector('iframe');
    return Math.abs(iframe.clientHeight - iframe.contentDocument.documentElement.getBoundingClientRect().height) <= 2;
  });
  await check(page, 'a host with the element');
  await shoot(page, 'element-wide-light');
  await page.setViewportSize({ width: 390, height: 900 });
  await page.emulateMedia({ colorScheme: 'dark' });
  await shoot(page, 'element-narrow-hostlight');
  assert.equal(await frame.locator('html').getAttribute('data-theme'), 'light', 'a host that is never dark gets a light frame');
  await page.evaluate(() => document.querySelector('kd-lens').drop());
  assert.equal((await state(page)).phase, 'none');
  clean();
});

test('changed attributes reach the run, bad values are brought into range and said', { timeout: 120_000 }, async () => {
  const { page, clean } = await host(`<kd-lens ${SMALL} temperature="900" seed="x" settings="alpha=0.5&nonsense=1" parts="look,nowhere" theme="pink"></kd-lens>`);
  const { settings } = await ready(page);
  assert.equal(settings.temperature, 20);
  assert.equal(settings.seed, 0);
  assert.equal(settings.alpha, 0.5);
  const notes = (await heard(page, 'note')).map(({ message }) => message).join('\n');
  for (const wanted of [/Temperature T to 900; it was brought to 20/, /Seed to “x”, which it cannot be/, /“nonsense” that does not exist/, /“nowhere”, which does not exist/, /“theme” cannot be “pink”/]) assert.match(notes, wanted);
  const frame = page.frameLocator('iframe');
  await frame.locator('.embed-run').getByText('it was brought to 20, the nearest allowed value').waitFor();
  // Without part 1 the frame has the buttons of the run itself.
  await frame.locator('.embed-run').getByRole('button', { name: 'Distil' }).waitFor();

  await page.evaluate(() => {
    const element = document.querySelector('kd-lens');
    element.setAttribute('temperature', '3');
    element.setAttribute('parts', 'teach');
    element.setAttribute('theme', 'dark');
    element.setAttribute('lock', 'settings');
    element.removeAttribute('settings');
  });
  await page.waitForFunction(() => document.querySelector('kd-lens').state.settings.temperature === 3);
  assert.equal((await state(page)).settings.alpha, 0.9, 'a setting that is named no more has its default again');
  await frame.locator('#teach').waitFor();
  assert.equal(await frame.locator('#look').isVisible(), false);
  assert.equal(await frame.locator('html').getAttribute('data-theme'), 'dark');
  assert.equal(await frame.locator('.settings select:enabled, .settings input:enabled').count(), 0);
  const { notes: said } = await page.evaluate(() => document.querySelector('kd-lens').set({ temperature: -4, epochs: 2 }));
  assert.equal(said.length, 1);
  assert.match(said[0], /The page around sets Temperature T to -4; it was brought to 0\.\d+, the nearest allowed value/);
  assert.equal((await state(page)) !== null, true);
  const versions = await page.evaluate(() => {
    const element = document.querySelector('kd-lens');
    const api = element.kdLens(1);
    try {
      element.kdLens(7);
      return 'no error';
    } catch (error) {
      return [Object.isFrozen(api), api.version, error.code, error.message];
    }
  });
  assert.deepEqual(versions, [true, 1, 'api-version', '<kd-lens> has no API of version 7. There are: 1.']);
  clean();
});

test('every common setting is an attribute', async () => {
  const { page, clean } = await host(`<kd-lens loading="eager" ${SMALL}></kd-lens>`);
  const [settings, attributes] = await page.evaluate(async () => {
    const element = document.querySelector('kd-lens');
    return [(await element.describe()).settings.map((setting) => setting.name), element.constructor.observedAttributes];
  });
  const kebab = (name) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  assert.deepEqual(settings.map(kebab).filter((name) => !attributes.includes(name)), []);
  clean();
});

for (const [where, across] of [['the same origin', false], ['another site', true]]) {
  test(`nothing is loaded far from the view; out of sight training rests, back in sight it goes on (host on ${where})`, { timeout: 300_000 }, async () => {
    const { page, clean } = await host(`<div style="height: 4000px">Far above.</div><kd-lens ${SMALL.replace('epochs="4"', 'epochs="400"')} parts="teach"></kd-lens><div style="height: 4000px"></div>`, { across });
    await page.waitForTimeout(500);
    assert.equal(await page.locator('iframe').count(), 0);
    assert.equal(await page.evaluate(() => document.querySelector('kd-lens').readyState), 'idle');
    await page.locator('kd-lens').scrollIntoViewIfNeeded();
    await ready(page);
    await page.evaluate(() => document.querySelector('kd-lens').run());
    const phase = (wanted, waiting) => page.waitForFunction(([p, w]) => document.querySelector('kd-lens').state.phase === p && document.querySelector('kd-lens').state.waiting === w, [wanted, waiting], { timeout: 60_000 });
    await phase('running', false);
    await page.evaluate(() => scrollTo(0, 0));
    await phase('paused', true);
    const { step } = await state(page);
    await page.waitForTimeout(1500);
    assert.equal((await state(page)).step, step, 'no step out of sight');
    await page.locator('kd-lens').scrollIntoViewIfNeeded();
    await phase('running', false);
    await page.waitForFunction((before) => document.querySelector('kd-lens').state.step > before, step);
    // A run that somebody paused stays paused.
    await page.evaluate(() => document.querySelector('kd-lens').pause());
    await page.evaluate(() => scrollTo(0, 0));
    await page.waitForTimeout(700);
    await page.locator('kd-lens').scrollIntoViewIfNeeded();
    await page.waitForTimeout(700);
    assert.equal((await state(page)).phase, 'paused');
    // Asked for out of sight, it waits for sight, unless it may go on out of it.
    await page.evaluate(() => scrollTo(0, 0));
    await page.waitForTimeout(700);
    await page.evaluate(() => document.querySelector('kd-lens').run());
    await phase('paused', true);
    await page.evaluate(() => document.querySelector('kd-lens').setAttribute('offscreen', 'run'));
    await phase('running', false);
    clean(/another host: http:\/\/localhost/);
  });
}

test('two on one page do not meet; what is removed is freed; removal and reload while loading', { timeout: 300_000 }, async () => {
  const { page, clean } = await host(`<kd-lens id="a" loading="eager" ${SMALL} seed="1" parts="teach"></kd-lens><kd-lens id="b" loading="eager" offscreen="run" ${SMALL} seed="2" parts="look"></kd-lens>`);
  await page.evaluate(() => document.querySelector('#a').setAttribute('offscreen', 'run'));
  await Promise.all([ready(page, '#a'), ready(page, '#b')]);
  await page.evaluate(() => Promise.all(['a', 'b'].map((id) => document.getElementById(id).run())));
  await page.waitForFunction(() => ['a', 'b'].every((id) => document.getElementById(id).state.phase === 'finished'), null, { timeout: 200_000 });
  const seeds = await page.evaluate(() => Promise.all(['a', 'b'].map(async (id) => (await document.getElementById(id).results()).settings.seed)));
  assert.deepEqual(seeds, [1, 2]);
  assert.ok(page.workers().length >= 2, 'each has its worker');
  const late = await page.evaluate(async () => {
    const element = document.getElementById('a');
    const waiting = element.probe('invariance', { images: 32 }).catch((error) => error.code);
    element.remove();
    return waiting;
  });
  assert.equal(late, 'disposed');
  await page.evaluate(() => document.getElementById('b').remove());
  await gone(page);

  // Removed at several moments of loading, then put back. No lab is open before its teacher has come.
  let send;
  const sent = new Promise((resolve) => {
    send = resolve;
  });
  await page.route('**/models/*.safetensors', async (route) => {
    await sent;
    await route.continue().catch(() => {});
  });
  const codes = await page.evaluate(async (attributes) => {
    const codes = [];
    for (const wait of [0, 30, 150, 400, 900]) {
      const holder = document.createElement('div');
      holder.innerHTML = `<kd-lens loading="eager" ${attributes}></kd-lens>`;
      document.body.append(holder);
      const element = holder.firstChild;
      const running = element.run().then(() => 'began', (error) => error.code);
      await new Promise((resolve) => setTimeout(resolve, wait));
      element.remove();
      codes.push(await running);
    }
    return codes;
  }, SMALL);
  assert.deepEqual(new Set(codes), new Set(['disposed']), codes.join());
  send();
  await page.unroute('**/models/*.safetensors');
  await gone(page);
  await page.evaluate((attributes) => {
    document.querySelector('main').insertAdjacentHTML('beforeend', `<kd-lens id="c" loading="eager" ${attributes} seed="3" parts="teach"></kd-lens>`);
    const element = document.getElementById('c');
    document.querySelector('main').prepend(element); // moving it loads its frame again
  }, SMALL);
  assert.equal((await ready(page, '#c')).settings.seed, 3);
  // The frame is loaded again by itself, while it is loading and when it is ready.
  await page.evaluate(() => document.getElementById('c').setAttribute('seed', '4'));
  await page.waitForFunction(() => document.getElementById('c').state.settings.seed === 4);
  const inner = () => page.frames().find((frame) => frame.url().includes('embed.html'));
  await inner().evaluate(() => location.reload());
  await page.waitForFunction(() => document.getElementById('c').readyState === 'loading');
  assert.equal((await ready(page, '#c')).settings.seed, 3, 'as its address says');
  await page.waitForFunction(() => document.getElementById('c').state.settings.seed === 4, null, { timeout: 20_000 });
  clean();
});

/** No frame and no worker is left. */
async function gone(page) {
  const began = Date.now();
  while (Date.now() - began < 10_000 && (page.workers().length > 0 || page.frames().length > 1)) await page.waitForTimeout(100);
  assert.equal(page.frames().length, 1);
  assert.deepEqual(page.workers().map((worker) => worker.url()), []);
}

test('an address without kd-lens is said', { timeout: 120_000 }, async () => {
  const { page, clean } = await host('<kd-lens loading="eager" src="ftp://nowhere/"></kd-lens>');
  await page.getByRole('alert').getByText('The attribute src cannot be').waitFor();
  assert.equal((await heard(page, 'problem'))[0].code, 'setting-invalid');
  clean();
});
