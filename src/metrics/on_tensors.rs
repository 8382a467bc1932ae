//! The metrics on named tensors, as the registry and the command line call them.

use std::cell::RefCell;
use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::matrix::{Matrix, enough, invalid};
use super::measure::{Measure, bootstrap};
use super::outputs::{Calibration, ErrorConsistency, agreement, agreement_bounds, hits, kl_by_image, nll_by_image};
use super::{LabelDistances, Relevance, Removal, UCentred, cka, dcor};
use crate::error::Result;
use crate::fields::Values;
use crate::statistics::Rate;
use crate::weights::Tensors;

/// What a metric found.
pub(super) struct Report {
    /// The value.
    measure: Measure,
    /// Images it is of.
    n: usize,
    /// Its 95 % interval, or why there is none; `None` for metrics without.
    interval: Option<std::result::Result<Value, &'static str>>,
    /// What else belongs to it.
    details: Value,
}

impl Report {
    fn new(measure: Measure, n: usize) -> Self {
        Self { measure, n, interval: None, details: json!({}) }
    }

    fn with(self, details: Value) -> Self {
        Self { details, ..self }
    }

    /// With the bootstrap's interval over images.
    fn resampled(self, seed: u64, statistic: impl FnMut(&[usize]) -> Option<f64>) -> Self {
        let interval = match self.measure.value {
            Some(value) => bootstrap(self.n, seed, value, statistic).map(|found| {
                let mut interval = json!(found);
                (interval["level"], interval["method"]) = (json!(0.95), json!("bootstrap over images, percentiles"));
                interval
            }),
            None => Err("There is no value, so there is no interval."),
        };
        Self { interval: Some(interval), ..self }
    }

    /// As the result of a metric.
    pub(super) fn into_json(self) -> Map<String, Value> {
        let mut all = Map::new();
        all.insert("value".into(), json!(self.measure.value));
        all.insert("note".into(), json!(self.measure.note));
        all.insert("n".into(), json!(self.n));
        if let Some(interval) = self.interval {
            all.insert("intervalNote".into(), json!(interval.as_ref().err()));
            all.insert("interval".into(), interval.unwrap_or(Value::Null));
        }
        if let Value::Object(details) = self.details {
            all.extend(details);
        }
        all
    }
}

/// Named tensors, and which of them were read.
pub(super) struct Given<'a> {
    tensors: &'a Tensors,
    read: RefCell<BTreeSet<&'static str>>,
}

impl<'a> Given<'a> {
    pub(super) fn new(tensors: &'a Tensors) -> Self {
        Self { tensors, read: RefCell::default() }
    }

    /// Names of the tensors that were read so far.
    pub(super) fn read(&self) -> BTreeSet<&'static str> {
        self.read.borrow().clone()
    }

    fn get(&self, name: &'static str) -> Option<(&'a [usize], &'a [f32])> {
        let (shape, values) = self.tensors.get(name)?;
        self.read.borrow_mut().insert(name);
        Some((shape, values))
    }

    fn has(&self, name: &str) -> bool {
        self.tensors.contains_key(name)
    }

    /// Features `[n, …]` as `[n, d]`.
    fn features(&self, name: &'static str) -> Result<Matrix> {
        let (shape, values) = self.get(name).ok_or_else(|| invalid(format!("The tensor `{name}` is missing.")))?;
        Matrix::from_tensor(name, shape, values)
    }

    fn optional(&self, name: &'static str) -> Result<Option<Matrix>> {
        self.has(name).then(|| self.features(name)).transpose()
    }

    /// Logits `[n, K]`.
    fn logits(&self, name: &'static str) -> Result<Matrix> {
        let logits = self.features(name)?;
        match self.get(name).map(|(shape, _)| shape.len()) {
            Some(2) if logits.columns() >= 2 => Ok(logits),
            _ => Err(invalid(format!("`{name}` must be logits [n, K] of at least two classes."))),
        }
    }

    fn labels(&self) -> Result<Vec<usize>> {
        self.labels_if_any()?.ok_or_else(|| invalid("The tensor `labels` is missing.".into()))
    }

    fn labels_if_any(&self) -> Result<Option<Vec<usize>>> {
        // 2²⁴: above it 32-bit floats are no longer exact.
        let whole = |v: &f32| ((0.0..16_777_216.0).contains(v) && v.fract() == 0.0).then_some(*v as usize);
        let Some((shape, values)) = self.get("labels") else { return Ok(None) };
        let labels: Option<Vec<_>> = values.iter().map(whole).collect();
        match labels {
            Some(labels) if shape.len() == 1 => Ok(Some(labels)),
            _ => Err(invalid("`labels` must be [n] with whole numbers from 0 on.".into())),
        }
    }

    fn label_distances(&self) -> Result<LabelDistances> {
        match (self.optional("classes")?, self.optional("distances")?) {
            (None, None) => Ok(LabelDistances::OneHot),
            (Some(rows), None) => Ok(LabelDistances::Embeddings(rows)),
            (None, Some(table)) => LabelDistances::given(table),
            _ => Err(invalid("Both `classes` and `distances` say how far classes are apart. Give one of them.".into())),
        }
    }

    /// U-centred distances of features of `n` images.
    fn centred(&self, name: &'static str, n: usize) -> Result<UCentred> {
        let features = self.features(name)?;
        match features.rows() {
            rows if rows == n => UCentred::of_features(&features),
            rows => Err(invalid(format!(
                "`x` has {n} images and `{name}` has {rows}. They must be of the same images, in the same order."
            ))),
        }
    }

    /// U-centred distances of the labels of `n` images, and where the distances of classes came from.
    fn centred_labels(&self, n: usize) -> Result<(UCentred, &'static str)> {
        let labels = self.labels()?;
        if labels.len() != n {
            return Err(invalid(format!(
                "`labels` must have one entry for each of the {n} images, not {}.",
                labels.len()
            )));
        }
        let table = self.label_distances()?;
        Ok((UCentred::of_labels(&labels, &table)?, table.name()))
    }
}

pub(super) fn linear_cka(options: &Values, given: &Given<'_>) -> Result<Report> {
    let (x, y) = (given.features("x")?, given.features("y")?);
    let measure = match options.choice("form") {
        "features" => cka::from_features(&x, &y),
        "gram" => cka::from_grams(&x, &y),
        _ => cka::linear(&x, &y),
    };
    Ok(Report::new(measure?, x.rows()))
}

pub(super) fn debiased_cka(_: &Values, given: &Given<'_>) -> Result<Report> {
    let (x, y) = (given.features("x")?, given.features("y")?);
    Ok(Report::new(cka::debiased(&x, &y)?, x.rows()))
}

pub(super) fn minibatch_cka(options: &Values, given: &Given<'_>) -> Result<Report> {
    let (x, y) = (given.features("x")?, given.features("y")?);
    let (measure, size, batches) = cka::minibatch(&x, &y, options.integer("batchSize"))?;
    let n = size * batches;
    Ok(Report::new(measure, n).with(json!({"batchSize": size, "batches": batches, "leftOut": x.rows() - n})))
}

pub(super) fn distance_correlation(options: &Values, given: &Given<'_>) -> Result<Report> {
    let (x, y) = (given.features("x")?, given.features("y")?);
    Ok(Report::new(dcor::v_centred(&x, &y, options.flag("normalise"))?, x.rows()))
}

pub(super) fn bias_corrected(_: &Values, given: &Given<'_>) -> Result<Report> {
    let (x, y) = (given.features("x")?, given.features("y")?);
    Ok(Report::new(dcor::bias_corrected(&x, &y)?, x.rows()))
}

pub(super) fn partial(options: &Values, given: &Given<'_>) -> Result<Report> {
    let features = given.features("x")?;
    let n = features.rows();
    let x = UCentred::of_features(&features)?;
    let y = given.centred("y", n)?;
    let (z, of) = if given.has("z") { (given.centred("z", n)?, "z") } else { given.centred_labels(n)? };
    let removal = if options.choice("removal") == "both" { Removal::FromBoth } else { Removal::FromX };
    Ok(Report::new(dcor::partial(&x, &y, &z, removal), n).with(json!({"with": of})))
}

pub(super) fn fss(_: &Values, given: &Given<'_>) -> Result<Report> {
    let (x, y) = (given.features("x")?, given.features("y")?);
    Ok(Report::new(dcor::fss(&x, &y)?, x.rows()))
}

pub(super) fn relevance(_: &Values, given: &Given<'_>) -> Result<Report> {
    let features = given.features("x")?;
    let n = features.rows();
    let x = UCentred::of_features(&features)?;
    let (labels, distances) = given.centred_labels(n)?;
    if !given.has("y") {
        return Ok(Report::new(x.correlation(&labels), n).with(json!({"labelDistances": distances})));
    }
    let found = Relevance::of(&x, &given.centred("y", n)?, &labels);
    Ok(Report::new(found.x, n).with(json!({
        "labelDistances": distances, "y": found.y, "distilled": found.distilled, "residual": found.residual,
    })))
}

pub(super) fn calibration_error(options: &Values, given: &Given<'_>) -> Result<Report> {
    let (logits, labels) = (given.logits("x")?, given.labels()?);
    let calibration = Calibration::new(&logits, &labels, options.integer("bins"))?;
    let accuracy = Rate::of(hits(&logits, &labels)?);
    Ok(Report::new(Measure::of(calibration.error()), logits.rows())
        .resampled(seed(options), |drawn| Some(calibration.error_of(drawn.iter().copied())))
        .with(json!({"accuracy": accuracy, "bins": calibration.diagram()})))
}

pub(super) fn top1_agreement(_: &Values, given: &Given<'_>) -> Result<Report> {
    let (x, y) = (given.logits("x")?, given.logits("y")?);
    let rate = agreement(&x, &y)?;
    let interval = json!({"low": rate.low, "high": rate.high, "level": 0.95, "method": "Wilson"});
    let value = rate.rate.map_or(Measure::undefined("There are no images."), Measure::of);
    let mut details = json!({"count": rate.count});
    if let Some(labels) = given.labels_if_any()? {
        let accuracy = |logits| Ok::<_, crate::Error>(Rate::of(hits(logits, &labels)?));
        let (of_x, of_y) = (accuracy(&x)?, accuracy(&y)?);
        if let (Some(a), Some(b)) = (of_x.rate, of_y.rate) {
            details["bounds"] = json!(agreement_bounds(a, b, x.columns()));
        }
        details["accuracy"] = json!({"x": of_x, "y": of_y});
    }
    Ok(Report { interval: Some(Ok(interval)), ..Report::new(value, rate.n) }.with(details))
}

pub(super) fn predictive_kl(options: &Values, given: &Given<'_>) -> Result<Report> {
    let by_image = kl_by_image(&given.logits("x")?, &given.logits("y")?, options.number("temperature"))?;
    Ok(mean(&by_image, options))
}

pub(super) fn nll(options: &Values, given: &Given<'_>) -> Result<Report> {
    let (logits, labels) = (given.logits("x")?, given.labels()?);
    let by_image = nll_by_image(&logits, &labels)?;
    Ok(mean(&by_image, options).with(json!({"accuracy": Rate::of(hits(&logits, &labels)?)})))
}

pub(super) fn kappa(options: &Values, given: &Given<'_>) -> Result<Report> {
    let labels = given.labels()?;
    let (x, y) = (hits(&given.logits("x")?, &labels)?, hits(&given.logits("y")?, &labels)?);
    let n = enough(x.len(), 1)?;
    let of = |images: &mut dyn Iterator<Item = usize>| ErrorConsistency::of(images.map(|i| (x[i], y[i])));
    let found = of(&mut (0..n));
    Ok(Report::new(found.kappa, n).resampled(seed(options), |drawn| of(&mut drawn.iter().copied()).kappa.value).with(
        json!({
            "observed": found.observed, "expected": found.expected,
            "accuracy": {"x": Rate::of(x.iter().copied()), "y": Rate::of(y.iter().copied())},
        }),
    ))
}

/// The mean over images.
fn mean(by_image: &[f64], options: &Values) -> Report {
    let n = by_image.len();
    let mean = |sum: f64| sum / n as f64;
    Report::new(Measure::of(mean(by_image.iter().sum())), n)
        .resampled(seed(options), |drawn| Some(mean(drawn.iter().map(|&i| by_image[i]).sum())))
}

fn seed(options: &Values) -> u64 {
    options.integer("seed") as u64
}
