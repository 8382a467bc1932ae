/**
 * The sentences that answer the questions. Their words follow the intervals: a difference is claimed only where the
 * interval excludes its absence, and a null result reads as calmly as a strong one.
 */
import { countOf, integer, percent, percentWithInterval, plural } from './format.js';
import { compare, compareWith, wilson } from './rates.js';

/** After an evaluation: accuracy of student and control, then agreement with the teacher. */
export function teachingAnswer(event) {
  const { student, control, agreement, n } = event;
  const accuracy = {
    1: `The student is more accurate than its control: ${both(student, control)}.`,
    0: `No difference seen in accuracy between student and control: ${both(student, control)}.`,
    '-1': `The student is less accurate than its control: ${both(student, control)}. Distillation did not help here so far.`,
  }[compare(student, control)];
  const agreeing = {
    1: `It agrees with the teacher more often: ${both(agreement.student, agreement.control)}.`,
    0: `Nor is one seen in how often they agree with the teacher: ${both(agreement.student, agreement.control)}.`,
    '-1': `It agrees with the teacher less often: ${both(agreement.student, agreement.control)}.`,
  }[compare(agreement.student, agreement.control)];
  const same = compare(student, control) === 0;
  const second =
    compare(agreement.student, agreement.control) === 0
      ? same
        ? agreeing
        : `No difference is seen in how often they agree with the teacher: ${both(agreement.student, agreement.control)}.`
      : same
        ? agreeing.replace('It agrees', 'But the student agrees')
        : agreeing;
  return { text: `${accuracy} ${second}`, small: `${integer(n)} test images, step ${integer(event.step)}. 95 % intervals in brackets.` };
}

const both = (student, control) => `${percentWithInterval(student)} against ${percentWithInterval(control)}`;

/** Where do they look: on how many images the student's map is closer to the teacher's. */
export function lookingAnswer(closer, skipped, step) {
  if (step === 0) return untaught();
  if (closer.n === 0) {
    return { text: 'No image has maps that can be compared: on each, one of the maps is all zero.', small: leftOut(skipped) };
  }
  const word = { 1: 'is closer', 0: 'is neither closer nor farther', '-1': 'is farther' }[compareWith(closer, 0.5)];
  const text =
    compareWith(closer, 0.5) === 0
      ? `No difference seen: the student’s map is closer to the teacher’s than the control’s is on ${percentWithInterval(closer)} of ${plural(closer.n, 'image')}; chance is 50 %.`
      : `The student ${word === 'is closer' ? 'looks where the teacher looks more than' : 'looks where the teacher looks less than'} its control does: its map ${word.replace('is farther', 'is closer')} to the teacher’s on ${percentWithInterval(closer)} of ${plural(closer.n, 'image')}; chance is 50 %.`;
  return { text, small: `${countOf(closer)} images. ${leftOut(skipped)}` };
}

const leftOut = (skipped) => (skipped === 0 ? 'None was left out.' : `${plural(skipped, 'image')} left out because a map was all zero.`);

/**
 * What fools them: on the images where exactly one of student and control was fooled, was it the student?
 * @param {{fooled: boolean, clean: object, adversarial: object}[]} items
 */
export function foolingAnswer(items, fooling, step) {
  if (step === 0) return untaught();
  const changed = (item, who) => item.clean[who] !== item.adversarial[who];
  const attacked = items.filter((item) => item.fooled);
  if (attacked.length === 0) {
    return { text: 'The attack fooled the teacher on no image, so there is nothing to pass on. A larger ε may.', small: `${plural(items.length, 'image')} attacked.` };
  }
  const onlyStudent = attacked.filter((item) => changed(item, 'student') && !changed(item, 'control')).length;
  const onlyControl = attacked.filter((item) => !changed(item, 'student') && changed(item, 'control')).length;
  const share = wilson(onlyStudent, onlyStudent + onlyControl);
  const numbers = `${both(fooling.student, fooling.control)} of the ${plural(attacked.length, 'image')} that fooled the teacher`;
  const text = {
    1: `What fools the teacher fools the student more often than its control: ${numbers}.`,
    0: `No difference seen in how often the teacher’s weak spots fool student and control: ${numbers}.`,
    '-1': `What fools the teacher fools the student less often than its control: ${numbers}.`,
  }[compareWith(share, 0.5)];
  const small =
    share.n === 0
      ? 'There is no image on which exactly one of the two was fooled.'
      : `Exactly one of the two was fooled on ${plural(share.n, 'image')}; it was the student on ${percentWithInterval(share)} of them, chance is 50 %.`;
  return { text, small };
}

const untaught = () => ({
  text: 'Nothing has been taught yet: student and control are the same untrained network, so nothing can set them apart.',
  small: '',
});

const PLACES = [
  ['the upper left', 'the top', 'the upper right'],
  ['the left', 'the centre', 'the right'],
  ['the lower left', 'the bottom', 'the lower right'],
];

/**
 * Where a map has most of its mass: the largest of nine overlapping ninths, each half the image wide.
 * @returns {{place: string, share: number}|null} null for an all-zero map
 */
export function mainPlace(map, [rows, columns]) {
  const total = map.reduce((sum, value) => sum + value, 0);
  if (!(total > 0)) return null;
  let best = null;
  for (let v = 0; v < 3; v += 1) {
    for (let u = 0; u < 3; u += 1) {
      let sum = 0;
      for (let y = 0; y < rows; y += 1) {
        for (let x = 0; x < columns; x += 1) {
          sum += map[y * columns + x] * overlap(y, rows, v) * overlap(x, columns, u);
        }
      }
      if (!best || sum > best.sum + 1e-9 * total) best = { sum, place: PLACES[v][u] };
    }
  }
  return { place: best.place, share: best.sum / total };
}

/** How much of cell `i` of `count` lies in the window of half the width that starts at `third` quarters. */
function overlap(i, count, third) {
  const start = (third / 4) * count;
  const end = start + count / 2;
  return Math.max(0, Math.min(i + 1, end) - Math.max(i, start));
}

/** The text twin of three maps. */
export function mapsSentence(item, step) {
  const looks = (who, name) => {
    const place = item[who].zero ? null : mainPlace(Array.from(item[who].map), item[who].grid);
    return place ? `${name} mainly at ${place.place} (${percent(place.share)} of its map)` : `${name} nowhere: its map is all zero`;
  };
  const { teacherStudent: ts, teacherControl: tc } = item.cosine;
  const where = `The teacher looks ${looks('teacher', '').trim()}, ${looks('student', 'the student')}, ${looks('control', 'the control')}.`;
  if (ts === null || tc === null) return `${where} With an all-zero map there is no cosine, so this image is left out of the comparison.`;
  const overlaps = `Cosine with the teacher’s map: student ${ts.toFixed(2)}, control ${tc.toFixed(2)}`;
  if (step === 0) return `${where} ${overlaps}; both are the same untrained network.`;
  return `${where} ${overlaps}; on this image the ${ts > tc ? 'student' : 'control'} is closer.`;
}
