//! Attacks in pixel space: I-FGSM (Kurakin et al. 2017) and PGD (Madry et al. 2018), in balls of L∞ and L2, and the random noise that
//! they are compared with.
//!
//! Both follow the gradient of the cross-entropy. Where a network is so sure of the label that all other probabilities round to 0,
//! that gradient is exactly zero, and an attack which follows it stays where it is: the network looks as if nothing could fool it
//! (Carlini & Wagner 2017, §VI). For such an image, in such a step, the attack follows the difference of logits instead, the largest of
//! the others less the label's (their f₆ without its bound), whose gradient does not depend on how sure the network is.

use burn::tensor::{Device, Tensor, TensorData};
use serde::Serialize;

use crate::data::rng::{between, chance};
use crate::data::{IMAGE_BYTES, Purpose, SIDE, stream};
use crate::error::{Error, Result};
use crate::nets::Network;
use crate::objectives::{log_softmax, one_hot};

/// Shape of the ball around an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Norm {
    /// Every value may change by ε.
    Linf,
    /// The root mean square of the change is at most ε.
    L2,
}

/// Size and shape of an attack. Sizes are in 1/255.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Attack {
    /// ε, the largest change of a pixel's channel.
    pub epsilon: f64,
    /// Number of steps.
    pub steps: usize,
    /// α, the change in one step.
    pub step_size: f64,
    /// Shape of the ball.
    pub norm: Norm,
}

impl Attack {
    /// The same with another ε and a step in proportion.
    pub fn of_size(self, epsilon: f64) -> Self {
        let share = if self.epsilon > 0.0 { self.step_size / self.epsilon } else { 0.25 };
        Self { epsilon, step_size: epsilon * share, ..self }
    }

    /// The attack on `network`: `[B, 3, 32, 32]` in [0, 1] → the same, within ε of `clean`. `start`: numbers in [−1, 1] that say
    /// where in the ball PGD begins; without it the attack begins at the image.
    ///
    /// # Errors
    /// [`Error::Internal`] when the loss does not depend on the pixels.
    pub fn on(
        self,
        network: &Network,
        clean: Tensor<4>,
        labels: &[usize],
        start: Option<Tensor<4>>,
    ) -> Result<Attacked> {
        let labels = one_hot(labels, network.classes(), &clean.device());
        let (epsilon, alpha) = (self.epsilon / 255.0, self.step_size / 255.0);
        let ball = |x: Tensor<4>| within(x, &clean, epsilon, self.norm);
        let mut x = match start {
            None => clean.clone(),
            Some(start) => ball(clean.clone() + start * epsilon),
        };
        let mut followed = None;
        for _ in 0..self.steps {
            let leaf = x.clone().autodiff().require_grad();
            let (loss, flat) = loss(network.logits(leaf.clone()), &labels);
            let gradient = leaf
                .grad(&loss.backward())
                .ok_or_else(|| Error::Internal("the attacked network's loss had no gradient at its input.".into()))?;
            followed.get_or_insert_with(|| Followed::code(flat, &gradient));
            let direction = match self.norm {
                Norm::Linf => gradient.sign(),
                Norm::L2 => gradient.clone() / root_mean_square(gradient).clamp_min(1e-20),
            };
            x = ball(x + direction * alpha);
        }
        let followed = followed.unwrap_or_else(|| Tensor::zeros([labels.dims()[0]], &labels.device()));
        Ok(Attacked { pixels: x, followed })
    }
}

/// What an attack made.
#[derive(Debug, Clone)]
pub struct Attacked {
    /// `[B, 3, 32, 32]` in [0, 1].
    pub pixels: Tensor<4>,
    /// What the first step followed, image by image: `[B]`, for [`Followed::of`].
    pub followed: Tensor<1>,
}

/// The gradient that the first step of an attack followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Followed {
    /// That of the cross-entropy, as in the papers.
    CrossEntropy,
    /// The cross-entropy has none: that of the difference of logits.
    Logits,
    /// Neither has one: the network does not look at these pixels, there is nothing to attack, and the image counts in no rate.
    Nothing,
}

impl Followed {
    /// From [`Attacked::followed`].
    pub fn of(code: f32) -> Self {
        match code {
            0.0 => Self::CrossEntropy,
            1.0 => Self::Logits,
            _ => Self::Nothing,
        }
    }

    /// 0, 1 and 2 in the order above, `[B]`. `flat`: `[B, 1]` with 1 where the cross-entropy has no gradient.
    fn code(flat: Tensor<2>, gradient: &Tensor<4>) -> Tensor<1> {
        let [images, ..] = gradient.dims();
        let largest = gradient.clone().reshape([images, IMAGE_BYTES]).abs().max_dim(1);
        let some = largest.greater_elem(0.0).float();
        (flat * some.clone() + (some * -1.0 + 1.0) * 2.0).reshape([images])
    }
}

/// Below this largest probability of another class its gradient is scaled up, so that no layer rounds it to 0.
const SMALL: f64 = 1e-18;
/// 2⁶⁰: as a power of two it changes no digit of a gradient.
const SCALE: f64 = (1u64 << 60) as f64;

/// The loss that an attack on `logits` climbs, summed over images (the sign of an image's gradient is that of the mean, and does not
/// depend on its neighbours): cross-entropy with `labels`, one-hot `[B, K]`, or the difference of logits. With it, where it is the
/// latter: `[B, 1]` of 0 and 1. Everything that decides is computed where the logits are.
fn loss(logits: Tensor<2>, labels: &Tensor<2>) -> (Tensor<1>, Tensor<2>) {
    // What the label's own entries must not win.
    let far = labels.clone() * f64::from(f32::MAX);
    let known = logits.clone().inner();
    let others = (log_softmax(known.clone()) - far.clone()).max_dim(1).exp();
    // Less than the smallest normal number counts as nothing, as on graphics cards.
    let flat = others.clone().lower_elem(f64::from(f32::MIN_POSITIVE)).float();
    let small = others.lower_elem(SMALL).float();
    let weight = (small * (SCALE - 1.0) + 1.0) * (flat.clone() * -1.0 + 1.0);
    let rest = known - far;
    let rival = rest.clone().equal(rest.max_dim(1)).float();
    let towards = (rival - labels.clone()) * flat.clone();
    let loss = (log_softmax(logits.clone()) * (labels.clone() * weight)).sum() * -1.0 + (logits * towards).sum();
    (loss, flat)
}

/// √(mean of squares) of each image, `[B, 1, 1, 1]`.
fn root_mean_square(x: Tensor<4>) -> Tensor<4> {
    let [images, ..] = x.dims();
    let rows = x.reshape([images, IMAGE_BYTES]);
    // Gradients can be as small as 1e-20 squared: scaled by their largest value before squaring.
    let largest = rows.clone().abs().max_dim(1).clamp_min(1e-30);
    let scaled = rows / largest.clone();
    ((scaled.clone() * scaled).mean_dim(1).sqrt() * largest).reshape([images, 1, 1, 1])
}

/// The nearest point of the ball around `clean` and of [0, 1].
fn within(x: Tensor<4>, clean: &Tensor<4>, epsilon: f64, norm: Norm) -> Tensor<4> {
    match norm {
        Norm::Linf => {
            let low = (clean.clone() - epsilon).clamp_min(0.0);
            let high = (clean.clone() + epsilon).clamp_max(1.0);
            x.max_pair(low).min_pair(high)
        }
        Norm::L2 => {
            let change = x - clean.clone();
            let size = root_mean_square(change.clone());
            let shrink = (size.clamp_min(1e-12).recip() * epsilon).clamp_max(1.0);
            (clean.clone() + change * shrink).clamp(0.0, 1.0)
        }
    }
}

/// Numbers in [−1, 1), the same for an image in every batch.
pub(super) fn uniform(indices: &[usize], seed: u64, device: &Device) -> Tensor<4> {
    let draw = |&index: &usize| {
        let mut rng = stream(seed, Purpose::Noise, index as u64, 1);
        (0..IMAGE_BYTES).map(move |_| between(&mut rng, -1.0, 1.0))
    };
    let values: Vec<f32> = indices.iter().flat_map(draw).collect();
    Tensor::from_data(TensorData::new(values, [indices.len(), 3, SIDE, SIDE]), device)
}

/// Adds ε or −ε to every value at random, clipped to [0, 1]. The same image gets the same noise in every batch.
pub(super) fn sign_noise(clean: Tensor<4>, indices: &[usize], epsilon: f64, seed: u64) -> Tensor<4> {
    let mut noise = Vec::with_capacity(indices.len() * IMAGE_BYTES);
    for &index in indices {
        let mut rng = stream(seed, Purpose::Noise, index as u64, 0);
        noise.extend((0..IMAGE_BYTES).map(|_| if chance(&mut rng, 0.5) { 1f32 } else { -1.0 }));
    }
    let noise = Tensor::from_data(TensorData::new(noise, [indices.len(), 3, SIDE, SIDE]), &clean.device());
    (clean + noise * (epsilon / 255.0)).clamp(0.0, 1.0)
}
