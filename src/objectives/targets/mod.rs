//! What is in soft targets? Replacements ρ of the teacher's distribution in one and the same loss (2002.03532 §3–4).
//!
//! L = (1 − α)·CE(y, s) + α·T²·KL(ρ ‖ softmax(s/T)). The paper writes λ for α and has no T²; here the field's convention holds,
//! so that every variant compares with Hinton KD at equal settings. One file a variant; [`Soft`] is the loss they share.

mod cwtm;
mod dkpp;
mod pt;
mod sim;
mod smoothing;
mod soft_labels;
mod top_k;

pub(super) use cwtm::METHOD as CWTM;
pub(super) use dkpp::METHOD as DKPP;
pub(super) use pt::METHOD as PT;
pub(super) use sim::{BOTH as PT_SIM, METHOD as SIM};
pub(super) use smoothing::METHOD as SMOOTHING;
pub(super) use soft_labels::METHOD as SOFT_LABELS;
pub(super) use top_k::METHOD as TOP_K;

use burn::tensor::Tensor;

use super::math::{kl_from, log_softmax};
use super::options::{kl_in_words, product, sum};
use super::{Batch, Objective, Role, State, Term, cross_entropy, standardise};
use crate::error::{Error, Result};
use crate::fields::Values;
use crate::nets::Params;

/// How ρ is made.
trait Rule: Send {
    /// ρ, `[B, K]`, a constant. `p`: the teacher's softened probabilities (absent for rules without a teacher).
    fn target(&mut self, batch: &Batch<'_>, p: Option<Tensor<2>>) -> Result<Tensor<2>>;

    /// Whose knowledge ρ holds.
    fn role(&self) -> Role {
        Role::Teacher
    }

    fn adjust(&mut self, _options: &Values) {}

    fn set_state(&mut self, _state: &State) -> Result<()> {
        Ok(())
    }
}

/// The loss that all variants share.
struct Soft<R> {
    temperature: f64,
    alpha: f64,
    standardise: bool,
    rule: R,
}

impl<R> Soft<R> {
    fn new(options: &Values, rule: R) -> Self {
        Self {
            temperature: options.number("temperature"),
            alpha: options.number("alpha"),
            standardise: options.flag("standardise"),
            rule,
        }
    }
}

impl<R: Rule> Objective for Soft<R> {
    fn terms(&mut self, batch: &Batch<'_>, _parts: Option<&Params>) -> Result<Vec<Term>> {
        let level = |z: Tensor<2>| if self.standardise { standardise(z) } else { z };
        let softened = |z: Tensor<2>| log_softmax(level(z) / self.temperature).exp();
        let p = batch.teacher.map(|teacher| softened(teacher.logits.clone()));
        let student = level(batch.student.logits.clone());
        let target = self.rule.target(batch, p)?;
        let factor = self.alpha * self.temperature * self.temperature;
        let labels = cross_entropy(batch.labels.clone(), batch.student.logits.clone());
        Ok(vec![
            Term::of_labels("crossEntropy", 1.0 - self.alpha, labels),
            Term {
                role: self.rule.role(),
                ..Term::of_teacher("kl", factor, kl_from(target, student, self.temperature))
            },
        ])
    }

    fn set_state(&mut self, state: &State) -> Result<()> {
        self.rule.set_state(state)
    }

    fn adjust(&mut self, options: &Values) {
        self.temperature = options.number("temperature");
        self.alpha = options.number("alpha");
        self.standardise = options.flag("standardise");
        self.rule.adjust(options);
    }

    fn formula(&self) -> String {
        let kl = kl_in_words(self.alpha, self.temperature).map(|words| {
            let plain = words.replace("KL(t ‖", "KL(ρ ‖");
            match (plain.find("KL(t/"), plain.find(" ‖")) {
                (Some(from), Some(to)) => format!("{}KL(ρ{}", &plain[..from], &plain[to..]),
                _ => plain,
            }
        });
        sum([product(1.0 - self.alpha, "CE(y, s)"), kl])
    }
}

/// The teacher's probabilities.
fn needed(p: Option<Tensor<2>>) -> Result<Tensor<2>> {
    p.ok_or_else(|| Error::Internal("a method asked for a teacher it had not announced.".into()))
}

/// A matrix given from outside in place of one that would be drawn.
fn given(state: &State, name: &str) -> Result<Option<Tensor<2>>> {
    match state.get(name) {
        None => Ok(None),
        Some((shape, values)) => match shape[..] {
            [rows, columns] => Ok(Some(values.clone().reshape([rows, columns]))),
            _ => Err(Error::SettingInvalid(format!("`state.{name}` must have two axes, not {shape:?}."))),
        },
    }
}
