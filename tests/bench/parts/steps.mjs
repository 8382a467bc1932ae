// Training steps, distillation steps, inference and GPU calls: what is repeated often enough to be sampled in turn.
import { native } from '../native.mjs';
import { TRAINING, distilled, inferred, supervised } from '../settings.mjs';
import { interleave, repeatsFor, summary } from '../statistics.mjs';

const LAYOUTS = [['usual', 'PyTorch'], ['channels_last', 'PyTorch channels last']];
const threadsText = (threads) => `${threads} thread${threads === 1 ? '' : 's'}`;
/** Native thread counts: one, and two where there are two processors. */
const threadCounts = (bench) => [1, 2].filter((threads) => threads <= bench.processors);

/**
 * A subject whose warm-up decides how often a sample repeats.
 * @param {(repeats: number) => Promise<number>} measure one number; higher `repeats` only make it steadier
 * @param {(value: number) => number} seconds of one repeat, from that number
 */
function subject(bench, name, measure, seconds = (ms) => ms / 1000, more = {}) {
  const { s } = bench;
  let repeats = 1;
  return {
    name,
    ...more,
    async warm() {
      let each = seconds(await measure(1));
      // What is slow is warm after one repeat, and time is short.
      if (each * s.warmUp < s.limitSeconds / 4) each = seconds(await measure(s.warmUp));
      repeats = repeatsFor(each, s.sampleSeconds, s.mostRepeats);
      return repeats * each;
    },
    sample: () => measure(repeats),
    repeats: () => repeats,
  };
}

const nativeSubject = (bench, what, threads, name, settings, more) =>
  subject(bench, `${name}, ${threadsText(threads)}`, (repeats) => native({ what, threads, settings, warmUp: bench.s.warmUp, repeats }), undefined, more);

/** PyTorch in every number of threads and layout. */
function pytorchSubjects(bench, what, more) {
  const { pytorch, s } = bench;
  if (!pytorch) return [];
  const of = (layout, threads) => async (repeats) => {
    const request = { what, threads, layout, batch: s.batch, images: s.inferenceImages, repeats, training: TRAINING };
    return (await pytorch.ask(request)).milliseconds;
  };
  return LAYOUTS.flatMap(([layout, label]) => threadCounts(bench).map((threads) => subject(bench, `${label}, ${threadsText(threads)}`, of(layout, threads), undefined, more)));
}

const withoutWorkers = ({ workers, ...settings }) => settings;

/** Takes the samples and makes a row of each subject. */
async function sampled(bench, subjects, { convert = (x) => x } = {}) {
  const { s, tell } = bench;
  const chosen = subjects.filter(({ name }) => bench.wants(name));
  const found = await interleave(chosen, { rounds: s.rounds, limitSeconds: s.limitSeconds, tell });
  return chosen.map((one) => {
    const { samples, stopped, error } = found.get(one.name);
    const values = samples.map((value) => convert(value, one));
    return { name: one.name, where: one.where, gpu: one.gpu ?? false, ...summary(values), samples: values, repeats: one.repeats(), stopped, error };
  });
}

const inBrowser = (bench, measure, seconds) => bench.contenders.map((one) => subject(bench, one.name, (repeats) => measure(one, repeats), seconds, { where: 'browser', gpu: one.gpu }));

/** One supervised step of ResNet-8, everywhere. */
export async function step(bench) {
  const rows = await sampled(bench, [
    ...inBrowser(bench, (one, repeats) => one.step(repeats)),
    ...threadCounts(bench).map((threads) => nativeSubject(bench, 'control', threads, 'kd-lens native', withoutWorkers(supervised(bench.s)), { where: 'native' })),
    ...pytorchSubjects(bench, 'step', { where: 'native' }),
  ]);
  for (const row of rows) {
    const contender = bench.contenders.find(({ name }) => name === row.name);
    if (contender) row.check = await contender.check();
    else if (row.name.startsWith('PyTorch')) row.check = bench.pytorchCheck;
  }
  return { rows };
}

/** Fixed copies, all of which the teacher has seen when the samples begin. */
const KEPT = { copies: 1 };
/** No teacher, and none of the settings that belong to one. */
const LABELS = { method: 'labels', temperature: undefined, alpha: undefined };

/** One step of teacher, student and control; beside it the same pair without a teacher, for what distilling adds. */
export async function distil(bench) {
  const { s } = bench;
  const own = (backend) => bench.contenders.find((one) => one.file === 'kd-lens' && one.backend === backend && !one.options);
  const passes = Math.ceil(s.trainImages / s.batch);
  const variants = [
    ['labels only', LABELS],
    ['teacher computed', {}],
    ['teacher’s answers kept', KEPT],
  ];
  const pair = (contender, workers) =>
    variants.map(([label, settings]) => {
      let begun = false;
      const name = `${contender.name}${contender.gpu ? '' : `, ${workers} worker${workers === 1 ? '' : 's'}`}: ${label}`;
      const measure = async (repeats) => {
        // Once through all images: from then on the teacher has answered for every copy.
        if (settings === KEPT && !begun) await contender.pair(name, { ...settings, workers }, passes);
        begun = true;
        return contender.pair(name, { ...settings, workers }, repeats);
      };
      return subject(bench, name, measure, undefined, { where: 'browser', gpu: contender.gpu });
    });
  const rows = await sampled(bench, [
    ...(own('cpu') ? [1, 2].flatMap((workers) => pair(own('cpu'), workers)) : []),
    ...(own('gpu') ? pair(own('gpu'), 1) : []),
    ...threadCounts(bench).flatMap((threads) => [
      nativeSubject(bench, 'pair', threads, 'kd-lens native: labels only', { ...withoutWorkers(distilled(s)), ...LABELS }, { where: 'native' }),
      nativeSubject(bench, 'pair', threads, 'kd-lens native: teacher computed', withoutWorkers(distilled(s)), { where: 'native' }),
    ]),
    ...pytorchSubjects(bench, 'distil', { where: 'native' }),
  ]);
  return { rows };
}

/** Images a second through ResNet-20. */
export async function inference(bench) {
  const images = bench.s.inferenceImages;
  const toRate = (value, { where }) => (where === 'browser' ? value : (1000 * images) / value);
  const nativeRate = (value, one) => (one.name.startsWith('kd-lens') ? 2 : 1) * toRate(value, one);
  const rows = await sampled(
    bench,
    [
      ...inBrowser(bench, (one, repeats) => one.infer(repeats), (rate) => Math.min(100, images) / rate),
      ...threadCounts(bench).map((threads) => nativeSubject(bench, 'evaluation', threads, 'kd-lens native', withoutWorkers(inferred(bench.s)), { where: 'native' })),
      ...pytorchSubjects(bench, 'evaluation', { where: 'native' }),
    ],
    { convert: nativeRate },
  );
  return { rows };
}

/** GPU calls of one supervised step. */
export async function dispatches(bench) {
  const rows = [];
  for (const one of bench.contenders.filter(({ gpu, name }) => gpu && bench.wants(name))) {
    try {
      rows.push({ name: one.name, ...(await one.dispatches()), error: null });
    } catch (error) {
      rows.push({ name: one.name, error: String(error.message).split('\n')[0] });
    }
    bench.tell(`${one.name}: ${rows.at(-1).dispatches ?? rows.at(-1).error} dispatches a step`);
  }
  return { rows };
}
