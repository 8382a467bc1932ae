//! KD-sim and KD-pt+sim: only which classes resemble each other (2002.03532 §4.2), without or with the confidence of KD-pt.
//!
//! ρ depends on the label alone: with w_k the rows of the teacher's last layer and c_k = cos(w_y, w_k),
//! ρ = softmax(sign(c)·|c|^a / b). That rows of the last layer are compared was recalled, and so was the shape of the softmax; the
//! published a and b are not known. With the defaults a = 0.3 and b = 0.5 the right class of a ten-class network gets about as much
//! more than the others as in softened targets.

use burn::tensor::Tensor;

use super::{Rule, Soft, needed};
use crate::error::Result;
use crate::fields::{Field, Values};
use crate::objectives::math::{log_softmax, normalise_rows};
use crate::objectives::{Batch, Family, Method, Provenance, Reads, options};

pub const METHOD: Method = Method {
    name: "kd-sim",
    label: "Only the likeness of classes (KD-sim)",
    family: Family::Targets,
    formula: "L = (1 − α)·CE(y, s) + α·T²·KL(ρ ‖ s/T), ρ = softmax(sign(c)·|c|^a / b), c_k = cos(w_y, w_k)",
    source: "Tang et al. 2020 (2002.03532) §4.2; recalled, and a and b are ours",
    provenance: Provenance::Recalled,
    explanation: "The teacher says only which classes resemble each other, read off its last layer. All images of a class get the \
        same target, so nothing is said about a single image.",
    reads: Reads::Logits,
    state: &["state.classifier [K, D]: weights of the teacher's last layer"],
    options,
    make: |options, _| Ok(Box::new(Soft::new(options, Likeness::new(options, false)))),
};

pub const BOTH: Method = Method {
    name: "kd-pt-sim",
    label: "Confidence and likeness (KD-pt+sim)",
    family: Family::Targets,
    formula: "L = (1 − α)·CE(y, s) + α·T²·KL(ρ ‖ s/T), ρ_y = p_y, the rest as KD-sim",
    source: "Tang et al. 2020 (2002.03532) §4.3; recalled",
    provenance: Provenance::Recalled,
    explanation: "How sure the teacher is of the right class of this image, and how alike classes are in general; what it thinks \
        of the other classes of this very image is left out.",
    reads: Reads::Logits,
    state: &["state.classifier [K, D]: weights of the teacher's last layer"],
    options: || {
        let mut fields = options();
        fields.push(options::standardise());
        fields
    },
    make: |options, _| Ok(Box::new(Soft::new(options, Likeness::new(options, true)))),
};

fn options() -> Vec<Field> {
    vec![
        options::temperature(4.0),
        options::alpha(),
        Field::number(
            "power",
            [0.05, 4.0, 0.05],
            0.3,
            "Power a",
            "Below 1 it brings large and small likenesses closer together.",
        ),
        Field::number(
            "scale",
            [0.02, 10.0, 0.02],
            0.5,
            "Scale b",
            "Divides the likenesses before the softmax: small values sharpen.",
        ),
    ]
}

struct Likeness {
    power: f64,
    scale: f64,
    with_confidence: bool,
}

impl Likeness {
    fn new(options: &Values, with_confidence: bool) -> Self {
        Self { power: options.number("power"), scale: options.number("scale"), with_confidence }
    }

    /// ρ for every class as label, `[K, K]`.
    fn table(&self, rows: Tensor<2>) -> Tensor<2> {
        let rows = normalise_rows(rows);
        let cosine = rows.clone().matmul(rows.transpose());
        let powered = cosine.clone().sign() * cosine.abs().powf_scalar(self.power);
        log_softmax(powered / self.scale).exp()
    }
}

impl Rule for Likeness {
    fn target(&mut self, batch: &Batch<'_>, p: Option<Tensor<2>>) -> Result<Tensor<2>> {
        let rows = batch.classifier()?;
        let alike = batch.labels.clone().matmul(self.table(rows.clone()));
        if !self.with_confidence {
            return Ok(alike);
        }
        let right = batch.labels.clone();
        let sure = (needed(p)? * right.clone()).sum_dim(1);
        let others = alike * (right.clone() * -1.0 + 1.0);
        let share = others.clone() / others.sum_dim(1).clamp_min(1e-12);
        Ok(right * sure.clone() + share * (sure * -1.0 + 1.0))
    }

    fn adjust(&mut self, options: &Values) {
        (self.power, self.scale) = (options.number("power"), options.number("scale"));
    }
}
