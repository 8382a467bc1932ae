//! One run of a study, and what tells it from the others.

use std::collections::BTreeMap;
use std::path::PathBuf;

use kd_lens::data::{SHARD_IMAGES, Schedule};
use kd_lens::error::Result;
use kd_lens::lab::Settings;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// One thing that differs between cells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Axis {
    /// Name of a common setting.
    pub name: String,
    /// What its values are called, in the order of the file.
    pub labels: Vec<String>,
}

/// A weights file for a role, known by its digest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Brought {
    /// Where it lies.
    pub path: PathBuf,
    /// SHA-256 of the file.
    pub digest: String,
}

/// One run of a study.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Cell {
    /// Name of its folder: words for people and a digest of what decides its numbers.
    pub id: String,
    /// Its label on every axis.
    pub labels: BTreeMap<String, String>,
    /// All settings with the options of the method, as [`Settings::from_json`] takes them.
    pub settings: Map<String, Value>,
    /// The teacher's weights.
    pub teacher_weights: PathBuf,
    /// SHA-256 of that file.
    pub teacher_digest: String,
    /// The seed whose control stands in the student's place, in a cell that shows chance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stand_in: Option<u64>,
    /// The next seed of the grid, whose control is this cell's twin, where that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub twin: Option<u64>,
    /// Further networks for probes, by role.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub brought: BTreeMap<String, Brought>,
}

impl Cell {
    /// The settings as a value.
    ///
    /// # Errors
    /// As [`Settings::from_json`].
    pub fn settings(&self) -> Result<Settings> {
        Settings::from_json(&self.settings)
    }

    /// Steps of its training.
    ///
    /// # Errors
    /// As [`Settings::from_json`].
    pub fn steps(&self) -> Result<usize> {
        let settings = self.settings()?;
        let schedule = Schedule::new(settings.seed, settings.train_images, settings.batch_size, SHARD_IMAGES)?;
        Ok(schedule.steps_per_epoch() * settings.epochs * settings.chain()?.len())
    }

    /// The same cell under another seed.
    pub fn with_seed(&self, seed: u64) -> Self {
        let mut cell = self.clone();
        cell.settings.insert("seed".into(), json!(seed));
        cell
    }

    /// The label of an axis; empty when there is no such axis.
    pub fn label(&self, axis: &str) -> &str {
        self.labels.get(axis).map_or("", String::as_str)
    }

    /// The digests by role: what decides reports beside settings, teacher and probes.
    pub(crate) fn digests(&self) -> BTreeMap<String, String> {
        let own = [("stand-in", self.stand_in), ("twin", self.twin)];
        let controls =
            own.iter().filter_map(|(role, seed)| Some((role.to_string(), format!("control of seed {}", (*seed)?))));
        let files = self.brought.iter().map(|(role, brought)| (role.clone(), brought.digest.clone()));
        controls.chain(files).collect()
    }
}
