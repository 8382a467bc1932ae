// Leaving the page loses nothing: the run is there at the next visit, and where it cannot be kept the page says so.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inEveryDress } from './accessibility.mjs';
import { openPage, stage } from './harness.mjs';
import { holdAt, letGo } from './hold.mjs';
import { keptStep, untilKept } from './stored.mjs';

const { site, browser } = await stage({ webgpu: false });
const LINK = '#dataset=shapes32&trainImages=32&testImages=16&batchSize=8&epochs=12&seed=3&temperature=2&backend=cpu';
const SETTINGS = { dataset: 'shapes32', trainImages: 32, testImages: 16, batchSize: 8, epochs: 12, seed: 3, temperature: 2, backend: 'cpu' };

async function open(prepare) {
  const opened = await openPage(browser, site);
  opened.page.setDefaultTimeout(120_000);
  await prepare?.(opened.page);
  await opened.page.goto(site.url + LINK);
  await opened.page.getByText('images are shown to each student').waitFor();
  return opened;
}

const distil = (page) => page.locator('#bench').getByRole('button', { name: 'Distil' }).click();
/** Until an evaluation beyond the first one stands there. */
const evaluated = (page) => page.locator('[data-chart=accuracy]').getByText(/^At step (?!4:)/).waitFor();

/** Trains for some evaluations and rests in the middle of the run. */
async function distilAndPause(page) {
  await holdAt(page, 8);
  await distil(page);
  await evaluated(page);
  await page.getByRole('button', { name: 'Pause' }).click();
  await letGo(page);
  await page.getByText('Paused.').waitFor();
}

/** The step that the page says it is at. */
const stepOf = async (page) => Number((await page.locator('.run-state .facts').textContent()).match(/^Step (\d+) of 48/)[1]);

test('a run is gone on with after a reload, bit for bit, with its curves and its timeline', { timeout: 600_000 }, async () => {
  const { page, context, clean } = await open();
  await distilAndPause(page);
  const at = await stepOf(page);
  assert.equal(await untilKept(page, at), at);
  const rows = await page.locator('[data-chart=accuracy] tbody tr').allTextContents();
  const stops = await page.getByLabel('Look back along the run').getAttribute('max');
  await page.goto('about:blank');
  // Another link: the offer names what it would go on with.
  await page.goto(`${site.url}#dataset=shapes32&backend=cpu`);
  const offer = page.locator('[data-kept=run]');
  await offer.waitFor();
  assert.match(await offer.textContent(), new RegExp(`Shapes-32, ResNet-20 teaches ResNet-8, [^,]*, seed 3\\. It stands at step ${at} of 48\\.`));
  await inEveryDress(page, 'offer of a kept run');
  await page.setViewportSize({ width: 1280, height: 900 });
  await page.evaluate(async () => {
    const { Lab } = await import('./js/engine.js');
    const { step } = Lab.prototype;
    Lab.prototype.step = function watched(...values) {
      window.lab = this;
      return step.apply(this, values);
    };
  });
  await offer.getByRole('button', { name: 'Go on with it' }).click();
  await page.getByText('Paused.').waitFor();
  assert.match(await page.locator('.run-state .facts').textContent(), new RegExp(`^Step ${at} of 48`));
  assert.deepEqual(await page.locator('[data-chart=accuracy] tbody tr').allTextContents(), rows);
  assert.equal(await page.getByLabel('Look back along the run').getAttribute('max'), stops);
  assert.equal(await page.getByLabel('Seed', { exact: true }).inputValue(), '3');
  assert.equal(await page.getByText(/^Changed since this run began/).count(), 0);
  await page.getByLabel('Look back along the run').focus();
  await page.keyboard.press('Home');
  const look = page.locator('#look-panel');
  await look.scrollIntoViewIfNeeded();
  await look.getByText('Computed as of step 0, epoch 0.0.').first().waitFor();
  await page.locator('#bench').getByRole('button', { name: 'Go on', exact: true }).click();
  await page.getByText('Finished.').waitFor();
  const same = await page.evaluate(async (settings) => {
    const { createLab } = await import('./js/engine.js');
    const plain = await createLab(settings);
    await plain.step(48);
    const [a, b] = [await plain.checkpoint(), await window.lab.checkpoint()];
    plain.dispose();
    return a.length === b.length && a.every((byte, i) => byte === b[i]);
  }, SETTINGS);
  assert.ok(same, 'bit for bit the run that was never left');
  await untilKept(page, 48);
  await page.reload();
  await page.getByText('It is finished: 48 steps.').waitFor();
  await offer.getByRole('button', { name: 'Forget it' }).click();
  for (let tries = 0; tries < 100 && (await keptStep(page)) !== null; tries += 1) await page.waitForTimeout(100);
  assert.equal(await keptStep(page), null);
  assert.equal(await offer.count(), 0);
  clean();
  await context.close();
});

test('closed in the middle of training, at most the last seconds are lost', { timeout: 300_000 }, async () => {
  const { page, context, clean } = await open();
  await distil(page);
  await evaluated(page);
  const least = await untilKept(page, 4);
  await page.close({ runBeforeUnload: false });
  const next = await context.newPage();
  next.setDefaultTimeout(120_000);
  await next.goto(site.url + LINK);
  await next.locator('[data-kept=run]').waitFor();
  const step = Number((await next.locator('[data-kept=run]').textContent()).match(/step ([\d,]+) of 48|finished: (\d+)/).slice(1).find(Boolean));
  assert.ok(step >= least, `${step} and ${least}`);
  // A run that is begun takes the place of the offer.
  await distil(next);
  await next.getByText(/^(Warming up|Training|Finished)\./).first().waitFor();
  assert.equal(await next.locator('[data-kept=run]').count(), 0);
  clean();
  await context.close();
});

/** What the storage holds, unchecked. */
const stored = (page) =>
  page.evaluate(async () => {
    const done = (request) => new Promise((resolve, reject) => Object.assign(request, { onsuccess: () => resolve(request.result), onerror: () => reject(request.error) }));
    const database = await done(indexedDB.open('kd-lens', 1));
    const both = database.transaction(['run', 'marks']);
    const [run, saved] = await Promise.all([done(both.objectStore('run').get('last')), done(both.objectStore('marks').getAll())]);
    database.close();
    return run && { seed: run.settings?.seed, marks: saved.map(({ step, bytes }) => [step, bytes.reduce((sum, byte) => (sum * 31 + byte) % 1000003, 7)]) };
  });

test('a damaged or foreign run is forgotten without a word', { timeout: 300_000 }, async () => {
  const { page, context, clean } = await open();
  await distilAndPause(page);
  await untilKept(page, await stepOf(page));
  const left = await page.evaluate(async () => {
    const [{ keptRun }, { experiment }] = await Promise.all([import('./js/keep.js'), import('./js/page.js')]);
    const done = (request) => new Promise((resolve, reject) => Object.assign(request, { onsuccess: () => resolve(request.result), onerror: () => reject(request.error) }));
    const database = await done(indexedDB.open('kd-lens', 1));
    const store = () => database.transaction('run', 'readwrite').objectStore('run');
    const good = await done(store().get('last'));
    const [evaluation] = good.evaluations;
    const damages = {
      none: {},
      settings: { settings: null },
      method: { settings: { ...good.settings, method: 'of another version' } },
      value: { settings: { ...good.settings, temperature: 1e9 } },
      date: { saved: NaN },
      checkpoint: { checkpoint: 'garbage' },
      agreement: { evaluations: [{ ...evaluation, agreement: undefined }] },
      rate: { evaluations: [{ ...evaluation, student: { rate: 'much' } }] },
      evaluations: { evaluations: null },
      progress: { progress: [{}] },
      timeline: { timeline: null },
      step: { step: -1 },
    };
    const left = [];
    for (const [name, damage] of Object.entries(damages)) {
      await done(store().put({ ...good, ...damage }, 'last'));
      if (await keptRun(experiment.description)) left.push(name);
      if ((await done(store().count())) > 0) left.push(`${name} in the storage`);
    }
    await done(store().put(null, 'last'));
    if (await keptRun(experiment.description)) left.push('null');
    await done(store().put({ ...good, ...damages.agreement }, 'last'));
    database.close();
    return left;
  });
  assert.deepEqual(left, ['none', 'none in the storage']);
  await page.goto('about:blank');
  await page.goto(`${site.url}#dataset=shapes32&backend=cpu`);
  await page.getByText('images are shown to each student').waitFor();
  for (let tries = 0; tries < 50 && (await stored(page)); tries += 1) await page.waitForTimeout(100);
  assert.equal(await stored(page), undefined);
  assert.equal(await page.locator('[data-kept=run]').count(), 0);
  clean();
  await context.close();
});

test('two tabs do not mix their runs; what cannot be looked back at is said once', { timeout: 300_000 }, async () => {
  const first = await open();
  const other = await first.context.newPage();
  other.setDefaultTimeout(120_000);
  await other.goto(site.url + LINK.replace('seed=3', 'seed=4'));
  await other.getByText('images are shown to each student').waitFor();
  const { page } = first;
  const train = async (tab, steps) => {
    await tab.bringToFront();
    await tab.evaluate(async (least) => {
      const { experiment } = await import('./js/page.js');
      await experiment.run();
      while (experiment.step < least) await new Promise((resolve) => experiment.addEventListener('evaluation', resolve, { once: true }));
      await experiment.pause();
    }, steps);
    const step = await tab.evaluate(async () => (await import('./js/page.js')).experiment.step);
    await untilKept(tab, step);
    return step;
  };
  const of = (tab) =>
    tab.evaluate(async () => {
      const { experiment } = await import('./js/page.js');
      return experiment.timeline.save().marks.map(({ step, bytes }) => [step, bytes.reduce((sum, byte) => (sum * 31 + byte) % 1000003, 7)]);
    });
  // The last mark may be younger than what was kept.
  const holds = async (tab, seed) => {
    const [kept, marks] = [await stored(tab), await of(tab)];
    assert.ok(kept.marks.length >= 2);
    assert.deepEqual(kept, { seed, marks: marks.slice(0, kept.marks.length) });
  };
  await train(page, 8);
  await train(other, 16);
  await holds(other, 4);
  await page.bringToFront();
  await page.getByRole('button', { name: 'One step' }).click();
  await page.evaluate(async () => {
    window.experiment = (await import('./js/page.js')).experiment;
  });
  await page.waitForFunction(() => !window.experiment.busy);
  for (let tries = 0; tries < 100 && (await stored(page)).seed !== 3; tries += 1) await page.waitForTimeout(100);
  await holds(page, 3);

  await page.evaluate(() => {
    window.experiment.timeline.bytes = async () => new Uint8Array(100);
  });
  const slider = page.getByLabel('Look back along the run');
  const most = await slider.getAttribute('max');
  for (const key of ['Home', 'ArrowLeft', 'Home']) {
    await slider.focus();
    await page.keyboard.press(key);
    await page.locator('#bench .alert[data-code="checkpoint-unreadable"]').waitFor();
    await page.waitForFunction(() => window.experiment.lookedAt === null);
    assert.equal(await slider.inputValue(), most);
  }
  assert.equal(await page.locator('#bench .alert').count(), 1);
  first.clean();

  // A checkpoint that only the engine finds to be damaged: no run, and a sentence that fits.
  await page.evaluate(async () => {
    const done = (request) => new Promise((resolve, reject) => Object.assign(request, { onsuccess: () => resolve(request.result), onerror: () => reject(request.error) }));
    const database = await done(indexedDB.open('kd-lens', 1));
    const runs = database.transaction('run', 'readwrite').objectStore('run');
    await done(runs.put({ ...(await done(runs.get('last'))), checkpoint: new Uint8Array(100) }, 'last'));
    database.close();
  });
  await page.goto('about:blank');
  await page.goto(site.url + LINK);
  await page.getByRole('button', { name: 'Go on with it' }).click();
  await page.getByText('The run that this browser kept cannot be read').waitFor();
  assert.equal(await page.locator('#bench .alert').count(), 0);
  await page.getByText('Ready.', { exact: true }).waitFor();
  first.clean();
  await first.context.close();
});

for (const [what, prepare, sentence] of [
  [
    'a full storage',
    () => {
      IDBObjectStore.prototype.put = function full() {
        this.transaction.abort();
        throw new DOMException('full', 'QuotaExceededError');
      };
    },
    /This browser has no room left to keep the run\. It goes on as before/,
  ],
  [
    'no storage at all',
    () => {
      Object.defineProperty(window, 'indexedDB', {
        get() {
          throw new DOMException('denied', 'SecurityError');
        },
      });
    },
    /This browser keeps nothing for this page/,
  ],
]) {
  test(`${what} is said calmly, once, and the run goes on`, { timeout: 300_000 }, async () => {
    const { page, context, clean } = await open((fresh) => fresh.addInitScript(prepare));
    await distil(page);
    await page.getByText(sentence).waitFor();
    await page.getByText('Finished.').waitFor();
    assert.equal(await page.getByText(sentence).count(), 1);
    assert.equal(await page.locator('.alert').count(), 0);
    clean();
    await context.close();
  });
}
