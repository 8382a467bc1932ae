//! ReviewKD (Chen et al. 2021): deep student layers help to copy shallow teacher layers.
//!
//! From deep to shallow, the student's maps are fused (1×1 convolution, a learned attention between this level and the one before,
//! 3×3 convolution) and compared with the teacher's maps before their activation at full size and pooled to 4, 2 and 1 (HCL). The
//! weight rises over the first 20 of 240 epochs. Read in mdistiller, whose default is β = 1 (5 for ResNet-32×4 → 8×4).

use burn::tensor::activation::sigmoid;
use burn::tensor::{Tensor, module};

use super::{framed, preacts, sum_of};
use crate::error::Result;
use crate::fields::{Field, Values};
use crate::nets::{Layout, Params, Spec, Taps};
use crate::objectives::math::{enlarge_to, mean_squares, pool_to};
use crate::objectives::modules::{Conv, Norm, Plan, Window, own};
use crate::objectives::options::{self, Frame};
use crate::objectives::registry::misfit;
use crate::objectives::{Batch, Family, Method, Objective, Provenance, Reads, Surroundings, Term};

pub const METHOD: Method = Method {
    name: "reviewkd",
    label: "Knowledge review (ReviewKD)",
    family: Family::Features,
    formula: "L = γ·CE(y, s) + α·T²·KL + w·β·Σ HCL(ABF(f_s), f_t)",
    source: "Chen et al. 2021 (2104.09044); β = 1 and warm-up of 20 of 240 epochs from mdistiller",
    provenance: Provenance::Read,
    explanation: "A deep layer of the student knows what a shallow layer of the teacher is good for. Going from deep to shallow, the \
        student's maps are merged by small trained blocks and compared with the teacher's at several sizes.",
    reads: Reads::Maps,
    state: &[],
    options,
    make: |options, around| Ok(Box::new(Review::new(options, around)?)),
};

/// Most channels of the fused maps.
const WIDEST: usize = 512;

fn options() -> Vec<Field> {
    let mut fields = options::framed(1.0, 50.0);
    fields.push(options::warm_up());
    fields
}

/// Fuses a level with the deeper ones.
struct Block {
    conv1: Conv,
    norm1: Norm,
    attention: Option<Conv>,
    conv2: Conv,
    norm2: Norm,
}

struct Review {
    frame: Frame,
    warm_up: f64,
    plan: Plan,
    blocks: Vec<Block>,
}

/// Channels from deep to shallow: the pooled vector, then the stages backwards.
fn channels(layout: &Layout) -> Vec<usize> {
    std::iter::once(layout.pooled).chain(layout.stages().iter().rev().map(|[c, ..]| *c)).collect()
}

/// Maps from deep to shallow, the pooled vector as a map of one place.
fn levels(taps: &Taps, stages: impl DoubleEndedIterator<Item = Tensor<4>>) -> Vec<Tensor<4>> {
    let [batch, size] = taps.pooled.dims();
    let pooled = taps.pooled.clone().reshape([batch, size, 1, 1]);
    std::iter::once(pooled).chain(stages.rev()).collect()
}

impl Review {
    fn new(options: &Values, around: &Surroundings<'_>) -> Result<Self> {
        let (s, t) = (around.student.stages().len(), around.teacher.stages().len());
        if s != t {
            return Err(misfit(
                "reviewkd",
                format!("the student has the stage maps f1 to f{s} and the teacher f1 to f{t}"),
            ));
        }
        let (from, to) = (channels(around.student), channels(around.teacher));
        let middle = from.iter().copied().max().unwrap_or(1).min(WIDEST);
        let mut plan = Plan::default();
        let blocks = from
            .into_iter()
            .zip(to)
            .enumerate()
            .map(|(i, (from, to))| {
                let name = format!("abf{i}");
                Block {
                    conv1: plan.conv(&format!("{name}.conv1"), [from, middle], Window::POINT, false),
                    norm1: plan.norm(&format!("{name}.bn1"), middle),
                    attention: (i > 0).then(|| plan.conv(&format!("{name}.att"), [2 * middle, 2], Window::POINT, true)),
                    conv2: plan.conv(&format!("{name}.conv2"), [middle, to], Window::THREE, false),
                    norm2: plan.norm(&format!("{name}.bn2"), to),
                }
            })
            .collect();
        Ok(Self { frame: Frame::new(options), warm_up: options.number("warmUp"), plan, blocks })
    }
}

impl Block {
    /// The fused map at the teacher's `side`, and what is compared with the teacher's map.
    fn forward(
        &self,
        parts: &Params,
        map: Tensor<4>,
        deeper: Option<Tensor<4>>,
        side: usize,
    ) -> (Tensor<4>, Tensor<4>) {
        let mut x = self.norm1.forward(parts, self.conv1.forward(parts, map));
        if let (Some(attention), Some(deeper)) = (&self.attention, deeper) {
            let y = resize(deeper, x.dims()[2]);
            let shares = sigmoid(attention.forward(parts, Tensor::cat(vec![x.clone(), y.clone()], 1)));
            x = x * shares.clone().narrow(1, 0, 1) + y * shares.narrow(1, 1, 1);
        }
        let x = resize(x, side);
        let out = self.norm2.forward(parts, self.conv2.forward(parts, x.clone()));
        (x, out)
    }
}

/// Squared differences at full size and pooled to those of 4, 2 and 1 that are smaller, weighted 1, ½, ¼, …
fn hierarchical(student: Tensor<4>, teacher: Tensor<4>) -> Tensor<1> {
    let side = teacher.dims()[2];
    let mut value = mean_squares(student.clone() - teacher.clone());
    let (mut weight, mut weights) = (1.0, 1.0);
    for size in [4, 2, 1] {
        if size >= side {
            continue;
        }
        weight /= 2.0;
        let pooled = |map: &Tensor<4>| module::adaptive_avg_pool2d(map.clone(), [size, size]);
        value = value + mean_squares(pooled(&student) - pooled(&teacher)) * weight;
        weights += weight;
    }
    value / weights
}

/// Nearest-neighbour enlargement, or mean pooling where the map is larger.
fn resize(map: Tensor<4>, side: usize) -> Tensor<4> {
    if map.dims()[2] > side { pool_to(map, side) } else { enlarge_to(map, side) }
}

impl Objective for Review {
    fn terms(&mut self, batch: &Batch<'_>, parts: Option<&Params>) -> Result<Vec<Term>> {
        let parts = own(parts)?;
        let mut terms = framed(&self.frame, batch)?;
        let teacher = batch.teacher()?;
        let teacher = levels(teacher, preacts(teacher, "teacher")?.iter().cloned());
        let student = levels(batch.student, batch.student.maps.iter().skip(1).cloned());
        let mut deeper = None;
        let mut values = Vec::new();
        for ((block, map), target) in self.blocks.iter().zip(student).zip(teacher) {
            let (fused, out) = block.forward(parts, map, deeper.take(), target.dims()[2]);
            values.push(hierarchical(out, target));
            deeper = Some(fused);
        }
        let ramp = if self.warm_up > 0.0 { (batch.progress / self.warm_up).min(1.0) } else { 1.0 };
        terms.push(Term::of_teacher("review", self.frame.beta * ramp, sum_of(values)?));
        Ok(terms)
    }

    fn parts(&self) -> Vec<Spec> {
        self.plan.specs()
    }

    fn adjust(&mut self, options: &Values) {
        self.frame = Frame::new(options);
        self.warm_up = options.number("warmUp");
    }

    fn formula(&self) -> String {
        self.frame.formula("w·Σ HCL(ABF(f_s), f_t)")
    }
}
