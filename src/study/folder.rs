//! The folder of a study: what lies where, written so that a kill leaves a whole file or none.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::bring::digests;
use super::cell::Record;
use super::plan::{Keep, Plan, invalid};
use crate::error::{Error, Result};
use crate::files::{self, read, unwritable, write};

/// State of an unfinished cell, and with [`Keep::Checkpoints`] of a finished one.
pub(super) const CHECKPOINT: &str = "run.checkpoint";
/// Evaluations up to that state.
pub(super) const HISTORY: &str = "history.json";
/// A finished cell.
const RECORD: &str = "cell.json";
/// Why a cell could not be finished.
const FAILURE: &str = "failed.txt";
/// The study itself.
const PLAN: &str = "plan.json";
/// Which images its cells were computed with.
const IMAGES: &str = "images.json";

/// SHA-256 of images by their dataset, split and number: `cifar10 train 3000`.
pub(super) type Digests = BTreeMap<String, String>;

/// Where a study's results are.
#[derive(Debug, Clone)]
pub struct Folder {
    root: PathBuf,
}

impl Folder {
    /// Opens a folder for a study, making it if need be. Cells that it already holds are kept. Whoever computes into it holds a
    /// [`crate::files::Lock`] on it.
    ///
    /// # Errors
    /// `setting-invalid` when it holds another study, `file-unwritable`.
    pub fn create(root: &Path, plan: &Plan) -> Result<Self> {
        let folder = Self { root: root.to_path_buf() };
        // The file of a study may change, in its name too, as long as there are cells left to keep.
        if let Ok((_, other)) = Self::open(root)
            && other.name != plan.name
            && !other.cells.iter().any(|cell| plan.cells.iter().any(|own| own.id == cell.id))
        {
            return Err(invalid(format!(
                "{} holds another study (“{}”). Choose another folder for this one.",
                root.display(),
                other.name
            )));
        }
        for path in [folder.cells(), folder.figures()] {
            files::folder(&path)?;
        }
        let plan = serde_json::to_string_pretty(plan)
            .map_err(|e| Error::Internal(format!("the study could not be written down ({e}).")))?;
        write(&root.join(PLAN), plan.as_bytes())?;
        Ok(folder)
    }

    /// Opens a folder that a study was run into, with its plan.
    ///
    /// # Errors
    /// `setting-invalid` when it holds no study.
    pub fn open(root: &Path) -> Result<(Self, Plan)> {
        let bytes = read(&root.join(PLAN), Error::SettingInvalid)?;
        let foreign = |why: String| {
            let path = root.join(PLAN);
            invalid(format!("{} is not a study that this version of kd-lens can read ({why}).", path.display()))
        };
        let mut plan: Plan = serde_json::from_slice(&bytes).map_err(|e| foreign(e.to_string()))?;
        plan.check_names()?;
        for cell in &mut plan.cells {
            // A plan of an earlier version lacks settings that are newer; their defaults are what was done then.
            match cell.settings().map(|settings| settings.to_json()) {
                Ok(Value::Object(all)) => cell.settings = all,
                Ok(_) => return Err(foreign("its settings are no table".into())),
                Err(e) => return Err(foreign(format!("cell {}: {}", cell.id, e.to_string().trim_end_matches('.')))),
            }
        }
        Ok((Self { root: root.to_path_buf() }, plan))
    }

    /// The folder itself.
    pub fn root(&self) -> &Path {
        &self.root
    }

    fn cells(&self) -> PathBuf {
        self.root.join("cells")
    }

    /// States of the controls that several cells share.
    pub(super) fn controls(&self) -> PathBuf {
        self.root.join("controls")
    }

    /// What a teacher said, shared by the cells that it teaches.
    pub(super) fn targets(&self, of: &str) -> PathBuf {
        self.root.join("teachers").join(format!("{of}.safetensors"))
    }

    /// Removes what a killed process left of files that it was writing.
    pub fn sweep(&self) {
        let inside =
            [self.cells(), self.controls()].into_iter().flat_map(|of| std::fs::read_dir(of).into_iter().flatten());
        let homes = inside.flatten().map(|entry| entry.path());
        for folder in homes.chain([self.root.clone(), self.figures(), self.root.join("teachers")]) {
            files::sweep(&folder, &[]);
        }
    }

    /// The images that the cells here were computed with; those of older folders are not known.
    ///
    /// # Errors
    /// `setting-invalid` when the file is damaged.
    fn images(&self) -> Result<Digests> {
        let path = self.root.join(IMAGES);
        match std::fs::read(&path) {
            Err(_) => Ok(Digests::new()),
            Ok(bytes) => serde_json::from_slice(&bytes)
                .map_err(|e| invalid(format!("{} does not name images ({e}).", path.display()))),
        }
    }

    /// Puts down which images cells are computed with.
    ///
    /// # Errors
    /// `data-foreign` when earlier cells had others, `file-unwritable`.
    pub(super) fn note_images(&self, images: Digests) -> Result<()> {
        let before = self.images()?;
        let mut known = before.clone();
        for (of, digest) in images {
            match known.get(&of) {
                Some(other) if *other != digest => {
                    let short = |digest: &str| digest.get(..12).unwrap_or(digest).to_string();
                    return Err(Error::DataForeign(format!(
                        "Cells in {} were computed with other images ({of}: SHA-256 {}… there, {}… here). Use the same images for the \
                         whole study, or another folder.",
                        self.root.display(),
                        short(other),
                        short(&digest)
                    )));
                }
                _ => drop(known.insert(of, digest)),
            }
        }
        if known == before {
            return Ok(());
        }
        let text = serde_json::to_string_pretty(&known)
            .map_err(|e| Error::Internal(format!("the images could not be written down ({e}).")))?;
        write(&self.root.join(IMAGES), text.as_bytes())
    }

    /// Removes what only unfinished cells need.
    pub(super) fn tidy(&self) {
        for path in [self.controls(), self.root.join("teachers")] {
            // What is left over does no harm.
            let _ = std::fs::remove_dir_all(path);
        }
    }

    pub(super) fn figures(&self) -> PathBuf {
        self.root.join("figures")
    }

    /// Everything of one cell.
    pub fn cell(&self, id: &str) -> PathBuf {
        self.cells().join(id)
    }

    /// A cell that is finished and was asked what the plan asks, with the networks that it brings.
    pub fn record(&self, plan: &Plan, id: &str) -> Option<Record> {
        let bytes = std::fs::read(self.cell(id).join(RECORD)).ok()?;
        let record: Record = serde_json::from_slice(&bytes).ok()?;
        let cell = plan.cells.iter().find(|cell| cell.id == id)?;
        let same = record.id == id && record.asked == plan.asked(cell) && record.brought == digests(cell);
        same.then_some(record)
    }

    /// Why a cell was given up, if it was.
    pub fn failure(&self, id: &str) -> Option<String> {
        std::fs::read_to_string(self.cell(id).join(FAILURE)).ok()
    }

    /// Puts down a finished cell; this is the moment from which on it is finished.
    pub(super) fn finish(&self, record: &Record, keep: Keep) -> Result<()> {
        let home = self.cell(&record.id);
        let text = serde_json::to_string(record)
            .map_err(|e| Error::Internal(format!("a cell could not be written down ({e}).")))?;
        write(&home.join(RECORD), text.as_bytes())?;
        let mut left = vec![FAILURE];
        if keep != Keep::Checkpoints {
            left.extend([CHECKPOINT, HISTORY]);
        }
        for name in left {
            // What is left over does no harm.
            let _ = std::fs::remove_file(home.join(name));
        }
        Ok(())
    }

    /// Puts down why a cell was given up.
    pub(super) fn fail(&self, id: &str, error: &Error) -> Result<()> {
        write(&self.cell(id).join(FAILURE), format!("{error} [{}]", error.code()).as_bytes())
    }
}

/// Joins folders of the same study, as several machines filled them, into `root`. Returns how many cells are finished.
///
/// # Errors
/// `setting-invalid` when a folder holds no study or another one, `data-foreign` when parts were computed with other images,
/// `file-unwritable`.
pub fn merge(root: &Path, parts: &[PathBuf]) -> Result<(Folder, Plan, usize)> {
    let mut opened = Vec::new();
    for part in parts {
        opened.push(Folder::open(part)?);
    }
    let Some((_, plan)) = opened.first().cloned() else {
        return Err(invalid("There is nothing to join: name the folders of the parts.".into()));
    };
    if let Some((other, _)) = opened.iter().find(|(_, p)| *p != plan) {
        return Err(invalid(format!(
            "{} and {} are not the same study. Run `kd-lens study` with the same file in both; finished cells are not computed again.",
            parts[0].display(),
            other.root.display()
        )));
    }
    let folder = Folder::create(root, &plan)?;
    for (part, _) in &opened {
        folder.note_images(part.images()?)?;
    }
    for cell in &plan.cells {
        let home = folder.cell(&cell.id);
        let done = opened.iter().find(|(from, _)| from.record(&plan, &cell.id).is_some());
        let Some((from, _)) = done.or_else(|| opened.iter().find(|(from, _)| from.failure(&cell.id).is_some())) else {
            continue;
        };
        if from.root == root {
            continue;
        }
        std::fs::create_dir_all(&home).map_err(|e| unwritable(&home, &e))?;
        let source = from.cell(&cell.id);
        // The record last: with it the cell counts as finished.
        let mut files: Vec<_> =
            std::fs::read_dir(&source).into_iter().flatten().flatten().map(|entry| entry.file_name()).collect();
        files.sort_by_key(|name| name == RECORD);
        for name in files.iter().filter(|name| !name.to_string_lossy().ends_with(".partial")) {
            let bytes = read(&source.join(name), Error::SettingInvalid)?;
            write(&home.join(name), &bytes)?;
        }
    }
    let finished = plan.cells.iter().filter(|cell| folder.record(&plan, &cell.id).is_some()).count();
    Ok((folder, plan, finished))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_back_as_they_were_written() {
        let text = "name = \"a\"\n[[probe]]\nname = \"grad-cam\"\nodd = [1e-45, 1e300, 0.30000000000000004, 6.2e-7]\n";
        let plan = Plan::parse(text, "a.toml", &|_| Ok("0".repeat(64))).unwrap();
        let root = std::env::temp_dir().join(format!("kd-lens-numbers-{}", std::process::id()));
        Folder::create(&root, &plan).unwrap();
        assert_eq!(Folder::open(&root).unwrap().1, plan);
        std::fs::remove_dir_all(&root).unwrap();
    }

    #[test]
    fn a_folder_takes_one_study_and_one_set_of_images() {
        let plan = |name: &str, seed: u64| {
            let text = format!("name = \"{name}\"\n[settings]\nepochs = 1\n[grid]\nseed = [{seed}]\n");
            Plan::parse(&text, "a.toml", &|_| Ok("0".repeat(64))).unwrap()
        };
        let root = std::env::temp_dir().join(format!("kd-lens-images-{}", std::process::id()));
        let folder = Folder::create(&root.join("a"), &plan("a", 1)).unwrap();
        let images = |digest: &str| Digests::from([("cifar10 train 8".to_string(), digest.repeat(64))]);
        folder.note_images(images("1")).unwrap();
        folder.note_images(images("1")).unwrap();
        assert_eq!(folder.note_images(images("2")).unwrap_err().code(), "data-foreign");
        assert_eq!(Folder::create(&root.join("a"), &plan("b", 2)).unwrap_err().code(), "setting-invalid");
        Folder::create(&root.join("a"), &plan("renamed", 1)).unwrap();
        Folder::create(&root.join("a"), &plan("a", 1)).unwrap();
        let other = Folder::create(&root.join("other"), &plan("a", 1)).unwrap();
        other.note_images(images("2")).unwrap();
        let parts = [root.join("a"), root.join("other")];
        assert_eq!(merge(&root.join("both"), &parts).unwrap_err().code(), "data-foreign");
        std::fs::remove_dir_all(&root).unwrap();
    }

    #[test]
    fn names_of_a_plan_lead_to_no_place_outside_its_folder() {
        let text = "name = \"a\"\n[[claim]]\nid = \"c\"\nsentence = \"s\"\nprobe = \"evaluation\"\npath = \"/accuracy\"\nexpect = \"student > control\"\n";
        let plan = Plan::parse(text, "a.toml", &|_| Ok("0".repeat(64))).unwrap();
        let root = std::env::temp_dir().join(format!("kd-lens-names-{}", std::process::id()));
        Folder::create(&root, &plan).unwrap();
        assert_eq!(Folder::open(&root).unwrap().1, plan);
        let written = std::fs::read_to_string(root.join(PLAN)).unwrap();
        for (from, to) in
            [(r#""id": "c""#, r#""id": "../../c""#), (&*format!("\"id\": \"{}", plan.cells[0].id), r#""id": "/c"#)]
        {
            assert!(written.contains(from), "{from}");
            std::fs::write(root.join(PLAN), written.replace(from, to)).unwrap();
            let error = Folder::open(&root).unwrap_err();
            assert_eq!(error.code(), "setting-invalid");
            assert!(error.to_string().contains("may hold letters"), "{error}");
        }
        std::fs::remove_dir_all(&root).unwrap();
    }
}
