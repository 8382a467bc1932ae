//! Stochastic gradient descent with momentum, exactly as PyTorch's `torch.optim.SGD` (dampening 0).

use burn::tensor::Tensor;

use crate::nets::Params;

/// Momentum buffers and the rule of one step.
#[derive(Debug, Clone)]
pub struct Sgd {
    /// One buffer for each tensor, zeros at the start.
    pub velocity: Params,
    /// μ in [0, 1).
    pub momentum: f64,
    /// λ of the L2 term that is added to the gradient.
    pub weight_decay: f64,
    /// Whether vectors (norms, biases) are decayed too. RepDistiller does, one-cycle recipes do not.
    pub decay_vectors: bool,
    /// Nesterov's form of momentum.
    pub nesterov: bool,
}

impl Sgd {
    /// Plain momentum for `params`.
    pub fn new(params: &Params, momentum: f64, weight_decay: f64) -> Self {
        Self { velocity: params.zeros_like(), momentum, weight_decay, decay_vectors: true, nesterov: false }
    }

    /// One step: g ← g + λp, v ← μv + g, p ← p − η·v (Nesterov: p − η·(g + μv)).
    /// Tensors without a gradient stay as they are.
    pub fn step(&mut self, params: &mut Params, gradients: &[Option<Tensor<1>>], learning_rate: f64) {
        let mut updates = Vec::with_capacity(gradients.len());
        let decays: Vec<bool> = params
            .specs()
            .iter()
            .map(|s| self.weight_decay != 0.0 && (self.decay_vectors || s.shape.len() > 1))
            .collect();
        let (momentum, weight_decay, nesterov) = (self.momentum, self.weight_decay, self.nesterov);
        let velocity = &mut self.velocity;
        params.map_trainable(|i, p| {
            let Some(gradient) = gradients.get(i).cloned().flatten() else {
                return p;
            };
            let gradient = if decays[i] { gradient + p.clone() * weight_decay } else { gradient };
            let v = velocity.values()[i].clone() * momentum + gradient.clone();
            updates.push((i, v.clone()));
            let direction = if nesterov { gradient + v * momentum } else { v };
            p - direction * learning_rate
        });
        let mut updates = updates.into_iter().peekable();
        velocity.map_trainable(|i, old| match updates.next_if(|(j, _)| *j == i) {
            Some((_, new)) => new,
            None => old,
        });
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
