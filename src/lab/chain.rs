//! Chains: the student of one stage teaches the next.

use super::cohort::STUDENT;
use super::events::Event;
use super::session::Session;
use super::settings::Settings;
use super::stage::Stage;
use crate::error::Result;
use crate::nets::Network;

impl Session {
    /// The stage to which a step belongs, with its networks as they start.
    pub(super) fn stage_of(&self, settings: &Settings, step: usize, teacher: Network) -> Result<Stage> {
        let at = self.stage_at(step);
        let later = self.chain.len() - 1 - at;
        let assistant = (later > 0).then(|| self.chain[at]);
        Stage::new(settings, self.supply.kind, teacher, assistant, later, self.supply.copies(), &self.device)
    }

    /// The student becomes the teacher of the next one in the chain.
    pub(super) fn advance_stage(&mut self) -> Result<Event> {
        let student = self.settings.cohort.find(STUDENT)?;
        let assistant = self.stage.members[student].learner.network.clone();
        let taught = assistant.architecture();
        self.stage = self.stage_of(&self.settings, self.step, assistant)?;
        self.teacher_test = None;
        let student = self.chain[self.stage_at(self.step)];
        Ok(Event::Graduation { step: self.step, teacher: taught.name(), student: student.name() })
    }
}
