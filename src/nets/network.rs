//! A network that can be run: an architecture, its tensors and its input normalisation.

use std::sync::Arc;

use burn::tensor::{Device, Tensor, TensorData};

use super::architecture::Architecture;
use super::backbone::{Backbone, Layout, Taps};
use super::layers::Pass;
use super::params::{Params, Slot};
use crate::data::Normalisation;
use crate::error::{Error, Result};

/// A network. Pixels go in as `[B, 3, H, W]` in [0, 1]; the network normalises them itself.
#[derive(Clone)]
pub struct Network {
    architecture: Architecture,
    classes: usize,
    plan: Arc<dyn Backbone + Send + Sync>,
    layout: Layout,
    /// Its tensors.
    pub params: Params,
    scale: Tensor<4>,
    shift: Tensor<4>,
}

/// New running statistics of the normalisation layers after a training batch.
pub type Statistics = Vec<(Slot, Tensor<1>)>;

impl Network {
    /// A network with freshly drawn weights (see [`Params::init`]).
    pub fn new(
        architecture: Architecture,
        classes: usize,
        normalisation: Normalisation,
        seed: u64,
        device: &Device,
    ) -> Self {
        let (plan, specs) = architecture.build(classes);
        let channel = |f: &dyn Fn(usize) -> f32| {
            let values: Vec<f32> = (0..3).map(f).collect();
            Tensor::from_data(TensorData::new(values, [1, 3, 1, 1]), device)
        };
        Self {
            architecture,
            classes,
            layout: plan.layout(),
            plan: plan.into(),
            params: Params::init(specs, seed, device),
            scale: channel(&|c| 1.0 / normalisation.std[c]),
            shift: channel(&|c| -normalisation.mean[c] / normalisation.std[c]),
        }
    }

    /// Its architecture.
    pub fn architecture(&self) -> Architecture {
        self.architecture
    }

    /// Number of classes, K.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// Number of map taps.
    pub fn maps(&self) -> usize {
        self.layout.maps.len()
    }

    /// Sizes of the taps.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Weights of the last layer, `[K, D]`: one row a class.
    pub fn classifier_rows(&self) -> Tensor<2> {
        self.plan.classifier().rows(&self.params)
    }

    /// γ and β of the normalisation before each stage's activation, `[C]` each.
    pub fn norms_before_activation(&self) -> Vec<(Tensor<1>, Tensor<1>)> {
        self.plan.norms_before_activation().into_iter().map(|norm| norm.affine(&self.params)).collect()
    }

    /// Index of the tap called `f0`, `f1`, …
    ///
    /// # Errors
    /// [`Error::ProbeInvalid`] when this network has no such map tap.
    pub fn tap(&self, name: &str) -> Result<usize> {
        name.strip_prefix('f').and_then(|n| n.parse().ok()).filter(|&i: &usize| i < self.maps()).ok_or_else(|| {
            Error::ProbeInvalid(format!(
                "{} has no map tap “{name}”. Its map taps are f0 to f{}.",
                self.architecture.label(),
                self.maps() - 1
            ))
        })
    }

    /// Evaluation: running statistics, no change to the network. Differentiable with respect to `pixels`.
    pub fn forward(&self, pixels: Tensor<4>) -> Taps {
        self.run(&mut Pass::evaluation(&self.params), pixels)
    }

    /// Only the logits, `[B, K]`.
    pub fn logits(&self, pixels: Tensor<4>) -> Tensor<2> {
        self.forward(pixels).logits
    }

    /// Training: batch statistics. `leaves` are this network's params from [`Params::track`]; the new running statistics
    /// come back for [`Params::absorb`].
    pub fn forward_train(&self, leaves: &Params, pixels: Tensor<4>) -> (Taps, Statistics) {
        let mut pass = Pass::training(leaves);
        let taps = self.run(&mut pass, pixels.autodiff());
        (taps, pass.into_statistics())
    }

    /// The rest of the network after map tap `tap`, in evaluation: map → logits. With the map as a leaf this gives
    /// gradients with respect to an activation without any hook.
    pub fn tail(&self, tap: usize, map: Tensor<4>) -> Tensor<2> {
        self.plan.classify(&Pass::evaluation(&self.params), self.pooled_tail(tap, map))
    }

    /// As [`Network::tail`], up to the pooled vector, `[B, C]`.
    pub fn pooled_tail(&self, tap: usize, map: Tensor<4>) -> Tensor<2> {
        let mut pass = Pass::evaluation(&self.params);
        let last = (tap + 1..self.maps()).fold(map, |x, i| self.plan.stage(i, &mut pass, x));
        self.plan.pool(&mut pass, last)
    }

    fn run(&self, pass: &mut Pass<'_>, pixels: Tensor<4>) -> Taps {
        let mut x = pixels * self.scale.clone() + self.shift.clone();
        let mut maps = Vec::with_capacity(self.maps());
        for i in 0..self.maps() {
            x = self.plan.stage(i, pass, x);
            maps.push(x.clone());
        }
        let pooled = self.plan.pool(pass, x);
        let logits = self.plan.classify(pass, pooled.clone());
        // Without an activation at the end of a stage the map is both.
        let preacts = match pass.take_preacts() {
            kept if kept.is_empty() => maps[1..].to_vec(),
            kept => kept,
        };
        Taps { maps, preacts, pooled, logits }
    }
}

impl std::fmt::Debug for Network {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Network({}, {} classes)", self.architecture, self.classes)
    }
}
