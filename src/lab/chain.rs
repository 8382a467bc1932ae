//! Chains: the student of one lesson teaches the next.

use super::events::Event;
use super::lesson::Lesson;
use super::session::Session;
use super::settings::Settings;
use crate::error::Result;
use crate::nets::Network;

impl Session {
    /// The lesson to which a step belongs, with its networks as they start.
    pub(super) fn lesson_of(&self, settings: &Settings, step: usize, teacher: Network) -> Result<Lesson> {
        let at = self.lesson_at(step);
        let later = self.chain.len() - 1 - at;
        Lesson::new(settings, self.supply.kind, teacher, self.chain[at], later, self.supply.copies(), &self.device)
    }

    /// The student becomes the teacher of the next one in the chain.
    pub(super) fn graduate(&mut self) -> Result<Event> {
        let assistant = self.lesson.student.network.clone();
        let taught = assistant.architecture();
        self.lesson = self.lesson_of(&self.settings, self.step, assistant)?;
        self.teacher_test = None;
        let student = self.chain[self.lesson_at(self.step)];
        Ok(Event::Graduation { step: self.step, teacher: taught.name(), student: student.name() })
    }
}
