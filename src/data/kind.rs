//! The datasets that have a name, their two splits, and the statistics that networks normalise with.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::shapes::Shape;
use super::{CIFAR10_CLASSES, CIFAR100_CLASSES, DIGITS};
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
#[serde(rename_all = "kebab-case")]
pub enum DatasetKind {
    /// CIFAR-10 (Krizhevsky, 2009).
    Cifar10,
    /// CIFAR-100 with its fine labels (Krizhevsky, 2009).
    Cifar100,
    /// Generated shapes with exact object masks, see [`super::shapes`].
    Shapes32,
    /// MNIST's digits (LeCun et al., 1998), white on black; this and the following are made by [`super::derived`].
    DigitsPlain,
    /// The same digits, each on a colour of its own.
    DigitsColour,
    /// The same digits on photographs of CIFAR-10.
    DigitsPhoto,
    /// Each digit in all three domains: plain, colour, photograph.
    DigitsAll,
    /// CIFAR-10 upside down.
    Cifar10Turned,
    /// CIFAR-10 with every second image upside down.
    Cifar10Mixed,
    /// CIFAR-10 with every tenth training image and every second test image upside down.
    Cifar10Few,
}

impl DatasetKind {
    /// All of them.
    pub const ALL: [DatasetKind; 10] = [
        DatasetKind::Cifar10,
        DatasetKind::Cifar100,
        DatasetKind::Shapes32,
        DatasetKind::DigitsPlain,
        DatasetKind::DigitsColour,
        DatasetKind::DigitsPhoto,
        DatasetKind::DigitsAll,
        DatasetKind::Cifar10Turned,
        DatasetKind::Cifar10Mixed,
        DatasetKind::Cifar10Few,
    ];

    /// The name in settings, addresses and file names.
    pub fn name(self) -> &'static str {
        match self {
            DatasetKind::Cifar10 => "cifar10",
            DatasetKind::Cifar100 => "cifar100",
            DatasetKind::Shapes32 => "shapes32",
            DatasetKind::DigitsPlain => "digits-plain",
            DatasetKind::DigitsColour => "digits-colour",
            DatasetKind::DigitsPhoto => "digits-photo",
            DatasetKind::DigitsAll => "digits-all",
            DatasetKind::Cifar10Turned => "cifar10-turned",
            DatasetKind::Cifar10Mixed => "cifar10-mixed",
            DatasetKind::Cifar10Few => "cifar10-few",
        }
    }

    /// The name as people write it.
    pub fn label(self) -> &'static str {
        match self {
            DatasetKind::Cifar10 => "CIFAR-10",
            DatasetKind::Cifar100 => "CIFAR-100",
            DatasetKind::Shapes32 => "Shapes-32",
            DatasetKind::DigitsPlain => "Digits, plain",
            DatasetKind::DigitsColour => "Digits on colours",
            DatasetKind::DigitsPhoto => "Digits on photographs",
            DatasetKind::DigitsAll => "Digits, plain, on colours and on photographs",
            DatasetKind::Cifar10Turned => "CIFAR-10 upside down",
            DatasetKind::Cifar10Mixed => "CIFAR-10, half of it upside down",
            DatasetKind::Cifar10Few => "CIFAR-10, few training images upside down",
        }
    }

    /// Class names in the order of the label numbers.
    pub fn classes(self) -> &'static [&'static str] {
        match self {
            DatasetKind::Cifar100 => &CIFAR100_CLASSES,
            DatasetKind::Shapes32 => &Shape::NAMES,
            _ if self.is_digits() => &DIGITS,
            _ => &CIFAR10_CLASSES,
        }
    }

    fn is_digits(self) -> bool {
        matches!(self.source(), Some(DatasetKind::DigitsPlain)) || self == DatasetKind::DigitsPlain
    }

    /// The dataset that this one is made of by [`super::derived`], if it is.
    pub fn source(self) -> Option<DatasetKind> {
        match self {
            DatasetKind::DigitsColour | DatasetKind::DigitsPhoto | DatasetKind::DigitsAll => {
                Some(DatasetKind::DigitsPlain)
            }
            DatasetKind::Cifar10Turned | DatasetKind::Cifar10Mixed | DatasetKind::Cifar10Few => {
                Some(DatasetKind::Cifar10)
            }
            _ => None,
        }
    }

    /// Datasets that show the same test images in other domains or groups, the usual one first; none where there are none.
    pub fn groups(self) -> &'static [DatasetKind] {
        match self {
            DatasetKind::Cifar100 | DatasetKind::Shapes32 => &[],
            _ if self.is_digits() => &[DatasetKind::DigitsPlain, DatasetKind::DigitsColour, DatasetKind::DigitsPhoto],
            _ => &[DatasetKind::Cifar10, DatasetKind::Cifar10Turned],
        }
    }

    /// Whether digits or photographs must be put together from files first, which the command line does.
    pub fn is_native_only(self) -> bool {
        self.is_digits() || self.source().is_some()
    }

    /// The folder of its files, in the folder of all data.
    pub fn folder(self) -> &'static str {
        match self {
            _ if self.is_digits() => "digits",
            _ => self.source().unwrap_or(self).name(),
        }
    }

    /// Whether a mirrored image is still one of its class: not so for digits.
    pub fn mirrors(self) -> bool {
        !self.is_digits()
    }

    /// How many images a split has. Shapes-32 could be generated without end; it is given the size of CIFAR.
    pub fn images(self, split: Split) -> usize {
        let copies = if self == DatasetKind::DigitsAll { 3 } else { 1 };
        match split {
            Split::Train if self.is_digits() => copies * 8_000,
            Split::Test if self.is_digits() => copies * 2_000,
            Split::Train => 50_000,
            Split::Test => 10_000,
        }
    }

    /// Channel statistics of the training images. Those of CIFAR are the ones in common use; those of Shapes-32 were
    /// measured on the first 5,000 training images of seed 0, those of digits on all 24,000 training images of the three domains
    /// together. Datasets that show the same images in other domains or groups share them, so that a teacher of one can teach on
    /// another.
    pub fn normalisation(self) -> Normalisation {
        let (mean, std) = match self {
            DatasetKind::Cifar100 => ([0.5071, 0.4867, 0.4408], [0.2675, 0.2565, 0.2761]),
            DatasetKind::Shapes32 => ([0.4717, 0.4804, 0.4800], [0.2478, 0.2252, 0.2415]),
            _ if self.is_digits() => ([0.3784, 0.3772, 0.3688], [0.3419, 0.3407, 0.3433]),
            _ => ([0.4914, 0.4822, 0.4465], [0.2470, 0.2435, 0.2616]),
        };
        Normalisation { mean, std }
    }

    /// Label bytes before the pixels of a record in the official binary files, or in the same format where there are none;
    /// `None` for Shapes-32, whose images are not read at all.
    pub fn label_bytes(self) -> Option<usize> {
        match self {
            DatasetKind::Cifar100 => Some(2),
            DatasetKind::Shapes32 => None,
            _ => Some(1),
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
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.name());
            for group in kind.groups() {
                assert_eq!(group.normalisation(), kind.normalisation(), "one teacher for all groups");
                assert_eq!((group.classes(), group.groups()), (kind.classes(), kind.groups()));
            }
        }
        let error = "cifar11".parse::<DatasetKind>().unwrap_err();
        assert_eq!(error.code(), "setting-invalid");
        assert!(error.to_string().contains("cifar10, cifar100, shapes32, digits-plain"), "{error}");
        assert_eq!("test".parse::<Split>().unwrap(), Split::Test);
        assert!("validation".parse::<Split>().is_err());
    }
}
