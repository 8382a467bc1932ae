//! What two networks say of the same images: calibration, agreement, divergence, consistency of errors.
//!
//! Stanton et al. 2021 (2106.05945) eqs. 2 and 3 and the code published with it; error consistency is Geirhos et al. 2020
//! (2006.16736), recalled. Logits are `[n, K]`, labels n class numbers below K. The predicted class is the first largest logit.

use serde::Serialize;

use super::matrix::{Matrix, invalid, same_images};
use super::measure::Measure;
use crate::error::Result;
use crate::statistics::Rate;

/// log softmax(z/T) of one row, in double precision.
pub fn log_softmax(row: &[f64], temperature: f64) -> Vec<f64> {
    let top = largest(row);
    let log_sum = row.iter().map(|z| ((z - top) / temperature).exp()).sum::<f64>().ln();
    row.iter().map(|z| (z - top) / temperature - log_sum).collect()
}

fn largest(row: &[f64]) -> f64 {
    row.iter().copied().fold(f64::NEG_INFINITY, f64::max)
}

/// The first largest logit of every image.
pub fn predictions(logits: &Matrix) -> Vec<usize> {
    logits
        .iter()
        .map(|row| {
            let top = largest(row);
            row.iter().position(|z| *z == top).unwrap_or(0)
        })
        .collect()
}

/// One label for every image, each the number of a column.
fn labelled(logits: &Matrix, labels: &[usize]) -> Result<()> {
    let (n, classes) = (logits.rows(), logits.columns());
    if labels.len() != n {
        return Err(invalid(format!("`labels` must have one entry for each of the {n} images, not {}.", labels.len())));
    }
    match labels.iter().find(|&&l| l >= classes) {
        Some(label) => {
            Err(invalid(format!("`labels` has the class {label}, and the logits have only {classes} classes.")))
        }
        None => Ok(()),
    }
}

/// Whether the prediction is the label, image by image.
///
/// # Errors
/// `tensors-invalid` when labels do not fit.
pub fn hits(logits: &Matrix, labels: &[usize]) -> Result<Vec<bool>> {
    labelled(logits, labels)?;
    Ok(predictions(logits).iter().zip(labels).map(|(p, l)| p == l).collect())
}

/// −log p(label), image by image. The mean is the NLL.
///
/// # Errors
/// `tensors-invalid` when labels do not fit.
pub fn nll_by_image(logits: &Matrix, labels: &[usize]) -> Result<Vec<f64>> {
    labelled(logits, labels)?;
    Ok(logits.iter().zip(labels).map(|(row, &label)| -log_softmax(row, 1.0)[label]).collect())
}

/// KL(p ‖ q) with p = softmax(reference/T), q = softmax(logits/T), image by image, ≥ 0. The mean at T = 1, with the teacher as
/// reference, is the predictive KL of Stanton et al.
///
/// # Errors
/// `tensors-invalid` when images or classes differ.
pub fn kl_by_image(logits: &Matrix, reference: &Matrix, temperature: f64) -> Result<Vec<f64>> {
    same_outputs(logits, reference)?;
    let divergence = |(q, p): (&[f64], &[f64])| {
        let (p, q) = (log_softmax(p, temperature), log_softmax(q, temperature));
        p.iter().zip(&q).map(|(p, q)| p.exp() * (p - q)).sum::<f64>().max(0.0)
    };
    Ok(logits.iter().zip(reference.iter()).map(divergence).collect())
}

fn same_outputs(x: &Matrix, y: &Matrix) -> Result<()> {
    same_images(x, y, 1)?;
    if x.columns() != y.columns() {
        return Err(invalid(format!(
            "`x` has logits for {} classes and `y` for {}. They must be of the same classes.",
            x.columns(),
            y.columns()
        )));
    }
    Ok(())
}

/// Share of images on which both predict the same class.
///
/// # Errors
/// `tensors-invalid` when images or classes differ.
pub fn agreement(x: &Matrix, y: &Matrix) -> Result<Rate> {
    same_outputs(x, y)?;
    Ok(Rate::of(predictions(x).into_iter().zip(predictions(y)).map(|(x, y)| x == y)))
}

/// The least and the most agreement that two accuracies allow: max(0, a + b − 1) and 1 − |a − b|. With two classes the least
/// is |a + b − 1|, because two errors then agree. Derived.
pub fn agreement_bounds(a: f64, b: f64, classes: usize) -> [f64; 2] {
    let both_right = a + b - 1.0;
    [if classes == 2 { both_right.abs() } else { both_right.max(0.0) }, 1.0 - (a - b).abs()]
}

/// A bin of a reliability diagram.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Bin {
    /// Confidences above this …
    pub low: f64,
    /// … up to and with this.
    pub high: f64,
    /// Images in it.
    pub n: usize,
    /// Share of them that are right; nothing in an empty bin.
    pub accuracy: Option<f64>,
    /// Their mean confidence.
    pub confidence: Option<f64>,
}

/// Confidence (largest probability) and rightness of every image, sorted into M bins (l, u] of equal width.
#[derive(Debug, Clone, PartialEq)]
pub struct Calibration {
    /// Confidence, right or not, bin.
    images: Vec<(f64, bool, usize)>,
    bins: usize,
}

impl Calibration {
    /// From logits, labels and a number of bins ≥ 1.
    ///
    /// # Errors
    /// `tensors-invalid` when labels do not fit.
    pub fn new(logits: &Matrix, labels: &[usize], bins: usize) -> Result<Self> {
        let bins = bins.max(1);
        let hits = hits(logits, labels)?;
        let images = logits.iter().zip(hits).map(|(row, hit)| {
            let top = largest(row);
            // Not exp(log_softmax), whose rounding would move confidences across the ends of bins: 1/10 stays 1/10.
            let confidence = 1.0 / row.iter().map(|z| (z - top).exp()).sum::<f64>();
            (confidence, hit, bin(confidence, bins))
        });
        Ok(Self { images: images.collect(), bins })
    }

    /// Expected calibration error Σ_m (n_m/n)·|acc_m − conf_m| over all images, in [0, 1].
    pub fn error(&self) -> f64 {
        self.error_of(0..self.images.len())
    }

    /// The same over some of the images, which may repeat; 0 for none.
    pub fn error_of(&self, images: impl ExactSizeIterator<Item = usize>) -> f64 {
        // n_m·|acc_m − conf_m| is |Σ right − Σ confidence| of the bin.
        let n = images.len().max(1) as f64;
        let mut gaps = vec![0.0; self.bins];
        for image in images {
            let (confidence, hit, bin) = self.images[image];
            gaps[bin] += f64::from(u8::from(hit)) - confidence;
        }
        gaps.iter().map(|gap: &f64| gap.abs()).sum::<f64>() / n
    }

    /// The reliability diagram.
    pub fn diagram(&self) -> Vec<Bin> {
        let m = self.bins as f64;
        (0..self.bins)
            .map(|b| {
                let inside: Vec<_> = self.images.iter().filter(|(.., bin)| *bin == b).collect();
                let n = inside.len();
                let mean = |sum: f64| (n > 0).then(|| sum / n as f64);
                Bin {
                    low: b as f64 / m,
                    high: (b + 1) as f64 / m,
                    n,
                    accuracy: mean(inside.iter().filter(|(_, hit, _)| *hit).count() as f64),
                    confidence: mean(inside.iter().map(|(confidence, ..)| confidence).sum()),
                }
            })
            .collect()
    }
}

/// Which of M bins (m/M, (m + 1)/M] holds a confidence, which is above 0.
fn bin(confidence: f64, bins: usize) -> usize {
    let m = bins as f64;
    let mut bin = ((confidence * m) as usize).min(bins - 1);
    // The product rounds; the ends of the bins decide.
    while bin > 0 && confidence <= bin as f64 / m {
        bin -= 1;
    }
    while bin + 1 < bins && confidence > (bin + 1) as f64 / m {
        bin += 1;
    }
    bin
}

/// How often two networks are right and wrong on the same images, beyond chance.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ErrorConsistency {
    /// Share of images on which both are right or both wrong.
    pub observed: f64,
    /// What it would be if their errors were independent: a·b + (1 − a)(1 − b).
    pub expected: f64,
    /// κ = (observed − expected)/(1 − expected), in [−1, 1]; no value where `expected` is 1.
    pub kappa: Measure,
}

impl ErrorConsistency {
    /// From pairs of right or wrong, at least one.
    pub fn of(pairs: impl IntoIterator<Item = (bool, bool)>) -> Self {
        let (mut n, mut a, mut b, mut same) = (0usize, 0usize, 0usize, 0usize);
        for (x, y) in pairs {
            n += 1;
            a += usize::from(x);
            b += usize::from(y);
            same += usize::from(x == y);
        }
        let share = |count: usize| count as f64 / n.max(1) as f64;
        let expected = share(a) * share(b) + share(n - a) * share(n - b);
        let kappa = if (a == n && b == n) || (a == 0 && b == 0) {
            Measure::undefined(
                "Both networks are right on every image, or both wrong on every image: that much consistency is chance already, so κ is 0/0.",
            )
        } else {
            Measure::of((share(same) - expected) / (1.0 - expected))
        };
        Self { observed: share(same), expected, kappa }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bins_are_open_below_and_closed_above() {
        for bins in [1, 3, 10, 15, 20, 49] {
            for k in 1..=bins {
                let end = k as f64 / bins as f64;
                assert_eq!(bin(end, bins), k - 1, "{end} in {bins}");
                assert_eq!(bin(end.next_up().min(1.0), bins), k.min(bins - 1));
            }
            assert_eq!(bin(1e-300, bins), 0);
        }
    }

    #[test]
    fn equal_logits_are_a_confidence_of_one_over_k() {
        let logits = Matrix::new("x", [2, 10], vec![1e4; 20]).unwrap();
        let calibration = Calibration::new(&logits, &[0, 9], 10).unwrap();
        assert_eq!(calibration.diagram()[0].n, 2);
        // One of two is right (the first of equals is predicted) at a confidence of 0.1.
        assert!((calibration.error() - 0.4).abs() < 1e-15);
    }

    #[test]
    fn bounds_hold_for_every_pair_of_small_tables() {
        // All predictions of two networks on three images of class 0.
        for classes in [2usize, 3] {
            let all = classes.pow(3);
            for x in 0..all {
                for y in 0..all {
                    let digit = |v: usize, i: u32| v / classes.pow(i) % classes;
                    let share = |f: &dyn Fn(u32) -> bool| (0..3).filter(|&i| f(i)).count() as f64 / 3.0;
                    let (a, b) = (share(&|i| digit(x, i) == 0), share(&|i| digit(y, i) == 0));
                    let agree = share(&|i| digit(x, i) == digit(y, i));
                    let [least, most] = agreement_bounds(a, b, classes);
                    assert!(agree >= least - 1e-12 && agree <= most + 1e-12, "{a} {b} {agree}");
                }
            }
        }
    }

    #[test]
    fn kappa_is_that_of_the_table() {
        // 40 both right, 30 both wrong, 20 and 10 one of them: observed 0.7, accuracies 0.6 and 0.5, expected 0.5.
        let counts = [((true, true), 40), ((false, false), 30), ((true, false), 20), ((false, true), 10)];
        let found = ErrorConsistency::of(counts.iter().flat_map(|&(pair, n)| std::iter::repeat_n(pair, n)));
        assert!((found.observed - 0.7).abs() < 1e-12 && (found.expected - 0.5).abs() < 1e-12);
        assert!((found.kappa.value.unwrap() - 0.4).abs() < 1e-12);
        assert_eq!(ErrorConsistency::of([(true, true); 3]).kappa.value, None);
        assert_eq!(ErrorConsistency::of([(true, false); 3]).kappa.value, Some(0.0));
    }
}
