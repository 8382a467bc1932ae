//! CIFAR ResNets (He et al. 2016) as in RepDistiller: depth 6n+2, basic blocks, 1×1 convolution shortcuts.

use burn::tensor::{Tensor, activation::relu};

use super::backbone::{Backbone, Layout};
use super::layers::{Builder, Conv, Linear, Norm, Pass, global_average};
use super::params::Init;

#[derive(Debug, Clone)]
struct Block {
    conv1: Conv,
    norm1: Norm,
    conv2: Conv,
    norm2: Norm,
    shortcut: Option<(Conv, Norm)>,
}

impl Block {
    fn new(b: &mut Builder, name: &str, inputs: usize, outputs: usize, stride: usize) -> Self {
        let conv1 = b.conv(&format!("{name}.conv1"), inputs, outputs, 3, stride, false);
        let norm1 = b.norm(&format!("{name}.bn1"), outputs);
        let conv2 = b.conv(&format!("{name}.conv2"), outputs, outputs, 3, 1, false);
        let norm2 = b.norm(&format!("{name}.bn2"), outputs);
        let shortcut = (stride != 1 || inputs != outputs).then(|| {
            let conv = b.conv(&format!("{name}.downsample.0"), inputs, outputs, 1, stride, false);
            (conv, b.norm(&format!("{name}.downsample.1"), outputs))
        });
        Self { conv1, norm1, conv2, norm2, shortcut }
    }

    /// Before the last ReLU.
    fn forward(&self, pass: &mut Pass<'_>, x: Tensor<4>) -> Tensor<4> {
        let y = self.conv1.forward(pass, x.clone());
        let y = self.norm1.forward_relu(pass, y);
        let y = self.conv2.forward(pass, y);
        let y = self.norm2.forward(pass, y);
        let x = match &self.shortcut {
            None => x,
            Some((conv, norm)) => {
                let x = conv.forward(pass, x);
                norm.forward(pass, x)
            }
        };
        y + x
    }
}

/// Taps f0 (stem) and f1–f3 (stages: 32², 16², 8²), all after their ReLU.
#[derive(Debug, Clone)]
pub struct ResNet {
    stem: Conv,
    stem_norm: Norm,
    stages: Vec<Vec<Block>>,
    classifier: Linear,
    widths: [usize; 4],
}

impl ResNet {
    /// `widths`: channels of the stem and of the three stages.
    pub fn new(b: &mut Builder, depth: usize, widths: [usize; 4], classes: usize) -> Self {
        let blocks = (depth - 2) / 6;
        let stem = b.conv("conv1", 3, widths[0], 3, 1, false);
        let stem_norm = b.norm("bn1", widths[0]);
        let mut inputs = widths[0];
        let mut stages = Vec::new();
        for (s, &width) in widths[1..].iter().enumerate() {
            let mut stage = Vec::new();
            for i in 0..blocks {
                let stride = if s > 0 && i == 0 { 2 } else { 1 };
                stage.push(Block::new(b, &format!("layer{}.{i}", s + 1), inputs, width, stride));
                inputs = width;
            }
            stages.push(stage);
        }
        let bound = 1.0 / (inputs as f64).sqrt();
        let classifier = b.linear("fc", inputs, classes, Init::Uniform(bound), Init::Uniform(bound));
        Self { stem, stem_norm, stages, classifier, widths }
    }
}

impl Backbone for ResNet {
    fn layout(&self) -> Layout {
        Layout::of_stages(self.widths.into_iter().zip([32, 32, 16, 8]), self.widths[3])
    }

    fn classifier(&self) -> &Linear {
        &self.classifier
    }

    fn norms_before_activation(&self) -> Vec<&Norm> {
        self.stages.iter().filter_map(|stage| stage.last().map(|block| &block.norm2)).collect()
    }

    fn stage(&self, index: usize, pass: &mut Pass<'_>, x: Tensor<4>) -> Tensor<4> {
        if index == 0 {
            let x = self.stem.forward(pass, x);
            return self.stem_norm.forward_relu(pass, x);
        }
        let (before, after) = self.stages[index - 1].iter().fold((None, x), |(_, x), block| {
            let before = block.forward(pass, x);
            (Some(before.clone()), relu(before))
        });
        if let Some(before) = before {
            pass.keep_preact(&before);
        }
        after
    }

    fn pool(&self, _pass: &mut Pass<'_>, map: Tensor<4>) -> Tensor<2> {
        global_average(map)
    }
}
