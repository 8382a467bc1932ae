//! In-batch contrast: what CRD becomes without memory. Not the paper's CRD, hence its own name.
//!
//! S = e_s·e_tᵀ/τ over the batch; the cross-entropy of finding one's own image, by rows and by columns, each image against the
//! images of other classes. Our own reduction (InfoNCE, van den Oord et al. 2018).

use super::crd::{dimensions, nce_temperature};
use super::framed;
use crate::error::Result;
use crate::fields::{Field, Values};
use crate::nets::{Params, Spec};
use crate::objectives::math::{identity, log_softmax, normalise_rows, same_class};
use crate::objectives::modules::{Embeddings, Plan, own};
use crate::objectives::options::{self, Frame, short};
use crate::objectives::{Batch, Family, Method, Objective, Provenance, Reads, Surroundings, Term};

pub const METHOD: Method = Method {
    name: "crd-batch",
    label: "Contrast within the batch (no memory)",
    family: Family::Features,
    formula: "L = γ·CE(y, s) + α·T²·KL + β·½(CE of rows + CE of columns of e_s·e_tᵀ/τ)",
    source: "a reduction of 1910.10699 to the batch (InfoNCE, 1807.03748); not the paper's CRD",
    provenance: Provenance::Derived,
    explanation: "Contrast as in CRD, but only among the images of the batch: each image's student vector should find its own \
        teacher vector, and back. Needs no memory of the training set; wants large batches.",
    reads: Reads::Pooled,
    state: &[],
    options,
    make: |options, around| Ok(Box::new(CrdBatch::new(options, around))),
};

/// Added to scores that must not be chosen.
const OUT: f64 = -1e9;

fn options() -> Vec<Field> {
    let mut fields = options::framed(0.8, 10.0);
    fields.extend([nce_temperature(), dimensions()]);
    fields
}

struct CrdBatch {
    frame: Frame,
    temperature: f64,
    plan: Plan,
    embeddings: Embeddings,
}

impl CrdBatch {
    fn new(options: &Values, around: &Surroundings<'_>) -> Self {
        let mut plan = Plan::default();
        let (s, t) = (around.student.pooled, around.teacher.pooled);
        let embeddings = Embeddings::new(&mut plan, s, t, options.integer("dimensions"));
        Self { frame: Frame::new(options), temperature: options.number("nceTemperature"), plan, embeddings }
    }
}

impl Objective for CrdBatch {
    fn terms(&mut self, batch: &Batch<'_>, parts: Option<&Params>) -> Result<Vec<Term>> {
        let mut terms = framed(&self.frame, batch)?;
        let (s, t) = (batch.student.pooled.clone(), batch.teacher()?.pooled.clone());
        let (s, t) = self.embeddings.forward(own(parts)?, s, t);
        let scores = normalise_rows(s).matmul(normalise_rows(t).transpose()) / self.temperature;
        let images = batch.size();
        let own = identity(images, &batch.device());
        let out = (same_class(batch.classes, batch.classes, &batch.device()) - own.clone()) * OUT;
        let scores = scores + out;
        let found = |scores| (log_softmax(scores) * own.clone()).sum() * (-0.5 / images as f64);
        terms.push(Term::of_teacher("contrast", self.frame.beta, found(scores.clone()) + found(scores.transpose())));
        Ok(terms)
    }

    fn parts(&self) -> Vec<Spec> {
        self.plan.specs()
    }

    fn adjust(&mut self, options: &Values) {
        self.frame = Frame::new(options);
        self.temperature = options.number("nceTemperature");
    }

    fn formula(&self) -> String {
        self.frame.formula(&format!("½(CE rows + CE columns), τ = {}", short(self.temperature)))
    }
}
