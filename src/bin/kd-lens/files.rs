//! Files and folders on the command line's side: datasets, weights, devices.

use std::path::{Path, PathBuf};

use clap::ValueEnum;
use kd_lens::data::{Dataset, DatasetKind, Split, cifar, derived, shapes};
use kd_lens::device::{Backend, Opened, open};
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

/// Reads a whole file; the sentence names it.
pub fn read(path: &Path, missing: fn(String) -> Error) -> Result<Vec<u8>> {
    std::fs::read(path).map_err(|e| missing(format!("{} could not be read ({e}).", path.display())))
}

/// Writes a file in one piece, so that a kill leaves the old one or the new one.
pub fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let partial = path.with_extension("partial");
    std::fs::write(&partial, bytes)
        .and_then(|()| std::fs::rename(&partial, path))
        .map_err(|e| Error::SettingInvalid(format!("{} could not be written ({e}).", path.display())))
}

/// The first `count` images of a split: generated, from `folder` (see [`folder_of`]), or made of images from there and of
/// CIFAR-10 in the folder `cifar10` beside it.
pub fn dataset(kind: DatasetKind, split: Split, count: usize, folder: Option<&Path>) -> Result<Dataset> {
    if kind == DatasetKind::Shapes32 {
        return Ok(shapes::generate(shapes::SEED, split, 0, count));
    }
    let folder = folder_of(kind, folder);
    let source = |from: DatasetKind, count: usize| match from {
        DatasetKind::DigitsPlain => digits(split, count, &folder),
        _ => from_shards(from, split, count, &folder),
    };
    match kind.source() {
        None => source(kind, count),
        Some(from) => {
            let photographs = match kind {
                DatasetKind::DigitsPhoto | DatasetKind::DigitsAll => {
                    let beside = folder.with_file_name(DatasetKind::Cifar10.folder());
                    Some(from_shards(DatasetKind::Cifar10, split, derived::PHOTOGRAPHS, &beside)?)
                }
                _ => None,
            };
            derived::make(kind, split, count, &source(from, derived::needed(kind, split, count))?, photographs.as_ref())
        }
    }
}

/// The first `count` digits of a split.
fn digits(split: Split, count: usize, folder: &Path) -> Result<Dataset> {
    let path = folder.join(format!("{split}.bin"));
    let bytes = std::fs::read(&path).map_err(|e| {
        Error::DataMissing(format!(
            "{} could not be read ({e}). `cargo xtask data` fetches the digits.",
            path.display()
        ))
    })?;
    let mut dataset = derived::digits(&bytes)?;
    dataset.truncate(count);
    Ok(dataset)
}

/// The first `count` images of a split of CIFAR.
fn from_shards(kind: DatasetKind, split: Split, count: usize, folder: &Path) -> Result<Dataset> {
    let mut dataset = Dataset::empty(kind);
    for path in shards(kind, split, folder)? {
        if dataset.len() >= count {
            break;
        }
        cifar::append(&mut dataset, kind, &read(&path, Error::DataMissing)?)?;
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

/// `--data`, else the dataset's folder in `$KD_LENS_DATA`, else in `data`.
fn folder_of(kind: DatasetKind, given: Option<&Path>) -> PathBuf {
    given.map(Path::to_path_buf).unwrap_or_else(|| {
        let root = std::env::var_os("KD_LENS_DATA").map_or_else(|| PathBuf::from("data"), PathBuf::from);
        root.join(kind.folder())
    })
}

/// The shards that `cargo xtask data` writes, or the official files.
fn shards(kind: DatasetKind, split: Split, folder: &Path) -> Result<Vec<PathBuf>> {
    let prefix = format!("{split}-");
    let mut found: Vec<PathBuf> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| {
            let name = path.file_name().and_then(|n| n.to_str()).unwrap_or_default();
            name.starts_with(&prefix) && name.ends_with(".bin")
        })
        .collect();
    found.sort();
    if found.is_empty() {
        found =
            cifar::official_files(kind, split).iter().map(|name| folder.join(name)).filter(|p| p.exists()).collect();
    }
    Ok(found)
}
