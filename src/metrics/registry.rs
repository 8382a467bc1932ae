//! The registry of metrics.

use serde_json::{Map, Value, json};

use super::on_tensors::{self as on, Given, Report};
use crate::error::{Error, Result};
use crate::fields::{Field, Kind, Values};
use crate::objectives::Provenance;
use crate::weights::Tensors;

/// A tensor that a metric reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Input {
    /// Its name.
    pub name: &'static str,
    /// Its shape in letters: n images, K classes.
    pub shape: &'static str,
    /// What it holds.
    pub meaning: &'static str,
    /// Whether the metric needs it.
    pub needed: bool,
}

/// An entry of the registry.
#[derive(Debug, Clone, Copy)]
pub struct Metric {
    /// The name in options.
    pub name: &'static str,
    /// The name people write.
    pub label: &'static str,
    /// What is computed, in letters.
    pub formula: &'static str,
    /// Paper, and what was read.
    pub source: &'static str,
    /// How well the formula is founded.
    pub provenance: Provenance,
    /// Smallest and largest value; `None` is unbounded.
    pub range: [Option<f64>; 2],
    /// One plain paragraph.
    pub explanation: &'static str,
    /// What it reads.
    pub reads: &'static [Input],
    /// Its options.
    pub options: fn() -> Vec<Field>,
    pub(super) compute: fn(&Values, &Given<'_>) -> Result<Report>,
}

const fn input(name: &'static str, shape: &'static str, meaning: &'static str) -> Input {
    Input { name, shape, meaning, needed: true }
}

const fn optional(name: &'static str, shape: &'static str, meaning: &'static str) -> Input {
    Input { name, shape, meaning, needed: false }
}

const X: Input = input("x", "[n, …]", "features of the network that is asked about, such as the student");
const Y: Input = input("y", "[n, …]", "features of the network it is compared with, on the same images");
const X_LOGITS: Input = input("x", "[n, K]", "logits of the network that is asked about, such as the student");
const Y_LOGITS: Input = input("y", "[n, K]", "logits of the network it is compared with, such as the teacher");
const LABELS: Input = input("labels", "[n]", "class numbers from 0 on");
const CLASSES: Input = optional(
    "classes",
    "[K, E]",
    "a vector for each class (the teacher's classifier, word vectors), whose distances take the place of one-hot labels",
);
const DISTANCES: Input = optional("distances", "[K, K]", "the distances between classes themselves");

const PAIR: &[Input] = &[X, Y];
const LABELLED: &[Input] = &[X_LOGITS, LABELS];

const FROM_0: [Option<f64>; 2] = [Some(0.0), Some(1.0)];
const FROM_MINUS_1: [Option<f64>; 2] = [Some(-1.0), Some(1.0)];
const POSITIVE: [Option<f64>; 2] = [Some(0.0), None];

fn none() -> Vec<Field> {
    Vec::new()
}

fn seed() -> Field {
    Field::integer("seed", [0, u32::MAX as u64], 0, "Seed", "What the bootstrap's resamples are drawn by.")
}

/// All metrics, in the order of menus: representations, then outputs.
pub const METRICS: &[Metric] = &[
    Metric {
        name: "cka",
        label: "Linear CKA",
        formula: "‖YᵀX‖²_F / (‖XᵀX‖_F·‖YᵀY‖_F), X and Y centred",
        source: "Kornblith et al. 2019 (1905.00414), read in the code published with it",
        provenance: Provenance::Read,
        range: FROM_0,
        explanation: "How alike two sets of features arrange the same images, whatever their rotation and scale. With more features than images it is high for features that have nothing to do with each other: use the debiased form then.",
        reads: PAIR,
        options: || {
            vec![Field::choice(
                "form",
                &[("auto", "the cheaper one"), ("features", "from features"), ("gram", "from Gram matrices")],
                "Form",
                "Both forms give the same number; they take n·d² and n²·d steps.",
            )]
        },
        compute: on::linear_cka,
    },
    Metric {
        name: "debiased-cka",
        label: "Debiased CKA",
        formula: "⟨K̃, L̃⟩ / (‖K̃‖·‖L̃‖), K̃ and L̃ U-centred Gram matrices",
        source: "the code published with Kornblith et al. 2019 (1905.00414), read",
        provenance: Provenance::Read,
        range: FROM_MINUS_1,
        explanation: "CKA without its bias: features that have nothing to do with each other give 0 on average.",
        reads: PAIR,
        options: none,
        compute: on::debiased_cka,
    },
    Metric {
        name: "minibatch-cka",
        label: "Minibatch CKA",
        formula: "Σ_b HSIC₁(K_b, L_b) / √(Σ_b HSIC₁(K_b, K_b)·Σ_b HSIC₁(L_b, L_b))",
        source: "Nguyen et al. 2021 (2010.15327) eq. 3, recalled",
        provenance: Provenance::Recalled,
        range: FROM_MINUS_1,
        explanation: "Debiased CKA of many images from small batches: numerator and denominators are summed over batches before they are divided. Images after the last whole batch are left out.",
        reads: PAIR,
        options: || {
            vec![Field::integer(
                "batchSize",
                [4, super::MOST_IMAGES as u64],
                128,
                "Batch size",
                "Images in a batch, in their order. One batch of all if there are fewer.",
            )]
        },
        compute: on::minibatch_cka,
    },
    Metric {
        name: "dcor",
        label: "Distance correlation (V-centred, squared)",
        formula: "Γ_XY/√(Γ_XX·Γ_YY + 1e-9), Γ = ΣA∘B/n², A = double-centred √(‖x_i − x_j‖² + 1e-12)",
        source: "Székely et al. 2007; constants read in the code of Partial Distance Correlation (2207.09684) and UniCAM (2412.13943)",
        provenance: Provenance::Read,
        range: FROM_0,
        explanation: "Whether images that are far apart for one network are far apart for the other. It estimates the square of the distance correlation, is 0 only for independence in the limit of many images, and is too high for few.",
        reads: PAIR,
        options: || {
            vec![Field::flag(
                "normalise",
                false,
                "Normalise rows",
                "Bring every image's features to length 1 first, as the published code does; with it this is FSS.",
            )]
        },
        compute: on::distance_correlation,
    },
    Metric {
        name: "bias-corrected-dcor",
        label: "Bias-corrected distance correlation (squared)",
        formula: "R* = ⟨A, B⟩/√(⟨A, A⟩⟨B, B⟩ + 1e-18), A and B U-centred √(‖x_i − x_j‖² + 1e-18), ⟨A, B⟩ = ΣA∘B/(n(n − 3))",
        source: "Székely & Rizzo 2014; constants read in the code of UniCAM (2412.13943)",
        provenance: Provenance::Read,
        range: FROM_MINUS_1,
        explanation: "Distance correlation without its bias: about 0, and sometimes below, for features that have nothing to do with each other.",
        reads: PAIR,
        options: none,
        compute: on::bias_corrected,
    },
    Metric {
        name: "partial-dcor",
        label: "Partial distance correlation",
        formula: "R*(P, C), P = A − ⟨A, B⟩/(⟨B, B⟩ + 1e-12)·B",
        source: "Székely & Rizzo 2014; removal from x alone read in the code of UniCAM (2412.13943)",
        provenance: Provenance::Read,
        range: FROM_MINUS_1,
        explanation: "What x and z have in common once y's part is removed. Without a tensor z, z is the labels.",
        reads: &[
            X,
            Y,
            optional("z", "[n, …]", "what x is compared with after y is removed; without it the labels are"),
            Input { needed: false, ..LABELS },
            CLASSES,
            DISTANCES,
        ],
        options: || {
            vec![Field::choice(
                "removal",
                &[("x", "from x alone"), ("both", "from x and z")],
                "Removal",
                "From what y is removed: x alone, as in UniCAM, or x and z, the partial distance correlation of statistics.",
            )]
        },
        compute: on::partial,
    },
    Metric {
        name: "fss",
        label: "Feature similarity score (FSS)",
        formula: "V-centred distance correlation of features of the same layer, rows of length 1",
        source: "Adhane et al. 2025 (2412.13943), read in its code",
        provenance: Provenance::Read,
        range: FROM_0,
        explanation: "How similar student and teacher features of one layer are. The published code calls 0.7 and more high, 0.3 and more moderate.",
        reads: PAIR,
        options: none,
        compute: on::fss,
    },
    Metric {
        name: "rs",
        label: "Relevance score (RS)",
        formula: "R*(X, G); with y also R*(X | Y, G) and R*(Y | X, G), G the U-centred distances of the labels",
        source: "Adhane et al. 2025 (2412.13943), read in its code; the table of label distances is ours",
        provenance: Provenance::Read,
        range: FROM_MINUS_1,
        explanation: "How much of the labels' structure the features hold. With a second network y: also of what x has beyond y (distilled, when x is the student and y its base or its teacher) and of what y has beyond x (residual). Classes are √2 apart (one-hot) unless vectors or a table are given.",
        reads: &[X, LABELS, Input { needed: false, ..Y }, CLASSES, DISTANCES],
        options: none,
        compute: on::relevance,
    },
    Metric {
        name: "ece",
        label: "Expected calibration error (ECE)",
        formula: "Σ_m (n_m/n)·|acc_m − conf_m| over M bins (l, u] of the largest probability",
        source: "bins read in the code of Stanton et al. 2021 (2106.05945), which has M = 10; 15 is common, recalled",
        provenance: Provenance::Read,
        range: FROM_0,
        explanation: "How far the confidence is from the share that is right. Few images make it too high; the interval's `bias` says by how much resampling alone raises it.",
        reads: LABELLED,
        options: || {
            vec![Field::integer("bins", [1, 1000], 15, "Bins M", "Bins of equal width between 0 and 1."), seed()]
        },
        compute: on::calibration_error,
    },
    Metric {
        name: "agreement",
        label: "Top-1 agreement",
        formula: "(1/n)·Σ 1[argmax x = argmax y]",
        source: "Stanton et al. 2021 (2106.05945) eq. 2, read; bounds derived",
        provenance: Provenance::Read,
        range: FROM_0,
        explanation: "Share of images on which both predict the same class. With labels: both accuracies, and the least and the most agreement that they allow.",
        reads: &[X_LOGITS, Y_LOGITS, Input { needed: false, ..LABELS }],
        options: none,
        compute: on::top1_agreement,
    },
    Metric {
        name: "kl",
        label: "Predictive KL",
        formula: "(1/n)·Σ KL(softmax(y/T) ‖ softmax(x/T))",
        source: "Stanton et al. 2021 (2106.05945) eq. 3, read, T = 1",
        provenance: Provenance::Read,
        range: POSITIVE,
        explanation: "How far x's distribution over classes is from y's, the teacher's, in nats.",
        reads: &[X_LOGITS, Y_LOGITS],
        options: || {
            let help = "Divides both logits before the softmax.";
            vec![Field::number("temperature", [0.5, 20.0, 0.5], 1.0, "Temperature T", help), seed()]
        },
        compute: on::predictive_kl,
    },
    Metric {
        name: "nll",
        label: "Negative log-likelihood",
        formula: "−(1/n)·Σ log softmax(x)[label]",
        source: "textbook",
        provenance: Provenance::Recalled,
        range: POSITIVE,
        explanation: "How surprised the network is by the true classes, in nats.",
        reads: LABELLED,
        options: || vec![seed()],
        compute: on::nll,
    },
    Metric {
        name: "kappa",
        label: "Error consistency κ",
        formula: "κ = (c_obs − c_exp)/(1 − c_exp), c_exp = a_x·a_y + (1 − a_x)(1 − a_y)",
        source: "Geirhos et al. 2020 (2006.16736), recalled",
        provenance: Provenance::Recalled,
        range: FROM_MINUS_1,
        explanation: "How much more often two networks are right and wrong on the same images than their accuracies alone would make them. 0 is chance.",
        reads: &[X_LOGITS, Y_LOGITS, LABELS],
        options: || vec![seed()],
        compute: on::kappa,
    },
];

/// The metric called `name`.
///
/// # Errors
/// [`Error::SettingInvalid`] with the names that exist.
pub fn metric(name: &str) -> Result<&'static Metric> {
    METRICS.iter().find(|m| m.name == name).ok_or_else(|| {
        let known: Vec<_> = METRICS.iter().map(|m| m.name).collect();
        Error::SettingInvalid(format!("There is no metric “{name}”. Choose one of {}.", known.join(", ")))
    })
}

/// Computes a metric of named tensors: `{metric, value, note, n, read, options, …}`, with `interval` (`low`, `high`, `level`,
/// `method`) where it has one. `value` is null where it is not defined, and `note` then says why.
///
/// # Errors
/// `setting-invalid` for the name, `setting-unknown` and `setting-invalid` for options, `tensors-invalid` naming the tensor
/// that is missing or does not fit.
pub fn run(name: &str, options: &Map<String, Value>, tensors: &Tensors) -> Result<Value> {
    let metric = metric(name)?;
    let values = Values::from_json(&(metric.options)(), options)?;
    let given = Given::new(tensors);
    let mut found = (metric.compute)(&values, &given)?.into_json();
    found.insert("metric".into(), json!(metric.name));
    found.insert("read".into(), json!(given.read()));
    found.insert("options".into(), values.iter().map(|(name, value)| (name.to_string(), value.clone())).collect());
    Ok(Value::Object(found))
}

impl Metric {
    /// What there is to know of it.
    pub fn describe(&self) -> Value {
        let options = (self.options)().into_iter().map(|f| {
            let mut row = f.describe();
            if let (Kind::Choice(_), Some(choices)) = (&f.kind, row["choices"].as_array()) {
                row["choices"] = choices.iter().map(|c| c["value"].clone()).collect();
            }
            row
        });
        let read = |i: &Input| json!({"name": i.name, "shape": i.shape, "meaning": i.meaning, "needed": i.needed});
        json!({
            "metric": self.name,
            "label": self.label,
            "formula": self.formula,
            "source": self.source,
            "provenance": self.provenance.name(),
            "range": self.range,
            "explanation": self.explanation,
            "reads": self.reads.iter().map(read).collect::<Vec<_>>(),
            "options": options.collect::<Vec<_>>(),
        })
    }
}
