//! Which cells are trained together: a run has the students of several cells as its learners, and one baseline.

use kd_lens::Result;
use kd_lens::lab::{MOST_LEARNERS, Settings, TEACHER};
use kd_lens::weights;
use serde_json::{Map, Value, json};

use super::cell::Cell;
use super::invalid;
use super::plan::Plan;

/// The baseline's id in every run of a study.
pub(crate) const BASELINE: &str = "baseline";

/// Cells that differ in nothing but the method and its options: they see the same batches, and the teacher is asked once for all.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    /// Name of its folder: a digest of what decides its learners.
    pub id: String,
    /// At most [`MOST_LEARNERS`] − 1 cells: the learners of the run, in order.
    pub cells: Vec<Cell>,
    /// The learners' ids, in the order of the cells.
    learners: Vec<String>,
    settings: Map<String, Value>,
}

impl Run {
    /// A run of cells that agree in everything but method and options.
    ///
    /// # Errors
    /// `setting-invalid` for settings that do not fit together.
    pub(crate) fn of(cells: Vec<Cell>) -> Result<Self> {
        let Some(first) = cells.first() else { return Err(invalid("A run needs at least one cell.".into())) };
        let mut learners: Vec<String> = Vec::new();
        let mut entries = Vec::new();
        for cell in &cells {
            let mut student = cell.settings()?.cohort.learners()[0].clone();
            let name = if cell.stand_in.is_some() { "chance" } else { student.method };
            let numbered = (1..).map(|n| if n == 1 { name.to_string() } else { format!("{name}-{n}") });
            student.id = numbered.into_iter().find(|id| !learners.contains(id)).unwrap_or_default();
            entries.push(student.to_string());
            learners.push(student.id);
        }
        entries.push(format!("labels:id={BASELINE}"));
        let mut settings = common(first)?;
        settings.insert("cohort".into(), json!(entries));
        let decisive = json!([settings, first.teacher_digest]).to_string();
        let id = weights::digest(decisive.as_bytes())[..16].into();
        Ok(Self { id, cells, learners, settings })
    }

    /// Its settings, with the cohort.
    ///
    /// # Errors
    /// As [`Settings::from_json`].
    pub fn settings(&self) -> Result<Settings> {
        Settings::from_json(&self.settings)
    }

    /// The same run of few images.
    pub(crate) fn with(&self, name: &str, value: Value) -> Self {
        let mut run = self.clone();
        run.settings.insert(name.into(), value);
        run
    }

    /// The learner of a cell, by the cell's place in the run.
    pub fn learner(&self, at: usize) -> &str {
        &self.learners[at]
    }

    /// The learners that are trained: all but those whose place another seed's control takes.
    pub(crate) fn trained(&self) -> Vec<&str> {
        let own = self.cells.iter().zip(&self.learners).filter(|(cell, _)| cell.stand_in.is_none());
        own.map(|(_, id)| id.as_str()).collect()
    }

    /// A report of several learners as a report of one of them and the baseline, under the names `student` and `control`: where it
    /// has a value for every taught learner, that learner's takes its place; `null` where the learner has none.
    pub(crate) fn report_of(&self, at: usize, report: &Value) -> Value {
        let own = self.learner(at);
        let network =
            |key: &str| [TEACHER, BASELINE, "foreign"].contains(&key) || self.learners.iter().any(|l| l == key);
        match report {
            Value::Array(list) => Value::Array(list.iter().map(|entry| self.report_of(at, entry)).collect()),
            Value::Object(map) if map.is_empty() => Value::Null,
            Value::Object(map) if map.keys().all(|key| network(key)) => {
                let names = [(TEACHER, TEACHER), (own, "student"), (BASELINE, "control"), ("foreign", "foreign")];
                let found = |key: &str| map.get(key).map(|value| self.report_of(at, value));
                match map.keys().all(|key| self.learners.iter().any(|l| l == key)) {
                    true => found(own).unwrap_or(Value::Null),
                    false => names.into_iter().filter_map(|(id, name)| Some((name.to_string(), found(id)?))).collect(),
                }
            }
            Value::Object(map) => map.iter().map(|(key, value)| (key.clone(), self.report_of(at, value))).collect(),
            other => other.clone(),
        }
    }

    /// An evaluation of the run as one of a cell's learner and the baseline.
    pub(crate) fn evaluation_of(&self, at: usize, event: &Value) -> Value {
        let own = self.learner(at);
        json!({
            "type": event["type"], "step": event["step"], "epoch": event["epoch"], "n": event["n"],
            "teacher": event[TEACHER], "student": event[own], "control": event[BASELINE],
            "agreement": {"student": event["agreement"][own], "control": event["agreement"][BASELINE]},
            "comparison": event["comparisons"][own],
        })
    }
}

/// The settings of a cell without its method.
fn common(cell: &Cell) -> Result<Map<String, Value>> {
    let cohort = cell.settings()?.cohort;
    let mut settings = cell.settings.clone();
    settings.remove("method");
    for (option, _) in cohort.learners()[0].options.iter() {
        settings.remove(option);
    }
    Ok(settings)
}

/// What cells of one run agree in. Chains have one taught learner each.
fn key(cell: &Cell) -> Result<String> {
    let settings = common(cell)?;
    let chain = settings.get("assistants").and_then(Value::as_str).is_some_and(|list| !list.is_empty());
    let own = if chain { cell.id.as_str() } else { "" };
    Ok(json!([settings, cell.teacher_weights, cell.teacher_digest, cell.brought, cell.twin, own]).to_string())
}

/// The runs of some cells of a plan, in the order of the plan. Cells that are asked the same are put together, because a probe is
/// asked once for all learners of a run.
pub(crate) fn runs(plan: &Plan, cells: &[&Cell]) -> Result<Vec<Run>> {
    let mut groups: Vec<(String, Vec<&Cell>)> = Vec::new();
    for cell in cells {
        let key = key(cell)?;
        match groups.iter_mut().find(|(known, _)| *known == key) {
            Some((_, group)) => group.push(cell),
            None => groups.push((key, vec![cell])),
        }
    }
    let mut all = Vec::new();
    for (_, mut group) in groups {
        group.sort_by_key(|cell| std::cmp::Reverse(plan.asked(cell).len()));
        for learners in group.chunks(MOST_LEARNERS - 1) {
            all.push(Run::of(learners.iter().map(|cell| (*cell).clone()).collect())?);
        }
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(text: &str) -> Plan {
        Plan::parse(&format!("name = \"x\"\n{text}"), "x", &|_| Ok("0".into())).unwrap()
    }

    fn shapes(plan: &Plan) -> Vec<Vec<&str>> {
        let cells: Vec<_> = plan.cells.iter().collect();
        let label = |cell: &Cell| plan.cells.iter().find(|own| own.id == cell.id).unwrap().label("method");
        let ids = |run: Run| run.cells.iter().map(label).collect();
        runs(plan, &cells).unwrap().into_iter().map(ids).collect()
    }

    #[test]
    fn methods_of_a_seed_are_one_run() {
        let plan = plan(
            "chance = \"chance\"\n[settings]\ndataset = \"shapes32\"\n[grid]\nseed = [0, 1]\nmethod = [\"kl\", \"srd\", {name = \"srd\", projector = \"frozen\"}, \"crd\", \"hint\", \"dkpp\"]\n\
             [[probe]]\nname = \"grad-cam\"\ncells = { method = [\"hint\", \"chance\"] }\n",
        );
        let first = vec!["hint", "chance", "kl", "srd", "srd projector=frozen"];
        assert_eq!(shapes(&plan), [first.clone(), vec!["crd", "dkpp"], first, vec!["crd", "dkpp"]]);
        let run = &runs(&plan, &plan.cells.iter().collect::<Vec<_>>()).unwrap()[0];
        assert_eq!(run.trained(), ["hint", "kl", "srd", "srd-2"]);
        let settings = run.settings().unwrap();
        let ids: Vec<_> = settings.cohort.learners().iter().map(|learner| learner.id.as_str()).collect();
        assert_eq!(
            (ids, settings.cohort.baseline()),
            (vec!["hint", "chance", "kl", "srd", "srd-2", BASELINE], Some(5))
        );
    }

    #[test]
    fn what_differs_in_more_than_the_method_is_another_run() {
        let rates =
            "[settings]\ndataset = \"shapes32\"\n[grid]\nmethod = [\"kl\", \"labels\"]\nlearningRate = [0.01, 0.1]\n";
        assert_eq!(shapes(&plan(rates)), [["kl", "labels"], ["kl", "labels"]]);
        let chain = rates.replace("[grid]", "assistants = \"resnet14\"\n[grid]");
        assert_eq!(shapes(&plan(&chain)).len(), 4, "a chain has one taught learner");
    }

    #[test]
    fn a_cohort_is_short_for_methods() {
        let grid = |text: &str| plan(&format!("[settings]\ndataset = \"shapes32\"\n[grid]\n{text}\n"));
        let cohort = grid("cohort = [\"kl\", \"hint:tap=1,beta=50\", \"labels\"]");
        let methods = grid("method = [\"kl\", {name = \"hint\", tap = 1, beta = 50}]");
        let settings = |plan: &Plan| plan.cells.iter().map(|cell| cell.settings.clone()).collect::<Vec<_>>();
        assert_eq!(settings(&cohort), settings(&methods));
        assert_eq!(cohort.cells[1].label("method"), "hint:beta=50,tap=1");
        for (text, words) in [
            ("cohort = [\"kl\"]\nmethod = [\"kl\"]", "not in both"),
            ("cohort = [\"kl:architecture=resnet14\", \"labels\"]", "cannot have an `architecture`"),
            ("cohort = [\"hnt\"]", "Learner 1 of the cohort, “hnt”"),
        ] {
            let text = format!("name = \"x\"\n[grid]\n{text}\n");
            let error = Plan::parse(&text, "x", &|_| Ok("0".into())).unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
        }
    }

    #[test]
    fn paths_of_earlier_plans_are_read() {
        let claim = "[[probe]]\nname = \"grad-cam\"\n[[claim]]\nid = \"c\"\nsentence = \"s\"\nprobe = \"grad-cam\"\nexpect = \"student > control\"\n\
                     student = \"/items/*/cosine/teacherStudent\"\ncontrol = \"/items/*/cosine/teacherControl\"\n";
        let claim = &plan(claim).claims[0];
        assert_eq!(claim.student.as_deref(), Some("/items/*/cosine/teacher/student"));
        assert_eq!(claim.control.as_deref(), Some("/items/*/cosine/teacher/control"));
    }

    #[test]
    fn reports_become_those_of_a_pair() {
        let plan = plan("[settings]\ndataset = \"shapes32\"\n[grid]\nmethod = [\"kl\", \"hint\"]\n");
        let run = Run::of(plan.cells.clone()).unwrap();
        let report = json!({
            "kept": {"teacher": 1, "kl": 2, "hint": 3, "baseline": 4}, "rates": {"kl": 5, "hint": 6, "baseline": 7},
            "comparison": {"kl": {"n": 1}, "hint": {"n": 2}}, "none": {}, "labels": {"kl": 1, "label": 2},
            "items": [{"clean": {"teacher": 0, "kl": 1, "hint": 2, "baseline": 3}}],
        });
        let expected = json!({
            "kept": {"teacher": 1, "student": 3, "control": 4}, "rates": {"student": 6, "control": 7},
            "comparison": {"n": 2}, "none": null, "labels": {"kl": 1, "label": 2},
            "items": [{"clean": {"teacher": 0, "student": 2, "control": 3}}],
        });
        assert_eq!(run.report_of(1, &report), expected);
    }
}
