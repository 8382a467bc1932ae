//! Labels alone: what the control learns from, and a method of its own so that a student can be run without a teacher.

use super::{Batch, Knobs, Method, Objective, Term, cross_entropy};
use crate::error::Result;
use crate::nets::Params;

pub(super) const METHOD: Method = Method {
    name: "labels",
    label: "Labels only (no teacher)",
    formula: "L = CE(y, s)",
    source: "the independent student “Ind” of 2205.16004 §3",
    explanation: "Plain supervised training: cross-entropy with the labels. Student and control then do the same thing with the \
        same weights and batches, so every comparison must come out even. Use it to check the instrument.",
    make: |_| Box::new(Labels),
};

/// Cross-entropy with the labels.
#[derive(Debug, Clone, Copy)]
pub struct Labels;

impl Objective for Labels {
    fn terms(&mut self, batch: &Batch<'_>, _parts: Option<&Params>) -> Result<Vec<Term>> {
        Ok(vec![Term {
            name: "crossEntropy",
            weight: 1.0,
            value: cross_entropy(batch.labels.clone(), batch.student.logits.clone()),
        }])
    }

    fn adjust(&mut self, _knobs: Knobs) {}

    fn formula(&self) -> String {
        "L = CE(y, s)".into()
    }
}
