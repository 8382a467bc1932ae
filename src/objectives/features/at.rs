//! Attention transfer (Zagoruyko & Komodakis 2017): where energy lies in the maps of each stage.
//!
//! X = Σ over stages of mean (â_s − â_t)², â the channel-mean of squares, flattened and of length 1. Read in RepDistiller: β = 1000.

use burn::tensor::Tensor;

use super::{framed, need_stages, stage_pairs, sum_of};
use crate::error::Result;
use crate::fields::Values;
use crate::nets::Params;
use crate::objectives::math::{mean_squares, normalise_rows, rows};
use crate::objectives::options::{self, Frame};
use crate::objectives::{Batch, Family, Method, Objective, Provenance, Reads, Term};

pub const METHOD: Method = Method {
    name: "at",
    label: "Attention transfer (AT)",
    family: Family::Features,
    formula: "L = γ·CE(y, s) + α·T²·KL + β·Σ mean (â_s − â_t)²",
    source: "Zagoruyko & Komodakis 2017 (1612.03928); β = 1000, p = 2 from RepDistiller",
    provenance: Provenance::Read,
    explanation: "The student should put its energy at the same places of the image as the teacher, stage by stage. Channels are \
        summed up first, so their number does not matter and no projector is needed.",
    reads: Reads::Maps,
    state: &[],
    options: || options::framed(1000.0, 10_000.0),
    make: |options, around| {
        need_stages("at", around)?;
        Ok(Box::new(At { frame: Frame::new(options) }))
    },
};

struct At {
    frame: Frame,
}

/// Where energy lies: mean of squares over channels, of length 1, `[B, H·W]`.
pub(super) fn attention(map: Tensor<4>) -> Tensor<2> {
    normalise_rows(rows((map.clone() * map).mean_dim(1)))
}

impl Objective for At {
    fn terms(&mut self, batch: &Batch<'_>, _parts: Option<&Params>) -> Result<Vec<Term>> {
        let mut terms = framed(&self.frame, batch)?;
        let pairs = stage_pairs(batch)?.into_iter();
        let value = sum_of(pairs.map(|(s, t)| mean_squares(attention(s) - attention(t))))?;
        terms.push(Term::of_teacher("attention", self.frame.beta, value));
        Ok(terms)
    }

    fn adjust(&mut self, options: &Values) {
        self.frame = Frame::new(options);
    }

    fn formula(&self) -> String {
        self.frame.formula("Σ mean (â_s − â_t)²")
    }
}
