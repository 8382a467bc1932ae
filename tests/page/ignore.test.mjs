// Part «What do they ignore?» and the panels of «Why?» that look inside: one run, whose every number is one of the engine's.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gap, number, percent, percentWithInterval, points } from '../../www/js/format.js';
import { pooledPlanes } from '../../www/js/pool.js';
import { inEveryDress, reach } from './accessibility.mjs';
import { shoot, stage } from './harness.mjs';
import { answer, BUTTONS, cells, comparing, distil, LINK, plain, put, reports, same, settled, watch, WHO } from './watched.mjs';

const PAIR = ['student', 'control'];
const { site, browser } = await stage({ webgpu: false });
const openWatched = watch(browser, site);

test('what they ignore, where they draw the line, which layers are alike', { timeout: 900_000 }, async (t) => {
  const { page, context, clean } = await openWatched(LINK.replace('testImages=20', 'testImages=72'), { reducedMotion: 'reduce' });
  const panel = (name) => page.locator(BUTTONS[name][0]);
  /** The newest report of a probe. */
  const last = async (name) => (await reports(page, name))[0];

  await t.test('before training they say that nothing was taught, and a question can be stopped', async () => {
    await panel('invariance').getByRole('button', { name: 'Load the networks, without training' }).click();
    // So many that the last are not there when “Stop” is clicked.
    await panel('boundary').getByLabel('Planes', { exact: true }).selectOption('48');
    await panel('boundary').getByRole('button', { name: BUTTONS.boundary[1] }).click();
    await panel('boundary').getByText(/^\d+ of 48, about/).waitFor();
    await panel('boundary').getByRole('button', { name: 'Stop' }).click();
    await settled(page, 'boundary');
    assert.match(await answer(page, 'boundary'), /^Nothing has been taught yet/);
    assert.ok((await panel('boundary').locator('select').last().locator('option').count()) < 48);
    await panel('boundary').getByLabel('Planes', { exact: true }).selectOption('3');
    // It is asked anew by that, and answered before anything is trained.
    await settled(page, 'boundary');
    await distil(page);
    await panel('boundary').getByText('Computed at step 0; the run has gone on since.').waitFor();
  });

  await t.test('invariance: examples, curves, table and sentence', async () => {
    const at = panel('invariance');
    await at.scrollIntoViewIfNeeded();
    await at.getByText('Examples: computed at step 8.').waitFor();
    await at.getByLabel('What is changed').selectOption('crop');
    await at.getByText(/^What s means: Two squares/).waitFor();
    assert.deepEqual(await at.locator('.examples h4').allTextContents(), ['Unchanged', 's = 80 %', 's = 60 %', 's = 40 %', 's = 20 %', 's = 10 %']);
    assert.equal(await at.locator('.examples canvas').count(), 11, 'two views of each crop');
    const shown = await reports(page, 'invariance', 6);
    const names = await page.evaluate(async () => (await (await import('./js/engine.js')).describe()).datasets.find(({ name }) => name === 'shapes32').classes);
    assert.deepEqual(
      await at.locator('.examples .tile').evaluateAll((tiles) => tiles.map((tile) => [...tile.querySelectorAll('.said .mark > span:last-child')].map((span) => span.lastChild.textContent))),
      shown.map(({ items: [item] }) => WHO.map((who) => names[item.views[0].changed[who]])),
    );
    await at.getByLabel('What is changed').selectOption('flip');
    await at.getByText(/^What s means: Left and right/).waitFor();
    await put(page, 'invariance');
    const [none, flipped] = (await reports(page, 'invariance', 2)).map((report) => report.strengths[0]);
    assert.deepEqual([none.strength, flipped.strength], [0, 1]);
    assert.ok(WHO.every((who) => none.kept[who].rate === 1), 'nothing changes at strength 0');
    await at.locator('.as-table summary').click();
    const row = ({ kept, comparison, accuracy, consensus }) => [
      ...WHO.map((who) => percentWithInterval(kept[who])), points(comparison),
      ...WHO.map((who) => percentWithInterval(accuracy[who])),
      ...PAIR.map((who) => percentWithInterval(consensus[who])), points(consensus.comparison),
    ];
    same(await cells(page, BUTTONS.invariance[0], 'Changed images, mirror'), [none, flipped].map(row));
    const words = { higher: 'the student keeps its answers more often', lower: 'the student keeps its answers less often', noDifference: 'no difference between student and control is seen' };
    assert.match(await answer(page, 'invariance'), new RegExp(`^Mirror: ${words[flipped.comparison.verdict]}.* At s = 1 the teacher keeps ${escaped(percentWithInterval(flipped.kept.teacher))}.*64 images`));
    // Three pictures: a mark for each network at each strength that was asked.
    assert.deepEqual(await Promise.all(WHO.map((who) => at.locator(`.plane .dot.${who}`).count())), [4, 6, 6]);
    assert.equal(await at.locator('.plane .whisker').count(), 16);
  });

  await t.test('domains: a picture, two bars and a difference in each', async () => {
    await panel('domains').scrollIntoViewIfNeeded();
    await panel('domains').getByText('Pictures: computed at step 8.').waitFor();
    await put(page, 'domains');
    const parts = await reports(page, 'domains', 5);
    const found = [parts[0].domains[0], ...parts.map((part) => part.domains[1])];
    assert.deepEqual(found.map(({ domain }) => domain), ['unchanged', 'greyscale', 'edges', 'silhouettes', 'posterised', 'stylised']);
    same(await cells(page, BUTTONS.domains[0], 'The teacher’s answer given, right or wrong, on 64 images'), found.map(({ consensus }) => [...PAIR.map((who) => percentWithInterval(consensus[who])), points(consensus.comparison)]));
    const whiskers = await panel('domains').locator('.ranges tbody tr').nth(2).locator('.student .whisker').evaluate((element) => [element.style.getPropertyValue('--low'), element.style.getPropertyValue('--high')]);
    assert.deepEqual(whiskers, [found[2].consensus.student.low.toFixed(4), found[2].consensus.student.high.toFixed(4)]);
    await panel('domains').locator('.as-table summary').click();
    same(await cells(page, BUTTONS.domains[0], 'Right answers on 64 images'), found.map(({ accuracy }) => WHO.map((who) => percentWithInterval(accuracy[who]))));
    const seen = found.slice(1).filter(({ consensus }) => consensus.comparison.verdict === 'higher').length;
    assert.equal(/more often than the control/.test(await answer(page, 'domains')), seen > 0);
    const pictures = await panel('domains').locator('canvas.pixels').evaluateAll((list) => list.map((canvas) => canvas.toDataURL()));
    assert.equal(new Set(pictures).size, 6, 'the image looks different in every domain');
  });

  await t.test('shape or texture: two cues, three networks', async () => {
    await put(page, 'shape');
    const report = await page.evaluate(() => window.reports['shape-texture'].find(({ n }) => n > 1));
    for (const [cue, caption] of [['patch', 'Filled with a patch'], ['fill', 'Filled with another object']]) {
      same(await cells(page, BUTTONS.shape[0], caption), ['shape', 'texture', 'bias'].map((name) => WHO.map((who) => `${percentWithInterval(report[cue][name][who])}${report[cue][name][who].n === 0 ? ' ' : ''}`)));
    }
    await panel('shape').locator('.examples .tag').first().waitFor();
    const { items: [item] } = await last('shape-texture');
    assert.match(await panel('shape').locator('.examples').textContent(), new RegExp(`Outline ${item.className}, patch ${item.otherName}`));
  });

  await t.test('decision boundaries: planes, numbers, scores', async () => {
    await panel('boundary').getByLabel('Points along a side').selectOption('12');
    await settled(page, 'boundary');
    await put(page, 'boundary');
    const parts = await reports(page, 'boundary', 3);
    const pooled = await pooledPlanes(parts, comparing(page));
    const triplets = parts.map(({ items }) => items[0].images);
    const [whole, ...single] = await page.evaluate((all) => Promise.all([all, ...all.map((one) => [one])].map((some) => window.lab.probe('boundary', { triplets: some, resolution: 4 }))), triplets);
    assert.deepEqual((await pooledPlanes(single, comparing(page))).comparison, whole.comparison, 'planes asked one by one are the engine’s planes together');
    const { comparison, items: [first], pictures: [picture] } = pooled;
    assert.match(await answer(page, 'boundary'), new RegExp(`^Too few planes to tell a difference from chance\\. .*${percent(comparison.student)} of the points against ${percent(comparison.control)}, ${escaped(points(comparison))}.*The mean of 3 planes, 144 points each`.replaceAll('\u00a0', ' ')));
    const facets = panel('boundary').locator('.facet');
    assert.equal(await facets.count(), 3);
    assert.match(plain(await facets.nth(1).textContent()), new RegExp(`As the teacher at ${plain(percent(first.student.share))} of the points`));
    // The cells of each row cover it whole, and every class has a number in the legend.
    const widths = await facets.nth(2).locator('.region').evaluateAll((rects) => rects.reduce((sum, rect) => sum + Number(rect.getAttribute('width')) - 0.3, 0));
    assert.ok(Math.abs(widths - 12 * 300) < 2, String(widths));
    const classes = new Set(WHO.flatMap((who) => picture.classes[who]));
    for (const label of first.labels) classes.add(label);
    assert.equal(await panel('boundary').locator('.codes li').count(), classes.size);
    await panel('boundary').locator('.as-table summary').click();
    const shares = await cells(page, BUTTONS.boundary[0], 'the share of its points');
    assert.deepEqual(shares[0], WHO.map((who) => plain(percent(picture.classes[who].filter((one) => one === first.labels[0]).length / 144))));
    const scores = await cells(page, BUTTONS.boundary[0], 'Share of the 144 points');
    assert.deepEqual(scores.slice(0, 3).map((row) => row.slice(0, 2)), pooled.items.map((item) => PAIR.map((who) => plain(percent(item[who].share)))));
    const before = await facets.first().innerHTML();
    await panel('boundary').getByLabel('Plane shown').selectOption('1');
    assert.notEqual(await facets.first().innerHTML(), before);
  });

  await t.test('layers: a square for each pair, with its number in it', async () => {
    await put(page, 'layers');
    const report = await last('layers');
    assert.equal(report.n, 64);
    for (const who of PAIR) {
      const texts = await panel('layers').locator('.facet', { hasText: `layers of the ${who}` }).locator('text.on-light, text.on-dark').allTextContents();
      assert.deepEqual(texts, report[who].flat().map((value) => number(value)));
    }
    await panel('layers').locator('.as-table summary').click();
    for (const who of PAIR) same(await cells(page, BUTTONS.layers[0], `with those of the ${who}`), report[who].map((row) => row.map((value) => number(value))));
    same(await cells(page, BUTTONS.layers[0], 'Mean over the layers'), [[number(report.diagonal.student), number(report.diagonal.control), gap(report.diagonal)]]);
    assert.match(await answer(page, 'layers'), /^Too few batches to tell a difference from chance: mean CKA .* a difference is claimed from 6 on/);
  });

  await t.test('relevance: likeness by tap, relation to the labels, for both distances', async () => {
    await put(page, 'relevance');
    const one = await last('relevance');
    await panel('relevance').getByLabel('Distances between labels').selectOption('classifier');
    await panel('relevance').getByText(/distances as in the teacher’s last layer/).waitFor();
    const report = await last('relevance');
    assert.notEqual(report.teacher, one.teacher);
    assert.deepEqual(report.layers, one.layers, 'labels have no part in how alike features are');
    same(await cells(page, BUTTONS.relevance[0], 'Feature similarity score'), report.layers.map(({ fss }) => [...PAIR.map((who) => fss[who].toFixed(2)), gap(fss)]));
    const { relevance, distilled, againstTeacher } = report;
    same(await cells(page, BUTTONS.relevance[0], 'Relevance score'), [
      [number(report.teacher), number(relevance.student), number(relevance.control), gap(relevance)],
      ['–', number(distilled.student), number(distilled.control), gap(distilled) || '–'],
      [number(againstTeacher.control), number(againstTeacher.student), '–', gap(againstTeacher) || '–'],
    ]);
    assert.match(await answer(page, 'relevance'), /^Too few batches to tell a difference in likeness from chance at any tap\. .*64 images in 2 batches of 32/);
  });

  await t.test('axe finds nothing, nothing needs sideways scrolling', async () => {
    await page.locator('#ignore details, #why details').evaluateAll((all) => all.forEach((one) => { one.open = true; }));
    await inEveryDress(page, 'what they ignore, everything open', async (width, colorScheme) => {
      await shoot(page.locator('#ignore'), `ignore-${width}-${colorScheme}`, { fullPage: undefined });
    });
    await page.setViewportSize({ width: 1280, height: 900 });
  });

  await t.test('by keyboard alone', async () => {
    await panel('invariance').locator('.strip input:checked').focus();
    await page.keyboard.press('ArrowRight');
    await panel('invariance').locator('.strip input:checked[value="1"]').waitFor();
    await reach(page, 'Tab', /^SELECT What is changed/);
    await page.keyboard.press('ArrowDown');
    await panel('invariance').getByText(/^What s means: The image is turned/).waitFor();
    // What was answered for mirroring is asked anew for rotation.
    await page.locator('[data-answer=invariance]').getByText(/^Rotation: .*At s = 90°/).waitFor();
    await settled(page, 'invariance');
    await reach(page, 'Tab', /^BUTTON Change them/);
    await reach(page, 'Tab', /^SUMMARY As a table/);
    for (const [name, choice] of [['domains'], ['shape'], ['boundary', /^SELECT Planes/], ['layers'], ['relevance', /^SELECT Distances between labels/]]) {
      if (choice) await reach(page, 'Tab', choice);
      await reach(page, 'Tab', new RegExp(`^BUTTON ${BUTTONS[name][1]}`));
    }
    await page.keyboard.press('Space');
    await settled(page, 'relevance');
  });

  clean();
  await context.close();
});

test('of photographs no outlines are known, and the page says so', { timeout: 300_000 }, async () => {
  const { page, context, clean } = await openWatched(LINK.replace('dataset=shapes32&', ''));
  await page.locator('#shape-panel').getByRole('button', { name: 'Load the networks, without training' }).click();
  await page.locator('#shape-panel').getByText(/^Only for Shapes-32: .*Of photographs the outlines are not known/).waitFor();
  clean();
  await context.close();
});

const escaped = (text) => plain(text).replace(/[()+]/g, '\\$&');
