//! Patterns of two colours that fill shapes, scraps and backgrounds.

use serde::{Deserialize, Serialize};

use super::colour::Colour;
use super::trig::sin_cos;

/// The ten patterns. There are as many as classes, so that a study can give every class a texture of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Texture {
    /// The first colour alone.
    Plain,
    /// From one colour to the other over six periods.
    Gradient,
    /// Parallel stripes.
    Stripes,
    /// A chessboard.
    Checks,
    /// Round dots in rows.
    Dots,
    /// Thin lines in both directions.
    Grid,
    /// Rings about the anchor.
    Rings,
    /// Stripes that zigzag.
    Zigzag,
    /// A wall of bricks.
    Bricks,
    /// Random patches.
    Noise,
}

impl Texture {
    /// All patterns.
    pub const ALL: [Texture; 10] = [
        Texture::Plain,
        Texture::Gradient,
        Texture::Stripes,
        Texture::Checks,
        Texture::Dots,
        Texture::Grid,
        Texture::Rings,
        Texture::Zigzag,
        Texture::Bricks,
        Texture::Noise,
    ];

    /// The pattern names in the order of [`Texture::ALL`].
    pub const NAMES: [&str; 10] =
        ["plain", "gradient", "stripes", "checks", "dots", "grid", "rings", "zigzag", "bricks", "noise"];

    /// The pattern's name.
    pub fn name(self) -> &'static str {
        Self::NAMES[self as usize]
    }
}

/// A pattern with its colours and its place.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Fill {
    /// The pattern.
    pub texture: Texture,
    /// Its two colours.
    pub inks: [Colour; 2],
    /// Distance after which it repeats, in pixels; at least 1 is used.
    pub period: f32,
    /// Its direction, in turns.
    pub angle: f32,
    /// Its offset along and across that direction, in periods.
    pub phase: [f32; 2],
    /// Decides the patches of [`Texture::Noise`].
    pub seed: u32,
}

/// A [`Fill`] made ready to be asked for many pixels.
pub(super) struct Painter {
    texture: Texture,
    inks: [[f32; 3]; 2],
    period: f32,
    axis: (f32, f32),
    anchor: [f32; 2],
    phase: [f32; 2],
    seed: u32,
}

impl Painter {
    /// Prepares `fill` about the point `anchor`, in pixels.
    pub(super) fn new(fill: &Fill, anchor: [f32; 2]) -> Self {
        Painter {
            texture: fill.texture,
            inks: fill.inks.map(Colour::rgb),
            period: fill.period.max(1.0),
            axis: sin_cos(fill.angle),
            anchor,
            phase: fill.phase,
            seed: fill.seed,
        }
    }

    /// Red, green and blue at a point, in pixels.
    pub(super) fn at(&self, x: f32, y: f32) -> [f32; 3] {
        let (sin, cos) = self.axis;
        let (dx, dy) = ((x - self.anchor[0]) / self.period, (y - self.anchor[1]) / self.period);
        let (along, across) = (dx * cos + dy * sin, dy * cos - dx * sin);
        let t = self.share(along, across);
        mix(self.inks[0], self.inks[1], t)
    }

    /// How much of the second colour there is at a point given in periods along and across the pattern, 0 to 1.
    fn share(&self, along: f32, across: f32) -> f32 {
        let (u, v) = (along + self.phase[0], across + self.phase[1]);
        match self.texture {
            Texture::Plain => 0.0,
            // Without the phase: otherwise a shape could get one end only.
            Texture::Gradient => (0.5 + along / 6.0).clamp(0.0, 1.0),
            Texture::Stripes => self.edge(wave(u)),
            Texture::Checks => {
                let (p, q) = (self.edge(wave(u)), self.edge(wave(v)));
                p * (1.0 - q) + q * (1.0 - p)
            }
            Texture::Dots => {
                let row = v.floor();
                let shift = 0.5 * (row - 2.0 * (row * 0.5).floor());
                let (x, y) = (fract(u + shift) - 0.5, v - row - 0.5);
                self.edge(0.33 - (x * x + y * y).sqrt())
            }
            Texture::Grid => self.edge((0.5 - wave(u) - 0.61).max(0.5 - wave(v) - 0.61)),
            Texture::Rings => self.edge(wave((along * along + across * across).sqrt() + self.phase[0])),
            Texture::Zigzag => self.edge(wave(u + 2.0 * wave(0.6 * v))),
            Texture::Bricks => {
                let v = 1.4 * v;
                let row = v.floor();
                let shift = 0.5 * (row - 2.0 * (row * 0.5).floor());
                let mortar = |t: f32, width: f32| width - (fract(t) - 0.5).abs();
                self.edge(mortar(v, 0.16).max(mortar(0.7 * u + shift, 0.09)))
            }
            Texture::Noise => {
                let value = smooth_noise(1.4 * u, 1.4 * v, self.seed);
                (0.5 + 2.6 * (value - 0.5)).clamp(0.0, 1.0)
            }
        }
    }

    /// A soft edge, one pixel wide, where `distance` (in periods, positive inside) is zero.
    fn edge(&self, distance: f32) -> f32 {
        (0.5 + distance * self.period).clamp(0.0, 1.0)
    }
}

/// `from` and `to` mixed in the proportion 1 - `t` to `t`.
pub(super) fn mix(from: [f32; 3], to: [f32; 3], t: f32) -> [f32; 3] {
    [0, 1, 2].map(|c| from[c] + (to[c] - from[c]) * t)
}

fn fract(x: f32) -> f32 {
    x - x.floor()
}

/// A triangle wave of period 1, between -0.25 and 0.25 and positive for the middle half of a period.
fn wave(x: f32) -> f32 {
    0.25 - (fract(x) - 0.5).abs()
}

/// A number in [0, 1) that a lattice point is given once and for all.
pub(super) fn hash(x: i32, y: i32, seed: u32) -> f32 {
    let mut h = seed ^ (x as u32).wrapping_mul(0x9e37_79b1) ^ (y as u32).wrapping_mul(0x85eb_ca77);
    // The finaliser of MurmurHash3: every bit of the input reaches every bit of the output.
    h = (h ^ (h >> 16)).wrapping_mul(0x85eb_ca6b);
    h = (h ^ (h >> 13)).wrapping_mul(0xc2b2_ae35);
    h ^= h >> 16;
    (h >> 8) as f32 * (1.0 / 16_777_216.0)
}

/// Noise that is smooth between lattice points (value noise), in [0, 1).
fn smooth_noise(x: f32, y: f32, seed: u32) -> f32 {
    let (left, top) = (x.floor(), y.floor());
    let ease = |t: f32| t * t * (3.0 - 2.0 * t);
    let (s, t) = (ease(x - left), ease(y - top));
    let (i, j) = (left as i32, top as i32);
    let (k, l) = (i.wrapping_add(1), j.wrapping_add(1));
    let upper = hash(i, j, seed) * (1.0 - s) + hash(k, j, seed) * s;
    let lower = hash(i, l, seed) * (1.0 - s) + hash(k, l, seed) * s;
    upper * (1.0 - t) + lower * t
}

#[cfg(test)]
mod tests {
    use super::*;

    fn painter(texture: Texture) -> Painter {
        let grey = |lightness| Colour { lightness, chroma: 0.0, hue: 0.0 };
        let fill = Fill { texture, inks: [grey(0.0), grey(1.0)], period: 6.0, angle: 0.1, phase: [0.2, 0.4], seed: 5 };
        Painter::new(&fill, [16.0, 16.0])
    }

    #[test]
    fn every_pattern_but_plain_shows_both_colours() {
        for texture in Texture::ALL {
            assert_eq!(texture.name(), format!("{texture:?}").to_lowercase());
            let painter = painter(texture);
            let values: Vec<f32> = (0..1024).map(|i| painter.at((i % 32) as f32, (i / 32) as f32)[0]).collect();
            assert!(values.iter().all(|value| (-0.001..1.001).contains(value)), "{texture:?}");
            let mean = values.iter().sum::<f32>() / 1024.0;
            if texture == Texture::Plain {
                assert_eq!(mean, 0.0);
            } else {
                assert!((0.2..0.8).contains(&mean), "{texture:?} has mean {mean}");
            }
        }
    }

    #[test]
    fn stripes_repeat_after_their_period_and_along_themselves() {
        let painter = painter(Texture::Stripes);
        let (sin, cos) = sin_cos(0.1);
        let value = painter.at(10.0, 12.0)[0];
        for (dx, dy) in [(6.0 * cos, 6.0 * sin), (-12.0 * cos, -12.0 * sin), (-3.3 * sin, 3.3 * cos)] {
            assert!((painter.at(10.0 + dx, 12.0 + dy)[0] - value).abs() < 1e-3);
        }
    }

    #[test]
    fn noise_is_smooth_and_depends_on_its_seed() {
        let at = |x, seed| smooth_noise(x, 0.3, seed);
        assert!((at(1.999_99, 1) - at(2.000_01, 1)).abs() < 1e-3);
        assert_ne!(at(1.5, 1), at(1.5, 2));
        assert!(smooth_noise(f32::MAX, f32::MIN, 0).is_finite());
    }
}
