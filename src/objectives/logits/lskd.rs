//! Hinton KD on standardised logits with its published weights (Sun et al. 2024, *Logit Standardization in KD*).
//!
//! L = 0.1·CE + 9·T²·KL(softmax(z(t)/T) ‖ softmax(z(s)/T)) with z = (logits − mean)/std per image and T = 2, as in the
//! released configurations. The same standardisation is a switch on the other logit methods.

use super::both;
use crate::error::Result;
use crate::fields::{Field, Values};
use crate::nets::Params;
use crate::objectives::options::{self, kl_in_words, product, sum};
use crate::objectives::{Batch, Family, Method, Objective, Provenance, Reads, Term, cross_entropy, kl_divergence};

pub const METHOD: Method = Method {
    name: "lskd",
    label: "Standardised soft targets (LSKD)",
    family: Family::Logits,
    formula: "L = γ·CE(y, s) + β·T²·KL(z(t)/T ‖ z(s)/T)",
    source: "Sun et al. 2024 (2403.01427), released code: CE 0.1, KD 9, T 2",
    provenance: Provenance::Read,
    explanation: "Soft targets after the logits of every image were brought to mean 0 and deviation 1 in both networks: the \
        student need not match how large the teacher's logits are, only how they relate.",
    reads: Reads::Logits,
    state: &[],
    options,
    make: |options, _| Ok(Box::new(Lskd::new(options))),
};

fn options() -> Vec<Field> {
    vec![options::temperature(2.0), options::beta(9.0, 50.0), options::gamma(0.1)]
}

struct Lskd {
    temperature: f64,
    beta: f64,
    gamma: f64,
}

impl Lskd {
    fn new(options: &Values) -> Self {
        Self {
            temperature: options.number("temperature"),
            beta: options.number("beta"),
            gamma: options.number("gamma"),
        }
    }
}

impl Objective for Lskd {
    fn terms(&mut self, batch: &Batch<'_>, _parts: Option<&Params>) -> Result<Vec<Term>> {
        let &mut Self { temperature, beta, gamma } = self;
        let (student, teacher) = both(batch, true)?;
        let labels = cross_entropy(batch.labels.clone(), batch.student.logits.clone());
        Ok(vec![
            Term::of_labels("crossEntropy", gamma, labels),
            Term::of_teacher("kl", beta * temperature * temperature, kl_divergence(teacher, student, temperature)),
        ])
    }

    fn adjust(&mut self, options: &Values) {
        *self = Self::new(options);
    }

    fn formula(&self) -> String {
        let kl = kl_in_words(self.beta, self.temperature);
        let kl = kl.map(|words| words.replace("(t", "(z(t)").replace("‖ s", "‖ z(s)"));
        sum([product(self.gamma, "CE(y, s)"), kl])
    }
}
