//! A number, or why there is none; and how sure it is.

use serde::Serialize;

use crate::data::rng::{Purpose, below, stream};
use crate::statistics::quantile;

/// The value of a metric. Never NaN or infinite.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Measure {
    /// The number, or nothing where it is not defined.
    pub value: Option<f64>,
    /// Why there is no number, or what to know of it.
    pub note: Option<&'static str>,
}

impl Measure {
    /// A number.
    pub fn of(value: f64) -> Self {
        if value.is_finite() {
            Self { value: Some(value), note: None }
        } else {
            Self::undefined("The numbers are too large for this to be computed.")
        }
    }

    /// No number.
    pub fn undefined(why: &'static str) -> Self {
        Self { value: None, note: Some(why) }
    }

    /// `numerator / √(product + constant)`, with a note where the constant outweighs a thousandth of the root's content.
    pub(super) fn damped(numerator: f64, product: f64, constant: f64) -> Self {
        let measure = Self::of(numerator / (product + constant).sqrt());
        if product > 1e3 * constant || measure.value.is_none() {
            return measure;
        }
        Self {
            note: Some(
                "One of the two sides hardly varies over these images, or nothing is left of it: the small constant in the formula decides this number and draws it towards 0.",
            ),
            ..measure
        }
    }
}

/// Resamples of the bootstrap.
pub const RESAMPLES: usize = 2000;

/// The 95 % percentile interval of the bootstrap over images (Efron 1979).
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Interval {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// Mean over the resamples less the value itself. Where it is not small against the interval (ECE of few images), the
    /// interval is shifted by as much.
    pub bias: f64,
    /// Resamples in which the statistic was defined.
    pub resamples: usize,
    /// What the resamples were drawn by.
    pub seed: u64,
}

/// Draws [`RESAMPLES`] times n of `n` images with replacement and hands their numbers to `statistic`.
///
/// # Errors
/// A sentence when there are fewer than 2 images or when more than 5 % of the resamples have no value.
pub fn bootstrap(
    n: usize,
    seed: u64,
    value: f64,
    mut statistic: impl FnMut(&[usize]) -> Option<f64>,
) -> std::result::Result<Interval, &'static str> {
    if n < 2 {
        return Err("An interval needs at least 2 images.");
    }
    let mut rng = stream(seed, Purpose::Bootstrap, n as u64, 1);
    let mut drawn = vec![0; n];
    let mut values: Vec<f64> = (0..RESAMPLES)
        .filter_map(|_| {
            drawn.iter_mut().for_each(|d| *d = below(&mut rng, n as u32) as usize);
            statistic(&drawn).filter(|v| v.is_finite())
        })
        .collect();
    if values.len() * 20 < RESAMPLES * 19 {
        return Err("In more than 5 % of the bootstrap's resamples the value is not defined, so there is no interval.");
    }
    values.sort_by(f64::total_cmp);
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    Ok(Interval {
        low: quantile(&values, 0.025),
        high: quantile(&values, 0.975),
        bias: mean - value,
        resamples: values.len(),
        seed,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mean_has_the_interval_of_its_standard_error() {
        let values: Vec<f64> = (0..400).map(|i| f64::from(i % 20)).collect();
        let mean = |drawn: &[usize]| Some(drawn.iter().map(|&i| values[i]).sum::<f64>() / drawn.len() as f64);
        let interval = bootstrap(400, 3, 9.5, mean).unwrap();
        // Uniform on 0 … 19: deviation 5.766, standard error 0.288.
        assert!((interval.low - (9.5 - 1.96 * 0.2883)).abs() < 0.06, "{interval:?}");
        assert!((interval.high - (9.5 + 1.96 * 0.2883)).abs() < 0.06, "{interval:?}");
        assert!(interval.bias.abs() < 0.03 && interval.resamples == RESAMPLES);
        assert_eq!(interval, bootstrap(400, 3, 9.5, mean).unwrap());
        assert_ne!(interval, bootstrap(400, 4, 9.5, mean).unwrap());
    }

    #[test]
    fn what_is_often_undefined_has_no_interval() {
        assert!(bootstrap(1, 0, 1.0, |_| Some(1.0)).is_err());
        // Of 3 images, 8 of 27 resamples leave out the first.
        assert!(bootstrap(3, 0, 1.0, |drawn| drawn.contains(&0).then_some(1.0)).is_err());
        assert!(bootstrap(30, 0, 1.0, |drawn| (drawn[0] != 0).then_some(1.0)).is_ok());
    }

    #[test]
    fn no_number_is_a_sentence() {
        assert_eq!(Measure::of(f64::NAN).value, None);
        assert!(Measure::of(f64::INFINITY).note.is_some());
        assert_eq!(Measure::damped(1.0, 1.0, 1e-18), Measure::of(1.0));
        let small = Measure::damped(1e-12, 1e-24, 1e-18);
        assert!(small.note.is_some() && small.value.is_some_and(|v| v > 0.0 && v < 2e-3));
    }
}
