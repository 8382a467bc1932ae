//! The grid: which runs a study consists of.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use kd_lens::error::{Error, Result};
use kd_lens::fields::{Field, unknown};
use kd_lens::lab::{Cohort, LearnerSpec, Settings, fields};
use kd_lens::objectives::METHODS;
use kd_lens::weights;
use serde_json::{Map, Value, json};

use super::bring::Bring;
use super::cell::{Axis, Cell};
use super::invalid;

/// Axes that every study has, whether its grid names them or not, before and after all others.
const FIRST: [&str; 3] = ["dataset", "teacher", "student"];
const LAST: [&str; 2] = ["method", "seed"];
/// Letters of a cell's folder before its digest.
const SLUG: usize = 72;

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
    let mut grid = grid.clone();
    if let Some(cohort) = grid.remove("cohort") {
        if grid.contains_key("method") {
            return Err(invalid("`[grid]` names learners in `cohort` or in `method`, not in both.".into()));
        }
        grid.insert("method".into(), methods(&cohort)?);
    }
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

/// The taught learners of a cohort as entries of `method`, called as the cohort has them. The baseline is every cell's control.
fn methods(cohort: &Value) -> Result<Value> {
    let cohort = Cohort::from_json(cohort)?;
    let learners = cohort.taught().map(|at| (&cohort.learners()[at], cohort.entries().swap_remove(at)));
    let entry = |(learner, label): (&LearnerSpec, String)| {
        let mut table = Map::from_iter([("name".to_string(), learner.method.into()), ("label".into(), label.into())]);
        table.extend(learner.own_options().into_iter().map(|(name, value)| (name.to_string(), value.clone())));
        match learner.architecture {
            None => Ok(Value::Object(table)),
            Some(_) => Err(invalid(format!(
                "The learner “{}” of `cohort` in `[grid]` cannot have an `architecture`: a student and its control are alike. Name \
                 architectures in `student`.",
                learner.id
            ))),
        }
    };
    learners.map(entry).collect::<Result<Vec<_>>>().map(Value::Array)
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
