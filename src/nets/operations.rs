//! Operations that an engine may have kernels of its own for, instead of burn's: convolutions and batch normalisation with their
//! gradients, and what follows a step. They give the same results up to rounding.
//!
//! Here they are told to burn, with gradients through its extension point; the kernels stand in [`super::cpu`] and [`super::gpu`].

use burn::backend::autodiff::NodeId;
use burn::backend::autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::ops::ModuleOps;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, AutodiffBackend, Backend, Dispatch, TensorMetadata, backend_extension};
use burn::tensor::{Device, Tensor, ops::ConvOptions};

use crate::device::is_cpu;

/// The operations and their gradients.
#[backend_extension(Flex: cfg(feature = "cpu"), Cube: cfg(all(feature = "gpu", not(feature = "fusion"))), Autodiff)]
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

/// Whether the engine of this device has kernels of its own. Those for graphics cards are in WGSL, which builds with `vulkan` or
/// `cuda` do not read, and know nothing of `fusion`.
pub fn known(device: &Device) -> bool {
    is_cpu(device) || !cfg!(any(feature = "vulkan", feature = "cuda", feature = "fusion"))
}

/// What a step of SGD with momentum does, but for its size.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Descent {
    /// μ in [0, 1).
    pub momentum: f64,
    /// λ of the L2 term that is added to the gradient.
    pub decay: f64,
    /// Nesterov's form.
    pub nesterov: bool,
}

/// The learning rate of a step, for all tensors of a device.
#[derive(Debug, Clone)]
pub struct Rate {
    /// η > 0.
    pub value: f64,
    /// `[1]`, for kernels: as a number that changes from step to step it would take a small buffer of the graphics card each time.
    #[cfg_attr(not(all(feature = "gpu", not(feature = "fusion"))), allow(dead_code))]
    on_card: Option<Tensor<1>>,
}

impl Rate {
    /// For tensors of this device.
    pub fn new(value: f64, device: &Device) -> Self {
        let kernels = known(device) && !is_cpu(device);
        Self { value, on_card: kernels.then(|| Tensor::from_floats([value as f32], device)) }
    }
}

/// One step of SGD with momentum, as PyTorch's (dampening 0): parameters and velocity, `[n]` each.
pub fn descend(
    p: Tensor<1>,
    velocity: Tensor<1>,
    gradient: Tensor<1>,
    rate: &Rate,
    rule: Descent,
) -> (Tensor<1>, Tensor<1>) {
    #[cfg(all(feature = "gpu", not(feature = "fusion")))]
    if let Some(rate) = &rate.on_card {
        return super::gpu::descend(p, velocity, gradient, rate.clone(), rule);
    }
    let g = if rule.decay == 0.0 { gradient } else { gradient + p.clone() * rule.decay };
    let v = velocity * rule.momentum + g.clone();
    let direction = if rule.nesterov { g + v.clone() * rule.momentum } else { v.clone() };
    (p - direction * rate.value, v)
}

/// `old·keep + new·share`, `[n]`.
pub fn blend(old: Tensor<1>, new: Tensor<1>, keep: f64, share: f64) -> Tensor<1> {
    #[cfg(all(feature = "gpu", not(feature = "fusion")))]
    if known(&old.device()) && !is_cpu(&old.device()) {
        return super::gpu::blend(old, new, keep, share);
    }
    old * keep + new * share
}

/// The convolution with "same" padding, `[B, in, H, W]`, `[out, in, k, k]` → `[B, out, H/stride, W/stride]`. Only for sizes that
/// [`fits`] accepts.
pub fn conv(x: Tensor<4>, weight: Tensor<4>, stride: usize) -> Tensor<4> {
    Tensor::from_dispatch(<Dispatch as Operations>::conv(x.into_dispatch(), weight.into_dispatch(), stride))
}

/// Sizes of a convolution with "same" padding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Sizes {
    pub batch: usize,
    pub inputs: usize,
    pub outputs: usize,
    /// Of the input.
    pub height: usize,
    /// Of the input.
    pub width: usize,
    /// 1 or 3.
    pub kernel: usize,
    /// 1 or 2.
    pub stride: usize,
}

impl Sizes {
    /// From the shapes of input and weight.
    pub fn of([batch, inputs, height, width]: [usize; 4], weight: [usize; 4], stride: usize) -> Self {
        Self { batch, inputs, outputs: weight[0], height, width, kernel: weight[2], stride }
    }

    /// Whether the kernels can compute it.
    pub fn fit(&self) -> bool {
        let [height, width] = self.out();
        let even = self.stride == 1 || (self.height.is_multiple_of(2) && self.width.is_multiple_of(2));
        let known = matches!((self.kernel, self.stride), (1 | 3, 1 | 2));
        known
            && even
            && width >= 4
            && width.is_power_of_two()
            && height > 0
            && height.is_multiple_of(2)
            && self.outputs.is_multiple_of(4)
    }

    /// Height and width of the output.
    pub fn out(&self) -> [usize; 2] {
        [self.height / self.stride.max(1), self.width / self.stride.max(1)]
    }
}

/// Whether [`conv`] can compute a convolution of these shapes.
pub fn fits(x: [usize; 4], weight: [usize; 4], stride: usize) -> bool {
    weight[2] == weight[3] && Sizes::of(x, weight, stride).fit()
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

pub fn options<T: TensorMetadata>(weight: &T, stride: usize) -> ConvOptions<2> {
    let kernel = weight.shape()[2];
    ConvOptions::new([stride; 2], [kernel / 2; 2], [1, 1], 1)
}
