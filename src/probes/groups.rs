//! Does it reach further than what it was trained on, and does it reach everybody? Accuracy of the three networks on the same
//! test images in several domains or groups.
//!
//! Two properties of *What Knowledge Gets Distilled* (2205.16004). P8 (§5.1, Tab. 13), "domain adaptation for free": the
//! teacher knows digits on colours and on photographs, student and control were trained on plain ones only; is the student
//! better than the control where neither was trained? P9 (§5.2), bias: the teacher was never shown a group; does the student
//! gain less there than elsewhere? The gain is student − control in accuracy, and gains of two groups are compared on the same
//! images. The datasets stand in [`crate::data::derived`]. Beside it, if asked for, the boundary scores of P13 (§6, Tab. 1) in
//! each domain, see [`super::boundary`].

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::common::{Consensus, Verdicts, accuracy, compare_accuracy, labels, predict, unit_pixels, whole};
use super::{Bench, Trio, boundary, images, only};
use crate::data::DatasetKind;
use crate::error::{Error, Result};
use crate::statistics::{Comparison, Rate};

/// What to compute.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// Test images.
    pub images: Vec<usize>,
    /// Planes through three images in every group; 0 for none.
    pub triplets: usize,
    /// Grid points along each side of a plane.
    pub resolution: usize,
}

impl Options {
    /// Reads `images` (default 500), `triplets` (0 to 200, default 0), `resolution` (2 to 200, default 20).
    ///
    /// # Errors
    /// `probe-invalid`, also where there are no groups; `data-missing`.
    pub fn from_json(options: &Map<String, Value>, bench: &Bench<'_>) -> Result<Self> {
        only(options, &["images", "triplets", "resolution"])?;
        let Some(first) = bench.groups.first() else {
            let with: Vec<_> =
                DatasetKind::ALL.into_iter().filter(|kind| !kind.groups().is_empty()).map(DatasetKind::name).collect();
            return Err(Error::ProbeInvalid(format!(
                "There are no test images here in other domains or groups. The command line has them for the datasets {}.",
                with.join(", ")
            )));
        };
        // Where one group has fewer images than another, only those that all have are the same.
        let shortest = bench.groups.iter().min_by_key(|group| group.len()).unwrap_or(first);
        Ok(Self {
            images: images(options, &Bench { images: shortest, ..*bench }, 500)?,
            triplets: whole(options, "triplets", 0, 0, 200)?,
            resolution: whole(options, "resolution", 20, 2, 200)?,
        })
    }
}

/// How the gain (student − control in accuracy) differs from that in the first group.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Gain {
    /// Images.
    pub n: usize,
    /// Gain in the first group.
    pub first: Option<f64>,
    /// Gain in this group.
    pub here: Option<f64>,
    /// first − here: above 0 where the student gains less in this group.
    pub difference: Option<f64>,
    /// Lower end of its 95 % interval, that of [`Comparison::of_numbers`].
    pub low: Option<f64>,
    /// Upper end.
    pub high: Option<f64>,
}

/// What was found in one domain or group.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct InGroup {
    /// Name of its dataset.
    pub group: String,
    /// The name as people write it.
    pub label: String,
    /// Accuracy of the three networks.
    pub accuracy: Trio<Rate>,
    /// Student against control: right, on the same images.
    pub comparison: Comparison,
    /// Agreement with the teacher.
    pub consensus: Consensus,
    /// Against the gain in the first group; none in the first.
    pub gain: Option<Gain>,
    /// Scores of student and control on planes through three images; none where no planes were asked for.
    pub boundary: Option<Comparison>,
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
    /// Predictions in the order of the groups.
    pub verdicts: Vec<Verdicts>,
}

/// Everything the probe found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// `groups`.
    pub probe: &'static str,
    /// Steps that student and control had been trained.
    pub step: usize,
    /// Seed of the run.
    pub seed: u64,
    /// Images.
    pub n: usize,
    /// By domain or group; the first is the usual one.
    pub groups: Vec<InGroup>,
    /// By image.
    pub items: Vec<Item>,
}

/// The gain of each image: 1 where only the student is right, −1 where only the control is.
fn gains(verdicts: &[Verdicts], truth: &[usize]) -> Vec<f64> {
    let right = |predicted: usize, label: &usize| f64::from(u8::from(predicted == *label));
    verdicts.iter().zip(truth).map(|(v, label)| right(v.student, label) - right(v.control, label)).collect()
}

/// Runs the probe.
///
/// # Errors
/// `probe-invalid` when the images of a plane lie on one line, `data-missing`, `gpu-lost`.
pub async fn run(options: &Options, bench: &Bench<'_>) -> Result<Report> {
    let n = options.images.len();
    let mut groups: Vec<InGroup> = Vec::with_capacity(bench.groups.len());
    let mut by_image: Vec<Vec<Verdicts>> = vec![Vec::new(); n];
    let mut truth = Vec::new();
    let mut first: Option<Vec<f64>> = None;
    for images in bench.groups {
        let shown = Bench { images, ..*bench };
        truth = labels(images, &options.images)?;
        let verdicts = predict(&shown, n, |i| unit_pixels(images, options.images[i])).await?;
        let here = gains(&verdicts, &truth);
        let gain = first.as_ref().map(|first| {
            let pairs: Vec<_> = first.iter().copied().zip(here.iter().copied()).collect();
            let Comparison { n, student: first, control: here, difference, low, high, .. } =
                Comparison::of_numbers(&pairs, bench.seed);
            Gain { n, first, here, difference, low, high }
        });
        first.get_or_insert(here);
        let kind: Option<DatasetKind> = images.name().parse().ok();
        groups.push(InGroup {
            group: images.name().to_string(),
            label: kind.map_or_else(|| images.name().to_string(), |kind| kind.label().to_string()),
            accuracy: accuracy(&verdicts, &truth),
            comparison: compare_accuracy(&verdicts, &truth),
            consensus: Consensus::of(&verdicts),
            gain,
            boundary: planes(options, &shown).await?,
        });
        by_image.iter_mut().zip(verdicts).for_each(|(image, verdict)| image.push(verdict));
    }
    let items = options.images.iter().zip(&truth).zip(by_image).map(|((&index, &label), verdicts)| Item {
        index,
        label,
        class_name: bench.images.classes().get(label).cloned().unwrap_or_default(),
        verdicts,
    });
    Ok(Report { probe: "groups", step: bench.step, seed: bench.seed, n, groups, items: items.collect() })
}

/// The boundary scores on planes through the images of one group: the same three in every group.
async fn planes(options: &Options, bench: &Bench<'_>) -> Result<Option<Comparison>> {
    if options.triplets == 0 {
        return Ok(None);
    }
    let asked = json!({"triplets": options.triplets, "resolution": options.resolution, "pictures": 0});
    let asked = boundary::Options::from_json(asked.as_object().unwrap_or(&Map::new()), bench)?;
    Ok(Some(boundary::run(&asked, bench).await?.comparison))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gains_count_where_only_one_is_right() {
        let verdicts: Vec<_> = [(0, 0, 1), (0, 1, 0), (0, 2, 2), (0, 1, 1)]
            .map(|(teacher, student, control)| Trio { teacher, student, control })
            .into();
        assert_eq!(gains(&verdicts, &[0, 0, 0, 1]), [1.0, -1.0, 0.0, 0.0]);
    }
}
