/**
 * The lesson's own part: trains three students one after the other in one <kd-lens>, by its API, and tells what came out in
 * words that follow the intervals. Settings may be changed by the address, as `?seed=1`.
 */
const METHODS = [
  ['kl', 'Soft targets'],
  ['dkpp', 'Permuted dark knowledge'],
  ['label-smoothing', 'Label smoothing'],
];

const WORDS = {
  ready: 'Ready. Three trainings follow one another; how long each takes is shown below once it has begun.',
  training: (label, at) => `Training ${at} of ${METHODS.length}: ${label.toLowerCase()}.`,
  stopped: 'Stopped. The table shows what has been trained to the end.',
  done: 'All three have been trained.',
  failed: (message) => `That did not work: ${message}`,
  none: (n, seed) => `No difference between soft targets and permuted ones was seen: their intervals overlap (${n} test images, seed ${seed}).`,
  some: (better, n, seed) => `${better} gave the more accurate student: the intervals do not overlap (${n} test images, seed ${seed}; one seed is one draw).`,
  control: { above: 'Soft targets beat their control.', below: 'Soft targets did worse than their control.', same: 'No difference between soft targets and their control was seen.' },
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
    if (found.dkpp) place('verdict').textContent = verdict(found);
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

function addRow(label, { student, control }) {
  const row = place('outcome').tBodies[0].insertRow();
  const head = document.createElement('th');
  head.scope = 'row';
  head.textContent = label;
  row.append(head);
  for (const who of [student, control]) row.insertCell().textContent = withInterval(who);
}

/** What may be said: a difference only where two intervals do not overlap. */
function compare(a, b) {
  if (a.low > b.high) return 'above';
  return a.high < b.low ? 'below' : 'same';
}

function verdict({ kl, dkpp }) {
  const way = compare(kl.student, dkpp.student);
  const shuffled = way === 'same' ? WORDS.none(kl.n, kl.seed) : WORDS.some(way === 'above' ? METHODS[0][1] : METHODS[1][1], kl.n, kl.seed);
  return `${WORDS.control[compare(kl.student, kl.control)]} ${shuffled}`;
}
