//! A network with its optimiser: student and control are two of these.

use burn::tensor::Tensor;

use super::optimiser::{Gradients, Optimiser, Rule};
use crate::error::Result;
use crate::nets::{Network, Params, Statistics, Taps};
use crate::objectives::{Role, Term, total};

/// A network that learns.
#[derive(Debug, Clone)]
pub struct Learner {
    /// The network.
    pub network: Network,
    /// Its optimiser.
    pub optimiser: Optimiser,
    /// Trainable tensors of the objective (projector, embeddings) with their own optimiser, stepped alongside.
    pub parts: Option<(Params, Optimiser)>,
}

/// What one step leaves to be read back later.
#[derive(Debug, Clone)]
pub struct Trace {
    /// Names, roles and weights of the terms.
    pub terms: Vec<(&'static str, Role, f64)>,
    /// Their unweighted values, `[1]` each, outside the gradient graph.
    pub values: Vec<Tensor<1>>,
    /// `[B, K]`, outside the gradient graph.
    pub logits: Tensor<2>,
}

impl Learner {
    /// A learner whose buffers start at zero.
    pub fn new(network: Network, rule: Rule, momentum: f64, weight_decay: f64) -> Self {
        let optimiser = Optimiser::new(rule, &network.params, momentum, weight_decay);
        Self { optimiser, network, parts: None }
    }

    /// Says how many steps were done, after the tensors were loaded.
    pub fn count_steps(&mut self, steps: usize) {
        self.optimiser.steps = steps;
        if let Some((_, optimiser)) = &mut self.parts {
            optimiser.steps = steps;
        }
    }

    /// One step of gradient descent with the loss that `terms` makes of the network's taps, one for each view of the batch
    /// (`[B, 3, 32, 32]` each). An optimiser that wants the gradients of labels and teacher apart runs the network twice, since
    /// the gradient graph can be used once only; `terms` is then called twice and must answer the same.
    ///
    /// # Errors
    /// Those of `terms`; the network is unchanged then.
    pub fn step(
        &mut self,
        views: &[Tensor<4>],
        learning_rate: f64,
        mut terms: impl FnMut(&[Taps], Option<&Params>) -> Result<Vec<Term>>,
    ) -> Result<Trace> {
        let split = self.optimiser.rule().splits_gradients();
        let first = self.gradients(views, &mut terms, |term| !split || term.role == Role::Labels)?;
        let apart = match split {
            true => Some(self.gradients(views, &mut terms, |term| term.role == Role::Teacher)?),
            false => None,
        };
        self.optimiser.step(&mut self.network.params, &first.own, apart.as_ref().map(|pass| &pass.own), learning_rate);
        self.network.params.absorb(first.statistics);
        if let Some((params, optimiser)) = &mut self.parts {
            optimiser.step(params, &first.of_parts, apart.as_ref().map(|pass| &pass.of_parts), learning_rate);
        }
        Ok(first.trace)
    }

    /// Forward and backward through the terms that `wanted` accepts.
    fn gradients(
        &self,
        views: &[Tensor<4>],
        terms: &mut impl FnMut(&[Taps], Option<&Params>) -> Result<Vec<Term>>,
        wanted: impl Fn(&Term) -> bool,
    ) -> Result<Pass> {
        let leaves = self.network.params.track();
        let part_leaves = self.parts.as_ref().map(|(params, _)| params.track());
        let (taps, statistics) = run(&self.network, &leaves, views);
        let terms = terms(&taps, part_leaves.as_ref())?;
        let trace = Trace {
            terms: terms.iter().map(|t| (t.name, t.role, t.weight)).collect(),
            values: terms.iter().map(|t| t.value.clone().inner()).collect(),
            logits: taps[0].logits.clone().inner(),
        };
        let chosen: Vec<Term> = terms.into_iter().filter(wanted).collect();
        if chosen.is_empty() {
            return Ok(Pass { trace, statistics, own: Vec::new(), of_parts: Vec::new() });
        }
        let mut all = total(&chosen)?.backward();
        let own = leaves.gradients(&mut all);
        let of_parts = part_leaves.map(|leaves| leaves.gradients(&mut all)).unwrap_or_default();
        Ok(Pass { trace, statistics, own, of_parts })
    }
}

/// What one pass through the network gave.
struct Pass {
    trace: Trace,
    statistics: Statistics,
    own: Gradients,
    of_parts: Gradients,
}

/// Taps of every view. Running statistics are those after the last view.
fn run(network: &Network, leaves: &Params, views: &[Tensor<4>]) -> (Vec<Taps>, Statistics) {
    let mut statistics = Statistics::new();
    let taps = views.iter().map(|pixels| {
        let (taps, new) = network.forward_train(leaves, pixels.clone());
        statistics = new;
        taps
    });
    (taps.collect(), statistics)
}
