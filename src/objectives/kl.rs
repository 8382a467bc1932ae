//! Distillation of softened outputs (Hinton et al. 2015), the "KL" of *What Knowledge Gets Distilled* (2205.16004, Eq. 1).
//!
//! L = (1 − α)·CE(y, s) + α·T²·KL(softmax(t/T) ‖ softmax(s/T)), mean over the batch. Defaults T = 4 and α = 0.9 are those
//! that RepDistiller uses on CIFAR (`-r 0.1 -a 0.9`). The paper writes the cross-entropy between the softened outputs; it
//! differs from KL by the teacher's entropy, a constant, so gradients are the same.

use super::{Batch, Knobs, Method, Objective, Term, cross_entropy, kl_divergence};
use crate::error::Result;
use crate::nets::Params;

pub(super) const METHOD: Method = Method {
    name: "kl",
    label: "Soft targets (Hinton KD)",
    formula: "L = (1 − α)·CE(y, s) + α·T²·KL(t/T ‖ s/T)",
    source: "Hinton, Vinyals & Dean 2015 (1503.02531); 2205.16004 Eq. 1; defaults T = 4, α = 0.9 from RepDistiller's CIFAR scripts",
    explanation: "The student imitates the teacher's probabilities for all classes, not only the right one. A temperature T \
        above 1 softens both, so that the small probabilities, which say what an image resembles, count too. α is the share of \
        this soft loss; the labels keep 1 − α. T² keeps the size of the gradients independent of T.",
    make: |knobs| Box::new(Kl { knobs }),
};

/// Soft targets at temperature T.
#[derive(Debug, Clone)]
pub struct Kl {
    /// T and α.
    pub knobs: Knobs,
}

impl Objective for Kl {
    fn terms(&mut self, batch: &Batch<'_>, _parts: Option<&Params>) -> Result<Vec<Term>> {
        let Knobs { temperature, alpha } = self.knobs;
        let student = batch.student.logits.clone();
        Ok(vec![
            Term {
                name: "crossEntropy",
                weight: 1.0 - alpha,
                value: cross_entropy(batch.labels.clone(), student.clone()),
            },
            Term {
                name: "kl",
                weight: alpha * temperature * temperature,
                value: kl_divergence(batch.teacher.logits.clone(), student, temperature),
            },
        ])
    }

    fn adjust(&mut self, knobs: Knobs) {
        self.knobs = knobs;
    }

    fn formula(&self) -> String {
        let Knobs { temperature, alpha } = self.knobs;
        let (t, a, rest) = (round(temperature), round(alpha), round(1.0 - alpha));
        format!("L = {rest}·CE(y, s) + {a}·{t}²·KL(t/{t} ‖ s/{t})")
    }
}

/// At most three decimals, no trailing zeros.
fn round(x: f64) -> f64 {
    (x * 1000.0).round() / 1000.0
}
