//! A teacher of arbitrary soft labels (2205.16004 App. 11.2), a control: softness without knowledge.
//!
//! ρ = softmax((y + noise)/0.15), noise ~ N(0, 0.2), drawn once for every training image. Read; that the noise belongs to the image
//! and not to the step is our reading.

use burn::tensor::{Tensor, TensorData};
use rand_distr::{Distribution, StandardNormal};

use super::{Rule, Soft, State, given};
use crate::data::{Purpose, stream};
use crate::error::Result;
use crate::fields::{Field, Values};
use crate::objectives::math::log_softmax;
use crate::objectives::{Batch, Family, Method, Provenance, Reads, Role, options};

pub const METHOD: Method = Method {
    name: "soft-labels",
    label: "Arbitrary soft labels",
    family: Family::Control,
    formula: "L = (1 − α)·CE(y, s) + α·T²·KL(ρ ‖ s/T), ρ = softmax((y + noise)/τ)",
    source: "2205.16004 App. 11.2: noise of variance 0.2, temperature 0.15",
    provenance: Provenance::Read,
    explanation: "A control: a made-up teacher whose soft labels are the true label plus noise. They are as soft as a teacher's but \
        know nothing beyond the label. What the student gains here is not knowledge.",
    reads: Reads::Nothing,
    state: &["state.noise [B, K]: standard normal numbers (drawn if absent)"],
    options,
    make: |options, around| Ok(Box::new(Soft::new(options, Noise::new(options, around.seed)))),
};

fn options() -> Vec<Field> {
    vec![
        options::temperature(4.0),
        options::alpha(),
        Field::number(
            "noiseVariance",
            [0.0, 4.0, 0.05],
            0.2,
            "Noise variance",
            "Variance of the noise on the one-hot label.",
        ),
        Field::number(
            "labelTemperature",
            [0.05, 4.0, 0.05],
            0.15,
            "Label temperature τ",
            "Divides the noisy label before the softmax.",
        ),
    ]
}

struct Noise {
    seed: u64,
    variance: f64,
    temperature: f64,
    given: Option<Tensor<2>>,
}

impl Noise {
    fn new(options: &Values, seed: u64) -> Self {
        Self {
            seed,
            variance: options.number("noiseVariance"),
            temperature: options.number("labelTemperature"),
            given: None,
        }
    }

    /// N(0, 1) of each image of the batch, `[B, K]`.
    fn draw(&self, batch: &Batch<'_>) -> Tensor<2> {
        let [images, classes] = batch.labels.dims();
        let row = |&image: &usize| {
            let rng = stream(self.seed, Purpose::Method, image as u64, 1);
            StandardNormal.sample_iter(rng).take(classes).collect::<Vec<f32>>()
        };
        let values: Vec<f32> = batch.indices.iter().flat_map(row).collect();
        Tensor::from_data(TensorData::new(values, [images, classes]), &batch.device())
    }
}

impl Rule for Noise {
    fn target(&mut self, batch: &Batch<'_>, _p: Option<Tensor<2>>) -> Result<Tensor<2>> {
        let noise = self.given.clone().unwrap_or_else(|| self.draw(batch));
        Ok(log_softmax((batch.labels.clone() + noise * self.variance.sqrt()) / self.temperature).exp())
    }

    fn role(&self) -> Role {
        Role::Labels
    }

    fn adjust(&mut self, options: &Values) {
        (self.variance, self.temperature) = (options.number("noiseVariance"), options.number("labelTemperature"));
    }

    fn set_state(&mut self, state: &State) -> Result<()> {
        self.given = given(state, "noise")?;
        Ok(())
    }
}
