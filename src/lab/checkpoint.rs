//! Checkpoints: a safetensors file with everything a run needs to go on, bit for bit on the CPU.
//!
//! Every random draw is a function of seed and step, so beside weights and momenta only the step is kept. The teacher is not in
//! it, only the SHA-256 of its weights.

use std::collections::HashMap;

use burn::tensor::Device;
use serde_json::Value;

use super::learner::Learner;
use super::settings::{Settings, fields};
use crate::error::{Error, Result};
use crate::nets::Params;
use crate::weights::{Precision, Tensors, arrange, decode, encode};

const FORMAT: &str = "kd-lens checkpoint 1";

/// What a checkpoint says of itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Header {
    /// Settings of the run at that moment.
    pub settings: Settings,
    /// Steps done.
    pub step: usize,
    /// SHA-256 of the teacher's weights file.
    pub teacher: String,
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
pub async fn write(header: &Header, learners: &[(&str, &Learner)]) -> Result<Vec<u8>> {
    let metadata = HashMap::from([
        ("format".into(), FORMAT.into()),
        ("settings".into(), header.settings.to_json().to_string()),
        ("step".into(), header.step.to_string()),
        ("teacher".into(), header.teacher.clone()),
    ]);
    pack(metadata, learners).await
}

/// Writes learners with their momenta, under `name/…`.
///
/// # Errors
/// `gpu-lost`.
pub async fn pack(metadata: HashMap<String, String>, learners: &[(&str, &Learner)]) -> Result<Vec<u8>> {
    let mut parts: Vec<(String, &Params)> = Vec::new();
    for (name, learner) in learners {
        parts.push((name.to_string(), &learner.network.params));
        parts.push((format!("{name}.momentum"), &learner.optimiser.velocity));
        if let Some((params, optimiser)) = &learner.parts {
            parts.push((format!("{name}.parts"), params));
            parts.push((format!("{name}.parts.momentum"), &optimiser.velocity));
        }
    }
    let mut host = Vec::new();
    for (_, params) in &parts {
        host.push(params.to_host().await?);
    }
    let tensors = parts.iter().zip(&host).flat_map(|((prefix, params), values)| {
        let named = params.specs().iter().zip(values);
        named.map(move |(spec, values)| (format!("{prefix}/{}", spec.name), spec.shape.as_slice(), values.as_slice()))
    });
    encode(tensors, Some(metadata), Precision::Full)
}

impl Checkpoint {
    /// Reads a checkpoint.
    ///
    /// # Errors
    /// [`Error::CheckpointUnreadable`].
    pub fn read(bytes: &[u8]) -> Result<Self> {
        let (packed, metadata) = Packed::read(bytes, FORMAT)?;
        let settings = metadata
            .get("settings")
            .and_then(|text| serde_json::from_str::<Value>(text).ok())
            .and_then(|value| Settings::from_json(value.as_object()?).ok())
            .ok_or_else(|| unreadable("its settings are damaged"))?;
        let step = metadata.get("step").and_then(|s| s.parse().ok()).ok_or_else(|| unreadable("its step is damaged"))?;
        let teacher = metadata.get("teacher").cloned().unwrap_or_default();
        Ok(Self {
            header: Header { settings, step, teacher },
            packed,
        })
    }

    /// Checks that the checkpoint belongs to a run with these settings (live ones may differ) and this teacher.
    ///
    /// # Errors
    /// [`Error::CheckpointMismatch`] naming the first difference.
    pub fn check(&self, settings: &Settings, teacher: &str) -> Result<()> {
        let (own, theirs) = (self.header.settings.to_json(), settings.to_json());
        for field in fields().iter().filter(|f| !f.live) {
            if own[field.name] != theirs[field.name] {
                return Err(Error::CheckpointMismatch(format!(
                    "This checkpoint is from another run: {} (`{}`) was {} there and is {} here.",
                    field.label, field.name, own[field.name], theirs[field.name]
                )));
            }
        }
        if self.header.teacher != teacher {
            return Err(Error::CheckpointMismatch(
                "This checkpoint is from a run with other teacher weights. Load the same teacher first.".into(),
            ));
        }
        Ok(())
    }

    /// The learners in it.
    pub fn learners(&self) -> &Packed {
        &self.packed
    }
}

/// A file that is not what it should be.
pub fn unreadable(why: &str) -> Error {
    Error::CheckpointUnreadable(format!("This is not a kd-lens checkpoint ({why}). Choose a file that kd-lens saved."))
}

impl Packed {
    /// Reads a file of [`pack`] whose metadata has `format`.
    ///
    /// # Errors
    /// [`Error::CheckpointUnreadable`].
    pub fn read(bytes: &[u8], format: &str) -> Result<(Self, HashMap<String, String>)> {
        let (tensors, metadata) = decode(bytes).map_err(|_| unreadable("not a whole safetensors file"))?;
        if metadata.get("format").map(String::as_str) != Some(format) {
            return Err(unreadable("its header is another one"));
        }
        Ok((Self { tensors }, metadata))
    }

    /// Puts the tensors called `name/…` into a learner.
    ///
    /// # Errors
    /// [`Error::CheckpointUnreadable`] when a tensor is missing; the learner may then be partly changed, so load into a copy.
    pub fn load(&self, name: &str, learner: &mut Learner, device: &Device) -> Result<()> {
        self.load_params(name, &mut learner.network.params, device)?;
        self.load_params(&format!("{name}.momentum"), &mut learner.optimiser.velocity, device)?;
        if let Some((params, optimiser)) = &mut learner.parts {
            self.load_params(&format!("{name}.parts"), params, device)?;
            self.load_params(&format!("{name}.parts.momentum"), &mut optimiser.velocity, device)?;
        }
        Ok(())
    }

    fn load_params(&self, prefix: &str, params: &mut Params, device: &Device) -> Result<()> {
        let own: Tensors = self
            .tensors
            .iter()
            .filter_map(|(name, tensor)| Some((name.strip_prefix(prefix)?.strip_prefix('/')?.to_string(), tensor.clone())))
            .collect();
        let data = arrange(own, params.specs(), "the checkpoint's own settings").map_err(|e| Error::CheckpointUnreadable(format!("The checkpoint is damaged. {e}")))?;
        params.set_host(data, device)
    }
}
