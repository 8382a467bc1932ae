// embed.html in plain frames: what the address says, the height it tells, sandboxed, under a strict policy, in any folder.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { check, inEveryDress, reach } from './accessibility.mjs';
import { openPage, openSite, shoot, stage } from './harness.mjs';
import { openHosts } from './hosts.mjs';

const { site, browser } = await stage({ webgpu: false });
const elsewhere = await openHosts();
const SMALL = 'dataset=shapes32&trainImages=64&testImages=32&batchSize=8&epochs=1&backend=cpu';
/** The policy of the issue, and nothing that it does not need. */
const STRICT = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; worker-src 'self'";

/** A page around some HTML, which remembers every message that it gets; on another site than kd-lens where `across`. */
async function host(body, { across = false } = {}) {
  const html = `<!doctype html><html lang="en"><title>A course</title><link rel="icon" href="data:,"><meta name="viewport" content="width=device-width"><main><h1>A course</h1>${body}</main></html>`;
  const opened = await openPage(browser, site);
  await opened.page.route('**/host.html', (route) => route.fulfill({ contentType: 'text/html', body: html }));
  await opened.page.addInitScript(() => {
    if (parent !== self) return;
    window.messages = [];
    addEventListener('message', ({ data }) => window.messages.push(data));
  });
  await opened.page.goto(across ? elsewhere(html) : `${site.url}host.html`);
  return opened;
}

/** The engine has told what can be set. */
const there = (frame) => frame.locator('[data-setting=seed]').waitFor({ state: 'attached' });

/** Trains to the end and looks at maps: engine, worker and canvas all work. */
async function train(frame) {
  await there(frame);
  await frame.getByRole('button', { name: 'Distil', exact: true }).click();
  await frame.getByText('Finished.').waitFor();
  assert.match(await frame.locator('[data-chart=accuracy] .say').textContent(), /^At step 8: teacher \d+/);
}

test('the height is told in every convention, and again when it changes', { timeout: 120_000 }, async () => {
  const { page, clean } = await host(`<iframe title="Distillation to try" src="embed.html?${SMALL}&parts=teach" width="900" height="300"></iframe>`);
  const frame = page.frameLocator('iframe');
  await there(frame);
  /** What was told last in each convention, and the height of what the frame holds. */
  const told = async () => {
    const wanted = await frame.locator('html').evaluate((html) => Math.ceil(html.getBoundingClientRect().height));
    const messages = await page.evaluate(() => window.messages);
    const last = (which) => messages.filter(which).at(-1);
    const lti = { subject: 'lti.frameResize', height: wanted };
    const found = [last(({ type }) => type === 'kd-lens:resize'), last(({ subject }) => subject === lti.subject), last((message) => typeof message === 'string'), last((message) => Object.keys(message).join() === 'height')];
    return { wanted, found, expected: [{ type: 'kd-lens:resize', version: 1, height: wanted }, lti, JSON.stringify(lti), { height: wanted }] };
  };
  const settled = async () => {
    let now;
    for (let tries = 0; tries < 100; tries += 1) {
      await page.waitForTimeout(100);
      const before = now?.wanted;
      now = await told();
      if (now.wanted === before && isDeepStrictEqual(now.found, now.expected)) return now.wanted;
    }
    assert.deepEqual(now.found, now.expected);
    return now.wanted;
  };
  const first = await settled();
  await frame.locator('#teach > details.measured summary').click();
  const folded = await settled();
  assert.ok(folded > first + 100, `${first} ${folded}`);
  // A host that follows makes no frame that grows for ever, and a smaller one is told too.
  await page.evaluate(() => {
    const iframe = document.querySelector('iframe');
    addEventListener('message', ({ data }) => data.type === 'kd-lens:resize' && (iframe.style.height = `${data.height}px`));
    iframe.style.height = `${window.messages.findLast((message) => message.type === 'kd-lens:resize').height}px`;
  });
  await frame.locator('#teach > details.measured summary').click();
  assert.equal(await settled(), first);
  const count = await page.evaluate(() => window.messages.length);
  await page.waitForTimeout(500);
  assert.equal(await page.evaluate(() => window.messages.length), count, 'nothing is told while nothing changes');
  clean();
});

test('settings come from ? and #, what is hidden is not shown and what is locked stays', { timeout: 120_000 }, async () => {
  const { page, clean } = await openPage(browser, site);
  await page.goto(`${site.url}embed.html?${SMALL}&temperature=2&seed=3&parts=fool,boundary,sources#temperature=77&lock=temperature,method,files&hide=seed,credit,bogus&theme=dark&alpha=abc`);
  await there(page);
  const said = (text) => page.locator('.embed-run').getByText(text).waitFor();
  await said('The link sets Temperature T to 77; it was brought to 20, the nearest allowed value.');
  await said('to “abc”, which it cannot be; it stays at 0.9.');
  await said('“hide” names “bogus”, which does not exist; it was passed over.');
  for (const [selector, visible] of [['#fool-panel', true], ['#why-title', true], ['#boundary-panel', true], ['.end', true], ['#layers-panel', false], ['#teach', false], ['#look', false], ['.opening', false], ['.embed-credit', false]]) {
    assert.equal(await page.locator(selector).isVisible(), visible, selector);
  }
  assert.equal(await page.locator('html').getAttribute('data-theme'), 'dark');
  clean();

  const whole = await openPage(browser, site);
  await whole.page.goto(`${site.url}embed.html#${SMALL}&temperature=3&lock=temperature,method,files&hide=seed,run,title,measured`);
  await there(whole.page);
  assert.equal(await whole.page.locator('[data-setting=temperature] input[type=number]').isDisabled(), true);
  assert.equal(await whole.page.locator('[data-setting=temperature] input[type=range]').isDisabled(), true);
  assert.equal(await whole.page.locator('[data-setting=method] select').isDisabled(), true);
  assert.equal(await whole.page.locator('[data-setting=files] input:enabled').count(), 0);
  assert.equal(await whole.page.locator('[data-setting=seed]').isVisible(), false);
  assert.equal(await whole.page.getByRole('button', { name: 'Distil', exact: true }).isVisible(), false);
  assert.equal(await whole.page.locator('#teach > h2').isVisible(), false);
  assert.equal(await whole.page.locator('details.measured').first().isVisible(), false);
  // No way of the page's own leads around a lock, and the address stays the author's.
  await whole.page.evaluate(async () => {
    const { experiment } = await import('./js/page.js');
    await experiment.set('temperature', 9);
    await experiment.set('epochs', 2);
    window.form = experiment.form;
  });
  await whole.page.getByText('“temperature” is fixed by the page that shows this one; it stays at 3.').waitFor();
  assert.deepEqual(await whole.page.evaluate(() => [window.form.temperature, window.form.epochs]), [3, 2]);
  // Nor does a question that needs another method or temperature; the words of `hide` take it and the several seeds away.
  const lesson = whole.page.locator('#lesson');
  assert.deepEqual(await lesson.locator('option:enabled').evaluateAll((all) => all.map((option) => option.value)), ['']);
  await lesson.getByText('Questions that need other settings').waitFor();
  const filled = await whole.page.evaluate(async () => {
    const { experiment } = await import('./js/page.js');
    const before = JSON.stringify(experiment.form);
    experiment.usePreset((await import('./js/presets.js')).presetOf('projector'));
    const after = JSON.stringify(experiment.form);
    experiment.usePreset(null);
    return [before, after];
  });
  assert.equal(filled[1], filled[0], 'no setting of a method that is not there');
  for (const part of ['#lesson', '#seeds-panel']) assert.equal(await whole.page.locator(part).isVisible(), true);
  await whole.page.evaluate(async () => (await import('./js/embed/parts.js')).hideThings(['question', 'seeds']));
  for (const part of ['#lesson', '#seeds-title', '#seeds-panel']) assert.equal(await whole.page.locator(part).isVisible(), false);
  assert.match(whole.page.url(), /epochs=1/);
  const link = new URL(await whole.page.getByRole('link', { name: 'The whole page' }).getAttribute('href'));
  assert.equal(link.hash, '#dataset=shapes32&temperature=3&batchSize=8&epochs=2&trainImages=64&testImages=32&backend=cpu');
  whole.clean();
});

test('options by names that every object has open no lock', { timeout: 120_000 }, async () => {
  const { page, clean } = await openPage(browser, site);
  await page.goto(`${site.url}embed.html?toString=1&theme=constructor#${SMALL}&lock=settings`);
  await there(page);
  await page.getByText('names a setting “toString” that does not exist; it was passed over.').first().waitFor();
  await page.waitForFunction(() => document.querySelectorAll('#teach .settings select:disabled').length > 0);
  assert.equal(await page.locator('#teach .settings select:enabled').count(), 0);
  assert.equal(await page.evaluate(async () => (await import('./js/host.js')).host.theme), 'system');
  clean();
});

test('what is no command is not answered, and a set without values is told so', { timeout: 120_000 }, async () => {
  const { page, clean } = await host(`<iframe title="Distillation to try" src="embed.html?${SMALL}&parts=teach" width="900" height="300"></iframe>`);
  await there(page.frameLocator('iframe'));
  const answers = await page.evaluate(async () => {
    const { port1, port2 } = new MessageChannel();
    document.querySelector('iframe').contentWindow.postMessage({ type: 'kd-lens:connect', version: 1 }, '*', [port2]);
    const asked = [null, undefined, 'run', 7, { id: 1, call: 'set', values: null }, { id: 2, call: 'set' }, { id: 3, call: 'set', values: { augment: 'constructor' } }, { id: 4, call: 'configure', constructor: 'x' }];
    const answers = [];
    await new Promise((resolve) => {
      port1.onmessage = ({ data }) => {
        if (data.id) answers.push(data);
        if (data.id === 4) resolve();
      };
      for (const command of asked) port1.postMessage(command);
    });
    return answers.sort((a, b) => a.id - b.id);
  });
  assert.deepEqual(answers.map(({ error }) => error?.code), ['setting-invalid', 'setting-invalid', undefined, undefined]);
  assert.equal(typeof answers[2].value.settings.augment, 'boolean');
  assert.match(answers[2].value.notes.join(), /to “constructor”, which it cannot be/);
  assert.match(answers[3].value.notes.join(), /“constructor”, which does not exist/);
  clean();
});

test('a sandboxed frame without storage, on a server that allows it; under a strict policy too', { timeout: 300_000 }, async () => {
  for (const policy of ['', STRICT.replace("worker-src 'self'", "worker-src 'self' blob:")]) {
    const open = await openSite({ headers: { 'Access-Control-Allow-Origin': '*', ...(policy && { 'Content-Security-Policy': policy }) } });
    const { page, clean } = await host(`<iframe sandbox="allow-scripts" title="Distillation to try" src="${open.url}embed.html?${SMALL}&parts=teach,look" width="900" height="900"></iframe>`, { across: true });
    const frame = page.frameLocator('iframe');
    await there(frame);
    assert.equal(await frame.locator('html').evaluate(() => self.origin), 'null');
    assert.equal(await frame.locator('html').evaluate(() => { try { return String(localStorage); } catch (error) { return error.name; } }), 'SecurityError');
    await train(frame);
    await frame.locator('#look-panel').scrollIntoViewIfNeeded();
    await frame.getByText('Computed at step 8.').waitFor();
    assert.ok((await page.evaluate(() => window.messages)).some((message) => message.type === 'kd-lens:hello'));
    clean(/another host: http:\/\/(localhost|127\.0\.0\.1):/);
    await page.close();
    await open.close();
  }
});

test('a sandboxed frame on a server that does not allow it says what is missing', { timeout: 120_000 }, async () => {
  const { page } = await host(`<iframe sandbox="allow-scripts" title="Distillation to try" src="${site.url}embed.html"></iframe>`, { across: true });
  await page.frameLocator('iframe').getByText('from a server that sends the header “Access-Control-Allow-Origin: *”').waitFor();
  const told = await page.evaluate(() => window.messages);
  assert.equal(told.find((message) => message.type === 'kd-lens:problem').code, 'embed-unreachable');

  // The article itself says it too.
  await page.evaluate((src) => { document.querySelector('iframe').src = src; }, `${site.url}index.html`);
  await page.frameLocator('iframe').locator('#bench', { hasText: 'from a server that sends the header “Access-Control-Allow-Origin: *”' }).waitFor();

  // Scripts may come, but no worker may be made: the frame says which word is missing in the policy.
  const open = await openSite({ headers: { 'Access-Control-Allow-Origin': '*', 'Content-Security-Policy': STRICT } });
  after(() => open.close());
  await page.evaluate((src) => { document.querySelector('iframe').src = src; }, `${open.url}embed.html`);
  await page.frameLocator('iframe').getByText('must allow “worker-src blob:”').first().waitFor();
});

test('under a strict policy in a folder deep down', { timeout: 300_000 }, async () => {
  const deep = await openSite({ prefix: '/deep/er/path', headers: { 'Content-Security-Policy': STRICT } });
  after(() => deep.close());
  const { page, clean } = await openPage(browser, deep);
  await page.goto(`${deep.url}embed.html?${SMALL}`);
  await train(page);
  await page.goto(`${deep.url}#${SMALL}`);
  await there(page);
  clean();
});

test('a dialog opens where the reader is, in a frame of many screens', { timeout: 120_000 }, async () => {
  const { page, clean } = await host(`<iframe title="Distillation to try" src="embed.html?${SMALL}" style="width: 100%; height: 9000px; border: 0"></iframe>`);
  const frame = page.frameLocator('iframe');
  await there(frame);
  await frame.getByRole('button', { name: 'One step' }).click();
  await frame.getByText('Paused.').waitFor();
  await frame.getByRole('button', { name: 'Start again' }).click();
  const keep = frame.getByRole('button', { name: 'Keep this run' });
  const box = await keep.boundingBox();
  assert.ok(box.y > 0 && box.y < 900, `${box.y}`);
  await keep.click();
  clean();
});

test('everyone can use it: focus goes in and out of the frame, axe finds nothing', { timeout: 300_000 }, async () => {
  const { page, clean } = await host(`<p><a href="#before">before</a></p><iframe title="Distillation to try" src="embed.html?${SMALL}&parts=look&hide=measured" width="900" height="1200"></iframe><p><a href="#after">after</a></p>`);
  const frame = page.frameLocator('iframe');
  await there(frame);
  await check(page, 'a host with a frame');
  await page.keyboard.press('Tab');
  const inFrame = () => page.evaluate(() => document.activeElement?.tagName === 'IFRAME');
  for (let i = 0; i < 3 && !(await inFrame()); i += 1) await page.keyboard.press('Tab');
  assert.ok(await inFrame(), 'focus goes in');
  for (let i = 0; i < 40 && (await inFrame()); i += 1) await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement.textContent), 'after', 'and comes out behind it');
  clean();

  const alone = await openPage(browser, site);
  await alone.page.goto(`${site.url}embed.html?${SMALL}&parts=teach,boundary`);
  await there(alone.page);
  await reach(alone.page, 'Tab', /^BUTTON Distil$/);
  await inEveryDress(alone.page, 'embed.html', (width, theme) => shoot(alone.page, `embed-${width}-${theme}`));
  alone.clean();
});
