/**
 * The lesson's own part: trains three students one after the other in one <kd-lens>, by its API, and tells what came out in
 * words that follow the intervals. Settings may be changed by the address, as `?seed=1`.
 */
const METHODS = [
  ['kl', 'Soft targets'],
  ['dkpp', 'Permuted dark knowledge'],
  ['label-smoothing', 'Label smoothing'],
];

/** Shapes-32 has ten classes. */
const CHANCE = 0.1;

const WORDS = {
  ready: 'Ready. Three trainings follow one another; how long each takes is shown below once it has begun.',
  training: (label, at) => `Training ${at} of ${METHODS.length}: ${label.toLowerCase()}.`,
  stopped: 'Stopped. The table shows what has been trained to the end.',
  done: 'All three have been trained.',
  failed: (message) => `That did not work: ${message}`,
  nearChance: (n, seed) => `All of them are still near chance, which is 10 % with ten classes (${n} test images, seed ${seed}): nothing can be said about the ways of teaching. Train longer: more epochs, more images or a smaller batch.`,
  against: {
    higher: (label, numbers) => `${label}: the student is more accurate than its control, ${numbers}.`,
    lower: (label, numbers) => `${label}: the student is less accurate than its control, ${numbers}.`,
    noDifference: (label, numbers) => `${label}: no difference from the control is seen, ${numbers}.`,
    unknown: (label) => `${label}: too few test images to compare student and control.`,
  },
  apart: (better, worse) => `${better} gave a more accurate student than ${worse.toLowerCase()}: their intervals do not overlap.`,
  alike: (a, b) => `Between ${a.toLowerCase()} and ${b.toLowerCase()} no difference is seen: the intervals of the two students overlap.`,
  note: (n, seed) => `Each student is held against the control of its own run on the same ${n} test images (paired, 95 %). The three students come from separate runs with seed ${seed}, so two of them are compared by their own intervals alone, which overlooks small differences; one seed is one draw.`,
};

const place = (id) => document.getElementById(id);
const lens = place('lens');
const train = place('train');
const halt = place('halt');
const say = (text) => {
  place('doing').textContent = text;
};
let stopped = false;

const api = lens.kdLens(1);
const given = Object.fromEntries(new URLSearchParams(location.search));
try {
  await api.ready();
  const { notes } = await api.set(given);
  say([...notes, WORDS.ready].join(' '));
  train.disabled = false;
} catch (error) {
  say(WORDS.failed(error.message));
}

train.addEventListener('click', async () => {
  train.disabled = true;
  halt.disabled = false;
  stopped = false;
  place('verdict').textContent = '';
  place('outcome').tBodies[0].replaceChildren();
  const found = {};
  try {
    for (const [at, [method, label]] of METHODS.entries()) {
      say(WORDS.training(label, at + 1));
      const last = await trainWith(method);
      if (stopped) break;
      found[method] = last;
      addRow(label, last);
    }
    say(stopped ? WORDS.stopped : WORDS.done);
    if (!stopped) place('verdict').textContent = verdict(found);
  } catch (error) {
    say(WORDS.failed(error.message));
  }
  train.disabled = false;
  halt.disabled = true;
});

halt.addEventListener('click', async () => {
  stopped = true;
  halt.disabled = true;
  await api.drop().catch(() => {});
});

/** One run to its end. @returns {Promise<object>} its last evaluation */
async function trainWith(method) {
  await api.drop();
  // A method's own settings, as the temperature, are those of the address or its defaults.
  await api.set({ ...given, method });
  const ended = new Promise((resolve, reject) => {
    const listen = ({ type, detail }) => {
      if (type === 'kd-lens:change' && detail.phase !== 'finished' && !stopped) return;
      for (const name of ['change', 'problem']) lens.removeEventListener(`kd-lens:${name}`, listen);
      if (type === 'kd-lens:problem') reject(new Error(detail.message));
      else resolve();
    };
    for (const name of ['change', 'problem']) lens.addEventListener(`kd-lens:${name}`, listen);
  });
  await Promise.all([api.run(), ended]);
  const { evaluations, settings } = await api.results();
  return stopped ? null : { ...evaluations.at(-1), seed: settings.seed };
}

const percent = (rate) => `${Math.round(rate * 100)}\u00a0%`;
const withInterval = ({ rate, low, high }) => `${percent(rate)} (${Math.round(low * 100)}–${Math.round(high * 100)})`;

/** «+4.6 points (+1.2 to +8.0)» */
function pointsOf({ difference, low, high }) {
  const signed = (share) => `${share < 0 ? '−' : '+'}${Math.abs(share * 100).toFixed(1)}`;
  return low === null ? '' : `${signed(difference)} points (${signed(low)} to ${signed(high)})`;
}

function addRow(label, { student, control, comparison }) {
  const row = place('outcome').tBodies[0].insertRow();
  const head = document.createElement('th');
  head.scope = 'row';
  head.textContent = label;
  row.append(head);
  for (const text of [withInterval(student), withInterval(control), pointsOf(comparison.accuracy)]) row.insertCell().textContent = text;
}

/** What may be said of two separate runs: a difference only where the two intervals do not overlap. */
function compare([a, labelA], [b, labelB]) {
  if (a.low > b.high) return WORDS.apart(labelA, labelB);
  return a.high < b.low ? WORDS.apart(labelB, labelA) : WORDS.alike(labelA, labelB);
}

function verdict(found) {
  const runs = METHODS.map(([method, label]) => ({ ...found[method], label }));
  const [soft, permuted, smoothing] = runs.map(({ student, label }) => [student, label]);
  const { n, seed } = runs[0];
  if (runs.every(({ student, control }) => Math.max(student.rate, control.rate) < 2 * CHANCE)) return WORDS.nearChance(n, seed);
  const alone = runs.map(({ label, comparison: { accuracy } }) => WORDS.against[accuracy.verdict](label, pointsOf(accuracy)));
  return [...alone, compare(soft, permuted), compare(soft, smoothing), WORDS.note(n, seed)].join(' ');
}
