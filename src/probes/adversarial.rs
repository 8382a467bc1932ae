//! What fools them? Property P2 of *What Knowledge Gets Distilled* (2205.16004 §4.2): images attacked until the teacher changes
//! its mind are shown to student and control.
//!
//! The attack is I-FGSM (Kurakin et al. 2017) on the teacher's cross-entropy with the true label, in pixel space [0, 1]:
//! x ← clip(x + α·sign ∇ₓCE), clipped to the ε-ball around the image and to [0, 1]. A network is fooled when its prediction on
//! the attacked image differs from its own prediction on the clean one. Students are judged on the images that fooled the
//! teacher. Beside it stands random sign noise of the same ε. The paper gives 5 steps and neither ε nor α; the defaults here
//! (8/255 and ε/4) are ours.
//!
//! Further ways: PGD (Madry et al. 2018: the same from a random start inside the ball); balls of L2 instead of L∞, where ε is the
//! root mean square of the change, so that one ε is one amount of noise; an attack on the student instead (does it fool the
//! teacher?), or on a foreign network, which is the paper's control; and sweeps over ε. Networks are then judged on the images
//! that fooled the attacked network. Student and control are not compared when one of them is the one that was attacked: it is fooled on
//! all of these images by their choice, and they lie nearer to its boundary than to the other's, under noise too.
//!
//! An image on which the attacked network has no gradient at all cannot be attacked. It stays among the items and counts in no rate.

use serde::Serialize;
use serde_json::{Map, Value};

use super::attack::{Attack, Attacked, Followed, Norm, sign_noise, uniform};
use super::common::{labels, logits, pictures, whole};
use super::{Bench, Trio, Verdicts, images, number, one_of, only};
use crate::data::IMAGE_BYTES;
use crate::error::{Error, Result};
use crate::evaluate::{Logits, pixels};
use crate::readback;
use crate::statistics::{Comparison, Rate, softmax};
use crate::yielding::yield_now;

/// Images in one pass. Constant, so that a GPU compiles its kernels once.
const BATCH: usize = 32;

/// What to compute. Sizes are in 1/255.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// Test images.
    pub images: Vec<usize>,
    /// ε, steps, α and the shape of the ball.
    pub attack: Attack,
    /// Start from a random point of the ball (PGD) instead of the image (I-FGSM).
    pub random_start: bool,
    /// Whose loss is attacked.
    pub source: Source,
    /// Further values of ε, for a curve; step sizes in proportion.
    pub sweep: Vec<f64>,
    /// Images whose pixels are wanted.
    pub pictures: Vec<usize>,
}

/// The network that is attacked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// As in the paper.
    Teacher,
    /// The other direction.
    Student,
    /// The other direction, without a teacher behind it.
    Control,
    /// A network that neither taught nor learned here: the paper's control.
    Foreign,
}

impl Options {
    /// Reads `images` (default 200), `epsilon` (8), `steps` (5), `stepSize` (ε/4), `norm` (`linf` or `l2`), `attack` (`i-fgsm` or
    /// `pgd`), `source` (`teacher`, `student`, `control` or `foreign`), `sweep` (a list of ε), `pictures` (none).
    ///
    /// # Errors
    /// `probe-invalid`, `data-missing`.
    pub fn from_json(options: &Map<String, Value>, bench: &Bench<'_>) -> Result<Self> {
        const KNOWN: [&str; 9] =
            ["images", "epsilon", "steps", "stepSize", "norm", "attack", "source", "sweep", "pictures"];
        only(options, &KNOWN)?;
        let images = images(options, bench, 200)?;
        let epsilon = number(options, "epsilon", 8.0, 0.0, 255.0)?;
        let pictures = pictures(options, &images)?;
        let source = match one_of(options, "source", &["teacher", "student", "control", "foreign"])? {
            1 => Source::Student,
            2 => Source::Control,
            3 if bench.foreign.is_none() => {
                return Err(Error::ProbeInvalid(
                    "There is no foreign network to attack. Give the weights of one that was trained by itself.".into(),
                ));
            }
            3 => Source::Foreign,
            _ => Source::Teacher,
        };
        let sweep = match options.get("sweep") {
            None | Some(Value::Null) => Some(Vec::new()),
            Some(list) => list.as_array().and_then(|list| {
                list.iter().map(|v| v.as_f64().filter(|x| (0.0..=255.0).contains(x))).collect::<Option<Vec<_>>>()
            }),
        };
        let sweep = sweep
            .filter(|list| list.len() <= 32)
            .ok_or_else(|| Error::ProbeInvalid("`sweep` must be a list of at most 32 numbers from 0 to 255.".into()))?;
        let attack = Attack {
            norm: if one_of(options, "norm", &["linf", "l2"])? == 1 { Norm::L2 } else { Norm::Linf },
            epsilon,
            steps: whole(options, "steps", 5, 1, 100)?,
            step_size: number(options, "stepSize", epsilon / 4.0, 0.0, 255.0)?,
        };
        Ok(Self {
            attack,
            random_start: one_of(options, "attack", &["i-fgsm", "pgd"])? == 1,
            source,
            sweep,
            images,
            pictures,
        })
    }
}

/// One image.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Item {
    /// Test image.
    pub index: usize,
    /// True class.
    pub label: usize,
    /// Its name.
    pub class_name: String,
    /// The attacked network changed its mind on the attacked image. Never where there was nothing to follow: what a random start
    /// alone changes is noise.
    pub fooled: bool,
    /// What the attacked network saw in the attacked image.
    pub became: usize,
    /// Which gradient the first step of the attack followed.
    pub followed: Followed,
    /// Predictions on the image itself.
    pub clean: Verdicts,
    /// Predictions on the attacked image.
    pub adversarial: Verdicts,
    /// Predictions under random noise of the same size.
    pub noise: Verdicts,
}

/// Pixels (planar, `[3·32·32]`, in [0, 1]) and probabilities of one image under the three conditions.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Picture {
    /// Test image.
    pub index: usize,
    /// The image itself.
    pub clean: Vec<f32>,
    /// Attacked.
    pub adversarial: Vec<f32>,
    /// With random noise.
    pub noise: Vec<f32>,
    /// `[K]` each.
    pub probabilities: Conditions<Trio<Vec<f64>>>,
}

/// Something for each condition.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Conditions<T> {
    /// The image itself.
    pub clean: T,
    /// Attacked.
    pub adversarial: T,
    /// With random noise.
    pub noise: T,
}

/// Everything the probe found.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// `adversarial`.
    pub probe: &'static str,
    /// Steps that student and control had been trained.
    pub step: usize,
    /// Seed of the run, which also decides the noise.
    pub seed: u64,
    /// ε in 1/255.
    pub epsilon: f64,
    /// α in 1/255.
    pub step_size: f64,
    /// Steps of the attack.
    pub steps: usize,
    /// Images.
    pub n: usize,
    /// Shape of the ball.
    pub norm: Norm,
    /// Whether the attack began at a random point.
    pub random_start: bool,
    /// Who was attacked.
    pub source: Source,
    /// Fooling rate of the attacked network on the images that could be attacked: all but those whose items followed
    /// [`Followed::Nothing`]. For the paper's attack it is the teacher's.
    pub success: Rate,
    /// Images on which the attacked network's cross-entropy had no gradient at the first step, because it was too sure of the label:
    /// those whose items have followed something else.
    pub without_gradient: usize,
    /// Fooling rates of the others, on the images that fooled the attacked network; its own rate on those that could be attacked.
    pub fooling: Trio<Rate>,
    /// The same images with random sign noise of size ε instead of the attack.
    pub noise: Trio<Rate>,
    /// Student against control: fooled, on the same images. `None` when one of the two was attacked.
    pub comparison: Option<Comparison>,
    /// The same under noise: the difference that no attack made. `None` as above.
    pub noise_comparison: Option<Comparison>,
    /// Among the images that fooled the attacked network and the other: how often both saw the same wrong class.
    pub same_wrong_class: Trio<Rate>,
    /// The same for other values of ε.
    pub sweep: Vec<Point>,
    /// By image.
    pub items: Vec<Item>,
    /// Those that were asked for.
    pub pictures: Vec<Picture>,
}

/// One ε of a sweep.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Point {
    /// ε in 1/255.
    pub epsilon: f64,
    /// As in [`Report`].
    pub without_gradient: usize,
    /// As in [`Report`].
    pub fooling: Trio<Rate>,
    /// As in [`Report`].
    pub noise: Trio<Rate>,
    /// As in [`Report`].
    pub comparison: Option<Comparison>,
}

/// Runs the probe.
///
/// # Errors
/// `probe-invalid`, `data-missing`, `gpu-lost`.
pub async fn run(options: &Options, bench: &Bench<'_>) -> Result<Report> {
    let (items, pictures) = attacked(options, bench).await?;
    let mut sweep = Vec::with_capacity(options.sweep.len());
    for &epsilon in &options.sweep {
        let other = Options { attack: options.attack.of_size(epsilon), pictures: Vec::new(), ..options.clone() };
        let (items, _) = attacked(&other, bench).await?;
        sweep.push(Point {
            epsilon,
            without_gradient: without_gradient(&items),
            fooling: rates(&items, options.source, |i| &i.adversarial),
            noise: rates(&items, options.source, |i| &i.noise),
            comparison: compare(&items, options.source, |i| &i.adversarial),
        });
    }
    Ok(Report {
        probe: "adversarial",
        step: bench.step,
        seed: bench.seed,
        epsilon: options.attack.epsilon,
        step_size: options.attack.step_size,
        steps: options.attack.steps,
        norm: options.attack.norm,
        random_start: options.random_start,
        source: options.source,
        n: items.len(),
        success: Rate::of(items.iter().filter(|i| could_be_attacked(i)).map(|i| i.fooled)),
        without_gradient: without_gradient(&items),
        fooling: rates(&items, options.source, |i| &i.adversarial),
        noise: rates(&items, options.source, |i| &i.noise),
        comparison: compare(&items, options.source, |i| &i.adversarial),
        noise_comparison: compare(&items, options.source, |i| &i.noise),
        same_wrong_class: same_wrong_class(&items),
        sweep,
        items,
        pictures,
    })
}

/// Whether the attack had anything to follow.
fn could_be_attacked(item: &Item) -> bool {
    item.followed != Followed::Nothing
}

fn without_gradient(items: &[Item]) -> usize {
    items.iter().filter(|i| i.followed != Followed::CrossEntropy).count()
}

/// How often each network changed its mind: the attacked one over the images that could be attacked, the others over those that
/// fooled it.
fn rates(items: &[Item], source: Source, condition: fn(&Item) -> &Verdicts) -> Trio<Rate> {
    let rate = |who: fn(&Verdicts) -> usize, own: Source| {
        let counted = items.iter().filter(|i| i.fooled || (own == source && could_be_attacked(i)));
        Rate::of(counted.map(|i| who(&i.clean) != who(condition(i))))
    };
    Trio {
        teacher: rate(|v| v.teacher, Source::Teacher),
        student: rate(|v| v.student, Source::Student),
        control: rate(|v| v.control, Source::Control),
    }
}

/// Student against control on the images that fooled the attacked network, unless it is one of them.
fn compare(items: &[Item], source: Source, condition: fn(&Item) -> &Verdicts) -> Option<Comparison> {
    if matches!(source, Source::Student | Source::Control) {
        return None;
    }
    let fooled = items.iter().filter(|i| i.fooled);
    let changed = |i: &Item| {
        let seen = condition(i);
        (i.clean.student != seen.student, i.clean.control != seen.control)
    };
    Some(Comparison::of_hits(fooled.map(changed)))
}

/// Where the attack reached another network too: did it see there what the attacked network's class became?
fn same_wrong_class(items: &[Item]) -> Trio<Rate> {
    let rate = |who: fn(&Verdicts) -> usize| {
        let reached = items.iter().filter(|i| i.fooled && who(&i.clean) != who(&i.adversarial));
        Rate::of(reached.map(|i| who(&i.adversarial) == i.became))
    };
    Trio { teacher: rate(|v| v.teacher), student: rate(|v| v.student), control: rate(|v| v.control) }
}

/// Verdicts by image, and the pictures that were asked for.
async fn attacked(options: &Options, bench: &Bench<'_>) -> Result<(Vec<Item>, Vec<Picture>)> {
    let mut items = Vec::with_capacity(options.images.len());
    let mut pictures = Vec::new();
    let size = BATCH.min(options.images.len());
    let foreign = bench.foreign.filter(|_| options.source == Source::Foreign);
    let source = match options.source {
        Source::Teacher => bench.teacher,
        Source::Student => bench.student,
        Source::Control => bench.control,
        Source::Foreign => bench.foreign.unwrap_or(bench.teacher),
    };
    for chunk in options.images.chunks(size) {
        let mut batch = chunk.to_vec();
        batch.resize(size, chunk[0]);
        let clean = pixels(bench.images, &batch, bench.device)?;
        let labels = labels(bench.images, &batch)?;
        let start = options.random_start.then(|| uniform(&batch, bench.seed, bench.device));
        let Attacked { pixels: adversarial, followed } = options.attack.on(source, clean.clone(), &labels, start)?;
        let noisy = sign_noise(clean.clone(), &batch, options.attack.epsilon, bench.seed);
        let seen = Conditions {
            clean: logits(bench, clean.clone()).await?,
            adversarial: logits(bench, adversarial.clone()).await?,
            noise: logits(bench, noisy.clone()).await?,
        };
        let followed = readback::read(followed).await?;
        let outside = match foreign {
            None => None,
            Some(network) => {
                let tensors = vec![network.logits(clean.clone()), network.logits(adversarial.clone())];
                let read = readback::read_all(tensors).await?.into_iter();
                let said = read.map(|values| Logits::of("foreign network", network.classes(), values));
                Some(said.map(|said| Ok(said?.predictions())).collect::<Result<Vec<_>>>()?)
            }
        };
        let predicted = |trio: &Trio<Logits>| trio.map(Logits::predictions);
        let predicted =
            [&seen.clean, &seen.adversarial, &seen.noise].map(predicted).map(|trio| move |i: usize| trio.map(|p| p[i]));
        for (i, (&index, &label)) in chunk.iter().zip(&labels).enumerate() {
            let [clean, adversarial, noise] = predicted.each_ref().map(|of| of(i));
            let of_source = |verdicts: &Verdicts, which: usize| match (options.source, &outside) {
                (Source::Student, _) => verdicts.student,
                (Source::Control, _) => verdicts.control,
                (Source::Foreign, Some(predicted)) => predicted[which][i],
                _ => verdicts.teacher,
            };
            let (before, became) = (of_source(&clean, 0), of_source(&adversarial, 1));
            let followed = Followed::of(followed[i]);
            items.push(Item {
                index,
                label,
                class_name: bench.images.classes()[label].clone(),
                fooled: before != became && followed != Followed::Nothing,
                became,
                followed,
                clean,
                adversarial,
                noise,
            });
        }
        if chunk.iter().any(|i| options.pictures.contains(i)) {
            let pixels = readback::read_all(vec![clean, adversarial, noisy]).await?;
            for (i, &index) in chunk.iter().enumerate().filter(|(_, i)| options.pictures.contains(i)) {
                let image = |which: usize| pixels[which][i * IMAGE_BYTES..(i + 1) * IMAGE_BYTES].to_vec();
                let chances = |trio: &Trio<Logits>| trio.map(|l| l.rows().nth(i).map(softmax).unwrap_or_default());
                pictures.push(Picture {
                    index,
                    clean: image(0),
                    adversarial: image(1),
                    noise: image(2),
                    probabilities: Conditions {
                        clean: chances(&seen.clean),
                        adversarial: chances(&seen.adversarial),
                        noise: chances(&seen.noise),
                    },
                });
            }
        }
        yield_now().await;
    }
    Ok((items, pictures))
}
