//! Do they agree where neither was taught? The consensus score of *What Knowledge Gets Distilled* (2205.16004 §4.4, Fig. 5,
//! Tab. 11; P6 in our notes): the share of images of an unseen domain on which a network predicts what the teacher
//! predicts, right or wrong.
//!
//! The paper takes the sketches, edges, silhouettes and stylised images of Geirhos et al.; here the domains are made from
//! the test images (see [`crate::data::domains`]), beside the images as they are. The stylised images keep their phase and take
//! the amplitude spectrum of an image of another class, which is no neural style transfer.

use serde::Serialize;
use serde_json::{Map, Value};

use super::common::{Consensus, Verdicts, accuracy, labels, pictures, predict, unit_pixels};
use super::{Bench, Trio, images, only};
use crate::data::domains::{self as made, Domain};
use crate::data::rng::below;
use crate::data::{Purpose, stream};
use crate::error::{Error, Result};
use crate::statistics::Rate;

/// Draws after which an image of the same class will do as a style: with two classes or more it takes about two.
const TRIES: usize = 100;

/// What to compute.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// Test images.
    pub images: Vec<usize>,
    /// Which domains, beside the images as they are.
    pub domains: Vec<Domain>,
    /// Images whose pixels are wanted.
    pub pictures: Vec<usize>,
}

impl Options {
    /// Reads `images` (default 200), `domains` (a list of names; default all), `pictures` (none).
    ///
    /// # Errors
    /// `probe-invalid`, `data-missing`.
    pub fn from_json(options: &Map<String, Value>, bench: &Bench<'_>) -> Result<Self> {
        only(options, &["images", "domains", "pictures"])?;
        let images = images(options, bench, 200)?;
        let named = |v: &Value| Domain::ALL.into_iter().find(|d| v.as_str() == Some(d.name()));
        let domains: Option<Vec<_>> = match options.get("domains") {
            None | Some(Value::Null) => Some(Domain::ALL.to_vec()),
            Some(Value::Array(list)) => list.iter().map(named).collect(),
            Some(one) => named(one).map(|d| vec![d]),
        };
        let domains = domains.ok_or_else(|| {
            let names = Domain::ALL.map(Domain::name).join(", ");
            Error::ProbeInvalid(format!("`domains` must be a list of {names}."))
        })?;
        Ok(Self { pictures: pictures(options, &images)?, images, domains })
    }
}

/// What was found in one domain.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct InDomain {
    /// `unchanged` or the domain's name.
    pub domain: &'static str,
    /// What is kept and what is taken away.
    pub meaning: &'static str,
    /// Agreement with the teacher.
    pub consensus: Consensus,
    /// Accuracy of the three networks.
    pub accuracy: Trio<Rate>,
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
    /// Predictions in the order of the domains.
    pub verdicts: Vec<Verdicts>,
}

/// Pixels of one image in every domain, planar, `[3·32·32]` in [0, 1].
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Picture {
    /// Test image.
    pub index: usize,
    /// In the order of the domains.
    pub domains: Vec<Vec<f32>>,
}

/// Everything the probe found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// `domains`.
    pub probe: &'static str,
    /// Steps that student and control had been trained.
    pub step: usize,
    /// Seed of the run, which also decides the styles.
    pub seed: u64,
    /// Images.
    pub n: usize,
    /// By domain, the unchanged images first.
    pub domains: Vec<InDomain>,
    /// By image.
    pub items: Vec<Item>,
    /// Those that were asked for.
    pub pictures: Vec<Picture>,
}

/// Image `index` in a domain; `None` is the image as it is.
fn pixels(bench: &Bench<'_>, domain: Option<Domain>, index: usize) -> Result<Vec<f32>> {
    let image = unit_pixels(bench.images, index)?;
    Ok(match domain {
        None => image,
        Some(Domain::Greyscale) => made::greyscale(&image),
        Some(Domain::Edges) => made::edges(&image),
        Some(Domain::Silhouettes) => match bench.images.mask(index)? {
            Some(mask) => made::silhouette(mask),
            None => made::silhouette(&made::darker_part(&image)),
        },
        Some(Domain::Posterised) => made::posterised(&image),
        Some(Domain::Stylised) => made::stylise(&image, &unit_pixels(bench.images, style_of(bench, index)?)?),
    })
}

/// The test image that lends its amplitudes: drawn until it is of another class.
fn style_of(bench: &Bench<'_>, index: usize) -> Result<usize> {
    let mut rng = stream(bench.seed, Purpose::Style, index as u64, 0);
    let held = bench.images.len() as u32;
    let own = bench.images.label(index)?;
    let mut drawn = index;
    for _ in 0..TRIES {
        drawn = below(&mut rng, held) as usize;
        if bench.images.label(drawn)? != own {
            break;
        }
    }
    Ok(drawn)
}

/// Runs the probe.
///
/// # Errors
/// `data-missing`, `gpu-lost`.
pub async fn run(options: &Options, bench: &Bench<'_>) -> Result<Report> {
    let n = options.images.len();
    let truth = labels(bench.images, &options.images)?;
    let all: Vec<Option<Domain>> = std::iter::once(None).chain(options.domains.iter().copied().map(Some)).collect();
    let mut found = Vec::with_capacity(all.len());
    let mut by_image: Vec<Vec<Verdicts>> = vec![Vec::with_capacity(all.len()); n];
    for &domain in &all {
        let verdicts = predict(bench, n, |i| pixels(bench, domain, options.images[i])).await?;
        found.push(InDomain {
            domain: domain.map_or("unchanged", Domain::name),
            meaning: domain.map_or("The images as they are.", Domain::meaning),
            consensus: Consensus::of(&verdicts),
            accuracy: accuracy(&verdicts, &truth),
        });
        by_image.iter_mut().zip(verdicts).for_each(|(image, verdict)| image.push(verdict));
    }
    let items = options.images.iter().zip(&truth).zip(by_image).map(|((&index, &label), verdicts)| Item {
        index,
        label,
        class_name: bench.images.classes()[label].clone(),
        verdicts,
    });
    let picture = |&index: &usize| {
        let domains = all.iter().map(|&domain| pixels(bench, domain, index)).collect::<Result<_>>()?;
        Ok(Picture { index, domains })
    };
    Ok(Report {
        probe: "domains",
        step: bench.step,
        seed: bench.seed,
        n,
        domains: found,
        items: items.collect(),
        pictures: options.pictures.iter().map(picture).collect::<Result<_>>()?,
    })
}
