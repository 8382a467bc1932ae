// `cargo xtask cohort`: what a step of a cohort costs in the browser's CPU engine, beside its learners alone, one pass of the
// teacher and what a second processor of this machine really gives. Prints a table; KD_LENS_ROUNDS sets the rounds (5).
import os from 'node:os';
import { openBlank, openBrowser, openSite } from '../page/harness.mjs';

const ROUNDS = Number(process.env.KD_LENS_ROUNDS ?? 5);
const STEPS = 10;
const COHORT = ['kl', 'hint', 'crd', 'labels'];
const WORKERS = [1, 2, 4];
const RUN = { dataset: 'shapes32', teacher: 'resnet20', student: 'resnet8', batchSize: 64, trainImages: 640, testImages: 8, epochs: 50, evaluateEvery: 100_000, backend: 'cpu' };

/** Median with the middle half. */
function quartiles(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const [low, middle, high] = [0.25, 0.5, 0.75].map((share) => sorted[Math.round(share * (sorted.length - 1))]);
  return { low, middle, high };
}
const shown = (values, digits = 0) => {
  const { low, middle, high } = quartiles(values);
  return `${middle.toFixed(digits)} (${low.toFixed(digits)}–${high.toFixed(digits)})`;
};

/** ms a step, after warm-up, of labs that train at the same time. */
const paceOf = (page, labs) =>
  page.evaluate(
    async ([wanted, steps]) => {
      const { createLab } = await import(new URL('js/engine.js', document.baseURI));
      const open = [];
      for (const settings of wanted) open.push(await createLab(settings));
      // Once more than a stride: by then the workers share the teacher as they go on to.
      await Promise.all(open.map((lab) => lab.step(12)));
      const began = performance.now();
      await Promise.all(open.map((lab) => lab.step(steps)));
      const spent = performance.now() - began;
      for (const lab of open) lab.dispose();
      return spent / steps;
    },
    [labs, STEPS],
  );

/** ms a pass of the teacher, with the making of its batch. */
const passOf = (page) =>
  page.evaluate(
    async ([settings, steps]) => {
      const base = new URL('.', document.baseURI);
      const { openBackend } = await import(new URL('js/backend.js', base));
      const { fetchTeacher } = await import(new URL('js/models.js', base));
      const { backend: _, ...given } = settings;
      const { link } = await openBackend({ base, wanted: 'cpu' });
      await link.call('create', { settings: { ...given, cohort: ['kl', 'labels'] }, teacherWeights: await fetchTeacher(base, given.dataset, given.teacher) });
      await link.call('train-only', { learners: ['labels'] });
      const ask = (first) => link.call('teach', { steps: Array.from({ length: steps }, (_, i) => first + i), learners: ['kl'] });
      await ask(0);
      const { spent, said } = await ask(steps);
      link.end();
      return spent / said.length;
    },
    [RUN, STEPS],
  );

const site = await openSite();
const browser = await openBrowser({ webgpu: false });
try {
  const { page } = await openBlank(browser, site);
  page.setDefaultTimeout(0);
  const alone = Object.fromEntries(COHORT.map((entry) => [entry, []]));
  const together = Object.fromEntries(WORKERS.map((workers) => [workers, []]));
  const [pass, gain, ratio] = [[], [], Object.fromEntries(WORKERS.map((workers) => [workers, []]))];
  for (let round = 0; round < ROUNDS; round += 1) {
    const single = {};
    for (const entry of COHORT) single[entry] = await paceOf(page, [{ ...RUN, cohort: [entry], workers: 1 }]);
    const teacher = await passOf(page);
    const labels = { ...RUN, cohort: ['labels'], workers: 1 };
    // Two processors of one core are not twice one.
    const both = (2 * single.labels) / (await paceOf(page, [labels, labels]));
    // A learner alone asks its teacher itself: all but one of these passes are spared.
    const sum = COHORT.reduce((ms, entry) => ms + single[entry], 0) - (COHORT.length - 2) * teacher;
    for (const entry of COHORT) alone[entry].push(single[entry]);
    pass.push(teacher);
    gain.push(both);
    for (const workers of WORKERS) {
      const ms = await paceOf(page, [{ ...RUN, cohort: COHORT, workers }]);
      together[workers].push(ms);
      ratio[workers].push(ms / (workers === 1 ? sum : sum / both));
    }
    process.stdout.write(`round ${round + 1} of ${ROUNDS}\n`);
  }
  const lines = [
    '| milliseconds a step | | of the sum ÷ gain |',
    '| --- | --- | --- |',
    ...COHORT.map((entry) => `| \`${entry}\` alone${entry === 'labels' ? '' : ', with its teacher'} | ${shown(alone[entry])} | |`),
    `| a pass of the teacher | ${shown(pass)} | |`,
    ...WORKERS.map((workers) => `| \`${COHORT.join('; ')}\` in ${workers} worker${workers > 1 ? 's' : ''} | ${shown(together[workers])} | ${shown(ratio[workers], 2)}${workers === 1 ? ', without the gain' : ''} |`),
  ];
  console.log(lines.join('\n'));
  console.log(`Two workers together do ${shown(gain, 2)} × the work of one. Medians and middle halves of ${ROUNDS} rounds of ${STEPS} steps; ResNet-20 → ResNet-8, batch ${RUN.batchSize}. ${os.cpus()[0]?.model.trim()}, ${os.cpus().length} processors; Chromium ${browser.version()}.`);
} finally {
  await browser.close();
  await site.close();
}
