//! Contrastive representation distillation (Tian et al. 2020; 2205.16004 Eq. 3) with memory banks, as RepDistiller computes it.
//!
//! Each image's embedding in one network should pick its own embedding by the other network out of those of images of other
//! classes, which a bank remembers. For the student's side, with M_t the teacher's bank:
//! P = exp(M_t·e_s/τ)/Z, Z = N·mean exp(·) of the first batch, and
//! L_s = −mean over images of (ln P₊/(P₊ + m/N + ε) + Σ over m negatives of ln (m/N)/(P₋ + m/N + ε)); X = L_s + L_t.
//! After the step the rows of the batch become normalised averages of old and new.
//!
//! RepDistiller gathers 16,385 rows for each image, which no GPU in a browser would like. Here one matrix product scores the whole
//! bank, of which each image takes the scores of its negatives: the same numbers for the same set of negatives, which is drawn in
//! O(m) for an image. If a class has fewer than m images of other classes against it, all of them are used, once each.

use burn::tensor::{Device, IndexingUpdateOp, Int, Tensor, TensorData};

use super::framed;
use super::negatives::ByClass;
use crate::data::rng::{Purpose, between, stream};
use crate::error::{Error, Result};
use crate::fields::{Field, Values};
use crate::nets::{Params, Spec};
use crate::objectives::math::normalise_rows;
use crate::objectives::modules::{Embeddings, Plan, own};
use crate::objectives::options::{self, Frame, short};
use crate::objectives::{Batch, BuildContext, Family, Method, Objective, Provenance, Reads, State, Term};

pub const METHOD: Method = Method {
    name: "crd",
    label: "Contrast with memory (CRD)",
    family: Family::Features,
    formula: "L = γ·CE(y, s) + α·T²·KL + β·(L_s + L_t), contrast of e_s with the bank of e_t and back",
    source: "Tian, Krishnan & Isola 2020 (1910.10699); 2205.16004 Eq. 3; algorithm, β = 0.8, τ = 0.07 and 16,384 negatives from RepDistiller",
    provenance: Provenance::Read,
    explanation: "Student and teacher each turn an image into a short vector. For the same image the two vectors should agree, and \
        differ from those of images of other classes, which a memory keeps. The student so learns how the teacher arranges images.",
    reads: Reads::Pooled,
    state: &[
        "state.labels [N]: classes of the training images",
        "state.memory_s [N, E], state.memory_t [N, E]: banks",
        "state.z [2]: normalisers of student and teacher, zeros if not yet set",
        "state.negatives [B, N]: 1 where a row may serve as negative (drawn if absent)",
    ],
    options,
    make: |options, around| Ok(Box::new(Crd::new(options, around))),
};

/// Keeps logarithms and quotients finite.
const EPSILON: f64 = 1e-7;

fn options() -> Vec<Field> {
    let mut fields = options::framed(0.8, 10.0);
    fields.extend([
        nce_temperature(),
        Field::integer(
            "negatives",
            [1, 50_000],
            16_384,
            "Negatives m",
            "Images of other classes that each image is told apart from; at most all there are.",
        ),
        Field::number(
            "bankMomentum",
            [0.0, 0.99, 0.05],
            0.5,
            "Bank momentum",
            "How much of the old vector a row of the memory keeps.",
        ),
        dimensions(),
    ]);
    fields
}

/// τ of the contrast.
pub(super) fn nce_temperature() -> Field {
    Field::number(
        "nceTemperature",
        [0.02, 1.0, 0.01],
        0.07,
        "Contrast temperature τ",
        "Small values demand that vectors agree closely.",
    )
}

/// Size of the embeddings.
pub(super) fn dimensions() -> Field {
    Field::integer("dimensions", [2, 512], 128, "Embedding size", "Dimensions of the vectors that are compared.")
}

struct Crd {
    frame: Frame,
    temperature: f64,
    momentum: f64,
    negatives: usize,
    plan: Plan,
    embeddings: Embeddings,
    dimensions: usize,
    images: usize,
    seed: u64,
    bank: Option<Bank>,
    by_class: ByClass,
    /// [`ByClass::table`] on the device, `[K, N]`, once it was asked for.
    of_other_classes: Option<Tensor<2>>,
    /// Which rows may serve as negatives, `[B, N]`, given from outside instead of drawn.
    chosen: Option<Tensor<2>>,
}

/// What is remembered: a row for each training image, `[N, E]`, and the normalisers, `[1, 1]`, once they are known.
struct Bank {
    student: Tensor<2>,
    teacher: Tensor<2>,
    normalisers: Option<(Tensor<2>, Tensor<2>)>,
}

impl Crd {
    fn new(options: &Values, around: &BuildContext<'_>) -> Self {
        let mut plan = Plan::default();
        let dimensions = options.integer("dimensions");
        let embeddings = Embeddings::new(&mut plan, around.student.pooled, around.teacher.pooled, dimensions);
        let mut crd = Self {
            frame: Frame::new(options),
            temperature: 0.0,
            momentum: 0.0,
            negatives: options.integer("negatives"),
            plan,
            embeddings,
            dimensions,
            images: around.train_images,
            seed: around.seed,
            bank: None,
            by_class: ByClass::default(),
            of_other_classes: None,
            chosen: None,
        };
        crd.adjust(options);
        crd
    }

    /// U(−s, s) with s = 1/√(E/3), as RepDistiller starts its banks.
    fn fresh(&self, batch: &Batch<'_>) -> Bank {
        let bound = (3.0 / self.dimensions as f32).sqrt();
        let draw = |side: u64| {
            let mut rng = stream(self.seed, Purpose::Method, u64::MAX, side);
            let values: Vec<f32> =
                (0..self.images * self.dimensions).map(|_| between(&mut rng, -bound, bound)).collect();
            Tensor::from_data(TensorData::new(values, [self.images, self.dimensions]), &batch.device())
        };
        Bank { student: draw(0), teacher: draw(1), normalisers: None }
    }

    /// The negatives of each image of the batch.
    fn negatives(&mut self, batch: &Batch<'_>) -> Negatives {
        let device = batch.device();
        let [size, classes] = batch.labels.dims();
        let known = &batch.known[..batch.known.len().min(self.images)];
        if self.by_class.sort(known, classes) {
            self.of_other_classes = None;
        }
        let most = batch.classes.iter().map(|&class| self.by_class.others(class)).max().unwrap_or(0);
        if self.chosen.is_some() || most <= self.negatives {
            let table = self.of_other_classes.get_or_insert_with(|| {
                Tensor::from_data(TensorData::new(self.by_class.table(self.images), [classes, self.images]), &device)
            });
            let counted = table.clone().select(0, integers(batch.classes, &device));
            let counted = match &self.chosen {
                Some(chosen) => chosen.clone() * counted,
                None => counted,
            };
            return Negatives { columns: None, counted };
        }
        let width = most.min(self.negatives);
        let (mut columns, mut counted) = (vec![0; size * width], vec![0f32; size * width]);
        let rows = columns.chunks_exact_mut(width).zip(counted.chunks_exact_mut(width));
        for (row, ((columns, counted), class)) in rows.zip(batch.classes).enumerate() {
            let mut rng = stream(self.seed, Purpose::Method, batch.step as u64, row as u64);
            let drawn = self.by_class.draw(*class, width, &mut rng);
            counted[..drawn.len()].fill(1.0);
            columns[..drawn.len()].copy_from_slice(&drawn);
        }
        let columns = Tensor::from_data(TensorData::new(columns, [size, width]), &device);
        let counted = Tensor::from_data(TensorData::new(counted, [size, width]), &device);
        Negatives { columns: Some(columns), counted }
    }
}

fn integers(values: &[usize], device: &Device) -> Tensor<1, Int> {
    let values: Vec<i32> = values.iter().map(|&v| v as i32).collect();
    let count = values.len();
    Tensor::from_data(TensorData::new(values, [count]), device)
}

/// Which rows of a bank are negatives of the images of a batch.
struct Negatives {
    /// Rows of the bank, `[B, m]`; `None`: all rows in order.
    columns: Option<Tensor<2, Int>>,
    /// 1 where that row counts, 0 where it fills up a list that is shorter, or is of the same class.
    counted: Tensor<2>,
}

/// One side of the loss, and its normaliser: embeddings `[B, E]` against a bank `[N, E]`, in which `own` are the images' rows.
fn contrast(
    embeddings: Tensor<2>,
    bank: &Tensor<2>,
    own: &Tensor<1, Int>,
    negatives: &Negatives,
    temperature: f64,
    normaliser: Option<Tensor<2>>,
) -> (Tensor<1>, Tensor<2>) {
    let images = bank.dims()[0] as f64;
    let batch = embeddings.dims()[0] as f64;
    let counted = || negatives.counted.clone();
    let right = (embeddings.clone() * bank.clone().select(0, own.clone())).sum_dim(1) / temperature;
    let scores = embeddings.matmul(bank.clone().transpose()) / temperature;
    let scores = match &negatives.columns {
        Some(columns) => scores.gather(1, columns.clone()),
        None => scores,
    };
    // What does not count is set to a score of 0 before exp, so that it cannot overflow.
    let (right, other) = (right.exp(), (scores * counted()).exp() * counted());
    let normaliser = normaliser.unwrap_or_else(|| {
        let sum = right.clone().detach().inner().sum() + other.clone().detach().inner().sum();
        (sum / (counted().sum() + batch) * images).reshape([1, 1])
    });
    let (right, other) = (right / normaliser.clone(), other / normaliser.clone());
    let share = counted().sum_dim(1) / images;
    let own = (right.clone() / (right + share.clone() + EPSILON)).clamp_min(1e-30).log();
    let other = (share.clone() / (other + share + EPSILON)).clamp_min(1e-30).log() * counted();
    ((own.sum() + other.sum()) * (-1.0 / batch), normaliser)
}

impl Objective for Crd {
    fn terms(&mut self, batch: &Batch<'_>, parts: Option<&Params>) -> Result<Vec<Term>> {
        let mut terms = framed(&self.frame, batch)?;
        let device = batch.device();
        let (s, t) = (batch.student.pooled.clone(), batch.teacher()?.pooled.clone());
        let (s, t) = self.embeddings.forward(own(parts)?, s, t);
        let (s, t) = (normalise_rows(s), normalise_rows(t));
        let negatives = self.negatives(batch);
        let rows = integers(batch.indices, &device);
        let bank = self.bank.take().unwrap_or_else(|| self.fresh(batch));
        let (z_s, z_t) = bank.normalisers.unzip();
        let (loss_s, z_s) = contrast(s.clone(), &bank.teacher, &rows, &negatives, self.temperature, z_s);
        let (loss_t, z_t) = contrast(t.clone(), &bank.student, &rows, &negatives, self.temperature, z_t);
        terms.push(Term::of_teacher("crd", self.frame.beta, loss_s + loss_t));

        let update = |bank: Tensor<2>, e: Tensor<2>| {
            let old = bank.clone().select(0, rows.clone());
            let new = normalise_rows(old.clone() * self.momentum + e.inner() * (1.0 - self.momentum));
            bank.select_assign(0, rows.clone(), new - old, IndexingUpdateOp::Add)
        };
        self.bank = Some(Bank {
            student: update(bank.student, s),
            teacher: update(bank.teacher, t),
            normalisers: Some((z_s, z_t)),
        });
        Ok(terms)
    }

    fn parts(&self) -> Vec<Spec> {
        self.plan.specs()
    }

    fn state(&self) -> State {
        let Some(bank) = &self.bank else { return State::new() };
        let flat = |x: &Tensor<2>| {
            let [rows, columns] = x.dims();
            (vec![rows, columns], x.clone().reshape([rows * columns]))
        };
        let mut state =
            State::from([("memory_s".to_string(), flat(&bank.student)), ("memory_t".to_string(), flat(&bank.teacher))]);
        if let Some((s, t)) = &bank.normalisers {
            let z = Tensor::cat(vec![s.clone().reshape([1]), t.clone().reshape([1])], 0);
            state.insert("z".into(), (vec![2], z));
        }
        state
    }

    fn set_state(&mut self, state: &State) -> Result<()> {
        self.chosen = match state.get("negatives") {
            None => None,
            Some((_, flat)) => {
                let rows = flat.dims()[0] / self.images.max(1);
                Some(flat.clone().reshape([rows, self.images]))
            }
        };
        let shape = [self.images, self.dimensions];
        let (Some(s), Some(t)) = (state.get("memory_s"), state.get("memory_t")) else {
            self.bank = None;
            return Ok(());
        };
        if s.0 != shape || t.0 != shape {
            return Err(Error::SettingInvalid(format!(
                "The memory banks (`state.memory_s` and `state.memory_t`) must be {} × {}, not {:?} and {:?}.",
                shape[0], shape[1], s.0, t.0
            )));
        }
        let at = |z: &Tensor<1>, i: usize| z.clone().narrow(0, i, 1).reshape([1, 1]);
        self.bank = Some(Bank {
            student: s.1.clone().reshape(shape),
            teacher: t.1.clone().reshape(shape),
            normalisers: state.get("z").map(|(_, z)| (at(z, 0), at(z, 1))),
        });
        Ok(())
    }

    fn adjust(&mut self, options: &Values) {
        self.frame = Frame::new(options);
        self.temperature = options.number("nceTemperature");
        self.momentum = options.number("bankMomentum");
    }

    fn formula(&self) -> String {
        self.frame.formula(&format!("(L_s + L_t), τ = {}", short(self.temperature)))
    }
}
