//! What do they ignore? Properties P3 to P5 of *What Knowledge Gets Distilled* (2205.16004 §4.3, App. 11.3, 11.4): how often
//! does a network predict the same class before and after a change, and does the student keep its predictions under a
//! change more often than its control?
//!
//! agreement(X, X′) = share of images with argmax f(X) = argmax f(X′). X is the image and X′ the changed image; for crops and
//! shifts X and X′ are two changed views of it, as in the paper. The changes and what their strengths mean are in
//! [`crate::data::change`]. The paper's teacher had been trained with the change and its students had not; whether that is
//! so here depends on the teacher. A network that says the same to everything keeps every prediction: the accuracy on the
//! changed images stands beside, with the paired comparison of student and control, and a student that keeps more and is
//! right less often has not become invariant.

use serde::Serialize;
use serde_json::{Map, Value};

use super::common::{
    Consensus, Verdicts, accuracy, channel_means, compare_accuracy, labels, pictures, predict, rates, unit_pixels,
};
use super::{Bench, Trio, images, only};
use crate::data::change::Change;
use crate::data::{Purpose, stream};
use crate::error::{Error, Result};
use crate::statistics::{Comparison, Rate};

/// Most strengths in one report.
const MOST_STRENGTHS: usize = 20;

/// What to compute.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// Test images.
    pub images: Vec<usize>,
    /// What is done to them.
    pub change: Change,
    /// How far it goes; see [`Change::scale`].
    pub strengths: Vec<f64>,
    /// Images whose pixels are wanted.
    pub pictures: Vec<usize>,
}

impl Options {
    /// Reads `images` (default 200), `change` (default `jitter`), `strengths` (a list or one number; default those of
    /// [`Change::scale`]), `pictures` (none).
    ///
    /// # Errors
    /// `probe-invalid`, `data-missing`.
    pub fn from_json(options: &Map<String, Value>, bench: &Bench<'_>) -> Result<Self> {
        only(options, &["images", "change", "strengths", "pictures"])?;
        let images = images(options, bench, 200)?;
        let change = match options.get("change") {
            None | Some(Value::Null) => Some(Change::Jitter),
            Some(v) => v.as_str().and_then(Change::named),
        };
        let change = change.ok_or_else(|| {
            let names = Change::ALL.map(|c| c.scale().name).join(", ");
            Error::ProbeInvalid(format!("`change` must be one of {names}."))
        })?;
        Ok(Self { pictures: pictures(options, &images)?, images, change, strengths: strengths(options, change)? })
    }
}

fn strengths(options: &Map<String, Value>, change: Change) -> Result<Vec<f64>> {
    let scale = change.scale();
    let [low, high] = scale.range;
    let fits = |v: &Value| v.as_f64().filter(|s| (low..=high).contains(s) && !(scale.whole && s.fract() != 0.0));
    let given: Option<Vec<f64>> = match options.get("strengths") {
        None | Some(Value::Null) => Some(scale.usual.to_vec()),
        Some(Value::Array(list)) if (1..=MOST_STRENGTHS).contains(&list.len()) => list.iter().map(fits).collect(),
        Some(Value::Array(_)) => None,
        Some(one) => fits(one).map(|s| vec![s]),
    };
    given.ok_or_else(|| {
        let kind = if scale.whole { "whole numbers" } else { "numbers" };
        Error::ProbeInvalid(format!(
            "`strengths` must be 1 to {MOST_STRENGTHS} {kind} from {low} to {high} for the change “{}”.",
            scale.name
        ))
    })
}

/// Predictions before and after the change.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Views {
    /// On the image itself, or on the first view for crops and shifts.
    pub reference: Verdicts,
    /// On the changed image, or on the second view.
    pub changed: Verdicts,
}

impl Views {
    /// Which networks kept their prediction.
    pub fn kept(&self) -> Trio<bool> {
        let (before, after) = (&self.reference, &self.changed);
        Trio {
            teacher: before.teacher == after.teacher,
            student: before.student == after.student,
            control: before.control == after.control,
        }
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
    /// Its name.
    pub class_name: String,
    /// In the order of the strengths.
    pub views: Vec<Views>,
}

/// What was found at one strength.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AtStrength {
    /// s.
    pub strength: f64,
    /// Agreement of a network's predictions before and after.
    pub kept: Trio<Rate>,
    /// Student against control: who keeps its prediction, on the same images.
    pub comparison: Comparison,
    /// Agreement with the teacher on the changed images (the second views).
    pub consensus: Consensus,
    /// Accuracy on the changed images (the second views).
    pub accuracy: Trio<Rate>,
    /// Student against control: right on the changed images.
    pub accuracy_comparison: Comparison,
}

/// Pixels of one image before and after, planar, `[3·32·32]` in [0, 1].
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Picture {
    /// Test image.
    pub index: usize,
    /// What the predictions are compared with, in the order of the strengths.
    pub reference: Vec<Vec<f32>>,
    /// Changed, in the order of the strengths.
    pub changed: Vec<Vec<f32>>,
}

/// Everything the probe found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// `invariance`.
    pub probe: &'static str,
    /// Steps that student and control had been trained.
    pub step: usize,
    /// Seed of the run, which also decides the changes.
    pub seed: u64,
    /// Name of the change.
    pub change: &'static str,
    /// What a strength s means.
    pub meaning: &'static str,
    /// The strength at which nothing changes.
    pub neutral: f64,
    /// Images.
    pub n: usize,
    /// By strength.
    pub strengths: Vec<AtStrength>,
    /// By image.
    pub items: Vec<Item>,
    /// Those that were asked for.
    pub pictures: Vec<Picture>,
}

/// Pixels of an image before and after the change at a place in the list of strengths. The draws depend on seed, image and
/// place alone: the same for all networks, whatever else is probed.
fn views(options: &Options, bench: &Bench<'_>, fill: [f32; 3], index: usize, place: usize) -> Result<[Vec<f32>; 2]> {
    let image = unit_pixels(bench.images, index)?;
    let mut rng = stream(bench.seed, Purpose::Change, index as u64, place as u64);
    let mut changed = || options.change.apply(&image, options.strengths[place], fill, &mut rng);
    if options.change.compares_views() {
        return Ok([changed(), changed()]);
    }
    let changed = changed();
    Ok([image, changed])
}

/// Runs the probe.
///
/// # Errors
/// `data-missing`, `gpu-lost`.
pub async fn run(options: &Options, bench: &Bench<'_>) -> Result<Report> {
    let (n, fill) = (options.images.len(), channel_means(bench.images));
    let truth = labels(bench.images, &options.images)?;
    // Without views of its own a strength is compared with the images themselves, which are looked at once.
    let plain = match options.change.compares_views() {
        true => None,
        false => Some(predict(bench, n, |i| unit_pixels(bench.images, options.images[i])).await?),
    };
    let mut strengths = Vec::with_capacity(options.strengths.len());
    let mut by_image: Vec<Vec<Views>> = vec![Vec::with_capacity(options.strengths.len()); n];
    for (place, &strength) in options.strengths.iter().enumerate() {
        let both = |i: usize| views(options, bench, fill, options.images[i], place);
        let reference = match &plain {
            Some(known) => known.clone(),
            None => predict(bench, n, |i| both(i).map(|[first, _]| first)).await?,
        };
        let changed = predict(bench, n, |i| both(i).map(|[_, second]| second)).await?;
        let found: Vec<Views> =
            reference.into_iter().zip(&changed).map(|(r, c)| Views { reference: r, changed: c.clone() }).collect();
        strengths.push(AtStrength {
            strength,
            kept: rates(found.iter().map(Views::kept)),
            comparison: Comparison::of_hits(found.iter().map(Views::kept).map(|k| (k.student, k.control))),
            consensus: Consensus::of(&changed),
            accuracy: accuracy(&changed, &truth),
            accuracy_comparison: compare_accuracy(&changed, &truth),
        });
        by_image.iter_mut().zip(found).for_each(|(image, views)| image.push(views));
    }
    let items = options.images.iter().zip(&truth).zip(by_image).map(|((&index, &label), views)| Item {
        index,
        label,
        class_name: bench.images.classes()[label].clone(),
        views,
    });
    let picture = |&index: &usize| {
        let all = (0..options.strengths.len()).map(|place| views(options, bench, fill, index, place));
        let (reference, changed) = all.map(|v| v.map(|[a, b]| (a, b))).collect::<Result<Vec<_>>>()?.into_iter().unzip();
        Ok(Picture { index, reference, changed })
    };
    let scale = options.change.scale();
    Ok(Report {
        probe: "invariance",
        step: bench.step,
        seed: bench.seed,
        change: scale.name,
        meaning: scale.meaning,
        neutral: scale.neutral,
        n,
        strengths,
        items: items.collect(),
        pictures: options.pictures.iter().map(picture).collect::<Result<_>>()?,
    })
}
