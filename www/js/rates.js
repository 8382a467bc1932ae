/**
 * Shares with intervals, for results that are gathered in parts so that a long question can show progress and be
 * stopped. The engine uses the same formula (Wilson 1927, 95 %); a page test holds the two against each other.
 */

const Z = 1.959963984540054;

/** @returns {import('./engine.js').Rate} {count, n, rate, low, high}; null for the last three when n is 0 */
export function wilson(count, n) {
  if (n === 0) return { count, n, rate: null, low: null, high: null };
  const p = count / n;
  const z2 = (Z * Z) / n;
  const middle = (p + z2 / 2) / (1 + z2);
  const half = (Z * Math.sqrt((p * (1 - p)) / n + z2 / (4 * n))) / (1 + z2);
  return { count, n, rate: p, low: Math.max(0, middle - half), high: Math.min(1, middle + half) };
}

/** The counts of `parts` together. */
export const pooled = (parts) =>
  wilson(
    parts.reduce((sum, part) => sum + part.count, 0),
    parts.reduce((sum, part) => sum + part.n, 0),
  );

/** 1 when `a` is above `b` beyond both intervals, −1 when below, 0 when they overlap or one is empty. */
export function compare(a, b) {
  if (a.rate === null || b.rate === null) return 0;
  if (a.low > b.high) return 1;
  if (a.high < b.low) return -1;
  return 0;
}

/** The same against a fixed share, such as chance. */
export function compareWith(rate, share) {
  if (rate.rate === null) return 0;
  if (rate.low > share) return 1;
  if (rate.high < share) return -1;
  return 0;
}
