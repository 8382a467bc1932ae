//! Which images make up the batch of a step.
//!
//! The first epoch goes through the shards in the order in which they are stored and shuffles inside each, so training
//! can start as soon as the first shard has arrived, and the result is the same however fast the others come. Later
//! epochs are full permutations. The last, partial batch of an epoch is dropped: batches have one shape.

use super::rng::{Purpose, shuffle, stream};
use crate::error::{Error, Result};

/// The order of the training images under a seed.
///
/// [`Schedule::indices`] is a pure function of seed and step. What is kept is only the permutation of the last epoch
/// asked for, so that steps in a row cost nothing.
#[derive(Debug, Clone)]
pub struct Schedule {
    seed: u64,
    images: usize,
    batch: usize,
    shard: usize,
    epoch: usize,
    order: Vec<u32>,
}

impl Schedule {
    /// An order for `images` training images in batches of `batch`, that arrive in shards of `shard` images (usually
    /// [`super::SHARD_IMAGES`]). Errors: `setting-invalid` if there is not one whole batch, or a number is 0.
    pub fn new(seed: u64, images: usize, batch: usize, shard: usize) -> Result<Self> {
        if batch == 0 || shard == 0 {
            return Err(Error::SettingInvalid("The batch size and the shard size must be at least 1.".to_owned()));
        }
        if images < batch {
            return Err(Error::SettingInvalid(format!(
                "{images} training images do not fill one batch of {batch}. Take more training images or smaller \
                 batches."
            )));
        }
        if u32::try_from(images).is_err() {
            return Err(Error::SettingInvalid(format!(
                "{images} training images are too many; 4,294,967,295 is the most."
            )));
        }
        let order = epoch_order(seed, 0, images, shard);
        Ok(Schedule { seed, images, batch, shard, epoch: 0, order })
    }

    /// Steps in an epoch: whole batches only.
    pub fn steps_per_epoch(&self) -> usize {
        self.images / self.batch
    }

    /// The epoch that `step` belongs to; both are counted from 0.
    pub fn epoch(&self, step: usize) -> usize {
        step / self.steps_per_epoch()
    }

    /// How many training images there are.
    pub fn images(&self) -> usize {
        self.images
    }

    /// How many images are in every batch.
    pub fn batch(&self) -> usize {
        self.batch
    }

    /// How many images, from the first on, must be here before `step` can run: whole shards, or all images.
    pub fn needs(&self, step: usize) -> usize {
        if self.epoch(step) > 0 {
            return self.images;
        }
        // The batch ends inside this shard, and shards are shuffled as wholes.
        ((step + 1) * self.batch).div_ceil(self.shard).saturating_mul(self.shard).min(self.images)
    }

    /// The images of the batch of `step`, every one in 0..images.
    pub fn indices(&mut self, step: usize) -> Vec<usize> {
        let epoch = self.epoch(step);
        if epoch != self.epoch {
            self.order = epoch_order(self.seed, epoch, self.images, self.shard);
            self.epoch = epoch;
        }
        let start = step % self.steps_per_epoch() * self.batch;
        self.order.iter().skip(start).take(self.batch).map(|&i| i as usize).collect()
    }
}

/// The order of all images in an epoch.
fn epoch_order(seed: u64, epoch: usize, images: usize, shard: usize) -> Vec<u32> {
    let mut order: Vec<u32> = (0..images as u32).collect();
    if epoch == 0 {
        for (number, part) in order.chunks_mut(shard).enumerate() {
            shuffle(&mut stream(seed, Purpose::Order, 0, number as u64), part);
        }
    } else {
        shuffle(&mut stream(seed, Purpose::Order, epoch as u64, 0), &mut order);
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    fn epoch(schedule: &mut Schedule, epoch: usize) -> Vec<usize> {
        let steps = schedule.steps_per_epoch();
        (epoch * steps..(epoch + 1) * steps).flat_map(|step| schedule.indices(step)).collect()
    }

    #[test]
    fn every_image_comes_once_an_epoch() {
        let mut schedule = Schedule::new(3, 5000, 50, 1000).unwrap();
        assert_eq!(schedule.steps_per_epoch(), 100);
        for e in 0..3 {
            let order = epoch(&mut schedule, e);
            let mut sorted = order.clone();
            sorted.sort_unstable();
            assert_eq!(sorted, (0..5000).collect::<Vec<_>>(), "epoch {e}");
            assert_ne!(order, sorted, "epoch {e} is not shuffled");
        }
        assert_ne!(epoch(&mut schedule, 1), epoch(&mut schedule, 2));
    }

    #[test]
    fn a_partial_batch_is_dropped() {
        let mut schedule = Schedule::new(0, 1030, 64, 1000).unwrap();
        assert_eq!(schedule.steps_per_epoch(), 16);
        for e in 0..2 {
            let mut order = epoch(&mut schedule, e);
            assert_eq!(order.len(), 1024);
            order.sort_unstable();
            order.dedup();
            assert_eq!(order.len(), 1024);
        }
        assert_eq!((schedule.epoch(15), schedule.epoch(16)), (0, 1));
    }

    #[test]
    fn the_first_epoch_needs_only_the_shards_so_far() {
        let mut schedule = Schedule::new(9, 4500, 64, 1000).unwrap();
        assert_eq!(schedule.needs(0), 1000);
        assert_eq!(schedule.needs(14), 1000);
        // Images 960 to 1023: the sixteenth batch reaches into the second shard.
        assert_eq!(schedule.needs(15), 2000);
        assert_eq!(schedule.needs(69), 4500);
        assert_eq!(schedule.needs(70), 4500);
        for step in 0..70 {
            let last = schedule.indices(step).into_iter().max().unwrap();
            assert!(last < schedule.needs(step), "step {step} uses image {last}");
        }
        assert!(schedule.indices(0).iter().any(|&i| i >= 64), "the first shard is not shuffled");
    }

    #[test]
    fn a_step_does_not_depend_on_the_steps_before() {
        let mut forward = Schedule::new(5, 3000, 32, 1000).unwrap();
        let steps = [0, 1, 92, 93, 94, 300, 500];
        let in_order: Vec<_> = steps.iter().map(|&step| forward.indices(step)).collect();
        let mut backward = Schedule::new(5, 3000, 32, 1000).unwrap();
        for (&step, expected) in steps.iter().zip(&in_order).rev() {
            assert_eq!(&backward.indices(step), expected, "step {step}");
        }
    }

    #[test]
    fn seeds_give_different_orders() {
        for step in [0, 200] {
            let a = Schedule::new(1, 2000, 64, 1000).unwrap().indices(step);
            let b = Schedule::new(2, 2000, 64, 1000).unwrap().indices(step);
            assert_ne!(a, b);
        }
    }

    #[test]
    fn shards_of_another_size_are_followed() {
        let mut schedule = Schedule::new(1, 100, 10, 30).unwrap();
        assert_eq!([0, 2, 3, 8, 9].map(|step| schedule.needs(step)), [30, 30, 60, 90, 100]);
        let first: Vec<usize> = (0..3).flat_map(|step| schedule.indices(step)).collect();
        assert!(first.iter().all(|&i| i < 30));
    }

    #[test]
    fn too_few_images_are_said_in_a_sentence() {
        let error = Schedule::new(0, 63, 64, 1000).unwrap_err();
        assert_eq!(error.code(), "setting-invalid");
        assert!(error.to_string().starts_with("63 training images do not fill one batch of 64."), "{error}");
        assert!(Schedule::new(0, 10, 0, 1000).is_err());
        assert!(Schedule::new(0, 10, 1, 0).is_err());
        assert!(Schedule::new(0, 64, 64, 1000).is_ok());
    }
}
