//! The little linear algebra that the metrics need: row-major matrices in double precision, one row an image.

use crate::error::{Error, Result};

/// Most images of which all pairs are compared: 4,096² numbers are 134 MB, and a metric holds a few such matrices.
pub const MOST_IMAGES: usize = 4096;

/// Numbers up to here can be raised to the fourth power and summed without overflow.
const LARGEST: f64 = f32::MAX as f64;

pub(super) fn invalid(why: String) -> Error {
    Error::TensorsInvalid(why)
}

/// `rows` × `columns` finite numbers, at least one.
#[derive(Debug, Clone, PartialEq)]
pub struct Matrix {
    rows: usize,
    columns: usize,
    values: Vec<f64>,
}

impl Matrix {
    /// From row-major values; `name` is what an error calls them.
    ///
    /// # Errors
    /// `tensors-invalid` when the values do not fill the matrix, when there are none, or when one is not a number within the
    /// range of 32-bit floats.
    pub fn new(name: &str, [rows, columns]: [usize; 2], values: Vec<f64>) -> Result<Self> {
        if values.is_empty() || rows.checked_mul(columns) != Some(values.len()) {
            return Err(invalid(format!(
                "`{name}` must hold at least one number for at least one image: it has {} numbers for {rows} rows of {columns}.",
                values.len()
            )));
        }
        if let Some(bad) = values.iter().find(|v| !v.is_finite() || v.abs() > LARGEST) {
            return Err(invalid(format!("`{name}` holds a value that is not a number of 32 bits: {bad}.")));
        }
        Ok(Self { rows, columns, values })
    }

    /// From a tensor `[n, …]`, whose axes from the second on are flattened; `[n]` is one column.
    ///
    /// # Errors
    /// As [`Matrix::new`].
    pub fn from_tensor(name: &str, shape: &[usize], values: &[f32]) -> Result<Self> {
        let rows = shape.first().copied().unwrap_or(0);
        // An empty tensor may have any other axes, whose product is no number.
        let columns = shape.iter().skip(1).try_fold(1usize, |all, n| all.checked_mul(*n)).unwrap_or(usize::MAX);
        Self::new(name, [rows, columns], values.iter().map(|&v| f64::from(v)).collect())
    }

    /// Square and symmetric, from its lower triangle with the diagonal.
    fn symmetric(n: usize, entry: impl Fn(usize, usize) -> f64) -> Self {
        // In tiles, so that rows are still in the cache when they are needed again.
        const TILE: usize = 16;
        let mut values = vec![0.0; n * n];
        for (top, left) in (0..n).step_by(TILE).flat_map(|top| (0..=top).step_by(TILE).map(move |left| (top, left))) {
            for i in top..(top + TILE).min(n) {
                for j in left..(left + TILE).min(i + 1) {
                    let value = entry(i, j);
                    values[i * n + j] = value;
                    values[j * n + i] = value;
                }
            }
        }
        Self { rows: n, columns: n, values }
    }

    /// A table of all pairs of images.
    ///
    /// # Errors
    /// `tensors-invalid` when there are more than [`MOST_IMAGES`].
    pub(super) fn of_pairs(n: usize, entry: impl Fn(usize, usize) -> f64) -> Result<Self> {
        if n > MOST_IMAGES {
            return Err(invalid(format!(
                "There are {n} images. This compares every image with every other and takes at most {MOST_IMAGES}; give fewer."
            )));
        }
        Ok(Self::symmetric(n, entry))
    }

    /// Number of images.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Number of features.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// The numbers of one image. Panics if there is no such row.
    pub fn row(&self, i: usize) -> &[f64] {
        &self.values[i * self.columns..(i + 1) * self.columns]
    }

    /// Row after row.
    pub fn iter(&self) -> std::slice::ChunksExact<'_, f64> {
        self.values.chunks_exact(self.columns)
    }

    /// `count` rows from `first` on, which must exist.
    pub(super) fn part(&self, first: usize, count: usize) -> Self {
        let values = self.values[first * self.columns..(first + count) * self.columns].to_vec();
        Self { rows: count, columns: self.columns, values }
    }

    /// The largest absolute value.
    pub fn largest(&self) -> f64 {
        self.values.iter().fold(0.0, |m, v| m.max(v.abs()))
    }

    /// Every value times `factor`.
    pub(super) fn scaled(mut self, factor: f64) -> Self {
        self.values.iter_mut().for_each(|v| *v *= factor);
        self
    }

    /// Columns with their mean taken away. A column of equal 32-bit floats becomes zeros exactly.
    pub fn centred(&self) -> Self {
        let mut means = vec![0.0; self.columns];
        for row in self.iter() {
            means.iter_mut().zip(row).for_each(|(m, v)| *m += v);
        }
        means.iter_mut().for_each(|m| *m /= self.rows as f64);
        let values = self.iter().flat_map(|row| row.iter().zip(&means).map(|(v, m)| v - m)).collect();
        Self { values, ..*self }
    }

    /// Rows brought to length 1; a row of zeros, or shorter than 1e-12, is divided by 1e-12.
    pub fn normalised_rows(&self) -> Self {
        let normalised = |row: &[f64]| {
            let length = dot(row, row).sqrt().max(1e-12);
            row.iter().map(|v| v / length).collect::<Vec<_>>()
        };
        Self { values: self.iter().flat_map(normalised).collect(), ..*self }
    }

    /// Columns as rows.
    pub fn transposed(&self) -> Self {
        let values = (0..self.columns).flat_map(|c| self.iter().map(move |row| row[c])).collect();
        Self { rows: self.columns, columns: self.rows, values }
    }

    /// X·Xᵀ, `[n, n]`.
    ///
    /// # Errors
    /// `tensors-invalid` when there are more than [`MOST_IMAGES`].
    pub fn gram(&self) -> Result<Self> {
        Self::of_pairs(self.rows, |i, j| dot(self.row(i), self.row(j)))
    }

    /// √(‖x_i − x_j‖² + ε) of all pairs of rows, `[n, n]`; √ε on the diagonal.
    ///
    /// # Errors
    /// `tensors-invalid` when there are more than [`MOST_IMAGES`].
    pub fn distances(&self, epsilon: f64) -> Result<Self> {
        Self::of_pairs(self.rows, |i, j| (squared_distance(self.row(i), self.row(j)) + epsilon).sqrt())
    }

    /// Σ a_ij·b_ij of two matrices of the same shape.
    pub fn dot(&self, other: &Self) -> f64 {
        dot(&self.values, &other.values)
    }

    /// ‖XᵀY‖²_F from the columns of X and Y as rows, without storing XᵀY, which may be larger than both.
    pub(super) fn cross_norm(x: &Self, y: &Self) -> f64 {
        x.iter().map(|a| y.iter().map(|b| dot(a, b).powi(2)).sum::<f64>()).sum()
    }

    /// ‖XᵀX‖²_F likewise, in half the steps.
    pub(super) fn own_norm(x: &Self) -> f64 {
        let off = |i: usize| (0..i).map(|j| dot(x.row(i), x.row(j)).powi(2)).sum::<f64>();
        (0..x.rows).map(|i| dot(x.row(i), x.row(i)).powi(2) + 2.0 * off(i)).sum()
    }

    /// a_ij + `factor`·b_ij of two matrices of the same shape.
    pub(super) fn plus(&self, factor: f64, other: &Self) -> Self {
        let values = self.values.iter().zip(&other.values).map(|(a, b)| a + factor * b).collect();
        Self { values, ..*self }
    }

    /// A square matrix with zeros on its diagonal.
    pub(super) fn hollow(mut self) -> Self {
        for i in 0..self.rows {
            self.values[i * self.columns + i] = 0.0;
        }
        self
    }

    /// Double centring of a symmetric matrix: a_ij − mean of row i − mean of column j + mean of all.
    pub(super) fn v_centred(self) -> Self {
        let n = self.rows as f64;
        self.without_means(1.0 / n, 1.0 / (n * n))
    }

    /// U-centring of a symmetric matrix of at least 3 rows (Székely & Rizzo 2014): a_ij − Σ_l a_il/(n − 2) − Σ_k a_kj/(n − 2)
    /// + Σ_kl a_kl/((n − 1)(n − 2)), and zeros on the diagonal. Where the diagonal was zero before, rows sum to zero.
    pub(super) fn u_centred(self) -> Self {
        let n = self.rows as f64;
        self.without_means(1.0 / (n - 2.0), 1.0 / ((n - 1.0) * (n - 2.0))).hollow()
    }

    fn without_means(mut self, of_row: f64, of_all: f64) -> Self {
        let sums: Vec<f64> = self.iter().map(|row| row.iter().sum()).collect();
        let all = sums.iter().sum::<f64>() * of_all;
        for (row, i) in self.values.chunks_exact_mut(self.columns).zip(&sums) {
            row.iter_mut().zip(&sums).for_each(|(v, j)| *v += all - (i + j) * of_row);
        }
        self
    }

    /// Zeros where nothing but rounding is left of numbers of the size `before`: everything is below `share` of them.
    pub(super) fn rounded(self, before: f64, share: f64) -> Self {
        if self.largest() <= share * before { self.scaled(0.0) } else { self }
    }
}

/// Both have the same number of images, and that is at least `least`; the number.
pub(super) fn same_images(x: &Matrix, y: &Matrix, least: usize) -> Result<usize> {
    if x.rows != y.rows {
        return Err(invalid(format!(
            "`x` has {} images and `y` has {}. They must be of the same images, in the same order.",
            x.rows, y.rows
        )));
    }
    enough(x.rows, least)
}

/// There are at least `least` images; their number.
pub(super) fn enough(n: usize, least: usize) -> Result<usize> {
    if n < least {
        return Err(invalid(format!("This needs at least {least} images, and there are {n}.")));
    }
    Ok(n)
}

/// Σ f(a, b) in eight running sums, so that the compiler can use vector instructions.
fn summed(a: &[f64], b: &[f64], f: impl Fn(f64, f64) -> f64) -> f64 {
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<8>(), b.as_chunks::<8>());
    let mut sums = [0.0; 8];
    for (a, b) in a.iter().zip(b) {
        for (sum, (a, b)) in sums.iter_mut().zip(a.iter().zip(b)) {
            *sum += f(*a, *b);
        }
    }
    sums.iter().sum::<f64>() + a_rest.iter().zip(b_rest).map(|(a, b)| f(*a, *b)).sum::<f64>()
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    summed(a, b, |a, b| a * b)
}

fn squared_distance(a: &[f64], b: &[f64]) -> f64 {
    summed(a, b, |a, b| (a - b) * (a - b))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(shape: [usize; 2], values: &[f64]) -> Matrix {
        Matrix::new("x", shape, values.to_vec()).unwrap()
    }

    #[test]
    fn products_are_those_on_paper() {
        let x = of([2, 3], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
        assert_eq!(x.gram().unwrap(), of([2, 2], &[14.0, 32.0, 32.0, 77.0]));
        assert_eq!(x.transposed(), of([3, 2], &[1.0, 4.0, 2.0, 5.0, 3.0, 6.0]));
        assert_eq!(x.centred(), of([2, 3], &[-1.5, -1.5, -1.5, 1.5, 1.5, 1.5]));
        assert_eq!(x.distances(0.0).unwrap().row(0)[1], 27f64.sqrt());
        assert_eq!(x.distances(1e-12).unwrap().row(1)[1], 1e-6);
        // ‖XᵀX‖² is the sum of squares of the Gram matrix too.
        let columns = x.transposed();
        let norm = 14.0 * 14.0 + 2.0 * 32.0 * 32.0 + 77.0 * 77.0;
        assert_eq!((Matrix::cross_norm(&columns, &columns), Matrix::own_norm(&columns)), (norm, norm));
        // More images than a tile.
        let tall = of([37, 1], &(0..37).map(f64::from).collect::<Vec<_>>());
        let gram = tall.gram().unwrap();
        assert!((0..37).all(|i| (0..37).all(|j| gram.row(i)[j] == (i * j) as f64)));
        // More entries than the eight sums hold.
        let long: Vec<f64> = (0..19).map(f64::from).collect();
        assert_eq!(dot(&long, &long), (0..19).map(|i| f64::from(i * i)).sum::<f64>());
    }

    #[test]
    fn equal_floats_centre_to_zero_exactly() {
        for value in [0.1f32, 1e-30, 3e38, 7.0] {
            let x = Matrix::from_tensor("x", &[7, 1, 2], &[value; 14]).unwrap();
            assert_eq!(x.centred().largest(), 0.0);
        }
    }

    #[test]
    fn what_is_no_matrix_is_refused() {
        for (shape, values) in [
            (vec![2, 2], vec![1.0; 3]),
            (vec![0, 3], vec![]),
            (vec![0, usize::MAX, 2], vec![]),
            (vec![], vec![1.0]),
            (vec![1], vec![f32::NAN]),
        ] {
            assert_eq!(Matrix::from_tensor("x", &shape, &values).unwrap_err().code(), "tensors-invalid");
        }
        assert!(Matrix::new("x", [1, 1], vec![1e200]).is_err());
        let tall = Matrix::from_tensor("x", &[MOST_IMAGES + 1], &vec![1.0; MOST_IMAGES + 1]).unwrap();
        assert!(tall.gram().unwrap_err().to_string().contains("4097"));
    }
}
