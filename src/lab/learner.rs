//! A network with its optimiser: student and control are two of these.

use burn::tensor::Tensor;

use super::optimiser::Sgd;
use crate::error::Result;
use crate::nets::{Network, Params, Taps};
use crate::objectives::{Term, total};

/// A network that learns.
#[derive(Debug, Clone)]
pub struct Learner {
    /// The network.
    pub network: Network,
    /// Its optimiser.
    pub optimiser: Sgd,
    /// Trainable tensors of the objective (projector, embeddings) with their own momentum, stepped alongside.
    pub parts: Option<(Params, Sgd)>,
}

/// What one step leaves to be read back later.
#[derive(Debug, Clone)]
pub struct Trace {
    /// Names and weights of the terms.
    pub terms: Vec<(&'static str, f64)>,
    /// Their unweighted values, `[1]` each, outside the gradient graph.
    pub values: Vec<Tensor<1>>,
    /// `[B, K]`, outside the gradient graph.
    pub logits: Tensor<2>,
}

impl Learner {
    /// A learner whose momentum starts at zero.
    pub fn new(network: Network, momentum: f64, weight_decay: f64) -> Self {
        Self { optimiser: Sgd::new(&network.params, momentum, weight_decay), network, parts: None }
    }

    /// One step of gradient descent on `pixels`, `[B, 3, 32, 32]`, with the loss that `terms` makes of the network's taps.
    ///
    /// # Errors
    /// Those of `terms`; the network is unchanged then.
    pub fn step(
        &mut self,
        pixels: Tensor<4>,
        learning_rate: f64,
        terms: impl FnOnce(&Taps, Option<&Params>) -> Result<Vec<Term>>,
    ) -> Result<Trace> {
        let leaves = self.network.params.track();
        let part_leaves = self.parts.as_ref().map(|(params, _)| params.track());
        let (taps, statistics) = self.network.forward_train(&leaves, pixels);
        let terms = terms(&taps, part_leaves.as_ref())?;
        let mut gradients = total(&terms)?.backward();
        let own = leaves.gradients(&mut gradients);
        self.optimiser.step(&mut self.network.params, &own, learning_rate);
        self.network.params.absorb(statistics);
        if let (Some((params, optimiser)), Some(leaves)) = (&mut self.parts, part_leaves) {
            let own = leaves.gradients(&mut gradients);
            optimiser.step(params, &own, learning_rate);
        }
        Ok(Trace {
            terms: terms.iter().map(|t| (t.name, t.weight)).collect(),
            values: terms.into_iter().map(|t| t.value.inner()).collect(),
            logits: taps.logits.inner(),
        })
    }
}
