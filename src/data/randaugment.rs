//! RandAugment (Cubuk et al. 2020): N changes drawn from a list, all at one magnitude. The strong view of multi-level
//! logit distillation (N = 2, M = 10 of 30).
//!
//! Ranges are those of the reference implementation, brought to 32×32 pixels (translations of up to a third of a side;
//! cut-outs are left out: they are a change of their own there too).

use rand::Rng;

use super::SIDE;
use super::rng::{below, chance};
use super::transform::{self as t, Affine};

/// How many changes.
const CHANGES: usize = 2;
/// Magnitude, of 30.
const MAGNITUDE: f32 = 10.0 / 30.0;

/// An image (planar, [0, 1]) after two random changes. `fill`: colour of what comes from outside the image.
pub fn randaugment(image: &[f32], fill: [f32; 3], rng: &mut impl Rng) -> Vec<f32> {
    (0..CHANGES).fold(image.to_vec(), |image, _| {
        let kind = below(rng, 14);
        let sign = if chance(rng, 0.5) { 1.0 } else { -1.0 };
        change(&image, kind, sign, fill)
    })
}

fn change(image: &[f32], kind: u32, sign: f32, fill: [f32; 3]) -> Vec<f32> {
    let enhance = 1.0 + sign * 0.9 * MAGNITUDE;
    let shift = SIDE as f32 * MAGNITUDE / 3.0;
    match kind {
        0 => t::autocontrast(image),
        1 => t::equalise(image),
        2 => t::invert(image),
        3 => Affine::rotation(sign * 30.0 * MAGNITUDE).apply(image, fill),
        4 => t::posterise(image, 8 - (4.0 * MAGNITUDE).round() as u32),
        5 => t::solarise(image, 1.0 - MAGNITUDE),
        6 => t::saturation(image, enhance),
        7 => t::contrast(image, enhance),
        8 => t::brightness(image, enhance),
        9 => t::sharpness(image, enhance),
        10 => Affine::shear(sign * 0.3 * MAGNITUDE, 0.0).apply(image, fill),
        11 => Affine::shear(0.0, sign * 0.3 * MAGNITUDE).apply(image, fill),
        12 => Affine::translation(sign * shift, 0.0).apply(image, fill),
        _ => Affine::translation(0.0, sign * shift).apply(image, fill),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{IMAGE_BYTES, Purpose, stream};

    #[test]
    fn every_change_changes_something_and_stays_in_range() {
        let image: Vec<f32> = (0..IMAGE_BYTES).map(|i| 0.1 + 0.7 * ((i * 61 % 997) as f32 / 997.0)).collect();
        for kind in 0..14 {
            for sign in [-1.0, 1.0] {
                let out = change(&image, kind, sign, [0.5; 3]);
                assert_eq!(out.len(), IMAGE_BYTES);
                assert!(out.iter().all(|v| (0.0..=1.0).contains(v)), "change {kind}");
                assert!(out != image, "change {kind}");
            }
        }
        let twice = |seed| randaugment(&image, [0.5; 3], &mut stream(seed, Purpose::StrongView, 0, 0));
        assert_eq!(twice(1), twice(1));
        assert_ne!(twice(1), twice(2));
    }
}
