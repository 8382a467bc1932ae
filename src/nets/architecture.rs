//! The names of the architectures and what they are made of.

use std::fmt;
use std::str::FromStr;

use super::backbone::{Backbone, Layout};
use super::layers::Builder;
use super::params::{Spec, trainable_len};
use super::vit::{self, Vit};
use super::{resnet::ResNet, vgg::Vgg, wrn::WideResNet};
use crate::error::Error;

/// A network family with its size. Convnets are named as in RepDistiller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Architecture {
    ResNet8,
    ResNet14,
    ResNet20,
    ResNet32,
    ResNet56,
    ResNet110,
    ResNet8x4,
    ResNet32x4,
    Wrn16x1,
    Wrn16x2,
    Wrn40x1,
    Wrn40x2,
    Vgg8,
    Vgg13,
    VitTiny,
    VitSmall,
}

use Architecture::*;

impl Architecture {
    /// All of them, in the order of menus.
    pub const ALL: [Architecture; 16] = [
        ResNet8, ResNet14, ResNet20, ResNet32, ResNet56, ResNet110, ResNet8x4, ResNet32x4, Wrn16x1, Wrn16x2, Wrn40x1,
        Wrn40x2, Vgg8, Vgg13, VitTiny, VitSmall,
    ];

    /// The name in settings and file names, for example `resnet8` or `wrn-40-2`.
    pub fn name(self) -> &'static str {
        match self {
            ResNet8 => "resnet8",
            ResNet14 => "resnet14",
            ResNet20 => "resnet20",
            ResNet32 => "resnet32",
            ResNet56 => "resnet56",
            ResNet110 => "resnet110",
            ResNet8x4 => "resnet8x4",
            ResNet32x4 => "resnet32x4",
            Wrn16x1 => "wrn-16-1",
            Wrn16x2 => "wrn-16-2",
            Wrn40x1 => "wrn-40-1",
            Wrn40x2 => "wrn-40-2",
            Vgg8 => "vgg8",
            Vgg13 => "vgg13",
            VitTiny => "vit-tiny",
            VitSmall => "vit-small",
        }
    }

    /// The name people write, for example `ResNet-8`.
    pub fn label(self) -> &'static str {
        match self {
            ResNet8 => "ResNet-8",
            ResNet14 => "ResNet-14",
            ResNet20 => "ResNet-20",
            ResNet32 => "ResNet-32",
            ResNet56 => "ResNet-56",
            ResNet110 => "ResNet-110",
            ResNet8x4 => "ResNet-8×4",
            ResNet32x4 => "ResNet-32×4",
            Wrn16x1 => "WRN-16-1",
            Wrn16x2 => "WRN-16-2",
            Wrn40x1 => "WRN-40-1",
            Wrn40x2 => "WRN-40-2",
            Vgg8 => "VGG-8",
            Vgg13 => "VGG-13",
            VitTiny => "ViT-Tiny (4×4 patches)",
            VitSmall => "ViT-Small (4×4 patches)",
        }
    }

    /// The plan for `classes` classes and the specs of its tensors.
    pub fn build(self, classes: usize) -> (Box<dyn Backbone + Send + Sync>, Vec<Spec>) {
        const NARROW: [usize; 4] = [16, 16, 32, 64];
        const X4: [usize; 4] = [32, 64, 128, 256];
        let mut b = Builder::default();
        let plan: Box<dyn Backbone + Send + Sync> = match self {
            ResNet8 => Box::new(ResNet::new(&mut b, 8, NARROW, classes)),
            ResNet14 => Box::new(ResNet::new(&mut b, 14, NARROW, classes)),
            ResNet20 => Box::new(ResNet::new(&mut b, 20, NARROW, classes)),
            ResNet32 => Box::new(ResNet::new(&mut b, 32, NARROW, classes)),
            ResNet56 => Box::new(ResNet::new(&mut b, 56, NARROW, classes)),
            ResNet110 => Box::new(ResNet::new(&mut b, 110, NARROW, classes)),
            ResNet8x4 => Box::new(ResNet::new(&mut b, 8, X4, classes)),
            ResNet32x4 => Box::new(ResNet::new(&mut b, 32, X4, classes)),
            Wrn16x1 => Box::new(WideResNet::new(&mut b, 16, 1, classes)),
            Wrn16x2 => Box::new(WideResNet::new(&mut b, 16, 2, classes)),
            Wrn40x1 => Box::new(WideResNet::new(&mut b, 40, 1, classes)),
            Wrn40x2 => Box::new(WideResNet::new(&mut b, 40, 2, classes)),
            Vgg8 => Box::new(Vgg::new(&mut b, 1, classes)),
            Vgg13 => Box::new(Vgg::new(&mut b, 2, classes)),
            VitTiny => Box::new(Vit::new(&mut b, vit::TINY, classes)),
            VitSmall => Box::new(Vit::new(&mut b, vit::SMALL, classes)),
        };
        (plan, b.finish())
    }

    /// Trainable parameters for `classes` classes.
    pub fn parameters(self, classes: usize) -> usize {
        trainable_len(&self.build(classes).1)
    }

    /// Sizes of the taps.
    pub fn layout(self) -> Layout {
        self.build(10).0.layout()
    }

    /// Names of the map taps: `f0`, `f1`, …
    pub fn taps(self) -> Vec<String> {
        (0..self.layout().maps.len()).map(|i| format!("f{i}")).collect()
    }
}

impl fmt::Display for Architecture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Architecture {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        Self::ALL.into_iter().find(|a| a.name() == name).ok_or_else(|| {
            let known: Vec<_> = Self::ALL.iter().map(|a| a.name()).collect();
            Error::SettingInvalid(format!("There is no architecture “{name}”. Choose one of {}.", known.join(", ")))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Parameter counts of RepDistiller's networks for 10 and 100 classes (research notes §1; the VGGs were added up by
    /// hand: convolutions with bias, affine norms, one linear layer).
    #[test]
    fn parameter_counts_are_those_of_the_papers() {
        let vgg = |convs: &[(usize, usize)], k: usize| -> usize {
            convs.iter().map(|(i, o)| 9 * i * o + o + 2 * o).sum::<usize>() + 512 * k + k
        };
        // Patches, positions, blocks (two norms, qkv, projection, two layers of twice the width), last norm, head.
        let vit = |w: usize, depth: usize, k: usize| {
            let block = 4 * w + (3 * w * w + 3 * w) + (w * w + w) + (2 * w * w + 2 * w) + (2 * w * w + w);
            (48 * w + w) + 64 * w + depth * block + 2 * w + (w * k + k)
        };
        let vgg8 = [(3, 64), (64, 128), (128, 256), (256, 512), (512, 512)];
        let vgg13 = [
            (3, 64),
            (64, 64),
            (64, 128),
            (128, 128),
            (128, 256),
            (256, 256),
            (256, 512),
            (512, 512),
            (512, 512),
            (512, 512),
        ];
        let expected = [
            (ResNet8, 78_042, 83_892),
            (ResNet14, 175_258, 181_108),
            (ResNet20, 272_474, 278_324),
            (ResNet32, 466_906, 472_756),
            (ResNet56, 855_770, 861_620),
            (ResNet110, 1_730_714, 1_736_564),
            (ResNet8x4, 1_210_410, 1_233_540),
            (ResNet32x4, 7_410_730, 7_433_860),
            (Wrn16x1, 175_066, 180_916),
            (Wrn16x2, 691_674, 703_284),
            (Wrn40x1, 563_930, 569_780),
            (Wrn40x2, 2_243_546, 2_255_156),
            (Vgg8, vgg(&vgg8, 10), vgg(&vgg8, 100)),
            (Vgg13, vgg(&vgg13, 10), vgg(&vgg13, 100)),
            (VitTiny, vit(96, 6, 10), vit(96, 6, 100)),
            (VitSmall, vit(192, 9, 10), vit(192, 9, 100)),
        ];
        for (architecture, ten, hundred) in expected {
            assert_eq!(architecture.parameters(10), ten, "{architecture}");
            assert_eq!(architecture.parameters(100), hundred, "{architecture}");
        }
    }

    #[test]
    fn names_round_trip_and_unknown_ones_are_explained() {
        for architecture in Architecture::ALL {
            assert_eq!(architecture.name().parse(), Ok(architecture));
        }
        let error = "resnet9".parse::<Architecture>().unwrap_err();
        assert_eq!(error.code(), "setting-invalid");
        assert!(error.to_string().contains("resnet8"));
    }
}
