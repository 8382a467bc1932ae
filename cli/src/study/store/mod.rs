//! Where the results of a study lie: the folder, what is in it, and the record of a finished cell. Files are written so that a kill
//! leaves a whole one or none; folders that several machines filled are joined here.

mod folder;
mod record;

pub use folder::{Folder, merge};
pub use record::{Record, Times};

pub(crate) use folder::{CHECKPOINT, Digests, HISTORY};
pub(crate) use record::{Records, prune};
