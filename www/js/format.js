/** How numbers are written on the page. */

const NBSP = '\u00a0';
const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

/** 12,800 */
export const integer = (x) => whole.format(x);

/** A share in per cent: whole numbers below 1,000 observations, one decimal from there on. */
export function percent(rate, n = 0) {
  return rate === null || rate === undefined ? '–' : `${digits(rate, n)}${NBSP}%`;
}

/** «61 % (54–67)»; «–» when nothing was observed. */
export function percentWithInterval({ rate, low, high, n }) {
  if (rate === null) return '–';
  return `${percent(rate, n)} ${interval({ low, high, n })}`;
}

/** «(54–67)», in per cent; '' when nothing was observed. */
export const interval = ({ low, high, n }) => (low === null ? '' : `(${digits(low, n)}–${digits(high, n)})`);

/** «122 of 200» */
export const countOf = ({ count, n }) => `${integer(count)} of ${integer(n)}`;

const digits = (rate, n) => (rate * 100).toFixed(n >= 1000 ? 1 : 0);

/** A probability with two decimals. */
export const probability = (p) => p.toFixed(2);

/** 18.4 MB, 512 kB */
export function bytes(count) {
  return count >= 1e6 ? `${(count / 1e6).toFixed(1)}${NBSP}MB` : `${Math.max(1, Math.round(count / 1e3))}${NBSP}kB`;
}

/** Time as a person would say it, coarser the longer it is, so that it does not flicker. */
export function duration(seconds) {
  if (seconds < 1) return 'less than a second';
  if (seconds < 10) return plural(Math.round(seconds), 'second');
  if (seconds < 90) return `${Math.round(seconds / 5) * 5} seconds`;
  if (seconds < 5400) return plural(Math.round(seconds / 60), 'minute');
  return `${(seconds / 3600).toFixed(1)} hours`;
}

/** «1 image», «2 images» */
export const plural = (n, word, more = `${word}s`) => `${integer(n)} ${n === 1 ? word : more}`;

/** «a», «a and b», «a, b and c» */
export const list = (names) => (names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`);

/** Up to three significant digits, for speeds and losses. */
export function short(x) {
  if (!Number.isFinite(x)) return '–';
  if (Math.abs(x) >= 100) return integer(x);
  return x.toPrecision(3);
}

/** «+0.07», «−0.30», «0.00»: a difference carries its sign. */
export function signed(x, digits = 2) {
  const size = Math.abs(x).toFixed(digits);
  if (Number(size) === 0) return size;
  return `${x < 0 ? '−' : '+'}${size}`;
}

/** «+13 points (+6 to +20)»: a difference of shares with its interval; '' when there is none. */
export function points({ difference, low, high }, digits = 0) {
  return low === null ? '' : withEnds([difference, low, high].map((x) => x * 100), digits, ' points');
}

/** «+0.07 (+0.03 to +0.11)»: the same for numbers. */
export function gap({ difference, low, high }, digits = 2) {
  return low === null ? '' : withEnds([difference, low, high], digits);
}

/** More digits where rounding would put an end of the interval on a zero that it does not hold. */
function withEnds([middle, low, high], digits, unit = '') {
  const excludes = low > 0 || high < 0;
  const hidden = (places) => excludes && [low, high].some((end) => Number(Math.abs(end).toFixed(places)) === 0);
  let places = digits;
  while (hidden(places) && places < digits + MOST_MORE) places += 1;
  const say = (x) => signed(x, places);
  return `${say(middle)}${unit} (${say(low)} to ${say(high)})`;
}

const MOST_MORE = 4;

/** A correlation with its interval: «0.52 (0.41 to 0.62)». */
export function correlation({ rho, low, high }) {
  if (rho === null) return '–';
  return low === null ? number(rho) : `${number(rho)} (${number(low)} to ${number(high)})`;
}

/** A number with a true minus sign, «–» for none. */
export function number(x, digits = 2) {
  if (x === null || x === undefined) return '–';
  const size = Math.abs(x).toFixed(digits);
  return x < 0 && Number(size) !== 0 ? `−${size}` : size;
}
