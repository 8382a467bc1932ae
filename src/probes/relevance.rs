//! Why? How alike the features of student and teacher are, and how they relate to the labels: FSS and RS of 2412.13943.
//!
//! FSS of a tap: distance correlation (V-centred, rows of length 1) between the teacher's and another network's features of the
//! same images. RS: bias-corrected distance correlation of pooled features with the labels; of *distilled* features: after what the
//! control explains was removed; of *residual* ones: what the control has and the student not. Formulas as in the authors' code
//! (`crate::metrics`). They need all pairs of images, so they are computed in batches of 32, as the authors do, and a batch is the
//! unit of every interval here.

use serde::Serialize;
use serde_json::{Map, Value};

use super::unicam::{balanced, too_few};
use super::{Bench, images, one_of, only};
use crate::error::{Error, Result};
use crate::evaluate::{finite, pixels};
use crate::metrics::Matrix;
use crate::metrics::dcor::{LabelDistances, Relevance, UCentred, fss};
use crate::nets::{Network, Taps};
use crate::readback;
use crate::statistics::Comparison;
use crate::yielding::yield_now;

/// Images of which all pairs are compared. Constant, so that a GPU compiles its kernels once.
const BATCH: usize = 32;

/// What to compute.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// Test images; a last batch of fewer than 32 is left out.
    pub images: Vec<usize>,
    /// Label distances from the teacher's last layer instead of one-hot vectors.
    pub by_classifier: bool,
}

impl Options {
    /// Reads `images` (default 256, as many of each class; at least 32), `labels` (`one-hot` or `classifier`).
    ///
    /// # Errors
    /// `probe-invalid`, `data-missing`.
    pub fn from_json(options: &Map<String, Value>, bench: &Bench<'_>) -> Result<Self> {
        only(options, &["images", "labels"])?;
        let asked = images(options, bench, 256)?;
        let (count, listed) = (asked.len(), matches!(options.get("images"), Some(Value::Array(_))));
        let chosen = if listed { asked } else { balanced(bench, count)? };
        if chosen.len() < BATCH && count >= BATCH {
            return Err(too_few(bench, count, chosen.len(), BATCH));
        }
        if chosen.len() < BATCH {
            return Err(Error::ProbeInvalid(format!(
                "`images` must name at least {BATCH} images: all pairs are compared."
            )));
        }
        Ok(Self { images: chosen, by_classifier: one_of(options, "labels", &["one-hot", "classifier"])? == 1 })
    }
}

/// FSS at one tap, student against control.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Layer {
    /// `f0`, `f1`, … or `pooled`.
    pub tap: String,
    /// FSS with the teacher's features of the same name, in [0, 1]; n counts batches.
    pub fss: Comparison,
}

/// Everything the probe found.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// `relevance`.
    pub probe: &'static str,
    /// Steps that student and control had been trained.
    pub step: usize,
    /// Seed of the run.
    pub seed: u64,
    /// Images.
    pub n: usize,
    /// Images in a batch.
    pub batch: usize,
    /// By tap.
    pub layers: Vec<Layer>,
    /// RS of the teacher's pooled features, mean over batches.
    pub teacher: Option<f64>,
    /// RS of student and control.
    pub relevance: Comparison,
    /// RS of distilled ("student") and residual ("control") features, student against control.
    pub distilled: Comparison,
    /// The same, student against teacher: what the student has beyond the teacher, and what it left of the teacher.
    pub against_teacher: Comparison,
    /// Batches that gave no number for `distilled`, because one network explains the other.
    pub undefined: usize,
}

/// Runs the probe.
///
/// # Errors
/// `probe-invalid`, `data-missing`, `gpu-lost`.
pub async fn run(options: &Options, bench: &Bench<'_>) -> Result<Report> {
    let table = match options.by_classifier {
        false => LabelDistances::OneHot,
        true => {
            let rows = bench.teacher.classifier_rows();
            let shape = rows.dims();
            let rows = readback::read(rows).await?;
            finite("teacher", "class vectors", shape[1], &rows)?;
            LabelDistances::Embeddings(Matrix::from_tensor("classifier", &shape, &rows)?)
        }
    };
    let taps: Vec<String> = {
        let shared = bench.teacher.maps().min(bench.student.maps());
        (0..shared).map(|i| format!("f{i}")).chain(["pooled".into()]).collect()
    };
    let mut by_tap = vec![Vec::new(); taps.len()];
    let (mut relevance, mut distilled, mut against_teacher, mut of_teacher) = (vec![], vec![], vec![], vec![]);
    let (mut n, mut undefined) = (0, 0);
    for chunk in options.images.chunks_exact(BATCH) {
        n += chunk.len();
        let labels: Vec<usize> =
            chunk.iter().map(|&i| bench.images.label(i).map(usize::from)).collect::<Result<_>>()?;
        let x = pixels(bench.images, chunk, bench.device)?;
        let of = async |who: &str, network: &Network| features(who, network.forward(x.clone()), taps.len() - 1).await;
        let t = of("teacher", bench.teacher).await?;
        let (s, c) = (of("student", bench.student).await?, of("control", bench.control).await?);
        for (found, ((t, s), c)) in by_tap.iter_mut().zip(t.iter().zip(&s).zip(&c)) {
            found.extend(fss(t, s)?.value.zip(fss(t, c)?.value));
        }
        let labels = UCentred::of_labels(&labels, &table)?;
        let last = |features: &[Matrix]| features.last().map(UCentred::of_features).transpose();
        let (Some(t), Some(s), Some(c)) = (last(&t)?, last(&s)?, last(&c)?) else { continue };
        let (with_control, with_teacher) = (Relevance::of(&s, &c, &labels), Relevance::of(&s, &t, &labels));
        relevance.extend(with_control.x.value.zip(with_control.y.value));
        of_teacher.extend(with_teacher.y.value);
        // Where next to nothing is left after the removal, its correlation is rounding.
        let left = |a: &UCentred, b: &UCentred| {
            let p = a.without(b);
            p.dot(&p) > 1e-6 * a.dot(a)
        };
        match with_control.distilled.value.zip(with_control.residual.value).filter(|_| left(&s, &c) && left(&c, &s)) {
            Some(pair) => distilled.push(pair),
            None => undefined += 1,
        }
        let pair = with_teacher.distilled.value.zip(with_teacher.residual.value);
        against_teacher.extend(pair.filter(|_| left(&s, &t) && left(&t, &s)));
        yield_now().await;
    }
    let compare = |pairs: &[(f64, f64)]| Comparison::of(pairs, bench.seed);
    Ok(Report {
        probe: "relevance",
        step: bench.step,
        seed: bench.seed,
        n,
        batch: BATCH,
        layers: taps.into_iter().zip(&by_tap).map(|(tap, pairs)| Layer { tap, fss: compare(pairs) }).collect(),
        teacher: (!of_teacher.is_empty()).then(|| of_teacher.iter().sum::<f64>() / of_teacher.len() as f64),
        relevance: compare(&relevance),
        distilled: compare(&distilled),
        against_teacher: compare(&against_teacher),
        undefined,
    })
}

/// The first `maps` maps and the pooled vector, flattened, on the host.
async fn features(who: &str, taps: Taps, maps: usize) -> Result<Vec<Matrix>> {
    let mut shapes = Vec::new();
    let mut tensors = Vec::new();
    for map in taps.maps.into_iter().take(maps) {
        let shape = map.dims();
        shapes.push(shape.to_vec());
        tensors.push(map.reshape([shape.iter().product::<usize>()]));
    }
    let [rows, columns] = taps.pooled.dims();
    shapes.push(vec![rows, columns]);
    tensors.push(taps.pooled.reshape([rows * columns]));
    let read = readback::read_all(tensors).await?;
    for values in &read {
        finite(who, "features", values.len() / rows, values)?;
    }
    shapes.iter().zip(read).map(|(shape, values)| Matrix::from_tensor("features", shape, &values)).collect()
}
