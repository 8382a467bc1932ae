//! What the three networks do with an image: one file a question.
//!
//! A probe takes networks and images and gives numbers with their uncertainty and pictures as plain arrays. It trains nothing.

pub mod adversarial;
pub mod attack;
pub mod boundary;
mod common;
pub mod domains;
pub mod fidelity;
pub mod grad_cam;
pub mod groups;
pub mod invariance;
pub mod layers;
mod own;
pub mod projector;
pub mod relevance;
pub mod rescaling;
pub mod shape_texture;
pub mod unicam;

pub use common::{Consensus, Verdicts};
pub use own::explain;

use burn::tensor::Device;
use serde_json::{Map, Value, json};

use crate::data::Dataset;
use crate::error::{Error, Result};
use crate::nets::{Network, Params};

/// The three networks, the images and where to compute.
#[derive(Debug, Clone, Copy)]
pub struct Bench<'a> {
    /// The trained network that teaches.
    pub teacher: &'a Network,
    /// The network that was distilled.
    pub student: &'a Network,
    /// The same network without a teacher.
    pub control: &'a Network,
    /// A network that neither taught nor learned here, for controls.
    pub foreign: Option<&'a Network>,
    /// A control that began with another seed: how far apart two networks without a teacher are anyway.
    pub twin: Option<&'a Network>,
    /// Trainable tensors of the distillation method, such as a projector, if it has any.
    pub parts: Option<&'a Params>,
    /// Test images.
    pub images: &'a Dataset,
    /// The same test images in several domains or groups, the usual one first, where they are at hand.
    pub groups: &'a [Dataset],
    /// Seed of the run, for random noise.
    pub seed: u64,
    /// Steps that student and control have been trained.
    pub step: usize,
    /// Device of the networks.
    pub device: &'a Device,
}

/// A result for each of the three networks.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Trio<T> {
    /// The teacher's.
    pub teacher: T,
    /// The student's.
    pub student: T,
    /// The control's.
    pub control: T,
}

impl<T> Trio<Result<T>> {
    /// All three, or what went wrong first.
    ///
    /// # Errors
    /// The first of the three.
    pub fn whole(self) -> Result<Trio<T>> {
        Ok(Trio { teacher: self.teacher?, student: self.student?, control: self.control? })
    }
}

impl<T> Trio<T> {
    /// Applies a function to each.
    pub fn map<U>(&self, mut f: impl FnMut(&T) -> U) -> Trio<U> {
        Trio { teacher: f(&self.teacher), student: f(&self.student), control: f(&self.control) }
    }
}

impl<'a> Bench<'a> {
    /// The networks in their standing order.
    pub fn networks(&self) -> Trio<&'a Network> {
        Trio { teacher: self.teacher, student: self.student, control: self.control }
    }

    /// The networks with what they are called.
    pub fn named(&self) -> Trio<(&'static str, &'a Network)> {
        Trio {
            teacher: ("teacher", self.teacher),
            student: ("student", self.student),
            control: ("control", self.control),
        }
    }
}

/// Name and one sentence of every probe.
pub const PROBES: &[(&str, &str)] = &[
    ("grad-cam", "Where do they look? Grad-CAM maps of the three networks and how alike they are."),
    ("unicam", "Where do they look? Maps of the features that were distilled, and of those left behind."),
    ("adversarial", "What fools them? Images attacked so that the teacher errs, shown to student and control."),
    (
        "invariance",
        "What do they ignore? Who keeps its prediction when an image is recoloured, cropped, shifted, turned or blurred.",
    ),
    ("domains", "Do they agree where neither was taught? Grey, edges, silhouettes, few tones, foreign texture."),
    ("groups", "Do they reach further, and do they reach everybody? The same images in other domains or groups."),
    ("shape-texture", "Do they go by shape or by texture? Outlines of one class filled with another (Shapes-32)."),
    ("boundary", "Where do they draw the line? Predictions on planes through three test images."),
    (
        "fidelity",
        "Why? Agreement, calibration, divergence and input gradients of student and control against the teacher.",
    ),
    ("rescaling", "Why? How soft targets weigh each image, and which classes the networks find alike."),
    ("layers", "Why? Which layers of student and teacher hold alike features (CKA)."),
    ("relevance", "Why? How alike features are at every tap, and how those that were distilled relate to the labels."),
    ("projector", "Why? Which directions the projector of SRD keeps, and how far it is from rest."),
];

/// Runs a probe by name with options as a plain object.
///
/// # Errors
/// `probe-unknown`, `probe-invalid`, `data-missing`, `not-finite` where a network's answers are no numbers, `gpu-lost`.
pub async fn run(name: &str, options: &Map<String, Value>, bench: &Bench<'_>) -> Result<Value> {
    /// Reads a probe's options and runs it.
    macro_rules! ask {
        ($probe:ident) => {{
            let options = $probe::Options::from_json(options, bench)?;
            Ok(json!($probe::run(&options, bench).await?))
        }};
    }
    match name {
        "grad-cam" => ask!(grad_cam),
        "unicam" => ask!(unicam),
        "adversarial" => ask!(adversarial),
        "invariance" => ask!(invariance),
        "domains" => ask!(domains),
        "groups" => ask!(groups),
        "shape-texture" => ask!(shape_texture),
        "boundary" => ask!(boundary),
        "fidelity" => ask!(fidelity),
        "rescaling" => ask!(rescaling),
        "layers" => ask!(layers),
        "relevance" => ask!(relevance),
        "projector" => ask!(projector),
        _ => {
            let names: Vec<_> = PROBES.iter().map(|(name, _)| *name).collect();
            Err(Error::ProbeUnknown(format!("There is no probe “{name}”. The probes are {}.", names.join(", "))))
        }
    }
}

/// Reads `images`: a number N (the first N test images) or a list of different indices; missing means all up to `default`.
fn images(options: &Map<String, Value>, bench: &Bench<'_>, default: usize) -> Result<Vec<usize>> {
    let held = bench.images.len();
    if held == 0 {
        return Err(Error::DataMissing("There are no test images yet to probe.".into()));
    }
    let index =
        |v: &Value| v.as_f64().filter(|x| x.fract() == 0.0 && *x >= 0.0 && *x < held as f64).map(|x| x as usize);
    let chosen: Option<Vec<usize>> = match options.get("images") {
        None | Some(Value::Null) => Some((0..default.min(held)).collect()),
        Some(Value::Array(list)) => list.iter().map(index).collect(),
        Some(v) => {
            v.as_f64().filter(|x| x.fract() == 0.0 && *x >= 1.0 && *x <= held as f64).map(|n| (0..n as usize).collect())
        }
    };
    let chosen = chosen.filter(|list| !list.is_empty()).ok_or_else(|| {
        Error::ProbeInvalid(format!(
            "`images` must be a number from 1 to {held} or a list of test image numbers from 0 to {}.",
            held - 1
        ))
    })?;
    let mut seen = vec![false; held];
    let twice = chosen.iter().copied().find(|&image| std::mem::replace(&mut seen[image], true));
    match twice {
        None => Ok(chosen),
        Some(twice) => Err(Error::ProbeInvalid(format!(
            "`images` names test image {twice} twice. Name each image once: intervals take images for independent of each other."
        ))),
    }
}

/// A number option in a range, or its default.
fn number(options: &Map<String, Value>, name: &str, default: f64, min: f64, max: f64) -> Result<f64> {
    match options.get(name) {
        None | Some(Value::Null) => Ok(default),
        Some(v) => v
            .as_f64()
            .filter(|x| (min..=max).contains(x))
            .ok_or_else(|| Error::ProbeInvalid(format!("`{name}` must be a number from {min} to {max}, not {v}."))),
    }
}

/// Which of some words an option is; missing means the first.
fn one_of(options: &Map<String, Value>, name: &str, words: &[&str]) -> Result<usize> {
    match options.get(name) {
        None | Some(Value::Null) => Ok(0),
        Some(v) => v
            .as_str()
            .and_then(|text| words.iter().position(|word| *word == text))
            .ok_or_else(|| Error::ProbeInvalid(format!("`{name}` must be one of {}, not {v}.", words.join(", ")))),
    }
}

/// Refuses names that the probe does not know, so that a misspelt option is not silently ignored.
fn only(options: &Map<String, Value>, known: &[&str]) -> Result<()> {
    match options.keys().find(|name| !known.contains(&name.as_str())) {
        None => Ok(()),
        Some(name) => {
            Err(Error::ProbeInvalid(format!("The probe has no option “{name}”. Its options are {}.", known.join(", "))))
        }
    }
}
