//! A run: a teacher and a cohort of learners, advanced step by step.
//!
//! Learners of one architecture have the same starting weights, and all see the same augmented batches; what differs is what the
//! teacher contributes to their losses. Pausing is not calling [`Session::step`].

use std::collections::BTreeMap;

use burn::tensor::Device;

use super::checkpoint::{Checkpoint, Header, Packed, another_run, write};
use super::cohort::{CONTROL, STUDENT, TEACHER};
use super::events::Event;
use super::learner::Trace;
use super::losses::Sums;
use super::optimiser::learning_rate;
use super::settings::Settings;
use super::snapshot::Past;
use super::stage::{Stage, StepContext};
use super::supply::{Need, Supply};
use crate::data::{Dataset, DatasetKind, Split, cifar};
use crate::error::{Error, Result};
use crate::evaluate::Logits;
use crate::named::Named;
use crate::nets::{Architecture, Network};
use crate::probes::{ProbeContext, ProbedLearner};
use crate::readback;
use crate::weights::{self, Precision};
use crate::yielding::yield_now;

/// Steps whose losses are read back together.
const PROGRESS_EVERY: usize = 10;
/// Share of the steps during which the learning rate rises.
const WARM_UP: f64 = 0.05;
/// A run of distillation.
pub struct Session {
    pub(super) settings: Settings,
    pub(super) device: Device,
    pub(super) supply: Supply,
    /// Which learners are trained here, in the cohort's order.
    pub(super) trained: Vec<bool>,
    /// The step that each learner has reached: the run's own, unless it is trained elsewhere.
    pub(super) at: Vec<usize>,
    /// Architectures that are trained one after the other: the assistants, then the student.
    pub(super) chain: Vec<Architecture>,
    /// The teacher that the run began with.
    pub(super) first_teacher: Network,
    pub(super) teacher_digest: String,
    pub(super) teacher_test: Option<Logits>,
    foreign: Option<Network>,
    pub(super) twin: Option<Network>,
    groups: Vec<Dataset>,
    pub(super) stage: Stage,
    /// Networks of an earlier step that probes are shown in place of the present ones.
    pub(super) past: Option<Past>,
    pub(super) step: usize,
    traces: Vec<Vec<Option<Trace>>>,
    trace_classes: Vec<usize>,
}

impl Session {
    /// Sets up a run. Shapes-32 is generated here; images of CIFAR are added with [`Session::add`].
    ///
    /// `teacher` is a safetensors file for the teacher's architecture.
    ///
    /// # Errors
    /// Those of the settings and of the weights file.
    pub fn new(settings: Settings, teacher: &[u8], device: &Device) -> Result<Self> {
        let supply = Supply::new(&settings)?;
        let kind = supply.kind;
        let architecture: Architecture = settings.teacher.parse()?;
        let first_teacher = weights::load(architecture, kind.classes().len(), kind.normalisation(), teacher, device)?;
        let chain = settings.chain()?;
        let later = chain.len() - 1;
        let assistant = (later > 0).then(|| chain[0]);
        let stage = Stage::new(&settings, kind, first_teacher.clone(), assistant, later, supply.copies(), device)?;
        let learners = settings.cohort.learners().len();
        Ok(Self {
            stage,
            device: device.clone(),
            supply,
            trained: vec![true; learners],
            at: vec![0; learners],
            chain,
            first_teacher,
            teacher_digest: weights::digest(teacher),
            teacher_test: None,
            foreign: None,
            twin: None,
            groups: Vec::new(),
            past: None,
            step: 0,
            traces: Vec::new(),
            trace_classes: Vec::new(),
            settings,
        })
    }

    /// Gives probes a further network: `foreign` (any architecture; neither taught nor learned here) or `twin` (the baseline's
    /// architecture, trained without a teacher from another seed). Its architecture is told by its tensors.
    ///
    /// # Errors
    /// `setting-invalid` for another role, `weights-unreadable`, `weights-mismatch`.
    pub fn bring(&mut self, role: &str, weights: &[u8]) -> Result<()> {
        let (tensors, _) = weights::decode(weights)?;
        let classes = self.first_teacher.classes();
        let Some((architecture, _)) = weights::recognise(&tensors).filter(|(_, k)| *k == classes) else {
            return Err(Error::WeightsMismatch(format!(
                "These weights belong to no known architecture for {classes} classes."
            )));
        };
        let normalisation = self.supply.kind.normalisation();
        let network = weights::load(architecture, classes, normalisation, weights, &self.device)?;
        let own = self.network(CONTROL).or_else(|_| self.network(STUDENT))?.architecture();
        match role {
            "foreign" => self.foreign = Some(network),
            "twin" if architecture == own => self.twin = Some(network),
            "twin" => {
                return Err(Error::WeightsMismatch(format!(
                    "A twin must be a {}, as the control is; these weights are a {}'s.",
                    own.label(),
                    architecture.label()
                )));
            }
            _ => return Err(Error::SettingInvalid(format!("There is no role “{role}”. Choose foreign or twin."))),
        }
        Ok(())
    }

    /// Gives probes the test images of a domain or group ([`DatasetKind::groups`]; the first one first), in CIFAR's binary format.
    /// Surplus images are ignored.
    ///
    /// # Errors
    /// `setting-invalid` for a dataset that shows other images, `data-truncated`, `data-foreign`.
    pub fn show(&mut self, group: DatasetKind, bytes: &[u8]) -> Result<()> {
        if !self.supply.kind.groups().contains(&group) {
            return Err(Error::SettingInvalid(format!(
                "{} does not show the images of {}.",
                group.label(),
                self.supply.kind.label()
            )));
        }
        let mut images = cifar::read(group, bytes)?;
        images.truncate(self.settings.test_images);
        self.groups.retain(|held| held.name() != group.name());
        self.groups.push(images);
        Ok(())
    }

    /// Adds images from a file in CIFAR's binary format; surplus images are ignored. Returns how many the split now holds.
    ///
    /// # Errors
    /// `data-truncated`, `data-foreign`, `checkpoint-mismatch` when the run was restored and its images were others; nothing is
    /// added then.
    pub fn add(&mut self, split: Split, bytes: &[u8]) -> Result<usize> {
        let held = self.supply.add(split, bytes)?;
        if split == Split::Test {
            self.teacher_test = None;
        }
        Ok(held)
    }

    /// What must be added before the next step can run.
    pub fn needs(&self) -> Option<Need> {
        self.supply.needs(self.step, self.evaluates_after(self.step + 1))
    }

    /// Whether an evaluation belongs to the step that was reached.
    pub fn due(&self) -> bool {
        self.step > 0 && self.evaluates_after(self.step)
    }

    pub(super) fn evaluates_after(&self, steps: usize) -> bool {
        let every = match self.settings.evaluate_every {
            0 => self.steps_per_epoch(),
            n => n,
        };
        steps.is_multiple_of(every) || steps.is_multiple_of(self.steps_per_stage())
    }

    /// Advances by `n` steps and returns what happened, oldest first.
    ///
    /// # Errors
    /// `data-missing` when [`Session::needs`] is not met, `diverged` when a loss is no longer finite, `not-finite` when that is the
    /// teacher's doing or the logits of an evaluation are no numbers, `gpu-lost`.
    pub async fn step(&mut self, n: usize) -> Result<Vec<Event>> {
        self.advance(n, false).await
    }

    /// As [`Session::step`]; where `more` steps of the same call follow, the losses of the last ones are told with theirs.
    ///
    /// # Errors
    /// As [`Session::step`].
    pub async fn advance(&mut self, n: usize, more: bool) -> Result<Vec<Event>> {
        let mut events = Vec::new();
        for i in 0..n {
            self.train_once()?;
            let evaluates = !self.trained.contains(&false) && self.due();
            if evaluates || (!more && i + 1 == n) || self.traces.len() == PROGRESS_EVERY {
                events.extend(self.read_traces().await?);
            }
            if evaluates {
                events.push(Event::Evaluation(Box::new(self.evaluate().await?)));
            }
            if self.step == self.total_steps() {
                events.push(Event::Finished { step: self.step });
            } else if self.step.is_multiple_of(self.steps_per_stage()) && self.stage_at(self.step) > 0 {
                events.push(self.advance_stage()?);
            }
            yield_now().await;
        }
        Ok(events)
    }

    fn train_once(&mut self) -> Result<()> {
        if let Some(need) = self.needs() {
            return Err(Error::DataMissing(format!(
                "The next step needs the first {} {} images; {} are here.",
                need.images,
                need.split,
                self.dataset(need.split).len()
            )));
        }
        let images = self.supply.images(self.step, self.stage.views(&self.trained), &self.device)?;
        let per_stage = self.steps_per_stage();
        let step = self.step - self.stage_at(self.step) * per_stage;
        let at = StepContext { step, of: per_stage, rate: self.rate_at(self.step) };
        let traces = self.stage.step(&images, self.supply.known(self.step), at, &self.trained)?;
        self.traces.push(traces);
        self.trace_classes.extend(images.classes);
        self.step += 1;
        for (at, trained) in self.at.iter_mut().zip(&self.trained) {
            if *trained {
                *at = self.step;
            }
        }
        Ok(())
    }

    /// Reads the losses of the steps since the last reading, all in one round trip.
    async fn read_traces(&mut self) -> Result<Option<Event>> {
        let traces = std::mem::take(&mut self.traces);
        let classes = std::mem::take(&mut self.trace_classes);
        if traces.is_empty() {
            return Ok(None);
        }
        let tensors = traces
            .iter()
            .flatten()
            .flatten()
            .flat_map(|t| {
                let [rows, columns] = t.logits.dims();
                t.values.iter().cloned().chain([t.logits.clone().reshape([rows * columns])])
            })
            .collect();
        let mut values = readback::read_all(tensors).await?.into_iter();
        let learners = self.settings.cohort.learners();
        let mut sums: Vec<Sums> = learners.iter().map(|_| Sums::default()).collect();
        for (step, classes) in traces.iter().zip(classes.chunks(self.settings.batch_size)) {
            for (trace, sums) in step.iter().zip(&mut sums) {
                if let Some(trace) = trace {
                    sums.add(trace, classes, &mut values, self.first_teacher.classes());
                }
            }
        }
        let means = learners.iter().zip(sums).zip(&self.trained).filter(|(_, trained)| **trained);
        let learners: Named<_> =
            means.map(|((spec, sums), _)| (spec.id.clone(), sums.means(traces.len(), classes.len()))).collect();
        let diverged = learners.iter().find(|(_, losses)| !losses.total.is_finite()).map(|(id, _)| id.to_string());
        if let Some(id) = diverged {
            self.check_teacher().await?;
            return Err(Error::Diverged(format!(
                "The loss of {id} is no longer a finite number at step {}: training diverged. Go back to the last checkpoint and use a smaller learning rate.",
                self.step
            )));
        }
        Ok(Some(Event::Progress {
            step: self.step,
            epoch: self.epoch(),
            steps: traces.len(),
            learning_rate: self.rate_at(self.step - 1),
            learners,
        }))
    }

    /// Everything needed to go on from here, as bytes.
    ///
    /// # Errors
    /// `gpu-lost`.
    pub async fn checkpoint(&self) -> Result<Vec<u8>> {
        let learners = self.settings.cohort.learners();
        let apart: BTreeMap<_, _> = match self.at.iter().all(|at| *at == self.step) {
            true => BTreeMap::new(),
            false => learners.iter().map(|spec| spec.id.clone()).zip(self.at.iter().copied()).collect(),
        };
        let header = Header {
            settings: self.settings.clone(),
            step: self.step,
            apart,
            teacher: self.teacher_digest.clone(),
            met: self.supply.met(self.step),
        };
        let members = learners.iter().zip(&self.stage.members);
        let learners: Vec<_> =
            members.map(|(spec, member)| (spec.id.as_str(), &member.learner, member.objective.state())).collect();
        // The first teacher is known by its digest; an assistant exists nowhere else.
        let assistant = (self.stage_at(self.step) > 0).then_some(&self.stage.teacher);
        write(&header, &learners, assistant).await
    }

    /// Goes to the state of a checkpoint of this run, with its live settings. Its images must be those of the checkpoint; such as
    /// are not here yet are compared when they come.
    ///
    /// # Errors
    /// `checkpoint-unreadable`, `checkpoint-mismatch`; the session is unchanged then.
    pub fn restore(&mut self, bytes: &[u8]) -> Result<()> {
        let checkpoint = Checkpoint::read(bytes)?;
        checkpoint.check(&self.settings, &self.teacher_digest)?;
        another_run(&self.supply.differences(&checkpoint.header.met))?;
        let header = &checkpoint.header;
        let (step, packed) = (header.step, checkpoint.learners());
        let of = |id: &str| header.apart.get(id).copied().unwrap_or(step);
        let at: Vec<usize> = header.settings.cohort.learners().iter().map(|spec| of(&spec.id)).collect();
        if let Some(behind) = (0..at.len()).find(|i| self.trained[*i] && at[*i] != step) {
            return Err(Error::CheckpointMismatch(format!(
                "This checkpoint was saved at step {step} while the learner {} was at step {}.",
                header.settings.cohort.learners()[behind].id,
                at[behind]
            )));
        }
        let stage_at = self.stage_at(step);
        let teacher = self.teacher_at(step, packed)?;
        let mut stage = self.stage_of(&header.settings, step, teacher)?;
        let before = stage_at * self.steps_per_stage();
        for ((spec, member), at) in header.settings.cohort.learners().iter().zip(&mut stage.members).zip(&at) {
            packed.load(&spec.id, &mut member.learner, &self.device)?;
            member.learner.count_steps(at.saturating_sub(before));
            member.objective.set_state(&packed.state(&spec.id, &self.device))?;
        }
        if stage.targets.is_some() && stage_at == 0 {
            // What the first teacher said is still true.
            stage.targets = self.stage.targets.take().filter(|_| self.stage_at(self.step) == 0).or(stage.targets);
        }
        self.stage = stage;
        (self.step, self.at) = (step, at);
        self.settings = checkpoint.header.settings;
        self.supply.expect(checkpoint.header.met);
        self.teacher_test = None;
        self.traces.clear();
        self.trace_classes.clear();
        Ok(())
    }

    /// Who teaches at that step: the first teacher, or an assistant that lies in the file.
    pub(super) fn teacher_at(&self, step: usize, packed: &Packed) -> Result<Network> {
        match self.stage_at(step) {
            0 => Ok(self.first_teacher.clone()),
            at => {
                let (classes, normalisation) = (self.first_teacher.classes(), self.supply.kind.normalisation());
                packed.network(TEACHER, self.chain[at - 1], classes, normalisation, &self.device)
            }
        }
    }

    /// Changes live settings.
    ///
    /// # Errors
    /// `setting-unknown`, `setting-invalid`; nothing is changed then.
    pub fn adjust(&mut self, patch: &serde_json::Map<String, serde_json::Value>) -> Result<()> {
        self.settings.patch(patch, true)?;
        for (spec, member) in self.settings.cohort.learners().iter().zip(&mut self.stage.members) {
            member.objective.adjust(&spec.options);
        }
        Ok(())
    }

    /// A network's weights as safetensors under PyTorch names, 32-bit floats.
    ///
    /// # Errors
    /// As [`Session::network`]; `gpu-lost`.
    pub async fn export(&self, id: &str) -> Result<Vec<u8>> {
        weights::save(&self.network(id)?.params, Precision::Full).await
    }

    /// The network `teacher`, or a learner's by its id; `student` is the first taught learner and `control` the baseline.
    ///
    /// # Errors
    /// `setting-invalid`, naming what is there.
    pub fn network(&self, id: &str) -> Result<&Network> {
        match id {
            TEACHER => Ok(&self.stage.teacher),
            _ => Ok(&self.stage.members[self.settings.cohort.find(id)?].learner.network),
        }
    }

    /// The networks with the test images, ready for a probe: those of now, or of the step that is looked back at
    /// ([`Session::look_back`]).
    pub fn probe_context(&self) -> ProbeContext<'_> {
        let cohort = &self.settings.cohort;
        let learner = |at: usize| {
            let (network, auxiliary) = match &self.past {
                None => {
                    let learner = &self.stage.members[at].learner;
                    (&learner.network, learner.parts.as_ref().map(|(params, _)| params))
                }
                Some(past) => (&past.learners[at].0, past.learners[at].1.as_ref()),
            };
            ProbedLearner { id: &cohort.learners()[at].id, network, auxiliary }
        };
        ProbeContext {
            teacher: self.past.as_ref().map_or(&self.stage.teacher, |past| &past.teacher),
            learners: (0..cohort.learners().len()).map(learner).collect(),
            baseline: cohort.baseline(),
            foreign: self.foreign.as_ref(),
            twin: self.twin.as_ref(),
            images: &self.supply.test,
            groups: &self.groups,
            seed: self.settings.seed,
            step: self.past.as_ref().map_or(self.step, |past| past.step),
            device: &self.device,
        }
    }

    /// The images of a split that are here.
    pub fn dataset(&self, split: Split) -> &Dataset {
        self.supply.dataset(split)
    }

    /// Settings that hold now.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// SHA-256 of the teacher's weights file.
    pub fn teacher_digest(&self) -> &str {
        &self.teacher_digest
    }

    /// The device of all tensors.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// Steps done.
    pub fn steps_done(&self) -> usize {
        self.step
    }

    /// Steps in an epoch.
    pub fn steps_per_epoch(&self) -> usize {
        self.supply.schedule.steps_per_epoch()
    }

    /// Steps that are planned: the epochs of every network of the chain.
    pub fn total_steps(&self) -> usize {
        self.steps_per_stage() * self.chain.len()
    }

    fn steps_per_stage(&self) -> usize {
        self.steps_per_epoch() * self.settings.epochs
    }

    /// Which network of the chain is taught in this step; steps beyond the plan belong to the last.
    pub(super) fn stage_at(&self, step: usize) -> usize {
        (step / self.steps_per_stage()).min(self.chain.len() - 1)
    }

    /// Epochs done, with fraction.
    pub fn epoch(&self) -> f64 {
        self.step as f64 / self.steps_per_epoch() as f64
    }

    /// The loss of the first taught learner (of the baseline, where none is taught) with the numbers that hold now.
    pub fn formula(&self) -> String {
        let first = self.settings.cohort.find(STUDENT).unwrap_or(0);
        self.stage.members[first].objective.formula()
    }

    /// The losses of all learners with the numbers that hold now.
    pub fn formulas(&self) -> Named<String> {
        let learners = self.settings.cohort.learners().iter().zip(&self.stage.members);
        learners.map(|(spec, member)| (spec.id.clone(), member.objective.formula())).collect()
    }

    fn rate_at(&self, step: usize) -> f64 {
        let step = step - self.stage_at(step) * self.steps_per_stage();
        learning_rate(step, self.steps_per_stage(), self.settings.learning_rate, WARM_UP)
    }
}
