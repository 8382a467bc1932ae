//! Do they go by shape or by texture? Property P7 of *What Knowledge Gets Distilled* (2205.16004 App. 11.5), after Geirhos et
//! al. 2019: on images whose outline says one class and whose inside says another,
//!
//! shape bias = correct by shape / (correct by shape + correct by texture).
//!
//! The images are drawn by the generator of Shapes-32 (see [`crate::data::shapes::conflict`]). Textures carry no class there,
//! so two cues are shown side by side: a patch of another class's image, which holds parts of that object's contour with
//! its texture and colours, and the other object's texture and colours alone, which can be right by chance only.

use serde::Serialize;
use serde_json::{Map, Value};

use super::common::{Consensus, Predictions, pictures, predict, rates};
use super::{ProbeContext, images, only};
use crate::data::shapes::conflict::{partner, patched, refilled};
use crate::data::shapes::{SEED, Scene, Shape, render, scene};
use crate::data::{DatasetKind, Split};
use crate::error::{Error, Result};
use crate::named::Named;
use crate::statistics::{Comparison, Rate};

/// What the reader must know about the cues.
const NOTE: &str = "In Shapes-32 texture and colour do not depend on the class, so no network can have learnt a texture of a class. The cue “patch” fills the outline with a patch of another class's image: its texture, its colours and what of its contour falls inside, at times all of it; “by texture” means by this inside. The cue “fill” takes the other object's texture and colours alone and shows how often such an answer is right by chance.";

/// What to compute.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// Test images.
    pub images: Vec<usize>,
    /// Images whose pixels are wanted.
    pub pictures: Vec<usize>,
}

impl Options {
    /// Reads `images` (default 200), `pictures` (none).
    ///
    /// # Errors
    /// `probe-invalid`, also when the test images are not those of Shapes-32; `data-missing`.
    pub fn from_json(options: &Map<String, Value>, context: &ProbeContext<'_>) -> Result<Self> {
        only(options, &["images", "pictures"])?;
        if context.images.name() != DatasetKind::Shapes32.name() {
            return Err(Error::ProbeInvalid(format!(
                "This probe draws its images with the generator of Shapes-32, and the dataset here is {}. Choose the dataset shapes32.",
                context.images.name()
            )));
        }
        let images = images(options, context, 200)?;
        for &index in &images {
            if context.images.image(index)? != render(&scene_of(index)).pixels {
                return Err(Error::ProbeInvalid(format!(
                    "Test image {index} is not the one that the generator of Shapes-32 draws, so its outline is not known."
                )));
            }
        }
        Ok(Self { pictures: pictures(options, &images)?, images })
    }
}

fn scene_of(index: usize) -> Scene {
    scene(SEED, Split::Test, index)
}

/// What fills the outline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cue {
    /// A patch of the other image.
    Patch,
    /// The other object's texture and colours.
    Fill,
}

/// What was found with one cue.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Found {
    /// Images answered by shape among those answered by shape or by texture: n is their number and differs by network.
    pub bias: Named<Rate>,
    /// Taught learners against the baseline on the images that both answered by shape or by texture: 1 for shape.
    pub comparison: Named<Comparison>,
    /// Answered by the class of the outline, of all images.
    pub shape: Named<Rate>,
    /// Answered by the class of the inside, of all images.
    pub texture: Named<Rate>,
    /// Agreement with the teacher.
    pub consensus: Consensus,
}

/// One image.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Item {
    /// Test image that lends the outline and the background.
    pub index: usize,
    /// Class of the outline.
    pub label: usize,
    /// Its name.
    pub class_name: String,
    /// Test image that lends the inside.
    pub other: usize,
    /// Class of the inside.
    pub other_label: usize,
    /// Its name.
    pub other_name: String,
    /// Predictions with the patch.
    pub patch: Predictions,
    /// Predictions with the fill.
    pub fill: Predictions,
}

/// Pixels of one image, planar, `[3·32·32]` in [0, 1].
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Picture {
    /// Test image.
    pub index: usize,
    /// With the patch.
    pub patch: Vec<f32>,
    /// With the fill.
    pub fill: Vec<f32>,
}

/// Everything the probe found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// `shape-texture`.
    pub probe: &'static str,
    /// Steps that the learners had been trained.
    pub step: usize,
    /// Seed of the run, which also decides whose inside an outline gets.
    pub seed: u64,
    /// Images.
    pub n: usize,
    /// What the cues can show in this dataset.
    pub note: &'static str,
    /// With a patch of another class's image.
    pub patch: Found,
    /// With the texture and colours of another class's object.
    pub fill: Found,
    /// By image.
    pub items: Vec<Item>,
    /// Those that were asked for.
    pub pictures: Vec<Picture>,
}

fn pixels(seed: u64, index: usize, cue: Cue) -> Vec<f32> {
    let (own, other) = (scene_of(index), scene_of(partner(seed, index)));
    let bytes = match cue {
        Cue::Patch => patched(&own, &other),
        Cue::Fill => refilled(&own, &other),
    };
    bytes.iter().map(|&byte| f32::from(byte) / 255.0).collect()
}

/// Which cue a prediction follows: shape (true), texture (false) or neither.
fn answer(predicted: usize, shape: usize, texture: usize) -> Option<bool> {
    match predicted {
        p if p == shape => Some(true),
        p if p == texture => Some(false),
        _ => None,
    }
}

fn found(context: &ProbeContext<'_>, predictions: &[Predictions], classes: &[(usize, usize)]) -> Found {
    let answers: Vec<Named<Option<bool>>> = predictions
        .iter()
        .zip(classes)
        .map(|(own, &(shape, texture))| own.map(|&p| answer(p, shape, texture)))
        .collect();
    Found {
        bias: rates(context, |place| answers.iter().filter_map(move |a| *a.at(place))),
        comparison: context.comparisons(|taught, baseline| {
            Comparison::of_hits(answers.iter().filter_map(|a| Some(((*a.at(taught))?, (*a.at(baseline))?))))
        }),
        shape: rates(context, |place| answers.iter().map(move |a| *a.at(place) == Some(true))),
        texture: rates(context, |place| answers.iter().map(move |a| *a.at(place) == Some(false))),
        consensus: Consensus::of(context, predictions),
    }
}

/// Runs the probe.
///
/// # Errors
/// `gpu-lost`.
pub async fn run(options: &Options, context: &ProbeContext<'_>) -> Result<Report> {
    let (n, seed) = (options.images.len(), context.seed);
    let class = |index: usize| usize::from(scene_of(index).shape.label());
    let classes: Vec<_> = options.images.iter().map(|&i| (class(i), class(partner(seed, i)))).collect();
    let patch = predict(context, n, |i| Ok(pixels(seed, options.images[i], Cue::Patch))).await?;
    let fill = predict(context, n, |i| Ok(pixels(seed, options.images[i], Cue::Fill))).await?;
    let (with_patch, with_fill) = (found(context, &patch, &classes), found(context, &fill, &classes));
    let name = |class: usize| Shape::NAMES[class].to_string();
    let each = options.images.iter().zip(&classes).zip(patch.into_iter().zip(fill));
    let items = each.map(|((&index, &(label, other_label)), (patch, fill))| Item {
        index,
        label,
        class_name: name(label),
        other: partner(seed, index),
        other_label,
        other_name: name(other_label),
        patch,
        fill,
    });
    let picture = |&index: &usize| Picture {
        index,
        patch: pixels(seed, index, Cue::Patch),
        fill: pixels(seed, index, Cue::Fill),
    };
    Ok(Report {
        probe: "shape-texture",
        step: context.step,
        seed,
        n,
        note: NOTE,
        patch: with_patch,
        fill: with_fill,
        items: items.collect(),
        pictures: options.pictures.iter().map(picture).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prediction_follows_one_cue_or_none() {
        assert_eq!([0, 1, 2].map(|predicted| answer(predicted, 0, 1)), [Some(true), Some(false), None]);
    }
}
