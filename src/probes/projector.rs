//! Why? What the projector of SRD has learnt (2303.11098 §3): how many directions it keeps, and how far it is from the point where
//! it would rest.
//!
//! With Z_s and Z_t the pooled vectors of student and teacher, centred over n images, gradient flow on ½‖Z_s·W − Z_t‖² moves W by
//! C_st − C_s·W, C_s = Z_sᵀZ_s, C_st = Z_sᵀZ_t: W gathers the correlations of the features that went through it. Singular values
//! that fall to zero are directions that were lost. Use it at several checkpoints to see them over training.

use serde::Serialize;
use serde_json::{Map, Value};

use super::{Bench, images, only};
use crate::error::{Error, Result};
use crate::evaluate::{finite, pixels};
use crate::readback;

/// Images in one pass. Constant, so that a GPU compiles its kernels once.
const BATCH: usize = 32;

/// What to compute.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// Test images.
    pub images: Vec<usize>,
}

impl Options {
    /// Reads `images` (default 500).
    ///
    /// # Errors
    /// `probe-invalid`, `data-missing`.
    pub fn from_json(options: &Map<String, Value>, bench: &Bench<'_>) -> Result<Self> {
        only(options, &["images"])?;
        Ok(Self { images: images(options, bench, 500)? })
    }
}

/// Everything the probe found.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// `projector`.
    pub probe: &'static str,
    /// Steps that the student had been trained.
    pub step: usize,
    /// Seed of the run.
    pub seed: u64,
    /// Images.
    pub n: usize,
    /// Rows and columns of W (teacher × student).
    pub shape: [usize; 2],
    /// Singular values of W, largest first.
    pub singular_values: Vec<f64>,
    /// exp of the entropy of the singular values as shares: how many directions count, from 1 to their number.
    pub effective_rank: f64,
    /// ‖C_st − C_s·W‖ / ‖C_st‖: 0 where gradient flow on the plain squared distance would rest; `None` if the features do not vary.
    pub fixed_point_residual: Option<f64>,
}

/// Runs the probe.
///
/// # Errors
/// `probe-invalid` where the method has no linear projector, `data-missing`, `gpu-lost`.
pub async fn run(options: &Options, bench: &Bench<'_>) -> Result<Report> {
    let missing =
        || Error::ProbeInvalid("This run has no projector. Distil with the method srd and a linear one.".into());
    let parts = bench.parts.ok_or_else(missing)?;
    let place = |name: &str| parts.specs().iter().position(|s| s.name == name);
    let at = place("projector.0.weight").filter(|_| place("projector.1.weight").is_none()).ok_or_else(missing)?;
    let [rows, columns] = match parts.specs()[at].shape[..] {
        [rows, columns] => [rows, columns],
        _ => return Err(missing()),
    };
    let w = readback::read(parts.values()[at].clone()).await?;
    if w.iter().any(|v| !v.is_finite()) {
        return Err(Error::NotFinite(
            "The projector holds values that are not finite numbers: its training diverged. Go back to an earlier checkpoint.".into(),
        ));
    }
    let w: Vec<f64> = w.into_iter().map(f64::from).collect();
    let (mut student, mut teacher) = (Vec::new(), Vec::new());
    let size = BATCH.min(options.images.len());
    for chunk in options.images.chunks(size) {
        let mut batch = chunk.to_vec();
        batch.resize(size, chunk[0]);
        let x = pixels(bench.images, &batch, bench.device)?;
        let pooled = vec![bench.student.forward(x.clone()).pooled, bench.teacher.forward(x).pooled];
        let read = readback::read_all(pooled).await?;
        finite("student", "features", columns, &read[0])?;
        finite("teacher", "features", rows, &read[1])?;
        student.extend(read[0][..chunk.len() * columns].iter().map(|v| f64::from(*v)));
        teacher.extend(read[1][..chunk.len() * rows].iter().map(|v| f64::from(*v)));
    }
    let values = singular_values(&w, rows, columns);
    let sum: f64 = values.iter().sum();
    let entropy: f64 = values.iter().map(|v| v / sum.max(1e-300)).filter(|p| *p > 0.0).map(|p| -p * p.ln()).sum();
    let (zs, zt) = (centre(student, columns), centre(teacher, rows));
    let n = options.images.len();
    let cross = product(&zs, columns, &zt, rows, n);
    let own = product(&zs, columns, &zs, columns, n);
    // Entry (i, j) of C_s·Wᵀ: W is stored as the teacher's rows.
    let moved = |i: usize, j: usize| (0..columns).map(|k| own[i * columns + k] * w[j * columns + k]).sum::<f64>();
    let norm = cross.iter().map(|v| v * v).sum::<f64>().sqrt();
    let left: f64 = (0..columns)
        .flat_map(|i| (0..rows).map(move |j| (i, j)))
        .map(|(i, j)| (cross[i * rows + j] - moved(i, j)).powi(2))
        .sum();
    Ok(Report {
        probe: "projector",
        step: bench.step,
        seed: bench.seed,
        n,
        shape: [rows, columns],
        effective_rank: entropy.exp(),
        fixed_point_residual: (norm > 0.0).then(|| left.sqrt() / norm),
        singular_values: values,
    })
}

/// Columns with mean 0.
fn centre(mut values: Vec<f64>, columns: usize) -> Vec<f64> {
    let n = (values.len() / columns.max(1)).max(1) as f64;
    for c in 0..columns {
        let mean = values.iter().skip(c).step_by(columns).sum::<f64>() / n;
        values.iter_mut().skip(c).step_by(columns).for_each(|v| *v -= mean);
    }
    values
}

/// AᵀB of two matrices with `n` rows.
fn product(a: &[f64], ca: usize, b: &[f64], cb: usize, n: usize) -> Vec<f64> {
    let mut out = vec![0.0; ca * cb];
    for row in 0..n {
        for i in 0..ca {
            let x = a[row * ca + i];
            for j in 0..cb {
                out[i * cb + j] += x * b[row * cb + j];
            }
        }
    }
    out
}

/// Singular values of a row-major matrix, largest first, by one-sided Jacobi rotations (Hestenes 1958).
pub fn singular_values(matrix: &[f64], rows: usize, columns: usize) -> Vec<f64> {
    // Rotate the shorter side's vectors until they are orthogonal; their lengths are the singular values.
    let (count, length) = (rows.min(columns), rows.max(columns));
    let mut vectors: Vec<Vec<f64>> = (0..count)
        .map(|v| {
            (0..length)
                .map(|i| if rows <= columns { matrix[v * columns + i] } else { matrix[i * columns + v] })
                .collect()
        })
        .collect();
    for _ in 0..60 {
        let mut turned = false;
        for p in 0..count {
            for q in p + 1..count {
                let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f64>();
                let (alpha, beta) = (dot(&vectors[p], &vectors[p]), dot(&vectors[q], &vectors[q]));
                let gamma = dot(&vectors[p], &vectors[q]);
                if gamma.abs() <= 1e-14 * (alpha * beta).sqrt() || gamma == 0.0 {
                    continue;
                }
                turned = true;
                let zeta = (beta - alpha) / (2.0 * gamma);
                let t = zeta.signum() / (zeta.abs() + (1.0 + zeta * zeta).sqrt());
                let c = 1.0 / (1.0 + t * t).sqrt();
                let s = c * t;
                let (left, right) = vectors.split_at_mut(q);
                for (x, y) in left[p].iter_mut().zip(&mut right[0]) {
                    (*x, *y) = (c * *x - s * *y, s * *x + c * *y);
                }
            }
        }
        if !turned {
            break;
        }
    }
    let mut values: Vec<f64> = vectors.iter().map(|v| v.iter().map(|x| x * x).sum::<f64>().sqrt()).collect();
    values.sort_by(|a, b| b.total_cmp(a));
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn singular_values_are_right() {
        // numpy.linalg.svd([[1, 2, 3], [4, 5, 6]])
        let found = singular_values(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], 2, 3);
        assert!((found[0] - 9.508_032_000_695_723).abs() < 1e-10 && (found[1] - 0.772_869_635_673_485).abs() < 1e-10);
        let tall = singular_values(&[1.0, 4.0, 2.0, 5.0, 3.0, 6.0], 3, 2);
        assert!(found.iter().zip(&tall).all(|(a, b)| (a - b).abs() < 1e-10));
        assert_eq!(singular_values(&[0.0; 6], 2, 3), vec![0.0, 0.0]);
        let diagonal = singular_values(&[3.0, 0.0, 0.0, -5.0], 2, 2);
        assert!((diagonal[0] - 5.0).abs() < 1e-12 && (diagonal[1] - 3.0).abs() < 1e-12);
    }
}
