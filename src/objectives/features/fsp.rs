//! FSP, flow of the solution procedure (Yim et al. 2017): how one map is turned into the next.
//!
//! G_l = mean over places of f_l ⊗ f_{l+1}; first phase: only Σ over l of mean (G_s − G_t)², then only the labels. Read in
//! RepDistiller, where the first phase is 30 epochs before the 240 others; here both share the planned steps, so that the control
//! trains as long.

use burn::tensor::Tensor;

use super::sum_of;
use crate::error::Result;
use crate::fields::{Field, Values};
use crate::nets::Params;
use crate::objectives::math::{mean_squares, same_side};
use crate::objectives::options::{self, short};
use crate::objectives::registry::misfit;
use crate::objectives::{Batch, Family, Method, Objective, Provenance, Reads, Surroundings, Term, cross_entropy};

pub const METHOD: Method = Method {
    name: "fsp",
    label: "Flow between layers (FSP)",
    family: Family::Features,
    formula: "first β·Σ mean (G_s − G_t)², then L = CE(y, s)",
    source: "Yim et al. 2017 (CVPR); two phases of 30 and 240 epochs from RepDistiller",
    provenance: Provenance::Read,
    explanation: "Between two layers, each pair of an early and a late channel goes together more or less; the student first learns \
        the teacher's table of these pairs, and only then the labels. Both networks need the same numbers of channels.",
    reads: Reads::Maps,
    state: &[],
    options,
    make: |options, around| Ok(Box::new(Fsp::new(options, around)?)),
};

fn options() -> Vec<Field> {
    vec![options::beta(1.0, 100.0), options::gamma(1.0), options::first_phase()]
}

struct Fsp {
    beta: f64,
    gamma: f64,
    first: f64,
}

impl Fsp {
    fn new(options: &Values, around: &Surroundings<'_>) -> Result<Self> {
        // Lists of different length are paired from the front.
        let count = around.student.maps.len().min(around.teacher.maps.len());
        let channels =
            |maps: &[[usize; 3]]| maps[..count].iter().map(|[c, ..]| c.to_string()).collect::<Vec<_>>().join(", ");
        let (s, t) = (channels(&around.student.maps), channels(&around.teacher.maps));
        if s != t || count < 2 {
            return Err(misfit(
                "fsp",
                format!("their maps must have the same channels, and the student's have {s}, the teacher's {t}"),
            ));
        }
        Ok(Self { beta: options.number("beta"), gamma: options.number("gamma"), first: options.number("initShare") })
    }
}

/// Mean over places of the products of every channel of one map with every channel of the next, `[B, C, C′]`.
fn flows(maps: &[Tensor<4>]) -> impl Iterator<Item = Tensor<3>> {
    let flat = |map: Tensor<4>| -> Tensor<3> {
        let [batch, channels, height, width] = map.dims();
        map.reshape([batch, channels, height * width])
    };
    maps.windows(2).map(move |pair| {
        let (a, b) = same_side(pair[0].clone(), pair[1].clone());
        let (a, b) = (flat(a), flat(b));
        let places = a.dims()[2] as f64;
        a.matmul(b.swap_dims(1, 2)) / places
    })
}

impl Objective for Fsp {
    fn terms(&mut self, batch: &Batch<'_>, _parts: Option<&Params>) -> Result<Vec<Term>> {
        if batch.progress > self.first {
            let labels = cross_entropy(batch.labels.clone(), batch.student.logits.clone());
            return Ok(vec![Term::of_labels("crossEntropy", self.gamma, labels)]);
        }
        let pairs = flows(&batch.student.maps).zip(flows(&batch.teacher()?.maps));
        Ok(vec![Term::of_teacher("flow", self.beta, sum_of(pairs.map(|(s, t)| mean_squares(s - t)))?)])
    }

    fn adjust(&mut self, options: &Values) {
        self.beta = options.number("beta");
        self.gamma = options.number("gamma");
    }

    fn formula(&self) -> String {
        format!(
            "L = {}·Σ mean (G_s − G_t)² for the first {} % of the run, then CE(y, s)",
            short(self.beta),
            short(100.0 * self.first)
        )
    }
}
