//! Studies: a grid of runs with probes, resumable and spread over cores and machines, and the report of what came of it.
//!
//! A [`Plan`] is read from a TOML file ([`spec::plan`] describes it). [`run`] computes its cells into a folder, [`write_report`]
//! turns a folder into tables, figures and one page, [`merge`] joins the folders of several machines. Nothing here knows a
//! terminal: progress is told as [`Notice`]s.
//!
//! A cell is one run of teacher, student, method and seed, with one thread of its own, so that its numbers depend neither on
//! how many cells run beside it nor on how many cores there are.
//!
//! Rooms, from the ground up: [`spec`] → [`store`] → [`exec`] and [`analysis`] → [`report`], which knows nothing of [`exec`].

pub mod analysis;
pub mod exec;
pub mod report;
pub mod spec;
pub mod store;

pub use analysis::{Across, Estimate, Found, Group, Measured, SeedRow, Verdict, judge, t_interval};
pub use exec::{Images, Notice, Outcome, Part, Work, run};
pub use report::write_report;
pub use spec::{Asked, Axis, Brought, Cell, Claim, Expect, Keep, Of, Plan, Selector, Unit};
pub use store::{Folder, Record, Times, merge};
