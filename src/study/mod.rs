//! Studies: a grid of runs with probes, resumable and spread over cores and machines, and the report of what came of it.
//!
//! A [`Plan`] is read from a TOML file ([`plan`] describes it). [`run`] computes its cells into a folder, [`write_report`]
//! turns a folder into tables, figures and one page, [`merge`] joins the folders of several machines. Nothing here knows a
//! terminal: progress is told as [`Notice`]s. Native only: a browser has neither files nor threads for it.
//!
//! A cell is one run of teacher, student, method and seed, with one thread of its own, so that its numbers depend neither on
//! how many cells run beside it nor on how many cores there are.

mod axes;
mod bring;
mod cell;
mod claim;
mod controls;
mod figure;
mod folder;
mod html;
mod markdown;
mod numbers;
pub mod plan;
mod report;
mod report_parts;
mod schedule;
mod tables;
mod verdict;

pub use axes::{Axis, Cell};
pub use bring::Brought;
pub use cell::{Record, Times};
pub use claim::{Claim, Expect, Of, Selector, Unit};
pub use folder::{Folder, merge};
pub use numbers::{Estimate, Measured};
pub use plan::{Asked, Keep, Plan};
pub use report::write_report;
pub use schedule::{Notice, Outcome, Part, Work, run};
pub use verdict::{Across, Found, Group, SeedRow, Verdict, judge, t_interval};
