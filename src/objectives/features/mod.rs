//! Methods that compare what happens inside the networks: maps, pooled vectors, their relations.
//!
//! All stand in RepDistiller's frame L = γ·CE + α·KL + β·X. Stage maps are f1, f2, …; they are paired from the front, and where
//! two differ in size the larger is average-pooled to the smaller.

mod ab;
mod at;
mod cc;
mod crd;
mod crd_batch;
mod fsp;
mod ft;
mod hint;
mod nst;
mod ofd;
mod pkt;
mod review;
mod rkd;
mod sp;
mod srd;
mod vid;

pub(super) use ab::METHOD as AB;
pub(super) use at::METHOD as AT;
pub(super) use cc::METHOD as CC;
pub(super) use crd::METHOD as CRD;
pub(super) use crd_batch::METHOD as CRD_BATCH;
pub(super) use fsp::METHOD as FSP;
pub(super) use ft::METHOD as FT;
pub(super) use hint::METHOD as HINT;
pub(super) use nst::METHOD as NST;
pub(super) use ofd::METHOD as OFD;
pub(super) use pkt::METHOD as PKT;
pub(super) use review::METHOD as REVIEW;
pub(super) use rkd::METHOD as RKD;
pub(super) use sp::METHOD as SP;
pub(super) use srd::METHOD as SRD;
pub(super) use vid::METHOD as VID;

use burn::tensor::Tensor;

use super::batch::missing;
use super::math::same_side;
use super::options::Frame;
use super::registry::misfit;
use super::{Batch, Surroundings, Term, cross_entropy, kl_divergence};
use crate::error::Result;
use crate::nets::Taps;

/// CE and, where α is not 0, KL.
fn framed(frame: &Frame, batch: &Batch<'_>) -> Result<Vec<Term>> {
    let student = batch.student.logits.clone();
    let labels = cross_entropy(batch.labels.clone(), student.clone());
    let mut terms = vec![Term::of_labels("crossEntropy", frame.gamma, labels)];
    if frame.alpha != 0.0 {
        let value = kl_divergence(batch.teacher()?.logits.clone(), student, frame.temperature);
        terms.push(Term::of_teacher("kl", frame.alpha * frame.temperature * frame.temperature, value));
    }
    Ok(terms)
}

/// Stage maps of student and teacher in pairs, each pair at the smaller size.
fn stage_pairs(batch: &Batch<'_>) -> Result<Vec<(Tensor<4>, Tensor<4>)>> {
    let (student, teacher) = (&batch.student.maps, &batch.teacher()?.maps);
    let pairs = student.iter().skip(1).zip(teacher.iter().skip(1));
    Ok(pairs.map(|(s, t)| same_side(s.clone(), t.clone())).collect())
}

/// The stage maps of a network before their activation. Named tensors may have placeholders of one number in their place.
fn preacts<'a>(taps: &'a Taps, who: &str) -> Result<&'a [Tensor<4>]> {
    let alone = |map: &Tensor<4>| map.dims()[1..] == [1, 1, 1];
    let stages = taps.maps.iter().skip(1);
    match taps.preacts.iter().zip(stages).position(|(preact, map)| alone(preact) && !alone(map)) {
        Some(i) => Err(missing(&format!("{who}.pre{}", i + 1))),
        None => Ok(&taps.preacts),
    }
}

/// The last maps of student and teacher, as they are.
fn last_maps(batch: &Batch<'_>) -> Result<(Tensor<4>, Tensor<4>)> {
    match (batch.student.maps.last(), batch.teacher()?.maps.last()) {
        (Some(s), Some(t)) => Ok((s.clone(), t.clone())),
        (None, _) => Err(missing("student.f0")),
        (_, None) => Err(missing("teacher.f0")),
    }
}

/// Σ of values, `[1]`.
fn sum_of(values: impl IntoIterator<Item = Tensor<1>>) -> Result<Tensor<1>> {
    values.into_iter().reduce(|a, b| a + b).ok_or_else(|| missing("student.f1"))
}

/// At least one pair of stage maps, or a refusal.
fn need_stages(method: &str, around: &Surroundings<'_>) -> Result<usize> {
    match around.student.stages().len().min(around.teacher.stages().len()) {
        0 => Err(misfit(method, "one of them has no stage maps".into())),
        n => Ok(n),
    }
}
