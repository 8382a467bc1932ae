//! The only place where tensors come back to the host, always asynchronously.

use burn::tensor::{Tensor, Transaction};

use crate::error::{Error, Result};

/// Reads one tensor as row-major `f32`.
///
/// # Errors
/// [`Error::GpuLost`] when the device does not answer.
pub async fn read<const D: usize>(tensor: Tensor<D>) -> Result<Vec<f32>> {
    let data = tensor.inner().into_data_async().await.map_err(lost)?;
    data.try_into_vec::<f32>().map_err(|e| Error::Internal(format!("a tensor was not of 32-bit floats ({e:?}).")))
}

/// Reads several tensors in one round trip.
///
/// # Errors
/// [`Error::GpuLost`] when the device does not answer.
pub async fn read_all<const D: usize>(tensors: Vec<Tensor<D>>) -> Result<Vec<Vec<f32>>> {
    if tensors.is_empty() {
        return Ok(Vec::new());
    }
    let mut transaction = Transaction::default();
    for tensor in tensors {
        transaction = transaction.register(tensor.inner());
    }
    let data = transaction.execute_async().await.map_err(lost)?;
    data.into_iter()
        .map(|d| {
            d.try_into_vec::<f32>().map_err(|e| Error::Internal(format!("a tensor was not of 32-bit floats ({e:?}).")))
        })
        .collect()
}

fn lost(error: impl std::fmt::Debug) -> Error {
    Error::GpuLost(format!("The device stopped answering ({error:?}). The run can go on from its last checkpoint."))
}
