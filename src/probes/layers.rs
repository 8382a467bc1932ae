//! Why? Which layers of student and teacher hold alike features: a matrix of CKA (2205.16004 App. 11.6; Kornblith et al. 2019).
//!
//! Debiased linear CKA over batches of 32 images (minibatch form, Nguyen et al. 2021) between every tap of the teacher and every
//! tap of the student, and of the control. Maps are averaged to at most 4×4 places before (ours: otherwise early maps have
//! thousands of entries more than there are images). The paper expects the diagonal to rise.

use burn::tensor::Tensor;
use serde::Serialize;
use serde_json::{Map, Value};

use super::{Bench, images, only};
use crate::error::{Error, Result};
use crate::evaluate::{finite, pixels};
use crate::metrics::Matrix;
use crate::metrics::cka;
use crate::nets::Network;
use crate::readback;
use crate::statistics::Comparison;
use crate::yielding::yield_now;

/// Images in a batch. Constant, so that a GPU compiles its kernels once.
const BATCH: usize = 32;
/// Largest side of a map that is compared.
const SIDE: usize = 4;

/// What to compute.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// Test images; a last batch of fewer than 32 is left out.
    pub images: Vec<usize>,
}

impl Options {
    /// Reads `images` (default 128, at least 32).
    ///
    /// # Errors
    /// `probe-invalid`, `data-missing`.
    pub fn from_json(options: &Map<String, Value>, bench: &Bench<'_>) -> Result<Self> {
        only(options, &["images"])?;
        let images = images(options, bench, 128)?;
        if images.len() < BATCH {
            return Err(Error::ProbeInvalid(format!(
                "`images` must name at least {BATCH} images: they are compared in batches."
            )));
        }
        Ok(Self { images })
    }
}

/// Everything the probe found.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// `layers`.
    pub probe: &'static str,
    /// Steps that student and control had been trained.
    pub step: usize,
    /// Seed of the run.
    pub seed: u64,
    /// Images.
    pub n: usize,
    /// Taps of the teacher, the rows of the matrices.
    pub teacher_taps: Vec<String>,
    /// Taps of student and control, the columns.
    pub student_taps: Vec<String>,
    /// Teacher against student, about 0 to 1; `None` where features do not vary.
    pub student: Vec<Vec<Option<f64>>>,
    /// Teacher against control.
    pub control: Vec<Vec<Option<f64>>>,
    /// Mean over the taps that both have (the diagonal), student against control; n counts batches.
    pub diagonal: Comparison,
}

/// Runs the probe.
///
/// # Errors
/// `probe-invalid`, `data-missing`, `gpu-lost`.
pub async fn run(options: &Options, bench: &Bench<'_>) -> Result<Report> {
    let used = options.images.len() / BATCH * BATCH;
    let (mut t, mut s, mut c) = (Gathered::default(), Gathered::default(), Gathered::default());
    for chunk in options.images[..used].chunks_exact(BATCH) {
        let x = pixels(bench.images, chunk, bench.device)?;
        t.add("teacher", bench.teacher, x.clone()).await?;
        s.add("student", bench.student, x.clone()).await?;
        c.add("control", bench.control, x).await?;
        yield_now().await;
    }
    let (teacher, student, control) = (t.matrices(used)?, s.matrices(used)?, c.matrices(used)?);
    let table = |other: &[Matrix]| -> Result<Vec<Vec<Option<f64>>>> {
        teacher
            .iter()
            .map(|a| other.iter().map(|b| Ok(cka::minibatch(a, b, BATCH)?.0.value)).collect::<Result<Vec<_>>>())
            .collect()
    };
    let shared = teacher.len().min(student.len());
    let mut pairs = Vec::new();
    for batch in 0..used / BATCH {
        let alike = |gathered: &Gathered| -> Result<Option<f64>> {
            let mut sum = 0.0;
            for tap in 0..shared {
                match cka::debiased(&t.part(tap, batch)?, &gathered.part(tap, batch)?)?.value {
                    Some(value) => sum += value,
                    None => return Ok(None),
                }
            }
            Ok(Some(sum / shared as f64))
        };
        pairs.extend(alike(&s)?.zip(alike(&c)?));
    }
    let names = |network: &Network| (0..network.maps()).map(|i| format!("f{i}")).chain(["pooled".into()]).collect();
    Ok(Report {
        probe: "layers",
        step: bench.step,
        seed: bench.seed,
        n: used,
        teacher_taps: names(bench.teacher),
        student_taps: names(bench.student),
        student: table(&student)?,
        control: table(&control)?,
        diagonal: Comparison::of(&pairs, bench.seed),
    })
}

/// Features of one network, tap by tap: values and how many there are for each image.
#[derive(Default)]
struct Gathered {
    taps: Vec<(Vec<f32>, usize)>,
}

impl Gathered {
    async fn add(&mut self, who: &str, network: &Network, x: Tensor<4>) -> Result<()> {
        let taps = network.forward(x);
        let mut tensors: Vec<Tensor<1>> = taps.maps.into_iter().map(small).collect();
        let [rows, columns] = taps.pooled.dims();
        tensors.push(taps.pooled.reshape([rows * columns]));
        let read = readback::read_all(tensors).await?;
        self.taps.resize(read.len(), (Vec::new(), 0));
        for ((values, size), new) in self.taps.iter_mut().zip(read) {
            *size = new.len() / rows;
            finite(who, "features", *size, &new)?;
            values.extend(new);
        }
        Ok(())
    }

    fn matrices(&self, n: usize) -> Result<Vec<Matrix>> {
        self.taps.iter().map(|(values, size)| Matrix::from_tensor("features", &[n, *size], values)).collect()
    }

    /// The rows of one batch.
    fn part(&self, tap: usize, batch: usize) -> Result<Matrix> {
        let (values, size) = &self.taps[tap];
        let rows = &values[batch * BATCH * size..(batch + 1) * BATCH * size];
        Matrix::from_tensor("features", &[BATCH, *size], rows)
    }
}

/// A map averaged to at most 4×4 places, flat.
fn small(map: Tensor<4>) -> Tensor<1> {
    let side = map.dims()[2].min(SIDE);
    let map = crate::objectives::pool_to(map, side);
    let count = map.dims().iter().product::<usize>();
    map.reshape([count])
}
