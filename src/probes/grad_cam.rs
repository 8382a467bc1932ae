//! Where do they look? Grad-CAM (Selvaraju et al. 2017) of the three networks, and property P1 of *What Knowledge Gets
//! Distilled* (2205.16004 §4.1): on which share of the images is the student's map closer to the teacher's than the control's?
//!
//! For a class c and the activations A of a tap, `[C, h, w]`: α = mean over positions of ∂z_c/∂A, map = ReLU(Σ α_k·A_k).
//! Closeness is the cosine of the two maps. An image whose map is zero everywhere for a network has no cosine and is skipped.
//! Where the true mask of the object is known (Shapes-32), the maps are also held against it: the share of a map's energy inside
//! the mask, and the pointing game (Zhang et al. 2018): does the map's highest point lie in the object?

use burn::tensor::Tensor;
use serde::Serialize;
use serde_json::{Map, Value};

use super::common::labels;
use super::{Bench, Trio, images, only};
use crate::data::SIDE;
use crate::error::{Error, Result};
use crate::evaluate::{Logits, finite, pixels};
use crate::nets::Network;
use crate::objectives::one_hot;
use crate::readback;
use crate::statistics::{Comparison, Rate, argmax};

/// Images in one pass. Constant, so that a GPU compiles its kernels once.
const BATCH: usize = 32;

/// Whose score is explained.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// The true class, as in the paper.
    Label,
    /// The class that each network predicts.
    Predicted,
}

/// What to compute.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// Test images.
    pub images: Vec<usize>,
    /// Map tap, the same in all networks; `None` is each network's last one.
    pub tap: Option<String>,
    /// Whose score is explained.
    pub class: Class,
}

impl Options {
    /// Reads `images` (default 32), `tap` (default the last), `class` (`label` or `predicted`, default `label`).
    ///
    /// # Errors
    /// `probe-invalid`, `data-missing`.
    pub fn from_json(options: &Map<String, Value>, bench: &Bench<'_>) -> Result<Self> {
        only(options, &["images", "tap", "class"])?;
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
        let class = match options.get("class").map(|v| v.as_str()) {
            None => Class::Label,
            Some(Some("label")) => Class::Label,
            Some(Some("predicted")) => Class::Predicted,
            Some(_) => return Err(Error::ProbeInvalid("`class` must be \"label\" or \"predicted\".".into())),
        };
        Ok(Self { images: images(options, bench, 32)?, tap, class })
    }
}

/// One network's map of one image.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Cam {
    /// `[K]`.
    pub logits: Vec<f32>,
    /// Class of the largest logit.
    pub predicted: usize,
    /// Height and width of the map.
    pub grid: [usize; 2],
    /// ReLU'd and unscaled, row-major.
    pub map: Vec<f32>,
    /// Before the ReLU.
    pub signed: Vec<f32>,
    /// Largest value of `map`.
    pub max: f32,
    /// No position speaks for the class.
    pub zero: bool,
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
    /// The maps.
    #[serde(flatten)]
    pub cams: Trio<Cam>,
    /// How alike they are.
    pub cosine: Cosines,
    /// Share of each map's sum that lies inside the object's true mask, in [0, 1]; `None` without a mask or for a zero map.
    pub energy: Trio<Option<f64>>,
    /// Whether the highest point of each map (at the size of the image) lies in the object.
    pub pointing: Trio<Option<bool>>,
}

/// Cosines of maps, `None` where one of the two is zero.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Cosines {
    /// Teacher and student.
    pub teacher_student: Option<f64>,
    /// Teacher and control.
    pub teacher_control: Option<f64>,
    /// Student and control.
    pub student_control: Option<f64>,
}

/// Everything the probe found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// `grad-cam`.
    pub probe: &'static str,
    /// Steps that student and control had been trained.
    pub step: usize,
    /// Seed of the run.
    pub seed: u64,
    /// The tap of the student.
    pub tap: String,
    /// Map taps that all three networks have.
    pub taps: Vec<String>,
    /// Images.
    pub n: usize,
    /// By image.
    pub items: Vec<Item>,
    /// Images on which the student's map is closer to the teacher's than the control's is, among those that have
    /// cosines which differ.
    pub closer: Closer,
    /// Cosine with the teacher's map, student against control, over the images where both have one.
    pub closeness: Comparison,
    /// Against the true masks, where there are any.
    pub masks: Option<Masks>,
}

/// Maps against the true masks of the objects.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Masks {
    /// Mean share of the image that the object covers, over the images of the probe: what a map without any idea would reach.
    pub chance: f64,
    /// Energy inside the mask, student against control.
    pub energy: Comparison,
    /// The same of the teacher, mean over the images where it has a map.
    pub teacher_energy: Option<f64>,
    /// How often the highest point lies in the object.
    pub pointing: Trio<Rate>,
}

/// The answer to P1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Closer {
    /// Share with interval.
    #[serde(flatten)]
    pub rate: Rate,
    /// Images without cosines.
    pub skipped: usize,
    /// Images with equal cosines: where the teacher changed nothing, all of them.
    pub equal: usize,
}

/// Runs the probe.
///
/// # Errors
/// `probe-invalid`, `data-missing`, `gpu-lost`.
pub async fn run(options: &Options, bench: &Bench<'_>) -> Result<Report> {
    let teacher = maps("teacher", bench.teacher, options, bench).await?;
    let student = maps("student", bench.student, options, bench).await?;
    let control = maps("control", bench.control, options, bench).await?;
    let mut items = Vec::with_capacity(options.images.len());
    for (((&index, teacher), student), control) in options.images.iter().zip(teacher).zip(student).zip(control) {
        let label = usize::from(bench.images.label(index)?);
        let cosine = Cosines {
            teacher_student: cosine(&teacher, &student),
            teacher_control: cosine(&teacher, &control),
            student_control: cosine(&student, &control),
        };
        let cams = Trio { teacher, student, control };
        let mask = bench.images.mask(index)?;
        items.push(Item {
            index,
            label,
            class_name: bench.images.classes()[label].clone(),
            energy: cams.map(|cam| mask.and_then(|mask| energy_inside(&cam.map, cam.grid, mask))),
            pointing: cams.map(|cam| mask.and_then(|mask| points_inside(cam, mask))),
            cams,
            cosine,
        });
    }
    let cosines: Vec<_> =
        items.iter().filter_map(|i| Some((i.cosine.teacher_student?, i.cosine.teacher_control?))).collect();
    let differing: Vec<bool> = cosines.iter().filter(|(s, c)| s != c).map(|(s, c)| s > c).collect();
    let closer = Closer {
        skipped: items.len() - cosines.len(),
        equal: cosines.len() - differing.len(),
        rate: Rate::of(differing),
    };
    let shared = bench.teacher.maps().min(bench.student.maps());
    Ok(Report {
        probe: "grad-cam",
        step: bench.step,
        seed: bench.seed,
        tap: options.tap.clone().unwrap_or_else(|| format!("f{}", bench.student.maps() - 1)),
        taps: (0..shared).map(|i| format!("f{i}")).collect(),
        n: items.len(),
        closeness: Comparison::of(&cosines, bench.seed),
        masks: masks(&items, bench)?,
        closer,
        items,
    })
}

/// How the maps fit the true masks; nothing where the dataset has none.
fn masks(items: &[Item], bench: &Bench<'_>) -> Result<Option<Masks>> {
    let indices: Vec<usize> = items.iter().map(|i| i.index).collect();
    let Some(chance) = masked_chance(&indices, bench)? else { return Ok(None) };
    let energies: Vec<_> = items.iter().filter_map(|i| Some((i.energy.student?, i.energy.control?))).collect();
    let of_teacher: Vec<f64> = items.iter().filter_map(|i| i.energy.teacher).collect();
    let points = |f: fn(&Item) -> Option<bool>| Rate::of(items.iter().filter_map(f));
    Ok(Some(Masks {
        chance,
        energy: Comparison::of(&energies, bench.seed),
        teacher_energy: (!of_teacher.is_empty()).then(|| of_teacher.iter().sum::<f64>() / of_teacher.len() as f64),
        pointing: Trio {
            teacher: points(|i| i.pointing.teacher),
            student: points(|i| i.pointing.student),
            control: points(|i| i.pointing.control),
        },
    }))
}

/// Mean share of the images that their objects cover; nothing where masks are not known.
///
/// # Errors
/// `data-missing`.
pub fn masked_chance(indices: &[usize], bench: &Bench<'_>) -> Result<Option<f64>> {
    let mut covered = 0.0;
    for &index in indices {
        let Some(mask) = bench.images.mask(index)? else { return Ok(None) };
        covered += mask.iter().filter(|m| **m > 0).count() as f64 / mask.len() as f64;
    }
    Ok((!indices.is_empty()).then(|| covered / indices.len() as f64))
}

/// Share of a map's sum inside a mask (32×32, not 0 inside), the map enlarged to the size of the image.
/// `None` for a map that is zero everywhere.
pub fn energy_inside(map: &[f32], grid: [usize; 2], mask: &[u8]) -> Option<f64> {
    let map = enlarge(map, grid);
    let sum: f64 = map.iter().map(|v| f64::from(*v)).sum();
    let inside: f64 = map.iter().zip(mask).filter(|(_, m)| **m > 0).map(|(v, _)| f64::from(*v)).sum();
    (sum > 0.0).then(|| inside / sum)
}

/// Whether the highest point of a map lies inside a mask.
fn points_inside(cam: &Cam, mask: &[u8]) -> Option<bool> {
    (!cam.zero).then(|| mask.get(argmax(&enlarge(&cam.map, cam.grid))).is_some_and(|m| *m > 0))
}

/// Grad-CAM of one network for all images.
async fn maps(who: &str, network: &Network, options: &Options, bench: &Bench<'_>) -> Result<Vec<Cam>> {
    let tap = match &options.tap {
        Some(name) => network.tap(name)?,
        None => network.maps() - 1,
    };
    let size = BATCH.min(options.images.len());
    let mut cams = Vec::with_capacity(options.images.len());
    for chunk in options.images.chunks(size) {
        let mut batch = chunk.to_vec();
        batch.resize(size, chunk[0]);
        let taps = network.forward(pixels(bench.images, &batch, bench.device)?);
        let logits = Logits::of(who, network.classes(), readback::read(taps.logits).await?)?;
        let explained = match options.class {
            Class::Label => labels(bench.images, &batch)?,
            Class::Predicted => logits.predictions(),
        };
        let (signed, grid) = class_activation(network, tap, taps.maps[tap].clone(), &explained)?;
        let values = readback::read(signed).await?;
        let cells = grid[0] * grid[1];
        finite(who, "maps", cells, &values)?;
        for (row, signed) in logits.rows().zip(values.chunks_exact(cells)).take(chunk.len()) {
            let map: Vec<f32> = signed.iter().map(|v| v.max(0.0)).collect();
            let max = map.iter().copied().fold(0.0, f32::max);
            cams.push(Cam {
                logits: row.to_vec(),
                predicted: argmax(row),
                grid,
                map,
                signed: signed.to_vec(),
                max,
                zero: max == 0.0,
            });
        }
    }
    Ok(cams)
}

/// The signed map Σ α_k·A_k of `activation` (`[B, C, h, w]` at `tap`) for one class an image; `[B, h·w]` and its grid.
///
/// # Errors
/// [`Error::Internal`] when the tail does not depend on the activation.
pub fn class_activation(
    network: &Network,
    tap: usize,
    activation: Tensor<4>,
    classes: &[usize],
) -> Result<(Tensor<2>, [usize; 2])> {
    let device = activation.device();
    let [batch, channels, height, width] = activation.dims();
    let leaf = activation.clone().autodiff().require_grad();
    let chosen = one_hot(classes, network.classes(), &device);
    let gradients = (network.tail(tap, leaf.clone()) * chosen).sum().backward();
    let gradient =
        leaf.grad(&gradients).ok_or_else(|| Error::Internal("a class score had no gradient at its tap.".into()))?;
    let alpha = gradient.reshape([batch, channels, height * width]).mean_dim(2);
    let signed = (activation.reshape([batch, channels, height * width]) * alpha).sum_dim(1);
    Ok((signed.reshape([batch, height * width]), [height, width]))
}

/// Cosine of two maps; maps of different size are compared at the size of the image.
fn cosine(a: &Cam, b: &Cam) -> Option<f64> {
    if a.zero || b.zero {
        return None;
    }
    if a.grid == b.grid {
        return Some(cosine_of(&a.map, &b.map));
    }
    Some(cosine_of(&enlarge(&a.map, a.grid), &enlarge(&b.map, b.grid)))
}

fn cosine_of(a: &[f32], b: &[f32]) -> f64 {
    let dot = |x: &[f32], y: &[f32]| x.iter().zip(y).map(|(x, y)| f64::from(*x) * f64::from(*y)).sum::<f64>();
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
}

/// Bilinear enlargement to 32×32, cell centres aligned (as PyTorch's `align_corners=False`).
pub fn enlarge(map: &[f32], [height, width]: [usize; 2]) -> Vec<f32> {
    let axis = |i: usize, size: usize| {
        let at = ((i as f32 + 0.5) * size as f32 / SIDE as f32 - 0.5).clamp(0.0, (size - 1) as f32);
        let low = at.floor() as usize;
        (low, (low + 1).min(size - 1), at - at.floor())
    };
    let mut out = Vec::with_capacity(SIDE * SIDE);
    for y in 0..SIDE {
        let (top, bottom, v) = axis(y, height);
        for x in 0..SIDE {
            let (left, right, u) = axis(x, width);
            let row = |r: usize| map[r * width + left] * (1.0 - u) + map[r * width + right] * u;
            out.push(row(top) * (1.0 - v) + row(bottom) * v);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn enlarging_keeps_constants_and_ranges() {
        assert!(enlarge(&[2.5; 16], [4, 4]).iter().all(|v| (v - 2.5).abs() < 1e-6));
        let ramp: Vec<f32> = (0..64).map(|i| i as f32).collect();
        let big = enlarge(&ramp, [8, 8]);
        assert_eq!(big.len(), SIDE * SIDE);
        assert!((big[0] - 0.0).abs() < 1e-6 && (big[SIDE * SIDE - 1] - 63.0).abs() < 1e-5);
        assert_eq!(enlarge(&[1.0], [1, 1]), vec![1.0; SIDE * SIDE]);
    }

    #[test]
    fn maps_are_held_against_masks() {
        let cam = |map: Vec<f32>| {
            let max = map.iter().copied().fold(0.0, f32::max);
            Cam { logits: vec![], predicted: 0, grid: [32, 32], signed: map.clone(), max, zero: max == 0.0, map }
        };
        let left = |i: usize| i % SIDE < SIDE / 2;
        let mask: Vec<u8> = (0..SIDE * SIDE).map(|i| u8::from(left(i))).collect();
        let all_left = cam((0..SIDE * SIDE).map(|i| if left(i) { 1.0 } else { 0.0 }).collect());
        assert_eq!(
            (energy_inside(&all_left.map, [32, 32], &mask), points_inside(&all_left, &mask)),
            (Some(1.0), Some(true))
        );
        let even = cam(vec![0.5; SIDE * SIDE]);
        assert!((energy_inside(&even.map, [32, 32], &mask).unwrap() - 0.5).abs() < 1e-9);
        let zero = cam(vec![0.0; SIDE * SIDE]);
        assert_eq!((energy_inside(&zero.map, [32, 32], &mask), points_inside(&zero, &mask)), (None, None));
    }

    #[test]
    fn cosines_of_maps_behave() {
        assert!((cosine_of(&[1.0, 2.0], &[2.0, 4.0]) - 1.0).abs() < 1e-12);
        assert!(cosine_of(&[1.0, 0.0], &[0.0, 1.0]).abs() < 1e-12);
    }
}
