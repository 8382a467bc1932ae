//! OFD, an overhaul of feature distillation (Heo et al. 2019): distances before the activation, with a margin.
//!
//! X = Σ over stages of 2^{l−L} · Σ d(s, t)/B with s through a 1×1 connector. Where the teacher is below its margin m, the student
//! needs only be below it too: d = (s−m)² if s > m, t ≤ m; (s−t)² if s > t, m < t ≤ 0, or t > 0. m is, for each channel, the mean of
//! the teacher's negative values, computed from its batch normalisation. Read in mdistiller: β = 0.001. Stages are paired from the front here, from the back there,
//! which differs only for networks with different numbers of stages.

use burn::tensor::Tensor;

use super::ab::Connectors;
use super::{framed, need_stages, sum_of};
use crate::error::Result;
use crate::fields::Values;
use crate::nets::{Params, Spec};
use crate::objectives::modules::own;
use crate::objectives::options::{self, Frame};
use crate::objectives::registry::misfit;
use crate::objectives::{Batch, Family, Method, Objective, Provenance, Reads, Surroundings, Term};

pub const METHOD: Method = Method {
    name: "ofd",
    label: "Overhaul of features (OFD)",
    family: Family::Features,
    formula: "L = γ·CE(y, s) + α·T²·KL + β·Σ partial L2(s, t; margin)",
    source: "Heo et al. 2019 (1904.01866); β = 0.001 and margins from mdistiller",
    provenance: Provenance::Read,
    explanation: "The student copies the teacher's maps as they are before the activation. Values that the activation will cut off \
        anyway need not be copied, only kept low enough.",
    reads: Reads::Maps,
    state: &["state.bn1.weight [C], state.bn1.bias [C], …: the teacher's normalisation before each stage's activation"],
    options: || options::framed(0.001, 1.0),
    make: |options, around| Ok(Box::new(Ofd::new(options, around)?)),
};

struct Ofd {
    frame: Frame,
    connectors: Connectors,
}

impl Ofd {
    fn new(options: &Values, around: &Surroundings<'_>) -> Result<Self> {
        need_stages("ofd", around)?;
        if !around.teacher.norms {
            return Err(misfit(
                "ofd",
                "the teacher has no batch normalisation before its activations, from which margins are computed".into(),
            ));
        }
        Ok(Self { frame: Frame::new(options), connectors: Connectors::new(around) })
    }
}

/// Mean of the values below zero of N(β, γ²): μ − σ·φ(μ/σ)/Φ(−μ/σ), and −3σ where next to none are below.
fn margin(gamma: Tensor<1>, beta: Tensor<1>) -> Tensor<1> {
    let sigma = gamma.abs().clamp_min(1e-6);
    let ratio = beta.clone() / sigma.clone();
    let density = (ratio.clone() * ratio.clone() * -0.5).exp() / (2.0 * std::f64::consts::PI).sqrt();
    // Φ(−x) = ½·erfc(x/√2).
    let below = ((ratio / std::f64::consts::SQRT_2).erf() * -1.0 + 1.0) * 0.5;
    let usual = beta - sigma.clone() * density / below.clone().clamp_min(1e-3);
    let few = below.lower_equal_elem(1e-3).float();
    usual * (few.clone() * -1.0 + 1.0) + sigma * -3.0 * few
}

impl Objective for Ofd {
    fn terms(&mut self, batch: &Batch<'_>, parts: Option<&Params>) -> Result<Vec<Term>> {
        let mut terms = framed(&self.frame, batch)?;
        let pairs = self.connectors.pairs(batch, own(parts)?)?;
        let norms = batch.norms(pairs.len())?;
        let last = pairs.len() as i32 - 1;
        let value = sum_of(pairs.into_iter().zip(norms).enumerate().map(|(i, ((s, t), (gamma, beta)))| {
            let channels = gamma.dims()[0];
            let m = margin(gamma.clone(), beta.clone()).reshape([1, channels, 1, 1]);
            // Below the margin the target is the margin; at or below zero only what is too high counts.
            let target = t.clone().max_pair(m);
            let error = s - target;
            let only_high = t.lower_equal_elem(0.0).float();
            let high = error.clone().clamp_min(0.0);
            let counted = high.clone() * high * only_high.clone() + error.clone() * error * (only_high * -1.0 + 1.0);
            counted.sum() * (2f64.powi(i as i32 - last) / batch.size() as f64)
        }))?;
        terms.push(Term::of_teacher("overhaul", self.frame.beta, value));
        Ok(terms)
    }

    fn parts(&self) -> Vec<Spec> {
        self.connectors.plan.specs()
    }

    fn adjust(&mut self, options: &Values) {
        self.frame = Frame::new(options);
    }

    fn formula(&self) -> String {
        self.frame.formula("Σ partial L2(s, t; margin)")
    }
}
