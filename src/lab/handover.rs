//! Training one learner here and the other elsewhere: in another worker of the page, or once for many runs of a study.
//!
//! Student and control never see each other, so nothing about them changes. They are brought together at evaluations.

use serde_json::json;

use super::checkpoint::{Met, Packed, another_run, pack, unreadable};
use super::session::Session;
use super::targets::Targets;
use super::who::{Trains, Who};
use crate::error::{Error, Result};
use crate::objectives::State;

/// How a learner that is handed over calls itself, and its tensors.
const FORMAT: &str = "kd-lens learner 2";
const NAME: &str = "learner";

impl Session {
    /// Trains only these learners from here on. The other one is brought along with [`Session::adopt`], and evaluations are
    /// asked for with [`Session::evaluate`] when [`Session::due`] says so.
    ///
    /// # Errors
    /// `setting-invalid` for a chain: its networks teach each other.
    pub fn train_only(&mut self, trains: Trains) -> Result<()> {
        if trains != Trains::Both && self.chain.len() > 1 {
            return Err(Error::SettingInvalid(
                "With assistants (`assistants`) student and control are trained together.".into(),
            ));
        }
        self.trains = trains;
        Ok(())
    }

    /// Uses what the teacher said in other sessions with the same teacher and the same fixed copies, and adds to it.
    pub fn share(&mut self, targets: &Targets) {
        if let Some(own) = &mut self.lesson.targets {
            *own = targets.clone();
        }
    }

    /// A learner with its optimiser, for another session of the same run to [`Session::adopt`].
    ///
    /// # Errors
    /// `gpu-lost`.
    pub async fn learner(&self, who: Who) -> Result<Vec<u8>> {
        let learner = match who {
            Who::Control => &self.lesson.control,
            _ => &self.lesson.student,
        };
        let met = Met { test: None, ..self.supply.met(self.step) };
        let about = json!({"format": FORMAT, "of": self.identity(who), "step": self.step, "met": met});
        pack(&about, &[(NAME, learner)], None, &State::new()).await
    }

    /// Takes over a learner that another session trained: one that is not trained here and has come to the same step, or the
    /// only one that is, to go on from its step.
    ///
    /// # Errors
    /// `checkpoint-unreadable`, `checkpoint-mismatch` when it is another run's or another step's, or was trained on other images;
    /// nothing is changed then.
    pub fn adopt(&mut self, who: Who, bytes: &[u8]) -> Result<()> {
        let (packed, about) = Packed::read(bytes, FORMAT)?;
        let step = about["step"].as_u64().ok_or_else(|| unreadable("its step is damaged"))? as usize;
        let moves = self.trains != Trains::Both && self.trains.trains(who);
        if about["of"] != self.identity(who) || !(moves || step == self.step) {
            return Err(Error::CheckpointMismatch(format!(
                "This learner is from another run or from another step ({step}) than this one ({}).",
                self.step
            )));
        }
        another_run(&self.supply.differences(&Met::read(&about)?))?;
        let own = match who {
            Who::Control => &mut self.lesson.control,
            _ => &mut self.lesson.student,
        };
        let mut learner = own.clone();
        packed.load(NAME, &mut learner, &self.device)?;
        learner.count_steps(step);
        *own = learner;
        match moves {
            true => self.step = step,
            false => self.adopted = step,
        }
        Ok(())
    }

    /// Puts another run's control, as [`Session::learner`] wrote it, in the student's place: how far apart are two networks that
    /// no teacher taught?
    ///
    /// # Errors
    /// `checkpoint-unreadable`, `checkpoint-mismatch` for another step.
    pub fn stand_in(&mut self, bytes: &[u8]) -> Result<()> {
        let (packed, about) = Packed::read(bytes, FORMAT)?;
        if about["step"] != json!(self.step) {
            return Err(Error::CheckpointMismatch(format!(
                "This learner was trained for {} steps, not for {}.",
                about["step"], self.step
            )));
        }
        packed.load_network(NAME, &mut self.lesson.student.network, &self.device)?;
        self.adopted = self.step;
        Ok(())
    }

    /// Gives probes another run's control, as [`Session::learner`] wrote it, as this run's twin.
    ///
    /// # Errors
    /// `checkpoint-unreadable`.
    pub fn bring_control(&mut self, bytes: &[u8]) -> Result<()> {
        let (packed, _) = Packed::read(bytes, FORMAT)?;
        let mut twin = self.lesson.control.network.clone();
        packed.load_network(NAME, &mut twin, &self.device)?;
        self.twin = Some(twin);
        Ok(())
    }

    /// Steps from here to the next evaluation, at least 1.
    pub fn until_due(&self) -> usize {
        (1..).find(|n| self.evaluates_after(self.step + n)).unwrap_or(1)
    }

    /// What decides how a learner is trained.
    fn identity(&self, who: Who) -> serde_json::Value {
        match who {
            Who::Control => self.settings.of_control(),
            _ => self.settings.to_json(),
        }
    }

    /// Whether student and control stand at the same step.
    pub(super) fn together(&self) -> Result<()> {
        if self.adopted == self.step {
            return Ok(());
        }
        Err(Error::CheckpointMismatch(format!(
            "Student and control stand at different steps ({} and {}): one of them must be brought along first.",
            self.step, self.adopted
        )))
    }
}
