//! Relational KD (Park et al. 2019): distances and angles between the images of a batch.
//!
//! X = 25·(distances) + 50·(angles), both under Huber's loss: pairwise distances of pooled vectors over their mean, and cosines of
//! the angles of all triples. Read in RepDistiller.
//!
//! There are B³ angles, and differences of all pairs take B²·D numbers: with 512 images half a gigabyte each, several of which a
//! gradient graph would keep. So both are computed for a few images (anchors) against all others at a time, each time with the
//! gradient of that part; the graph of the batch is given the sum of these gradients. At most [`AT_ONCE`] numbers are in a tensor.

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

/// Numbers in the largest tensor, 16 MiB.
const AT_ONCE: usize = 1 << 22;

/// The anchors in parts, (first, how many), for vectors of up to `size` numbers.
fn parts(images: usize, size: usize) -> impl Iterator<Item = (usize, usize)> {
    let count = (AT_ONCE / (images * images.max(size)).max(1)).clamp(1, images.max(1));
    (0..images).step_by(count).map(move |first| (first, count.min(images - first)))
}

/// Differences x_j − x_i for the anchors i of a part, `[part, B, D]`.
fn differences(x: Tensor<2>, (first, count): (usize, usize)) -> Tensor<3> {
    let [images, size] = x.dims();
    x.clone().reshape([1, images, size]) - x.narrow(0, first, count).reshape([count, 1, size])
}

/// Distances from the anchors of a part, `[part, B]`.
fn lengths(x: Tensor<2>, part: (usize, usize)) -> Tensor<2> {
    let [images, _] = x.dims();
    let d = differences(x, part);
    (d.clone() * d).sum_dim(2).reshape([part.1, images]).clamp_min(TINY).sqrt()
}

/// Pairwise distances over their mean, zero on the diagonal. `lengths`: all distances, `[B, B]`.
fn relative(lengths: Tensor<2>) -> Tensor<2> {
    let [images, _] = lengths.dims();
    let distances = lengths.clone() * (identity(images, &lengths.device()) * -1.0 + 1.0);
    // Images in the same place do not count for the mean.
    let apart = distances.clone().detach().greater_elem(1.1e-6).float();
    let sum = (distances.clone() * apart.clone()).sum();
    let count = apart.sum();
    // With all images in one place there is no mean: divide by 1.
    let none = count.clone().equal_elem(0.0).float();
    distances / (sum / count.clamp_min(1.0) + none).reshape([1, 1])
}

/// Cosines of the angles at the anchors of a part between every two images, `[part, B, B]`.
fn angles(x: Tensor<2>, part: (usize, usize)) -> Tensor<3> {
    let d = differences(x, part);
    let length = ((d.clone() * d.clone()).sum_dim(2) + TINY).sqrt();
    let unit = d / length;
    unit.clone().matmul(unit.swap_dims(1, 2))
}

/// Value, `[1]`, and gradient of Σ `loss(x, part)` over `parts`, of which one at a time is in memory.
fn summed(
    x: &Tensor<2>,
    parts: impl Iterator<Item = (usize, usize)>,
    loss: impl Fn(Tensor<2>, (usize, usize)) -> Tensor<1>,
) -> (Tensor<1>, Tensor<2>) {
    let mut sum = (Tensor::zeros([1], &x.device()), x.zeros_like());
    for part in parts {
        let leaf = x.clone().autodiff().require_grad();
        let loss = loss(leaf.clone(), part);
        let gradient = leaf.grad(&loss.backward()).unwrap_or_else(|| leaf.clone().inner().zeros_like());
        sum = (sum.0 + loss.inner(), sum.1 + gradient);
    }
    sum
}

/// `value` as a function of `x` with this gradient.
fn with_gradient(x: &Tensor<2>, (value, gradient): (Tensor<1>, Tensor<2>)) -> Tensor<1> {
    let slope = (x.clone() * gradient).sum();
    value + (slope.clone() - slope.detach())
}

/// The mean of Huber's losses of all pairs' relative distances.
fn of_distances(student: &Tensor<2>, teacher: &Tensor<2>) -> Tensor<1> {
    let plain = student.clone().inner();
    let [images, size] = plain.dims();
    let all = |x: &Tensor<2>| {
        let [images, size] = x.dims();
        Tensor::cat(parts(images, size).map(|part| lengths(x.clone(), part)).collect(), 0)
    };
    let leaf = all(&plain).autodiff().require_grad();
    let value = smooth_l1(relative(leaf.clone()) - relative(all(teacher))).mean();
    let of_lengths = leaf.grad(&value.backward()).unwrap_or_else(|| Tensor::zeros([images, images], &plain.device()));
    let along = |x: Tensor<2>, part: (usize, usize)| {
        let slopes = of_lengths.clone().narrow(0, part.0, part.1);
        (lengths(x, part) * slopes).sum()
    };
    with_gradient(student, (value.inner(), summed(&plain, parts(images, size), along).1))
}

/// The mean of Huber's losses of all triples' angles.
fn of_angles(student: &Tensor<2>, teacher: &Tensor<2>) -> Tensor<1> {
    let [images, size] = student.dims();
    let parts = parts(images, size.max(teacher.dims()[1]));
    let triples = (images as f64).powi(3);
    let loss = |x: Tensor<2>, part| smooth_l1(angles(x, part) - angles(teacher.clone(), part)).sum() / triples;
    with_gradient(student, summed(&student.clone().inner(), parts, loss))
}

impl Objective for Rkd {
    fn terms(&mut self, batch: &Batch<'_>, _parts: Option<&Params>) -> Result<Vec<Term>> {
        let mut terms = framed(&self.frame, batch)?;
        let (student, teacher) = (&batch.student.pooled, &batch.teacher()?.pooled);
        terms.push(Term::of_teacher("distance", self.frame.beta * self.distance, of_distances(student, teacher)));
        terms.push(Term::of_teacher("angle", self.frame.beta * self.angle, of_angles(student, teacher)));
        Ok(terms)
    }

    fn adjust(&mut self, options: &Values) {
        *self = Self::new(options);
    }

    fn formula(&self) -> String {
        self.frame.formula(&format!("({}·distances + {}·angles)", short(self.distance), short(self.angle)))
    }
}

#[cfg(all(test, feature = "cpu", not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use burn::tensor::{Device, TensorData};

    #[test]
    fn parts_cover_the_anchors_and_stay_small() {
        for (images, size) in [(2, 64), (64, 64), (64, 512), (512, 64), (512, 512), (2048, 64), (3000, 3000)] {
            let mut next = 0;
            for (first, count) in parts(images, size) {
                assert_eq!(first, next, "{images} images");
                assert!(count >= 1 && (count * images * images.max(size) <= AT_ONCE || count == 1));
                next += count;
            }
            assert_eq!(next, images);
        }
        assert_eq!(parts(64, 64).count(), 1, "a usual batch is one part");
        assert!(parts(512, 64).count() > 1);
    }

    /// In parts or at once: the same value and the same gradient.
    #[test]
    fn parts_add_up_to_the_whole() {
        let (images, size) = (24, 5);
        let vectors = |salt: usize| {
            let values: Vec<f32> =
                (0..images * size).map(|i| ((i * i + salt) * 37 % 101) as f32 / 50.0 - 1.0).collect();
            Tensor::<2>::from_data(TensorData::new(values, [images, size]), &Device::flex())
        };
        let (student, teacher) = (vectors(3), vectors(8));
        let loss = |x: Tensor<2>, part| smooth_l1(angles(x, part) - angles(teacher.clone(), part)).sum();
        let read = |x: Tensor<2>| pollster::block_on(crate::readback::read(x)).expect("numbers");
        let found = [24, 7, 1].map(|step: usize| {
            let parts = (0..images).step_by(step).map(|first| (first, step.min(images - first)));
            let (value, gradient) = summed(&student, parts, loss);
            (read(value.reshape([1, 1]))[0], read(gradient))
        });
        for (value, gradient) in &found {
            assert!((value - found[0].0).abs() < 1e-4 * found[0].0, "{value} and {}", found[0].0);
            assert!(gradient.iter().zip(&found[0].1).all(|(a, b)| (a - b).abs() < 1e-3), "{gradient:?}");
        }
        assert!(found[0].1.iter().any(|g| g.abs() > 0.1));
        // As part of a graph: the value itself, and that gradient.
        let leaf = student.clone().autodiff().require_grad();
        let value = with_gradient(&leaf, summed(&student, parts(images, size), loss)) * 2.0;
        let gradient = read(leaf.grad(&value.backward()).expect("a gradient"));
        assert!(gradient.iter().zip(&found[0].1).all(|(a, b)| (a - 2.0 * b).abs() < 1e-3));
    }
}
