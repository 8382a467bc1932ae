//! VGG for 32×32 images (Simonyan & Zisserman 2015) as in RepDistiller: five blocks, batch normalisation, one linear layer.

use burn::tensor::activation::relu;
use burn::tensor::ops::{AvgPoolOptions, MaxPoolOptions};
use burn::tensor::{Tensor, module};

use super::backbone::{Backbone, Layout};
use super::layers::{Builder, Conv, Linear, Norm, Pass, global_average};
use super::params::Init;
use crate::device::is_cpu;

const WIDTHS: [usize; 5] = [64, 128, 256, 512, 512];

/// Taps f0–f4: the maps after each block's last ReLU (32², 16², 8², 4², 4²).
#[derive(Debug, Clone)]
pub struct Vgg {
    blocks: Vec<Vec<(Conv, Norm)>>,
    classifier: Linear,
}

impl Vgg {
    /// `convolutions`: how many each block has (1 for VGG8, 2 for VGG13).
    pub fn new(b: &mut Builder, convolutions: usize, classes: usize) -> Self {
        let mut inputs = 3;
        let mut blocks = Vec::new();
        for (i, width) in WIDTHS.into_iter().enumerate() {
            let mut block = Vec::new();
            for j in 0..convolutions {
                // PyTorch counts the ReLUs of the Sequential too: conv, norm, ReLU, conv, norm.
                let conv = b.conv(&format!("block{i}.{}", 3 * j), inputs, width, 3, 1, true);
                block.push((conv, b.norm(&format!("block{i}.{}", 3 * j + 1), width)));
                inputs = width;
            }
            blocks.push(block);
        }
        let classifier = b.linear("classifier", inputs, classes, Init::Normal(0.01), Init::Constant(0.0));
        Self { blocks, classifier }
    }
}

/// The largest of every 2×2 places. What is not a number stays so, as in PyTorch.
fn halved(x: Tensor<4>) -> Tensor<4> {
    let largest = module::max_pool2d(x.clone(), MaxPoolOptions::new([2, 2]));
    if is_cpu(&x.device()) {
        return largest;
    }
    // WGSL's `max` may drop a NaN, and then a number comes out of a map that holds none. A sum keeps it.
    largest + module::avg_pool2d(x.detach(), AvgPoolOptions::new([2, 2])) * 0.0
}

impl Backbone for Vgg {
    fn layout(&self) -> Layout {
        Layout::of_stages(WIDTHS.into_iter().zip([32, 16, 8, 4, 4]), WIDTHS[4])
    }

    fn classifier(&self) -> &Linear {
        &self.classifier
    }

    fn norms_before_activation(&self) -> Vec<&Norm> {
        self.blocks[1..].iter().filter_map(|block| block.last().map(|(_, norm)| norm)).collect()
    }

    fn stage(&self, index: usize, pass: &mut Pass<'_>, x: Tensor<4>) -> Tensor<4> {
        // Maps are halved after blocks 0, 1 and 2.
        let x = match index {
            1..=3 => halved(x),
            _ => x,
        };
        let last = self.blocks[index].len() - 1;
        self.blocks[index].iter().enumerate().fold(x, |x, (i, (conv, norm))| {
            let x = conv.forward(pass, x);
            if index == 0 || i < last {
                return norm.forward_relu(pass, x);
            }
            let before = norm.forward(pass, x);
            pass.keep_preact(&before);
            relu(before)
        })
    }

    fn pool(&self, _pass: &mut Pass<'_>, map: Tensor<4>) -> Tensor<2> {
        global_average(map)
    }
}
