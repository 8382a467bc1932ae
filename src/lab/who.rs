//! The three characters.

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
