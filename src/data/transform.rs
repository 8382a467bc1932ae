//! Changes of a single image: colours, geometry, tone, sharpness. Pixels are planar, `3 × 32 × 32` numbers in [0, 1], in
//! and out.
//!
//! Strengths follow Pillow's `ImageEnhance`: a factor of 1 changes nothing, 0 takes the quality away. Geometry samples
//! bilinearly about the middle of the image; what comes from outside takes the colour that is given.

use rand::Rng;

use super::rng::normal;
use super::{IMAGE_BYTES, PIXELS, SIDE};

/// Weights of red, green and blue in brightness (ITU-R BT.601, as Pillow's mode L).
const LUMA: [f32; 3] = [0.299, 0.587, 0.114];

/// An affine map of places, about the middle: where the pixel at (x, y) comes from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Affine {
    /// Rows of the 2 × 2 matrix.
    pub matrix: [[f32; 2]; 2],
    /// Shift in pixels.
    pub shift: [f32; 2],
}

impl Affine {
    /// Counter-clockwise by an angle in degrees.
    pub fn rotation(degrees: f32) -> Self {
        let (sin, cos) = libm::sincosf(degrees.to_radians());
        Self { matrix: [[cos, -sin], [sin, cos]], shift: [0.0; 2] }
    }

    /// x moves with y, y moves with x.
    pub fn shear(x: f32, y: f32) -> Self {
        Self { matrix: [[1.0, x], [y, 1.0]], shift: [0.0; 2] }
    }

    /// By whole or partial pixels.
    pub fn translation(x: f32, y: f32) -> Self {
        Self { matrix: [[1.0, 0.0], [0.0, 1.0]], shift: [x, y] }
    }

    /// A part of the image enlarged to the whole: factor 0.5 shows the middle half.
    pub fn zoom(factor: f32) -> Self {
        Self { matrix: [[factor, 0.0], [0.0, factor]], shift: [0.0; 2] }
    }

    /// The image seen through the map.
    pub fn apply(&self, image: &[f32], fill: [f32; 3]) -> Vec<f32> {
        let middle = (SIDE as f32 - 1.0) / 2.0;
        let mut out = vec![0.0; IMAGE_BYTES];
        for y in 0..SIDE {
            for x in 0..SIDE {
                let (dx, dy) = (x as f32 - middle, y as f32 - middle);
                let [[a, b], [c, d]] = self.matrix;
                let from_x = a * dx + b * dy + middle + self.shift[0];
                let from_y = c * dx + d * dy + middle + self.shift[1];
                for (plane, fill) in fill.into_iter().enumerate() {
                    out[plane * PIXELS + y * SIDE + x] =
                        bilinear(&image[plane * PIXELS..][..PIXELS], from_x, from_y, fill);
                }
            }
        }
        out
    }
}

/// The value between pixels; outside is `fill`.
fn bilinear(plane: &[f32], x: f32, y: f32, fill: f32) -> f32 {
    let (left, top) = (x.floor(), y.floor());
    let (fx, fy) = (x - left, y - top);
    let at = |dx: i32, dy: i32| {
        let (x, y) = (left as i32 + dx, top as i32 + dy);
        let inside = (0..SIDE as i32).contains(&x) && (0..SIDE as i32).contains(&y);
        if inside { plane[y as usize * SIDE + x as usize] } else { fill }
    };
    let row = |dy| if fx == 0.0 { at(0, dy) } else { at(0, dy) * (1.0 - fx) + at(1, dy) * fx };
    if fy == 0.0 { row(0) } else { row(0) * (1.0 - fy) + row(1) * fy }
}

/// A square part of the image enlarged to the whole. `left`, `top` and `side` are in pixels from the image's corner, whole
/// or not; a side of 32 at (0, 0) is the image itself. Bilinear, pixel middles aligned (as PyTorch's
/// `align_corners=False`); beyond its outermost pixels the image goes on unchanged.
pub fn crop(image: &[f32], left: f32, top: f32, side: f32) -> Vec<f32> {
    let last = SIDE as f32 - 1.0;
    let from = |at: usize, start: f32| ((at as f32 + 0.5) * side / SIDE as f32 + start - 0.5).clamp(0.0, last);
    let plane = |plane: &[f32]| {
        let place = |i: usize| (from(i % SIDE, left), from(i / SIDE, top));
        (0..PIXELS).map(place).map(|(x, y)| bilinear(plane, x, y, 0.0)).collect::<Vec<_>>()
    };
    image.chunks_exact(PIXELS).flat_map(plane).collect()
}

/// Left and right exchanged.
pub fn flip(image: &[f32]) -> Vec<f32> {
    image.chunks_exact(SIDE).flat_map(|row| row.iter().rev().copied()).collect()
}

/// Independent normal noise of standard deviation `deviation` on every value, kept in [0, 1].
pub fn gaussian_noise(image: &[f32], deviation: f32, rng: &mut impl Rng) -> Vec<f32> {
    image.iter().map(|v| (v + deviation * normal(rng)).clamp(0.0, 1.0)).collect()
}

/// Gaussian blur of standard deviation `sigma`, in pixels; 0 changes nothing. The kernel goes out to 3σ (31 pixels at
/// most) and sums to 1; the image is mirrored at its outermost pixels, which are not repeated (as torchvision does).
pub fn blur(image: &[f32], sigma: f32) -> Vec<f32> {
    let radius = ((3.0 * sigma).ceil() as usize).min(SIDE - 1);
    if radius == 0 {
        return image.to_vec();
    }
    let weight = |i: usize| {
        let away = f64::from(i as u32) / f64::from(sigma);
        libm::exp(-0.5 * away * away)
    };
    let sum = weight(0) + 2.0 * (1..=radius).map(weight).sum::<f64>();
    let kernel: Vec<f32> = (0..=2 * radius).map(|i| (weight(i.abs_diff(radius)) / sum) as f32).collect();
    // Where the value `step` places from `at` stands, mirrored at both ends.
    let mirror = |at: usize, step: usize| {
        let place = (at + step).abs_diff(radius);
        if place < SIDE { place } else { 2 * (SIDE - 1) - place }
    };
    let along = |image: &[f32], rows: bool| -> Vec<f32> {
        let one = |i: usize| {
            let (base, x, y) = (i / PIXELS * PIXELS, i % SIDE, i % PIXELS / SIDE);
            let at = |step| match rows {
                true => base + y * SIDE + mirror(x, step),
                false => base + mirror(y, step) * SIDE + x,
            };
            kernel.iter().enumerate().map(|(step, k)| k * image[at(step)]).sum()
        };
        (0..image.len()).map(one).collect()
    };
    along(&along(image, true), false)
}

/// Brightness of every pixel.
pub fn luma(image: &[f32]) -> Vec<f32> {
    (0..PIXELS).map(|i| LUMA[0] * image[i] + LUMA[1] * image[PIXELS + i] + LUMA[2] * image[2 * PIXELS + i]).collect()
}

/// `other + factor·(image − other)`, kept in [0, 1].
fn blend(image: &[f32], other: impl Fn(usize) -> f32, factor: f32) -> Vec<f32> {
    image.iter().enumerate().map(|(i, v)| (other(i) + factor * (v - other(i))).clamp(0.0, 1.0)).collect()
}

/// Factor 0 is black.
pub fn brightness(image: &[f32], factor: f32) -> Vec<f32> {
    blend(image, |_| 0.0, factor)
}

/// Factor 0 is the mean grey.
pub fn contrast(image: &[f32], factor: f32) -> Vec<f32> {
    let mean = luma(image).iter().sum::<f32>() / PIXELS as f32;
    blend(image, |_| mean, factor)
}

/// Factor 0 is grey.
pub fn saturation(image: &[f32], factor: f32) -> Vec<f32> {
    let grey = luma(image);
    blend(image, |i| grey[i % PIXELS], factor)
}

/// Factor 0 is smoothed by a 3×3 kernel (5 in the middle, 1 around, as Pillow's SMOOTH); the rim stays.
pub fn sharpness(image: &[f32], factor: f32) -> Vec<f32> {
    let smooth = |i: usize| {
        let (plane, x, y) = (i / PIXELS * PIXELS, i % SIDE, i % PIXELS / SIDE);
        if x == 0 || y == 0 || x == SIDE - 1 || y == SIDE - 1 {
            return image[i];
        }
        let around: f32 = (y - 1..=y + 1).flat_map(|y| (x - 1..=x + 1).map(move |x| image[plane + y * SIDE + x])).sum();
        (around + 4.0 * image[i]) / 13.0
    };
    blend(image, smooth, factor)
}

/// Hue turned by a share of the circle, −0.5 to 0.5; brightness order and saturation (HSV) stay.
pub fn hue(image: &[f32], turn: f32) -> Vec<f32> {
    let mut out = image.to_vec();
    for i in 0..PIXELS {
        let [r, g, b] = [image[i], image[PIXELS + i], image[2 * PIXELS + i]];
        let (max, min) = (r.max(g).max(b), r.min(g).min(b));
        let range = max - min;
        if range <= 0.0 {
            continue;
        }
        let sector = if max == r {
            (g - b) / range
        } else if max == g {
            2.0 + (b - r) / range
        } else {
            4.0 + (r - g) / range
        };
        let h = (sector / 6.0 + turn).rem_euclid(1.0) * 6.0;
        let channel = |offset: f32| {
            let k = (offset + h).rem_euclid(6.0);
            max - range * k.min(4.0 - k).clamp(0.0, 1.0)
        };
        out[i] = channel(5.0);
        out[PIXELS + i] = channel(3.0);
        out[2 * PIXELS + i] = channel(1.0);
    }
    out
}

/// Light and dark exchanged.
pub fn invert(image: &[f32]) -> Vec<f32> {
    image.iter().map(|v| 1.0 - v).collect()
}

/// Values from `threshold` on are inverted.
pub fn solarise(image: &[f32], threshold: f32) -> Vec<f32> {
    image.iter().map(|&v| if v >= threshold { 1.0 - v } else { v }).collect()
}

/// Only the highest `bits` of each byte, 1 to 8.
pub fn posterise(image: &[f32], bits: u32) -> Vec<f32> {
    let drop = 8 - bits.clamp(1, 8);
    image.iter().map(|v| f32::from(((v * 255.0).round() as u8) >> drop << drop) / 255.0).collect()
}

/// Each channel stretched to the whole range.
pub fn autocontrast(image: &[f32]) -> Vec<f32> {
    let stretch = |plane: &[f32]| {
        let (low, high) = plane.iter().fold((f32::MAX, f32::MIN), |(l, h), &v| (l.min(v), h.max(v)));
        let range = high - low;
        plane.iter().map(|v| if range > 0.0 { (v - low) / range } else { *v }).collect::<Vec<_>>()
    };
    image.chunks_exact(PIXELS).flat_map(stretch).collect()
}

/// Each channel's histogram made even, as Pillow's `equalize`.
pub fn equalise(image: &[f32]) -> Vec<f32> {
    let level = |v: f32| (v * 255.0).round().clamp(0.0, 255.0) as usize;
    let even = |plane: &[f32]| {
        let mut counts = [0usize; 256];
        plane.iter().for_each(|&v| counts[level(v)] += 1);
        let last = counts.iter().rposition(|&c| c > 0).map_or(0, |i| counts[i]);
        let step = (PIXELS - last) / 255;
        if step == 0 {
            return plane.to_vec();
        }
        let mut before = step / 2;
        let table = counts.map(|count| {
            let value = (before / step).min(255);
            before += count;
            value as f32 / 255.0
        });
        plane.iter().map(|&v| table[level(v)]).collect()
    };
    image.chunks_exact(PIXELS).flat_map(even).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Purpose, stream};

    fn picture() -> Vec<f32> {
        (0..IMAGE_BYTES).map(|i| ((i * 37 + i / 7 * 11) % 251) as f32 / 250.0).collect()
    }

    fn close(a: &[f32], b: &[f32]) -> bool {
        a.len() == b.len() && a.iter().zip(b).all(|(a, b)| (a - b).abs() < 2e-5)
    }

    #[test]
    fn strength_one_changes_nothing_and_zero_takes_the_quality_away() {
        let image = picture();
        for change in [brightness, contrast, saturation, sharpness] {
            assert!(close(&change(&image, 1.0), &image));
        }
        assert!(brightness(&image, 0.0).iter().all(|v| *v == 0.0));
        let grey = saturation(&image, 0.0);
        assert!(close(&grey[..PIXELS], &grey[PIXELS..2 * PIXELS]) && close(&luma(&grey), &luma(&image)));
        assert!(contrast(&image, 0.0).windows(2).all(|w| w[0] == w[1]));
        assert!(close(&Affine::zoom(1.0).apply(&image, [0.0; 3]), &image));
    }

    #[test]
    fn turning_there_and_back_comes_home() {
        let image = picture();
        assert!(close(&hue(&hue(&image, 0.3), -0.3), &image));
        assert!(close(&hue(&image, 0.0), &image));
        let quarter = Affine::rotation(90.0);
        let around = (0..4).fold(image.clone(), |x, _| quarter.apply(&x, [0.5; 3]));
        assert!(around.iter().zip(&image).all(|(a, b)| (a - b).abs() < 1e-3));
        let shifted = Affine::translation(3.0, 0.0).apply(&image, [0.25; 3]);
        assert!(shifted[0] == image[3] && shifted[SIDE - 1] == 0.25);
    }

    #[test]
    fn parts_of_an_image_are_where_they_were() {
        let image = picture();
        assert!(crop(&image, 0.0, 0.0, 32.0) == image);
        assert!(flip(&flip(&image)) == image);
        assert_eq!(flip(&image)[..3], [image[31], image[30], image[29]]);
        // Enlarged twice, every fourth of a pixel lies between two: 0.75 and 0.25 of its neighbours.
        let corner = crop(&image, 16.0, 8.0, 16.0);
        let at = |x: usize, y: usize| image[y * SIDE + x];
        let row = |y: usize| 0.75 * at(16, y) + 0.25 * at(17, y);
        assert!((corner[SIDE + 1] - (0.75 * row(8) + 0.25 * row(9))).abs() < 1e-6);
        // At the image's own corner there is nothing to mix with.
        assert_eq!(crop(&image, 0.0, 0.0, 16.0)[0], image[0]);
    }

    #[test]
    fn blur_keeps_sums_and_spreads_a_point_as_a_bell() {
        let image = picture();
        assert!(blur(&image, 0.0) == image);
        assert!(close(&blur(&[0.3; IMAGE_BYTES], 4.0), &[0.3; IMAGE_BYTES]));
        let mut point = vec![0.0; IMAGE_BYTES];
        point[16 * SIDE + 16] = 1.0;
        let spread = blur(&point, 1.5);
        assert!((spread.iter().sum::<f32>() - 1.0).abs() < 1e-5);
        let moment: f32 = (0..PIXELS).map(|i| ((i % SIDE) as f32 - 16.0).powi(2) * spread[i]).sum();
        // Cut off at 3.3 σ the variance is a little below σ² = 2.25.
        assert!((2.15..2.26).contains(&moment), "variance {moment}");
        assert!(spread[PIXELS..].iter().all(|v| *v == 0.0), "other channels");
        // A very wide kernel stays inside the mirrored image.
        assert!(blur(&image, 100.0).iter().all(|v| (0.0..=1.0).contains(v)));
    }

    #[test]
    fn noise_has_its_deviation_and_stays_in_range() {
        let mut rng = stream(0, Purpose::Change, 0, 0);
        let grey = vec![0.5; IMAGE_BYTES];
        assert!(gaussian_noise(&grey, 0.0, &mut rng) == grey);
        let noisy = gaussian_noise(&grey, 0.1, &mut rng);
        let spread = noisy.iter().map(|v| (v - 0.5).powi(2)).sum::<f32>() / IMAGE_BYTES as f32;
        // The standard error of a variance of 0.01 from 3,072 values is 0.00026.
        assert!((spread - 0.01).abs() < 0.0012, "variance {spread}");
        assert!(gaussian_noise(&grey, 5.0, &mut rng).iter().all(|v| (0.0..=1.0).contains(v)));
    }

    #[test]
    fn tones_stay_in_range_and_do_what_they_say() {
        let image = picture();
        assert!(close(&invert(&invert(&image)), &image));
        assert!(close(&solarise(&image, 1.1), &image) && close(&solarise(&image, 0.0), &invert(&image)));
        assert!(posterise(&image, 1).iter().all(|v| *v == 0.0 || (*v - 128.0 / 255.0).abs() < 1e-6));
        let stretched = autocontrast(&image.iter().map(|v| 0.3 + 0.2 * v).collect::<Vec<_>>());
        assert!(stretched.contains(&0.0) && stretched.iter().any(|v| (v - 1.0).abs() < 1e-6));
        let flat = vec![0.4; IMAGE_BYTES];
        assert_eq!(autocontrast(&flat), flat);
        assert_eq!(equalise(&flat), flat);
        assert!(equalise(&image).iter().all(|v| (0.0..=1.0).contains(v)));
    }
}
