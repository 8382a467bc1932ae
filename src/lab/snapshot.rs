//! Looking back: the networks of an earlier step, shown to probes while the run itself stays where it is.
//!
//! A snapshot holds the weights of all learners in 16 bits, without the optimisers' buffers: enough to look at, a
//! sixth of a checkpoint and nothing to train on.

use std::collections::BTreeMap;

use super::checkpoint::{Checkpoint, Header, Met, bind};
use super::cohort::TEACHER;
use super::session::Session;
use crate::error::Result;
use crate::nets::{Network, Params};
use crate::weights::Precision;

const FORMAT: &str = "kd-lens snapshot 2";

/// The networks of a snapshot.
#[derive(Debug)]
pub(super) struct Past {
    pub(super) step: usize,
    pub(super) teacher: Network,
    /// In the cohort's order, each with the trainable parts of its objective, where it has some.
    pub(super) learners: Vec<(Network, Option<Params>)>,
}

impl Session {
    /// All learners as they are now, to be looked back at later. A value that 16 bits cannot hold makes it a file of 32.
    ///
    /// # Errors
    /// `checkpoint-mismatch` when learners are at different steps, `gpu-lost`.
    pub async fn snapshot(&self) -> Result<Vec<u8>> {
        self.together()?;
        let header = Header {
            settings: self.settings.clone(),
            step: self.step,
            apart: BTreeMap::new(),
            teacher: self.teacher_digest.clone(),
            met: Met::default(),
        };
        let mut parts = Vec::new();
        for (spec, member) in self.settings.cohort.learners().iter().zip(&self.stage.members) {
            parts.push((spec.id.clone(), member.learner.network.params.clone()));
            let own = member.learner.parts.as_ref();
            parts.extend(own.map(|(params, _)| (format!("{}.parts", spec.id), params.clone())));
        }
        if self.stage_at(self.step) > 0 {
            parts.push((TEACHER.to_string(), self.stage.teacher.params.clone()));
        }
        bind(&header.about(FORMAT), &parts, &[], Precision::Half).await
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
        let stage = self.stage_of(&snapshot.header.settings, step, self.teacher_at(step, packed)?)?;
        let mut learners = Vec::new();
        for (spec, member) in self.settings.cohort.learners().iter().zip(stage.members) {
            let mut network = member.learner.network;
            packed.load_network(&spec.id, &mut network, &self.device)?;
            let mut parts = member.learner.parts.map(|(params, _)| params);
            if let Some(params) = &mut parts {
                packed.load_params(&format!("{}.parts", spec.id), params, &self.device)?;
            }
            learners.push((network, parts));
        }
        self.past = Some(Past { step, teacher: stage.teacher, learners });
        Ok(step)
    }

    /// Shows probes the networks as they are now.
    pub fn look_at_present(&mut self) {
        self.past = None;
    }
}
