// The sentences, the numbers in them and the links: plain functions, tested without a browser.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { foolingAnswer, lookingAnswer, mainPlace, mapsSentence, outlineAnswer, sweepAnswer, teachingAnswer, unicamAnswer, unicamSentence } from '../../www/js/answers.js';
import { domainsAnswer, invarianceAnswer, shapeAnswer } from '../../www/js/answers-ignore.js';
import { best, boundaryAnswer, calibrationSentence, factorAnswer, fidelityAnswer, geometryAnswer, layersAnswer, projectorAnswer, relevanceAnswer } from '../../www/js/answers-why.js';
import { duration, gap, list, number, percentWithInterval, points, signed } from '../../www/js/format.js';
import { pooledAttack } from '../../www/js/pool.js';
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
  const paired = (a, b) => ({ n: 1000, student: a / 1000, control: b / 1000, difference: (a - b) / 1000, low: (a - b) / 1000 - 0.03, high: (a - b) / 1000 + 0.03, verdict: a - b > 30 ? 'higher' : a - b < -30 ? 'lower' : 'noDifference' });
  const event = (s, c, as, ac) => ({ step: 500, comparison: { accuracy: paired(s, c), agreement: paired(as, ac) }, n: 1000, teacher: wilson(900, 1000), student: wilson(s, 1000), control: wilson(c, 1000), agreement: { student: wilson(as, 1000), control: wilson(ac, 1000) } });
  const say = (...counts) => plain(teachingAnswer(event(...counts)).text);
  assert.match(say(700, 600, 750, 600), /^The student is more accurate than its control: 70\.0 % \(67\.1–72\.8\) against 60\.0 % \(56\.9–63\.0\), \+10\.0 points \(\+7\.0 to \+13\.0\)\. It agrees with the teacher more often: 75\.0 %/);
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
  assert.match(say(130, 200), /looks where the teacher looks more than its control does.*closer to the teacher’s on 65 % \(58–71\) of 200 images; 50 % would be no difference\. 130 of 200 images\. 3 images left out/);
  assert.match(say(96, 200), /^No difference seen: .* 48 % \(41–55\) of 200 images; 50 % would be no difference/);
  assert.match(say(60, 200), /looks where the teacher looks less than its control does/);
  assert.match(say(0, 0, 4), /^No image has maps that can be compared/);
  assert.match(plain(lookingAnswer(wilson(0, 0), 1, 9, 20).text), /^Student and control look at the same places: on all 20 images/);
  assert.match(plain(lookingAnswer(wilson(130, 200), 0, 9, 2).small), /^130 of 200 images\. 2 images on which both are equally close not counted\./);
  assert.match(say(0, 10, 0, 0), /^Nothing has been taught yet/);
});

/** A report of one part of an attack, in which given numbers of images fool only the student, only the control or both. */
function attackReport({ onlyS = 0, onlyC = 0, both = 0, neither = 0, unfooled = 5, source = 'teacher', step = 9, withoutGradient = 0 }) {
  const item = (fooled, s, c) => {
    const moved = { teacher: source === 'teacher' ? fooled : s, student: source === 'student' ? fooled : s, control: source === 'control' ? fooled : c };
    return {
      fooled,
      clean: { teacher: 0, student: 0, control: 0 },
      adversarial: Object.fromEntries(Object.entries(moved).map(([who, yes]) => [who, Number(yes)])),
      noise: { teacher: 0, student: 0, control: 0 },
    };
  };
  const items = [...Array(onlyS).fill(item(true, true, false)), ...Array(onlyC).fill(item(true, false, true)), ...Array(both).fill(item(true, true, true)), ...Array(neither).fill(item(true, false, false)), ...Array(unfooled).fill(item(false, true, false))];
  const rates = (condition) =>
    Object.fromEntries(['teacher', 'student', 'control'].map((who) => {
      const asked = items.filter((entry) => entry.fooled || who === source);
      return [who, wilson(asked.filter((entry) => entry[condition][who] === 1).length, asked.length)];
    }));
  const none = wilson(0, 0);
  return { source, step, seed: 0, epsilon: 8, norm: 'linf', randomStart: false, steps: 5, withoutGradient, items, fooling: rates('adversarial'), noise: rates('noise'), sameWrongClass: { teacher: none, student: wilson(3, 4), control: wilson(1, 2) } };
}

/** In the engine's place, which these tests do without: the paired difference with its normal approximation. */
async function paired(pairs) {
  const n = pairs.length;
  const mean = (of) => (n === 0 ? null : pairs.reduce((sum, pair) => sum + of(pair), 0) / n);
  const difference = mean(([a, b]) => a - b);
  const found = { n, student: mean(([a]) => a), control: mean(([, b]) => b), difference, low: null, high: null, verdict: 'unknown' };
  if (n < 2) return found;
  const half = 1.96 * Math.sqrt(mean(([a, b]) => (a - b - difference) ** 2) / n);
  const [low, high] = [difference - half, difference + half];
  return { ...found, low, high, verdict: low > 0 ? 'higher' : high < 0 ? 'lower' : 'noDifference' };
}

test('the fooling answer follows the interval of the paired difference', async () => {
  const say = async (...parts) => {
    const { text, small } = foolingAnswer(await pooledAttack(parts.map(attackReport), paired));
    return plain(`${text} ${small}`);
  };
  assert.match(await say({ onlyS: 40, onlyC: 10, both: 50 }), /^What fools the teacher fools the student more often than the control: 90 % \(\d+–\d+\) against 60 % .* of the 100 images that fooled the teacher, \+30\.0 points \(\+\d+\.\d to \+\d+\.\d\)\. Noise of the same size: 0 % .* 0\.0 points/);
  assert.match(await say({ onlyS: 40, onlyC: 10, both: 50 }), /the very class that the teacher saw on: student 3 of 4, control 1 of 2/);
  assert.match(await say({ onlyS: 12, onlyC: 10, both: 50 }), /^No difference seen/);
  assert.match(await say({ onlyS: 10, onlyC: 40, both: 50 }), /^What fools the teacher fools the student less often than the control: .* −30\.0 points/);
  assert.match(await say({ both: 1 }), /^Only one image fooled the teacher: too few/);
  assert.match(await say({}), /fooled the teacher on no image/);
  assert.doesNotMatch(await say({ both: 40 }), /gradient/);
  assert.match(await say({ both: 40, withoutGradient: 30 }, { both: 40, withoutGradient: 2 }), /On 32 images the teacher is so sure that its cross-entropy has no gradient/);
  assert.match(await say({ withoutGradient: 5 }), /on no image.*On 5 images the teacher is so sure/);
  assert.match(await say({ onlyS: 9, both: 9, step: 0 }), /^Nothing has been taught yet/);
  assert.match(await say({ onlyS: 30, onlyC: 2, source: 'student' }), /^What fools the student fools the teacher more often than the control/);
  assert.match(await say({ onlyS: 20, both: 20 }, { onlyS: 20, both: 20 }), /of the 80 images that fooled the teacher/);
});

test('the answer to rising strength sorts the strengths by what their intervals say', async () => {
  const found = await Promise.all([{ epsilon: 1, onlyS: 1, both: 0 }, { epsilon: 2, both: 20, neither: 20 }, { epsilon: 8, onlyS: 30, both: 10 }, { epsilon: 16, onlyC: 30, both: 10 }].map(async ({ epsilon, ...counts }) => ({ ...(await pooledAttack([attackReport(counts)], paired)), epsilon })));
  assert.equal(sweepAnswer(found, 'teacher').text, 'The student is fooled more often than the control at ε = 8/255; the student is fooled less often than the control at ε = 16/255; no difference between student and control is seen at ε = 2/255; too few images were fooled at ε = 1/255.');
  assert.match(sweepAnswer([await pooledAttack([attackReport({})], paired)], 'teacher').text, /^At none of these strengths/);
});

/** A made-up comparison with a verdict, as the engine reports it. */
const compared = (verdict, student = 0.5, control = 0.4) => {
  const interval = { higher: [0.1, 0.3], noDifference: [-0.1, 0.3], lower: [-0.3, -0.1], unknown: [null, null] }[verdict];
  return { n: verdict === 'unknown' ? 1 : 64, student, control, difference: { higher: 0.2, noDifference: 0.1, lower: -0.2, unknown: 0.1 }[verdict], low: interval[0], high: interval[1], verdict };
};
const three = (teacher, student, control) => ({ teacher, student, control });
const VERDICTS = ['higher', 'noDifference', 'lower', 'unknown'];

test('maps against outlines, and what UniCAM finds, follow the verdict', () => {
  const outline = (verdict) => plain(outlineAnswer({ chance: 0.22, energy: compared(verdict), teacherEnergy: 0.6 }));
  const expected = [/outline more than the control’s: 50 % of its map against 40 %, \+20\.0 points \(\+10\.0 to \+30\.0\), on 64 images/, /^No difference seen/, /outline less than the control’s.*−20\.0 points/, /^Too few images/];
  VERDICTS.forEach((verdict, i) => assert.match(outline(verdict), expected[i]));
  assert.match(outline('higher'), /The object covers 22 % of the image and holds 60 % of the teacher’s map\.$/);
  const report = (patch) => ({ against: 'control', distilled: { relevance: 0.12, left: 0.4 }, residual: { relevance: -0.04, left: 0.4 }, energy: null, chance: null, n: 64, step: 9, ...patch });
  const say = (patch) => plain(Object.values(unicamAnswer(report(patch))).join(' '));
  const same = { relevance: 0, left: 4e-8 };
  assert.match(say({ distilled: same, residual: same, step: 0 }), /^Student and control are still the same network.*both maps are empty/);
  assert.match(say({}), /^Of how student and control tell the images apart 40 % is not proportional to the other’s\. What is left relates to the labels with 0\.12 in the student and −0\.04 in the control/);
  const told = [/distilled lies inside .* more than what was left behind: 50 % against 40 %/, /No difference seen in how much of the two maps/, /less than what was left behind/, /Too few images have both maps/];
  VERDICTS.forEach((verdict, i) => assert.match(say({ energy: compared(verdict), chance: 0.2 }), told[i]));
  const heat = (map) => ({ map, grid: [2, 2], zero: map.every((value) => value === 0), energy: null });
  assert.match(plain(unicamSentence({ distilled: heat([1, 0, 0, 0]), residual: heat([0, 0, 0, 0]) }, 'teacher')), /has beyond the teacher lies mainly at the upper left \(100 % of the map\)\. What the teacher has beyond the student lies nowhere: the map is all zero\.$/);
});

test('the fidelity answer has three findings, each with the words of its own verdict', () => {
  const report = (agreement, kl, alignment, patch) => ({
    step: 9, n: 64, agreement: compared(agreement), predictiveKl: compared(kl), gradientAlignment: compared(alignment),
    agreementRates: { student: wilson(32, 64), control: wilson(26, 64) }, kappa: { student: 0.3, control: null }, bounds: { student: { low: 0.4, high: 0.9 }, control: { low: 0.3, high: 0.8 } }, foreign: null, chance: null, ...patch,
  });
  const say = (...given) => plain(Object.values(fidelityAnswer(report(...given))).join(' '));
  assert.match(say('higher', 'lower', 'noDifference'), /^The student gives the teacher’s answer more often than the control: 50 % \(38–62\) against 41 % \(\d+–\d+\), \+20\.0 points \(\+10\.0 to \+30\.0\)\. Its probabilities are closer to the teacher’s.*−0\.20 \(−0\.30 to −0\.10\)\. No difference seen in how much they use the pixels/);
  assert.match(say('noDifference', 'noDifference', 'higher'), /^No difference seen in how often .* No difference seen in how far .* It uses the pixels more as the teacher does: cosine 0\.50 against 0\.40, \+0\.20/);
  assert.match(say('lower', 'higher', 'lower'), /^The student gives the teacher’s answer less often .* farther from the teacher’s .* uses the pixels less/);
  assert.match(say('unknown', 'unknown', 'unknown'), /^Too few images to compare how often they give the teacher’s answer\. 64 images\./);
  assert.match(say('higher', 'lower', 'higher', { step: 0 }), /^Nothing has been taught yet/);
  assert.match(say('higher', 'lower', 'higher'), /allow an agreement of 40 % to 90 % \(student\) and 30 % to 80 % \(control\)\.$/);
  assert.match(say('higher', 'lower', 'higher', { kappa: { student: 0.3, control: 0.1 }, chance: wilson(30, 64), foreign: compared('higher') }), /\(κ\): 0\.30 against 0\.10\. With a network that had no part in this the student agrees on 40 %\. Two controls of different seeds agree on 47 %/);
  const bins = [{ upper: 0.5, count: 1, confidence: 0.4, accuracy: 0 }, { upper: 1, count: 3, confidence: 0.8, accuracy: 1 }];
  const own = { accuracy: wilson(3, 4), ece: 0.25, nll: 1, bins };
  assert.match(plain(calibrationSentence({ teacher: own, student: own, control: own })), /^On the average the teacher says it is 70 % sure and is right on 75 % \(calibration error 0\.250\); the student/);
});

test('rank correlations are called a link only where their interval excludes zero', () => {
  const rho = (value, low, high) => ({ n: 45, rho: value, low, high });
  const [up, none, down, unknown] = [rho(0.5, 0.3, 0.7), rho(0.1, -0.2, 0.4), rho(-0.5, -0.7, -0.3), rho(null, null, null)];
  const factor = (student, control, step = 9) => plain(Object.values(factorAnswer({ step, confidenceCorrelation: { student, control } })).join(' '));
  assert.match(factor(up, none), /the harder, compared with plain labels, soft targets would push .* 0\.50 \(0\.30 to 0\.70\) over 45 images.*it would be 0\.10 \(−0\.20 to 0\.40\)\. The two intervals overlap/);
  assert.match(factor(none, none), /^No link seen/);
  assert.match(factor(down, up), /the less, compared with plain labels, soft targets would push.*lower beyond both intervals/);
  assert.match(factor(unknown, unknown), /^Too few images, or too little variation/);
  assert.match(factor(up, up, 0), /still the same network\.\s*$/);
  const geometry = (student, control) => plain(Object.values(geometryAnswer({ step: 9, geometryCorrelation: { student, control } })).join(' '));
  assert.match(geometry(up, down), /^Classes that the teacher finds alike lie closer together .* higher beyond both intervals/);
  assert.match(geometry(none, up), /^No link seen/);
  assert.match(geometry(down, none), /farther apart/);
  assert.match(geometry(unknown, up), /^Too few pairs of classes/);
});

test('the projector’s answer names its numbers and those before', () => {
  const report = { step: 9, n: 64, shape: [64, 32], singularValues: Array(32).fill(1), effectiveRank: 31.96, fixedPointResidual: 0.416 };
  const say = (...given) => plain(projectorAnswer(...given).text);
  assert.match(say(report), /^Of the 32 directions of this 64 × 32 map about 32\.0 count\. Its distance from rest is 0\.42: /);
  assert.match(say(report, { ...report, step: 3, effectiveRank: 20, fixedPointResidual: 0.9 }), /32\.0 count; at step 3 it was 20\.0\. .* 0\.42 \(0\.90 before\)/);
  assert.match(say({ ...report, fixedPointResidual: null }), /no point of rest/);
});

test('what they ignore: sentences name the strengths and domains by what their intervals say', () => {
  const point = (strength, verdict, consensus = verdict) => ({ strength, kept: three(wilson(90, 100), wilson(70, 100), wilson(60, 100)), comparison: compared(verdict), consensus: { comparison: compared(consensus) }, accuracy: three(wilson(80, 100), wilson(50, 100), wilson(40, 100)) });
  const at = (all) => `s = ${list(all.map(String))}`;
  const say = (strengths, step = 9) => plain(Object.values(invarianceAnswer({ named: 'blur', at, strengths, n: 100, step })).join(' '));
  const all = say([point(1, 'noDifference'), point(2, 'higher'), point(3, 'higher', 'lower')]);
  assert.match(all, /^Blur: the student keeps its answers more often than the control at s = 2 and 3; no difference between student and control is seen at s = 1\. At s = 3 the teacher keeps 90 % \(\d+–\d+\), the student 70 % .* student − control \+20\.0 points \(\+10\.0 to \+30\.0\)\./);
  assert.match(all, /On the changed images, the student gives the teacher’s answer more often at s = 2; the student gives the teacher’s answer less often at s = 3; no difference is seen at s = 1\. Right answers at that strength: teacher 80 %/);
  assert.match(say([point(1, 'noDifference'), point(2, 'noDifference')]), /^Blur: no difference between student and control is seen at any strength\./);
  assert.match(say([point(1, 'lower'), point(2, 'lower')]), /less often than the control at every strength\./);
  assert.match(say([point(1, 'higher')], 0), /^Nothing has been taught yet/);
  assert.match(say([]), /^Nothing has been changed yet/);
  const domain = (name, verdict) => ({ domain: name, consensus: { student: wilson(60, 100), control: wilson(50, 100), comparison: compared(verdict) } });
  const names = { edges: 'edges', silhouettes: 'silhouettes' };
  const foreign = (...verdicts) => plain(Object.values(domainsAnswer({ domains: [domain('unchanged', 'higher'), ...verdicts.map((verdict, i) => domain(['edges', 'silhouettes'][i], verdict))], n: 100, step: 9 }, names)).join(' '));
  assert.match(foreign('higher', 'noDifference'), /^The student gives the teacher’s answer more often than the control on edges; no difference between student and control is seen on silhouettes\. On the unchanged images they give it on 60 % \(\d+–\d+\) against 50 % .*\+20\.0 points/);
  assert.match(foreign('noDifference', 'noDifference'), /is seen on any other kind of picture\./);
  assert.match(foreign('lower'), /^The student gives the teacher’s answer less often than the control on edges\./);
  assert.match(foreign(), /^No other domain has been shown yet/);
});

test('the shape answer says of how many images it is', () => {
  const cue = (verdict) => ({ bias: three(wilson(40, 80), wilson(50, 70), wilson(30, 60)), comparison: compared(verdict), texture: three(wilson(2, 100), wilson(9, 100), wilson(9, 100)) });
  const say = (verdict, patch = {}) => plain(Object.values(shapeAnswer({ patch: { ...cue(verdict), ...patch }, fill: cue(verdict), n: 100, step: 9 })).join(' '));
  assert.match(say('higher'), /goes by the outline more often than the control: 71 % \(\d+–\d+\) against 50 % \(\d+–\d+\) of the answers that follow either; \+20\.0 points \(\+10\.0 to \+30\.0\) on the 64 images on which both do\. The teacher: 50 %/);
  assert.match(say('lower'), /less often than the control/);
  assert.match(say('noDifference'), /^No difference seen/);
  assert.match(say('unknown'), /^Too few images on which both answer/);
  assert.match(say('unknown', { comparison: { n: 0, verdict: 'unknown' } }), /^On no image did both/);
});

test('of fewer than six planes or batches nothing is claimed', () => {
  const of = (n, verdict) => ({ ...compared(verdict), n });
  const plane = (n, verdict, step = 9) => plain(boundaryAnswer({ step, n, resolution: 12, comparison: of(n, verdict) }).text);
  assert.match(plane(6, 'higher'), /is the teacher’s on more points than the control’s is: 50 % of the points against 40 %, \+20\.0 points/);
  assert.match(plane(6, 'lower'), /on fewer points/);
  assert.match(plane(12, 'noDifference'), /^No difference seen/);
  assert.match(plane(5, 'higher'), /^Too few planes to tell a difference from chance\. .* 50 % of the points against 40 %/);
  assert.match(plane(1, 'unknown'), /^One plane alone gives no interval/);
  assert.match(plane(6, 'higher', 0), /^Nothing has been taught yet/);
  const matrix = [[0.9, 0.5], [0.7, 0.6], [0.05, 0.02]];
  const layer = (n, verdict) => plain(Object.values(layersAnswer({ step: 9, n: n * 32, teacherTaps: ['f0', 'f1', 'pooled'], studentTaps: ['f0', 'f1', 'pooled'], student: matrix, control: matrix, diagonal: of(n, verdict) })).join(' '));
  assert.match(layer(8, 'higher'), /^On the average over the layers the student’s features are more like the teacher’s than the control’s are: .* 0\.50 against 0\.40, \+0\.20 .* same place: 1 of 2 with the student, 1 of 2 with the control/);
  assert.match(layer(4, 'lower'), /^Too few batches to tell/);
  assert.deepEqual([best([0.2, null, 0.3]), best([null, 0.01])], [2, -1]);
  const relation = (n, fss, distilled) => plain(Object.values(relevanceAnswer({ step: 9, n: n * 32, batch: 32, layers: fss.map((verdict, i) => ({ tap: `f${i}`, fss: of(n, verdict) })), distilled: of(n, distilled), undefined: 2 })).join(' '));
  assert.match(relation(8, ['higher', 'noDifference', 'higher'], 'higher'), /^The student’s features are more like the teacher’s than the control’s are at f0 and f2; no difference in likeness is seen at f1\. What the student has beyond the control relates to the labels more .* 0\.50 against 0\.40.* 256 images in 8 batches of 32.* 2 batches without a number/);
  assert.match(relation(3, ['higher', 'lower'], 'lower'), /^Too few batches to tell a difference in likeness from chance at any tap\. .*too few batches to tell that from chance/);
});

test('differences carry their sign, and nothing is written as minus zero', () => {
  assert.deepEqual([0.3, -0.004, -0.3].map((x) => signed(x)), ['+0.30', '0.00', '−0.30']);
  assert.equal(points({ difference: 0.03, low: 0.002, high: 0.06 }), '+3.0 points (+0.2 to +6.0)');
  assert.equal(gap({ difference: 0.0028, low: 0.0004, high: 0.0052 }), '+0.0028 (+0.0004 to +0.0052)');
  assert.equal(points({ difference: 0.03, low: -0.002, high: 0.06 }), '+3.0 points (−0.2 to +6.0)');
  assert.equal(gap({ difference: 0.003, low: 0, high: 0.014 }), '0.00 (0.00 to +0.01)');
  assert.equal(gap({ difference: 0.003, low: -0.002, high: 0.014 }), '+0.003 (−0.002 to +0.014)', 'whether it holds zero can be seen');
  assert.deepEqual([number(-0.001), number(-1.5, 1), number(null)], ['0.00', '−1.5', '–']);
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
  assert.match(mapsSentence({ ...item, cosine: { teacherStudent: 0.5, teacherControl: 0.5 } }, 5), /both are equally close\.$/);
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
