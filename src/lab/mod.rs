//! The laboratory: settings, the run of a distillation, checkpoints. Knows neither pages nor terminals.

pub mod checkpoint;
mod events;
mod learner;
mod lesson;
mod losses;
pub mod optimiser;
mod session;
mod settings;
pub mod trainer;
mod who;

pub use events::{Agreement, Evaluation, Event, Losses, TermValue};
pub use learner::{Learner, Trace};
pub use session::{Need, SHAPES_SEED, Session};
pub use settings::{Settings, fields};
pub use who::Who;
