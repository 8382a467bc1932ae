//! Why? How alike the features of teacher and learners are, and how they relate to the labels: FSS and RS of 2412.13943.
//!
//! FSS of a tap: distance correlation (V-centred, rows of length 1) between the teacher's and another network's features of the
//! same images. RS: bias-corrected distance correlation of pooled features with the labels; of *distilled* features: after what the
//! baseline explains was removed; of *residual* ones: what the baseline has and the learner does not. Formulas as in the authors' code
//! (`crate::metrics`). They need all pairs of images, so they are computed in batches of 32, as the authors do, and a batch is the
//! unit of every interval here.

use serde::Serialize;
use serde_json::{Map, Value};

use super::unicam::{balanced, too_few};
use super::{ProbeContext, TEACHER, images, one_of, only};
use crate::error::{Error, Result};
use crate::evaluate::{finite, pixels};
use crate::metrics::Matrix;
use crate::metrics::dcor::{LabelDistances, Relevance, UCentred, fss};
use crate::named::Named;
use crate::nets::Taps;
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
    pub fn from_json(options: &Map<String, Value>, context: &ProbeContext<'_>) -> Result<Self> {
        only(options, &["images", "labels"])?;
        let asked = images(options, context, 256)?;
        let (count, listed) = (asked.len(), matches!(options.get("images"), Some(Value::Array(_))));
        let chosen = if listed { asked } else { balanced(context, count)? };
        if chosen.len() < BATCH && count >= BATCH {
            return Err(too_few(context, count, chosen.len(), BATCH));
        }
        if chosen.len() < BATCH {
            return Err(Error::ProbeInvalid(format!(
                "`images` must name at least {BATCH} images: all pairs are compared."
            )));
        }
        Ok(Self { images: chosen, by_classifier: one_of(options, "labels", &["one-hot", "classifier"])? == 1 })
    }
}

/// FSS at one tap, taught learners against the baseline.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Layer {
    /// `f0`, `f1`, … or `pooled`.
    pub tap: String,
    /// FSS with the teacher's features of the same name, in [0, 1]; n counts batches.
    pub fss: Named<Comparison>,
}

/// Everything the probe found.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// `relevance`.
    pub probe: &'static str,
    /// Steps that the learners had been trained.
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
    /// RS of taught learners and baseline.
    pub relevance: Named<Comparison>,
    /// RS of distilled ("student" of the comparison) and residual ("control") features, each taught learner against the baseline.
    pub distilled: Named<Comparison>,
    /// The same against the teacher: what a learner has beyond the teacher, and what it left of the teacher.
    pub against_teacher: Named<Comparison>,
    /// Batches that gave no number for `distilled`, because one network explains the other.
    pub undefined: Named<usize>,
}

/// Runs the probe.
///
/// # Errors
/// `probe-invalid`, `data-missing`, `gpu-lost`.
pub async fn run(options: &Options, context: &ProbeContext<'_>) -> Result<Report> {
    let table = match options.by_classifier {
        false => LabelDistances::OneHot,
        true => {
            let rows = context.teacher.classifier_rows();
            let shape = rows.dims();
            let rows = readback::read(rows).await?;
            finite("teacher", "class vectors", shape[1], &rows)?;
            LabelDistances::Embeddings(Matrix::from_tensor("classifier", &shape, &rows)?)
        }
    };
    let taps: Vec<String> = (0..context.shared_taps()).map(|i| format!("f{i}")).chain(["pooled".into()]).collect();
    let networks = context.networks();
    let mut by_tap: Vec<Vec<Named<Pair>>> = vec![Vec::new(); taps.len()];
    let (mut relevance, mut distilled, mut against_teacher) = (Vec::new(), Vec::new(), Vec::new());
    let mut of_teacher = Vec::new();
    let mut n = 0;
    for chunk in options.images.chunks_exact(BATCH) {
        n += chunk.len();
        let labels: Vec<usize> =
            chunk.iter().map(|&i| context.images.label(i).map(usize::from)).collect::<Result<_>>()?;
        let x = pixels(context.images, chunk, context.device)?;
        let mut own = Vec::with_capacity(networks.len());
        for (who, network) in networks.iter() {
            own.push(features(who, network.forward(x.clone()), taps.len() - 1).await?);
        }
        for (tap, found) in by_tap.iter_mut().enumerate() {
            let values = own.iter().map(|f| Ok(fss(&own[TEACHER][tap], &f[tap])?.value)).collect::<Result<Vec<_>>>()?;
            found.push(context.comparisons(|taught, baseline| values[taught].zip(values[baseline])));
        }
        let labels = UCentred::of_labels(&labels, &table)?;
        let last = own.iter().map(|f| f.last().map(UCentred::of_features).transpose()).collect::<Result<Vec<_>>>()?;
        let Some(last) = last.into_iter().collect::<Option<Vec<_>>>() else { continue };
        // Where next to nothing is left after the removal, its correlation is rounding.
        let left = |a: &UCentred, b: &UCentred| {
            let p = a.without(b);
            p.dot(&p) > 1e-6 * a.dot(a)
        };
        let beside = |place: usize, other: usize| {
            let found = Relevance::of(&last[place], &last[other], &labels);
            let both = left(&last[place], &last[other]) && left(&last[other], &last[place]);
            let parts = found.distilled.value.zip(found.residual.value).filter(|_| both);
            (found.x.value, found.y.value, parts)
        };
        let with_baseline = context.comparisons(beside);
        relevance.push(with_baseline.map(|(x, y, _)| x.zip(*y)));
        distilled.push(with_baseline.map(|(_, _, parts)| *parts));
        let with_teacher = context.of_taught(|place| beside(place, TEACHER));
        of_teacher.extend(with_teacher.values().next().and_then(|(_, teacher, _)| *teacher));
        against_teacher.push(with_teacher.map(|(_, _, parts)| *parts));
        yield_now().await;
    }
    let compare = |batches: &[Named<Pair>]| over_batches(batches, |pairs| Comparison::of(pairs, context.seed));
    Ok(Report {
        probe: "relevance",
        step: context.step,
        seed: context.seed,
        n,
        batch: BATCH,
        layers: taps.into_iter().zip(&by_tap).map(|(tap, found)| Layer { tap, fss: compare(found) }).collect(),
        teacher: (!of_teacher.is_empty()).then(|| of_teacher.iter().sum::<f64>() / of_teacher.len() as f64),
        relevance: compare(&relevance),
        distilled: compare(&distilled),
        against_teacher: compare(&against_teacher),
        undefined: over_batches(&distilled, |pairs| distilled.len() - pairs.len()),
    })
}

/// A taught learner's number in a batch and that of the network it is compared with; `None` where one of them has none.
type Pair = Option<(f64, f64)>;

/// What follows from the pairs that the batches gave, learner by learner.
fn over_batches<T>(batches: &[Named<Pair>], f: impl Fn(&[(f64, f64)]) -> T) -> Named<T> {
    let Some(first) = batches.first() else { return Named::default() };
    let ids = first.iter().enumerate();
    ids.map(|(at, (id, _))| (id, f(&batches.iter().filter_map(|batch| *batch.at(at)).collect::<Vec<_>>()))).collect()
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
