//! Checkpoints: a safetensors file with everything a run needs to go on, bit for bit on the CPU.
//!
//! Every random draw is a function of seed and step, so beside weights and momenta only the step is kept. The teacher is not in
//! it, only the SHA-256 of its weights.

use std::collections::HashMap;

use burn::tensor::{Device, Tensor, TensorData};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::learner::Learner;
use super::optimiser::Optimiser;
use super::settings::{Settings, fields};
use crate::data::{Fingerprint, Split};
use crate::error::{Error, Result};
use crate::fields::same;
use crate::nets::{Network, Params};
use crate::objectives::State;
use crate::readback;
use crate::sniff::Kind;
use crate::weights::{Precision, Tensors, arrange, decode, encode};

const FORMAT: &str = "kd-lens checkpoint 3";
/// Key of the metadata.
const ABOUT: &str = "kd-lens";
/// Steps that a file may claim at most, so that no sum of steps overflows where numbers of memory have 32 bits.
const MOST_STEPS: u64 = 1 << 31;

/// The images that a run has met: it goes on with no others. Absent where they are generated, which the settings tell.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Met {
    /// Training images of the steps so far and those that came with them.
    #[serde(default)]
    pub train: Option<Fingerprint>,
    /// Test images, once all of them are here.
    #[serde(default)]
    pub test: Option<Fingerprint>,
}

impl Met {
    /// Those of a split.
    pub fn of(&self, split: Split) -> Option<&Fingerprint> {
        match split {
            Split::Train => self.train.as_ref(),
            Split::Test => self.test.as_ref(),
        }
    }

    /// Those that a file names in what it says of itself.
    pub(super) fn read(about: &Value) -> Result<Self> {
        match &about["met"] {
            Value::Null => Ok(Self::default()),
            met => serde_json::from_value(met.clone()).map_err(|_| unreadable("its images are not named soundly")),
        }
    }
}

/// What a checkpoint says of itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Header {
    /// Settings of the run at that moment.
    pub settings: Settings,
    /// Steps done.
    pub step: usize,
    /// The step of the learner that was trained elsewhere; else the same.
    pub adopted: usize,
    /// SHA-256 of the teacher's weights file.
    pub teacher: String,
    /// The images that it was made with; of a snapshot, which nothing goes on from, none.
    pub met: Met,
}

/// A checkpoint that was read but not yet put to use.
#[derive(Debug)]
pub struct Checkpoint {
    /// What it says of itself.
    pub header: Header,
    packed: Packed,
}

/// Learners as they were written by [`pack`].
#[derive(Debug)]
pub struct Packed {
    tensors: Tensors,
}

/// Writes the checkpoint of a run.
///
/// # Errors
/// `gpu-lost`.
pub async fn write(
    header: &Header,
    learners: &[(&str, &Learner)],
    assistant: Option<&Network>,
    state: &State,
) -> Result<Vec<u8>> {
    let mut about = header.about(FORMAT);
    about["met"] = json!(header.met);
    pack(&about, learners, assistant, state).await
}

impl Header {
    /// What a file of that format says of itself.
    pub(super) fn about(&self, format: &str) -> Value {
        let settings = self.settings.to_json();
        json!({"format": format, "settings": settings, "step": self.step, "adopted": self.adopted, "teacher": self.teacher})
    }
}

/// Writes learners with their optimisers' buffers, under `name/…`, a teacher that was itself taught, under `assistant/…`,
/// and an objective's state, under `state/…`. `about` has a `format`; equal states give equal bytes.
///
/// # Errors
/// `gpu-lost`.
pub async fn pack(
    about: &Value,
    learners: &[(&str, &Learner)],
    assistant: Option<&Network>,
    state: &State,
) -> Result<Vec<u8>> {
    let mut parts: Vec<(String, Params)> = Vec::new();
    let buffers = |name: &str, optimiser: &'_ Optimiser| {
        let buffers = optimiser.buffers.clone().into_iter().enumerate();
        buffers.map(|(i, params)| (format!("{name}.buffer{i}"), params)).collect::<Vec<_>>()
    };
    for (name, learner) in learners {
        parts.push((name.to_string(), learner.network.params.clone()));
        parts.extend(buffers(name, &learner.optimiser));
        if let Some((params, optimiser)) = &learner.parts {
            let name = format!("{name}.parts");
            parts.extend(buffers(&name, optimiser));
            parts.push((name, params.clone()));
        }
    }
    parts.extend(assistant.map(|network| ("assistant".to_string(), network.params.clone())));
    bind(about, &parts, state, Precision::Full).await
}

/// Writes `name/…` for every part and `state/…`.
///
/// # Errors
/// `gpu-lost`.
pub(super) async fn bind(
    about: &Value,
    parts: &[(String, Params)],
    state: &State,
    precision: Precision,
) -> Result<Vec<u8>> {
    let mut host = Vec::new();
    for (_, params) in parts {
        host.push(params.to_host().await?);
    }
    let kept = readback::read_all(state.values().map(|(_, values)| values.clone()).collect()).await?;
    let tensors = parts.iter().zip(&host).flat_map(|((prefix, params), values)| {
        let named = params.specs().iter().zip(values);
        named.map(move |(spec, values)| (format!("{prefix}/{}", spec.name), spec.shape.as_slice(), values.as_slice()))
    });
    let state = state
        .iter()
        .zip(&kept)
        .map(|((name, (shape, _)), values)| (format!("state/{name}"), shape.as_slice(), values.as_slice()));
    let tensors = tensors.chain(state);
    // One entry: the order of several would be another in every process.
    let metadata = HashMap::from([(ABOUT.to_string(), about.to_string())]);
    encode(tensors, Some(metadata), precision)
}

impl Checkpoint {
    /// Reads a checkpoint.
    ///
    /// # Errors
    /// [`Error::CheckpointUnreadable`].
    pub fn read(bytes: &[u8]) -> Result<Self> {
        Self::read_as(bytes, FORMAT)
    }

    /// Reads a file of that format which begins with a [`Header`].
    pub(super) fn read_as(bytes: &[u8], format: &str) -> Result<Self> {
        let (packed, about) = Packed::read(bytes, format)?;
        let settings = about["settings"]
            .as_object()
            .and_then(|object| Settings::from_json(object).ok())
            .ok_or_else(|| unreadable("its settings are damaged"))?;
        let step = about["step"].as_u64().ok_or_else(|| unreadable("its step is damaged"))? as usize;
        let adopted = about["adopted"].as_u64().map_or(step, |n| n as usize);
        let teacher = about["teacher"].as_str().unwrap_or_default().to_string();
        let met = Met::read(&about)?;
        Ok(Self { header: Header { settings, step, adopted, teacher, met }, packed })
    }

    /// Checks that the checkpoint belongs to a run with these settings (live ones may differ) and this teacher.
    ///
    /// # Errors
    /// [`Error::CheckpointMismatch`] naming every difference with both values.
    pub fn check(&self, settings: &Settings, teacher: &str) -> Result<()> {
        let (own, theirs) = (self.header.settings.to_json(), settings.to_json());
        let mut table = fields();
        // Options of two methods have nothing to do with each other.
        if self.header.settings.method == settings.method {
            table.extend((settings.method()?.options)());
        }
        let differ = table.iter().filter(|f| !f.live && !same(&own[f.name], &theirs[f.name]));
        let mut differences: Vec<String> = differ
            .map(|f| format!("{} (`{}`) was {} there and is {} here", f.label, f.name, own[f.name], theirs[f.name]))
            .collect();
        if self.header.teacher != teacher {
            let short = |digest: &str| digest.get(..12).unwrap_or(digest).to_string();
            differences.push(format!(
                "the teacher's weights were other ones (SHA-256 {}… there, {}… here)",
                short(&self.header.teacher),
                short(teacher)
            ));
        }
        another_run(&differences)
    }

    /// The learners in it.
    pub fn learners(&self) -> &Packed {
        &self.packed
    }
}

/// Refuses a checkpoint for its differences, if there are any.
pub(super) fn another_run(differences: &[String]) -> Result<()> {
    if differences.is_empty() {
        return Ok(());
    }
    Err(Error::CheckpointMismatch(format!(
        "This checkpoint is from another run: {}. Repeat what was said there, or begin a new run elsewhere.",
        differences.join("; ")
    )))
}

/// A file that is not what it should be.
pub fn unreadable(why: &str) -> Error {
    Error::CheckpointUnreadable(format!("This is not a kd-lens checkpoint ({why}). Choose a file that kd-lens saved."))
}

/// What a format is called whatever its version.
fn family(format: &str) -> &str {
    format.rsplit_once(' ').map_or(format, |(name, _)| name)
}

impl Packed {
    /// Reads a file of [`pack`] of that `format`, with what it says of itself.
    ///
    /// # Errors
    /// [`Error::CheckpointUnreadable`].
    pub fn read(bytes: &[u8], format: &str) -> Result<(Self, Value)> {
        let (tensors, metadata) = decode(bytes).map_err(|_| match Kind::of(bytes) {
            Some(kind) if kind != Kind::Safetensors => unreadable(&format!("it is {}", kind.name())),
            _ => unreadable("not a whole safetensors file"),
        })?;
        let about: Value = metadata
            .get(ABOUT)
            .and_then(|text| serde_json::from_str(text).ok())
            .ok_or_else(|| unreadable("it has no header"))?;
        match about["format"].as_str() {
            Some(own) if own == format => {
                let too_many = |key: &str| about[key].as_u64().is_some_and(|steps| steps > MOST_STEPS);
                match ["step", "adopted"].into_iter().any(too_many) {
                    true => Err(unreadable("its step is damaged")),
                    false => Ok((Self { tensors }, about)),
                }
            }
            Some(own) if family(own) == family(format) => Err(Error::CheckpointUnreadable(format!(
                "This file was saved by another version of kd-lens: it is a “{own}”, and this version reads “{format}”. Begin the run again, or go on with the version that saved it."
            ))),
            Some(own) => Err(unreadable(&format!("it is a “{own}”, where a “{format}” belongs"))),
            None => Err(unreadable("its header is another one")),
        }
    }

    /// Puts the tensors called `name/…` into a learner.
    ///
    /// # Errors
    /// [`Error::CheckpointUnreadable`] when a tensor is missing; the learner may then be partly changed, so load into a copy.
    pub fn load(&self, name: &str, learner: &mut Learner, device: &Device) -> Result<()> {
        self.load_params(name, &mut learner.network.params, device)?;
        self.load_buffers(name, &mut learner.optimiser, device)?;
        if let Some((params, optimiser)) = &mut learner.parts {
            let name = format!("{name}.parts");
            self.load_params(&name, params, device)?;
            self.load_buffers(&name, optimiser, device)?;
        }
        Ok(())
    }

    /// Puts the tensors called `name/…` into a network.
    ///
    /// # Errors
    /// [`Error::CheckpointUnreadable`].
    pub fn load_network(&self, name: &str, network: &mut Network, device: &Device) -> Result<()> {
        self.load_params(name, &mut network.params, device)
    }

    /// The state of the objective.
    pub fn state(&self, device: &Device) -> State {
        let kept = self.tensors.iter().filter_map(|(name, (shape, values))| {
            let name = name.strip_prefix("state/")?.to_string();
            let flat = Tensor::from_data(TensorData::new(values.clone(), [values.len()]), device);
            Some((name, (shape.clone(), flat)))
        });
        kept.collect()
    }

    fn load_buffers(&self, name: &str, optimiser: &mut Optimiser, device: &Device) -> Result<()> {
        for (i, buffer) in optimiser.buffers.iter_mut().enumerate() {
            self.load_params(&format!("{name}.buffer{i}"), buffer, device)?;
        }
        Ok(())
    }

    /// Puts the tensors called `prefix/…` into params.
    pub(super) fn load_params(&self, prefix: &str, params: &mut Params, device: &Device) -> Result<()> {
        let own: Tensors = self
            .tensors
            .iter()
            .filter_map(|(name, tensor)| {
                Some((name.strip_prefix(prefix)?.strip_prefix('/')?.to_string(), tensor.clone()))
            })
            .collect();
        let data = arrange(own, params.specs(), "the checkpoint's own settings")
            .map_err(|e| Error::CheckpointUnreadable(format!("The checkpoint is damaged. {e}")))?;
        params.set_host(data, device)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_that_no_run_reaches_is_damage() {
        let read = |key: &str, steps: u64| {
            let metadata = HashMap::from([(ABOUT.to_string(), json!({"format": "f 1", key: steps}).to_string())]);
            Packed::read(&encode([], Some(metadata), Precision::Full).unwrap(), "f 1").map(|_| ())
        };
        for key in ["step", "adopted"] {
            assert_eq!(read(key, MOST_STEPS), Ok(()));
            for steps in [MOST_STEPS + 1, u64::from(u32::MAX) + 5, u64::MAX] {
                assert_eq!(read(key, steps).unwrap_err().code(), "checkpoint-unreadable", "{key} {steps}");
            }
        }
    }
}
