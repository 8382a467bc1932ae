/**
 * Paired comparisons of results that were gathered in parts. The engine gives a comparison of the images of one question;
 * a question that shows its progress is asked in parts, and the parts' intervals cannot be added up. So the page repeats
 * the engine's calculation over all of them, with the engine's own random numbers: the same images give the same numbers.
 */

const RESAMPLES = 2000;
/** What the engine calls its stream for intervals (`Purpose::Bootstrap`). */
const BOOTSTRAP = 7;

/**
 * The words of ChaCha with eight rounds (Bernstein 2008) whose key is four numbers of 64 bits, as the engine's `stream`.
 * @param {number[]} key four whole numbers, each below 2^53
 * @returns {() => number} 32 bits at a call
 */
export function words(key) {
  const halves = key.flatMap((number) => [number >>> 0, Math.floor(number / 2 ** 32)]);
  const start = Uint32Array.from([0x61707865, 0x3320646e, 0x79622d32, 0x6b206574, ...halves, 0, 0, 0, 0]);
  const block = new Uint32Array(16);
  let used = 16;
  const turn = (value, bits) => (value << bits) | (value >>> (32 - bits));
  const quarter = (a, b, c, d) => {
    block[a] += block[b];
    block[d] = turn(block[d] ^ block[a], 16);
    block[c] += block[d];
    block[b] = turn(block[b] ^ block[c], 12);
    block[a] += block[b];
    block[d] = turn(block[d] ^ block[a], 8);
    block[c] += block[d];
    block[b] = turn(block[b] ^ block[c], 7);
  };
  const refill = () => {
    block.set(start);
    for (let round = 0; round < 4; round += 1) {
      for (let i = 0; i < 4; i += 1) quarter(i, i + 4, i + 8, i + 12);
      for (let i = 0; i < 4; i += 1) quarter(i, 4 + ((i + 1) % 4), 8 + ((i + 2) % 4), 12 + ((i + 3) % 4));
    }
    for (let i = 0; i < 16; i += 1) block[i] += start[i];
    start[12] += 1;
    used = 0;
  };
  return () => {
    if (used === 16) refill();
    used += 1;
    return block[used - 1];
  };
}

/** A whole number below `n`, every one equally likely (Lemire 2019). */
function below(next, n) {
  const rejected = 2 ** 32 % n;
  for (;;) {
    const word = next();
    // The low half of the product in 64 bits decides, the high half is the number.
    if (Math.imul(word, n) >>> 0 >= rejected) return Math.floor((word * n) / 2 ** 32);
  }
}

/**
 * Mean difference of pairs with the percentile interval of the paired bootstrap (Efron 1979), as the engine computes it.
 * @param {[number, number][]} pairs (student, control) of the same images; yes and no are 1 and 0
 * @param {number} seed of the run
 * @returns {import('./engine.js').Comparison}
 */
export function comparison(pairs, seed) {
  const n = pairs.length;
  const mean = (of) => (n === 0 ? null : pairs.reduce((sum, pair) => sum + of(pair), 0) / n);
  const found = { n, student: mean((pair) => pair[0]), control: mean((pair) => pair[1]), difference: mean((pair) => pair[0] - pair[1]), low: null, high: null, verdict: 'unknown' };
  if (n < 2) return found;
  const differences = Float64Array.from(pairs, (pair) => pair[0] - pair[1]);
  const next = words([seed, BOOTSTRAP, n, 0]);
  const means = new Float64Array(RESAMPLES);
  for (let i = 0; i < RESAMPLES; i += 1) {
    let sum = 0;
    for (let j = 0; j < n; j += 1) sum += differences[below(next, n)];
    means[i] = sum / n;
  }
  means.sort();
  [found.low, found.high] = [0.025, 0.975].map((share) => quantile(means, share));
  found.verdict = found.low > 0 ? 'higher' : found.high < 0 ? 'lower' : 'noDifference';
  return found;
}

/** Linear interpolation between order statistics (type 7 of Hyndman & Fan 1996). */
function quantile(sorted, share) {
  const at = share * (sorted.length - 1);
  const low = Math.floor(at);
  return sorted[low] + (at - low) * (sorted[Math.min(low + 1, sorted.length - 1)] - sorted[low]);
}
