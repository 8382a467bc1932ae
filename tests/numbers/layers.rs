//! Layers against burn's own operations, which are other code: an engine may compute them with kernels of its own, written out for
//! the sizes at hand.

use burn::tensor::{Tensor, activation::relu, module::conv2d, ops::ConvOptions};
use kd_lens::nets::{Builder, Params, Pass};

use crate::fixtures::{assert_close, device, noise, read, tolerance};

async fn map(shape: [usize; 4], salt: u64) -> Tensor<4> {
    let values = noise(shape.iter().product(), salt);
    Tensor::<1>::from_floats(values.as_slice(), &device().await).reshape(shape)
}

/// The output and the gradients of `leaves` under a loss that weighs every output differently.
async fn found(out: Tensor<4>, leaves: &[Tensor<1>], x: &Tensor<4>) -> Vec<Vec<f32>> {
    let weights = map(out.dims(), 31).await.autodiff();
    let gradients = (out.clone() * weights).sum().backward();
    let mut all = vec![read(out.inner()).await, read(x.grad(&gradients).expect("a gradient of x")).await];
    for leaf in leaves {
        all.push(read(leaf.grad(&gradients).expect("a gradient")).await);
    }
    all
}

async fn compare(what: &str, ours: Vec<Vec<f32>>, theirs: Vec<Vec<f32>>) {
    let tolerance = tolerance(1e-5).await;
    assert_eq!(ours.len(), theirs.len());
    for (i, (ours, theirs)) in ours.iter().zip(&theirs).enumerate() {
        let largest = theirs.iter().fold(1e-3f32, |most, v| most.max(v.abs()));
        let scaled = |values: &[f32]| values.iter().map(|v| v / largest).collect::<Vec<_>>();
        assert_close(&format!("{what}, part {i}"), &scaled(ours), &scaled(theirs), tolerance);
    }
}

/// Every kind of convolution that the networks have, and sizes that divide badly: its output and both gradients.
pub async fn convolutions_are_those_of_burn() {
    let device = device().await;
    // Inputs, outputs, side, images, kernel, stride.
    let sizes = [
        [3, 16, 32, 2, 3, 1],
        [16, 32, 16, 3, 3, 2],
        [16, 32, 16, 2, 1, 2],
        [5, 12, 8, 1, 3, 1],
        [6, 4, 8, 2, 3, 2],
        [8, 20, 4, 5, 1, 1],
        // For minimal filtering: several blocks of channels, groups of images that do not come out even.
        [16, 12, 8, 9, 3, 1],
        [32, 32, 16, 3, 3, 1],
        [8, 16, 4, 37, 3, 1],
    ];
    for [inputs, outputs, side, batch, kernel, stride] in sizes {
        let mut builder = Builder::default();
        let conv = builder.conv("conv", inputs, outputs, kernel, stride, false);
        let params = Params::init(builder.finish(), 5, &device);
        let pixels = map([batch, inputs, side, side], 17).await;

        let (leaves, x) = (params.track(), pixels.clone().autodiff().require_grad());
        let out = conv.forward(&Pass::training(&leaves), x.clone());
        let ours = found(out, leaves.values(), &x).await;

        let (leaves, x) = (params.track(), pixels.autodiff().require_grad());
        let weight = leaves.values()[0].clone().reshape([outputs, inputs, kernel, kernel]);
        let out = conv2d(x.clone(), weight, None, ConvOptions::new([stride; 2], [kernel / 2; 2], [1, 1], 1));
        let theirs = found(out, leaves.values(), &x).await;
        compare(&format!("{inputs}→{outputs}, {side}², kernel {kernel}, stride {stride}"), ours, theirs).await;
    }
}

/// Batch normalisation in training and in evaluation, with and without a ReLU: output, gradients, running statistics.
pub async fn normalisation_is_its_formula() {
    let device = device().await;
    for (shape, with_relu) in [([4, 16, 8, 8], true), ([3, 5, 6, 6], false), ([2, 70, 4, 4], true)] {
        let [batch, channels, height, width] = shape;
        let mut builder = Builder::default();
        let norm = builder.norm("norm", channels);
        let mut params = Params::init(builder.finish(), 5, &device);
        let mut salt = 40;
        params.map_trainable(|_, old| {
            salt += 1;
            old + Tensor::from_floats(noise(channels, salt).as_slice(), &device)
        });
        // A mean far from zero, so that it matters how the variance is computed.
        let pixels = map(shape, 18).await + 3.0;
        let wide = |t: Tensor<1>| t.reshape([1, channels, 1, 1]);

        let (leaves, x) = (params.track(), pixels.clone().autodiff().require_grad());
        let mut pass = Pass::training(&leaves);
        let out = if with_relu { norm.forward_relu(&mut pass, x.clone()) } else { norm.forward(&mut pass, x.clone()) };
        let mut ours = found(out, &leaves.values()[..2], &x).await;
        for (_, value) in pass.into_statistics() {
            ours.push(read(value).await);
        }

        let (leaves, x) = (params.track(), pixels.clone().autodiff().require_grad());
        let mean_of = |t: Tensor<4>| t.mean_dim(0).mean_dim(2).mean_dim(3);
        let mean = mean_of(x.clone());
        let variance = mean_of((x.clone() - mean.clone()) * (x.clone() - mean.clone()));
        let [gamma, beta] = [0, 1].map(|i| wide(leaves.values()[i].clone()));
        let out = (x.clone() - mean.clone()) / (variance.clone() + 1e-5).sqrt() * gamma + beta;
        let out = if with_relu { relu(out) } else { out };
        let mut theirs = found(out, &leaves.values()[..2], &x).await;
        let n = (batch * height * width) as f64;
        theirs.push(read(mean.inner() * 0.1).await);
        theirs.push(read(variance.inner() * (0.1 * n / (n - 1.0)) + 0.9).await);
        compare(&format!("{shape:?} in training"), ours, theirs).await;

        let (leaves, x) = (params.track(), pixels.clone().autodiff().require_grad());
        let mut pass = Pass::evaluation(&leaves);
        let out = if with_relu { norm.forward_relu(&mut pass, x.clone()) } else { norm.forward(&mut pass, x.clone()) };
        let ours = found(out, &leaves.values()[..2], &x).await;
        let (leaves, x) = (params.track(), pixels.autodiff().require_grad());
        let [gamma, beta] = [0, 1].map(|i| wide(leaves.values()[i].clone()));
        // New running statistics: mean 0, variance 1.
        let out = x.clone() / (1.0f64 + 1e-5).sqrt() * gamma + beta;
        let theirs = found(if with_relu { relu(out) } else { out }, &leaves.values()[..2], &x).await;
        compare(&format!("{shape:?} in evaluation"), ours, theirs).await;
    }
}
