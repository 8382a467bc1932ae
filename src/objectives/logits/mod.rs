//! Methods that see only logits.

mod dist;
mod dkd;
mod kl;
mod labels;
mod lskd;
mod mlkd;

pub(super) use dist::METHOD as DIST;
pub(super) use dkd::METHOD as DKD;
pub use kl::Kl;
pub(super) use kl::METHOD as KL;
pub(super) use labels::METHOD as LABELS;
pub(super) use lskd::METHOD as LSKD;
pub(super) use mlkd::METHOD as MLKD;

use burn::tensor::Tensor;

use super::Batch;
use super::math::standardise;
use crate::error::Result;

/// Logits of student and teacher, standardised if so wished.
fn both(batch: &Batch<'_>, standardised: bool) -> Result<(Tensor<2>, Tensor<2>)> {
    let (student, teacher) = (batch.student.logits.clone(), batch.teacher()?.logits.clone());
    Ok(if standardised { (standardise(student), standardise(teacher)) } else { (student, teacher) })
}
