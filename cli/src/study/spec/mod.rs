//! What a study is: its file, the cells of its grid, what is asked of them and what is claimed. Pure: a [`Plan`] follows from the text
//! of a file and the digests of the weights that it names; nothing here computes, or reads or writes a file.

mod axes;
mod bring;
mod cell;
mod claim;
pub mod plan;
mod run;
mod sharing;

use kd_lens::Error;

pub use cell::{Axis, Brought, Cell};
pub use claim::{Claim, Expect, Of, Selector, Unit};
pub use plan::{Asked, Keep, Plan};
pub use run::Run;

pub(crate) use claim::Sides;
pub(crate) use plan::EVALUATION;
pub(crate) use run::{BASELINE, runs};
pub(crate) use sharing::{control_identity, sharing};

/// The error of a file that does not fit together.
pub(crate) fn invalid(sentence: String) -> Error {
    Error::SettingInvalid(sentence)
}
