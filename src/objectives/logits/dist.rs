//! DIST (Huang et al. 2022, 2205.10536): correlation instead of equality, between classes and between images.
//!
//! L = γ·CE + T²·(b·(1 − mean over images of ρ) + c·(1 − mean over classes of ρ)), ρ Pearson's correlation of the softened
//! probabilities. Read in the released code: T = 4 on CIFAR, KD weight 2.

use burn::tensor::Tensor;

use super::both;
use crate::error::Result;
use crate::fields::{Field, Values};
use crate::nets::Params;
use crate::objectives::math::log_softmax;
use crate::objectives::options::{self, product, short, sum};
use crate::objectives::{Batch, Family, Method, Objective, Provenance, Reads, Term, cross_entropy};

pub const METHOD: Method = Method {
    name: "dist",
    label: "Correlation of probabilities (DIST)",
    family: Family::Logits,
    formula: "L = γ·CE(y, s) + T²·(b·(1 − ρ(rows)) + c·(1 − ρ(columns)))",
    source: "Huang et al. 2022 (2205.10536), released code: T = 4 and KD weight 2 on CIFAR, both parts equal",
    provenance: Provenance::Read,
    explanation: "The student's probabilities need not equal the teacher's; they should go up and down with them: over the \
        classes of an image, and for each class over the images of the batch. A stronger teacher then asks less of the student.",
    reads: Reads::Logits,
    state: &[],
    options,
    make: |options, _| Ok(Box::new(Dist::new(options))),
};

fn options() -> Vec<Field> {
    vec![
        options::temperature(4.0),
        Field::number(
            "inter",
            [0.0, 20.0, 0.1],
            2.0,
            "Weight over classes",
            "Weight of the correlation over the classes of each image.",
        ),
        Field::number(
            "intra",
            [0.0, 20.0, 0.1],
            2.0,
            "Weight over images",
            "Weight of the correlation over the images of the batch for each class.",
        ),
        options::gamma(1.0),
        options::standardise(),
    ]
}

struct Dist {
    temperature: f64,
    inter: f64,
    intra: f64,
    gamma: f64,
    standardise: bool,
}

impl Dist {
    fn new(options: &Values) -> Self {
        Self {
            temperature: options.number("temperature"),
            inter: options.number("inter"),
            intra: options.number("intra"),
            gamma: options.number("gamma"),
            standardise: options.flag("standardise"),
        }
    }
}

/// 1 − mean over the other axis of Pearson's correlation along `axis`. A constant row correlates with nothing: 0.
fn apart(x: Tensor<2>, y: Tensor<2>, axis: usize) -> Tensor<1> {
    let centre = |x: Tensor<2>| x.clone() - x.mean_dim(axis);
    let (x, y) = (centre(x), centre(y));
    let length = |x: &Tensor<2>| ((x.clone() * x.clone()).sum_dim(axis) + 1e-10).sqrt();
    let lengths = length(&x) * length(&y);
    ((x * y).sum_dim(axis) / lengths).mean() * -1.0 + 1.0
}

impl Objective for Dist {
    fn terms(&mut self, batch: &Batch<'_>, _parts: Option<&Params>) -> Result<Vec<Term>> {
        let (student, teacher) = both(batch, self.standardise)?;
        let soft = |z: Tensor<2>| log_softmax(z / self.temperature).exp();
        let (student, teacher) = (soft(student), soft(teacher));
        let factor = self.temperature * self.temperature;
        let labels = cross_entropy(batch.labels.clone(), batch.student.logits.clone());
        Ok(vec![
            Term::of_labels("crossEntropy", self.gamma, labels),
            Term::of_teacher("inter", self.inter * factor, apart(student.clone(), teacher.clone(), 1)),
            Term::of_teacher("intra", self.intra * factor, apart(student, teacher, 0)),
        ])
    }

    fn adjust(&mut self, options: &Values) {
        *self = Self::new(options);
    }

    fn formula(&self) -> String {
        let t = short(self.temperature);
        sum([
            product(self.gamma, "CE(y, s)"),
            product(self.inter, &format!("{t}²·(1 − ρ(rows))")),
            product(self.intra, &format!("{t}²·(1 − ρ(columns))")),
        ])
    }
}
