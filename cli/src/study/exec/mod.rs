//! How the cells of a study are computed: what they share (images, controls, what teachers said), the run of one cell with its
//! checkpoints and probes, and the threads on which many run side by side. What is finished is put into the store as a record.

mod cell;
mod controls;
mod schedule;
mod session;
mod work;

pub use schedule::{Outcome, run};
pub use work::{Images, Notice, Part, Work};
