//! Correlation congruence (Peng et al. 2019), in RepDistiller's form.
//!
//! Both pooled vectors are embedded in 128 dimensions by trained maps; δ = |e_s − e_t|; X = mean ⟨δ_i, δ_{i+1}⟩ over neighbouring
//! images of the batch. β = 0.02.

use super::framed;
use crate::error::Result;
use crate::fields::{Field, Values};
use crate::nets::{Params, Spec};
use crate::objectives::modules::{Embeddings, Plan, own};
use crate::objectives::options::{self, Frame};
use crate::objectives::{Batch, Family, Method, Objective, Provenance, Reads, Surroundings, Term};

pub const METHOD: Method = Method {
    name: "cc",
    label: "Correlation congruence (CC)",
    family: Family::Features,
    formula: "L = γ·CE(y, s) + α·T²·KL + β·mean ⟨δ_i, δ_{i+1}⟩, δ = |e_s − e_t|",
    source: "Peng et al. 2019 (1904.01802), in RepDistiller's form with β = 0.02",
    provenance: Provenance::Read,
    explanation: "Both networks' vectors are brought into a common space, and the differences between them should not be alike from \
        image to image: what is left of the error should have no pattern.",
    reads: Reads::Pooled,
    state: &[],
    options,
    make: |options, around| Ok(Box::new(Cc::new(options, around))),
};

fn options() -> Vec<Field> {
    let mut fields = options::framed(0.02, 10.0);
    fields.push(Field::integer("dimensions", [2, 512], 128, "Embedding size", "Dimensions of the common space."));
    fields
}

struct Cc {
    frame: Frame,
    plan: Plan,
    embeddings: Embeddings,
}

impl Cc {
    fn new(options: &Values, around: &Surroundings<'_>) -> Self {
        let mut plan = Plan::default();
        let (s, t) = (around.student.pooled, around.teacher.pooled);
        let embeddings = Embeddings::new(&mut plan, s, t, options.integer("dimensions"));
        Self { frame: Frame::new(options), plan, embeddings }
    }
}

impl Objective for Cc {
    fn terms(&mut self, batch: &Batch<'_>, parts: Option<&Params>) -> Result<Vec<Term>> {
        let mut terms = framed(&self.frame, batch)?;
        let (student, teacher) = (batch.student.pooled.clone(), batch.teacher()?.pooled.clone());
        let (s, t) = self.embeddings.forward(own(parts)?, student, teacher);
        let difference = (s - t).abs();
        let pairs = batch.size().max(2) - 1;
        let neighbours = difference.clone().narrow(0, 0, pairs) * difference.narrow(0, batch.size() - pairs, pairs);
        terms.push(Term::of_teacher("correlation", self.frame.beta, neighbours.sum() / pairs as f64));
        Ok(terms)
    }

    fn parts(&self) -> Vec<Spec> {
        self.plan.specs()
    }

    fn adjust(&mut self, options: &Values) {
        self.frame = Frame::new(options);
    }

    fn formula(&self) -> String {
        self.frame.formula("mean ⟨δ_i, δ_{i+1}⟩")
    }
}
