//! Files and folders on the command line's side: datasets, weights, devices.

use std::path::{Path, PathBuf};

use clap::ValueEnum;
use kd_lens::data::{Dataset, DatasetKind, Split, cifar, derived, shapes};
use kd_lens::device::{Backend, Opened, open};
use kd_lens::files::read;
use kd_lens::{Error, Result};

/// Which engine computes.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Engine {
    /// burn-flex on all cores.
    Cpu,
    /// burn-wgpu (needs a build with `--features gpu`).
    Gpu,
    /// burn-wgpu on Vulkan with SPIR-V (`--features vulkan`).
    Vulkan,
    /// burn-cuda on an NVIDIA card (`--features cuda`).
    Cuda,
}

impl Engine {
    /// Opens it.
    pub async fn open(self) -> Result<Opened> {
        open(match self {
            Engine::Cpu => Backend::Cpu,
            Engine::Gpu => Backend::Gpu,
            Engine::Vulkan => Backend::Vulkan,
            Engine::Cuda => Backend::Cuda,
        })
        .await
    }
}

/// The datasets that there are, for help.
pub fn datasets() -> String {
    DatasetKind::ALL.map(|kind| format!("{} ({})", kind.name(), kind.label())).join(", ")
}

/// The most images of a split that can be asked for; more than any dataset has, and few enough to be drawn.
const MOST_IMAGES: usize = 1_000_000;

/// The first `count` images of a split, or all there are: generated, from `folder` (see [`folder_of`]), or made of images from
/// there and of CIFAR-10 in the folder `cifar10` beside it.
///
/// # Errors
/// `data-missing` where fewer are there than are asked for, files between others are missing, or no number is given and not all
/// official files are there; `setting-invalid` for a number that cannot be.
pub fn dataset(kind: DatasetKind, split: Split, count: Option<usize>, folder: Option<&Path>) -> Result<Dataset> {
    if count == Some(0) {
        return Err(Error::SettingInvalid(format!("At least one {split} image is needed; 0 were asked for.")));
    }
    if let Some(count) = count.filter(|count| *count > MOST_IMAGES) {
        return Err(Error::SettingInvalid(format!(
            "At most {MOST_IMAGES} {split} images can be asked for; {count} were."
        )));
    }
    if kind == DatasetKind::Shapes32 {
        return Ok(shapes::generate(shapes::SEED, split, 0, count.unwrap_or(usual(split))));
    }
    let folder = folder_of(kind, folder);
    let source = |from: DatasetKind, count: Option<usize>| match from {
        DatasetKind::DigitsPlain => digits(split, count, &folder),
        _ => from_shards(from, split, count, &folder),
    };
    let images = match kind.source() {
        None => source(kind, count)?,
        Some(from) => {
            let photographs = match kind {
                DatasetKind::DigitsPhoto | DatasetKind::DigitsAll => {
                    let beside = folder.with_file_name(DatasetKind::Cifar10.folder());
                    Some(from_shards(DatasetKind::Cifar10, split, Some(derived::PHOTOGRAPHS), &beside)?)
                }
                _ => None,
            };
            let made_of = source(from, count.map(|count| derived::needed(kind, split, count)))?;
            let count = count.unwrap_or_else(|| derived::possible(kind, split, made_of.len()));
            derived::make(kind, split, count, &made_of, photographs.as_ref())?
        }
    };
    match count {
        Some(count) if images.len() < count => Err(Error::DataMissing(format!(
            "{count} {split} images of {} are asked for, but only {} are in {}. Ask for fewer, or complete the files.",
            kind.label(),
            images.len(),
            folder.display()
        ))),
        _ => Ok(images),
    }
}

/// Of generated images there is no end; by default there are as many as of CIFAR-10.
fn usual(split: Split) -> usize {
    match split {
        Split::Train => 50_000,
        Split::Test => 10_000,
    }
}

/// The first `count` digits of a split, or fewer where there are fewer.
fn digits(split: Split, count: Option<usize>, folder: &Path) -> Result<Dataset> {
    let path = folder.join(format!("{split}.bin"));
    let bytes = std::fs::read(&path).map_err(|e| {
        Error::DataMissing(format!(
            "{} could not be read ({e}). `cargo xtask data` fetches the digits.",
            path.display()
        ))
    })?;
    let mut dataset = derived::digits(&bytes).map_err(|e| in_file(&path, e))?;
    dataset.truncate(count.unwrap_or(usize::MAX));
    Ok(dataset)
}

/// The first `count` images of a split of CIFAR, or fewer where there are fewer.
fn from_shards(kind: DatasetKind, split: Split, count: Option<usize>, folder: &Path) -> Result<Dataset> {
    let paths = shards(kind, split, folder)?;
    let official = cifar::official_files(kind, split);
    if count.is_none() && paths.iter().any(|path| official.iter().any(|name| path.ends_with(name))) {
        let lacking: Vec<&str> = official.iter().copied().filter(|name| !folder.join(name).exists()).collect();
        if !lacking.is_empty() {
            return Err(Error::DataMissing(format!(
                "Of the {split} images of {}, these files are missing in {}: {}. Complete them, or say how many images to use.",
                kind.label(),
                folder.display(),
                lacking.join(", ")
            )));
        }
    }
    let count = count.unwrap_or(usize::MAX);
    let mut dataset = Dataset::empty(kind);
    for path in paths {
        if dataset.len() >= count {
            break;
        }
        cifar::append(&mut dataset, kind, &read(&path, Error::DataMissing)?).map_err(|e| in_file(&path, e))?;
    }
    dataset.truncate(count);
    if dataset.is_empty() {
        return Err(Error::DataMissing(format!(
            "There are no {split} images of {} in {}. `cargo xtask data` fetches CIFAR-10; the official binary files of either CIFAR work too.",
            kind.label(),
            folder.display()
        )));
    }
    Ok(dataset)
}

/// The same error with the file's name before it.
pub fn in_file(path: &Path, error: Error) -> Error {
    let named = |sentence: String| format!("{}: {sentence}", path.display());
    match error {
        Error::DataTruncated(s) => Error::DataTruncated(named(s)),
        Error::DataForeign(s) => Error::DataForeign(named(s)),
        Error::CheckpointUnreadable(s) => Error::CheckpointUnreadable(named(s)),
        Error::CheckpointMismatch(s) => Error::CheckpointMismatch(named(s)),
        Error::WeightsUnreadable(s) => Error::WeightsUnreadable(named(s)),
        Error::WeightsMismatch(s) => Error::WeightsMismatch(named(s)),
        other => other,
    }
}

/// `--data`, else the dataset's folder in `$KD_LENS_DATA`, else in `data`.
fn folder_of(kind: DatasetKind, given: Option<&Path>) -> PathBuf {
    given.map(Path::to_path_buf).unwrap_or_else(|| {
        let root = std::env::var_os("KD_LENS_DATA").map_or_else(|| PathBuf::from("data"), PathBuf::from);
        root.join(kind.folder())
    })
}

/// The shards that `cargo xtask data` writes, or the official files, in their order.
///
/// # Errors
/// `data-missing` where one is missing and a later one is there: images are counted from the first on.
fn shards(kind: DatasetKind, split: Split, folder: &Path) -> Result<Vec<PathBuf>> {
    let prefix = format!("{split}-");
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| name.starts_with(&prefix) && name.ends_with(".bin"))
        .collect();
    names.sort();
    let digits = |name: &str| name[prefix.len()..].strip_suffix(".bin").map(String::from).unwrap_or_default();
    let numbers: Option<Vec<usize>> = names.iter().map(|name| digits(name).parse().ok()).collect();
    let gap = match (names.is_empty(), numbers) {
        (false, Some(mut numbers)) => {
            // Numbers without leading zeros are in another order than the alphabet's.
            names.sort_by_key(|name| digits(name).parse::<usize>().unwrap_or(usize::MAX));
            numbers.sort_unstable();
            let lacking = (0..).zip(&numbers).find(|(at, number)| at != *number).map(|(at, _)| at);
            let width = names.iter().map(|name| digits(name).len()).min().unwrap_or(0);
            lacking.map(|at: usize| format!("{prefix}{at:0width$}.bin"))
        }
        // Names of somebody's own, in the order of the alphabet.
        (false, None) => None,
        (true, _) => {
            let official = cifar::official_files(kind, split);
            names = official.iter().filter(|name| folder.join(name).exists()).map(|name| name.to_string()).collect();
            official.iter().zip(&names).find(|(expected, name)| **expected != name.as_str()).map(|(e, _)| e.to_string())
        }
    };
    match gap {
        Some(lacking) => Err(Error::DataMissing(format!(
            "{} is missing, and later files of {} are there. Images are counted from the first on: complete the files.",
            folder.join(lacking).display(),
            kind.label()
        ))),
        None => Ok(names.iter().map(|name| folder.join(name)).collect()),
    }
}
