//! What a probe is given: the networks, the images and where to compute.

use burn::tensor::Device;

use crate::data::Dataset;
use crate::error::{Error, Result};
use crate::named::{Ids, Named};
use crate::nets::{Network, Params};

/// The teacher's place in a list of all networks; learners follow in the cohort's order.
pub const TEACHER: usize = 0;

/// A learner as probes see it.
#[derive(Debug, Clone, Copy)]
pub struct ProbedLearner<'a> {
    /// What it is called in reports.
    pub id: &'a str,
    /// Its network.
    pub network: &'a Network,
    /// Trainable tensors of its method outside the network, such as a projector, if the method has any.
    pub auxiliary: Option<&'a Params>,
}

/// The networks, the images and where to compute.
#[derive(Debug, Clone)]
pub struct ProbeContext<'a> {
    /// The trained network that teaches.
    pub teacher: &'a Network,
    /// At least one learner, in the cohort's order.
    pub learners: Vec<ProbedLearner<'a>>,
    /// Which of the learners is the baseline, if one is: every other learner is compared with it.
    pub baseline: Option<usize>,
    /// A network that neither taught nor learned here, for controls.
    pub foreign: Option<&'a Network>,
    /// A baseline that began with another seed: how far apart two networks without a teacher are anyway.
    pub twin: Option<&'a Network>,
    /// Test images.
    pub images: &'a Dataset,
    /// The same test images in several domains or groups, the usual one first, where they are at hand.
    pub groups: &'a [Dataset],
    /// Seed of the run, for random noise.
    pub seed: u64,
    /// Steps that the learners have been trained.
    pub step: usize,
    /// Device of the networks.
    pub device: &'a Device,
}

impl<'a> ProbeContext<'a> {
    /// The same with some of the learners only.
    #[must_use]
    pub fn only(mut self, keep: impl Fn(&str) -> bool) -> Self {
        let baseline = self.baseline.map(|at| self.learners[at].id);
        self.learners.retain(|learner| keep(learner.id));
        self.baseline = baseline.and_then(|id| self.learners.iter().position(|learner| learner.id == id));
        self
    }

    /// `teacher`, then the learners' ids.
    pub fn ids(&self) -> Ids {
        std::iter::once("teacher").chain(self.learners.iter().map(|learner| learner.id)).map(String::from).collect()
    }

    /// All networks, the teacher first.
    pub fn networks(&self) -> Named<&'a Network> {
        let learners = self.learners.iter().map(|learner| learner.network);
        Named::new(&self.ids(), std::iter::once(self.teacher).chain(learners))
    }

    /// The first taught learner, or the only learner that there is.
    pub fn student(&self) -> ProbedLearner<'a> {
        self.learners[self.taught().next().unwrap_or(1) - 1]
    }

    /// Places of the learners in a list of all networks.
    pub fn learner_places(&self) -> impl Iterator<Item = usize> + use<> {
        1..=self.learners.len()
    }

    /// Place of the baseline in a list of all networks.
    pub fn baseline_place(&self) -> Option<usize> {
        self.baseline.map(|at| at + 1)
    }

    /// Places of the learners that are compared with the baseline: all others.
    pub fn taught(&self) -> impl Iterator<Item = usize> + use<> {
        let baseline = self.baseline_place();
        self.learner_places().filter(move |place| Some(*place) != baseline)
    }

    /// A value for each learner, from its place in a list of all networks.
    pub fn of_learners<T>(&self, f: impl FnMut(usize) -> T) -> Named<T> {
        self.at(self.learner_places(), f)
    }

    /// A value for each taught learner, from its place in a list of all networks.
    pub fn of_taught<T>(&self, f: impl FnMut(usize) -> T) -> Named<T> {
        self.at(self.taught(), f)
    }

    /// A value for each taught learner beside the baseline, from the places of both; empty without a baseline.
    pub fn comparisons<T>(&self, mut f: impl FnMut(usize, usize) -> T) -> Named<T> {
        match self.baseline_place() {
            Some(baseline) => self.of_taught(|place| f(place, baseline)),
            None => Named::default(),
        }
    }

    fn at<T>(&self, places: impl Iterator<Item = usize>, mut f: impl FnMut(usize) -> T) -> Named<T> {
        places.map(|place| (self.learners[place - 1].id, f(place))).collect()
    }

    /// Place of a network by its id; `student` is the first taught learner and `control` the baseline.
    ///
    /// # Errors
    /// `probe-invalid`, naming the option and the networks that there are.
    pub fn find(&self, option: &str, name: &str) -> Result<usize> {
        let ids = self.ids();
        let by_role = || match name {
            "student" => self.taught().next(),
            "control" => self.baseline_place(),
            _ => None,
        };
        ids.iter()
            .position(|id| id == name)
            .or_else(by_role)
            .ok_or_else(|| Error::ProbeInvalid(format!("`{option}` must be one of {}, not “{name}”.", ids.join(", "))))
    }

    /// Map taps that all networks have, from `f0` on.
    pub fn shared_taps(&self) -> usize {
        self.networks().values().map(|network| network.maps()).min().unwrap_or(0)
    }
}
