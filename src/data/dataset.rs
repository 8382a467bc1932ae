//! The images a run works on, held as bytes.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{DatasetKind, IMAGE_BYTES, Normalisation, PIXELS};
use crate::error::{Error, Result};

/// What tells the first images of a dataset from others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fingerprint {
    /// How many images, from the first on.
    pub images: usize,
    /// SHA-256 over label and pixels of each, in hexadecimal.
    pub digest: String,
}

impl std::fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} (SHA-256 {}…)", self.images, self.digest.get(..12).unwrap_or_default())
    }
}

/// Images of 32 × 32 with labels, class names and, where they are known, object masks.
///
/// # Shapes
/// Images are `n × 3 × 32 × 32` bytes, planar in the order red, green, blue, each plane row by row. Labels are `n`
/// class numbers. Masks are `n × 32 × 32` bytes, 1 on the object and 0 off it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dataset {
    name: String,
    classes: Vec<String>,
    images: Vec<u8>,
    labels: Vec<u8>,
    masks: Option<Vec<u8>>,
    mirrors: bool,
}

impl Dataset {
    /// A dataset of a known kind that has no images yet. That of Shapes-32 expects masks.
    pub fn empty(kind: DatasetKind) -> Self {
        Dataset {
            name: kind.name().to_owned(),
            classes: kind.classes().iter().map(|&class| class.to_owned()).collect(),
            images: Vec::new(),
            labels: Vec::new(),
            masks: (kind == DatasetKind::Shapes32).then(Vec::new),
            mirrors: kind.mirrors(),
        }
    }

    /// A dataset with no images yet, of a person's own classes (1 to 256 of them), without masks.
    pub fn with_classes(name: impl Into<String>, classes: Vec<String>) -> Result<Self> {
        if classes.is_empty() || classes.len() > 256 {
            let n = classes.len();
            return Err(Error::DataForeign(format!(
                "A dataset needs between 1 and 256 classes, and this one has {n}."
            )));
        }
        Ok(Dataset { name: name.into(), classes, images: Vec::new(), labels: Vec::new(), masks: None, mirrors: true })
    }

    /// Adds images at the end and returns how many there are now. Nothing is added if anything does not fit.
    ///
    /// `images` and `masks` as in the description of [`Dataset`]; masks must be given exactly if the dataset has them.
    pub fn append(&mut self, images: &[u8], labels: &[u8], masks: Option<&[u8]>) -> Result<usize> {
        let (n, k) = (labels.len(), self.classes.len());
        if images.len() != n * IMAGE_BYTES {
            let (held, needed) = (images.len(), n * IMAGE_BYTES);
            return Err(Error::DataTruncated(format!(
                "{n} labels need {needed} bytes of pixels, and {held} were given."
            )));
        }
        if let Some(at) = labels.iter().position(|&label| usize::from(label) >= k) {
            let (label, last) = (labels[at], k - 1);
            return Err(Error::DataForeign(format!(
                "Image {at} has label {label}, but {} has the classes 0 to {last} only.",
                self.name
            )));
        }
        match (&mut self.masks, masks) {
            (None, None) => {}
            (Some(held), Some(added)) if added.len() == n * PIXELS && added.iter().all(|&bit| bit <= 1) => {
                held.extend_from_slice(added);
            }
            (Some(_), Some(_)) => {
                let needed = n * PIXELS;
                return Err(Error::DataForeign(format!(
                    "The masks of {n} images must be {needed} bytes that are each 0 or 1."
                )));
            }
            (Some(_), None) => {
                return Err(Error::DataForeign(format!("Images of {} must come with their object masks.", self.name)));
            }
            (None, Some(_)) => {
                return Err(Error::DataForeign(format!("Images of {} have no object masks.", self.name)));
            }
        }
        self.images.extend_from_slice(images);
        self.labels.extend_from_slice(labels);
        Ok(self.len())
    }

    /// Keeps the first `n` images only.
    pub fn truncate(&mut self, n: usize) {
        self.labels.truncate(n);
        self.images.truncate(n.saturating_mul(IMAGE_BYTES));
        if let Some(masks) = &mut self.masks {
            masks.truncate(n.saturating_mul(PIXELS));
        }
    }

    /// Keeps the images whose number is wanted.
    pub fn retain(&mut self, wanted: impl Fn(usize) -> bool) {
        fn chosen<T: Copy>(values: &[T], size: usize, wanted: impl Fn(usize) -> bool) -> Vec<T> {
            let records = values.chunks_exact(size).enumerate();
            records.filter(|(i, _)| wanted(*i)).flat_map(|(_, record)| record.iter().copied()).collect()
        }
        self.labels = chosen(&self.labels, 1, &wanted);
        self.images = chosen(&self.images, IMAGE_BYTES, &wanted);
        self.masks = self.masks.take().map(|masks| chosen(&masks, PIXELS, &wanted));
    }

    /// The name, for known datasets that of [`DatasetKind::name`].
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Class names in the order of the label numbers.
    pub fn classes(&self) -> &[String] {
        &self.classes
    }

    /// Whether a mirrored image is still one of its class, see [`DatasetKind::mirrors`].
    pub fn mirrors(&self) -> bool {
        self.mirrors
    }

    /// How many images there are.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there are no images.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// All pixels, `n × 3 × 32 × 32`.
    pub fn images(&self) -> &[u8] {
        &self.images
    }

    /// All labels.
    pub fn labels(&self) -> &[u8] {
        &self.labels
    }

    /// All object masks, `n × 32 × 32` of 0 or 1, where they are known.
    pub fn masks(&self) -> Option<&[u8]> {
        self.masks.as_deref()
    }

    /// The 3,072 bytes of image `i`: red, green, blue plane.
    pub fn image(&self, i: usize) -> Result<&[u8]> {
        record(&self.images, i, IMAGE_BYTES).ok_or_else(|| self.missing(i))
    }

    /// The class number of image `i`.
    pub fn label(&self, i: usize) -> Result<u8> {
        self.labels.get(i).copied().ok_or_else(|| self.missing(i))
    }

    /// The 1,024 mask bytes of image `i` (1 on the object), or `None` if this dataset has no masks.
    pub fn mask(&self, i: usize) -> Result<Option<&[u8]>> {
        match &self.masks {
            None => Ok(None),
            Some(masks) => record(masks, i, PIXELS).map(Some).ok_or_else(|| self.missing(i)),
        }
    }

    /// The name of the class of image `i`.
    pub fn class_name(&self, i: usize) -> Result<&str> {
        let label = usize::from(self.label(i)?);
        self.classes.get(label).map(String::as_str).ok_or_else(|| self.missing(i))
    }

    /// What tells the first `count` images, or as many as are here, from others.
    pub fn fingerprint(&self, count: usize) -> Fingerprint {
        let images = count.min(self.len());
        let mut hash = Sha256::new();
        for (label, pixels) in self.labels.iter().zip(self.images.chunks_exact(IMAGE_BYTES)).take(images) {
            hash.update([*label]);
            hash.update(pixels);
        }
        Fingerprint { images, digest: hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect() }
    }

    /// Mean and (population) standard deviation of every channel over all pixels; `None` without images.
    pub fn measure(&self) -> Option<Normalisation> {
        if self.is_empty() {
            return None;
        }
        let (mut sum, mut squares) = ([0_u64; 3], [0_u64; 3]);
        for (plane, pixels) in self.images.chunks_exact(PIXELS).enumerate() {
            for &pixel in pixels {
                let pixel = u64::from(pixel);
                sum[plane % 3] += pixel;
                squares[plane % 3] += pixel * pixel;
            }
        }
        let n = (self.len() * PIXELS) as f64;
        let mean = sum.map(|sum| sum as f64 / n);
        let std = [0, 1, 2].map(|c| (squares[c] as f64 / n - mean[c] * mean[c]).sqrt());
        Some(Normalisation { mean: mean.map(|m| (m / 255.0) as f32), std: std.map(|s| (s / 255.0) as f32) })
    }

    fn missing(&self, i: usize) -> Error {
        let (n, name) = (self.len(), &self.name);
        Error::DataMissing(format!("Image {i} of {name} is asked for, but only {n} images are here."))
    }
}

fn record(bytes: &[u8], i: usize, size: usize) -> Option<&[u8]> {
    let start = i.checked_mul(size)?;
    bytes.get(start..start.checked_add(size)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn two_images() -> Dataset {
        let mut dataset = Dataset::empty(DatasetKind::Cifar10);
        let mut images = vec![10; IMAGE_BYTES];
        images.extend([20; IMAGE_BYTES]);
        dataset.append(&images, &[3, 9], None).unwrap();
        dataset
    }

    #[test]
    fn images_come_back_by_number() {
        let dataset = two_images();
        assert_eq!(dataset.len(), 2);
        assert_eq!(dataset.image(1).unwrap(), [20; IMAGE_BYTES]);
        assert_eq!(dataset.label(0).unwrap(), 3);
        assert_eq!(dataset.class_name(1).unwrap(), "truck");
        assert_eq!(dataset.mask(0).unwrap(), None);
    }

    #[test]
    fn an_image_that_is_not_here_is_an_error_and_not_a_panic() {
        let dataset = two_images();
        for i in [2, usize::MAX] {
            assert_eq!(dataset.image(i).unwrap_err().code(), "data-missing");
            assert_eq!(dataset.label(i).unwrap_err().code(), "data-missing");
        }
        assert_eq!(Dataset::empty(DatasetKind::Shapes32).mask(0).unwrap_err().code(), "data-missing");
    }

    #[test]
    fn what_does_not_fit_changes_nothing() {
        let mut dataset = two_images();
        let before = dataset.clone();
        assert_eq!(dataset.append(&[0; IMAGE_BYTES - 1], &[0], None).unwrap_err().code(), "data-truncated");
        assert_eq!(dataset.append(&[0; IMAGE_BYTES], &[10], None).unwrap_err().code(), "data-foreign");
        assert_eq!(dataset.append(&[0; IMAGE_BYTES], &[0], Some(&[0; PIXELS])).unwrap_err().code(), "data-foreign");
        assert_eq!(dataset, before);

        let mut shapes = Dataset::empty(DatasetKind::Shapes32);
        assert_eq!(shapes.append(&[0; IMAGE_BYTES], &[0], None).unwrap_err().code(), "data-foreign");
        assert_eq!(shapes.append(&[0; IMAGE_BYTES], &[0], Some(&[2; PIXELS])).unwrap_err().code(), "data-foreign");
        assert!(shapes.is_empty() && shapes.masks() == Some(&[]));
        assert_eq!(shapes.append(&[0; IMAGE_BYTES], &[0], Some(&[1; PIXELS])).unwrap(), 1);
    }

    #[test]
    fn truncating_keeps_the_first_images() {
        let mut dataset = two_images();
        dataset.truncate(1);
        assert_eq!((dataset.len(), dataset.images().len()), (1, IMAGE_BYTES));
        dataset.truncate(5);
        assert_eq!(dataset.len(), 1);
    }

    #[test]
    fn images_that_are_not_wanted_go_with_all_they_have() {
        let mut shapes = crate::data::shapes::generate(0, crate::data::Split::Test, 0, 6);
        let whole = shapes.clone();
        shapes.retain(|i| i % 3 == 1);
        assert_eq!(shapes.len(), 2);
        for (kept, from) in [(0, 1), (1, 4)] {
            assert_eq!(shapes.image(kept), whole.image(from));
            assert_eq!((shapes.label(kept), shapes.mask(kept)), (whole.label(from), whole.mask(from)));
        }
    }

    #[test]
    fn channel_statistics_are_measured_exactly() {
        let measured = two_images().measure().unwrap();
        for c in 0..3 {
            assert!((measured.mean[c] - 15.0 / 255.0).abs() < 1e-7);
            assert!((measured.std[c] - 5.0 / 255.0).abs() < 1e-7);
        }
        assert_eq!(Dataset::empty(DatasetKind::Cifar10).measure(), None);
    }

    #[test]
    fn a_person_may_bring_other_classes() {
        let mut own = Dataset::with_classes("mine", vec!["a".into(), "b".into()]).unwrap();
        assert_eq!(own.append(&[0; IMAGE_BYTES], &[1], None).unwrap(), 1);
        assert!(Dataset::with_classes("none", Vec::new()).is_err());
    }
}
