//! Why? How faithfully the student repeats the teacher, and how well each network knows what it knows (Stanton et al. 2021, 2106.05945).
//!
//! Agreement of the predicted classes; KL(p_t ‖ p_s) at T = 1; the cosine between the gradients of both networks' cross-entropy at
//! the input (how alike they use pixels; ours); Cohen's κ of being right (Geirhos et al. 2020: recalled), which takes out what equal
//! accuracy alone would give; the range that accuracies leave for agreement; negative log-likelihood and the expected calibration
//! error over 15 equal bins (l, u] of the highest probability. With a foreign network, trained by itself, at hand: the student's
//! agreement with it. Only what the teacher has above that is transfer.

use burn::tensor::Tensor;
use serde::Serialize;
use serde_json::{Map, Value};

use super::common::pairs;
use super::{ProbeContext, TEACHER, images, only};
use crate::data::IMAGE_BYTES;
use crate::error::{Error, Result};
use crate::evaluate::{finite, logits, pixels};
use crate::metrics::{Matrix, outputs};
use crate::named::Named;
use crate::nets::Network;
use crate::objectives::{log_softmax, one_hot};
use crate::readback;
use crate::statistics::{Comparison, Rate};
use crate::yielding::yield_now;

/// Images in one pass. Constant, so that a GPU compiles its kernels once.
const BATCH: usize = 32;
/// Bins of the calibration error.
const BINS: usize = 15;

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
    pub fn from_json(options: &Map<String, Value>, context: &ProbeContext<'_>) -> Result<Self> {
        only(options, &["images"])?;
        Ok(Self { images: images(options, context, 500)? })
    }
}

/// Images whose highest probability lies in a bin.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Bin {
    /// Upper end of the bin; the lower is the upper of the one before.
    pub upper: f64,
    /// Images in it.
    pub count: usize,
    /// Mean highest probability; 0 in an empty bin.
    pub confidence: f64,
    /// Share that was right; 0 in an empty bin.
    pub accuracy: f64,
}

/// How well one network knows what it knows.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Calibration {
    /// Share right.
    pub accuracy: Rate,
    /// Mean negative log-likelihood of the labels, nats.
    pub nll: f64,
    /// Expected calibration error, in [0, 1].
    pub ece: f64,
    /// For a reliability diagram.
    pub bins: Vec<Bin>,
}

/// Agreement that two accuracies alone allow.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Bounds {
    /// max(0, a + b − 1); with two classes |a + b − 1|.
    pub low: f64,
    /// 1 − |a − b|.
    pub high: f64,
}

/// Everything the probe found.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// `fidelity`.
    pub probe: &'static str,
    /// Steps that the learners had been trained.
    pub step: usize,
    /// Seed of the run.
    pub seed: u64,
    /// Images.
    pub n: usize,
    /// Each network by itself.
    pub calibration: Named<Calibration>,
    /// Same class as the teacher, taught learners against the baseline.
    pub agreement: Named<Comparison>,
    /// The same of each learner, with Wilson intervals.
    pub agreement_rates: Named<Rate>,
    /// KL(p_t ‖ p), nats: less is more faithful.
    pub predictive_kl: Named<Comparison>,
    /// Cosine with the teacher's input gradient, in [−1, 1].
    pub gradient_alignment: Named<Comparison>,
    /// Each learner's Cohen's κ of being right, with the teacher; `None` where chance alone explains everything.
    pub kappa: Named<Option<f64>>,
    /// What the accuracies leave for the agreement with the teacher.
    pub bounds: Named<Bounds>,
    /// Each taught learner's agreement with the teacher ("student" of the comparison) and with a foreign network ("control"), if one
    /// is at hand.
    pub foreign: Option<Named<Comparison>>,
    /// Agreement of the baseline with a baseline of another seed, if one is at hand: the chance level.
    pub chance: Option<Rate>,
}

/// Runs the probe.
///
/// # Errors
/// `probe-invalid`, `data-missing`, `not-finite`, `gpu-lost`.
pub async fn run(options: &Options, context: &ProbeContext<'_>) -> Result<Report> {
    let indices = &options.images;
    let labels = indices.iter().map(|&i| context.images.label(i).map(usize::from)).collect::<Result<Vec<_>>>()?;
    let of = async |who: &str, network: &Network| {
        logits(who, network, context.images, indices, context.device).await?.matrix()
    };
    let mut seen = Vec::with_capacity(context.learners.len() + 1);
    for (id, network) in context.networks().iter() {
        seen.push(of(id, network).await?);
    }
    let seen = Named::new(&context.ids(), seen);
    let predicted = seen.map(outputs::predictions);
    let alike = |a: &[usize], b: &[usize]| a.iter().zip(b).map(|(a, b)| a == b).collect::<Vec<bool>>();
    let agrees = predicted.map(|own| alike(own, predicted.at(TEACHER)));
    let kls = seen.map(|own| outputs::kl_by_image(own, seen.at(TEACHER), 1.0)).transpose()?;
    let right = predicted.map(|own| alike(own, &labels));
    let bounds = |own: &[bool]| {
        let share = |hits: &[bool]| hits.iter().filter(|h| **h).count() as f64 / hits.len().max(1) as f64;
        let [low, high] = outputs::agreement_bounds(share(right.at(TEACHER)), share(own), seen.at(TEACHER).columns());
        Bounds { low, high }
    };
    let kappa = |own: &[bool]| {
        let pairs = right.at(TEACHER).iter().copied().zip(own.iter().copied());
        outputs::ErrorConsistency::of(pairs).kappa.value
    };
    let hits = |a: &[bool], b: &[bool]| Comparison::of_hits(a.iter().copied().zip(b.iter().copied()));
    let foreign = match context.foreign {
        None => None,
        Some(network) => {
            let other = outputs::predictions(&of("foreign network", network).await?);
            Some(context.of_taught(|place| hits(agrees.at(place), &alike(predicted.at(place), &other))))
        }
    };
    let chance = match context.twin.zip(context.baseline_place()) {
        None => None,
        Some((network, baseline)) => {
            let twin = outputs::predictions(&of("baseline’s twin", network).await?);
            Some(Rate::of(alike(predicted.at(baseline), &twin)))
        }
    };
    Ok(Report {
        probe: "fidelity",
        step: context.step,
        seed: context.seed,
        n: indices.len(),
        calibration: seen.map(|own| calibration(own, &labels)).transpose()?,
        agreement: context.comparisons(|taught, baseline| hits(agrees.at(taught), agrees.at(baseline))),
        agreement_rates: context.of_learners(|place| Rate::of(agrees.at(place).iter().copied())),
        predictive_kl: context.comparisons(|taught, baseline| {
            let pairs = kls.at(taught).iter().copied().zip(kls.at(baseline).iter().copied());
            Comparison::of(&pairs.collect::<Vec<_>>(), context.seed)
        }),
        gradient_alignment: alignment(indices, &labels, context).await?,
        kappa: context.of_learners(|place| kappa(right.at(place))),
        bounds: context.of_learners(|place| bounds(right.at(place))),
        foreign,
        chance,
    })
}

fn calibration(logits: &Matrix, labels: &[usize]) -> Result<Calibration> {
    let found = outputs::Calibration::new(logits, labels, BINS)?;
    let nll = outputs::nll_by_image(logits, labels)?;
    let bin = |b: outputs::Bin| Bin {
        upper: b.high,
        count: b.n,
        confidence: b.confidence.unwrap_or(0.0),
        accuracy: b.accuracy.unwrap_or(0.0),
    };
    Ok(Calibration {
        accuracy: Rate::of(outputs::hits(logits, labels)?),
        nll: nll.iter().sum::<f64>() / nll.len() as f64,
        ece: found.error(),
        bins: found.diagram().into_iter().map(bin).collect(),
    })
}

/// Cosines of input gradients with the teacher's, taught learners against the baseline.
async fn alignment(indices: &[usize], labels: &[usize], context: &ProbeContext<'_>) -> Result<Named<Comparison>> {
    let networks = context.networks();
    let mut found: Vec<Named<Option<f64>>> = Vec::with_capacity(indices.len());
    let size = BATCH.min(indices.len());
    for (chunk, classes) in indices.chunks(size).zip(labels.chunks(size)) {
        let (mut batch, mut classes) = (chunk.to_vec(), classes.to_vec());
        batch.resize(size, chunk[0]);
        classes.resize(size, classes[0]);
        let x = pixels(context.images, &batch, context.device)?;
        let gradients = networks.values().map(|network| gradient(network, x.clone(), &classes));
        let rows = Named::new(&context.ids(), readback::read_all(gradients.collect::<Result<_>>()?).await?);
        for (who, rows) in rows.iter() {
            finite(who, "input gradients", IMAGE_BYTES, rows)?;
        }
        for i in 0..chunk.len() {
            let row = |values: &[f32]| values[i * IMAGE_BYTES..(i + 1) * IMAGE_BYTES].to_vec();
            let teacher = row(rows.at(TEACHER));
            // A network so sure that its gradient is zero has no direction.
            found.push(rows.map(|own| cosine(&teacher, &row(own))));
        }
        yield_now().await;
    }
    Ok(context.comparisons(|taught, baseline| Comparison::of(&pairs(&found, taught, baseline, |v| v), context.seed)))
}

/// Gradient of each image's cross-entropy at its pixels, flat.
fn gradient(network: &Network, x: Tensor<4>, classes: &[usize]) -> Result<Tensor<1>> {
    let leaf = x.autodiff().require_grad();
    let labels = one_hot(classes, network.classes(), &leaf.device());
    let loss = (log_softmax(network.logits(leaf.clone())) * labels).sum() * -1.0;
    let gradient = leaf.grad(&loss.backward());
    let gradient = gradient.ok_or_else(|| Error::Internal("a loss had no gradient at its input.".into()))?;
    let count: usize = gradient.dims().iter().product();
    Ok(gradient.reshape([count]))
}

fn cosine(a: &[f32], b: &[f32]) -> Option<f64> {
    let dot = |x: &[f32], y: &[f32]| x.iter().zip(y).map(|(x, y)| f64::from(*x) * f64::from(*y)).sum::<f64>();
    let size = (dot(a, a) * dot(b, b)).sqrt();
    (size > 0.0).then(|| (dot(a, b) / size).clamp(-1.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::Logits;

    #[test]
    fn calibration_is_what_it_says() {
        // Four images at 75 % (ln 3 of two classes), three of them right: perfectly calibrated.
        let sure = [3f64.ln(), 0.0];
        let logits = Matrix::new("logits", [4, 2], [sure; 4].concat()).unwrap();
        let found = calibration(&logits, &[0, 0, 0, 1]).unwrap();
        assert!(found.ece < 1e-7, "{found:?}");
        assert_eq!(found.bins.iter().map(|b| b.count).sum::<usize>(), 4);
        let wrong = calibration(&logits, &[1; 4]).unwrap();
        assert!((wrong.ece - 0.75).abs() < 1e-7 && wrong.accuracy.count == 0);
        assert!((wrong.nll - 4f64.ln()).abs() < 1e-6);
    }

    /// With these logits the confidence is 12/15 less 9·10⁻⁹. Their difference in single precision would carry it over the edge.
    #[test]
    fn an_image_at_the_edge_of_a_bin_is_on_its_own_side() {
        let logits = Logits::of("teacher", 2, vec![0.303_591_43, -1.082_702_9]).expect("numbers");
        let found = calibration(&logits.matrix().unwrap(), &[0]).unwrap();
        let filled: Vec<_> = (0..BINS).filter(|b| found.bins[*b].count == 1).collect();
        assert_eq!(filled, [11], "{found:?}");
        assert!(found.bins[11].confidence < 0.8 && found.bins[11].upper == 0.8);
    }
}
