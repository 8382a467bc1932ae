//! Probabilistic knowledge transfer (Passalis & Tefas 2018): how likely two images are neighbours.
//!
//! X = mean P_t·log((P_t + ε)/(P_s + ε)), P the row-normalised cosine similarities (s + 1)/2 of the pooled vectors of the batch.
//! Read in RepDistiller: β = 30000, ε = 1e-7.

use burn::tensor::Tensor;

use super::framed;
use crate::error::Result;
use crate::fields::Values;
use crate::nets::Params;
use crate::objectives::math::normalise_rows;
use crate::objectives::options::{self, Frame};
use crate::objectives::{Batch, Family, Method, Objective, Provenance, Reads, Term};

pub const METHOD: Method = Method {
    name: "pkt",
    label: "Neighbourhoods (PKT)",
    family: Family::Features,
    formula: "L = γ·CE(y, s) + α·T²·KL + β·mean P_t·log(P_t/P_s)",
    source: "Passalis & Tefas 2018 (1803.10837); β = 30000 from RepDistiller",
    provenance: Provenance::Read,
    explanation: "For each image of a batch, the others are more or less close; read as probabilities, these closenesses should be \
        the same in both networks.",
    reads: Reads::Pooled,
    state: &[],
    options: || options::framed(30_000.0, 300_000.0),
    make: |options, _| Ok(Box::new(Pkt { frame: Frame::new(options) })),
};

const EPSILON: f64 = 1e-7;

struct Pkt {
    frame: Frame,
}

fn neighbours(x: Tensor<2>) -> Tensor<2> {
    let x = normalise_rows(x);
    let close = (x.clone().matmul(x.transpose()) + 1.0) / 2.0;
    close.clone() / close.sum_dim(1)
}

impl Objective for Pkt {
    fn terms(&mut self, batch: &Batch<'_>, _parts: Option<&Params>) -> Result<Vec<Term>> {
        let mut terms = framed(&self.frame, batch)?;
        let student = neighbours(batch.student.pooled.clone());
        let teacher = neighbours(batch.teacher()?.pooled.clone());
        let value = (teacher.clone() * ((teacher + EPSILON).log() - (student + EPSILON).log())).mean();
        terms.push(Term::of_teacher("probabilities", self.frame.beta, value));
        Ok(terms)
    }

    fn adjust(&mut self, options: &Values) {
        self.frame = Frame::new(options);
    }

    fn formula(&self) -> String {
        self.frame.formula("mean P_t·log(P_t/P_s)")
    }
}
