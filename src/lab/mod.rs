//! The laboratory: settings, the run of a distillation, checkpoints. Knows neither pages nor terminals.

mod ahead;
mod chain;
pub mod checkpoint;
mod cohort;
mod evaluation;
mod events;
mod handover;
mod learner;
mod losses;
pub mod optimiser;
mod session;
mod settings;
mod snapshot;
mod stage;
mod supply;
mod teacher_cache;
#[cfg(all(test, feature = "cpu", not(target_arch = "wasm32")))]
mod tests;
pub mod trainer;

pub use ahead::Answers;
pub use cohort::{CONTROL, Cohort, LearnerSpec, MOST_LEARNERS, STUDENT, TEACHER};
pub use events::{Evaluation, Event, Losses, Paired, TermValue};
pub use learner::{Learner, Trace};
pub use session::Session;
pub use settings::{Settings, fields};
pub use supply::Need;
pub use teacher_cache::TeacherCache;
