//! Contrastive representation distillation (Tian et al. 2020; 2205.16004 Eq. 3) with memory banks, as RepDistiller computes it.
//!
//! Each image's embedding in one network should pick its own embedding by the other network out of those of images of other
//! classes, which a bank remembers. For the student's side, with M_t the teacher's bank:
//! P = exp(M_t·e_s/τ)/Z, Z = N·mean exp(·) of the first batch, and
//! L_s = −mean over images of (ln P₊/(P₊ + m/N + ε) + Σ over m negatives of ln (m/N)/(P₋ + m/N + ε)); X = L_s + L_t.
//! After the step the rows of the batch become normalised averages of old and new.
//!
//! RepDistiller gathers 16,385 rows for each image, which no GPU in a browser would like. Here one matrix product scores the whole
//! bank and a mask by class picks the negatives: the same numbers for the same set of negatives. If a class has fewer than m images
//! of other classes against it, all of them are used, once each.

use burn::tensor::{IndexingUpdateOp, Int, Tensor, TensorData};

use super::framed;
use crate::data::rng::{Purpose, between, shuffle, stream};
use crate::error::{Error, Result};
use crate::fields::{Field, Values};
use crate::nets::{Params, Spec};
use crate::objectives::math::{normalise_rows, one_hot, same_class};
use crate::objectives::modules::{Embeddings, Plan, own};
use crate::objectives::options::{self, Frame, short};
use crate::objectives::{Batch, Family, Method, Objective, Provenance, Reads, State, Surroundings, Term};

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
    fn new(options: &Values, around: &Surroundings<'_>) -> Self {
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

    /// 1 where a row of the bank is a negative of an image, `[B, N]`, and how many each image has, `[B, 1]`.
    fn negatives(&self, batch: &Batch<'_>) -> Tensor<2> {
        let labels: Vec<usize> = batch.known.iter().map(|&l| usize::from(l)).collect();
        let device = batch.device();
        if let Some(chosen) = &self.chosen {
            return chosen.clone() * (same_class(batch.classes, &labels, &device) * -1.0 + 1.0);
        }
        let mut values = vec![0f32; batch.classes.len() * self.images];
        for (row, (values, class)) in values.chunks_exact_mut(self.images).zip(batch.classes).enumerate() {
            let mut others: Vec<usize> = (0..labels.len().min(self.images)).filter(|&i| labels[i] != *class).collect();
            if others.len() > self.negatives {
                shuffle(&mut stream(self.seed, Purpose::Method, batch.step as u64, row as u64), &mut others);
                others.truncate(self.negatives);
            }
            for i in others {
                values[i] = 1.0;
            }
        }
        Tensor::from_data(TensorData::new(values, [batch.classes.len(), self.images]), &device)
    }
}

/// One side of the loss, and its normaliser.
fn contrast(
    scores: Tensor<2>,
    positive: &Tensor<2>,
    negative: &Tensor<2>,
    normaliser: Option<Tensor<2>>,
) -> (Tensor<1>, Tensor<2>) {
    let [batch, images] = scores.dims();
    // Rows that do not count are set to a score of 0 before exp, so that they cannot overflow.
    let counted = positive.clone() + negative.clone();
    let e = (scores * counted.clone()).exp() * counted.clone();
    let normaliser = normaliser.unwrap_or_else(|| {
        let mean = e.clone().detach().inner().sum() / counted.sum().clamp_min(1.0);
        (mean * images as f64).reshape([1, 1])
    });
    let p = e / normaliser.clone();
    let share = negative.clone().sum_dim(1) / images as f64;
    let right = (p.clone() * positive.clone()).sum_dim(1);
    let own = (right.clone() / (right + share.clone() + EPSILON)).clamp_min(1e-30).log();
    // ln of 1 where a row is no negative.
    let other = share.clone() / (p + share + EPSILON);
    let other = (other * negative.clone() + (negative.clone() * -1.0 + 1.0)).clamp_min(1e-30).log();
    ((own.sum() + other.sum()) * (-1.0 / batch as f64), normaliser)
}

impl Objective for Crd {
    fn terms(&mut self, batch: &Batch<'_>, parts: Option<&Params>) -> Result<Vec<Term>> {
        let mut terms = framed(&self.frame, batch)?;
        let device = batch.device();
        let (s, t) = (batch.student.pooled.clone(), batch.teacher()?.pooled.clone());
        let (s, t) = self.embeddings.forward(own(parts)?, s, t);
        let (s, t) = (normalise_rows(s), normalise_rows(t));
        let positive = one_hot(batch.indices, self.images, &device);
        let negative = self.negatives(batch);
        let bank = self.bank.take().unwrap_or_else(|| self.fresh(batch));
        let scores = |e: &Tensor<2>, bank: &Tensor<2>| e.clone().matmul(bank.clone().transpose()) / self.temperature;
        let (z_s, z_t) = bank.normalisers.unzip();
        let (loss_s, z_s) = contrast(scores(&s, &bank.teacher), &positive, &negative, z_s);
        let (loss_t, z_t) = contrast(scores(&t, &bank.student), &positive, &negative, z_t);
        terms.push(Term::of_teacher("crd", self.frame.beta, loss_s + loss_t));

        let rows: Vec<i32> = batch.indices.iter().map(|&i| i as i32).collect();
        let rows: Tensor<1, Int> = Tensor::from_data(TensorData::new(rows, [batch.indices.len()]), &device);
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
