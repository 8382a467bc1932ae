//! Asking the teacher ahead: a worker that has less to do computes what the teacher says of a later batch for the worker that
//! will train on it. The numbers are those that it would have computed itself.

use burn::tensor::{Tensor, TensorData};

use super::session::Session;
use crate::error::{Error, Result};
use crate::nets::Taps;
use crate::objectives::Reads;
use crate::readback;

impl Session {
    /// What the teacher says of the batch of `step`: of each view logits `[B, K]`, then pooled vectors `[B, D]`, row by row. For
    /// [`Session::prepare`] in another session of the same run. `None` where there is nothing to say ahead: the method reads
    /// maps or no teacher at all, copies are fixed and their targets kept, networks form a chain, the images are not here yet.
    ///
    /// # Errors
    /// `gpu-lost`.
    pub async fn teach(&mut self, step: usize) -> Result<Option<Vec<f32>>> {
        let reads = matches!(self.lesson.reads, Reads::Logits | Reads::Pooled);
        let kept = self.lesson.targets.is_some();
        if !reads || kept || self.chain.len() > 1 || self.supply.needs(step, false).is_some() {
            return Ok(None);
        }
        let images = self.supply.images(step, self.lesson.views(), &self.device)?;
        let taps = images.views.iter().map(|view| self.lesson.teacher.forward(view.clone()));
        let tensors = taps.flat_map(|t| [t.logits, t.pooled]).map(flat).collect();
        Ok(Some(readback::read_all(tensors).await?.concat()))
    }

    /// Takes what another session's teacher said of the batch of `step`, to use it when that step comes.
    ///
    /// # Errors
    /// `checkpoint-mismatch` when there are more or fewer numbers than in a batch of this run.
    pub fn prepare(&mut self, step: usize, values: &[f32]) -> Result<()> {
        let layout = self.lesson.teacher.layout();
        let (batch, classes) = (self.settings.batch_size, self.lesson.teacher.classes());
        let (logits, pooled) = (batch * classes, batch * layout.pooled);
        let views = values.len() / (logits + pooled);
        if views == 0 || !values.len().is_multiple_of(logits + pooled) {
            return Err(Error::CheckpointMismatch("What the teacher said ahead is of another run's batches.".into()));
        }
        let table = |rows: &[f32], columns: usize| {
            Tensor::<2>::from_data(TensorData::new(rows.to_vec(), [batch, columns]), &self.device)
        };
        let taps = values.chunks_exact(logits + pooled).map(|view| Taps {
            maps: Vec::new(),
            preacts: Vec::new(),
            logits: table(&view[..logits], classes),
            pooled: table(&view[logits..], layout.pooled),
        });
        self.lesson.ahead.insert(step, taps.collect());
        Ok(())
    }
}

fn flat(table: Tensor<2>) -> Tensor<1> {
    let [rows, columns] = table.dims();
    table.reshape([rows * columns])
}
