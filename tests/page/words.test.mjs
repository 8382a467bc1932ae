// The sentences, the numbers in them and the links: plain functions, tested without a browser.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { foolingAnswer, lookingAnswer, mainPlace, mapsSentence, teachingAnswer } from '../../www/js/answers.js';
import { duration, percentWithInterval } from '../../www/js/format.js';
import { compare, compareWith, pooled, wilson } from '../../www/js/rates.js';
import { clamp, problemWith, readHash, writeHash } from '../../www/js/settings.js';

const plain = (text) => text.replaceAll('\u00a0', ' ');

test('Wilson’s interval has the published values', () => {
  // Newcombe 1998, table I (method 3): 81 of 263 gives 0.2553 to 0.3662; 0 of 20 gives 0 to 0.1611.
  const a = wilson(81, 263);
  assert.ok(Math.abs(a.low - 0.2553) < 5e-5 && Math.abs(a.high - 0.3662) < 5e-5);
  const b = wilson(0, 20);
  assert.ok(b.low === 0 && Math.abs(b.high - 0.1611) < 5e-5);
  assert.deepEqual(pooled([wilson(40, 100), wilson(41, 163)]), a);
  assert.equal(wilson(0, 0).rate, null);
});

test('a difference is claimed only where the intervals exclude its absence', () => {
  assert.equal(compare(wilson(80, 100), wilson(50, 100)), 1);
  assert.equal(compare(wilson(50, 100), wilson(80, 100)), -1);
  assert.equal(compare(wilson(55, 100), wilson(50, 100)), 0);
  assert.equal(compare(wilson(0, 0), wilson(50, 100)), 0);
  assert.equal(compareWith(wilson(61, 100), 0.5), 1);
  assert.equal(compareWith(wilson(58, 100), 0.5), 0);
  assert.equal(compareWith(wilson(30, 100), 0.5), -1);
});

test('the teaching answer keeps accuracy and agreement apart', () => {
  const event = (s, c, as, ac) => ({ step: 500, n: 1000, teacher: wilson(900, 1000), student: wilson(s, 1000), control: wilson(c, 1000), agreement: { student: wilson(as, 1000), control: wilson(ac, 1000) } });
  const say = (...counts) => plain(teachingAnswer(event(...counts)).text);
  assert.match(say(700, 600, 750, 600), /^The student is more accurate than its control: 70\.0 % \(67\.1–72\.8\) against 60\.0 % .* It agrees with the teacher more often: 75\.0 %/);
  assert.match(say(610, 600, 750, 600), /^No difference seen in accuracy .* But the student agrees with the teacher more often/);
  assert.match(say(610, 600, 610, 600), /^No difference seen in accuracy .* Nor is one seen in how often they agree/);
  assert.match(say(500, 600, 500, 600), /^The student is less accurate than its control.*Distillation did not help here so far\. It agrees with the teacher less often/);
  assert.match(say(700, 600, 610, 600), /No difference is seen in how often they agree/);
});

test('the looking answer compares with chance and counts what was left out', () => {
  const say = (count, n, skipped = 3, step = 9) => {
    const { text, small } = lookingAnswer(wilson(count, n), skipped, step);
    return plain(`${text} ${small}`);
  };
  assert.match(say(130, 200), /looks where the teacher looks more than its control does.*closer to the teacher’s on 65 % \(58–71\) of 200 images; chance is 50 %\. 130 of 200 images\. 3 images left out/);
  assert.match(say(96, 200), /^No difference seen: .* 48 % \(41–55\) of 200 images; chance is 50 %/);
  assert.match(say(60, 200), /looks where the teacher looks less than its control does/);
  assert.match(say(0, 0, 4), /^No image has maps that can be compared/);
  assert.match(say(0, 10, 0, 0), /^Nothing has been taught yet/);
});

test('the fooling answer rests on the images where exactly one of the two was fooled', () => {
  const item = (fooled, s, c) => ({ fooled, clean: { teacher: 0, student: 0, control: 0 }, adversarial: { teacher: fooled ? 1 : 0, student: s ? 1 : 0, control: c ? 1 : 0 } });
  const items = (onlyS, onlyC, both, unfooled = 5) => [
    ...Array(onlyS).fill(item(true, true, false)),
    ...Array(onlyC).fill(item(true, false, true)),
    ...Array(both).fill(item(true, true, true)),
    ...Array(unfooled).fill(item(false, true, false)),
  ];
  const say = (list, step = 9) => {
    const attacked = list.filter((entry) => entry.fooled);
    const rate = (who) => wilson(attacked.filter((entry) => entry.adversarial[who] === 1).length, attacked.length);
    const { text, small } = foolingAnswer(list, { student: rate('student'), control: rate('control') }, step);
    return plain(`${text} ${small}`);
  };
  assert.match(say(items(40, 10, 50)), /^What fools the teacher fools the student more often than its control: 90 % .* against 60 % .* of the 100 images that fooled the teacher\. Exactly one of the two was fooled on 50 images; it was the student on 80 %/);
  assert.match(say(items(12, 10, 50)), /^No difference seen/);
  assert.match(say(items(10, 40, 50)), /less often than its control/);
  assert.match(say(items(0, 0, 8)), /no image on which exactly one/);
  assert.match(say(items(0, 0, 0)), /fooled the teacher on no image/);
  assert.match(say(items(9, 9, 9), 0), /^Nothing has been taught yet/);
});

test('a map’s main place is found on its own grid', () => {
  const spot = (rows, columns, y, x) => Array.from({ length: rows * columns }, (_, i) => (i === y * columns + x ? 1 : 0));
  assert.equal(mainPlace(spot(8, 8, 0, 0), [8, 8]).place, 'the upper left');
  assert.equal(mainPlace(spot(8, 8, 7, 7), [8, 8]).place, 'the lower right');
  assert.equal(mainPlace(spot(4, 4, 3, 0), [4, 4]).place, 'the lower left');
  assert.deepEqual(mainPlace(Array(64).fill(0), [8, 8]), null);
  const even = mainPlace(Array(64).fill(1), [8, 8]);
  assert.ok(Math.abs(even.share - 0.25) < 1e-12);
  const centre = Array(64).fill(0);
  for (const i of [27, 28, 35, 36]) centre[i] = 1;
  assert.equal(mainPlace(centre, [8, 8]).place, 'the centre');
});

test('the text twin of the maps says where, how alike, and when there is nothing', () => {
  const cam = (map, zero = false) => ({ map, grid: [2, 2], zero });
  const item = { teacher: cam([1, 0, 0, 0]), student: cam([0.9, 0.1, 0, 0]), control: cam([0, 0, 0, 1]), cosine: { teacherStudent: 0.99, teacherControl: 0 } };
  assert.match(plain(mapsSentence(item, 5)), /^The teacher looks mainly at the upper left \(100 % of its map\), the student mainly at .*student 0\.99, control 0\.00; on this image the student is closer\.$/);
  assert.match(mapsSentence(item, 0), /both are the same untrained network\.$/);
  const zero = { ...item, control: cam([0, 0, 0, 0], true), cosine: { teacherStudent: 0.99, teacherControl: null } };
  assert.match(mapsSentence(zero, 5), /the control nowhere: its map is all zero\. With an all-zero map there is no cosine/);
});

const DESCRIPTION = {
  settings: [
    { name: 'student', type: 'choice', default: 'resnet8', label: 'Student', choices: [{ value: 'resnet8' }, { value: 'resnet14' }] },
    { name: 'temperature', type: 'number', default: 4, min: 0.5, max: 20, label: 'Temperature T' },
    { name: 'seed', type: 'integer', default: 0, min: 0, max: 100, label: 'Seed' },
    { name: 'augment', type: 'boolean', default: true, label: 'Crops and flips' },
  ],
};

test('links carry only what differs, and come back the same', () => {
  const values = { student: 'resnet14', temperature: 4, seed: 7, augment: false, backend: 'cpu' };
  const hash = writeHash(DESCRIPTION, values);
  assert.equal(hash, '#student=resnet14&seed=7&augment=false&backend=cpu');
  assert.deepEqual(readHash(DESCRIPTION, hash), { values: { student: 'resnet14', seed: 7, augment: false, backend: 'cpu' }, notes: [] });
  assert.equal(writeHash(DESCRIPTION, { temperature: 4 }), '');
});

test('what a link gets wrong is brought right and said', () => {
  const { values, notes } = readHash(DESCRIPTION, '#temperature=99&seed=2.4&student=vgg&augment=maybe&colour=red&backend=tpu');
  assert.deepEqual(values, { temperature: 20, seed: 2 });
  assert.equal(notes.length, 6);
  assert.equal(clamp(DESCRIPTION.settings[1], -5), 0.5);
  assert.equal(problemWith(DESCRIPTION.settings[2], 3), '');
  assert.match(problemWith(DESCRIPTION.settings[2], 3.5), /whole number/);
  assert.match(problemWith(DESCRIPTION.settings[3], 1), /true or false/);
});

test('numbers are written for reading', () => {
  assert.equal(plain(percentWithInterval(wilson(122, 200))), '61 % (54–67)');
  assert.equal(plain(percentWithInterval(wilson(610, 1000))), '61.0 % (57.9–64.0)');
  assert.equal(percentWithInterval(wilson(0, 0)), '–');
  assert.deepEqual([0.3, 4.4, 47, 200, 9000].map(duration), ['less than a second', '4 seconds', '45 seconds', '3 minutes', '2.5 hours']);
});
