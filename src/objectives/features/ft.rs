//! FT, factor transfer (Kim et al. 2018): the teacher's last map put into few words by a paraphraser, the student's by a translator.
//!
//! First phase: the paraphraser (an autoencoder of the teacher's map, half as many channels) learns to rebuild the map, while the
//! student learns the labels; then X = mean |n(φ_s) − n(φ_t)| with n the channel-mean of squares, flattened, of length 1, and the
//! paraphraser fixed. Read in RepDistiller (β = 200; 30 epochs for the paraphraser at a rate of 0.01, before the student starts;
//! here within the planned steps, at the student's rate, and maps of different size are pooled before, not after).

use burn::tensor::Tensor;
use burn::tensor::activation::leaky_relu;

use super::at::attention;
use super::{framed, last_maps, need_stages};
use crate::error::{Error, Result};
use crate::fields::{Field, Values};
use crate::nets::{Params, Spec};
use crate::objectives::math::{mean_squares, same_side};
use crate::objectives::modules::{Conv, Norm, Plan, Window, own};
use crate::objectives::options::{self, Frame};
use crate::objectives::{Batch, Family, Method, Objective, Provenance, Reads, Surroundings, Term};

pub const METHOD: Method = Method {
    name: "ft",
    label: "Factor transfer (FT)",
    family: Family::Features,
    formula: "L = γ·CE(y, s) + α·T²·KL + β·mean |n(φ_s) − n(φ_t)| after a first phase in which φ_t is learned",
    source: "Kim, Park & Kwak 2018 (1802.04977); paraphraser, translator and β = 200 from RepDistiller",
    provenance: Provenance::Read,
    explanation: "Before it teaches, the teacher's map is put into fewer channels by a small network that can rebuild it from them. \
        The student, through a translator of its own, then copies this digest instead of the map itself.",
    reads: Reads::Maps,
    state: &[],
    options,
    make: |options, around| Ok(Box::new(Ft::new(options, around)?)),
};

const THREE_UP: Window = Window { transposed: true, ..Window::THREE };

fn options() -> Vec<Field> {
    let mut fields = options::framed(200.0, 2000.0);
    fields.push(options::first_phase());
    fields.push(Field {
        live: false,
        ..Field::number(
            "factor",
            [0.05, 1.0, 0.05],
            0.5,
            "Factor",
            "Channels of the digest as a share of the teacher's.",
        )
    });
    fields
}

struct Ft {
    frame: Frame,
    first: f64,
    plan: Plan,
    encoder: Vec<Conv>,
    decoder: Vec<Conv>,
    translator: Vec<(Conv, Norm)>,
}

impl Ft {
    fn new(options: &Values, around: &Surroundings<'_>) -> Result<Self> {
        need_stages("ft", around)?;
        let channels = |maps: &[[usize; 3]]| maps.last().map_or(0, |[c, ..]| *c);
        let (cs, ct) = (channels(&around.student.maps), channels(&around.teacher.maps));
        let m = ((ct as f64 * options.number("factor")).round() as usize).max(1);
        let mut plan = Plan::default();
        let mut stack = |name: &str, widths: [[usize; 2]; 3], window| -> Vec<Conv> {
            let named = widths.into_iter().enumerate();
            named.map(|(i, w)| plan.conv(&format!("paraphraser.{name}.{i}"), w, window, true)).collect()
        };
        let encoder = stack("encoder", [[ct, ct], [ct, m], [m, m]], Window::THREE);
        let decoder = stack("decoder", [[m, m], [m, ct], [ct, ct]], THREE_UP);
        let translator = [[cs, cs], [cs, m], [m, m]].into_iter().enumerate();
        let translator = translator
            .map(|(i, w)| {
                let conv = plan.conv(&format!("translator.{i}.conv"), w, Window::THREE, false);
                (conv, plan.norm(&format!("translator.{i}.bn"), w[1]))
            })
            .collect();
        let (frame, first) = (Frame::new(options), options.number("initShare"));
        Ok(Self { frame, first, plan, encoder, decoder, translator })
    }
}

fn leaky(x: Tensor<4>) -> Tensor<4> {
    leaky_relu(x, 0.1)
}

impl Objective for Ft {
    fn terms(&mut self, batch: &Batch<'_>, parts: Option<&Params>) -> Result<Vec<Term>> {
        let parts = own(parts)?;
        let (student, teacher) = last_maps(batch)?;
        let (student, teacher) = same_side(student, teacher);
        if batch.progress <= self.first {
            let layers = self.encoder.iter().chain(&self.decoder);
            let rebuilt = layers.fold(teacher.clone(), |x, conv| leaky(conv.forward(parts, x)));
            let labels = framed(&Frame { alpha: 0.0, ..self.frame }, batch)?.into_iter().next();
            let labels = labels.ok_or_else(|| Error::Internal("the labels gave no term.".into()))?;
            return Ok(vec![labels, Term::of_teacher("reconstruction", 1.0, mean_squares(rebuilt - teacher))]);
        }
        let mut terms = framed(&self.frame, batch)?;
        let digest = self.encoder.iter().fold(teacher, |x, conv| leaky(conv.forward_frozen(parts, x)));
        let told =
            self.translator.iter().fold(student, |x, (conv, norm)| leaky(norm.forward(parts, conv.forward(parts, x))));
        let value = (attention(told) - attention(digest)).abs().mean();
        terms.push(Term::of_teacher("factor", self.frame.beta, value));
        Ok(terms)
    }

    fn parts(&self) -> Vec<Spec> {
        self.plan.specs()
    }

    fn adjust(&mut self, options: &Values) {
        self.frame = Frame::new(options);
    }

    fn formula(&self) -> String {
        self.frame.formula("mean |n(φ_s) − n(φ_t)|")
    }
}
