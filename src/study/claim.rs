//! What a study claims: which number of which cells should come out which way.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::axes::Cell;
use super::plan::{EVALUATION, Plan, invalid};
use crate::error::Result;

/// A sentence that numbers can bear out or contradict.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Claim {
    /// Names its figure.
    pub id: String,
    /// Where it was made, for example an arXiv number.
    #[serde(default)]
    pub paper: String,
    /// Section of that paper.
    #[serde(default)]
    pub section: String,
    /// In plain words.
    pub sentence: String,
    /// Id of a probe, or `evaluation`.
    pub probe: String,
    /// JSON pointer to one number for student and control.
    #[serde(default)]
    pub path: Option<String>,
    /// JSON pointer to the student's value on every image.
    #[serde(default)]
    pub student: Option<String>,
    /// JSON pointer to the control's value on every image.
    #[serde(default)]
    pub control: Option<String>,
    /// Whether this asks about the measurement and nobody claims it: where it is seen, another claim means less.
    #[serde(default)]
    pub check: bool,
    /// Which way it should come out.
    pub expect: Expect,
    /// What to compare one number with.
    #[serde(default)]
    pub chance: Option<f64>,
    /// What of each cell is compared between `a` and `b`.
    #[serde(default)]
    pub of: Of,
    /// How values are shown.
    #[serde(default)]
    pub unit: Unit,
    /// The cells that it speaks of; all where it is empty.
    #[serde(default)]
    pub cells: Selector,
    /// Cells in which no difference is expected.
    #[serde(default)]
    pub control_cells: Option<Selector>,
    /// One side of a comparison between cells.
    #[serde(default)]
    pub a: Option<Selector>,
    /// The other side.
    #[serde(default)]
    pub b: Option<Selector>,
    /// What a reader should know beside the number.
    #[serde(default)]
    pub note: Option<String>,
}

/// The expected sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Expect {
    /// The student's value is larger than the control's.
    #[serde(rename = "student > control")]
    StudentHigher,
    /// The student's value is smaller.
    #[serde(rename = "student < control")]
    StudentLower,
    /// The number lies above chance.
    #[serde(rename = "above chance")]
    AboveChance,
    /// The number lies below chance.
    #[serde(rename = "below chance")]
    BelowChance,
    /// Larger in the cells `a` than in the cells `b`.
    #[serde(rename = "a > b")]
    AHigher,
    /// Smaller in the cells `a`.
    #[serde(rename = "a < b")]
    ALower,
}

/// What is set against what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sides {
    StudentControl,
    Chance,
    Cells,
}

impl Expect {
    /// 1 where a positive difference is expected, −1 where a negative one.
    pub fn sign(self) -> f64 {
        match self {
            Self::StudentHigher | Self::AboveChance | Self::AHigher => 1.0,
            Self::StudentLower | Self::BelowChance | Self::ALower => -1.0,
        }
    }

    pub(super) fn sides(self) -> Sides {
        match self {
            Self::StudentHigher | Self::StudentLower => Sides::StudentControl,
            Self::AboveChance | Self::BelowChance => Sides::Chance,
            Self::AHigher | Self::ALower => Sides::Cells,
        }
    }

    /// As it is written in the file.
    pub fn words(self) -> &'static str {
        match self {
            Self::StudentHigher => "student > control",
            Self::StudentLower => "student < control",
            Self::AboveChance => "above chance",
            Self::BelowChance => "below chance",
            Self::AHigher => "a > b",
            Self::ALower => "a < b",
        }
    }
}

/// What of a cell is compared with another cell's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Of {
    /// The student's value.
    #[default]
    Student,
    /// The control's value.
    Control,
    /// Student − control.
    Difference,
}

/// How values are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Unit {
    /// As they are.
    #[default]
    Plain,
    /// Shares of 1 in percent, their differences in percentage points.
    Percent,
}

/// Cells by their labels: on every axis that it names, one of the labels listed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "BTreeMap<String, Value>")]
pub struct Selector(pub BTreeMap<String, Vec<String>>);

impl TryFrom<BTreeMap<String, Value>> for Selector {
    type Error = String;

    fn try_from(written: BTreeMap<String, Value>) -> std::result::Result<Self, String> {
        let label = |axis: &str, value: &Value| match value {
            Value::String(text) => Ok(text.clone()),
            Value::Number(number) => Ok(number.to_string()),
            Value::Bool(yes) => Ok(yes.to_string()),
            other => Err(format!("`{axis}` must be a label of the grid or a list of them, not {other}")),
        };
        let list = |axis: &str, value: &Value| match value {
            Value::Array(list) => list.iter().map(|v| label(axis, v)).collect(),
            one => Ok(vec![label(axis, one)?]),
        };
        written
            .iter()
            .map(|(axis, value)| Ok((axis.clone(), list(axis, value)?)))
            .collect::<std::result::Result<_, _>>()
            .map(Self)
    }
}

impl Selector {
    /// Whether it takes all cells.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a cell is among those meant.
    pub fn takes(&self, cell: &Cell) -> bool {
        self.0.iter().all(|(axis, labels)| labels.iter().any(|label| label == cell.label(axis)))
    }

    pub(super) fn check(&self, plan: &Plan, place: &str) -> Result<()> {
        for (name, labels) in &self.0 {
            let Some(axis) = plan.axes.iter().find(|axis| axis.name == *name) else {
                let names: Vec<_> = plan.axes.iter().map(|axis| axis.name.as_str()).collect();
                return Err(invalid(format!("{place}: the grid has no `{name}`. It has {}.", names.join(", "))));
            };
            if let Some(missing) = labels.iter().find(|label| !axis.labels.contains(label)) {
                return Err(invalid(format!(
                    "{place}: nothing in `{name}` is called “{missing}”. There is {}.",
                    axis.labels.iter().map(|l| format!("“{l}”")).collect::<Vec<_>>().join(", ")
                )));
            }
        }
        if !plan.cells.iter().any(|cell| self.takes(cell)) {
            return Err(invalid(format!("{place} takes no cell of the grid.")));
        }
        Ok(())
    }
}

/// Two cells that are compared, and what they share.
pub(super) struct Pair<'a> {
    pub labels: BTreeMap<String, String>,
    pub a: &'a Cell,
    pub b: &'a Cell,
}

impl Claim {
    /// Whether every image has a value of its own.
    pub(super) fn per_image(&self) -> bool {
        self.student.is_some()
    }

    /// The cells of `a` with their partners in `b`: equal on all axes but those that `a` and `b` name.
    pub(super) fn pairs<'a>(&self, plan: &'a Plan) -> Result<Vec<Pair<'a>>> {
        let (Some(a), Some(b)) = (&self.a, &self.b) else {
            return Ok(Vec::new());
        };
        let key = |cell: &Cell| -> BTreeMap<String, String> {
            let free = |axis: &&String| !a.0.contains_key(*axis) && !b.0.contains_key(*axis);
            cell.labels.keys().filter(free).map(|axis| (axis.clone(), cell.label(axis).to_string())).collect()
        };
        let side = |selector: &Selector, name: &str| {
            let mut found: BTreeMap<_, &'a Cell> = BTreeMap::new();
            let mut order = Vec::new();
            for cell in plan.cells.iter().filter(|cell| self.cells.takes(cell) && selector.takes(cell)) {
                if found.insert(key(cell), cell).is_some() {
                    return Err(invalid(format!(
                        "Claim “{}”: `{name}` takes several cells of the same seed. Name more axes in it.",
                        self.id
                    )));
                }
                order.push(key(cell));
            }
            Ok((order, found))
        };
        let ((order, left), (_, right)) = (side(a, "a")?, side(b, "b")?);
        let pair = |labels: BTreeMap<String, String>| {
            let (a, b) = (left.get(&labels)?, right.get(&labels)?);
            Some(Pair { labels, a, b })
        };
        Ok(order.into_iter().filter_map(pair).collect())
    }

    /// Whether it fits the plan.
    pub(super) fn check(&self, plan: &Plan) -> Result<()> {
        let place = format!("Claim “{}”", self.id);
        let wrong = |what: String| Err(invalid(format!("{place}: {what}")));
        if self.probe != EVALUATION && !plan.probes.iter().any(|p| p.id == self.probe) {
            let mut ids: Vec<_> = plan.probes.iter().map(|p| p.id.as_str()).collect();
            ids.push(EVALUATION);
            return wrong(format!("no `[[probe]]` is called “{}”. There is {}.", self.probe, ids.join(", ")));
        }
        let sides = self.expect.sides();
        match (&self.path, &self.student, &self.control) {
            (Some(_), None, None) => {}
            (None, Some(_), Some(_)) if sides != Sides::Chance => {}
            (None, Some(_), None) if sides == Sides::Cells && self.of == Of::Student => {}
            _ => {
                return wrong(
                    "give either `path`, or `student` and `control`, which lead to a value for every image.".into(),
                );
            }
        }
        for path in [&self.path, &self.student, &self.control].into_iter().flatten() {
            if !path.starts_with('/') {
                return wrong(format!("the path “{path}” must begin with “/”."));
            }
        }
        let starred = |path: &Option<String>| path.as_ref().is_some_and(|p| p.split('/').any(|part| part == "*"));
        if starred(&self.path) {
            return wrong("`path` must lead to one number; `student` and `control` may hold “*”.".into());
        }
        if (self.student.is_some() && !starred(&self.student)) || (self.control.is_some() && !starred(&self.control)) {
            return wrong(
                "`student` and `control` must lead to a value for every image, with “*” for the list.".into(),
            );
        }
        if (sides == Sides::Chance) != self.chance.is_some() {
            return wrong(format!(
                "`chance` belongs to “above chance” and “below chance”; here stands “{}”.",
                self.expect.words()
            ));
        }
        if self.chance.is_some_and(|c| !c.is_finite()) {
            return wrong("`chance` must be a number.".into());
        }
        if (sides == Sides::Cells) != (self.a.is_some() && self.b.is_some()) || self.a.is_some() != self.b.is_some() {
            return wrong(format!("`a` and `b` belong to “a > b” and “a < b”; here stands “{}”.", self.expect.words()));
        }
        self.cells.check(plan, &format!("{place}, `cells`"))?;
        for (name, selector) in [("controlCells", &self.control_cells), ("a", &self.a), ("b", &self.b)] {
            if let Some(selector) = selector {
                selector.check(plan, &format!("{place}, `{name}`"))?;
            }
        }
        if sides == Sides::Cells {
            if self.control_cells.is_some() {
                return wrong("`controlCells` goes with comparisons inside a cell, not with `a` and `b`.".into());
            }
            if self.pairs(plan)?.is_empty() {
                return wrong("no cell of `a` has a partner in `b` that agrees with it in everything else.".into());
            }
        }
        Ok(())
    }
}
