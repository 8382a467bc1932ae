//! What the networks of a run answer on the test images, and whether the teacher's answers are numbers at all.

use super::events::{Agreement, Evaluation, Paired};
use super::session::Session;
use crate::error::{Error, Result};
use crate::evaluate::{Logits, logits};
use crate::objectives::Reads;
use crate::readback;
use crate::statistics::{Comparison, Rate};

impl Session {
    /// Whether what the teacher said in the last step was numbers: if not, no learning rate would have helped.
    pub(super) async fn check_teacher(&mut self) -> Result<()> {
        if self.lesson.reads == Reads::Nothing || self.step == 0 {
            return Ok(());
        }
        let images = self.supply.images(self.step - 1, self.lesson.views(), &self.device)?;
        let teacher = &self.lesson.teacher;
        for view in images.views {
            let said = readback::read(teacher.logits(view)).await?;
            Logits::of("teacher", teacher.classes(), said)?;
        }
        Ok(())
    }

    /// All three networks on the test images.
    ///
    /// # Errors
    /// `data-missing` when there are no test images yet, `checkpoint-mismatch` when student and control stand at different
    /// steps (see [`Session::train_only`]), `not-finite` when a network's logits are no numbers, `gpu-lost`.
    pub async fn evaluate(&mut self) -> Result<Evaluation> {
        self.together()?;
        let indices: Vec<usize> = (0..self.supply.test.len()).collect();
        if indices.is_empty() {
            return Err(Error::DataMissing("There are no test images yet to evaluate on.".into()));
        }
        let teacher = match self.teacher_test.take() {
            Some(known) => known,
            None => logits("teacher", &self.lesson.teacher, &self.supply.test, &indices, &self.device).await?,
        };
        let of = async |who, network| logits(who, network, &self.supply.test, &indices, &self.device).await;
        let student = of("student", &self.lesson.student.network).await?;
        let control = of("control", &self.lesson.control.network).await?;
        let labels = self.supply.test.labels();
        let expected = teacher.predictions();
        let agree = |l: &Logits| Rate::of(l.predictions().iter().zip(&expected).map(|(a, b)| a == b));
        let (of_student, of_control) = (student.predictions(), control.predictions());
        let paired = |right: &[usize]| {
            let hits = right.iter().zip(&of_student).zip(&of_control).map(|((r, s), c)| (s == r, c == r));
            Comparison::of_hits(hits)
        };
        let evaluation = Evaluation {
            step: self.step,
            epoch: self.epoch(),
            n: indices.len(),
            teacher: teacher.score(labels),
            student: student.score(labels),
            control: control.score(labels),
            agreement: Agreement { student: agree(&student), control: agree(&control) },
            comparison: Paired {
                accuracy: paired(&labels.iter().map(|l| usize::from(*l)).collect::<Vec<_>>()),
                agreement: paired(&expected),
            },
        };
        self.teacher_test = Some(teacher);
        Ok(evaluation)
    }
}
