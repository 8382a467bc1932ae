//! Distance correlation, its bias-corrected and partial forms, and the two scores made of them: FSS (feature similarity) and
//! RS (relevance) of UniCAM (Adhane et al. 2025, 2412.13943), as in the code published with it and with Partial Distance
//! Correlation (Zhen et al. 2022, 2207.09684), small constants included.
//!
//! a_ij = √(‖x_i − x_j‖² + ε) of all pairs of images, the diagonal included. Values written R here estimate the *square* of the
//! distance correlation of Székely et al. 2007, as in that code. Where the features are constant, the constants make R 0 (the
//! limit of features that vary ever less), and a note says so.

use super::matrix::{Matrix, enough, invalid, same_images};
use super::measure::Measure;
use crate::error::Result;

/// ε under the root of the bias-corrected form, and under the root of its denominator.
const TINY: f64 = 1e-18;
/// ε under the root of the V-centred form.
const TINY_V: f64 = 1e-12;
/// Beside Γ_XX·Γ_YY.
const DENOMINATOR_V: f64 = 1e-9;
/// Beside ⟨B, B⟩ in the removal.
const REMOVAL: f64 = 1e-12;

/// V-centred distance correlation R = Γ_XY/√(Γ_XX·Γ_YY + 1e-9), Γ = Σ A∘B/n², A the double-centred distances with ε = 1e-12.
/// In [0, 1]; 1 for the same features up to rotation and scale, but for the constants. Biased upwards for few images.
/// With `normalise`, rows are brought to length 1 first, as in the published code; [`fss`] is that.
///
/// # Errors
/// `tensors-invalid` when the numbers of images differ, are below 2 or above [`super::MOST_IMAGES`].
pub fn v_centred(x: &Matrix, y: &Matrix, normalise: bool) -> Result<Measure> {
    let n = same_images(x, y, 2)? as f64;
    let centred = |x: &Matrix| -> Result<Matrix> {
        let distances = if normalise { x.normalised_rows().distances(TINY_V) } else { x.distances(TINY_V) };
        Ok(distances?.v_centred())
    };
    let (a, b) = (centred(x)?, centred(y)?);
    let gamma = |a: &Matrix, b: &Matrix| a.dot(b) / (n * n);
    Ok(Measure::damped(gamma(&a, &b), gamma(&a, &a) * gamma(&b, &b), DENOMINATOR_V))
}

/// Feature similarity score: [`v_centred`] distance correlation of features of the same layer, rows normalised.
///
/// # Errors
/// As [`v_centred`].
pub fn fss(x: &Matrix, y: &Matrix) -> Result<Measure> {
    v_centred(x, y, true)
}

/// U-centred distances of n ≥ 4 images: rows sum to zero (up to ε), so do columns, and the diagonal is zero.
#[derive(Debug, Clone, PartialEq)]
pub struct UCentred(Matrix);

impl UCentred {
    /// A_ij = a_ij − Σ_l a_il/(n − 2) − Σ_k a_kj/(n − 2) + Σ a/((n − 1)(n − 2)) off the diagonal, with ε = 1e-18.
    ///
    /// # Errors
    /// `tensors-invalid` for fewer than 4 images or more than [`super::MOST_IMAGES`].
    pub fn of_features(x: &Matrix) -> Result<Self> {
        enough(x.rows(), 4)?;
        Ok(Self::of(x.distances(TINY)?))
    }

    /// The same of the distances between the classes of images.
    ///
    /// # Errors
    /// `tensors-invalid` as for features, and where the table lacks a class.
    pub fn of_labels(labels: &[usize], table: &LabelDistances) -> Result<Self> {
        enough(labels.len(), 4)?;
        if let (Some(classes), Some(label)) = (table.classes(), labels.iter().max())
            && *label >= classes
        {
            return Err(invalid(format!("`labels` has the class {label}, and there are only {classes} classes.")));
        }
        Ok(Self::of(match table {
            LabelDistances::OneHot => Matrix::of_pairs(labels.len(), |i, j| {
                let squared = if labels[i] == labels[j] { 0.0 } else { 2.0 };
                f64::sqrt(squared + TINY)
            })?,
            LabelDistances::Embeddings(rows) => {
                let between = rows.distances(TINY)?;
                Matrix::of_pairs(labels.len(), |i, j| between.row(labels[i])[labels[j]])?
            }
            LabelDistances::Given(between) => Matrix::of_pairs(labels.len(), |i, j| {
                let distance = between.row(labels[i])[labels[j]];
                (distance * distance + TINY).sqrt()
            })?,
        }))
    }

    fn of(distances: Matrix) -> Self {
        let before = distances.largest();
        // Where all images are equally far apart nothing but rounding is left, in proportion to the distances.
        Self(distances.u_centred().rounded(before, 1e-13))
    }

    /// The matrix, `[n, n]`.
    pub fn matrix(&self) -> &Matrix {
        &self.0
    }

    /// ⟨A, B⟩ = Σ A_ij·B_ij / (n(n − 3)). Both must be of the same images.
    pub fn dot(&self, other: &Self) -> f64 {
        let n = self.0.rows() as f64;
        self.0.dot(&other.0) / (n * (n - 3.0))
    }

    /// P = A − ⟨A, B⟩/(⟨B, B⟩ + 1e-12)·B: what is left of A when B's part is removed. ⟨P, B⟩ = 0 but for the constant.
    pub fn without(&self, other: &Self) -> Self {
        let share = self.dot(other) / (other.dot(other) + REMOVAL);
        Self(self.0.plus(-share, &other.0).rounded(self.0.largest(), 1e-14))
    }

    /// R* = ⟨A, B⟩/√(⟨A, A⟩·⟨B, B⟩ + 1e-18), in [−1, 1]: estimates the squared distance correlation without bias, so that
    /// features that have nothing to do with each other give about 0.
    pub fn correlation(&self, other: &Self) -> Measure {
        Measure::damped(self.dot(other), self.dot(self) * other.dot(other), TINY)
    }
}

/// Bias-corrected distance correlation R* of two sets of features, in [−1, 1].
///
/// # Errors
/// `tensors-invalid` when the numbers of images differ, are below 4 or above [`super::MOST_IMAGES`].
pub fn bias_corrected(x: &Matrix, y: &Matrix) -> Result<Measure> {
    same_images(x, y, 4)?;
    Ok(UCentred::of_features(x)?.correlation(&UCentred::of_features(y)?))
}

/// From what y is removed before the partial correlation of x and z.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Removal {
    /// From x alone, as UniCAM does.
    FromX,
    /// From x and from z: the partial distance correlation of Székely & Rizzo 2014.
    FromBoth,
}

/// Partial distance correlation of x and z after the removal of y, in [−1, 1]. All three must be of the same images.
pub fn partial(x: &UCentred, y: &UCentred, z: &UCentred, removal: Removal) -> Measure {
    match removal {
        Removal::FromX => x.without(y).correlation(z),
        Removal::FromBoth => x.without(y).correlation(&z.without(y)),
    }
}

/// How far classes are apart. Only this table of K × K numbers matters to RS, not where it came from.
#[derive(Debug, Clone, PartialEq)]
pub enum LabelDistances {
    /// Every two classes √2 apart.
    OneHot,
    /// Euclidean distances between the rows of `[K, E]`: word vectors, or the teacher's classifier.
    Embeddings(Matrix),
    /// The table itself, `[K, K]`; see [`LabelDistances::given`].
    Given(Matrix),
}

impl LabelDistances {
    /// A table of distances.
    ///
    /// # Errors
    /// `tensors-invalid` unless it is square and symmetric, with zeros on the diagonal and nowhere negative.
    pub fn given(table: Matrix) -> Result<Self> {
        let k = table.rows();
        let close = 1e-5 * table.largest();
        let good = k == table.columns()
            && (0..k).all(|i| {
                table.row(i)[i].abs() <= close
                    && (0..k).all(|j| table.row(i)[j] >= 0.0 && (table.row(i)[j] - table.row(j)[i]).abs() <= close)
            });
        if !good {
            return Err(invalid(
                "`distances` must be a table [K, K] of distances between classes: symmetric, zero on the diagonal, nowhere negative."
                    .into(),
            ));
        }
        Ok(Self::Given(table.hollow()))
    }

    /// How many classes it knows; any number for one-hot.
    fn classes(&self) -> Option<usize> {
        match self {
            Self::OneHot => None,
            Self::Embeddings(m) | Self::Given(m) => Some(m.rows()),
        }
    }

    /// `one-hot`, `classes` or `distances`: the name of the tensor it came from.
    pub fn name(&self) -> &'static str {
        match self {
            Self::OneHot => "one-hot",
            Self::Embeddings(_) => "classes",
            Self::Given(_) => "distances",
        }
    }
}

/// Relevance scores of two networks' features x (student) and y (base or teacher).
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Relevance {
    /// RS(x): R* of x's distances and those of the labels.
    pub x: Measure,
    /// RS(y).
    pub y: Measure,
    /// RS(x | y): relevance of what x has beyond y, the *distilled* features when x is the student.
    pub distilled: Measure,
    /// RS(y | x): relevance of what y has and x has not, the *residual* features.
    pub residual: Measure,
}

impl Relevance {
    /// From U-centred distances of x, of y and of the labels of the same images.
    pub fn of(x: &UCentred, y: &UCentred, labels: &UCentred) -> Self {
        Self {
            x: x.correlation(labels),
            y: y.correlation(labels),
            distilled: partial(x, y, labels, Removal::FromX),
            residual: partial(y, x, labels, Removal::FromX),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(d: usize, values: &[f64]) -> Matrix {
        Matrix::new("x", [values.len() / d, d], values.to_vec()).unwrap()
    }

    #[test]
    fn four_points_on_a_line() {
        // Distances |i − j|: sums of rows 6, 4, 4, 6, of all 20. A_01 = 1 − 10/2 + 20/6, A_02 = 2 − 5 + 10/3, A_03 = 3 − 6 + 10/3,
        // A_12 = 1 − 4 + 10/3: −2/3, 1/3, 1/3, 1/3, and by symmetry A_13 = 1/3, A_23 = −2/3.
        let a = UCentred::of_features(&of(1, &[0.0, 1.0, 2.0, 3.0])).unwrap();
        for (i, j, expected) in [(0, 1, -2.0), (0, 2, 1.0), (0, 3, 1.0), (1, 2, 1.0), (1, 3, 1.0), (2, 3, -2.0)] {
            assert!((a.matrix().row(i)[j] - expected / 3.0).abs() < 1e-8);
        }
        // 2·(4 + 1 + 1 + 1 + 1 + 4)/9 / (4·1)
        assert!((a.dot(&a) - 2.0 / 3.0).abs() < 1e-8);
    }

    #[test]
    fn what_is_removed_leaves_nothing() {
        let x = of(2, &[0.0, 1.0, 2.0, 3.0, 5.0, 1.0, 2.0, 2.0, 7.0, 0.0]);
        let (a, g) = (
            UCentred::of_features(&x).unwrap(),
            UCentred::of_labels(&[0, 1, 0, 1, 1], &LabelDistances::OneHot).unwrap(),
        );
        let left = partial(&a, &a, &g, Removal::FromX);
        assert!(left.note.is_some() && left.value.unwrap().abs() < 1e-2, "{left:?}");
        let large = UCentred::of_features(&x.scaled(1e9)).unwrap();
        assert_eq!(partial(&large, &large, &g, Removal::FromX).value, Some(0.0));
    }

    #[test]
    fn tables_of_distances_are_checked() {
        assert!(LabelDistances::given(of(2, &[0.0, 1.0, 1.0, 0.0])).is_ok());
        for bad in [vec![0.0, 1.0, 2.0, 0.0], vec![0.5, 1.0, 1.0, 0.0], vec![0.0, -1.0, -1.0, 0.0]] {
            assert_eq!(LabelDistances::given(of(2, &bad)).unwrap_err().code(), "tensors-invalid");
        }
        assert!(LabelDistances::given(of(2, &[0.0; 6])).is_err());
        let table = LabelDistances::given(of(2, &[0.0, 1.0, 1.0, 0.0])).unwrap();
        assert!(UCentred::of_labels(&[0, 1, 2, 0], &table).unwrap_err().to_string().contains("class 2"));
        assert!(UCentred::of_labels(&[0, 1, 1], &LabelDistances::OneHot).is_err());
    }
}
