//! Counts with their uncertainty.

use serde::Serialize;
use statrs::distribution::{ContinuousCDF, StudentsT};

use crate::data::rng::{Purpose, below, stream};

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

/// Which way a comparison of student and control came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Verdict {
    /// The whole interval of student − control lies above zero.
    Higher,
    /// The interval contains zero: no difference seen. Not the same as none.
    NoDifference,
    /// The whole interval lies below zero.
    Lower,
    /// Too few images for an interval.
    Unknown,
}

/// Student against control on the same images, with the interval of their difference.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Comparison {
    /// Images on which both have a value.
    pub n: usize,
    /// Mean of the student's values.
    pub student: Option<f64>,
    /// Mean of the control's values.
    pub control: Option<f64>,
    /// Mean of student − control.
    pub difference: Option<f64>,
    /// Lower end of the 95 % interval of the difference.
    pub low: Option<f64>,
    /// Upper end.
    pub high: Option<f64>,
    /// Of yes and no: images with a yes of the student alone. With `n` and [`Self::only_control`] it gives the interval.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub only_student: Option<usize>,
    /// Of yes and no: images with a yes of the control alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub only_control: Option<usize>,
    /// What follows from the interval.
    pub verdict: Verdict,
}

/// Resamples of the paired bootstrap.
const RESAMPLES: usize = 2000;

impl Comparison {
    /// From pairs (student, control) of the same images: as [`Self::of_hits`] where all values are 0 or 1, no or yes, otherwise as
    /// [`Self::of_numbers`].
    pub fn of(pairs: &[(f64, f64)], seed: u64) -> Self {
        let counts = |v: f64| v == 0.0 || v == 1.0;
        match pairs.iter().all(|p| counts(p.0) && counts(p.1)) {
            true => Self::of_hits(pairs.iter().map(|p| (p.0 == 1.0, p.1 == 1.0))),
            false => Self::of_numbers(pairs, seed),
        }
    }

    /// From pairs of numbers: the percentile interval of the paired bootstrap (Efron 1979), 2,000 resamples of the pairs drawn by
    /// `seed`; with fewer than 2 pairs there is none.
    pub fn of_numbers(pairs: &[(f64, f64)], seed: u64) -> Self {
        let found = Self::without_interval(pairs);
        if pairs.len() < 2 { found } else { found.within(paired_bootstrap(pairs, seed)) }
    }

    /// From pairs of yes or no, with [`paired_score`]'s interval; with fewer than 2 pairs there is none.
    pub fn of_hits(pairs: impl IntoIterator<Item = (bool, bool)>) -> Self {
        let number = |b: bool| if b { 1.0 } else { 0.0 };
        let pairs: Vec<_> = pairs.into_iter().map(|(s, c)| (number(s), number(c))).collect();
        let alone = |gain: f64| pairs.iter().filter(|p| p.0 - p.1 == gain).count();
        let (student, control) = (alone(1.0), alone(-1.0));
        let found = Self { only_student: Some(student), only_control: Some(control), ..Self::without_interval(&pairs) };
        if pairs.len() < 2 { found } else { found.within(paired_score(student, control, pairs.len())) }
    }

    fn without_interval(pairs: &[(f64, f64)]) -> Self {
        let n = pairs.len();
        let mean = |f: &dyn Fn(&(f64, f64)) -> f64| (n > 0).then(|| pairs.iter().map(f).sum::<f64>() / n as f64);
        Self {
            n,
            student: mean(&|p| p.0),
            control: mean(&|p| p.1),
            difference: mean(&|p| p.0 - p.1),
            low: None,
            high: None,
            only_student: None,
            only_control: None,
            verdict: Verdict::Unknown,
        }
    }

    /// With this interval, and what follows from it.
    fn within(self, (low, high): (f64, f64)) -> Self {
        let verdict = if low > 0.0 {
            Verdict::Higher
        } else if high < 0.0 {
            Verdict::Lower
        } else {
            Verdict::NoDifference
        };
        Self { low: Some(low), high: Some(high), verdict, ..self }
    }
}

/// Percentile interval of the mean difference over resampled pairs.
fn paired_bootstrap(pairs: &[(f64, f64)], seed: u64) -> (f64, f64) {
    let n = pairs.len();
    let mut rng = stream(seed, Purpose::Bootstrap, n as u64, 0);
    let mut means: Vec<f64> = (0..RESAMPLES)
        .map(|_| (0..n).map(|_| pairs[below(&mut rng, n as u32) as usize]).map(|p| p.0 - p.1).sum::<f64>() / n as f64)
        .collect();
    means.sort_by(f64::total_cmp);
    (quantile(&means, 0.025), quantile(&means, 0.975))
}

/// 95 % interval of the difference of two shares of the same `n` images, of which `only_first` count for the first share alone and
/// `only_second` for the second alone: all differences that the score test does not reject (Tango 1998). Right also where few
/// images differ, or none.
fn paired_score(only_first: usize, only_second: usize, n: usize) -> (f64, f64) {
    let (b, c, n) = (only_first as f64, only_second as f64, n as f64);
    let score = |delta: f64| {
        // The likeliest share of those that count for the second alone, given the difference.
        let half = -b - c + (2.0 * n - b + c) * delta;
        let root = (half * half + 8.0 * n * c * delta * (1.0 - delta)).max(0.0).sqrt();
        let share = (root - half) / (4.0 * n);
        let variance = n * (2.0 * share + delta * (1.0 - delta));
        (b - c - n * delta) / variance.max(f64::MIN_POSITIVE).sqrt()
    };
    let seen = (b - c) / n;
    // The score falls as the difference grows, through 0 at the one that was seen.
    let end = |mut outside: f64| {
        let mut inside = seen;
        for _ in 0..60 {
            let middle = (inside + outside) / 2.0;
            if score(middle).abs() < Z { inside = middle } else { outside = middle }
        }
        inside
    };
    (end(-1.0), end(1.0))
}

/// Values of several seeds: their mean with Student's 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Spread {
    /// Seeds.
    pub n: usize,
    /// Mean of their values.
    pub mean: Option<f64>,
    /// Standard deviation over seeds (n − 1); none for fewer than two.
    pub sd: Option<f64>,
    /// Lower end of the 95 % interval of the mean; none without spread.
    pub low: Option<f64>,
    /// Upper end.
    pub high: Option<f64>,
}

impl Spread {
    /// By Student's t with n − 1 degrees of freedom. Fewer than two values, or values that all are one number other than 0, have
    /// no interval.
    pub fn of(values: &[f64]) -> Self {
        let n = values.len();
        let mean = (n > 0).then(|| values.iter().sum::<f64>() / n as f64);
        let mut found = Self { n, mean, sd: None, low: None, high: None };
        let Some(mean) = mean.filter(|_| n > 1) else { return found };
        let sd = (values.iter().map(|d| (d - mean).powi(2)).sum::<f64>() / (n - 1) as f64).sqrt();
        found.sd = Some(sd);
        if let (true, Ok(t)) = (sd > 0.0 || mean == 0.0, StudentsT::new(0.0, 1.0, (n - 1) as f64)) {
            let half = t.inverse_cdf(0.975) * sd / (n as f64).sqrt();
            (found.low, found.high) = (Some(mean - half), Some(mean + half));
        }
        found
    }
}

/// Linear interpolation between order statistics (type 7 of Hyndman & Fan 1996). `sorted` must not be empty.
pub(crate) fn quantile(sorted: &[f64], share: f64) -> f64 {
    let at = share * (sorted.len() - 1) as f64;
    let (below, part) = (at.floor() as usize, at.fract());
    sorted[below] + part * (sorted[(below + 1).min(sorted.len() - 1)] - sorted[below])
}

/// Index of the largest value (the first among equals); 0 for an empty slice. For finite values only (see
/// [`crate::evaluate::Logits`]): NaN is not larger than anything.
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
    fn comparisons_follow_their_interval() {
        let hits = |s: usize, c: usize, n: usize| Comparison::of_hits((0..n).map(|i| (i < s, i < c)));
        assert_eq!(hits(60, 30, 100).verdict, Verdict::Higher);
        assert_eq!(hits(30, 60, 100).verdict, Verdict::Lower);
        assert_eq!(hits(50, 50, 100).verdict, Verdict::NoDifference);
        assert_eq!(hits(1, 0, 1).verdict, Verdict::Unknown);
        assert_eq!(hits(0, 0, 0).difference, None);
        // Paired: what both share cancels. A difference of 0.3 ± 1.96·√(0.3·0.7/100) = 0.09.
        let c = hits(60, 30, 100);
        assert!((c.difference.unwrap() - 0.3).abs() < 1e-12);
        assert!((c.low.unwrap() - 0.21).abs() < 0.02 && (c.high.unwrap() - 0.39).abs() < 0.02, "{c:?}");
        assert_eq!(c, hits(60, 30, 100));
    }

    /// Values of tests/reference/paired_interval.py. The first is the example of Fagerland, Lydersen & Laake 2014.
    #[test]
    fn intervals_of_paired_shares_match_a_search_over_the_likelihood() {
        for (b, c, n, low, high) in [
            (1, 7, 21, -0.517232, -0.026003),
            (0, 0, 61, -0.0592439, 0.0592439),
            (3, 0, 100, -0.0081033, 0.0845194),
            (6, 0, 100, 0.0207869, 0.124768),
            (9, 2, 100, 0.00595572, 0.145889),
            (60, 20, 400, 0.0577318, 0.144208),
            (2, 0, 2, -0.31524, 1.0),
        ] {
            let found = paired_score(b, c, n);
            assert!((found.0 - low).abs() < 1e-5 && (found.1 - high).abs() < 1e-5, "{b} {c} {n}: {found:?}");
            let (less, more) = paired_score(c, b, n);
            assert!((less + high).abs() < 1e-5 && (more + low).abs() < 1e-5);
        }
    }

    #[test]
    fn few_differing_images_claim_nothing() {
        let hits = |s: usize, c: usize, n: usize| Comparison::of_hits((0..n).map(|i| (i < s, i >= s && i < s + c)));
        for (s, c, n) in [(2, 0, 2), (3, 0, 3), (3, 0, 100), (0, 0, 61), (5, 1, 20)] {
            let found = hits(s, c, n);
            assert_eq!(found.verdict, Verdict::NoDifference, "{found:?}");
            assert!(found.low.unwrap() < 0.0 && found.high.unwrap() > 0.0);
            assert_eq!((found.only_student, found.only_control), (Some(s), Some(c)));
        }
        assert_eq!(hits(6, 0, 100).verdict, Verdict::Higher);
        assert_eq!(Comparison::of(&[(0.5, 0.25), (0.25, 0.5)], 1).only_student, None);
    }

    /// Half-widths from R's `t.test`, whose quantiles are qt(0.975, 1) = 12.7062, qt(0.975, 2) = 4.302653, qt(0.975, 4) = 2.776445.
    #[test]
    fn spread_over_seeds_matches_a_statistics_package() {
        for (values, mean, half) in [
            (vec![1.0, 2.0], 1.5, 12.706_2 * 0.5),
            (vec![1.0, 2.0, 3.0], 2.0, 4.302_653 / 3f64.sqrt()),
            (vec![-2.0, -1.0, 0.0, 1.0, 2.0], 0.0, 2.776_445 * 2.5f64.sqrt() / 5f64.sqrt()),
        ] {
            let spread = Spread::of(&values);
            assert_eq!((spread.n, spread.mean), (values.len(), Some(mean)));
            assert!((spread.high.unwrap() - mean - half).abs() < 1e-4, "{spread:?}");
            assert!((mean - spread.low.unwrap() - half).abs() < 1e-4, "{spread:?}");
        }
        assert_eq!(Spread::of(&[]).mean, None);
        assert_eq!((Spread::of(&[0.5]).mean, Spread::of(&[0.5]).low), (Some(0.5), None));
        let same = Spread::of(&[0.5, 0.5]);
        assert_eq!((same.sd, same.low, same.high), (Some(0.0), None, None));
        assert_eq!(Spread::of(&[0.0, 0.0]).low, Some(0.0));
        assert_eq!(Spread::of(&[1.0, f64::NAN]).low, None);
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
