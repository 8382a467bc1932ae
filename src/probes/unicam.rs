//! Where do they look? UniCAM (Adhane et al. 2025, 2412.13943): which places carry what was distilled, and what was left behind.
//!
//! Take the features X of one network and Y of another on the same n images. Remove from X's distances what Y's explain, and see
//! how what remains relates to the labels: with A, B, G the U-centred distance matrices of X, Y and the label embeddings,
//! P = A − (⟨A,B⟩/⟨B,B⟩)·B and ℓ = ⟨P,G⟩/√(⟨P,P⟩⟨G,G⟩). The gradient of ℓ at a map F of X weighs its channels as in Grad-CAM:
//! map = ReLU(Σ_c mean(∂ℓ/∂F_c)·F_c). *Distilled* features: X the student, Y the control (or the teacher); *residual* ones the
//! other way round. Read in the authors' code. The paper's labels are embedded by a language model; here by one-hot vectors or by
//! the rows of the teacher's last layer, since only the K × K distances matter.
//!
//! A map depends on the whole batch: the same images in another company give other maps. The default batch holds equally many
//! images of every class.

use burn::tensor::Tensor;
use serde::Serialize;
use serde_json::{Map, Value};

use super::grad_cam::{energy_inside, masked_chance};
use super::{Bench, images, one_of, only};
use crate::error::{Error, Result};
use crate::evaluate::{finite, pixels};
use crate::nets::Network;
use crate::objectives::one_hot;
use crate::readback;
use crate::statistics::Comparison;

/// Below this share nothing but rounding is left, and there is no map.
const NOTHING: f64 = 1e-6;
/// Fewest images.
const LEAST: usize = 8;
/// Most images: all pairs are compared.
const MOST: usize = 256;

/// Whom the student is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Against {
    /// The same network without a teacher (the paper's base model).
    Control,
    /// The teacher.
    Teacher,
}

/// What to compute.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// Test images, at least 8.
    pub images: Vec<usize>,
    /// Map tap; `None` is the last.
    pub tap: Option<String>,
    /// Whom the student is compared with.
    pub against: Against,
    /// Label distances from the teacher's last layer instead of one-hot vectors.
    pub by_classifier: bool,
}

impl Options {
    /// Reads `images` (default 64, as many of each class), `tap` (default the last), `against` (`control` or `teacher`), `labels`
    /// (`one-hot` or `classifier`).
    ///
    /// # Errors
    /// `probe-invalid`, `data-missing`.
    pub fn from_json(options: &Map<String, Value>, bench: &Bench<'_>) -> Result<Self> {
        only(options, &["images", "tap", "against", "labels"])?;
        let asked = images(options, bench, 64)?;
        let (count, listed) = (asked.len(), matches!(options.get("images"), Some(Value::Array(_))));
        let chosen = if listed { asked } else { balanced(bench, count)? };
        if chosen.len() < LEAST && count >= LEAST {
            return Err(too_few(bench, count, chosen.len(), LEAST));
        }
        if !(LEAST..=MOST).contains(&chosen.len()) {
            return Err(Error::ProbeInvalid(format!(
                "`images` must name {LEAST} to {MOST} images: all pairs are compared."
            )));
        }
        let tap = match options.get("tap") {
            None | Some(Value::Null) => None,
            Some(Value::String(tap)) => {
                bench.teacher.tap(tap)?;
                bench.student.tap(tap)?;
                Some(tap.clone())
            }
            Some(other) => {
                return Err(Error::ProbeInvalid(format!("`tap` must be a name such as \"f3\", not {other}.")));
            }
        };
        let against = one_of(options, "against", &["control", "teacher"])?;
        Ok(Self {
            images: chosen,
            tap,
            against: if against == 1 { Against::Teacher } else { Against::Control },
            by_classifier: one_of(options, "labels", &["one-hot", "classifier"])? == 1,
        })
    }
}

/// The first test images with equally many of every class, `count` in all or the nearest number below.
pub fn balanced(bench: &Bench<'_>, count: usize) -> Result<Vec<usize>> {
    let classes = bench.images.classes().len();
    let each = (count / classes).max(1);
    let mut taken = vec![0; classes];
    let mut chosen = Vec::new();
    for (i, &label) in bench.images.labels().iter().enumerate() {
        let seen = &mut taken[usize::from(label)];
        if *seen < each && chosen.len() < count {
            *seen += 1;
            chosen.push(i);
        }
    }
    if chosen.is_empty() {
        return Err(Error::DataMissing("There are no test images yet to probe.".into()));
    }
    Ok(chosen)
}

/// Enough images were asked for, and [`balanced`] left too few of them.
pub(super) fn too_few(bench: &Bench<'_>, asked: usize, kept: usize, least: usize) -> Error {
    Error::ProbeInvalid(format!(
        "Of the {asked} images that were asked for, {kept} remain after taking equally many of each of the {} classes, and all pairs \
         of at least {least} are compared. Ask for more images, or list them by number.",
        bench.images.classes().len()
    ))
}

/// What is left of one network's features when the other's are removed.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Part {
    /// ℓ: how it relates to the labels, in [−1, 1]. Rounding and no number to go by where `left` is next to nothing.
    pub relevance: f64,
    /// ⟨P,P⟩/⟨A,A⟩ in [0, 1]: 0 where the other network explains everything.
    pub left: f64,
}

/// One map of one image.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Heat {
    /// Height and width.
    pub grid: [usize; 2],
    /// ReLU'd, largest value 1 (or all zero), row-major.
    pub map: Vec<f32>,
    /// No place carries anything.
    pub zero: bool,
    /// Share of the map inside the object's true mask, if there is one.
    pub energy: Option<f64>,
}

/// One image.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Item {
    /// Test image.
    pub index: usize,
    /// True class.
    pub label: usize,
    /// Its name.
    pub class_name: String,
    /// What the student has beyond the other network.
    pub distilled: Heat,
    /// What the other network has beyond the student.
    pub residual: Heat,
}

/// Everything the probe found.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// `unicam`.
    pub probe: &'static str,
    /// Steps that student and control had been trained.
    pub step: usize,
    /// Seed of the run.
    pub seed: u64,
    /// The student's tap.
    pub tap: String,
    /// Map taps that all networks have.
    pub taps: Vec<String>,
    /// Whom the student was compared with.
    pub against: Against,
    /// Images.
    pub n: usize,
    /// What the student has beyond the other network.
    pub distilled: Part,
    /// What the other network has beyond the student.
    pub residual: Part,
    /// Energy inside the true mask, distilled ("student") against residual ("control") maps, where there are masks.
    pub energy: Option<Comparison>,
    /// Share of the image that the object covers, where there are masks.
    pub chance: Option<f64>,
    /// By image.
    pub items: Vec<Item>,
}

/// Runs the probe.
///
/// # Errors
/// `probe-invalid`, `data-missing`, `gpu-lost`.
pub async fn run(options: &Options, bench: &Bench<'_>) -> Result<Report> {
    let other = match options.against {
        Against::Control => bench.control,
        Against::Teacher => bench.teacher,
    };
    let tap_of = |network: &Network| match &options.tap {
        Some(name) => network.tap(name),
        None => Ok(network.maps() - 1),
    };
    let labels: Vec<usize> =
        options.images.iter().map(|&i| bench.images.label(i).map(usize::from)).collect::<Result<_>>()?;
    let one_hot = one_hot(&labels, bench.teacher.classes(), bench.device);
    let embedded = match options.by_classifier {
        true => one_hot.matmul(bench.teacher.classifier_rows()),
        false => one_hot,
    };
    let x = pixels(bench.images, &options.images, bench.device)?;
    let (own, others) = (bench.student.forward(x.clone()), other.forward(x));
    let rival = match options.against {
        Against::Control => "control",
        Against::Teacher => "teacher",
    };
    for (who, features) in [("student", &own.pooled), (rival, &others.pooled)] {
        finite(who, "features", features.dims()[1], &readback::read(features.clone()).await?)?;
    }
    let distilled = heat(bench.student, tap_of(bench.student)?, &own.maps, others.pooled.clone(), &embedded)?;
    let residual = heat(other, tap_of(other)?, &others.maps, own.pooled, &embedded)?;
    let scalars = [distilled.score, distilled.left, residual.score, residual.left];
    let read = readback::read_all([distilled.map, residual.map].into_iter().chain(scalars).collect()).await?;
    let cells = |grid: [usize; 2]| grid[0] * grid[1];
    finite("student", "maps", cells(distilled.grid), &read[0])?;
    finite(rival, "maps", cells(residual.grid), &read[1])?;
    finite("student", "relevance", 1, &read[2..].concat())?;
    let scalar = |i: usize| read[i].first().copied().map_or(0.0, f64::from);
    let part = |i: usize| Part { relevance: scalar(i), left: scalar(i + 1).max(0.0) };
    let parts = [part(2), part(4)];

    let mut items = Vec::with_capacity(options.images.len());
    for (i, (&index, &label)) in options.images.iter().zip(&labels).enumerate() {
        let mask = bench.images.mask(index)?;
        let picture = |which: usize, grid: [usize; 2]| {
            let cells = cells(grid);
            let mut map: Vec<f32> = read[which][i * cells..(i + 1) * cells].iter().map(|v| v.max(0.0)).collect();
            if parts[which].left < NOTHING {
                map.fill(0.0);
            }
            let top = map.iter().copied().fold(0.0, f32::max);
            if top > 0.0 {
                map.iter_mut().for_each(|v| *v /= top);
            }
            Heat { grid, zero: top == 0.0, energy: mask.and_then(|m| energy_inside(&map, grid, m)), map }
        };
        items.push(Item {
            index,
            label,
            class_name: bench.images.classes()[label].clone(),
            distilled: picture(0, distilled.grid),
            residual: picture(1, residual.grid),
        });
    }
    let chance = masked_chance(&options.images, bench)?;
    let energies: Vec<_> = items.iter().filter_map(|i| Some((i.distilled.energy?, i.residual.energy?))).collect();
    let shared = bench.teacher.maps().min(bench.student.maps());
    Ok(Report {
        probe: "unicam",
        step: bench.step,
        seed: bench.seed,
        tap: format!("f{}", tap_of(bench.student)?),
        taps: (0..shared).map(|i| format!("f{i}")).collect(),
        against: options.against,
        n: items.len(),
        distilled: parts[0],
        residual: parts[1],
        energy: chance.map(|_| Comparison::of(&energies, bench.seed)),
        chance,
        items,
    })
}

/// The signed maps of all images, flat, with the score they were derived from.
struct Found {
    map: Tensor<1>,
    grid: [usize; 2],
    score: Tensor<1>,
    left: Tensor<1>,
}

/// The signed maps of all images, flat, and their grid: channels of `maps[tap]` weighed by how what `network` has beyond the
/// features `removed` relates to the label embeddings.
///
/// # Errors
/// [`Error::Internal`] when the score does not depend on the map.
pub fn heat_of(
    network: &Network,
    tap: usize,
    maps: &[Tensor<4>],
    removed: Tensor<2>,
    labels: &Tensor<2>,
) -> Result<(Tensor<1>, [usize; 2])> {
    heat(network, tap, maps, removed, labels).map(|found| (found.map, found.grid))
}

/// Weighs the channels of `maps[tap]` by how what `network` has beyond `removed` relates to the labels.
fn heat(network: &Network, tap: usize, maps: &[Tensor<4>], removed: Tensor<2>, labels: &Tensor<2>) -> Result<Found> {
    let map = maps[tap].clone();
    let [images, channels, height, width] = map.dims();
    let leaf = map.clone().autodiff().require_grad();
    let (score, left) = relevance(network.pooled_tail(tap, leaf.clone()), removed, labels.clone());
    let gradients = score.clone().backward();
    let gradient = leaf
        .grad(&gradients)
        .ok_or_else(|| Error::Internal("the relevance of features had no gradient at its tap.".into()))?;
    let alpha = gradient.reshape([images, channels, height * width]).mean_dim(2);
    // Gradients of a normalised score over many pairs are tiny; only the proportions within an image matter.
    let scale = alpha.clone().abs().max().clamp_min(1e-30).reshape([1, 1, 1]);
    let signed = (map.reshape([images, channels, height * width]) * (alpha / scale)).sum_dim(1);
    Ok(Found {
        map: signed.reshape([images * height * width]),
        grid: [height, width],
        score: score.inner(),
        left: left.inner(),
    })
}

/// ℓ = ⟨P,G⟩/√(⟨P,P⟩⟨G,G⟩ + 1e-18) with P what is left of X's U-centred distances when Y's are removed, and how much that is,
/// ⟨P,P⟩/⟨A,A⟩; `[1]` each. Part of the gradient graph of `x`; rows are images, at least 4.
pub fn relevance(x: Tensor<2>, y: Tensor<2>, labels: Tensor<2>) -> (Tensor<1>, Tensor<1>) {
    let (a, b, g) = (centred(x), centred(y), centred(labels));
    let n = a.dims()[0] as f64;
    let dot = |a: &Tensor<2>, b: &Tensor<2>| (a.clone() * b.clone()).sum() / (n * (n - 3.0));
    let share = dot(&a, &b) / (dot(&b, &b) + 1e-12);
    let p = a.clone() - b * share.reshape([1, 1]);
    let score = dot(&p, &g) / (dot(&p, &p) * dot(&g, &g) + 1e-18).sqrt();
    let left = dot(&p, &p) / (dot(&a, &a) + 1e-18);
    (score, left)
}

/// The U-centred matrix of distances between rows: rows and columns sum to 0, and so is the diagonal.
fn centred(x: Tensor<2>) -> Tensor<2> {
    let [images, size] = x.dims();
    let n = images as f64;
    let device = x.device();
    let others = Tensor::<2>::eye(images, &device) * -1.0 + 1.0;
    let d = x.clone().reshape([images, 1, size]) - x.reshape([1, images, size]);
    let squares = (d.clone() * d).sum_dim(2).reshape([images, images]);
    // The gradient of a root at zero is infinite: the small number keeps it finite, the mask takes it away.
    let a = (squares + 1e-12).sqrt() * others.clone();
    let rows = a.clone().sum_dim(1) / (n - 2.0);
    let columns = a.clone().sum_dim(0) / (n - 2.0);
    let all = (a.clone().sum() / ((n - 1.0) * (n - 2.0))).reshape([1, 1]);
    (a - rows - columns + all) * others
}
