//! Many cells at once: one thread each, every core busy.

use std::collections::VecDeque;
use std::collections::btree_map::Entry;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, PoisonError};

use kd_lens::data::{DatasetKind, Split};
use kd_lens::error::{Error, Result};
use kd_lens::weights;

use super::cell::{compute, rehearse};
use super::controls;
use super::work::{Notice, Work};
use crate::study::spec::{Cell, Keep, Plan};
use crate::study::store::{Digests, Folder};

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

/// Computes the cells of a plan that `folder` does not yet hold. A cell that cannot be computed is noted and left, unless all
/// others would fail alike.
///
/// # Errors
/// Those that every cell would meet: of data, teacher weights, probe options, the device and the folder.
pub fn run(plan: &Plan, folder: &Folder, work: &Work<'_>) -> Result<Outcome> {
    let own: Vec<&Cell> = plan.cells.iter().enumerate().filter(|(i, _)| work.part.takes(*i)).map(|(_, c)| c).collect();
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
    let mut seen = Vec::new();
    for cell in &open {
        let nets = [&cell.settings["dataset"], &cell.settings["teacher"], &cell.settings["student"]];
        if !seen.contains(&nets) {
            seen.push(nets);
            match alone(|| pollster::block_on(rehearse(cell, plan, work)))? {
                Err(error) if hopeless(&error) => return Err(error),
                // What is wrong with this cell alone is found again at its turn.
                _ => {}
            }
        }
    }
    let mut first = Vec::new();
    for (home, cell) in open.iter().map(|cell| controls::needed(cell, folder)).collect::<Result<Vec<_>>>()?.concat() {
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
    spread(&open, work, |cell| match guarded(|| compute(cell, plan, work, folder)) {
        Ok(Some(record)) => {
            counts.lock().unwrap_or_else(PoisonError::into_inner).finished += 1;
            (work.tell)(Notice::Finished { cell, record: &record });
            Ok(())
        }
        Ok(None) => Ok(()),
        Err(error) => fail(cell, error),
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
