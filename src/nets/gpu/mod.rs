//! Operations of the WebGPU engine with kernels of their own, in WGSL: convolutions and batch normalisation with their
//! gradients, and the updates of a training step.
//!
//! On small networks a graphics card mostly waits for the next dispatch, so each operation is one. Sizes never change during a run:
//! every kernel is written out for its own, with sums in named variables, as no compiler on the way unrolls loops reliably.

mod convolution;
mod kernel;
mod norm;
mod operations;
mod update;

pub use update::{blend, descend};
