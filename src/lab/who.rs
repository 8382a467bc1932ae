//! The three characters, and which of the two learners a session teaches itself.

use crate::error::{Error, Result};

/// Which of the three networks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// The trained network that teaches.
    Teacher,
    /// The network that is distilled.
    Student,
    /// The same network without a teacher.
    Control,
}

impl std::str::FromStr for Who {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        match name {
            "teacher" => Ok(Who::Teacher),
            "student" => Ok(Who::Student),
            "control" => Ok(Who::Control),
            _ => {
                Err(Error::SettingInvalid(format!("There is no network “{name}”. Choose teacher, student or control.")))
            }
        }
    }
}

/// Which learners a session trains. Student and control never see each other, so two workers can train one each, and the
/// runs of a study that differ only in the method can share one control.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Trains {
    /// Both.
    #[default]
    Both,
    /// The student; the control is adopted from elsewhere.
    Student,
    /// The control; the student is adopted from elsewhere.
    Control,
}

impl Trains {
    /// Whether this learner is trained here.
    pub fn trains(self, who: Who) -> bool {
        match who {
            Who::Teacher => false,
            Who::Student => self != Self::Control,
            Who::Control => self != Self::Student,
        }
    }
}

impl std::str::FromStr for Trains {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        match name {
            "both" => Ok(Self::Both),
            "student" => Ok(Self::Student),
            "control" => Ok(Self::Control),
            _ => Err(Error::SettingInvalid(format!(
                "There is no learner “{name}” to be trained alone. Choose both, student or control."
            ))),
        }
    }
}
