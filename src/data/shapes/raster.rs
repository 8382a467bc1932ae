//! How much of every pixel a polygon covers, by 4 × 4 samples a pixel.

use crate::data::{PIXELS, SIDE};

/// A closed polygon: its corners in pixels, x to the right and y down, the image from 0 to 32.
pub type Contour = Vec<[f32; 2]>;

/// Samples along one side of a pixel.
const SUB: usize = 4;
/// Samples along one side of the image.
const FINE: usize = SIDE * SUB;
/// Samples in a pixel.
pub const FULL: u8 = (SUB * SUB) as u8;

/// Samples of every pixel, 0 to 16, that lie inside an odd number of the contours (so a contour in another is a hole).
pub fn coverage(contours: &[Contour]) -> [u8; PIXELS] {
    let mut counts = [0; PIXELS];
    let mut crossings = Vec::new();
    for row in 0..FINE {
        let y = (row as f32 + 0.5) / SUB as f32;
        crossings.clear();
        for contour in contours {
            let Some(mut from) = contour.last() else { continue };
            for to in contour {
                // Half-open in y, so that a corner on the line counts once.
                if (from[1] <= y) != (to[1] <= y) {
                    crossings.push(from[0] + (to[0] - from[0]) * ((y - from[1]) / (to[1] - from[1])));
                }
                from = to;
            }
        }
        crossings.sort_unstable_by(f32::total_cmp);
        let line = &mut counts[row / SUB * SIDE..][..SIDE];
        for pair in crossings.chunks_exact(2) {
            fill(line, sample_from(pair[0]), sample_from(pair[1]));
        }
    }
    counts
}

/// The first sample of a line at or after `x`.
fn sample_from(x: f32) -> usize {
    // `as` takes what lies outside, and NaN, to the nearest number that there is.
    ((x * SUB as f32 - 0.5).ceil() as usize).min(FINE)
}

fn fill(line: &mut [u8], start: usize, end: usize) {
    for (pixel, count) in line.iter_mut().enumerate().take(end.div_ceil(SUB)).skip(start / SUB) {
        let (low, high) = (pixel * SUB, (pixel + 1) * SUB);
        *count += (end.min(high).saturating_sub(start.max(low))) as u8;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn square(low: f32, high: f32) -> Contour {
        vec![[low, low], [high, low], [high, high], [low, high]]
    }

    #[test]
    fn whole_and_half_pixels_are_counted() {
        let counts = coverage(&[square(4.0, 10.5)]);
        for (i, &count) in counts.iter().enumerate() {
            let along = |at: usize| if (4..10).contains(&at) { 4 } else { usize::from(at == 10) * 2 };
            assert_eq!(usize::from(count), along(i / SIDE) * along(i % SIDE), "pixel {i}");
        }
    }

    #[test]
    fn a_contour_in_another_is_a_hole() {
        let counts = coverage(&[square(4.0, 20.0), square(8.0, 12.0)]);
        assert_eq!(counts.iter().map(|&count| usize::from(count)).sum::<usize>(), (256 - 16) * 16);
        assert_eq!(counts[9 * SIDE + 9], 0);
    }

    #[test]
    fn area_agrees_with_the_shoelace_formula() {
        let contour: Contour = vec![[3.1, 5.7], [27.9, 2.2], [22.4, 29.3], [9.8, 24.6]];
        let mut doubled = 0.0;
        for (i, [x, y]) in contour.iter().enumerate() {
            let [next_x, next_y] = contour[(i + 1) % contour.len()];
            doubled += x * next_y - next_x * y;
        }
        let counted = coverage(&[contour]).iter().map(|&count| f32::from(count)).sum::<f32>() / 16.0;
        assert!((counted - doubled / 2.0).abs() < 1.5, "{counted} against {}", doubled / 2.0);
    }

    #[test]
    fn what_lies_outside_or_is_no_number_does_no_harm() {
        assert_eq!(coverage(&[square(-100.0, 100.0)]), [FULL; PIXELS]);
        assert_eq!(coverage(&[square(40.0, 50.0)]), [0; PIXELS]);
        assert_eq!(coverage(&[square(f32::NAN, 50.0), Vec::new()]), [0; PIXELS]);
        coverage(&[square(f32::NEG_INFINITY, f32::INFINITY)]);
    }
}
