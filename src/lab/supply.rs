//! The images of a run: what is here, what must still come, and the batch of a step.

use std::sync::{Mutex, PoisonError};

use burn::tensor::{Device, Tensor, TensorData};

use super::checkpoint::{Met, another_run};
use super::lesson::Images;
use super::settings::Settings;
use super::targets::Copy;
use crate::data::randaugment::randaugment;
use crate::data::{
    Dataset, DatasetKind, Fingerprint, IMAGE_BYTES, Purpose, SHARD_IMAGES, SIDE, Schedule, Split, augment, cifar,
    shapes, stream,
};
use crate::error::Result;
use crate::objectives::{Views, one_hot};

/// Seed of fixed copies: with them the augmented images are one dataset for all runs too.
const COPIES_SEED: u64 = 0;

/// Data that must be added before the next step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Need {
    /// In which split.
    pub split: Split,
    /// How many images of it, from the first on.
    pub images: usize,
}

/// Training and test images, and the order in which they are used.
#[derive(Debug)]
pub(super) struct Supply {
    pub(super) kind: DatasetKind,
    pub(super) train: Dataset,
    pub(super) test: Dataset,
    pub(super) schedule: Schedule,
    train_images: usize,
    test_images: usize,
    seed: u64,
    augment: bool,
    copies: usize,
    /// What the run that goes on here had met, as far as these images are still to come.
    expected: Met,
    /// The last fingerprints, which are the same until more images come.
    known: Mutex<Met>,
}

impl Supply {
    /// Generates Shapes-32; images of CIFAR are added with [`Supply::add`].
    pub(super) fn new(settings: &Settings) -> Result<Self> {
        let kind = settings.dataset()?;
        let (train_images, test_images) = (settings.train_images, settings.test_images);
        let (train, test) = match kind {
            DatasetKind::Shapes32 => (
                shapes::generate(shapes::SEED, Split::Train, 0, train_images),
                shapes::generate(shapes::SEED, Split::Test, 0, test_images),
            ),
            _ => (Dataset::empty(kind), Dataset::empty(kind)),
        };
        let schedule = Schedule::new(settings.seed, train_images, settings.batch_size, SHARD_IMAGES)?;
        let (seed, augment, copies) = (settings.seed, settings.augment, settings.copies);
        let (expected, known) = (Met::default(), Mutex::default());
        Ok(Self { kind, train, test, schedule, train_images, test_images, seed, augment, copies, expected, known })
    }

    /// Adds images from a file in CIFAR's binary format; surplus images are ignored. Returns how many the split now holds.
    ///
    /// # Errors
    /// `data-truncated`, `data-foreign`, `checkpoint-mismatch` when they are not those of the run that goes on; nothing is added
    /// then.
    pub(super) fn add(&mut self, split: Split, bytes: &[u8]) -> Result<usize> {
        let (dataset, limit) = match split {
            Split::Train => (&mut self.train, self.train_images),
            Split::Test => (&mut self.test, self.test_images),
        };
        let before = dataset.len();
        cifar::append(dataset, self.kind, bytes)?;
        dataset.truncate(limit);
        let held = dataset.len();
        match another_run(&self.differences(&self.expected)) {
            Ok(()) => {
                self.expect(self.expected.clone());
                Ok(held)
            }
            Err(error) => {
                self.known = Mutex::default();
                match split {
                    Split::Train => self.train.truncate(before),
                    Split::Test => self.test.truncate(before),
                }
                Err(error)
            }
        }
    }

    /// The images that the first `steps` steps have met.
    pub(super) fn met(&self, steps: usize) -> Met {
        if self.kind == DatasetKind::Shapes32 {
            return Met::default();
        }
        let train = steps.checked_sub(1).map_or(0, |last| self.schedule.needs(last));
        let test = (self.test.len() == self.test_images).then_some(self.test_images);
        Met {
            train: self.fingerprint(Split::Train, train.min(self.train.len())),
            test: test.and_then(|count| self.fingerprint(Split::Test, count)),
        }
    }

    /// That of the first images of a split, which are here; none of no images.
    fn fingerprint(&self, split: Split, count: usize) -> Option<Fingerprint> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let known = match split {
            Split::Train => &mut known.train,
            Split::Test => &mut known.test,
        };
        if known.as_ref().is_none_or(|known| known.images != count) {
            *known = (count > 0).then(|| self.dataset(split).fingerprint(count));
        }
        known.clone()
    }

    /// In what the images that are here differ from those that a run had met.
    pub(super) fn differences(&self, met: &Met) -> Vec<String> {
        let mut differences = Vec::new();
        for split in [Split::Train, Split::Test] {
            if let Some(there) = met.of(split).filter(|there| there.images <= self.dataset(split).len())
                && let Some(here) = self.fingerprint(split, there.images).filter(|here| here != there)
            {
                differences.push(format!("the {split} images were {there} there and are {here} here"));
            }
        }
        differences
    }

    /// Has images that are still to come compared with those that a run had met.
    pub(super) fn expect(&mut self, met: Met) {
        let to_come = |split: Split, print: Option<Fingerprint>| print.filter(|p| p.images > self.dataset(split).len());
        let (train, test) = (to_come(Split::Train, met.train), to_come(Split::Test, met.test));
        self.expected = Met { train, test };
    }

    /// The images of a split that are here.
    pub(super) fn dataset(&self, split: Split) -> &Dataset {
        match split {
            Split::Train => &self.train,
            Split::Test => &self.test,
        }
    }

    /// What must be added before `step` can run; `evaluates`: whether an evaluation follows it.
    pub(super) fn needs(&self, step: usize, evaluates: bool) -> Option<Need> {
        let train = self.schedule.needs(step);
        if self.train.len() < train {
            return Some(Need { split: Split::Train, images: train });
        }
        (evaluates && self.test.len() < self.test_images)
            .then_some(Need { split: Split::Test, images: self.test_images })
    }

    /// Classes of the training images that are known at `step` on every machine, however fast images arrive.
    pub(super) fn known(&self, step: usize) -> &[u8] {
        &self.train.labels()[..self.schedule.needs(step).min(self.train.len())]
    }

    /// How many different augmented images a run can meet; 0 when they are drawn anew every time.
    pub(super) fn copies(&self) -> usize {
        if self.augment { self.train_images * self.copies } else { self.train_images }
    }

    /// The batch of `step` with the views that the method asks for.
    ///
    /// # Errors
    /// When what [`Supply::needs`] says is not here.
    pub(super) fn images(&mut self, step: usize, views: Views, device: &Device) -> Result<Images> {
        let indices = self.schedule.indices(step);
        let fill = self.kind.normalisation();
        let draw = |purpose| stream(self.seed, purpose, step as u64, 0);
        let copy = if self.augment { self.schedule.epoch(step) % self.copies.max(1) } else { 0 };
        let weak = match (self.augment, self.copies) {
            (false, _) => augment::plain(&self.train, &indices)?,
            (true, 0) => augment::augmented(&self.train, &indices, &fill, &mut draw(Purpose::Augment))?,
            (true, _) => {
                let mut pixels = Vec::with_capacity(indices.len() * IMAGE_BYTES);
                for &image in &indices {
                    let mut rng = stream(COPIES_SEED, Purpose::Copies, image as u64, copy as u64);
                    pixels.extend(augment::augmented(&self.train, &[image], &fill, &mut rng)?);
                }
                pixels
            }
        };
        let mut pixels = vec![weak];
        if views == Views::WeakAndStrong {
            let mut rng = draw(Purpose::StrongView);
            let usual = augment::augmented(&self.train, &indices, &fill, &mut rng)?;
            let strong = usual.chunks_exact(IMAGE_BYTES).flat_map(|image| randaugment(image, fill.mean, &mut rng));
            pixels.push(strong.collect());
        }
        let fixed = views == Views::One && self.copies() > 0;
        let copies = match fixed {
            true => indices.iter().map(|&image| (image as u32, copy as u32)).collect::<Vec<Copy>>(),
            false => Vec::new(),
        };
        let shape = [indices.len(), 3, SIDE, SIDE];
        let views = pixels.into_iter().map(|v| Tensor::from_data(TensorData::new(v, shape), device)).collect();
        let classes: Vec<usize> = augment::labels(&self.train, &indices)?.into_iter().map(usize::from).collect();
        let labels = one_hot(&classes, self.kind.classes().len(), device);
        Ok(Images { views, labels, classes, indices, copies })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn images(shade: u8, count: usize) -> Vec<u8> {
        let mut dataset = Dataset::empty(DatasetKind::Cifar10);
        dataset.append(&vec![shade; count * IMAGE_BYTES], &vec![0; count], None).unwrap();
        cifar::write(&dataset, DatasetKind::Cifar10).unwrap()
    }

    fn supply() -> Supply {
        Supply::new(&Settings { train_images: 8, test_images: 4, batch_size: 4, ..Settings::default() }).unwrap()
    }

    /// In a browser a run is restored before all its images have come.
    #[test]
    fn images_that_come_later_are_compared_with_those_of_the_run() {
        let mut first = supply();
        assert_eq!(first.add(Split::Train, &images(1, 8)).unwrap(), 8);
        assert_eq!(first.met(0), Met::default());
        let met = first.met(1);
        assert_eq!((met.train.as_ref().map(|print| print.images), &met.test), (Some(8), &None));
        assert!(first.differences(&met).is_empty());

        let mut next = supply();
        next.add(Split::Train, &images(1, 4)).unwrap();
        assert!(next.differences(&met).is_empty(), "not yet to be told");
        next.expect(met.clone());
        let refused = next.add(Split::Train, &images(2, 4)).unwrap_err();
        assert_eq!((refused.code(), next.train.len()), ("checkpoint-mismatch", 4));
        assert!(refused.to_string().contains("the train images were 8 (SHA-256 "), "{refused}");
        assert_eq!(next.add(Split::Train, &images(1, 4)).unwrap(), 8);
        assert_eq!(next.met(1), met);

        first.add(Split::Test, &images(3, 4)).unwrap();
        let mut other = supply();
        other.add(Split::Test, &images(4, 4)).unwrap();
        assert!(other.differences(&first.met(2))[0].contains("the test images were 4"));
    }
}
