//! What happens to single numbers after a step: running statistics, and SGD.

use super::kernel::{Task, bindings, entry};

/// Which update. Constants are bits of f32.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// `old·keep + new·share`. Bindings old, recent, out.
    Blend { keep: u32, share: u32 },
    /// SGD with momentum. Bindings p, velocity, gradient, rate, next, moved.
    Descend { momentum: u32, decay: u32, nesterov: bool },
}

/// An update of so many numbers.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Update {
    pub length: usize,
    pub kind: Kind,
}

impl Task for Update {
    fn wgsl(&self) -> String {
        let guard = format!("if (id >= {}u) {{ return; }}\n", self.length);
        match self.kind {
            Kind::Blend { keep, share } => {
                let [keep, share] = [keep, share].map(f32::from_bits);
                bindings(&["old", "recent", "out"])
                    + &entry(self.group())
                    + &guard
                    + &format!("out[id] = old[id] * f32({keep:?}) + recent[id] * f32({share:?});\n}}\n")
            }
            Kind::Descend { momentum, decay, nesterov } => {
                let [momentum, decay] = [momentum, decay].map(f32::from_bits);
                let direction = if nesterov { format!("g + v * f32({momentum:?})") } else { "v".into() };
                bindings(&["p", "velocity", "gradient", "rate", "next", "moved"])
                    + &entry(self.group())
                    + &guard
                    + &format!(
                        "let g = gradient[id] + p[id] * f32({decay:?});\n\
                         let v = velocity[id] * f32({momentum:?}) + g;\n\
                         moved[id] = v;\nnext[id] = p[id] - ({direction}) * rate[0];\n}}\n"
                    )
            }
        }
    }

    fn group(&self) -> u32 {
        64
    }

    fn groups(&self) -> u32 {
        (self.length as u32).div_ceil(self.group())
    }
}
