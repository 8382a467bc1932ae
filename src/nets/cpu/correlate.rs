//! Correlations of planes, and their gradients with respect to the weights: the arithmetic of every convolution here.
#![allow(unsafe_code)]
// Indices say which register is meant, and an iterator over vectors could end up as a closure (see `simd::Kernel`).
#![allow(clippy::needless_range_loop)]

use super::simd::{Kernel, Vector};

/// Output channels that share a block of registers.
pub const BLOCK: usize = 4;
/// Vectors of positions in that block.
const VECTORS: usize = 2;
/// Output channels at a time in the weight gradient: with the taps of a row as many sums as registers can hold.
pub const GRADIENTS: usize = 3;

/// Where the inputs of an output position lie in a plane.
#[derive(Debug, Clone, Copy)]
pub struct Reach {
    /// Numbers in a plane.
    pub plane: usize,
    /// From one row of outputs to the next.
    pub step: usize,
    /// From one row of taps to the next.
    pub row: usize,
    /// With stride 2 a row holds its even columns first; the odd ones begin here.
    pub odd: usize,
}

impl Reach {
    /// From the first tap of a row to another.
    #[inline(always)]
    fn column<const SPLIT: bool>(&self, k: usize) -> usize {
        match (SPLIT, k) {
            (true, 1) => self.odd,
            (true, k) => k / 2,
            (false, k) => k,
        }
    }

    /// One more than the last number that is read for outputs of that size.
    fn end<const R: usize, const K: usize, const SPLIT: bool>(&self, width: usize, height: usize) -> usize {
        let last = (0..K).map(|k| self.column::<SPLIT>(k)).max().unwrap_or(0);
        (height - 1) * self.step + (R - 1) * self.row + last + width
    }
}

/// `out[o][p] = Σ_i Σ_tap weight[o][i][tap]·x[i][p + tap]` for one image, with R rows of K taps.
pub struct Correlate<'a, const R: usize, const K: usize, const SPLIT: bool> {
    /// Planes of the inputs, one behind the other.
    pub x: &'a [f32],
    pub reach: Reach,
    /// `[outputs/4, inputs, R, K, 4]`.
    pub weights: &'a [f32],
    /// Of an output plane: 4, 8, 16, 32, …
    pub width: usize,
    /// Of an output plane; even.
    pub height: usize,
    /// `[outputs, height, width]`.
    pub out: &'a mut [f32],
}

impl<const R: usize, const K: usize, const SPLIT: bool> Kernel for Correlate<'_, R, K, SPLIT> {
    #[inline(always)]
    fn run<V: Vector<L>, const L: usize>(self) {
        let Self { x, reach, weights, width, height, out } = self;
        let (inputs, size) = (x.len() / reach.plane, width * height);
        assert!(
            reach.end::<R, K, SPLIT>(width, height) <= reach.plane
                && width.is_multiple_of(L)
                && height.is_multiple_of(VECTORS)
        );
        // The two vectors of a block lie side by side, or one above the other where a row is one vector.
        let apart = if width >= VECTORS * L { L } else { reach.step };
        // See below: a number that the compiler does not know.
        let end = std::hint::black_box(usize::MAX);
        for (weights, out) in weights.chunks_exact(inputs * R * K * BLOCK).zip(out.chunks_exact_mut(BLOCK * size)) {
            let (mut base, mut column) = (0, 0);
            for first in (0..size).step_by(VECTORS * L) {
                let mut sums = [[V::splat(0.0); VECTORS]; BLOCK];
                for (x, weights) in x.chunks_exact(reach.plane).zip(weights.chunks_exact(R * K * BLOCK)) {
                    'taps: {
                        macro_rules! tap {
                            ($r:literal, $k:literal) => {
                                if R > $r && K > $k {
                                    // Never true. Without a branch between the taps LLVM computes one sum after the other
                                    // in WebAssembly, which needs more registers than there are.
                                    if cfg!(target_arch = "wasm32") && end == $r * 3 + $k {
                                        break 'taps;
                                    }
                                    // SAFETY: `reach.end` is within the plane, as asserted above, and no block reaches
                                    // further: its vectors lie in the rows of outputs.
                                    let mut values = [V::splat(0.0); VECTORS];
                                    for v in 0..VECTORS {
                                        values[v] = unsafe {
                                            let row = x.as_ptr().add(base + v * apart + $r * reach.row);
                                            V::load(&*row.add(reach.column::<SPLIT>($k)).cast())
                                        };
                                    }
                                    for o in 0..BLOCK {
                                        let weight = V::splat(weights[($r * K + $k) * BLOCK + o]);
                                        for v in 0..VECTORS {
                                            sums[o][v] = values[v].multiply_add(weight, sums[o][v]);
                                        }
                                    }
                                }
                            };
                        }
                        tap!(0, 0);
                        tap!(0, 1);
                        tap!(0, 2);
                        tap!(1, 0);
                        tap!(1, 1);
                        tap!(1, 2);
                        tap!(2, 0);
                        tap!(2, 1);
                        tap!(2, 2);
                    }
                }
                for (o, sums) in sums.into_iter().enumerate() {
                    for (v, sum) in sums.into_iter().enumerate() {
                        // SAFETY: `out` has BLOCK planes of that size, which is a multiple of a block's vectors.
                        sum.store(unsafe { &mut *out.as_mut_ptr().add(o * size + first + v * L).cast() });
                    }
                }
                column += VECTORS * L;
                base += VECTORS * L;
                if column >= width {
                    // One row on, or two.
                    base += column / width * reach.step - column;
                    column = 0;
                }
            }
        }
    }
}

/// `sum[o][i][tap] += Σ_images Σ_p gradient[o][p]·x[i][p + tap]`, with R rows of K taps.
pub struct Weigh<'a, const R: usize, const K: usize, const SPLIT: bool> {
    /// Planes of the inputs, image after image.
    pub x: &'a [f32],
    pub reach: Reach,
    /// `[images, outputs, height, width]`.
    pub gradient: &'a [f32],
    pub images: usize,
    pub outputs: usize,
    pub width: usize,
    pub height: usize,
    /// `[outputs, inputs, R, K]`.
    pub sum: &'a mut [f32],
}

impl<const R: usize, const K: usize, const SPLIT: bool> Kernel for Weigh<'_, R, K, SPLIT> {
    #[inline(always)]
    fn run<V: Vector<L>, const L: usize>(mut self) {
        assert!(
            self.reach.end::<R, K, SPLIT>(self.width, self.height) <= self.reach.plane && self.width.is_multiple_of(L)
        );
        if self.width >= 2 * L { self.blocks::<V, L, 2>() } else { self.blocks::<V, L, 1>() }
    }
}

impl<const R: usize, const K: usize, const SPLIT: bool> Weigh<'_, R, K, SPLIT> {
    /// All output channels, with `U` vectors of positions in one turn of the innermost loop.
    #[inline(always)]
    fn blocks<V: Vector<L>, const L: usize, const U: usize>(&mut self) {
        let mut o = 0;
        while o < self.outputs {
            // Never a block of one channel: too few sums to keep the processor busy.
            match self.outputs - o {
                2 | 4 => {
                    self.block::<V, L, U, 2>(o);
                    o += 2;
                }
                _ => {
                    self.block::<V, L, U, GRADIENTS>(o);
                    o += GRADIENTS;
                }
            }
        }
    }

    /// The weights of `O` output channels.
    #[inline(always)]
    fn block<V: Vector<L>, const L: usize, const U: usize, const O: usize>(&mut self, first: usize) {
        let Self { x, reach, gradient, images, outputs, width, height, ref mut sum } = *self;
        let (image, size) = (x.len() / images, width * height);
        let inputs = image / reach.plane;
        // Where a row is one turn of the innermost loop, that loop goes through the rows.
        let (outer, inner, along) = match width == U * L {
            true => (1, height, reach.step),
            false => (height, width / (U * L), U * L),
        };
        // As in `Correlate`: a number that the compiler does not know.
        let end = std::hint::black_box(usize::MAX);
        for i in 0..inputs {
            for r in 0..R {
                let mut sums = [[V::splat(0.0); K]; O];
                for n in 0..images {
                    let x = &x[n * image + i * reach.plane..][..reach.plane];
                    let gradients = &gradient[(n * outputs + first) * size..][..O * size];
                    for y in 0..outer {
                        let (mut at, mut p) = (y * reach.step + r * reach.row, y * width);
                        for _ in 0..inner {
                            for u in 0..U {
                                if cfg!(target_arch = "wasm32") && end == u {
                                    break;
                                }
                                // SAFETY: `reach.end` is within the plane, as `run` asserts, and the turns go through the
                                // rows of outputs.
                                let mut values = [V::splat(0.0); K];
                                for k in 0..K {
                                    values[k] = unsafe {
                                        V::load(&*x.as_ptr().add(at).add(reach.column::<SPLIT>(k)).add(u * L).cast())
                                    };
                                }
                                for o in 0..O {
                                    // SAFETY: the slice has O planes of that size.
                                    let g: V =
                                        unsafe { V::load(&*gradients.as_ptr().add(o * size + p).add(u * L).cast()) };
                                    for k in 0..K {
                                        sums[o][k] = g.multiply_add(values[k], sums[o][k]);
                                    }
                                }
                            }
                            at += along;
                            p += U * L;
                        }
                    }
                }
                for (o, sums) in sums.into_iter().enumerate() {
                    for (k, lanes) in sums.into_iter().enumerate() {
                        sum[(((first + o) * inputs + i) * R + r) * K + k] += lanes.sum();
                    }
                }
            }
        }
    }
}
