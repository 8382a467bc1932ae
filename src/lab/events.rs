//! What a session tells while it runs. Shells only render these.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::evaluate::Score;
use crate::objectives::Role;
use crate::statistics::{Comparison, Rate};

/// Something that happened during [`super::Session::step`].
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "camelCase")]
pub enum Event {
    /// Means over the last few training batches.
    #[serde(rename_all = "camelCase")]
    Progress {
        /// Steps done.
        step: usize,
        /// Epochs done, with fraction.
        epoch: f64,
        /// Over how many steps the means are taken.
        steps: usize,
        /// η of the last step.
        learning_rate: f64,
        /// The distilled student; absent when only the control is trained here.
        #[serde(skip_serializing_if = "Option::is_none")]
        student: Option<Losses>,
        /// The same student without a teacher; absent when only the student is trained here.
        #[serde(skip_serializing_if = "Option::is_none")]
        control: Option<Losses>,
    },
    /// All three networks on the test images.
    Evaluation(Box<Evaluation>),
    /// The student of a chain became the teacher of the next network.
    Graduation {
        /// Steps done.
        step: usize,
        /// Architecture of the new teacher.
        teacher: &'static str,
        /// Architecture of the new student.
        student: &'static str,
    },
    /// The planned epochs are over; further steps go on at the final learning rate.
    Finished {
        /// Steps done.
        step: usize,
    },
}

/// Loss terms of a learner, batch means.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Losses {
    /// Σ weighted terms.
    pub total: f64,
    /// By name.
    pub terms: BTreeMap<&'static str, TermValue>,
    /// Share of the training batch (as augmented) that was right.
    pub accuracy: f64,
}

/// One loss term.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct TermValue {
    /// Whose knowledge it brings.
    pub role: Role,
    /// As the paper defines it.
    pub raw: f64,
    /// With its factor in the total.
    pub weighted: f64,
}

/// Teacher, student and control on the same test images.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Evaluation {
    /// Steps done.
    pub step: usize,
    /// Epochs done, with fraction.
    pub epoch: f64,
    /// Test images.
    pub n: usize,
    /// The teacher.
    pub teacher: Score,
    /// The distilled student.
    pub student: Score,
    /// The same student without a teacher.
    pub control: Score,
    /// Top-1 agreement with the teacher.
    pub agreement: Agreement,
    /// Student against control on the same images.
    pub comparison: Paired,
}

/// Student − control, paired by image.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Paired {
    /// Right or wrong.
    pub accuracy: Comparison,
    /// Whether the teacher's class is predicted.
    pub agreement: Comparison,
}

/// Share of test images on which a learner predicts the teacher's class, right or wrong.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Agreement {
    /// Student and teacher.
    pub student: Rate,
    /// Control and teacher.
    pub control: Rate,
}
