//! Many runs at once: one thread each, every core busy.

use std::collections::VecDeque;
use std::collections::btree_map::Entry;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, PoisonError};

use kd_lens::data::{DatasetKind, Split};
use kd_lens::error::{Error, Result};
use kd_lens::weights;

use super::controls;
use super::training::{compute, rehearse};
use super::work::{Notice, Part, Work};
use crate::study::spec::{Cell, Keep, Plan, Run, runs};
use crate::study::store::{Digests, Folder, Record};

/// What [`run`] did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outcome {
    /// Cells that were finished before.
    pub before: usize,
    /// Cells finished now.
    pub finished: usize,
    /// Cells given up.
    pub failed: usize,
}

/// Runs on a thread of its own with one thread for tensors, so that sums round the same whatever else goes on.
fn alone<T: Send>(f: impl FnOnce() -> T + Send) -> Result<T> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).stack_size(16 << 20).build();
    Ok(pool.map_err(|e| Error::Internal(format!("a thread could not be started ({e}).")))?.install(f))
}

/// Errors that every further cell would meet too.
fn hopeless(error: &Error) -> bool {
    matches!(
        error,
        Error::DataMissing(_)
            | Error::DataForeign(_)
            | Error::DataTruncated(_)
            | Error::WeightsMissing(_)
            | Error::ProbeUnknown(_)
            | Error::ProbeInvalid(_)
            | Error::FileUnwritable(_)
            | Error::GpuLost(_)
            | Error::GpuUnavailable(_)
    )
}

/// The cells of a share: whole runs, by turns.
///
/// # Errors
/// `setting-invalid` for a plan whose settings do not fit together.
pub fn share(plan: &Plan, part: Part) -> Result<Vec<&Cell>> {
    let all: Vec<&Cell> = plan.cells.iter().collect();
    let runs = runs(plan, &all)?;
    let own: Vec<&Run> = runs.iter().enumerate().filter(|(at, _)| part.takes(*at)).map(|(_, run)| run).collect();
    let taken = |cell: &&Cell| own.iter().any(|run| run.cells.iter().any(|own| own.id == cell.id));
    Ok(all.into_iter().filter(taken).collect())
}

/// The runs that open cells need: those that were begun in the folder, then new ones for all that are in none.
fn planned(plan: &Plan, folder: &Folder, open: &[&Cell]) -> Result<Vec<Run>> {
    let is_open = |id: &String| open.iter().any(|cell| cell.id == *id);
    let mut planned: Vec<Run> = Vec::new();
    let covered = |planned: &[Run], id: &String| planned.iter().flat_map(|run| &run.cells).any(|cell| cell.id == *id);
    for ids in folder.begun() {
        let cells: Option<Vec<Cell>> =
            ids.iter().map(|id| plan.cells.iter().find(|cell| cell.id == *id).cloned()).collect();
        if let Some(cells) = cells
            && ids.iter().any(is_open)
            && !ids.iter().any(|id| covered(&planned, id))
        {
            planned.push(Run::of(cells)?);
        }
    }
    let rest: Vec<&Cell> = open.iter().copied().filter(|cell| !covered(&planned, &cell.id)).collect();
    planned.extend(runs(plan, &rest)?);
    Ok(planned)
}

/// Computes the cells of a plan that `folder` does not yet hold. A cell that cannot be computed is noted and left, unless all
/// others would fail alike.
///
/// # Errors
/// Those that every cell would meet: of data, teacher weights, probe options, the device and the folder.
pub fn run(plan: &Plan, folder: &Folder, work: &Work<'_>) -> Result<Outcome> {
    let own = share(plan, work.part)?;
    let open: Vec<&Cell> = own.iter().copied().filter(|cell| folder.record(plan, &cell.id).is_none()).collect();
    let before = own.len() - open.len();
    (work.tell)(Notice::Planned { cells: own.len(), finished: before });
    // Whether all images are here, and those that earlier cells had, is asked before anything is trained.
    let mut images = Digests::new();
    for cell in &open {
        let settings = cell.settings()?;
        let kind = settings.dataset()?;
        if kind != DatasetKind::Shapes32 {
            for (split, count) in [(Split::Train, settings.train_images), (Split::Test, settings.test_images)] {
                let of = format!("{} {split} {count}", kind.name());
                if let Entry::Vacant(entry) = images.entry(of) {
                    entry.insert(weights::digest(&work.images(kind, split, count)?));
                }
            }
        }
    }
    folder.note_images(images)?;
    let planned = planned(plan, folder, &open)?;
    let is_open = |cell: &Cell| open.iter().any(|other| other.id == cell.id);
    let mut seen = Vec::new();
    for run in &planned {
        let first = &run.cells[0];
        let asked: Vec<_> = run.cells.iter().flat_map(|cell| plan.asked(cell)).collect();
        let alike = (["dataset", "teacher", "student"].map(|name| first.settings[name].clone()), asked);
        if !seen.contains(&alike) {
            seen.push(alike);
            match alone(|| pollster::block_on(rehearse(run, plan, work)))? {
                Err(error) if hopeless(&error) => return Err(error),
                // What is wrong with this run alone is found again at its turn.
                _ => {}
            }
        }
    }
    let mut first = Vec::new();
    for (home, cell) in planned.iter().map(|run| controls::needed(run, folder)).collect::<Result<Vec<_>>>()?.concat() {
        if !first.iter().any(|(known, _)| *known == home) {
            first.push((home, cell));
        }
    }
    let counts = Mutex::new(Outcome { before, finished: 0, failed: 0 });
    let fail = |cell: &Cell, error: Error| {
        counts.lock().unwrap_or_else(PoisonError::into_inner).failed += 1;
        (work.tell)(Notice::Failed { cell, error: &error });
        if hopeless(&error) { Err(error) } else { folder.fail(&cell.id, &error) }
    };
    // A control that cannot be trained is met again by its cells.
    spread(&first, work, |(home, cell)| match guarded(|| controls::train(cell, home, work)) {
        Err(error) if hopeless(&error) => Err(error),
        _ => Ok(()),
    })?;
    let finished = |run: &Run, records: Vec<Record>| {
        for record in &records {
            counts.lock().unwrap_or_else(PoisonError::into_inner).finished += 1;
            if let Some(cell) = run.cells.iter().find(|cell| cell.id == record.id) {
                (work.tell)(Notice::Finished { cell, record });
            }
        }
    };
    spread(&planned, work, |run| {
        let open: Vec<bool> = run.cells.iter().map(is_open).collect();
        match guarded(|| compute(run, &open, plan, work, folder)) {
            Ok(records) => finished(run, records.unwrap_or_default()),
            Err(error) if hopeless(&error) || run.cells.len() == 1 => fail(&run.cells[0], error)?,
            // One learner must not take the others with it: each by itself.
            Err(_) => {
                folder.end(run, Keep::Numbers);
                for cell in run.cells.iter().filter(|cell| is_open(cell)) {
                    let lone = Run::of(vec![cell.clone()])?;
                    match guarded(|| compute(&lone, &[true], plan, work, folder)) {
                        Ok(records) => finished(&lone, records.unwrap_or_default()),
                        Err(error) => fail(cell, error)?,
                    }
                }
            }
        }
        Ok(())
    })?;
    let outcome = *counts.lock().unwrap_or_else(PoisonError::into_inner);
    if plan.keep != Keep::Checkpoints && plan.cells.iter().all(|cell| folder.record(plan, &cell.id).is_some()) {
        folder.tidy();
    }
    Ok(outcome)
}

/// Works through a list with as many threads as there are jobs, until its end, a stop or the first error.
fn spread<T: Sync>(list: &[T], work: &Work<'_>, job: impl Fn(&T) -> Result<()> + Sync) -> Result<()> {
    let queue = Mutex::new(list.iter().collect::<VecDeque<_>>());
    let first = Mutex::new(None);
    let broken = || first.lock().unwrap_or_else(PoisonError::into_inner).is_some();
    let worker = || {
        loop {
            let next = queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
            let Some(item) = next.filter(|_| !work.stopped() && !broken()) else {
                return;
            };
            if let Err(error) = job(item) {
                first.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..work.jobs.clamp(1, list.len().max(1)) {
            scope.spawn(worker);
        }
    });
    first.into_inner().unwrap_or_else(PoisonError::into_inner).map_or(Ok(()), Err)
}

/// One job on a thread of its own; a panic inside is an error of this job only.
fn guarded<T: Send, F: Future<Output = Result<T>>>(job: impl FnOnce() -> F + Send) -> Result<T> {
    let outcome = catch_unwind(AssertUnwindSafe(|| alone(|| pollster::block_on(job()))));
    outcome.unwrap_or_else(|panic| {
        let words = panic.downcast_ref::<&str>().map(|s| (*s).to_string()).or_else(|| panic.downcast_ref().cloned());
        Err(Error::Internal(format!("a cell broke off ({}).", words.unwrap_or_else(|| "no reason given".into()))))
    })?
}
