//! What an objective sees, and what it gives back.

use burn::tensor::{Device, Tensor};
use serde::Serialize;

use crate::error::{Error, Result};
use crate::nets::Taps;

/// One training batch as an objective sees it. B images, K classes.
#[derive(Debug, Clone, Copy)]
pub struct Batch<'a> {
    /// The student's taps, part of the gradient graph.
    pub student: &'a Taps,
    /// The teacher's taps for the same augmented pixels, constants. Absent for methods that do without a teacher.
    pub teacher: Option<&'a Taps>,
    /// Student and teacher on a second, strongly augmented view, for methods that ask for one.
    pub strong: Option<(&'a Taps, &'a Taps)>,
    /// One-hot labels, `[B, K]`.
    pub labels: &'a Tensor<2>,
    /// Class numbers, for rules about equal and different classes.
    pub classes: &'a [usize],
    /// Which training images these are, for memory banks.
    pub indices: &'a [usize],
    /// Classes of the training images that are at hand, in order.
    pub known: &'a [u8],
    /// Weights of the teacher's last layer, `[K, D]`.
    pub classifier: Option<&'a Tensor<2>>,
    /// γ and β of the teacher's normalisation before each stage's activation.
    pub norms: &'a [(Tensor<1>, Tensor<1>)],
    /// Training step, from 0.
    pub step: usize,
    /// Share of the planned steps that will be done after this one, in (0, 1].
    pub progress: f64,
}

impl<'a> Batch<'a> {
    /// A batch with only what every method needs.
    pub fn new(student: &'a Taps, teacher: &'a Taps, labels: &'a Tensor<2>, classes: &'a [usize]) -> Self {
        Self {
            student,
            teacher: Some(teacher),
            strong: None,
            labels,
            classes,
            indices: &[],
            known: &[],
            classifier: None,
            norms: &[],
            step: 0,
            progress: 1.0,
        }
    }

    /// The teacher's taps.
    ///
    /// # Errors
    /// [`Error::Internal`] when the method said that it needs no teacher.
    pub fn teacher(&self) -> Result<&'a Taps> {
        self.teacher.ok_or_else(|| Error::Internal("a method asked for a teacher it had not announced.".into()))
    }

    /// Student and teacher on the second view.
    ///
    /// # Errors
    /// `tensors-invalid` when they are not there.
    pub fn strong(&self) -> Result<(&'a Taps, &'a Taps)> {
        self.strong.ok_or_else(|| missing("student.strong.logits"))
    }

    /// Weights of the teacher's last layer.
    ///
    /// # Errors
    /// `tensors-invalid` when they are not there.
    pub fn classifier(&self) -> Result<&'a Tensor<2>> {
        self.classifier.ok_or_else(|| missing("state.classifier"))
    }

    /// γ and β of the teacher's normalisation before each stage's activation, at least `stages` pairs.
    ///
    /// # Errors
    /// `tensors-invalid` when there are fewer.
    pub fn norms(&self, stages: usize) -> Result<&'a [(Tensor<1>, Tensor<1>)]> {
        match self.norms.len() {
            n if n < stages => Err(missing(&format!("state.bn{}.weight", n + 1))),
            _ => Ok(self.norms),
        }
    }

    /// Number of images, B.
    pub fn size(&self) -> usize {
        self.labels.dims()[0]
    }

    /// Where the tensors are.
    pub fn device(&self) -> Device {
        self.labels.device()
    }
}

/// Whose knowledge a term brings to the student.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Role {
    /// The labels': which way each image pulls the student does not depend on the teacher. How much it weighs may (CWTM).
    Labels,
    /// The teacher's.
    Teacher,
}

/// What a run always has and named tensors may lack ([`super::on_tensors`]).
pub(super) fn missing(name: &str) -> Error {
    Error::TensorsInvalid(format!("The tensor `{name}` is missing."))
}

/// One named part of a loss.
#[derive(Debug, Clone)]
pub struct Term {
    /// camelCase name, stable: `crossEntropy`, `kl`, …
    pub name: &'static str,
    /// Whose knowledge it brings.
    pub role: Role,
    /// Factor in the total.
    pub weight: f64,
    /// The unweighted value, `[1]`, part of the gradient graph.
    pub value: Tensor<1>,
}

impl Term {
    /// A term in which only the labels speak.
    pub fn of_labels(name: &'static str, weight: f64, value: Tensor<1>) -> Self {
        Self { name, role: Role::Labels, weight, value }
    }

    /// A term in which the teacher speaks.
    pub fn of_teacher(name: &'static str, weight: f64, value: Tensor<1>) -> Self {
        Self { name, role: Role::Teacher, weight, value }
    }
}

/// Σ weight · value, `[1]`.
///
/// # Errors
/// [`Error::Internal`] when there are no terms.
pub fn total(terms: &[Term]) -> Result<Tensor<1>> {
    terms
        .iter()
        .map(|t| t.value.clone() * t.weight)
        .reduce(|a, b| a + b)
        .ok_or_else(|| Error::Internal("an objective gave no loss terms.".into()))
}
