//! Centred kernel alignment with a linear kernel: how alike two sets of features arrange the same images.
//!
//! Kornblith et al. 2019 (1905.00414) §3; the debiased form is that of the code published with it; the minibatch form is
//! Nguyen et al. 2021 (2010.15327) eq. 3, recalled. All are invariant to rotation and to scale of the features. Features are
//! centred and divided by their largest number first, which changes none of the values and keeps every product in range.

use super::matrix::{Matrix, enough, same_images};
use super::measure::Measure;
use crate::error::Result;

const CONSTANT: &str =
    "One of the two has the same features for every image, so there is nothing to align and CKA is 0/0.";
const EQUIDISTANT: &str = "What one of the two says of pairs of images is constant once its bias is taken away, so debiased CKA is 0/0: all images have the same features, or all are equally far apart.";

/// Centred, with 1 as the largest absolute value; nothing where all images have the same features.
fn standard(x: &Matrix) -> Option<Matrix> {
    let centred = x.centred();
    let largest = centred.largest();
    // Far below what 32-bit floats can tell apart.
    (largest > 1e-12 * x.largest()).then(|| centred.scaled(1.0 / largest))
}

/// Linear CKA from features: ‖YᵀX‖²_F / (‖XᵀX‖_F·‖YᵀY‖_F) with X and Y centred. In [0, 1]; takes
/// n·(d_x + d_y)²/2 steps.
///
/// # Errors
/// `tensors-invalid` when the numbers of images differ or are below 2.
pub fn from_features(x: &Matrix, y: &Matrix) -> Result<Measure> {
    same_images(x, y, 2)?;
    let (Some(x), Some(y)) = (standard(x), standard(y)) else { return Ok(Measure::undefined(CONSTANT)) };
    let (x, y) = (x.transposed(), y.transposed());
    let norm = |x: &Matrix| Matrix::own_norm(x).sqrt();
    Ok(within(Matrix::cross_norm(&x, &y) / (norm(&x) * norm(&y)), 0.0))
}

/// Linear CKA from Gram matrices: tr(KHLH) / √(tr(KHKH)·tr(LHLH)), K = XXᵀ, L = YYᵀ, H the centring matrix. The same number
/// as [`from_features`]; takes n²·(d_x + d_y)/2 steps.
///
/// # Errors
/// `tensors-invalid` as there, and for more images than [`super::MOST_IMAGES`].
pub fn from_grams(x: &Matrix, y: &Matrix) -> Result<Measure> {
    same_images(x, y, 2)?;
    let (Some(x), Some(y)) = (standard(x), standard(y)) else { return Ok(Measure::undefined(CONSTANT)) };
    // The features are centred, so K = HKH already.
    let (k, l) = (x.gram()?, y.gram()?);
    Ok(within(k.dot(&l) / (k.dot(&k).sqrt() * l.dot(&l).sqrt()), 0.0))
}

/// Linear CKA in the cheaper of its two forms.
///
/// # Errors
/// As [`from_features`].
pub fn linear(x: &Matrix, y: &Matrix) -> Result<Measure> {
    let n = x.rows();
    if n <= super::MOST_IMAGES && n < x.columns() + y.columns() { from_grams(x, y) } else { from_features(x, y) }
}

/// The unbiased HSIC of two batches but for the factor 1/(n(n − 3)): Σ K̃_ij·L̃_ij of U-centred Gram matrices.
struct Sums {
    kl: f64,
    kk: f64,
    ll: f64,
}

impl Sums {
    /// Of centred features. A U-centred Gram matrix that holds nothing but rounding counts as zero.
    fn of(x: &Matrix, y: &Matrix) -> Result<Self> {
        let centred = |x: &Matrix| -> Result<Matrix> {
            let gram = x.gram()?;
            let before = gram.largest();
            Ok(gram.hollow().u_centred().rounded(before, 1e-12))
        };
        let (k, l) = (centred(x)?, centred(y)?);
        Ok(Self { kl: k.dot(&l), kk: k.dot(&k), ll: l.dot(&l) })
    }

    fn alignment(&self) -> Measure {
        if self.kk == 0.0 || self.ll == 0.0 {
            return Measure::undefined(EQUIDISTANT);
        }
        within(self.kl / (self.kk.sqrt() * self.ll.sqrt()), -1.0)
    }
}

/// Debiased linear CKA: the cosine of the U-centred Gram matrices. Features that have nothing to do with each other give 0 on
/// average, however many there are (plain CKA grows with d/n). In [−1, 1].
///
/// # Errors
/// `tensors-invalid` when the numbers of images differ, are below 4 or above [`super::MOST_IMAGES`].
pub fn debiased(x: &Matrix, y: &Matrix) -> Result<Measure> {
    same_images(x, y, 4)?;
    let (Some(x), Some(y)) = (standard(x), standard(y)) else { return Ok(Measure::undefined(CONSTANT)) };
    Ok(Sums::of(&x, &y)?.alignment())
}

/// Minibatch CKA: Σ_b HSIC₁(K_b, L_b) / √(Σ_b HSIC₁(K_b, K_b)·Σ_b HSIC₁(L_b, L_b)) over whole batches of `batch_size` rows in
/// their order (one batch of all images if there are fewer). Returns the value and the number of batches; the rest of the
/// images is left out. With one batch it is [`debiased`]. In [−1, 1].
///
/// # Errors
/// `tensors-invalid` when the numbers of images differ, or when images or batch are fewer than 4.
pub fn minibatch(x: &Matrix, y: &Matrix, batch_size: usize) -> Result<(Measure, usize, usize)> {
    let n = same_images(x, y, 4)?;
    let size = enough(batch_size, 4)?.min(n);
    let batches = n / size;
    let (Some(x), Some(y)) = (standard(x), standard(y)) else {
        return Ok((Measure::undefined(CONSTANT), size, batches));
    };
    let mut sums = Sums { kl: 0.0, kk: 0.0, ll: 0.0 };
    for batch in 0..batches {
        // Centred again, in the batch: that changes nothing but rounding. A batch of equal images must become zeros.
        let part = |m: &Matrix| m.part(batch * size, size).centred().rounded(1.0, 1e-14);
        let of_batch = Sums::of(&part(&x), &part(&y))?;
        sums = Sums { kl: sums.kl + of_batch.kl, kk: sums.kk + of_batch.kk, ll: sums.ll + of_batch.ll };
    }
    // 1/(n(n − 3)) is the same in every batch and cancels.
    Ok((sums.alignment(), size, batches))
}

/// Takes away what rounding puts outside the range, which Cauchy and Schwarz guarantee.
fn within(value: f64, low: f64) -> Measure {
    Measure::of(if value.is_nan() { value } else { value.clamp(low, 1.0) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_images_on_paper() {
        // x along one axis, y the same upside down plus a second axis of its own.
        let of = |d, values: &[f64]| Matrix::new("x", [4, d], values.to_vec()).unwrap();
        let x = of(1, &[-1.0, 1.0, -1.0, 1.0]);
        let y = of(2, &[1.0, 1.0, -1.0, 1.0, 1.0, -1.0, -1.0, -1.0]);
        // XᵀX = 4, YᵀY = 4·I, XᵀY = (−4, 0): 16 / (4·√32).
        let expected = 16.0 / (4.0 * 32f64.sqrt());
        for found in [from_features(&x, &y).unwrap(), from_grams(&x, &y).unwrap(), linear(&x, &y).unwrap()] {
            assert!((found.value.unwrap() - expected).abs() < 1e-15);
        }
    }

    #[test]
    fn nothing_to_align_has_no_value() {
        let of = |values: &[f64]| Matrix::new("x", [4, 4], values.to_vec()).unwrap();
        let apart = of(&[1e6, 0.0, 0.0, 0.0, 0.0, 1e6, 0.0, 0.0, 0.0, 0.0, 1e6, 0.0, 0.0, 0.0, 0.0, 1e6]);
        let zero = of(&[0.0; 16]);
        assert_eq!(linear(&apart, &zero).unwrap(), Measure::undefined(CONSTANT));
        assert_eq!(debiased(&apart, &apart).unwrap(), Measure::undefined(EQUIDISTANT));
        assert!(linear(&apart, &apart).unwrap().value.is_some());
        assert!(debiased(&apart.part(0, 3), &zero.part(0, 3)).is_err());
    }
}
