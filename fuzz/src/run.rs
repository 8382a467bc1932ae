//! A run small enough to be restored a hundred times a second.

use arbitrary::{Result, Unstructured};
use kd_lens::data::{Dataset, DatasetKind, IMAGE_BYTES, Normalisation};
use kd_lens::lab::{Session, Settings};
use kd_lens::nets::{Architecture, Network};
use kd_lens::weights::{self, Precision};
use serde_json::{Value, json};

use crate::file::File;
use crate::{cpu, no_fault};

const WORDS: [&str; 24] = [
    "format",
    "settings",
    "step",
    "adopted",
    "teacher",
    "recipe",
    "of",
    "kd-lens checkpoint 2",
    "kd-lens snapshot 1",
    "kd-lens learner 1",
    "kd-lens training 1",
    "method",
    "crd",
    "kl",
    "resnet8",
    "student",
    "control",
    "parts",
    "epochs",
    "batchSize",
    "trainImages",
    "assistants",
    "resnet8,resnet8",
    "seed",
];

/// Settings of a run that takes part in everything: a method with parts and a state; with assistants, a chain.
fn settings(assistants: &str) -> Settings {
    let given = json!({
        "dataset": "shapes32", "teacher": "resnet8", "student": "resnet8", "method": "crd", "assistants": assistants,
        "batchSize": 2, "epochs": 2, "trainImages": 4, "testImages": 2,
    });
    Settings::from_json(given.as_object().expect("an object")).expect("valid settings")
}

/// The run, before its first step.
pub fn session(assistants: &str) -> Session {
    let device = cpu().device;
    let normalisation: Normalisation = DatasetKind::Shapes32.normalisation();
    let architecture: Architecture = "resnet8".parse().expect("a name");
    let teacher = Network::new(architecture, 10, normalisation, 0, &device);
    let teacher = pollster::block_on(weights::save(&teacher.params, Precision::Full)).expect("weights");
    Session::new(settings(assistants), &teacher, &device).expect("a run")
}

/// Four grey images.
pub fn images() -> Dataset {
    let mut images = Dataset::empty(DatasetKind::Cifar10);
    images.append(&[128; 4 * IMAGE_BYTES], &[0, 1, 2, 3], None).expect("four images");
    images
}

/// What is asked of a run that took something over.
pub fn look_around(session: &mut Session) {
    session.needs();
    session.due();
    session.until_due();
    session.formula();
    assert!(session.epoch().is_finite());
    if session.steps_done() < session.total_steps() {
        no_fault(pollster::block_on(session.step(1)));
    }
}

/// Changes tensors, and what the file says of itself.
pub fn edit(file: &mut File, u: &mut Unstructured<'_>) -> Result<()> {
    if u.ratio(2, 3)?
        && let Some(text) = file.about.get_mut("kd-lens")
        && let Ok(mut about) = serde_json::from_str::<Value>(text)
    {
        crate::edit(&mut about, u, &WORDS)?;
        *text = about.to_string();
    }
    let names: Vec<String> = file.parts.iter().map(|part| part.name.clone()).chain(["state/x".into()]).collect();
    file.edit(u, &names.iter().map(String::as_str).collect::<Vec<_>>())
}
