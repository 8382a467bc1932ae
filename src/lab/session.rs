//! A run: teacher, student and control, advanced step by step.
//!
//! Student and control are the same network with the same starting weights, and see the same augmented batches; only the
//! student sees the teacher. Pausing is not calling [`Session::step`].

use burn::tensor::Device;

use super::checkpoint::{Checkpoint, Header, Packed, another_run, write};
use super::events::Event;
use super::learner::Trace;
use super::lesson::{Lesson, Moment};
use super::losses::Sums;
use super::optimiser::learning_rate;
use super::settings::Settings;
use super::snapshot::Past;
use super::supply::{Need, Supply};
use super::who::{Trains, Who};
use crate::data::{Dataset, DatasetKind, Split, cifar};
use crate::error::{Error, Result};
use crate::evaluate::Logits;
use crate::nets::{Architecture, Network};
use crate::probes::Bench;
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
    pub(super) trains: Trains,
    /// The step at which the learner stands that is not trained here.
    pub(super) adopted: usize,
    /// Architectures that are trained one after the other: the assistants, then the student.
    pub(super) chain: Vec<Architecture>,
    /// The teacher that the run began with.
    pub(super) first_teacher: Network,
    pub(super) teacher_digest: String,
    pub(super) teacher_test: Option<Logits>,
    foreign: Option<Network>,
    pub(super) twin: Option<Network>,
    groups: Vec<Dataset>,
    pub(super) lesson: Lesson,
    /// Networks of an earlier step that probes are shown in place of the present ones.
    pub(super) past: Option<Past>,
    pub(super) step: usize,
    traces: Vec<[Option<Trace>; 2]>,
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
        let mut first_teacher =
            Network::new(architecture, kind.classes().len(), kind.normalisation(), settings.seed, device);
        weights::load(&mut first_teacher, teacher, device)?;
        let chain = settings.chain()?;
        Ok(Self {
            lesson: Lesson::new(
                &settings,
                kind,
                first_teacher.clone(),
                chain[0],
                chain.len() - 1,
                supply.copies(),
                device,
            )?,
            device: device.clone(),
            supply,
            trains: Trains::Both,
            adopted: 0,
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

    /// Gives probes a further network: `foreign` (any architecture; neither taught nor learned here) or `twin` (the student's
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
        let mut network = Network::new(architecture, classes, normalisation, self.settings.seed, &self.device);
        weights::load(&mut network, weights, &self.device)?;
        let own: Architecture = self.settings.student.parse()?;
        match role {
            "foreign" => self.foreign = Some(network),
            "twin" if architecture == own => self.twin = Some(network),
            "twin" => {
                return Err(Error::WeightsMismatch(format!(
                    "A twin must be a {}, as the student is; these weights are a {}'s.",
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
        steps.is_multiple_of(every) || steps.is_multiple_of(self.steps_per_lesson())
    }

    /// Advances by `n` steps and returns what happened, oldest first.
    ///
    /// # Errors
    /// `data-missing` when [`Session::needs`] is not met, `diverged` when a loss is no longer finite, `not-finite` when that is the
    /// teacher's doing or the logits of an evaluation are no numbers, `gpu-lost`.
    pub async fn step(&mut self, n: usize) -> Result<Vec<Event>> {
        let mut events = Vec::new();
        for i in 0..n {
            self.train_once()?;
            let evaluates = self.trains == Trains::Both && self.due();
            if evaluates || i + 1 == n || self.traces.len() == PROGRESS_EVERY {
                events.extend(self.read_traces().await?);
            }
            if evaluates {
                events.push(Event::Evaluation(Box::new(self.evaluate().await?)));
            }
            if self.step == self.total_steps() {
                events.push(Event::Finished { step: self.step });
            } else if self.step.is_multiple_of(self.steps_per_lesson()) && self.lesson_at(self.step) > 0 {
                events.push(self.graduate()?);
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
        let images = self.supply.images(self.step, self.lesson.views(), &self.device)?;
        let per_lesson = self.steps_per_lesson();
        let step = self.step - self.lesson_at(self.step) * per_lesson;
        let at = Moment { step, of: per_lesson, rate: self.rate_at(self.step) };
        let traces = self.lesson.step(&images, self.supply.known(self.step), at, self.trains)?;
        self.traces.push(traces);
        self.trace_classes.extend(images.classes);
        self.step += 1;
        if self.trains == Trains::Both {
            self.adopted = self.step;
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
        let mut sums = [Sums::default(), Sums::default()];
        for (pair, classes) in traces.iter().zip(classes.chunks(self.settings.batch_size)) {
            for (trace, sums) in pair.iter().zip(&mut sums) {
                if let Some(trace) = trace {
                    sums.add(trace, classes, &mut values, self.first_teacher.classes());
                }
            }
        }
        let [student, control] = sums.map(|s| s.means(traces.len(), classes.len()));
        let student = self.trains.trains(Who::Student).then_some(student);
        let control = self.trains.trains(Who::Control).then_some(control);
        if [&student, &control].into_iter().flatten().any(|losses| !losses.total.is_finite()) {
            self.check_teacher().await?;
            return Err(Error::Diverged(format!(
                "The loss is no longer a finite number at step {}: training diverged. Go back to the last checkpoint and use a smaller learning rate.",
                self.step
            )));
        }
        Ok(Some(Event::Progress {
            step: self.step,
            epoch: self.epoch(),
            steps: traces.len(),
            learning_rate: self.rate_at(self.step - 1),
            student,
            control,
        }))
    }

    /// Everything needed to go on from here, as bytes.
    ///
    /// # Errors
    /// `gpu-lost`.
    pub async fn checkpoint(&self) -> Result<Vec<u8>> {
        let header = Header {
            settings: self.settings.clone(),
            step: self.step,
            adopted: self.adopted,
            teacher: self.teacher_digest.clone(),
            met: self.supply.met(self.step),
        };
        let learners = [("student", &self.lesson.student), ("control", &self.lesson.control)];
        // The first teacher is known by its digest; an assistant exists nowhere else.
        let assistant = (self.lesson_at(self.step) > 0).then_some(&self.lesson.teacher);
        write(&header, &learners, assistant, &self.lesson.objective.state()).await
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
        if self.trains == Trains::Both && checkpoint.header.adopted != checkpoint.header.step {
            return Err(Error::CheckpointMismatch(
                "This checkpoint was saved while student and control stood at different steps.".into(),
            ));
        }
        let (step, packed) = (checkpoint.header.step, checkpoint.learners());
        let at = self.lesson_at(step);
        let teacher = self.teacher_at(step, packed)?;
        let settings = &checkpoint.header.settings;
        let mut lesson = self.lesson_of(settings, step, teacher)?;
        packed.load("student", &mut lesson.student, &self.device)?;
        packed.load("control", &mut lesson.control, &self.device)?;
        let in_lesson = step - at * self.steps_per_lesson();
        lesson.student.count_steps(in_lesson);
        lesson.control.count_steps(in_lesson);
        lesson.objective.set_state(&packed.state(&self.device))?;
        if lesson.targets.is_some() && at == 0 {
            // What the first teacher said is still true.
            lesson.targets = self.lesson.targets.take().filter(|_| self.lesson_at(self.step) == 0).or(lesson.targets);
        }
        self.lesson = lesson;
        (self.step, self.adopted) = (step, checkpoint.header.adopted);
        self.settings = checkpoint.header.settings;
        self.supply.expect(checkpoint.header.met);
        self.teacher_test = None;
        self.traces.clear();
        self.trace_classes.clear();
        Ok(())
    }

    /// Who teaches at that step: the first teacher, or an assistant that lies in the file.
    pub(super) fn teacher_at(&self, step: usize, packed: &Packed) -> Result<Network> {
        let mut teacher = self.first_teacher.clone();
        let at = self.lesson_at(step);
        if at > 0 {
            let (classes, normalisation) = (teacher.classes(), self.supply.kind.normalisation());
            teacher = Network::new(self.chain[at - 1], classes, normalisation, self.settings.seed, &self.device);
            packed.load_network("assistant", &mut teacher, &self.device)?;
        }
        Ok(teacher)
    }

    /// Changes live settings.
    ///
    /// # Errors
    /// `setting-unknown`, `setting-invalid`; nothing is changed then.
    pub fn adjust(&mut self, patch: &serde_json::Map<String, serde_json::Value>) -> Result<()> {
        self.settings.patch(patch, true)?;
        self.lesson.objective.adjust(&self.settings.options);
        Ok(())
    }

    /// A network's weights as safetensors under PyTorch names, 32-bit floats.
    ///
    /// # Errors
    /// `gpu-lost`.
    pub async fn export(&self, who: Who) -> Result<Vec<u8>> {
        weights::save(&self.network(who).params, Precision::Full).await
    }

    /// One of the three networks.
    pub fn network(&self, who: Who) -> &Network {
        match who {
            Who::Teacher => &self.lesson.teacher,
            Who::Student => &self.lesson.student.network,
            Who::Control => &self.lesson.control.network,
        }
    }

    /// The three networks with the test images, ready for a probe: those of now, or of the step that is looked back at
    /// ([`Session::look_back`]).
    pub fn bench(&self) -> Bench<'_> {
        let present = Bench {
            teacher: &self.lesson.teacher,
            student: &self.lesson.student.network,
            control: &self.lesson.control.network,
            foreign: self.foreign.as_ref(),
            twin: self.twin.as_ref(),
            parts: self.lesson.student.parts.as_ref().map(|(params, _)| params),
            images: &self.supply.test,
            groups: &self.groups,
            seed: self.settings.seed,
            step: self.step,
            device: &self.device,
        };
        match &self.past {
            None => present,
            Some(past) => Bench {
                teacher: &past.teacher,
                student: &past.student,
                control: &past.control,
                parts: past.parts.as_ref(),
                step: past.step,
                ..present
            },
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
        self.steps_per_lesson() * self.chain.len()
    }

    fn steps_per_lesson(&self) -> usize {
        self.steps_per_epoch() * self.settings.epochs
    }

    /// Which network of the chain is taught in this step; steps beyond the plan belong to the last.
    pub(super) fn lesson_at(&self, step: usize) -> usize {
        (step / self.steps_per_lesson()).min(self.chain.len() - 1)
    }

    /// Epochs done, with fraction.
    pub fn epoch(&self) -> f64 {
        self.step as f64 / self.steps_per_epoch() as f64
    }

    /// The loss with the numbers that hold now.
    pub fn formula(&self) -> String {
        self.lesson.objective.formula()
    }

    fn rate_at(&self, step: usize) -> f64 {
        let step = step - self.lesson_at(step) * self.steps_per_lesson();
        learning_rate(step, self.steps_per_lesson(), self.settings.learning_rate, WARM_UP)
    }
}
