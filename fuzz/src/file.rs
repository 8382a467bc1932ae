//! Files of tensors, whole or damaged.

use std::collections::HashMap;

use arbitrary::{Result, Unstructured};
use safetensors::tensor::{SafeTensors, TensorView};
use serde_json::{Value, json};

use crate::number;

/// A tensor as it will be written: the parts need not fit.
#[derive(Debug, Clone)]
pub struct Part {
    pub name: String,
    pub kind: String,
    pub shape: Vec<u64>,
    pub bytes: Vec<u8>,
}

/// A file of named tensors and what it says of itself.
#[derive(Debug, Clone, Default)]
pub struct File {
    pub parts: Vec<Part>,
    pub about: HashMap<String, String>,
}

const KINDS: [&str; 16] =
    ["F32", "F16", "BF16", "F64", "I64", "I32", "I16", "I8", "U8", "U16", "U32", "U64", "BOOL", "F8_E4M3", "F4", "X"];

fn width(kind: &str) -> usize {
    match kind {
        "F64" | "I64" | "U64" => 8,
        "F32" | "I32" | "U32" => 4,
        "F16" | "BF16" | "I16" | "U16" => 2,
        _ => 1,
    }
}

/// Values in a kind of number.
pub fn encode(kind: &str, values: &[f64]) -> Vec<u8> {
    let all = values.iter();
    match kind {
        "F64" => all.flat_map(|v| v.to_le_bytes()).collect(),
        "I64" => all.flat_map(|v| (*v as i64).to_le_bytes()).collect(),
        "U64" => all.flat_map(|v| (*v as u64).to_le_bytes()).collect(),
        "F32" => all.flat_map(|v| (*v as f32).to_le_bytes()).collect(),
        "I32" => all.flat_map(|v| (*v as i32).to_le_bytes()).collect(),
        "U32" => all.flat_map(|v| (*v as u32).to_le_bytes()).collect(),
        // The upper half of a 32-bit float: close enough for a fuzzer, whose values need no names.
        "BF16" | "F16" | "I16" | "U16" => {
            all.flat_map(|v| ((*v as f32).to_bits() >> 16).to_le_bytes().into_iter().take(2)).collect()
        }
        _ => all.map(|v| *v as u8).collect(),
    }
}

impl Part {
    /// A tensor of 32-bit floats.
    pub fn floats(name: impl Into<String>, shape: &[usize], values: &[f64]) -> Self {
        let shape = shape.iter().map(|n| *n as u64).collect();
        Self { name: name.into(), kind: "F32".into(), shape, bytes: encode("F32", values) }
    }
}

impl File {
    /// Reads a valid file.
    pub fn read(bytes: &[u8]) -> Self {
        let (_, metadata) = SafeTensors::read_metadata(bytes).expect("a valid file");
        let file = SafeTensors::deserialize(bytes).expect("a valid file");
        let part = |(name, view): (&str, TensorView<'_>)| Part {
            name: name.into(),
            kind: view.dtype().to_string(),
            shape: view.shape().iter().map(|n| *n as u64).collect(),
            bytes: view.data().to_vec(),
        };
        let mut parts: Vec<Part> = file.iter().map(part).collect();
        parts.sort_by(|a, b| a.name.cmp(&b.name));
        Self { parts, about: metadata.metadata().clone().unwrap_or_default() }
    }

    /// Changes up to three tensors; `names` are names that mean something to the reader.
    pub fn edit(&mut self, u: &mut Unstructured<'_>, names: &[&str]) -> Result<()> {
        for _ in 0..u.int_in_range(0..=3)? {
            if self.parts.is_empty() || u.ratio(1, 12)? {
                self.parts.push(part(u, names)?);
                continue;
            }
            let at = u.choose_index(self.parts.len())?;
            let part = &mut self.parts[at];
            match u.int_in_range(0..=8)? {
                0 => {
                    self.parts.remove(at);
                }
                1 => part.name = crate::text(u, names)?,
                2 => part.name = format!("module.{}", part.name),
                3 => part.shape = shape(u)?,
                4 => {
                    let axis = u.int_in_range(0..=part.shape.len())?;
                    match part.shape.get_mut(axis) {
                        Some(n) => *n = *u.choose(&[0, 1, 2, 3, n.wrapping_add(1), 1 << 33, u64::MAX])?,
                        None => part.shape.push(1),
                    }
                }
                5 => part.kind = u.choose(&KINDS)?.to_string(),
                6 => {
                    // One value, at the width of its kind.
                    let width = width(&part.kind);
                    let count = part.bytes.len() / width;
                    if count > 0 {
                        let at = u.choose_index(count)?;
                        let one = encode(&part.kind, &[number(u)?]);
                        part.bytes[at * width..][..one.len()].copy_from_slice(&one);
                    }
                }
                7 => {
                    let one = encode(&part.kind, &[number(u)?]);
                    let count = part.bytes.len() / one.len();
                    part.bytes = one.repeat(count);
                }
                _ => {
                    let length = part.bytes.len();
                    part.bytes.truncate(u.int_in_range(0..=length)?);
                }
            }
        }
        Ok(())
    }

    /// The file. Where shapes and bytes do not fit, the offsets follow the bytes.
    pub fn bytes(&self) -> Vec<u8> {
        let mut header = serde_json::Map::new();
        if !self.about.is_empty() {
            header.insert("__metadata__".into(), json!(self.about));
        }
        let mut at = 0;
        for part in &self.parts {
            let end = at + part.bytes.len();
            header
                .insert(part.name.clone(), json!({"dtype": part.kind, "shape": part.shape, "data_offsets": [at, end]}));
            at = end;
        }
        let header = Value::Object(header).to_string();
        let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
        bytes.extend(header.as_bytes());
        self.parts.iter().for_each(|part| bytes.extend(&part.bytes));
        bytes
    }
}

/// A small tensor of anything.
fn part(u: &mut Unstructured<'_>, names: &[&str]) -> Result<Part> {
    let kind = u.choose(&KINDS)?.to_string();
    let shape = shape(u)?;
    let count = shape.iter().try_fold(1u64, |all, n| all.checked_mul(*n)).unwrap_or(0).min(64) as usize;
    let values = (0..count).map(|_| number(u)).collect::<Result<Vec<_>>>()?;
    Ok(Part { name: crate::text(u, names)?, bytes: encode(&kind, &values), kind, shape })
}

fn shape(u: &mut Unstructured<'_>) -> Result<Vec<u64>> {
    let axes = u.int_in_range(0..=5)?;
    (0..axes).map(|_| Ok(*u.choose(&[0, 1, 2, 3, 4, 8, 10, 64, 1 << 20, 1 << 40, u64::MAX])?)).collect()
}
