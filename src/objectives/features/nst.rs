//! Neuron selectivity transfer (Huang & Wang 2017): which patterns the channels respond to, as a distribution.
//!
//! X = Σ over stages of the maximum mean discrepancy between the channels' maps (each of length 1) under the kernel (a·b)².
//! Read in RepDistiller, β = 50; computed there by a broadcast of a gigabyte, here by C×C products for each image.

use burn::tensor::Tensor;

use super::{framed, need_stages, stage_pairs, sum_of};
use crate::error::Result;
use crate::fields::Values;
use crate::nets::Params;
use crate::objectives::math::{TINY, mean_squares};
use crate::objectives::options::{self, Frame};
use crate::objectives::{Batch, Family, Method, Objective, Provenance, Reads, Term};

pub const METHOD: Method = Method {
    name: "nst",
    label: "Neuron selectivity (NST)",
    family: Family::Features,
    formula: "L = γ·CE(y, s) + α·T²·KL + β·Σ MMD²(channels), k(a, b) = (aᵀb)²",
    source: "Huang & Wang 2017 (1707.01219); β = 50 from RepDistiller",
    provenance: Provenance::Read,
    explanation: "Every channel responds to some pattern of places. The student's channels, taken together, should respond to the \
        same kinds of patterns as the teacher's; which channel does what is free.",
    reads: Reads::Maps,
    state: &[],
    options: || options::framed(50.0, 1000.0),
    make: |options, around| {
        need_stages("nst", around)?;
        Ok(Box::new(Nst { frame: Frame::new(options) }))
    },
};

struct Nst {
    frame: Frame,
}

/// Channels of length 1, `[B, C, H·W]`.
fn channels(map: Tensor<4>) -> Tensor<3> {
    let [batch, channels, height, width] = map.dims();
    let x = map.reshape([batch, channels, height * width]);
    let length = ((x.clone() * x.clone()).sum_dim(2) + TINY).sqrt();
    x / length
}

/// Mean of (a·b)² over images and pairs of channels.
fn kernel(a: &Tensor<3>, b: &Tensor<3>) -> Tensor<1> {
    mean_squares(a.clone().matmul(b.clone().swap_dims(1, 2)))
}

impl Objective for Nst {
    fn terms(&mut self, batch: &Batch<'_>, _parts: Option<&Params>) -> Result<Vec<Term>> {
        let mut terms = framed(&self.frame, batch)?;
        let value = sum_of(stage_pairs(batch)?.into_iter().map(|(s, t)| {
            let (s, t) = (channels(s), channels(t));
            kernel(&t, &t) + kernel(&s, &s) - kernel(&s, &t) * 2.0
        }))?;
        terms.push(Term::of_teacher("neuron", self.frame.beta, value));
        Ok(terms)
    }

    fn adjust(&mut self, options: &Values) {
        self.frame = Frame::new(options);
    }

    fn formula(&self) -> String {
        self.frame.formula("Σ MMD²(channels)")
    }
}
