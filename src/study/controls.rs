//! The controls of a study: each is trained once, for all runs that differ only in the teacher, the method and its options.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::axes::Cell;
use super::cell::{SLICE, session};
use super::folder::Folder;
use super::plan::{Plan, invalid};
use super::schedule::{Notice, Work};
use crate::error::{Error, Result};
use crate::files::{read, unwritable, write};
use crate::lab::{Event, Session, Trains, Who};
use crate::weights;

/// What decides a cell's control and the steps at which its states are kept: cells that agree in it share one. `None` for a
/// chain, whose networks cannot be trained apart.
fn identity(cell: &Cell) -> Result<Option<String>> {
    let settings = cell.settings()?;
    let alone = settings.chain()?.len() == 1;
    Ok(alone.then(|| format!("{} {}", settings.of_control(), settings.evaluate_every)))
}

/// Which cells share a control, as a report says it.
pub(super) fn sharing(plan: &Plan) -> String {
    let known: Vec<_> = plan.cells.iter().filter_map(|cell| identity(cell).ok()).collect();
    let shared: BTreeSet<_> = known.iter().flatten().collect();
    let (cells, controls) = (known.iter().flatten().count(), shared.len());
    let mut said = "The control depends neither on the method nor on the teacher, so cells that agree in all other settings share one. It is \
                    trained once (on each machine that takes part) and compared with the student of every one of them."
        .to_string();
    if controls < cells {
        said.push_str(&format!(
            " In this study {cells} cells share {controls} {}: differences from the same control are not independent of each other.",
            if controls == 1 { "control" } else { "controls" }
        ));
    } else if cells > 0 {
        said.push_str(" In this study no two cells agree: each has a control of its own.");
    }
    if cells < known.len() {
        said.push_str(" In cells with assistants the control is trained anew beside each student.");
    }
    said
}

/// Where the states of a cell's control are, one file for each evaluation. `None` for a chain.
pub(super) fn home(cell: &Cell, folder: &Folder) -> Result<Option<PathBuf>> {
    let home = |identity: String| folder.controls().join(&weights::digest(identity.as_bytes())[..16]);
    Ok(identity(cell)?.map(home))
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
    session.train_only(Trains::Control)?;
    session.adopt(Who::Control, &state(control, end)?)?;
    session.stand_in(&state(student, end)?)
}

/// The state of a control after `step` steps.
pub(super) fn state(home: &Path, step: usize) -> Result<Vec<u8>> {
    read(&home.join(format!("{step}.safetensors")), Error::CheckpointUnreadable)
}

/// Trains the control of a cell, going on from the last state that is there. `false` when the work was stopped.
pub(super) async fn train(cell: &Cell, home: &Path, work: &Work<'_>) -> Result<bool> {
    std::fs::create_dir_all(home).map_err(|e| unwritable(home, &e))?;
    let mut control = session(cell, work)?;
    control.train_only(Trains::Control)?;
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
            let bytes = control.learner(Who::Control).await?;
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
        if control.adopt(Who::Control, &bytes).is_err() {
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
        session.adopt(Who::Control, &state(home, session.steps_done())?)?;
        let evaluation = session.evaluate().await?;
        events.push(Event::Evaluation(Box::new(evaluation)));
    }
    Ok(events)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::study::plan::Plan;

    /// The reports in the repository say of their controls what this version would say.
    #[test]
    fn committed_reports_say_which_controls_are_shared() {
        let studies = Path::new(env!("CARGO_MANIFEST_DIR")).join("studies");
        let mut seen = 0;
        for name in ["bias", "copies", "digits", "papers"] {
            let text = std::fs::read_to_string(studies.join(format!("{name}.toml"))).unwrap();
            let plan = Plan::parse(&text, name, &|path| Ok(weights::digest(path.display().to_string().as_bytes())));
            let report = std::fs::read_to_string(studies.join(name).join("report.html")).unwrap();
            let said = sharing(&plan.unwrap());
            assert!(report.contains(&format!("<p>{said}</p>")), "{name}: {said}");
            seen += usize::from(said.contains(" cells share "));
        }
        // In the study of copies every cell has a setting of its own.
        assert_eq!(seen, 3);
    }

    #[test]
    fn chains_have_controls_of_their_own() {
        let text = |assistants: &str| {
            format!(
                "name = \"x\"\n[settings]\ndataset = \"shapes32\"\nassistants = \"{assistants}\"\n\
                 [grid]\nmethod = [\"kl\", \"labels\"]\nlearningRate = [0.01, 0.1]\n"
            )
        };
        let plan = |assistants: &str| Plan::parse(&text(assistants), "x", &|_| Ok("0".into())).unwrap();
        assert!(sharing(&plan("")).contains("In this study 4 cells share 2 controls:"));
        let chain = sharing(&plan("resnet14"));
        assert!(chain.contains("assistants") && !chain.contains("In this study"), "{chain}");
    }
}
