//! What an image of Shapes-32 shows, in plain numbers.
//!
//! A [`Scene`] says everything about an image before a pixel is drawn. Usually it is drawn at random, but every part
//! can be set: an experiment on shape against texture takes a sampled scene and changes its fill.

use rand::Rng;
use serde::{Deserialize, Serialize};

use super::colour::Colour;
use super::outline::{Scrap, Shape};
use super::texture::{Fill, Texture};
use crate::data::SIDE;
use crate::data::rng::{below, between, chance, unit};

/// Where something lies and how it is turned and drawn out.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Pose {
    /// The middle, in pixels, x to the right and y down.
    pub centre: [f32; 2],
    /// Pixels to one unit of the outline.
    pub size: f32,
    /// Rotation in turns, clockwise as seen.
    pub rotation: f32,
    /// Drawn out by this factor along the outline's own x axis and shrunk by it along y.
    pub stretch: f32,
    /// Sideways displacement for every unit of height (a shear).
    pub skew: f32,
}

/// What lies behind everything: a pattern that fades towards a third colour.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Backdrop {
    /// The pattern.
    pub fill: Fill,
    /// The colour it fades to.
    pub fade: Colour,
    /// Direction in which it fades, in turns.
    pub direction: f32,
    /// How far the fading goes, 0 (not at all) to 1.
    pub strength: f32,
}

/// Something that lies on the background, always behind the object.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Clutter {
    /// Its outline.
    pub scrap: Scrap,
    /// Its place.
    pub pose: Pose,
    /// Its pattern.
    pub fill: Fill,
}

/// What is done to all pixels in the end.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Light {
    /// Added to every pixel, in parts of the range [0, 1].
    pub brightness: f32,
    /// Factor on the distance from mid-grey.
    pub contrast: f32,
    /// Standard deviation of independent noise on every channel, in parts of the range [0, 1].
    pub grain: f32,
    /// Decides the noise.
    pub grain_seed: u32,
}

/// Everything that an image shows. [`super::render`] draws it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Scene {
    /// The class.
    pub shape: Shape,
    /// Where the object is.
    pub pose: Pose,
    /// What it is filled with.
    pub fill: Fill,
    /// What is behind it.
    pub backdrop: Backdrop,
    /// What lies about, the hindmost first.
    pub clutter: Vec<Clutter>,
    /// Brightness, contrast and grain.
    pub light: Light,
}

impl Scene {
    /// Draws a scene with an object of class `shape`. Nothing but the outline depends on the class: texture, colours,
    /// place, background and clutter have the same distribution for all.
    pub fn sample(rng: &mut impl Rng, shape: Shape) -> Self {
        let backdrop = sample_backdrop(rng);
        let behind = [backdrop.fill.inks[0], backdrop.fill.inks[1], backdrop.fade];
        let inks = object_inks(rng, &behind);
        let fill = sample_fill(rng, inks, [4.0, 7.5]);
        let pose = sample_pose(rng, shape);
        let clutter = (0..3 + below(rng, 4)).map(|_| sample_clutter(rng, &behind)).collect();
        let light = Light {
            brightness: between(rng, -0.08, 0.08),
            contrast: between(rng, 0.75, 1.15),
            grain: between(rng, 0.0, 0.02),
            grain_seed: rng.next_u32(),
        };
        Scene { shape, pose, fill, backdrop, clutter, light }
    }
}

fn sample_fill(rng: &mut impl Rng, inks: [Colour; 2], periods: [f32; 2]) -> Fill {
    let texture = Texture::ALL[below(rng, Texture::ALL.len() as u32) as usize];
    let period = between(rng, periods[0], periods[1]);
    Fill { texture, inks, period, angle: unit(rng), phase: [unit(rng), unit(rng)], seed: rng.next_u32() }
}

/// A colour near another.
fn near(rng: &mut impl Rng, colour: Colour, lightness: f32, chroma: f32, hue: f32) -> Colour {
    Colour {
        lightness: (colour.lightness + between(rng, -lightness, lightness)).clamp(0.12, 0.97),
        chroma: (colour.chroma + between(rng, -chroma, chroma)).max(0.0),
        hue: colour.hue + between(rng, -hue, hue),
    }
}

/// A background: muted colours that are not far from each other.
fn sample_backdrop(rng: &mut impl Rng) -> Backdrop {
    let base = Colour { lightness: between(rng, 0.3, 0.9), chroma: between(rng, 0.01, 0.09), hue: unit(rng) };
    let inks = [base, near(rng, base, 0.1, 0.02, 0.08)];
    Backdrop {
        fill: sample_fill(rng, inks, [4.0, 12.0]),
        fade: near(rng, base, 0.22, 0.05, 0.15),
        direction: unit(rng),
        strength: between(rng, 0.3, 1.0),
    }
}

/// The two colours of an object: one that stands out from all those `behind`, and one in its neighbourhood, so that the
/// object holds together as one thing, that stands out too.
fn object_inks(rng: &mut impl Rng, behind: &[Colour]) -> [Colour; 2] {
    let first = stand_out(rng, behind);
    let mut second = first;
    for _ in 0..12 {
        let candidate = near(rng, first, 0.25, 0.08, 0.2);
        if candidate.distance(first) > second.distance(first) && nearest(candidate, behind) > 0.16 {
            second = candidate;
        }
        if second.distance(first) > 0.16 {
            break;
        }
    }
    [first, second]
}

/// Draws colours until one is at least 0.26 from all `others`; after twelve draws the best so far will do.
fn stand_out(rng: &mut impl Rng, others: &[Colour]) -> Colour {
    let mut best = (f32::MIN, Colour { lightness: 0.5, chroma: 0.0, hue: 0.0 });
    for _ in 0..12 {
        let colour = Colour { lightness: between(rng, 0.27, 0.97), chroma: between(rng, 0.03, 0.2), hue: unit(rng) };
        let distance = nearest(colour, others);
        if distance > best.0 {
            best = (distance, colour);
        }
        if distance >= 0.26 {
            break;
        }
    }
    best.1
}

/// The distance of a colour to the nearest of `others`.
fn nearest(colour: Colour, others: &[Colour]) -> f32 {
    others.iter().map(|&other| colour.distance(other)).fold(f32::MAX, f32::min)
}

/// A pose that keeps the whole object inside the image, at least one pixel from its border.
fn sample_pose(rng: &mut impl Rng, shape: Shape) -> Pose {
    let size = between(rng, 6.8, 10.6);
    let mut pose = Pose {
        centre: [0.0, 0.0],
        size: 1.0,
        rotation: between(rng, -0.125, 0.125),
        stretch: between(rng, 0.87, 1.15),
        skew: between(rng, -0.15, 0.15),
    };
    let outline = super::place(&shape.contours(), &pose);
    let extent = [0, 1].map(|axis| {
        let along = || outline.iter().flatten().map(|point| point[axis]);
        (along().fold(f32::MAX, f32::min), along().fold(f32::MIN, f32::max))
    });
    let span = extent.iter().map(|(low, high)| high - low).fold(1.0, f32::max);
    let room = SIDE as f32 - 2.0;
    pose.size = size.min((room - 0.5) / span);
    pose.centre = extent.map(|(low, high)| between(rng, 1.0 - low * pose.size, 1.0 + room - high * pose.size));
    pose
}

/// A blob, a bar or a piece of some shape, in a colour of the background or in one that stands out.
fn sample_clutter(rng: &mut impl Rng, behind: &[Colour; 3]) -> Clutter {
    let (scrap, size) = match below(rng, 3) {
        0 => (Scrap::Blob { seed: rng.next_u32() }, between(rng, 1.2, 3.2)),
        1 => {
            let half_length = between(rng, 3.0, 12.0);
            (Scrap::Bar { width: between(rng, 0.8, 1.8) / half_length }, half_length)
        }
        _ => {
            let shape = Shape::ALL[below(rng, Shape::ALL.len() as u32) as usize];
            (Scrap::Piece { shape, direction: unit(rng), cut: between(rng, 0.1, 0.5) }, between(rng, 3.5, 6.0))
        }
    };
    let inks = if chance(rng, 0.6) {
        let base = behind[below(rng, 3) as usize];
        [near(rng, base, 0.16, 0.05, 0.1), near(rng, base, 0.16, 0.05, 0.1)]
    } else {
        object_inks(rng, behind)
    };
    let mut fill = sample_fill(rng, inks, [3.0, 6.0]);
    if chance(rng, 0.6) {
        fill.texture = Texture::Plain;
    }
    let pose = Pose {
        centre: [between(rng, 0.0, SIDE as f32), between(rng, 0.0, SIDE as f32)],
        size,
        rotation: unit(rng),
        stretch: between(rng, 0.87, 1.15),
        skew: between(rng, -0.15, 0.15),
    };
    Clutter { scrap, pose, fill }
}
