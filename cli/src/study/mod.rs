//! Studies: a grid of runs with probes, resumable and spread over cores and machines, and the report of what came of it.
//!
//! A [`Plan`] is read from a TOML file ([`spec::plan`] describes it). [`run`] computes its cells into a folder, [`write_report`]
//! turns a folder into tables, figures and one page, [`merge`] joins the folders of several machines. Nothing here knows a
//! terminal: progress is told as [`Notice`]s.
//!
//! A cell is a student of one teacher, method and seed beside its control: the unit of a verdict. The unit of work is a [`Run`]: the
//! cells that differ only in the method are learners of one cohort, up to five beside the control, so that the teacher, the images and
//! the control are computed once for all of them. A run has one thread of its own; its cells' numbers depend neither on which others
//! are in it, nor on how many run beside it, nor on how many cores there are.
//!
//! Rooms, from the ground up: [`spec`] → [`store`] → [`exec`] and [`analysis`] → [`report`], which knows nothing of [`exec`].

pub mod analysis;
pub mod exec;
pub mod report;
pub mod spec;
pub mod store;

pub use analysis::{Across, Estimate, Found, Group, Measured, SeedRow, Verdict, judge, t_interval};
pub use exec::{Images, Notice, Outcome, Part, Work, run, share};
pub use report::write_report;
pub use spec::{Asked, Axis, Brought, Cell, Claim, Expect, Keep, Of, Plan, Run, Selector, Unit};
pub use store::{Folder, Record, Times, merge};
