//! Batch normalisation and its gradient: a workgroup has a channel and reads it as often as the formula asks.

use std::fmt::Write;

use super::kernel::{ALIGNED, Task, bindings, entry};

/// Sizes of a map: images, channels, places of a plane; and whether a ReLU follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Map {
    pub batch: usize,
    pub channels: usize,
    pub size: usize,
    pub relu: bool,
}

impl Map {
    /// Numbers from the gradients of γ to those of β.
    pub fn pitch(&self) -> usize {
        self.channels.next_multiple_of(ALIGNED)
    }
}

/// What is done with every channel of a map.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Step {
    /// Statistics of the batch and `(x − mean)·γ/√(variance + ε) + β`. Bindings x, gamma, beta, out, mean, variance. ε as bits of an f32.
    Normalise { epsilon: u32 },
    /// Its gradients. Bindings x, gamma, beta, mean, variance, gradient, of_x, of_both (of γ and, a pitch later, of β).
    /// Eight bindings are what every device has.
    NormaliseBackward { epsilon: u32 },
    /// `x·scale + shift`. Bindings x, scale, shift, out.
    Affine,
    /// Its gradients. Bindings x, scale, shift, gradient, of_x, of_scale, of_shift.
    AffineBackward,
}

/// A step on a map of these sizes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Norm {
    pub map: Map,
    pub step: Step,
}

/// Invocations that share a channel.
const GROUP: u32 = 256;

/// WGSL: 0 for a `y` below 0; what is not a number stays so, as on the CPU. In WGSL `max(NaN, 0.0)` may be 0, and compilers may take
/// comparisons of floats for those of numbers, so the bits are compared: those of −2⁻¹⁴⁹ to −∞ lie in a row.
const RELU: &str = "select(y, 0.0, bitcast<u32>(y) - 0x80000001u < 0x7f800000u)";

/// WGSL: `total(lane, value)`, the sum of `value` over a workgroup, for each of its invocations.
fn total() -> String {
    format!(
        "var<workgroup> shares: array<f32, {GROUP}>;\n\
         fn total(lane: u32, value: f32) -> f32 {{\n\
         shares[lane] = value;\nworkgroupBarrier();\n\
         for (var half = {}u; half > 0u; half = half / 2u) {{\n\
         if (lane < half) {{ shares[lane] += shares[lane + half]; }}\nworkgroupBarrier();\n}}\n\
         let sum = shares[0];\nworkgroupBarrier();\nreturn sum;\n}}\n",
        GROUP / 2
    )
}

/// WGSL: `value` divided by a constant, and what is left. Not every compiler on the way makes shifts of divisions.
fn split(value: &str, by: usize) -> (String, String) {
    match by.is_power_of_two() {
        true => (format!("({value} >> {}u)", by.trailing_zeros()), format!("({value} & {}u)", by - 1)),
        false => (format!("({value} / {by}u)"), format!("({value} % {by}u)")),
    }
}

impl Norm {
    /// A loop over the places of the workgroup's channel, `at` being the place.
    fn each(&self, body: &str) -> String {
        let Map { batch, channels, size, .. } = self.map;
        let (image, place) = split("i", size);
        format!(
            "for (var i = lane; i < {count}u; i += {GROUP}u) {{\n\
             let at = ({image} * {channels}u + channel) * {size}u + {place};\n{body}\n}}\n",
            count = batch * size,
        )
    }

    fn count(&self) -> f64 {
        (self.map.batch * self.map.size) as f64
    }

    fn normalise(&self, epsilon: f32) -> String {
        let n = self.count();
        let out = if self.map.relu { RELU } else { "y" };
        let mut text = bindings(&["x", "gamma", "beta", "out", "mean", "variance"]) + &total() + &entry(GROUP);
        text += "let channel = workgroup;\nvar sum = 0.0;\n";
        text += &self.each("sum += x[at];");
        // Two passes: a mean far from zero costs no digits.
        let _ = write!(text, "let middle = total(lane, sum) / {n:?};\nvar squares = 0.0;\n");
        text += &self.each("let d = x[at] - middle;\nsquares += d * d;");
        let _ = write!(
            text,
            "let spread = total(lane, squares) / {n:?};\n\
             let scale = gamma[channel] * inverseSqrt(spread + {epsilon:?});\nlet shift = beta[channel];\n"
        );
        text += &self.each(&format!("let y = (x[at] - middle) * scale + shift;\nout[at] = {out};"));
        text + "if (lane == 0u) {\nmean[channel] = middle;\nvariance[channel] = spread;\n}\n}\n"
    }

    fn normalise_backward(&self, epsilon: f32) -> String {
        let n = self.count();
        let mut text = bindings(&["x", "gamma", "beta", "mean", "variance", "gradient", "of_x", "of_both"])
            + &total()
            + &entry(GROUP);
        let _ = write!(
            text,
            "let channel = workgroup;\nlet middle = mean[channel];\n\
             let inverse = inverseSqrt(variance[channel] + {epsilon:?});\n\
             let scale = gamma[channel] * inverse;\nlet shift = beta[channel];\nvar sum = 0.0;\nvar along = 0.0;\n"
        );
        let through = self.through("(x[at] - middle) * scale + shift");
        text += &self.each(&format!("{through}sum += g;\nalong += g * (x[at] - middle);"));
        let _ = write!(
            text,
            "let level = total(lane, sum);\nlet lean = total(lane, along);\n\
             let slope = inverse * inverse * lean / {n:?};\n"
        );
        text += &self.each(&format!("{through}of_x[at] = (g - level / {n:?} - (x[at] - middle) * slope) * scale;"));
        let pitch = self.map.pitch();
        text + &format!(
            "if (lane == 0u) {{\nof_both[channel] = lean * inverse;\nof_both[channel + {pitch}u] = level;\n}}\n}}\n"
        )
    }

    /// WGSL: `g`, the gradient that the ReLU lets through; all of it where `y` is not a number.
    fn through(&self, y: &str) -> String {
        match self.map.relu {
            true => format!("let g = select(gradient[at], 0.0, {y} <= 0.0);\n"),
            false => "let g = gradient[at];\n".into(),
        }
    }

    fn affine(&self) -> String {
        let Map { batch, channels, size, relu } = self.map;
        let out = if relu { RELU } else { "y" };
        bindings(&["x", "scale", "shift", "out"])
            + &entry(GROUP)
            + &format!(
                "if (id >= {}u) {{ return; }}\nlet channel = {channel};\n\
                 let y = x[id] * scale[channel] + shift[channel];\nout[id] = {out};\n}}\n",
                batch * channels * size,
                channel = split(&split("id", size).0, channels).1,
            )
    }

    fn affine_backward(&self) -> String {
        let mut text =
            bindings(&["x", "scale", "shift", "gradient", "of_x", "of_scale", "of_shift"]) + &total() + &entry(GROUP);
        text += "let channel = workgroup;\nlet a = scale[channel];\nlet b = shift[channel];\nvar sum = 0.0;\nvar along = 0.0;\n";
        let through = self.through("x[at] * a + b");
        text += &self.each(&format!("{through}sum += g;\nalong += g * x[at];\nof_x[at] = g * a;"));
        text + "let all = total(lane, sum);\nlet lean = total(lane, along);\n\
                if (lane == 0u) {\nof_scale[channel] = lean;\nof_shift[channel] = all;\n}\n}\n"
    }
}

impl Task for Norm {
    fn wgsl(&self) -> String {
        match self.step {
            Step::Normalise { epsilon } => self.normalise(f32::from_bits(epsilon)),
            Step::NormaliseBackward { epsilon } => self.normalise_backward(f32::from_bits(epsilon)),
            Step::Affine => self.affine(),
            Step::AffineBackward => self.affine_backward(),
        }
    }

    fn group(&self) -> u32 {
        GROUP
    }

    fn groups(&self) -> u32 {
        let Map { batch, channels, size, .. } = self.map;
        match self.step {
            Step::Affine => ((batch * channels * size) as u32).div_ceil(GROUP),
            _ => channels as u32,
        }
    }
}
