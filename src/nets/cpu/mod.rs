//! Operations of the CPU engine that are written for CIFAR networks instead of taken from burn-flex: convolutions and batch
//! normalisation with their gradients. They give the same results up to rounding.
//!
//! `operations` hands tensors to them; all else is plain arithmetic on slices.

mod convolution;
mod correlate;
mod norm;
mod operations;
mod simd;
#[cfg(test)]
mod tests;
mod threads;
mod winograd;
mod winograd_back;
