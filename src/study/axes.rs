//! The grid: which runs a study consists of.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::bring::{Bring, Brought};
use super::plan::invalid;
use crate::data::{SHARD_IMAGES, Schedule};
use crate::error::{Error, Result};
use crate::fields::{Field, unknown};
use crate::lab::{Settings, fields};
use crate::objectives::METHODS;
use crate::weights;

/// Axes that every study has, whether its grid names them or not, before and after all others.
const FIRST: [&str; 3] = ["dataset", "teacher", "student"];
const LAST: [&str; 2] = ["method", "seed"];
/// Letters of a cell's folder before its digest.
const SLUG: usize = 72;

/// One thing that differs between cells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Axis {
    /// Name of a common setting.
    pub name: String,
    /// What its values are called, in the order of the file.
    pub labels: Vec<String>,
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
}

/// An entry of a list of the grid.
#[derive(Clone)]
struct Entry {
    label: String,
    settings: Map<String, Value>,
    weights: Option<PathBuf>,
    /// No method: another control stands in the student's place.
    chance: bool,
}

/// Every combination of the grid's entries.
pub(super) fn expand(
    common: &Map<String, Value>,
    grid: &Map<String, Value>,
    weights: &BTreeMap<String, PathBuf>,
    bring: &Bring,
    chance: Option<&str>,
    digest: &dyn Fn(&Path) -> Result<String>,
) -> Result<(Vec<Axis>, Vec<Cell>)> {
    let table = fields();
    for name in common.keys() {
        known(&table, name, "[settings]")?;
        if grid.contains_key(name) {
            return Err(invalid(format!(
                "`{name}` stands both in `[settings]` and in `[grid]`. Leave it in one of them."
            )));
        }
    }
    let mut names: Vec<&str> = FIRST.to_vec();
    names.extend(grid.keys().map(String::as_str).filter(|n| !FIRST.contains(n) && !LAST.contains(n)));
    names.extend(LAST);
    let defaults = Settings::default().to_json();
    let mut axes = Vec::new();
    let mut lists = Vec::new();
    for name in names {
        known(&table, name, "[grid]")?;
        let list = match grid.get(name) {
            Some(Value::Array(list)) if !list.is_empty() => list.clone(),
            Some(_) => return Err(invalid(format!("`{name}` in `[grid]` must be a list that is not empty."))),
            None => vec![common.get(name).unwrap_or(&defaults[name]).clone()],
        };
        let mut entries = list.iter().map(|value| entry(name, value)).collect::<Result<Vec<_>>>()?;
        if let ("method", Some(label)) = (name, chance) {
            let settings = Map::from_iter([("method".to_string(), "labels".into())]);
            entries.push(Entry { label: label.into(), settings, weights: None, chance: true });
        }
        let mut labels: Vec<String> = Vec::new();
        for entry in &entries {
            if labels.contains(&entry.label) {
                return Err(invalid(format!(
                    "Two entries of `{name}` in `[grid]` are called “{}”. Give one of them a `label`.",
                    entry.label
                )));
            }
            labels.push(entry.label.clone());
        }
        axes.push(Axis { name: name.to_string(), labels });
        lists.push(entries);
    }
    let mut cells: Vec<Cell> = Vec::new();
    let mut digests = BTreeMap::new();
    for chosen in combinations(&lists) {
        let cell = cell(common, &axes, &chosen, (weights, bring), &mut |path| match digests.get(path) {
            Some(known) => Ok(String::clone(known)),
            None => {
                let found = digest(path)?;
                digests.insert(path.to_path_buf(), found.clone());
                Ok(found)
            }
        })?;
        if let Some(twin) = cells.iter().find(|c| {
            let same = c.settings == cell.settings && c.teacher_digest == cell.teacher_digest;
            c.id == cell.id || same && c.stand_in == cell.stand_in
        }) {
            return Err(invalid(format!(
                "Two cells are the same run: {} and {}.",
                named(&axes, twin),
                named(&axes, &cell)
            )));
        }
        cells.push(cell);
    }
    bring.check(&cells)?;
    let seeds: Vec<u64> =
        lists.last().into_iter().flatten().filter_map(|entry| entry.settings["seed"].as_u64()).collect();
    for cell in &mut cells {
        let at = seeds.iter().position(|seed| Some(*seed) == cell.settings["seed"].as_u64());
        let next = at.map(|at| seeds[(at + 1) % seeds.len()]).filter(|_| seeds.len() > 1);
        if next.is_none() && (chance.is_some() || bring.twin_is_control()) {
            return Err(invalid(
                "Another control is one of another seed: `seed` in `[grid]` needs at least two.".into(),
            ));
        }
        cell.stand_in = cell.stand_in.and(next);
        cell.twin = next.filter(|_| bring.twin_is_control());
    }
    Ok((axes, cells))
}

fn named(axes: &[Axis], cell: &Cell) -> String {
    let labels: Vec<_> = axes.iter().map(|axis| cell.label(&axis.name)).collect();
    format!("“{}”", labels.join(", "))
}

fn known(table: &[Field], name: &str, place: &str) -> Result<()> {
    if table.iter().any(|f| f.name == name) {
        return Ok(());
    }
    let methods: Vec<_> =
        METHODS.iter().filter(|m| (m.options)().iter().any(|f| f.name == name)).map(|m| m.name).collect();
    if methods.is_empty() {
        let Error::SettingUnknown(sentence) = unknown(name, table.iter().map(|f| f.name)) else {
            return Ok(());
        };
        return Err(Error::SettingUnknown(format!("in `{place}`: {sentence}")));
    }
    Err(Error::SettingUnknown(format!(
        "`{name}` in `{place}` is an option of methods ({}). Write it beside the method's name: \
         `[[grid.method]]`, `name = \"{}\"`, `{name} = …`.",
        methods.join(", "),
        methods[0]
    )))
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), String::from)
}

/// Reads an entry: a value, or a table with `name`.
fn entry(axis: &str, value: &Value) -> Result<Entry> {
    let Value::Object(table) = value else {
        let settings = Map::from_iter([(axis.to_string(), value.clone())]);
        return Ok(Entry { label: plain(value), settings, weights: None, chance: false });
    };
    let mut settings = table.clone();
    let name = settings
        .remove("name")
        .ok_or_else(|| invalid(format!("A table of `{axis}` in `[grid]` needs a `name`, the value of `{axis}`.")))?;
    let mut text = |key: &str| match settings.remove(key) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(other) => Err(invalid(format!("`{key}` of an entry of `{axis}` must be a text, not {other}."))),
    };
    let label = text("label")?;
    let weights = if axis == "teacher" { text("weights")?.map(PathBuf::from) } else { None };
    let label = label.unwrap_or_else(|| {
        let options = settings.iter().map(|(name, value)| format!("{name}={}", plain(value)));
        [plain(&name)].into_iter().chain(options).collect::<Vec<_>>().join(" ")
    });
    settings.insert(axis.to_string(), name);
    Ok(Entry { label, settings, weights, chance: false })
}

/// One entry of every list, the last list fastest.
fn combinations(lists: &[Vec<Entry>]) -> Vec<Vec<&Entry>> {
    lists.iter().fold(vec![Vec::new()], |begun, list| {
        let longer = |start: &Vec<_>| -> Vec<Vec<_>> {
            list.iter().map(|entry| start.iter().copied().chain([entry]).collect()).collect()
        };
        begun.iter().flat_map(longer).collect()
    })
}

fn cell(
    common: &Map<String, Value>,
    axes: &[Axis],
    chosen: &[&Entry],
    (weights, bring): (&BTreeMap<String, PathBuf>, &Bring),
    digest: &mut dyn FnMut(&Path) -> Result<String>,
) -> Result<Cell> {
    let mut given = common.clone();
    let mut own: Option<PathBuf> = None;
    let mut set_by = BTreeMap::new();
    for (axis, entry) in axes.iter().zip(chosen) {
        for (name, value) in &entry.settings {
            if let Some(other) = set_by.insert(name.clone(), axis.name.clone()) {
                return Err(invalid(format!("`{name}` is set both by `{other}` and by `{}` in `[grid]`.", axis.name)));
            }
            given.insert(name.clone(), value.clone());
        }
        own = entry.weights.clone().or(own);
    }
    let labels: BTreeMap<_, _> = axes.iter().zip(chosen).map(|(a, e)| (a.name.clone(), e.label.clone())).collect();
    let words: Vec<_> = chosen.iter().map(|e| e.label.as_str()).collect();
    let settings = Settings::from_json(&given).map_err(|e| match e {
        Error::SettingUnknown(s) => Error::SettingUnknown(format!("cell “{}”: {s}", words.join(", "))),
        Error::SettingInvalid(s) => Error::SettingInvalid(format!("cell “{}”: {s}", words.join(", "))),
        other => other,
    })?;
    let key = format!("{}-{}", settings.dataset, settings.teacher);
    let teacher_weights =
        own.or_else(|| weights.get(&key).cloned()).unwrap_or_else(|| format!("www/models/{key}.safetensors").into());
    let teacher_digest = digest(&teacher_weights)?;
    let brought = bring.of(&settings, digest)?;
    let settings = match settings.to_json() {
        Value::Object(all) => all,
        _ => return Err(Error::Internal("the settings could not be written down.".into())),
    };
    let chance = chosen.iter().any(|entry| entry.chance);
    let decisive = match chance {
        true => json!([settings, teacher_digest, "another control"]),
        false => json!([settings, teacher_digest]),
    };
    let decisive = decisive.to_string();
    let mut slug = String::new();
    for c in words.join("-").chars() {
        let c = if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
        if !(c == '-' && slug.ends_with('-')) {
            slug.push(c);
        }
    }
    slug.truncate(SLUG);
    let id = format!("{}-{}", slug.trim_matches('-'), &weights::digest(decisive.as_bytes())[..8]);
    // Which seed it is, is known when all cells are.
    let stand_in = chance.then_some(0);
    Ok(Cell { id, labels, settings, teacher_weights, teacher_digest, stand_in, twin: None, brought })
}
