// A multiply-add micro-kernel, assembled here: what one thread of this browser can do at most with SIMD128 and with relaxed SIMD.

const unsigned = (n) => {
  const bytes = [];
  do {
    bytes.push((n & 127) | (n > 127 ? 128 : 0));
    n >>>= 7;
  } while (n);
  return bytes;
};
const section = (id, bytes) => [id, ...unsigned(bytes.length), ...bytes];
const simd = (op) => [0xfd, ...unsigned(op)];
const [SPLAT, ADD, MUL, MADD, EXTRACT] = [0x13, 0xe4, 0xe6, 0x105, 0x1f];

/** Independent sums: as many as the latency of a multiply-add on today's processors needs, and few enough for 16 registers. */
export const SUMS = 12;
/** Multiply-adds of each sum in one turn of the loop. */
const UNROLLED = 8;

/**
 * The module: `run(turns: i32) -> f32` makes SUMS × UNROLLED multiply-adds of four lanes in each turn.
 * @param {boolean} relaxed one fused instruction instead of a product and a sum
 */
export function microKernel(relaxed) {
  // Locals: 0 turns, 1 … SUMS the sums, then the two factors.
  const [a, b] = [SUMS + 1, SUMS + 2];
  const constant = (bits, local) => [0x43, ...bits, ...simd(SPLAT), 0x21, local];
  const start = Array.from({ length: SUMS }, (_, i) => constant([0, 0, i, 0x3f], i + 1)).flat();
  const one = (sum) => (relaxed ? [0x20, sum, 0x20, a, 0x20, b, ...simd(MADD), 0x21, sum] : [0x20, sum, 0x20, a, ...simd(MUL), 0x20, b, ...simd(ADD), 0x21, sum]);
  const turn = Array.from({ length: SUMS * UNROLLED }, (_, i) => one((i % SUMS) + 1)).flat();
  const total = [0x20, 1, ...Array.from({ length: SUMS - 1 }, (_, i) => [0x20, i + 2, ...simd(ADD)]).flat(), ...simd(EXTRACT), 0];
  const body = [
    1, ...unsigned(SUMS + 2), 0x7b,
    ...start,
    // sum ← sum·a + b with 0 < a < 1: it stays a normal number for ever.
    ...constant([0, 0, 0x7f, 0x3f], a),
    ...constant([0, 0, 0x80, 0x3e], b),
    0x03, 0x40, ...turn, 0x20, 0, 0x41, 1, 0x6b, 0x22, 0, 0x0d, 0, 0x0b,
    ...total, 0x0b,
  ];
  return new Uint8Array([
    0, 0x61, 0x73, 0x6d, 1, 0, 0, 0,
    ...section(1, [1, 0x60, 1, 0x7f, 1, 0x7d]),
    ...section(3, [1, 0]),
    ...section(7, [1, 3, ...Buffer.from('run'), 0, 0]),
    ...section(10, [1, ...unsigned(body.length), ...body]),
  ]);
}

/** Floating-point operations of one turn: a multiply-add counts as two. */
export const FLOP_PER_TURN = SUMS * UNROLLED * 4 * 2;
