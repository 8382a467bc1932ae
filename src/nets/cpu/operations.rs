//! The operations as burn sees them: for the CPU backend, with gradients through its extension point.

use burn::backend::autodiff::NodeId;
use burn::backend::autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::ops::{FloatTensorOps, ModuleOps};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, AutodiffBackend, Backend, Dispatch, Flex, TensorMetadata, backend_extension};
use burn::tensor::{Tensor, TensorData, ops::ConvOptions};

use super::convolution;
use super::norm::{self, Channel};

/// The operations and their gradients.
#[backend_extension(Flex, Autodiff)]
pub trait Operations: Backend {
    /// See [`conv`].
    fn conv(x: FloatTensor<Self>, weight: FloatTensor<Self>, stride: usize) -> FloatTensor<Self>;
    /// Gradient with respect to the weight.
    fn conv_weight(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        stride: usize,
    ) -> FloatTensor<Self>;
    /// Gradient with respect to the input.
    fn conv_input(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        stride: usize,
    ) -> FloatTensor<Self>;
    /// See [`normalise`]: output, mean, variance.
    fn normalise(
        x: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        epsilon: f64,
        relu: bool,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>);
    /// Gradients with respect to x, γ and β. `moments`: mean and variance.
    #[allow(clippy::too_many_arguments)]
    fn normalise_backward(
        x: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        mean: FloatTensor<Self>,
        variance: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        epsilon: f64,
        relu: bool,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>);
    /// See [`affine`].
    fn affine(
        x: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        shift: FloatTensor<Self>,
        relu: bool,
    ) -> FloatTensor<Self>;
    /// Gradients with respect to x, scale and shift.
    fn affine_backward(
        x: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        shift: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        relu: bool,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>);
}

/// The convolution with "same" padding, `[B, in, H, W]`, `[out, in, k, k]` → `[B, out, H/stride, W/stride]`. Only for sizes that
/// [`fits`] accepts.
pub fn conv(x: Tensor<4>, weight: Tensor<4>, stride: usize) -> Tensor<4> {
    Tensor::from_dispatch(<Dispatch as Operations>::conv(x.into_dispatch(), weight.into_dispatch(), stride))
}

/// Whether [`conv`] can compute a convolution of these shapes.
pub fn fits([batch, inputs, height, width]: [usize; 4], weight: [usize; 4], stride: usize) -> bool {
    let [outputs, _, kernel, side] = weight;
    kernel == side && convolution::Sizes { batch, inputs, outputs, height, width, kernel, stride }.fit()
}

/// Batch normalisation with the statistics of the batch, and a ReLU if wanted: output, mean and biased variance. The statistics
/// carry no gradient. Planes must have a multiple of 4 positions.
pub fn normalise(
    x: Tensor<4>,
    gamma: Tensor<1>,
    beta: Tensor<1>,
    epsilon: f64,
    relu: bool,
) -> (Tensor<4>, Tensor<1>, Tensor<1>) {
    let (x, gamma, beta) = (x.into_dispatch(), gamma.into_dispatch(), beta.into_dispatch());
    let (out, mean, variance) = <Dispatch as Operations>::normalise(x, gamma, beta, epsilon, relu);
    (Tensor::from_dispatch(out), Tensor::from_dispatch(mean), Tensor::from_dispatch(variance))
}

/// `x·scale + shift` for every channel, and a ReLU if wanted. Planes must have a multiple of 4 positions.
pub fn affine(x: Tensor<4>, scale: Tensor<1>, shift: Tensor<1>, relu: bool) -> Tensor<4> {
    let (x, scale, shift) = (x.into_dispatch(), scale.into_dispatch(), shift.into_dispatch());
    Tensor::from_dispatch(<Dispatch as Operations>::affine(x, scale, shift, relu))
}

impl<B: Operations, C: CheckpointStrategy> Operations for Autodiff<B, C> {
    fn conv(x: FloatTensor<Self>, weight: FloatTensor<Self>, stride: usize) -> FloatTensor<Self> {
        #[derive(Debug)]
        struct Node;

        impl<B: Operations> Backward<B, 2> for Node {
            type State = (NodeId, NodeId, usize);

            fn backward(self, ops: Ops<Self::State, 2>, gradients: &mut Gradients, checkpointer: &mut Checkpointer) {
                let [x_node, weight_node] = ops.parents;
                let gradient = gradients.consume::<B>(&ops.node);
                let (x, weight, stride) = ops.state;
                let x = checkpointer.retrieve_node_output::<B::FloatTensorPrimitive>(x);
                let weight = checkpointer.retrieve_node_output::<B::FloatTensorPrimitive>(weight);
                if let Some(node) = x_node {
                    let of_x = B::conv_input(x.clone(), weight.clone(), gradient.clone(), stride);
                    gradients.register::<B>(node.id, of_x);
                }
                if let Some(node) = weight_node {
                    gradients.register::<B>(node.id, B::conv_weight(x, weight, gradient, stride));
                }
            }
        }

        match Node.prepare::<C>([x.node(), weight.node()]).compute_bound().stateful() {
            OpsKind::Tracked(mut prep) => {
                let state = (prep.checkpoint(&x), prep.checkpoint(&weight), stride);
                prep.finish(state, B::conv(x.into_primitive(), weight.into_primitive(), stride))
            }
            OpsKind::UnTracked(prep) => prep.finish(B::conv(x.into_primitive(), weight.into_primitive(), stride)),
        }
    }

    fn conv_weight(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        stride: usize,
    ) -> FloatTensor<Self> {
        let options = options(&weight, stride);
        Self::conv2d_weight_backward(x, weight, gradient, options)
    }

    fn conv_input(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        stride: usize,
    ) -> FloatTensor<Self> {
        let options = options(&weight, stride);
        Self::conv2d_x_backward(x, weight, gradient, options)
    }

    fn normalise(
        x: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        epsilon: f64,
        relu: bool,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        #[derive(Debug)]
        struct Node;

        impl<B: Operations> Backward<B, 3> for Node {
            type State = ([NodeId; 3], [B::FloatTensorPrimitive; 2], f64, bool);

            fn backward(self, ops: Ops<Self::State, 3>, gradients: &mut Gradients, checkpointer: &mut Checkpointer) {
                let gradient = gradients.consume::<B>(&ops.node);
                let (inputs, [mean, variance], epsilon, relu) = ops.state;
                let [x, gamma, beta] =
                    inputs.map(|id| checkpointer.retrieve_node_output::<B::FloatTensorPrimitive>(id));
                let (x, gamma, beta) = B::normalise_backward(x, gamma, beta, mean, variance, gradient, epsilon, relu);
                for (node, gradient) in ops.parents.into_iter().zip([x, gamma, beta]) {
                    if let Some(node) = node {
                        gradients.register::<B>(node.id, gradient);
                    }
                }
            }
        }

        let run = |x: FloatTensor<Self>, gamma: FloatTensor<Self>, beta: FloatTensor<Self>| {
            B::normalise(x.into_primitive(), gamma.into_primitive(), beta.into_primitive(), epsilon, relu)
        };
        let (out, mean, variance) =
            match Node.prepare::<C>([x.node(), gamma.node(), beta.node()]).compute_bound().stateful() {
                OpsKind::Tracked(mut prep) => {
                    let inputs = [prep.checkpoint(&x), prep.checkpoint(&gamma), prep.checkpoint(&beta)];
                    let (out, mean, variance) = run(x, gamma, beta);
                    let state = (inputs, [mean.clone(), variance.clone()], epsilon, relu);
                    (prep.finish(state, out), mean, variance)
                }
                OpsKind::UnTracked(prep) => {
                    let (out, mean, variance) = run(x, gamma, beta);
                    (prep.finish(out), mean, variance)
                }
            };
        (out, Self::from_inner(mean), Self::from_inner(variance))
    }

    fn normalise_backward(
        _x: FloatTensor<Self>,
        _gamma: FloatTensor<Self>,
        _beta: FloatTensor<Self>,
        _mean: FloatTensor<Self>,
        _variance: FloatTensor<Self>,
        _gradient: FloatTensor<Self>,
        _epsilon: f64,
        _relu: bool,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        // As burn's own batch normalisation; nothing here takes second derivatives.
        unimplemented!("second derivatives of batch normalisation")
    }

    fn affine(
        x: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        shift: FloatTensor<Self>,
        relu: bool,
    ) -> FloatTensor<Self> {
        #[derive(Debug)]
        struct Node;

        impl<B: Operations> Backward<B, 3> for Node {
            type State = ([NodeId; 3], bool);

            fn backward(self, ops: Ops<Self::State, 3>, gradients: &mut Gradients, checkpointer: &mut Checkpointer) {
                let gradient = gradients.consume::<B>(&ops.node);
                let (inputs, relu) = ops.state;
                let [x, scale, shift] =
                    inputs.map(|id| checkpointer.retrieve_node_output::<B::FloatTensorPrimitive>(id));
                let (x, scale, shift) = B::affine_backward(x, scale, shift, gradient, relu);
                for (node, gradient) in ops.parents.into_iter().zip([x, scale, shift]) {
                    if let Some(node) = node {
                        gradients.register::<B>(node.id, gradient);
                    }
                }
            }
        }

        match Node.prepare::<C>([x.node(), scale.node(), shift.node()]).compute_bound().stateful() {
            OpsKind::Tracked(mut prep) => {
                let state = ([prep.checkpoint(&x), prep.checkpoint(&scale), prep.checkpoint(&shift)], relu);
                prep.finish(state, B::affine(x.into_primitive(), scale.into_primitive(), shift.into_primitive(), relu))
            }
            OpsKind::UnTracked(prep) => {
                prep.finish(B::affine(x.into_primitive(), scale.into_primitive(), shift.into_primitive(), relu))
            }
        }
    }

    fn affine_backward(
        _x: FloatTensor<Self>,
        _scale: FloatTensor<Self>,
        _shift: FloatTensor<Self>,
        _gradient: FloatTensor<Self>,
        _relu: bool,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        unimplemented!("second derivatives of batch normalisation")
    }
}

fn options<T: TensorMetadata>(weight: &T, stride: usize) -> ConvOptions<2> {
    let kernel = weight.shape()[2];
    ConvOptions::new([stride; 2], [kernel / 2; 2], [1, 1], 1)
}

/// A tensor in row-major order.
fn plain(tensor: FloatTensor<Flex>) -> FloatTensor<Flex> {
    tensor.to_contiguous()
}

fn shape4(tensor: &FloatTensor<Flex>) -> [usize; 4] {
    let mut shape = [0; 4];
    shape.copy_from_slice(&tensor.layout().shape()[..]);
    shape
}

fn sizes(x: [usize; 4], weight: &FloatTensor<Flex>, stride: usize) -> convolution::Sizes {
    let ([batch, _, height, width], [outputs, inputs, kernel, _]) = (x, shape4(weight));
    convolution::Sizes { batch, inputs, outputs, height, width, kernel, stride }
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
