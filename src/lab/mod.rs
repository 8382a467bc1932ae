//! The laboratory: settings, the run of a distillation, checkpoints. Knows neither pages nor terminals.

mod ahead;
mod chain;
pub mod checkpoint;
mod evaluation;
mod events;
mod handover;
mod learner;
mod lesson;
mod losses;
pub mod optimiser;
mod session;
mod settings;
mod snapshot;
mod supply;
mod targets;
#[cfg(all(test, feature = "cpu", not(target_arch = "wasm32")))]
mod tests;
pub mod trainer;
mod who;

pub use events::{Agreement, Evaluation, Event, Losses, Paired, TermValue};
pub use learner::{Learner, Trace};
pub use session::Session;
pub use settings::{Settings, fields};
pub use supply::Need;
pub use targets::Targets;
pub use who::{Trains, Who};
