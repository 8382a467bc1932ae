//! Optimisers: SGD and AdamW exactly as PyTorch's, and DOT's two momenta.

use burn::tensor::Tensor;

use crate::nets::{Descent, Params, Rate, descend};

/// How much DOT shifts the two momenta apart (Zhao et al. 2023, 2303.13504; mdistiller's Δ).
const DOT_SHIFT: f64 = 0.075;
/// PyTorch's defaults of AdamW.
const ADAM_BETAS: (f64, f64) = (0.9, 0.999);
const ADAM_EPSILON: f64 = 1e-8;

/// Which rule makes a step out of gradients.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// `torch.optim.SGD` with dampening 0.
    Sgd,
    /// `torch.optim.AdamW`.
    AdamW,
    /// SGD with one momentum for the labels' gradient (μ − Δ) and another for the teacher's (μ + Δ), Δ = 0.075.
    Dot,
}

impl Rule {
    /// The rule of a name in settings.
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "sgd" => Self::Sgd,
            "adamw" => Self::AdamW,
            "dot" => Self::Dot,
            _ => return None,
        })
    }

    /// Whether the gradients of the labels' terms and of the others are wanted apart.
    pub fn splits_gradients(self) -> bool {
        self == Self::Dot
    }
}

/// One gradient for each tensor; `None` where it took no part.
pub type Gradients = Vec<Option<Tensor<1>>>;

/// Buffers and the rule of one step.
#[derive(Debug, Clone)]
pub struct Optimiser {
    rule: Rule,
    /// One entry for each tensor, zeros at the start: the momentum of SGD; the two moments of AdamW; the labels' and the
    /// teacher's momentum of DOT.
    pub buffers: Vec<Params>,
    /// Steps done, which AdamW corrects its moments for.
    pub steps: usize,
    /// μ in [0, 1).
    pub momentum: f64,
    /// λ: of the L2 term that is added to the gradient, with AdamW of the decoupled decay.
    pub weight_decay: f64,
    /// Whether vectors (norms, biases) are decayed too. RepDistiller does, one-cycle recipes do not.
    pub decay_vectors: bool,
    /// Nesterov's form of SGD's momentum.
    pub nesterov: bool,
}

impl Optimiser {
    /// Buffers of zeros for `params`.
    pub fn new(rule: Rule, params: &Params, momentum: f64, weight_decay: f64) -> Self {
        let buffers = vec![params.zeros_like(); if rule == Rule::Sgd { 1 } else { 2 }];
        Self { rule, buffers, steps: 0, momentum, weight_decay, decay_vectors: true, nesterov: false }
    }

    /// The rule.
    pub fn rule(&self) -> Rule {
        self.rule
    }

    /// One step. `apart` holds the gradients of the teacher's terms where the rule splits them; `gradients` then only those of the
    /// labels. Tensors without a gradient stay as they are.
    pub fn step(&mut self, params: &mut Params, gradients: &[Option<Tensor<1>>], apart: Option<&Gradients>, rate: f64) {
        self.steps += 1;
        let decays: Vec<f64> = params
            .specs()
            .iter()
            .map(|s| if self.decay_vectors || s.shape.len() > 1 { self.weight_decay } else { 0.0 })
            .collect();
        let Some(device) = params.values().first().map(Tensor::device) else { return };
        let rate = Rate::new(rate, &device);
        let mut updates: Vec<Vec<(usize, Tensor<1>)>> = vec![Vec::new(); self.buffers.len()];
        params.map_trainable(|i, p| {
            let own = gradients.get(i).cloned().flatten();
            let other = apart.and_then(|all| all.get(i).cloned().flatten());
            let old: Vec<_> = self.buffers.iter().map(|b| b.values()[i].clone()).collect();
            let Some((next, buffers)) = self.one(p.clone(), own, other, decays[i], old, &rate) else { return p };
            for (list, buffer) in updates.iter_mut().zip(buffers) {
                list.push((i, buffer));
            }
            next
        });
        for (buffer, updates) in self.buffers.iter_mut().zip(updates) {
            let mut updates = updates.into_iter().peekable();
            buffer.map_trainable(|i, old| updates.next_if(|(j, _)| *j == i).map_or(old, |(_, new)| new));
        }
    }

    /// The tensor and its buffers after the step, or nothing if it took no part.
    fn one(
        &self,
        p: Tensor<1>,
        gradient: Option<Tensor<1>>,
        other: Option<Tensor<1>>,
        decay: f64,
        buffers: Vec<Tensor<1>>,
        rate: &Rate,
    ) -> Option<(Tensor<1>, Vec<Tensor<1>>)> {
        let decayed = |g: Tensor<1>| if decay == 0.0 { g } else { g + p.clone() * decay };
        let mut buffers = buffers.into_iter();
        let (first, second) = (buffers.next()?, buffers.next());
        match self.rule {
            Rule::Sgd => {
                let rule = Descent { momentum: self.momentum, decay, nesterov: self.nesterov };
                let (next, v) = descend(p, first, gradient?, rate, rule);
                Some((next, vec![v]))
            }
            Rule::AdamW => {
                let (g, second) = (gradient?, second?);
                let (b1, b2) = ADAM_BETAS;
                let m = first * b1 + g.clone() * (1.0 - b1);
                let v = second * b2 + g.clone() * g * (1.0 - b2);
                let count = self.steps as i32;
                let (c1, c2) = (1.0 - b1.powi(count), 1.0 - b2.powi(count));
                let direction = m.clone() / c1 / ((v.clone() / c2).sqrt() + ADAM_EPSILON);
                Some((p * (1.0 - rate.value * decay) - direction * rate.value, vec![m, v]))
            }
            Rule::Dot => {
                if gradient.is_none() && other.is_none() {
                    return None;
                }
                let labels = decayed(gradient.unwrap_or_else(|| p.zeros_like()));
                let task = first * (self.momentum - DOT_SHIFT).max(0.0) + labels;
                let teacher = second? * (self.momentum + DOT_SHIFT).min(0.999);
                let teacher = match other {
                    Some(g) => teacher + g,
                    None => teacher,
                };
                Some((p - (task.clone() + teacher.clone()) * rate.value, vec![task, teacher]))
            }
        }
    }
}

/// Learning rate of `step` (from 0) out of `total`: a linear rise over the first `warm_up` share, then half a cosine down to
/// 1 % of `peak`, where it stays if training goes on.
pub fn learning_rate(step: usize, total: usize, peak: f64, warm_up: f64) -> f64 {
    let total = total.max(1) as f64;
    let rise = (total * warm_up).max(1.0);
    let at = step as f64 + 1.0;
    if at <= rise {
        return peak * at / rise;
    }
    let down = ((at - rise) / (total - rise).max(1.0)).min(1.0);
    peak * (0.01 + 0.99 * 0.5 * (1.0 + (std::f64::consts::PI * down).cos()))
}

#[cfg(test)]
mod tests {
    use super::learning_rate;

    #[test]
    fn the_learning_rate_rises_falls_and_rests() {
        let rates: Vec<f64> = (0..120).map(|i| learning_rate(i, 100, 0.1, 0.2)).collect();
        assert!((rates[0] - 0.005).abs() < 1e-12 && (rates[19] - 0.1).abs() < 1e-12);
        assert!(rates[..20].windows(2).all(|w| w[0] < w[1]));
        assert!(rates[19..100].windows(2).all(|w| w[0] > w[1]));
        assert!(rates[99..].iter().all(|r| (r - 0.001).abs() < 1e-12));
        assert!(learning_rate(0, 1, 0.1, 0.2) > 0.0);
    }
}
