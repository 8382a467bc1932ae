//! Label smoothing: the "universe" level of 2002.03532, a teacher that knows nothing but doubt.
//!
//! L = CE((1 − ε)·y + ε/K, s).

use super::Batch;
use crate::error::Result;
use crate::fields::{Field, Values};
use crate::nets::Params;
use crate::objectives::options::short;
use crate::objectives::{Family, Method, Objective, Provenance, Reads, Term, cross_entropy};

pub const METHOD: Method = Method {
    name: "label-smoothing",
    label: "Label smoothing",
    family: Family::Control,
    formula: "L = CE((1 − ε)·y + ε/K, s)",
    source: "2002.03532 §3 (its first level of knowledge); Szegedy et al. 2016",
    provenance: Provenance::Read,
    explanation: "No teacher: a little probability is taken from the right class and spread evenly over all. It keeps the student \
        from growing too sure, which is one thing that soft targets do as well.",
    reads: Reads::Nothing,
    state: &[],
    options,
    make: |options, _| Ok(Box::new(Smoothing { epsilon: options.number("smoothing") })),
};

fn options() -> Vec<Field> {
    vec![Field::number(
        "smoothing",
        [0.0, 0.9, 0.01],
        0.1,
        "Smoothing ε",
        "Probability that is spread over all classes.",
    )]
}

struct Smoothing {
    epsilon: f64,
}

impl Objective for Smoothing {
    fn terms(&mut self, batch: &Batch<'_>, _parts: Option<&Params>) -> Result<Vec<Term>> {
        let [_, classes] = batch.labels.dims();
        let smooth = batch.labels.clone() * (1.0 - self.epsilon) + self.epsilon / classes as f64;
        let value = cross_entropy(smooth, batch.student.logits.clone());
        Ok(vec![Term::of_labels("smoothedCrossEntropy", 1.0, value)])
    }

    fn adjust(&mut self, options: &Values) {
        self.epsilon = options.number("smoothing");
    }

    fn formula(&self) -> String {
        format!("L = CE({}·y + {}/K, s)", short(1.0 - self.epsilon), short(self.epsilon))
    }
}
