//! The few layers that CIFAR networks are made of: plain plans that read their tensors from a [`Pass`].

use burn::tensor::{Tensor, activation::relu, module, ops::ConvOptions};

use super::operations;
use super::params::{Init, Params, Role, Slot, Spec};

/// PyTorch's default for batch normalisation.
const BN_EPSILON: f64 = 1e-5;
/// PyTorch's default: new = 0.9·old + 0.1·batch.
const BN_MOMENTUM: f64 = 0.1;

/// Collects the specs of a network while its plan is built; names are joined with dots.
#[derive(Debug, Default)]
pub struct Builder {
    specs: Vec<Spec>,
}

impl Builder {
    /// The specs in `state_dict` order.
    pub fn finish(self) -> Vec<Spec> {
        self.specs
    }

    /// Any trainable tensor.
    pub fn tensor(&mut self, name: &str, shape: &[usize], init: Init) -> Slot {
        self.add(name.into(), shape, Role::Trainable, init)
    }

    fn add(&mut self, name: String, shape: &[usize], role: Role, init: Init) -> Slot {
        self.specs.push(Spec { name, shape: shape.to_vec(), role, init });
        Slot(self.specs.len() - 1)
    }

    /// A convolution with "same" padding for odd kernels. Weights start as N(0, 2/(k²·out)) (He et al., fan-out), which is
    /// what RepDistiller's ResNet, WRN and VGG all use; a bias starts at 0.
    pub fn conv(
        &mut self,
        name: &str,
        inputs: usize,
        outputs: usize,
        kernel: usize,
        stride: usize,
        bias: bool,
    ) -> Conv {
        let std = (2.0 / (kernel * kernel * outputs) as f64).sqrt();
        let weight =
            self.add(format!("{name}.weight"), &[outputs, inputs, kernel, kernel], Role::Trainable, Init::Normal(std));
        let bias = bias.then(|| self.add(format!("{name}.bias"), &[outputs], Role::Trainable, Init::Constant(0.0)));
        Conv { weight, bias, stride, padding: kernel / 2 }
    }

    /// Batch normalisation over the channels of a map.
    pub fn norm(&mut self, name: &str, channels: usize) -> Norm {
        let mut add =
            |part: &str, role, start| self.add(format!("{name}.{part}"), &[channels], role, Init::Constant(start));
        Norm {
            gamma: add("weight", Role::Trainable, 1.0),
            beta: add("bias", Role::Trainable, 0.0),
            mean: add("running_mean", Role::Statistic, 0.0),
            variance: add("running_var", Role::Statistic, 1.0),
        }
    }

    /// A linear layer. `weight` and `bias` say how it starts; PyTorch's default is U(±1/√inputs) for both.
    pub fn linear(&mut self, name: &str, inputs: usize, outputs: usize, weight: Init, bias: Init) -> Linear {
        Linear {
            weight: self.add(format!("{name}.weight"), &[outputs, inputs], Role::Trainable, weight),
            bias: self.add(format!("{name}.bias"), &[outputs], Role::Trainable, bias),
        }
    }
}

/// One run through a network: where its tensors are and what batch normalisation does.
#[derive(Debug)]
pub struct Pass<'a> {
    params: &'a Params,
    /// In training: the running statistics after this batch.
    statistics: Option<Vec<(Slot, Tensor<1>)>>,
    /// Stage maps before their activation, in the order in which they came by.
    preacts: Vec<Tensor<4>>,
}

impl<'a> Pass<'a> {
    /// Batch normalisation uses its running statistics.
    pub fn evaluation(params: &'a Params) -> Self {
        Self { params, statistics: None, preacts: Vec::new() }
    }

    /// Batch normalisation uses the batch and notes the new running statistics.
    pub fn training(params: &'a Params) -> Self {
        Self { params, statistics: Some(Vec::new()), preacts: Vec::new() }
    }

    /// Keeps a stage map as it is before its activation.
    pub fn keep_preact(&mut self, map: &Tensor<4>) {
        self.preacts.push(map.clone());
    }

    /// The maps that were kept since the last call.
    pub fn take_preacts(&mut self) -> Vec<Tensor<4>> {
        std::mem::take(&mut self.preacts)
    }

    /// The tensor in a slot with its own shape.
    pub fn get<const D: usize>(&self, slot: Slot) -> Tensor<D> {
        self.params.get(slot)
    }

    /// The new running statistics; empty after an evaluation pass.
    pub fn into_statistics(self) -> Vec<(Slot, Tensor<1>)> {
        self.statistics.unwrap_or_default()
    }
}

/// A 2-d convolution.
#[derive(Debug, Clone)]
pub struct Conv {
    weight: Slot,
    bias: Option<Slot>,
    stride: usize,
    padding: usize,
}

impl Conv {
    /// `[B, in, H, W]` → `[B, out, ⌈H/stride⌉, ⌈W/stride⌉]`.
    pub fn forward(&self, pass: &Pass<'_>, x: Tensor<4>) -> Tensor<4> {
        let weight = pass.params.get(self.weight);
        let bias = self.bias.map(|slot| pass.params.flat(slot));
        if operations::known(&x.device()) && operations::fits(x.dims(), weight.dims(), self.stride) {
            let out = operations::conv(x, weight, self.stride);
            return match bias {
                None => out,
                Some(bias) => {
                    let channels = bias.dims()[0];
                    out + bias.reshape([1, channels, 1, 1])
                }
            };
        }
        let options = ConvOptions::new([self.stride; 2], [self.padding; 2], [1, 1], 1);
        module::conv2d(x, weight, bias, options)
    }
}

/// Batch normalisation.
#[derive(Debug, Clone)]
pub struct Norm {
    gamma: Slot,
    beta: Slot,
    mean: Slot,
    variance: Slot,
}

impl Norm {
    /// γ and β, `[C]` each.
    pub fn affine(&self, params: &Params) -> (Tensor<1>, Tensor<1>) {
        (params.flat(self.gamma), params.flat(self.beta))
    }

    /// Same shape in and out, `[B, C, H, W]`.
    pub fn forward(&self, pass: &mut Pass<'_>, x: Tensor<4>) -> Tensor<4> {
        self.run(pass, x, false)
    }

    /// Normalisation and ReLU, for maps that nobody wants to see before the ReLU.
    pub fn forward_relu(&self, pass: &mut Pass<'_>, x: Tensor<4>) -> Tensor<4> {
        self.run(pass, x, true)
    }

    fn run(&self, pass: &mut Pass<'_>, x: Tensor<4>, relu: bool) -> Tensor<4> {
        let params = pass.params;
        let [gamma, beta, mean, variance] =
            [self.gamma, self.beta, self.mean, self.variance].map(|slot| params.flat(slot));
        let [batch, _, height, width] = x.dims();
        let Some(statistics) = &mut pass.statistics else {
            // One pass over the map: y = x·scale + shift.
            let [scale, shift] = params.derive(self.gamma, || {
                let scale = gamma / (variance + BN_EPSILON).sqrt();
                let shift = beta - mean * scale.clone();
                [scale, shift]
            });
            return affine(x, scale, shift, relu);
        };
        let (out, batch_mean, batch_variance) = normalise(x, gamma, beta, relu);
        // As PyTorch: normalise with the biased variance, remember the unbiased one.
        let n = (batch * height * width) as f64;
        let unbiased = n / (n - 1.0).max(1.0);
        let keep = 1.0 - BN_MOMENTUM;
        let blend = |old, new: Tensor<1>, share| operations::blend(old, new.inner(), keep, share);
        statistics.push((self.mean, blend(mean, batch_mean, BN_MOMENTUM)));
        statistics.push((self.variance, blend(variance, batch_variance, unbiased * BN_MOMENTUM)));
        out
    }
}

/// x·scale + shift for every channel, then a ReLU if wanted.
fn affine(x: Tensor<4>, scale: Tensor<1>, shift: Tensor<1>, with_relu: bool) -> Tensor<4> {
    let [_, channels, height, width] = x.dims();
    if operations::known(&x.device()) && (height * width).is_multiple_of(4) {
        return operations::affine(x, scale, shift, with_relu);
    }
    let out = x * scale.reshape([1, channels, 1, 1]) + shift.reshape([1, channels, 1, 1]);
    if with_relu { relu(out) } else { out }
}

/// Batch normalisation with the batch's statistics, then a ReLU if wanted: output, mean, biased variance.
fn normalise(x: Tensor<4>, gamma: Tensor<1>, beta: Tensor<1>, with_relu: bool) -> (Tensor<4>, Tensor<1>, Tensor<1>) {
    let [_, _, height, width] = x.dims();
    if operations::known(&x.device()) && (height * width).is_multiple_of(4) {
        return operations::normalise(x, gamma, beta, BN_EPSILON, with_relu);
    }
    let out = module::batch_norm_train(x, gamma, beta, BN_EPSILON);
    let output = if with_relu { relu(out.output) } else { out.output };
    (output, out.mean, out.variance)
}

/// An affine map of vectors.
#[derive(Debug, Clone)]
pub struct Linear {
    weight: Slot,
    bias: Slot,
}

impl Linear {
    /// The weights, `[out, in]`.
    pub fn rows(&self, params: &Params) -> Tensor<2> {
        params.get(self.weight)
    }

    /// `[B, in]` → `[B, out]`.
    pub fn forward(&self, pass: &Pass<'_>, x: Tensor<2>) -> Tensor<2> {
        let bias = pass.params.flat(self.bias);
        let outputs = bias.dims()[0];
        x.matmul(pass.params.get::<2>(self.weight).transpose()) + bias.reshape([1, outputs])
    }
}

/// Mean over the positions of a map: `[B, C, H, W]` → `[B, C]`.
pub fn global_average(map: Tensor<4>) -> Tensor<2> {
    let [batch, channels, height, width] = map.dims();
    map.reshape([batch, channels, height * width]).mean_dim(2).reshape([batch, channels])
}
