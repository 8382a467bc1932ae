//! Two maps merged by an attention between them (the fusion of ReviewKD), with a kernel of the CPU engine's own.

use burn::tensor::activation::sigmoid;
use burn::tensor::{Tensor, module};

use super::layers::convolve;
#[cfg(feature = "cpu")]
pub use extension::Fuse;

/// Sizes of a fusion.
#[cfg(feature = "cpu")]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FuseSizes {
    pub batch: usize,
    pub channels: usize,
    /// Of the larger map.
    pub height: usize,
    /// Of the larger map.
    pub width: usize,
    /// How many times as wide and high the larger map is.
    pub factor: usize,
}

#[cfg(feature = "cpu")]
impl FuseSizes {
    /// From the shapes of both maps; `None` where the second, repeated, does not become as large as the first.
    pub fn of([batch, channels, height, width]: [usize; 4], y: [usize; 4]) -> Option<Self> {
        let factor = height / y[2].max(1);
        let fits = factor > 0 && y == [batch, channels, height / factor, width / factor];
        let whole = factor > 0 && height.is_multiple_of(factor) && width.is_multiple_of(factor);
        (fits && whole).then_some(Self { batch, channels, height, width, factor })
    }
}

/// `x·s₀ + y↑·s₁` with `s = σ(conv([x, y↑]))`, `[B, C, H, W]`. `weight`: `[2, 2C, 1, 1]`, `bias`: `[2]`; y↑ is y, `[B, C, h, w]`, with
/// every place repeated, or averaged where y is the larger map. Sides are powers of two.
pub fn fuse(x: Tensor<4>, y: Tensor<4>, weight: Tensor<4>, bias: Tensor<1>) -> Tensor<4> {
    let side = x.dims()[2];
    let y = if y.dims()[2] > side { module::adaptive_avg_pool2d(y, [side, side]) } else { y };
    #[cfg(feature = "cpu")]
    if crate::device::is_cpu(&x.device())
        && x.dims()[3].is_multiple_of(4)
        && FuseSizes::of(x.dims(), y.dims()).is_some()
    {
        return extension::fuse(x, y, weight, bias);
    }
    composed(x, enlarge_to(y, side), weight, bias)
}

/// The same of burn's operations, for maps of one size.
fn composed(x: Tensor<4>, y: Tensor<4>, weight: Tensor<4>, bias: Tensor<1>) -> Tensor<4> {
    let shares = sigmoid(convolve(Tensor::cat(vec![x.clone(), y.clone()], 1), weight, Some(bias), 1, 0));
    x * shares.clone().narrow(1, 0, 1) + y * shares.narrow(1, 1, 1)
}

/// Nearest-neighbour enlargement to `side`, a multiple of the map's.
pub fn enlarge_to(map: Tensor<4>, side: usize) -> Tensor<4> {
    let [batch, channels, height, _] = map.dims();
    let factor = side / height.max(1);
    if factor <= 1 {
        return map;
    }
    let wide: Tensor<6> = map.reshape([batch, channels, height, 1, height, 1]);
    wide.repeat_dim(3, factor).repeat_dim(5, factor).reshape([batch, channels, side, side])
}

/// The kernel as an operation of burn's CPU backend, with its gradient.
#[cfg(feature = "cpu")]
mod extension {
    use burn::backend::autodiff::NodeId;
    use burn::backend::autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
    use burn::backend::autodiff::grads::Gradients;
    use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
    use burn::backend::tensor::FloatTensor;
    use burn::backend::{Autodiff, AutodiffBackend, Backend, Dispatch, backend_extension};
    use burn::tensor::Tensor;

    /// The operation and its gradient.
    #[backend_extension(Flex, Autodiff)]
    pub trait Fuse: Backend {
        /// The merged map, and the shares s.
        fn fuse(
            x: FloatTensor<Self>,
            y: FloatTensor<Self>,
            weight: FloatTensor<Self>,
            bias: FloatTensor<Self>,
        ) -> (FloatTensor<Self>, FloatTensor<Self>);
        /// Gradients with respect to x, y, the weights and the bias.
        fn fuse_backward(
            x: FloatTensor<Self>,
            y: FloatTensor<Self>,
            weight: FloatTensor<Self>,
            shares: FloatTensor<Self>,
            gradient: FloatTensor<Self>,
        ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>);
    }

    /// For sizes that [`super::FuseSizes::of`] accepts, on the CPU engine.
    pub fn fuse(x: Tensor<4>, y: Tensor<4>, weight: Tensor<4>, bias: Tensor<1>) -> Tensor<4> {
        let (weight, bias) = (weight.into_dispatch(), bias.into_dispatch());
        Tensor::from_dispatch(<Dispatch as Fuse>::fuse(x.into_dispatch(), y.into_dispatch(), weight, bias).0)
    }

    impl<B: Fuse, C: CheckpointStrategy> Fuse for Autodiff<B, C> {
        fn fuse(
            x: FloatTensor<Self>,
            y: FloatTensor<Self>,
            weight: FloatTensor<Self>,
            bias: FloatTensor<Self>,
        ) -> (FloatTensor<Self>, FloatTensor<Self>) {
            #[derive(Debug)]
            struct Node;

            impl<B: Fuse> Backward<B, 4> for Node {
                type State = ([NodeId; 3], B::FloatTensorPrimitive);

                fn backward(
                    self,
                    ops: Ops<Self::State, 4>,
                    gradients: &mut Gradients,
                    checkpointer: &mut Checkpointer,
                ) {
                    let gradient = gradients.consume::<B>(&ops.node);
                    let (inputs, shares) = ops.state;
                    let [x, y, weight] =
                        inputs.map(|id| checkpointer.retrieve_node_output::<B::FloatTensorPrimitive>(id));
                    let (x, y, weight, bias) = B::fuse_backward(x, y, weight, shares, gradient);
                    for (node, gradient) in ops.parents.into_iter().zip([x, y, weight, bias]) {
                        if let Some(node) = node {
                            gradients.register::<B>(node.id, gradient);
                        }
                    }
                }
            }

            let run =
                |x: FloatTensor<Self>, y: FloatTensor<Self>, weight: FloatTensor<Self>, bias: FloatTensor<Self>| {
                    B::fuse(x.into_primitive(), y.into_primitive(), weight.into_primitive(), bias.into_primitive())
                };
            let nodes = [x.node(), y.node(), weight.node(), bias.node()];
            let (out, shares) = match Node.prepare::<C>(nodes).compute_bound().stateful() {
                OpsKind::Tracked(mut prep) => {
                    let inputs = [prep.checkpoint(&x), prep.checkpoint(&y), prep.checkpoint(&weight)];
                    let (out, shares) = run(x, y, weight, bias);
                    (prep.finish((inputs, shares.clone()), out), shares)
                }
                OpsKind::UnTracked(prep) => {
                    let (out, shares) = run(x, y, weight, bias);
                    (prep.finish(out), shares)
                }
            };
            (out, Self::from_inner(shares))
        }

        fn fuse_backward(
            _x: FloatTensor<Self>,
            _y: FloatTensor<Self>,
            _weight: FloatTensor<Self>,
            _shares: FloatTensor<Self>,
            _gradient: FloatTensor<Self>,
        ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
            unimplemented!("second derivatives of a fusion")
        }
    }
}

#[cfg(all(test, feature = "cpu", not(target_arch = "wasm32")))]
mod tests {
    use burn::tensor::{Device, TensorData};

    use super::*;
    use crate::data::rng::{Purpose, normal, stream};

    fn drawn<const D: usize>(shape: [usize; D], salt: u64) -> Tensor<D> {
        let mut rng = stream(9, Purpose::Noise, salt, 0);
        let values: Vec<f32> = (0..shape.iter().product()).map(|_| normal(&mut rng)).collect();
        Tensor::from_data(TensorData::new(values, shape), &Device::flex())
    }

    fn read<const D: usize>(x: Tensor<D>) -> Vec<f32> {
        pollster::block_on(crate::readback::read(x)).expect("numbers")
    }

    /// Images, channels, sides of both maps.
    const SIZES: [[usize; 4]; 9] = [
        [3, 8, 8, 4],
        [2, 64, 32, 16],
        [1, 4, 8, 1],
        [5, 6, 4, 2],
        [2, 5, 16, 16],
        [37, 3, 4, 1],
        [2, 4, 4, 8],
        // Too narrow for the kernel.
        [3, 4, 2, 1],
        [3, 4, 1, 1],
    ];

    #[test]
    fn a_fusion_and_its_gradients_are_those_of_its_parts() {
        for sizes @ [batch, channels, side, small] in SIZES {
            let of = |fusion: fn(Tensor<4>, Tensor<4>, Tensor<4>, Tensor<1>) -> Tensor<4>| {
                let x = drawn([batch, channels, side, side], 1).autodiff().require_grad();
                let y = drawn([batch, channels, small, small], 2).autodiff().require_grad();
                let weight = (drawn([2, 2 * channels, 1, 1], 3) * 0.3).autodiff().require_grad();
                let bias = drawn([2], 4).autodiff().require_grad();
                let out = fusion(x.clone(), y.clone(), weight.clone(), bias.clone());
                let loss = (out.clone() * drawn([batch, channels, side, side], 5).autodiff()).sum();
                let gradients = loss.backward();
                [
                    read(out.inner()),
                    read(x.grad(&gradients).expect("of x")),
                    read(y.grad(&gradients).expect("of y")),
                    read(weight.grad(&gradients).expect("of the weight")),
                    read(bias.grad(&gradients).expect("of the bias")),
                ]
            };
            let parts = |x: Tensor<4>, y: Tensor<4>, weight, bias| {
                let side = x.dims()[2];
                let y =
                    if y.dims()[2] > side { module::adaptive_avg_pool2d(y, [side; 2]) } else { enlarge_to(y, side) };
                composed(x, y, weight, bias)
            };
            for (part, (found, expected)) in of(fuse).iter().zip(&of(parts)).enumerate() {
                let largest = expected.iter().fold(1e-3f32, |m, v| m.max(v.abs()));
                let worst = found.iter().zip(expected).fold(0f32, |m, (f, e)| m.max((f - e).abs()));
                assert!(worst < 1e-5 * largest, "{sizes:?}, part {part}: {worst} of {largest}");
                assert_eq!(found.len(), expected.len());
            }
        }
    }

    #[test]
    fn every_image_is_merged_by_itself_on_any_number_of_threads() {
        let (x, y) = (drawn([6, 8, 8, 8], 1), drawn([6, 8, 4, 4], 2));
        let merged = |x: Tensor<4>, y: Tensor<4>| read(fuse(x, y, drawn([2, 16, 1, 1], 3), drawn([2], 4)));
        let whole = merged(x.clone(), y.clone());
        let alone = (0..6).flat_map(|i| merged(x.clone().narrow(0, i, 1), y.clone().narrow(0, i, 1)));
        assert_eq!(whole, alone.collect::<Vec<_>>());
    }

    #[test]
    fn maps_that_do_not_divide_are_refused() {
        assert_eq!(FuseSizes::of([2, 4, 8, 8], [2, 4, 3, 3]), None);
        assert_eq!(FuseSizes::of([2, 4, 8, 8], [2, 5, 4, 4]), None);
        assert_eq!(FuseSizes::of([2, 4, 4, 4], [2, 4, 8, 8]), None);
        let sizes = FuseSizes::of([2, 4, 8, 8], [2, 4, 2, 2]).expect("it fits");
        assert_eq!(sizes, FuseSizes { batch: 2, channels: 4, height: 8, width: 8, factor: 4 });
    }
}
