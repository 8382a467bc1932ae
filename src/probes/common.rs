//! What several probes need: predictions of the networks, agreement with the teacher, the reading of options.

use burn::tensor::{Tensor, TensorData};
use serde::Serialize;
use serde_json::{Map, Value};

use super::{ProbeContext, TEACHER};
use crate::data::{Dataset, DatasetKind, IMAGE_BYTES, SIDE};
use crate::error::{Error, Result};
use crate::evaluate::{EVALUATION_BATCH, Logits};
use crate::named::Named;
use crate::readback;
use crate::statistics::{Comparison, Rate};
use crate::yielding::yield_now;

/// Predicted classes of one image, an entry a network.
pub type Predictions = Named<usize>;

/// Classes that the networks predict for `n` images, in batches of constant size. `image(i)` gives the pixels of the `i`-th:
/// planar, `[3·32·32]`.
pub(super) async fn predict(
    context: &ProbeContext<'_>,
    n: usize,
    mut image: impl FnMut(usize) -> Result<Vec<f32>>,
) -> Result<Vec<Predictions>> {
    let ids = context.ids();
    let size = EVALUATION_BATCH.min(n);
    let mut predictions = Vec::with_capacity(n);
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
        let x = Tensor::<4>::from_data(TensorData::new(pixels, [size, 3, SIDE, SIDE]), context.device);
        let seen = logits(context, x).await?.map(|own| own.predictions());
        predictions.extend((0..end - start).map(|i| Named::new(&ids, seen.values().map(|own| own[i]))));
        yield_now().await;
    }
    Ok(predictions)
}

/// Logits of the networks on the same pixels, `[B, 3, 32, 32]` in [0, 1], in one round trip.
pub(super) async fn logits(context: &ProbeContext<'_>, x: Tensor<4>) -> Result<Named<Logits>> {
    let networks = context.networks();
    let said = networks.values().map(|network| network.logits(x.clone())).collect();
    let read = readback::read_all(said).await?;
    networks
        .iter()
        .zip(read)
        .map(|((id, network), values)| Ok((id, Logits::of(id, network.classes(), values)?)))
        .collect()
}

/// How often the learners predict what the teacher predicts, right or wrong: the consensus score of 2205.16004 (Fig. 5; P6 in our
/// notes).
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Consensus {
    /// Images on which each learner predicts the teacher's class.
    pub rates: Named<Rate>,
    /// Taught learners against the baseline on the same images.
    pub comparison: Named<Comparison>,
}

impl Consensus {
    /// Of the same images' predictions.
    pub fn of(context: &ProbeContext<'_>, predictions: &[Predictions]) -> Self {
        let agrees = |p: &Predictions, place: usize| p.at(place) == p.at(TEACHER);
        Self {
            rates: context.of_learners(|place| Rate::of(predictions.iter().map(|p| agrees(p, place)))),
            comparison: context.comparisons(|taught, baseline| {
                Comparison::of_hits(predictions.iter().map(|p| (agrees(p, taught), agrees(p, baseline))))
            }),
        }
    }
}

/// Accuracy of the networks.
pub(super) fn accuracy(context: &ProbeContext<'_>, predictions: &[Predictions], labels: &[usize]) -> Named<Rate> {
    rates(context, |place| predictions.iter().zip(labels).map(move |(p, label)| p.at(place) == label))
}

/// Taught learners against the baseline: right, on the same images.
pub(super) fn compare_accuracy(
    context: &ProbeContext<'_>,
    predictions: &[Predictions],
    labels: &[usize],
) -> Named<Comparison> {
    context.comparisons(|taught, baseline| {
        let each = predictions.iter().zip(labels);
        Comparison::of_hits(each.map(|(p, label)| (p.at(taught) == label, p.at(baseline) == label)))
    })
}

/// A rate for each network, from its place in a list of all.
pub(super) fn rates<I: IntoIterator<Item = bool>>(
    context: &ProbeContext<'_>,
    mut hits: impl FnMut(usize) -> I,
) -> Named<Rate> {
    let ids = context.ids();
    Named::new(&ids, (0..ids.len()).map(|place| Rate::of(hits(place))))
}

/// The pairs of images on which both networks have a value.
pub(super) fn pairs<'a, T>(
    items: &'a [T],
    taught: usize,
    baseline: usize,
    values: impl Fn(&'a T) -> &'a Named<Option<f64>>,
) -> Vec<(f64, f64)> {
    items.iter().map(values).filter_map(|v| Some(((*v.at(taught))?, (*v.at(baseline))?))).collect()
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
