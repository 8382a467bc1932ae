//! Sine and cosine from multiplication and addition alone.
//!
//! The library functions may differ in the last bit between a native build and WebAssembly. A pixel that lies on the
//! edge of a shape could then come out differently, and the pinned checksum of the dataset with it. The crate `libm`, which other
//! changes of images use, would not do either: its last digits are others than these, and the dataset exists.

use std::f32::consts::FRAC_PI_2;

/// Sine and cosine of an angle in turns (1 is a full circle), to about 5 · 10⁻⁷.
pub fn sin_cos(turns: f32) -> (f32, f32) {
    let quarters = (turns - turns.floor()) * 4.0;
    let quadrant = (quarters + 0.5) as u32;
    // Taylor series about the nearest quarter turn: |x| is at most π/4.
    let x = (quarters - quadrant as f32) * FRAC_PI_2;
    let xx = x * x;
    let sin = x * (1.0 - xx * (1.0 / 6.0 - xx * (1.0 / 120.0 - xx * (1.0 / 5040.0))));
    let cos = 1.0 - xx * (0.5 - xx * (1.0 / 24.0 - xx * (1.0 / 720.0 - xx * (1.0 / 40_320.0))));
    match quadrant % 4 {
        0 => (sin, cos),
        1 => (cos, -sin),
        2 => (-sin, -cos),
        _ => (-cos, sin),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_the_library() {
        for i in -2000..2000 {
            let turns = i as f32 / 777.0;
            let (sin, cos) = sin_cos(turns);
            let (s, c) = (f64::from(turns) * std::f64::consts::TAU).sin_cos();
            assert!((f64::from(sin) - s).abs() < 2e-6 && (f64::from(cos) - c).abs() < 2e-6, "{turns}: {sin} {cos}");
        }
        assert_eq!(sin_cos(0.25), (1.0, 0.0));
    }
}
