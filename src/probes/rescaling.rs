//! Why? Paper C (2002.03532): what soft targets do to each image's gradient, and which classes the teacher finds alike.
//!
//! The factor by which soft targets rescale the gradient at the right class, against labels alone, with q the student's and p the
//! teacher's probabilities: w = (1 − α) + α·T·(p^T_y − q^T_y)/(1 − q_y) (derived in the research notes from Prop. 1, in the field's
//! convention with T²). The paper says that it grows with the teacher's confidence: reported as Spearman's rank correlation.
//!
//! Class geometry (§4.2, Prop. 2): correlations between classes of the teacher's softened probabilities over the images, beside the
//! cosines of the rows of the last layer of student and of control, and the rank correlation of the two over pairs of classes.

use serde::Serialize;
use serde_json::{Map, Value};

use super::{Bench, images, number, only};
use crate::error::Result;
use crate::evaluate::logits;
use crate::nets::Network;
use crate::readback;
use crate::statistics::softmax;

use super::fidelity::Pair;

/// What to compute.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// Test images.
    pub images: Vec<usize>,
    /// T.
    pub temperature: f64,
    /// α.
    pub alpha: f64,
}

impl Options {
    /// Reads `images` (default 500), `temperature` (4), `alpha` (0.9).
    ///
    /// # Errors
    /// `probe-invalid`, `data-missing`.
    pub fn from_json(options: &Map<String, Value>, bench: &Bench<'_>) -> Result<Self> {
        only(options, &["images", "temperature", "alpha"])?;
        Ok(Self {
            images: images(options, bench, 500)?,
            temperature: number(options, "temperature", 4.0, 0.5, 20.0)?,
            alpha: number(options, "alpha", 0.9, 0.0, 1.0)?,
        })
    }
}

/// One image.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Item {
    /// Test image.
    pub index: usize,
    /// True class.
    pub label: usize,
    /// The teacher's probability of the true class at T = 1.
    pub confidence: f64,
    /// Rescaling factor w of student and control; `None` where the network's probability of the true class is 1 to rounding, so
    /// that labels alone give no gradient to compare with.
    pub factor: Pair<Option<f64>>,
    /// What the variants of paper C would teach for this image, `[K]` each.
    pub targets: Targets,
}

/// Target distributions for one image.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Targets {
    /// The label.
    pub label: Vec<f64>,
    /// Label smoothing with ε = 0.1.
    pub smoothing: Vec<f64>,
    /// The teacher at T.
    pub teacher: Vec<f64>,
    /// KD-pt: only its confidence.
    pub confidence: Vec<f64>,
    /// KD-topk: its likeliest quarter of the classes.
    pub top_k: Vec<f64>,
}

/// A rank correlation with its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Correlation {
    /// Pairs.
    pub n: usize,
    /// Spearman's ρ in [−1, 1]; `None` with fewer than 3 pairs or without variation.
    pub rho: Option<f64>,
    /// Lower end, by Fisher's transformation with Bonett & Wright's (2000) standard error; `None` with fewer than 4 pairs.
    pub low: Option<f64>,
    /// Upper end.
    pub high: Option<f64>,
}

/// Everything the probe found.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// `rescaling`.
    pub probe: &'static str,
    /// Steps that student and control had been trained.
    pub step: usize,
    /// Seed of the run.
    pub seed: u64,
    /// Images.
    pub n: usize,
    /// T.
    pub temperature: f64,
    /// α.
    pub alpha: f64,
    /// Names of the classes.
    pub classes: Vec<String>,
    /// By image.
    pub items: Vec<Item>,
    /// Factor against the teacher's confidence.
    pub confidence_correlation: Pair<Correlation>,
    /// Correlation between classes of the teacher's probabilities at T, `[K][K]`; `None` where a class never varies.
    pub teacher_geometry: Vec<Vec<Option<f64>>>,
    /// Cosines between the rows of the last layers, `[K][K]`.
    pub row_geometry: Pair<Vec<Vec<f64>>>,
    /// Rank correlation of the two over pairs of different classes.
    pub geometry_correlation: Pair<Correlation>,
}

/// Runs the probe.
///
/// # Errors
/// `probe-invalid`, `data-missing`, `gpu-lost`.
pub async fn run(options: &Options, bench: &Bench<'_>) -> Result<Report> {
    let (indices, t) = (&options.images, options.temperature);
    let of = async |who: &str, network: &Network| logits(who, network, bench.images, indices, bench.device).await;
    let teacher = of("teacher", bench.teacher).await?;
    let (student, control) = (of("student", bench.student).await?, of("control", bench.control).await?);
    let soften = |row: &[f32]| softmax(&row.iter().map(|z| (f64::from(*z) / t) as f32).collect::<Vec<_>>());
    let mut items = Vec::with_capacity(indices.len());
    let mut softened = Vec::with_capacity(indices.len());
    for (((&index, p), s), c) in indices.iter().zip(teacher.rows()).zip(student.rows()).zip(control.rows()) {
        let label = usize::from(bench.images.label(index)?);
        let soft = soften(p);
        let factor = |own: &[f32]| {
            let wrong = 1.0 - softmax(own)[label];
            let w = (1.0 - options.alpha) + options.alpha * t * (soft[label] - soften(own)[label]) / wrong;
            (wrong > 1e-9).then_some(w)
        };
        items.push(Item {
            index,
            label,
            confidence: softmax(p)[label],
            factor: Pair { student: factor(s), control: factor(c) },
            targets: targets(&soft, label),
        });
        softened.push(soft);
    }
    let against = |f: fn(&Item) -> Option<f64>| {
        let pairs: Vec<_> = items.iter().filter_map(|i| Some((i.confidence, f(i)?))).collect();
        spearman(&pairs)
    };
    let geometry = correlations(&softened);
    let rows = Pair { student: cosines(bench.student).await?, control: cosines(bench.control).await? };
    let alike = |rows: &[Vec<f64>]| {
        let k = rows.len();
        let pairs = (0..k).flat_map(|i| (i + 1..k).map(move |j| (i, j)));
        spearman(&pairs.filter_map(|(i, j)| Some((geometry[i][j]?, rows[i][j]))).collect::<Vec<_>>())
    };
    Ok(Report {
        probe: "rescaling",
        step: bench.step,
        seed: bench.seed,
        n: items.len(),
        temperature: t,
        alpha: options.alpha,
        classes: bench.images.classes().to_vec(),
        confidence_correlation: Pair { student: against(|i| i.factor.student), control: against(|i| i.factor.control) },
        geometry_correlation: Pair { student: alike(&rows.student), control: alike(&rows.control) },
        teacher_geometry: geometry,
        row_geometry: rows,
        items,
    })
}

fn targets(p: &[f64], label: usize) -> Targets {
    let k = p.len() as f64;
    let one_hot = |value: f64, rest: f64| (0..p.len()).map(|i| if i == label { value } else { rest }).collect();
    let keep = ((k / 4.0).round() as usize).max(1);
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|a, b| p[*b].total_cmp(&p[*a]));
    let kept: f64 = order[..keep].iter().map(|i| p[*i]).sum();
    Targets {
        label: one_hot(1.0, 0.0),
        smoothing: one_hot(0.9 + 0.1 / k, 0.1 / k),
        teacher: p.to_vec(),
        confidence: one_hot(p[label], (1.0 - p[label]) / (k - 1.0).max(1.0)),
        top_k: (0..p.len()).map(|i| if order[..keep].contains(&i) { p[i] / kept } else { 0.0 }).collect(),
    }
}

/// Pearson's correlation between the columns of rows of probabilities.
fn correlations(rows: &[Vec<f64>]) -> Vec<Vec<Option<f64>>> {
    let k = rows.first().map_or(0, Vec::len);
    let column = |c: usize| rows.iter().map(|r| r[c]).collect::<Vec<_>>();
    let columns: Vec<_> = (0..k).map(column).collect();
    columns.iter().map(|a| columns.iter().map(|b| pearson(a, b)).collect()).collect()
}

fn pearson(a: &[f64], b: &[f64]) -> Option<f64> {
    let mean = |x: &[f64]| x.iter().sum::<f64>() / x.len() as f64;
    let (ma, mb) = (mean(a), mean(b));
    let dot = |x: &[f64], mx: f64, y: &[f64], my: f64| x.iter().zip(y).map(|(x, y)| (x - mx) * (y - my)).sum::<f64>();
    let size = (dot(a, ma, a, ma) * dot(b, mb, b, mb)).sqrt();
    (size > 1e-15).then(|| (dot(a, ma, b, mb) / size).clamp(-1.0, 1.0))
}

/// Mean ranks, from 1.
fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|a, b| values[*a].total_cmp(&values[*b]));
    let mut ranks = vec![0.0; values.len()];
    let mut start = 0;
    while start < order.len() {
        let same = order[start..].iter().take_while(|i| values[**i] == values[order[start]]).count();
        for i in &order[start..start + same] {
            ranks[*i] = start as f64 + (same as f64 + 1.0) / 2.0;
        }
        start += same;
    }
    ranks
}

/// Spearman's rank correlation.
pub fn spearman(pairs: &[(f64, f64)]) -> Correlation {
    let n = pairs.len();
    let (a, b): (Vec<f64>, Vec<f64>) = pairs.iter().copied().unzip();
    let rho = if n < 3 { None } else { pearson(&ranks(&a), &ranks(&b)) };
    let interval = rho.filter(|_| n > 3).map(|rho| {
        let z = rho.clamp(-0.999_999_9, 0.999_999_9).atanh();
        let half = 1.959_963_984_540_054 * ((1.0 + rho * rho / 2.0) / (n as f64 - 3.0)).sqrt();
        ((z - half).tanh(), (z + half).tanh())
    });
    Correlation { n, rho, low: interval.map(|i| i.0), high: interval.map(|i| i.1) }
}

/// Cosines between the rows of a network's last layer.
async fn cosines(network: &Network) -> Result<Vec<Vec<f64>>> {
    let rows = network.classifier_rows();
    let [k, size] = rows.dims();
    let values = readback::read(rows).await?;
    let row = |i: usize| &values[i * size..(i + 1) * size];
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(x, y)| f64::from(*x) * f64::from(*y)).sum::<f64>();
    let cosine = |i: usize, j: usize| {
        let size = (dot(row(i), row(i)) * dot(row(j), row(j))).sqrt();
        if size > 0.0 { (dot(row(i), row(j)) / size).clamp(-1.0, 1.0) } else { 0.0 }
    };
    Ok((0..k).map(|i| (0..k).map(|j| cosine(i, j)).collect()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rank_correlations_are_those_of_a_statistics_package() {
        // scipy.stats.spearmanr([1, 2, 3, 4, 5], [5, 6, 7, 8, 7]) = 0.8207826816681233
        let pairs = [(1.0, 5.0), (2.0, 6.0), (3.0, 7.0), (4.0, 8.0), (5.0, 7.0)];
        assert!((spearman(&pairs).rho.unwrap() - 0.820_782_681_668_123_3).abs() < 1e-12);
        assert_eq!(spearman(&[(1.0, 1.0), (2.0, 2.0)]).rho, None);
        assert_eq!(spearman(&[(1.0, 1.0); 5]).rho, None);
        let line: Vec<_> = (0..10).map(|i| (f64::from(i), f64::from(i * i))).collect();
        let found = spearman(&line);
        assert!((found.rho.unwrap() - 1.0).abs() < 1e-12 && found.high.unwrap() <= 1.0 && found.low.unwrap() > 0.9);
    }

    #[test]
    fn targets_are_distributions() {
        let t = targets(&[0.1, 0.5, 0.2, 0.1, 0.05, 0.05], 2);
        for row in [&t.label, &t.smoothing, &t.teacher, &t.confidence, &t.top_k] {
            assert!((row.iter().sum::<f64>() - 1.0).abs() < 1e-12, "{row:?}");
        }
        assert_eq!(t.confidence[2], 0.2);
        assert_eq!(t.top_k.iter().filter(|p| **p > 0.0).count(), 2);
    }
}
