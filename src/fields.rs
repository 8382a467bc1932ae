//! Rows of the tables of settings: what a value may be, what it means, how a wrong one is refused.
//!
//! The common settings ([`crate::lab::fields`]) and the options of every distillation method
//! ([`crate::objectives::Method::options`]) are lists of [`Field`]; forms, links, command line, validation and
//! documentation all come from them.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::error::{Error, Result};

/// What values a field takes.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// One of (value, label).
    Choice(Vec<(&'static str, &'static str)>),
    /// Any number of choices in order, repetition allowed, written with commas: `resnet32,resnet14`. May be empty.
    List(Vec<(&'static str, &'static str)>),
    /// A whole number.
    Integer {
        /// Smallest.
        min: u64,
        /// Largest.
        max: u64,
    },
    /// A number.
    Number {
        /// Smallest.
        min: f64,
        /// Largest.
        max: f64,
        /// Grain of a slider.
        step: f64,
    },
    /// Yes or no.
    Boolean,
}

/// A row of a table.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// camelCase name.
    pub name: &'static str,
    /// What values it takes.
    pub kind: Kind,
    /// The value when none is given.
    pub default: Value,
    /// A few words.
    pub label: &'static str,
    /// A sentence.
    pub help: &'static str,
    /// May change during a run.
    pub live: bool,
}

impl Field {
    /// A number that may change during a run.
    pub fn number(
        name: &'static str,
        [min, max, step]: [f64; 3],
        default: f64,
        label: &'static str,
        help: &'static str,
    ) -> Self {
        Self { name, kind: Kind::Number { min, max, step }, default: json!(default), label, help, live: true }
    }

    /// A whole number, fixed for the run.
    pub fn integer(
        name: &'static str,
        [min, max]: [u64; 2],
        default: u64,
        label: &'static str,
        help: &'static str,
    ) -> Self {
        Self { name, kind: Kind::Integer { min, max }, default: json!(default), label, help, live: false }
    }

    /// One of several, fixed for the run; the first is the default.
    pub fn choice(
        name: &'static str,
        choices: &[(&'static str, &'static str)],
        label: &'static str,
        help: &'static str,
    ) -> Self {
        let default = json!(choices.first().map_or("", |(value, _)| value));
        Self { name, kind: Kind::Choice(choices.to_vec()), default, label, help, live: false }
    }

    /// Yes or no, fixed for the run.
    pub fn flag(name: &'static str, default: bool, label: &'static str, help: &'static str) -> Self {
        Self { name, kind: Kind::Boolean, default: json!(default), label, help, live: false }
    }

    /// The value as it is kept: 64.0, as JavaScript may write it, becomes 64 for a whole number.
    ///
    /// # Errors
    /// [`Error::SettingInvalid`], saying what the field is, what it may be and what it was.
    pub fn take(&self, value: &Value) -> Result<Value> {
        let wrong = |wanted: String| {
            Err(Error::SettingInvalid(format!("{} (`{}`) must be {wanted}, not {value}.", self.label, self.name)))
        };
        let names = |choices: &[(&str, &str)]| choices.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
        match &self.kind {
            Kind::Choice(choices) => match value.as_str() {
                Some(text) if choices.iter().any(|(name, _)| *name == text) => Ok(value.clone()),
                _ => wrong(format!("one of {}", names(choices))),
            },
            Kind::List(choices) => {
                let known = |item: &str| choices.iter().any(|(name, _)| *name == item);
                match value.as_str() {
                    Some(text) if items(text).all(known) => Ok(json!(items(text).collect::<Vec<_>>().join(","))),
                    _ => wrong(format!("empty or a list of these, with commas: {}", names(choices))),
                }
            }
            Kind::Integer { min, max } => match value.as_f64() {
                Some(x) if x.fract() == 0.0 && (*min as f64..=*max as f64).contains(&x) => Ok(json!(x as u64)),
                _ => wrong(format!("a whole number from {min} to {max}")),
            },
            Kind::Number { min, max, .. } => match value.as_f64() {
                Some(x) if (*min..=*max).contains(&x) => Ok(value.clone()),
                _ => wrong(format!("a number from {min} to {max}")),
            },
            Kind::Boolean if value.is_boolean() => Ok(value.clone()),
            Kind::Boolean => wrong("true or false".into()),
        }
    }

    /// The row as the page gets it.
    pub fn describe(&self) -> Value {
        let mut row = json!({
            "name": self.name, "label": self.label, "help": self.help, "live": self.live, "default": self.default,
        });
        let listed = |choices: &[(&str, &str)]| -> Value {
            choices.iter().map(|(value, label)| json!({"value": value, "label": label})).collect()
        };
        match &self.kind {
            Kind::Choice(choices) => {
                row["type"] = json!("choice");
                row["choices"] = listed(choices);
            }
            Kind::List(choices) => {
                row["type"] = json!("list");
                row["choices"] = listed(choices);
            }
            Kind::Integer { min, max } => {
                row["type"] = json!("integer");
                (row["min"], row["max"], row["step"]) = (json!(min), json!(max), json!(1));
            }
            Kind::Number { min, max, step } => {
                row["type"] = json!("number");
                (row["min"], row["max"], row["step"]) = (json!(min), json!(max), json!(step));
            }
            Kind::Boolean => row["type"] = json!("boolean"),
        }
        row
    }
}

/// The entries of a [`Kind::List`].
pub fn items(list: &str) -> impl Iterator<Item = &str> {
    list.split(',').map(str::trim).filter(|item| !item.is_empty())
}

/// A complete set of checked values for a list of fields.
#[derive(Debug, Clone, PartialEq)]
pub struct Values(BTreeMap<&'static str, Value>);

impl Values {
    /// Every field at its default.
    pub fn defaults(fields: &[Field]) -> Self {
        Self(fields.iter().map(|f| (f.name, f.default.clone())).collect())
    }

    /// The defaults with some values replaced.
    ///
    /// # Errors
    /// [`Error::SettingUnknown`] and [`Error::SettingInvalid`].
    pub fn from_json(fields: &[Field], given: &Map<String, Value>) -> Result<Self> {
        let mut values = Self::defaults(fields);
        for (name, value) in given {
            match fields.iter().find(|f| f.name == name) {
                Some(field) => values.set(field, value)?,
                None => return Err(unknown(name, fields.iter().map(|f| f.name))),
            }
        }
        Ok(values)
    }

    /// Replaces one value.
    ///
    /// # Errors
    /// [`Error::SettingInvalid`].
    pub fn set(&mut self, field: &Field, value: &Value) -> Result<()> {
        self.0.insert(field.name, field.take(value)?);
        Ok(())
    }

    /// A number; 0 where the field does not exist.
    pub fn number(&self, name: &str) -> f64 {
        self.0.get(name).and_then(Value::as_f64).unwrap_or_default()
    }

    /// A whole number; 0 where the field does not exist.
    pub fn integer(&self, name: &str) -> usize {
        self.0.get(name).and_then(Value::as_u64).unwrap_or_default() as usize
    }

    /// A choice; empty where the field does not exist.
    pub fn choice(&self, name: &str) -> &str {
        self.0.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    /// Yes or no; no where the field does not exist.
    pub fn flag(&self, name: &str) -> bool {
        self.0.get(name).and_then(Value::as_bool).unwrap_or_default()
    }

    /// Names and values in the order of names.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &Value)> {
        self.0.iter().map(|(name, value)| (*name, value))
    }
}

/// The error for a name that is not in a table.
pub fn unknown<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Error {
    let names: Vec<_> = known.into_iter().collect();
    let list =
        if names.is_empty() { "There are none.".into() } else { format!("The settings are {}.", names.join(", ")) };
    Error::SettingUnknown(format!("There is no setting “{name}”. {list}"))
}
/// Whether two values of a field are the same: 4 and 4.0 are.
pub fn same(a: &Value, b: &Value) -> bool {
    match (a.as_f64(), b.as_f64()) {
        (Some(a), Some(b)) => a == b,
        _ => a == b,
    }
}
