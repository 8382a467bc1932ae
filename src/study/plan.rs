//! What a study file says.
//!
//! ```toml
//! name = "A first look"                        # heads the report
//! question = "Does the student look where its teacher looks?"
//! chance = "another control"                   # adds cells called so to the methods: see **Chance**
//! keep = "checkpoints"                         # or "weights", "numbers": what stays of a finished cell
//! notMeasured = ["Other datasets."]            # sentences for the report's last section
//!
//! [settings]                                   # the same for all cells: names of the table of settings
//! dataset = "cifar10"
//! epochs = 10
//!
//! [grid]                                       # every combination is a cell
//! student = ["resnet8", "resnet14"]
//! seed = [0, 1, 2]
//!
//! [[grid.method]]                              # a list may hold tables instead of names
//! name = "kl"
//! [[grid.method]]
//! name = "srd"
//! label = "SRD, no projector"                  # how the report calls it; default: name and options
//! projector = "none"                           # options of the method, or any setting for these cells only
//!
//! [[without]]                                  # combinations that are left out, by label
//! student = "resnet14"
//! method = "SRD, no projector"
//!
//! [teacherWeights]                             # default: www/models/<dataset>-<teacher>.safetensors
//! cifar10-resnet20 = "teachers/own.safetensors"
//!
//! [bring]                                      # further networks for probes, weights files
//! foreign = "teachers/foreign.safetensors"     # trained by itself: a stranger to attack, or to agree with by chance
//! twin.cifar10-resnet8 = "teachers/s9.safetensors"   # a control of another seed; by dataset, or dataset and student
//!
//! [[probe]]                                    # run on the networks of every finished cell
//! name = "grad-cam"                            # `id` is another name for it when a probe is asked twice
//! images = 500                                 # all other keys are options of the probe
//! cells = { student = "resnet8" }              # only of these cells; without it, of all
//!
//! [[claim]]
//! id = "P1"
//! paper = "2205.16004"
//! section = "4.1"
//! sentence = "The student's map is closer to the teacher's than the control's is."
//! probe = "grad-cam"                           # id of a probe, or "evaluation"
//! student = "/items/*/cosine/teacherStudent"   # a value for every image; or `path` to one number for both
//! control = "/items/*/cosine/teacherControl"
//! expect = "student > control"
//! # check = true                               # a question about the measurement that nobody claims
//! cells = { method = ["kl", "SRD, no projector"] }   # by label; without it, all cells
//! controlCells = { method = "labels" }         # cells in which no difference is expected
//! ```
//!
//! **Axes.** Any common setting can be a list in `[grid]`. An entry that is a table has a `name`, may have a `label`, and sets
//! further settings for its cells; an entry of `teacher` may have `weights`, a path. Paths count from the folder where the
//! command is started.
//!
//! **Networks brought.** Each of `foreign` and `twin` is one path, or a table of paths by `<dataset>` or `<dataset>-<student>`;
//! a cell for which a table has no entry has no such network. They decide what probes report and nothing of the training: with
//! another file the probes are asked again and no cell is trained again (`keep = "checkpoints"`).
//!
//! `twin = "control"` takes the control of the next seed of the grid, which costs nothing.
//!
//! **Chance.** How far are two controls apart? With `chance` there is for every combination of the other axes a cell in which the
//! control of the next seed stands in the student's place: nothing is trained for it, and every probe and claim shows what it
//! finds where no teacher was at work. Name it in `controlCells`.
//!
//! **Numbers.** A path is a JSON pointer (RFC 6901) into a probe's report, `*` standing for every entry of a list. It may lead to
//! a comparison of student and control (`{student, control, difference, low, high, n}`), to an object with `student` and
//! `control` that are rates or numbers, or, beside `chance`, to one rate or number. The report named `evaluation` has
//! `/accuracy`, `/agreement` (with the teacher), `/nll` and `/divergence` (mean KL(teacher ‖ learner), nats), each a paired comparison on the test images.
//!
//! **Expectations.** `student > control`, `student < control`; `above chance`, `below chance` with `chance = 0.5`; `a > b`,
//! `a < b` with `a = { method = "srd" }` and `b = { method = "kl" }`: cells that agree in everything else, the seed included, are
//! compared, and `of` says in what (`student`, the default, `control` or `difference`). `unit = "percent"` shows shares in percent.
//!
//! Unknown keys are refused. What a cell computes is decided by its settings, its teacher's weights, the networks brought and the probes: claims,
//! names and labels can be changed later without computing anything again.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::axes::{Axis, Cell, expand};
use super::bring::Bring;
use super::claim::{Claim, Selector};
use crate::error::{Error, Result};
use crate::probes::PROBES;

/// What stays of a finished cell beside its numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Keep {
    /// Weights and the last checkpoint, so that a probe that is added later needs no new training.
    #[default]
    Checkpoints,
    /// Weights of student and control, 16-bit floats.
    Weights,
    /// Nothing else.
    Numbers,
}

/// A probe that every cell is asked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Asked {
    /// What claims call it.
    pub id: String,
    /// Name in [`PROBES`].
    pub name: String,
    /// As [`crate::probes::run`] takes them.
    pub options: Map<String, Value>,
    /// Cells whose networks are asked; all where it is empty.
    #[serde(default, skip_serializing_if = "Selector::is_empty")]
    pub cells: Selector,
}

/// A study as it was read: what to compute, and what is claimed of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Plan {
    /// Heads the report.
    pub name: String,
    /// One sentence.
    pub question: String,
    /// What stays of a finished cell.
    pub keep: Keep,
    /// Sentences of the author on what the study leaves out.
    pub not_measured: Vec<String>,
    /// What differs between cells, in the order of the tables; the seed is last.
    pub axes: Vec<Axis>,
    /// Asked of every cell.
    pub probes: Vec<Asked>,
    /// To be judged.
    pub claims: Vec<Claim>,
    /// In the order of the axes, the last one fastest.
    pub cells: Vec<Cell>,
    /// The file itself.
    pub source: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Written {
    name: String,
    #[serde(default)]
    question: String,
    #[serde(default)]
    keep: Keep,
    #[serde(default)]
    not_measured: Vec<String>,
    #[serde(default)]
    settings: Map<String, Value>,
    #[serde(default)]
    grid: Map<String, Value>,
    #[serde(default)]
    chance: Option<String>,
    #[serde(default)]
    without: Vec<Selector>,
    #[serde(default)]
    teacher_weights: BTreeMap<String, PathBuf>,
    #[serde(default)]
    bring: Bring,
    #[serde(default)]
    probe: Vec<Map<String, Value>>,
    #[serde(default)]
    claim: Vec<Claim>,
}

impl Plan {
    /// Reads a study file. `file` is its name for messages; `digest` gives the SHA-256 of a teacher's weights file.
    ///
    /// # Errors
    /// `setting-unknown`, `setting-invalid`, `probe-unknown`, and those of `digest`.
    pub fn parse(text: &str, file: &str, digest: &dyn Fn(&Path) -> Result<String>) -> Result<Self> {
        let written: Written = toml::from_str(text).map_err(|e| {
            let line = e.span().map(|span| text[..span.start.min(text.len())].matches('\n').count() + 1);
            let place = line.map_or_else(|| file.to_string(), |line| format!("{file}, line {line}"));
            invalid(format!("{place}: {}.", e.message().trim_end_matches('.').replace('\n', " ")))
        })?;
        let here = |e: Error| in_file(file, e);
        let (axes, cells) = expand(
            &written.settings,
            &written.grid,
            &written.teacher_weights,
            &written.bring,
            written.chance.as_deref(),
            digest,
        )
        .map_err(here)?;
        let probes = written.probe.into_iter().map(asked).collect::<Result<Vec<_>>>().map_err(here)?;
        unique(probes.iter().map(|p| p.id.as_str()), "probe").map_err(here)?;
        let mut plan = Self {
            name: written.name,
            question: written.question,
            keep: written.keep,
            not_measured: written.not_measured,
            axes,
            probes,
            claims: written.claim,
            cells,
            source: text.to_string(),
        };
        for (i, selector) in written.without.iter().enumerate() {
            selector.check(&plan, &format!("`[[without]]` {}", i + 1)).map_err(here)?;
        }
        plan.cells.retain(|cell| !written.without.iter().any(|selector| selector.takes(cell)));
        for probe in &plan.probes {
            probe.cells.check(&plan, &format!("Probe “{}”, `cells`", probe.id)).map_err(here)?;
        }
        unique(plan.claims.iter().map(|c| c.id.as_str()), "claim").map_err(here)?;
        for claim in &plan.claims {
            claim.check(&plan).map_err(here)?;
        }
        Ok(plan)
    }

    /// Checks the names of cells, probes and claims of a plan that was not made by [`Plan::parse`]: they become names of files.
    pub(super) fn check_names(&self) -> Result<()> {
        unique(self.cells.iter().map(|c| c.id.as_str()), "cell")?;
        unique(self.probes.iter().map(|p| p.id.as_str()), "probe")?;
        unique(self.claims.iter().map(|c| c.id.as_str()), "claim")
    }

    /// What a cell is asked.
    pub fn asked(&self, cell: &Cell) -> Vec<Asked> {
        // Labels decide no numbers, so they are not kept with them.
        let plain = |asked: &Asked| Asked { cells: Selector::default(), ..asked.clone() };
        self.probes.iter().filter(|asked| asked.cells.takes(cell)).map(plain).collect()
    }

    /// The axes whose values differ between cells, but for the seed.
    pub fn varying(&self) -> impl Iterator<Item = &Axis> {
        self.axes.iter().filter(|axis| axis.name != "seed" && axis.labels.len() > 1)
    }
}

/// The error of a file that does not fit together.
pub(super) fn invalid(sentence: String) -> Error {
    Error::SettingInvalid(sentence)
}

/// The same error with the file's name before it.
fn in_file(file: &str, error: Error) -> Error {
    match error {
        Error::SettingUnknown(s) => Error::SettingUnknown(format!("{file}: {s}")),
        Error::SettingInvalid(s) => Error::SettingInvalid(format!("{file}: {s}")),
        Error::ProbeUnknown(s) => Error::ProbeUnknown(format!("{file}: {s}")),
        other => other,
    }
}

/// A table `[[probe]]`: name and id, all else are options.
fn asked(mut table: Map<String, Value>) -> Result<Asked> {
    let cells = match table.remove("cells") {
        None => Selector::default(),
        Some(written) => serde_json::from_value(written)
            .map_err(|e| invalid(format!("`cells` of a `[[probe]]` must name axes and labels ({e}).")))?,
    };
    let mut text = |key: &str| match table.remove(key) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(other) => Err(invalid(format!("`{key}` of a `[[probe]]` must be a text, not {other}."))),
    };
    let (id, name) = (text("id")?, text("name")?);
    let name = name.ok_or_else(|| invalid("A `[[probe]]` needs a `name`, for example \"grad-cam\".".into()))?;
    if !PROBES.iter().any(|(known, _)| *known == name) {
        let names: Vec<_> = PROBES.iter().map(|(name, _)| *name).collect();
        return Err(Error::ProbeUnknown(format!("There is no probe “{name}”. The probes are {}.", names.join(", "))));
    }
    let id = id.unwrap_or_else(|| name.clone());
    if id == EVALUATION {
        return Err(invalid(
            "A probe cannot be called “evaluation”: that is what accuracy and agreement are called.".into(),
        ));
    }
    Ok(Asked { id, name, options: table, cells })
}

/// What claims call the numbers that every cell has.
pub(super) const EVALUATION: &str = "evaluation";

/// Ids name files and are referred to, so each must be plain and its own.
fn unique<'a>(ids: impl Iterator<Item = &'a str>, what: &str) -> Result<()> {
    let mut seen = Vec::new();
    for id in ids {
        if id.is_empty() || !id.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c)) || id.starts_with('.') {
            return Err(invalid(format!("The id “{id}” of a {what} may hold letters, digits, “-”, “_” and “.” only.")));
        }
        if seen.contains(&id) {
            return Err(invalid(format!("Two {what}s are called “{id}”. Give one of them another `id`.")));
        }
        seen.push(id);
    }
    Ok(())
}
