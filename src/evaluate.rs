//! Networks on images they were not trained on.

use burn::tensor::{Device, Tensor, TensorData};

use serde::Serialize;

use crate::data::{Dataset, SIDE, augment};
use crate::error::{Error, Result};
use crate::metrics::Matrix;
use crate::nets::Network;
use crate::readback;
use crate::statistics::{Rate, argmax, negative_log_likelihood};

/// Images in one forward pass. Constant, so that a GPU compiles its kernels once.
pub const EVALUATION_BATCH: usize = 100;

/// How right one network is.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Score {
    /// Correct among all.
    #[serde(flatten)]
    pub accuracy: Rate,
    /// Mean negative log-likelihood of the label, nats.
    pub nll: f64,
}

/// Logits of images, row-major `[n, K]`, on the host. All of them are finite: what is not a number is no answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Logits {
    classes: usize,
    values: Vec<f32>,
}

impl Logits {
    /// `values`: a row of `classes` numbers for each image, as `who` gave them.
    ///
    /// # Errors
    /// `not-finite`, naming the network.
    pub fn of(who: &str, classes: usize, values: Vec<f32>) -> Result<Self> {
        finite(who, "logits", classes, &values)?;
        Ok(Self { classes, values })
    }

    /// One row an image.
    pub fn rows(&self) -> std::slice::ChunksExact<'_, f32> {
        self.values.chunks_exact(self.classes)
    }

    /// The first `images` of them.
    #[must_use]
    pub fn first(mut self, images: usize) -> Self {
        self.values.truncate(images * self.classes);
        self
    }

    /// The class with the largest logit, an image at a time.
    pub fn predictions(&self) -> Vec<usize> {
        self.rows().map(argmax).collect()
    }

    /// In double precision, as the metrics take them.
    ///
    /// # Errors
    /// `tensors-invalid` when there are none or one is not a finite number.
    pub fn matrix(&self) -> Result<Matrix> {
        Matrix::from_tensor("logits", &[self.rows().len(), self.classes], &self.values)
    }

    /// Accuracy and mean negative log-likelihood against labels.
    pub fn score(&self, labels: &[u8]) -> Score {
        let hits = self.rows().zip(labels).map(|(row, &label)| argmax(row) == usize::from(label));
        let nll: f64 =
            self.rows().zip(labels).map(|(row, &label)| negative_log_likelihood(row, usize::from(label))).sum();
        Score { accuracy: Rate::of(hits), nll: nll / labels.len().max(1) as f64 }
    }
}

/// Images of a dataset as pixels on a device, `[n, 3, 32, 32]` in [0, 1].
///
/// # Errors
/// `data-missing` when an image is not there.
pub fn pixels(dataset: &Dataset, indices: &[usize], device: &Device) -> Result<Tensor<4>> {
    let values = augment::plain(dataset, indices)?;
    Ok(Tensor::from_data(TensorData::new(values, [indices.len(), 3, SIDE, SIDE]), device))
}

/// What a network said of images, `size` numbers each, if they are all finite. A probe that went on with others would make numbers
/// of them that look like any: NaN is equal to nothing, larger than nothing, and lost in a maximum.
///
/// # Errors
/// `not-finite`, naming the network and on how many images it says so.
pub fn finite(who: &str, what: &str, size: usize, values: &[f32]) -> Result<()> {
    let rows = values.chunks_exact(size.max(1));
    let n = rows.len();
    match rows.filter(|row| row.iter().any(|v| !v.is_finite())).count() {
        0 => Ok(()),
        bad => Err(Error::NotFinite(format!(
            "The {who}’s {what} are not finite numbers on {bad} of {n} images, so nothing can be told from them. Its weights are \
             damaged or too large, or its training diverged: take other weights, or go back to an earlier checkpoint."
        ))),
    }
}

/// Logits of the images `indices`, computed in batches of constant size. `who` is what an error calls the network.
///
/// # Errors
/// `data-missing`, `not-finite`, `gpu-lost`.
pub async fn logits(
    who: &str,
    network: &Network,
    dataset: &Dataset,
    indices: &[usize],
    device: &Device,
) -> Result<Logits> {
    let size = EVALUATION_BATCH.min(indices.len().max(1));
    let mut values = Vec::with_capacity(indices.len() * network.classes());
    for chunk in indices.chunks(size) {
        // The last batch is filled up and its surplus dropped.
        let mut batch = chunk.to_vec();
        batch.resize(size, chunk[0]);
        let out = readback::read(network.logits(pixels(dataset, &batch, device)?)).await?;
        values.extend_from_slice(&out[..chunk.len() * network.classes()]);
    }
    Logits::of(who, network.classes(), values)
}
