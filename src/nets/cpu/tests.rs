//! The kernels against the formulas, written as plainly as possible and summed in f64.

use super::convolution::{forward, input_gradient, weight_gradient};
use super::norm::{self, Channel};
use crate::nets::operations::Sizes;

/// Numbers in [−0.5, 0.5).
fn numbers(n: usize, seed: u32) -> Vec<f32> {
    let mut state = seed;
    let next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 24) as f32 - 0.5
    };
    std::iter::repeat_with(next).take(n).collect()
}

fn close(found: &[f32], expected: &[f64], what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    let scale = expected.iter().map(|e| e.abs()).fold(1e-3, f64::max);
    for (i, (f, e)) in found.iter().zip(expected).enumerate() {
        assert!((f64::from(*f) - e).abs() < 2e-6 * scale, "{what}[{i}]: {f} instead of {e}");
    }
}

/// Calls `f` with every product of a convolution: places in x, in the weight and in the output.
fn products(s: Sizes, mut f: impl FnMut(usize, usize, usize)) {
    let [height, width] = s.out();
    let padding = s.kernel / 2;
    for (b, o, y, x) in (0..s.batch * s.outputs * height * width).map(|p| {
        let (rest, x) = (p / width, p % width);
        let (rest, y) = (rest / height, rest % height);
        (rest / s.outputs, rest % s.outputs, y, x)
    }) {
        for (i, ky, kx) in (0..s.inputs * s.kernel * s.kernel)
            .map(|t| (t / (s.kernel * s.kernel), t / s.kernel % s.kernel, t % s.kernel))
        {
            let (row, column) = (y * s.stride + ky, x * s.stride + kx);
            if (padding..s.height + padding).contains(&row) && (padding..s.width + padding).contains(&column) {
                f(
                    ((b * s.inputs + i) * s.height + row - padding) * s.width + column - padding,
                    ((o * s.inputs + i) * s.kernel + ky) * s.kernel + kx,
                    ((b * s.outputs + o) * height + y) * width + x,
                );
            }
        }
    }
}

#[test]
fn convolutions_and_their_gradients_are_the_sums_that_they_should_be() {
    let mut tried = 0;
    // Widths for every length of vectors, one image and more than a thread's share of them, odd numbers of blocks, channels for
    // minimal filtering and others.
    for ([height, width], batch) in [([4; 2], 1), ([4; 2], 37), ([16, 8], 3), ([8; 2], 17), ([16; 2], 2), ([32; 2], 1)]
    {
        for (inputs, outputs) in [(4, 4), (8, 12), (3, 8), (4, 20), (16, 12), (32, 8)] {
            for (kernel, stride) in [(3, 1), (3, 2), (1, 1), (1, 2)] {
                let sizes = Sizes { batch, inputs, outputs, height, width, kernel, stride };
                if !sizes.fit() {
                    assert_eq!(width, 4, "only maps that become too narrow are left to burn");
                    continue;
                }
                tried += 1;
                let [height_out, width_out] = sizes.out();
                let x = numbers(batch * inputs * height * width, 1);
                let weight = numbers(outputs * inputs * kernel * kernel, 2);
                let gradient = numbers(batch * outputs * height_out * width_out, 3);
                let [mut out, mut of_weight, mut of_x] = [gradient.len(), weight.len(), x.len()].map(|n| vec![0f64; n]);
                products(sizes, |i, w, o| {
                    let [x, weight, gradient] = [x[i], weight[w], gradient[o]].map(f64::from);
                    out[o] += x * weight;
                    of_weight[w] += x * gradient;
                    of_x[i] += weight * gradient;
                });
                close(&forward(sizes, &x, &weight), &out, &format!("output of {sizes:?}"));
                close(&weight_gradient(sizes, &x, &gradient), &of_weight, &format!("weight gradient of {sizes:?}"));
                if inputs.is_multiple_of(4) {
                    close(&input_gradient(sizes, &weight, &gradient), &of_x, &format!("input gradient of {sizes:?}"));
                }
            }
        }
    }
    assert_eq!(tried, 120);
}

#[test]
fn other_convolutions_are_refused() {
    let good = Sizes { batch: 1, inputs: 4, outputs: 4, height: 8, width: 8, kernel: 3, stride: 1 };
    assert!(good.fit());
    let others = [
        Sizes { outputs: 6, ..good },
        Sizes { kernel: 5, ..good },
        Sizes { stride: 4, ..good },
        Sizes { stride: 0, ..good },
        Sizes { width: 12, ..good },
        Sizes { height: 7, ..good },
        Sizes { height: 0, ..good },
        Sizes { width: 7, stride: 2, ..good },
        Sizes { width: 4, height: 4, stride: 2, ..good },
    ];
    for other in others {
        assert!(!other.fit(), "{other:?}");
    }
}

#[test]
fn moments_keep_their_digits_far_from_zero() {
    let sizes = [5, 3, 36];
    let x: Vec<f32> = numbers(5 * 3 * 36, 4).into_iter().map(|x| x + 1000.0).collect();
    let (mean, variance) = norm::moments(sizes, &x);
    for c in 0..3 {
        let values: Vec<f64> = x.chunks(36).skip(c).step_by(3).flatten().map(|x| f64::from(*x)).collect();
        let expected = values.iter().sum::<f64>() / 180.0;
        let spread = values.iter().map(|x| (x - expected).powi(2)).sum::<f64>() / 180.0;
        assert!((f64::from(mean[c]) - expected).abs() < 1e-4);
        // A mean of 1000 is known to 6e-5; squares of the values themselves would leave nothing of the variance.
        assert!((f64::from(variance[c]) / spread - 1.0).abs() < 1e-4, "{} instead of {spread}", variance[c]);
    }
}

#[test]
fn channels_are_mapped_and_cut_and_their_gradients_summed() {
    for size in [16, 20] {
        let sizes @ [batch, channels, _] = [2, 3, size];
        let (x, gradient) = (numbers(batch * channels * size, 5), numbers(batch * channels * size, 6));
        let by: Vec<Channel> = [(0.1, 2.0, -0.2), (-0.3, -1.0, 0.1), (0.0, 0.5, 0.0)]
            .map(|(mean, scale, shift)| Channel { mean, scale, shift })
            .into();
        let slopes = [[0.1, 0.2], [-0.3, 0.4], [0.0, 0.0]];
        for relu in [false, true] {
            let mut sums = [[0f64; 2]; 3];
            let (mut out, mut of_x) = (Vec::new(), Vec::new());
            for (p, (x, g)) in x.iter().zip(&gradient).enumerate() {
                let c = p / size % channels;
                let [mean, scale, shift, level, slope] =
                    [by[c].mean, by[c].scale, by[c].shift, slopes[c][0], slopes[c][1]].map(f64::from);
                let from_mean = f64::from(*x) - mean;
                let y = from_mean * scale + shift;
                let g = if relu && y <= 0.0 { 0.0 } else { f64::from(*g) };
                out.push(if relu { y.max(0.0) } else { y });
                sums[c][0] += g;
                sums[c][1] += g * from_mean;
                of_x.push((g - level) * scale - from_mean * slope);
            }
            close(&norm::apply(sizes, &x, &by, relu), &out, "output");
            for (found, expected) in norm::gradient_sums(sizes, &x, &by, &gradient, relu).iter().zip(sums) {
                assert!(found.iter().zip(expected).all(|(f, e)| (f - e).abs() < 1e-5), "{found:?} {expected:?}");
            }
            close(&norm::gradient_of_x(sizes, &x, &by, &slopes, &gradient, relu), &of_x, "gradient of x");
        }
    }
}

#[test]
fn what_is_not_a_number_stays_visible_behind_a_relu() {
    let x = [f32::NAN, -1.0, 1.0, f32::NAN].repeat(4);
    let by = [Channel { mean: 0.0, scale: 1.0, shift: 0.0 }];
    let out = norm::apply([1, 1, 16], &x, &by, true);
    assert!(out[0].is_nan() && out[3].is_nan() && out[1..3] == [0.0, 1.0]);
    let passed = norm::gradient_of_x([1, 1, 16], &x, &by, &[[0.0, 0.0]], &[1.0; 16], true);
    assert!(passed[1] == 0.0 && passed[2] == 1.0);
}
