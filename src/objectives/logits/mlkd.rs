//! Multi-level logit distillation (Jin et al. 2023): images, batch and classes, at five temperatures, on two views.
//!
//! L = γ·(CE + CE strong) + β·Σ_T (T²·KL + T²·KL strong + ‖Y_tY_tᵀ − Y_sY_sᵀ‖²/B + ‖Y_tᵀY_t − Y_sᵀY_s‖²/K), T = 2…6, Y the
//! softened probabilities, "strong" a second view under RandAugment(2, 10). γ = 0.1 and β = 0.9 were read in the released code.
//! That code also multiplies the weak terms by a confidence mask after they were already reduced to a number (about ½) and mixes
//! views at two temperatures; both look unintended and are left out, so this is the paper's form as derived from it.

use burn::tensor::Tensor;

use super::standardise;
use crate::error::Result;
use crate::fields::{Field, Values};
use crate::nets::Params;
use crate::objectives::math::{log_softmax, squares};
use crate::objectives::options::{self, product, sum};
use crate::objectives::{
    Batch, Family, Method, Objective, Provenance, Reads, Term, Views, cross_entropy, kl_divergence,
};

pub const METHOD: Method = Method {
    name: "mlkd",
    label: "Multi-level logits (MLKD)",
    family: Family::Logits,
    formula: "L = γ·(CE + CE′) + β·Σ_T (T²·KL + T²·KL′ + batch + class), T = 2 … 6",
    source: "Jin, Wang & Lin 2023 (CVPR), released code: CE 0.1, KD 0.9, T 2–6, RandAugment(2, 10)",
    provenance: Provenance::Derived,
    explanation: "Soft targets at several temperatures, and beside the single images also how alike the images of the batch are \
        to each other, and how classes go together. Two views of each image are used, one of them strongly changed (′), so a \
        step costs about twice as much.",
    reads: Reads::Logits,
    state: &["student.strong.logits [B, K], teacher.strong.logits [B, K]: logits on the strongly augmented view"],
    options,
    make: |options, _| Ok(Box::new(Mlkd::new(options))),
};

const TEMPERATURES: [f64; 5] = [2.0, 3.0, 4.0, 5.0, 6.0];

fn options() -> Vec<Field> {
    vec![options::beta(0.9, 10.0), options::gamma(0.1), options::standardise()]
}

struct Mlkd {
    beta: f64,
    gamma: f64,
    standardise: bool,
}

impl Mlkd {
    fn new(options: &Values) -> Self {
        Self { beta: options.number("beta"), gamma: options.number("gamma"), standardise: options.flag("standardise") }
    }
}

/// Σ over temperatures of T²·KL.
fn instance(teacher: &Tensor<2>, student: &Tensor<2>) -> Tensor<1> {
    let kl = |&t: &f64| kl_divergence(teacher.clone(), student.clone(), t) * (t * t);
    over_temperatures(kl)
}

fn over_temperatures(value: impl Fn(&f64) -> Tensor<1>) -> Tensor<1> {
    let first = value(&TEMPERATURES[0]);
    TEMPERATURES[1..].iter().fold(first, |sum, t| sum + value(t))
}

impl Objective for Mlkd {
    fn terms(&mut self, batch: &Batch<'_>, _parts: Option<&Params>) -> Result<Vec<Term>> {
        let (strong_s, strong_t) = batch.strong()?;
        let level = |z: &Tensor<2>| if self.standardise { standardise(z.clone()) } else { z.clone() };
        let (student, teacher) = (level(&batch.student.logits), level(&batch.teacher()?.logits));
        let [images, classes] = student.dims();
        let soft = |z: &Tensor<2>, t: f64| log_softmax(z.clone() / t).exp();
        let by_image = over_temperatures(|&t| {
            let (s, p) = (soft(&student, t), soft(&teacher, t));
            squares(p.clone().matmul(p.transpose()) - s.clone().matmul(s.transpose())) / images as f64
        });
        let by_class = over_temperatures(|&t| {
            let (s, p) = (soft(&student, t), soft(&teacher, t));
            squares(p.clone().transpose().matmul(p) - s.clone().transpose().matmul(s)) / classes as f64
        });
        let labels = |z: &Tensor<2>| cross_entropy(batch.labels.clone(), z.clone());
        Ok(vec![
            Term::of_labels("crossEntropy", self.gamma, labels(&batch.student.logits)),
            Term::of_labels("strongCrossEntropy", self.gamma, labels(&strong_s.logits)),
            Term::of_teacher("instance", self.beta, instance(&teacher, &student)),
            Term::of_teacher("strongInstance", self.beta, instance(&level(&strong_t.logits), &level(&strong_s.logits))),
            Term::of_teacher("batch", self.beta, by_image),
            Term::of_teacher("class", self.beta, by_class),
        ])
    }

    fn adjust(&mut self, options: &Values) {
        *self = Self::new(options);
    }

    fn formula(&self) -> String {
        sum([product(self.gamma, "(CE + CE′)"), product(self.beta, "Σ_T (T²·KL + T²·KL′ + batch + class)")])
    }

    fn views(&self) -> Views {
        Views::WeakAndStrong
    }
}
