// The page from opening to a Grad-CAM trio and an attack table, on real CIFAR-10, on the CPU engine.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openPage, shoot, stage } from './harness.mjs';
import { holdAt, letGo } from './hold.mjs';

// As small as shows every part of the page; the address carries it, as a shared link would.
const LINK = '#trainImages=256&testImages=96&batchSize=32&epochs=2';

const { site, browser } = await stage();

/** Sum of the layout shifts that no input of the person explains. */
const watchShifts = () => {
  window.shifts = [];
  const called = (node) => (node instanceof Element ? node : node?.parentElement)?.outerHTML.match(/^<[^>]*>/)?.[0];
  new PerformanceObserver((list) => {
    for (const { hadRecentInput, value, sources } of list.getEntries()) {
      if (!hadRecentInput) window.shifts.push({ value, moved: sources.map(({ node, previousRect, currentRect }) => `${called(node)} from ${previousRect.y} to ${currentRect.y}`) });
    }
  }).observe({ type: 'layout-shift', buffered: true });
};

for (const [name, width, colorScheme] of [['wide-light', 1280, 'light'], ['narrow-dark', 390, 'dark']]) {
  test(`from opening to a trio of maps and a table of attacks (${name})`, { timeout: 600_000 }, async () => {
    const { page, context, clean } = await openPage(browser, site, { viewport: { width, height: 900 }, colorScheme });
    page.setDefaultTimeout(300_000);
    await page.addInitScript(watchShifts);
    await page.goto(site.url + LINK);
    await page.getByText('512 images are shown to each student').waitFor();
    await shoot(page, `opening-${name}`);

    await holdAt(page, 0);
    await page.getByRole('button', { name: 'Distil it on this machine' }).click();
    await page.getByText('Warming up.').waitFor();
    // From the fourth step on the speed is known.
    await holdAt(page, 4);
    await page.getByText(/^Training\. (About .* left|Nearly done)\./).waitFor();
    assert.match(await page.locator('.run-state .facts').textContent(), /of 512 images, epoch \d\.\d of 2\. [\d.,]+ images\/s/);
    await page.getByRole('button', { name: 'Pause' }).click();
    await letGo(page);
    await page.getByText('Paused.').waitFor();
    const before = await page.locator('.run-state .facts').textContent();
    await page.getByRole('button', { name: 'One step' }).click();
    await page.waitForFunction((old) => document.querySelector('.run-state .facts').textContent !== old && document.querySelector('.run-state .now').textContent === 'Paused.', before);
    await page.getByRole('button', { name: 'Go on' }).click();
    await page.getByText('Finished.').waitFor();

    assert.match((await page.locator('.formula annotation').allTextContents()).join(''), /L = 0\.1·CE\(y, s\) \+ 0\.9·4²·KL/);
    assert.match(await page.locator('[data-chart=accuracy] .say').textContent(), /^At step 16: teacher \d+\s%\s\(\d+–\d+\), student/);
    assert.match(await page.locator('[data-chart=agreement] .say').textContent(), /student \d+\s%\s\(\d+–\d+\), control/);
    assert.match(await page.locator('[data-chart=loss] .say').textContent(), /labels \(CE\).*teacher \(KL\)/);
    assert.equal(await page.locator('[data-chart=accuracy] tbody tr').count(), 2);
    assert.match(await page.locator('.outcome .answer').textContent(), /No difference|more accurate|less accurate/);
    assert.match(await page.locator('#announcer').textContent(), /^Step 16\. Test accuracy: teacher/);

    const look = page.locator('#look-panel');
    await look.scrollIntoViewIfNeeded();
    await look.getByText('Computed at step 16.').waitFor();
    assert.equal(await look.locator('.strip input').count(), 12);
    assert.equal(await look.locator('.trio:not(.pair) canvas').count(), 4);
    assert.match(await look.textContent(), /Cosine with the teacher’s map|left out of the comparison/);
    assert.equal(await look.locator('.bars tbody tr').count(), 10);
    const drawn = () => look.locator('.trio:not(.pair) .student canvas').evaluate((canvas) => canvas.toDataURL());
    const cells = await drawn();
    await look.getByLabel('smoothed').check();
    assert.notEqual(await drawn(), cells);
    await look.getByLabel('As in training').or(look.getByRole('button', { name: 'As in training' })).click();
    assert.match(await look.locator('.bars caption').textContent(), /temperature 4/);
    await look.locator('.strip input').nth(5).check();
    await look.getByText('Test image 5').waitFor();
    await look.getByLabel('Tap').selectOption('f2');
    await look.getByText('16 × 16 cells').waitFor();
    await look.getByLabel('Test images').selectOption('64');
    await look.getByRole('button', { name: 'Compare the maps' }).click();
    await look.getByText('64 images.', { exact: true }).waitFor();
    assert.match(await look.locator('[data-answer=maps]').textContent(), /%\s\(\d+–\d+\) of \d+ images|can be compared/);

    assert.equal(await look.locator('table.results').count(), 0, 'no true outlines are known of CIFAR-10');
    await look.getByRole('button', { name: 'Take the one from the other' }).click();
    await look.locator('[data-answer=unicam]').getByText(/^Of how student and control tell the images apart/).waitFor();
    assert.match(await look.locator('[data-answer=unicam]').textContent(), /What is left relates to the labels with −?0\.\d\d in the student/);
    assert.equal(await look.locator('.trio.pair canvas').count(), 3);

    const fool = page.locator('#fool-panel');
    await fool.scrollIntoViewIfNeeded();
    await fool.getByText('Computed at step 16.').waitFor();
    assert.ok(await fool.getByText('Test image 5').or(fool.locator('.strip input:checked[value="5"]')).count() > 0, 'both parts show the same image');
    await fool.getByLabel('Strength ε').fill('8');
    await fool.getByText('changes of at most 8/255').waitFor();
    assert.equal(await fool.locator('.trio canvas').count(), 4);
    assert.match(await fool.locator('table').first().textContent(), /fooled|kept/);
    await fool.getByLabel('Test images').selectOption('64');
    await fool.getByRole('button', { name: 'Attack them' }).click();
    await fool.getByText('64 images.', { exact: true }).waitFor();
    const table = fool.locator('table.results');
    assert.equal(await table.locator('tbody tr').count(), 2);
    for (const cell of await table.locator('td small').allTextContents()) assert.match(cell, /^\d+ of \d+$/);
    const why = page.locator('#why');
    await why.getByRole('button', { name: 'Hold them against the teacher' }).click();
    await why.locator('[data-answer=fidelity]').getByText(/teacher’s answer.*probabilities.*pixels/).waitFor();
    assert.match(await why.locator('#projector-panel').textContent(), /This run has no such matrix/);
    await shoot(page, `finished-${name}`);

    assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= width, 'no sideways scrolling');
    const shifts = await page.evaluate(() => window.shifts);
    assert.ok(shifts.reduce((sum, { value }) => sum + value, 0) < 0.1, JSON.stringify(shifts, null, 1));
    clean();
    await context.close();
  });
}

test('the address carries the settings: only what differs, clamped, and said', async () => {
  const { page, context, clean } = await openPage(browser, site);
  await page.goto(`${site.url}#temperature=99&alpha=0.5&nonsense=1&student=resnet9&epochs=15`);
  const notices = page.locator('.notice');
  await notices.first().waitFor();
  const said = (await notices.allTextContents()).join(' ');
  assert.match(said, /Temperature T to 99; it was brought to 20/);
  assert.match(said, /“nonsense” that does not exist/);
  assert.match(said, /“resnet9”, which it cannot be/);
  assert.equal(await page.getByLabel('Temperature T', { exact: true }).inputValue(), '20');
  const seed = page.getByLabel('Seed', { exact: true });
  await seed.fill('7');
  await seed.blur();
  const hash = await page.evaluate(() => location.hash);
  assert.equal(hash, '#temperature=20&alpha=0.5&seed=7');
  clean();
  await context.close();
});

test('panels can be used before training, and say that nothing was taught yet', { timeout: 300_000 }, async () => {
  const { page, context, clean } = await openPage(browser, site);
  page.setDefaultTimeout(120_000);
  await page.goto(`${site.url}#dataset=shapes32&trainImages=64&testImages=32&batchSize=8`);
  await page.locator('#look-panel').getByRole('button', { name: 'Load the networks, without training' }).click();
  const look = page.locator('#look-panel');
  await look.getByText('Computed at step 0.').waitFor();
  assert.match(await look.textContent(), /both are the same untrained network|all zero/);
  await look.getByRole('button', { name: 'Compare the maps' }).click();
  await look.getByText('Nothing has been taught yet').waitFor();
  clean();
  await context.close();
});

test('a live setting reaches the run; another waits for the next start, and the page says so', { timeout: 300_000 }, async () => {
  const { page, context, clean } = await openPage(browser, site);
  page.setDefaultTimeout(120_000);
  await page.goto(`${site.url}#dataset=shapes32&trainImages=64&testImages=16&batchSize=8&epochs=400&backend=cpu`);
  await page.locator('#bench').getByRole('button', { name: 'Distil' }).click();
  await page.getByText(/^Training\./).waitFor();
  const temperature = page.getByLabel('Temperature T', { exact: true });
  await temperature.fill('8');
  await temperature.blur();
  await page.waitForFunction(() => [...document.querySelectorAll('.formula annotation')].some((part) => /0\.9·8²·KL/.test(part.textContent)));
  const seed = page.getByLabel('Seed', { exact: true });
  await seed.fill('3');
  await seed.blur();
  await page.getByText('Changed since this run began: seed. Start again to use it.').waitFor();
  await page.getByRole('button', { name: 'Start again' }).first().click();
  await page.getByRole('dialog').getByRole('button', { name: 'Keep this run' }).click();
  await page.getByRole('button', { name: 'Stop' }).click();
  await page.getByText('Stopped.').waitFor();
  assert.match(await page.locator('.outcome .answer').textContent(), /16 test images/);
  await page.getByRole('button', { name: 'Start again' }).first().click();
  await page.getByText(/^Training\./).waitFor();
  assert.equal(await page.getByText('Changed since this run began').count(), 0);
  clean();
  await context.close();
});
