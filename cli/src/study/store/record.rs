//! The record of a finished cell.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::study::spec::Asked;

/// Finished cells by id.
pub(crate) type Records = BTreeMap<String, Record>;

/// What a finished cell has to say: one JSON file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Record {
    /// Of the cell.
    pub id: String,
    /// What it was made with.
    pub settings: Map<String, Value>,
    /// SHA-256 of the teacher's weights.
    pub teacher_digest: String,
    /// SHA-256 of the further networks' weights, by role.
    #[serde(default)]
    pub brought: BTreeMap<String, String>,
    /// Version of kd-lens.
    pub version: String,
    /// Steps of training.
    pub steps: usize,
    /// The loss with its numbers.
    pub formula: String,
    /// Every evaluation during training, oldest first.
    pub history: Vec<Value>,
    /// The last one, with paired comparisons.
    pub evaluation: Value,
    /// What was asked.
    pub asked: Vec<Asked>,
    /// Reports by id, without maps and pixels of single images.
    pub probes: BTreeMap<String, Value>,
    /// SHA-256 of the final weights of student and control, 32-bit floats.
    pub weights: BTreeMap<String, String>,
    /// When, where and how long: the only part that differs between repetitions.
    pub times: Times,
}

/// When, where and how long.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Times {
    /// What the machine said of itself.
    pub machine: String,
    /// Training, evaluations included, in all processes that worked on it.
    pub training_seconds: f64,
    /// The last evaluation and the probes.
    pub probing_seconds: f64,
    /// How often it was taken up from a checkpoint.
    pub resumed: usize,
    /// End, in seconds since 1970.
    pub finished: u64,
}

/// Leaves out maps and pixels of single images: lists of more than `LONG` numbers inside lists, and pictures.
pub(crate) fn prune(report: &mut Value, inside_list: bool) {
    match report {
        Value::Object(map) => {
            map.remove("pictures");
            let long = |v: &Value| v.as_array().is_some_and(|l| l.len() > LONG && l.iter().all(Value::is_number));
            map.retain(|_, value| !(inside_list && long(value)));
            map.values_mut().for_each(|value| prune(value, inside_list));
        }
        Value::Array(list) => list.iter_mut().for_each(|value| prune(value, true)),
        _ => {}
    }
}

/// Ten logits stay, maps go.
const LONG: usize = 16;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn pruning_takes_maps_and_leaves_scalars() {
        let mut report = json!({"values": vec![1.0; 30], "pictures": [1], "items": [{"map": vec![0.5; 64], "logits": vec![1.0; 10], "cosine": 0.5}]});
        prune(&mut report, false);
        assert_eq!(report, json!({"values": vec![1.0; 30], "items": [{"logits": vec![1.0; 10], "cosine": 0.5}]}));
    }
}
