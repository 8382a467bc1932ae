//! The controls of a study: each is trained once, for all runs that differ only in the teacher, the methods and their options.

use std::path::{Path, PathBuf};

use kd_lens::error::{Error, Result};
use kd_lens::lab::{Event, Session};
use kd_lens::weights;

use super::session::session;
use super::work::{Notice, SLICE, Work};
use crate::files::{read, unwritable, write};
use crate::study::spec::{BASELINE, Cell, Run, control_identity, invalid};
use crate::study::store::Folder;

/// Where the states of a cell's control are, one file for each evaluation. `None` for a chain.
fn home(cell: &Cell, folder: &Folder) -> Result<Option<PathBuf>> {
    let home = |identity: String| folder.controls().join(&weights::digest(identity.as_bytes())[..16]);
    Ok(control_identity(cell)?.map(home))
}

/// Where the states of the control of another seed are.
fn other(cell: &Cell, seed: u64, folder: &Folder) -> Result<PathBuf> {
    home(&cell.with_seed(seed), folder)?.ok_or_else(|| {
        invalid("With assistants (`assistants`) there is no control by itself that could be another cell's.".into())
    })
}

/// The controls that a run needs, each with a cell that says how to train it.
pub(super) fn needed(run: &Run, folder: &Folder) -> Result<Vec<(PathBuf, Cell)>> {
    let mut needed = Vec::new();
    for cell in &run.cells {
        if let Some(home) = home(cell, folder)? {
            needed.push((home, cell.clone()));
        }
        for seed in [cell.stand_in, cell.twin].into_iter().flatten() {
            needed.push((other(cell, seed, folder)?, cell.with_seed(seed)));
        }
    }
    Ok(needed)
}

/// Where the networks of a run are that are not trained in it.
pub(super) struct Places {
    /// The control's states. `None` for a chain, which trains its own.
    control: Option<PathBuf>,
    /// Learners whose place another seed's control takes, with its states.
    stand_ins: Vec<(String, PathBuf)>,
    /// The twin's states.
    twin: Option<PathBuf>,
}

impl Places {
    pub(super) fn of(run: &Run, folder: &Folder) -> Result<Self> {
        let mut stand_ins = Vec::new();
        for (at, cell) in run.cells.iter().enumerate() {
            if let Some(seed) = cell.stand_in {
                stand_ins.push((run.learner(at).to_string(), other(cell, seed, folder)?));
            }
        }
        let first = &run.cells[0];
        let twin = first.twin.map(|seed| other(first, seed, folder)).transpose()?;
        Ok(Self { control: home(first, folder)?, stand_ins, twin })
    }

    /// Has a session train only the learners of the run; where there are none, the session goes to its end at once.
    pub(super) fn divide(&self, run: &Run, session: &mut Session) -> Result<()> {
        let Some(control) = &self.control else { return Ok(()) };
        let trained = run.trained();
        if !trained.is_empty() {
            return session.train_only(&trained);
        }
        session.train_only(&[BASELINE])?;
        session.adopt(BASELINE, &state(control, session.total_steps())?)
    }

    /// Brings the networks that are trained elsewhere to the session's step.
    fn bring_along(&self, session: &mut Session) -> Result<()> {
        let step = session.steps_done();
        if let Some(control) = &self.control {
            session.adopt(BASELINE, &state(control, step)?)?;
        }
        for (id, home) in &self.stand_ins {
            session.stand_in(id, &state(home, step)?)?;
        }
        Ok(())
    }

    /// Steps a session to its next evaluation or by a slice.
    pub(super) async fn step(&self, session: &mut Session, count: usize) -> Result<Vec<Event>> {
        if self.control.is_none() {
            return session.step(count).await;
        }
        let mut events = session.step(count.min(session.until_due())).await?;
        if session.due() {
            self.bring_along(session)?;
            let evaluation = session.evaluate().await?;
            events.push(Event::Evaluation(Box::new(evaluation)));
        }
        Ok(events)
    }

    /// Once a run has come to its end: all networks in their final state, and the twin.
    pub(super) fn finish(&self, session: &mut Session) -> Result<()> {
        self.bring_along(session)?;
        match &self.twin {
            Some(twin) => session.bring_control(&state(twin, session.total_steps())?),
            None => Ok(()),
        }
    }
}

/// The state of a control after `step` steps.
fn state(home: &Path, step: usize) -> Result<Vec<u8>> {
    read(&home.join(format!("{step}.safetensors")), Error::CheckpointUnreadable)
}

/// Trains the control of a cell, going on from the last state that is there. `false` when the work was stopped.
pub(super) async fn train(cell: &Cell, home: &Path, work: &Work<'_>) -> Result<bool> {
    std::fs::create_dir_all(home).map_err(|e| unwritable(home, &e))?;
    let mut control = session(&Run::of(vec![cell.clone()])?, work)?;
    control.train_only(&[BASELINE])?;
    go_on(&mut control, home)?;
    let total = control.total_steps();
    (work.tell)(Notice::Control { cell, steps: total.saturating_sub(control.steps_done()) });
    while control.steps_done() < total {
        if work.stopped() {
            return Ok(false);
        }
        let count = SLICE.min(control.until_due()).min(total - control.steps_done());
        control.step(count).await?;
        if control.due() {
            let bytes = control.learner(BASELINE).await?;
            write(&home.join(format!("{}.safetensors", control.steps_done())), &bytes)?;
        }
        (work.tell)(Notice::Steps { cell, count });
    }
    Ok(true)
}

/// Moves a fresh session past the evaluations whose states are there.
fn go_on(control: &mut Session, home: &Path) -> Result<()> {
    loop {
        let step = control.steps_done() + control.until_due();
        let Ok(bytes) = state(home, step) else { return Ok(()) };
        if control.adopt(BASELINE, &bytes).is_err() {
            // Of another version, or cut short: trained again from here.
            return Ok(());
        }
        if control.steps_done() >= control.total_steps() {
            return Ok(());
        }
    }
}
