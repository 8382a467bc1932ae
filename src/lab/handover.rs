//! Training some learners here and others elsewhere: in another worker of the page, or once for many runs of a study.
//!
//! Learners never see each other, so nothing about them changes. They are brought together at evaluations.

use serde_json::json;

use super::checkpoint::{Met, Packed, another_run, pack, unreadable};
use super::cohort::CONTROL;
use super::session::Session;
use super::teacher_cache::TeacherCache;
use crate::error::{Error, Result};

/// How a learner that is handed over calls itself, and its tensors.
const FORMAT: &str = "kd-lens learner 3";
const NAME: &str = "learner";

impl Session {
    /// Trains only these learners from here on, given by their ids. The others are brought along with [`Session::adopt`], and
    /// evaluations are asked for with [`Session::evaluate`] when [`Session::due`] says so.
    ///
    /// # Errors
    /// `setting-invalid` for a name that no learner has, for none at all, and for a chain: its networks teach each other.
    pub fn train_only<S: AsRef<str>>(&mut self, ids: &[S]) -> Result<()> {
        let chosen = ids.iter().map(|id| self.settings.cohort.find(id.as_ref())).collect::<Result<Vec<_>>>()?;
        let trained: Vec<bool> = (0..self.trained.len()).map(|at| chosen.contains(&at)).collect();
        if chosen.is_empty() {
            return Err(Error::SettingInvalid("At least one learner must be trained.".into()));
        }
        if trained.contains(&false) && self.chain.len() > 1 {
            return Err(Error::SettingInvalid(
                "With assistants (`assistants`) all learners are trained together.".into(),
            ));
        }
        self.trained = trained;
        Ok(())
    }

    /// Trains all learners from here on.
    pub fn train_all(&mut self) {
        self.trained.fill(true);
    }

    /// Uses what the teacher said in other sessions with the same teacher and the same fixed copies, and adds to it.
    pub fn share(&mut self, targets: &TeacherCache) {
        if let Some(own) = &mut self.stage.targets {
            *own = targets.clone();
        }
    }

    /// A learner with its optimiser and the state of its objective, for another session to [`Session::adopt`].
    ///
    /// # Errors
    /// `setting-invalid` for a name that no learner has, `gpu-lost`.
    pub async fn learner(&self, id: &str) -> Result<Vec<u8>> {
        let at = self.settings.cohort.find(id)?;
        let member = &self.stage.members[at];
        let met = Met { test: None, ..self.supply.met(self.at[at]) };
        let about = json!({"format": FORMAT, "of": self.identity(at)?, "step": self.at[at], "met": met});
        pack(&about, &[(NAME, &member.learner, member.objective.state())], None).await
    }

    /// Takes over a learner that another session trained in the same way: one that is not trained here and has come to the same
    /// step, or the only one that is, to go on from its step.
    ///
    /// # Errors
    /// `setting-invalid` for a name that no learner has, `checkpoint-unreadable`, `checkpoint-mismatch` when it is another run's or
    /// another step's, or was trained on other images; nothing is changed then.
    pub fn adopt(&mut self, id: &str, bytes: &[u8]) -> Result<()> {
        let at = self.settings.cohort.find(id)?;
        let (packed, about) = Packed::read(bytes, FORMAT)?;
        let step = about["step"].as_u64().ok_or_else(|| unreadable("its step is damaged"))? as usize;
        let alone = self.trained.iter().filter(|trained| **trained).count() == 1;
        let moves = self.trained[at] && alone;
        if about["of"] != self.identity(at)? || !(moves || step == self.step) {
            return Err(Error::CheckpointMismatch(format!(
                "This learner is from another run or from another step ({step}) than this one ({}).",
                self.step
            )));
        }
        another_run(&self.supply.differences(&Met::read(&about)?))?;
        let member = &mut self.stage.members[at];
        let mut learner = member.learner.clone();
        packed.load(NAME, &mut learner, &self.device)?;
        learner.count_steps(step);
        let before = member.objective.state();
        if let Err(error) = member.objective.set_state(&packed.state(NAME, &self.device)) {
            member.objective.set_state(&before)?;
            return Err(error);
        }
        member.learner = learner;
        self.at[at] = step;
        if moves {
            self.step = step;
        }
        Ok(())
    }

    /// Puts another run's baseline, as [`Session::learner`] wrote it, in a learner's place: how far apart are two networks that no
    /// teacher taught?
    ///
    /// # Errors
    /// `setting-invalid` for a name that no learner has, `checkpoint-unreadable`, `checkpoint-mismatch` for another step.
    pub fn stand_in(&mut self, id: &str, bytes: &[u8]) -> Result<()> {
        let at = self.settings.cohort.find(id)?;
        let (packed, about) = Packed::read(bytes, FORMAT)?;
        if about["step"] != json!(self.step) {
            return Err(Error::CheckpointMismatch(format!(
                "This learner was trained for {} steps, not for {}.",
                about["step"], self.step
            )));
        }
        packed.load_network(NAME, &mut self.stage.members[at].learner.network, &self.device)?;
        self.at[at] = self.step;
        Ok(())
    }

    /// Gives probes another run's baseline, as [`Session::learner`] wrote it, as this run's twin.
    ///
    /// # Errors
    /// `checkpoint-unreadable`, `setting-invalid` where this run has no baseline.
    pub fn bring_control(&mut self, bytes: &[u8]) -> Result<()> {
        let (packed, _) = Packed::read(bytes, FORMAT)?;
        let mut twin = self.network(CONTROL)?.clone();
        packed.load_network(NAME, &mut twin, &self.device)?;
        self.twin = Some(twin);
        Ok(())
    }

    /// Steps from here to the next evaluation, at least 1.
    pub fn until_due(&self) -> usize {
        (1..).find(|n| self.evaluates_after(self.step + n)).unwrap_or(1)
    }

    /// What decides how a learner is trained.
    fn identity(&self, at: usize) -> Result<serde_json::Value> {
        self.settings.identity(&self.settings.cohort.learners()[at], &self.teacher_digest)
    }

    /// Whether all learners are at the same step.
    pub(super) fn together(&self) -> Result<()> {
        let learners = self.settings.cohort.learners().iter().zip(&self.at);
        let behind: Vec<_> = learners
            .filter(|(_, at)| **at != self.step)
            .map(|(spec, at)| format!("{} at step {at}", spec.id))
            .collect();
        if behind.is_empty() {
            return Ok(());
        }
        Err(Error::CheckpointMismatch(format!(
            "The run is at step {}, but not all of its learners are ({}): they must be brought along first.",
            self.step,
            behind.join(", ")
        )))
    }
}
