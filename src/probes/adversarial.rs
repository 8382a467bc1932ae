//! What fools them? Property P2 of *What Knowledge Gets Distilled* (2205.16004 §4.2): images attacked until the teacher changes
//! its mind are shown to student and control.
//!
//! The attack is I-FGSM (Kurakin et al. 2017) on the teacher's cross-entropy with the true label, in pixel space [0, 1]:
//! x ← clip(x + α·sign ∇ₓCE), clipped to the ε-ball around the image and to [0, 1]. A network is fooled when its prediction on
//! the attacked image differs from its own prediction on the clean one. Students are judged on the images that fooled the
//! teacher. Beside it stands random sign noise of the same ε. The paper gives 5 steps and neither ε nor α; the defaults here
//! (8/255 and ε/4) are ours.

use burn::tensor::{Tensor, TensorData};
use serde::Serialize;
use serde_json::{Map, Value};

use super::{Bench, Trio, images, number, only};
use crate::data::rng::chance;
use crate::data::{IMAGE_BYTES, Purpose, SIDE, stream};
use crate::error::{Error, Result};
use crate::lab::evaluate::pixels;
use crate::lab::statistics::{Rate, argmax, softmax};
use crate::lab::yield_now;
use crate::nets::Network;
use crate::objectives::{log_softmax, one_hot};
use crate::readback;

/// Images in one pass. Constant, so that a GPU compiles its kernels once.
const BATCH: usize = 32;

/// What to compute. Sizes are in 1/255.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// Test images.
    pub images: Vec<usize>,
    /// ε, the largest change of a pixel's channel.
    pub epsilon: f64,
    /// Number of steps.
    pub steps: usize,
    /// α, the change in one step.
    pub step_size: f64,
    /// Images whose pixels are wanted.
    pub pictures: Vec<usize>,
}

impl Options {
    /// Reads `images` (default 200), `epsilon` (8), `steps` (5), `stepSize` (ε/4), `pictures` (none).
    ///
    /// # Errors
    /// `probe-invalid`, `data-missing`.
    pub fn from_json(options: &Map<String, Value>, bench: &Bench<'_>) -> Result<Self> {
        only(options, &["images", "epsilon", "steps", "stepSize", "pictures"])?;
        let images = images(options, bench, 200)?;
        let epsilon = number(options, "epsilon", 8.0, 0.0, 255.0)?;
        let steps = number(options, "steps", 5.0, 1.0, 100.0)?;
        if steps.fract() != 0.0 {
            return Err(Error::ProbeInvalid(format!("`steps` must be a whole number, not {steps}.")));
        }
        let pictures = match options.get("pictures") {
            None | Some(Value::Null) => Vec::new(),
            Some(Value::Array(list)) => list
                .iter()
                .map(|v| v.as_u64().map(|i| i as usize).or_else(|| v.as_f64().map(|x| x as usize)))
                .map(|i| i.filter(|i| images.contains(i)))
                .collect::<Option<Vec<_>>>()
                .ok_or_else(|| Error::ProbeInvalid("`pictures` must list images that are also in `images`.".into()))?,
            Some(other) => {
                return Err(Error::ProbeInvalid(format!("`pictures` must be a list of image numbers, not {other}.")));
            }
        };
        Ok(Self {
            images,
            epsilon,
            steps: steps as usize,
            step_size: number(options, "stepSize", epsilon / 4.0, 0.0, 255.0)?,
            pictures,
        })
    }
}

/// Predicted classes under one condition.
pub type Verdicts = Trio<usize>;

/// One image.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Item {
    /// Test image.
    pub index: usize,
    /// True class.
    pub label: usize,
    /// Its name.
    pub class_name: String,
    /// The teacher changed its mind on the attacked image.
    pub fooled: bool,
    /// Predictions on the image itself.
    pub clean: Verdicts,
    /// Predictions on the attacked image.
    pub adversarial: Verdicts,
    /// Predictions under random noise of the same size.
    pub noise: Verdicts,
}

/// Pixels (planar, `[3·32·32]`, in [0, 1]) and probabilities of one image under the three conditions.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Picture {
    /// Test image.
    pub index: usize,
    /// The image itself.
    pub clean: Vec<f32>,
    /// Attacked.
    pub adversarial: Vec<f32>,
    /// With random noise.
    pub noise: Vec<f32>,
    /// `[K]` each.
    pub probabilities: Conditions<Trio<Vec<f64>>>,
}

/// Something for each condition.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Conditions<T> {
    /// The image itself.
    pub clean: T,
    /// Attacked.
    pub adversarial: T,
    /// With random noise.
    pub noise: T,
}

/// Everything the probe found.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// `adversarial`.
    pub probe: &'static str,
    /// Steps that student and control had been trained.
    pub step: usize,
    /// Seed of the run, which also decides the noise.
    pub seed: u64,
    /// ε in 1/255.
    pub epsilon: f64,
    /// α in 1/255.
    pub step_size: f64,
    /// Steps of the attack.
    pub steps: usize,
    /// Images.
    pub n: usize,
    /// Fooling rates: the teacher on all images, student and control on those that fooled the teacher.
    pub fooling: Trio<Rate>,
    /// The same images with random sign noise of size ε instead of the attack.
    pub noise: Trio<Rate>,
    /// By image.
    pub items: Vec<Item>,
    /// Those that were asked for.
    pub pictures: Vec<Picture>,
}

/// Runs the probe.
///
/// # Errors
/// `probe-invalid`, `data-missing`, `gpu-lost`.
pub async fn run(options: &Options, bench: &Bench<'_>) -> Result<Report> {
    let mut items = Vec::with_capacity(options.images.len());
    let mut pictures = Vec::new();
    let size = BATCH.min(options.images.len());
    for chunk in options.images.chunks(size) {
        let mut batch = chunk.to_vec();
        batch.resize(size, chunk[0]);
        let clean = pixels(bench.images, &batch, bench.device)?;
        let labels = batch.iter().map(|&i| bench.images.label(i).map(usize::from)).collect::<Result<Vec<_>>>()?;
        let adversarial = attack(bench.teacher, clean.clone(), &labels, options)?;
        let noisy = sign_noise(clean.clone(), &batch, options.epsilon, bench);
        let seen = Conditions {
            clean: logits(bench, clean.clone()).await?,
            adversarial: logits(bench, adversarial.clone()).await?,
            noise: logits(bench, noisy.clone()).await?,
        };
        let row = |trio: &Trio<Vec<f32>>, i: usize| {
            trio.map(|l| l.chunks_exact(bench.teacher.classes()).nth(i).unwrap_or_default().to_vec())
        };
        for (i, (&index, &label)) in chunk.iter().zip(&labels).enumerate() {
            let verdict = |trio| row(trio, i).map(|l| argmax(l));
            let (clean, adversarial, noise) = (verdict(&seen.clean), verdict(&seen.adversarial), verdict(&seen.noise));
            items.push(Item {
                index,
                label,
                class_name: bench.images.classes()[label].clone(),
                fooled: clean.teacher != adversarial.teacher,
                clean,
                adversarial,
                noise,
            });
        }
        if chunk.iter().any(|i| options.pictures.contains(i)) {
            let pixels = readback::read_all(vec![clean, adversarial, noisy]).await?;
            for (i, &index) in chunk.iter().enumerate().filter(|(_, i)| options.pictures.contains(i)) {
                let image = |which: usize| pixels[which][i * IMAGE_BYTES..(i + 1) * IMAGE_BYTES].to_vec();
                let chances = |trio| row(trio, i).map(|l| softmax(l));
                pictures.push(Picture {
                    index,
                    clean: image(0),
                    adversarial: image(1),
                    noise: image(2),
                    probabilities: Conditions {
                        clean: chances(&seen.clean),
                        adversarial: chances(&seen.adversarial),
                        noise: chances(&seen.noise),
                    },
                });
            }
        }
        yield_now().await;
    }
    let changed = |condition: fn(&Item) -> &Verdicts| {
        let fooled = || items.iter().filter(|i| i.fooled);
        Trio {
            teacher: Rate::of(items.iter().map(|i| i.clean.teacher != condition(i).teacher)),
            student: Rate::of(fooled().map(|i| i.clean.student != condition(i).student)),
            control: Rate::of(fooled().map(|i| i.clean.control != condition(i).control)),
        }
    };
    Ok(Report {
        probe: "adversarial",
        step: bench.step,
        seed: bench.seed,
        epsilon: options.epsilon,
        step_size: options.step_size,
        steps: options.steps,
        n: items.len(),
        fooling: changed(|i| &i.adversarial),
        noise: changed(|i| &i.noise),
        items,
        pictures,
    })
}

/// I-FGSM on `network`: `[B, 3, 32, 32]` in [0, 1] → the same, within ε of `clean`.
///
/// # Errors
/// [`Error::Internal`] when the loss does not depend on the pixels.
pub fn attack(network: &Network, clean: Tensor<4>, labels: &[usize], options: &Options) -> Result<Tensor<4>> {
    let labels = one_hot(labels, network.classes(), &clean.device());
    let (epsilon, alpha) = (options.epsilon / 255.0, options.step_size / 255.0);
    let low = (clean.clone() - epsilon).clamp_min(0.0);
    let high = (clean.clone() + epsilon).clamp_max(1.0);
    let mut x = clean;
    for _ in 0..options.steps {
        let leaf = x.clone().autodiff().require_grad();
        // The sum, not the mean: the sign is the same and an image's gradient does not depend on its neighbours.
        let loss = (log_softmax(network.logits(leaf.clone())) * labels.clone()).sum() * -1.0;
        let gradient = leaf
            .grad(&loss.backward())
            .ok_or_else(|| Error::Internal("the attacked network's loss had no gradient at its input.".into()))?;
        x = (x + gradient.sign() * alpha).max_pair(low.clone()).min_pair(high.clone());
    }
    Ok(x)
}

/// Adds ε or −ε to every value at random, clipped to [0, 1]. The same image gets the same noise in every batch.
fn sign_noise(clean: Tensor<4>, indices: &[usize], epsilon: f64, bench: &Bench<'_>) -> Tensor<4> {
    let mut noise = Vec::with_capacity(indices.len() * IMAGE_BYTES);
    for &index in indices {
        let mut rng = stream(bench.seed, Purpose::Noise, index as u64, 0);
        noise.extend((0..IMAGE_BYTES).map(|_| if chance(&mut rng, 0.5) { 1f32 } else { -1.0 }));
    }
    let noise = Tensor::from_data(TensorData::new(noise, [indices.len(), 3, SIDE, SIDE]), bench.device);
    (clean + noise * (epsilon / 255.0)).clamp(0.0, 1.0)
}

/// Logits of the three networks, `[B·K]` each.
async fn logits(bench: &Bench<'_>, x: Tensor<4>) -> Result<Trio<Vec<f32>>> {
    let networks = bench.networks();
    let tensors =
        vec![networks.teacher.logits(x.clone()), networks.student.logits(x.clone()), networks.control.logits(x)];
    let mut read = readback::read_all(tensors).await?.into_iter();
    let mut next = || read.next().unwrap_or_default();
    Ok(Trio { teacher: next(), student: next(), control: next() })
}
