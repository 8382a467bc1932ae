//! kd-lens: distil a CIFAR-scale teacher into a student and see what knowledge was transferred.
//!
//! Data flows one way: [`data`] → [`nets`] → [`weights`] and [`evaluate`] → [`objectives`] → [`metrics`] → [`probes`] → [`lab`] →
//! `web`, the WebAssembly shell; the command line and its studies are a package of their own, in `cli/`. Nothing imports upward:
//! `tests/rooms.rs` says what is above what. [`statistics`] and [`fields`] know nothing of networks. Tensors live on an explicit
//! [`burn::tensor::Device`]; every read-back is asynchronous (see [`readback`]), because a synchronous one panics on WebGPU in a
//! browser.

pub mod data;
pub mod device;
pub mod error;
pub mod evaluate;
pub mod fields;
pub mod lab;
pub mod metrics;
pub mod named;
pub mod nets;
pub mod objectives;
pub mod probes;
pub mod readback;
pub mod selfcheck;
pub mod sniff;
pub mod statistics;
pub mod weights;
pub mod yielding;

#[cfg(target_arch = "wasm32")]
mod web;

pub use error::{Error, Result};

/// The version of kd-lens, as files and reports name it.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
