//! How a student is taught: one file a distillation method, all behind [`Objective`].
//!
//! An objective sees the taps of both networks for one training batch and returns *named* loss terms. It may own trainable
//! tensors (a projector, embeddings), which the student's optimiser also steps, and state (memory banks) that changes once a
//! step. [`METHODS`] is the registry.

mod kl;
mod labels;
mod math;

use burn::tensor::{Device, Tensor};

pub use kl::Kl;
pub use labels::Labels;
pub use math::{cross_entropy, kl_divergence, log_softmax, one_hot};

use crate::error::{Error, Result};
use crate::nets::{Network, Params, Taps};

/// One training batch as an objective sees it. B images, K classes.
#[derive(Debug)]
pub struct Batch<'a> {
    /// The student's taps, part of the gradient graph.
    pub student: &'a Taps,
    /// The teacher's taps for the same augmented pixels, constants.
    pub teacher: &'a Taps,
    /// One-hot labels, `[B, K]`.
    pub labels: &'a Tensor<2>,
    /// Class numbers, for rules about equal and different classes.
    pub classes: &'a [usize],
    /// Which training images these are, for memory banks.
    pub indices: &'a [usize],
    /// Training step, from 0.
    pub step: usize,
    /// Epoch with fraction, for warm-ups.
    pub epoch: f64,
}

/// One named part of a loss.
#[derive(Debug, Clone)]
pub struct Term {
    /// camelCase name, stable: `crossEntropy`, `kl`, …
    pub name: &'static str,
    /// Factor in the total.
    pub weight: f64,
    /// The unweighted value, `[1]`, part of the gradient graph.
    pub value: Tensor<1>,
}

/// Σ weight · value, `[1]`.
///
/// # Errors
/// [`Error::Internal`] when there are no terms.
pub fn total(terms: &[Term]) -> Result<Tensor<1>> {
    terms
        .iter()
        .map(|t| t.value.clone() * t.weight)
        .reduce(|a, b| a + b)
        .ok_or_else(|| Error::Internal("an objective gave no loss terms.".into()))
}

/// What an objective may look at to build its trainable parts.
#[derive(Debug, Clone, Copy)]
pub struct Surroundings<'a> {
    /// The student as it starts; run it on one image to see the shapes of its taps.
    pub student: &'a Network,
    /// The teacher.
    pub teacher: &'a Network,
    /// Size of the training set, for memory banks.
    pub train_images: usize,
    /// Seed of the run.
    pub seed: u64,
    /// Where new tensors go.
    pub device: &'a Device,
}

/// The numbers a method is steered by; those it does not know it ignores.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Knobs {
    /// Softening temperature T.
    pub temperature: f64,
    /// Weight α of the distillation term; cross-entropy gets 1 − α.
    pub alpha: f64,
}

/// A way of teaching.
pub trait Objective: Send {
    /// The loss terms of one batch. `parts` are the objective's own tensors as leaves of the same graph.
    ///
    /// # Errors
    /// When the taps do not fit the method, with the taps that disagree.
    fn terms(&mut self, batch: &Batch<'_>, parts: Option<&Params>) -> Result<Vec<Term>>;

    /// Own trainable tensors, if any, as they start. Stepped by the student's optimiser.
    ///
    /// # Errors
    /// When the taps do not fit the method.
    fn parts(&self, _around: &Surroundings<'_>) -> Result<Option<Params>> {
        Ok(None)
    }

    /// Takes over new knobs during a run.
    fn adjust(&mut self, knobs: Knobs);

    /// The loss with the numbers that hold now, for example `L = 0.1·CE(y, s) + 0.9·4²·KL(t/4 ‖ s/4)`.
    fn formula(&self) -> String;
}

/// An entry of the registry.
#[derive(Debug, Clone, Copy)]
pub struct Method {
    /// The name in settings.
    pub name: &'static str,
    /// The name people write.
    pub label: &'static str,
    /// The loss in letters.
    pub formula: &'static str,
    /// Paper and where the defaults come from.
    pub source: &'static str,
    /// One plain paragraph.
    pub explanation: &'static str,
    /// Makes the objective.
    pub make: fn(Knobs) -> Box<dyn Objective>,
}

/// All methods, in the order of menus.
pub const METHODS: &[Method] = &[kl::METHOD, labels::METHOD];

/// The method called `name`.
///
/// # Errors
/// [`Error::SettingInvalid`] with the names that exist.
pub fn method(name: &str) -> Result<&'static Method> {
    METHODS.iter().find(|m| m.name == name).ok_or_else(|| {
        let known: Vec<_> = METHODS.iter().map(|m| m.name).collect();
        Error::SettingInvalid(format!("There is no method “{name}”. Choose one of {}.", known.join(", ")))
    })
}
