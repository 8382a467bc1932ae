//! The learners of a run: what each is taught by, and what it is called.
//!
//! A cohort is written as entries, one a learner: the name of a method, then what differs from its defaults.
//! `hint:tap=2,beta=100`. Beside the method's own options an entry may say `architecture` (else that of the setting `student`) and
//! `id`. The same text is an entry of `cohort` in JavaScript, of `--learner` on the command line, and, joined with `;`, of a link.
//!
//! All learners of a run see the same batches; those of one architecture start from the same weights. The one that learns from the
//! labels alone is the *baseline*: probes compare every other learner with it.

use std::fmt;

use serde_json::Value;

use crate::error::{Error, Result};
use crate::fields::{Field, Kind, Values, same};
use crate::nets::Architecture;
use crate::objectives::{METHODS, Method, method};

/// Learners of a run at most.
pub const MOST_LEARNERS: usize = 6;
/// The method of the baseline.
const LABELS: &str = "labels";
/// Names that stand for the first taught learner and the baseline, whatever their ids are.
pub const STUDENT: &str = "student";
/// See [`STUDENT`].
pub const CONTROL: &str = "control";
/// The teacher's name among the networks.
pub const TEACHER: &str = "teacher";
/// What an entry may say beside the options of its method.
const ARCHITECTURE: &str = "architecture";
const ID: &str = "id";
/// Ids that no entry may choose: other networks, or other fields of events, are called so.
const RESERVED: [&str; 11] =
    [TEACHER, STUDENT, CONTROL, "foreign", "twin", "type", "step", "steps", "epoch", "n", "agreement"];
/// Characters of an id at most.
const LONGEST: usize = 32;

/// A learner of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct LearnerSpec {
    /// What it is called in reports and files: lower-case letters, digits and hyphens, different for every learner.
    pub id: String,
    /// Name in [`METHODS`].
    pub method: &'static str,
    /// Values of the method's options.
    pub options: Values,
    /// Its architecture, where it is not that of the setting `student`.
    pub architecture: Option<Architecture>,
}

/// The learners of a run, 1 to [`MOST_LEARNERS`], in order.
#[derive(Debug, Clone, PartialEq)]
pub struct Cohort(Vec<LearnerSpec>);

impl Default for Cohort {
    fn default() -> Self {
        Self::beside_a_control(&METHODS[0])
    }
}

impl LearnerSpec {
    /// A learner with the defaults of its method.
    fn new(id: &str, method: &'static Method) -> Self {
        let options = Values::defaults(&(method.options)());
        Self { id: id.into(), method: method.name, options, architecture: None }
    }

    /// Its method.
    ///
    /// # Errors
    /// Never: the name is one of the registry.
    pub fn method(&self) -> Result<&'static Method> {
        method(self.method)
    }

    /// Reads an entry. The id is empty unless the entry says one.
    fn parse(text: &str) -> Result<Self> {
        let (name, rest) = text.split_once(':').unwrap_or((text, ""));
        let method = method(name.trim())?;
        let fields = (method.options)();
        let mut learner = Self::new("", method);
        let mut said: Vec<&str> = Vec::new();
        for pair in rest.split(',').map(str::trim).filter(|pair| !pair.is_empty()) {
            let Some((name, value)) = pair.split_once('=').map(|(name, value)| (name.trim(), value.trim())) else {
                return Err(Error::SettingInvalid(format!("“{pair}” is not of the form option=value.")));
            };
            if said.contains(&name) {
                return Err(Error::SettingInvalid(format!("`{name}` is said twice.")));
            }
            said.push(name);
            match (name, fields.iter().find(|field| field.name == name)) {
                (_, Some(field)) => learner.options.set(field, &value_of(field, value))?,
                (ARCHITECTURE, None) => learner.architecture = Some(value.parse()?),
                (ID, None) => learner.id = id(value)?,
                _ => {
                    let mut known: Vec<_> = fields.iter().map(|field| field.name).collect();
                    known.extend([ARCHITECTURE, ID]);
                    return Err(Error::SettingUnknown(format!(
                        "The method “{}” has no option “{name}”. It may be one of {}.",
                        method.name,
                        known.join(", ")
                    )));
                }
            }
        }
        Ok(learner)
    }

    /// The options that differ from the method's defaults.
    pub fn own_options(&self) -> Vec<(&'static str, &Value)> {
        let fields = self.method().map(|method| (method.options)()).unwrap_or_default();
        let default = |name: &str| fields.iter().find(|field| field.name == name).map(|field| &field.default);
        self.options.iter().filter(|(name, value)| default(name).is_none_or(|usual| !same(usual, value))).collect()
    }
}

/// A text as a value of a field; the field checks it.
fn value_of(field: &Field, text: &str) -> Value {
    match field.kind {
        Kind::Choice(_) | Kind::List(_) => text.into(),
        _ => serde_json::from_str(text).unwrap_or_else(|_| text.into()),
    }
}

/// Reads an id that a person chose.
fn id(text: &str) -> Result<String> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if text.is_empty() || text.len() > LONGEST || !text.chars().all(plain) {
        return Err(Error::SettingInvalid(format!(
            "An `id` has 1 to {LONGEST} lower-case letters, digits and hyphens; “{text}” does not fit."
        )));
    }
    if RESERVED.contains(&text) {
        return Err(Error::SettingInvalid(format!(
            "A learner cannot have the `id` “{text}”: these names are taken: {}.",
            RESERVED.join(", ")
        )));
    }
    Ok(text.into())
}

impl Cohort {
    /// A learner of a method and its control: ids `student` and `control`. What the setting `method` is short for.
    pub fn beside_a_control(method: &'static Method) -> Self {
        let labels = METHODS.iter().find(|method| method.name == LABELS).unwrap_or(&METHODS[0]);
        Self(vec![LearnerSpec::new(STUDENT, method), LearnerSpec::new(CONTROL, labels)])
    }

    /// Reads entries. Learners without an id are called as their method, with `-2`, `-3` and so on where that is taken.
    ///
    /// # Errors
    /// `setting-invalid` and `setting-unknown`, naming the entry, what is wrong with it and what is possible.
    pub fn parse<S: AsRef<str>>(entries: &[S]) -> Result<Self> {
        let entries: Vec<&str> = entries.iter().map(|entry| entry.as_ref().trim()).collect();
        if entries.is_empty() || entries.len() > MOST_LEARNERS {
            return Err(Error::SettingInvalid(format!(
                "A cohort (`cohort`) has 1 to {MOST_LEARNERS} learners, not {}.",
                entries.len()
            )));
        }
        let mut learners = Vec::with_capacity(entries.len());
        for (at, entry) in entries.iter().enumerate() {
            let named = |sentence: &str| format!("Learner {} of the cohort, “{entry}”: {sentence}", at + 1);
            learners.push(LearnerSpec::parse(entry).map_err(|error| match error {
                Error::SettingUnknown(sentence) => Error::SettingUnknown(named(&sentence)),
                Error::SettingInvalid(sentence) => Error::SettingInvalid(named(&sentence)),
                other => other,
            })?);
        }
        for at in 0..learners.len() {
            let given = learners[at].id.clone();
            if !given.is_empty() && learners.iter().filter(|other| other.id == given).count() > 1 {
                return Err(Error::SettingInvalid(format!(
                    "Two learners of the cohort have the `id` “{given}”. Give each one of its own."
                )));
            }
        }
        for at in 0..learners.len() {
            if learners[at].id.is_empty() {
                let name = learners[at].method;
                let numbered = (2..).map(|n| format!("{name}-{n}"));
                let free = |id: &String| learners.iter().all(|other| other.id != *id);
                learners[at].id =
                    std::iter::once(name.to_string()).chain(numbered).find(free).unwrap_or_else(|| name.into());
            }
        }
        Ok(Self(learners))
    }

    /// Reads `cohort` as settings have it: a list of entries, or one text with `;` between them.
    ///
    /// # Errors
    /// As [`Cohort::parse`].
    pub fn from_json(value: &Value) -> Result<Self> {
        let entries: Option<Vec<&str>> = match value {
            Value::String(text) => Some(text.split(';').filter(|entry| !entry.trim().is_empty()).collect()),
            Value::Array(list) => list.iter().map(Value::as_str).collect(),
            _ => None,
        };
        Self::parse(&entries.ok_or_else(|| {
            Error::SettingInvalid(format!(
                "A cohort (`cohort`) is a list of learners such as [\"kl\", \"hint:tap=2\", \"labels\"], or the text “kl;hint:tap=2;labels”, not {value}."
            ))
        })?)
    }

    /// Its entries, as [`Cohort::parse`] reads them.
    pub fn entries(&self) -> Vec<String> {
        self.0.iter().map(LearnerSpec::to_string).collect()
    }

    /// The learners in order.
    pub fn learners(&self) -> &[LearnerSpec] {
        &self.0
    }

    /// Which learner is the baseline: the last that learns from the labels alone.
    pub fn baseline(&self) -> Option<usize> {
        self.0.iter().rposition(|learner| learner.method == LABELS)
    }

    /// The learners that are compared with the baseline: all others.
    pub fn taught(&self) -> impl Iterator<Item = usize> {
        let baseline = self.baseline();
        (0..self.0.len()).filter(move |at| Some(*at) != baseline)
    }

    /// Finds a learner by its id, or by `student` (the first taught learner) or `control` (the baseline).
    ///
    /// # Errors
    /// `setting-invalid`, naming what is there.
    pub fn find(&self, name: &str) -> Result<usize> {
        let own = self.0.iter().position(|learner| learner.id == name);
        let by_role = || match name {
            STUDENT => self.taught().next(),
            CONTROL => self.baseline(),
            _ => None,
        };
        own.or_else(by_role).ok_or_else(|| {
            let ids: Vec<_> = self.0.iter().map(|learner| learner.id.as_str()).collect();
            Error::SettingInvalid(format!(
                "There is no learner “{name}” in this run. Its learners are {}.",
                ids.join(", ")
            ))
        })
    }

    /// The learner that the settings `method` and its options speak of: the only taught one of a cohort that `method` made.
    pub(super) fn of_method(&self) -> Option<&LearnerSpec> {
        match self.0.as_slice() {
            [student, control]
                if (student.id.as_str(), control.id.as_str()) == (STUDENT, CONTROL)
                    && student.architecture.is_none() =>
            {
                Some(student)
            }
            _ => None,
        }
    }

    /// Changes an option: `temperature` of the only taught learner, or `id.temperature` of any. `None` where no learner is meant.
    /// With `running`, only options that may change during a run.
    ///
    /// # Errors
    /// `setting-unknown`, `setting-invalid`.
    pub(super) fn set(&mut self, name: &str, value: &Value, running: bool) -> Option<Result<()>> {
        let (at, option) = match name.split_once('.') {
            Some((id, option)) => match self.find(id) {
                Ok(at) => (at, option),
                Err(error) => return Some(Err(error)),
            },
            None => {
                let mut taught = self.taught();
                (taught.next().filter(|_| taught.next().is_none())?, name)
            }
        };
        let learner = &mut self.0[at];
        let fields = learner.method().map(|method| (method.options)()).unwrap_or_default();
        let field = fields.iter().find(|field| field.name == option)?;
        if running && !field.live {
            return Some(Err(field.fixed()));
        }
        Some(learner.options.set(field, value))
    }

    /// In what two cohorts differ, apart from options that may change during a run: sentences' parts.
    pub(super) fn differences(&self, other: &Self) -> Vec<String> {
        let ids = |cohort: &Self| cohort.0.iter().map(|learner| learner.id.clone()).collect::<Vec<_>>().join(", ");
        if ids(self) != ids(other) {
            return vec![format!("the learners were {} there and are {} here", ids(self), ids(other))];
        }
        let mut found = Vec::new();
        for (there, here) in self.0.iter().zip(&other.0) {
            if there.method != here.method {
                found.push(format!(
                    "the method (`method`) of {} was {} there and is {} here",
                    here.id, there.method, here.method
                ));
                continue;
            }
            if there.architecture != here.architecture {
                let name = |spec: &LearnerSpec| spec.architecture.map_or("that of `student`", Architecture::name);
                found.push(format!(
                    "the architecture of {} was {} there and is {} here",
                    here.id,
                    name(there),
                    name(here)
                ));
            }
            let fields = here.method().map(|method| (method.options)()).unwrap_or_default();
            for field in fields.iter().filter(|field| !field.live) {
                let (own, theirs) = (there.options.get(field.name), here.options.get(field.name));
                if let (Some(own), Some(theirs)) = (own, theirs)
                    && !same(own, theirs)
                {
                    found.push(format!(
                        "{} (`{}`) of {} was {own} there and is {theirs} here",
                        field.label, field.name, here.id
                    ));
                }
            }
        }
        found
    }
}

/// As an entry that [`Cohort::parse`] reads: the method, and what differs from its defaults.
impl fmt::Display for LearnerSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut pairs: Vec<String> = Vec::new();
        if self.id != self.method {
            pairs.push(format!("{ID}={}", self.id));
        }
        pairs.extend(self.architecture.map(|architecture| format!("{ARCHITECTURE}={}", architecture.name())));
        pairs.extend(self.own_options().into_iter().map(|(name, value)| match value.as_str() {
            Some(text) => format!("{name}={text}"),
            None => format!("{name}={value}"),
        }));
        match pairs.is_empty() {
            true => f.write_str(self.method),
            false => write!(f, "{}:{}", self.method, pairs.join(",")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::Settings;
    use serde_json::{Map, json};

    fn object(value: Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    fn ids(cohort: &Cohort) -> Vec<&str> {
        cohort.learners().iter().map(|learner| learner.id.as_str()).collect()
    }

    #[test]
    fn entries_are_read_and_written() {
        let cohort = Cohort::parse(&[
            "kl",
            "hint: tap=1, beta=50",
            "kl:temperature=2",
            "crd:architecture=resnet14,id=wide",
            "labels",
        ])
        .unwrap();
        assert_eq!(ids(&cohort), ["kl", "hint", "kl-2", "wide", "labels"]);
        let learners = cohort.learners();
        assert_eq!((learners[1].options.integer("tap"), learners[1].options.number("beta")), (1, 50.0));
        assert_eq!(learners[2].options.number("temperature"), 2.0);
        assert_eq!(learners[3].architecture, Some(Architecture::ResNet14));
        assert_eq!(cohort.baseline(), Some(4));
        assert_eq!(cohort.taught().collect::<Vec<_>>(), [0, 1, 2, 3]);
        assert_eq!(Cohort::parse(&cohort.entries()).unwrap(), cohort);
        assert_eq!(cohort.entries()[0], "kl");
        let link = json!(cohort.entries().join(";"));
        assert_eq!(Cohort::from_json(&link).unwrap(), cohort);
    }

    #[test]
    fn learners_are_found_by_id_and_by_role() {
        let cohort = Cohort::parse(&["labels:id=warm", "hint", "labels"]).unwrap();
        assert_eq!(cohort.find("hint"), Ok(1));
        // The last that no teacher taught is the baseline, another one is compared with it.
        assert_eq!((cohort.find(STUDENT), cohort.find(CONTROL)), (Ok(0), Ok(2)));
        let error = cohort.find("crd").unwrap_err().to_string();
        assert!(error.contains("warm, hint, labels"), "{error}");
        let alone = Cohort::parse(&["kl"]).unwrap();
        assert_eq!((alone.baseline(), alone.find(STUDENT)), (None, Ok(0)));
        assert!(alone.find(CONTROL).is_err());
    }

    #[test]
    fn wrong_entries_are_named_with_what_is_possible() {
        for (entries, code, words) in [
            (vec![], "setting-invalid", "1 to 6 learners, not 0"),
            (vec!["kl"; 7], "setting-invalid", "1 to 6 learners, not 7"),
            (vec!["kl", "hnt"], "setting-invalid", "Learner 2 of the cohort, “hnt”: There is no method “hnt”"),
            (vec!["hint:tap"], "setting-invalid", "“tap” is not of the form"),
            (vec!["hint:tap=9"], "setting-invalid", "from 0 to 4"),
            (vec!["hint:tap=1,tap=2"], "setting-invalid", "`tap` is said twice"),
            (vec!["hint:temperatur=2"], "setting-unknown", "tap"),
            (vec!["kl:architecture=resnet9"], "setting-invalid", "resnet8"),
            (vec!["kl:id=Teacher"], "setting-invalid", "“Teacher” does not fit"),
            (vec!["kl:id=teacher"], "setting-invalid", "names are taken"),
            (vec!["kl:id=a", "hint:id=a"], "setting-invalid", "“a”"),
        ] {
            let error = Cohort::parse(&entries).unwrap_err();
            assert_eq!(error.code(), code, "{entries:?}");
            assert!(error.to_string().contains(words), "{entries:?}: {error}");
        }
        for value in [json!(3), json!([1]), json!({"kl": 1})] {
            assert_eq!(Cohort::from_json(&value).unwrap_err().code(), "setting-invalid", "{value}");
        }
    }

    #[test]
    fn settings_take_a_cohort_or_a_method() {
        let read = |value: Value| Settings::from_json(&object(value));
        let pair = read(json!({"method": "hint", "beta": 3})).unwrap();
        assert_eq!(ids(&pair.cohort), [STUDENT, CONTROL]);
        assert_eq!(read(pair.to_json()).unwrap(), pair);
        let cohort = read(json!({"cohort": ["kl", "hint:beta=3", "labels"], "seed": 4})).unwrap();
        assert_eq!(read(cohort.to_json()).unwrap(), cohort);
        assert_eq!(read(json!({"cohort": ["kl"], "method": "kl"})).unwrap_err().code(), "setting-invalid");
        // Options of one learner among several are named with it, before and during the run.
        let mut changed = cohort.clone();
        changed.patch(&object(json!({"hint.beta": 7})), true).unwrap();
        assert_eq!(changed.cohort.learners()[1].options.number("beta"), 7.0);
        let error = changed.patch(&object(json!({"beta": 7})), true).unwrap_err();
        assert!(error.to_string().contains("`hint.beta`"), "{error}");
        assert!(changed.patch(&object(json!({"hint.tap": 1})), true).is_err(), "fixed during a run");
        assert!(changed.patch(&object(json!({"cohort": ["kl"]})), true).is_err(), "fixed during a run");
        assert!(changed.live().contains_key("hint.beta") && !changed.live().contains_key("hint.tap"));
        // Chains are for one taught learner and the baseline.
        let chain = |cohort: Value| read(json!({"cohort": cohort, "assistants": "resnet14"}));
        assert!(chain(json!(["hint", "labels"])).is_ok());
        for cohort in [json!(["kl", "hint", "labels"]), json!(["kl"]), json!(["kl:architecture=resnet14", "labels"])] {
            assert_eq!(chain(cohort).unwrap_err().code(), "setting-invalid");
        }
    }

    #[test]
    fn differences_of_cohorts_are_said() {
        let cohort = |entries: &[&str]| Cohort::parse(entries).unwrap();
        let differ = |a: &[&str], b: &[&str]| cohort(a).differences(&cohort(b)).join("; ");
        assert_eq!(differ(&["kl:temperature=2", "labels"], &["kl", "labels"]), "", "live options may differ");
        assert!(differ(&["kl", "labels"], &["hint", "labels"]).contains("kl, labels there and are hint, labels here"));
        assert!(differ(&["hint:tap=1"], &["hint"]).contains("(`tap`) of hint was 1 there and is 2 here"));
        assert!(differ(&["kl:id=a"], &["hint:id=a"]).contains("was kl there and is hint here"));
        assert!(differ(&["kl"], &["kl:architecture=resnet14"]).contains("resnet14 here"));
    }
}
