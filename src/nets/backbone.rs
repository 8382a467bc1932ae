//! What every architecture is made of: stages that each end in a tap, a pooling step and a classifier.

use burn::tensor::Tensor;

use super::layers::Pass;

/// What a network shows of itself, in the numbering of RepDistiller.
#[derive(Debug, Clone)]
pub struct Taps {
    /// f0 (after the stem) to the last stage, each `[B, C, H, W]`.
    pub maps: Vec<Tensor<4>>,
    /// The pooled penultimate vector, `[B, C]`; counts as the last tap.
    pub pooled: Tensor<2>,
    /// `[B, K]`.
    pub logits: Tensor<2>,
}

/// A family of networks. Its stages can be run one by one, so every network can restart from any of its taps.
pub trait Backbone {
    /// Number of stages, which is the number of map taps.
    fn maps(&self) -> usize;

    /// Runs stage `index` on the map before it (stage 0: on the normalised image).
    fn stage(&self, index: usize, pass: &mut Pass<'_>, x: Tensor<4>) -> Tensor<4>;

    /// Last map → pooled vector.
    fn pool(&self, pass: &mut Pass<'_>, map: Tensor<4>) -> Tensor<2>;

    /// Pooled vector → logits.
    fn classify(&self, pass: &Pass<'_>, pooled: Tensor<2>) -> Tensor<2>;
}
