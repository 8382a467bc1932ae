//! The command line as a person or a script uses it: what it prints, what it writes, how it fails.
#![cfg(all(not(target_arch = "wasm32"), feature = "cpu"))]

mod data;
mod going_on;
mod mistakes;
mod outputs;
mod places;
mod support;
