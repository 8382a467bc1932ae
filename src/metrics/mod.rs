//! How alike, how faithful, how calibrated: numbers from features and logits that are already on the host.
//!
//! Everything is computed in double precision on small matrices, n images × d features, by the same code natively and in a browser
//! (logarithm and exponential, which are the platform's, may differ in their last digit). Probes and studies take these numbers from
//! here.
//! [`METRICS`] is the registry, [`run`] computes one by name from named tensors; the functions behind it take a [`Matrix`].
//! Each file says its sources. What is not defined (0/0 for constant features, say) is a [`Measure`] without a value and with
//! the reason, never NaN.

pub mod cka;
pub mod dcor;
mod matrix;
mod measure;
mod on_tensors;
pub mod outputs;
mod registry;

pub use dcor::{LabelDistances, Relevance, Removal, UCentred};
pub use matrix::{MOST_IMAGES, Matrix};
pub use measure::{Interval, Measure, RESAMPLES, bootstrap};
pub use registry::{Input, METRICS, Metric, metric, run};
