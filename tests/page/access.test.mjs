// The page by keyboard alone, for axe, at 320 pixels, with reduced motion.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { check, checkTargets, reach } from './accessibility.mjs';
import { openPage, shoot, stage } from './harness.mjs';

const LINK = '#dataset=shapes32&trainImages=64&testImages=64&batchSize=8&epochs=1&backend=cpu';

const { site, browser } = await stage();

for (const width of [1280, 390]) {
  for (const colorScheme of ['light', 'dark']) {
    test(`axe finds nothing in any state (${width} px, ${colorScheme})`, { timeout: 300_000 }, async () => {
      const { page, context, clean } = await openPage(browser, site, { viewport: { width, height: 900 }, colorScheme, reducedMotion: 'reduce' });
      page.setDefaultTimeout(120_000);
      await page.goto(site.url + LINK);
      await page.getByText('images are shown to each student').waitFor();
      const setup = page.locator('details.setup');
      if ((await setup.getAttribute('open')) === null) await setup.locator('summary').first().click();
      await page.getByText('More settings', { exact: true }).click();
      await page.getByText('Your own data or teacher', { exact: true }).click();
      const batch = page.getByLabel('Batch size', { exact: true });
      await batch.fill('1');
      await batch.blur();
      await page.getByText(/It stays at 8\./).waitFor();
      await check(page, 'form open, a wrong value');
      await checkTargets(page);
      await page.locator('#bench').getByRole('button', { name: 'Distil' }).click();
      await page.getByText('Finished.').waitFor();
      for (const panel of ['#look-panel', '#fool-panel']) {
        await page.locator(panel).scrollIntoViewIfNeeded();
        await page.locator(panel).getByText(/^Computed at step/).first().waitFor();
      }
      await page.getByRole('button', { name: 'Compare the maps' }).click();
      await page.locator('#look-panel').getByText(/^\d+ images\.$/).waitFor();
      await page.getByRole('button', { name: 'Attack them' }).click();
      await page.locator('#fool-panel').getByText(/^\d+ images\.$/).waitFor();
      for (const summary of await page.locator('.chart summary, .measured summary').all()) await summary.click();
      await check(page, 'finished, everything open');
      await checkTargets(page);
      await shoot(page, `everything-${width}-${colorScheme}`);
      await page.locator('details.setup > summary').click();
      await page.evaluate(() => document.querySelector('dialog').showModal());
      await check(page, 'dialog');
      clean();
      await context.close();
    });
  }
}

test('everything is reached and worked by keyboard alone', { timeout: 300_000 }, async () => {
  const { page, context, clean } = await openPage(browser, site, { reducedMotion: 'reduce' });
  page.setDefaultTimeout(120_000);
  await page.goto(site.url + LINK);
  await page.getByText('images are shown to each student').waitFor();
  await reach(page, 'Tab', /^A Skip to the experiment/);
  await reach(page, 'Tab', /^BUTTON Distil it on this machine/);
  await page.keyboard.press('Enter');
  await page.getByText('Finished.').waitFor();
  await reach(page, 'Tab', /^INPUT Temperature T, slider/);
  const before = await page.locator('.formula').textContent();
  await page.keyboard.press('ArrowRight');
  await page.waitForFunction((old) => document.querySelector('.formula').textContent !== old, before);
  // The images come when the panel is near; on a slow machine the keyboard would be past it by then.
  await page.locator('#look-panel').scrollIntoViewIfNeeded();
  await page.locator('#look-panel .strip input').first().waitFor({ state: 'attached' });
  await reach(page, 'Tab', /^INPUT .*test image 0/);
  await page.locator('#look-panel').getByText('Computed at step 8.').waitFor();
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowRight');
  await page.locator('#look-panel').getByText('Test image 2').waitFor();
  await reach(page, 'Tab', /^INPUT the label/);
  await page.keyboard.press('ArrowRight');
  await reach(page, 'Tab', /^INPUT Temperature of this display/);
  await page.keyboard.press('ArrowRight');
  await reach(page, 'Tab', /^BUTTON Compare the maps/);
  await page.keyboard.press('Space');
  await page.locator('#look-panel [data-answer=maps]').filter({ hasText: /%|compared|taught/ }).waitFor();
  await reach(page, 'Tab', /^INPUT Strength ε/);
  await page.locator('#fool-panel').getByText('Computed at step 8.').waitFor();
  await page.keyboard.press('ArrowRight');
  await page.locator('#fool-panel').getByText('at most 5/255 aimed').waitFor();
  await reach(page, 'Tab', /^BUTTON Attack them/);
  await page.keyboard.press('Enter');
  await page.locator('#fool-panel table.results').waitFor();
  clean();
  await context.close();
});

test('at 320 pixels nothing needs sideways scrolling', async () => {
  const { page, context, clean } = await openPage(browser, site, { viewport: { width: 320, height: 640 } });
  await page.goto(site.url + LINK);
  await page.getByText('images are shown to each student').waitFor();
  const [content, view] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
  assert.ok(content <= view, `${content} > ${view}`);
  clean();
  await context.close();
});

test('the theme can be chosen and is kept', async () => {
  const { page, context, clean } = await openPage(browser, site, { colorScheme: 'light' });
  await page.goto(site.url);
  await page.getByRole('button', { name: 'Theme: system' }).waitFor();
  const theme = () => page.evaluate(() => document.documentElement.dataset.theme);
  assert.equal(await theme(), 'light');
  await page.getByRole('button', { name: 'Theme: system' }).click();
  await page.getByRole('button', { name: 'Theme: light' }).click();
  assert.equal(await theme(), 'dark');
  await page.reload();
  await page.getByRole('button', { name: 'Theme: dark' }).waitFor();
  assert.equal(await theme(), 'dark');
  clean();
  await context.close();
});
