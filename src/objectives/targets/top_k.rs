//! KD-topk: only the k classes that the teacher finds likeliest (2002.03532 §5).
//!
//! Read: it improves on plain KD, best with k = a quarter of the classes on CIFAR-100 and half of them on ImageNet. What happens to
//! the rest of the probability is recalled (the kept ones are scaled up to 1); spreading it evenly is offered beside.

use burn::tensor::Tensor;

use super::{Rule, Soft, needed};
use crate::error::Result;
use crate::fields::{Field, Values};
use crate::objectives::math::ranks;
use crate::objectives::{Batch, Family, Method, Provenance, Reads, options};

pub const METHOD: Method = Method {
    name: "kd-topk",
    label: "Only the likeliest classes (KD-topk)",
    family: Family::Targets,
    formula: "L = (1 − α)·CE(y, s) + α·T²·KL(ρ ‖ s/T), ρ = the k largest p, scaled to 1",
    source: "Tang et al. 2020 (2002.03532) §5: best k is a quarter of CIFAR-100's classes; the treatment of the rest is recalled",
    provenance: Provenance::Recalled,
    explanation: "Soft targets without their tail: only the k classes that the teacher finds likeliest count. If plain KD owed its \
        success to every small probability, this would hurt.",
    reads: Reads::Logits,
    state: &[],
    options,
    make: |options, _| Ok(Box::new(Soft::new(options, TopK::new(options)))),
};

fn options() -> Vec<Field> {
    vec![
        options::temperature(4.0),
        options::alpha(),
        Field::integer(
            "k",
            [0, 100],
            0,
            "Classes kept, k",
            "How many of the likeliest classes are kept. 0 means a quarter of all.",
        ),
        Field::choice(
            "remainder",
            &[("renormalise", "scale the kept ones up"), ("spread", "spread it over the others")],
            "The rest of the probability",
            "What becomes of the probability of the classes that are not kept.",
        ),
        options::standardise(),
    ]
}

struct TopK {
    k: usize,
    spread: bool,
}

impl TopK {
    fn new(options: &Values) -> Self {
        Self { k: options.integer("k"), spread: options.choice("remainder") == "spread" }
    }
}

impl Rule for TopK {
    fn target(&mut self, _batch: &Batch<'_>, p: Option<Tensor<2>>) -> Result<Tensor<2>> {
        let p = needed(p)?;
        let [_, classes] = p.dims();
        let k = match self.k {
            0 => ((classes as f64 / 4.0).round() as usize).max(1),
            k => k.min(classes),
        };
        let keep = ranks(p.clone()).lower_elem(k as f64).float();
        let kept = p * keep.clone();
        let sum = kept.clone().sum_dim(1);
        if !self.spread {
            return Ok(kept / sum);
        }
        let dropped = keep * -1.0 + 1.0;
        Ok(kept + dropped * ((sum * -1.0 + 1.0) / (classes - k).max(1) as f64))
    }
}
