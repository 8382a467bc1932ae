//! How the cells of a study are computed: what they share (images, controls, what teachers said), a run with its checkpoints and
//! probes, and the threads on which many run side by side. What is finished is put into the store as a record.

mod controls;
mod schedule;
mod session;
mod training;
mod work;

pub use schedule::{Outcome, run, share};
pub use work::{Images, Notice, Part, Work};
