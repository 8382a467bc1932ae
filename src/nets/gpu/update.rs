//! What happens to single numbers after a step: running statistics, and SGD.

use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, Dispatch, backend_extension};
use burn::tensor::{Shape, Tensor};
use burn_wgpu::CubeBackend;

use super::kernel::{Task, bindings, entry, plain, run};
use crate::nets::operations::Descent;

/// The updates as burn sees them. They are made outside of any gradient.
#[backend_extension(Cube)]
pub trait Updates: Backend {
    /// See [`blend`].
    fn blend(old: FloatTensor<Self>, new: FloatTensor<Self>, keep: f64, share: f64) -> FloatTensor<Self>;
    /// See [`descend`].
    fn descend(
        p: FloatTensor<Self>,
        velocity: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        rate: FloatTensor<Self>,
        rule: Descent,
    ) -> (FloatTensor<Self>, FloatTensor<Self>);
}

/// `old·keep + new·share`, `[n]`.
pub fn blend(old: Tensor<1>, new: Tensor<1>, keep: f64, share: f64) -> Tensor<1> {
    Tensor::from_dispatch(<Dispatch as Updates>::blend(old.into_dispatch(), new.into_dispatch(), keep, share))
}

/// A step of SGD: parameters and velocity, `[n]` each, from these, the gradient and the learning rate, `[1]`.
pub fn descend(
    p: Tensor<1>,
    velocity: Tensor<1>,
    gradient: Tensor<1>,
    rate: Tensor<1>,
    rule: Descent,
) -> (Tensor<1>, Tensor<1>) {
    let [p, velocity, gradient, rate] = [p, velocity, gradient, rate].map(Tensor::into_dispatch);
    let (p, velocity) = <Dispatch as Updates>::descend(p, velocity, gradient, rate, rule);
    (Tensor::from_dispatch(p), Tensor::from_dispatch(velocity))
}

impl Updates for CubeBackend {
    fn blend(old: FloatTensor<Self>, new: FloatTensor<Self>, keep: f64, share: f64) -> FloatTensor<Self> {
        let (old, new) = (plain(old), plain(new));
        let length = old.meta.num_elements();
        let [keep, share] = [keep, share].map(|x| (x as f32).to_bits());
        let [out] = run(Update { length, kind: Kind::Blend { keep, share } }, &[&old, &new], [Shape::new([length])]);
        out
    }

    fn descend(
        p: FloatTensor<Self>,
        velocity: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        rate: FloatTensor<Self>,
        rule: Descent,
    ) -> (FloatTensor<Self>, FloatTensor<Self>) {
        let [p, velocity, gradient, rate] = [p, velocity, gradient, rate].map(plain);
        let length = p.meta.num_elements();
        let [momentum, decay] = [rule.momentum, rule.decay].map(|x| (x as f32).to_bits());
        let task = Update { length, kind: Kind::Descend { momentum, decay, nesterov: rule.nesterov } };
        let shapes = [Shape::new([length]), Shape::new([length])];
        let [p, velocity] = run(task, &[&p, &velocity, &gradient, &rate], shapes);
        (p, velocity)
    }
}

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
