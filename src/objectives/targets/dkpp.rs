//! DKPP: dark knowledge with permuted predictions (Born-Again Networks, Furlanello et al. 2018), a control.
//!
//! The likeliest class keeps its probability; those of the others are dealt out anew among them, at random for every image and
//! step. Read in a survey of 2002.03532's controls.

use burn::tensor::{Tensor, TensorData};

use super::{Rule, Soft, State, given, needed};
use crate::data::rng::{Purpose, stream, unit};
use crate::error::Result;
use crate::fields::Field;
use crate::objectives::math::{index_before, ranks};
use crate::objectives::{Batch, Family, Method, Provenance, Reads, options};

pub const METHOD: Method = Method {
    name: "dkpp",
    label: "Permuted dark knowledge (DKPP)",
    family: Family::Control,
    formula: "L = (1 − α)·CE(y, s) + α·T²·KL(ρ ‖ s/T), ρ = p with its smaller entries permuted",
    source: "Furlanello et al. 2018 (1805.04770), as discussed by 2002.03532",
    provenance: Provenance::Derived,
    explanation: "A control: the teacher's probabilities of the wrong classes are shuffled. How sure it is remains; which classes \
        resemble the image is destroyed. What the student still gains does not come from class similarity.",
    reads: Reads::Logits,
    state: &["state.keys [B, K]: sorting keys of the permutation (drawn if absent)"],
    options,
    make: |options, around| Ok(Box::new(Soft::new(options, Permuted { seed: around.seed, keys: None }))),
};

fn options() -> Vec<Field> {
    vec![options::temperature(4.0), options::alpha(), options::standardise()]
}

struct Permuted {
    seed: u64,
    keys: Option<Tensor<2>>,
}

impl Permuted {
    /// Random sorting keys in [0, 1), `[B, K]`.
    fn keys(&self, batch: &Batch<'_>) -> Tensor<2> {
        let [images, classes] = batch.labels.dims();
        let mut rng = stream(self.seed, Purpose::Method, batch.step as u64, 0);
        let values: Vec<f32> = (0..images * classes).map(|_| unit(&mut rng)).collect();
        Tensor::from_data(TensorData::new(values, [images, classes]), &batch.device())
    }
}

impl Rule for Permuted {
    fn target(&mut self, batch: &Batch<'_>, p: Option<Tensor<2>>) -> Result<Tensor<2>> {
        let p = needed(p)?;
        let [images, classes] = p.dims();
        let best = ranks(p.clone()).lower_elem(1.0).float();
        let keys = self.keys.clone().unwrap_or_else(|| self.keys(batch));
        // The likeliest class sorts behind all others, among the keys (smallest first) and in class order alike.
        let by_key = ranks((keys + best.clone() * 10.0) * -1.0);
        let dark = best.clone() * -1.0 + 1.0;
        let before = index_before(classes, &p.device());
        let by_class = dark.clone() * dark.matmul(before.transpose()) + best * (classes - 1) as f64;
        // The value of the class at place q in class order goes to the class at place q among the keys.
        let to = by_key.reshape([images, classes, 1]);
        let from = by_class.reshape([images, 1, classes]);
        let moves: Tensor<3> = to.equal(from).float();
        Ok((moves * p.reshape([images, 1, classes])).sum_dim(2).reshape([images, classes]))
    }

    fn set_state(&mut self, state: &State) -> Result<()> {
        self.keys = given(state, "keys")?;
        Ok(())
    }
}
