//! A vision transformer for 32×32 images (Dosovitskiy et al. 2021): 4×4 patches, pre-normalised blocks, mean over tokens.
//!
//! No class token: the pooled vector is the mean of the tokens after the last normalisation, which is also what the
//! transformer recipe of 2303.11098 takes as the student's feature. Names of tensors follow timm.

use burn::tensor::activation::{gelu, softmax};
use burn::tensor::{Tensor, module, ops::ConvOptions};

use super::backbone::{Backbone, Layout};
use super::layers::{Builder, Linear, Pass};
use super::params::{Init, Slot};

/// Side of a patch, in pixels.
const PATCH: usize = 4;
/// Tokens along a side.
const SIDE: usize = 32 / PATCH;
/// Standard deviation of fresh weights, as in the original.
const STD: f64 = 0.02;

/// Size of a transformer.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    width: usize,
    depth: usize,
    heads: usize,
}

/// 96 wide, 6 blocks, 3 heads: about as many parameters as a ResNet-32.
pub const TINY: Size = Size { width: 96, depth: 6, heads: 3 };
/// 192 wide, 9 blocks, 6 heads.
pub const SMALL: Size = Size { width: 192, depth: 9, heads: 6 };

#[derive(Debug, Clone)]
struct LayerNorm {
    gamma: Slot,
    beta: Slot,
}

impl LayerNorm {
    fn new(b: &mut Builder, name: &str, width: usize) -> Self {
        Self {
            gamma: b.tensor(&format!("{name}.weight"), &[width], Init::Constant(1.0)),
            beta: b.tensor(&format!("{name}.bias"), &[width], Init::Constant(0.0)),
        }
    }

    /// Rows, `[N, C]`. timm's ε of 1e-6.
    fn forward(&self, pass: &Pass<'_>, x: Tensor<2>) -> Tensor<2> {
        module::layer_norm(x, pass.get::<1>(self.gamma), Some(pass.get::<1>(self.beta)), 1e-6)
    }
}

#[derive(Debug, Clone)]
struct Block {
    norm1: LayerNorm,
    qkv: Linear,
    projection: Linear,
    norm2: LayerNorm,
    fc1: Linear,
    fc2: Linear,
    heads: usize,
}

impl Block {
    fn new(b: &mut Builder, name: &str, size: Size) -> Self {
        let (start, zero, width) = (Init::Normal(STD), Init::Constant(0.0), size.width);
        Self {
            norm1: LayerNorm::new(b, &format!("{name}.norm1"), width),
            qkv: b.linear(&format!("{name}.attn.qkv"), width, 3 * width, start, zero),
            projection: b.linear(&format!("{name}.attn.proj"), width, width, start, zero),
            norm2: LayerNorm::new(b, &format!("{name}.norm2"), width),
            fc1: b.linear(&format!("{name}.mlp.fc1"), width, 2 * width, start, zero),
            fc2: b.linear(&format!("{name}.mlp.fc2"), 2 * width, width, start, zero),
            heads: size.heads,
        }
    }

    /// Tokens of all images as rows, `[B·N, C]`.
    fn forward(&self, pass: &Pass<'_>, batch: usize, x: Tensor<2>) -> Tensor<2> {
        let x = x.clone() + self.attention(pass, batch, self.norm1.forward(pass, x));
        let hidden = gelu(self.fc1.forward(pass, self.norm2.forward(pass, x.clone())));
        x + self.fc2.forward(pass, hidden)
    }

    fn attention(&self, pass: &Pass<'_>, batch: usize, x: Tensor<2>) -> Tensor<2> {
        let [rows, width] = x.dims();
        let (tokens, deep) = (rows / batch, width / self.heads);
        let qkv = self.qkv.forward(pass, x).reshape([batch, tokens, 3 * self.heads, deep]).swap_dims(1, 2);
        let part = |i: usize| qkv.clone().narrow(1, i * self.heads, self.heads);
        let scores = part(0).matmul(part(1).swap_dims(2, 3)) / (deep as f64).sqrt();
        let mixed = softmax(scores, 3).matmul(part(2));
        self.projection.forward(pass, mixed.swap_dims(1, 2).reshape([rows, width]))
    }
}

/// Taps f0 (patches with positions) and f1–f3 (after each third of the blocks), each `[B, C, 8, 8]`.
#[derive(Debug, Clone)]
pub struct Vit {
    patches: (Slot, Slot),
    positions: Slot,
    thirds: Vec<Vec<Block>>,
    norm: LayerNorm,
    classifier: Linear,
    width: usize,
}

impl Vit {
    /// A transformer for `classes` classes.
    pub fn new(b: &mut Builder, size: Size, classes: usize) -> Self {
        let width = size.width;
        let positions = b.tensor("pos_embed", &[1, SIDE * SIDE, width], Init::Normal(STD));
        let patches = (
            b.tensor("patch_embed.proj.weight", &[width, 3, PATCH, PATCH], Init::Normal(1.0 / (48f64).sqrt())),
            b.tensor("patch_embed.proj.bias", &[width], Init::Constant(0.0)),
        );
        let third = size.depth / 3;
        let thirds = (0..3)
            .map(|t| (t * third..(t + 1) * third).map(|i| Block::new(b, &format!("blocks.{i}"), size)).collect())
            .collect();
        let norm = LayerNorm::new(b, "norm", width);
        let classifier = b.linear("head", width, classes, Init::Normal(STD), Init::Constant(0.0));
        Self { patches, positions, thirds, norm, classifier, width }
    }
}

/// `[B, C, 8, 8]` → `[B·64, C]`.
fn tokens(map: Tensor<4>) -> Tensor<2> {
    let [batch, width, height, side] = map.dims();
    map.reshape([batch, width, height * side]).swap_dims(1, 2).reshape([batch * height * side, width])
}

/// `[B·64, C]` → `[B, C, 8, 8]`.
fn map(tokens: Tensor<2>, batch: usize) -> Tensor<4> {
    let [_, width] = tokens.dims();
    tokens.reshape([batch, SIDE * SIDE, width]).swap_dims(1, 2).reshape([batch, width, SIDE, SIDE])
}

impl Backbone for Vit {
    fn layout(&self) -> Layout {
        Layout { norms: false, ..Layout::of_stages([(self.width, SIDE); 4], self.width) }
    }

    fn classifier(&self) -> &Linear {
        &self.classifier
    }

    fn stage(&self, index: usize, pass: &mut Pass<'_>, x: Tensor<4>) -> Tensor<4> {
        let batch = x.dims()[0];
        if index == 0 {
            let (weight, bias) = (pass.get::<4>(self.patches.0), pass.get::<1>(self.patches.1));
            let x = module::conv2d(x, weight, Some(bias), ConvOptions::new([PATCH; 2], [0, 0], [1, 1], 1));
            let positions = pass.get::<3>(self.positions).swap_dims(1, 2).reshape([1, self.width, SIDE, SIDE]);
            return x + positions;
        }
        map(self.thirds[index - 1].iter().fold(tokens(x), |x, block| block.forward(pass, batch, x)), batch)
    }

    fn pool(&self, pass: &mut Pass<'_>, map: Tensor<4>) -> Tensor<2> {
        let batch = map.dims()[0];
        let rows = self.norm.forward(pass, tokens(map));
        rows.reshape([batch, SIDE * SIDE, self.width]).mean_dim(1).reshape([batch, self.width])
    }
}
