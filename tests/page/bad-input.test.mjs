// What a person can do wrong or bad luck can bring: each has its sentence on the page, and nothing is lost.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { openPage, stage } from './harness.mjs';

const SHAPES = '#dataset=shapes32&trainImages=32&testImages=16&batchSize=8&epochs=2&backend=cpu';
const CIFAR = '#trainImages=64&testImages=32&batchSize=16&epochs=1&backend=cpu';

const { site, browser } = await stage({ webgpu: false });

async function open(link, prepare) {
  const opened = await openPage(browser, site);
  opened.page.setDefaultTimeout(120_000);
  await prepare?.(opened.page);
  await opened.page.goto(site.url + link);
  await opened.page.locator('#bench form').waitFor();
  return { ...opened, distil: () => opened.page.locator('#bench').getByRole('button', { name: 'Distil', exact: true }).click() };
}

const alert = (page, code) => page.locator(`.alert[data-code="${code}"]`);

/** Records in the CIFAR-10 format, grey with a label. */
function records(count) {
  const bytes = Buffer.alloc(count * 3073, 120);
  for (let i = 0; i < count; i += 1) bytes[i * 3073] = i % 10;
  return bytes;
}

async function unfoldFiles(page) {
  await page.getByText('Your own data or teacher', { exact: true }).click();
}

test('own data: a truncated file, an archive and a wrong label are named; the right files then train', { timeout: 300_000 }, async () => {
  const { page, context, clean, distil } = await open(CIFAR);
  await unfoldFiles(page);
  const train = page.getByLabel('Training images', { exact: true }).and(page.locator('[type=file]'));
  const tests = page.getByLabel('Test images', { exact: true }).and(page.locator('[type=file]'));
  const give = (input, name, buffer) => input.setInputFiles({ name, mimeType: 'application/octet-stream', buffer });
  await give(tests, 'test_batch.bin', records(32));

  await give(train, 'cut.bin', records(64).subarray(0, 64 * 3073 - 100));
  await distil();
  await alert(page, 'data-truncated').waitFor();
  assert.match(await alert(page, 'data-truncated').textContent(), /“cut\.bin” has 196,572 bytes, which is not a whole number.*Nothing was lost/);

  await give(train, 'cifar-10-binary.tar.gz', Buffer.concat([Buffer.from([0x1f, 0x8b, 8, 0]), records(64)]));
  await distil();
  await alert(page, 'data-foreign').waitFor();
  assert.match(await alert(page, 'data-foreign').textContent(), /gzip archive: unpack it first/);

  const foreign = records(64);
  foreign[3073] = 77;
  await give(train, 'foreign.bin', foreign);
  await distil();
  await alert(page, 'data-foreign').waitFor();
  assert.match(await alert(page, 'data-foreign').textContent(), /77/);
  // That one was only found by the engine, so there is a run, without images. Going on finds the same again; starting again
  // with a better file helps.
  await page.getByRole('button', { name: 'Close' }).first().click();
  await distil();
  await alert(page, 'data-foreign').waitFor();
  await give(train, 'good.bin', records(64));
  await page.getByRole('button', { name: 'Start again' }).first().click();
  await page.getByRole('dialog').getByRole('button', { name: 'Start again' }).click();
  await page.getByText('Finished.').waitFor();
  assert.equal(await page.locator('.alert').count(), 0);
  clean();
  await context.close();
});

test('own teacher: garbage and another architecture are named; clearing the field goes back to the site’s', { timeout: 300_000 }, async () => {
  const { page, context, clean, distil } = await open(SHAPES);
  await unfoldFiles(page);
  const weights = page.getByLabel('Teacher’s weights', { exact: true });
  const mimeType = 'application/octet-stream';
  await weights.setInputFiles({ name: 'notes.safetensors', mimeType, buffer: Buffer.from('these are not weights') });
  await distil();
  await alert(page, 'weights-unreadable').waitFor();

  const { models } = await (await fetch(`${site.url}models/models.json`)).json();
  const resnet20 = Buffer.from(await (await fetch(`${site.url}models/${models.find((model) => model.architecture === 'resnet20').file}`)).arrayBuffer());
  await weights.setInputFiles({ name: 'resnet20.safetensors', mimeType, buffer: resnet20 });
  await page.getByLabel('Teacher', { exact: true }).selectOption('resnet32');
  await distil();
  await alert(page, 'weights-mismatch').waitFor();
  assert.match(await alert(page, 'weights-mismatch').textContent(), /Choose the architecture that the file was trained with/);

  await page.getByRole('button', { name: /^Clear Teacher/ }).click();
  await distil();
  await alert(page, 'weights-missing').waitFor();
  await page.getByLabel('Teacher', { exact: true }).selectOption('resnet20');
  await distil();
  await page.getByText('Finished.').waitFor();
  clean();
  await context.close();
});

test('a value out of range is refused at its field and the old one stays', async () => {
  const { page, context, clean } = await open(SHAPES);
  const temperature = page.getByLabel('Temperature T', { exact: true });
  for (const [typed, words] of [['99', /between 0\.5 and 20; it was 99\. It stays at 4\./], ['', /must be a number/]]) {
    await temperature.fill(typed);
    await temperature.blur();
    assert.match(await page.locator('.problem').filter({ hasText: /./ }).textContent(), words);
    assert.equal(await temperature.getAttribute('aria-invalid'), 'true');
  }
  await temperature.fill('2');
  await temperature.blur();
  assert.equal(await page.locator('.problem').filter({ hasText: /./ }).count(), 0);
  assert.match(page.url(), /temperature=2/);
  clean();
  await context.close();
});

test('a shard that arrives damaged stops the run, not the page; the next try goes on', { timeout: 300_000 }, async () => {
  let answer = null;
  const { page, context, clean, distil } = await open(CIFAR, (page) =>
    page.route('**/data/cifar10/train-00.bin', async (route) => {
      if (!answer) return route.continue();
      const response = await route.fetch();
      return route.fulfill({ body: answer(await response.body()), contentType: 'application/octet-stream' });
    }),
  );
  answer = (body) => body.subarray(0, 100_000);
  await distil();
  await alert(page, 'data-truncated').waitFor();
  assert.match(await alert(page, 'data-truncated').textContent(), /train-00\.bin arrived with 100000 bytes/);
  await page.getByText('The networks are loaded.').first().waitFor();

  answer = (body) => Buffer.concat([body.subarray(0, 1000), Buffer.from([body[1000] ^ 1]), body.subarray(1001)]);
  await distil();
  await alert(page, 'data-foreign').waitFor();
  assert.match(await alert(page, 'data-foreign').textContent(), /SHA-256 differs/);

  answer = null;
  await distil();
  await page.getByText('Finished.').waitFor();
  assert.equal(await page.locator('#bench .alert').count(), 0, 'what has been overcome is said no more');
  clean();
  await context.close();
});

test('without CIFAR-10 on the site the page takes Shapes-32 and says so', async () => {
  const { page, context, clean } = await open('', (page) => page.route('**/data/cifar10/index.json', (route) => route.fulfill({ status: 404, body: '' })));
  await page.getByText('The page uses Shapes-32 until you choose otherwise.').waitFor();
  assert.equal(await page.getByLabel('Images', { exact: true }).inputValue(), 'shapes32');
  clean(/404/);
  await context.close();
});

test('a worker that dies in the middle of a run is replaced and the run goes on to its end', { timeout: 300_000 }, async () => {
  const { page, context, clean, distil } = await open(SHAPES.replace('epochs=2', 'epochs=6'));
  await distil();
  await page.waitForFunction(() => /At step (4|8|12):/.test(document.querySelector('[data-chart=accuracy] .say').textContent));
  // The engine's worker is the one that has a lab; ending it from inside is what a browser does when memory runs out.
  await Promise.all(page.workers().map((worker) => worker.evaluate(() => self.close()).catch(() => {})));
  await page.getByText(/stopped working.*started again on the CPU from the checkpoint at step \d+/).first().waitFor();
  await page.getByText('Finished.').waitFor();
  assert.match(await page.locator('[data-chart=accuracy] .say').textContent(), /At step 24:/);
  assert.equal(await page.locator('[data-chart=accuracy] tbody tr').count(), 6);
  assert.equal(await page.locator('.alert').count(), 0);
  clean();
  await context.close();
});

test('training that diverges says so, goes back, and can be continued with a smaller learning rate', { timeout: 300_000 }, async () => {
  const link = '#dataset=shapes32&trainImages=2&testImages=8&batchSize=2&epochs=400&learningRate=1&momentum=0.99&weightDecay=0.1&temperature=20&evaluateEvery=100000&backend=cpu';
  const { page, context, clean, distil } = await open(link);
  await distil();
  await alert(page, 'diverged').waitFor();
  assert.match(await alert(page, 'diverged').textContent(), /went back to its last checkpoint/);
  await page.getByText('More settings', { exact: true }).click();
  const rate = page.getByLabel('Learning rate', { exact: true });
  await rate.fill('0.0001');
  await rate.blur();
  await page.getByRole('button', { name: 'One step' }).click();
  await page.getByText('Step 1 of 400').first().waitFor();
  clean();
  await context.close();
});

test('names that every object has are no languages, settings or values', { timeout: 120_000 }, async () => {
  const { page, context, clean } = await openPage(browser, site);
  for (const link of ['?lang=constructor', '#lang=__proto__', '#lang=toString&augment=toString&constructor=1']) {
    await page.goto('about:blank');
    await page.goto(site.url + link);
    await page.locator('[data-setting=augment]').waitFor({ state: 'attached' });
    assert.equal(await page.locator('html').getAttribute('lang'), 'en');
  }
  const usual = await page.evaluate(async () => (await import('./js/page.js')).experiment.form.augment);
  assert.equal(typeof usual, 'boolean');
  const notes = (await page.locator('.notice.wide p').allTextContents()).join('\n');
  assert.match(notes, /to “toString”, which it cannot be/);
  assert.match(notes, /“constructor” that does not exist/);
  const other = await page.evaluate(async () => (await import('./js/messages.js')).explain({ code: 'toString', message: 'words' }));
  assert.equal(other.code, 'internal');
  clean();
  await context.close();
});

test('a link with thousands of unknown names gets six sentences, not thousands', { timeout: 120_000 }, async () => {
  const many = Array.from({ length: 2000 }, (_, i) => `no${i}=1`).join('&');
  const { page, context, clean } = await open(`${SHAPES}&${many}&seed=x&seed=x&seed=x`);
  const notes = await page.locator('.notice.wide p').allTextContents();
  assert.equal(notes.length, 7, notes.join('\n'));
  assert.equal(notes.filter((note) => /“no\d” that does not exist/.test(note)).length, 5);
  assert.ok(notes.includes('The link names further settings that do not exist; they were passed over: 1995.'), notes.join('\n'));
  clean();
  await context.close();
});

for (const lost of ['js/worker-link.js', 'js/page.js', 'js/strings/en.js']) {
  test(`a page that cannot load ${lost} says so`, { timeout: 180_000 }, async () => {
    for (const [address, place] of [['', '#bench'], ['', '#start'], ['embed.html', '#embed-wait']]) {
      const { page, context } = await openPage(browser, site);
      await page.route(`**/${lost}`, (route) => route.fulfill({ status: 404, body: '' }));
      await page.goto(site.url + address);
      await page.locator(place, { hasText: /^A script of kd-lens could not be loaded from this server\.|^Failed to fetch dynamically imported module/ }).waitFor({ timeout: 50_000 });
      await context.close();
    }
  });
}

for (const lost of ['engine/cpu*/kd_lens.js', 'engine/cpu*/kd_lens_bg.wasm', 'js/worker.js']) test(`a site without ${lost} says so in place of the experiment`, async () => {
  const { page, context, clean } = await openPage(browser, site);
  await page.route(`**/${lost}`, (route) => route.fulfill({ status: 404, body: '' }));
  await page.goto(site.url);
  await page.locator('#bench .alert').waitFor();
  assert.match(await page.locator('#bench .alert').textContent(), /^No engine\. The engine could not be loaded.*Check the network and reload the page\./);
  await page.getByText('The engine could not be loaded, so nothing can be run here now.').waitFor();
  clean(/404/);
  await context.close();
});

test('before the first answer a choice of maps says so, and a button whose networks are gone does nothing', { timeout: 120_000 }, async () => {
  const { page, context, clean } = await open(SHAPES);
  const maps = await page.evaluate(async () => {
    const { experiment } = await import('./js/page.js');
    await experiment.open();
    const panel = document.querySelector('#look-panel');
    const wanted = () => [...panel.querySelectorAll('button')].find(({ textContent }) => textContent === 'As in training');
    while (!wanted()) await new Promise((resolve) => setTimeout(resolve, 50));
    const button = wanted();
    const found = [...panel.querySelectorAll('select')].filter(({ labels }) => labels[0].textContent === 'Feature maps').map(({ disabled, textContent }) => [disabled, textContent]);
    await experiment.drop();
    button.click();
    return found;
  });
  assert.deepEqual(maps, [[true, 'known with the first answer']]);
  clean();
  await context.close();
});

test('where the build with relaxed SIMD cannot be loaded the plain one computes', { timeout: 120_000 }, async () => {
  const { page, context, clean } = await openPage(browser, site);
  await page.route('**/engine/cpu-relaxed/*', (route) => route.fulfill({ status: 404, body: '' }));
  await page.goto(site.url + SHAPES);
  await page.locator('#bench form').waitFor();
  const build = await page.evaluate(async () => {
    const { experiment } = await import('./js/page.js');
    return (await experiment.open()).backendReport.build;
  });
  assert.equal(build, 'cpu');
  clean(/404/);
  await context.close();
});

test('every error code has its advice, and the types name every code and method', async () => {
  const { ERROR_CODES } = await import('../../www/js/errors.js');
  const { explain } = await import('../../www/js/messages.js');
  const types = readFileSync(new URL('../../www/js/engine.d.ts', import.meta.url), 'utf8');
  for (const code of ERROR_CODES) {
    const told = explain({ code, message: 'words' });
    assert.equal(told.code, code);
    assert.ok(told.advice.length > 10 && told.message === 'words');
    assert.ok(types.includes(`'${code}'`), code);
  }
  assert.equal(explain(new TypeError('x')).code, 'internal');
  const { page, context } = await open(SHAPES);
  const seen = await page.evaluate(async () => {
    const engine = await import('./js/engine.js');
    return { methods: Object.getOwnPropertyNames(engine.Lab.prototype), codes: (await engine.describe()).errorCodes };
  });
  for (const method of seen.methods) if (method !== 'constructor') assert.match(types, new RegExp(`\\b${method}\\b`));
  for (const code of seen.codes) assert.ok(ERROR_CODES.includes(code), `the engine’s ${code} is not on the JavaScript face`);
  await context.close();
});
