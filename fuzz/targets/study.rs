//! Study files, `study.toml`.
#![no_main]

use std::sync::LazyLock;

use kd_lens::study::Plan;
use kd_lens_fuzz::{choices, edit, no_fault, plain};
use libfuzzer_sys::{Corpus, fuzz_target};
use serde_json::Value;

const PLANS: [&str; 2] = [include_str!("../../studies/small.toml"), include_str!("../../studies/copies.toml")];
const WORDS: [&str; 38] = [
    "name",
    "question",
    "chance",
    "keep",
    "checkpoints",
    "notMeasured",
    "settings",
    "grid",
    "method",
    "student",
    "teacher",
    "dataset",
    "seed",
    "label",
    "kl",
    "srd",
    "without",
    "teacherWeights",
    "bring",
    "twin",
    "control",
    "foreign",
    "probe",
    "grad-cam",
    "cells",
    "claim",
    "id",
    "sentence",
    "path",
    "expect",
    "student > control",
    "a > b",
    "above chance",
    "a",
    "b",
    "/items/*/cosine/teacherStudent",
    "controlCells",
    "weights",
];

static VALUES: LazyLock<Vec<Value>> =
    LazyLock::new(|| PLANS.iter().map(|text| toml::from_str(text).expect("a study in the repository")).collect());

fuzz_target!(|input: &[u8]| -> Corpus {
    let text = match plain(input) {
        Some(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        None => {
            let mut u = choices(input);
            let Ok(plan) = u.choose(&VALUES) else { return Corpus::Reject };
            let mut plan = plan.clone();
            if edit(&mut plan, &mut u, &WORDS).is_err() {
                return Corpus::Reject;
            }
            match toml::to_string(&plan) {
                Ok(text) => text,
                // TOML has no null.
                Err(_) => return Corpus::Reject,
            }
        }
    };
    let Some(plan) = no_fault(Plan::parse(&text, "study.toml", &|_| Ok("0".repeat(64)))) else { return Corpus::Keep };
    for cell in &plan.cells {
        cell.settings().expect("it was read with them");
        no_fault(cell.steps());
        plan.asked(cell);
    }
    // What was read can be written down and read again.
    let written = serde_json::to_string(&plan).expect("a plan");
    assert_eq!(serde_json::from_str::<Plan>(&written).expect("what was written"), plan);
    Corpus::Keep
});
