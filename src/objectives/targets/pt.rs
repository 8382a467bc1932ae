//! KD-pt: only how sure the teacher is of the right class (2002.03532 §4.1).
//!
//! ρ_y = p_y; the rest is spread evenly. What is left is the weighting of examples by the teacher's confidence. The name was read,
//! the exact form is recalled.

use burn::tensor::Tensor;

use super::{Rule, Soft, needed};
use crate::error::Result;
use crate::fields::Field;
use crate::objectives::{Batch, Family, Method, Provenance, Reads, options};

pub const METHOD: Method = Method {
    name: "kd-pt",
    label: "Only the confidence (KD-pt)",
    family: Family::Targets,
    formula: "L = (1 − α)·CE(y, s) + α·T²·KL(ρ ‖ s/T), ρ_y = p_y, other ρ_k = (1 − p_y)/(K − 1)",
    source: "Tang et al. 2020 (2002.03532) §4.1; the name was read, the exact form is recalled",
    provenance: Provenance::Recalled,
    explanation: "The teacher says only how sure it is of the right class; what it thinks of the others is evened out. Easy and \
        hard images still weigh differently, but nothing is said about which classes resemble each other.",
    reads: Reads::Logits,
    state: &[],
    options,
    make: |options, _| Ok(Box::new(Soft::new(options, Confidence))),
};

fn options() -> Vec<Field> {
    vec![options::temperature(4.0), options::alpha(), options::standardise()]
}

struct Confidence;

impl Rule for Confidence {
    fn target(&mut self, batch: &Batch<'_>, p: Option<Tensor<2>>) -> Result<Tensor<2>> {
        let p = needed(p)?;
        let [_, classes] = p.dims();
        let sure = (p * batch.labels.clone()).sum_dim(1);
        let other = (sure.clone() * -1.0 + 1.0) / (classes.max(2) - 1) as f64;
        Ok(batch.labels.clone() * (sure - other.clone()) + other)
    }
}
