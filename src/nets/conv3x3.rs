//! The 3×3 convolution (stride 1, padding 1) of the CPU engine, written directly instead of through a matrix product.
//!
//! CIFAR networks have few channels, so the general way (unfold into a matrix nine times as large, multiply, permute) spends most
//! of its time moving memory. Here an image is padded once and read as one long row: output position p is a sum of products with
//! the input at nine fixed offsets from p. Blocks of positions and output channels stay in registers. The two positions between
//! rows are computed too and thrown away.

use burn::backend::autodiff::NodeId;
use burn::backend::autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::ops::{FloatTensorOps, ModuleOps};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Dispatch, Flex, backend_extension};
use burn::tensor::{Tensor, TensorData, ops::ConvOptions};

/// Output channels that share a block of registers.
const BLOCK: usize = 4;
/// Positions in a block of registers: two AVX vectors, or two of WebAssembly's.
const POSITIONS: usize = if cfg!(target_arch = "wasm32") { 8 } else { 16 };
/// Positions at a time in the weight gradient.
const LANES: usize = if cfg!(target_arch = "wasm32") { 4 } else { 8 };
/// Images whose weight gradients are added up by one thread, in this order on any number of threads: sums of floats depend on it.
const CHUNK: usize = 16;

/// The convolution and its two gradients.
#[backend_extension(Flex, Autodiff)]
pub trait Conv3x3: Backend {
    /// `[B, in, H, W]`, `[out, in, 3, 3]` → `[B, out, H, W]`. `out` must be a multiple of 4.
    fn conv3x3(x: FloatTensor<Self>, weight: FloatTensor<Self>) -> FloatTensor<Self>;
    /// Gradient with respect to the weight.
    fn conv3x3_weight(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
    ) -> FloatTensor<Self>;
    /// Gradient with respect to the input.
    fn conv3x3_input(x: FloatTensor<Self>, weight: FloatTensor<Self>, gradient: FloatTensor<Self>)
    -> FloatTensor<Self>;
}

/// The convolution for tensors of the CPU engine, with gradients.
pub fn conv3x3(x: Tensor<4>, weight: Tensor<4>) -> Tensor<4> {
    Tensor::from_dispatch(<Dispatch as Conv3x3>::conv3x3(x.into_dispatch(), weight.into_dispatch()))
}

/// Whether [`conv3x3`] can compute a convolution with that weight shape.
pub fn fits(weight: [usize; 4], stride: usize) -> bool {
    let [outputs, _, height, width] = weight;
    outputs.is_multiple_of(BLOCK) && height == 3 && width == 3 && stride == 1
}

impl<B: Conv3x3, C: CheckpointStrategy> Conv3x3 for Autodiff<B, C> {
    fn conv3x3(x: FloatTensor<Self>, weight: FloatTensor<Self>) -> FloatTensor<Self> {
        #[derive(Debug)]
        struct Node;

        impl<B: Conv3x3> Backward<B, 2> for Node {
            type State = (NodeId, NodeId);

            fn backward(self, ops: Ops<Self::State, 2>, gradients: &mut Gradients, checkpointer: &mut Checkpointer) {
                let [x_node, weight_node] = ops.parents;
                let gradient = gradients.consume::<B>(&ops.node);
                let x = checkpointer.retrieve_node_output::<B::FloatTensorPrimitive>(ops.state.0);
                let weight = checkpointer.retrieve_node_output::<B::FloatTensorPrimitive>(ops.state.1);
                if let Some(node) = x_node {
                    gradients.register::<B>(node.id, B::conv3x3_input(x.clone(), weight.clone(), gradient.clone()));
                }
                if let Some(node) = weight_node {
                    gradients.register::<B>(node.id, B::conv3x3_weight(x, weight, gradient));
                }
            }
        }

        match Node.prepare::<C>([x.node(), weight.node()]).compute_bound().stateful() {
            OpsKind::Tracked(mut prep) => {
                let state = (prep.checkpoint(&x), prep.checkpoint(&weight));
                prep.finish(state, B::conv3x3(x.into_primitive(), weight.into_primitive()))
            }
            OpsKind::UnTracked(prep) => prep.finish(B::conv3x3(x.into_primitive(), weight.into_primitive())),
        }
    }

    fn conv3x3_weight(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
    ) -> FloatTensor<Self> {
        Self::conv2d_weight_backward(x, weight, gradient, options())
    }

    fn conv3x3_input(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
    ) -> FloatTensor<Self> {
        Self::conv2d_x_backward(x, weight, gradient, options())
    }
}

fn options() -> ConvOptions<2> {
    ConvOptions::new([1, 1], [1, 1], [1, 1], 1)
}

/// Values and shape of a tensor in row-major order.
fn values(tensor: FloatTensor<Flex>) -> (FloatTensor<Flex>, [usize; 4]) {
    let tensor = tensor.to_contiguous();
    let mut shape = [0; 4];
    shape.copy_from_slice(&tensor.layout().shape()[..]);
    (tensor, shape)
}

impl Conv3x3 for Flex {
    fn conv3x3(x: FloatTensor<Self>, weight: FloatTensor<Self>) -> FloatTensor<Self> {
        let ((x, [batch, inputs, height, width]), (weight, [outputs, ..])) = (values(x), values(weight));
        let w: &[f32] = weight.storage();
        let packed = pack(outputs, inputs, |o, i, k| w[(o * inputs + i) * 9 + k]);
        let out = correlate(x.storage(), &packed, [batch, inputs, outputs], height, width);
        Self::float_from_data(TensorData::new(out, [batch, outputs, height, width]), &Default::default())
    }

    fn conv3x3_input(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
    ) -> FloatTensor<Self> {
        let ((gradient, [batch, outputs, height, width]), (weight, [_, inputs, ..])) =
            (values(gradient), values(weight));
        if !inputs.is_multiple_of(BLOCK) {
            // Three colour channels: only attacks and input gradients ask for these.
            return Self::conv2d_x_backward(x, weight, gradient, options());
        }
        let w: &[f32] = weight.storage();
        let packed = pack(inputs, outputs, |i, o, k| w[(o * inputs + i) * 9 + 8 - k]);
        let out = correlate(gradient.storage(), &packed, [batch, outputs, inputs], height, width);
        Self::float_from_data(TensorData::new(out, [batch, inputs, height, width]), &Default::default())
    }

    fn conv3x3_weight(
        x: FloatTensor<Self>,
        _weight: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
    ) -> FloatTensor<Self> {
        let ((x, [_, inputs, height, width]), (gradient, [_, outputs, ..])) = (values(x), values(gradient));
        let (image, image_out) = (inputs * height * width, outputs * height * width);
        let (x, gradient): (&[f32], &[f32]) = (x.storage(), gradient.storage());
        let sums = map_chunks(x, gradient, CHUNK * image, CHUNK * image_out, |x, gradient| {
            let mut sum = vec![0f32; outputs * inputs * 9];
            for (x, gradient) in x.chunks_exact(image).zip(gradient.chunks_exact(image_out)) {
                weight_of_image(x, gradient, &mut sum, [inputs, outputs], height, width);
            }
            sum
        });
        let total = sums.into_iter().reduce(|mut total, sum| {
            total.iter_mut().zip(sum).for_each(|(t, s)| *t += s);
            total
        });
        let total = total.unwrap_or_else(|| vec![0.0; outputs * inputs * 9]);
        Self::float_from_data(TensorData::new(total, [outputs, inputs, 3, 3]), &Default::default())
    }
}

/// Weights in the order in which a block of registers reads them: `[outputs/4, inputs, 9, 4]`.
fn pack(outputs: usize, inputs: usize, weight: impl Fn(usize, usize, usize) -> f32) -> Vec<f32> {
    let mut packed = Vec::with_capacity(outputs * inputs * 9);
    for block in (0..outputs).step_by(BLOCK) {
        for i in 0..inputs {
            for k in 0..9 {
                packed.extend((block..block + BLOCK).map(|o| weight(o, i, k)));
            }
        }
    }
    packed
}

/// Planes with a border of zeros, as rows of `width + 2`, with room for a block that reaches past the end.
fn padded(planes: &[f32], height: usize, width: usize, border: usize) -> (Vec<f32>, usize) {
    let row = width + 2;
    let plane = (height + 2 * border) * row + 2 * POSITIONS + 2;
    let mut out = vec![0f32; planes.len() / (height * width) * plane];
    for (out, source) in out.chunks_exact_mut(plane).zip(planes.chunks_exact(height * width)) {
        for (y, source) in source.chunks_exact(width).enumerate() {
            let start = (y + border) * row + border;
            out[start..start + width].copy_from_slice(source);
        }
    }
    (out, plane)
}

/// Every output channel of every image: the sum over input channels of the 3×3 correlation with zero padding.
fn correlate(x: &[f32], packed: &[f32], [batch, inputs, outputs]: [usize; 3], height: usize, width: usize) -> Vec<f32> {
    let mut out = vec![0f32; batch * outputs * height * width];
    for_each_image(x, &mut out, inputs * height * width, outputs * height * width, |x, out| {
        let (x, plane) = padded(x, height, width, 1);
        run_fast(Correlation { x: &x, plane, packed, inputs, height, width, out });
    });
    out
}

struct Correlation<'a> {
    x: &'a [f32],
    plane: usize,
    packed: &'a [f32],
    inputs: usize,
    height: usize,
    width: usize,
    out: &'a mut [f32],
}

impl Kernel for Correlation<'_> {
    #[inline(always)]
    fn run<const FUSED: bool>(self) {
        let Correlation { x, plane, packed, inputs, height, width, out } = self;
        let row = width + 2;
        let mut line = vec![[0f32; BLOCK]; 0];
        line.resize(height * row + POSITIONS, [0f32; BLOCK]);
        for (weights, out) in packed.chunks_exact(inputs * 9 * BLOCK).zip(out.chunks_exact_mut(BLOCK * height * width))
        {
            for start in (0..height * row).step_by(POSITIONS) {
                let mut sums = [[0f32; POSITIONS]; BLOCK];
                for (x, weights) in x.chunks_exact(plane).zip(weights.chunks_exact(9 * BLOCK)) {
                    for k in 0..9 {
                        let at = start + k / 3 * row + k % 3;
                        let (Some(values), Some(weights)) = (x[at..].first_chunk(), weights[k * BLOCK..].first_chunk())
                        else {
                            break;
                        };
                        sums = outer::<FUSED>(sums, values, weights);
                    }
                }
                // Rows lie `row` apart; what falls between two of them is dropped.
                for (channel, sums) in sums.iter().enumerate() {
                    let out = &mut out[channel * height * width..][..height * width];
                    let mut p = 0;
                    while p < POSITIONS && start + p < height * row {
                        let (y, from) = ((start + p) / row, (start + p) % row);
                        let count = (row - from).min(POSITIONS - p);
                        if from < width {
                            let kept = count.min(width - from);
                            out[y * width + from..][..kept].copy_from_slice(&sums[p..p + kept]);
                        }
                        p += count;
                    }
                }
            }
        }
    }
}

/// Adds one image's weight gradient to `sum`, `[outputs, inputs, 9]`.
fn weight_of_image(
    x: &[f32],
    gradient: &[f32],
    sum: &mut [f32],
    [inputs, _outputs]: [usize; 2],
    height: usize,
    width: usize,
) {
    let (x, plane) = padded(x, height, width, 1);
    let (gradient, gradient_plane) = padded(gradient, height, width, 0);
    run_fast(WeightGradient { x: &x, plane, gradient: &gradient, gradient_plane, sum, inputs, height, width });
}

struct WeightGradient<'a> {
    x: &'a [f32],
    plane: usize,
    gradient: &'a [f32],
    gradient_plane: usize,
    sum: &'a mut [f32],
    inputs: usize,
    height: usize,
    width: usize,
}

impl Kernel for WeightGradient<'_> {
    #[inline(always)]
    fn run<const FUSED: bool>(self) {
        /// Output channels at a time: with three offsets in x as many sums as registers can hold.
        const PAIR: usize = if cfg!(target_arch = "wasm32") { 2 } else { 4 };
        let Self { x, plane, gradient, gradient_plane, sum, inputs, height, width } = self;
        let row = width + 2;
        for (gradients, sum) in
            gradient.chunks_exact(PAIR * gradient_plane).zip(sum.chunks_exact_mut(PAIR * inputs * 9))
        {
            for (i, x) in x.chunks_exact(plane).enumerate() {
                for ky in 0..3 {
                    let mut sums = [[[0f32; LANES]; 3]; PAIR];
                    for start in (0..height * row).step_by(LANES) {
                        // The gradient is zero between rows, so what x holds there does not count.
                        let at = start + ky * row;
                        let (Some(x0), Some(x1), Some(x2)) =
                            (x[at..].first_chunk(), x[at + 1..].first_chunk(), x[at + 2..].first_chunk())
                        else {
                            break;
                        };
                        for channel in 0..PAIR {
                            let Some(g) = gradients[channel * gradient_plane + start..].first_chunk() else {
                                break;
                            };
                            sums[channel] = inner::<FUSED>(sums[channel], g, [x0, x1, x2]);
                        }
                    }
                    for (channel, sums) in sums.iter().enumerate() {
                        for (kx, sums) in sums.iter().enumerate() {
                            sum[(channel * inputs + i) * 9 + ky * 3 + kx] += sums.iter().sum::<f32>();
                        }
                    }
                }
            }
        }
    }
}

/// A loop nest that is compiled for the instructions at hand.
trait Kernel {
    fn run<const FUSED: bool>(self);
}

/// sums[o][p] + weights[o]·values[p], all in registers.
#[inline(always)]
fn outer<const FUSED: bool>(
    mut sums: [[f32; POSITIONS]; BLOCK],
    values: &[f32; POSITIONS],
    weights: &[f32; BLOCK],
) -> [[f32; POSITIONS]; BLOCK] {
    for o in 0..BLOCK {
        for p in 0..POSITIONS {
            sums[o][p] = multiply_add::<FUSED>(values[p], weights[o], sums[o][p]);
        }
    }
    sums
}

/// sums[k][l] + g[l]·x[k][l], all in registers.
#[inline(always)]
fn inner<const FUSED: bool>(mut sums: [[f32; LANES]; 3], g: &[f32; LANES], x: [&[f32; LANES]; 3]) -> [[f32; LANES]; 3] {
    for k in 0..3 {
        for l in 0..LANES {
            sums[k][l] = multiply_add::<FUSED>(g[l], x[k][l], sums[k][l]);
        }
    }
    sums
}

#[inline(always)]
fn multiply_add<const FUSED: bool>(a: f32, b: f32, c: f32) -> f32 {
    if FUSED { a.mul_add(b, c) } else { a * b + c }
}

/// Runs a kernel with AVX2 and FMA where the processor has them. The build itself assumes neither.
fn run_fast(kernel: impl Kernel) {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") && std::arch::is_x86_feature_detected!("fma") {
        #[target_feature(enable = "avx2,fma")]
        fn with_avx2(kernel: impl Kernel) {
            kernel.run::<true>();
        }
        #[allow(unsafe_code)]
        // SAFETY: the line above has asked the processor for both features; the kernel itself is safe code.
        unsafe {
            with_avx2(kernel)
        };
        return;
    }
    #[cfg(target_arch = "aarch64")]
    return kernel.run::<true>();
    #[cfg(not(target_arch = "aarch64"))]
    kernel.run::<false>();
}

#[cfg(not(target_arch = "wasm32"))]
fn for_each_image(x: &[f32], out: &mut [f32], image: usize, image_out: usize, f: impl Fn(&[f32], &mut [f32]) + Sync) {
    use rayon::prelude::*;
    out.par_chunks_exact_mut(image_out).zip(x.par_chunks_exact(image)).for_each(|(out, x)| f(x, out));
}

#[cfg(target_arch = "wasm32")]
fn for_each_image(x: &[f32], out: &mut [f32], image: usize, image_out: usize, f: impl Fn(&[f32], &mut [f32])) {
    out.chunks_exact_mut(image_out).zip(x.chunks_exact(image)).for_each(|(out, x)| f(x, out));
}

#[cfg(not(target_arch = "wasm32"))]
fn map_chunks(
    a: &[f32],
    b: &[f32],
    size_a: usize,
    size_b: usize,
    f: impl Fn(&[f32], &[f32]) -> Vec<f32> + Sync,
) -> Vec<Vec<f32>> {
    use rayon::prelude::*;
    a.par_chunks(size_a).zip(b.par_chunks(size_b)).map(|(a, b)| f(a, b)).collect()
}

#[cfg(target_arch = "wasm32")]
fn map_chunks(
    a: &[f32],
    b: &[f32],
    size_a: usize,
    size_b: usize,
    f: impl Fn(&[f32], &[f32]) -> Vec<f32>,
) -> Vec<Vec<f32>> {
    a.chunks(size_a).zip(b.chunks(size_b)).map(|(a, b)| f(a, b)).collect()
}
