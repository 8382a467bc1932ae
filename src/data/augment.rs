//! Images as the networks take them: `n × 3 × 32 × 32` numbers in [0, 1], cropped and flipped at random or as they are.
//!
//! The augmentation is the usual one for CIFAR (He et al., 2016, §4.2): four pixels of padding on every side, a random
//! 32 × 32 crop, a horizontal flip of every second image. There the padding is zero *after* normalisation. Here the
//! network normalises, so the padding is the channel mean: the same thing.

use rand::Rng;

use super::rng::{below, chance};
use super::{Dataset, IMAGE_BYTES, Normalisation, PIXELS, SIDE};
use crate::error::Result;

/// Padding on every side before the crop, in pixels.
pub const PADDING: usize = 4;

/// Where an image is cut out of its padded self, and whether it is mirrored afterwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Crop {
    /// Left edge of the crop in the padded image, 0 to 8; 4 is the middle. Values above 8 count as 8.
    pub x: usize,
    /// Upper edge of the crop in the padded image, 0 to 8; 4 is the middle. Values above 8 count as 8.
    pub y: usize,
    /// Whether left and right are exchanged.
    pub flip: bool,
}

impl Crop {
    /// The image as it is.
    pub const NONE: Crop = Crop { x: PADDING, y: PADDING, flip: false };

    /// Draws a crop (81 places, equally likely) and a flip (probability one half).
    pub fn sample(rng: &mut impl Rng) -> Self {
        let places = 2 * PADDING as u32 + 1;
        let (x, y) = (below(rng, places) as usize, below(rng, places) as usize);
        Crop { x, y, flip: chance(rng, 0.5) }
    }

    /// Cuts `image` (planar bytes, `3 × 32 × 32`) and adds the result to `out` as 3,072 numbers in [0, 1]. Pixels
    /// from outside the image are `padding`, one number a channel.
    pub fn apply(&self, image: &[u8], padding: [f32; 3], out: &mut Vec<f32>) {
        let source =
            |at: usize, offset: usize| (at + offset.min(2 * PADDING)).checked_sub(PADDING).filter(|&s| s < SIDE);
        for (plane, fill) in image.chunks_exact(PIXELS).zip(padding) {
            for y in 0..SIDE {
                let row = source(y, self.y).map(|s| &plane[s * SIDE..][..SIDE]);
                out.extend((0..SIDE).map(|x| {
                    let x = if self.flip { SIDE - 1 - x } else { x };
                    match (row, source(x, self.x)) {
                        (Some(row), Some(s)) => to_unit(row[s]),
                        _ => fill,
                    }
                }));
            }
        }
    }
}

/// A byte as a number in [0, 1].
fn to_unit(byte: u8) -> f32 {
    f32::from(byte) / 255.0
}

/// The images `indices` as they are: `n × 3 × 32 × 32` in [0, 1].
pub fn plain(dataset: &Dataset, indices: &[usize]) -> Result<Vec<f32>> {
    let mut out = Vec::with_capacity(indices.len() * IMAGE_BYTES);
    for &i in indices {
        out.extend(dataset.image(i)?.iter().map(|&byte| to_unit(byte)));
    }
    Ok(out)
}

/// The images `indices`, each with its own random crop and, where mirrored images keep their class, flip:
/// `n × 3 × 32 × 32` in [0, 1].
///
/// `normalisation` must be the one of the networks: its mean is the padding. Crops are drawn from `rng` in the order of
/// the indices, so with `stream(seed, Purpose::Augment, step, 0)` a batch is a function of seed and step.
pub fn augmented(
    dataset: &Dataset,
    indices: &[usize],
    normalisation: &Normalisation,
    rng: &mut impl Rng,
) -> Result<Vec<f32>> {
    let mut out = Vec::with_capacity(indices.len() * IMAGE_BYTES);
    for &i in indices {
        let drawn = Crop::sample(rng);
        let crop = Crop { flip: drawn.flip && dataset.mirrors(), ..drawn };
        crop.apply(dataset.image(i)?, normalisation.mean, &mut out);
    }
    Ok(out)
}

/// The class numbers of the images `indices`.
pub fn labels(dataset: &Dataset, indices: &[usize]) -> Result<Vec<u8>> {
    indices.iter().map(|&i| dataset.label(i)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::rng::{Purpose, stream};
    use crate::data::{DatasetKind, shapes};

    const NORMALISATION: Normalisation = Normalisation { mean: [0.11, 0.22, 0.33], std: [0.2; 3] };

    /// An image in which every pixel of a plane is different as far as bytes allow.
    fn ramp() -> Vec<u8> {
        (0..IMAGE_BYTES).map(|i| ((i % PIXELS) / 4) as u8 ^ (i / PIXELS) as u8).collect()
    }

    #[test]
    fn digits_are_shifted_and_never_mirrored() {
        // The same images as digits and as photographs, with the same draws.
        let of = |kind| {
            let mut dataset = Dataset::empty(kind);
            dataset.append(&ramp().repeat(40), &[3; 40], None).unwrap();
            let indices: Vec<usize> = (0..40).collect();
            augmented(&dataset, &indices, &NORMALISATION, &mut stream(0, Purpose::Augment, 0, 0)).unwrap()
        };
        let (digits, photographs) = (of(DatasetKind::DigitsPlain), of(DatasetKind::Cifar10));
        let mut rng = stream(0, Purpose::Augment, 0, 0);
        let mut mirrored = 0;
        for i in 0..40 {
            let drawn = Crop::sample(&mut rng);
            let mut expected = Vec::new();
            Crop { flip: false, ..drawn }.apply(&ramp(), NORMALISATION.mean, &mut expected);
            let at = i * IMAGE_BYTES..(i + 1) * IMAGE_BYTES;
            assert_eq!(digits[at.clone()], expected);
            mirrored += usize::from(drawn.flip);
            assert_eq!(photographs[at.clone()] == digits[at], !drawn.flip);
        }
        assert!((5..35).contains(&mirrored));
    }

    #[test]
    fn no_crop_changes_nothing() {
        let mut out = Vec::new();
        Crop::NONE.apply(&ramp(), NORMALISATION.mean, &mut out);
        let expected: Vec<f32> = ramp().iter().map(|&byte| f32::from(byte) / 255.0).collect();
        assert_eq!(out, expected);
    }

    #[test]
    fn every_crop_is_the_window_of_the_padded_image() {
        let image = ramp();
        for y in 0..=8 {
            for x in 0..=8 {
                for flip in [false, true] {
                    let mut out = Vec::new();
                    Crop { x, y, flip }.apply(&image, NORMALISATION.mean, &mut out);
                    for (i, &value) in out.iter().enumerate() {
                        let (c, row, column) = (i / PIXELS, i % PIXELS / SIDE, i % SIDE);
                        let column = if flip { 31 - column } else { column };
                        let (sy, sx) = ((row + y) as i32 - 4, (column + x) as i32 - 4);
                        let expected = if (0..32).contains(&sy) && (0..32).contains(&sx) {
                            f32::from(image[c * PIXELS + sy as usize * SIDE + sx as usize]) / 255.0
                        } else {
                            NORMALISATION.mean[c]
                        };
                        assert_eq!(value, expected, "crop {x} {y} {flip} at {c} {row} {column}");
                    }
                }
            }
        }
    }

    #[test]
    fn padding_is_exactly_zero_after_normalisation() {
        let mut out = Vec::new();
        Crop { x: 0, y: 0, flip: false }.apply(&[255; IMAGE_BYTES], NORMALISATION.mean, &mut out);
        for c in 0..3 {
            assert_eq!((out[c * PIXELS] - NORMALISATION.mean[c]) / NORMALISATION.std[c], 0.0);
        }
    }

    #[test]
    fn all_places_and_both_directions_are_drawn() {
        let mut rng = stream(0, Purpose::Augment, 0, 0);
        let mut counts = std::collections::BTreeMap::new();
        for _ in 0..16_200 {
            let crop = Crop::sample(&mut rng);
            *counts.entry((crop.x, crop.y, crop.flip)).or_insert(0_i32) += 1;
        }
        assert_eq!(counts.len(), 162);
        assert!(counts.values().all(|&count| (count - 100).abs() < 50), "{counts:?}");
    }

    #[test]
    fn a_batch_is_a_function_of_seed_and_step() {
        let dataset = shapes::generate(0, crate::data::Split::Train, 0, 20);
        let normalisation = DatasetKind::Shapes32.normalisation();
        let indices: Vec<usize> = (0..20).rev().collect();
        let batch = |seed, step| {
            augmented(&dataset, &indices, &normalisation, &mut stream(seed, Purpose::Augment, step, 0)).unwrap()
        };
        assert_eq!(batch(1, 5), batch(1, 5));
        assert_ne!(batch(1, 5), batch(1, 6));
        assert_ne!(batch(1, 5), batch(2, 5));
        assert_eq!(batch(1, 5).len(), 20 * IMAGE_BYTES);
        assert!(batch(1, 5).iter().all(|value| (0.0..=1.0).contains(value)));
        assert_ne!(batch(1, 5), plain(&dataset, &indices).unwrap());
        assert_eq!(labels(&dataset, &indices[..1]).unwrap(), [dataset.label(19).unwrap()]);
    }

    #[test]
    fn an_image_that_has_not_arrived_is_an_error() {
        let dataset = Dataset::empty(DatasetKind::Cifar10);
        assert_eq!(plain(&dataset, &[0]).unwrap_err().code(), "data-missing");
        assert_eq!(labels(&dataset, &[0]).unwrap_err().code(), "data-missing");
        let mut rng = stream(0, Purpose::Augment, 0, 0);
        assert_eq!(augmented(&dataset, &[0], &NORMALISATION, &mut rng).unwrap_err().code(), "data-missing");
    }
}
