//! Random changes of an image by name and strength, for the question which of them a network ignores.
//!
//! Every change is drawn anew for every image; the strength says how far it may go. The colour changes, the crops and the
//! shifts are those of *What Knowledge Gets Distilled* (2205.16004 §4.3, App. 11.3, 11.4: P3 to P5 in our notes); the other
//! changes are ours.

use rand::Rng;

use super::SIDE;
use super::rng::{below, between, chance, shuffle};
use super::transform::{self as t, Affine};

/// What can be done to an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// All values times a factor.
    Brightness,
    /// Distance from the mean grey times a factor.
    Contrast,
    /// Distance from grey times a factor.
    Saturation,
    /// Colours turned on the circle of hues.
    Hue,
    /// Brightness, contrast, saturation and hue, in random order.
    Jitter,
    /// A random square part, enlarged to the whole.
    Crop,
    /// A random shift by whole pixels.
    Shift,
    /// Left and right exchanged.
    Flip,
    /// Turned about the middle.
    Rotation,
    /// Gaussian noise.
    Noise,
    /// Gaussian blur.
    Blur,
}

/// What the strengths of a change are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scale {
    /// The change's name.
    pub name: &'static str,
    /// What a strength s means, as a sentence.
    pub meaning: &'static str,
    /// Smallest and largest strength.
    pub range: [f64; 2],
    /// Only whole numbers.
    pub whole: bool,
    /// The strength at which nothing changes.
    pub neutral: f64,
    /// Strengths to look at where none are given.
    pub usual: &'static [f64],
}

impl Change {
    /// All changes.
    pub const ALL: [Change; 11] = [
        Change::Brightness,
        Change::Contrast,
        Change::Saturation,
        Change::Hue,
        Change::Jitter,
        Change::Crop,
        Change::Shift,
        Change::Flip,
        Change::Rotation,
        Change::Noise,
        Change::Blur,
    ];

    /// The change of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|change| change.scale().name == name)
    }

    /// What its strengths are.
    pub fn scale(self) -> &'static Scale {
        &SCALES[self as usize]
    }

    /// Whether two changed views are compared with each other rather than a changed image with the image itself.
    pub fn compares_views(self) -> bool {
        matches!(self, Change::Crop | Change::Shift)
    }

    /// The image (planar, [0, 1]) changed at random. `fill`: colour of what comes from outside the image.
    ///
    /// Strengths outside the range of [`Change::scale`] are taken to its ends.
    pub fn apply(self, image: &[f32], strength: f64, fill: [f32; 3], rng: &mut impl Rng) -> Vec<f32> {
        let [low, high] = self.scale().range;
        let s = strength.clamp(low, high) as f32;
        match self {
            Change::Brightness => t::brightness(image, factor(rng, s)),
            Change::Contrast => t::contrast(image, factor(rng, s)),
            Change::Saturation => t::saturation(image, factor(rng, s)),
            Change::Hue => t::hue(image, between(rng, -s, s)),
            Change::Jitter => jitter(image, s, rng),
            Change::Crop => {
                let side = SIDE as f32 * s.sqrt();
                let room = SIDE as f32 - side;
                let (left, top) = (between(rng, 0.0, room), between(rng, 0.0, room));
                t::crop(image, left, top, side)
            }
            Change::Shift => {
                let window = s as u32;
                let mut shift = || below(rng, window + 1) as f32 - (window / 2) as f32;
                let (x, y) = (shift(), shift());
                Affine::translation(x, y).apply(image, fill)
            }
            Change::Flip if s >= 1.0 => t::flip(image),
            Change::Flip => image.to_vec(),
            Change::Rotation => {
                let degrees = if chance(rng, 0.5) { s } else { -s };
                Affine::rotation(degrees).apply(image, fill)
            }
            Change::Noise => t::gaussian_noise(image, s, rng),
            Change::Blur => t::blur(image, s),
        }
    }
}

/// From 1 − s to 1 + s, and not below 0.
fn factor(rng: &mut impl Rng, s: f32) -> f32 {
    between(rng, (1.0 - s).max(0.0), 1.0 + s)
}

/// The four colour changes in random order, as torchvision's ColorJitter applies them.
fn jitter(image: &[f32], s: f32, rng: &mut impl Rng) -> Vec<f32> {
    let mut order = [0, 1, 2, 3];
    shuffle(rng, &mut order);
    order.into_iter().fold(image.to_vec(), |image, which| match which {
        0 => t::brightness(&image, factor(rng, s)),
        1 => t::contrast(&image, factor(rng, s)),
        2 => t::saturation(&image, factor(rng, s)),
        // The paper's teacher was trained with 0.4 for the first three and 0.2 for the hue: half.
        _ => t::hue(&image, between(rng, -0.5 * s, 0.5 * s)),
    })
}

const COLOUR: [f64; 4] = [0.3, 0.4, 0.5, 0.6];

/// In the order of [`Change`].
const SCALES: [Scale; 11] = [
    Scale {
        name: "brightness",
        meaning: "All values are multiplied by a factor drawn from 1 − s to 1 + s.",
        range: [0.0, 1.0],
        whole: false,
        neutral: 0.0,
        usual: &COLOUR,
    },
    Scale {
        name: "contrast",
        meaning: "The distance from the mean grey is multiplied by a factor drawn from 1 − s to 1 + s.",
        range: [0.0, 1.0],
        whole: false,
        neutral: 0.0,
        usual: &COLOUR,
    },
    Scale {
        name: "saturation",
        meaning: "The distance of every pixel from its grey is multiplied by a factor drawn from 1 − s to 1 + s.",
        range: [0.0, 1.0],
        whole: false,
        neutral: 0.0,
        usual: &COLOUR,
    },
    Scale {
        name: "hue",
        meaning: "Hues are turned by a share of the circle drawn from −s to s.",
        range: [0.0, 0.5],
        whole: false,
        neutral: 0.0,
        usual: &[0.05, 0.1, 0.15, 0.2],
    },
    Scale {
        name: "jitter",
        meaning: "Brightness, contrast and saturation are multiplied by factors drawn from 1 − s to 1 + s and hues are turned by a share of the circle drawn from −s/2 to s/2, in random order.",
        range: [0.0, 1.0],
        whole: false,
        neutral: 0.0,
        usual: &COLOUR,
    },
    Scale {
        name: "crop",
        meaning: "Two squares, each a share s of the image's area at a random place, are enlarged to the whole and compared with each other.",
        range: [0.05, 1.0],
        whole: false,
        neutral: 1.0,
        usual: &COLOUR,
    },
    Scale {
        name: "shift",
        meaning: "Two views of the image's size are cut at random whole pixels from a window that is s pixels wider and higher, filled up with the channel means, and compared with each other.",
        range: [0.0, 32.0],
        whole: true,
        neutral: 0.0,
        usual: &[2.0, 4.0, 6.0, 8.0],
    },
    Scale {
        name: "flip",
        meaning: "Left and right are exchanged where s is 1.",
        range: [0.0, 1.0],
        whole: true,
        neutral: 0.0,
        usual: &[1.0],
    },
    Scale {
        name: "rotation",
        meaning: "The image is turned by s degrees in a random direction, its corners filled up with the channel means.",
        range: [0.0, 180.0],
        whole: false,
        neutral: 0.0,
        usual: &[5.0, 10.0, 20.0, 40.0],
    },
    Scale {
        name: "noise",
        meaning: "Normal noise of standard deviation s is added to every value in [0, 1] and the sum kept there.",
        range: [0.0, 1.0],
        whole: false,
        neutral: 0.0,
        usual: &[0.02, 0.05, 0.1, 0.2],
    },
    Scale {
        name: "blur",
        meaning: "The image is smoothed by a Gaussian of standard deviation s pixels.",
        range: [0.0, 5.0],
        whole: false,
        neutral: 0.0,
        usual: &[0.5, 1.0, 1.5, 2.0],
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{IMAGE_BYTES, PIXELS, Purpose, stream};

    fn picture() -> Vec<f32> {
        (0..IMAGE_BYTES).map(|i| 0.1 + 0.7 * ((i * 61 % 997) as f32 / 997.0)).collect()
    }

    fn changed(change: Change, strength: f64, place: u64) -> Vec<f32> {
        change.apply(&picture(), strength, [0.2, 0.4, 0.6], &mut stream(3, Purpose::Change, 5, place))
    }

    #[test]
    fn names_and_scales_belong_together() {
        for change in Change::ALL {
            let scale = change.scale();
            assert_eq!(scale.name, format!("{change:?}").to_lowercase());
            assert_eq!(Change::named(scale.name), Some(change));
            assert!(scale.meaning.ends_with('.'));
            let inside = |s: &f64| (scale.range[0]..=scale.range[1]).contains(s) && !(scale.whole && s.fract() != 0.0);
            assert!(scale.usual.iter().chain([&scale.neutral]).all(inside), "{}", scale.name);
        }
        assert_eq!(Change::named("Hue"), None);
    }

    #[test]
    fn nothing_changes_at_the_neutral_strength_and_something_at_every_other() {
        for change in Change::ALL {
            let scale = change.scale();
            let same = changed(change, scale.neutral, 0);
            let most = same.iter().zip(picture()).fold(0f32, |m, (a, b)| m.max((a - b).abs()));
            assert!(most < 1e-6, "{} at its neutral strength moves a value by {most}", scale.name);
            for &strength in scale.usual {
                let out = changed(change, strength, 0);
                assert!(out.iter().all(|v| (0.0..=1.0).contains(v)) && out != picture(), "{}", scale.name);
                assert!(out == changed(change, strength, 0));
            }
        }
    }

    #[test]
    fn random_changes_are_drawn_anew() {
        let fixed = |c: &Change| matches!(c, Change::Flip | Change::Blur);
        for change in Change::ALL.into_iter().filter(|c| !fixed(c)) {
            let s = change.scale().usual[0];
            let first = changed(change, s, 0);
            assert!((1..20).any(|place| changed(change, s, place) != first), "{change:?}");
        }
    }

    #[test]
    fn shifts_reach_both_ends_of_their_window_and_no_further() {
        // A ramp to the right tells the shift in the middle of the image.
        let ramp: Vec<f32> = (0..IMAGE_BYTES).map(|i| (i % SIDE) as f32 / 64.0).collect();
        let middle = 16 * SIDE + 16;
        let mut seen = std::collections::BTreeSet::new();
        for place in 0..200 {
            let out = Change::Shift.apply(&ramp, 4.0, [0.9; 3], &mut stream(0, Purpose::Change, 0, place));
            seen.insert((out[middle] * 64.0).round() as i32 - 16);
            assert!(out[..PIXELS].iter().all(|v| *v < 0.5 || *v == 0.9));
        }
        assert_eq!(seen.into_iter().collect::<Vec<_>>(), [-2, -1, 0, 1, 2]);
    }

    #[test]
    fn crops_show_their_share_of_the_area() {
        let ramp: Vec<f32> = (0..IMAGE_BYTES).map(|i| (i % SIDE) as f32 / 64.0).collect();
        for place in 0..20 {
            let out = Change::Crop.apply(&ramp, 0.25, [0.0; 3], &mut stream(0, Purpose::Change, 0, place));
            // A side of 16 pixels: enlarged twice, neighbours are half a pixel apart.
            assert!((out[16 * SIDE + 17] - out[16 * SIDE + 16] - 0.5 / 64.0).abs() < 1e-5);
        }
    }
}
