//! A small computation whose result must not depend on the engine.
//!
//! The page runs it on the CPU and on the GPU engine and compares: drivers and browsers that compute wrong values are known to
//! exist, and an invalid shader is only logged, never an error.

use burn::tensor::{Device, Tensor, TensorData};

use crate::data::{DatasetKind, Split, shapes};
use crate::error::Result;
use crate::evaluate::pixels;
use crate::lab::Learner;
use crate::lab::optimiser::Rule;
use crate::nets::{Architecture, Network};
use crate::objectives::logits::Kl;
use crate::objectives::{Batch, Objective, one_hot};
use crate::probes::grad_cam::class_activation;
use crate::readback;

/// Images in the batch.
const BATCH: usize = 8;

/// One distillation step of a ResNet-8 from another, then logits, a Grad-CAM map and an input gradient: everything the page uses.
/// Values are of the order of 1.
///
/// # Errors
/// `gpu-lost`.
pub async fn run(device: &Device) -> Result<Vec<f32>> {
    let kind = DatasetKind::Shapes32;
    let images = shapes::generate(shapes::SEED, Split::Test, 0, BATCH);
    let indices: Vec<usize> = (0..BATCH).collect();
    let classes: Vec<usize> = images.labels().iter().map(|&l| usize::from(l)).collect();
    let x = pixels(&images, &indices, device)?;
    let network = |seed| Network::new(Architecture::ResNet8, 10, kind.normalisation(), seed, device);
    let teacher = network(1).forward(x.clone());
    let labels = one_hot(&classes, 10, device);
    let mut learner = Learner::new(network(2), Rule::Sgd, 0.9, 5e-4);
    let mut objective = Kl { temperature: 4.0, alpha: 0.5, standardise: false };
    let mut losses = Vec::new();
    for _ in 0..2 {
        let trace = learner.step(std::slice::from_ref(&x), 0.05, |student, parts| {
            objective.terms(&Batch::new(&student[0], &teacher, &labels, &classes), parts)
        })?;
        losses.extend(trace.values);
    }
    let student = learner.network;
    let taps = student.forward(x.clone());
    let (map, _) = class_activation(&student, 3, taps.maps[3].clone(), &classes)?;
    let leaf = x.autodiff().require_grad();
    let scale: Tensor<2> = Tensor::from_data(TensorData::new(vec![1f32; 10], [1, 10]), device);
    let score = (student.logits(leaf.clone()) * labels * scale).sum();
    let gradient = leaf.grad(&score.backward()).map(|g| g.mean_dim(3).mean_dim(2).reshape([3 * BATCH]));
    let mut tensors = losses;
    tensors.push(taps.logits.reshape([10 * BATCH]));
    let [rows, cells] = map.dims();
    tensors.push(map.reshape([rows * cells]));
    // Means over positions are small; bring them to the order of the rest.
    tensors.extend(gradient.map(|g| g * 100.0));
    Ok(readback::read_all(tensors).await?.concat())
}
