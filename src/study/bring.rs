//! Further networks of a study: what probes compare the three with.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::axes::Cell;
use super::plan::{Plan, invalid};
use super::schedule::Work;
use crate::data::Split;
use crate::error::{Error, Result};
use crate::files::read;
use crate::lab::{Session, Settings};
use crate::weights;

/// A weights file for a role, known by its digest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Brought {
    /// Where it lies.
    pub path: PathBuf,
    /// SHA-256 of the file.
    pub digest: String,
}

/// The table `[bring]` of a study file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Bring {
    #[serde(default)]
    foreign: Option<Weights>,
    #[serde(default)]
    twin: Option<Weights>,
}

/// One file for all cells, or a file for each `<dataset>` or `<dataset>-<student>`.
#[derive(Debug, Deserialize)]
#[serde(untagged, expecting = "a path or a table of paths")]
enum Weights {
    All(PathBuf),
    Each(BTreeMap<String, PathBuf>),
}

/// What the entries of a table may be called for these settings; the more exact name first.
fn keys(settings: &Settings) -> [String; 2] {
    [format!("{}-{}", settings.dataset, settings.student), settings.dataset.clone()]
}

/// What stands for a twin instead of a path: the control of the next seed.
const CONTROL: &str = "control";

impl Bring {
    /// Whether the twin is a control of the same study.
    pub(super) fn twin_is_control(&self) -> bool {
        matches!(&self.twin, Some(Weights::All(path)) if path.as_os_str() == CONTROL)
    }

    fn roles(&self) -> impl Iterator<Item = (&'static str, &Weights)> {
        [("foreign", &self.foreign), ("twin", &self.twin)].into_iter().filter_map(|(role, w)| Some((role, w.as_ref()?)))
    }

    /// The networks of a cell by their role; none where a table has no entry for it.
    pub(super) fn of(
        &self,
        settings: &Settings,
        digest: &mut dyn FnMut(&Path) -> Result<String>,
    ) -> Result<BTreeMap<String, Brought>> {
        let mut brought = BTreeMap::new();
        for (role, weights) in self.roles() {
            let path = match weights {
                Weights::All(path) if role == "twin" && path.as_os_str() == CONTROL => None,
                Weights::All(path) => Some(path),
                Weights::Each(table) => keys(settings).iter().find_map(|key| table.get(key)),
            };
            if let Some(path) = path {
                brought.insert(role.to_string(), Brought { path: path.clone(), digest: digest(path)? });
            }
        }
        Ok(brought)
    }

    /// Refuses entries that no cell asks for, which are most likely misspelt.
    pub(super) fn check(&self, cells: &[Cell]) -> Result<()> {
        let known = cells.iter().map(|cell| Ok(keys(&cell.settings()?))).collect::<Result<Vec<_>>>()?.concat();
        for (role, weights) in self.roles() {
            if let Weights::Each(table) = weights
                && let Some(key) = table.keys().find(|key| !known.contains(key))
            {
                let mut names = known.clone();
                names.sort();
                names.dedup();
                return Err(invalid(format!(
                    "`{role}` in `[bring]` has an entry “{key}”, but no cell is called so. Entries may be called {}.",
                    names.join(", ")
                )));
            }
        }
        Ok(())
    }
}

/// Gives a session what its probes need: the further networks of its cell and, if they are asked for, the images of all groups.
pub(super) fn bring(cell: &Cell, plan: &Plan, work: &Work<'_>, session: &mut Session) -> Result<()> {
    if plan.probes.iter().any(|asked| asked.name == "groups") {
        let (kind, count) = (session.settings().dataset()?, session.settings().test_images);
        for group in kind.groups() {
            session.show(*group, &work.images(*group, Split::Test, count)?)?;
        }
    }
    for (role, brought) in &cell.brought {
        let bytes = read(&brought.path, Error::WeightsMissing)?;
        if weights::digest(&bytes) != brought.digest {
            return Err(Error::WeightsMismatch(format!(
                "{} changed since the study was read.",
                brought.path.display()
            )));
        }
        session.bring(role, &bytes).map_err(|e| match e {
            Error::WeightsMismatch(s) => Error::WeightsMismatch(format!("{} as {role}: {s}", brought.path.display())),
            other => other,
        })?;
    }
    Ok(())
}

/// The digests by role: what decides reports beside settings, teacher and probes.
pub(super) fn digests(cell: &Cell) -> BTreeMap<String, String> {
    let own = [("stand-in", cell.stand_in), ("twin", cell.twin)];
    let controls =
        own.iter().filter_map(|(role, seed)| Some((role.to_string(), format!("control of seed {}", (*seed)?))));
    let files = cell.brought.iter().map(|(role, brought)| (role.clone(), brought.digest.clone()));
    controls.chain(files).collect()
}
