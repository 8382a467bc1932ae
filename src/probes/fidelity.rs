//! Why? How faithfully the student repeats the teacher, and how well both know what they know (Stanton et al. 2021, 2106.05945).
//!
//! Agreement of the predicted classes; KL(p_t ‖ p_s) at T = 1; the cosine between the gradients of both networks' cross-entropy at
//! the input (how alike they use pixels; ours); Cohen's κ of being right (Geirhos et al. 2020: recalled), which takes out what equal
//! accuracy alone would give; the range that accuracies leave for agreement; negative log-likelihood and the expected calibration
//! error over 15 equal bins (l, u] of the highest probability. With a foreign network, trained by itself, at hand: the student's
//! agreement with it. Only what the teacher has above that is transfer.

use burn::tensor::Tensor;
use serde::Serialize;
use serde_json::{Map, Value};

use super::{Bench, Trio, images, only};
use crate::data::IMAGE_BYTES;
use crate::error::{Error, Result};
use crate::evaluate::{finite, logits, pixels};
use crate::metrics::{Matrix, outputs};
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
    pub fn from_json(options: &Map<String, Value>, bench: &Bench<'_>) -> Result<Self> {
        only(options, &["images"])?;
        Ok(Self { images: images(options, bench, 500)? })
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
    /// Steps that student and control had been trained.
    pub step: usize,
    /// Seed of the run.
    pub seed: u64,
    /// Images.
    pub n: usize,
    /// Each network by itself.
    pub calibration: Trio<Calibration>,
    /// Same class as the teacher.
    pub agreement: Comparison,
    /// The same as rates with Wilson intervals, teacher with itself left out.
    pub agreement_rates: Pair<Rate>,
    /// KL(p_t ‖ p), nats: less is more faithful.
    pub predictive_kl: Comparison,
    /// Cosine with the teacher's input gradient, in [−1, 1].
    pub gradient_alignment: Comparison,
    /// Cohen's κ of being right, with the teacher; `None` where chance alone explains everything.
    pub kappa: Pair<Option<f64>>,
    /// What the accuracies leave for the agreement with the teacher.
    pub bounds: Pair<Bounds>,
    /// The student's agreement with the teacher ("student" of the comparison) and with a foreign network ("control"), if one is at
    /// hand.
    pub foreign: Option<Comparison>,
    /// Agreement of the control with a control of another seed, if one is at hand: the chance level.
    pub chance: Option<Rate>,
}

/// Something of student and control.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Pair<T> {
    /// The student's.
    pub student: T,
    /// The control's.
    pub control: T,
}

/// Runs the probe.
///
/// # Errors
/// `probe-invalid`, `data-missing`, `not-finite`, `gpu-lost`.
pub async fn run(options: &Options, bench: &Bench<'_>) -> Result<Report> {
    let indices = &options.images;
    let labels = indices.iter().map(|&i| bench.images.label(i).map(usize::from)).collect::<Result<Vec<_>>>()?;
    let of =
        async |who: &str, network: &Network| logits(who, network, bench.images, indices, bench.device).await?.matrix();
    let seen = Trio {
        teacher: of("teacher", bench.teacher).await?,
        student: of("student", bench.student).await?,
        control: of("control", bench.control).await?,
    };
    let predicted = seen.map(outputs::predictions);
    let agree = |own: &[usize]| own.iter().zip(&predicted.teacher).map(|(a, b)| a == b).collect::<Vec<_>>();
    let (student, control) = (agree(&predicted.student), agree(&predicted.control));
    let kls = |own: &Matrix| outputs::kl_by_image(own, &seen.teacher, 1.0);
    let pairs = |a: Vec<f64>, b: Vec<f64>| Comparison::of(&a.into_iter().zip(b).collect::<Vec<_>>(), bench.seed);
    let right = predicted.map(|own| own.iter().zip(&labels).map(|(a, b)| a == b).collect::<Vec<bool>>());
    let bounds = |own: &[bool]| {
        let share = |hits: &[bool]| hits.iter().filter(|h| **h).count() as f64 / hits.len().max(1) as f64;
        let [low, high] = outputs::agreement_bounds(share(&right.teacher), share(own), seen.teacher.columns());
        Bounds { low, high }
    };
    let kappa = |own: &[bool]| {
        let pairs = right.teacher.iter().copied().zip(own.iter().copied());
        outputs::ErrorConsistency::of(pairs).kappa.value
    };
    let foreign = match bench.foreign {
        None => None,
        Some(network) => {
            let other = outputs::predictions(&of("foreign network", network).await?);
            let with_other = predicted.student.iter().zip(&other).map(|(a, b)| a == b);
            Some(Comparison::of_hits(student.iter().copied().zip(with_other)))
        }
    };
    let chance = match bench.twin {
        None => None,
        Some(network) => {
            let twin = outputs::predictions(&of("control’s twin", network).await?);
            Some(Rate::of(predicted.control.iter().zip(&twin).map(|(a, b)| a == b)))
        }
    };
    Ok(Report {
        probe: "fidelity",
        step: bench.step,
        seed: bench.seed,
        n: indices.len(),
        calibration: Trio {
            teacher: calibration(&seen.teacher, &labels)?,
            student: calibration(&seen.student, &labels)?,
            control: calibration(&seen.control, &labels)?,
        },
        agreement: Comparison::of_hits(student.iter().copied().zip(control.iter().copied())),
        agreement_rates: Pair { student: Rate::of(student), control: Rate::of(control) },
        predictive_kl: pairs(kls(&seen.student)?, kls(&seen.control)?),
        gradient_alignment: alignment(indices, &labels, bench).await?,
        kappa: Pair { student: kappa(&right.student), control: kappa(&right.control) },
        bounds: Pair { student: bounds(&right.student), control: bounds(&right.control) },
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

/// Cosines of input gradients with the teacher's, student against control.
async fn alignment(indices: &[usize], labels: &[usize], bench: &Bench<'_>) -> Result<Comparison> {
    let mut found = Vec::with_capacity(indices.len());
    let size = BATCH.min(indices.len());
    for (chunk, classes) in indices.chunks(size).zip(labels.chunks(size)) {
        let (mut batch, mut classes) = (chunk.to_vec(), classes.to_vec());
        batch.resize(size, chunk[0]);
        classes.resize(size, classes[0]);
        let x = pixels(bench.images, &batch, bench.device)?;
        let gradients = bench.networks().map(|network| gradient(network, x.clone(), &classes));
        let rows = readback::read_all(vec![gradients.teacher?, gradients.student?, gradients.control?]).await?;
        for (who, rows) in ["teacher", "student", "control"].into_iter().zip(&rows) {
            finite(who, "input gradients", IMAGE_BYTES, rows)?;
        }
        for i in 0..chunk.len() {
            let row = |which: usize| &rows[which][i * IMAGE_BYTES..(i + 1) * IMAGE_BYTES];
            // A network so sure that its gradient is zero has no direction.
            if let (Some(s), Some(c)) = (cosine(row(0), row(1)), cosine(row(0), row(2))) {
                found.push((s, c));
            }
        }
        yield_now().await;
    }
    Ok(Comparison::of(&found, bench.seed))
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
