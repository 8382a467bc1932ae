//! Small layers that methods own: regressors, embeddings, connectors. They read their tensors from the method's parts.
//!
//! Normalisation always uses the batch: these layers exist in training only.

use burn::tensor::ops::{ConvOptions, ConvTransposeOptions};
use burn::tensor::{Tensor, module};

use super::math::rows;
use crate::error::{Error, Result};
use crate::nets::{Init, Params, Role, Slot, Spec};

/// PyTorch's default for batch normalisation.
const BN_EPSILON: f64 = 1e-5;

/// The parts in a step.
///
/// # Errors
/// [`Error::Internal`] when a method that has parts was run without them.
pub fn own(parts: Option<&Params>) -> Result<&Params> {
    parts.ok_or_else(|| Error::Internal("a method was run without its own tensors.".into()))
}

/// Collects specs under PyTorch names. Fresh values are PyTorch's defaults: U(±1/√fan-in).
#[derive(Debug, Clone, Default)]
pub struct Plan {
    specs: Vec<Spec>,
}

impl Plan {
    /// The specs so far.
    pub fn specs(&self) -> Vec<Spec> {
        self.specs.clone()
    }

    /// A tensor of its own.
    pub fn tensor(&mut self, name: String, shape: &[usize], init: Init) -> Slot {
        self.specs.push(Spec { name, shape: shape.to_vec(), role: Role::Trainable, init });
        Slot(self.specs.len() - 1)
    }

    /// An affine map with bias.
    pub fn linear(&mut self, name: &str, inputs: usize, outputs: usize) -> Linear {
        let start = Init::Uniform(1.0 / (inputs as f64).sqrt());
        Linear {
            weight: self.tensor(format!("{name}.weight"), &[outputs, inputs], start),
            bias: self.tensor(format!("{name}.bias"), &[outputs], start),
        }
    }

    /// A convolution, `transposed` or not.
    pub fn conv(&mut self, name: &str, [inputs, outputs]: [usize; 2], window: Window, bias: bool) -> Conv {
        let Window { kernel, transposed, .. } = window;
        // PyTorch's fan-in of a transposed convolution counts its outputs.
        let (shape, fan) = match transposed {
            false => ([outputs, inputs, kernel, kernel], inputs),
            true => ([inputs, outputs, kernel, kernel], outputs),
        };
        let start = Init::Uniform(1.0 / ((fan * kernel * kernel) as f64).sqrt());
        Conv {
            weight: self.tensor(format!("{name}.weight"), &shape, start),
            bias: bias.then(|| self.tensor(format!("{name}.bias"), &[outputs], start)),
            window,
        }
    }

    /// Batch normalisation with γ = 1 and β = 0.
    pub fn norm(&mut self, name: &str, channels: usize) -> Norm {
        Norm {
            gamma: self.tensor(format!("{name}.weight"), &[channels], Init::Constant(1.0)),
            beta: self.tensor(format!("{name}.bias"), &[channels], Init::Constant(0.0)),
        }
    }
}

/// Geometry of a convolution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Side of the kernel.
    pub kernel: usize,
    /// Stride.
    pub stride: usize,
    /// Padding.
    pub padding: usize,
    /// Enlarges instead of shrinking.
    pub transposed: bool,
}

impl Window {
    /// 1×1.
    pub const POINT: Self = Self { kernel: 1, stride: 1, padding: 0, transposed: false };
    /// 3×3 that keeps the size.
    pub const THREE: Self = Self { kernel: 3, stride: 1, padding: 1, transposed: false };
}

/// See [`Plan::conv`].
#[derive(Debug, Clone)]
pub struct Conv {
    weight: Slot,
    bias: Option<Slot>,
    window: Window,
}

impl Conv {
    /// Map to map.
    pub fn forward(&self, parts: &Params, x: Tensor<4>) -> Tensor<4> {
        let Window { kernel: _, stride, padding, transposed } = self.window;
        let bias = self.bias.map(|slot| parts.flat(slot));
        let weight = parts.get::<4>(self.weight);
        match transposed {
            false => module::conv2d(x, weight, bias, ConvOptions::new([stride; 2], [padding; 2], [1, 1], 1)),
            true => {
                let options = ConvTransposeOptions::new([stride; 2], [padding; 2], [0, 0], [1, 1], 1);
                module::conv_transpose2d(x, weight, bias, options)
            }
        }
    }

    /// The same with weights that are not trained now.
    pub fn forward_frozen(&self, parts: &Params, x: Tensor<4>) -> Tensor<4> {
        let Window { kernel: _, stride, padding, transposed: _ } = self.window;
        let bias = self.bias.map(|slot| parts.flat(slot).inner());
        let options = ConvOptions::new([stride; 2], [padding; 2], [1, 1], 1);
        module::conv2d(x, parts.get::<4>(self.weight).inner(), bias, options)
    }
}

/// Batch normalisation over the channels of a map, with the statistics of the batch.
#[derive(Debug, Clone)]
pub struct Norm {
    gamma: Slot,
    beta: Slot,
}

impl Norm {
    /// Same shape in and out.
    pub fn forward(&self, parts: &Params, x: Tensor<4>) -> Tensor<4> {
        module::batch_norm_train(x, parts.flat(self.gamma), parts.flat(self.beta), BN_EPSILON).output
    }
}

/// An affine map of vectors.
#[derive(Debug, Clone)]
pub struct Linear {
    weight: Slot,
    bias: Slot,
}

impl Linear {
    /// `[B, in]` → `[B, out]`.
    pub fn forward(&self, parts: &Params, x: Tensor<2>) -> Tensor<2> {
        let bias = parts.flat(self.bias);
        let outputs = bias.dims()[0];
        x.matmul(parts.get::<2>(self.weight).transpose()) + bias.reshape([1, outputs])
    }

    /// The same with weights that are not trained.
    pub fn forward_frozen(&self, parts: &Params, x: Tensor<2>) -> Tensor<2> {
        let bias = parts.flat(self.bias).inner();
        let outputs = bias.dims()[0];
        x.matmul(parts.get::<2>(self.weight).inner().transpose()) + bias.reshape([1, outputs])
    }
}

/// Two embeddings into a common space, of the student's and of the teacher's pooled vector. Both are trained.
#[derive(Debug, Clone)]
pub struct Embeddings {
    student: Linear,
    teacher: Linear,
}

impl Embeddings {
    /// Plans both.
    pub fn new(plan: &mut Plan, student: usize, teacher: usize, dimensions: usize) -> Self {
        Self {
            student: plan.linear("embed_s", student, dimensions),
            teacher: plan.linear("embed_t", teacher, dimensions),
        }
    }

    /// Both vectors embedded, `[B, E]` each.
    pub fn forward(&self, parts: &Params, student: Tensor<2>, teacher: Tensor<2>) -> (Tensor<2>, Tensor<2>) {
        (self.student.forward(parts, rows(student)), self.teacher.forward(parts, rows(teacher)))
    }
}
