//! The 3×3 convolution with stride 1 by minimal filtering, F(2×2, 3×3) of Lavin & Gray (2016, 1509.09308): 16 multiplications for
//! four outputs instead of 36.
//!
//! `Y = Aᵀ[(G w Gᵀ) ⊙ (Bᵀ d B)]A` for every tile d of 4×4 inputs, summed over input channels within the brackets; so there are 16
//! small matrix products, one for each place of a tile. The weight gradient is the same formula read backwards:
//! `∂w = Gᵀ[Σ_tiles (A ∂Y Aᵀ) ⊙ (Bᵀ d B)]G`. Both are exact but for rounding.
#![allow(unsafe_code)]
// Indices say which register is meant, and an iterator over vectors could end up as a closure (see `simd::Kernel`).
#![allow(clippy::needless_range_loop)]

use super::simd::{Kernel, Vector, run};

/// Places of a tile.
const PLACES: usize = 16;
/// Output channels in a block of registers.
pub const BLOCK: usize = 4;
/// Vectors of tiles in that block, and of input channels in a block of the weight gradient.
const PAIR: usize = 2;

/// A map of even sides with a border of zeros, cut into tiles of which each gives 2×2 outputs.
#[derive(Debug, Clone, Copy)]
pub struct Tiles {
    /// Of the map.
    pub height: usize,
    /// Of the map: 8, 16, 32, …
    pub width: usize,
    /// Rows of tiles that are worked on together.
    pub rows: usize,
}

impl Tiles {
    /// Tiles in a row.
    pub fn columns(&self) -> usize {
        self.width / 2
    }

    /// Tiles that are worked on together.
    pub fn count(&self) -> usize {
        self.rows * self.columns()
    }

    /// Numbers in a plane with its border.
    pub fn plane(&self) -> usize {
        (self.height + 2) * (self.width + 2)
    }
}

/// The numbers from a place on.
///
/// # Safety
/// There must be `L` of them.
#[inline(always)]
unsafe fn at<V: Vector<L>, const L: usize>(from: &[f32], place: usize) -> V {
    debug_assert!(place + L <= from.len());
    // SAFETY: the caller's.
    V::load(unsafe { &*from.as_ptr().add(place).cast() })
}

/// Two differences and two sums: `Bᵀ` applied to four.
#[inline(always)]
fn inputs<V: Vector<L>, const L: usize>([a, b, c, d]: [V; 4]) -> [V; 4] {
    [a.sub(c), b.add(c), c.sub(b), b.sub(d)]
}

/// `Aᵀ` applied to four.
#[inline(always)]
fn outputs<V: Vector<L>, const L: usize>([a, b, c, d]: [V; 4]) -> [V; 2] {
    [a.add(b).add(c), b.sub(c).sub(d)]
}

/// `A` applied to two.
#[inline(always)]
fn spread<V: Vector<L>, const L: usize>([a, b]: [V; 2]) -> [V; 4] {
    [a, a.add(b), a.sub(b), V::splat(0.0).sub(b)]
}

/// `Bᵀ d B` of some rows of tiles: `[channels, H + 2, W + 2]` → `[16, channels, tiles]`.
pub struct TransformInputs<'a> {
    pub tiles: Tiles,
    /// First row of tiles.
    pub first: usize,
    /// Planes with their borders.
    pub x: &'a [f32],
    /// Where the tiles go; `stride` numbers lie between one place and the next, `each` between one channel and the next.
    pub out: &'a mut [f32],
    pub stride: usize,
    pub each: usize,
}

impl Kernel for TransformInputs<'_> {
    #[inline(always)]
    fn run<V: Vector<L>, const L: usize>(self) {
        let Self { tiles, first, x, out, stride, each } = self;
        let (row, columns, plane) = (tiles.width + 2, tiles.columns(), tiles.plane());
        let channels = x.len() / plane;
        assert!(columns.is_multiple_of(L) && 2 * (first + tiles.rows) <= tiles.height);
        assert!(out.len() >= (PLACES - 1) * stride + (channels - 1) * each + tiles.count());
        for (c, x) in x.chunks_exact(plane).enumerate() {
            for y in 0..tiles.rows {
                for t in (0..columns).step_by(L) {
                    let from = 2 * (first + y) * row + 2 * t;
                    let mut rows = [[V::splat(0.0); 4]; 4];
                    for (r, values) in rows.iter_mut().enumerate() {
                        let from = from + r * row;
                        // SAFETY: the last number read is that of the last tile in its last column, 2(t + L) + 1 < row, in row
                        // 2(first + y) + 3 of the height + 2 rows.
                        let [a, b] = unsafe { at::<V, L>(x, from).deinterleave(at(x, from + L)) };
                        let [c, d] = unsafe { at::<V, L>(x, from + 2).deinterleave(at(x, from + L + 2)) };
                        *values = inputs([a, b, c, d]);
                    }
                    let to = c * each + y * columns + t;
                    for k in 0..4 {
                        let column = inputs([rows[0][k], rows[1][k], rows[2][k], rows[3][k]]);
                        for r in 0..4 {
                            // SAFETY: within `out`, as asserted above.
                            column[r].store(unsafe { &mut *out.as_mut_ptr().add((r * 4 + k) * stride + to).cast() });
                        }
                    }
                }
            }
        }
    }
}

/// `Aᵀ m A` of some rows of tiles: `[16, channels, tiles]` → those rows of `[channels, H, W]`.
pub struct TransformOutputs<'a> {
    pub tiles: Tiles,
    /// First row of tiles.
    pub first: usize,
    pub products: &'a [f32],
    pub out: &'a mut [f32],
}

impl Kernel for TransformOutputs<'_> {
    #[inline(always)]
    fn run<V: Vector<L>, const L: usize>(self) {
        let Self { tiles, first, products, out } = self;
        let (width, columns, count) = (tiles.width, tiles.columns(), tiles.count());
        let size = tiles.height * width;
        let channels = out.len() / size;
        assert!(columns.is_multiple_of(L) && 2 * (first + tiles.rows) <= tiles.height);
        assert!(products.len() >= PLACES * channels * count);
        for (c, out) in out.chunks_exact_mut(size).enumerate() {
            for y in 0..tiles.rows {
                for t in (0..columns).step_by(L) {
                    let from = c * count + y * columns + t;
                    let mut rows = [[V::splat(0.0); 4]; 2];
                    for k in 0..4 {
                        let mut column = [V::splat(0.0); 4];
                        for r in 0..4 {
                            // SAFETY: within `products`, as asserted above.
                            column[r] = unsafe { at(products, (r * 4 + k) * channels * count + from) };
                        }
                        [rows[0][k], rows[1][k]] = outputs(column);
                    }
                    for (r, row) in rows.into_iter().enumerate() {
                        let [even, odd] = outputs(row);
                        let to = (2 * (first + y) + r) * width + 2 * t;
                        for (half, values) in even.interleave(odd).into_iter().enumerate() {
                            // SAFETY: 2(t + L) ≤ width, in a row of the plane.
                            values.store(unsafe { &mut *out.as_mut_ptr().add(to + half * L).cast() });
                        }
                    }
                }
            }
        }
    }
}

/// `A ∂Y Aᵀ` of some rows of tiles: `[channels, H, W]` → `[16, channels, tiles]`.
pub struct TransformGradients<'a> {
    pub tiles: Tiles,
    /// First row of tiles.
    pub first: usize,
    pub gradient: &'a [f32],
    /// As of [`TransformInputs`].
    pub out: &'a mut [f32],
    pub stride: usize,
    pub each: usize,
}

impl Kernel for TransformGradients<'_> {
    #[inline(always)]
    fn run<V: Vector<L>, const L: usize>(self) {
        let Self { tiles, first, gradient, out, stride, each } = self;
        let (width, columns) = (tiles.width, tiles.columns());
        let size = tiles.height * width;
        let channels = gradient.len() / size;
        assert!(columns.is_multiple_of(L) && 2 * (first + tiles.rows) <= tiles.height);
        assert!(out.len() >= (PLACES - 1) * stride + (channels - 1) * each + tiles.count());
        for (c, gradient) in gradient.chunks_exact(size).enumerate() {
            for y in 0..tiles.rows {
                for t in (0..columns).step_by(L) {
                    let mut pairs = [[V::splat(0.0); 2]; 2];
                    for (r, pair) in pairs.iter_mut().enumerate() {
                        let from = (2 * (first + y) + r) * width + 2 * t;
                        // SAFETY: 2(t + L) ≤ width, in a row of the plane.
                        *pair = unsafe { at::<V, L>(gradient, from).deinterleave(at(gradient, from + L)) };
                    }
                    let to = c * each + y * columns + t;
                    let columns = [spread([pairs[0][0], pairs[1][0]]), spread([pairs[0][1], pairs[1][1]])];
                    for r in 0..4 {
                        let row = spread([columns[0][r], columns[1][r]]);
                        for k in 0..4 {
                            // SAFETY: within `out`, as asserted above.
                            row[k].store(unsafe { &mut *out.as_mut_ptr().add((r * 4 + k) * stride + to).cast() });
                        }
                    }
                }
            }
        }
    }
}

/// Sixteen matrix products: `[16, inputs, tiles]` with weights `[16, outputs/4, inputs, 4]` → `[16, outputs, tiles]`.
pub struct Multiply<'a> {
    pub x: &'a [f32],
    pub weights: &'a [f32],
    pub inputs: usize,
    /// In one row of x: a multiple of two vectors.
    pub tiles: usize,
    pub out: &'a mut [f32],
}

impl Kernel for Multiply<'_> {
    #[inline(always)]
    fn run<V: Vector<L>, const L: usize>(self) {
        let Self { x, weights, inputs, tiles, out } = self;
        assert!(tiles.is_multiple_of(PAIR * L) && inputs.is_multiple_of(BLOCK));
        // As in `correlate`: a number that the compiler does not know.
        let end = std::hint::black_box(usize::MAX);
        let places = x.chunks_exact(inputs * tiles).zip(weights.chunks_exact(weights.len() / PLACES));
        for ((x, weights), out) in places.zip(out.chunks_exact_mut(out.len() / PLACES)) {
            for (weights, out) in weights.chunks_exact(inputs * BLOCK).zip(out.chunks_exact_mut(BLOCK * tiles)) {
                for first in (0..tiles).step_by(PAIR * L) {
                    let mut sums = [[V::splat(0.0); PAIR]; BLOCK];
                    for (x, weights) in x.chunks_exact(BLOCK * tiles).zip(weights.chunks_exact(BLOCK * BLOCK)) {
                        for i in 0..BLOCK {
                            // Never true: see `correlate`.
                            if cfg!(target_arch = "wasm32") && end == i {
                                break;
                            }
                            let mut values = [V::splat(0.0); PAIR];
                            for v in 0..PAIR {
                                // SAFETY: row i of four, and first + PAIR·L ≤ tiles.
                                values[v] = unsafe { V::load(&*x.as_ptr().add(i * tiles + first).add(v * L).cast()) };
                            }
                            for o in 0..BLOCK {
                                let weight = V::splat(weights[i * BLOCK + o]);
                                for v in 0..PAIR {
                                    sums[o][v] = values[v].multiply_add(weight, sums[o][v]);
                                }
                            }
                        }
                    }
                    for (o, sums) in sums.into_iter().enumerate() {
                        for (v, sum) in sums.into_iter().enumerate() {
                            // SAFETY: `out` has BLOCK rows of that many tiles.
                            sum.store(unsafe { &mut *out.as_mut_ptr().add(o * tiles + first + v * L).cast() });
                        }
                    }
                }
            }
        }
    }
}

/// Sixteen products of rows with rows: `sum[place][o][i] += Σ_tiles z[place][o][tile]·x[place][i][tile]`.
pub struct MultiplyRows<'a> {
    /// `[16, outputs, tiles]`.
    pub z: &'a [f32],
    /// `[16, inputs, tiles]`.
    pub x: &'a [f32],
    /// A multiple of two vectors.
    pub tiles: usize,
    /// A multiple of 4.
    pub outputs: usize,
    /// A multiple of 2.
    pub inputs: usize,
    pub sum: &'a mut [f32],
}

impl Kernel for MultiplyRows<'_> {
    #[inline(always)]
    fn run<V: Vector<L>, const L: usize>(self) {
        let Self { z, x, tiles, outputs, inputs, sum } = self;
        assert!(tiles.is_multiple_of(2 * L) && outputs.is_multiple_of(BLOCK) && inputs.is_multiple_of(PAIR));
        let end = std::hint::black_box(usize::MAX);
        let places = z.chunks_exact(outputs * tiles).zip(x.chunks_exact(inputs * tiles));
        for ((z, x), sum) in places.zip(sum.chunks_exact_mut(outputs * inputs)) {
            for (z, sum) in z.chunks_exact(BLOCK * tiles).zip(sum.chunks_exact_mut(BLOCK * inputs)) {
                for (i, x) in x.chunks_exact(PAIR * tiles).enumerate() {
                    let mut sums = [[V::splat(0.0); PAIR]; BLOCK];
                    for first in (0..tiles).step_by(2 * L) {
                        for u in 0..2 {
                            if cfg!(target_arch = "wasm32") && end == u {
                                break;
                            }
                            // SAFETY: rows of that many tiles, a multiple of 2·L.
                            let mut values = [V::splat(0.0); PAIR];
                            for k in 0..PAIR {
                                values[k] = unsafe { V::load(&*x.as_ptr().add(k * tiles + first).add(u * L).cast()) };
                            }
                            for o in 0..BLOCK {
                                let g: V = unsafe { V::load(&*z.as_ptr().add(o * tiles + first).add(u * L).cast()) };
                                for k in 0..PAIR {
                                    sums[o][k] = g.multiply_add(values[k], sums[o][k]);
                                }
                            }
                        }
                    }
                    for (o, sums) in sums.into_iter().enumerate() {
                        for (k, lanes) in sums.into_iter().enumerate() {
                            sum[o * inputs + PAIR * i + k] += lanes.sum();
                        }
                    }
                }
            }
        }
    }
}

/// `G w Gᵀ` of every pair of channels, in the order in which [`Multiply`] reads it. `weight(o, i, tap)`.
pub fn transform_weights(outputs: usize, inputs: usize, weight: impl Fn(usize, usize, usize) -> f32) -> Vec<f32> {
    let mut out = vec![0f32; PLACES * outputs * inputs];
    let g = |[a, b, c]: [f32; 3]| [a, 0.5 * (a + b + c), 0.5 * (a - b + c), c];
    for o in 0..outputs {
        for i in 0..inputs {
            let rows: [[f32; 4]; 3] = std::array::from_fn(|r| g(std::array::from_fn(|k| weight(o, i, r * 3 + k))));
            for k in 0..4 {
                for (r, value) in g([rows[0][k], rows[1][k], rows[2][k]]).into_iter().enumerate() {
                    let block = (r * 4 + k) * outputs / BLOCK + o / BLOCK;
                    out[(block * inputs + i) * BLOCK + o % BLOCK] = value;
                }
            }
        }
    }
    out
}

/// `Gᵀ s G` of every pair of channels: `[16, pairs]` → `[pairs, 3, 3]`.
pub fn transform_sums(sums: &[f32]) -> Vec<f32> {
    let pairs = sums.len() / PLACES;
    let g = |[a, b, c, d]: [f32; 4]| [a + 0.5 * (b + c), 0.5 * (b - c), 0.5 * (b + c) + d];
    let pair = |p: usize| {
        let rows: [[f32; 3]; 4] = std::array::from_fn(|r| g(std::array::from_fn(|k| sums[(r * 4 + k) * pairs + p])));
        let columns: [[f32; 3]; 3] = std::array::from_fn(|k| g(std::array::from_fn(|r| rows[r][k])));
        (0..9).map(move |tap| columns[tap % 3][tap / 3])
    };
    (0..pairs).flat_map(pair).collect()
}

/// One image: `[inputs, H + 2, W + 2]` → `[outputs, H, W]`. `scratch` may be of an earlier call.
pub fn correlate(tiles: Tiles, x: &[f32], weights: &[f32], scratch: &mut [Vec<f32>; 2], out: &mut [f32]) {
    let (count, columns) = (tiles.count(), tiles.columns());
    let inputs = x.len() / tiles.plane();
    let outputs = out.len() / (tiles.height * tiles.width);
    let [transformed, products] = scratch;
    transformed.resize(PLACES * inputs * count, 0.0);
    products.resize(PLACES * outputs * count, 0.0);
    for first in (0..tiles.height / 2).step_by(tiles.rows) {
        let stride = inputs * count;
        run(columns, TransformInputs { tiles, first, x, out: transformed, stride, each: count });
        run(count / PAIR, Multiply { x: transformed, weights, inputs, tiles: count, out: products });
        run(columns, TransformOutputs { tiles, first, products, out });
    }
}

/// Adds the sums over some images, `[16, outputs, inputs]`, for [`transform_sums`]. `x`: planes with their borders.
pub fn weigh(
    tiles: Tiles,
    [inputs, outputs]: [usize; 2],
    x: &[f32],
    gradient: &[f32],
    scratch: &mut [Vec<f32>; 2],
    sum: &mut [f32],
) {
    let (count, columns) = (tiles.count(), tiles.columns());
    let (image, image_out) = (inputs * tiles.plane(), outputs * tiles.height * tiles.width);
    let each = x.len() / image * count;
    let [of_x, of_gradient] = scratch;
    of_x.resize(PLACES * inputs * each, 0.0);
    of_gradient.resize(PLACES * outputs * each, 0.0);
    for first in (0..tiles.height / 2).step_by(tiles.rows) {
        for (n, (x, gradient)) in x.chunks_exact(image).zip(gradient.chunks_exact(image_out)).enumerate() {
            let (stride, out) = (inputs * each, &mut of_x[n * count..]);
            run(columns, TransformInputs { tiles, first, x, out, stride, each });
            let (stride, out) = (outputs * each, &mut of_gradient[n * count..]);
            run(columns, TransformGradients { tiles, first, gradient, out, stride, each });
        }
        run(each / 2, MultiplyRows { z: of_gradient, x: of_x, tiles: each, outputs, inputs, sum });
    }
}
