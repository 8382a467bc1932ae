//! Counts with their uncertainty.

use serde::Serialize;

/// 97.5 % quantile of the standard normal distribution.
const Z: f64 = 1.959_963_984_540_054;

/// A share of `n` images with its 95 % interval. With n = 0 there is no rate and no interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Rate {
    /// How many.
    pub count: usize,
    /// Out of how many.
    pub n: usize,
    /// count / n, in [0, 1].
    pub rate: Option<f64>,
    /// Lower end of the Wilson 95 % interval.
    pub low: Option<f64>,
    /// Upper end of the Wilson 95 % interval.
    pub high: Option<f64>,
}

impl Rate {
    /// `count` of `n`, with Wilson's score interval (Wilson 1927), which stays inside [0, 1] and is right for small n too.
    pub fn new(count: usize, n: usize) -> Self {
        if n == 0 {
            return Self { count, n, rate: None, low: None, high: None };
        }
        let (k, size) = (count as f64, n as f64);
        let p = k / size;
        let z2 = Z * Z;
        let centre = (p + z2 / (2.0 * size)) / (1.0 + z2 / size);
        let half = Z / (1.0 + z2 / size) * (p * (1.0 - p) / size + z2 / (4.0 * size * size)).sqrt();
        // At 0 and n of n the formula gives the end itself but for rounding.
        let low = if count == 0 { 0.0 } else { (centre - half).max(0.0) };
        let high = if count == n { 1.0 } else { (centre + half).min(1.0) };
        Self { count, n, rate: Some(p), low: Some(low), high: Some(high) }
    }

    /// The share of `true` among `hits`.
    pub fn of(hits: impl IntoIterator<Item = bool>) -> Self {
        let (mut count, mut n) = (0, 0);
        for hit in hits {
            n += 1;
            count += usize::from(hit);
        }
        Self::new(count, n)
    }
}

/// Index of the largest value (the first among equals); 0 for an empty slice.
pub fn argmax(values: &[f32]) -> usize {
    let mut best = 0;
    for (i, value) in values.iter().enumerate() {
        if *value > values[best] {
            best = i;
        }
    }
    best
}

/// Probabilities of logits, in double precision.
pub fn softmax(logits: &[f32]) -> Vec<f64> {
    let top = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let exps: Vec<f64> = logits.iter().map(|&z| f64::from(z - top).exp()).collect();
    let sum: f64 = exps.iter().sum();
    exps.into_iter().map(|e| e / sum).collect()
}

/// −log of the probability that `logits` give to `label`.
pub fn negative_log_likelihood(logits: &[f32], label: usize) -> f64 {
    let top = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let log_sum = logits.iter().map(|&z| f64::from(z - top).exp()).sum::<f64>().ln();
    log_sum - f64::from(logits[label] - top)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values from R's `prop.test(k, n, correct = FALSE)`, which prints Wilson's interval.
    #[test]
    fn wilson_intervals_match_a_statistics_package() {
        for (count, n, low, high) in [
            (0, 10, 0.0, 0.277_532_8),
            (1, 10, 0.017_876_2, 0.404_150_0),
            (50, 100, 0.403_831_5, 0.596_168_5),
            (10, 10, 0.722_467_2, 1.0),
        ] {
            let rate = Rate::new(count, n);
            assert!((rate.low.unwrap() - low).abs() < 1e-6, "{rate:?}");
            assert!((rate.high.unwrap() - high).abs() < 1e-6, "{rate:?}");
        }
    }

    #[test]
    fn nothing_out_of_nothing_has_no_rate() {
        assert_eq!(Rate::of([]).rate, None);
    }

    #[test]
    fn softmax_and_nll_agree_and_survive_extremes() {
        for logits in [[1.0f32, 2.0, -3.0], [1e4, -1e4, 0.0], [0.0; 3]] {
            let p = softmax(&logits);
            assert!((p.iter().sum::<f64>() - 1.0).abs() < 1e-12);
            for (label, p) in p.iter().enumerate() {
                let nll = negative_log_likelihood(&logits, label);
                assert!(nll.is_finite() && ((-nll).exp() - p).abs() < 1e-12);
            }
        }
    }
}
