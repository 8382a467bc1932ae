// A run with any learners: in a lab, in a link, a frame, the element and the widget.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openBlank, openPage, stage, TINY } from './harness.mjs';
import { renamed } from '../../www/js/cohort.js';

const { site, browser } = await stage({ webgpu: false });
const COHORT = 'kl;hint:tap=1;labels';
const SMALL = 'dataset=shapes32&batchSize=8&epochs=1&trainImages=64&testImages=40&backend=cpu';

async function inPage(body, ...values) {
  const { page, context, clean } = await openBlank(browser, site);
  const result = await page.evaluate(`(async () => (${body})(await import('./js/engine.js'), ...${JSON.stringify(values)}))()`);
  clean();
  await context.close();
  return result;
}

test('ids become roles only among networks: methods and other things have the same names', () => {
  const roles = new Map([['kl', 'student'], ['hint', null], ['labels', 'control']]);
  const report = { source: 'kl', kept: { teacher: 1, kl: 2, hint: 3, labels: 4 }, comparison: { kl: { n: 1 }, hint: { n: 2 } }, items: [{ images: [7], labels: [5], scores: { kl: 1, hint: 2, labels: 3 } }] };
  assert.deepEqual(renamed(report, roles), { source: 'student', kept: { teacher: 1, student: 2, control: 4 }, comparison: { student: { n: 1 } }, items: [{ images: [7], labels: [5], scores: { student: 1, control: 3 } }] });
});

test('a lab takes a list or a text; events, reports and weights are by id, roles are names for two of them', { timeout: 120_000 }, async () => {
  const seen = await inPage(async (engine, tiny) => {
    const digest = async (bytes) => [...new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))].join(' ');
    const found = [];
    for (const cohort of [['kl', 'hint:tap=1', 'labels'], 'kl; hint:tap=1; labels']) {
      const lab = await engine.createLab({ ...tiny, cohort });
      const events = await lab.step(4);
      const weights = {};
      for (const { id } of lab.learners) weights[id] = await digest(await lab.exportWeights(id));
      const roles = [await digest(await lab.exportWeights('student')), await digest(await lab.exportWeights('control'))];
      await lab.adjust({ 'hint.beta': 7 });
      const maps = await lab.probe('grad-cam', { images: 2 });
      found.push({ events, weights, roles, learners: lab.learners, cohort: lab.settings.cohort, workers: lab.backendReport.workers, item: Object.keys(maps.items[0].cams) });
      lab.dispose();
    }
    return { found, cores: navigator.hardwareConcurrency };
  }, TINY);
  const [list, text] = seen.found;
  assert.deepEqual(text, list);
  assert.equal(list.workers, Math.min(3, seen.cores));
  assert.deepEqual(list.learners.map(({ id, role, method, architecture, reads }) => [id, role, method, architecture, reads]), [
    ['kl', 'student', 'kl', 'resnet8', 'logits'],
    ['hint', null, 'hint', 'resnet8', 'maps'],
    ['labels', 'control', 'labels', 'resnet8', 'nothing'],
  ]);
  assert.deepEqual(list.cohort, ['kl', 'hint:beta=7,tap=1', 'labels']);
  assert.equal(list.learners[1].options.beta, 7);
  assert.deepEqual(list.roles, [list.weights.kl, list.weights.labels]);
  assert.equal(new Set(Object.values(list.weights)).size, 3);
  const evaluation = list.events.find(({ type }) => type === 'evaluation');
  assert.ok(['teacher', 'kl', 'hint', 'labels'].every((id) => evaluation[id].n === 32));
  assert.deepEqual(Object.keys(evaluation.comparisons), ['kl', 'hint']);
  assert.deepEqual(Object.keys(list.events.find(({ type }) => type === 'progress')).slice(-3), ['kl', 'hint', 'labels']);
  assert.ok(['teacher', 'kl', 'hint', 'labels'].every((id) => list.item.includes(id)), String(list.item));
});

test('a wrong entry is told with the engine’s own words, before anything is loaded', { timeout: 120_000 }, async () => {
  const errors = await inPage(async (engine, tiny, cases) => {
    const codes = [];
    for (const change of cases) codes.push(await engine.createLab({ ...tiny, ...change }).then(() => null, ({ code, message }) => [code, message]));
    const lab = await engine.createLab({ ...tiny, cohort: 'kl;labels' });
    codes.push(await lab.exportWeights('hint').then(() => null, ({ code, message }) => [code, message]));
    lab.dispose();
    return codes;
  }, TINY, [
    { cohort: ['kl', 'hnt', 'labels'] }, { cohort: 'kl;hint:temperatur=2' }, { cohort: 7 }, { cohort: [] }, { cohort: ['kl'], method: 'kl' },
    { cohort: 'kl;labels', workers: 3 }, { cohort: 'kl', workers: 1.5 },
  ]);
  const wanted = [
    ['setting-invalid', /Learner 2 of the cohort, “hnt”: There is no method “hnt”/], ['setting-unknown', /Learner 2 .*“temperatur”.*tap/], ['setting-invalid', /cohort.* not 7/],
    ['setting-invalid', /1 to 6 learners, not 0/], ['setting-invalid', /method/],
    ['setting-invalid', /workers cannot be “3”.*2 learners/], ['setting-invalid', /workers cannot be “1\.5”/], ['setting-invalid', /no learner “hint”.*kl, labels/],
  ];
  wanted.forEach(([code, words], i) => {
    assert.equal(errors[i]?.[0], code, String(errors[i]));
    assert.match(errors[i][1], words);
  });
});

test('a link with a cohort opens the page: all are trained, the panels show the pair', { timeout: 300_000 }, async () => {
  const { page, context, clean } = await openPage(browser, site);
  page.setDefaultTimeout(120_000);
  await page.goto(`${site.url}#cohort=${encodeURIComponent(COHORT)}&${SMALL}`);
  await page.getByText('This run has a cohort of learners: kl, hint, labels. All of them are trained; the panels show kl as the student and labels as the control.').waitFor();
  await page.getByRole('button', { name: 'Distil', exact: true }).click();
  const seen = await page.evaluate(async () => {
    const { experiment } = await import('./js/page.js');
    while (experiment.phase !== 'finished') await new Promise((resolve) => experiment.addEventListener('change', resolve, { once: true }));
    const { lab } = experiment;
    const ids = lab.learners.map(({ id }) => id);
    await experiment.set('temperature', 3);
    const { evaluations, progress, pending, form } = experiment;
    const attack = await lab.probe('adversarial', { images: 8, source: 'student' });
    return { ids, settings: lab.settings, evaluation: evaluations.at(-1), losses: Object.keys(progress.at(-1)), pending: pending.map(({ name }) => name), cohort: form.cohort, attack: [attack.source, Object.keys(attack.items[0].clean)], hash: location.hash };
  });
  assert.deepEqual(seen.ids, ['kl', 'hint', 'labels']);
  assert.ok(['student', 'control', 'teacher'].every((who) => seen.evaluation[who].n === 40) && !('hint' in seen.evaluation));
  assert.deepEqual(Object.keys(seen.evaluation.comparisons), ['student']);
  assert.deepEqual(seen.losses.slice(-2), ['student', 'control']);
  assert.deepEqual([seen.attack[0], seen.attack[1].toSorted()], ['student', ['control', 'student', 'teacher']]);
  // A live option of the student is changed in the run, and the link goes with it.
  assert.deepEqual([seen.settings.method, seen.settings.temperature, seen.settings.cohort], ['kl', 3, 'kl:temperature=3;hint:tap=1;labels']);
  assert.deepEqual([seen.pending, seen.cohort], [[], seen.settings.cohort]);
  assert.equal(new URLSearchParams(seen.hash.slice(1)).get('cohort'), seen.cohort);
  assert.doesNotMatch(seen.hash, /method=|[&#]temperature=/);
  // Every panel can be asked.
  for (const name of await page.locator('#look, #fool').getByRole('button', { name: /^(Look|Attack)/ }).all()) if (await name.isEnabled()) await name.click();
  await page.locator('#look [data-answer]').first().waitFor();
  // Another method is a run of one student and its control again.
  const left = await page.evaluate(async () => {
    const { experiment } = await import('./js/page.js');
    await experiment.set('method', 'hint');
    return { cohort: experiment.form.cohort, pending: experiment.pending.map(({ name }) => name), hash: location.hash };
  });
  assert.equal(left.cohort, '');
  assert.ok(left.pending.includes('cohort') && left.pending.includes('method'), String(left.pending));
  assert.match(left.hash, /method=hint/);
  assert.doesNotMatch(left.hash, /cohort/);
  await page.getByText('The cohort was left').waitFor();
  clean();
  await context.close();
});

test('a cohort that cannot be shown, or is wrong, leaves the default and says why', { timeout: 120_000 }, async () => {
  for (const [cohort, words] of [
    ['kl;hnt;labels', /cannot be used.*Learner 2 of the cohort, “hnt”/],
    ['kl;hint', /the cohort “kl, hint” has no such pair/],
    ['kl:architecture=resnet14;labels', /architecture/],
  ]) {
    const { page, context, clean } = await openPage(browser, site);
    await page.goto(`${site.url}#cohort=${encodeURIComponent(cohort)}&${SMALL}`);
    await page.locator('.notice').getByText(words).waitFor();
    const form = await page.evaluate(async () => (await import('./js/page.js')).experiment.form);
    assert.deepEqual([form.cohort, form.method, form.batchSize], ['', 'kl', 8]);
    clean();
    await context.close();
  }
});

test('a frame, the element and the widget take a cohort', { timeout: 300_000 }, async () => {
  const { page, context, clean } = await openBlank(browser, site);
  const formOf = async (frame) => {
    await frame.waitForSelector('[data-setting=seed]', { state: 'attached' });
    return frame.evaluate(async () => (await import('./js/page.js')).experiment.form);
  };
  await page.goto(`${site.url}embed.html?cohort=${encodeURIComponent(COHORT)}&${SMALL}`);
  const form = await formOf(page);
  assert.deepEqual([form.cohort, form.method, form.batchSize], [COHORT, 'kl', 8]);

  await page.goto(`${site.url}blank.html`);
  const states = await page.evaluate(async ([cohort, small]) => {
    await import('./element.js');
    const element = document.createElement('kd-lens');
    for (const [name, value] of Object.entries({ cohort, settings: small, loading: 'eager' })) element.setAttribute(name, value);
    document.body.append(element);
    const first = (await element.kdLens(1).ready()).settings;
    const second = await element.set({ cohort: ['hint:tap=1', 'kl', 'labels'] });
    const wrong = await element.set({ cohort: 'kl;hnt' });
    const third = await element.set({ cohort: null, method: 'dkd' });
    element.setAttribute('cohort', 'kl;labels');
    await new Promise((resolve) => element.addEventListener('kd-lens:change', ({ detail }) => detail.settings.cohort && resolve()));
    const fourth = element.state.settings;
    element.remove();
    return { first, second, wrong, third, fourth };
  }, [COHORT, SMALL]);
  assert.deepEqual([states.first.cohort, states.first.method], [COHORT, 'kl']);
  assert.deepEqual([states.second.settings.cohort, states.second.settings.method, states.second.settings.tap], ['hint:tap=1;kl;labels', 'hint', 1]);
  assert.match(states.wrong.notes.join(), /Learner 2 of the cohort, “hnt”/);
  assert.deepEqual([states.third.settings.cohort, states.third.settings.method], ['', 'dkd']);
  assert.deepEqual([states.fourth.cohort, states.fourth.method], ['kl;labels', 'kl']);

  await page.evaluate(async (small) => {
    const { default: widget } = await import('./widget.mjs');
    const traits = { settings: Object.fromEntries(new URLSearchParams(small)), cohort: ['hint:tap=1,beta=50', 'labels'] };
    await widget.render({ model: { get: (name) => traits[name], set() {}, on() {}, save_changes() {} }, el: document.body });
  }, SMALL);
  const element = await page.waitForSelector('kd-lens');
  const frame = await (await element.evaluateHandle((own) => new Promise((resolve) => {
    const look = () => (own.shadowRoot?.querySelector('iframe') ? resolve(own.shadowRoot.querySelector('iframe')) : setTimeout(look, 50));
    look();
  }))).contentFrame();
  await frame.waitForLoadState();
  const shown = await formOf(frame);
  assert.deepEqual([shown.cohort, shown.method, shown.beta], ['hint:beta=50,tap=1;labels', 'hint', 50]);
  clean();
  await context.close();
});
