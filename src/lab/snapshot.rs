//! Looking back: the networks of an earlier step, shown to probes while the run itself stands where it stands.
//!
//! A snapshot holds the weights of student and control in 16 bits, without the optimisers' buffers: enough to look at, a
//! sixth of a checkpoint and nothing to train on.

use super::checkpoint::{Checkpoint, Header, Met, bind};
use super::session::Session;
use crate::error::Result;
use crate::nets::{Network, Params};
use crate::objectives::State;
use crate::weights::Precision;

const FORMAT: &str = "kd-lens snapshot 1";

/// The networks of a snapshot.
#[derive(Debug)]
pub(super) struct Past {
    pub(super) step: usize,
    pub(super) teacher: Network,
    pub(super) student: Network,
    pub(super) control: Network,
    /// The objective's trainable parts, where it has some.
    pub(super) parts: Option<Params>,
}

impl Session {
    /// Student and control as they are now, to be looked back at later. A value that 16 bits cannot hold makes it a file of 32.
    ///
    /// # Errors
    /// `checkpoint-mismatch` when student and control stand at different steps, `gpu-lost`.
    pub async fn snapshot(&self) -> Result<Vec<u8>> {
        self.together()?;
        let header = Header {
            settings: self.settings.clone(),
            step: self.step,
            adopted: self.adopted,
            teacher: self.teacher_digest.clone(),
            met: Met::default(),
        };
        let lesson = &self.lesson;
        let mut parts = vec![
            ("student".to_string(), lesson.student.network.params.clone()),
            ("control".to_string(), lesson.control.network.params.clone()),
        ];
        parts.extend(lesson.student.parts.as_ref().map(|(params, _)| ("parts".to_string(), params.clone())));
        if self.lesson_at(self.step) > 0 {
            parts.push(("assistant".to_string(), lesson.teacher.params.clone()));
        }
        bind(&header.about(FORMAT), &parts, &State::new(), Precision::Half).await
    }

    /// Shows probes the networks of a snapshot of a run with these settings (live ones may differ) and this teacher, until
    /// [`Session::look_at_present`]. Nothing else changes: training, evaluations, checkpoints and weights stay those of the
    /// present. Returns the snapshot's step.
    ///
    /// # Errors
    /// `checkpoint-unreadable`, `checkpoint-mismatch`; probes then see what they saw before.
    pub fn look_back(&mut self, bytes: &[u8]) -> Result<usize> {
        let snapshot = Checkpoint::read_as(bytes, FORMAT)?;
        snapshot.check(&self.settings, &self.teacher_digest)?;
        let (step, packed) = (snapshot.header.step, snapshot.learners());
        let mut lesson = self.lesson_of(&snapshot.header.settings, step, self.teacher_at(step, packed)?)?;
        packed.load_network("student", &mut lesson.student.network, &self.device)?;
        packed.load_network("control", &mut lesson.control.network, &self.device)?;
        let mut parts = lesson.student.parts.map(|(params, _)| params);
        if let Some(params) = &mut parts {
            packed.load_params("parts", params, &self.device)?;
        }
        self.past = Some(Past {
            step,
            teacher: lesson.teacher,
            student: lesson.student.network,
            control: lesson.control.network,
            parts,
        });
        Ok(step)
    }

    /// Shows probes the networks as they are now.
    pub fn look_at_present(&mut self) {
        self.past = None;
    }
}
