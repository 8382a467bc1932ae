//! What the teacher said of each augmented copy of a training image, kept so that it is computed once.
//!
//! The teacher does not change, so for a fixed set of copies ([`crate::lab::Settings::copies`]) its outputs do not either.
//! Everything stays on the device: rows are gathered by index, nothing is read back. What is kept is limited to [`BUDGET`];
//! maps are never kept, a single stage of 5,000 images would already take more.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use burn::tensor::{Device, Int, Tensor, TensorData};

use crate::error::{Error, Result};
use crate::nets::Taps;
use crate::objectives::Reads;
use crate::readback;
use crate::weights::{Precision, decode, encode};

/// Bytes of teacher outputs that are kept at most.
pub const BUDGET: usize = 64 << 20;
/// Small parts after which they are joined into one table.
const PARTS: usize = 128;

/// A training image and which of its copies.
pub type Copy = (u32, u32);

/// Outputs of one teacher, shared by all sessions that it teaches on the same images.
#[derive(Debug, Clone, Default)]
pub struct Targets(Arc<Mutex<Kept>>);

#[derive(Debug, Default)]
struct Kept {
    rows: HashMap<Copy, usize>,
    logits: Vec<Tensor<2>>,
    pooled: Vec<Tensor<2>>,
}

impl Targets {
    /// Whether outputs are worth keeping: a method that reads no maps, and copies that fit the budget.
    ///
    /// `copies`: how many augmented images there are in all; `classes` and `pooled`: entries of logits and pooled vector.
    pub(super) fn fit(reads: Reads, copies: usize, classes: usize, pooled: usize) -> bool {
        let values = match reads {
            Reads::Nothing | Reads::Maps => return false,
            Reads::Logits | Reads::Pooled => classes + pooled,
        };
        copies > 0 && copies.saturating_mul(4 * values) <= BUDGET
    }

    /// Logits and pooled vectors of these copies, in this order, if all of them are known. The maps are absent.
    pub(super) fn get(&self, copies: &[Copy]) -> Option<Taps> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let rows: Option<Vec<i32>> = copies.iter().map(|copy| kept.rows.get(copy).map(|row| *row as i32)).collect();
        let rows = rows.filter(|rows| !rows.is_empty())?;
        kept.join();
        let (logits, pooled) = (kept.logits.first()?, kept.pooled.first()?);
        let rows = Tensor::<1, Int>::from_data(TensorData::new(rows, [copies.len()]), &logits.device());
        Some(Taps {
            maps: Vec::new(),
            preacts: Vec::new(),
            pooled: pooled.clone().select(0, rows.clone()),
            logits: logits.clone().select(0, rows),
        })
    }

    /// Keeps what the teacher said of those of these copies that are new, one row each, while they fit the budget.
    ///
    /// Of two computations of the same copy the first is kept, so that no later step depends on their order.
    pub(super) fn put(&self, copies: &[Copy], taps: &Taps) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let row = 4 * (taps.logits.dims()[1] + taps.pooled.dims()[1]);
        let mut new = Vec::new();
        for (i, copy) in copies.iter().enumerate() {
            let next = kept.rows.len();
            if kept.rows.contains_key(copy) || (next + 1) * row > BUDGET {
                continue;
            }
            kept.rows.insert(*copy, next);
            new.push(i as i32);
        }
        if new.is_empty() {
            return;
        }
        let (mut logits, mut pooled) = (taps.logits.clone(), taps.pooled.clone());
        if new.len() < copies.len() {
            let count = new.len();
            let rows = Tensor::<1, Int>::from_data(TensorData::new(new, [count]), &logits.device());
            (logits, pooled) = (logits.select(0, rows.clone()), pooled.select(0, rows));
        }
        kept.logits.push(logits);
        kept.pooled.push(pooled);
        if kept.logits.len() > PARTS {
            kept.join();
        }
    }

    /// Everything kept, as a safetensors file.
    ///
    /// # Errors
    /// `gpu-lost`.
    pub async fn save(&self) -> Result<Vec<u8>> {
        let (rows, logits, pooled) = {
            let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            kept.join();
            (kept.rows.clone(), kept.logits.first().cloned(), kept.pooled.first().cloned())
        };
        let (Some(logits), Some(pooled)) = (logits, pooled) else {
            return Err(Error::Internal("nothing of the teacher is kept yet.".into()));
        };
        let shapes = [logits.dims(), pooled.dims()];
        let values = readback::read_all(vec![logits, pooled]).await?;
        let mut copies: Vec<_> = rows.into_iter().collect();
        copies.sort_unstable();
        // Whole numbers up to 2²⁴ are exact in a 32-bit float.
        let copies: Vec<f32> = copies.iter().flat_map(|((i, c), row)| [*i as f32, *c as f32, *row as f32]).collect();
        let shape = [copies.len() / 3, 3];
        let tensors = [
            ("copies".to_string(), shape.as_slice(), copies.as_slice()),
            ("logits".to_string(), shapes[0].as_slice(), values[0].as_slice()),
            ("pooled".to_string(), shapes[1].as_slice(), values[1].as_slice()),
        ];
        encode(tensors, None, Precision::Full)
    }

    /// Reads what [`Targets::save`] wrote.
    ///
    /// # Errors
    /// `weights-unreadable`.
    pub fn load(bytes: &[u8], device: &Device) -> Result<Self> {
        let (mut tensors, _) = decode(bytes)?;
        let damaged = || Error::WeightsUnreadable("This is not a file of a teacher's outputs.".into());
        let mut table = |name: &str| match tensors.remove(name) {
            Some((shape, values)) if shape.len() == 2 && values.iter().all(|v| v.is_finite()) => {
                Ok(([shape[0], shape[1]], values))
            }
            _ => Err(damaged()),
        };
        let (copies, logits, pooled) = (table("copies")?, table("logits")?, table("pooled")?);
        let known = logits.0[0];
        let rows: HashMap<Copy, usize> =
            copies.1.chunks_exact(3).map(|c| ((c[0] as u32, c[1] as u32), c[2] as usize)).collect();
        // One row for each copy, no more and no fewer.
        let mut places: Vec<usize> = rows.values().copied().collect();
        places.sort_unstable();
        let whole = copies.0 == [known, 3] && pooled.0[0] == known && places.into_iter().eq(0..known);
        // Without rows a header may state any width: nothing bounds the sum.
        if !whole || known == 0 || 4 * (logits.1.len() + pooled.1.len()) > BUDGET {
            return Err(damaged());
        }
        let tensor = |(shape, values): ([usize; 2], Vec<f32>)| {
            vec![Tensor::<2>::from_data(TensorData::new(values, shape), device)]
        };
        Ok(Self(Arc::new(Mutex::new(Kept { rows, logits: tensor(logits), pooled: tensor(pooled) }))))
    }

    /// Copies that are known.
    pub fn len(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).rows.len()
    }

    /// Whether none is known.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Kept {
    /// One table out of all parts.
    fn join(&mut self) {
        for parts in [&mut self.logits, &mut self.pooled] {
            if parts.len() > 1 {
                *parts = vec![Tensor::cat(std::mem::take(parts), 0)];
            }
        }
    }
}

#[cfg(all(test, feature = "cpu", not(target_arch = "wasm32")))]
mod tests {
    use super::*;

    fn taps(first: f32, count: usize) -> Taps {
        let table = |columns: usize| {
            let values: Vec<f32> = (0..count * columns).map(|i| first + i as f32).collect();
            Tensor::from_data(TensorData::new(values, [count, columns]), &Device::flex())
        };
        Taps { maps: Vec::new(), preacts: Vec::new(), pooled: table(2), logits: table(3) }
    }

    async fn first_column(taps: &Taps) -> Vec<f32> {
        let values = crate::readback::read_all(vec![taps.logits.clone().narrow(1, 0, 1).flatten::<1>(0, 1)]).await;
        values.unwrap().remove(0)
    }

    #[test]
    fn rows_come_back_in_the_order_asked_for() {
        let targets = Targets::default();
        targets.put(&[(4, 0), (7, 1)], &taps(0.0, 2));
        targets.put(&[(4, 1), (7, 0)], &taps(100.0, 2));
        let found = targets.get(&[(7, 0), (4, 0), (7, 1)]).unwrap();
        assert_eq!(pollster::block_on(first_column(&found)), [103.0, 0.0, 3.0]);
        assert!(targets.get(&[(4, 0), (5, 0)]).is_none());
        assert!(targets.get(&[]).is_none());
        assert_eq!(targets.len(), 4);
    }

    #[test]
    fn what_was_kept_first_stays() {
        let targets = Targets::default();
        targets.put(&[(1, 0)], &taps(0.0, 1));
        targets.put(&[(2, 0), (1, 0)], &taps(50.0, 2));
        assert_eq!(pollster::block_on(first_column(&targets.get(&[(1, 0), (2, 0)]).unwrap())), [0.0, 50.0]);
    }

    #[test]
    fn every_copy_has_one_row() {
        let targets = Targets::default();
        let mut expected = HashMap::new();
        // Batches that overlap, repeat and hold a copy twice.
        for (batch, copies) in [vec![1], vec![2, 1], vec![2, 1], vec![3, 3], vec![1, 4, 2, 5]].into_iter().enumerate() {
            let copies: Vec<Copy> = copies.into_iter().map(|image| (image, 0)).collect();
            let first = 100.0 * batch as f32;
            targets.put(&copies, &taps(first, copies.len()));
            for (i, copy) in copies.into_iter().enumerate() {
                expected.entry(copy).or_insert(first + 3.0 * i as f32);
            }
        }
        let rows = |targets: &Targets| {
            let kept = targets.0.lock().unwrap();
            [&kept.logits, &kept.pooled].map(|parts| parts.iter().map(|part| part.dims()[0]).sum::<usize>())
        };
        assert_eq!((targets.len(), rows(&targets)), (5, [5, 5]));
        let saved = Targets::load(&pollster::block_on(targets.save()).unwrap(), &Device::flex()).unwrap();
        assert_eq!(rows(&saved), [5, 5]);
        for (copy, value) in expected {
            for targets in [&targets, &saved] {
                assert_eq!(pollster::block_on(first_column(&targets.get(&[copy]).unwrap())), [value], "{copy:?}");
            }
        }
    }

    #[test]
    fn no_more_is_kept_than_the_budget_allows() {
        let targets = Targets::default();
        // Six images of 16 MiB each.
        let wide = Tensor::<2>::zeros([6, BUDGET / 16 - 3], &Device::flex());
        let taps = Taps { pooled: wide, ..taps(0.0, 6) };
        targets.put(&[0, 1, 2, 3, 4, 5].map(|image| (image, 0)), &taps);
        assert_eq!(targets.len(), 4);
        assert!(targets.get(&[(3, 0)]).is_some() && targets.get(&[(4, 0)]).is_none());
        targets.put(&[(6, 0)], &Taps { pooled: taps.pooled.narrow(0, 0, 1), ..self::taps(0.0, 1) });
        assert_eq!(targets.len(), 4);
    }

    #[test]
    fn what_was_saved_comes_back() {
        let targets = Targets::default();
        targets.put(&[(9, 1), (3, 0)], &taps(0.0, 2));
        let bytes = pollster::block_on(targets.save()).unwrap();
        let back = Targets::load(&bytes, &Device::flex()).unwrap();
        assert_eq!(pollster::block_on(first_column(&back.get(&[(3, 0), (9, 1)]).unwrap())), [3.0, 0.0]);
        assert_eq!(Targets::load(&bytes[..40], &Device::flex()).unwrap_err().code(), "weights-unreadable");
    }

    #[test]
    fn tables_without_rows_are_refused_whatever_their_width() {
        for width in [1, usize::MAX] {
            let (copies, table) = ([0, 3], [0, width]);
            let tensors = [("copies", &copies), ("logits", &table), ("pooled", &table)];
            let tensors = tensors.map(|(name, shape)| (name.to_string(), shape.as_slice(), [].as_slice()));
            let read = encode(tensors, None, Precision::Full).and_then(|bytes| Targets::load(&bytes, &Device::flex()));
            assert_eq!(read.err().map(|e| e.code()), Some("weights-unreadable"), "{width}");
        }
    }

    #[test]
    fn maps_and_large_sets_are_not_kept() {
        assert!(Targets::fit(Reads::Logits, 20_000, 10, 64));
        assert!(Targets::fit(Reads::Pooled, 20_000, 100, 256));
        assert!(!Targets::fit(Reads::Maps, 2, 10, 64));
        assert!(!Targets::fit(Reads::Nothing, 20_000, 10, 64));
        assert!(!Targets::fit(Reads::Logits, 0, 10, 64));
        assert!(!Targets::fit(Reads::Logits, 1_000_000, 100, 512));
    }
}
