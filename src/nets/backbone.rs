//! What every architecture is made of: stages that each end in a tap, a pooling step and a classifier.

use burn::tensor::Tensor;

use super::layers::{Linear, Norm, Pass};

/// What a network shows of itself, in the numbering of RepDistiller.
#[derive(Debug, Clone)]
pub struct Taps {
    /// f0 (after the stem) to the last stage, each `[B, C, H, W]`.
    pub maps: Vec<Tensor<4>>,
    /// The stage maps f1, f2, … as they are before their activation. Where a network has no activation there, the maps
    /// themselves.
    pub preacts: Vec<Tensor<4>>,
    /// The pooled penultimate vector, `[B, C]`; counts as the last tap.
    pub pooled: Tensor<2>,
    /// `[B, K]`.
    pub logits: Tensor<2>,
}

/// Sizes of the taps of a network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// `[C, H, W]` of f0, f1, …; those before the activation have the same sizes.
    pub maps: Vec<[usize; 3]>,
    /// Entries of the pooled vector.
    pub pooled: usize,
    /// Whether batch normalisation stands before the activations of the stages.
    pub norms: bool,
}

impl Layout {
    /// Square maps with (channels, side).
    pub fn of_stages(maps: impl IntoIterator<Item = (usize, usize)>, pooled: usize) -> Self {
        Self { maps: maps.into_iter().map(|(c, side)| [c, side, side]).collect(), pooled, norms: true }
    }

    /// Sizes of the stage maps: all but f0.
    pub fn stages(&self) -> &[[usize; 3]] {
        self.maps.get(1..).unwrap_or_default()
    }
}

/// A family of networks. Its stages can be run one by one, so every network can restart from any of its taps.
pub trait Backbone {
    /// Sizes of the taps for 32×32 images.
    fn layout(&self) -> Layout;

    /// Runs stage `index` on the map before it (stage 0: on the normalised image). Hands the map before the stage's
    /// activation to [`Pass::keep_preact`], now or in the next stage.
    fn stage(&self, index: usize, pass: &mut Pass<'_>, x: Tensor<4>) -> Tensor<4>;

    /// Last map → pooled vector.
    fn pool(&self, pass: &mut Pass<'_>, map: Tensor<4>) -> Tensor<2>;

    /// Pooled vector → logits.
    fn classify(&self, pass: &Pass<'_>, pooled: Tensor<2>) -> Tensor<2> {
        self.classifier().forward(pass, pooled)
    }

    /// The last layer.
    fn classifier(&self) -> &Linear;

    /// The normalisation before the activation of each stage, if the family has it.
    fn norms_before_activation(&self) -> Vec<&Norm> {
        Vec::new()
    }
}
