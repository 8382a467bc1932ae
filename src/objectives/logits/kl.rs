//! Distillation of softened outputs (Hinton et al. 2015), the "KL" of *What Knowledge Gets Distilled* (2205.16004, Eq. 1).
//!
//! L = (1 − α)·CE(y, s) + α·T²·KL(softmax(t/T) ‖ softmax(s/T)), mean over the batch. Defaults T = 4 and α = 0.9 are those
//! that RepDistiller uses on CIFAR (`-r 0.1 -a 0.9`). The paper writes the cross-entropy between the softened outputs; it
//! differs from KL by the teacher's entropy, a constant, so gradients are the same.

use super::both;
use crate::error::Result;
use crate::fields::{Field, Values};
use crate::nets::Params;
use crate::objectives::options::{self, kl_in_words, product, sum};
use crate::objectives::{Batch, Family, Method, Objective, Provenance, Reads, Term, cross_entropy, kl_divergence};

pub const METHOD: Method = Method {
    name: "kl",
    label: "Soft targets (Hinton KD)",
    family: Family::Logits,
    formula: "L = (1 − α)·CE(y, s) + α·T²·KL(t/T ‖ s/T)",
    source: "Hinton, Vinyals & Dean 2015 (1503.02531); 2205.16004 Eq. 1; defaults T = 4, α = 0.9 from RepDistiller's CIFAR scripts",
    provenance: Provenance::Read,
    explanation: "The student imitates the teacher's probabilities for all classes, not only the right one. A temperature T \
        above 1 softens both, so that the small probabilities, which say what an image resembles, count too. α is the share of \
        this soft loss; the labels keep 1 − α. T² keeps the size of the gradients roughly independent of T.",
    reads: Reads::Logits,
    state: &[],
    options,
    make: |options, _| Ok(Box::new(Kl::new(options))),
};

fn options() -> Vec<Field> {
    vec![options::temperature(4.0), options::alpha(), options::standardise()]
}

/// Soft targets at temperature T.
#[derive(Debug, Clone)]
pub struct Kl {
    /// T.
    pub temperature: f64,
    /// Share α of the soft term.
    pub alpha: f64,
    /// Whether logits are standardised first.
    pub standardise: bool,
}

impl Kl {
    fn new(options: &Values) -> Self {
        Self {
            temperature: options.number("temperature"),
            alpha: options.number("alpha"),
            standardise: options.flag("standardise"),
        }
    }
}

impl Objective for Kl {
    fn terms(&mut self, batch: &Batch<'_>, _parts: Option<&Params>) -> Result<Vec<Term>> {
        let &mut Self { temperature, alpha, standardise } = self;
        let (student, teacher) = both(batch, standardise)?;
        let labels = cross_entropy(batch.labels.clone(), batch.student.logits.clone());
        Ok(vec![
            Term::of_labels("crossEntropy", 1.0 - alpha, labels),
            Term::of_teacher("kl", alpha * temperature * temperature, kl_divergence(teacher, student, temperature)),
        ])
    }

    fn adjust(&mut self, options: &Values) {
        *self = Self::new(options);
    }

    fn formula(&self) -> String {
        sum([product(1.0 - self.alpha, "CE(y, s)"), kl_in_words(self.alpha, self.temperature)])
    }
}
