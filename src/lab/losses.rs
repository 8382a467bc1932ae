//! From the traces of training steps to mean losses.

use std::collections::BTreeMap;

use super::events::{Losses, TermValue};
use super::learner::Trace;
use crate::statistics::argmax;

/// Running sums over traces.
#[derive(Debug, Default)]
pub(super) struct Sums {
    terms: BTreeMap<&'static str, TermValue>,
    right: usize,
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
        let logits = values.next().unwrap_or_default();
        self.right += logits.chunks_exact(classes).zip(labels).filter(|(row, label)| argmax(row) == **label).count();
    }

    /// Means over `steps` steps with `images` images in all.
    pub(super) fn means(mut self, steps: usize, images: usize) -> Losses {
        for term in self.terms.values_mut() {
            term.raw /= steps as f64;
            term.weighted /= steps as f64;
        }
        Losses {
            total: self.terms.values().map(|t| t.weighted).sum(),
            terms: self.terms,
            accuracy: self.right as f64 / images.max(1) as f64,
        }
    }
}
