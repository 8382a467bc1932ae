//! Many cells at once: one thread each, every core busy.

use std::collections::btree_map::Entry;
use std::collections::{HashMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use burn::tensor::Device;

use super::axes::Cell;
use super::cell::{Record, compute, rehearse};
use super::controls;
use super::folder::{Digests, Folder};
use super::plan::{Keep, Plan, invalid};
use crate::data::{DatasetKind, Split, cifar};
use crate::error::{Error, Result};
use crate::files::{unwritable, write};
use crate::lab::Targets;
use crate::weights;

/// Which share of the cells is computed here: the i-th of n, by turns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// From 1 to `of`.
    pub which: usize,
    /// How many shares there are.
    pub of: usize,
}

impl Part {
    /// All cells.
    pub const WHOLE: Self = Self { which: 1, of: 1 };

    /// Whether the cell at a place of the plan belongs to this share.
    pub fn takes(self, at: usize) -> bool {
        at % self.of == self.which - 1
    }
}

impl std::str::FromStr for Part {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let numbers = text.split_once('/').and_then(|(i, n)| Some((i.parse().ok()?, n.parse().ok()?)));
        match numbers {
            Some((which, of)) if (1..=of).contains(&which) => Ok(Self { which, of }),
            _ => Err(invalid(format!(
                "A share of the cells is written i/n with i from 1 to n, for example 1/4, not “{text}”."
            ))),
        }
    }
}

/// Where images come from: files in CIFAR's binary format, for a dataset, a split and a number of images.
pub type Images<'a> = &'a (dyn Fn(DatasetKind, Split, usize) -> Result<Vec<u8>> + Sync);

/// Dataset, split and number of images.
type Wanted = (&'static str, &'static str, usize);

/// What [`run`] needs beside the plan.
pub struct Work<'a> {
    /// Where tensors live.
    pub device: Device,
    /// Where images come from.
    pub data: Images<'a>,
    /// Cells at once.
    pub jobs: usize,
    /// Which cells.
    pub part: Part,
    /// Seconds between checkpoints of a cell: the most that a kill loses, but for ten steps.
    pub checkpoint_seconds: f64,
    /// A few words on this machine for the report.
    pub machine: String,
    /// Told what happens, from several threads.
    pub tell: &'a (dyn Fn(Notice<'_>) + Sync),
    /// Raised from outside to stop at the next steps or probe; cells that are under way leave their checkpoint.
    pub stop: &'a AtomicBool,
    known: Mutex<HashMap<Wanted, Arc<Vec<u8>>>>,
    taught: Mutex<HashMap<PathBuf, Arc<Shared>>>,
}

/// What a teacher said, in memory and on disk.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) targets: Targets,
    path: PathBuf,
    saved: AtomicUsize,
}

impl Shared {
    /// Writes it down where there is more than was written before.
    pub(super) async fn save(&self) -> Result<()> {
        let known = self.targets.len();
        if self.saved.swap(known, Ordering::Relaxed) == known {
            return Ok(());
        }
        if let Some(folder) = self.path.parent() {
            std::fs::create_dir_all(folder).map_err(|e| unwritable(folder, &e))?;
        }
        write(&self.path, &self.targets.save().await?)
    }
}

/// Something that happened.
#[derive(Debug)]
pub enum Notice<'a> {
    /// Before all else.
    Planned {
        /// Cells of this share.
        cells: usize,
        /// Those that were finished before.
        finished: usize,
    },
    /// A cell begins or goes on.
    Started {
        /// Which.
        cell: &'a Cell,
        /// Steps done before.
        done: usize,
        /// Steps planned.
        total: usize,
    },
    /// A control that several cells share is trained, before them.
    Control {
        /// The first of them.
        cell: &'a Cell,
        /// Steps that are left.
        steps: usize,
    },
    /// A cell or its control was trained.
    Steps {
        /// Which.
        cell: &'a Cell,
        /// Steps since the last notice.
        count: usize,
    },
    /// Its networks are evaluated and probed.
    Probing {
        /// Which.
        cell: &'a Cell,
    },
    /// It is finished.
    Finished {
        /// Which.
        cell: &'a Cell,
        /// What came of it.
        record: &'a Record,
    },
    /// It had to be given up.
    Failed {
        /// Which.
        cell: &'a Cell,
        /// Why.
        error: &'a Error,
    },
}

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

impl<'a> Work<'a> {
    /// All cells, one at a time, a checkpoint every 30 seconds.
    pub fn new(device: Device, data: Images<'a>, tell: &'a (dyn Fn(Notice<'_>) + Sync), stop: &'a AtomicBool) -> Self {
        Self {
            device,
            data,
            jobs: 1,
            part: Part::WHOLE,
            checkpoint_seconds: 30.0,
            machine: String::new(),
            tell,
            stop,
            known: Mutex::default(),
            taught: Mutex::default(),
        }
    }

    pub(super) fn stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// What the teacher of a cell said to this and other cells about the same images.
    pub(super) fn targets(&self, cell: &Cell, folder: &Folder) -> Result<Arc<Shared>> {
        let s = cell.settings()?;
        let kind = s.dataset()?;
        let images = match kind {
            // Drawn by the program: its name says which.
            DatasetKind::Shapes32 => String::new(),
            _ => weights::digest(&self.images(kind, Split::Train, s.train_images)?),
        };
        let name = format!("{} {} {images} {} {}", cell.teacher_digest, s.dataset, s.augment, s.copies);
        let path = folder.targets(&weights::digest(name.as_bytes())[..16]);
        let mut taught = self.taught.lock().unwrap_or_else(PoisonError::into_inner);
        let shared = taught.entry(path.clone()).or_insert_with(|| {
            // A file that cannot be read is made again.
            let kept = std::fs::read(&path).ok().and_then(|bytes| Targets::load(&bytes, &self.device).ok());
            let targets = kept.unwrap_or_default();
            Arc::new(Shared { saved: AtomicUsize::new(targets.len()), targets, path })
        });
        Ok(shared.clone())
    }

    /// Images of a split, read once for all cells.
    pub(super) fn images(&self, kind: DatasetKind, split: Split, count: usize) -> Result<Arc<Vec<u8>>> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (kind.name(), split.name(), count);
        if let Some(bytes) = known.get(&key) {
            return Ok(bytes.clone());
        }
        let bytes = Arc::new((self.data)(kind, split, count)?);
        let held = cifar::read(kind, &bytes)?.len();
        if held < count {
            return Err(Error::DataMissing(format!(
                "The study needs {count} {split} images of {}; only {held} are here.",
                kind.label()
            )));
        }
        known.insert(key, bytes.clone());
        Ok(bytes)
    }
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
