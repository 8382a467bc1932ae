//! The official binary files of CIFAR-10 and CIFAR-100, read and written.
//!
//! A CIFAR-10 file is a row of records of 3,073 bytes: the label, then 1,024 bytes red, green and blue. A CIFAR-100
//! record has 3,074 bytes: superclass, fine class, pixels. Neither has a header, so a wrong file can only be known by
//! its length and its labels; both are checked in full before anything is added.
//! Format: <https://www.cs.toronto.edu/~kriz/cifar.html>, "Binary version".

use super::{CIFAR100_SUPERCLASS, Dataset, DatasetKind, IMAGE_BYTES, Split};
use crate::error::{Error, Result};
use crate::sniff::Kind;

/// Reads a whole file into a new dataset.
pub fn read(kind: DatasetKind, bytes: &[u8]) -> Result<Dataset> {
    let mut dataset = Dataset::empty(kind);
    append(&mut dataset, kind, bytes)?;
    Ok(dataset)
}

/// Adds all records of a file (any number of whole records) to `dataset` and returns how many images it has now.
///
/// If the file is not sound the dataset stays as it was. Errors: `data-truncated` for a file that ends inside a record
/// or is empty, `data-foreign` for one that is no binary file of `kind`.
pub fn append(dataset: &mut Dataset, kind: DatasetKind, bytes: &[u8]) -> Result<usize> {
    let label_bytes = label_bytes(kind)?;
    let size = label_bytes + IMAGE_BYTES;
    check_is_cifar(kind, bytes)?;
    check_length(kind, bytes.len(), size)?;

    let count = bytes.len() / size;
    let (mut images, mut labels) = (Vec::with_capacity(count * IMAGE_BYTES), Vec::with_capacity(count));
    for (at, record) in bytes.chunks_exact(size).enumerate() {
        let (label, pixels) = record.split_at(label_bytes);
        labels.push(check_label(kind, at, label)?);
        images.extend_from_slice(pixels);
    }
    dataset.append(&images, &labels, None)
}

/// Writes all images of `dataset` as a file of `kind`. The superclass bytes of CIFAR-100 follow from the fine labels.
pub fn write(dataset: &Dataset, kind: DatasetKind) -> Result<Vec<u8>> {
    let size = label_bytes(kind)? + IMAGE_BYTES;
    let classes = kind.classes().len();
    let mut bytes = Vec::with_capacity(dataset.len() * size);
    for (pixels, &label) in dataset.images().chunks_exact(IMAGE_BYTES).zip(dataset.labels()) {
        if usize::from(label) >= classes {
            let name = kind.label();
            return Err(Error::DataForeign(format!(
                "A {name} file has {classes} classes; label {label} has no place in it."
            )));
        }
        if kind == DatasetKind::Cifar100 {
            bytes.push(CIFAR100_SUPERCLASS[usize::from(label)]);
        }
        bytes.push(label);
        bytes.extend_from_slice(pixels);
    }
    Ok(bytes)
}

/// The names of the official files of a split, in their order; none for datasets without files.
pub fn official_files(kind: DatasetKind, split: Split) -> &'static [&'static str] {
    match (kind, split) {
        (DatasetKind::Cifar10, Split::Train) => {
            &["data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin", "data_batch_5.bin"]
        }
        (DatasetKind::Cifar10, Split::Test) => &["test_batch.bin"],
        (DatasetKind::Cifar100, Split::Train) => &["train.bin"],
        (DatasetKind::Cifar100, Split::Test) => &["test.bin"],
        _ => &[],
    }
}

fn label_bytes(kind: DatasetKind) -> Result<usize> {
    kind.label_bytes().ok_or_else(|| {
        let name = kind.label();
        Error::DataForeign(format!(
            "{name} is generated and has no files. Take out the data files, or choose a CIFAR dataset."
        ))
    })
}

/// Names the files that people hand in by mistake. None of them begins as images of CIFAR do.
fn check_is_cifar(kind: DatasetKind, bytes: &[u8]) -> Result<()> {
    let Some(found) = Kind::of(bytes).filter(|found| *found != Kind::Empty) else { return Ok(()) };
    let remedy = match found {
        Kind::Pickle => " Take the binary version of the dataset instead.".to_string(),
        found => found.remedy().map(|remedy| format!(" {remedy}")).unwrap_or_default(),
    };
    let (name, found, files) = (kind.label(), found.name(), official_files(kind, Split::Train).join(", "));
    if files.is_empty() {
        return Err(Error::DataForeign(format!(
            "This is {found}.{remedy} Images of {name} are made by `kd-lens` itself."
        )));
    }
    Err(Error::DataForeign(format!(
        "This is {found}.{remedy} The binary files of {name} are called {files} and the like."
    )))
}

fn check_length(kind: DatasetKind, length: usize, size: usize) -> Result<()> {
    let name = kind.label();
    if length == 0 {
        return Err(Error::DataTruncated(format!(
            "The file is empty. A {name} file has {size} bytes for every image."
        )));
    }
    let over = length % size;
    if over == 0 {
        return Ok(());
    }
    let (other, other_size) = match kind {
        DatasetKind::Cifar100 => ("CIFAR-10", IMAGE_BYTES + 1),
        _ => ("CIFAR-100", IMAGE_BYTES + 2),
    };
    if length.is_multiple_of(other_size) {
        return Err(Error::DataForeign(format!(
            "The file has {length} bytes, which is not a whole number of {name} records of {size} bytes but fits \
             {other} ({other_size} bytes each). Choose {other}, or another file."
        )));
    }
    let whole = length / size;
    Err(Error::DataTruncated(format!(
        "The file has {length} bytes: {whole} whole {name} records of {size} bytes and {over} bytes over, so record \
         {whole} (counted from 0) is cut off. Fetch the file again; if it stays like this, it is not a {name} binary \
         file."
    )))
}

fn check_label(kind: DatasetKind, at: usize, label: &[u8]) -> Result<u8> {
    let foreign = |says: String| {
        let (name, hint) = match kind {
            DatasetKind::Cifar100 => ("CIFAR-100", "It may be a CIFAR-10 file, or no CIFAR file at all."),
            _ => (kind.label(), "It may be a CIFAR-100 file, or no CIFAR file at all."),
        };
        Err(Error::DataForeign(format!("This is not a {name} file: record {at} (counted from 0) {says} {hint}")))
    };
    match *label {
        [label] if label < 10 => Ok(label),
        [label] => foreign(format!("has label {label}, and labels go from 0 to 9.")),
        [superclass, fine] => match CIFAR100_SUPERCLASS.get(usize::from(fine)) {
            Some(&expected) if expected == superclass => Ok(fine),
            Some(expected) => {
                foreign(format!("puts class {fine} into superclass {superclass}, where it belongs into {expected}."))
            }
            None => foreign(format!("has label {fine}, and labels go from 0 to 99.")),
        },
        _ => foreign("has no label.".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::rng::{Purpose, stream};
    use rand::Rng;

    const BOTH: [DatasetKind; 2] = [DatasetKind::Cifar10, DatasetKind::Cifar100];

    /// `n` images of noise whose labels go through all classes.
    fn noise(kind: DatasetKind, n: usize) -> Dataset {
        let mut images = vec![0; n * IMAGE_BYTES];
        stream(1, Purpose::Noise, 0, 0).fill_bytes(&mut images);
        let labels: Vec<u8> = (0..n).map(|i| (i % kind.classes().len()) as u8).collect();
        let mut dataset = Dataset::empty(kind);
        dataset.append(&images, &labels, None).unwrap();
        dataset
    }

    #[test]
    fn what_is_written_is_read_back() {
        for kind in BOTH {
            let dataset = noise(kind, 120);
            let bytes = write(&dataset, kind).unwrap();
            assert_eq!(read(kind, &bytes).unwrap(), dataset);
        }
    }

    #[test]
    fn records_have_the_official_layout() {
        let mut ten = vec![7];
        ten.extend([1; 1024].iter().chain(&[2; 1024]).chain(&[3; 1024]));
        let dataset = read(DatasetKind::Cifar10, &ten).unwrap();
        assert_eq!(dataset.class_name(0).unwrap(), "horse");
        assert_eq!([0, 1023, 1024, 2047, 2048, 3071].map(|i| dataset.image(0).unwrap()[i]), [1, 1, 2, 2, 3, 3]);

        // Superclass 11 (large omnivores and herbivores), fine class 19 (cattle): the first image of the training file.
        let mut hundred = vec![11, 19];
        hundred.extend(&ten[1..]);
        let dataset = read(DatasetKind::Cifar100, &hundred).unwrap();
        assert_eq!(dataset.class_name(0).unwrap(), "cattle");
        assert_eq!(dataset.image(0).unwrap(), &ten[1..]);
    }

    #[test]
    fn shards_are_appended_in_order() {
        let whole = noise(DatasetKind::Cifar10, 30);
        let bytes = write(&whole, DatasetKind::Cifar10).unwrap();
        let mut streamed = Dataset::empty(DatasetKind::Cifar10);
        for (i, shard) in bytes.chunks(10 * 3073).enumerate() {
            assert_eq!(append(&mut streamed, DatasetKind::Cifar10, shard).unwrap(), 10 * (i + 1));
        }
        assert_eq!(streamed, whole);
    }

    #[test]
    fn a_truncated_file_says_where_it_ends() {
        for kind in BOTH {
            let bytes = write(&noise(kind, 5), kind).unwrap();
            let error = read(kind, &bytes[..bytes.len() - 1000]).unwrap_err();
            let over = 3072 + kind.label_bytes().unwrap() - 1000;
            assert_eq!(error.code(), "data-truncated");
            assert!(error.to_string().contains(&format!("{over} bytes over, so record 4")), "{error}");
        }
        assert_eq!(read(DatasetKind::Cifar10, &[]).unwrap_err().code(), "data-truncated");
    }

    #[test]
    fn the_other_cifar_is_recognised() {
        let hundred = write(&noise(DatasetKind::Cifar100, 100), DatasetKind::Cifar100).unwrap();
        let error = read(DatasetKind::Cifar10, &hundred).unwrap_err();
        assert_eq!(error.code(), "data-foreign");
        assert!(error.to_string().contains("Choose CIFAR-100"), "{error}");
        // As many records as the other format has bytes a record: the length fits both, the labels do not.
        let ten = write(&noise(DatasetKind::Cifar10, 3074), DatasetKind::Cifar10).unwrap();
        let error = read(DatasetKind::Cifar100, &ten).unwrap_err();
        assert_eq!(error.code(), "data-foreign");
        assert!(error.to_string().contains("may be a CIFAR-10 file"), "{error}");
    }

    #[test]
    fn a_label_out_of_range_is_named_and_nothing_is_added() {
        let mut bytes = write(&noise(DatasetKind::Cifar10, 5), DatasetKind::Cifar10).unwrap();
        bytes[3 * 3073] = 10;
        let mut dataset = noise(DatasetKind::Cifar10, 2);
        let error = append(&mut dataset, DatasetKind::Cifar10, &bytes).unwrap_err();
        assert_eq!(error.code(), "data-foreign");
        assert!(error.to_string().contains("record 3 (counted from 0) has label 10"), "{error}");
        assert_eq!(dataset, noise(DatasetKind::Cifar10, 2));

        let mut bytes = write(&noise(DatasetKind::Cifar100, 2), DatasetKind::Cifar100).unwrap();
        bytes[3074] = 2;
        let error = read(DatasetKind::Cifar100, &bytes).unwrap_err();
        assert!(error.to_string().contains("puts class 1 into superclass 2, where it belongs into 1"), "{error}");
        bytes[3075] = 100;
        assert!(read(DatasetKind::Cifar100, &bytes).unwrap_err().to_string().contains("label 100"));
    }

    #[test]
    fn archives_and_pictures_are_named() {
        for (start, named) in [
            (&[0x1f, 0x8b, 8][..], "gzip"),
            (b"PK\x03\x04", "ZIP"),
            (b"\x89PNG\r\n", "PNG"),
            (&[0xff, 0xd8, 0xff][..], "JPEG"),
            (b"\x80\x02}q\x01(", "pickle"),
            (b"<!DOCTYPE html>", "web page"),
            (b"version https://git-lfs.github.com/spec/v1", "git lfs pull"),
        ] {
            // Of a length that would fit, so that only the content can give it away.
            let mut bytes = vec![0; 3073];
            bytes[..start.len()].copy_from_slice(start);
            let error = read(DatasetKind::Cifar10, &bytes).unwrap_err();
            assert_eq!(error.code(), "data-foreign");
            assert!(error.to_string().contains(named), "{error}");
        }
    }

    #[test]
    fn shapes_have_no_files() {
        assert_eq!(read(DatasetKind::Shapes32, &[0; 3073]).unwrap_err().code(), "data-foreign");
        assert!(write(&Dataset::empty(DatasetKind::Shapes32), DatasetKind::Shapes32).is_err());
        assert!(write(&noise(DatasetKind::Cifar100, 20), DatasetKind::Cifar10).is_err());
    }
}
