// Part 6: what is taken away is what the page found, and the PyTorch script computes the engine's losses.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { unzipSync } from 'fflate';
import { check, checkTargets } from './accessibility.mjs';
import { openBlank, openPage, shoot, stage } from './harness.mjs';
import { needTorch, python } from './python.mjs';

const LINK = '#dataset=shapes32&batchSize=8&epochs=1&seed=3&trainImages=64&testImages=20&backend=cpu';

needTorch();
const { site, browser } = await stage();
const folder = mkdtempSync(path.join(tmpdir(), 'kd-lens-take-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** Presses a button of part 6 and keeps the file that it gives. */
async function download(page, name, exact = true) {
  const button = page.locator('#take').getByRole('button', { name, exact }).first();
  const press = async () => (await Promise.all([page.waitForEvent('download', { timeout: 30_000 }), button.click()]))[0];
  // A panel above that is still being filled can move the button away under the pointer: a person would press it again.
  const file = await press().catch(press);
  const place = path.join(folder, file.suggestedFilename());
  await file.saveAs(place);
  return { name: file.suggestedFilename(), bytes: readFileSync(place), place };
}

const tensorsOf = (bytes) => JSON.parse(bytes.subarray(8, 8 + Number(bytes.readBigUInt64LE(0))).toString());

test('link, weights, numbers, figures and script of a run', { timeout: 600_000 }, async () => {
  const { page, context, clean } = await openPage(browser, site);
  page.setDefaultTimeout(120_000);
  await page.goto(site.url + LINK);
  const take = page.locator('#take');
  await page.getByText('images are shown to each student').waitFor();
  assert.equal(await take.getByLabel('A link to this run').inputValue(), site.url + LINK);
  assert.match(await take.textContent(), /as soon as the networks are loaded/);

  await page.locator('#bench').getByRole('button', { name: 'One step' }).click();
  await page.getByText('Paused.').waitFor();
  await page.getByRole('button', { name: 'One step' }).click();
  await page.getByText(/^Step 2 of 8/).first().waitFor();
  await page.getByText('Paused.').waitFor();
  const temperature = page.getByLabel('Temperature T', { exact: true });
  await temperature.fill('2');
  await temperature.blur();
  await take.getByText(/Not in the link: what was changed while the run went on \(temperature 2 from step 2 on\)/).waitFor();
  await page.getByRole('button', { name: 'Go on' }).click();
  await page.getByText('Finished.').waitFor();
  assert.equal(await take.getByLabel('A link to this run').inputValue(), site.url + LINK, 'the link leads to the settings at the beginning');

  await page.locator('#look-panel').getByRole('button', { name: 'Compare the maps' }).click();
  await page.locator('#look-panel [data-answer=maps]').filter({ hasText: /seed 3/ }).waitFor();
  await page.locator('#fool-panel').getByRole('button', { name: 'Attack them' }).click();
  await page.locator('#fool-panel').getByText('20 images.', { exact: true }).waitFor();
  await page.getByRole('button', { name: 'Change them' }).click();
  await page.locator('#invariance-panel').getByText(/^Computed at step 8\.$/).waitFor();
  await take.getByText('“Compare the maps”, “Attack them” and “Change them”').waitFor();

  // Weights.
  const student = await download(page, 'student');
  const teacher = await download(page, 'teacher');
  const control = await download(page, 'control');
  const start = await download(page, 'Student and control before the first step');
  assert.deepEqual([teacher, student, control, start].map((file) => file.name), ['kd-lens-teacher.safetensors', 'kd-lens-student.safetensors', 'kd-lens-control.safetensors', 'kd-lens-start.safetensors']);
  assert.deepEqual(tensorsOf(student.bytes)['fc.weight'].shape, [10, 64]);
  assert.deepEqual(Object.keys(tensorsOf(student.bytes)), Object.keys(tensorsOf(control.bytes)));
  assert.ok(!student.bytes.equals(start.bytes));

  // Numbers: the file says what the page says.
  const all = JSON.parse((await download(page, 'Results as JSON')).bytes);
  assert.equal(all.settings.temperature, 4);
  assert.deepEqual(all.changes, [{ step: 2, name: 'temperature', value: 2 }]);
  assert.equal(all.step, 8);
  assert.equal(all.backend, 'cpu');
  assert.match(all.kdLens, /^\d+\.\d+\.\d+/);
  assert.ok(Date.parse(all.taken) >= Date.parse(all.began));
  assert.equal(all.evaluations.at(-1).student.n, 20);
  assert.deepEqual(all.findings.map((finding) => finding.question), ['Compare the maps', 'Attack them', 'Change them']);
  const shown = await page.locator('#look-panel [data-answer=maps]').textContent();
  assert.ok(shown.startsWith(all.findings[0].answer), `${shown} | ${all.findings[0].answer}`);
  assert.equal(all.findings[0].report.parts, undefined);
  const csv = (await download(page, 'Results as CSV')).bytes.toString();
  const [head, ...rows] = csv.trim().split('\r\n').map((line) => line.split(','));
  assert.equal(head.length, 16);
  for (const row of rows) assert.equal(row.length, 16, row.join(','));
  const row = (question, quantity) => rows.find((entry) => entry[0] === question && entry[1] === quantity);
  const last = all.evaluations.at(-1);
  const accuracy = row('Evaluation', 'student');
  assert.deepEqual(accuracy.slice(2, 7).map(Number), [last.student.rate, last.student.low, last.student.high, 20, last.student.count]);
  assert.equal(Number(row('Compare the maps', 'closer')[5]), all.findings[0].report.closer.n);
  const kept = all.findings[2].report[1].strengths[0];
  assert.equal(Number(row('Change them', `1 strengths strength ${kept.strength} kept student`)[2]), kept.kept.student.rate);
  assert.ok(rows.some((entry) => entry[0] === 'Attack them' && entry[1].includes('fooling') && entry[5] !== ''));

  // Figures.
  await take.getByRole('button', { name: 'List the figures' }).click();
  await take.getByText(/\d+ figures, as they stand now/).waitFor();
  const titles = await take.locator('.take-title').allTextContents();
  for (const wanted of [/Teach: Test accuracy/, /Training loss/, /Where do they look/, /What fools them/, /Answers kept/]) assert.ok(titles.some((title) => wanted.test(title)), `${wanted} is not among ${titles.join(' | ')}`);
  assert.equal(new Set(titles).size, titles.length);
  for (const title of titles) {
    const svg = await download(page, `SVG of ${title}`);
    const parsed = await page.evaluate((text) => {
      const tree = new DOMParser().parseFromString(text, 'image/svg+xml');
      const find = (tag) => tree.querySelector(`svg > ${tag}`)?.textContent;
      return { broken: tree.querySelector('parsererror') !== null, title: find('title'), desc: find('desc'), about: JSON.parse(find('metadata')), marks: tree.querySelectorAll('path, rect, circle, image').length, styled: tree.querySelectorAll('[class]').length };
    }, svg.bytes.toString());
    assert.ok(!parsed.broken && parsed.marks > 1 && parsed.styled === 0, `${title}: ${JSON.stringify(parsed)}`);
    assert.equal(parsed.title, title);
    assert.ok(parsed.desc.length > 10, title);
    assert.equal(parsed.about.seed, 3);
  }
  const table = JSON.parse((await download(page, 'SVG of Teach: Test accuracy')).bytes.toString().match(/<metadata>(.*?)<\/metadata>/s)[1].replaceAll('&lt;', '<').replaceAll('&amp;', '&')).table;
  assert.equal(table.at(-1)[0], '8', 'the table of the curve goes to the last step');
  const png = (await download(page, 'PNG of Teach: Test accuracy')).bytes;
  assert.deepEqual([...png.subarray(0, 8)], [137, 80, 78, 71, 13, 10, 26, 10]);
  assert.match(png.toString('utf8'), /iTXtDescription\0\0\0\0\0Test accuracy\. At step 8: teacher/);
  const drawn = await page.evaluate(async (address) => {
    const image = new Image();
    image.src = address;
    await image.decode();
    const bitmap = await createImageBitmap(image);
    const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
    const draw = canvas.getContext('2d');
    draw.drawImage(bitmap, 0, 0);
    return new Set(new Uint32Array(draw.getImageData(0, 0, bitmap.width, bitmap.height).data.buffer)).size;
  }, `data:image/png;base64,${png.toString('base64')}`);
  assert.ok(drawn > 8, `the PNG has ${drawn} colours`);

  // The script repeats the run.
  const script = await download(page, 'The script');
  const train = await download(page, 'The training images');
  const test = await download(page, 'The test images');
  assert.equal(train.bytes.length, 64 * 3073);

  // One file holds all of it.
  const zip = await download(page, 'The script with everything it reads (zip)');
  const inZip = Object.entries(unzipSync(zip.bytes)).map(([name, bytes]) => [name.replace('kd-lens-repeat/', ''), Buffer.from(bytes)]);
  assert.deepEqual(inZip.map(([name]) => name).sort(), readdirSync(folder).filter((name) => /^kd-lens-(start|teacher|student|control|train|test|repeat)\.(safetensors|bin|py)$/.test(name)).sort());
  assert.equal(inZip.length, 7);
  for (const [name, bytes] of inZip) assert.ok(bytes.equals(readFileSync(path.join(folder, name))), name);
  const told = (...more) => execFileSync(python, [script.place, '--folder', folder, '--json', ...more], { encoding: 'utf8' }).trim().split('\n').map((line) => JSON.parse(line));
  const steps = told();
  const near = (a, b, what) => assert.ok(Math.abs(a - b) < 1e-3 * (1 + Math.abs(b)), `${what}: PyTorch ${a}, engine ${b}`);
  for (const event of all.progress) {
    // A report of the engine is the mean of the steps since the last one.
    const part = steps.filter((entry) => entry.terms && entry.step <= event.step && entry.step > event.step - event.steps);
    const mean = (of) => part.reduce((sum, entry) => sum + of(entry), 0) / part.length;
    near(mean((entry) => entry.student), event.student.total, `student at step ${event.step}`);
    near(mean((entry) => entry.terms.kl), event.student.terms.kl.weighted, `KL at step ${event.step}`);
    near(mean((entry) => entry.control), event.control.total, `control at step ${event.step}`);
  }
  const [taken] = told('--evaluate');
  for (const who of ['teacher', 'student', 'control']) assert.equal(taken.accuracy[who], last[who].rate, who);
  assert.deepEqual(taken.accuracy, taken.onThePage);

  await take.scrollIntoViewIfNeeded();
  await check(page, 'part 6, everything listed');
  await checkTargets(page);
  await shoot(page, 'take', { fullPage: true });
  clean();
  await context.close();
});

test('what is packed while a run goes on is of one step', { timeout: 300_000 }, async () => {
  const { page, context, clean } = await openPage(browser, site);
  page.setDefaultTimeout(120_000);
  await page.goto(`${site.url}${LINK.replace('epochs=1', 'epochs=400')}`);
  await page.locator('#bench').getByRole('button', { name: 'Distil' }).click();
  await page.getByText(/^Training\./).first().waitFor();
  const files = unzipSync((await download(page, 'The script with everything it reads (zip)')).bytes);
  assert.ok(await page.getByText(/^Training\./).first().isVisible(), 'it still goes on');
  const text = Buffer.from(files['kd-lens-repeat/kd-lens-repeat.py']).toString();
  const run = JSON.parse(JSON.parse(text.match(/json\.loads\((".*")\)/)[1]));
  assert.ok(run.step > 0);
  // The same run anew, as far as that step.
  const again = await page.evaluate(async ({ settings, step }) => {
    const { createLab } = await import('./js/engine.js');
    const lab = await createLab({ ...settings, backend: 'cpu' });
    await lab.step(step);
    const found = [];
    for (const who of ['student', 'control']) found.push([...(await lab.exportWeights(who))]);
    lab.dispose();
    return found;
  }, run);
  for (const [i, who] of ['student', 'control'].entries()) assert.ok(Buffer.from(again[i]).equals(Buffer.from(files[`kd-lens-repeat/kd-lens-${who}.safetensors`])), `${who} at step ${run.step}`);
  clean();
  await context.close();
});

test('a method that the script does not know is said on the page and by the script', { timeout: 300_000 }, async () => {
  const { page, context, clean } = await openPage(browser, site);
  page.setDefaultTimeout(120_000);
  await page.goto(`${site.url}${LINK.replace('&seed=3', '')}&method=sp`);
  await page.locator('#take').getByRole('button', { name: 'Load the networks, without training' }).click();
  await page.locator('#take').getByText('The script does not know the loss of “Similarity-preserving (SP)”').waitFor();
  assert.equal(await page.locator('#take').getByRole('button', { name: 'The training images' }).count(), 0, 'they are of no use then');
  const script = await download(page, 'The script');
  const said = spawnSync(python, [script.place, '--folder', folder], { encoding: 'utf8' });
  assert.equal(said.status, 1);
  assert.match(said.stderr, /does not know the method “sp”\. It knows: kl, /);
  const empty = spawnSync(python, [script.place, '--folder', path.join(folder, 'none'), '--evaluate'], { encoding: 'utf8' });
  assert.equal(empty.status, 1);
  assert.match(empty.stderr, /^kd-lens-test\.bin is not in .*none\. The button “The test images” in part 6 of the page makes it\.\n/);
  assert.doesNotMatch(empty.stderr, /Traceback/);
  clean();
  await context.close();
});

test('the losses of each method that the script knows are the engine’s', { timeout: 900_000 }, async () => {
  // Correlations over the eight images of a batch, which an untrained network hardly tells apart, magnify rounding: of DIST the
  // first two steps are compared, of the others four.
  const steady = (method) => (method === 'dist' ? 2 : 4);
  const cases = [
    { method: 'kl', standardise: true, optimiser: 'dot', copies: 2 },
    { method: 'lskd', optimiser: 'adamw', learningRate: 0.001 },
    { method: 'dkd', student: 'resnet14', augment: false },
    { method: 'dist', optimiser: 'dot', student: 'wrn-16-1' },
    { method: 'label-smoothing', student: 'vgg8', learningRate: 0.01 },
    { method: 'labels', student: 'vit-tiny', optimiser: 'adamw', learningRate: 0.001, dataset: 'cifar10' },
  ];
  for (const given of cases) {
    const { page, context, clean } = await openBlank(browser, site);
    page.setDefaultTimeout(180_000);
    const made = await page.evaluate(async (settings) => {
      const [{ createLab, describe }, take] = await Promise.all([import('./js/engine.js'), import('./js/take/script.js')]);
      const lab = await createLab({ dataset: 'shapes32', trainImages: 24, testImages: 8, batchSize: 8, epochs: 2, backend: 'cpu', seed: 5, ...settings });
      const text = async (bytes) => {
        const reader = new FileReader();
        reader.readAsDataURL(new Blob([await bytes]));
        await new Promise((resolve) => reader.addEventListener('load', resolve));
        return reader.result;
      };
      const start = await text(await lab.exportWeights('student'));
      const teacher = await text(await lab.exportWeights('teacher'));
      const progress = [];
      for (let step = 0; step < 4; step += 1) progress.push(...(await lab.step(1)).filter((event) => event.type === 'progress'));
      const description = await describe();
      const experiment = { lab, description, beginning: { settings: lab.settings }, changes: [], networks: lab.settings, shownStep: 4, evaluations: [], classes: description.datasets.find((entry) => entry.name === lab.settings.dataset).classes };
      const files = { script: await take.script(experiment), train: await text(await take.imagesFile(lab, 'train')), test: await text(await take.imagesFile(lab, 'test')), unrepeatable: take.unrepeatable(experiment) };
      lab.dispose();
      return { ...files, start, teacher, progress };
    }, given);
    clean();
    await context.close();
    assert.equal(made.unrepeatable, '');
    const own = mkdtempSync(path.join(folder, `${given.method}-`));
    const write = (name, content) => writeFileSync(path.join(own, name), content.startsWith('data:') ? Buffer.from(content.split(',')[1], 'base64') : content);
    write('kd-lens-repeat.py', made.script);
    for (const split of ['train', 'test']) write(`kd-lens-${split}.bin`, made[split]);
    for (const who of ['start', 'teacher']) write(`kd-lens-${who}.safetensors`, made[who]);
    const steps = execFileSync(python, [path.join(own, 'kd-lens-repeat.py'), '--folder', own, '--json', '--steps', '4'], { encoding: 'utf8' }).trim().split('\n').map((line) => JSON.parse(line)).filter((entry) => entry.terms);
    assert.equal(made.progress.length, 4);
    for (const [i, event] of made.progress.slice(0, steady(given.method)).entries()) {
      for (const [who, value] of [['student', steps[i].student], ['control', steps[i].control]]) {
        assert.ok(Math.abs(value - event[who].total) < 1e-3 * (1 + Math.abs(event[who].total)), `${given.method}, step ${i + 1}, ${who}: PyTorch ${value}, engine ${event[who].total}`);
      }
      assert.deepEqual(Object.keys(steps[i].terms).sort(), Object.keys(event.student.terms).sort());
    }
  }
});

test('weights out of a snapshot are those of the lab in 16 bits', { timeout: 300_000 }, async () => {
  const { page, context, clean } = await openBlank(browser, site);
  const found = await page.evaluate(async () => {
    const [{ createLab }, { weightsIn }] = await Promise.all([import('./js/engine.js'), import('./js/take/snapshot.js')]);
    const lab = await createLab({ dataset: 'shapes32', trainImages: 16, testImages: 8, batchSize: 8, epochs: 1, backend: 'cpu' });
    await lab.step(1);
    const snapshot = await lab.snapshot();
    const read = (bytes) => {
      const view = new DataView(bytes.buffer, bytes.byteOffset);
      const length = Number(view.getBigUint64(0, true));
      const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)));
      const half = (bits) => (bits & 0x8000 ? -1 : 1) * ((bits >> 10) & 31 ? 2 ** (((bits >> 10) & 31) - 15) * (1 + (bits & 1023) / 1024) : ((bits & 1023) / 1024) * 2 ** -14);
      const value = (dtype, at) => (dtype === 'F16' ? half(view.getUint16(8 + length + at, true)) : view.getFloat32(8 + length + at, true));
      const size = { F16: 2, F32: 4 };
      const tensors = Object.entries(header).filter(([name]) => name !== '__metadata__');
      return Object.fromEntries(tensors.map(([name, { dtype, shape, data_offsets: [begin, end] }]) => [name, { shape, values: Array.from({ length: (end - begin) / size[dtype] }, (_, i) => value(dtype, begin + i * size[dtype])) }]));
    };
    const result = {};
    for (const who of ['student', 'control']) {
      const [whole, short] = [read(await lab.exportWeights(who)), read(weightsIn(snapshot, who))];
      const names = (all) => Object.keys(all).sort();
      let worst = 0;
      for (const [name, { values }] of Object.entries(whole)) values.forEach((value, i) => { worst = Math.max(worst, Math.abs(value - short[name].values[i]) / (1e-3 + Math.abs(value))); });
      result[who] = { names: [names(whole), names(short)], shapes: names(whole).map((name) => [whole[name].shape, short[name].shape]), worst };
    }
    lab.dispose();
    return result;
  });
  for (const who of ['student', 'control']) {
    assert.deepEqual(found[who].names[1], found[who].names[0]);
    for (const [whole, short] of found[who].shapes) assert.deepEqual(short, whole);
    assert.ok(found[who].worst > 0 && found[who].worst < 2e-3, `${who}: ${found[who].worst}`);
  }
  clean();
  await context.close();
});
