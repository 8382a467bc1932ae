//! What the records of a study say: numbers found in reports, differences with their intervals, and a verdict on each claim over
//! the seeds. It reads a plan and records and computes the same whoever asks.

mod numbers;
mod verdict;

pub use numbers::{Estimate, Measured};
pub use verdict::{Across, Found, Group, SeedRow, Verdict, judge, t_interval};

pub(crate) use numbers::all;
