//! One teacher, one student, one control: how the first teaches the second, and what the third does without.

use std::collections::HashMap;

use burn::tensor::{Device, Tensor};

use super::learner::{Learner, Trace};
use super::optimiser::{Optimiser, Rule};
use super::settings::Settings;
use super::targets::{Copy, Targets};
use super::who::{Trains, Who};
use crate::data::DatasetKind;
use crate::error::{Error, Result};
use crate::nets::{Architecture, Network, Params, Taps};
use crate::objectives::{Batch, Objective, Reads, Surroundings, Term, Views, cross_entropy};

/// The images of one step.
#[derive(Debug)]
pub(super) struct Images {
    /// `[B, 3, 32, 32]`, one for each view that the method asks for.
    pub(super) views: Vec<Tensor<4>>,
    /// One-hot, `[B, K]`.
    pub(super) labels: Tensor<2>,
    /// Class numbers.
    pub(super) classes: Vec<usize>,
    /// Which training images.
    pub(super) indices: Vec<usize>,
    /// Which fixed copies of them the first view shows; empty when it was drawn for this step alone.
    pub(super) copies: Vec<Copy>,
}

/// When a step happens.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment {
    /// Step of this lesson, from 0.
    pub(super) step: usize,
    /// Steps of this lesson.
    pub(super) of: usize,
    /// η.
    pub(super) rate: f64,
}

/// A teacher with its student and the control.
pub(super) struct Lesson {
    pub(super) teacher: Network,
    pub(super) student: Learner,
    pub(super) control: Learner,
    pub(super) objective: Box<dyn Objective>,
    /// What the teacher said so far, where that is worth keeping.
    pub(super) targets: Option<Targets>,
    /// What was said of later batches elsewhere, by step.
    pub(super) ahead: HashMap<usize, Vec<Taps>>,
    pub(super) reads: Reads,
    classifier: Tensor<2>,
    norms: Vec<(Tensor<1>, Tensor<1>)>,
}

impl Lesson {
    /// Student and control as they start. `later`: how many lessons of the chain come after this one; `copies`: how many different
    /// augmented images the run can meet, 0 for no limit.
    pub(super) fn new(
        settings: &Settings,
        kind: DatasetKind,
        teacher: Network,
        student: Architecture,
        later: usize,
        copies: usize,
        device: &Device,
    ) -> Result<Self> {
        let method = settings.method()?;
        let classes = kind.classes().len();
        let seed = seed(settings.seed, later);
        let network = Network::new(student, classes, kind.normalisation(), seed, device);
        let rule = Rule::named(&settings.optimiser)
            .ok_or_else(|| Error::SettingInvalid("The optimiser must be sgd, adamw or dot.".into()))?;
        let (momentum, decay) = (settings.momentum, settings.weight_decay);
        let objective = (method.make)(
            &settings.options,
            &Surroundings {
                student: network.layout(),
                teacher: teacher.layout(),
                classes,
                train_images: settings.train_images,
                seed,
            },
        )?;
        let control = Learner::new(network, rule, momentum, decay);
        let mut student = control.clone();
        let specs = objective.parts();
        if !specs.is_empty() {
            // Another seed than the network's: equal streams would give equal numbers.
            let parts = Params::init(specs, seed ^ PARTS, device);
            let optimiser = Optimiser::new(rule, &parts, momentum, decay);
            student.parts = Some((parts, optimiser));
        }
        Ok(Self {
            classifier: teacher.classifier_rows(),
            norms: teacher.norms_before_activation(),
            targets: Targets::fit(method.reads, copies, classes, teacher.layout().pooled).then(Targets::default),
            ahead: HashMap::new(),
            reads: method.reads,
            teacher,
            student,
            control,
            objective,
        })
    }

    /// One step of those learners that are trained here, student before control. `known`: classes of the training images that
    /// are at hand.
    pub(super) fn step(
        &mut self,
        images: &Images,
        known: &[u8],
        at: Moment,
        trains: Trains,
    ) -> Result<[Option<Trace>; 2]> {
        let student = trains.trains(Who::Student).then(|| self.student_step(images, known, at)).transpose()?;
        let control = trains.trains(Who::Control).then(|| self.control_step(images, at)).transpose()?;
        Ok([student, control])
    }

    /// The teacher's taps for every view, told ahead, remembered or computed.
    fn taught(&mut self, images: &Images, step: usize) -> Vec<Taps> {
        if self.reads == Reads::Nothing {
            return Vec::new();
        }
        self.ahead.retain(|of, _| *of >= step);
        if let Some(told) = self.ahead.remove(&step).filter(|told| told.len() == images.views.len()) {
            return told;
        }
        let targets = self.targets.as_ref().filter(|_| !images.copies.is_empty());
        if let Some(known) = targets.and_then(|targets| targets.get(&images.copies)) {
            return vec![known];
        }
        let taps: Vec<_> = images.views.iter().map(|view| self.teacher.forward(view.clone())).collect();
        if let (Some(targets), Some(taps)) = (targets, taps.first()) {
            targets.put(&images.copies, taps);
        }
        taps
    }

    fn student_step(&mut self, images: &Images, known: &[u8], at: Moment) -> Result<Trace> {
        let teacher = self.taught(images, at.step);
        // Called a second time for the same step, an objective must start from the same state.
        let before = self.objective.state();
        let mut calls = 0;
        let (objective, classifier, norms) = (&mut self.objective, &self.classifier, &self.norms);
        self.student.step(&images.views, at.rate, |taps, parts| {
            if calls > 0 {
                objective.set_state(&before)?;
            }
            calls += 1;
            let batch = Batch {
                student: &taps[0],
                teacher: teacher.first(),
                strong: taps.get(1).zip(teacher.get(1)),
                labels: &images.labels,
                classes: &images.classes,
                indices: &images.indices,
                known,
                classifier: Some(classifier),
                norms,
                step: at.step,
                progress: (at.step + 1) as f64 / at.of as f64,
            };
            objective.terms(&batch, parts)
        })
    }

    fn control_step(&mut self, images: &Images, at: Moment) -> Result<Trace> {
        self.control.step(&images.views[..1], at.rate, |taps, _| {
            let value = cross_entropy(images.labels.clone(), taps[0].logits.clone());
            Ok(vec![Term::of_labels("crossEntropy", 1.0, value)])
        })
    }

    /// Which views the method trains on.
    pub(super) fn views(&self) -> Views {
        self.objective.views()
    }
}

/// Seed of a lesson's starting weights and of what its method draws. Each lesson of a chain has its own, so that an assistant and
/// the next network do not start from the same weights where they are alike. The last has the seed of the run: its student starts
/// as it would without assistants. Seeds of runs have 32 bits.
fn seed(run: u64, later: usize) -> u64 {
    run + ((later as u64) << 32)
}

/// Tells the random numbers of a method's parts from those of the networks.
const PARTS: u64 = 0x7061_7274_7300_0000;
