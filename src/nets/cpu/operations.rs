//! The operations for the CPU backend.

use burn::backend::Flex;
use burn::backend::ops::{FloatTensorOps, ModuleOps};
use burn::backend::tensor::FloatTensor;
use burn::tensor::TensorData;

use super::convolution;
use super::norm::{self, Channel};
use crate::nets::operations::{Operations, Sizes, options};

/// A tensor in row-major order.
fn plain(tensor: FloatTensor<Flex>) -> FloatTensor<Flex> {
    tensor.to_contiguous()
}

fn shape4(tensor: &FloatTensor<Flex>) -> [usize; 4] {
    let mut shape = [0; 4];
    shape.copy_from_slice(&tensor.layout().shape()[..]);
    shape
}

fn sizes(x: [usize; 4], weight: &FloatTensor<Flex>, stride: usize) -> Sizes {
    Sizes::of(x, shape4(weight), stride)
}

fn tensor<const D: usize>(values: Vec<f32>, shape: [usize; D]) -> FloatTensor<Flex> {
    Flex::float_from_data(TensorData::new(values, shape), &Default::default())
}

impl Operations for Flex {
    fn conv(x: FloatTensor<Self>, weight: FloatTensor<Self>, stride: usize) -> FloatTensor<Self> {
        let (x, weight) = (plain(x), plain(weight));
        let sizes = sizes(shape4(&x), &weight, stride);
        let [height, width] = sizes.out();
        let out = convolution::forward(sizes, x.storage(), weight.storage());
        tensor(out, [sizes.batch, sizes.outputs, height, width])
    }

    fn conv_weight(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        stride: usize,
    ) -> FloatTensor<Self> {
        let (x, gradient) = (plain(x), plain(gradient));
        let sizes = sizes(shape4(&x), &weight, stride);
        let out = convolution::weight_gradient(sizes, x.storage(), gradient.storage());
        tensor(out, shape4(&weight))
    }

    fn conv_input(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        stride: usize,
    ) -> FloatTensor<Self> {
        let (weight, gradient) = (plain(weight), plain(gradient));
        let sizes = sizes(shape4(&x), &weight, stride);
        if !sizes.inputs.is_multiple_of(4) {
            // Three colour channels: only attacks and input gradients ask for these.
            let options = options(&weight, stride);
            return Self::conv2d_x_backward(x, weight, gradient, options);
        }
        let out = convolution::input_gradient(sizes, weight.storage(), gradient.storage());
        tensor(out, shape4(&x))
    }

    fn normalise(
        x: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        epsilon: f64,
        relu: bool,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        let x = plain(x);
        let shape @ [batch, channels, height, width] = shape4(&x);
        let sizes = [batch, channels, height * width];
        let (mean, variance) = norm::moments(sizes, x.storage());
        let by = normaliser(&gamma, &beta, &mean, &variance, epsilon);
        let out = norm::apply(sizes, x.storage(), &by, relu);
        (tensor(out, shape), tensor(mean, [channels]), tensor(variance, [channels]))
    }

    fn normalise_backward(
        x: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        mean: FloatTensor<Self>,
        variance: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        epsilon: f64,
        relu: bool,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        let (x, gradient, variance) = (plain(x), plain(gradient), plain(variance));
        let shape @ [batch, channels, height, width] = shape4(&x);
        let sizes = [batch, channels, height * width];
        let by = normaliser(&gamma, &beta, plain(mean).storage(), variance.storage(), epsilon);
        let sums = norm::gradient_sums(sizes, x.storage(), &by, gradient.storage(), relu);
        let n = (batch * height * width) as f64;
        let variance: &[f32] = variance.storage();
        let inverse = |c: usize| 1.0 / (f64::from(variance[c]) + epsilon).sqrt();
        let slope = |c: usize| f64::from(by[c].scale) * inverse(c).powi(2) * sums[c][1] / n;
        let slopes: Vec<[f32; 2]> = (0..channels).map(|c| [(sums[c][0] / n) as f32, slope(c) as f32]).collect();
        let of_x = norm::gradient_of_x(sizes, x.storage(), &by, &slopes, gradient.storage(), relu);
        let of_gamma = (0..channels).map(|c| (sums[c][1] * inverse(c)) as f32).collect();
        let of_beta = sums.iter().map(|s| s[0] as f32).collect();
        (tensor(of_x, shape), tensor(of_gamma, [channels]), tensor(of_beta, [channels]))
    }

    fn affine(
        x: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        shift: FloatTensor<Self>,
        relu: bool,
    ) -> FloatTensor<Self> {
        let x = plain(x);
        let shape @ [batch, channels, height, width] = shape4(&x);
        let out = norm::apply([batch, channels, height * width], x.storage(), &channels_of(&scale, &shift), relu);
        tensor(out, shape)
    }

    fn affine_backward(
        x: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        shift: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        relu: bool,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        let (x, gradient) = (plain(x), plain(gradient));
        let shape @ [batch, channels, height, width] = shape4(&x);
        let sizes = [batch, channels, height * width];
        let by = channels_of(&scale, &shift);
        let sums = norm::gradient_sums(sizes, x.storage(), &by, gradient.storage(), relu);
        let of_x = norm::gradient_of_x(sizes, x.storage(), &by, &vec![[0.0; 2]; channels], gradient.storage(), relu);
        let [of_shift, of_scale] = [0, 1].map(|i| tensor(sums.iter().map(|s| s[i] as f32).collect(), [channels]));
        (tensor(of_x, shape), of_scale, of_shift)
    }
}

/// How batch normalisation with these statistics maps every channel.
fn normaliser(
    gamma: &FloatTensor<Flex>,
    beta: &FloatTensor<Flex>,
    mean: &[f32],
    variance: &[f32],
    epsilon: f64,
) -> Vec<Channel> {
    let (gamma, beta) = (gamma.to_contiguous(), beta.to_contiguous());
    let affine = gamma.storage::<f32>().iter().zip(beta.storage::<f32>());
    let statistics = mean.iter().zip(variance);
    let channel = |((gamma, shift), (mean, variance)): ((&f32, &f32), (&f32, &f32))| {
        let scale = f64::from(*gamma) / (f64::from(*variance) + epsilon).sqrt();
        Channel { mean: *mean, scale: scale as f32, shift: *shift }
    };
    affine.zip(statistics).map(channel).collect()
}

fn channels_of(scale: &FloatTensor<Flex>, shift: &FloatTensor<Flex>) -> Vec<Channel> {
    let (scale, shift) = (scale.to_contiguous(), shift.to_contiguous());
    let pairs = scale.storage::<f32>().iter().zip(shift.storage::<f32>());
    pairs.map(|(scale, shift)| Channel { mean: 0.0, scale: *scale, shift: *shift }).collect()
}
