//! Wide ResNets (Zagoruyko & Komodakis 2016) as in RepDistiller: depth 6n+4, pre-activation blocks, no dropout.

use burn::tensor::{Tensor, activation::relu};

use super::backbone::{Backbone, Layout};
use super::layers::{Builder, Conv, Linear, Norm, Pass, global_average};
use super::params::Init;

#[derive(Debug, Clone)]
struct Block {
    norm1: Norm,
    conv1: Conv,
    norm2: Norm,
    conv2: Conv,
    shortcut: Option<Conv>,
}

impl Block {
    fn new(b: &mut Builder, name: &str, inputs: usize, outputs: usize, stride: usize) -> Self {
        Self {
            norm1: b.norm(&format!("{name}.bn1"), inputs),
            conv1: b.conv(&format!("{name}.conv1"), inputs, outputs, 3, stride, false),
            norm2: b.norm(&format!("{name}.bn2"), outputs),
            conv2: b.conv(&format!("{name}.conv2"), outputs, outputs, 3, 1, false),
            shortcut: (inputs != outputs)
                .then(|| b.conv(&format!("{name}.convShortcut"), inputs, outputs, 1, stride, false)),
        }
    }

    /// `first`: the block begins a stage, so its first normalisation is what the stage before ends with.
    fn forward(&self, pass: &mut Pass<'_>, x: Tensor<4>, first: bool) -> Tensor<4> {
        let activated = match first {
            true => {
                let before = self.norm1.forward(pass, x.clone());
                pass.keep_preact(&before);
                relu(before)
            }
            false => self.norm1.forward_relu(pass, x.clone()),
        };
        // Where the width changes, the shortcut too starts from the activated input.
        let shortcut = match &self.shortcut {
            None => x,
            Some(conv) => conv.forward(pass, activated.clone()),
        };
        let y = self.conv1.forward(pass, activated);
        let y = self.norm2.forward_relu(pass, y);
        shortcut + self.conv2.forward(pass, y)
    }
}

/// Taps f0 (stem) and f1–f3 (stages), before the activation that the next layer begins with.
#[derive(Debug, Clone)]
pub struct WideResNet {
    stem: Conv,
    stages: Vec<Vec<Block>>,
    norm: Norm,
    classifier: Linear,
    widen: usize,
}

impl WideResNet {
    /// Channels are 16, then 16, 32 and 64 times `widen`.
    pub fn new(b: &mut Builder, depth: usize, widen: usize, classes: usize) -> Self {
        let blocks = (depth - 4) / 6;
        let stem = b.conv("conv1", 3, 16, 3, 1, false);
        let mut inputs = 16;
        let mut stages = Vec::new();
        for (s, width) in [16, 32, 64].into_iter().map(|w| w * widen).enumerate() {
            let mut stage = Vec::new();
            for i in 0..blocks {
                let stride = if s > 0 && i == 0 { 2 } else { 1 };
                stage.push(Block::new(b, &format!("block{}.layer.{i}", s + 1), inputs, width, stride));
                inputs = width;
            }
            stages.push(stage);
        }
        let norm = b.norm("bn1", inputs);
        let bound = 1.0 / (inputs as f64).sqrt();
        let classifier = b.linear("fc", inputs, classes, Init::Uniform(bound), Init::Constant(0.0));
        Self { stem, stages, norm, classifier, widen }
    }
}

impl Backbone for WideResNet {
    fn layout(&self) -> Layout {
        Layout::of_stages(
            [16, 16 * self.widen, 32 * self.widen, 64 * self.widen].into_iter().zip([32, 32, 16, 8]),
            64 * self.widen,
        )
    }

    fn classifier(&self) -> &Linear {
        &self.classifier
    }

    fn norms_before_activation(&self) -> Vec<&Norm> {
        let inner = self.stages[1..].iter().filter_map(|stage| stage.first().map(|block| &block.norm1));
        inner.chain([&self.norm]).collect()
    }

    fn stage(&self, index: usize, pass: &mut Pass<'_>, x: Tensor<4>) -> Tensor<4> {
        if index == 0 {
            return self.stem.forward(pass, x);
        }
        // f0 counts as the stem, not as a stage: what follows it is no stage's pre-activation.
        let blocks = self.stages[index - 1].iter().enumerate();
        blocks.fold(x, |x, (i, block)| block.forward(pass, x, index > 1 && i == 0))
    }

    fn pool(&self, pass: &mut Pass<'_>, map: Tensor<4>) -> Tensor<2> {
        let before = self.norm.forward(pass, map);
        pass.keep_preact(&before);
        global_average(relu(before))
    }
}
