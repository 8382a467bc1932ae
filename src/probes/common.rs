//! What several probes need: predictions of the three networks, agreement with the teacher, the reading of options.

use burn::tensor::{Tensor, TensorData};
use serde::Serialize;
use serde_json::{Map, Value};

use super::{Bench, Trio};
use crate::data::{Dataset, DatasetKind, IMAGE_BYTES, SIDE};
use crate::error::{Error, Result};
use crate::evaluate::{EVALUATION_BATCH, Logits};
use crate::readback;
use crate::statistics::{Comparison, Rate};
use crate::yielding::yield_now;

/// Predicted classes of one image, an entry a network.
pub type Verdicts = Trio<usize>;

/// Classes that the three networks predict for `n` images, in batches of constant size. `image(i)` gives the pixels of the
/// `i`-th: planar, `[3·32·32]`.
pub(super) async fn predict(
    bench: &Bench<'_>,
    n: usize,
    mut image: impl FnMut(usize) -> Result<Vec<f32>>,
) -> Result<Vec<Verdicts>> {
    let size = EVALUATION_BATCH.min(n);
    let mut verdicts = Vec::with_capacity(n);
    for start in (0..n).step_by(size.max(1)) {
        let end = (start + size).min(n);
        let mut pixels = Vec::with_capacity(size * IMAGE_BYTES);
        for i in start..end {
            pixels.extend(image(i)?);
        }
        // The last batch is filled up with its first image and the surplus dropped.
        for _ in end - start..size {
            pixels.extend_from_within(..IMAGE_BYTES);
        }
        let x = Tensor::<4>::from_data(TensorData::new(pixels, [size, 3, SIDE, SIDE]), bench.device);
        let seen = logits(bench, x).await?.map(|own| own.predictions());
        verdicts.extend((0..end - start).map(|i| seen.map(|own| own[i])));
        yield_now().await;
    }
    Ok(verdicts)
}

/// Logits of the three networks on the same pixels, `[B, 3, 32, 32]` in [0, 1], in one round trip.
pub(super) async fn logits(bench: &Bench<'_>, x: Tensor<4>) -> Result<Trio<Logits>> {
    let named = bench.named();
    let said = named.map(|(_, network)| network.logits(x.clone()));
    let mut read = readback::read_all(vec![said.teacher, said.student, said.control]).await?.into_iter();
    named.map(|(who, network)| Logits::of(who, network.classes(), read.next().unwrap_or_default())).whole()
}

/// How often student and control predict what the teacher predicts, right or wrong: the consensus score of 2205.16004
/// (Fig. 5; P6 in our notes).
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Consensus {
    /// Images on which the student predicts the teacher's class.
    pub student: Rate,
    /// The same for the control.
    pub control: Rate,
    /// Student against control on the same images.
    pub comparison: Comparison,
}

impl Consensus {
    /// Of the same images' verdicts.
    pub fn of(verdicts: &[Verdicts]) -> Self {
        let agree = |v: &Verdicts| (v.student == v.teacher, v.control == v.teacher);
        Self {
            student: Rate::of(verdicts.iter().map(|v| agree(v).0)),
            control: Rate::of(verdicts.iter().map(|v| agree(v).1)),
            comparison: Comparison::of_hits(verdicts.iter().map(agree)),
        }
    }
}

/// Accuracy of the three networks.
pub(super) fn accuracy(verdicts: &[Verdicts], labels: &[usize]) -> Trio<Rate> {
    rates(verdicts.iter().zip(labels).map(|(v, label)| v.map(|predicted| predicted == label)))
}

/// Student against control: right, on the same images.
pub(super) fn compare_accuracy(verdicts: &[Verdicts], labels: &[usize]) -> Comparison {
    Comparison::of_hits(verdicts.iter().zip(labels).map(|(v, label)| (v.student == *label, v.control == *label)))
}

/// A rate for each network.
pub(super) fn rates(hits: impl Iterator<Item = Trio<bool>> + Clone) -> Trio<Rate> {
    Trio {
        teacher: Rate::of(hits.clone().map(|h| h.teacher)),
        student: Rate::of(hits.clone().map(|h| h.student)),
        control: Rate::of(hits.map(|h| h.control)),
    }
}

/// The pixels of a test image in [0, 1], planar.
pub(super) fn unit_pixels(images: &Dataset, index: usize) -> Result<Vec<f32>> {
    crate::data::augment::plain(images, &[index])
}

/// The class numbers of test images.
pub(super) fn labels(images: &Dataset, indices: &[usize]) -> Result<Vec<usize>> {
    indices.iter().map(|&i| images.label(i).map(usize::from)).collect()
}

/// The channel means that the networks subtract: those of a known dataset, else of the images at hand.
pub(super) fn channel_means(images: &Dataset) -> [f32; 3] {
    let known = images.name().parse::<DatasetKind>().ok().map(DatasetKind::normalisation);
    known.or_else(|| images.measure()).map_or([0.5; 3], |n| n.mean)
}

/// Reads `pictures`, a list of image numbers that are also in `images`; missing means none.
pub(super) fn pictures(options: &Map<String, Value>, images: &[usize]) -> Result<Vec<usize>> {
    let whole = |v: &Value| v.as_f64().filter(|x| x.fract() == 0.0 && *x >= 0.0).map(|x| x as usize);
    match options.get("pictures") {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Array(list)) => list
            .iter()
            .map(|v| whole(v).filter(|i| images.contains(i)))
            .collect::<Option<_>>()
            .ok_or_else(|| Error::ProbeInvalid("`pictures` must list images that are also in `images`.".into())),
        Some(other) => Err(Error::ProbeInvalid(format!("`pictures` must be a list of image numbers, not {other}."))),
    }
}

/// A whole number option in a range, or its default.
pub(super) fn whole(options: &Map<String, Value>, name: &str, default: usize, min: usize, max: usize) -> Result<usize> {
    match options.get(name) {
        None | Some(Value::Null) => Ok(default),
        Some(v) => v
            .as_f64()
            .filter(|x| x.fract() == 0.0 && (min as f64..=max as f64).contains(x))
            .map(|x| x as usize)
            .ok_or_else(|| {
                Error::ProbeInvalid(format!("`{name}` must be a whole number from {min} to {max}, not {v}."))
            }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn consensus_counts_equal_predictions() {
        let verdicts: Vec<_> = [(1, 1, 2), (3, 3, 3), (0, 4, 4)]
            .map(|(teacher, student, control)| Trio { teacher, student, control })
            .into();
        let found = Consensus::of(&verdicts);
        assert_eq!((found.student.count, found.control.count, found.student.n), (2, 1, 3));
        assert!((found.comparison.difference.unwrap() - 1.0 / 3.0).abs() < 1e-12);
        let right = accuracy(&verdicts, &[1, 3, 4]);
        assert_eq!((right.teacher.count, right.student.count, right.control.count), (2, 3, 2));
    }

    #[test]
    fn options_are_read_or_refused() {
        let object = |value: Value| value.as_object().cloned().unwrap_or_default();
        let options = object(json!({"pictures": [2, 0], "a": 3, "b": 3.5, "c": "x"}));
        assert_eq!(pictures(&options, &[0, 1, 2]), Ok(vec![2, 0]));
        assert_eq!(pictures(&object(json!({})), &[0]), Ok(vec![]));
        for bad in [json!({"pictures": [3]}), json!({"pictures": 1}), json!({"pictures": [0.5]})] {
            assert_eq!(pictures(&object(bad), &[0, 1, 2]).unwrap_err().code(), "probe-invalid");
        }
        assert_eq!(whole(&options, "a", 1, 1, 3), Ok(3));
        assert_eq!(whole(&options, "missing", 7, 1, 3), Ok(7));
        assert!(whole(&options, "a", 1, 1, 2).is_err() && whole(&options, "b", 1, 1, 9).is_err());
        assert!(whole(&options, "c", 1, 1, 9).is_err());
    }

    #[test]
    fn means_are_the_datasets_or_measured() {
        assert_eq!(channel_means(&Dataset::empty(DatasetKind::Cifar10)), DatasetKind::Cifar10.normalisation().mean);
        let mut own = Dataset::with_classes("mine", vec!["a".into()]).unwrap();
        own.append(&[51; IMAGE_BYTES], &[0], None).unwrap();
        assert!((channel_means(&own)[1] - 0.2).abs() < 1e-6);
    }
}
