//! The 3×3 convolution with stride 1 by minimal filtering, F(4×4, 3×3) of Lavin & Gray (2016, 1509.09308): 36 multiplications for
//! sixteen outputs instead of 144.
//!
//! `Y = Aᵀ[(G w Gᵀ) ⊙ (Bᵀ d B)]A` for every tile d of 6×6 inputs, summed over input channels within the brackets; so there are 36
//! small matrix products, one for each place of a tile. It is exact but for rounding.
#![allow(unsafe_code)]
// Indices say which register is meant, and an iterator over vectors could end up as a closure (see `simd::Kernel`).
#![allow(clippy::needless_range_loop)]

use super::simd::{Kernel, Vector, run};

/// Places of a tile in a row, and all of them.
pub(super) const SIDE: usize = 6;
pub(super) const PLACES: usize = SIDE * SIDE;
/// Outputs of a tile in a row.
pub(super) const STEP: usize = 4;
/// Output channels in a block of registers, and vectors of tiles in it. (For the weight gradient, where this says tiles read input
/// channels: there the tiles are what is summed over.)
pub(super) const BLOCK: usize = 4;
pub(super) const PAIR: usize = 2;
/// Terms of a sum between two branches of [`products`]; there are always a multiple of so many.
pub(super) const STEPS: usize = 4;
/// Tiles in a vector when they are taken out of a map and put into one.
pub(super) const LANES: usize = 4;
/// Lanes of the vectors that are multiplied, where the processor has them: longer ones would need more tiles than small maps have.
pub(super) const WIDE: usize = if cfg!(target_arch = "x86_64") { 8 } else { 4 };
/// Tiles that lie together, to be multiplied; there are always a multiple of so many.
pub(super) const TOGETHER: usize = PAIR * WIDE;

/// Numbers from the forms of one place to those of the next, in channels and tiles. What is written one after the other would
/// share one set of the first cache if they were a power of two apart.
pub(super) const fn apart(channels: usize, tiles: usize) -> usize {
    channels * tiles + 16
}

/// Maps that are cut into tiles, each with a border of zeros: `[images, inputs, H + 2, W + 2]` → `[images, outputs, H, W]`.
#[derive(Debug, Clone, Copy)]
pub struct Maps {
    pub inputs: usize,
    pub outputs: usize,
    /// Of the maps without borders: multiples of 4.
    pub height: usize,
    pub width: usize,
}

impl Maps {
    /// Tiles of a map.
    pub fn tiles(&self) -> usize {
        self.height / STEP * (self.width / STEP)
    }

    pub(super) fn plane(&self) -> usize {
        (self.height + 2) * (self.width + 2)
    }

    /// Where the tiles from `first` on begin, counted over all images: in the first plane of their image with its border, and
    /// in the first output plane.
    pub(super) fn places(&self, first: usize, count: usize) -> impl Iterator<Item = [usize; 2]> {
        let Self { inputs, outputs, height, width } = *self;
        let (tiles, columns, plane) = (self.tiles(), width / STEP, self.plane());
        (first..first + count).map(move |tile| {
            let (image, tile) = (tile / tiles, tile % tiles);
            let (row, column) = (STEP * (tile / columns), STEP * (tile % columns));
            [image * inputs * plane + row * (width + 2) + column, (image * outputs * height + row) * width + column]
        })
    }
}

/// The numbers from a place on.
///
/// # Safety
/// There must be `L` of them.
#[inline(always)]
pub(super) unsafe fn at<V: Vector<L>, const L: usize>(from: &[f32], place: usize) -> V {
    debug_assert!(place + L <= from.len());
    // SAFETY: the caller's.
    V::load(unsafe { &*from.as_ptr().add(place).cast() })
}

/// Rows become columns, of four vectors of four.
#[inline(always)]
pub(super) fn transpose<V: Vector<L>, const L: usize>([a, b, c, d]: [V; 4]) -> [V; 4] {
    let ([even, odd], [next_even, next_odd]) = (a.deinterleave(b), c.deinterleave(d));
    let ([first, third], [second, fourth]) = (even.deinterleave(next_even), odd.deinterleave(next_odd));
    [first, second, third, fourth]
}

/// The polynomials are compared at 0, ±A, ±B and infinity. These points round less than ±1 and ±2, and their powers are exact.
pub(super) const A: f32 = 0.625;
pub(super) const B: f32 = 1.5;

/// `Bᵀ` applied to six.
#[inline(always)]
pub(super) fn inputs<V: Vector<L>, const L: usize>([a, b, c, d, e, f]: [V; 6]) -> [V; 6] {
    let (far, near) = (V::splat(-B * B), V::splat(-A * A));
    let (product, sum) = (V::splat(A * A * B * B), V::splat(-(A * A + B * B)));
    let ([even_a, odd_a], [even_b, odd_b]) =
        ([c.multiply_add(far, e), b.multiply_add(far, d)], [c.multiply_add(near, e), b.multiply_add(near, d)]);
    [
        a.multiply_add(product, c.multiply_add(sum, e)),
        odd_a.multiply_add(V::splat(A), even_a),
        odd_a.multiply_add(V::splat(-A), even_a),
        odd_b.multiply_add(V::splat(B), even_b),
        odd_b.multiply_add(V::splat(-B), even_b),
        b.multiply_add(product, d.multiply_add(sum, f)),
    ]
}

/// `Aᵀ` applied to six.
#[inline(always)]
fn outputs<V: Vector<L>, const L: usize>([a, b, c, d, e, f]: [V; 6]) -> [V; 4] {
    let ([even_a, odd_a], [even_b, odd_b]) = ([b.add(c), b.sub(c)], [d.add(e), d.sub(e)]);
    [
        a.add(even_a).add(even_b),
        odd_b.multiply_add(V::splat(B), odd_a.mul(V::splat(A))),
        even_b.multiply_add(V::splat(B * B), even_a.mul(V::splat(A * A))),
        odd_b.multiply_add(V::splat(B * B * B), odd_a.multiply_add(V::splat(A * A * A), f)),
    ]
}

/// Calls `store!(place, values)` with every place of `Bᵀ d B` of four tiles, or of one tile in four channels, that begin at the
/// numbers `from` of `x`.
macro_rules! forms {
    ($x:expr, $from:expr, $row:expr, $end:expr, $store:ident) => {
        let mut rows = [[V::splat(0.0); SIDE]; SIDE];
        for r in 0..SIDE {
            // Never true: see `correlate::Correlate`.
            if cfg!(target_arch = "wasm32") && $end == r {
                break;
            }
            // SAFETY: tiles are within x: see where this is used.
            let [i, j, k, l] = $from.map(|from| from + r * $row);
            let first: [V; 4] = unsafe { [at($x, i), at($x, j), at($x, k), at($x, l)] };
            let last = unsafe { [at($x, i + 2), at($x, j + 2), at($x, k + 2), at($x, l + 2)] };
            let ([a, b, c, d], [_, _, e, f]) = (transpose(first), transpose(last));
            rows[r] = inputs([a, b, c, d, e, f]);
        }
        for k in 0..SIDE {
            if cfg!(target_arch = "wasm32") && $end == k {
                break;
            }
            let column = inputs([rows[0][k], rows[1][k], rows[2][k], rows[3][k], rows[4][k], rows[5][k]]);
            for r in 0..SIDE {
                $store!(r * SIDE + k, column[r]);
            }
        }
    };
}
pub(super) use forms;

/// `Bᵀ d B` of some tiles: `[…, inputs, H + 2, W + 2]` → `[36, tiles/T, inputs, T]` with T [`TOGETHER`].
struct TransformInputs<'a> {
    maps: Maps,
    x: &'a [f32],
    /// See [`Maps::places`]; as many as there are tiles.
    places: &'a [[usize; 2]],
    out: &'a mut [f32],
}

impl Kernel for TransformInputs<'_> {
    #[inline(always)]
    fn run<V: Vector<L>, const L: usize>(self) {
        let Self { maps, x, places, out } = self;
        let (row, plane, tiles) = (maps.width + 2, maps.plane(), places.len());
        let apart = apart(maps.inputs, tiles);
        let last = places.iter().map(|place| place[0]).max().unwrap_or(0);
        assert!(L == LANES && tiles.is_multiple_of(TOGETHER) && out.len() >= PLACES * apart);
        assert!(last + (maps.inputs - 1) * plane + (SIDE - 1) * row + SIDE <= x.len());
        // As in `correlate::Correlate`: a number that the compiler does not know.
        let end = std::hint::black_box(usize::MAX);
        for c in 0..maps.inputs {
            for (v, places) in places.as_chunks::<LANES>().0.iter().enumerate() {
                let from = places.map(|place| place[0] + c * plane);
                let to = (v * L / TOGETHER * maps.inputs + c) * TOGETHER + v * L % TOGETHER;
                macro_rules! store {
                    ($place:expr, $values:expr) => {
                        // SAFETY: within `out`, as asserted above.
                        $values.store(unsafe { &mut *out.as_mut_ptr().add($place * apart + to).cast() })
                    };
                }
                // The last number of the last tile was seen to be within x.
                forms!(x, from, row, end, store);
            }
        }
    }
}

/// `Aᵀ m A` of some tiles: `[36, tiles/T, outputs, T]` → `[…, outputs, H, W]`.
struct TransformOutputs<'a> {
    maps: Maps,
    products: &'a [f32],
    /// See [`Maps::places`]: of the tiles that there are. In `products` there are `tiles`.
    places: &'a [[usize; 2]],
    tiles: usize,
    out: &'a mut [f32],
}

impl Kernel for TransformOutputs<'_> {
    #[inline(always)]
    fn run<V: Vector<L>, const L: usize>(self) {
        let Self { maps, products, places, tiles, out } = self;
        let (row, plane, apart) = (maps.width, maps.height * maps.width, apart(maps.outputs, tiles));
        let last = places.iter().map(|place| place[1]).max().unwrap_or(0);
        assert!(L == LANES && tiles.is_multiple_of(TOGETHER) && places.len() <= tiles);
        assert!(products.len() >= PLACES * apart);
        assert!(last + (maps.outputs - 1) * plane + (STEP - 1) * row + STEP <= out.len());
        let end = std::hint::black_box(usize::MAX);
        for c in 0..maps.outputs {
            for (v, places) in places.chunks(LANES).enumerate() {
                let from = (v * L / TOGETHER * maps.outputs + c) * TOGETHER + v * L % TOGETHER;
                let mut rows = [[V::splat(0.0); SIDE]; STEP];
                for k in 0..SIDE {
                    if cfg!(target_arch = "wasm32") && end == k {
                        break;
                    }
                    let mut column = [V::splat(0.0); SIDE];
                    for r in 0..SIDE {
                        // SAFETY: within `products`, as asserted above.
                        column[r] = unsafe { at(products, (r * SIDE + k) * apart + from) };
                    }
                    let column = outputs(column);
                    for r in 0..STEP {
                        rows[r][k] = column[r];
                    }
                }
                for r in 0..STEP {
                    if cfg!(target_arch = "wasm32") && end == r {
                        break;
                    }
                    let values = transpose(outputs(rows[r]));
                    for (values, place) in values.into_iter().zip(places) {
                        let to = place[1] + c * plane + r * row;
                        // SAFETY: the last of these numbers is the last of its tile, which was seen to be within `out`.
                        values.store(unsafe { &mut *out.as_mut_ptr().add(to).cast() });
                    }
                }
            }
        }
    }
}

/// `sums[o][lane] = Σ_i left[i][o]·right[i][part + lane]`, in registers. `end`: a number that is never reached, unknown to the compiler.
#[inline(always)]
pub(super) fn products<V: Vector<L>, const L: usize>(
    right: &[[f32; STEPS * TOGETHER]],
    left: &[[f32; STEPS * BLOCK]],
    part: usize,
    end: usize,
) -> [[V; PAIR]; BLOCK] {
    assert!(part + PAIR * L <= TOGETHER);
    let mut sums = [[V::splat(0.0); PAIR]; BLOCK];
    for (right, left) in right.iter().zip(left) {
        for i in 0..STEPS {
            // Never true: see `correlate::Correlate`.
            if cfg!(target_arch = "wasm32") && end == i {
                break;
            }
            let mut values = [V::splat(0.0); PAIR];
            for v in 0..PAIR {
                // SAFETY: `part` and two vectors lie within the numbers of one `i`.
                values[v] = unsafe { at(right, i * TOGETHER + part + v * L) };
            }
            for o in 0..BLOCK {
                let factor = V::splat(left[i * BLOCK + o]);
                for v in 0..PAIR {
                    sums[o][v] = values[v].multiply_add(factor, sums[o][v]);
                }
            }
        }
    }
    sums
}

/// A matrix product for each place: `[36, tiles/T, inputs, T]` with weights `[36, outputs/4, inputs, 4]` →
/// `[36, tiles/T, outputs, T]`.
struct Multiply<'a> {
    x: &'a [f32],
    weights: &'a [f32],
    inputs: usize,
    outputs: usize,
    tiles: usize,
    out: &'a mut [f32],
}

impl Kernel for Multiply<'_> {
    #[inline(always)]
    fn run<V: Vector<L>, const L: usize>(self) {
        let Self { x, weights, inputs, outputs, tiles, out } = self;
        assert!(TOGETHER.is_multiple_of(PAIR * L) && tiles.is_multiple_of(TOGETHER));
        assert!(inputs.is_multiple_of(STEPS) && outputs.is_multiple_of(BLOCK));
        let end = std::hint::black_box(usize::MAX);
        for place in 0..PLACES {
            let x = &x[place * apart(inputs, tiles)..][..inputs * tiles];
            let out = &mut out[place * apart(outputs, tiles)..][..outputs * tiles];
            let weights = &weights[place * apart(outputs, inputs)..][..outputs * inputs];
            for (block, weights) in weights.chunks_exact(inputs * BLOCK).enumerate() {
                for (x, out) in x.chunks_exact(inputs * TOGETHER).zip(out.chunks_exact_mut(outputs * TOGETHER)) {
                    let out = &mut out[block * BLOCK * TOGETHER..][..BLOCK * TOGETHER];
                    for part in (0..TOGETHER).step_by(PAIR * L) {
                        let (x, weights) = (x.as_chunks().0, weights.as_chunks().0);
                        let sums = products::<V, L>(x, weights, part, end);
                        for (o, sums) in sums.into_iter().enumerate() {
                            for (v, sum) in sums.into_iter().enumerate() {
                                let to = o * TOGETHER + part + v * L;
                                // SAFETY: within the numbers of four outputs.
                                sum.store(unsafe { &mut *out.as_mut_ptr().add(to).cast() });
                            }
                        }
                    }
                }
            }
        }
    }
}

/// `G w Gᵀ` of every pair of channels, in the order in which [`Multiply`] reads it. `weight(o, i, tap)`.
pub fn transform_weights(outputs: usize, inputs: usize, weight: impl Fn(usize, usize, usize) -> f32) -> Vec<f32> {
    let apart = apart(outputs, inputs);
    let mut out = vec![0f32; PLACES * apart];
    for first in (0..outputs).step_by(BLOCK) {
        for i in 0..inputs {
            let tap = |k: usize| std::array::from_fn(|o| weight(first + o, i, k));
            let rows: [[Lanes; SIDE]; 3] =
                std::array::from_fn(|r| weight_places([tap(3 * r), tap(3 * r + 1), tap(3 * r + 2)]));
            let to = first * inputs + i * BLOCK;
            for k in 0..SIDE {
                for (r, value) in weight_places([rows[0][k], rows[1][k], rows[2][k]]).into_iter().enumerate() {
                    out[(r * SIDE + k) * apart + to..][..BLOCK].copy_from_slice(&value);
                }
            }
        }
    }
    out
}

/// A number of each of four pairs of channels. Plain arithmetic on them becomes vectors by itself.
pub(super) type Lanes = [f32; 4];

/// Sum of numbers with weights.
#[inline(always)]
pub(super) fn weighted<const N: usize>(terms: [(f32, Lanes); N]) -> Lanes {
    std::array::from_fn(|lane| terms.iter().map(|(weight, values)| weight * values[lane]).sum())
}

/// What the polynomials at ±`point` are multiplied by, `other` being the other point.
pub(super) const fn scale(point: f32, other: f32) -> f32 {
    1.0 / (2.0 * point * point * (point * point - other * other))
}

/// `G` applied to three.
#[inline(always)]
fn weight_places([a, b, c]: [Lanes; 3]) -> [Lanes; SIDE] {
    let at = |point: f32, scale: f32| weighted([(scale, a), (scale * point, b), (scale * point * point, c)]);
    let (of_a, of_b) = (scale(A, B), scale(B, A));
    [weighted([(1.0 / (A * A * B * B), a)]), at(A, of_a), at(-A, of_a), at(B, of_b), at(-B, of_b), c]
}

/// Memory that [`correlate`] keeps from call to call.
#[derive(Default)]
pub struct Scratch {
    places: Vec<[usize; 2]>,
    transformed: Vec<f32>,
    products: Vec<f32>,
}

/// Some images, about `at_once` tiles at a time: `[images, inputs, H + 2, W + 2]` → `[images, outputs, H, W]`.
pub fn correlate(maps: Maps, at_once: usize, x: &[f32], weights: &[f32], scratch: &mut Scratch, out: &mut [f32]) {
    let Maps { inputs, outputs, .. } = maps;
    let all = out.len() / (outputs * maps.height * maps.width) * maps.tiles();
    let Scratch { places, transformed, products } = scratch;
    for first in (0..all).step_by(at_once) {
        let count = at_once.min(all - first);
        // Filled up with the first tile again, whose products nobody reads.
        let tiles = count.next_multiple_of(TOGETHER);
        places.clear();
        places.extend(maps.places(first, count));
        places.resize(tiles, places[0]);
        transformed.resize(PLACES * apart(inputs, tiles), 0.0);
        products.resize(PLACES * apart(outputs, tiles), 0.0);
        run(LANES, TransformInputs { maps, x, places, out: transformed });
        run(WIDE, Multiply { x: transformed, weights, inputs, outputs, tiles, out: products });
        run(LANES, TransformOutputs { maps, products, places: &places[..count], tiles, out });
    }
}
