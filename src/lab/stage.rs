//! A teacher and its cohort: one training step of every learner on the same batch, with one pass of the teacher.

use std::collections::HashMap;

use burn::tensor::{Device, Tensor};

use super::learner::{Learner, Trace};
use super::optimiser::{Optimiser, Rule};
use super::settings::Settings;
use super::teacher_cache::{TeacherCache, ViewId};
use crate::data::DatasetKind;
use crate::error::{Error, Result};
use crate::nets::{Architecture, Network, Params, Taps};
use crate::objectives::{Batch, BuildContext, Objective, Reads, Views};

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
    pub(super) copies: Vec<ViewId>,
}

/// When a step happens.
#[derive(Debug, Clone, Copy)]
pub(super) struct StepContext {
    /// Step of this stage, from 0.
    pub(super) step: usize,
    /// Steps of this stage.
    pub(super) of: usize,
    /// η.
    pub(super) rate: f64,
}

/// A learner of the cohort with what teaches it.
pub(super) struct Member {
    pub(super) learner: Learner,
    pub(super) objective: Box<dyn Objective>,
    /// What its method reads of the teacher.
    reads: Reads,
}

/// A teacher with its learners, in the cohort's order.
pub(super) struct Stage {
    pub(super) teacher: Network,
    pub(super) members: Vec<Member>,
    /// What the teacher said so far, where that is worth keeping.
    pub(super) targets: Option<TeacherCache>,
    /// What was said of later batches elsewhere, by step.
    pub(super) ahead: HashMap<usize, Vec<Taps>>,
    classifier: Tensor<2>,
    norms: Vec<(Tensor<1>, Tensor<1>)>,
}

impl Stage {
    /// The learners as they start. `assistant`: the architecture of all of them where it is not their own; `later`: how many stages
    /// of the chain come after this one; `copies`: how many different augmented images the run can meet, 0 for no limit.
    pub(super) fn new(
        settings: &Settings,
        kind: DatasetKind,
        teacher: Network,
        assistant: Option<Architecture>,
        later: usize,
        copies: usize,
        device: &Device,
    ) -> Result<Self> {
        let classes = kind.classes().len();
        let seed = seed(settings.seed, later);
        let rule = Rule::named(&settings.optimiser)
            .ok_or_else(|| Error::SettingInvalid("The optimiser must be sgd, adamw or dot.".into()))?;
        let (momentum, decay) = (settings.momentum, settings.weight_decay);
        let mut starts: Vec<Network> = Vec::new();
        let mut members = Vec::new();
        for spec in settings.cohort.learners() {
            let architecture = assistant.map_or_else(|| settings.architecture(spec), Ok)?;
            let known = starts.iter().find(|network| network.architecture() == architecture).cloned();
            let network =
                known.unwrap_or_else(|| Network::new(architecture, classes, kind.normalisation(), seed, device));
            let method = spec.method()?;
            let around = BuildContext {
                student: network.layout(),
                teacher: teacher.layout(),
                classes,
                train_images: settings.train_images,
                seed,
            };
            let objective = (method.make)(&spec.options, &around)?;
            starts.push(network.clone());
            let mut learner = Learner::new(network, rule, momentum, decay);
            let specs = objective.parts();
            if !specs.is_empty() {
                // Another seed than the network's: equal streams would give equal numbers.
                let parts = Params::init(specs, seed ^ PARTS, device);
                let optimiser = Optimiser::new(rule, &parts, momentum, decay);
                learner.parts = Some((parts, optimiser));
            }
            members.push(Member { learner, objective, reads: method.reads });
        }
        let reads = members.iter().map(|member| member.reads).max().unwrap_or(Reads::Nothing);
        Ok(Self {
            classifier: teacher.classifier_rows(),
            norms: teacher.norms_before_activation(),
            targets: TeacherCache::fit(reads, copies, classes, teacher.layout().pooled).then(TeacherCache::default),
            ahead: HashMap::new(),
            teacher,
            members,
        })
    }

    /// One step of the learners that are trained here, in order. `known`: classes of the training images that are at hand.
    pub(super) fn step(
        &mut self,
        images: &Images,
        known: &[u8],
        at: StepContext,
        trained: &[bool],
    ) -> Result<Vec<Option<Trace>>> {
        let teacher = self.taught(images, at.step, self.reads(trained));
        let around = Around { images, known, at, teacher: &teacher, classifier: &self.classifier, norms: &self.norms };
        let members = self.members.iter_mut().zip(trained);
        members.map(|(member, trained)| trained.then(|| member.step(&around)).transpose()).collect()
    }

    /// What the methods of these learners read of the teacher.
    pub(super) fn reads(&self, trained: &[bool]) -> Reads {
        let chosen = self.members.iter().zip(trained).filter(|(_, trained)| **trained);
        chosen.map(|(member, _)| member.reads).max().unwrap_or(Reads::Nothing)
    }

    /// Which views these learners train on.
    pub(super) fn views(&self, trained: &[bool]) -> Views {
        let mut chosen = self.members.iter().zip(trained).filter(|(_, trained)| **trained);
        match chosen.any(|(member, _)| member.objective.views() == Views::WeakAndStrong) {
            true => Views::WeakAndStrong,
            false => Views::One,
        }
    }

    /// The teacher's taps for every view, told ahead, remembered or computed: once for all learners.
    fn taught(&mut self, images: &Images, step: usize, reads: Reads) -> Vec<Taps> {
        if reads == Reads::Nothing {
            return Vec::new();
        }
        self.ahead.retain(|of, _| *of >= step);
        if let Some(told) = self.ahead.remove(&step).filter(|told| told.len() >= images.views.len()) {
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
}

/// What the learners of a step share.
struct Around<'a> {
    images: &'a Images,
    known: &'a [u8],
    at: StepContext,
    teacher: &'a [Taps],
    classifier: &'a Tensor<2>,
    norms: &'a [(Tensor<1>, Tensor<1>)],
}

impl Member {
    fn step(&mut self, around: &Around<'_>) -> Result<Trace> {
        let Around { images, known, at, teacher, classifier, norms } = *around;
        // Another learner may have asked for more than this one trains on or reads.
        let views = match self.objective.views() {
            Views::One => &images.views[..1],
            Views::WeakAndStrong => &images.views,
        };
        let teacher = if self.reads == Reads::Nothing { &[] } else { teacher };
        // Called a second time for the same step, an objective must start from the same state.
        let before = self.objective.state();
        let mut calls = 0;
        let objective = &mut self.objective;
        self.learner.step(views, at.rate, |taps, parts| {
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
}

/// Seed of a stage's starting weights and of what its methods draw. Each stage of a chain has its own, so that an assistant and
/// the next network do not start from the same weights where they are alike. The last has the seed of the run: its student starts
/// as it would without assistants. Seeds of runs have 32 bits.
fn seed(run: u64, later: usize) -> u64 {
    run + ((later as u64) << 32)
}

/// Tells the random numbers of a method's parts from those of the networks.
const PARTS: u64 = 0x7061_7274_7300_0000;
