// The panels that ask what was distilled, what fools whom, and why: every number they show is one of the engine's.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gap, number, percent, percentWithInterval, points, short } from '../../www/js/format.js';
import { pooledAttack, pooledMasks } from '../../www/js/pool.js';
import { inEveryDress, reach } from './accessibility.mjs';
import { openBlank, shoot, stage, TINY } from './harness.mjs';
import { answer, BUTTONS, cells, comparing, distil, LINK, plain, put, reports, same, settled, watch, WHO } from './watched.mjs';

const { site, browser } = await stage({ webgpu: false });
const openWatched = watch(browser, site);

test('before training the panels say that there is nothing to find yet; later they say that the run has gone on', { timeout: 300_000 }, async () => {
  const { page, context, clean } = await openWatched(LINK);
  await page.locator('#look-panel').getByRole('button', { name: 'Load the networks, without training' }).click();
  await page.locator('#look-panel').getByText('Computed at step 0.').first().waitFor();
  await put(page, 'unicam');
  assert.match(await answer(page, 'unicam'), /^Student and control are still the same network: .*both maps are empty\..*on 20 images, at step 0/);
  assert.equal(await page.locator('.trio.pair').getByText('Nothing is left: the map is all zero.').count(), 2);
  const [report] = await reports(page, 'unicam');
  assert.ok(report.distilled.left < 1e-6 && report.items.every((item) => item.distilled.zero && item.residual.zero));
  await page.locator('#look-panel').getByLabel('teacher', { exact: true }).check();
  await page.locator('[data-answer=unicam]').getByText(/^Of how student and teacher tell the images apart/).waitFor();
  await put(page, 'fidelity');
  assert.match(await answer(page, 'fidelity'), /^Nothing has been taught yet/);
  await put(page, 'factors');
  assert.match(await answer(page, 'factors'), /Student and control are still the same network\./);
  assert.match(await page.locator('#projector-panel').textContent(), /This run has no such matrix: its method needs none\. Choose the method SRD/);
  await page.locator('#bench').getByRole('button', { name: 'One step' }).click();
  await page.locator('#fidelity-panel').getByText('Computed at step 0; the run has gone on since.').waitFor();
  clean();
  await context.close();
});

test('every number on the panels is one of the report’s', { timeout: 600_000 }, async () => {
  const { page, context, clean } = await openWatched(LINK);
  await distil(page);

  await put(page, 'maps');
  const masks = await pooledMasks(await reports(page, 'grad-cam'), comparing(page));
  same(await cells(page, '#look-panel', 'true outlines'), [
    [percent(masks.teacherEnergy), percent(masks.energy.student), percent(masks.energy.control)],
    WHO.map((who) => `${percentWithInterval(masks.pointing[who])}${masks.pointing[who].count} of ${masks.pointing[who].n}`),
  ]);
  assert.match(await answer(page, 'maps'), new RegExp(`${{ higher: 'outline more than', lower: 'outline less than', noDifference: 'No difference seen in how much of the map', unknown: 'Too few' }[masks.energy.verdict]}.*The object covers ${plain(percent(masks.chance))}`));

  await put(page, 'unicam');
  const [unicam] = await reports(page, 'unicam');
  const energy = unicam.energy;
  const left = plain(percent(unicam.distilled.left));
  assert.match(await answer(page, 'unicam'), new RegExp(`^Of how student and control tell the images apart ${left} is not proportional .* relates to the labels with ${number(unicam.distilled.relevance)} in the student and ${number(unicam.residual.relevance)} in the control`));
  same(await cells(page, '#look-panel', 'On 20 images together'), [
    [left, percent(unicam.residual.left)],
    [number(unicam.distilled.relevance), number(unicam.residual.relevance)],
    [percent(energy.student), percent(energy.control)],
  ]);
  assert.match(await page.locator('#look-panel').textContent(), new RegExp(`each map by its own largest value; ${unicam.items[0].distilled.grid.join(' × ')} and`));
  const distilled = () => page.locator('.trio.pair .student canvas').evaluate((canvas) => canvas.toDataURL());
  const before = await distilled();
  await page.locator('#look-panel').getByLabel('Feature maps').selectOption('f1');
  await page.locator('#look-panel').getByText('32 × 32 and 32 × 32 cells').waitFor();
  assert.notEqual(await distilled(), before);

  await put(page, 'attack');
  const attack = await pooledAttack(await reports(page, 'adversarial'), comparing(page));
  const cell = (rate) => `${percentWithInterval(rate)}${rate.n === 0 ? ' ' : ''}${rate.count} of ${rate.n}`;
  same(await cells(page, '#fool-panel', 'How often a prediction changes'), ['fooling', 'noise'].map((name) => WHO.map((who) => cell(attack[name][who]))));
  await page.locator('#fool-panel').getByLabel('student', { exact: true }).check();
  await page.locator('#fool-panel').getByLabel('the whole image (L2)').check();
  await page.locator('#fool-panel').getByLabel('random (PGD)').check();
  await page.locator('#fool-panel').getByText(/^With a change of 4\/255 in root mean square aimed at the student/).waitFor();
  await page.waitForFunction(() => window.reports.adversarial.at(-1).randomStart);
  const asked = await page.evaluate(() => window.reports.adversarial.length);
  await put(page, 'sweep');
  const curve = await reports(page, 'adversarial', 7);
  assert.equal(await page.evaluate(() => window.reports.adversarial.length), asked + 7);
  assert.ok(curve.every(({ norm, randomStart, source }) => norm === 'l2' && randomStart && source === 'student'));
  const pooledCurve = await Promise.all(curve.map((report) => pooledAttack([report], comparing(page))));
  await page.locator('[data-chart=sweep] summary').click();
  same(
    await cells(page, '[data-chart=sweep]', 'of the images that fooled the student'),
    curve.map((report, i) => [
      percentWithInterval(report.success),
      ...['teacher', 'control'].map((who) => percentWithInterval(report.fooling[who])),
      points(pooledCurve[i].comparison) || '–',
      ...['teacher', 'control'].map((who) => percentWithInterval(report.noise[who])),
    ]),
  );
  assert.match(await answer(page, 'sweep'), /PGD, L2, 20 images, step 8/);

  await put(page, 'fidelity');
  const [fidelity] = await reports(page, 'fidelity');
  const { agreement, predictiveKl, gradientAlignment, kappa, agreementRates, calibration } = fidelity;
  same(await cells(page, '#fidelity-panel', 'Against the teacher, on 20 images'), [
    [percentWithInterval(agreementRates.student), percentWithInterval(agreementRates.control), points(agreement)],
    [short(predictiveKl.student), short(predictiveKl.control), gap(predictiveKl)],
    [number(gradientAlignment.student), number(gradientAlignment.control), gap(gradientAlignment)],
    [number(kappa.student), number(kappa.control), '–'],
  ]);
  same(await cells(page, '#fidelity-panel', 'Each network by itself'), [
    WHO.map((who) => percentWithInterval(calibration[who].accuracy)),
    WHO.map((who) => number(calibration[who].ece, 3)),
    WHO.map((who) => number(calibration[who].nll, 3)),
  ]);
  for (const who of WHO) {
    const held = calibration[who].bins.filter((bin) => bin.count > 0);
    assert.equal(await page.locator(`#fidelity-panel .dot.${who}`).count(), held.length, who);
  }
  await page.locator('#fidelity-panel .as-table summary').click();
  const bins = await cells(page, '#fidelity-panel', 'Mean confidence and share right');
  const counted = (column) => bins.reduce((sum, row) => sum + Number(row[column].match(/\((\d+)\)$/)?.[1] ?? 0), 0);
  assert.deepEqual([0, 1, 2].map(counted), [20, 20, 20]);

  await put(page, 'factors');
  const [rescaling] = await reports(page, 'rescaling');
  assert.deepEqual([rescaling.temperature, rescaling.alpha], [4, 0.9]);
  for (const who of ['student', 'control']) assert.equal(await page.locator(`#rescaling-panel .dot.${who}`).count(), rescaling.items.filter((item) => item.factor[who] !== null).length);
  for (const summary of await page.locator('#rescaling-panel .as-table summary').all()) await summary.click();
  same(await cells(page, '#rescaling-panel', 'Rank correlation with the teacher’s confidence'), rescaling.items.map((item) => [rescaling.classes[item.label], number(item.confidence), number(item.factor.student), number(item.factor.control)]));
  const pairs = await cells(page, '#rescaling-panel', 'Pairs of classes');
  assert.equal(pairs.length, 40);
  const first = plain(await page.locator('#rescaling-panel table').filter({ hasText: 'Pairs of classes' }).locator('tbody th').first().textContent()).split(', ').map((name) => rescaling.classes.indexOf(name));
  assert.deepEqual(pairs[0], [rescaling.teacherGeometry, rescaling.rowGeometry.student, rescaling.rowGeometry.control].map((matrix) => number(matrix[first[0]][first[1]])));
  assert.equal(await page.locator('#rescaling-panel .square').first().locator('rect:not(.strong)').count(), 100);
  const bars = await cells(page, '#rescaling-panel', 'Test image 0: target probabilities');
  const { targets } = rescaling.items[0];
  same(bars, rescaling.classes.map((_, k) => ['label', 'smoothing', 'teacher', 'confidence', 'topK'].map((name) => targets[name][k].toFixed(2))));
  await page.locator('#look-panel .strip input').nth(3).check();
  await page.locator('#rescaling-panel').getByText('Test image 3: target probabilities').waitFor();
  await page.locator('.trio.pair').getByText('Test image 3').waitFor();
  for (const id of ['look', 'fool', 'why']) await shoot(page.locator(`#${id}`), `panels-${id}`, { fullPage: undefined });
  clean();
  await context.close();
});

test('an image outside the balanced batch takes the place of one of its class', { timeout: 300_000 }, async () => {
  const { page, context, clean } = await openWatched(LINK.replace('testImages=20', 'testImages=96'));
  await page.locator('#look-panel').getByRole('button', { name: 'Load the networks, without training' }).click();
  const look = page.locator('#look-panel');
  await look.getByText('Computed at step 0.').first().waitFor();
  await look.getByRole('button', { name: BUTTONS.unicam[1] }).click();
  await page.locator('[data-answer=unicam]').getByText(/still the same network/).waitFor();
  const [batch] = await reports(page, 'unicam');
  const inside = batch.items.map((item) => item.index);
  for (let turn = 0; turn < 7; turn += 1) {
    const first = await look.locator('.strip input').first().getAttribute('value');
    await look.getByRole('button', { name: 'Next images' }).click();
    await page.waitForFunction((old) => document.querySelector('#look-panel .strip input').value !== old, first);
  }
  const wanted = 95;
  assert.ok(!inside.includes(wanted));
  await look.locator(`.strip input[value="${wanted}"]`).check();
  await page.locator('.trio.pair').getByText(`Test image ${wanted}`).waitFor();
  const [report] = await reports(page, 'unicam');
  const item = report.items.find((entry) => entry.index === wanted);
  assert.equal(report.n, batch.n);
  const ofClass = ({ items }) => items.filter((entry) => entry.label === item.label).length;
  assert.equal(ofClass(report), ofClass(batch));
  clean();
  await context.close();
});

test('the projector of SRD: its singular values, and how they change over the run', { timeout: 300_000 }, async () => {
  const { page, context, clean } = await openWatched(`${LINK}&method=srd`);
  await page.locator('#bench').getByRole('button', { name: 'One step' }).click();
  await page.getByText('Step 1 of').first().waitFor();
  await put(page, 'projector');
  const [first] = await reports(page, 'projector');
  await page.locator('#bench').getByRole('button', { name: /^(Go on|Distil)$/ }).click();
  await page.getByText('Finished.').waitFor();
  await page.locator('#projector-panel').getByText('Computed at step 1; the run has gone on since.').waitFor();
  await put(page, 'projector');
  const [last] = await reports(page, 'projector');
  assert.equal(last.step, 8);
  assert.match(await answer(page, 'projector'), new RegExp(`about ${number(last.effectiveRank, 1)} count; at step 1 it was ${number(first.effectiveRank, 1)}\\. Its distance from rest is ${number(last.fixedPointResidual)} \\(${number(first.fixedPointResidual)} before\\)`));
  assert.equal(await page.locator('#projector-panel .stem').count(), last.singularValues.length);
  assert.equal(await page.locator('#projector-panel .before').count(), first.singularValues.length);
  same(await cells(page, '#projector-panel', 'As often as it was looked at'), [first, last].map((found) => [number(found.effectiveRank, 1), number(found.fixedPointResidual)]));
  await page.locator('#projector-panel .as-table summary').click();
  same(await cells(page, '#projector-panel', 'Singular values, largest first'), last.singularValues.map((value) => [number(value, 3)]));
  // Its soft targets have no share α of the loss: the usual numbers are taken, and that is said.
  assert.match(await page.locator('#rescaling-panel').textContent(), /With T = 4 and α = 0\.9: the method of this run has no such share/);
  await shoot(page.locator('#why'), 'panels-projector', { fullPage: undefined });
  clean();
  await context.close();
});

test('what the page adds up from parts is what the engine says of the whole', { timeout: 300_000 }, async () => {
  const { page, context, clean } = await openBlank(browser, site);
  page.setDefaultTimeout(120_000);
  const found = JSON.parse(await page.evaluate(async (tiny) => {
    const engine = await import('./js/engine.js');
    const lab = await engine.createLab({ ...tiny, seed: 4 });
    await lab.step(2);
    const ask = async (name, options) => ({ whole: await lab.probe(name, { ...options, images: 16 }), parts: [await lab.probe(name, { ...options, images: [0, 1, 2, 3, 4, 5, 6, 7] }), await lab.probe(name, { ...options, images: [8, 9, 10, 11, 12, 13, 14, 15] })] });
    const told = { attack: await ask('adversarial', { epsilon: 16, sweep: [4] }), maps: await ask('grad-cam', {}), weak: await lab.probe('adversarial', { epsilon: 4, images: 16 }) };
    window.lab = lab;
    return JSON.stringify(told, (_, value) => (ArrayBuffer.isView(value) ? Array.from(value) : value));
  }, TINY));
  const { attack, maps, weak } = found;
  const together = await pooledAttack(attack.parts, comparing(page));
  for (const name of ['fooling', 'noise', 'sameWrongClass']) for (const who of WHO) assert.deepEqual([together[name][who].count, together[name][who].n], [attack.whole[name][who].count, attack.whole[name][who].n]);
  close(together.comparison, attack.whole.comparison);
  close(together.noiseComparison, attack.whole.noiseComparison);
  const masks = await pooledMasks(maps.parts, comparing(page));
  assert.ok(Math.abs(masks.chance - maps.whole.masks.chance) < 1e-12);
  close(masks.energy, maps.whole.masks.energy);
  // A strength of the curve is asked for by itself; the engine's own sweep gives the same.
  assert.deepEqual(attack.whole.sweep[0].fooling, weak.fooling);
  assert.deepEqual(attack.whole.sweep[0].comparison, weak.comparison);
  clean();
  await context.close();
});

function close(a, b) {
  assert.deepEqual([a.n, a.verdict], [b.n, b.verdict]);
  assert.ok(a.n > 1, 'there is something to compare');
  for (const key of ['student', 'control', 'difference', 'low', 'high']) assert.ok(Math.abs(a[key] - b[key]) < 1e-9, `${key}: ${a[key]} and ${b[key]}`);
}

test('axe finds nothing in the panels, and nothing needs sideways scrolling', { timeout: 600_000 }, async () => {
  const { page, context, clean } = await openWatched(`${LINK}&method=srd`, { reducedMotion: 'reduce' });
  await distil(page);
  for (const name of ['maps', 'unicam', 'fidelity', 'factors', 'projector']) await put(page, name);
  for (const summary of await page.locator('.as-table summary, .measured summary').all()) await summary.click();
  await inEveryDress(page, 'panels answered, everything open', (width, colorScheme) => shoot(page.locator('#why'), `why-${width}-${colorScheme}`, { fullPage: undefined }));
  clean();
  await context.close();
});

test('the new panels are reached and worked by keyboard alone', { timeout: 300_000 }, async () => {
  const { page, context, clean } = await openWatched(`${LINK}&method=srd`, { reducedMotion: 'reduce' });
  await distil(page);
  await page.locator('#look-panel').getByLabel('Temperature of this display').focus();
  await reach(page, 'Tab', /^INPUT control/);
  await reach(page, 'Tab', /^BUTTON Take the one from the other/);
  await page.keyboard.press('Enter');
  await settled(page, 'unicam');
  // Which maps there are is known with the first answer.
  await reach(page, 'Shift+Tab', /^SELECT Feature maps/);
  await reach(page, 'Tab', /^SUMMARY How UniCAM is measured/);
  await reach(page, 'Tab', /^INPUT teacher/);
  await page.keyboard.press('ArrowRight');
  await page.locator('#fool-panel').getByText(/aimed at the student/).first().waitFor();
  await reach(page, 'Tab', /^INPUT each value/);
  await page.keyboard.press('ArrowRight');
  await page.locator('#fool-panel').getByText(/in root mean square aimed at the student/).waitFor();
  await reach(page, 'Tab', /^INPUT the image \(I-FGSM\)/);
  await reach(page, 'Tab', /^BUTTON Draw the curve/);
  await page.evaluate(() => {
    window.answersLate = 1500;
  });
  await page.keyboard.press('Space');
  await page.locator('#fool-panel').getByText(/^[12] of 7, about/).waitFor();
  // The same button stops it, after the strength that is under way.
  await page.keyboard.press('Space');
  await page.evaluate(() => {
    window.answersLate = 0;
  });
  await settled(page, 'sweep');
  assert.ok((await page.locator('[data-chart=sweep] tbody tr').count()) < 7);
  for (const name of ['fidelity', 'factors', 'projector']) {
    await reach(page, 'Tab', new RegExp(`^BUTTON ${BUTTONS[name][1]}`));
    await page.keyboard.press('Enter');
    await settled(page, name);
    await reach(page, 'Tab', /^SUMMARY As a table/);
    await page.keyboard.press('Enter');
  }
  assert.ok((await page.locator('#projector-panel .as-table').getAttribute('open')) !== null);
  clean();
  await context.close();
});
