//! The trait of all methods.

use std::collections::BTreeMap;

use burn::tensor::Tensor;

use super::{Batch, Term};
use crate::error::Result;
use crate::fields::Values;
use crate::nets::{Layout, Params, Spec};

/// What an objective is built for.
#[derive(Debug, Clone, Copy)]
pub struct Surroundings<'a> {
    /// Sizes of the student's taps.
    pub student: &'a Layout,
    /// Sizes of the teacher's taps.
    pub teacher: &'a Layout,
    /// Number of classes, K.
    pub classes: usize,
    /// Size of the training set, for memory banks.
    pub train_images: usize,
    /// Seed of the run.
    pub seed: u64,
}

/// State of an objective that is not trained: named tensors with their shapes, for example memory banks.
pub type State = BTreeMap<String, (Vec<usize>, Tensor<1>)>;

/// Which views of an image a method trains on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Views {
    /// The usual crop and flip.
    One,
    /// That, and a strongly augmented one.
    WeakAndStrong,
}

/// A way of teaching.
pub trait Objective: Send {
    /// The loss terms of one batch. `parts` are the objective's own tensors as leaves of the same graph.
    ///
    /// # Errors
    /// When the batch lacks what the method needs.
    fn terms(&mut self, batch: &Batch<'_>, parts: Option<&Params>) -> Result<Vec<Term>>;

    /// Names, shapes and starting values of its own trainable tensors. Stepped by the student's optimiser.
    fn parts(&self) -> Vec<Spec> {
        Vec::new()
    }

    /// What must be kept to go on from here, beside the parts.
    fn state(&self) -> State {
        State::new()
    }

    /// Goes to a state; tensors the method does not know are ignored.
    ///
    /// # Errors
    /// When a shape does not fit.
    fn set_state(&mut self, _state: &State) -> Result<()> {
        Ok(())
    }

    /// Takes over new options during a run.
    fn adjust(&mut self, options: &Values);

    /// The loss with the numbers that hold now, for example `L = 0.1·CE(y, s) + 0.9·4²·KL(t/4 ‖ s/4)`.
    fn formula(&self) -> String;

    /// Which views it needs.
    fn views(&self) -> Views {
        Views::One
    }
}
