//! Networks on images they were not trained on.

use burn::tensor::{Device, Tensor, TensorData};

use serde::Serialize;

use crate::data::{Dataset, SIDE, augment};
use crate::error::Result;
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

/// Logits of test images, row-major `[n, K]`, on the host.
#[derive(Debug, Clone, PartialEq)]
pub struct Logits {
    /// K.
    pub classes: usize,
    /// n·K values.
    pub values: Vec<f32>,
}

impl Logits {
    /// One row an image.
    pub fn rows(&self) -> std::slice::ChunksExact<'_, f32> {
        self.values.chunks_exact(self.classes)
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

/// Logits of the images `indices`, computed in batches of constant size.
///
/// # Errors
/// `data-missing`, `gpu-lost`.
pub async fn logits(network: &Network, dataset: &Dataset, indices: &[usize], device: &Device) -> Result<Logits> {
    let size = EVALUATION_BATCH.min(indices.len().max(1));
    let mut values = Vec::with_capacity(indices.len() * network.classes());
    for chunk in indices.chunks(size) {
        // The last batch is filled up and its surplus dropped.
        let mut batch = chunk.to_vec();
        batch.resize(size, chunk[0]);
        let out = readback::read(network.logits(pixels(dataset, &batch, device)?)).await?;
        values.extend_from_slice(&out[..chunk.len() * network.classes()]);
    }
    Ok(Logits { classes: network.classes(), values })
}
