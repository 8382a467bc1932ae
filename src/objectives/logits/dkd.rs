//! Decoupled KD (Zhao et al. 2022, 2203.08679): soft targets split into "is it the right class?" and "which of the others?".
//!
//! L = γ·CE + w·T²·(α·TCKD + β·NCKD), w rising from 0 to 1 over the warm-up. Read in mdistiller: α = 1, β = 8 (by default),
//! T = 4, warm-up 20 of 240 epochs. KL = TCKD + (1 − p_y)·NCKD.

use burn::tensor::Tensor;

use super::both;
use crate::error::Result;
use crate::fields::{Field, Values};
use crate::nets::Params;
use crate::objectives::math::log_softmax;
use crate::objectives::options::{self, product, short, sum};
use crate::objectives::{Batch, Family, Method, Objective, Provenance, Reads, Term, cross_entropy};

pub const METHOD: Method = Method {
    name: "dkd",
    label: "Decoupled KD (DKD)",
    family: Family::Logits,
    formula: "L = γ·CE(y, s) + w·T²·(α·TCKD + β·NCKD)",
    source: "Zhao et al. 2022 (2203.08679); defaults α = 1, β = 8, T = 4, warm-up 20 of 240 epochs from mdistiller",
    provenance: Provenance::Read,
    explanation: "Soft targets in two parts that can be weighted apart: how sure the teacher is of the right class (TCKD), and \
        how it spreads the rest over the others (NCKD). In plain KD the second part fades exactly where the teacher is sure.",
    reads: Reads::Logits,
    state: &[],
    options,
    make: |options, _| Ok(Box::new(Dkd::new(options))),
};

fn options() -> Vec<Field> {
    vec![
        options::temperature(4.0),
        Field::number("alpha", [0.0, 10.0, 0.1], 1.0, "Alpha α", "Weight of the right class against the rest (TCKD)."),
        Field::number("beta", [0.0, 20.0, 0.5], 8.0, "Beta β", "Weight of the spread over the other classes (NCKD)."),
        options::gamma(1.0),
        options::warm_up(),
        options::standardise(),
    ]
}

struct Dkd {
    temperature: f64,
    alpha: f64,
    beta: f64,
    gamma: f64,
    warm_up: f64,
    standardise: bool,
}

impl Dkd {
    fn new(options: &Values) -> Self {
        Self {
            temperature: options.number("temperature"),
            alpha: options.number("alpha"),
            beta: options.number("beta"),
            gamma: options.number("gamma"),
            warm_up: options.number("warmUp"),
            standardise: options.flag("standardise"),
        }
    }
}

/// Subtracted from the right class so that a softmax passes it over; large against any logits that f32 tells apart from it.
const OUT: f32 = 1e9;

/// log p of the right class and log (1 − p), `[B, 1]` each, and log-probabilities among the other classes, `[B, K]`.
fn decouple(logits: Tensor<2>, labels: &Tensor<2>) -> (Tensor<2>, Tensor<2>, Tensor<2>) {
    let log_p = log_softmax(logits.clone());
    let right = (log_p.clone() * labels.clone()).sum_dim(1);
    // Right class far below all others in both, so that 1 − p is never the difference of near-equal numbers.
    let others = log_p - labels.clone() * OUT;
    let highest = others.clone().detach().max_dim(1);
    let rest = (others - highest.clone()).exp().sum_dim(1).log() + highest;
    (right, rest, log_softmax(logits - labels.clone() * OUT))
}

impl Objective for Dkd {
    fn terms(&mut self, batch: &Batch<'_>, _parts: Option<&Params>) -> Result<Vec<Term>> {
        let (student, teacher) = both(batch, self.standardise)?;
        let scale = 1.0 / batch.size() as f64;
        let (right_s, rest_s, other_s) = decouple(student / self.temperature, batch.labels);
        let (right_t, rest_t, other_t) = decouple(teacher / self.temperature, batch.labels);
        let target =
            (right_t.clone().exp() * (right_t - right_s) + rest_t.clone().exp() * (rest_t - rest_s)).sum() * scale;
        // At the right class both log-probabilities are near −1e9; exp makes its share an exact zero.
        let spread = (other_t.clone().exp() * (other_t - other_s)) * (batch.labels.clone() * -1.0 + 1.0);
        let ramp = if self.warm_up > 0.0 { (batch.progress / self.warm_up).min(1.0) } else { 1.0 };
        let factor = ramp * self.temperature * self.temperature;
        let labels = cross_entropy(batch.labels.clone(), batch.student.logits.clone());
        Ok(vec![
            Term::of_labels("crossEntropy", self.gamma, labels),
            Term::of_teacher("tckd", self.alpha * factor, target),
            Term::of_teacher("nckd", self.beta * factor, spread.sum() * scale),
        ])
    }

    fn adjust(&mut self, options: &Values) {
        *self = Self::new(options);
    }

    fn formula(&self) -> String {
        let t = short(self.temperature);
        sum([
            product(self.gamma, "CE(y, s)"),
            product(self.alpha, &format!("w·{t}²·TCKD")),
            product(self.beta, &format!("w·{t}²·NCKD")),
        ])
    }
}
