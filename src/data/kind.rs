//! The datasets that have a name, their two splits, and the statistics that networks normalise with.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::shapes::Shape;
use super::{CIFAR10_CLASSES, CIFAR100_CLASSES};
use crate::error::{Error, Result};

/// The two halves of a dataset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Split {
    /// Images that networks are trained on.
    Train,
    /// Images that they are judged on.
    Test,
}

impl Split {
    /// `"train"` or `"test"`.
    pub fn name(self) -> &'static str {
        match self {
            Split::Train => "train",
            Split::Test => "test",
        }
    }
}

impl fmt::Display for Split {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Split {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "train" => Ok(Split::Train),
            "test" => Ok(Split::Test),
            _ => Err(Error::SettingInvalid(format!("There is no split \"{text}\". Use \"train\" or \"test\"."))),
        }
    }
}

/// Mean and standard deviation of the three channels (red, green, blue) in [0, 1] pixel space.
///
/// A network's first act is `(pixel - mean) / std`, so pixels outside it are always in [0, 1].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Normalisation {
    /// Channel means.
    pub mean: [f32; 3],
    /// Channel standard deviations.
    pub std: [f32; 3],
}

/// The datasets that kd-lens knows by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DatasetKind {
    /// CIFAR-10 (Krizhevsky, 2009).
    Cifar10,
    /// CIFAR-100 with its fine labels (Krizhevsky, 2009).
    Cifar100,
    /// Generated shapes with exact object masks, see [`super::shapes`].
    Shapes32,
}

impl DatasetKind {
    /// All of them.
    pub const ALL: [DatasetKind; 3] = [DatasetKind::Cifar10, DatasetKind::Cifar100, DatasetKind::Shapes32];

    /// The name in settings, addresses and file names.
    pub fn name(self) -> &'static str {
        match self {
            DatasetKind::Cifar10 => "cifar10",
            DatasetKind::Cifar100 => "cifar100",
            DatasetKind::Shapes32 => "shapes32",
        }
    }

    /// The name as people write it.
    pub fn label(self) -> &'static str {
        match self {
            DatasetKind::Cifar10 => "CIFAR-10",
            DatasetKind::Cifar100 => "CIFAR-100",
            DatasetKind::Shapes32 => "Shapes-32",
        }
    }

    /// Class names in the order of the label numbers.
    pub fn classes(self) -> &'static [&'static str] {
        match self {
            DatasetKind::Cifar10 => &CIFAR10_CLASSES,
            DatasetKind::Cifar100 => &CIFAR100_CLASSES,
            DatasetKind::Shapes32 => &Shape::NAMES,
        }
    }

    /// How many images a split has. Shapes-32 could be generated without end; it is given the size of CIFAR.
    pub fn images(self, split: Split) -> usize {
        match split {
            Split::Train => 50_000,
            Split::Test => 10_000,
        }
    }

    /// Channel statistics of the training images. Those of CIFAR are the ones in common use; those of Shapes-32 were
    /// measured on the first 5,000 training images of seed 0.
    pub fn normalisation(self) -> Normalisation {
        let (mean, std) = match self {
            DatasetKind::Cifar10 => ([0.4914, 0.4822, 0.4465], [0.2470, 0.2435, 0.2616]),
            DatasetKind::Cifar100 => ([0.5071, 0.4867, 0.4408], [0.2675, 0.2565, 0.2761]),
            DatasetKind::Shapes32 => ([0.4717, 0.4804, 0.4800], [0.2478, 0.2252, 0.2415]),
        };
        Normalisation { mean, std }
    }

    /// Label bytes before the pixels of a record in the official binary files; `None` if there are no such files.
    pub fn label_bytes(self) -> Option<usize> {
        match self {
            DatasetKind::Cifar10 => Some(1),
            DatasetKind::Cifar100 => Some(2),
            DatasetKind::Shapes32 => None,
        }
    }
}

impl fmt::Display for DatasetKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for DatasetKind {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == text).ok_or_else(|| {
            let names = Self::ALL.map(DatasetKind::name).join(", ");
            Error::SettingInvalid(format!("There is no dataset \"{text}\". Choose one of {names}."))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_and_splits_are_found_by_name() {
        for kind in DatasetKind::ALL {
            assert_eq!(kind.to_string().parse::<DatasetKind>().unwrap(), kind);
            assert_eq!(kind.classes().len(), if kind == DatasetKind::Cifar100 { 100 } else { 10 });
        }
        let error = "cifar11".parse::<DatasetKind>().unwrap_err();
        assert_eq!(error.code(), "setting-invalid");
        assert!(error.to_string().contains("cifar10, cifar100, shapes32"), "{error}");
        assert_eq!("test".parse::<Split>().unwrap(), Split::Test);
        assert!("validation".parse::<Split>().is_err());
    }
}
