//! Verdicts over seeds.
//!
//! Every seed gives one difference (student − control, number − chance, or cells a − cells b). Over n ≥ 2 seeds stand their mean,
//! their standard deviation and Student's 95 % interval of the mean. The verdict follows that interval alone.

use std::collections::BTreeMap;

use serde::Serialize;

use super::axes::Cell;
use super::cell::Record;
use super::claim::{Claim, Of, Sides};
use super::numbers::{Estimate, Measured, apart, column, measure, paired, zip};
use super::plan::{EVALUATION, Plan};
use crate::statistics::Spread;

/// What became of a claim in one group of cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Verdict {
    /// The interval over seeds excludes 0, with the expected sign.
    Reproduced,
    /// It excludes 0 with the opposite sign.
    Contradicted,
    /// It contains 0. Not the same as no difference.
    NotSeen,
    /// There is no interval.
    Undecided,
    /// Of a check ([`Claim::check`]): the interval excludes 0, with the sign that was asked about.
    Seen,
    /// Of a check: it excludes 0 with the opposite sign.
    Opposite,
}

impl Verdict {
    /// As the report says it.
    pub fn words(self) -> &'static str {
        match self {
            Self::Reproduced => "reproduced",
            Self::Contradicted => "contradicted",
            Self::NotSeen => "not seen",
            Self::Undecided => "undecided",
            Self::Seen => "check: seen",
            Self::Opposite => "check: the opposite seen",
        }
    }

    /// What is said of a check: there is nothing to reproduce or contradict.
    fn of_check(self) -> Self {
        match self {
            Self::Reproduced => Self::Seen,
            Self::Contradicted => Self::Opposite,
            other => other,
        }
    }
}

/// The differences of several seeds together.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Across {
    /// Seeds.
    pub n: usize,
    /// Mean of their differences.
    pub mean: Option<f64>,
    /// Standard deviation over seeds (n − 1).
    pub sd: Option<f64>,
    /// Lower end of the 95 % interval of the mean.
    pub low: Option<f64>,
    /// Upper end.
    pub high: Option<f64>,
    /// What follows.
    pub verdict: Verdict,
    /// Why there is no interval, if there is none.
    pub why: Option<String>,
}

/// One seed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SeedRow {
    /// Label of the seed.
    pub seed: String,
    /// Images.
    pub n: Option<usize>,
    /// The teacher's value, where there is one.
    pub teacher: Option<Estimate>,
    /// Student, the number, or cells a.
    pub left: Estimate,
    /// Control, chance, or cells b.
    pub right: Estimate,
    /// left − right.
    pub difference: Estimate,
    /// How its interval over images was found.
    pub how: &'static str,
}

/// Cells that differ in nothing but the seed.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Group {
    /// Labels that tell it from other groups.
    pub title: String,
    /// By seed.
    pub seeds: Vec<SeedRow>,
    /// Seeds without a number, and why.
    pub missing: Vec<(String, String)>,
    /// Together.
    pub across: Across,
    /// What chance does: how far the controls of two seeds lie apart.
    pub controls_apart: Option<Apart>,
}

/// How far values of different seeds lie apart.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Apart {
    /// Pairs of seeds.
    pub pairs: usize,
    /// Mean of |difference|.
    pub mean: f64,
    /// Largest |difference|.
    pub max: f64,
}

/// A claim with all that was found.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Found {
    /// The claim.
    pub claim: Claim,
    /// What `left` and `right` are.
    pub sides: [String; 2],
    /// One verdict each.
    pub groups: Vec<Group>,
    /// Groups in which no difference is expected.
    pub control_groups: Vec<Group>,
}

impl Found {
    /// How many groups came out in which way.
    pub fn count(&self, verdict: Verdict) -> usize {
        self.groups.iter().filter(|g| g.across.verdict == verdict).count()
    }

    /// All verdicts in a few words.
    pub fn summary(&self) -> String {
        if let [group] = self.groups.as_slice() {
            return group.across.verdict.words().into();
        }
        let all = [
            Verdict::Reproduced,
            Verdict::Seen,
            Verdict::NotSeen,
            Verdict::Contradicted,
            Verdict::Opposite,
            Verdict::Undecided,
        ];
        let parts: Vec<_> = all
            .iter()
            .filter(|v| self.count(**v) > 0)
            .map(|v| format!("{} in {}", v.words(), self.count(*v)))
            .collect();
        match parts.is_empty() {
            true => Verdict::Undecided.words().into(),
            false => format!("{} of {} settings", parts.join(", "), self.groups.len()),
        }
    }
}

/// Mean and 95 % interval of the mean by Student's t with n − 1 degrees of freedom; `sign` is the expected one.
pub fn t_interval(differences: &[f64], sign: f64) -> Across {
    let Spread { n, mean, sd, low, high } = Spread::of(differences);
    let (verdict, why) = match (n, low.zip(high)) {
        (0, _) => (Verdict::Undecided, Some("No seed has a number yet.")),
        (1, _) => (Verdict::Undecided, Some("One seed has no spread: an interval needs two.")),
        (_, None) if sd == Some(0.0) => {
            (Verdict::Undecided, Some("All seeds gave the same difference: without spread there is no interval."))
        }
        (_, None) => (Verdict::Undecided, Some("The differences are not finite.")),
        (_, Some((low, high))) if low > 0.0 || high < 0.0 => match low * sign > 0.0 {
            true => (Verdict::Reproduced, None),
            false => (Verdict::Contradicted, None),
        },
        _ => (Verdict::NotSeen, None),
    };
    Across { n, mean, sd, low, high, verdict, why: why.map(String::from) }
}

/// A seed with its numbers, or why it has none.
type Read = (String, Result<SeedRow, String>);

/// Finished cells by id.
pub(super) type Records = BTreeMap<String, Record>;

/// Judges a claim on what is finished.
pub fn judge(claim: &Claim, plan: &Plan, records: &BTreeMap<String, Record>) -> Found {
    let sides = match claim.expect.sides() {
        Sides::StudentControl => ["student".into(), "control".into()],
        Sides::Chance => ["measured".into(), "chance".into()],
        Sides::Cells => [claim.a.as_ref(), claim.b.as_ref()].map(|s| s.map(words).unwrap_or_default()),
    };
    let of = |keep: &dyn Fn(&Cell) -> bool| match claim.expect.sides() {
        Sides::Cells => between(claim, plan, records),
        _ => inside(claim, plan, records, keep),
    };
    let control_groups = match &claim.control_cells {
        Some(selector) => inside(claim, plan, records, &|cell| selector.takes(cell)),
        None => Vec::new(),
    };
    let meant = |cell: &Cell| {
        let control = claim.control_cells.as_ref().is_some_and(|c| c.takes(cell));
        claim.cells.takes(cell) && !control
    };
    Found { claim: claim.clone(), sides, groups: of(&meant), control_groups }
}

fn words(selector: &super::claim::Selector) -> String {
    selector.0.values().map(|labels| labels.join(" or ")).collect::<Vec<_>>().join(", ")
}

/// The report of a cell that a claim reads.
fn report<'a>(claim: &Claim, record: &'a Record) -> Option<&'a serde_json::Value> {
    if claim.probe == EVALUATION { Some(&record.evaluation) } else { record.probes.get(&claim.probe) }
}

fn read(claim: &Claim, cell: &Cell, records: &Records) -> Result<Measured, String> {
    let record = records.get(&cell.id).ok_or("the cell is not finished")?;
    let report = report(claim, record).ok_or("the probe was not asked")?;
    measure(claim, report, seed(record))
}

fn seed(record: &Record) -> u64 {
    record.settings.get("seed").and_then(serde_json::Value::as_u64).unwrap_or_default()
}

/// What tells a group from others: labels on the axes that vary, and always the method.
fn title(plan: &Plan, label: &dyn Fn(&str) -> Option<String>) -> String {
    let shown = |name: &str| name != "seed" && (name == "method" || plan.varying().any(|axis| axis.name == name));
    let labels: Vec<_> = plan.axes.iter().filter(|a| shown(&a.name)).filter_map(|a| label(&a.name)).collect();
    labels.join(" · ")
}

/// Comparisons inside each cell: student and control, or a number and chance.
fn inside(claim: &Claim, plan: &Plan, records: &Records, keep: &dyn Fn(&Cell) -> bool) -> Vec<Group> {
    let mut groups: Vec<(BTreeMap<String, String>, Vec<&Cell>)> = Vec::new();
    for cell in plan.cells.iter().filter(|cell| keep(cell)) {
        let mut key = cell.labels.clone();
        key.remove("seed");
        match groups.iter_mut().find(|(known, _)| *known == key) {
            Some((_, cells)) => cells.push(cell),
            None => groups.push((key, vec![cell])),
        }
    }
    let row = |cell: &Cell| {
        let found = read(claim, cell, records)?;
        let (Some(right), Some(difference)) = (found.control, found.difference) else {
            return Err("the report has no number for the control".into());
        };
        let (n, teacher, left, how) = (found.n, found.teacher, found.student, found.how);
        Ok(SeedRow { seed: cell.label("seed").into(), n, teacher, left, right, difference, how })
    };
    let group = |(key, cells): (BTreeMap<String, String>, Vec<&Cell>)| {
        let rows = cells.iter().map(|cell| (cell.label("seed").to_string(), row(cell))).collect();
        let with_control = claim.expect.sides() == Sides::StudentControl;
        assemble(title(plan, &|axis| key.get(axis).cloned()), rows, claim, with_control)
    };
    groups.into_iter().map(group).collect()
}

/// Comparisons between cells that differ on the axes of `a` and `b`.
fn between(claim: &Claim, plan: &Plan, records: &Records) -> Vec<Group> {
    let mut groups: Vec<(BTreeMap<String, String>, Vec<Read>)> = Vec::new();
    for pair in claim.pairs(plan).unwrap_or_default() {
        let mut key = pair.labels.clone();
        let seed = key.remove("seed").unwrap_or_default();
        let row = (seed.clone(), pair_row(claim, seed, pair.a, pair.b, records));
        match groups.iter_mut().find(|(known, _)| *known == key) {
            Some((_, rows)) => rows.push(row),
            None => groups.push((key, vec![row])),
        }
    }
    let against = [&claim.a, &claim.b].map(|side| side.as_ref().map(words).unwrap_or_default()).join(" against ");
    let name = |key: &BTreeMap<String, String>| match title(plan, &|axis| key.get(axis).cloned()) {
        shared if shared.is_empty() => against.clone(),
        shared => format!("{shared}: {against}"),
    };
    groups.into_iter().map(|(key, rows)| assemble(name(&key), rows, claim, false)).collect()
}

fn pair_row(claim: &Claim, seed: String, a: &Cell, b: &Cell, records: &Records) -> Result<SeedRow, String> {
    let (left, right) = (read(claim, a, records)?, read(claim, b, records)?);
    let missing = || "the report has no such number".to_string();
    let (x, y) = (left.of(claim.of).ok_or_else(missing)?, right.of(claim.of).ok_or_else(missing)?);
    let (mut difference, mut how) = match claim.of {
        // The hybrid of intervals holds for rates; a difference of differences has none here.
        Of::Difference => (Estimate::plain(x.value - y.value), "no interval over images"),
        _ => apart(x, y),
    };
    if let (Some(path), Of::Student, Some(ra), Some(rb)) =
        (&claim.student, claim.of, records.get(&a.id), records.get(&b.id))
    {
        let values = |record| report(claim, record).ok_or_else(missing).and_then(|r| column(r, path));
        if let Some(found) = paired(&zip(&values(ra)?, &values(rb)?)?, self::seed(ra)) {
            (difference, how) = (found.difference.unwrap_or(difference), found.how);
        }
    }
    Ok(SeedRow { seed, n: left.n, teacher: None, left: x, right: y, difference, how })
}

fn assemble(title: String, rows: Vec<Read>, claim: &Claim, with_control: bool) -> Group {
    let (mut seeds, mut missing) = (Vec::new(), Vec::new());
    for (seed, row) in rows {
        match row {
            Ok(row) => seeds.push(row),
            Err(why) => missing.push((seed, why)),
        }
    }
    let differences: Vec<f64> = seeds.iter().map(|row| row.difference.value).collect();
    let controls: Vec<f64> = seeds.iter().map(|row| row.right.value).collect();
    let controls_apart = if with_control { spread(&controls) } else { None };
    let mut across = t_interval(&differences, claim.expect.sign());
    if claim.check {
        across.verdict = across.verdict.of_check();
    }
    Group { title, across, seeds, missing, controls_apart }
}

/// How far any two of the values lie apart; `None` for fewer than two.
fn spread(values: &[f64]) -> Option<Apart> {
    let gaps: Vec<f64> =
        values.iter().enumerate().flat_map(|(i, a)| values[..i].iter().map(move |b| (a - b).abs())).collect();
    let max = gaps.iter().copied().reduce(f64::max)?;
    Some(Apart { pairs: gaps.len(), mean: gaps.iter().sum::<f64>() / gaps.len() as f64, max })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Half-widths from R's `t.test`, whose quantiles are qt(0.975, 1) = 12.7062, qt(0.975, 2) = 4.302653, qt(0.975, 9) = 2.262157.
    #[test]
    fn intervals_over_seeds_are_students() {
        let two = t_interval(&[1.0, 2.0], 1.0);
        assert!((two.high.unwrap() - (1.5 + 12.7062 * 0.5)).abs() < 1e-4, "{two:?}");
        let three = t_interval(&[1.0, 2.0, 3.0], 1.0);
        assert!((three.low.unwrap() - (2.0 - 4.302_653 / 3f64.sqrt())).abs() < 1e-5, "{three:?}");
        assert_eq!(three.sd, Some(1.0));
        let ten: Vec<f64> = (0..10).map(f64::from).collect();
        let ten = t_interval(&ten, 1.0);
        let half = 2.262_157 * (55.0f64 / 6.0).sqrt() / 10f64.sqrt();
        assert!((ten.high.unwrap() - (4.5 + half)).abs() < 1e-5, "{ten:?}");
    }

    #[test]
    fn verdicts_follow_the_interval_and_the_expected_sign() {
        let verdict = |values: &[f64], sign| t_interval(values, sign).verdict;
        assert_eq!(verdict(&[1.0, 1.1, 0.9], 1.0), Verdict::Reproduced);
        assert_eq!(verdict(&[1.0, 1.1, 0.9], -1.0), Verdict::Contradicted);
        assert_eq!(verdict(&[-1.0, -1.1, -0.9], -1.0), Verdict::Reproduced);
        assert_eq!(verdict(&[1.0, -1.1, 0.9], 1.0), Verdict::NotSeen);
        assert_eq!(verdict(&[0.0, 0.0, 0.0], 1.0), Verdict::NotSeen);
        assert_eq!(verdict(&[1.0, 1.1, 0.9], 1.0).of_check(), Verdict::Seen);
        assert_eq!(verdict(&[1.0, 1.1, 0.9], -1.0).of_check(), Verdict::Opposite);
        assert_eq!(verdict(&[1.0, -1.1, 0.9], 1.0).of_check(), Verdict::NotSeen);
        assert_eq!(verdict(&[0.5], 1.0), Verdict::Undecided);
        assert_eq!(verdict(&[], 1.0), Verdict::Undecided);
        let same = t_interval(&[0.5, 0.5], 1.0);
        assert_eq!((same.verdict, same.low), (Verdict::Undecided, None));
        assert!(same.why.unwrap().contains("spread"));
    }

    #[test]
    fn spread_of_controls_counts_every_pair() {
        assert_eq!(spread(&[1.0, 2.0, 4.0]), Some(Apart { pairs: 3, mean: 2.0, max: 3.0 }));
        assert_eq!(spread(&[1.0]), None);
    }
}
