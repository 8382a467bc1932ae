//! Networks for 32×32 images: the ResNets, WRNs and VGGs of the distillation literature and a vision transformer, with taps.
//!
//! One file a family. A family is a [`Backbone`]: stages that each end in a tap, so a forward pass returns [`Taps`] and every
//! network can restart from one of them ([`Network::tail`]). Nothing here knows of losses or datasets.

mod architecture;
mod backbone;
#[cfg(feature = "cpu")]
mod cpu;
#[cfg(all(feature = "gpu", not(feature = "fusion")))]
mod gpu;
mod layers;
mod network;
mod operations;
mod params;
mod resnet;
mod vgg;
mod vit;
mod wrn;

pub use architecture::Architecture;
pub use backbone::{Backbone, Layout, Taps};
pub use layers::{Builder, Conv, Linear, Norm, Pass, global_average};
pub use network::{Network, Statistics};
pub(crate) use operations::{Descent, Rate, descend};
pub use params::{Init, Params, Role, Slot, Spec, trainable_len};
