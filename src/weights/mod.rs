//! Weights as safetensors under PyTorch names.
//!
//! Floats of 16 (IEEE or bfloat), 32 or 64 bits, whole numbers of any width and booleans are read; PyTorch checkpoints that were
//! converted to safetensors load as they are, with or without `num_batches_tracked` and a `module.` prefix.

mod numbers;

use std::collections::HashMap;

use burn::tensor::Device;
use half::f16;
use safetensors::tensor::{Dtype, SafeTensorError, SafeTensors, TensorView};
use sha2::{Digest, Sha256};

use crate::error::{Error, Result};
use crate::nets::{Architecture, Network, Params, Spec};
use crate::sniff::Kind;

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
/// [`Error::WeightsUnreadable`] when the bytes are no whole safetensors file, and then what they are instead, or when a tensor holds
/// what 32-bit floats cannot (numbers of another kind, too large, or whole ones that would be rounded).
pub fn decode(bytes: &[u8]) -> Result<(Tensors, HashMap<String, String>)> {
    let unreadable = |e: SafeTensorError| Error::WeightsUnreadable(no_safetensors(bytes, &e));
    let (_, metadata) = SafeTensors::read_metadata(bytes).map_err(unreadable)?;
    let file = SafeTensors::deserialize(bytes).map_err(unreadable)?;
    let mut tensors = Tensors::new();
    for (name, view) in file.iter() {
        if name.ends_with("num_batches_tracked") {
            continue;
        }
        let values = numbers::floats(view.dtype(), view.data())
            .map_err(|why| Error::WeightsUnreadable(format!("The tensor “{name}” cannot be used: it {why}.")))?;
        tensors.insert(name.to_string(), (view.shape().to_vec(), values));
    }
    Ok((tensors, metadata.metadata().clone().unwrap_or_default()))
}

/// What bytes are that are no safetensors file, and what to do.
fn no_safetensors(bytes: &[u8], error: &SafeTensorError) -> String {
    const CONVERT: &str = "Convert it in Python: `safetensors.torch.save_file(torch.load(\"model.pth\", weights_only=True), \
        \"model.safetensors\")`, with the entry that holds the tensors where there are several.";
    if let Some(kind) = Kind::of(bytes) {
        let remedy = match kind {
            Kind::PyTorch | Kind::Pickle => CONVERT,
            Kind::NumPy | Kind::NumPyArchive => "Save the arrays with `safetensors.numpy.save_file` instead.",
            _ => kind.remedy().unwrap_or("Choose a safetensors file with PyTorch names."),
        };
        return format!("This is {}, not a safetensors file. {remedy}", kind.name());
    }
    match expected_length(bytes) {
        Some(expected) if expected > bytes.len() as u64 => format!(
            "This safetensors file ends early: by its header it has at least {expected} bytes, and there are {}. Fetch it again.",
            bytes.len()
        ),
        Some(expected) if expected < bytes.len() as u64 => format!(
            "This safetensors file is damaged: by its header it has {expected} bytes, and there are {}. Fetch it again.",
            bytes.len()
        ),
        _ => format!(
            "This is not a readable safetensors file ({error}). Export the weights as safetensors with PyTorch names."
        ),
    }
}

/// How long a file that begins as safetensors do must be: up to the end of its header where that is not whole, else of its tensors.
fn expected_length(bytes: &[u8]) -> Option<u64> {
    let (header, rest) = bytes.split_first_chunk::<8>()?;
    let start = u64::from_le_bytes(*header).checked_add(8).filter(|_| rest.first() == Some(&b'{'))?;
    let Some(header) = usize::try_from(start - 8).ok().and_then(|length| rest.get(..length)) else {
        return Some(start);
    };
    let header: serde_json::Map<String, serde_json::Value> = serde_json::from_slice(header).ok()?;
    let end = header.values().filter_map(|tensor| tensor["data_offsets"][1].as_u64()).max().unwrap_or(0);
    start.checked_add(end)
}

/// Encodes tensors in the order given. Where 16 bits were asked for but cannot hold a value, the file has 32.
///
/// # Errors
/// [`Error::Internal`] when a shape does not fit its values.
pub fn encode<'a>(
    tensors: impl IntoIterator<Item = (String, &'a [usize], &'a [f32])>,
    metadata: Option<HashMap<String, String>>,
    precision: Precision,
) -> Result<Vec<u8>> {
    let failed = |e: safetensors::SafeTensorError| Error::Internal(format!("weights could not be written ({e})."));
    let tensors: Vec<(String, &[usize], &[f32])> = tensors.into_iter().collect();
    let fits = |value: &f32| value.abs() <= f16::MAX.to_f32();
    let precision = match tensors.iter().all(|(_, _, values)| values.iter().all(fits)) {
        true => precision,
        false => Precision::Full,
    };
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

/// Sorts the tensors of a file into the order of `specs`, after checking names, shapes and values: they must be finite, and running
/// variances of batch normalisation not negative. A variance of 0 is that of a channel which never said anything; trained networks
/// have such channels, and ε keeps what follows from them finite.
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
                let impossible = |found: String| {
                    let name = &spec.name;
                    Err(Error::WeightsMismatch(format!(
                        "“{name}” holds {found}. The file is damaged, or its training diverged: choose another."
                    )))
                };
                if let Some(bad) = values.iter().find(|v| !v.is_finite()) {
                    return impossible(format!("{bad}, which is not a finite number"));
                }
                if let Some(bad) = values.iter().find(|v| spec.name.ends_with(".running_var") && **v < 0.0) {
                    return impossible(format!("{bad}, and a variance is never negative"));
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
