//! The controls of a study: each is trained once, for all runs that differ only in the teacher, the method and its options.

use std::path::{Path, PathBuf};

use kd_lens::error::{Error, Result};
use kd_lens::lab::{CONTROL, Event, STUDENT, Session};
use kd_lens::weights;

use super::session::session;
use super::work::{Notice, SLICE, Work};
use crate::files::{read, unwritable, write};
use crate::study::spec::{Cell, control_identity, invalid};
use crate::study::store::Folder;

/// Where the states of a cell's control are, one file for each evaluation. `None` for a chain.
pub(super) fn home(cell: &Cell, folder: &Folder) -> Result<Option<PathBuf>> {
    let home = |identity: String| folder.controls().join(&weights::digest(identity.as_bytes())[..16]);
    Ok(control_identity(cell)?.map(home))
}

/// Where the states of the control of another seed are.
pub(super) fn other(cell: &Cell, seed: u64, folder: &Folder) -> Result<PathBuf> {
    home(&cell.with_seed(seed), folder)?.ok_or_else(|| {
        invalid("With assistants (`assistants`) there is no control by itself that could be another cell's.".into())
    })
}

/// The controls that a cell needs, each with a cell that says how to train it.
pub(super) fn needed(cell: &Cell, folder: &Folder) -> Result<Vec<(PathBuf, Cell)>> {
    let mut needed = Vec::new();
    if let Some(home) = home(cell, folder)? {
        needed.push((home, cell.clone()));
    }
    for seed in [cell.stand_in, cell.twin].into_iter().flatten() {
        needed.push((other(cell, seed, folder)?, cell.with_seed(seed)));
    }
    Ok(needed)
}

/// The final states of two controls, one in the student's place.
pub(super) fn stand_in(session: &mut Session, student: &Path, control: Option<&Path>) -> Result<()> {
    let control = control.ok_or_else(|| Error::Internal("a cell without a control cannot show chance.".into()))?;
    let end = session.total_steps();
    session.train_only(&[CONTROL])?;
    session.adopt(CONTROL, &state(control, end)?)?;
    session.stand_in(STUDENT, &state(student, end)?)
}

/// The state of a control after `step` steps.
pub(super) fn state(home: &Path, step: usize) -> Result<Vec<u8>> {
    read(&home.join(format!("{step}.safetensors")), Error::CheckpointUnreadable)
}

/// Trains the control of a cell, going on from the last state that is there. `false` when the work was stopped.
pub(super) async fn train(cell: &Cell, home: &Path, work: &Work<'_>) -> Result<bool> {
    std::fs::create_dir_all(home).map_err(|e| unwritable(home, &e))?;
    let mut control = session(cell, work)?;
    control.train_only(&[CONTROL])?;
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
            let bytes = control.learner(CONTROL).await?;
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
        if control.adopt(CONTROL, &bytes).is_err() {
            // Of another version, or cut short: trained again from here.
            return Ok(());
        }
        if control.steps_done() >= control.total_steps() {
            return Ok(());
        }
    }
}

/// Steps a cell's session to its next evaluation or by a slice, with its control brought along.
pub(super) async fn step(session: &mut Session, home: Option<&Path>, count: usize) -> Result<Vec<Event>> {
    let Some(home) = home else { return session.step(count).await };
    let mut events = session.step(count.min(session.until_due())).await?;
    if session.due() {
        session.adopt(CONTROL, &state(home, session.steps_done())?)?;
        let evaluation = session.evaluate().await?;
        events.push(Event::Evaluation(Box::new(evaluation)));
    }
    Ok(events)
}
