//! The sum of two maps, of which the second is smaller, with weights that a 1×1 convolution of both decides place by place.
//!
//! `s = σ(w·[x, y↑] + b)` with two rows of weights, `out = x·s₀ + y↑·s₁`; y↑ is y with every place repeated. Neither y↑ nor both maps
//! side by side are ever written out: an image is worked on while it lies in the second cache.

use super::simd::{Kernel, Vector, run};
use super::threads;
use crate::nets::fuse::FuseSizes;

impl FuseSizes {
    /// Places of the large and of the small map.
    fn places(&self) -> [usize; 2] {
        [self.height * self.width, self.height * self.width / (self.factor * self.factor)]
    }
}

/// `[B, C, H, W]`, `[B, C, H/f, W/f]`, `[2, 2C]`, `[2]` → `out` and the shares `s`, `[B, 2, H, W]`.
pub fn forward(sizes: FuseSizes, x: &[f32], y: &[f32], weight: &[f32], bias: &[f32]) -> (Vec<f32>, Vec<f32>) {
    let [large, small] = sizes.places();
    let (part_x, part_y) = (sizes.channels * large, sizes.channels * small);
    let mut out = vec![0f32; x.len()];
    let mut shares = vec![0f32; sizes.batch * 2 * large];
    threads::for_each_of([&mut out, &mut shares], [part_x, 2 * large], |image, [out, shares]| {
        let (x, y) = (&x[image * part_x..][..part_x], &y[image * part_y..][..part_y]);
        let mut low: Vec<f32> = bias.iter().flat_map(|b| std::iter::repeat_n(*b, small)).collect();
        let of_y = [&weight[sizes.channels..2 * sizes.channels], &weight[3 * sizes.channels..]];
        let of_x = [&weight[..sizes.channels], &weight[2 * sizes.channels..3 * sizes.channels]];
        weighted_sums(y, of_y, small, &mut low);
        sizes.enlarge(&low, shares);
        weighted_sums(x, of_x, large, shares);
        shares.iter_mut().for_each(|s| *s = 1.0 / (1.0 + (-*s).exp()));
        run(sizes.width, Mix { sizes, x, y, shares, out });
    });
    (out, shares)
}

/// Gradients with respect to x, y, the weights and the bias.
pub fn backward(
    sizes: FuseSizes,
    x: &[f32],
    y: &[f32],
    weight: &[f32],
    shares: &[f32],
    gradient: &[f32],
) -> [Vec<f32>; 4] {
    let [large, small] = sizes.places();
    let channels = sizes.channels;
    let (part_x, part_y, part_sums) = (channels * large, channels * small, 4 * channels + 2);
    let (mut of_x, mut of_y) = (vec![0f32; x.len()], vec![0f32; y.len()]);
    let mut sums = vec![0f32; sizes.batch * part_sums];
    let outs = [&mut of_x[..], &mut of_y, &mut sums];
    threads::for_each_of(outs, [part_x, part_y, part_sums], |image, [of_x, of_y, sums]| {
        let (x, y) = (&x[image * part_x..][..part_x], &y[image * part_y..][..part_y]);
        let gradient = &gradient[image * part_x..][..part_x];
        let shares = &shares[image * 2 * large..][..2 * large];
        // d/ds first, then through the sigmoid.
        let mut slopes = vec![0f32; 2 * large];
        run(sizes.width, Slopes { sizes, x, y, gradient, out: &mut slopes });
        slopes.iter_mut().zip(shares).for_each(|(slope, s)| *slope *= s * (1.0 - s));
        let mut low = vec![0f32; 2 * small];
        sizes.shrink(&slopes, &mut low);
        let (of_weight, of_bias) = sums.split_at_mut(4 * channels);
        for (sum, slopes) in of_bias.iter_mut().zip(slopes.chunks_exact(large)) {
            *sum = slopes.iter().sum();
        }
        run(sizes.width, Split { sizes, x, weight, shares, slopes: &slopes, gradient, of_x, of_y, of_weight });
        for (c, (y, of_y)) in y.chunks_exact(small).zip(of_y.chunks_exact_mut(small)).enumerate() {
            for (k, low) in low.chunks_exact(small).enumerate() {
                let at = (2 * k + 1) * channels + c;
                of_weight[at] = y.iter().zip(low).map(|(y, slope)| y * slope).sum();
                of_y.iter_mut().zip(low).for_each(|(of_y, slope)| *of_y += slope * weight[at]);
            }
        }
    });
    let mut total = vec![0f32; part_sums];
    for sums in sums.chunks_exact(part_sums) {
        total.iter_mut().zip(sums).for_each(|(total, sum)| *total += sum);
    }
    let of_bias = total.split_off(4 * channels);
    [of_x, of_y, total, of_bias]
}

impl FuseSizes {
    /// Planes of the small size → planes of the large size.
    fn enlarge(&self, small: &[f32], large: &mut [f32]) {
        let Self { width, factor, .. } = *self;
        let bands = large.chunks_exact_mut(width * factor);
        for (band, from) in bands.zip(small.chunks_exact(width / factor)) {
            let (first, others) = band.split_at_mut(width);
            repeat(from, factor, first);
            others.chunks_exact_mut(width).for_each(|row| row.copy_from_slice(first));
        }
    }

    /// Planes of the large size → their sums over every place of the small size.
    fn shrink(&self, large: &[f32], small: &mut [f32]) {
        let Self { width, factor, .. } = *self;
        let bands = large.chunks_exact(width * factor);
        for (band, to) in bands.zip(small.chunks_exact_mut(width / factor)) {
            for row in band.chunks_exact(width) {
                gather(row, factor, to);
            }
        }
    }
}

/// Every number `factor` times.
#[inline(always)]
fn repeat(from: &[f32], factor: usize, to: &mut [f32]) {
    for (to, from) in to.chunks_exact_mut(factor).zip(from) {
        to.fill(*from);
    }
}

/// Adds up `factor` numbers at a time.
#[inline(always)]
fn gather(from: &[f32], factor: usize, to: &mut [f32]) {
    for (to, from) in to.iter_mut().zip(from.chunks_exact(factor)) {
        *to += from.iter().sum::<f32>();
    }
}

/// Adds Σ_c weights[k][c]·x[c] to `out[k]`, for two k. Planes of `size` places.
fn weighted_sums(x: &[f32], weights: [&[f32]; 2], size: usize, out: &mut [f32]) {
    if size.is_multiple_of(4) {
        run(size, WeightedSums { x, weights, size, out });
        return;
    }
    for (c, x) in x.chunks_exact(size).enumerate() {
        for (out, weights) in out.chunks_exact_mut(size).zip(weights) {
            out.iter_mut().zip(x).for_each(|(out, x)| *out += weights[c] * x);
        }
    }
}

struct WeightedSums<'a> {
    x: &'a [f32],
    weights: [&'a [f32]; 2],
    size: usize,
    out: &'a mut [f32],
}

impl Kernel for WeightedSums<'_> {
    #[inline(always)]
    fn run<V: Vector<L>, const L: usize>(self) {
        let (zero, one) = self.out.split_at_mut(self.size);
        let (zero, one) = (zero.as_chunks_mut::<L>().0, one.as_chunks_mut::<L>().0);
        for ((x, first), second) in self.x.chunks_exact(self.size).zip(self.weights[0]).zip(self.weights[1]) {
            let (first, second) = (V::splat(*first), V::splat(*second));
            for ((x, zero), one) in x.as_chunks::<L>().0.iter().zip(zero.iter_mut()).zip(one.iter_mut()) {
                let x = V::load(x);
                x.multiply_add(first, V::load(zero)).store(zero);
                x.multiply_add(second, V::load(one)).store(one);
            }
        }
    }
}

/// `out = x·s₀ + y↑·s₁` of one image.
struct Mix<'a> {
    sizes: FuseSizes,
    x: &'a [f32],
    y: &'a [f32],
    shares: &'a [f32],
    out: &'a mut [f32],
}

impl Kernel for Mix<'_> {
    #[inline(always)]
    fn run<V: Vector<L>, const L: usize>(self) {
        let FuseSizes { width, factor, .. } = self.sizes;
        let [large, small] = self.sizes.places();
        let (zero, one) = self.shares.split_at(large);
        let mut wide = vec![0f32; width];
        let planes = self.x.chunks_exact(large).zip(self.y.chunks_exact(small));
        for ((x, y), out) in planes.zip(self.out.chunks_exact_mut(large)) {
            let shares = zero.chunks_exact(width * factor).zip(one.chunks_exact(width * factor));
            let bands = x.chunks_exact(width * factor).zip(out.chunks_exact_mut(width * factor));
            for (((x, out), (zero, one)), y) in bands.zip(shares).zip(y.chunks_exact(width / factor)) {
                repeat(y, factor, &mut wide);
                let shares = zero.chunks_exact(width).zip(one.chunks_exact(width));
                let rows = x.chunks_exact(width).zip(out.chunks_exact_mut(width));
                for ((x, out), (zero, one)) in rows.zip(shares) {
                    let (x, out) = (x.as_chunks::<L>().0, out.as_chunks_mut::<L>().0);
                    let (zero, one, wide) = (zero.as_chunks::<L>().0, one.as_chunks::<L>().0, wide.as_chunks::<L>().0);
                    for ((((x, out), zero), one), wide) in x.iter().zip(out).zip(zero).zip(one).zip(wide) {
                        V::load(x).multiply_add(V::load(zero), V::load(wide).mul(V::load(one))).store(out);
                    }
                }
            }
        }
    }
}

/// `out[0] = Σ_c g·x`, `out[1] = Σ_c g·y↑` of one image.
struct Slopes<'a> {
    sizes: FuseSizes,
    x: &'a [f32],
    y: &'a [f32],
    gradient: &'a [f32],
    out: &'a mut [f32],
}

impl Kernel for Slopes<'_> {
    #[inline(always)]
    fn run<V: Vector<L>, const L: usize>(self) {
        let FuseSizes { width, factor, .. } = self.sizes;
        let [large, small] = self.sizes.places();
        let (zero, one) = self.out.split_at_mut(large);
        let mut wide = vec![0f32; width];
        let planes = self.x.chunks_exact(large).zip(self.y.chunks_exact(small));
        for ((x, y), gradient) in planes.zip(self.gradient.chunks_exact(large)) {
            let sums = zero.chunks_exact_mut(width * factor).zip(one.chunks_exact_mut(width * factor));
            let bands = x.chunks_exact(width * factor).zip(gradient.chunks_exact(width * factor));
            for (((x, gradient), (zero, one)), y) in bands.zip(sums).zip(y.chunks_exact(width / factor)) {
                repeat(y, factor, &mut wide);
                let sums = zero.chunks_exact_mut(width).zip(one.chunks_exact_mut(width));
                let rows = x.chunks_exact(width).zip(gradient.chunks_exact(width));
                for ((x, gradient), (zero, one)) in rows.zip(sums) {
                    let (x, gradient, wide) =
                        (x.as_chunks::<L>().0, gradient.as_chunks::<L>().0, wide.as_chunks::<L>().0);
                    let (zero, one) = (zero.as_chunks_mut::<L>().0, one.as_chunks_mut::<L>().0);
                    for ((((x, g), zero), one), wide) in x.iter().zip(gradient).zip(zero).zip(one).zip(wide) {
                        let g = V::load(g);
                        V::load(x).multiply_add(g, V::load(zero)).store(zero);
                        V::load(wide).multiply_add(g, V::load(one)).store(one);
                    }
                }
            }
        }
    }
}

/// `of_x = g·s₀ + Σ_k slope_k·w[k][x]`, `of_y` = the sums of `g·s₁` over every small place, and `of_weight[k][x] = Σ slope_k·x`, of
/// one image. What the slopes add for y is done at the small size.
struct Split<'a> {
    sizes: FuseSizes,
    x: &'a [f32],
    weight: &'a [f32],
    shares: &'a [f32],
    slopes: &'a [f32],
    gradient: &'a [f32],
    of_x: &'a mut [f32],
    of_y: &'a mut [f32],
    of_weight: &'a mut [f32],
}

impl Kernel for Split<'_> {
    #[inline(always)]
    fn run<V: Vector<L>, const L: usize>(self) {
        let FuseSizes { channels, width, factor, .. } = self.sizes;
        let [large, small] = self.sizes.places();
        let (zero, one) = self.shares.split_at(large);
        let (slope_zero, slope_one) = self.slopes.split_at(large);
        let mut wide = vec![0f32; width];
        for c in 0..channels {
            let (w_zero, w_one) = (V::splat(self.weight[c]), V::splat(self.weight[2 * channels + c]));
            let x = self.x[c * large..][..large].as_chunks::<L>().0;
            let g = self.gradient[c * large..][..large].as_chunks::<L>().0;
            let of_x = self.of_x[c * large..][..large].as_chunks_mut::<L>().0;
            let (s, a, b) = (zero.as_chunks::<L>().0, slope_zero.as_chunks::<L>().0, slope_one.as_chunks::<L>().0);
            let mut sums = [V::splat(0.0); 2];
            for (((((x, g), of_x), s), a), b) in x.iter().zip(g).zip(of_x).zip(s).zip(a).zip(b) {
                let (x, a, b) = (V::load(x), V::load(a), V::load(b));
                sums = [a.multiply_add(x, sums[0]), b.multiply_add(x, sums[1])];
                V::load(g).multiply_add(V::load(s), a.multiply_add(w_zero, b.mul(w_one))).store(of_x);
            }
            self.of_weight[c] = sums[0].sum();
            self.of_weight[2 * channels + c] = sums[1].sum();
            let bands = self.gradient[c * large..][..large].chunks_exact(width * factor);
            let of_y = self.of_y[c * small..][..small].chunks_exact_mut(width / factor);
            for ((g, s), of_y) in bands.zip(one.chunks_exact(width * factor)).zip(of_y) {
                wide.fill(0.0);
                for (g, s) in g.chunks_exact(width).zip(s.chunks_exact(width)) {
                    let (g, s) = (g.as_chunks::<L>().0, s.as_chunks::<L>().0);
                    for ((g, s), wide) in g.iter().zip(s).zip(wide.as_chunks_mut::<L>().0) {
                        V::load(g).multiply_add(V::load(s), V::load(wide)).store(wide);
                    }
                }
                gather(&wide, factor, of_y);
            }
        }
    }
}
