//! Variational information distillation (Ahn et al. 2019): how much of the teacher's map can be told from the student's.
//!
//! X = Σ over stages of mean ½((f_t − μ(f_s))²/v + ln v), μ three 1×1 convolutions and v = softplus(ρ) + 1e-5 a trained variance
//! for each channel. Read in RepDistiller: β = 1, v starts at 5. Unlike mdistiller's version, ρ is trained.

use burn::tensor::activation::{relu, softplus};

use super::{framed, need_stages, stage_pairs, sum_of};
use crate::error::Result;
use crate::fields::Values;
use crate::nets::{Init, Params, Slot, Spec};
use crate::objectives::modules::{Conv, Plan, Window, own};
use crate::objectives::options::{self, Frame};
use crate::objectives::{Batch, Family, Method, Objective, Provenance, Reads, Surroundings, Term};

pub const METHOD: Method = Method {
    name: "vid",
    label: "Variational information (VID)",
    family: Family::Features,
    formula: "L = γ·CE(y, s) + α·T²·KL + β·Σ mean ½((f_t − μ(f_s))²/v + ln v)",
    source: "Ahn et al. 2019 (1904.05835); heads, v = 5 at the start and β = 1 from RepDistiller",
    provenance: Provenance::Read,
    explanation: "A small trained head guesses the teacher's maps from the student's and says for each channel how sure it is. \
        Channels that the student cannot tell get a large variance and count little.",
    reads: Reads::Maps,
    state: &[],
    options: || options::framed(1.0, 100.0),
    make: |options, around| Ok(Box::new(Vid::new(options, around)?)),
};

/// Smallest variance.
const FLOOR: f64 = 1e-5;

struct Vid {
    frame: Frame,
    plan: Plan,
    heads: Vec<(Vec<Conv>, Slot)>,
}

impl Vid {
    fn new(options: &Values, around: &Surroundings<'_>) -> Result<Self> {
        need_stages("vid", around)?;
        let mut plan = Plan::default();
        let start = ((5.0 - FLOOR).exp() - 1.0).ln() as f32;
        let pairs = around.student.stages().iter().zip(around.teacher.stages()).enumerate();
        let heads = pairs
            .map(|(i, (&[cs, ..], &[ct, ..]))| {
                let l = i + 1;
                let widths = [[cs, ct], [ct, ct], [ct, ct]];
                let head = widths.iter().enumerate();
                let head = head.map(|(j, &w)| plan.conv(&format!("mean{l}.{j}"), w, Window::POINT, false)).collect();
                (head, plan.tensor(format!("rho{l}"), &[ct], Init::Constant(start)))
            })
            .collect();
        Ok(Self { frame: Frame::new(options), plan, heads })
    }
}

impl Objective for Vid {
    fn terms(&mut self, batch: &Batch<'_>, parts: Option<&Params>) -> Result<Vec<Term>> {
        let parts = own(parts)?;
        let mut terms = framed(&self.frame, batch)?;
        let pairs = stage_pairs(batch)?.into_iter().zip(&self.heads);
        let value = sum_of(pairs.map(|((s, t), (head, rho))| {
            let hidden = |x, conv: &Conv| conv.forward(parts, x);
            let mean = head[1..].iter().fold(hidden(s, &head[0]), |x, conv| hidden(relu(x), conv));
            let channels = t.dims()[1];
            let variance = (softplus(parts.flat(*rho), 1.0) + FLOOR).reshape([1, channels, 1, 1]);
            let error = t - mean;
            ((error.clone() * error / variance.clone() + variance.log()) * 0.5).mean()
        }))?;
        terms.push(Term::of_teacher("variational", self.frame.beta, value));
        Ok(terms)
    }

    fn parts(&self) -> Vec<Spec> {
        self.plan.specs()
    }

    fn adjust(&mut self, options: &Values) {
        self.frame = Frame::new(options);
    }

    fn formula(&self) -> String {
        self.frame.formula("Σ mean ½((f_t − μ(f_s))²/v + ln v)")
    }
}
