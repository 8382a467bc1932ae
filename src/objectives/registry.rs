//! The registry of methods.

use super::features as f;
use super::logits as l;
use super::targets as t;
use super::{Objective, Surroundings};
use crate::error::{Error, Result};
use crate::fields::{Field, Values};

/// Groups of methods, as menus show them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// Teacher's outputs.
    Logits,
    /// Replacements of the teacher's distribution (2002.03532).
    Targets,
    /// Maps and vectors inside the networks.
    Features,
    /// Comparisons without a real teacher.
    Control,
}

impl Family {
    /// What menus say.
    pub fn label(self) -> &'static str {
        match self {
            Self::Logits => "Outputs",
            Self::Targets => "What is in soft targets?",
            Self::Features => "Features",
            Self::Control => "Controls",
        }
    }
}

/// How well a formula is founded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Provenance {
    /// Read in the paper or in published code.
    Read,
    /// Derived from what was read; the file says what was changed and why.
    Derived,
    /// From memory, unverified; the file says which part.
    Recalled,
}

impl Provenance {
    /// One word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Derived => "derived",
            Self::Recalled => "recalled",
        }
    }
}

/// What of the teacher on the training images a method reads; each includes those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reads {
    /// Nothing: the teacher need not run.
    Nothing,
    /// Its logits.
    Logits,
    /// Its pooled vectors.
    Pooled,
    /// Its maps.
    Maps,
}

/// An entry of the registry.
#[derive(Debug, Clone, Copy)]
pub struct Method {
    /// The name in settings.
    pub name: &'static str,
    /// The name people write.
    pub label: &'static str,
    /// Its group.
    pub family: Family,
    /// The loss in letters.
    pub formula: &'static str,
    /// Paper and where the defaults come from.
    pub source: &'static str,
    /// How well the formula is founded.
    pub provenance: Provenance,
    /// One plain paragraph.
    pub explanation: &'static str,
    /// What it reads of the teacher on the training images.
    pub reads: Reads,
    /// Tensors beside the taps that it reads or keeps, as `name [shape]: meaning`.
    pub state: &'static [&'static str],
    /// Its options.
    pub options: fn() -> Vec<Field>,
    /// Makes the objective, or says which taps disagree.
    pub make: fn(&Values, &Surroundings<'_>) -> Result<Box<dyn Objective>>,
}

/// All methods, in the order of menus.
pub const METHODS: &[Method] = &[
    l::KL,
    l::LSKD,
    l::DKD,
    l::DIST,
    l::MLKD,
    t::PT,
    t::SIM,
    t::PT_SIM,
    t::TOP_K,
    f::HINT,
    f::CRD,
    f::CRD_BATCH,
    f::SRD,
    f::AT,
    f::SP,
    f::CC,
    f::VID,
    f::RKD,
    f::PKT,
    f::NST,
    f::FT,
    f::AB,
    f::FSP,
    f::OFD,
    f::REVIEW,
    l::LABELS,
    t::SMOOTHING,
    t::SOFT_LABELS,
    t::CWTM,
    t::DKPP,
];

/// The method called `name`.
///
/// # Errors
/// [`Error::SettingInvalid`] with the names that exist.
pub fn method(name: &str) -> Result<&'static Method> {
    METHODS.iter().find(|m| m.name == name).ok_or_else(|| {
        let known: Vec<_> = METHODS.iter().map(|m| m.name).collect();
        Error::SettingInvalid(format!("There is no method “{name}”. Choose one of {}.", known.join(", ")))
    })
}

impl Method {
    /// Whether the teacher must run on the training images.
    pub fn needs_teacher(&self) -> bool {
        self.reads != Reads::Nothing
    }

    /// Why this method cannot be used with these networks, or nothing.
    pub fn refusal(&self, around: &Surroundings<'_>) -> Option<String> {
        (self.make)(&Values::defaults(&(self.options)()), around).err().map(|error| error.to_string())
    }
}

/// A method that does not fit the taps of the two networks.
pub(super) fn misfit(method: &str, why: String) -> Error {
    Error::SettingInvalid(format!("The method {method} does not fit these two networks: {why}."))
}
