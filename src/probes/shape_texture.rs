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

use super::common::{Consensus, Verdicts, pictures, predict, rates};
use super::{Bench, Trio, images, only};
use crate::data::shapes::conflict::{partner, patched, refilled};
use crate::data::shapes::{SEED, Scene, Shape, render, scene};
use crate::data::{DatasetKind, Split};
use crate::error::{Error, Result};
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
    pub fn from_json(options: &Map<String, Value>, bench: &Bench<'_>) -> Result<Self> {
        only(options, &["images", "pictures"])?;
        if bench.images.name() != DatasetKind::Shapes32.name() {
            return Err(Error::ProbeInvalid(format!(
                "This probe draws its images with the generator of Shapes-32, and the dataset here is {}. Choose the dataset shapes32.",
                bench.images.name()
            )));
        }
        let images = images(options, bench, 200)?;
        for &index in &images {
            if bench.images.image(index)? != render(&scene_of(index)).pixels {
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
    pub bias: Trio<Rate>,
    /// Student against control on the images that both answered by shape or by texture: 1 for shape.
    pub comparison: Comparison,
    /// Answered by the class of the outline, of all images.
    pub shape: Trio<Rate>,
    /// Answered by the class of the inside, of all images.
    pub texture: Trio<Rate>,
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
    pub patch: Verdicts,
    /// Predictions with the fill.
    pub fill: Verdicts,
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
    /// Steps that student and control had been trained.
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

fn found(verdicts: &[Verdicts], classes: &[(usize, usize)]) -> Found {
    let answers: Vec<Trio<Option<bool>>> =
        verdicts.iter().zip(classes).map(|(v, &(shape, texture))| v.map(|&p| answer(p, shape, texture))).collect();
    let bias = |of: fn(&Trio<Option<bool>>) -> Option<bool>| Rate::of(answers.iter().filter_map(of));
    Found {
        bias: Trio { teacher: bias(|a| a.teacher), student: bias(|a| a.student), control: bias(|a| a.control) },
        comparison: Comparison::of_hits(answers.iter().filter_map(|a| Some((a.student?, a.control?)))),
        shape: rates(answers.iter().map(|a| a.map(|a| *a == Some(true)))),
        texture: rates(answers.iter().map(|a| a.map(|a| *a == Some(false)))),
        consensus: Consensus::of(verdicts),
    }
}

/// Runs the probe.
///
/// # Errors
/// `gpu-lost`.
pub async fn run(options: &Options, bench: &Bench<'_>) -> Result<Report> {
    let (n, seed) = (options.images.len(), bench.seed);
    let class = |index: usize| usize::from(scene_of(index).shape.label());
    let classes: Vec<_> = options.images.iter().map(|&i| (class(i), class(partner(seed, i)))).collect();
    let patch = predict(bench, n, |i| Ok(pixels(seed, options.images[i], Cue::Patch))).await?;
    let fill = predict(bench, n, |i| Ok(pixels(seed, options.images[i], Cue::Fill))).await?;
    let (with_patch, with_fill) = (found(&patch, &classes), found(&fill, &classes));
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
        step: bench.step,
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
    fn bias_counts_answers_by_either_cue_only() {
        let verdict = |teacher, student, control| Trio { teacher, student, control };
        // Outline 0, inside 1.
        let verdicts = [verdict(0, 0, 1), verdict(0, 1, 2), verdict(2, 0, 1), verdict(1, 0, 0)];
        let found = found(&verdicts, &[(0, 1); 4]);
        let counts = |r: Rate| (r.count, r.n);
        assert_eq!(counts(found.bias.teacher), (2, 3));
        assert_eq!(counts(found.bias.student), (3, 4));
        assert_eq!(counts(found.bias.control), (1, 3));
        assert_eq!((counts(found.shape.teacher), counts(found.texture.control)), ((2, 4), (2, 4)));
        // Both answered by a cue on three images: shape, shape, shape against texture, texture, shape.
        assert_eq!(found.comparison.n, 3);
        assert!((found.comparison.difference.unwrap() - 2.0 / 3.0).abs() < 1e-12);
    }

    #[test]
    fn without_any_answer_there_is_no_bias() {
        let verdicts = [Trio { teacher: 5, student: 6, control: 7 }];
        let found = found(&verdicts, &[(0, 1)]);
        assert_eq!((found.bias.teacher.n, found.bias.teacher.rate, found.comparison.n), (0, None, 0));
    }
}
