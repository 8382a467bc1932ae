//! Datasets that are made of others: digits in three domains, and CIFAR-10 with a group of images that stand on their heads.
//!
//! **Digits** (P8 of 2205.16004 §5.1 in our notes): MNIST's digits, 28 × 28 with two black pixels around, as they are (white on
//! black), on a ground of one random colour (every channel uniform; the digit is blended over it by its own brightness), and on
//! photographs, blended as MNIST-M is: |photograph − digit|. The photographs are the first 10,000 of the same split of CIFAR-10.
//! Which colour and which photograph a digit gets depends on the split and the digit's number alone.
//!
//! **Groups** (P9, §5.2): in some of CIFAR-10's images up and down and left and right are exchanged. Both groups are as hard to
//! learn: turning by 180° exchanges the crops and flips of augmentation among themselves, so a training on one group alone is the
//! training on the other seen upside down. A network that was shown one group only is another matter.

use rand::Rng;

use super::rng::{Purpose, below, stream};
use super::{Dataset, DatasetKind, IMAGE_BYTES, PIXELS, SIDE, Split};
use crate::error::{Error, Result};
use crate::sniff::Kind;

/// Photographs of each split of CIFAR-10 that may lie behind digits.
pub const PHOTOGRAPHS: usize = 10_000;
/// Seed of colours and photographs: one dataset for all runs, as CIFAR is.
const SEED: u64 = 0;
/// Of this many training images one stands on its head where the group is under-represented.
const FEW: usize = 10;
/// Height and width of a digit in the file.
const DIGIT: usize = 28;
/// Bytes of a record: the label, then the digit row by row.
const RECORD: usize = 1 + DIGIT * DIGIT;

/// What is done to an image of the source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// Nothing.
    Plain,
    /// Turned by 180°.
    Turned,
    /// A digit on a ground of one colour.
    Colour,
    /// A digit on a photograph.
    Photo,
}

/// Which image of its source an image is made of, and how.
pub fn origin(kind: DatasetKind, split: Split, index: usize) -> (usize, Look) {
    let every = |n: usize| if index % n == n - 1 { Look::Turned } else { Look::Plain };
    match kind {
        DatasetKind::DigitsColour => (index, Look::Colour),
        DatasetKind::DigitsPhoto => (index, Look::Photo),
        DatasetKind::DigitsAll => (index / 3, [Look::Plain, Look::Colour, Look::Photo][index % 3]),
        DatasetKind::Cifar10Turned => (index, Look::Turned),
        DatasetKind::Cifar10Few if split == Split::Train => (index, every(FEW)),
        DatasetKind::Cifar10Mixed | DatasetKind::Cifar10Few => (index, every(2)),
        _ => (index, Look::Plain),
    }
}

/// The domain or group of an image: one of [`DatasetKind::groups`], or the dataset itself where it has none.
pub fn group(kind: DatasetKind, split: Split, index: usize) -> DatasetKind {
    match (origin(kind, split, index).1, kind.groups()) {
        (_, []) => kind,
        (Look::Plain, [first, ..]) => *first,
        (Look::Turned, _) => DatasetKind::Cifar10Turned,
        (Look::Colour, _) => DatasetKind::DigitsColour,
        (Look::Photo, _) => DatasetKind::DigitsPhoto,
    }
}

/// How many images of the source the first `count` images need.
pub fn needed(kind: DatasetKind, split: Split, count: usize) -> usize {
    count.checked_sub(1).map_or(0, |last| origin(kind, split, last).0 + 1)
}

/// How many images can be made of the first `held` of the source: as many as need no more than those.
pub fn possible(kind: DatasetKind, split: Split, held: usize) -> usize {
    let mut count = held;
    while needed(kind, split, count + 1) <= held {
        count += 1;
    }
    count
}

/// Reads digits as `cargo xtask data` writes them: records of 785 bytes, the label and 28 × 28 grey values, white on black.
/// They become images of three equal planes with two black pixels on every side.
///
/// # Errors
/// `data-truncated`, `data-foreign`.
pub fn digits(bytes: &[u8]) -> Result<Dataset> {
    if let Some(found) = Kind::of(bytes).filter(|found| *found != Kind::Empty) {
        let remedy = found.remedy().map(|remedy| format!(" {remedy}")).unwrap_or_default();
        let found = found.name();
        return Err(Error::DataForeign(format!(
            "This is {found}.{remedy} Files of digits are those that `cargo xtask data` writes."
        )));
    }
    let over = bytes.len() % RECORD;
    if bytes.is_empty() || over > 0 {
        return Err(Error::DataTruncated(format!(
            "A file of digits has {RECORD} bytes for every image; this one has {} bytes, {over} over. Run `cargo xtask data` again.",
            bytes.len()
        )));
    }
    let margin = (SIDE - DIGIT) / 2;
    let (mut images, mut labels) = (Vec::new(), Vec::new());
    for record in bytes.chunks_exact(RECORD) {
        let (label, digit) = record.split_at(1);
        let mut plane = [0; PIXELS];
        for (y, row) in digit.chunks_exact(DIGIT).enumerate() {
            plane[(y + margin) * SIDE + margin..][..DIGIT].copy_from_slice(row);
        }
        labels.extend(label);
        (0..3).for_each(|_| images.extend(plane));
    }
    let mut dataset = Dataset::empty(DatasetKind::DigitsPlain);
    dataset.append(&images, &labels, None)?;
    Ok(dataset)
}

/// The image with up and down and left and right exchanged: planar, any number of planes.
pub fn turned(image: &[u8]) -> Vec<u8> {
    image.chunks_exact(PIXELS).flat_map(|plane| plane.iter().rev().copied()).collect()
}

/// A digit over a ground of one colour: ground + (white − ground)·digit, each channel rounded to the nearest byte.
pub fn on_colour(digit: &[u8], ground: [u8; 3]) -> Vec<u8> {
    let blend = |(plane, ground): (&[u8], u8)| {
        let ground = u32::from(ground);
        let value = move |&v: &u8| ((u32::from(v) * 255 + (255 - u32::from(v)) * ground + 127) / 255) as u8;
        plane.iter().map(value).collect::<Vec<_>>()
    };
    digit.chunks_exact(PIXELS).zip(ground).flat_map(blend).collect()
}

/// A digit on a photograph, as in MNIST-M (Ganin et al. 2016): |photograph − digit|.
pub fn on_photo(digit: &[u8], photo: &[u8]) -> Vec<u8> {
    digit.iter().zip(photo).map(|(digit, photo)| photo.abs_diff(*digit)).collect()
}

/// The first `count` images of a derived dataset, fewer where `source` has not enough.
///
/// `source` holds images of [`DatasetKind::source`]; `photographs` the first [`PHOTOGRAPHS`] images of that split of CIFAR-10,
/// needed for digits on photographs only.
///
/// # Errors
/// `data-missing` without enough photographs, `data-foreign` when `kind` is not made of others.
pub fn make(
    kind: DatasetKind,
    split: Split,
    count: usize,
    source: &Dataset,
    photographs: Option<&Dataset>,
) -> Result<Dataset> {
    if kind.source().is_none_or(|from| from.name() != source.name()) {
        return Err(Error::DataForeign(format!("{} is not made of images of {}.", kind.label(), source.name())));
    }
    let mut dataset = Dataset::empty(kind);
    let (mut images, mut labels) = (Vec::new(), Vec::new());
    for index in 0..count {
        let (from, look) = origin(kind, split, index);
        if from >= source.len() {
            break;
        }
        let image = source.image(from)?;
        let mut rng = stream(SEED, Purpose::Derived, split as u64, from as u64);
        images.extend(match look {
            Look::Plain => image.to_vec(),
            Look::Turned => turned(image),
            Look::Colour => {
                let word = rng.next_u32().to_le_bytes();
                on_colour(image, [word[0], word[1], word[2]])
            }
            Look::Photo => {
                let photographs = photographs.filter(|p| p.len() >= PHOTOGRAPHS).ok_or_else(|| {
                    Error::DataMissing(format!(
                        "{} needs the first {PHOTOGRAPHS} {split} images of CIFAR-10 behind its digits. `cargo xtask data` fetches them.",
                        kind.label()
                    ))
                })?;
                on_photo(image, photographs.image(below(&mut rng, PHOTOGRAPHS as u32) as usize)?)
            }
        });
        labels.push(source.label(from)?);
    }
    debug_assert_eq!(images.len(), labels.len() * IMAGE_BYTES);
    dataset.append(&images, &labels, None)?;
    Ok(dataset)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file of `n` digits whose every byte tells where it is.
    fn file(n: usize) -> Vec<u8> {
        let value = |i: usize, p: usize| ((i * 31 + p * 7) % 256) as u8;
        (0..n).flat_map(|i| [(i % 10) as u8].into_iter().chain((0..DIGIT * DIGIT).map(move |p| value(i, p)))).collect()
    }

    /// As many photographs as are needed, each of one brightness.
    fn photographs() -> Dataset {
        let mut dataset = Dataset::empty(DatasetKind::Cifar10);
        let images: Vec<u8> = (0..PHOTOGRAPHS).flat_map(|i| vec![(i % 251) as u8; IMAGE_BYTES]).collect();
        dataset.append(&images, &vec![0; PHOTOGRAPHS], None).unwrap();
        dataset
    }

    #[test]
    fn digits_are_read_into_the_middle() {
        let dataset = digits(&file(3)).unwrap();
        let image = dataset.image(2).unwrap();
        assert_eq!((dataset.len(), dataset.label(2).unwrap(), dataset.class_name(2).unwrap()), (3, 2, "2"));
        assert_eq!(image[2 * SIDE + 2], 62, "the first byte of the digit");
        assert_eq!(image[PIXELS + 29 * SIDE + 29], ((62 + 783 * 7) % 256) as u8, "the last one, in the second plane");
        assert!(image[..2 * SIDE].iter().all(|v| *v == 0) && image[30 * SIDE..PIXELS].iter().all(|v| *v == 0));
        assert_eq!(digits(&file(2)[1..]).unwrap_err().code(), "data-truncated");
        assert_eq!(digits(&[]).unwrap_err().code(), "data-truncated");
        let mut foreign = file(1);
        foreign[0] = 10;
        assert_eq!(digits(&foreign).unwrap_err().code(), "data-foreign");
    }

    #[test]
    fn archives_and_pictures_are_named() {
        for (start, named) in [
            (&[0x1f, 0x8b, 8][..], "gzip"),
            (b"PK\x03\x04", "ZIP"),
            (b"\x89PNG\r\n", "PNG"),
            (b"<!DOCTYPE html>", "web page"),
            (b"version https://git-lfs.github.com/spec/v1", "git lfs pull"),
        ] {
            // Of a length that would fit, and of one that would not.
            for length in [RECORD, 600] {
                let mut bytes = vec![0; length];
                bytes[..start.len()].copy_from_slice(start);
                let error = digits(&bytes).unwrap_err();
                assert!(error.code() == "data-foreign" && error.to_string().contains(named), "{error}");
            }
        }
    }

    #[test]
    fn the_three_domains_show_the_same_digits() {
        let (plain, photographs) = (digits(&file(40)).unwrap(), photographs());
        let all = make(DatasetKind::DigitsAll, Split::Test, 120, &plain, Some(&photographs)).unwrap();
        let colour = make(DatasetKind::DigitsColour, Split::Test, 40, &plain, None).unwrap();
        let photo = make(DatasetKind::DigitsPhoto, Split::Test, 40, &plain, Some(&photographs)).unwrap();
        assert_eq!((all.len(), colour.len(), photo.len()), (120, 40, 40));
        let mut grounds = Vec::new();
        for i in 0..40 {
            assert_eq!(all.image(3 * i).unwrap(), plain.image(i).unwrap());
            assert_eq!(all.image(3 * i + 1).unwrap(), colour.image(i).unwrap());
            assert_eq!(all.image(3 * i + 2).unwrap(), photo.image(i).unwrap());
            assert!((0..3).all(|d| all.label(3 * i + d) == plain.label(i)));
            // Where the digit is black lies the ground: one colour, or the photograph.
            let ground = [0, 1, 2].map(|c| colour.image(i).unwrap()[c * PIXELS]);
            grounds.push(ground);
            let digit = plain.image(i).unwrap();
            let behind = photo.image(i).unwrap()[0];
            let shown = digit.iter().zip(colour.image(i).unwrap()).zip(photo.image(i).unwrap());
            for ((digit, colour), photo) in shown.take(PIXELS) {
                assert_eq!(*photo, behind.abs_diff(*digit));
                let share = f64::from(*digit) / 255.0;
                let expected = share * 255.0 + (1.0 - share) * f64::from(ground[0]);
                assert!((f64::from(*colour) - expected).abs() <= 0.5 + 1e-9);
            }
        }
        grounds.sort_unstable();
        grounds.dedup();
        assert!(grounds.len() > 35, "each digit has a colour of its own");
        // Other colours and photographs for training; the same ones however many images are asked for.
        let train = make(DatasetKind::DigitsColour, Split::Train, 40, &plain, None).unwrap();
        assert!((0..40).all(|i| train.image(i).unwrap() != colour.image(i).unwrap()));
        let few = make(DatasetKind::DigitsPhoto, Split::Test, 7, &plain, Some(&photographs)).unwrap();
        assert_eq!(few.images(), &photo.images()[..7 * IMAGE_BYTES]);
    }

    #[test]
    fn what_is_missing_is_said() {
        let plain = digits(&file(4)).unwrap();
        let error = make(DatasetKind::DigitsPhoto, Split::Train, 4, &plain, None).unwrap_err();
        assert_eq!(error.code(), "data-missing");
        assert!(error.to_string().contains("10000 train images of CIFAR-10"), "{error}");
        assert_eq!(make(DatasetKind::Cifar10Few, Split::Train, 4, &plain, None).unwrap_err().code(), "data-foreign");
        assert_eq!(make(DatasetKind::Cifar10, Split::Train, 4, &plain, None).unwrap_err().code(), "data-foreign");
        // Fewer images than were asked for are no error here: the caller knows how many it needs.
        assert_eq!(make(DatasetKind::DigitsColour, Split::Train, 9, &plain, None).unwrap().len(), 4);
    }

    #[test]
    fn groups_have_their_shares() {
        let share = |kind, split| {
            let turned = (0..1000).filter(|&i| origin(kind, split, i) == (i, Look::Turned)).count();
            assert!((0..1000).all(|i| origin(kind, split, i).0 == i));
            turned
        };
        assert_eq!(share(DatasetKind::Cifar10, Split::Train), 0);
        assert_eq!(share(DatasetKind::Cifar10Turned, Split::Train), 1000);
        assert_eq!(
            (share(DatasetKind::Cifar10Mixed, Split::Train), share(DatasetKind::Cifar10Mixed, Split::Test)),
            (500, 500)
        );
        assert_eq!(
            (share(DatasetKind::Cifar10Few, Split::Train), share(DatasetKind::Cifar10Few, Split::Test)),
            (100, 500)
        );
        assert_eq!([0, 1, 3, 4, 6].map(|n| needed(DatasetKind::DigitsAll, Split::Test, n)), [0, 1, 1, 2, 2]);
        assert_eq!(needed(DatasetKind::DigitsPhoto, Split::Test, 9), 9);
    }

    #[test]
    fn every_image_belongs_to_one_of_its_groups() {
        for kind in DatasetKind::ALL {
            let found: Vec<_> = (0..60).map(|i| group(kind, Split::Train, i)).collect();
            match kind.groups() {
                [] => assert!(found.iter().all(|g| *g == kind)),
                groups => assert!(found.iter().all(|g| groups.contains(g))),
            }
        }
        let count = |kind, of| (0..60).filter(|&i| group(kind, Split::Train, i) == of).count();
        assert_eq!(count(DatasetKind::DigitsAll, DatasetKind::DigitsPhoto), 20);
        assert_eq!(count(DatasetKind::Cifar10Few, DatasetKind::Cifar10), 54);
        assert_eq!(count(DatasetKind::DigitsColour, DatasetKind::DigitsColour), 60);
    }

    #[test]
    fn turning_twice_is_nothing_and_once_exchanges_corners() {
        let image: Vec<u8> = (0..IMAGE_BYTES).map(|i| (i % 253) as u8).collect();
        let once = turned(&image);
        assert_eq!(turned(&once), image);
        assert_eq!((once[0], once[SIDE - 1]), (image[PIXELS - 1], image[PIXELS - SIDE]));
        assert_eq!(once[2 * PIXELS], image[IMAGE_BYTES - 1], "each plane for itself");
    }
}
