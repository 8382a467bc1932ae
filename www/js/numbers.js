/**
 * How numbers are written in one language. The strings files use this for their own language and `format.js` for the page's; it
 * imports nothing, because `words.js` waits for the strings.
 */

const NBSP = '\u00a0';
const MOST_MORE = 4;

/**
 * @param {string} language a tag that Intl knows
 * @param {object} words the section `format` of that language's strings
 */
export function makeFormat(language, words) {
  const whole = new Intl.NumberFormat(language, { maximumFractionDigits: 0 });
  const ticks = new Intl.NumberFormat(language);
  const mark = new Intl.NumberFormat(language).formatToParts(0.5).find(({ type }) => type === 'decimal').value;

  /** 12,800 */
  const integer = (x) => whole.format(x);

  /** Digits as JavaScript writes them, with the language's decimal mark. */
  const written = (x) => String(x).replace('.', mark);

  const fixed = (x, places) => written(x.toFixed(places));

  const digits = (rate, n) => fixed(rate * 100, n >= 1000 ? 1 : 0);

  /** A share in per cent: whole numbers below 1,000 observations, one decimal from there on. */
  const percent = (rate, n = 0) => (rate === null || rate === undefined ? '–' : `${digits(rate, n)}${NBSP}%`);

  /** «(54–67)», in per cent; '' when nothing was observed. */
  const interval = ({ low, high, n }) => (low === null ? '' : `(${digits(low, n)}–${digits(high, n)})`);

  /** «61 % (54–67)»; «–» when nothing was observed. */
  const percentWithInterval = ({ rate, low, high, n }) => (rate === null ? '–' : `${percent(rate, n)} ${interval({ low, high, n })}`);

  /** «122 of 200» */
  const countOf = ({ count, n }) => words.countOf(integer(count), integer(n));

  /** A probability with two decimals. */
  const probability = (p) => fixed(p, 2);

  /** 18.4 MB, 512 kB */
  const bytes = (count) => (count >= 1e6 ? `${fixed(count / 1e6, 1)}${NBSP}MB` : `${Math.max(1, Math.round(count / 1e3))}${NBSP}kB`);

  /** «1 image», «2 images». English adds an s where no other form is given. */
  const plural = (n, word, more = `${word}s`) => `${integer(n)} ${n === 1 ? word : more}`;

  /** Time as a person would say it, coarser the longer it is, so that it does not flicker. */
  function duration(seconds) {
    if (seconds < 1) return words.instant;
    if (seconds < 10) return plural(Math.round(seconds), ...words.second);
    if (seconds < 90) return plural(Math.round(seconds / 5) * 5, ...words.second);
    if (seconds < 5400) return plural(Math.round(seconds / 60), ...words.minute);
    return `${fixed(seconds / 3600, 1)} ${words.hours}`;
  }

  const joined = (names, word) => (names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} ${word} ${names.at(-1)}`);

  /** «a», «a and b», «a, b and c» */
  const list = (names) => joined(names, words.and);

  /** «a», «a or b», «a, b or c» */
  const either = (names) => joined(names, words.or);

  /** Up to three significant digits, for speeds and losses. */
  function short(x) {
    if (!Number.isFinite(x)) return '–';
    if (Math.abs(x) >= 100) return integer(x);
    return written(x.toPrecision(3));
  }

  /** «+0.07», «−0.30», «0.00»: a difference carries its sign. */
  function signed(x, places = 2) {
    const size = Math.abs(x).toFixed(places);
    if (Number(size) === 0) return written(size);
    return `${x < 0 ? '−' : '+'}${written(size)}`;
  }

  /** More digits where rounding would put an end of the interval on zero: whether it holds zero must be seen. */
  function withEnds([middle, low, high], least, unit = (text) => text) {
    const hidden = (places) => [low, high].some((end) => end !== 0 && Number(Math.abs(end).toFixed(places)) === 0);
    let places = least;
    while (hidden(places) && places < least + MOST_MORE) places += 1;
    // An end that is zero but for rounding.
    if (hidden(places) && low <= 0 && high >= 0) places = least;
    const say = (x) => signed(x, places);
    return `${unit(say(middle))} (${words.range(say(low), say(high))})`;
  }

  /** «+13.0 points (+6.2 to +19.8)»: a difference of shares with its interval; '' when there is none. One decimal also beside whole
   * percents, whose own difference is rounded twice. */
  const points = ({ difference, low, high }, places = 1) => (low === null ? '' : withEnds([difference, low, high].map((x) => x * 100), places, words.points));

  /** «+13.0 points»: a difference of shares alone. */
  const pointsAlone = (difference, places = 1) => words.points(signed(difference * 100, places));

  /** «+0.07 (+0.03 to +0.11)»: the same for numbers. */
  const gap = ({ difference, low, high }, places = 2) => (low === null ? '' : withEnds([difference, low, high], places));

  /** A number with a true minus sign, «–» for none. */
  function number(x, places = 2) {
    if (x === null || x === undefined) return '–';
    const size = Math.abs(x).toFixed(places);
    return x < 0 && Number(size) !== 0 ? `−${written(size)}` : written(size);
  }

  /** A correlation with its interval: «0.52 (0.41 to 0.62)». */
  function correlation({ rho, low, high }) {
    if (rho === null) return '–';
    return low === null ? number(rho) : `${number(rho)} (${words.range(number(low), number(high))})`;
  }

  /** A value on an axis. */
  const tick = (x) => ticks.format(x).replace('-', '−');

  return { integer, written, fixed, percent, percentWithInterval, interval, countOf, probability, bytes, duration, plural, list, either, short, signed, points, pointsAlone, gap, correlation, number, tick };
}
