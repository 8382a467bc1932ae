//! The named tensors of a network, apart from its structure.
//!
//! A network is a plan (plain data) and a [`Params`]: a list of named, flat tensors in the order and under the names of
//! a PyTorch `state_dict`. Optimiser, checkpoints and weight files see only this list and need no knowledge of layers.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use burn::tensor::{Device, Gradients, Tensor, TensorData};
use rand_distr::{Distribution, StandardNormal, Uniform};

use crate::data::{Purpose, stream};
use crate::error::{Error, Result};

/// What a tensor is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Stepped by the optimiser.
    Trainable,
    /// A running statistic of batch normalisation: saved and loaded, never stepped.
    Statistic,
}

/// How a tensor starts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Init {
    /// All entries equal.
    Constant(f32),
    /// N(0, std²).
    Normal(f64),
    /// U(−bound, bound).
    Uniform(f64),
}

/// Name, shape, role and start of one tensor. Needs no device.
#[derive(Debug, Clone, PartialEq)]
pub struct Spec {
    /// PyTorch name, for example `layer1.0.conv1.weight`.
    pub name: String,
    /// PyTorch shape, for example `[16, 3, 3, 3]` (out, in, height, width).
    pub shape: Vec<usize>,
    /// What it is for.
    pub role: Role,
    /// How it starts.
    pub init: Init,
}

impl Spec {
    /// Number of entries.
    pub fn len(&self) -> usize {
        self.shape.iter().product()
    }

    /// Whether the tensor has no entries (it never has none in a network).
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Place of a tensor in [`Params`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slot(pub(crate) usize);

/// The values of a network: one flat tensor for each [`Spec`].
///
/// Cloning is cheap (tensors are reference-counted and immutable), so two networks that start equal are two clones.
#[derive(Debug, Clone)]
pub struct Params {
    specs: Arc<Vec<Spec>>,
    values: Vec<Tensor<1>>,
    /// `None`: these are leaves of a gradient graph, of which nothing is kept.
    derived: Option<Derived>,
}

/// What was computed from the values alone, by the slot that it belongs to. Shared by clones until one of them changes.
type Derived = Arc<Mutex<BTreeMap<usize, [Tensor<1>; 2]>>>;

impl Params {
    /// Draws the starting values. The same seed gives the same numbers on every device, natively and in a browser:
    /// they are drawn on the host.
    pub fn init(specs: Vec<Spec>, seed: u64, device: &Device) -> Self {
        let values = specs
            .iter()
            .enumerate()
            .map(|(i, spec)| {
                let mut rng = stream(seed, Purpose::Init, i as u64, 0);
                let n = spec.len();
                let values: Vec<f32> = match spec.init {
                    Init::Constant(c) => vec![c; n],
                    Init::Normal(std) => (0..n)
                        .map(|_| {
                            let z: f64 = StandardNormal.sample(&mut rng);
                            (z * std) as f32
                        })
                        .collect(),
                    // A bound is 1/√fan_in of a layer with at least one input: positive and finite.
                    Init::Uniform(bound) => match Uniform::new_inclusive(-bound, bound) {
                        Ok(u) => (0..n).map(|_| u.sample(&mut rng) as f32).collect(),
                        Err(_) => vec![0.0; n],
                    },
                };
                Tensor::from_data(TensorData::new(values, [n]), device)
            })
            .collect();
        Self { specs: Arc::new(specs), values, derived: Some(Derived::default()) }
    }

    /// Tensors of zeros with the same specs: the start of a momentum buffer.
    pub fn zeros_like(&self) -> Self {
        let values = self.values.iter().map(Tensor::zeros_like).collect();
        Self { specs: self.specs.clone(), values, derived: Some(Derived::default()) }
    }

    /// Names, shapes and roles.
    pub fn specs(&self) -> &[Spec] {
        &self.specs
    }

    /// The flat tensors, in the order of [`Params::specs`].
    pub fn values(&self) -> &[Tensor<1>] {
        &self.values
    }

    /// Number of trainable entries, as papers count parameters.
    pub fn trainable_len(&self) -> usize {
        trainable_len(&self.specs)
    }

    /// The flat tensor in a slot.
    pub fn flat(&self, slot: Slot) -> Tensor<1> {
        self.values[slot.0].clone()
    }

    /// The tensor in a slot with its own shape. `D` must be the rank of the spec.
    pub fn get<const D: usize>(&self, slot: Slot) -> Tensor<D> {
        let mut shape = [0; D];
        shape.copy_from_slice(&self.specs[slot.0].shape);
        self.values[slot.0].clone().reshape(shape)
    }

    /// Two tensors that follow from the values alone and belong to `slot`: computed once for as long as the values stay, but
    /// for leaves (see [`Params::track`]) every time. A frozen teacher asks for the same ones at every step.
    pub fn derive(&self, slot: Slot, compute: impl FnOnce() -> [Tensor<1>; 2]) -> [Tensor<1>; 2] {
        let Some(derived) = &self.derived else { return compute() };
        let mut derived = derived.lock().unwrap_or_else(PoisonError::into_inner);
        derived.entry(slot.0).or_insert_with(compute).clone()
    }

    fn changed(&mut self) {
        if self.derived.is_some() {
            self.derived = Some(Derived::default());
        }
    }

    /// Copies whose trainable tensors are leaves of a new gradient graph.
    pub fn track(&self) -> Self {
        let values = self
            .specs
            .iter()
            .zip(&self.values)
            .map(|(spec, value)| match spec.role {
                Role::Trainable => value.clone().autodiff().require_grad(),
                Role::Statistic => value.clone(),
            })
            .collect();
        // What is computed from leaves belongs to their graph.
        Self { specs: self.specs.clone(), values, derived: None }
    }

    /// Gradients of tracked params (see [`Params::track`]), `None` where a tensor did not take part.
    pub fn gradients(&self, gradients: &mut Gradients) -> Vec<Option<Tensor<1>>> {
        self.specs
            .iter()
            .zip(&self.values)
            .map(|(spec, value)| match spec.role {
                Role::Trainable => value.grad_remove(gradients),
                Role::Statistic => None,
            })
            .collect()
    }

    /// Replaces the values in some slots, for example new running statistics.
    pub fn absorb(&mut self, updates: Vec<(Slot, Tensor<1>)>) {
        self.changed();
        for (slot, value) in updates {
            self.values[slot.0] = value;
        }
    }

    /// Replaces every trainable value by what `f(index, value)` returns.
    pub fn map_trainable(&mut self, mut f: impl FnMut(usize, Tensor<1>) -> Tensor<1>) {
        self.changed();
        for (i, spec) in self.specs.iter().enumerate() {
            if spec.role == Role::Trainable {
                self.values[i] = f(i, self.values[i].clone());
            }
        }
    }

    /// Replaces all values by host data in the order of the specs.
    ///
    /// # Errors
    /// [`Error::Internal`] when the number of tensors or a length differs; readers of files check that first.
    pub fn set_host(&mut self, data: Vec<Vec<f32>>, device: &Device) -> Result<()> {
        let fits =
            data.len() == self.specs.len() && data.iter().zip(self.specs.iter()).all(|(d, s)| d.len() == s.len());
        if !fits {
            return Err(Error::Internal("tensors of another network were about to be loaded.".into()));
        }
        self.values = data
            .into_iter()
            .map(|d| {
                let n = d.len();
                Tensor::from_data(TensorData::new(d, [n]), device)
            })
            .collect();
        self.changed();
        Ok(())
    }

    /// Reads all values back, in one round trip.
    ///
    /// # Errors
    /// [`Error::GpuLost`] when the device does not answer.
    pub async fn to_host(&self) -> Result<Vec<Vec<f32>>> {
        crate::readback::read_all(self.values.clone()).await
    }
}

/// Number of trainable entries among `specs`.
pub fn trainable_len(specs: &[Spec]) -> usize {
    specs.iter().filter(|s| s.role == Role::Trainable).map(Spec::len).sum()
}

#[cfg(all(test, feature = "cpu", not(target_arch = "wasm32")))]
mod tests {
    use super::*;

    #[test]
    fn what_follows_from_the_values_is_computed_once_and_anew_when_they_change() {
        let device = Device::flex();
        let spec = |name: &str, role| Spec { name: name.into(), shape: vec![2], role, init: Init::Constant(1.0) };
        let mut params = Params::init(vec![spec("a", Role::Trainable), spec("b", Role::Statistic)], 0, &device);
        let computed = std::cell::Cell::new(0);
        let sum = |params: &Params| {
            let derived = params.derive(Slot(0), || {
                computed.set(computed.get() + 1);
                [params.flat(Slot(0)) + params.flat(Slot(1)), params.flat(Slot(1))]
            });
            let found = pollster::block_on(crate::readback::read_all(derived.into())).expect("numbers");
            (found[0][0], computed.get())
        };
        assert_eq!([sum(&params), sum(&params), sum(&params.clone())], [(2.0, 1); 3]);
        let before = params.clone();
        params.absorb(vec![(Slot(1), Tensor::from_data([3.0, 3.0], &device))]);
        assert_eq!([sum(&params), sum(&params)], [(4.0, 2); 2]);
        assert_eq!(sum(&before), (2.0, 2), "the clone has its own");
        params.map_trainable(|_, value| value * 2.0);
        assert_eq!(sum(&params), (5.0, 3));
        params.set_host(vec![vec![0.0; 2], vec![7.0; 2]], &device).expect("values");
        assert_eq!(sum(&params), (7.0, 4));
    }
}
