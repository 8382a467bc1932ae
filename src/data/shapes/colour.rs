//! Colours by lightness, chroma and hue, so that contrast can be asked for as people see it.

use serde::{Deserialize, Serialize};

use super::trig::sin_cos;

/// A colour in OKLCH, the polar form of OKLab (Ottosson, 2020, <https://bottosson.github.io/posts/oklab/>).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Colour {
    /// Perceived lightness, 0 (black) to 1 (white).
    pub lightness: f32,
    /// Distance from grey, 0 to about 0.3.
    pub chroma: f32,
    /// Hue in turns; 0.08 is red, 0.3 yellow, 0.4 green, 0.73 blue.
    pub hue: f32,
}

impl Colour {
    /// Red, green and blue in [0, 1] as they are stored in an image. Colours that a screen cannot show are clipped.
    ///
    /// The transfer curve is a square root, which is close to that of sRGB and exact on every machine.
    pub fn rgb(self) -> [f32; 3] {
        let [lightness, a, b] = self.lab();
        let cube = |x: f32| x * x * x;
        let l = cube(lightness + 0.396_337_78 * a + 0.215_803_76 * b);
        let m = cube(lightness - 0.105_561_346 * a - 0.063_854_17 * b);
        let s = cube(lightness - 0.089_484_18 * a - 1.291_485_5 * b);
        [
            4.076_741_7 * l - 3.307_711_6 * m + 0.230_969_94 * s,
            -1.268_438 * l + 2.609_757_4 * m - 0.341_319_38 * s,
            -0.004_196_086_3 * l - 0.703_418_6 * m + 1.707_614_7 * s,
        ]
        .map(|linear| linear.clamp(0.0, 1.0).sqrt())
    }

    /// How different two colours look: their distance in OKLab. Black and white are 1 apart.
    pub fn distance(self, other: Colour) -> f32 {
        let (p, q) = (self.lab(), other.lab());
        (0..3).map(|i| (p[i] - q[i]) * (p[i] - q[i])).sum::<f32>().sqrt()
    }

    fn lab(self) -> [f32; 3] {
        let (sin, cos) = sin_cos(self.hue);
        [self.lightness, self.chroma * cos, self.chroma * sin]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_colours_come_out_right() {
        let close = |colour: Colour, expected: [f32; 3]| {
            let rgb = colour.rgb();
            assert!((0..3).all(|i| (rgb[i] - expected[i]).abs() < 0.02), "{colour:?} gives {rgb:?}");
        };
        // OKLCH of the sRGB primaries (0.62796 0.25768 29.23°; 0.86644 0.29483 142.50°; 0.45201 0.31321 264.05°).
        close(Colour { lightness: 0.627_96, chroma: 0.257_68, hue: 29.23 / 360.0 }, [1.0, 0.0, 0.0]);
        close(Colour { lightness: 0.866_44, chroma: 0.294_83, hue: 142.5 / 360.0 }, [0.0, 1.0, 0.0]);
        close(Colour { lightness: 0.452_01, chroma: 0.313_21, hue: 264.05 / 360.0 }, [0.0, 0.0, 1.0]);
        close(Colour { lightness: 1.0, chroma: 0.0, hue: 0.3 }, [1.0, 1.0, 1.0]);
        close(Colour { lightness: 0.0, chroma: 0.0, hue: 0.3 }, [0.0, 0.0, 0.0]);
    }

    #[test]
    fn distance_is_that_of_oklab() {
        let grey = |lightness| Colour { lightness, chroma: 0.0, hue: 0.0 };
        assert!((grey(0.0).distance(grey(1.0)) - 1.0).abs() < 1e-6);
        let (red, cyan) = (Colour { chroma: 0.1, ..grey(0.5) }, Colour { chroma: 0.1, hue: 0.5, ..grey(0.5) });
        assert!((red.distance(cyan) - 0.2).abs() < 1e-5);
    }
}
