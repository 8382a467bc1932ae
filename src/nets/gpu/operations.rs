//! The operations for the WebGPU backend.

use burn::backend::tensor::FloatTensor;
use burn::tensor::Shape;
use burn_wgpu::{CubeBackend, CubeTensor};

use super::convolution::{Convolution, Way};
use super::kernel::{parts, plain, run, shape4};
use super::norm::{Map, Norm, Step};
use crate::nets::operations::{Operations, Sizes};

impl Operations for CubeBackend {
    fn conv(x: FloatTensor<Self>, weight: FloatTensor<Self>, stride: usize) -> FloatTensor<Self> {
        let (x, weight) = (plain(x), plain(weight));
        let sizes = sizes(&x, &weight, stride);
        let [height, width] = sizes.out();
        let shape = Shape::new([sizes.batch, sizes.outputs, height, width]);
        let [out] = run(Convolution { way: Way::Forward, sizes }, &[&x, &weight], [shape]);
        out
    }

    fn conv_weight(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        stride: usize,
    ) -> FloatTensor<Self> {
        let (x, gradient) = (plain(x), plain(gradient));
        let sizes = sizes(&x, &weight, stride);
        let [out] = run(Convolution { way: Way::Weight, sizes }, &[&x, &gradient], [Shape::new(shape4(&weight))]);
        out
    }

    fn conv_input(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        stride: usize,
    ) -> FloatTensor<Self> {
        let (weight, gradient) = (plain(weight), plain(gradient));
        let sizes = sizes(&x, &weight, stride);
        let [out] = run(Convolution { way: Way::Input, sizes }, &[&weight, &gradient], [Shape::new(shape4(&x))]);
        out
    }

    fn normalise(
        x: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        epsilon: f64,
        relu: bool,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        let (x, gamma, beta) = (plain(x), plain(gamma), plain(beta));
        let map = map(&x, relu);
        let shapes = [Shape::new(shape4(&x)), Shape::new([map.channels]), Shape::new([map.channels])];
        let step = Step::Normalise { epsilon: (epsilon as f32).to_bits() };
        let [out, mean, variance] = run(Norm { map, step }, &[&x, &gamma, &beta], shapes);
        (out, mean, variance)
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
        let [x, gamma, beta, mean, variance, gradient] = [x, gamma, beta, mean, variance, gradient].map(plain);
        let map = map(&x, relu);
        let shapes = [Shape::new(shape4(&x)), Shape::new([2 * map.pitch()])];
        let step = Step::NormaliseBackward { epsilon: (epsilon as f32).to_bits() };
        let [x, both] = run(Norm { map, step }, &[&x, &gamma, &beta, &mean, &variance, &gradient], shapes);
        let [gamma, beta] = parts(&both, map.pitch(), map.channels);
        (x, gamma, beta)
    }

    fn affine(
        x: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        shift: FloatTensor<Self>,
        relu: bool,
    ) -> FloatTensor<Self> {
        let (x, scale, shift) = (plain(x), plain(scale), plain(shift));
        let (map, shape) = (map(&x, relu), Shape::new(shape4(&x)));
        let [out] = run(Norm { map, step: Step::Affine }, &[&x, &scale, &shift], [shape]);
        out
    }

    fn affine_backward(
        x: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        shift: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        relu: bool,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        let [x, scale, shift, gradient] = [x, scale, shift, gradient].map(plain);
        let map = map(&x, relu);
        let shapes = [Shape::new(shape4(&x)), Shape::new([map.channels]), Shape::new([map.channels])];
        let [x, scale, shift] = run(Norm { map, step: Step::AffineBackward }, &[&x, &scale, &shift, &gradient], shapes);
        (x, scale, shift)
    }
}

fn sizes(x: &CubeTensor, weight: &CubeTensor, stride: usize) -> Sizes {
    Sizes::of(shape4(x), shape4(weight), stride)
}

fn map(x: &CubeTensor, relu: bool) -> Map {
    let [batch, channels, height, width] = shape4(x);
    Map { batch, channels, size: height * width, relu }
}
