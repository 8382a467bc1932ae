//! Options that several methods share.

use crate::fields::{Field, Values};

/// T.
pub fn temperature(default: f64) -> Field {
    Field::number(
        "temperature",
        [0.5, 20.0, 0.5],
        default,
        "Temperature T",
        "Divides the logits before the softmax: higher values show more of what the teacher thinks of the wrong classes.",
    )
}

/// α of soft targets.
pub fn alpha() -> Field {
    Field::number(
        "alpha",
        [0.0, 1.0, 0.05],
        0.9,
        "Alpha α",
        "Share of the teacher's term in the loss; the labels get the rest. 0 is plain training.",
    )
}

/// Weight of the labels.
pub fn gamma(default: f64) -> Field {
    Field::number("gamma", [0.0, 10.0, 0.1], default, "Gamma γ", "Weight of the cross-entropy with the labels.")
}

/// Weight of a method's own term.
pub fn beta(default: f64, max: f64) -> Field {
    let step = max / 1000.0;
    Field::number("beta", [0.0, max, step], default, "Beta β", "Weight of the method's own term.")
}

/// Weight of an added KL term, and its temperature.
pub fn added_kl(alpha: f64, temperature: f64) -> [Field; 2] {
    [
        Field::number(
            "alpha",
            [0.0, 10.0, 0.1],
            alpha,
            "Alpha α",
            "Weight of an added soft-target term (Hinton KD). 0 leaves it out.",
        ),
        self::temperature(temperature),
    ]
}

/// The switch of logit standardisation.
pub fn standardise() -> Field {
    Field::flag(
        "standardise",
        false,
        "Standardise logits",
        "Bring the logits of both networks to mean 0 and deviation 1, image by image, before they are compared (Sun et al. 2024).",
    )
}

/// Share of the run in which a weight rises.
pub fn warm_up() -> Field {
    Field::number(
        "warmUp",
        [0.0, 1.0, 0.001],
        0.083,
        "Warm-up",
        "Share of the run over which the method's weight rises from 0. Published: 20 of 240 epochs.",
    )
}

/// Share of the run that a first phase takes.
pub fn first_phase() -> Field {
    Field {
        live: false,
        ..Field::number(
            "initShare",
            [0.0, 1.0, 0.005],
            0.125,
            "First phase",
            "Share of the run that the method's first phase takes. Published: 30 epochs before 240 others.",
        )
    }
}

/// γ·CE + α·KL + β·X, with which RepDistiller frames every feature method.
pub fn framed(beta: f64, max: f64) -> Vec<Field> {
    let mut fields = vec![self::beta(beta, max), gamma(1.0)];
    fields.extend(added_kl(0.0, 4.0));
    fields
}

/// At most `digits` decimals, no trailing zeros.
pub fn short(x: f64) -> String {
    let text = format!("{x:.4}");
    text.trim_end_matches('0').trim_end_matches('.').into()
}

/// `w·name`, or nothing when the weight is 0.
pub fn product(weight: f64, name: &str) -> Option<String> {
    (weight != 0.0).then(|| if weight == 1.0 { name.into() } else { format!("{}·{name}", short(weight)) })
}

/// `L = a + b`.
pub fn sum(parts: impl IntoIterator<Item = Option<String>>) -> String {
    let parts: Vec<_> = parts.into_iter().flatten().collect();
    format!("L = {}", if parts.is_empty() { "0".into() } else { parts.join(" + ") })
}

/// `KL(t/4 ‖ s/4)`, with the factor T² before it.
pub fn kl_in_words(weight: f64, temperature: f64) -> Option<String> {
    let t = short(temperature);
    let kl = if temperature == 1.0 { "KL(t ‖ s)".into() } else { format!("{t}²·KL(t/{t} ‖ s/{t})") };
    product(weight, &kl)
}

/// The frame of feature methods.
#[derive(Debug, Clone, Copy)]
pub struct Frame {
    /// Weight of CE.
    pub gamma: f64,
    /// Weight of KL.
    pub alpha: f64,
    /// T of KL.
    pub temperature: f64,
    /// Weight of the method's own term.
    pub beta: f64,
}

impl Frame {
    /// Reads the options of [`framed`].
    pub fn new(options: &Values) -> Self {
        Self {
            gamma: options.number("gamma"),
            alpha: options.number("alpha"),
            temperature: options.number("temperature"),
            beta: options.number("beta"),
        }
    }

    /// The loss in words; `own` is the method's term.
    pub fn formula(&self, own: &str) -> String {
        sum([product(self.gamma, "CE(y, s)"), kl_in_words(self.alpha, self.temperature), product(self.beta, own)])
    }
}
