//! Plain supervised training of one network: how the shipped teachers are made.
//!
//! One-cycle SGD with Nesterov momentum, crops and flips, no label smoothing; weight decay on matrices only.

use burn::tensor::{Device, Tensor, TensorData};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::checkpoint::{Packed, another_run, pack, unreadable};
use super::learner::Learner;
use super::optimiser::{Rule, learning_rate};
use crate::data::change::Change;
use crate::data::{
    Dataset, DatasetKind, Fingerprint, IMAGE_BYTES, Purpose, SHARD_IMAGES, SIDE, Schedule, Split, augment, derived,
    stream,
};
use crate::error::{Error, Result};
use crate::nets::{Architecture, Network};
use crate::objectives::{State, Term, cross_entropy, one_hot};
use crate::weights;

const FORMAT: &str = "kd-lens training 4";

/// Everything that decides a training.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Recipe {
    /// Images.
    pub dataset: DatasetKind,
    /// Name of the architecture.
    pub architecture: String,
    /// Passes over the training images.
    pub epochs: usize,
    /// Images in a batch.
    pub batch_size: usize,
    /// `sgd` or `adamw`.
    pub optimiser: String,
    /// Strength of random brightness, contrast, saturation and hue on top of crops and flips; 0 leaves colours alone. 0.4 makes
    /// the colour-invariant teachers of 2205.16004 §4.3.
    pub jitter: f64,
    /// A group ([`DatasetKind::groups`]) whose images are left out of the training.
    #[serde(default)]
    pub without: Option<DatasetKind>,
    /// Random crops, and flips where mirrored images keep their class.
    #[serde(default = "usual")]
    pub augment: bool,
    /// Peak learning rate.
    pub learning_rate: f64,
    /// Share of the steps during which it rises.
    pub warm_up: f64,
    /// μ.
    pub momentum: f64,
    /// λ, on matrices only.
    pub weight_decay: f64,
    /// Decides weights, order and crops.
    pub seed: u64,
    /// SHA-256 of the weights it starts from, if any.
    pub init: Option<String>,
}

/// Trainings that were begun before there was a choice.
fn usual() -> bool {
    true
}

/// A training that can be stopped and resumed.
pub struct Trainer {
    recipe: Recipe,
    learner: Learner,
    train: Dataset,
    images: Fingerprint,
    schedule: Schedule,
    step: usize,
    device: Device,
}

impl Trainer {
    /// Starts from fresh weights, or from a safetensors file.
    ///
    /// # Errors
    /// Those of the recipe and of the file.
    pub fn new(mut recipe: Recipe, mut train: Dataset, init: Option<&[u8]>, device: &Device) -> Result<Self> {
        let architecture: Architecture = recipe.architecture.parse()?;
        let kind = recipe.dataset;
        if let Some(without) = recipe.without {
            train.retain(|i| derived::group(kind, Split::Train, i) != without);
            if train.is_empty() || !kind.groups().contains(&without) {
                let groups: Vec<_> = kind.groups().iter().map(|group| group.name()).collect();
                return Err(Error::SettingInvalid(format!(
                    "{} cannot be trained on without {}. Its groups are: {}.",
                    kind.label(),
                    without.name(),
                    if groups.is_empty() { "none".into() } else { groups.join(", ") }
                )));
            }
        }
        let numbers = [recipe.jitter, recipe.learning_rate, recipe.warm_up, recipe.momentum, recipe.weight_decay];
        if recipe.epochs == 0
            || numbers.iter().any(|x| !x.is_finite() || *x < 0.0)
            || recipe.jitter.max(recipe.warm_up) > 1.0
            || recipe.momentum >= 1.0
        {
            return Err(Error::SettingInvalid(
                "A training needs at least 1 epoch, a jitter and a warm-up from 0 to 1, a momentum from 0 to below 1, and a learning rate and a weight decay of at least 0.".into(),
            ));
        }
        let mut network = Network::new(architecture, kind.classes().len(), kind.normalisation(), recipe.seed, device);
        if let Some(bytes) = init {
            weights::load(&mut network, bytes, device)?;
            recipe.init = Some(weights::digest(bytes));
        }
        let rule = Rule::named(&recipe.optimiser)
            .ok_or_else(|| Error::SettingInvalid("The optimiser must be sgd or adamw.".into()))?;
        let mut learner = Learner::new(network, rule, recipe.momentum, recipe.weight_decay);
        learner.optimiser.nesterov = true;
        learner.optimiser.decay_vectors = false;
        Ok(Self {
            schedule: Schedule::new(recipe.seed, train.len(), recipe.batch_size, SHARD_IMAGES)?,
            recipe,
            learner,
            images: train.fingerprint(train.len()),
            train,
            step: 0,
            device: device.clone(),
        })
    }

    /// One step; the loss of the batch, `[1]`, may be read at any later time.
    ///
    /// # Errors
    /// `data-missing`.
    pub fn step(&mut self) -> Result<Tensor<1>> {
        let indices = self.schedule.indices(self.step);
        let mut rng = stream(self.recipe.seed, Purpose::Augment, self.step as u64, 0);
        let normalisation = self.recipe.dataset.normalisation();
        let mut values = match self.recipe.augment {
            true => augment::augmented(&self.train, &indices, &normalisation, &mut rng)?,
            false => augment::plain(&self.train, &indices)?,
        };
        if self.recipe.jitter > 0.0 {
            let image = |image: &[f32]| Change::Jitter.apply(image, self.recipe.jitter, normalisation.mean, &mut rng);
            values = values.chunks_exact(IMAGE_BYTES).flat_map(image).collect();
        }
        let pixels = Tensor::from_data(TensorData::new(values, [indices.len(), 3, SIDE, SIDE]), &self.device);
        let classes: Vec<usize> = augment::labels(&self.train, &indices)?.into_iter().map(usize::from).collect();
        let labels = one_hot(&classes, self.learner.network.classes(), &self.device);
        let rate = learning_rate(self.step, self.total_steps(), self.recipe.learning_rate, self.recipe.warm_up);
        let trace = self.learner.step(&[pixels], rate, |taps, _| {
            Ok(vec![Term::of_labels("crossEntropy", 1.0, cross_entropy(labels.clone(), taps[0].logits.clone()))])
        })?;
        self.step += 1;
        trace.values.into_iter().next().ok_or_else(|| Error::Internal("a training step had no loss.".into()))
    }

    /// The network as it is.
    pub fn network(&self) -> &Network {
        &self.learner.network
    }

    /// How many images it learns from: those that were given, without what the recipe leaves out.
    pub fn images(&self) -> usize {
        self.images.images
    }

    /// What decides this training.
    pub fn recipe(&self) -> &Recipe {
        &self.recipe
    }

    /// Steps done.
    pub fn steps_done(&self) -> usize {
        self.step
    }

    /// Steps in an epoch.
    pub fn steps_per_epoch(&self) -> usize {
        self.schedule.steps_per_epoch()
    }

    /// Steps in all.
    pub fn total_steps(&self) -> usize {
        self.steps_per_epoch() * self.recipe.epochs
    }

    /// Everything needed to go on from here.
    ///
    /// # Errors
    /// `gpu-lost`.
    pub async fn checkpoint(&self) -> Result<Vec<u8>> {
        let about = json!({"format": FORMAT, "recipe": self.recipe, "images": self.images, "step": self.step});
        pack(&about, &[("network", &self.learner)], None, &State::new()).await
    }

    /// Goes to the state of a checkpoint of the same recipe.
    ///
    /// # Errors
    /// `checkpoint-unreadable`, `checkpoint-mismatch`.
    pub fn restore(&mut self, bytes: &[u8]) -> Result<()> {
        let (packed, about) = Packed::read(bytes, FORMAT)?;
        let recipe: Recipe =
            serde_json::from_value(about["recipe"].clone()).map_err(|_| unreadable("its recipe is damaged"))?;
        let images: Fingerprint = serde_json::from_value(about["images"].clone())
            .map_err(|_| unreadable("its images are not named soundly"))?;
        let (there, here) = (json!(recipe), json!(self.recipe));
        let names = here.as_object().into_iter().flatten().map(|(name, _)| name.as_str());
        let mut differences: Vec<String> = names
            .filter(|name| there[name] != here[name])
            .map(|name| format!("`{name}` was {} there and is {} here", there[name], here[name]))
            .collect();
        if images != self.images {
            differences.push(format!("the training images were {images} there and are {} here", self.images));
        }
        another_run(&differences)?;
        let step = about["step"].as_u64().ok_or_else(|| unreadable("its step is damaged"))? as usize;
        let mut learner = self.learner.clone();
        packed.load("network", &mut learner, &self.device)?;
        learner.count_steps(step);
        self.learner = learner;
        self.step = step;
        Ok(())
    }
}
