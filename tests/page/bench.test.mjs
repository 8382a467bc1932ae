// The arithmetic of `cargo xtask bench`: what it says of samples, how it takes them in turn, what it writes where.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { agrees, within } from '../bench/contenders.mjs';
import { MARKERS, between, figure, markdown, ratio, table } from '../bench/report.mjs';
import { readSettings } from '../bench/settings.mjs';
import { interleave, median, repeatsFor, summary } from '../bench/statistics.mjs';
import { readSafetensors, channelsLast } from '../bench/peers/weights.mjs';
import { mainThreadTasks } from './tasks.mjs';

test('medians and ranges', () => {
  assert.equal(median([5, 1, 3]), 3);
  assert.equal(median([4, 1, 3, 2]), 2.5);
  assert.deepEqual(summary([30, 10, 20]), { median: 20, low: 10, high: 30, n: 3 });
  assert.equal(summary([]), null);
  assert.equal(repeatsFor(0.1, 2, 50), 20);
  assert.equal(repeatsFor(15, 2, 50), 1);
  assert.equal(repeatsFor(0.001, 2, 50), 50);
});

/** Subjects on a clock of their own: each sample takes `seconds` and is written down. */
function stub(seconds) {
  let now = 0;
  const order = [];
  const subjects = Object.entries(seconds).map(([name, takes]) => ({
    name,
    async warm() {
      if (takes === null) throw new Error('no such kernel');
      order.push(`${name} warm`);
      now += 10 * takes;
      return takes;
    },
    async sample() {
      order.push(name);
      now += takes;
      return 1000 * takes;
    },
  }));
  return { subjects, order, clock: () => now };
}

test('samples are taken in turn, after all are warm', async () => {
  const { subjects, order, clock } = stub({ a: 1, b: 2 });
  const found = await interleave(subjects, { rounds: 2, limitSeconds: 100, clock });
  assert.deepEqual(order, ['a warm', 'b warm', 'a', 'b', 'a', 'b']);
  assert.deepEqual(found.get('b'), { samples: [2000, 2000], stopped: false, error: null });
});

test('what is slow stops at its limit, but has one sample; what fails is left out with its reason', async () => {
  const { subjects, order, clock } = stub({ quick: 1, slow: 20, never: 500, broken: null });
  const lines = [];
  const found = await interleave(subjects, { rounds: 4, limitSeconds: 45, clock, tell: (line) => lines.push(line) });
  assert.equal(found.get('quick').samples.length, 4);
  assert.deepEqual(found.get('slow'), { samples: [20_000, 20_000], stopped: true, error: null });
  assert.deepEqual(found.get('never'), { samples: [500_000], stopped: true, error: null });
  assert.deepEqual(found.get('broken'), { samples: [], stopped: false, error: 'no such kernel' });
  assert.ok(!order.includes('broken'));
  assert.ok(lines.includes('broken failed: no such kernel') && lines.some((line) => /^slow has used its time after 2 of 4/.test(line)), lines.join('\n'));
});

test('an error in a later sample keeps the earlier ones', async () => {
  let left = 1;
  const subject = { name: 'a', warm: async () => 1, sample: async () => (left-- > 0 ? 7 : Promise.reject(new Error('device lost'))) };
  const found = await interleave([subject], { rounds: 3, limitSeconds: 9, clock: () => 0 });
  assert.deepEqual(found.get('a'), { samples: [7], stopped: false, error: 'device lost' });
});

test('a call that takes too long is given up', async () => {
  await assert.rejects(within(0.01, new Promise(() => {})), /longer than 0.01 s/);
  assert.equal(await within(5, Promise.resolve(3)), 3);
});

test('another network, or one that cannot train, does not pass the check', () => {
  const s = { tolerance: 1e-3 };
  const good = { before: 1e-6, losses: 1e-5, after: 1e-3, error: null };
  assert.equal(agrees(good, s), true);
  for (const bad of [{ before: 2e-3 }, { losses: 2e-3 }, { after: 2e-2 }, { before: NaN }, { before: null }, { after: null }, { losses: null, after: null, error: 'no kernel' }, { before: Infinity }]) {
    assert.equal(agrees({ ...good, ...bad }, s), false, JSON.stringify(bad));
  }
});

test('settings come from a table, a short one, or the environment', () => {
  assert.ok(readSettings(true, {}).rounds < readSettings(false, {}).rounds);
  assert.equal(readSettings(false, { KD_LENS_BENCH_LIMIT_SECONDS: '7' }).limitSeconds, 7);
  assert.throws(() => readSettings(false, { KD_LENS_BENCH_ROUNDS: 'many' }), /KD_LENS_BENCH_ROUNDS must be a number/);
});

const RUN = { at: '2026-11-22T08:00:00Z', machine: ['two processors'], quiet: false, quick: false, load: { before: 3, after: 4 }, busyElsewhere: 1.5, settings: readSettings(false, {}) };
const ROWS = [
  { name: 'kd-lens cpu', ...summary([90, 100, 110]), repeats: 20, stopped: false, error: null, check: { before: 0, losses: 0, after: 0 } },
  { name: 'slow | library', ...summary([15_000]), repeats: 1, stopped: true, error: null, check: { before: 2e-7, losses: 3e-6, after: 1e-5 } },
  { name: 'broken library', samples: [], repeats: 1, stopped: false, error: 'no kernel\nat line 7', check: { before: 1e-7, losses: null } },
];

test('ratios are of medians', () => {
  assert.equal(ratio(ROWS, ROWS[1], 'kd-lens cpu'), 150);
  assert.equal(ratio(ROWS, ROWS[2], 'kd-lens cpu'), null);
  assert.equal(ratio(ROWS, ROWS[1], 'nobody'), null);
});

test('tables say what was measured, what failed and on what machine', () => {
  assert.deepEqual([0, 0.01234, 1.5, 95.04, 150, 15_000.4, null, NaN].map(figure), ['0', '0.0123', '1.50', '95.0', '150', '15,000', '–', '–']);
  assert.equal(table(['a', 'b'], [[1, 'x|y']]), '| a | b |\n| --- | --- |\n| 1 | x\\|y |');
  const text = markdown({ parts: { step: { run: RUN, rows: ROWS } } });
  assert.match(text, /^\| kd-lens cpu \| 100 \(90\.0–110\) \| 1\.00 × \| – \|.*\| 3 × 20 \|$/m);
  assert.match(text, /^\| slow \\\| library \| 15,000 \| 150 × \| – \| 2e-7 · 3e-6 \| 1 × 1, stopped by the time limit \|$/m);
  assert.match(text, /^\| broken library \| – \| – \| – \| not trained \| failed: no kernel \|$/m);
  assert.match(text, /Measured 2026-11-22: two processors; load 3\.0 before and 4\.0 after, 1\.50 processors busy with other programs; \*\*not a quiet machine\*\*\./);
  assert.ok(!text.includes('### Inference'), 'a part that was not measured has no table');
});

test('only what stands between the markers is replaced', () => {
  const [start, end] = MARKERS;
  const document = `# By hand\n\n${start}\n\nold\n\n${end}\n\nMore by hand\n`;
  const once = between(document, 'new');
  assert.equal(once, `# By hand\n\n${start}\n\nnew\n\n${end}\n\nMore by hand\n`);
  assert.equal(between(once, 'new'), once);
  assert.equal(between('# By hand\n', 'new'), `# By hand\n\n${start}\n\nnew\n\n${end}\n`);
  assert.throws(() => between(`${end} ${start}`, 'new'), /needs/);
});

test('weights are read and laid out', () => {
  const header = Buffer.from(JSON.stringify({ __metadata__: {}, a: { dtype: 'F32', shape: [2], data_offsets: [0, 8] }, b: { dtype: 'F16', shape: [4], data_offsets: [8, 16] }, n: { dtype: 'I64', shape: [], data_offsets: [16, 24] } }));
  const file = Buffer.concat([Buffer.alloc(8), header, Buffer.from(new Float32Array([1.5, -2]).buffer), Buffer.from(new Uint16Array([0x3c00, 0xc000, 0x0001, 0x7bff]).buffer), Buffer.alloc(8)]);
  file.writeBigUInt64LE(BigInt(header.length));
  const tensors = readSafetensors(file.buffer.slice(file.byteOffset, file.byteOffset + file.length));
  assert.deepEqual([...tensors.keys()], ['a', 'b']);
  assert.deepEqual([...tensors.get('a').values], [1.5, -2]);
  assert.deepEqual([...tensors.get('b').values], [1, -2, 2 ** -24, 65504]);
  assert.deepEqual([...channelsLast([1, 2, 3, 4, 5, 6], [1, 3, 1, 2])], [1, 3, 5, 2, 4, 6]);
});

test('a trace’s tasks are told by the time of their thread', () => {
  const started = { name: 'TracingStartedInBrowser', args: { data: { frames: [{ processId: 7, isOutermostMainFrame: true }] } } };
  const thread = (pid, tid, name) => ({ name: 'thread_name', pid, tid, args: { name } });
  const task = (pid, tid, ts, dur, tdur, name = 'RunTask') => ({ ph: 'X', name, pid, tid, ts, dur, tdur });
  const events = [started, thread(7, 1, 'CrRendererMain'), thread(7, 2, 'DedicatedWorker thread'), thread(8, 1, 'CrRendererMain'), task(7, 1, 0, 90_000, 9000), task(7, 1, 100_000, 30_000, 29_000), task(7, 1, 101_000, 20_000, 19_000, 'Layout'), task(7, 2, 0, 99_000, 99_000), task(8, 1, 0, 99_000, 99_000)];
  const tasks = mainThreadTasks(events);
  assert.deepEqual(tasks.map(({ wall, thread: own }) => [wall, own]), [[30, 29], [90, 9]]);
  assert.deepEqual(tasks[0].parts, ['Layout 20.0 ms']);
  assert.throws(() => mainThreadTasks([started]), /no main thread/);
});
