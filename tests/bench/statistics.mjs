// The benchmark's arithmetic: samples taken in turn, and what is said of them.

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** @returns {{median: number, low: number, high: number, n: number} | null} null without a sample */
export function summary(values) {
  if (values.length === 0) return null;
  return { median: median(values), low: Math.min(...values), high: Math.max(...values), n: values.length };
}

/** Steps in a sample, so that it lasts about `seconds`. */
export const repeatsFor = (secondsEach, seconds, most) => Math.max(1, Math.min(most, Math.round(seconds / secondsEach)));

/**
 * Takes samples of all subjects in turn, round by round, so that a machine that is slow for a while is slow for all of them.
 *
 * A subject is warmed up first: `warm()` tells how long one sample will take, in seconds. It gets no further sample once its
 * next one would end after `limitSeconds` of samples (warm-up not counted), but at least one. One that fails is left out from
 * there on and its error is kept.
 *
 * @param {{name: string, warm: () => Promise<number>, sample: () => Promise<number>}[]} subjects
 * @param {{rounds: number, limitSeconds: number, clock?: () => number, tell?: (line: string) => void}} options `clock` in seconds
 * @returns {Promise<Map<string, {samples: number[], stopped: boolean, error: string | null}>>}
 */
export async function interleave(subjects, { rounds, limitSeconds, clock = () => performance.now() / 1000, tell = () => {} }) {
  const states = subjects.map((subject) => ({ subject, samples: [], spent: 0, expected: 0, stopped: false, error: null }));
  const attempt = async (state, work) => {
    try {
      await work();
    } catch (error) {
      state.error = String(error?.message ?? error);
      tell(`${state.subject.name} failed: ${state.error.split('\n')[0]}`);
    }
  };
  for (const state of states) {
    await attempt(state, async () => {
      state.expected = await state.subject.warm();
      tell(`${state.subject.name} is warm`);
    });
  }
  for (let round = 0; round < rounds; round += 1) {
    for (const state of states) {
      if (state.error !== null || state.stopped) continue;
      if (state.samples.length > 0 && state.spent + state.expected > limitSeconds) {
        state.stopped = true;
        tell(`${state.subject.name} has used its time after ${state.samples.length} of ${rounds} samples`);
        continue;
      }
      const began = clock();
      await attempt(state, async () => state.samples.push(await state.subject.sample()));
      const took = clock() - began;
      state.spent += took;
      state.expected = took;
    }
    tell(`round ${round + 1} of ${rounds}`);
  }
  return new Map(states.map(({ subject, samples, stopped, error }) => [subject.name, { samples, stopped, error }]));
}
