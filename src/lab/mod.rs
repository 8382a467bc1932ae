//! The laboratory: settings, the run of a distillation, evaluation, checkpoints, statistics. Knows neither pages nor terminals.

pub mod checkpoint;
pub mod evaluate;
mod events;
mod learner;
mod lesson;
mod losses;
pub mod optimiser;
mod session;
mod settings;
pub mod statistics;
pub mod trainer;
mod who;
mod yielding;

pub use events::{Agreement, Evaluation, Event, Losses, Score, TermValue};
pub use learner::{Learner, Trace};
pub use session::{Need, SHAPES_SEED, Session};
pub use settings::{Settings, fields};
pub use who::Who;
pub use yielding::yield_now;
