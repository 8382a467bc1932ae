//! What a session tells while it runs. Shells only render these.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::evaluate::Score;
use crate::named::Named;
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
        /// Of the learners that are trained here, under their ids.
        #[serde(flatten)]
        learners: Named<Losses>,
    },
    /// All networks on the test images.
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

/// All networks on the same test images.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Evaluation {
    /// Steps done.
    pub step: usize,
    /// Epochs done, with fraction.
    pub epoch: f64,
    /// Test images.
    pub n: usize,
    /// Accuracy and mean negative log-likelihood of every network under its id, the teacher's first.
    #[serde(flatten)]
    pub scores: Named<Score>,
    /// Share of test images on which a learner predicts the teacher's class, right or wrong.
    pub agreement: Named<Rate>,
    /// Each taught learner against the baseline on the same images; empty without a baseline.
    pub comparisons: Named<Paired>,
}

/// Taught learner − baseline, paired by image.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Paired {
    /// Right or wrong.
    pub accuracy: Comparison,
    /// Whether the teacher's class is predicted.
    pub agreement: Comparison,
}
