//! Batch normalisation and what follows it, channel by channel: each map is read as few times as the formula allows.

use super::simd::{Kernel, Vector, run};
use super::threads;

/// Sizes of a map: images, channels, positions in a plane (a multiple of 4).
pub type Sizes = [usize; 3];

/// Mean and biased variance of every channel.
///
/// Planes are averaged in f32 lanes about their own mean and merged in f64, so a mean far from zero costs no digits.
pub fn moments([batch, channels, size]: Sizes, x: &[f32]) -> (Vec<f32>, Vec<f32>) {
    let planes = threads::map(x, channels * size, x, channels * size, |x, _| {
        let mut out = vec![[0f32; 2]; channels];
        run(size, PlaneMoments { x, size, out: &mut out });
        out
    });
    let n = (batch * size) as f64;
    let channel = |c: usize| {
        let mean = planes.iter().map(|p| f64::from(p[c][0])).sum::<f64>() / batch as f64;
        let between: f64 = planes.iter().map(|p| (f64::from(p[c][0]) - mean).powi(2)).sum();
        let within: f64 = planes.iter().map(|p| f64::from(p[c][1])).sum();
        (mean as f32, ((within + between * size as f64) / n) as f32)
    };
    (0..channels).map(channel).unzip()
}

/// Mean and sum of squared deviations of every plane.
struct PlaneMoments<'a> {
    x: &'a [f32],
    size: usize,
    out: &'a mut [[f32; 2]],
}

impl Kernel for PlaneMoments<'_> {
    #[inline(always)]
    fn run<V: Vector<L>, const L: usize>(self) {
        for (x, out) in self.x.chunks_exact(self.size).zip(self.out) {
            let mean = sum::<V, L, false>(x, 0.0) / self.size as f32;
            *out = [mean, sum::<V, L, true>(x, mean)];
        }
    }
}

/// Σ (x − mean), or Σ (x − mean)², with four sums side by side.
#[inline(always)]
fn sum<V: Vector<L>, const L: usize, const SQUARES: bool>(x: &[f32], mean: f32) -> f32 {
    let mean = V::splat(mean);
    let (fours, rest) = x.as_chunks::<L>().0.as_chunks::<4>();
    let mut sums = [V::splat(0.0); 4];
    for four in fours {
        for (sum, v) in sums.iter_mut().zip(four) {
            let v = V::load(v).sub(mean);
            *sum = if SQUARES { v.multiply_add(v, *sum) } else { sum.add(v) };
        }
    }
    for v in rest {
        let v = V::load(v).sub(mean);
        sums[0] = if SQUARES { v.multiply_add(v, sums[0]) } else { sums[0].add(v) };
    }
    sums[0].add(sums[1]).add(sums[2].add(sums[3])).sum()
}

/// What a channel is mapped with: `y = (x − mean)·scale + shift`.
#[derive(Debug, Clone, Copy)]
pub struct Channel {
    pub mean: f32,
    pub scale: f32,
    pub shift: f32,
}

/// `y` of every channel, with or without a ReLU.
pub fn apply([_, channels, size]: Sizes, x: &[f32], by: &[Channel], relu: bool) -> Vec<f32> {
    let mut out = vec![0f32; x.len()];
    let image = channels * size;
    threads::for_each(x, image, &mut out, image, || (), |_, x, out| run(size, Apply { x, size, by, relu, out }));
    out
}

struct Apply<'a> {
    x: &'a [f32],
    size: usize,
    by: &'a [Channel],
    relu: bool,
    out: &'a mut [f32],
}

impl Kernel for Apply<'_> {
    #[inline(always)]
    fn run<V: Vector<L>, const L: usize>(self) {
        let planes = self.x.chunks_exact(self.size).zip(self.out.chunks_exact_mut(self.size));
        for ((x, out), by) in planes.zip(self.by) {
            let (mean, scale, shift) = (V::splat(by.mean), V::splat(by.scale), V::splat(by.shift));
            let (x, out) = (x.as_chunks::<L>().0, out.as_chunks_mut::<L>().0);
            if self.relu {
                for (x, out) in x.iter().zip(out) {
                    V::load(x).sub(mean).multiply_add(scale, shift).relu().store(out);
                }
            } else {
                for (x, out) in x.iter().zip(out) {
                    V::load(x).sub(mean).multiply_add(scale, shift).store(out);
                }
            }
        }
    }
}

/// For every channel Σ g and Σ g·(x − mean), where g is the gradient that the ReLU lets through.
pub fn gradient_sums(
    [_, channels, size]: Sizes,
    x: &[f32],
    by: &[Channel],
    gradient: &[f32],
    relu: bool,
) -> Vec<[f64; 2]> {
    let image = channels * size;
    let images = threads::map(x, image, gradient, image, |x, gradient| {
        let mut out = vec![[0f32; 2]; channels];
        run(size, GradientSums { x, size, by, gradient, relu, out: &mut out });
        out
    });
    let channel = |c: usize| [0, 1].map(|i| images.iter().map(|sums| f64::from(sums[c][i])).sum());
    (0..channels).map(channel).collect()
}

struct GradientSums<'a> {
    x: &'a [f32],
    size: usize,
    by: &'a [Channel],
    gradient: &'a [f32],
    relu: bool,
    out: &'a mut [[f32; 2]],
}

impl Kernel for GradientSums<'_> {
    #[inline(always)]
    fn run<V: Vector<L>, const L: usize>(self) {
        let planes = self.x.chunks_exact(self.size).zip(self.gradient.chunks_exact(self.size));
        for (((x, gradient), by), out) in planes.zip(self.by).zip(self.out) {
            let (mean, scale, shift) = (V::splat(by.mean), V::splat(by.scale), V::splat(by.shift));
            let mut sums = [[V::splat(0.0); 2]; 2];
            let (x, gradient) = (x.as_chunks::<L>().0, gradient.as_chunks::<L>().0);
            for (x, gradient) in x.chunks(2).zip(gradient.chunks(2)) {
                for ((x, gradient), sums) in x.iter().zip(gradient).zip(&mut sums) {
                    let from_mean = V::load(x).sub(mean);
                    let mut g = V::load(gradient);
                    if self.relu {
                        g = g.unless_cut(from_mean.multiply_add(scale, shift));
                    }
                    *sums = [sums[0].add(g), g.multiply_add(from_mean, sums[1])];
                }
            }
            *out = [sums[0][0].add(sums[1][0]).sum(), sums[0][1].add(sums[1][1]).sum()];
        }
    }
}

/// `(g − level)·scale − (x − mean)·slope` for every channel, with `[level, slope]` of each: the gradient with respect to x.
pub fn gradient_of_x(
    [_, channels, size]: Sizes,
    x: &[f32],
    by: &[Channel],
    slopes: &[[f32; 2]],
    gradient: &[f32],
    relu: bool,
) -> Vec<f32> {
    let image = channels * size;
    let mut out = vec![0f32; x.len()];
    threads::for_each_of_two(x, gradient, &mut out, image, |x, gradient, out| {
        run(size, GradientOfX { x, size, by, slopes, gradient, relu, out });
    });
    out
}

struct GradientOfX<'a> {
    x: &'a [f32],
    size: usize,
    by: &'a [Channel],
    slopes: &'a [[f32; 2]],
    gradient: &'a [f32],
    relu: bool,
    out: &'a mut [f32],
}

impl Kernel for GradientOfX<'_> {
    #[inline(always)]
    fn run<V: Vector<L>, const L: usize>(self) {
        let planes = self.x.chunks_exact(self.size).zip(self.gradient.chunks_exact(self.size));
        let channels = self.by.iter().zip(self.slopes);
        for (((x, gradient), out), (by, [level, slope])) in
            planes.zip(self.out.chunks_exact_mut(self.size)).zip(channels)
        {
            let (mean, scale, shift) = (V::splat(by.mean), V::splat(by.scale), V::splat(by.shift));
            let (level, slope) = (V::splat(*level), V::splat(-*slope));
            let (x, gradient) = (x.as_chunks::<L>().0, gradient.as_chunks::<L>().0);
            for ((x, gradient), out) in x.iter().zip(gradient).zip(out.as_chunks_mut::<L>().0) {
                let from_mean = V::load(x).sub(mean);
                let mut g = V::load(gradient);
                if self.relu {
                    g = g.unless_cut(from_mean.multiply_add(scale, shift));
                }
                from_mean.multiply_add(slope, g.sub(level).mul(scale)).store(out);
            }
        }
    }
}
