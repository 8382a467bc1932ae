//! Objectives on named tensors from outside: for checks against other implementations, without any network.
//!
//! Names: `student.logits`, `teacher.logits` (`[B, K]`), `labels`, `indices` (`[B]`), `student.f0 … fN` and `teacher.f0 … fN`
//! (maps, the last one the pooled vector), `student.pre1 …` (stage maps before their activation), `student.strong.logits` (the
//! second view), `param.<name>` (the method's own tensors in PyTorch's layout), `state.<name>` (banks, labels of the training
//! images, numbers that would be drawn), `progress` (share of the run, 1 if absent).

use burn::tensor::{Device, Tensor, TensorData};

use super::batch::missing;
use super::{Batch, Method, Reads, Role, State, Surroundings, Term, one_hot, total};
use crate::error::{Error, Result};
use crate::fields::Values;
use crate::nets::{Layout, Params, Taps};
use crate::readback;
use crate::weights::Tensors;

/// What came out.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// Σ weight · value.
    pub total: f64,
    /// In the method's order.
    pub terms: Vec<Found>,
    /// d(total)/d(tensor) for every student tensor and parameter, zeros where it took no part.
    pub gradients: Vec<(String, Vec<usize>, Vec<f32>)>,
    /// The method's state after the step.
    pub state: Vec<(String, Vec<usize>, Vec<f32>)>,
    /// The loss in words.
    pub formula: String,
}

/// One term of the loss.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Found {
    /// Its name.
    pub name: &'static str,
    /// Whose knowledge it brings.
    pub role: Role,
    /// Factor in the total.
    pub weight: f64,
    /// The unweighted value.
    pub value: f64,
}

fn invalid(why: String) -> Error {
    Error::TensorsInvalid(why)
}

fn finite(name: &str, values: &[f32]) -> Result<()> {
    match values.iter().find(|v| !v.is_finite()) {
        None => Ok(()),
        Some(bad) => Err(invalid(format!("`{name}` holds {bad}, which is not a finite number."))),
    }
}

/// Largest size of an entry of a tap or a parameter. Some methods take fourth powers (AT, SP), sum them over all entries and divide
/// by the root: where the sum overflows, what remains is a 0 that looks like a result.
const LARGEST: f32 = 1e7;

/// Finite and not too large to compute with.
fn bounded(name: &str, values: &[f32]) -> Result<()> {
    finite(name, values)?;
    match values.iter().find(|v| v.abs() > LARGEST) {
        None => Ok(()),
        Some(large) => Err(invalid(format!(
            "`{name}` holds {large:e}, and entries may be at most {LARGEST:e} in size: squares of squares of it overflow 32-bit \
             numbers. Scale it down."
        ))),
    }
}

/// What was computed, or that it is no number.
fn computed(what: &str, values: &[f32]) -> Result<()> {
    match values.iter().find(|v| !v.is_finite()) {
        None => Ok(()),
        Some(bad) => Err(Error::NotFinite(format!(
            "{what} comes out as {bad}: 32-bit numbers cannot hold what is computed from these tensors. Scale them down."
        ))),
    }
}

/// The name of a tap that is not there, with what the names mean.
fn missing_tap(who: &str, number: usize) -> Error {
    invalid(format!(
        "The tensor `{who}.f{number}` is missing. The maps of a network are called `{who}.f0`, `{who}.f1` and so on, and the last \
         of these tensors is its pooled vector."
    ))
}

/// Most training images that a memory bank is made for: twice those of CIFAR.
const MOST_IMAGES: usize = 100_000;

/// Named tensors on their way to a device.
struct Given<'a> {
    tensors: &'a Tensors,
    device: &'a Device,
}

impl Given<'_> {
    fn values(&self, name: &str) -> Option<&[f32]> {
        self.tensors.get(name).map(|(_, values)| values.as_slice())
    }

    fn tensor<const D: usize>(&self, name: &str) -> Result<Option<Tensor<D>>> {
        let Some((shape, values)) = self.tensors.get(name) else { return Ok(None) };
        if shape.len() != D || values.is_empty() {
            return Err(invalid(format!("`{name}` must have {D} axes and some entries; its shape is {shape:?}.")));
        }
        bounded(name, values)?;
        Ok(Some(Tensor::from_data(TensorData::new(values.clone(), shape.clone()), self.device)))
    }

    fn needed<const D: usize>(&self, name: &str) -> Result<Tensor<D>> {
        self.tensor(name)?.ok_or_else(|| missing(name))
    }

    /// Whole numbers below `end`, `[n]`.
    fn counts(&self, name: &str, end: usize) -> Result<Option<Vec<usize>>> {
        let Some((shape, values)) = self.tensors.get(name) else { return Ok(None) };
        let whole = |v: &f32| (*v >= 0.0 && (*v as usize) < end && v.fract() == 0.0).then_some(*v as usize);
        let counts: Option<Vec<_>> = values.iter().map(whole).collect();
        match counts {
            Some(counts) if shape.len() == 1 => Ok(Some(counts)),
            _ => Err(invalid(format!("`{name}` must be [n] with whole numbers from 0 to {}.", end - 1))),
        }
    }

    /// Finite numbers of that shape, if the tensor is there.
    fn check(&self, name: &str, expected: &[usize]) -> Result<()> {
        match self.tensors.get(name) {
            Some((shape, _)) if shape != expected => {
                Err(invalid(format!("`{name}` must have the shape {expected:?}, not {shape:?}.")))
            }
            Some((_, values)) => finite(name, values),
            None => Ok(()),
        }
    }
}

/// The student's tensors as leaves of a gradient graph, or the teacher's as constants.
struct Side {
    taps: Taps,
    leaves: Vec<Leaf>,
}

/// A tensor of which the gradient is wanted.
enum Leaf {
    Two(String, Tensor<2>),
    Four(String, Tensor<4>),
}

impl Side {
    /// `reads`: what the method needs of it.
    fn read(given: &Given<'_>, who: &str, tracked: bool, reads: Reads) -> Result<Self> {
        let mut side = Self {
            taps: Taps {
                maps: Vec::new(),
                preacts: Vec::new(),
                pooled: given.needed(&format!("{who}.logits"))?,
                logits: given.needed(&format!("{who}.logits"))?,
            },
            leaves: Vec::new(),
        };
        if tracked {
            side.taps.logits = side.taps.logits.autodiff().require_grad();
            side.leaves.push(Leaf::Two(format!("{who}.logits"), side.taps.logits.clone()));
        }
        let four = |side: &mut Self, name: String| -> Result<Tensor<4>> {
            let map = given.needed::<4>(&name)?;
            let [.., height, width] = map.dims();
            if height != width || !height.is_power_of_two() {
                return Err(invalid(format!(
                    "`{name}` must be square with a side of 1, 2, 4, 8, …: {:?}.",
                    map.dims()
                )));
            }
            if !tracked {
                return Ok(map);
            }
            let leaf = map.autodiff().require_grad();
            side.leaves.push(Leaf::Four(name, leaf.clone()));
            Ok(leaf)
        };
        let count = (0..).take_while(|i| given.tensors.contains_key(&format!("{who}.f{i}"))).count();
        let needed = match reads {
            Reads::Nothing | Reads::Logits => 0,
            Reads::Pooled => 1,
            Reads::Maps => 2,
        };
        let number = |name: &String| name.strip_prefix(who)?.strip_prefix(".f")?.parse::<usize>().ok();
        let gap = given.tensors.keys().filter_map(number).any(|i| i >= count);
        let last = count.checked_sub(1).and_then(|last| given.tensors.get(&format!("{who}.f{last}")));
        let ends_in_a_map = last.is_some_and(|(shape, _)| shape.len() == 4);
        // Unless nothing of them is read.
        if count < needed || (count.max(needed) > 0 && (gap || ends_in_a_map)) {
            return Err(missing_tap(who, count));
        }
        for i in 0..count.saturating_sub(1) {
            let map = four(&mut side, format!("{who}.f{i}"))?;
            side.taps.maps.push(map);
        }
        if count > 0 {
            let name = format!("{who}.f{}", count - 1);
            side.taps.pooled = given.needed::<2>(&name)?;
            if tracked {
                side.taps.pooled = side.taps.pooled.autodiff().require_grad();
                side.leaves.push(Leaf::Two(name, side.taps.pooled.clone()));
            }
        }
        for i in 1..count.saturating_sub(1) {
            let name = format!("{who}.pre{i}");
            if given.tensors.contains_key(&name) {
                let map = four(&mut side, name)?;
                side.taps.preacts.push(map);
            }
        }
        if side.taps.preacts.is_empty() {
            side.taps.preacts = side.taps.maps.iter().skip(1).cloned().collect();
        }
        Ok(side)
    }

    fn layout(&self, norms: bool) -> Layout {
        let size = |map: &Tensor<4>| {
            let [_, channels, height, width] = map.dims();
            [channels, height, width]
        };
        let mut maps: Vec<_> = self.taps.maps.iter().map(size).collect();
        // A stage map that the method does not read may be a placeholder of one number; then its `pre` tells the size.
        for (stage, preact) in maps.iter_mut().skip(1).zip(&self.taps.preacts) {
            if *stage == [1, 1, 1] {
                *stage = size(preact);
            }
        }
        Layout { maps, pooled: self.taps.pooled.dims()[1], norms }
    }

    /// Every tensor has the same number of images, and stage maps are as large before their activation as after it.
    fn check(&self, who: &str, images: usize, layout: &Layout) -> Result<()> {
        let counts = self.taps.maps.iter().chain(&self.taps.preacts).map(|m| m.dims()[0]);
        let mut counts = counts.chain([self.taps.pooled.dims()[0], self.taps.logits.dims()[0]]);
        if let Some(n) = counts.find(|&n| n != images) {
            return Err(invalid(format!("The {who}'s tensors have {n} images, and `labels` has {images}.")));
        }
        let (preacts, stages) = (&self.taps.preacts, layout.stages());
        if preacts.len() != stages.len() {
            return Err(invalid(format!(
                "There are {} stage maps of the {who} and {} before their activation; `{who}.pre{}` is missing.",
                stages.len(),
                preacts.len(),
                preacts.len() + 1
            )));
        }
        for (i, (preact, stage)) in preacts.iter().zip(stages).enumerate() {
            let size = &preact.dims()[1..];
            // Placeholders are for methods that do not read them.
            if size != stage && size != [1, 1, 1] {
                let name = format!("{who}.pre{}", i + 1);
                return Err(invalid(format!("`{name}` must be as large as `{who}.f{}`, {stage:?} an image.", i + 1)));
            }
        }
        Ok(())
    }
}

/// Evaluates a method on named tensors.
///
/// # Errors
/// `tensors-invalid` naming the tensor that is missing, does not fit or holds more than 1e7 in size; `setting-invalid` where the
/// method does not fit the taps; `not-finite` naming the term or gradient that overflowed; `gpu-lost`.
pub async fn run(method: &Method, options: &Values, tensors: &Tensors, device: &Device) -> Result<Outcome> {
    run_terms(method, options, tensors, device, |_| true).await
}

/// The same for those terms alone that `wanted` accepts, at least one: value, total and gradients are theirs.
///
/// # Errors
/// As [`run`].
pub async fn run_terms(
    method: &Method,
    options: &Values,
    tensors: &Tensors,
    device: &Device,
    wanted: impl Fn(&Term) -> bool,
) -> Result<Outcome> {
    let given = Given { tensors, device };
    let student = Side::read(&given, "student", true, method.reads)?;
    let teacher = Side::read(&given, "teacher", false, method.reads)?;
    let [images, classes] = student.taps.logits.dims();
    let labels = given.counts("labels", classes)?.ok_or_else(|| missing("labels"))?;
    // Norms before the layouts, which tell methods whether there are any.
    let mut norms = Vec::new();
    while let Some(gamma) = given.tensor::<1>(&format!("state.bn{}.weight", norms.len() + 1))? {
        let beta = given.needed::<1>(&format!("state.bn{}.bias", norms.len() + 1))?;
        norms.push((gamma, beta));
    }
    let (student_layout, teacher_layout) = (student.layout(true), teacher.layout(!norms.is_empty()));
    student.check("student", labels.len(), &student_layout)?;
    teacher.check("teacher", labels.len(), &teacher_layout)?;
    if teacher.taps.logits.dims() != [images, classes] || images < 2 {
        return Err(invalid(format!(
            "`teacher.logits` must be those of at least two images for the student's {classes} classes, in the same order."
        )));
    }
    for (i, [channels, ..]) in teacher_layout.stages().iter().enumerate().take(norms.len()) {
        for part in ["weight", "bias"] {
            given.check(&format!("state.bn{}.{part}", i + 1), &[*channels])?;
        }
    }
    let indices = given.counts("indices", MOST_IMAGES)?.unwrap_or_else(|| (0..images).collect());
    // A byte each, as in a dataset.
    let known = given.counts("state.labels", classes.min(256))?.unwrap_or_default();
    let train_images = known.len().max(indices.iter().max().map_or(0, |i| i + 1));
    if known.len() > MOST_IMAGES {
        return Err(invalid(format!(
            "`state.labels` must be those of at most {MOST_IMAGES} images, not {}.",
            known.len()
        )));
    }
    if indices.len() != images {
        return Err(invalid(format!("`indices` must have one entry for each of the {images} images.")));
    }
    let strong = match tensors.contains_key("student.strong.logits") {
        // Of the second view no method reads more than logits.
        true => {
            let read = |who, tracked| Side::read(&given, who, tracked, Reads::Logits);
            Some((read("student.strong", true)?, read("teacher.strong", false)?))
        }
        false => None,
    };
    for name in ["student.strong.logits", "teacher.strong.logits", "state.noise", "state.keys"] {
        given.check(name, &[images, classes])?;
    }
    given.check("state.negatives", &[images, train_images])?;
    given.check("state.z", &[2])?;
    let progress = match given.tensor::<1>("progress")? {
        None => 1.0,
        Some(_) => match given.values("progress") {
            Some(&[share]) if (0.0..=1.0).contains(&share) => f64::from(share),
            _ => return Err(invalid("`progress` must be one number from 0 to 1.".into())),
        },
    };
    let around = Surroundings { student: &student_layout, teacher: &teacher_layout, classes, train_images, seed: 0 };
    let mut objective = (method.make)(options, &around)?;
    objective.set_state(&state(&given)?).map_err(|e| invalid(e.to_string()))?;
    let parts = parts(objective.parts(), &given)?.map(|params| params.track());

    let one_hot = one_hot(&labels, classes, device);
    let classifier = given.tensor::<2>("state.classifier")?;
    if let Some([rows, _]) = classifier.as_ref().map(Tensor::dims).filter(|[rows, _]| *rows != classes) {
        return Err(invalid(format!(
            "`state.classifier` must have a row for each of the {classes} classes, not {rows}."
        )));
    }
    let known: Vec<u8> = known.into_iter().map(|label| label as u8).collect();
    let batch = Batch {
        strong: strong.as_ref().map(|(s, t)| (&s.taps, &t.taps)),
        indices: &indices,
        known: &known,
        classifier: classifier.as_ref(),
        norms: &norms,
        progress,
        ..Batch::new(&student.taps, &teacher.taps, &one_hot, &labels)
    };
    let mut terms = objective.terms(&batch, parts.as_ref())?;
    terms.retain(wanted);
    let sum = total(&terms)?;
    let mut scalars: Vec<Tensor<1>> = terms.iter().map(|t| t.value.clone().inner()).collect();
    scalars.push(sum.clone().inner());
    let scalars = readback::read_all(scalars).await?.concat();
    for (term, value) in terms.iter().zip(&scalars) {
        computed(&format!("The term `{}` of the loss", term.name), &[*value])?;
    }
    computed("The total of the loss, `total`,", &scalars[terms.len()..])?;

    let mut graph = sum.backward();
    let strong_leaves = strong.into_iter().flat_map(|(s, _)| s.leaves);
    let mut gradients = Vec::new();
    for leaf in student.leaves.into_iter().chain(strong_leaves) {
        let (name, shape, gradient) = match leaf {
            Leaf::Two(name, x) => (name, x.dims().to_vec(), x.grad_remove(&mut graph).map(flat)),
            Leaf::Four(name, x) => (name, x.dims().to_vec(), x.grad_remove(&mut graph).map(flat)),
        };
        gradients.push((name, shape, gradient));
    }
    if let Some(parts) = &parts {
        let own = parts.gradients(&mut graph);
        gradients.extend(parts.specs().iter().zip(own).map(|(s, g)| (format!("param.{}", s.name), s.shape.clone(), g)));
    }
    let mut read = Vec::new();
    for (name, shape, gradient) in gradients {
        let values = match gradient {
            Some(gradient) => readback::read(gradient).await?,
            None => vec![0.0; shape.iter().product()],
        };
        computed(&format!("The gradient of the loss at `{name}`"), &values)?;
        read.push((name, shape, values));
    }
    let mut after = Vec::new();
    for (name, (shape, values)) in objective.state() {
        let values = readback::read(values).await?;
        computed(&format!("The method's state `{name}` after the step"), &values)?;
        after.push((name, shape, values));
    }
    Ok(Outcome {
        total: scalars.last().copied().map_or(f64::NAN, f64::from),
        terms: terms
            .iter()
            .zip(&scalars)
            .map(|(t, v)| Found { name: t.name, role: t.role, weight: t.weight, value: f64::from(*v) })
            .collect(),
        gradients: read,
        state: after,
        formula: objective.formula(),
    })
}

fn flat<const D: usize>(x: Tensor<D>) -> Tensor<1> {
    let count: usize = x.dims().iter().product();
    x.reshape([count])
}

/// All `state.*`; a normaliser of zeros means that none is set.
fn state(given: &Given<'_>) -> Result<State> {
    let mut state = State::new();
    for (name, (shape, values)) in given.tensors {
        let Some(short) = name.strip_prefix("state.") else { continue };
        finite(name, values)?;
        let name = short;
        if name == "z" && values.iter().all(|v| *v == 0.0) {
            continue;
        }
        let flat = Tensor::from_data(TensorData::new(values.clone(), [values.len()]), given.device);
        state.insert(name.into(), (shape.clone(), flat));
    }
    Ok(state)
}

/// The method's own tensors, all of which must be given.
fn parts(specs: Vec<crate::nets::Spec>, given: &Given<'_>) -> Result<Option<Params>> {
    if specs.is_empty() {
        return Ok(None);
    }
    let mut values = Vec::new();
    for spec in &specs {
        let name = format!("param.{}", spec.name);
        match given.tensors.get(&name) {
            Some((shape, data)) if *shape == spec.shape => {
                bounded(&name, data)?;
                values.push(data.clone());
            }
            Some((shape, _)) => {
                return Err(invalid(format!("`{name}` must have the shape {:?}, not {shape:?}.", spec.shape)));
            }
            None => return Err(invalid(format!("The tensor `{name}` of shape {:?} is missing.", spec.shape))),
        }
    }
    let mut params = Params::init(specs, 0, given.device);
    params.set_host(values, given.device)?;
    Ok(Some(params))
}
