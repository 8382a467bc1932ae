//! Hint (FitNets, Romero et al. 2015): the student's map, through a small regressor, should equal the teacher's.
//!
//! X = mean (t − r(s))² at one tap, trained jointly with the labels as 2205.16004 does (Eq. 2; the original trains hints first).
//! Regressor and β = 100 as in RepDistiller: convolution, batch normalisation and ReLU on the student.

use burn::tensor::{Tensor, activation::relu};

use super::framed;
use crate::error::Result;
use crate::fields::{Field, Values};
use crate::nets::{Layout, Params, Spec};
use crate::objectives::math::mean_squares;
use crate::objectives::modules::{Conv, Norm, Plan, Window, own};
use crate::objectives::options::{self, Frame};
use crate::objectives::registry::misfit;
use crate::objectives::{Batch, Family, Method, Objective, Provenance, Reads, Surroundings, Term};

pub const METHOD: Method = Method {
    name: "hint",
    label: "Hints at a middle layer (FitNets)",
    family: Family::Features,
    formula: "L = γ·CE(y, s) + α·T²·KL + β·mean (f_t − r(f_s))²",
    source: "Romero et al. 2015 (1412.6550); 2205.16004 Eq. 2; regressor, tap f2 and β = 100 from RepDistiller",
    provenance: Provenance::Read,
    explanation: "The student should build the same map inside as the teacher does at the same depth. As the two need not have the \
        same number of channels, a small trained regressor r translates. It asks for the teacher's way of computing, not only for its answers.",
    reads: Reads::Maps,
    state: &[],
    options,
    make: |options, around| Ok(Box::new(Hint::new(options, around)?)),
};

fn options() -> Vec<Field> {
    let mut fields = vec![Field::integer(
        "tap",
        [0, 4],
        2,
        "Tap",
        "Which map is compared: 0 is after the stem, 1 and up after the stages.",
    )];
    fields.extend(options::framed(100.0, 1000.0));
    fields
}

struct Hint {
    frame: Frame,
    tap: usize,
    plan: Plan,
    conv: Conv,
    norm: Norm,
}

/// How the student's map comes to the teacher's size, as RepDistiller does it.
fn window(student: usize, teacher: usize) -> Option<Window> {
    if student == 2 * teacher {
        Some(Window { kernel: 3, stride: 2, padding: 1, transposed: false })
    } else if 2 * student == teacher {
        Some(Window { kernel: 4, stride: 2, padding: 1, transposed: true })
    } else if student >= teacher {
        Some(Window { kernel: 1 + student - teacher, stride: 1, padding: 0, transposed: false })
    } else {
        None
    }
}

impl Hint {
    fn new(options: &Values, around: &Surroundings<'_>) -> Result<Self> {
        let tap = options.integer("tap");
        let size = |who: &str, layout: &Layout| {
            layout.maps.get(tap).copied().ok_or_else(|| {
                misfit(
                    "hint",
                    format!("the {who} has no map f{tap}, only f0 to f{}", layout.maps.len().saturating_sub(1)),
                )
            })
        };
        let ([cs, hs, _], [ct, ht, _]) = (size("student", around.student)?, size("teacher", around.teacher)?);
        let window = window(hs, ht).ok_or_else(|| {
            misfit(
                "hint",
                format!(
                    "at f{tap} the student's map is {hs}×{hs} and the teacher's {ht}×{ht}, more than twice as large"
                ),
            )
        })?;
        let mut plan = Plan::default();
        let conv = plan.conv("regressor.conv", [cs, ct], window, true);
        let norm = plan.norm("regressor.bn", ct);
        Ok(Self { frame: Frame::new(options), tap, plan, conv, norm })
    }

    fn regress(&self, parts: &Params, map: Tensor<4>) -> Tensor<4> {
        relu(self.norm.forward(parts, self.conv.forward(parts, map)))
    }
}

impl Objective for Hint {
    fn terms(&mut self, batch: &Batch<'_>, parts: Option<&Params>) -> Result<Vec<Term>> {
        let mut terms = framed(&self.frame, batch)?;
        let teacher = batch.teacher()?.maps[self.tap].clone();
        let student = self.regress(own(parts)?, batch.student.maps[self.tap].clone());
        terms.push(Term::of_teacher("hint", self.frame.beta, mean_squares(student - teacher)));
        Ok(terms)
    }

    fn parts(&self) -> Vec<Spec> {
        self.plan.specs()
    }

    fn adjust(&mut self, options: &Values) {
        self.frame = Frame::new(options);
    }

    fn formula(&self) -> String {
        self.frame.formula(&format!("mean (f{0}_t − r(f{0}_s))²", self.tap))
    }
}
