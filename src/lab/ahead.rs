//! Asking the teacher ahead: a worker that has less to do computes what the teacher says of a later batch for the worker that
//! will train on it. The numbers are those that it would have computed itself.

use burn::tensor::{Tensor, TensorData};

use super::session::Session;
use crate::error::{Error, Result};
use crate::nets::Taps;
use crate::objectives::Reads;
use crate::readback;

/// What a teacher says of one batch, as numbers that can be sent to another worker.
#[derive(Debug, Clone, PartialEq)]
pub struct Answers {
    /// Of each view logits `[B, K]`, then pooled vectors `[B, D]`, row by row.
    pub logits: Vec<f32>,
    /// Of each view all maps, then those before their activation, `[B, C, H, W]` each; empty where nobody reads them.
    pub maps: Vec<f32>,
}

impl Session {
    /// What the teacher says of the batch of `step` to these learners (ids, or `student` and `control`), for
    /// [`Session::prepare`] in the session that trains them. Learners that are trained here have it from then on too. `None`
    /// where there is nothing to say ahead: no teacher is read, copies are fixed and their targets kept, networks form a chain,
    /// the images are not here yet.
    ///
    /// # Errors
    /// `setting-invalid` for a name that no learner has, `gpu-lost`.
    pub async fn teach<S: AsRef<str>>(&mut self, step: usize, ids: &[S]) -> Result<Option<Answers>> {
        let chosen = ids.iter().map(|id| self.settings.cohort.find(id.as_ref())).collect::<Result<Vec<_>>>()?;
        let theirs: Vec<bool> = (0..self.trained.len()).map(|at| chosen.contains(&at)).collect();
        let all: Vec<bool> = theirs.iter().zip(&self.trained).map(|(theirs, own)| *theirs || *own).collect();
        let reads = self.stage.reads(&theirs);
        let kept = self.stage.targets.is_some();
        if reads == Reads::Nothing || kept || self.chain.len() > 1 || self.supply.needs(step, false).is_some() {
            return Ok(None);
        }
        let views = self.supply.images(step, self.stage.views(&all), &self.device)?.views;
        let taps: Vec<Taps> = views.into_iter().map(|view| self.stage.teacher.forward(view)).collect();
        let tables = taps.iter().flat_map(|t| [flat(t.logits.clone()), flat(t.pooled.clone())]).collect();
        let maps = match reads {
            Reads::Maps => taps.iter().flat_map(|t| t.maps.iter().chain(&t.preacts).cloned().map(flat)).collect(),
            _ => Vec::new(),
        };
        let logits = readback::read_all(tables).await?.concat();
        let maps = readback::read_all(maps).await?.concat();
        if self.stage.reads(&self.trained) != Reads::Nothing {
            self.stage.ahead.insert(step, taps);
        }
        Ok(Some(Answers { logits, maps }))
    }

    /// Takes what another session's teacher said of the batch of `step`, to use it when that step comes.
    ///
    /// # Errors
    /// `checkpoint-mismatch` when there are more or fewer numbers than in a batch of this run, or no maps where a learner that is
    /// trained here reads them.
    pub fn prepare(&mut self, step: usize, answers: &Answers) -> Result<()> {
        let layout = self.stage.teacher.layout();
        let (batch, classes) = (self.settings.batch_size, self.stage.teacher.classes());
        let (logits, pooled) = (batch * classes, batch * layout.pooled);
        let views = answers.logits.len() / (logits + pooled);
        let shapes: Vec<_> = layout.maps.iter().map(|[c, h, w]| [batch, *c, *h, *w]).collect();
        let preacts = layout.stages().len();
        let before: Vec<_> = shapes[shapes.len() - preacts..].to_vec();
        let maps: usize = shapes.iter().chain(&before).map(|shape| shape.iter().product::<usize>()).sum();
        let whole = views > 0
            && answers.logits.len().is_multiple_of(logits + pooled)
            && (answers.maps.is_empty() || answers.maps.len() == views * maps);
        if !whole || (answers.maps.is_empty() && self.stage.reads(&self.trained) == Reads::Maps) {
            return Err(Error::CheckpointMismatch("What the teacher said ahead is of another run's batches.".into()));
        }
        let mut tables = answers.logits.as_slice();
        let mut rest = answers.maps.as_slice();
        let device = &self.device;
        let mut table = |columns: usize| Tensor::<2>::from_data(take(&mut tables, [batch, columns]), device);
        let mut map = |shape: &[usize; 4]| Tensor::<4>::from_data(take(&mut rest, *shape), device);
        let taps = (0..views).map(|_| {
            let (logits, pooled) = (table(classes), table(layout.pooled));
            let (maps, preacts) = match answers.maps.is_empty() {
                true => (Vec::new(), Vec::new()),
                false => (shapes.iter().map(&mut map).collect(), before.iter().map(&mut map).collect()),
            };
            Taps { maps, preacts, logits, pooled }
        });
        let taps = taps.collect();
        self.stage.ahead.insert(step, taps);
        Ok(())
    }
}

/// The next numbers as a tensor's.
fn take<const D: usize>(rest: &mut &[f32], shape: [usize; D]) -> TensorData {
    let (next, later) = rest.split_at(shape.iter().product());
    *rest = later;
    TensorData::new(next.to_vec(), shape)
}

fn flat<const D: usize>(tensor: Tensor<D>) -> Tensor<1> {
    let length: usize = tensor.dims().iter().product();
    tensor.reshape([length])
}
