// The study in the repository, shown beside the reader's own run.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { check, checkTargets } from './accessibility.mjs';
import { openPage, shoot, stage } from './harness.mjs';

const { site, browser } = await stage({ webgpu: false });
const VERDICTS = { reproduced: 'reproduced', notSeen: 'not seen', contradicted: 'the opposite here', undecided: 'undecided', seen: 'check: seen', opposite: 'check: the opposite seen' };

test('every panel shows what the committed study found, and leads to its report', async () => {
  const study = await (await fetch(`${site.url}studies/papers.json`)).json();
  const shown = new Map(study.claims.map((claim) => [claim.sentence, claim]));
  assert.ok(study.claims.length >= 30 && study.seeds >= 3);
  const { page, context, clean } = await openPage(browser, site, { viewport: { width: 390, height: 844 } });
  await page.goto(`${site.url}#dataset=shapes32&backend=cpu`);
  await page.locator('details.studied').first().waitFor();
  const tables = await page.locator('details.studied').evaluateAll((all) =>
    all.map((details) => {
      details.open = true;
      return [...details.querySelectorAll('tbody tr')].map((row) => [...row.children].map((cell) => cell.textContent));
    }),
  );
  assert.equal(tables.length, 11);
  let rows = 0;
  for (const [sentence, title, difference, verdict] of tables.flat()) {
    const group = shown.get(sentence)?.groups.find((entry) => entry.title === title);
    assert.ok(group, `${sentence} (${title}) is of the study`);
    assert.equal(verdict, VERDICTS[group.verdict]);
    assert.match(difference, /^(–|−?\d)/);
    rows += 1;
  }
  assert.equal(rows, [...shown.values()].reduce((sum, claim) => sum + claim.groups.length, 0), 'no claim is left out');
  // The line that is seen while the table is folded, and the sentence above it, count its rows.
  for (const [i, told] of (await page.locator('details.studied').evaluateAll((all) => all.map((details) => [details.querySelector('summary').textContent, details.querySelector('.studied-sum').textContent]))).entries()) {
    // A check is in the table, but there is nothing in it to reproduce.
    const claimed = tables[i].filter(([sentence]) => !shown.get(sentence).check);
    const count = (verdict) => claimed.filter((row) => row[3] === verdict).length;
    assert.match(told[0], new RegExp(`: ${count('reproduced')} of ${claimed.length} comparisons? reproduced$`));
    for (const verdict of ['reproduced', 'not seen', 'the opposite here', 'undecided']) assert.equal(Number(told[1].match(new RegExp(`(\\d+) ${verdict}`))?.[1] ?? 0), count(verdict), told[1]);
    assert.equal(/The opposite with /.test(told[1]), count('the opposite here') > 0);
  }
  const link = await page.locator('details.studied a').first().getAttribute('href');
  const report = await fetch(link);
  assert.equal(report.status, 200);
  assert.ok((await report.text()).includes(`id="${new URL(link).hash.slice(1)}"`), 'the report has that claim');
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'no sideways scrolling');
  await check(page, 'with the tables of the study');
  await checkTargets(page);
  await shoot(page, 'studied-390', { fullPage: false });
  clean();
  await context.close();
});
