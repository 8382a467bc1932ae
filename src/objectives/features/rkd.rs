//! Relational KD (Park et al. 2019): distances and angles between the images of a batch.
//!
//! X = 25·(distances) + 50·(angles), both under Huber's loss: pairwise distances of pooled vectors over their mean, and cosines of
//! the angles of all triples. Read in RepDistiller. The angles take B³ numbers: 64³ is a megabyte, 256³ is 67.

use burn::tensor::Tensor;

use super::framed;
use crate::error::Result;
use crate::fields::{Field, Values};
use crate::nets::Params;
use crate::objectives::math::{TINY, identity, smooth_l1};
use crate::objectives::options::{self, Frame, short};
use crate::objectives::{Batch, Family, Method, Objective, Provenance, Reads, Term};

pub const METHOD: Method = Method {
    name: "rkd",
    label: "Relations of images (RKD)",
    family: Family::Features,
    formula: "L = γ·CE(y, s) + α·T²·KL + β·(25·distances + 50·angles)",
    source: "Park et al. 2019 (1904.05068); weights 25 and 50 from RepDistiller",
    provenance: Provenance::Read,
    explanation: "The student's vectors for the images of a batch should form the same figure as the teacher's: the same distances \
        (up to scale) and the same angles. Where the figure lies and how it is turned does not matter.",
    reads: Reads::Pooled,
    state: &[],
    options,
    make: |options, _| Ok(Box::new(Rkd::new(options))),
};

fn options() -> Vec<Field> {
    let mut fields = options::framed(1.0, 20.0);
    fields.extend([
        Field::number("distance", [0.0, 1000.0, 1.0], 25.0, "Weight of distances", "Within β."),
        Field::number("angle", [0.0, 1000.0, 1.0], 50.0, "Weight of angles", "Within β."),
    ]);
    fields
}

struct Rkd {
    frame: Frame,
    distance: f64,
    angle: f64,
}

impl Rkd {
    fn new(options: &Values) -> Self {
        Self { frame: Frame::new(options), distance: options.number("distance"), angle: options.number("angle") }
    }
}

/// Differences x_j − x_i, `[B, B, D]`.
fn differences(x: Tensor<2>) -> Tensor<3> {
    let [images, size] = x.dims();
    x.clone().reshape([1, images, size]) - x.reshape([images, 1, size])
}

/// Pairwise distances over their mean, `[B, B]`, zero on the diagonal.
fn distances(x: Tensor<2>) -> Tensor<2> {
    let [images, _] = x.dims();
    let others = identity(images, &x.device()) * -1.0 + 1.0;
    let d = differences(x);
    let squares = (d.clone() * d).sum_dim(2).reshape([images, images]);
    let distances = squares.clamp_min(TINY).sqrt() * others;
    // Images in the same place do not count for the mean.
    let apart = distances.clone().detach().greater_elem(1.1e-6).float();
    let sum = (distances.clone() * apart.clone()).sum();
    let count = apart.sum();
    // With all images in one place there is no mean: divide by 1.
    let none = count.clone().equal_elem(0.0).float();
    distances / (sum / count.clamp_min(1.0) + none).reshape([1, 1])
}

/// Cosines of the angles at every image between every two others, `[B, B, B]`.
fn angles(x: Tensor<2>) -> Tensor<3> {
    let d = differences(x);
    let length = ((d.clone() * d.clone()).sum_dim(2) + TINY).sqrt();
    let unit = d / length;
    unit.clone().matmul(unit.swap_dims(1, 2))
}

impl Objective for Rkd {
    fn terms(&mut self, batch: &Batch<'_>, _parts: Option<&Params>) -> Result<Vec<Term>> {
        let mut terms = framed(&self.frame, batch)?;
        let (student, teacher) = (batch.student.pooled.clone(), batch.teacher()?.pooled.clone());
        let distance = smooth_l1(distances(student.clone()) - distances(teacher.clone())).mean();
        let angle = smooth_l1(angles(student) - angles(teacher)).mean();
        terms.push(Term::of_teacher("distance", self.frame.beta * self.distance, distance));
        terms.push(Term::of_teacher("angle", self.frame.beta * self.angle, angle));
        Ok(terms)
    }

    fn adjust(&mut self, options: &Values) {
        *self = Self::new(options);
    }

    fn formula(&self) -> String {
        self.frame.formula(&format!("({}·distances + {}·angles)", short(self.distance), short(self.angle)))
    }
}
