//! The one table of settings. Command line, link, form, validation and documentation all come from it.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::data::DatasetKind;
use crate::error::{Error, Result};
use crate::nets::Architecture;
use crate::objectives::METHODS;

/// Everything that decides a run. Two runs with equal settings, data and teacher weights are the same run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Settings {
    /// `cifar10`, `cifar100` or `shapes32`.
    pub dataset: String,
    /// Architecture of the teacher.
    pub teacher: String,
    /// Architecture of student and control.
    pub student: String,
    /// Name in [`METHODS`].
    pub method: String,
    /// T of softened outputs.
    pub temperature: f64,
    /// α, the share of the distillation term.
    pub alpha: f64,
    /// Peak learning rate.
    pub learning_rate: f64,
    /// μ of SGD.
    pub momentum: f64,
    /// λ of SGD.
    pub weight_decay: f64,
    /// Images in a batch.
    pub batch_size: usize,
    /// Passes over the training images that are planned.
    pub epochs: usize,
    /// Decides weights, order, crops and noise.
    pub seed: u64,
    /// Training images used.
    pub train_images: usize,
    /// Test images used.
    pub test_images: usize,
    /// Random crops and flips.
    pub augment: bool,
    /// Steps between evaluations; 0 means once an epoch.
    pub evaluate_every: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            dataset: "cifar10".into(),
            teacher: "resnet20".into(),
            student: "resnet8".into(),
            method: "kl".into(),
            temperature: 4.0,
            alpha: 0.9,
            learning_rate: 0.05,
            momentum: 0.9,
            weight_decay: 5e-4,
            batch_size: 64,
            epochs: 10,
            seed: 0,
            train_images: 5000,
            test_images: 1000,
            augment: true,
            evaluate_every: 0,
        }
    }
}

/// What values a setting takes.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// One of (value, label).
    Choice(Vec<(&'static str, &'static str)>),
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

/// A row of the table.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// camelCase name.
    pub name: &'static str,
    /// What values it takes.
    pub kind: Kind,
    /// A few words.
    pub label: &'static str,
    /// A sentence.
    pub help: &'static str,
    /// May change during a run.
    pub live: bool,
}

/// The table, in the order of the form.
pub fn fields() -> Vec<Field> {
    let architectures: Vec<_> = Architecture::ALL.iter().map(|a| (a.name(), a.label())).collect();
    let methods = METHODS.iter().map(|m| (m.name, m.label)).collect();
    let row = |name, kind, label, help| Field { name, kind, label, help, live: false };
    let live = |name, kind, label, help| Field { live: true, ..row(name, kind, label, help) };
    let datasets = vec![("cifar10", "CIFAR-10"), ("cifar100", "CIFAR-100"), ("shapes32", "Shapes-32")];
    vec![
        row(
            "dataset",
            Kind::Choice(datasets),
            "Images",
            "What is learned: photographs (CIFAR) or drawn shapes with known outlines (Shapes-32, made on the spot).",
        ),
        row(
            "teacher",
            Kind::Choice(architectures.clone()),
            "Teacher",
            "Architecture of the trained network that teaches.",
        ),
        row(
            "student",
            Kind::Choice(architectures),
            "Student",
            "Architecture of the student. The control is the same network with the same starting weights.",
        ),
        row("method", Kind::Choice(methods), "Method", "How the teacher's knowledge enters the student's loss."),
        live(
            "temperature",
            Kind::Number { min: 0.5, max: 20.0, step: 0.5 },
            "Temperature T",
            "Divides the logits before the softmax: higher values show more of what the teacher thinks of the wrong classes.",
        ),
        live(
            "alpha",
            Kind::Number { min: 0.0, max: 1.0, step: 0.05 },
            "Alpha α",
            "Share of the teacher's term in the loss; the labels get the rest. 0 is plain training.",
        ),
        live(
            "learningRate",
            Kind::Number { min: 1e-5, max: 1.0, step: 0.005 },
            "Learning rate",
            "Peak step size of SGD; it rises over the first 5 % of the steps and falls to 1 % along a cosine.",
        ),
        row(
            "momentum",
            Kind::Number { min: 0.0, max: 0.99, step: 0.05 },
            "Momentum",
            "How much of the last update SGD keeps.",
        ),
        row(
            "weightDecay",
            Kind::Number { min: 0.0, max: 0.1, step: 1e-4 },
            "Weight decay",
            "Pull of all weights towards zero (L2), as in PyTorch's SGD.",
        ),
        row("batchSize", Kind::Integer { min: 2, max: 512 }, "Batch size", "Images in one training step."),
        row(
            "epochs",
            Kind::Integer { min: 1, max: 1000 },
            "Epochs",
            "Planned passes over the training images; decides how fast the learning rate falls.",
        ),
        row(
            "seed",
            Kind::Integer { min: 0, max: u32::MAX as u64 },
            "Seed",
            "Decides starting weights, order of images, crops and noise. The same seed repeats the run.",
        ),
        row(
            "trainImages",
            Kind::Integer { min: 2, max: 50_000 },
            "Training images",
            "How many images are used for training, from the first on.",
        ),
        row(
            "testImages",
            Kind::Integer { min: 1, max: 10_000 },
            "Test images",
            "How many images the three networks are compared on. More images, narrower intervals.",
        ),
        row(
            "augment",
            Kind::Boolean,
            "Crops and flips",
            "Shift each training image by up to 4 pixels and mirror every second one at random.",
        ),
        row(
            "evaluateEvery",
            Kind::Integer { min: 0, max: 100_000 },
            "Steps between evaluations",
            "0 evaluates once an epoch.",
        ),
    ]
}

impl Field {
    fn check(&self, value: &Value) -> Result<()> {
        let wrong = |wanted: String| {
            Err(Error::SettingInvalid(format!("{} (`{}`) must be {wanted}, not {value}.", self.label, self.name)))
        };
        match &self.kind {
            Kind::Choice(choices) => {
                if choices.iter().any(|(name, _)| value.as_str() == Some(name)) {
                    return Ok(());
                }
                let names: Vec<_> = choices.iter().map(|(name, _)| *name).collect();
                wrong(format!("one of {}", names.join(", ")))
            }
            Kind::Integer { min, max } => match value.as_f64() {
                Some(x) if x.fract() == 0.0 && (*min as f64..=*max as f64).contains(&x) => Ok(()),
                _ => wrong(format!("a whole number from {min} to {max}")),
            },
            Kind::Number { min, max, .. } => match value.as_f64() {
                Some(x) if (*min..=*max).contains(&x) => Ok(()),
                _ => wrong(format!("a number from {min} to {max}")),
            },
            Kind::Boolean if value.is_boolean() => Ok(()),
            Kind::Boolean => wrong("true or false".into()),
        }
    }

    /// The row as the page gets it.
    pub fn describe(&self) -> Value {
        let defaults = json!(Settings::default());
        let mut row = json!({
            "name": self.name, "label": self.label, "help": self.help, "live": self.live, "default": defaults[self.name],
        });
        match &self.kind {
            Kind::Choice(choices) => {
                row["type"] = json!("choice");
                row["choices"] = choices.iter().map(|(value, label)| json!({"value": value, "label": label})).collect();
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

impl Settings {
    /// Reads a plain object; missing names keep their default.
    ///
    /// # Errors
    /// [`Error::SettingUnknown`] and [`Error::SettingInvalid`], naming the setting, what it may be and what it was.
    pub fn from_json(object: &Map<String, Value>) -> Result<Self> {
        let mut settings = Self::default();
        settings.patch(object, false)?;
        Ok(settings)
    }

    /// Changes some settings; with `running`, only those marked live.
    ///
    /// # Errors
    /// As [`Settings::from_json`]; nothing is changed then.
    pub fn patch(&mut self, object: &Map<String, Value>, running: bool) -> Result<()> {
        let fields = fields();
        let mut all = match serde_json::to_value(&*self) {
            Ok(Value::Object(all)) => all,
            _ => return Err(Error::Internal("the settings could not be written down.".into())),
        };
        for (name, value) in object {
            let Some(field) = fields.iter().find(|f| f.name == name) else {
                let names: Vec<_> = fields.iter().map(|f| f.name).collect();
                return Err(Error::SettingUnknown(format!(
                    "There is no setting “{name}”. The settings are {}.",
                    names.join(", ")
                )));
            };
            if running && !field.live {
                return Err(Error::SettingInvalid(format!(
                    "{} (`{name}`) cannot change during a run. Start a new run with it.",
                    field.label
                )));
            }
            field.check(value)?;
            // JavaScript has one kind of number: 64 may arrive as 64.0.
            let value = match (&field.kind, value.as_f64()) {
                (Kind::Integer { .. }, Some(x)) => json!(x as u64),
                _ => value.clone(),
            };
            all.insert(name.clone(), value);
        }
        let next: Self = serde_json::from_value(Value::Object(all))
            .map_err(|e| Error::SettingInvalid(format!("The settings do not fit together: {e}.")))?;
        next.check_together()?;
        *self = next;
        Ok(())
    }

    fn check_together(&self) -> Result<()> {
        if self.train_images < self.batch_size {
            return Err(Error::SettingInvalid(format!(
                "Training images (`trainImages`, {}) must be at least one batch (`batchSize`, {}).",
                self.train_images, self.batch_size
            )));
        }
        Ok(())
    }

    /// The dataset as a value.
    ///
    /// # Errors
    /// [`Error::SettingInvalid`] for a name that is not in the table.
    pub fn dataset(&self) -> Result<DatasetKind> {
        self.dataset.parse()
    }

    /// As a plain object.
    pub fn to_json(&self) -> Value {
        json!(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(value: Value) -> Result<Settings> {
        Settings::from_json(value.as_object().unwrap())
    }

    #[test]
    fn the_table_covers_every_setting_and_its_defaults_are_valid() {
        let defaults = json!(Settings::default());
        let names: Vec<_> = fields().iter().map(|f| f.name.to_string()).collect();
        let mut keys: Vec<_> = defaults.as_object().unwrap().keys().cloned().collect();
        let mut sorted = names.clone();
        sorted.sort();
        keys.sort();
        assert_eq!(sorted, keys);
        assert_eq!(parse(defaults).unwrap(), Settings::default());
    }

    #[test]
    fn choices_name_things_that_exist() {
        for field in fields() {
            if let Kind::Choice(choices) = field.kind {
                for (value, _) in choices {
                    match field.name {
                        "dataset" => assert!(value.parse::<DatasetKind>().is_ok()),
                        "teacher" | "student" => assert!(value.parse::<Architecture>().is_ok()),
                        "method" => assert!(crate::objectives::method(value).is_ok()),
                        other => panic!("a choice without a check: {other}"),
                    }
                }
            }
        }
    }

    #[test]
    fn bad_settings_are_named() {
        let code = |value| parse(value).map_err(|e| (e.code(), e.to_string())).unwrap_err();
        assert_eq!(code(json!({"temprature": 4})).0, "setting-unknown");
        for bad in [
            json!({"temperature": 0}),
            json!({"temperature": "4"}),
            json!({"temperature": null}),
            json!({"alpha": 1.01}),
            json!({"batchSize": 2.5}),
            json!({"batchSize": -1}),
            json!({"seed": 1e300}),
            json!({"student": "resnet9"}),
            json!({"augment": 1}),
            json!({"trainImages": 32, "batchSize": 64}),
        ] {
            let (code, message) = code(bad.clone());
            assert_eq!(code, "setting-invalid", "{bad}");
            let name = bad.as_object().unwrap().keys().next().unwrap().clone();
            assert!(message.contains(&name), "{message}");
        }
    }

    #[test]
    fn only_live_settings_change_during_a_run() {
        let mut settings = Settings::default();
        settings.patch(json!({"alpha": 0.5, "temperature": 2.0}).as_object().unwrap(), true).unwrap();
        assert_eq!((settings.alpha, settings.temperature), (0.5, 2.0));
        let before = settings.clone();
        assert!(settings.patch(json!({"alpha": 0.1, "batchSize": 8}).as_object().unwrap(), true).is_err());
        assert_eq!(settings, before);
    }

    #[test]
    fn whole_numbers_may_arrive_as_floats() {
        assert_eq!(parse(json!({"batchSize": 32.0})).unwrap().batch_size, 32);
    }
}
