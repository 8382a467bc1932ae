//! How a student is taught: one file a distillation method, all behind [`Objective`].
//!
//! An objective sees the taps of both networks for one training batch and returns *named* loss terms. It may own trainable
//! tensors (a projector, embeddings), which the student's optimiser also steps, and state (memory banks) that changes once a
//! step. [`METHODS`] is the registry. Formulas are those of `kd-lens objective NAME --describe`; each file says its source and
//! whether the formula was read in published code, derived, or recalled.

mod batch;
pub mod features;
pub mod logits;
mod math;
mod modules;
mod objective;
pub mod on_tensors;
mod options;
mod registry;
pub mod targets;

pub use batch::{Batch, Role, Term, total};
pub use math::{cross_entropy, kl_divergence, log_softmax, one_hot, pool_to, same_class, standardise};
pub use objective::{Objective, State, Surroundings, Views};
pub use registry::{Family, METHODS, Method, Provenance, Reads, method};
