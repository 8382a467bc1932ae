//! Images of domains that no network was trained on, made from ordinary ones: grey, edges, silhouettes, few tones, foreign
//! texture. Pixels are planar, `3 × 32 × 32` numbers in [0, 1], in and out.
//!
//! They stand in for the sketches, edges, silhouettes and stylised images of Geirhos et al. on which *What Knowledge Gets
//! Distilled* (2205.16004 Fig. 5) compares predictions; how they are made here is ours.

use super::transform::{luma, posterise};
use super::{PIXELS, SIDE};

/// A domain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Domain {
    /// Brightness only.
    Greyscale,
    /// Sobel magnitude.
    Edges,
    /// Object black, background white.
    Silhouettes,
    /// Four tones a channel.
    Posterised,
    /// The amplitude spectrum of another image.
    Stylised,
}

impl Domain {
    /// All domains.
    pub const ALL: [Domain; 5] =
        [Domain::Greyscale, Domain::Edges, Domain::Silhouettes, Domain::Posterised, Domain::Stylised];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Domain::Greyscale => "greyscale",
            Domain::Edges => "edges",
            Domain::Silhouettes => "silhouettes",
            Domain::Posterised => "posterised",
            Domain::Stylised => "stylised",
        }
    }

    /// What is kept and what is taken away, as a sentence.
    pub fn meaning(self) -> &'static str {
        match self {
            Domain::Greyscale => "Brightness only: colour is taken away.",
            Domain::Edges => "Strength of the edges (Sobel), white on black: surfaces and colour are taken away.",
            Domain::Silhouettes => {
                "Black object on white: everything but the outline is taken away. The object is the true mask where the dataset has one, else the darker part by Otsu's threshold."
            }
            Domain::Posterised => "Four tones a channel: fine shading is taken away.",
            Domain::Stylised => {
                "The image's own Fourier phase with the amplitudes of an image of another class: shapes stay where they are, texture, contrast and colour become the other image's."
            }
        }
    }
}

/// One plane as all three channels.
fn repeat(plane: &[f32]) -> Vec<f32> {
    [plane, plane, plane].concat()
}

/// Brightness (ITU-R BT.601) in all three channels.
pub fn greyscale(image: &[f32]) -> Vec<f32> {
    repeat(&luma(image))
}

/// Magnitude of the Sobel gradient of the brightness, `[32·32]`, unscaled: √(gx² + gy²), at most 4√2. The outermost pixels
/// are repeated outwards.
pub fn sobel(image: &[f32]) -> Vec<f32> {
    let grey = luma(image);
    let last = SIDE - 1;
    let magnitude = |i: usize| {
        let (x, y) = (i % SIDE, i / SIDE);
        let (left, right, up, down) = (x.saturating_sub(1), (x + 1).min(last), y.saturating_sub(1), (y + 1).min(last));
        let at = |x: usize, y: usize| grey[y * SIDE + x];
        let gx = at(right, up) - at(left, up) + 2.0 * (at(right, y) - at(left, y)) + at(right, down) - at(left, down);
        let gy = at(left, down) - at(left, up) + 2.0 * (at(x, down) - at(x, up)) + at(right, down) - at(right, up);
        (gx * gx + gy * gy).sqrt()
    };
    (0..PIXELS).map(magnitude).collect()
}

/// [`sobel`] divided by its largest value, in all three channels; black where there is no edge at all.
pub fn edges(image: &[f32]) -> Vec<f32> {
    let magnitude = sobel(image);
    let most = magnitude.iter().copied().fold(0.0, f32::max);
    // Rounding leaves traces of edges on a flat image.
    let scale = if most > 1e-5 { 1.0 / most } else { 0.0 };
    repeat(&magnitude.iter().map(|v| v * scale).collect::<Vec<_>>())
}

/// Black where `mask` (`[32·32]`, 1 on the object) is set, else white.
pub fn silhouette(mask: &[u8]) -> Vec<f32> {
    repeat(&mask.iter().map(|&bit| if bit == 0 { 1.0 } else { 0.0 }).collect::<Vec<_>>())
}

/// The darker part by [`otsu`]'s threshold, as a mask for [`silhouette`]: 1 where the brightness is at or below it.
pub fn darker_part(image: &[f32]) -> Vec<u8> {
    let levels = levels(&luma(image));
    let threshold = otsu(&levels);
    levels.iter().map(|&level| u8::from(level <= threshold)).collect()
}

/// Brightness in 256 levels.
fn levels(grey: &[f32]) -> Vec<u8> {
    // `as` keeps to 0..=255.
    grey.iter().map(|v| (v * 255.0).round() as u8).collect()
}

/// Otsu's threshold (Otsu 1979) of values in 256 levels: the level t for which the parts `≤ t` and `> t` have the largest
/// variance between them, the lowest among equals; 0 where all values are equal.
pub fn otsu(levels: &[u8]) -> u8 {
    let mut counts = [0u64; 256];
    levels.iter().for_each(|&level| counts[usize::from(level)] += 1);
    let n = levels.len() as f64;
    let whole: f64 = (0..256).map(|level| level as f64 * counts[level] as f64).sum();
    let (mut below, mut sum) = (0.0, 0.0);
    let mut best = (0.0, 0);
    for (level, &count) in counts.iter().enumerate().take(255) {
        below += count as f64;
        sum += level as f64 * count as f64;
        let above = n - below;
        if below > 0.0 && above > 0.0 {
            let difference = sum / below - (whole - sum) / above;
            let variance = below * above * difference * difference;
            // Relative, so that rounding does not move the threshold across empty levels.
            if variance > best.0 * (1.0 + 1e-12) {
                best = (variance, level as u8);
            }
        }
    }
    best.1
}

/// Four tones a channel: the two highest bits of each byte.
pub fn posterised(image: &[f32]) -> Vec<f32> {
    posterise(image, 2)
}

/// The image's own Fourier phase with the amplitudes of `style`, channel by channel, kept in [0, 1].
///
/// Phase says where things are (Oppenheim and Lim 1981), amplitude how much there is of every spatial frequency. Where the
/// image has no amplitude (below 10⁻⁹) it has no phase either, and 0 is taken.
pub fn stylise(image: &[f32], style: &[f32]) -> Vec<f32> {
    let plane = |(own, other): (&[f32], &[f32])| {
        let complex = |plane: &[f32]| plane.iter().map(|&v| [f64::from(v), 0.0]).collect::<Vec<_>>();
        let (own, other) = (fourier(&complex(own), -1.0), fourier(&complex(other), -1.0));
        let mixed: Vec<_> = own
            .iter()
            .zip(&other)
            .map(|(&[re, im], other)| {
                let (size, wanted) = (libm::hypot(re, im), libm::hypot(other[0], other[1]));
                if size > 1e-9 { [re * wanted / size, im * wanted / size] } else { [wanted, 0.0] }
            })
            .collect();
        fourier(&mixed, 1.0).iter().map(|v| (v[0] / PIXELS as f64).clamp(0.0, 1.0) as f32).collect::<Vec<_>>()
    };
    image.chunks_exact(PIXELS).zip(style.chunks_exact(PIXELS)).flat_map(plane).collect()
}

/// Discrete Fourier transform of a 32 × 32 plane of complex numbers: Σ v·e^(sign·2πi·jk/32) along rows and columns.
fn fourier(plane: &[[f64; 2]], sign: f64) -> Vec<[f64; 2]> {
    let turn = |k: usize| libm::sincos(sign * std::f64::consts::TAU * k as f64 / SIDE as f64);
    let turns: Vec<(f64, f64)> = (0..SIDE).map(turn).collect();
    // Transforms the rows and exchanges rows and columns: twice, and both are done.
    let rows = |plane: &[[f64; 2]]| {
        let mut out = vec![[0.0; 2]; PIXELS];
        for (y, row) in plane.chunks_exact(SIDE).enumerate() {
            for k in 0..SIDE {
                let sum = row.iter().enumerate().fold([0.0; 2], |sum, (x, v)| {
                    let (sin, cos) = turns[x * k % SIDE];
                    [sum[0] + v[0] * cos - v[1] * sin, sum[1] + v[0] * sin + v[1] * cos]
                });
                out[k * SIDE + y] = sum;
            }
        }
        out
    };
    rows(&rows(plane))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::IMAGE_BYTES;

    fn picture(salt: usize) -> Vec<f32> {
        (0..IMAGE_BYTES).map(|i| 0.1 + 0.7 * ((i * 61 + i / 32 * salt) % 997) as f32 / 997.0).collect()
    }

    #[test]
    fn every_domain_has_a_name_and_a_sentence() {
        for domain in Domain::ALL {
            assert_eq!(domain.name(), format!("{domain:?}").to_lowercase());
            assert!(domain.meaning().ends_with('.'));
        }
    }

    #[test]
    fn edges_are_where_brightness_jumps() {
        let mut image = vec![0.2; IMAGE_BYTES];
        image.iter_mut().enumerate().filter(|(i, _)| i % SIDE >= 10).for_each(|(_, v)| *v = 0.7);
        for (i, v) in sobel(&image).iter().enumerate() {
            let expected = if [9, 10].contains(&(i % SIDE)) { 4.0 * 0.5 } else { 0.0 };
            assert!((v - expected).abs() < 1e-5, "{v} at {i}");
        }
        assert!((edges(&image)[9] - 1.0).abs() < 1e-6);
        assert!(edges(&[0.3; IMAGE_BYTES]).iter().all(|v| *v == 0.0));
    }

    #[test]
    fn otsu_separates_two_tones_and_survives_one() {
        assert_eq!(otsu(&[10, 10, 10, 200, 200]), 10);
        assert_eq!(otsu(&[7; 20]), 0);
        assert_eq!(otsu(&[]), 0);
        // Two groups of unequal size: between 30 and 90.
        let values: Vec<u8> = (0..90).map(|i| 10 + i % 21).chain((0..30).map(|i| 90 + i)).collect();
        assert!((30..90).contains(&otsu(&values)));
        let mut image = vec![0.9; IMAGE_BYTES];
        (0..3).for_each(|c| image[c * PIXELS + 5] = 0.1);
        let mask = darker_part(&image);
        assert_eq!(mask.iter().map(|&b| usize::from(b)).sum::<usize>(), 1);
        assert_eq!((silhouette(&mask)[5], silhouette(&mask)[6]), (0.0, 1.0));
    }

    #[test]
    fn grey_has_no_colour_and_few_tones_are_few() {
        let image = picture(3);
        let grey = greyscale(&image);
        assert!(grey[..PIXELS] == grey[PIXELS..2 * PIXELS] && grey[..PIXELS] == grey[2 * PIXELS..]);
        let mut tones: Vec<u8> = posterised(&image).iter().map(|v| (v * 255.0).round() as u8).collect();
        tones.sort_unstable();
        tones.dedup();
        assert_eq!(tones, [0, 64, 128, 192]);
    }

    #[test]
    fn a_style_of_its_own_changes_nothing_and_another_brings_its_mean() {
        let (image, other) = (picture(3), picture(40));
        let same = stylise(&image, &image);
        assert!(same.iter().zip(&image).all(|(a, b)| (a - b).abs() < 1e-6));
        let faint: Vec<f32> = other.iter().map(|v| 0.4 + 0.1 * v).collect();
        let styled = stylise(&image, &faint);
        let mean = |v: &[f32]| v.iter().sum::<f32>() / v.len() as f32;
        assert!((mean(&styled[..PIXELS]) - mean(&faint[..PIXELS])).abs() < 1e-5);
        // Its amplitudes are the other's: so is the sum of squares (Parseval), as long as nothing was clipped.
        let energy = |v: &[f32]| v.iter().map(|v| f64::from(*v).powi(2)).sum::<f64>();
        assert!((energy(&styled) / energy(&faint) - 1.0).abs() < 1e-5);
        assert!(styled != faint);
        assert!(stylise(&[0.5; IMAGE_BYTES], &other).iter().all(|v| v.is_finite()));
    }
}
