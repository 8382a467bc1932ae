//! Weights as safetensors under PyTorch names.
//!
//! Files of 32, 16-bit (IEEE or bfloat) or 64-bit floats, and whole numbers of 32 or 64 bits, are read; PyTorch checkpoints that were converted to safetensors load
//! as they are, with or without `num_batches_tracked` and a `module.` prefix.

use std::collections::HashMap;

use burn::tensor::Device;
use half::{bf16, f16};
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use sha2::{Digest, Sha256};

use crate::error::{Error, Result};
use crate::nets::{Architecture, Network, Params, Spec};

/// Precision of a written file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Precision {
    /// 32-bit floats: exactly what was in memory.
    Full,
    /// 16-bit floats: half the size, for shipping.
    Half,
}

/// Tensors of a file by name.
pub type Tensors = HashMap<String, (Vec<usize>, Vec<f32>)>;

/// SHA-256 of bytes, in hexadecimal.
pub fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect()
}

/// Decodes a safetensors file.
///
/// # Errors
/// [`Error::WeightsUnreadable`] when the bytes are not safetensors or hold tensors of another kind of number.
pub fn decode(bytes: &[u8]) -> Result<(Tensors, HashMap<String, String>)> {
    let unreadable = |why: String| {
        Error::WeightsUnreadable(format!(
            "This is not a readable safetensors file ({why}). Export the weights as safetensors with PyTorch names."
        ))
    };
    let (_, metadata) = SafeTensors::read_metadata(bytes).map_err(|e| unreadable(e.to_string()))?;
    let file = SafeTensors::deserialize(bytes).map_err(|e| unreadable(e.to_string()))?;
    let mut tensors = Tensors::new();
    for (name, view) in file.iter() {
        if name.ends_with("num_batches_tracked") {
            continue;
        }
        let values = floats(view.dtype(), view.data()).ok_or_else(|| {
            unreadable(format!("tensor “{name}” is of type {:?}, not of floats or whole numbers", view.dtype()))
        })?;
        tensors.insert(name.to_string(), (view.shape().to_vec(), values));
    }
    Ok((tensors, metadata.metadata().clone().unwrap_or_default()))
}

fn floats(dtype: Dtype, bytes: &[u8]) -> Option<Vec<f32>> {
    let halves = || bytes.chunks_exact(2).map(|b| [b[0], b[1]]);
    Some(match dtype {
        Dtype::F32 => bytes.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect(),
        Dtype::F16 => halves().map(|b| f16::from_le_bytes(b).to_f32()).collect(),
        Dtype::BF16 => halves().map(|b| bf16::from_le_bytes(b).to_f32()).collect(),
        Dtype::F64 => {
            bytes.chunks_exact(8).filter_map(|b| b.try_into().ok().map(|b| f64::from_le_bytes(b) as f32)).collect()
        }
        Dtype::I64 => {
            bytes.chunks_exact(8).filter_map(|b| b.try_into().ok().map(|b| i64::from_le_bytes(b) as f32)).collect()
        }
        Dtype::I32 => bytes.chunks_exact(4).map(|b| i32::from_le_bytes([b[0], b[1], b[2], b[3]]) as f32).collect(),
        _ => return None,
    })
}

/// Encodes tensors in the order given.
///
/// # Errors
/// [`Error::Internal`] when a shape does not fit its values.
pub fn encode<'a>(
    tensors: impl IntoIterator<Item = (String, &'a [usize], &'a [f32])>,
    metadata: Option<HashMap<String, String>>,
    precision: Precision,
) -> Result<Vec<u8>> {
    let failed = |e: safetensors::SafeTensorError| Error::Internal(format!("weights could not be written ({e})."));
    let dtype = match precision {
        Precision::Full => Dtype::F32,
        Precision::Half => Dtype::F16,
    };
    let raw: Vec<(String, &[usize], Vec<u8>)> = tensors
        .into_iter()
        .map(|(name, shape, values)| {
            let bytes = match precision {
                Precision::Full => values.iter().flat_map(|v| v.to_le_bytes()).collect(),
                Precision::Half => values.iter().flat_map(|&v| f16::from_f32(v).to_le_bytes()).collect(),
            };
            (name, shape, bytes)
        })
        .collect();
    let views = raw
        .iter()
        .map(|(name, shape, bytes)| Ok((name.clone(), TensorView::new(dtype, shape.to_vec(), bytes).map_err(failed)?)))
        .collect::<Result<Vec<_>>>()?;
    safetensors::serialize(views, metadata).map_err(failed)
}

/// Sorts the tensors of a file into the order of `specs`, after checking names and shapes.
///
/// # Errors
/// [`Error::WeightsMismatch`] with the first tensors that disagree and, where one fits, the architecture of the file.
pub fn arrange(mut tensors: Tensors, specs: &[Spec], what: &str) -> Result<Vec<Vec<f32>>> {
    if tensors.keys().all(|name| name.starts_with("module.")) {
        tensors = tensors
            .into_iter()
            .map(|(name, tensor)| (name.trim_start_matches("module.").to_string(), tensor))
            .collect();
    }
    let mismatch = |why: String, tensors: &Tensors| {
        let hint = recognise(tensors)
            .map(|(a, k)| format!(" The file looks like {} for {k} classes.", a.label()))
            .unwrap_or_default();
        Error::WeightsMismatch(format!("These weights do not fit {what}: {why}.{hint}"))
    };
    for spec in specs {
        match tensors.get(&spec.name) {
            None => return Err(mismatch(format!("tensor “{}” is missing", spec.name), &tensors)),
            Some((shape, _)) if *shape != spec.shape => {
                return Err(mismatch(
                    format!("“{}” has shape {shape:?} instead of {:?}", spec.name, spec.shape),
                    &tensors,
                ));
            }
            Some((_, values)) => {
                if let Some(bad) = values.iter().find(|v| !v.is_finite()) {
                    return Err(Error::WeightsMismatch(format!(
                        "The weights hold a value that is not a number: {bad} in “{}”.",
                        spec.name
                    )));
                }
            }
        }
    }
    if tensors.len() > specs.len() {
        let mut extra: Vec<_> = tensors.keys().filter(|n| !specs.iter().any(|s| s.name == **n)).cloned().collect();
        extra.sort();
        return Err(mismatch(format!("the file also has “{}”", extra.join("”, “")), &tensors));
    }
    Ok(specs.iter().filter_map(|s| tensors.remove(&s.name).map(|(_, values)| values)).collect())
}

/// The architecture and number of classes that a file was made for, if it is one of ours.
pub fn recognise(tensors: &Tensors) -> Option<(Architecture, usize)> {
    let classes = ["fc.bias", "classifier.bias", "head.bias"]
        .iter()
        .find_map(|n| tensors.get(*n).map(|(shape, _)| shape.iter().product()))?;
    let fits = |a: &Architecture| {
        let specs = a.build(classes).1;
        specs.len() == tensors.len()
            && specs.iter().all(|s| tensors.get(&s.name).is_some_and(|(shape, _)| *shape == s.shape))
    };
    Architecture::ALL.into_iter().find(fits).map(|a| (a, classes))
}

/// Loads a weights file into a network.
///
/// # Errors
/// [`Error::WeightsUnreadable`], [`Error::WeightsMismatch`]; the network is unchanged then.
pub fn load(network: &mut Network, bytes: &[u8], device: &Device) -> Result<()> {
    let (tensors, _) = decode(bytes)?;
    let what = format!("{} for {} classes", network.architecture().label(), network.classes());
    let data = arrange(tensors, network.params.specs(), &what)?;
    network.params.set_host(data, device)
}

/// Writes params under their PyTorch names.
///
/// # Errors
/// [`Error::GpuLost`] when the device does not answer.
pub async fn save(params: &Params, precision: Precision) -> Result<Vec<u8>> {
    let values = params.to_host().await?;
    let tensors = params.specs().iter().zip(&values).map(|(s, v)| (s.name.clone(), s.shape.as_slice(), v.as_slice()));
    encode(tensors, None, precision)
}
