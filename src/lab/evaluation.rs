//! What the networks of a run answer on the test images, and whether the teacher's answers are numbers at all.

use super::cohort::TEACHER;
use super::events::{Evaluation, Paired};
use super::session::Session;
use crate::error::{Error, Result};
use crate::evaluate::{Logits, logits};
use crate::named::Named;
use crate::objectives::Reads;
use crate::readback;
use crate::statistics::{Comparison, Rate};

impl Session {
    /// Whether what the teacher said in the last step was numbers: if not, no learning rate would have helped.
    pub(super) async fn check_teacher(&mut self) -> Result<()> {
        if self.stage.reads(&self.trained) == Reads::Nothing || self.step == 0 {
            return Ok(());
        }
        let images = self.supply.images(self.step - 1, self.stage.views(&self.trained), &self.device)?;
        let teacher = &self.stage.teacher;
        for view in images.views {
            let said = readback::read(teacher.logits(view)).await?;
            Logits::of("teacher", teacher.classes(), said)?;
        }
        Ok(())
    }

    /// All networks on the test images.
    ///
    /// # Errors
    /// `data-missing` when there are no test images yet, `checkpoint-mismatch` when learners are at different steps (see
    /// [`Session::train_only`]), `not-finite` when a network's logits are no numbers, `gpu-lost`.
    pub async fn evaluate(&mut self) -> Result<Evaluation> {
        self.together()?;
        let indices: Vec<usize> = (0..self.supply.test.len()).collect();
        if indices.is_empty() {
            return Err(Error::DataMissing("There are no test images yet to evaluate on.".into()));
        }
        let teacher = match self.teacher_test.take() {
            Some(known) => known,
            None => logits(TEACHER, &self.stage.teacher, &self.supply.test, &indices, &self.device).await?,
        };
        let learners = self.settings.cohort.learners();
        let mut answers = Vec::with_capacity(learners.len());
        for (spec, member) in learners.iter().zip(&self.stage.members) {
            let network = &member.learner.network;
            answers.push(logits(&spec.id, network, &self.supply.test, &indices, &self.device).await?);
        }
        let labels = self.supply.test.labels();
        let right: Vec<usize> = labels.iter().map(|l| usize::from(*l)).collect();
        let (expected, predicted) =
            (teacher.predictions(), answers.iter().map(Logits::predictions).collect::<Vec<_>>());
        let paired = |right: &[usize], taught: &[usize], baseline: &[usize]| {
            Comparison::of_hits(right.iter().zip(taught).zip(baseline).map(|((r, t), b)| (t == r, b == r)))
        };
        let agreement = |own: &Vec<usize>| Rate::of(own.iter().zip(&expected).map(|(a, b)| a == b));
        let ids = || learners.iter().map(|spec| spec.id.clone());
        let against = |baseline: usize| {
            let compare = |at: usize| Paired {
                accuracy: paired(&right, &predicted[at], &predicted[baseline]),
                agreement: paired(&expected, &predicted[at], &predicted[baseline]),
            };
            self.settings.cohort.taught().map(|at| (learners[at].id.clone(), compare(at))).collect()
        };
        let scores = std::iter::once(&teacher).chain(&answers).map(|own| own.score(labels));
        let evaluation = Evaluation {
            step: self.step,
            epoch: self.epoch(),
            n: indices.len(),
            scores: std::iter::once(TEACHER.to_string()).chain(ids()).zip(scores).collect(),
            agreement: ids().zip(predicted.iter().map(agreement)).collect(),
            comparisons: self.settings.cohort.baseline().map_or_else(Named::default, against),
        };
        self.teacher_test = Some(teacher);
        Ok(evaluation)
    }
}
