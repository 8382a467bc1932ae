//! What the cells of a study are computed with, and what is told of it.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use burn::tensor::Device;
use kd_lens::data::{DatasetKind, Split, cifar};
use kd_lens::error::{Error, Result};
use kd_lens::lab::TeacherCache;
use kd_lens::weights;

use crate::files::{unwritable, write};
use crate::study::spec::{Cell, invalid};
use crate::study::store::{Folder, Record};

/// Which share of the runs is computed here: the i-th of n, by turns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// From 1 to `of`.
    pub which: usize,
    /// How many shares there are.
    pub of: usize,
}

impl Part {
    /// All runs.
    pub const WHOLE: Self = Self { which: 1, of: 1 };

    /// Whether the run at a place of the plan belongs to this share.
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
                "A share of the runs is written i/n with i from 1 to n, for example 1/4, not “{text}”."
            ))),
        }
    }
}

/// Where images come from: files in CIFAR's binary format, for a dataset, a split and a number of images.
pub type Images<'a> = &'a (dyn Fn(DatasetKind, Split, usize) -> Result<Vec<u8>> + Sync);

/// Dataset, split and number of images.
type Wanted = (&'static str, &'static str, usize);

/// What [`run`](super::run) needs beside the plan.
pub struct Work<'a> {
    /// Where tensors live.
    pub device: Device,
    /// Where images come from.
    pub data: Images<'a>,
    /// Runs at once.
    pub jobs: usize,
    /// Which runs.
    pub part: Part,
    /// Seconds between checkpoints of a run: the most that a kill loses, but for ten steps.
    pub checkpoint_seconds: f64,
    /// A few words on this machine for the report.
    pub machine: String,
    /// Told what happens, from several threads.
    pub tell: &'a (dyn Fn(Notice<'_>) + Sync),
    /// Raised from outside to stop at the next steps or probe; runs that are under way leave their checkpoint.
    pub stop: &'a AtomicBool,
    known: Mutex<HashMap<Wanted, Arc<Vec<u8>>>>,
    taught: Mutex<HashMap<PathBuf, Arc<Shared>>>,
}

/// What a teacher said, in memory and on disk.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) targets: TeacherCache,
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

/// Steps between looks at the clock.
pub(super) const SLICE: usize = 10;

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

impl<'a> Work<'a> {
    /// All runs, one at a time, a checkpoint every 30 seconds.
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
            let kept = std::fs::read(&path).ok().and_then(|bytes| TeacherCache::load(&bytes, &self.device).ok());
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
