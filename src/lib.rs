//! kd-lens: distil a CIFAR-scale teacher into a student and see what knowledge was transferred.
//!
//! Data flows one way: [`data`] → [`nets`] → [`weights`] and [`evaluate`] → [`objectives`] → [`metrics`] → [`probes`] → [`lab`] → `study`
//! → the shells (`web`, the command line). Nothing imports upward; [`statistics`] and [`fields`] know nothing of networks. Tensors live on
//! an explicit [`burn::tensor::Device`]; every read-back is asynchronous (see [`readback`]), because a synchronous one panics on WebGPU in
//! a browser.

pub mod data;
pub mod device;
pub mod error;
pub mod evaluate;
pub mod fields;
#[cfg(not(target_arch = "wasm32"))]
pub mod files;
pub mod lab;
pub mod metrics;
pub mod nets;
pub mod objectives;
pub mod probes;
pub mod readback;
pub mod selfcheck;
pub mod sniff;
pub mod statistics;
#[cfg(not(target_arch = "wasm32"))]
pub mod study;
pub mod weights;
mod yielding;

#[cfg(target_arch = "wasm32")]
mod web;

pub use error::{Error, Result};
