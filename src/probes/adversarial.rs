//! What fools them? Property P2 of *What Knowledge Gets Distilled* (2205.16004 §4.2): images attacked until the teacher changes
//! its mind are shown to the learners.
//!
//! The attack is I-FGSM (Kurakin et al. 2017) on the teacher's cross-entropy with the true label, in pixel space [0, 1]:
//! x ← clip(x + α·sign ∇ₓCE), clipped to the ε-ball around the image and to [0, 1]. A network is fooled when its prediction on
//! the attacked image differs from its own prediction on the clean one. Learners are judged on the images that fooled the
//! teacher. Beside it stands random sign noise of the same ε. The paper gives 5 steps and neither ε nor α; the defaults here
//! (8/255 and ε/4) are ours.
//!
//! Further ways: PGD (Madry et al. 2018: the same from a random start inside the ball); balls of L2 instead of L∞, where ε is the
//! root mean square of the change, so that one ε is one amount of noise; an attack on the student instead (does it fool the
//! teacher?), or on a foreign network, which is the paper's control; and sweeps over ε. Networks are then judged on the images
//! that fooled the attacked network. A learner and the baseline are not compared when one of them is the one that was attacked: it is
//! fooled on all of these images by their choice, and they lie nearer to its boundary than to the other's, under noise too. A matrix has
//! every network as the source and every network as the target.
//!
//! An image on which the attacked network has no gradient at all cannot be attacked. It stays among the items and counts in no rate.

use serde::Serialize;
use serde_json::{Map, Value};

use super::attack::{Attack, Attacked, Followed, Norm, sign_noise, uniform};
use super::common::{self, labels, logits, pictures, whole};
use super::{Predictions, ProbeContext, TEACHER, images, number, one_of, only};
use crate::data::IMAGE_BYTES;
use crate::error::{Error, Result};
use crate::evaluate::{Logits, pixels};
use crate::named::Named;
use crate::nets::Network;
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
    /// Attack every network in turn: who is fooled by whose attack?
    pub matrix: bool,
    /// Images whose pixels are wanted.
    pub pictures: Vec<usize>,
}

/// The network that is attacked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// Of the run, by its place among all networks: the teacher as in the paper, or a learner for the other direction.
    Own(usize),
    /// A network that neither taught nor learned here: the paper's control.
    Foreign,
}

impl Source {
    fn id(self, context: &ProbeContext<'_>) -> String {
        match self {
            Self::Own(place) => context.ids()[place].clone(),
            Self::Foreign => FOREIGN.into(),
        }
    }
}

/// Name of the foreign network as a source.
const FOREIGN: &str = "foreign";

impl Options {
    /// Reads `images` (default 200), `epsilon` (8), `steps` (5), `stepSize` (ε/4), `norm` (`linf` or `l2`), `attack` (`i-fgsm` or
    /// `pgd`), `source` (`teacher`, a learner's id, `student`, `control` or `foreign`; default `teacher`), `sweep` (a list of ε), `matrix`
    /// (true or false; default false), `pictures` (none).
    ///
    /// # Errors
    /// `probe-invalid`, `data-missing`.
    pub fn from_json(options: &Map<String, Value>, context: &ProbeContext<'_>) -> Result<Self> {
        const KNOWN: [&str; 10] =
            ["images", "epsilon", "steps", "stepSize", "norm", "attack", "source", "sweep", "matrix", "pictures"];
        only(options, &KNOWN)?;
        let images = images(options, context, 200)?;
        let epsilon = number(options, "epsilon", 8.0, 0.0, 255.0)?;
        let pictures = pictures(options, &images)?;
        let source = match options.get("source") {
            None | Some(Value::Null) => Source::Own(TEACHER),
            Some(Value::String(name)) if name == FOREIGN => match context.foreign {
                Some(_) => Source::Foreign,
                None => {
                    return Err(Error::ProbeInvalid(
                        "There is no foreign network to attack. Give the weights of one that was trained by itself."
                            .into(),
                    ));
                }
            },
            Some(Value::String(name)) => Source::Own(context.find("source", name)?),
            Some(other) => {
                return Err(Error::ProbeInvalid(format!("`source` must be the name of a network, not {other}.")));
            }
        };
        let matrix = match options.get("matrix") {
            None | Some(Value::Null) => false,
            Some(value) => value
                .as_bool()
                .ok_or_else(|| Error::ProbeInvalid(format!("`matrix` must be true or false, not {value}.")))?,
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
            matrix,
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
    pub clean: Predictions,
    /// Predictions on the attacked image.
    pub adversarial: Predictions,
    /// Predictions under random noise of the same size.
    pub noise: Predictions,
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
    pub probabilities: Conditions<Named<Vec<f64>>>,
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
    /// Steps that the learners had been trained.
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
    /// Who was attacked: a network's id or `foreign`.
    pub source: String,
    /// Fooling rate of the attacked network on the images that could be attacked: all but those whose items followed
    /// [`Followed::Nothing`]. For the paper's attack it is the teacher's.
    pub success: Rate,
    /// Images on which the attacked network's cross-entropy had no gradient at the first step, because it was too sure of the label:
    /// those whose items have followed something else.
    pub without_gradient: usize,
    /// Fooling rates of the others, on the images that fooled the attacked network; its own rate on those that could be attacked.
    pub fooling: Named<Rate>,
    /// The same images with random sign noise of size ε instead of the attack.
    pub noise: Named<Rate>,
    /// Taught learners against the baseline: fooled, on the same images. Without the attacked network; empty where it is the baseline.
    pub comparison: Named<Comparison>,
    /// The same under noise: the difference that no attack made. Without the attacked network, as above.
    pub noise_comparison: Named<Comparison>,
    /// Among the images that fooled the attacked network and the other: how often both saw the same wrong class.
    pub same_wrong_class: Named<Rate>,
    /// The same for other values of ε.
    pub sweep: Vec<Point>,
    /// Who is fooled by whose attack: a line for every source, with the fooling rates as above; `None` unless asked for.
    pub matrix: Option<Named<Named<Rate>>>,
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
    pub fooling: Named<Rate>,
    /// As in [`Report`].
    pub noise: Named<Rate>,
    /// As in [`Report`].
    pub comparison: Named<Comparison>,
}

/// Runs the probe.
///
/// # Errors
/// `probe-invalid`, `data-missing`, `gpu-lost`.
pub async fn run(options: &Options, context: &ProbeContext<'_>) -> Result<Report> {
    let (items, pictures) = attacked(options, context).await?;
    let mut sweep = Vec::with_capacity(options.sweep.len());
    for &epsilon in &options.sweep {
        let other = Options { attack: options.attack.of_size(epsilon), pictures: Vec::new(), ..options.clone() };
        let (items, _) = attacked(&other, context).await?;
        sweep.push(Point {
            epsilon,
            without_gradient: without_gradient(&items),
            fooling: rates(context, &items, options.source, |i| &i.adversarial),
            noise: rates(context, &items, options.source, |i| &i.noise),
            comparison: compare(context, &items, options.source, |i| &i.adversarial),
        });
    }
    let matrix = match options.matrix {
        false => None,
        true => Some(matrix(options, &items, context).await?),
    };
    Ok(Report {
        probe: "adversarial",
        step: context.step,
        seed: context.seed,
        epsilon: options.attack.epsilon,
        step_size: options.attack.step_size,
        steps: options.attack.steps,
        norm: options.attack.norm,
        random_start: options.random_start,
        source: options.source.id(context),
        n: items.len(),
        success: Rate::of(items.iter().filter(|i| could_be_attacked(i)).map(|i| i.fooled)),
        without_gradient: without_gradient(&items),
        fooling: rates(context, &items, options.source, |i| &i.adversarial),
        noise: rates(context, &items, options.source, |i| &i.noise),
        comparison: compare(context, &items, options.source, |i| &i.adversarial),
        noise_comparison: compare(context, &items, options.source, |i| &i.noise),
        same_wrong_class: same_wrong_class(context, &items),
        sweep,
        matrix,
        items,
        pictures,
    })
}

/// Fooling rates for every source: the teacher, the learners and, where one is at hand, the foreign network.
async fn matrix(options: &Options, items: &[Item], context: &ProbeContext<'_>) -> Result<Named<Named<Rate>>> {
    let foreign = context.foreign.map(|_| Source::Foreign);
    let mut lines = Vec::new();
    for source in (0..context.ids().len()).map(Source::Own).chain(foreign) {
        let found = match source == options.source {
            true => rates(context, items, source, |i| &i.adversarial),
            false => {
                let other = Options { source, pictures: Vec::new(), ..options.clone() };
                rates(context, &attacked(&other, context).await?.0, source, |i| &i.adversarial)
            }
        };
        lines.push((source.id(context), found));
    }
    Ok(lines.into_iter().collect())
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
fn rates(
    context: &ProbeContext<'_>,
    items: &[Item],
    source: Source,
    condition: fn(&Item) -> &Predictions,
) -> Named<Rate> {
    common::rates(context, |place| {
        let own = source == Source::Own(place);
        let counted = items.iter().filter(move |i| i.fooled || (own && could_be_attacked(i)));
        counted.map(move |i| i.clean.at(place) != condition(i).at(place))
    })
}

/// Taught learners against the baseline on the images that fooled the attacked network, which is compared with nobody.
fn compare(
    context: &ProbeContext<'_>,
    items: &[Item],
    source: Source,
    condition: fn(&Item) -> &Predictions,
) -> Named<Comparison> {
    let changed = |i: &Item, place: usize| i.clean.at(place) != condition(i).at(place);
    let all = context.comparisons(|taught, baseline| {
        let attacked = [taught, baseline].map(Source::Own).contains(&source);
        let fooled = items.iter().filter(|i| i.fooled);
        (!attacked).then(|| Comparison::of_hits(fooled.map(|i| (changed(i, taught), changed(i, baseline)))))
    });
    all.iter().filter_map(|(id, found)| Some((id, (*found)?))).collect()
}

/// Where the attack reached another network too: did it see there what the attacked network's class became?
fn same_wrong_class(context: &ProbeContext<'_>, items: &[Item]) -> Named<Rate> {
    common::rates(context, |place| {
        let reached = items.iter().filter(move |i| i.fooled && i.clean.at(place) != i.adversarial.at(place));
        reached.map(move |i| *i.adversarial.at(place) == i.became)
    })
}

/// What the networks predict for each image, and the pictures that were asked for.
async fn attacked(options: &Options, context: &ProbeContext<'_>) -> Result<(Vec<Item>, Vec<Picture>)> {
    let mut items = Vec::with_capacity(options.images.len());
    let mut pictures = Vec::new();
    let size = BATCH.min(options.images.len());
    let (source, foreign): (&Network, _) = match (options.source, context.foreign) {
        (Source::Own(place), _) => (context.networks().at(place), None),
        (Source::Foreign, Some(network)) => (network, Some(network)),
        (Source::Foreign, None) => return Err(Error::ProbeInvalid("There is no foreign network to attack.".into())),
    };
    let ids = context.ids();
    for chunk in options.images.chunks(size) {
        let mut batch = chunk.to_vec();
        batch.resize(size, chunk[0]);
        let clean = pixels(context.images, &batch, context.device)?;
        let labels = labels(context.images, &batch)?;
        let start = options.random_start.then(|| uniform(&batch, context.seed, context.device));
        let Attacked { pixels: adversarial, followed } = options.attack.on(source, clean.clone(), &labels, start)?;
        let noisy = sign_noise(clean.clone(), &batch, options.attack.epsilon, context.seed);
        let seen = Conditions {
            clean: logits(context, clean.clone()).await?,
            adversarial: logits(context, adversarial.clone()).await?,
            noise: logits(context, noisy.clone()).await?,
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
        let predicted = [&seen.clean, &seen.adversarial, &seen.noise].map(|said| said.map(Logits::predictions));
        for (i, (&index, &label)) in chunk.iter().zip(&labels).enumerate() {
            let [clean, adversarial, noise] =
                predicted.each_ref().map(|said| Named::new(&ids, said.values().map(|own| own[i])));
            let of_source = |own: &Predictions, which: usize| match (options.source, &outside) {
                (Source::Own(place), _) => *own.at(place),
                (Source::Foreign, outside) => outside.as_ref().map_or(0, |predicted| predicted[which][i]),
            };
            let (before, became) = (of_source(&clean, 0), of_source(&adversarial, 1));
            let followed = Followed::of(followed[i]);
            items.push(Item {
                index,
                label,
                class_name: context.images.classes()[label].clone(),
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
                let chances = |said: &Named<Logits>| said.map(|l| l.rows().nth(i).map(softmax).unwrap_or_default());
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
