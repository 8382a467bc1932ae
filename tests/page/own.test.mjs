// Pictures of the reader's own: one that is shown to the networks, and a folder of them by class.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { check, checkTargets } from './accessibility.mjs';
import { openPage, shoot, stage } from './harness.mjs';

const LINK = '#dataset=shapes32&batchSize=8&epochs=1&trainImages=16&testImages=16&backend=cpu';

const { site, browser } = await stage();
const folder = mkdtempSync(path.join(tmpdir(), 'kd-lens-own-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** A PNG of upright stripes. */
async function stripes(page, name, width, height, colours) {
  const address = await page.evaluate(([w, h, all]) => {
    const canvas = Object.assign(document.createElement('canvas'), { width: w, height: h });
    const draw = canvas.getContext('2d');
    all.forEach((colour, i) => {
      draw.fillStyle = colour;
      draw.fillRect((i * w) / all.length, 0, w / all.length, h);
    });
    return canvas.toDataURL('image/png');
  }, [width, height, colours]);
  const place = path.join(folder, name);
  mkdirSync(path.dirname(place), { recursive: true });
  writeFileSync(place, Buffer.from(address.split(',')[1], 'base64'));
  return place;
}

const pixelAt = (canvas, x, y) => canvas.evaluate((element, at) => [...element.getContext('2d').getImageData(...at, 1, 1).data].slice(0, 3), [x, y]);

test('a picture is shrunk as said, answered and explained by the three', { timeout: 300_000 }, async () => {
  const { page, context, clean } = await openPage(browser, site);
  page.setDefaultTimeout(120_000);
  await page.goto(site.url + LINK);
  const panel = page.locator('#own-panel');
  await panel.getByRole('button', { name: 'Load the networks, without training' }).click();
  const file = await stripes(page, 'wide.png', 96, 64, ['#ff0000', '#00ff00', '#0000ff']);
  await panel.getByLabel('Choose a picture').setInputFiles(file);
  const answer = panel.locator('[data-answer=own]');
  await answer.getByText(/The teacher says \w+ \(0\.\d\d\), the student says/).waitFor();
  assert.match(await answer.textContent(), /not trained yet.*must answer with one of their 10 classes.*to a picture of anything else they do so too/);
  assert.match(await panel.textContent(), /96 × 64 pixels.*32 × 32 is what the networks see/s);

  // The middle 64 × 64 of the picture: a quarter red, half green, a quarter blue.
  const seen = panel.locator('.own-pictures canvas').nth(1);
  assert.deepEqual(await pixelAt(seen, 7, 0), [255, 0, 0]);
  assert.deepEqual(await pixelAt(seen, 8, 31), [0, 255, 0]);
  assert.deepEqual(await pixelAt(seen, 24, 15), [0, 0, 255]);
  const before = await panel.locator('.own-maps canvas').first().evaluate((canvas) => canvas.toDataURL());
  await panel.getByLabel('all of it, with grey bars').check();
  assert.deepEqual(await pixelAt(panel.locator('.own-pictures canvas').nth(1), 0, 0), [128, 128, 128]);
  assert.deepEqual(await pixelAt(panel.locator('.own-pictures canvas').nth(1), 0, 16), [255, 0, 0]);
  await page.waitForFunction((old) => document.querySelector('#own-panel .own-maps canvas').toDataURL() !== old, before);
  assert.equal(await panel.locator('.own-maps canvas').count(), 3);
  assert.equal(await panel.locator('.bars tbody tr').count(), 10);
  assert.equal(await panel.locator('.bars tr.true').count(), 0, 'no class is marked as the label');

  // A test image that comes in as a file gets the verdicts that it gets as a test image.
  const look = page.locator('#look-panel');
  await look.scrollIntoViewIfNeeded();
  await look.getByText('Computed at step 0.').waitFor();
  const address = await look.locator('.trio:not(.pair) .original canvas').evaluate((canvas) => canvas.toDataURL());
  writeFileSync(path.join(folder, 'test.png'), Buffer.from(address.split(',')[1], 'base64'));
  const told = await answer.textContent();
  await panel.getByLabel('Choose a picture').setInputFiles(path.join(folder, 'test.png'));
  await page.waitForFunction((old) => document.querySelector('[data-answer=own]').textContent !== old, told);
  const verdicts = (place) => place.locator('.verdict').allTextContents();
  assert.deepEqual(await verdicts(panel.locator('.own-maps')), await verdicts(look.locator('.trio:not(.pair)')));
  await check(page, 'an own picture is explained');
  await checkTargets(page);
  await panel.scrollIntoViewIfNeeded();
  await shoot(page, 'own', { fullPage: false });

  // After training it is asked about again by itself.
  await page.locator('#bench').getByRole('button', { name: 'Distil' }).click();
  await page.getByText('Finished.').waitFor();
  await panel.getByText('; the run has gone on since').waitFor();
  clean();
  await context.close();
});

test('pasted, dropped, unreadable and huge files', { timeout: 300_000 }, async () => {
  const { page, context, clean } = await openPage(browser, site, { viewport: { width: 390, height: 900 }, colorScheme: 'dark' });
  page.setDefaultTimeout(60_000);
  await page.goto(site.url + LINK);
  const panel = page.locator('#own-panel');
  await panel.getByRole('button', { name: 'Load the networks, without training' }).click();
  await panel.getByLabel('Choose a picture').waitFor();
  const bring = (kind, type, size = 0) => page.evaluate(async ([event, mime, bytes]) => {
    const canvas = Object.assign(document.createElement('canvas'), { width: 40, height: 50 });
    canvas.getContext('2d').fillRect(0, 0, 20, 50);
    const blob = mime === 'image/png' && !bytes ? await new Promise((resolve) => canvas.toBlob(resolve)) : new Blob([bytes ? new Uint8Array(bytes) : 'no picture']);
    const data = new DataTransfer();
    data.items.add(new File([blob], 'brought.png', { type: mime }));
    if (event === 'paste') document.body.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }));
    else document.querySelector('#own-panel .drop').dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true }));
  }, [kind, type, size]);
  await bring('drop', 'text/plain');
  await panel.getByText('“brought.png” could not be read as a picture. Browsers read PNG, JPEG').waitFor();
  assert.match(await panel.locator('.alert').textContent(), /^No picture to ask about\. .*Choose a picture that can be read\./);
  await bring('drop', 'image/png', 41e6);
  await panel.getByText('“brought.png” has 41 MB; up to 40 MB are read.').waitFor();
  assert.equal(await panel.locator('.own-pictures canvas').count(), 0);
  await bring('paste', 'image/png');
  await panel.getByText('40 × 50 pixels').waitFor();
  assert.equal(await panel.locator('.alert').count(), 0);
  await panel.locator('[data-answer=own]').getByText(/The teacher says/).waitFor();
  await bring('drop', 'image/png');
  await panel.getByText(/Computed at step 0/).waitFor();
  const [content, view] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
  assert.ok(content <= view, `${content} > ${view}`);
  await check(page, 'an own picture on a phone');
  clean();
  await context.close();
});

/** A folder of `count` pictures for each class, under `under`. */
async function classes(page, under, names, count) {
  for (const [i, name] of names.entries()) {
    for (let k = 0; k < count; k += 1) await stripes(page, `${under}/${name}/${k}.png`, 40, 40, [`hsl(${i * 36} 90% 50%)`, `hsl(${k * 10} 50% 50%)`]);
  }
  return path.join(folder, under);
}

test('a folder of images by class takes the place of the site’s; others are refused with a sentence', { timeout: 400_000 }, async () => {
  const { page, context, clean } = await openPage(browser, site);
  page.setDefaultTimeout(120_000);
  await page.goto(`${site.url}#batchSize=8&epochs=1&backend=cpu`);
  await page.getByText('Your own data or teacher', { exact: true }).click();
  const field = page.getByLabel('A folder of images by class');
  const zone = page.locator('.settings .drop');

  // Names of CIFAR-10, in another order of numbers than that of the alphabet or not: both are found by name.
  const cifar = ['truck', 'airplane', 'automobile', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship'];
  const known = await classes(page, 'known', cifar, 6);
  writeFileSync(path.join(known, 'cat', 'broken.png'), 'no picture');
  writeFileSync(path.join(known, 'notes.txt'), 'words');
  await field.setInputFiles(known);
  await zone.getByText(/50 training images and 10 test images of 10 classes|51 training images/).waitFor();
  assert.match(await zone.textContent(), /named as the classes of the data set.*1 file could not be read as a picture: broken\.png.*1 other file passed over/);
  assert.equal(await page.getByLabel('Images', { exact: true }).inputValue(), 'cifar10');
  assert.match(await page.locator('#take').textContent(), /Not in the link: your own training images and test images/);
  await page.locator('#bench').getByRole('button', { name: 'One step' }).click();
  await page.getByText('Paused.').waitFor();
  const look = page.locator('#look-panel');
  await look.scrollIntoViewIfNeeded();
  await look.getByText('Computed at step 1.').waitFor();
  const labels = await look.locator('.strip input').evaluateAll((inputs) => inputs.map((input) => input.getAttribute('aria-label').split(',')[0]));
  assert.deepEqual(labels, ['airplane', 'automobile', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck']);
  // The cat's picture is the cat's: colours of its stripes came through decoding, cropping and packing.
  const colour = await pixelAt(look.locator('.strip canvas').nth(3), 2, 2);
  const [r, g, b] = await page.evaluate(() => {
    const canvas = document.createElement('canvas');
    const draw = canvas.getContext('2d');
    draw.fillStyle = 'hsl(144 90% 50%)';
    draw.fillRect(0, 0, 1, 1);
    return [...draw.getImageData(0, 0, 1, 1).data];
  });
  assert.ok([r, g, b].every((value, c) => Math.abs(value - colour[c]) <= 2), `${colour}`);

  // Names of one's own: the page speaks of them and says what that means for the teacher.
  const flowers = await classes(page, 'flowers/set', Array.from({ length: 10 }, (_, i) => `flower ${i}`), 6);
  await field.setInputFiles(flowers);
  await zone.getByText('The folders have names of their own.').waitFor();
  await page.getByRole('button', { name: 'Start again' }).first().click();
  await page.getByRole('dialog').getByRole('button', { name: 'Start again' }).click();
  await page.getByText('Finished.').waitFor();
  await look.getByText(/Test image 0|Label: flower 0/).first().waitFor();
  assert.match(await look.locator('.trio:not(.pair) .original').textContent(), /Label: flower 0/);
  assert.match(await look.locator('.bars').textContent(), /flower 9/);
  assert.equal(await look.getByText('airplane').count(), 0);

  const three = await classes(page, 'three', ['a', 'b', 'c'], 6);
  await field.setInputFiles(three);
  await zone.getByText('This folder holds 3 classes (a, b and c). The networks have 10 or 100').waitFor();
  await check(page, 'a folder was refused');
  const few = await classes(page, 'few', cifar, 2);
  await field.setInputFiles(few);
  await zone.getByText(/There are no test images of airplane.*Every 6th picture/).waitFor();
  mkdirSync(path.join(folder, 'none'));
  writeFileSync(path.join(folder, 'none', 'a.txt'), 'words');
  await field.setInputFiles(path.join(folder, 'none'));
  await zone.getByText('there is no picture inside a folder of a class').waitFor();
  clean();
  await context.close();
});
