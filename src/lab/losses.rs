//! From the traces of training steps to mean losses.

use std::collections::BTreeMap;

use super::events::{Losses, TermValue};
use super::learner::Trace;
use crate::evaluate::Logits;

/// Running sums over traces.
#[derive(Debug, Default)]
pub(super) struct Sums {
    terms: BTreeMap<&'static str, TermValue>,
    right: usize,
    /// Some logits were no numbers. A loss can hide that: a class that is −∞ for a label elsewhere costs nothing.
    broken: bool,
}

impl Sums {
    /// Adds one step; `values` are its terms and then its logits, as read back.
    pub(super) fn add(
        &mut self,
        trace: &Trace,
        labels: &[usize],
        values: &mut impl Iterator<Item = Vec<f32>>,
        classes: usize,
    ) {
        for &(name, role, weight) in &trace.terms {
            let raw = values.next().and_then(|v| v.first().copied()).map_or(f64::NAN, f64::from);
            let sum = self.terms.entry(name).or_insert(TermValue { role, raw: 0.0, weighted: 0.0 });
            sum.raw += raw;
            sum.weighted += raw * weight;
        }
        match Logits::of("learner", classes, values.next().unwrap_or_default()) {
            Ok(logits) => self.right += logits.predictions().iter().zip(labels).filter(|(p, label)| p == label).count(),
            Err(_) => self.broken = true,
        }
    }

    /// Means over `steps` steps with `images` images in all. The total is NaN where a loss or a logit was no finite number.
    pub(super) fn means(mut self, steps: usize, images: usize) -> Losses {
        for term in self.terms.values_mut() {
            term.raw /= steps as f64;
            term.weighted /= steps as f64;
        }
        Losses {
            total: if self.broken { f64::NAN } else { self.terms.values().map(|t| t.weighted).sum() },
            terms: self.terms,
            accuracy: self.right as f64 / images.max(1) as f64,
        }
    }
}
