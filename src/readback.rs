//! The only place where tensors come back to the host, always asynchronously.

use burn::tensor::{Tensor, Transaction};

use crate::device::largest_tensor;
use crate::error::{Error, Result};

/// Reads one tensor as row-major `f32`.
///
/// # Errors
/// [`Error::GpuLost`] when the device does not answer, [`Error::TooLarge`] when it has no room for a tensor on the way.
pub async fn read<const D: usize>(tensor: Tensor<D>) -> Result<Vec<f32>> {
    let data = tensor.inner().into_data_async().await.map_err(lost)?;
    data.try_into_vec::<f32>().map_err(|e| Error::Internal(format!("a tensor was not of 32-bit floats ({e:?}).")))
}

/// Reads several tensors in one round trip.
///
/// # Errors
/// [`Error::GpuLost`] when the device does not answer, [`Error::TooLarge`] when it has no room for a tensor on the way.
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

/// What an engine said, in a sentence. A tensor that is larger than the device can bind, or than what is left of its memory, is told
/// of here: work on a device is only begun when it is asked for, and what failed comes with the numbers that depend on it.
fn lost(error: impl std::fmt::Display) -> Error {
    let said = error.to_string();
    let Some(bytes) = too_large(&said) else {
        // What happened, from the outside to the inside, without the places in the program.
        let told = said.lines().map(str::trim).take_while(|line| !line.starts_with("Backtrace"));
        let told = told.filter(|line| !line.is_empty() && *line != "Caused by:").collect::<Vec<_>>().join(": ");
        return Error::GpuLost(format!(
            "The device stopped answering ({told}). The run can go on from its last checkpoint."
        ));
    };
    let most = largest_tensor()
        .map_or(String::new(), |most| format!(", and this device takes at most {} at once", megabytes(most)));
    Error::TooLarge(format!(
        "The device has no room for a tensor of {}{most}. Choose a smaller batch or smaller networks, or the CPU engine.",
        megabytes(bytes)
    ))
}

fn megabytes(bytes: u64) -> String {
    format!("{:.0} MB", bytes as f64 / 1e6)
}

/// The size in bytes that an engine (cubecl) could not allocate, from its error.
fn too_large(said: &str) -> Option<u64> {
    const WORDS: [&str; 2] = ["can't allocate buffer of size: ", "out of device memory allocating "];
    let rest = WORDS.iter().find_map(|words| said.split_once(words))?.1;
    rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_much_is_not_a_lost_device() {
        // As burn 0.22 and cubecl 0.11 write it.
        let around = "An error happened during execution\nCaused by:\n  An IO error happened\nCaused by:\n  ";
        let error = lost(format!("{around}can't allocate buffer of size: 536870912\nBacktrace:\n<disabled>"));
        assert!(error.code() == "too-large" && error.to_string().contains("537 MB"), "{error}");
        let error = lost(format!("{around}out of device memory allocating 1000000 bytes\n<disabled>"));
        assert!(error.code() == "too-large" && error.to_string().contains(" 1 MB"), "{error}");
        let error =
            lost("An error happened during execution\nCaused by:\n  the device is lost\nBacktrace:\n  somewhere");
        assert_eq!(error.code(), "gpu-lost");
        assert!(error.to_string().contains("(An error happened during execution: the device is lost)"), "{error}");
    }
}
