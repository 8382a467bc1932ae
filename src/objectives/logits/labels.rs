//! Labels alone: what the control learns from, and a method of its own so that a student can be run without a teacher.

use crate::error::Result;
use crate::fields::Values;
use crate::nets::Params;
use crate::objectives::{Batch, Family, Method, Objective, Provenance, Reads, Term, cross_entropy};

pub const METHOD: Method = Method {
    name: "labels",
    label: "Labels only (no teacher)",
    family: Family::Control,
    formula: "L = CE(y, s)",
    source: "the independent student “Ind” of 2205.16004 §3",
    provenance: Provenance::Read,
    explanation: "Plain supervised training: cross-entropy with the labels. Student and control then do the same thing with the \
        same weights and batches, so every comparison must come out even. Use it to check the instrument.",
    reads: Reads::Nothing,
    state: &[],
    options: Vec::new,
    make: |_, _| Ok(Box::new(Labels)),
};

/// Cross-entropy with the labels.
#[derive(Debug, Clone, Copy)]
pub struct Labels;

impl Objective for Labels {
    fn terms(&mut self, batch: &Batch<'_>, _parts: Option<&Params>) -> Result<Vec<Term>> {
        let labels = cross_entropy(batch.labels.clone(), batch.student.logits.clone());
        Ok(vec![Term::of_labels("crossEntropy", 1.0, labels)])
    }

    fn adjust(&mut self, _options: &Values) {}

    fn formula(&self) -> String {
        "L = CE(y, s)".into()
    }
}
