//! Similarity-preserving distillation (Tung & Mori 2019): which images of the batch resemble each other inside the network.
//!
//! X = ‖Ĝ_t − Ĝ_s‖²/B², Ĝ the row-normalised products of the flattened last maps. Read in RepDistiller: β = 3000.

use burn::tensor::Tensor;

use super::{framed, last_maps, need_stages};
use crate::error::Result;
use crate::fields::Values;
use crate::nets::Params;
use crate::objectives::math::{mean_squares, normalise_rows, rows};
use crate::objectives::options::{self, Frame};
use crate::objectives::{Batch, Family, Method, Objective, Provenance, Reads, Term};

pub const METHOD: Method = Method {
    name: "sp",
    label: "Similarity-preserving (SP)",
    family: Family::Features,
    formula: "L = γ·CE(y, s) + α·T²·KL + β·‖Ĝ_s − Ĝ_t‖²/B²",
    source: "Tung & Mori 2019 (1907.09682); β = 3000 and the last map from RepDistiller",
    provenance: Provenance::Read,
    explanation: "Images that excite the teacher in similar ways should excite the student in similar ways. Only relations between \
        the images of a batch are compared, so the two networks may use quite different features.",
    reads: Reads::Maps,
    state: &[],
    options: || options::framed(3000.0, 30_000.0),
    make: |options, around| {
        need_stages("sp", around)?;
        Ok(Box::new(Sp { frame: Frame::new(options) }))
    },
};

struct Sp {
    frame: Frame,
}

fn similarity(map: Tensor<4>) -> Tensor<2> {
    let rows = rows(map);
    normalise_rows(rows.clone().matmul(rows.transpose()))
}

impl Objective for Sp {
    fn terms(&mut self, batch: &Batch<'_>, _parts: Option<&Params>) -> Result<Vec<Term>> {
        let mut terms = framed(&self.frame, batch)?;
        let (student, teacher) = last_maps(batch)?;
        let value = mean_squares(similarity(teacher) - similarity(student));
        terms.push(Term::of_teacher("similarity", self.frame.beta, value));
        Ok(terms)
    }

    fn adjust(&mut self, options: &Values) {
        self.frame = Frame::new(options);
    }

    fn formula(&self) -> String {
        self.frame.formula("‖Ĝ_s − Ĝ_t‖²/B²")
    }
}
