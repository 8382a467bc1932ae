//! Tensors and options of metrics; the input begins with the number of the metric.
#![no_main]

use arbitrary::{Result, Unstructured};
use kd_lens::metrics::{self, METRICS, Metric};
use kd_lens::weights::decode;
use kd_lens_fuzz::file::{File, Part};
use kd_lens_fuzz::{no_fault, number, plain, value};
use libfuzzer_sys::{Corpus, fuzz_target};
use serde_json::{Map, Value};

const NAMES: [&str; 6] = ["x", "y", "z", "labels", "classes", "distances"];

/// Tensors that nearly fit, and options.
fn inputs(u: &mut Unstructured<'_>, metric: &Metric) -> Result<(Vec<u8>, Map<String, Value>)> {
    let mut options = Map::new();
    for field in (metric.options)() {
        if u.ratio(1, 3)? {
            options.insert(field.name.into(), value(u, &["gram", "features", "both"], 1)?);
        }
    }
    let (n, k) = (u.int_in_range(0..=6)?, u.int_in_range(0..=4)?);
    let odd = u.ratio(1, 2)?;
    let mut parts = Vec::new();
    for name in NAMES {
        let needed = metric.reads.iter().any(|input| input.name == name && input.needed);
        if !needed && u.ratio(1, 2)? {
            continue;
        }
        let shape = match name {
            "labels" => vec![n],
            "classes" | "distances" => vec![k, k],
            _ => vec![n, k],
        };
        let count = shape.iter().product();
        let values = (0..count)
            .map(|_| match (name, odd) {
                (_, true) => number(u),
                ("labels", _) => Ok(f64::from(u.int_in_range(0..=3u8)?)),
                _ => Ok(f64::from(u.arbitrary::<i8>()?) / 8.0),
            })
            .collect::<Result<Vec<_>>>()?;
        parts.push(Part::floats(name, &shape, &values));
    }
    let mut file = File { parts, ..File::default() };
    if u.ratio(1, 3)? {
        file.edit(u, &NAMES)?;
    }
    Ok((file.bytes(), options))
}

fuzz_target!(|input: &[u8]| -> Corpus {
    let Some((which, rest)) = input.split_first() else { return Corpus::Reject };
    let metric = &METRICS[usize::from(*which) % METRICS.len()];
    let (bytes, options) = match plain(rest) {
        Some(bytes) => (bytes.to_vec(), Map::new()),
        None => match inputs(&mut Unstructured::new(rest), metric) {
            Ok(found) => found,
            Err(_) => return Corpus::Reject,
        },
    };
    let Some((tensors, _)) = no_fault(decode(&bytes)) else { return Corpus::Keep };
    if let Some(found) = no_fault(metrics::run(metric.name, &options, &tensors)) {
        // JSON has no NaN: a value that is none would have become null, with a note that says why.
        assert!(found["value"].is_number() || found["note"].is_string(), "{found}");
    }
    Corpus::Keep
});
