//! Why? Which layers of teacher and learners hold alike features: matrices of CKA (2205.16004 App. 11.6; Kornblith et al. 2019).
//!
//! Debiased linear CKA over batches of 32 images (minibatch form, Nguyen et al. 2021) between every tap of the teacher and every
//! tap of each learner. Maps are averaged to at most 4×4 places before (ours: otherwise early maps have
//! thousands of entries more than there are images). The paper expects the diagonal to rise.

use burn::tensor::Tensor;
use serde::Serialize;
use serde_json::{Map, Value};

use super::common::pairs;
use super::{ProbeContext, TEACHER, images, only};
use crate::error::{Error, Result};
use crate::evaluate::{finite, pixels};
use crate::metrics::Matrix;
use crate::metrics::cka;
use crate::named::Named;
use crate::nets::Network;
use crate::readback;
use crate::statistics::Comparison;
use crate::yielding::yield_now;

/// Images in a batch. Constant, so that a GPU compiles its kernels once.
const BATCH: usize = 32;
/// Largest side of a map that is compared.
const SIDE: usize = 4;

/// What to compute.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// Test images; a last batch of fewer than 32 is left out.
    pub images: Vec<usize>,
}

impl Options {
    /// Reads `images` (default 128, at least 32).
    ///
    /// # Errors
    /// `probe-invalid`, `data-missing`.
    pub fn from_json(options: &Map<String, Value>, context: &ProbeContext<'_>) -> Result<Self> {
        only(options, &["images"])?;
        let images = images(options, context, 128)?;
        if images.len() < BATCH {
            return Err(Error::ProbeInvalid(format!(
                "`images` must name at least {BATCH} images: they are compared in batches."
            )));
        }
        Ok(Self { images })
    }
}

/// Everything the probe found.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// `layers`.
    pub probe: &'static str,
    /// Steps that the learners had been trained.
    pub step: usize,
    /// Seed of the run.
    pub seed: u64,
    /// Images.
    pub n: usize,
    /// Taps of each network: the teacher's are the rows of the matrices, a learner's the columns.
    pub taps: Named<Vec<String>>,
    /// CKA of the teacher's taps with each learner's, about 0 to 1; `None` where features do not vary.
    pub cka: Named<Vec<Vec<Option<f64>>>>,
    /// Mean over the taps that all networks have (the diagonal), taught learners against the baseline; n counts batches.
    pub diagonal: Named<Comparison>,
}

/// Runs the probe.
///
/// # Errors
/// `probe-invalid`, `data-missing`, `gpu-lost`.
pub async fn run(options: &Options, context: &ProbeContext<'_>) -> Result<Report> {
    let used = options.images.len() / BATCH * BATCH;
    let networks = context.networks();
    let mut gathered: Vec<Gathered> = networks.values().map(|_| Gathered::default()).collect();
    for chunk in options.images[..used].chunks_exact(BATCH) {
        let x = pixels(context.images, chunk, context.device)?;
        for ((who, network), own) in networks.iter().zip(&mut gathered) {
            own.add(who, network, x.clone()).await?;
        }
        yield_now().await;
    }
    let gathered = Named::new(&context.ids(), gathered);
    let features = gathered.map(|own| own.matrices(used)).transpose()?;
    let table = |other: &[Matrix]| -> Result<Vec<Vec<Option<f64>>>> {
        let cell = |a: &Matrix, b: &Matrix| Ok(cka::minibatch(a, b, BATCH)?.0.value);
        features.at(TEACHER).iter().map(|a| other.iter().map(|b| cell(a, b)).collect()).collect()
    };
    let shared = features.values().map(Vec::len).min().unwrap_or(0);
    let mut batches = Vec::with_capacity(used / BATCH);
    for batch in 0..used / BATCH {
        let alike = |own: &Gathered| -> Result<Option<f64>> {
            let mut sum = 0.0;
            for tap in 0..shared {
                match cka::debiased(&gathered.at(TEACHER).part(tap, batch)?, &own.part(tap, batch)?)?.value {
                    Some(value) => sum += value,
                    None => return Ok(None),
                }
            }
            Ok(Some(sum / shared as f64))
        };
        batches.push(gathered.map(alike).transpose()?);
    }
    let names = |network: &&Network| (0..network.maps()).map(|i| format!("f{i}")).chain(["pooled".into()]).collect();
    Ok(Report {
        probe: "layers",
        step: context.step,
        seed: context.seed,
        n: used,
        taps: networks.map(names),
        cka: context.of_learners(|place| table(features.at(place))).transpose()?,
        diagonal: context
            .comparisons(|taught, baseline| Comparison::of(&pairs(&batches, taught, baseline, |v| v), context.seed)),
    })
}

/// Features of one network, tap by tap: values and how many there are for each image.
#[derive(Default)]
struct Gathered {
    taps: Vec<(Vec<f32>, usize)>,
}

impl Gathered {
    async fn add(&mut self, who: &str, network: &Network, x: Tensor<4>) -> Result<()> {
        let taps = network.forward(x);
        let mut tensors: Vec<Tensor<1>> = taps.maps.into_iter().map(small).collect();
        let [rows, columns] = taps.pooled.dims();
        tensors.push(taps.pooled.reshape([rows * columns]));
        let read = readback::read_all(tensors).await?;
        self.taps.resize(read.len(), (Vec::new(), 0));
        for ((values, size), new) in self.taps.iter_mut().zip(read) {
            *size = new.len() / rows;
            finite(who, "features", *size, &new)?;
            values.extend(new);
        }
        Ok(())
    }

    fn matrices(&self, n: usize) -> Result<Vec<Matrix>> {
        self.taps.iter().map(|(values, size)| Matrix::from_tensor("features", &[n, *size], values)).collect()
    }

    /// The rows of one batch.
    fn part(&self, tap: usize, batch: usize) -> Result<Matrix> {
        let (values, size) = &self.taps[tap];
        let rows = &values[batch * BATCH * size..(batch + 1) * BATCH * size];
        Matrix::from_tensor("features", &[BATCH, *size], rows)
    }
}

/// A map averaged to at most 4×4 places, flat.
fn small(map: Tensor<4>) -> Tensor<1> {
    let side = map.dims()[2].min(SIDE);
    let map = crate::objectives::pool_to(map, side);
    let count = map.dims().iter().product::<usize>();
    map.reshape([count])
}
