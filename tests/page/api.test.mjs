// engine.js as an author of a page would use it, on the CPU engine.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { openBlank, stage, TINY } from './harness.mjs';

const { site, browser } = await stage();

/** Runs `body(engine, tiny)` in a fresh page with engine.js imported. */
async function inPage(body, ...allowed) {
  const { page, context, clean } = await openBlank(browser, site);
  const source = `async (tiny) => { const engine = await import('./js/engine.js'); return (${body})(engine, tiny); }`;
  const result = await page.evaluate(`(${source})(${JSON.stringify(TINY)})`);
  clean(...allowed);
  await context.close();
  return result;
}

test('describe() tells every setting with label, range and default', async () => {
  const description = await inPage(async (engine) => engine.describe());
  const names = description.settings.map((setting) => setting.name);
  for (const name of ['dataset', 'teacher', 'student', 'assistants', 'method', 'optimiser', 'learningRate', 'batchSize', 'seed']) {
    assert.ok(names.includes(name), name);
  }
  for (const setting of [...description.settings, ...description.methods.flatMap((method) => method.settings)]) {
    assert.ok(setting.label && setting.help, setting.name);
    assert.notEqual(setting.default, undefined);
  }
  assert.ok(description.methods.length >= 30);
  for (const method of description.methods) {
    for (const word of ['label', 'family', 'formula', 'source', 'explanation']) assert.ok(method[word], `${method.name}: ${word}`);
    assert.match(method.provenance, /^(read|derived|recalled)$/);
  }
  const review = description.methods.find((method) => method.name === 'reviewkd');
  assert.match(review.refused['vgg13 resnet8'], /f1 to f4/);
  assert.equal(review.refused['resnet20 resnet8'], undefined);
  assert.equal(description.datasets.find((entry) => entry.name === 'cifar10').classes[3], 'cat');
});

test('a lab steps, evaluates and tells its formula', async () => {
  const seen = await inPage(async (engine, tiny) => {
    const statuses = [];
    const lab = await engine.createLab({ ...tiny, onStatus: (status) => statuses.push(status.phase) });
    const first = await lab.step(2);
    const rest = await lab.step(6);
    const result = { statuses, first, rest, backend: lab.backend, report: lab.backendReport, settings: lab.settings, formula: await lab.formula(), progress: await lab.progress() };
    await lab.adjust({ temperature: 8 });
    result.adjusted = await lab.formula();
    lab.dispose();
    result.afterwards = await lab.step(1).catch((error) => error.code);
    return result;
  });
  assert.equal(seen.backend, 'cpu');
  assert.equal(seen.report.reason, 'The CPU engine was asked for.');
  assert.ok(seen.statuses.includes('engine') && seen.statuses.at(-1) === 'ready', String(seen.statuses));
  assert.equal(seen.first.filter((event) => event.type === 'progress').at(-1).step, 2);
  const evaluations = seen.rest.filter((event) => event.type === 'evaluation');
  assert.deepEqual(evaluations.map((event) => event.step), [4, 8]);
  for (const who of ['teacher', 'student', 'control']) {
    const rate = evaluations[0][who];
    assert.equal(rate.n, TINY.testImages);
    assert.ok(rate.low <= rate.rate && rate.rate <= rate.high);
  }
  assert.equal(seen.rest.at(-1).type, 'finished');
  assert.equal(seen.progress.step, 8);
  assert.equal(seen.progress.totalSteps, 8);
  assert.equal(seen.settings.temperature, 4);
  assert.match(seen.formula, /4²·KL/);
  assert.match(seen.adjusted, /8²·KL/);
  assert.equal(seen.afterwards, 'disposed');
});

test('probes give maps, verdicts and rates; the page’s interval is the engine’s', async () => {
  const { cam, attack, closer, fooled, wilson, page } = await inPage(async (engine, tiny) => {
    const rates = await import('./js/rates.js');
    const lab = await engine.createLab(tiny);
    await lab.step(3);
    const cam = await lab.probe('grad-cam', { images: 32 });
    const attack = await lab.probe('adversarial', { images: 32, epsilon: 8, pictures: [1] });
    const halves = [];
    for (const first of [0, 16]) halves.push(await lab.probe('grad-cam', { images: Array.from({ length: 16 }, (_, i) => first + i) }));
    return {
      cam,
      attack,
      closer: rates.pooled(halves.map((half) => half.closer)),
      fooled: rates.wilson(attack.items.filter((item) => item.fooled).length, attack.items.length),
      wilson: rates.wilson(0, 0),
      page: await lab.images('test', [1]),
    };
  });
  assert.equal(cam.items.length, 32);
  for (const item of cam.items.slice(0, 4)) {
    for (const who of ['teacher', 'student', 'control']) {
      const { grid, map, signed, max, zero } = item[who];
      assert.equal(map.length, grid[0] * grid[1]);
      map.forEach((value, i) => assert.ok(Math.abs(value - Math.max(0, signed[i])) < 1e-6));
      assert.equal(zero, max === 0);
    }
  }
  const close = (a, b) => {
    for (const key of ['count', 'n', 'rate', 'low', 'high']) {
      assert.ok(a[key] === b[key] || Math.abs(a[key] - b[key]) < 1e-6, `${key}: ${a[key]} and ${b[key]}`);
    }
  };
  // Asked in two parts and pooled by the page, or in one by the engine: the same share and the same interval.
  close(closer, cam.closer);
  close(fooled, attack.fooling.teacher);
  assert.deepEqual(wilson, { count: 0, n: 0, rate: null, low: null, high: null });
  assert.equal(attack.fooling.student.n, attack.fooling.teacher.count);
  const [picture] = attack.pictures;
  for (const i of picture.clean.keys()) {
    assert.ok(Math.abs(picture.adversarial[i] - picture.clean[i]) <= 8 / 255 + 1e-6);
    assert.ok(picture.adversarial[i] >= 0 && picture.adversarial[i] <= 1);
  }
  assert.equal(page[0].pixels[0], Math.round(picture.clean[0] * 255));
});

test('a checkpoint takes a run back, bit for bit', async () => {
  const [one, two, foreign, broken] = await inPage(async (engine, tiny) => {
    const lab = await engine.createLab(tiny);
    await lab.step(2);
    const bytes = await lab.checkpoint();
    const run = async () => JSON.stringify((await lab.step(3)).filter((event) => event.type === 'progress').at(-1));
    const one = await run();
    await lab.restore(bytes);
    const two = await run();
    const other = await engine.createLab({ ...tiny, seed: 5 });
    const foreign = await other.restore(bytes).catch((error) => error.code);
    const broken = await lab.restore(new Uint8Array(100)).catch((error) => error.code);
    return [one, two, foreign, broken];
  });
  assert.equal(one, two);
  assert.equal(foreign, 'checkpoint-mismatch');
  assert.equal(broken, 'checkpoint-unreadable');
});

test('exported weights of a student teach the next one', async () => {
  const { sizes, agreement } = await inPage(async (engine, tiny) => {
    const lab = await engine.createLab(tiny);
    const weights = await lab.exportWeights('student');
    const teacher = await lab.exportWeights('teacher');
    lab.dispose();
    const next = await engine.createLab({ ...tiny, teacher: 'resnet8', teacherWeights: weights });
    const { agreement } = await next.evaluate();
    return { sizes: [weights.length, teacher.length], agreement };
  });
  assert.ok(sizes[0] > 4 * 78_000 && sizes[0] < sizes[1], String(sizes));
  // Before a step the student of seed 0 is the network that was exported: it agrees with itself everywhere.
  assert.equal(agreement.student.rate, 1);
});

const BAD = [
  ['an unknown setting', { temprature: 4 }, 'setting-unknown', /temprature/],
  ['a temperature of 0', { temperature: 0 }, 'setting-invalid', /Temperature/],
  ['a text where a number belongs', { alpha: '0.5' }, 'setting-invalid', /number/],
  ['half an image in a batch', { batchSize: 2.5 }, 'setting-invalid', /whole/],
  ['more in a batch than in training', { trainImages: 4 }, 'setting-invalid', /batch/],
  ['an unknown backend', { backend: 'tpu' }, 'setting-invalid', /tpu/],
  ['an unknown student', { student: 'resnet9' }, 'setting-invalid', /resnet9/],
  ['a teacher the site does not have', { teacher: 'resnet110' }, 'weights-missing', /resnet110/],
];
for (const [name, change, code, words] of BAD) {
  test(`createLab refuses ${name} with ${code}`, async () => {
    const error = await inPage(`(engine, tiny) => engine.createLab({ ...tiny, ...${JSON.stringify(change)} }).then(() => null, (error) => ({ code: error.code, message: error.message, name: error.name }))`);
    assert.equal(error?.code, code, error?.message);
    assert.equal(error.name, 'LabError');
    assert.match(error.message, words);
  });
}

test('bad weights are refused by code and a good lab is untouched', async () => {
  const codes = await inPage(async (engine, tiny) => {
    const lab = await engine.createLab(tiny);
    const small = await lab.exportWeights('student');
    const refuse = (teacherWeights) => engine.createLab({ ...tiny, teacherWeights }).then(() => 'taken', (error) => error.code);
    const codes = [await refuse(new Uint8Array(1000)), await refuse(small.slice(0, 5000)), await refuse(small)];
    const events = await lab.step(1);
    return [...codes, events.length > 0];
  });
  assert.deepEqual(codes, ['weights-unreadable', 'weights-unreadable', 'weights-mismatch', true]);
});

test('bad questions are refused by code and the lab goes on', async () => {
  const codes = await inPage(async (engine, tiny) => {
    const lab = await engine.createLab(tiny);
    const code = (promise) => promise.then(() => 'taken', (error) => error.code);
    return [
      await code(lab.probe('tarot')),
      await code(lab.probe('grad-cam', { images: [999999] })),
      await code(lab.probe('grad-cam', { images: 8, tap: 'f9' })),
      await code(lab.probe('adversarial', { images: 8, epsilon: -1 })),
      await code(lab.probe('adversarial', { images: 8, epsylon: 1 })),
      await code(lab.step(0)),
      await code(lab.step(1.5)),
      await code(lab.adjust({ batchSize: 4 })),
      await code(lab.exportWeights('parrot')),
      await code(lab.step(1)),
    ];
  });
  assert.deepEqual(codes, [
    'probe-unknown',
    ...Array(4).fill('probe-invalid'),
    ...Array(4).fill('setting-invalid'),
    'taken',
  ]);
});

test('training that diverges says so and goes back to its last checkpoint', async () => {
  const seen = await inPage(async (engine, tiny) => {
    // Weight decay at this rate and momentum overshoots zero, further with every swing.
    const wild = { trainImages: 2, testImages: 8, batchSize: 2, epochs: 400, evaluateEvery: 100_000, learningRate: 1, momentum: 0.99, weightDecay: 0.1, temperature: 20 };
    const lab = await engine.createLab({ ...tiny, ...wild });
    const recovered = [];
    lab.addEventListener('recovered', ({ detail }) => recovered.push(detail));
    let code = null;
    for (let i = 0; i < 40 && !code; i += 1) code = await lab.step(10).then(() => null, (error) => error.code);
    const { step } = await lab.progress();
    await lab.adjust({ learningRate: 0.001 });
    return { code, recovered, step, after: (await lab.step(1)).length };
  });
  assert.equal(seen.code, 'diverged');
  assert.equal(seen.recovered.length, 1);
  assert.equal(seen.step, seen.recovered[0].step);
  assert.ok(seen.after > 0);
});

test('metrics of one’s own tensors are those of the reference, under the command line’s names', async () => {
  const file = readFileSync(new URL('../reference/metrics.safetensors', import.meta.url));
  const { cases, tensorsOf } = readReference(file);
  const wanted = ['cka/', 'ece/', 'agreement/'].map((start) => Object.keys(cases).find((name) => name.startsWith(start) && typeof cases[name].expected.value === 'number'));
  const asked = wanted.map((name) => ({ ...cases[name], bytes: [...tensorsOf(cases[name].inputs)] }));
  const { found, codes, names } = await inPage(`async (engine, tiny) => {
    const lab = await engine.createLab(tiny);
    const found = [];
    for (const { metric, bytes, options } of ${JSON.stringify(asked)}) found.push(await lab.metric(metric, Uint8Array.from(bytes), options));
    const code = (promise) => promise.then(() => 'taken', (error) => error.code);
    const some = Uint8Array.from(${JSON.stringify(asked[0].bytes)});
    const codes = [
      await code(lab.metric('beauty', some)),
      await code(lab.metric('cka', some, { shape: 1 })),
      await code(lab.metric('ece', some)),
      await code(lab.metric('cka', some.slice(0, 50))),
      await code(lab.metric('cka', [1, 2])),
    ];
    return { found, codes, names: (await engine.describe()).metrics.map((entry) => entry.metric) };
  }`);
  for (const [i, { metric, expected }] of asked.entries()) {
    assert.equal(found[i].metric, metric);
    assert.ok(Math.abs(found[i].value - expected.value) < 1e-6 * Math.max(1, Math.abs(expected.value)), `${wanted[i]}: ${found[i].value} instead of ${expected.value}`);
    assert.ok(names.includes(metric));
  }
  assert.deepEqual(codes, ['setting-invalid', 'setting-unknown', 'tensors-invalid', 'weights-unreadable', 'tensors-invalid']);
});

/** The reference's cases, and the tensors of one set of inputs as a safetensors file of their own. */
function readReference(file) {
  const length = Number(file.readBigUInt64LE(0));
  const { __metadata__: about, ...tensors } = JSON.parse(file.subarray(8, 8 + length).toString());
  const { cases } = JSON.parse(about['kd-lens']);
  const tensorsOf = (set) => {
    const entries = {};
    const parts = [];
    let at = 0;
    for (const [name, { data_offsets: [start, end], ...entry }] of Object.entries(tensors)) {
      if (!name.startsWith(`${set}/`)) continue;
      parts.push(file.subarray(8 + length + start, 8 + length + end));
      entries[name.slice(set.length + 1)] = { ...entry, data_offsets: [at, at + end - start] };
      at += end - start;
    }
    const header = Buffer.from(JSON.stringify(entries));
    const size = Buffer.alloc(8);
    size.writeBigUInt64LE(BigInt(header.length));
    return Buffer.concat([size, header, ...parts]);
  };
  return { cases, tensorsOf };
}
