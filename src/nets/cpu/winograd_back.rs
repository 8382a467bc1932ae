//! The weight gradient of the 3×3 convolution with stride 1 by minimal filtering, F(3×3, 4×4) of Lavin & Gray (2016, 1509.09308):
//! 36 multiplications instead of 144.
//!
//! `∂w = Gᵀ[Σ_tiles (A ∂Y Aᵀ) ⊙ (Bᵀ d B)]G` for every tile d of 6×6 inputs and its 4×4 gradients: the formula of [`winograd`]
//! read backwards. It is exact but for rounding.
//!
//! [`winograd`]: super::winograd
#![allow(unsafe_code)]
// Indices say which register is meant, and an iterator over vectors could end up as a closure (see `simd::Kernel`).
#![allow(clippy::needless_range_loop)]

use super::simd::{Kernel, Vector, run};
use super::winograd::{
    A, B, BLOCK, LANES, Lanes, Maps, PAIR, PLACES, SIDE, STEP, STEPS, TOGETHER, WIDE, apart, at, forms, inputs,
    products, scale, transpose, weighted,
};

/// `A` applied to four.
#[inline(always)]
fn spread<V: Vector<L>, const L: usize>([a, b, c, d]: [V; 4]) -> [V; 6] {
    let (even_a, odd_a) = (c.multiply_add(V::splat(A * A), a), d.multiply_add(V::splat(A * A * A), b.mul(V::splat(A))));
    let (even_b, odd_b) = (c.multiply_add(V::splat(B * B), a), d.multiply_add(V::splat(B * B * B), b.mul(V::splat(B))));
    [a, even_a.add(odd_a), even_a.sub(odd_a), even_b.add(odd_b), even_b.sub(odd_b), d]
}

/// `Bᵀ d B` of some tiles, four channels at a time: `[…, inputs, H + 2, W + 2]` → `[36, inputs/T, tiles, T]` with
/// T [`TOGETHER`].
struct TransformInputs<'a> {
    maps: Maps,
    x: &'a [f32],
    /// See [`Maps::places`].
    places: &'a [[usize; 2]],
    out: &'a mut [f32],
}

impl Kernel for TransformInputs<'_> {
    #[inline(always)]
    fn run<V: Vector<L>, const L: usize>(self) {
        let Self { maps, x, places, out } = self;
        let (row, plane, tiles) = (maps.width + 2, maps.plane(), places.len());
        let (channels, apart) = (maps.inputs, apart(maps.inputs, tiles));
        let last = places.iter().map(|place| place[0]).max().unwrap_or(0);
        assert!(L == LANES && channels.is_multiple_of(TOGETHER) && out.len() >= PLACES * apart);
        assert!(last + (channels - 1) * plane + (SIDE - 1) * row + SIDE <= x.len());
        // As in `correlate::Correlate`: a number that the compiler does not know.
        let end = std::hint::black_box(usize::MAX);
        for c in (0..channels).step_by(L) {
            for (tile, place) in places.iter().enumerate() {
                let from = [0, 1, 2, 3].map(|lane| place[0] + (c + lane) * plane);
                let to = (c / TOGETHER * tiles + tile) * TOGETHER + c % TOGETHER;
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

/// `A ∂Y Aᵀ` of some tiles, four channels at a time: `[…, outputs, H, W]` → `[36, outputs/4, tiles, 4]`.
struct TransformGradients<'a> {
    maps: Maps,
    gradient: &'a [f32],
    /// See [`Maps::places`].
    places: &'a [[usize; 2]],
    out: &'a mut [f32],
}

impl Kernel for TransformGradients<'_> {
    #[inline(always)]
    fn run<V: Vector<L>, const L: usize>(self) {
        let Self { maps, gradient, places, out } = self;
        let (row, plane, tiles) = (maps.width, maps.height * maps.width, places.len());
        let (channels, apart) = (maps.outputs, apart(maps.outputs, tiles));
        let last = places.iter().map(|place| place[1]).max().unwrap_or(0);
        assert!(L == LANES && channels.is_multiple_of(L) && out.len() >= PLACES * apart);
        assert!(last + (channels - 1) * plane + (STEP - 1) * row + STEP <= gradient.len());
        let end = std::hint::black_box(usize::MAX);
        for c in (0..channels).step_by(L) {
            for (tile, place) in places.iter().enumerate() {
                let to = (c / L * tiles + tile) * L;
                let mut rows = [[V::splat(0.0); SIDE]; STEP];
                for r in 0..STEP {
                    if cfg!(target_arch = "wasm32") && end == r {
                        break;
                    }
                    let [i, j, k, l] = [0, 1, 2, 3].map(|lane| place[1] + (c + lane) * plane + r * row);
                    // SAFETY: the last number of the last tile was seen to be within the gradient.
                    rows[r] = spread(transpose(unsafe {
                        [at(gradient, i), at(gradient, j), at(gradient, k), at(gradient, l)]
                    }));
                }
                for k in 0..SIDE {
                    if cfg!(target_arch = "wasm32") && end == k {
                        break;
                    }
                    let column = spread([rows[0][k], rows[1][k], rows[2][k], rows[3][k]]);
                    for r in 0..SIDE {
                        let place = (r * SIDE + k) * apart + to;
                        // SAFETY: within `out`, as asserted above.
                        column[r].store(unsafe { &mut *out.as_mut_ptr().add(place).cast() });
                    }
                }
            }
        }
    }
}

/// For each place `sum[o][i] += Σ_tiles z[tile][o]·x[tile][i]`.
struct Multiply<'a> {
    /// `[36, outputs/4, tiles, 4]`.
    z: &'a [f32],
    /// `[36, inputs/T, tiles, T]`.
    x: &'a [f32],
    inputs: usize,
    outputs: usize,
    tiles: usize,
    /// `[36, outputs, inputs]`.
    sum: &'a mut [f32],
}

impl Kernel for Multiply<'_> {
    #[inline(always)]
    fn run<V: Vector<L>, const L: usize>(self) {
        let Self { z, x, inputs, outputs, tiles, sum } = self;
        assert!(TOGETHER.is_multiple_of(PAIR * L) && inputs.is_multiple_of(TOGETHER) && outputs.is_multiple_of(BLOCK));
        assert!(tiles.is_multiple_of(STEPS));
        let end = std::hint::black_box(usize::MAX);
        for place in 0..PLACES {
            let x = &x[place * apart(inputs, tiles)..][..inputs * tiles];
            let z = &z[place * apart(outputs, tiles)..][..outputs * tiles];
            let sum = &mut sum[place * apart(outputs, inputs)..][..outputs * inputs];
            for (z, sum) in z.chunks_exact(BLOCK * tiles).zip(sum.chunks_exact_mut(BLOCK * inputs)) {
                for (block, x) in x.chunks_exact(TOGETHER * tiles).enumerate() {
                    let (x, z) = (x.as_chunks().0, z.as_chunks().0);
                    for part in (0..TOGETHER).step_by(PAIR * L) {
                        let sums = products::<V, L>(x, z, part, end);
                        for (o, sums) in sums.into_iter().enumerate() {
                            for (v, add) in sums.into_iter().enumerate() {
                                let to = o * inputs + block * TOGETHER + part + v * L;
                                // SAFETY: within the sums of four outputs.
                                let so_far: V = unsafe { at(sum, to) };
                                so_far.add(add).store(unsafe { &mut *sum.as_mut_ptr().add(to).cast() });
                            }
                        }
                    }
                }
            }
        }
    }
}

/// `Gᵀ` applied to six.
#[inline(always)]
fn taps([zero, a, minus_a, b, minus_b, infinity]: [Lanes; SIDE]) -> [Lanes; 3] {
    let ones = [[1.0, 1.0], [1.0, -1.0]];
    let [[even_a, odd_a], [even_b, odd_b]] =
        [[a, minus_a], [b, minus_b]].map(|[plus, minus]| ones.map(|[p, m]| weighted([(p, plus), (m, minus)])));
    let (of_a, of_b) = (scale(A, B), scale(B, A));
    [
        weighted([(1.0 / (A * A * B * B), zero), (of_a, even_a), (of_b, even_b)]),
        weighted([(of_a * A, odd_a), (of_b * B, odd_b)]),
        weighted([(of_a * A * A, even_a), (of_b * B * B, even_b), (1.0, infinity)]),
    ]
}

/// Numbers that [`weigh`] adds up.
pub fn sums(maps: Maps) -> usize {
    PLACES * apart(maps.outputs, maps.inputs)
}

/// `Gᵀ s G` of every pair of channels: `[36, pairs]` → `[pairs, 3, 3]`.
pub fn transform_sums(maps: Maps, sums: &[f32]) -> Vec<f32> {
    let apart = apart(maps.outputs, maps.inputs);
    let mut out = vec![0f32; maps.outputs * maps.inputs * 9];
    for (block, out) in out.as_chunks_mut::<{ 9 * LANES }>().0.iter_mut().enumerate() {
        let place = |place: usize| -> Lanes { std::array::from_fn(|p| sums[place * apart + block * LANES + p]) };
        let rows: [[Lanes; 3]; SIDE] = std::array::from_fn(|r| taps(std::array::from_fn(|k| place(r * SIDE + k))));
        for k in 0..3 {
            for (r, values) in taps(std::array::from_fn(|r| rows[r][k])).into_iter().enumerate() {
                for (p, value) in values.into_iter().enumerate() {
                    out[p * 9 + r * 3 + k] = value;
                }
            }
        }
    }
    out
}

/// Memory that [`weigh`] keeps from call to call.
#[derive(Default)]
pub struct Scratch {
    places: Vec<[usize; 2]>,
    of_x: Vec<f32>,
    of_gradient: Vec<f32>,
}

/// Adds the sums over some images, `[36, outputs, inputs]`, for [`transform_sums`], about `at_once` tiles at a time. `x`: planes
/// with their borders. `at_once` and the tiles of an image are multiples of 4.
pub fn weigh(maps: Maps, at_once: usize, x: &[f32], gradient: &[f32], scratch: &mut Scratch, sum: &mut [f32]) {
    let Maps { inputs, outputs, .. } = maps;
    let all = gradient.len() / (outputs * maps.height * maps.width) * maps.tiles();
    let Scratch { places, of_x, of_gradient } = scratch;
    for first in (0..all).step_by(at_once) {
        let tiles = at_once.min(all - first);
        places.clear();
        places.extend(maps.places(first, tiles));
        of_x.resize(PLACES * apart(inputs, tiles), 0.0);
        of_gradient.resize(PLACES * apart(outputs, tiles), 0.0);
        run(LANES, TransformInputs { maps, x, places, out: of_x });
        run(LANES, TransformGradients { maps, gradient, places, out: of_gradient });
        run(WIDE, Multiply { z: of_gradient, x: of_x, inputs, outputs, tiles, sum });
    }
}
