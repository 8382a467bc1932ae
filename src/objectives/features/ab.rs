//! AB, activation boundaries (Heo et al. 2019): on which side of zero each of the teacher's neurons is.
//!
//! First phase: only Σ over stages of 2^{l−L} · Σ [(s+1)²·1(s>−1, t≤0) + (s−1)²·1(s≤1, t>0)] · 3/(1000·B), s the student's map before
//! its activation through a 1×1 connector, t the teacher's; then only the labels. Read in RepDistiller (30 epochs before 240; here
//! both share the planned steps, so that the control trains as long, and the connector is 1×1 also where shapes are equal).

use burn::tensor::Tensor;

use super::{need_stages, preacts, sum_of};
use crate::error::Result;
use crate::fields::{Field, Values};
use crate::nets::{Params, Spec};
use crate::objectives::math::same_side;
use crate::objectives::modules::{Conv, Norm, Plan, Window, own};
use crate::objectives::options::{self, short};
use crate::objectives::{Batch, Family, Method, Objective, Provenance, Reads, Surroundings, Term, cross_entropy};

pub const METHOD: Method = Method {
    name: "ab",
    label: "Activation boundaries (AB)",
    family: Family::Features,
    formula: "first β·Σ hinge(s, sign t)², then L = CE(y, s)",
    source: "Heo et al. 2019 (1811.03233); two phases of 30 and 240 epochs, margin 1 from RepDistiller",
    provenance: Provenance::Read,
    explanation: "A neuron is on or off; where it switches is a boundary in the space of images. The student first learns to switch \
        where the teacher's neurons do, without regard to how strongly, and only then the labels.",
    reads: Reads::Maps,
    state: &[],
    options,
    make: |options, around| Ok(Box::new(Ab::new(options, around)?)),
};

fn options() -> Vec<Field> {
    vec![options::beta(1.0, 100.0), options::gamma(1.0), options::first_phase()]
}

/// A 1×1 convolution and a normalisation for each stage, from the student's channels to the teacher's.
pub(super) struct Connectors {
    pub(super) plan: Plan,
    layers: Vec<(Conv, Norm)>,
}

impl Connectors {
    pub(super) fn new(around: &Surroundings<'_>) -> Self {
        let mut plan = Plan::default();
        let pairs = around.student.stages().iter().zip(around.teacher.stages()).enumerate();
        let layers = pairs
            .map(|(i, (&[cs, ..], &[ct, ..]))| {
                let name = format!("connector{}", i + 1);
                let conv = plan.conv(&format!("{name}.conv"), [cs, ct], Window::POINT, false);
                (conv, plan.norm(&format!("{name}.bn"), ct))
            })
            .collect();
        Self { plan, layers }
    }

    /// Connected student maps before their activation, beside the teacher's, stage by stage.
    pub(super) fn pairs(&self, batch: &Batch<'_>, parts: &Params) -> Result<Vec<(Tensor<4>, Tensor<4>)>> {
        let (student, teacher) = (preacts(batch.student, "student")?, preacts(batch.teacher()?, "teacher")?);
        let maps = student.iter().zip(teacher).zip(&self.layers);
        Ok(maps
            .map(|((s, t), (conv, norm))| {
                let (s, t) = same_side(s.clone(), t.clone());
                (norm.forward(parts, conv.forward(parts, s)), t)
            })
            .collect())
    }
}

struct Ab {
    beta: f64,
    gamma: f64,
    first: f64,
    connectors: Connectors,
}

impl Ab {
    fn new(options: &Values, around: &Surroundings<'_>) -> Result<Self> {
        need_stages("ab", around)?;
        Ok(Self {
            beta: options.number("beta"),
            gamma: options.number("gamma"),
            first: options.number("initShare"),
            connectors: Connectors::new(around),
        })
    }
}

impl Objective for Ab {
    fn terms(&mut self, batch: &Batch<'_>, parts: Option<&Params>) -> Result<Vec<Term>> {
        if batch.progress > self.first {
            let labels = cross_entropy(batch.labels.clone(), batch.student.logits.clone());
            return Ok(vec![Term::of_labels("crossEntropy", self.gamma, labels)]);
        }
        let pairs = self.connectors.pairs(batch, own(parts)?)?;
        let last = pairs.len() as i32 - 1;
        let value = sum_of(pairs.into_iter().enumerate().map(|(i, (s, t))| {
            let on = t.greater_elem(0.0).float();
            let off = on.clone() * -1.0 + 1.0;
            // (s+1)² above −1 and (s−1)² below 1.
            let too_high = (s.clone() + 1.0).clamp_min(0.0);
            let too_low = (s - 1.0).clamp_max(0.0);
            (too_high.clone() * too_high * off + too_low.clone() * too_low * on).sum() * 2f64.powi(i as i32 - last)
        }))?;
        Ok(vec![Term::of_teacher("boundary", self.beta, value * (3.0 / (1000.0 * batch.size() as f64)))])
    }

    fn parts(&self) -> Vec<Spec> {
        self.connectors.plan.specs()
    }

    fn adjust(&mut self, options: &Values) {
        self.beta = options.number("beta");
        self.gamma = options.number("gamma");
    }

    fn formula(&self) -> String {
        format!(
            "L = {}·Σ hinge(s, sign t)² for the first {} % of the run, then CE(y, s)",
            short(self.beta),
            short(100.0 * self.first)
        )
    }
}
