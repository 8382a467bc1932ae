//! CWTM: confidence weighted by the teacher's maximum (Born-Again Networks, Furlanello et al. 2018), a control.
//!
//! L = Σ_b w_b·CE_b with w_b = max p_b / Σ max p: labels only, but images of which the teacher is sure weigh more.

use super::Batch;
use crate::error::Result;
use crate::fields::{Field, Values};
use crate::nets::Params;
use crate::objectives::math::log_softmax;
use crate::objectives::options::short;
use crate::objectives::{Family, Method, Objective, Provenance, Reads, Term, options};

pub const METHOD: Method = Method {
    name: "cwtm",
    label: "Labels weighted by confidence (CWTM)",
    family: Family::Control,
    formula: "L = Σ w·CE(y, s), w = max p / Σ max p",
    source: "Furlanello et al. 2018 (1805.04770), as discussed by 2002.03532",
    provenance: Provenance::Derived,
    explanation: "A control: the student learns from labels only, but images of which the teacher is sure weigh more. It has the \
        weighting of examples and nothing else of the teacher's knowledge.",
    reads: Reads::Logits,
    state: &[],
    options,
    make: |options, _| Ok(Box::new(Cwtm { temperature: options.number("temperature") })),
};

fn options() -> Vec<Field> {
    vec![options::temperature(1.0)]
}

struct Cwtm {
    temperature: f64,
}

impl Objective for Cwtm {
    fn terms(&mut self, batch: &Batch<'_>, _parts: Option<&Params>) -> Result<Vec<Term>> {
        let p = log_softmax(batch.teacher()?.logits.clone() / self.temperature).exp();
        let sure = p.max_dim(1);
        let weights = sure.clone() / sure.sum().reshape([1, 1]);
        let losses = (batch.labels.clone() * log_softmax(batch.student.logits.clone())).sum_dim(1) * -1.0;
        Ok(vec![Term::of_labels("weightedCrossEntropy", 1.0, (weights * losses).sum())])
    }

    fn adjust(&mut self, options: &Values) {
        self.temperature = options.number("temperature");
    }

    fn formula(&self) -> String {
        format!("L = Σ w·CE(y, s), w from softmax(t/{})", short(self.temperature))
    }
}
