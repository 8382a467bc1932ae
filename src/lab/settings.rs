//! The one table of settings. Command line, link, form, validation and documentation all come from it.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::data::DatasetKind;
use crate::error::{Error, Result};
use crate::fields::{Field, Kind, Values, items, unknown};
use crate::nets::Architecture;
use crate::objectives::{METHODS, Method, method};

/// Everything that decides a run. Two runs with equal settings, data and teacher weights are the same run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Settings {
    /// Name of a [`DatasetKind`].
    pub dataset: String,
    /// Architecture of the teacher.
    pub teacher: String,
    /// Architecture of student and control.
    pub student: String,
    /// Name in [`METHODS`].
    pub method: String,
    /// Architectures between teacher and student, each taught by the one before; `resnet32,resnet14`, or empty. Each starts from weights
    /// of its own, the student as it would without them.
    pub assistants: String,
    /// Values of the method's own options ([`Method::options`]).
    #[serde(skip)]
    pub options: Values,
    /// `sgd`, `adamw` or `dot`.
    pub optimiser: String,
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
    /// Fixed augmented copies of each image, taken in turn; 0 draws a new one every time.
    pub copies: usize,
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
            assistants: String::new(),
            options: Values::defaults(&(METHODS[0].options)()),
            optimiser: "sgd".into(),
            learning_rate: 0.05,
            momentum: 0.9,
            weight_decay: 5e-4,
            batch_size: 64,
            epochs: 15,
            seed: 0,
            train_images: 5000,
            test_images: 1000,
            augment: true,
            copies: 0,
            evaluate_every: 0,
        }
    }
}

/// The table, in the order of the form.
///
/// Runs and studies written down before a setting existed lack it and are read with its default: that must be what kd-lens did
/// without the setting.
pub fn fields() -> Vec<Field> {
    let defaults = json!(Settings::default());
    let architectures: Vec<_> = Architecture::ALL.iter().map(|a| (a.name(), a.label())).collect();
    let methods = METHODS.iter().map(|m| (m.name, m.label)).collect();
    let row = |name, kind, label, help| Field { name, kind, default: defaults[name].clone(), label, help, live: false };
    let live = |name, kind, label, help| Field { live: true, ..row(name, kind, label, help) };
    // A browser is offered what it can have.
    let here = |kind: &DatasetKind| cfg!(not(target_arch = "wasm32")) || !kind.is_native_only();
    let datasets = DatasetKind::ALL.into_iter().filter(here).map(|kind| (kind.name(), kind.label())).collect();
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
            Kind::Choice(architectures.clone()),
            "Student",
            "Architecture of the student. The control is the same network with the same starting weights.",
        ),
        row("method", Kind::Choice(methods), "Method", "How the teacher's knowledge enters the student's loss."),
        row(
            "assistants",
            Kind::List(architectures),
            "Assistants",
            "Networks between teacher and student, each taught by the one before. Every one adds a whole run before the student's.",
        ),
        row(
            "optimiser",
            Kind::Choice(vec![("sgd", "SGD"), ("adamw", "AdamW"), ("dot", "DOT (two momenta)")]),
            "Optimiser",
            "SGD with momentum suits convnets, AdamW transformers (with a learning rate near 0.001). DOT gives the teacher's term a longer memory than the labels.",
        ),
        live(
            "learningRate",
            Kind::Number { min: 1e-5, max: 1.0, step: 0.005 },
            "Learning rate",
            "Peak step size; it rises over the first 5 % of the steps and falls to 1 % along a cosine.",
        ),
        row(
            "momentum",
            Kind::Number { min: 0.0, max: 0.99, step: 0.05 },
            "Momentum",
            "How much of the last update SGD keeps. With DOT, 0.075 less for the labels and more for the teacher's term.",
        ),
        row(
            "weightDecay",
            Kind::Number { min: 0.0, max: 0.1, step: 1e-4 },
            "Weight decay",
            "Pull of all weights towards zero (L2) as in PyTorch's SGD; with AdamW the decoupled kind.",
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
            "copies",
            Kind::Integer { min: 0, max: 100 },
            "Copies of each image",
            "With crops and flips: how many fixed versions of each image take turns, so that the teacher sees each only once and its answers are kept. 0 draws a new one every time.",
        ),
        row(
            "evaluateEvery",
            Kind::Integer { min: 0, max: 100_000 },
            "Steps between evaluations",
            "0 evaluates once an epoch.",
        ),
    ]
}

impl Settings {
    /// Reads a plain object of common settings and options of its method; missing names keep their default.
    ///
    /// # Errors
    /// [`Error::SettingUnknown`] and [`Error::SettingInvalid`], naming the setting, what it may be and what it was.
    pub fn from_json(object: &Map<String, Value>) -> Result<Self> {
        let mut settings = Self::default();
        settings.patch(object, false)?;
        Ok(settings)
    }

    /// Changes some settings; with `running`, only those marked live. A change of method starts from that method's options.
    ///
    /// # Errors
    /// As [`Settings::from_json`]; nothing is changed then.
    pub fn patch(&mut self, object: &Map<String, Value>, running: bool) -> Result<()> {
        let fields = fields();
        let name = match object.get("method") {
            Some(name) => fields.iter().find(|f| f.name == "method").map(|f| f.take(name)).transpose()?,
            None => None,
        };
        let name = name.as_ref().and_then(Value::as_str).unwrap_or(&self.method);
        let method = method(name)?;
        let own = (method.options)();
        let mut options = if name == self.method { self.options.clone() } else { Values::defaults(&own) };
        let mut all = match serde_json::to_value(&*self) {
            Ok(Value::Object(all)) => all,
            _ => return Err(Error::Internal("the settings could not be written down.".into())),
        };
        for (name, value) in object {
            let common = fields.iter().find(|f| f.name == name);
            let Some(field) = common.or_else(|| own.iter().find(|f| f.name == name)) else {
                return Err(not_a_setting(name, method, fields.iter().chain(&own)));
            };
            if running && !field.live {
                return Err(Error::SettingInvalid(format!(
                    "{} (`{name}`) cannot change during a run. Start a new run with it.",
                    field.label
                )));
            }
            match common {
                Some(_) => {
                    all.insert(name.clone(), field.take(value)?);
                }
                None => options.set(field, value)?,
            }
        }
        let mut next: Self = serde_json::from_value(Value::Object(all))
            .map_err(|e| Error::SettingInvalid(format!("The settings do not fit together: {e}.")))?;
        next.options = options;
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

    /// Architectures that are trained one after the other: the assistants, then the student.
    ///
    /// # Errors
    /// [`Error::SettingInvalid`] for a name that is not in the table.
    pub fn chain(&self) -> Result<Vec<Architecture>> {
        items(&self.assistants).chain([self.student.as_str()]).map(str::parse).collect()
    }

    /// The method.
    ///
    /// # Errors
    /// [`Error::SettingInvalid`] for a name that is not in the registry.
    pub fn method(&self) -> Result<&'static Method> {
        method(&self.method)
    }

    /// The settings that decide how the control is trained, those that may change during a run included. Runs without assistants
    /// that agree in them have the same control, whatever teaches their students.
    pub fn of_control(&self) -> Value {
        let others = ["teacher", "method", "assistants", "testImages", "evaluateEvery"];
        let own = fields().into_iter().filter(|f| !others.contains(&f.name));
        let all = json!(self);
        own.map(|f| (f.name.to_string(), all[f.name].clone())).collect()
    }

    /// As a plain object: the common settings and the options of the method.
    pub fn to_json(&self) -> Value {
        let mut object = json!(self);
        for (name, value) in self.options.iter() {
            object[name] = value.clone();
        }
        object
    }
}

/// The error for a name that neither the table nor the method has.
fn not_a_setting<'a>(name: &str, own: &Method, known: impl Iterator<Item = &'a Field>) -> Error {
    let elsewhere: Vec<_> =
        METHODS.iter().filter(|m| (m.options)().iter().any(|f| f.name == name)).map(|m| m.name).collect();
    if elsewhere.is_empty() {
        return unknown(name, known.map(|f| f.name));
    }
    Error::SettingUnknown(format!(
        "The method “{}” has no setting “{name}”. These methods have it: {}.",
        own.name,
        elsewhere.join(", ")
    ))
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
        assert_eq!(parse(Settings::default().to_json()).unwrap(), Settings::default());
    }

    #[test]
    fn every_method_has_options_of_its_own_that_no_common_setting_hides() {
        let common: Vec<_> = fields().iter().map(|f| f.name).collect();
        for method in METHODS {
            let settings = parse(json!({"method": method.name})).unwrap();
            assert_eq!(parse(settings.to_json()).unwrap(), settings);
            for option in (method.options)() {
                assert!(!common.contains(&option.name), "{}: {}", method.name, option.name);
                assert_eq!(option.take(&option.default).unwrap(), option.default, "{}: {}", method.name, option.name);
            }
        }
    }

    #[test]
    fn options_belong_to_their_method() {
        let settings = parse(json!({"method": "srd", "projector": "mlp-2"})).unwrap();
        assert_eq!((settings.options.choice("projector"), settings.options.number("temperature")), ("mlp-2", 1.0));
        let mut changed = settings.clone();
        changed.patch(json!({"method": "kl"}).as_object().unwrap(), false).unwrap();
        assert_eq!(changed.options.number("temperature"), 4.0);
        let error = parse(json!({"method": "kl", "projector": "mlp-2"})).unwrap_err();
        assert_eq!(error.code(), "setting-unknown");
        assert!(error.to_string().contains("srd"), "{error}");
    }

    #[test]
    fn chains_name_architectures() {
        let settings = parse(json!({"assistants": "resnet32, resnet14"})).unwrap();
        assert_eq!(settings.assistants, "resnet32,resnet14");
        assert_eq!(settings.chain().unwrap().len(), 3);
        assert_eq!(parse(json!({"assistants": "resnet9"})).unwrap_err().code(), "setting-invalid");
    }

    #[test]
    fn choices_name_things_that_exist() {
        for field in fields() {
            if let Kind::Choice(choices) = field.kind {
                for (value, _) in choices {
                    match field.name {
                        "dataset" => assert!(value.parse::<DatasetKind>().is_ok()),
                        "teacher" | "student" => assert!(value.parse::<Architecture>().is_ok()),
                        "optimiser" => assert!(crate::lab::optimiser::Rule::named(value).is_some()),
                        "method" => assert!(crate::objectives::method(value).is_ok()),
                        other => panic!("a choice without a check: {other}"),
                    }
                }
            }
        }
    }

    #[test]
    fn whatever_decides_the_control_tells_it_from_others() {
        let usual = Settings::default();
        // Each field with another value than its default.
        let other = |field: &Field| match &field.kind {
            Kind::Number { max, .. } => json!(max),
            Kind::Integer { min, max } => json!(if field.default == *max { min + 64 } else { *max }),
            Kind::Boolean => json!(field.default != json!(true)),
            Kind::Choice(choices) => {
                json!(choices.iter().map(|(name, _)| *name).find(|name| field.default != *name))
            }
            Kind::List(_) => json!("resnet14"),
        };
        // Of the teacher, of the way of teaching, of looking at the result.
        let not = ["teacher", "method", "assistants", "testImages", "evaluateEvery"];
        for field in fields() {
            let changed = parse(json!({ field.name: other(&field) })).unwrap_or_else(|e| panic!("{}: {e}", field.name));
            assert_ne!(changed, usual, "{}", field.name);
            assert_eq!(changed.of_control() != usual.of_control(), !not.contains(&field.name), "{}", field.name);
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
        assert_eq!((settings.options.number("alpha"), settings.options.number("temperature")), (0.5, 2.0));
        let before = settings.clone();
        assert!(settings.patch(json!({"alpha": 0.1, "batchSize": 8}).as_object().unwrap(), true).is_err());
        assert_eq!(settings, before);
    }

    #[test]
    fn whole_numbers_may_arrive_as_floats() {
        assert_eq!(parse(json!({"batchSize": 32.0})).unwrap().batch_size, 32);
    }
}
