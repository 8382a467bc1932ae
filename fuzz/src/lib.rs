//! What the targets share: inputs that get past the outermost checks of a reader, and a limit of memory.
//!
//! An input begins with a byte that says how the rest is to be taken: 0, as the file itself; else as choices, by which a valid
//! file is edited. Seeds of both kinds lie in `seeds/`.

use std::alloc::System;

use arbitrary::{Result, Unstructured};
use cap::Cap;
use kd_lens::device::{Backend, Opened, open};
use serde_json::{Map, Number, Value, json};

pub mod file;
pub mod run;

/// Bytes that a target may hold at once. More aborts the process, which libFuzzer reports with the input.
const MEMORY: usize = 1 << 30;

#[global_allocator]
static ALLOCATOR: Cap<System> = Cap::new(System, MEMORY);

/// The rest of an input that is a file as it stands; None for choices.
pub fn plain(input: &[u8]) -> Option<&[u8]> {
    input.strip_prefix(&[0])
}

/// The rest of an input of choices.
pub fn choices(input: &[u8]) -> Unstructured<'_> {
    Unstructured::new(input.get(1..).unwrap_or_default())
}

/// The CPU engine.
pub fn cpu() -> Opened {
    pollster::block_on(open(Backend::Cpu)).expect("the CPU engine is built in")
}

/// Panics when an error says that a program, and not a person, is at fault.
pub fn no_fault<T>(result: kd_lens::Result<T>) -> Option<T> {
    match result {
        Ok(value) => Some(value),
        Err(error) => {
            assert_ne!(error.code(), "internal", "{error}");
            None
        }
    }
}

/// Numbers at which code tends to break, and any other.
pub fn number(u: &mut Unstructured<'_>) -> Result<f64> {
    const ODD: [f64; 24] = [
        0.0,
        -0.0,
        1.0,
        -1.0,
        0.5,
        2.0,
        3.0,
        10.0,
        127.0,
        255.0,
        256.0,
        16_777_216.0,
        2_147_483_648.0,
        4_294_967_296.0,
        9.3e18,
        1.9e19,
        1e38,
        1e300,
        1e-45,
        1e-300,
        f64::MAX,
        f64::NAN,
        f64::INFINITY,
        f64::NEG_INFINITY,
    ];
    Ok(match u.ratio(3, 4)? {
        true => *u.choose(&ODD)?,
        false => u.arbitrary()?,
    })
}

/// Any JSON; texts are often one of `words`.
pub fn value(u: &mut Unstructured<'_>, words: &[&str], depth: usize) -> Result<Value> {
    Ok(match u.int_in_range(0..=if depth == 0 { 6 } else { 8 })? {
        0 => Value::Null,
        1 => json!(u.arbitrary::<bool>()?),
        2 => json!(u.choose(&[0, 1, 2, 7, 100, 50_000, u64::from(u32::MAX), 1 << 53, u64::MAX])?),
        3 => json!(u.arbitrary::<i64>()?),
        4 => Number::from_f64(number(u)?).map_or(Value::Null, Value::Number),
        5 | 6 => json!(text(u, words)?),
        7 => {
            let count = u.int_in_range(0..=4)?;
            (0..count).map(|_| value(u, words, depth - 1)).collect::<Result<Value>>()?
        }
        _ => {
            let count = u.int_in_range(0..=4)?;
            let mut object = Map::new();
            for _ in 0..count {
                object.insert(text(u, words)?, value(u, words, depth - 1)?);
            }
            Value::Object(object)
        }
    })
}

/// One of some words, several with a comma, or anything short.
pub fn text(u: &mut Unstructured<'_>, words: &[&str]) -> Result<String> {
    Ok(match u.int_in_range(0..=5)? {
        0 => u.arbitrary::<&str>()?.chars().take(40).collect(),
        1 if !words.is_empty() => format!("{},{}", u.choose(words)?, u.choose(words)?),
        _ if words.is_empty() => String::new(),
        _ => u.choose(words)?.to_string(),
    })
}

/// Changes a value in up to four places.
pub fn edit(root: &mut Value, u: &mut Unstructured<'_>, words: &[&str]) -> Result<()> {
    for _ in 0..u.int_in_range(0..=4)? {
        let mut at = &mut *root;
        // Down to a random depth, then something is done to what is there.
        loop {
            let inside = match at {
                Value::Array(list) => list.len(),
                Value::Object(object) => object.len(),
                _ => 0,
            };
            if inside == 0 || u.ratio(1, 6)? {
                break;
            }
            let which = u.choose_index(inside)?;
            at = match at {
                Value::Array(list) => &mut list[which],
                Value::Object(object) => object.values_mut().nth(which).expect("it was counted"),
                _ => break,
            };
        }
        change(at, u, words)?;
    }
    Ok(())
}

fn change(at: &mut Value, u: &mut Unstructured<'_>, words: &[&str]) -> Result<()> {
    match at {
        Value::Array(list) if u.ratio(1, 2)? => match u.int_in_range(0..=2)? {
            0 => list.clear(),
            1 => list.extend(list.clone().into_iter().take(64)),
            _ => list.push(value(u, words, 2)?),
        },
        Value::Object(object) if u.ratio(2, 3)? => {
            let names: Vec<String> = object.keys().cloned().collect();
            let removed = match names.is_empty() {
                true => None,
                false => object.remove(u.choose(&names)?),
            };
            match u.int_in_range(0..=2)? {
                0 => {}
                1 => {
                    object.insert(text(u, words)?, removed.unwrap_or_default());
                }
                _ => {
                    object.insert(text(u, words)?, value(u, words, 2)?);
                }
            }
        }
        Value::String(written) if u.ratio(1, 3)? => written.push_str(&text(u, words)?),
        other => *other = value(u, words, 2)?,
    }
    Ok(())
}
