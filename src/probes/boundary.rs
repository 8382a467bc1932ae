//! Where do they draw the line between classes? Decision boundaries on planes through three images, compared with the
//! teacher's: Somepalli et al. 2022 as used in *What Knowledge Gets Distilled* (2205.16004 §6, Tab. 1; P13 in our notes).
//!
//! The plane through x₁, x₂, x₃ has the unit vectors a = (x₂ − x₁)/‖x₂ − x₁‖ and, of b = x₃ − x₁, what is left across a. The
//! grid reaches a tenth of the images' extent beyond them on each side, as in the published code of Somepalli et al. The
//! score of a plane is the share of its grid points on which a network predicts what the teacher predicts. Distances are
//! measured in pixels in [0, 1] (there: after normalisation), and points of the plane outside [0, 1] are not clipped.

use serde::Serialize;
use serde_json::{Map, Value};

use super::common::{labels, predict, unit_pixels, whole};
use super::{Bench, Trio, only};
use crate::data::rng::shuffle;
use crate::data::{Dataset, Purpose, stream};
use crate::error::{Error, Result};
use crate::statistics::Comparison;

/// How far the grid reaches beyond the images, in parts of their extent.
const MARGIN: f64 = 0.1;
/// Most planes in one report.
const MOST_TRIPLETS: usize = 200;
/// Which probe draws, for [`Purpose::Probe`].
const DRAWS: u64 = 4;

/// What to compute.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// Test images, three for a plane.
    pub triplets: Vec<[usize; 3]>,
    /// Grid points along each side.
    pub resolution: usize,
    /// For how many planes, from the first on, the predictions themselves are wanted.
    pub pictures: usize,
}

impl Options {
    /// Reads `triplets` (how many, 1 to 200, drawn by the run's seed with three different classes each; or a list of lists
    /// of three test images; default 5), `resolution` (2 to 200, default 50), `pictures` (default 1).
    ///
    /// # Errors
    /// `probe-invalid`, `data-missing`.
    pub fn from_json(options: &Map<String, Value>, bench: &Bench<'_>) -> Result<Self> {
        only(options, &["triplets", "resolution", "pictures"])?;
        if bench.images.is_empty() {
            return Err(Error::DataMissing("There are no test images yet to probe.".into()));
        }
        let triplets = match options.get("triplets") {
            Some(Value::Array(list)) => given(list, bench.images.len())?,
            _ => {
                let n = whole(options, "triplets", 5, 1, MOST_TRIPLETS)?;
                (0..n).map(|t| drawn(bench.images, bench.seed, t)).collect::<Result<_>>()?
            }
        };
        for triplet in &triplets {
            plane(bench.images, triplet)?;
        }
        Ok(Self {
            resolution: whole(options, "resolution", 50, 2, 200)?,
            pictures: whole(options, "pictures", 1, 0, MOST_TRIPLETS)?.min(triplets.len()),
            triplets,
        })
    }
}

/// Triplets as they are asked for.
fn given(list: &[Value], held: usize) -> Result<Vec<[usize; 3]>> {
    let index =
        |v: &Value| v.as_f64().filter(|x| x.fract() == 0.0 && *x >= 0.0 && *x < held as f64).map(|x| x as usize);
    let triplet = |v: &Value| -> Option<[usize; 3]> {
        let three: Vec<usize> = v.as_array()?.iter().map(index).collect::<Option<_>>()?;
        three.try_into().ok()
    };
    let all: Option<Vec<_>> = list.iter().map(triplet).collect();
    all.filter(|all| (1..=MOST_TRIPLETS).contains(&all.len())).ok_or_else(|| {
        Error::ProbeInvalid(format!(
            "`triplets` must be a number from 1 to {MOST_TRIPLETS} or a list of lists of three test image numbers from 0 to {}.",
            held - 1
        ))
    })
}

/// Three images of different classes: the first ones in an order drawn by the seed.
fn drawn(images: &Dataset, seed: u64, place: usize) -> Result<[usize; 3]> {
    let mut order: Vec<usize> = (0..images.len()).collect();
    shuffle(&mut stream(seed, Purpose::Probe, DRAWS, place as u64), &mut order);
    let mut three: Vec<usize> = Vec::with_capacity(3);
    for index in order {
        let label = images.label(index)?;
        if three.iter().all(|&other| images.label(other) != Ok(label)) {
            three.push(index);
        }
        if let Ok(three) = <[usize; 3]>::try_from(three.as_slice()) {
            return Ok(three);
        }
    }
    Err(Error::ProbeInvalid(
        "The test images are of fewer than three classes, and a plane needs one image of each of three.".into(),
    ))
}

/// The plane through three images.
#[derive(Debug, Clone, PartialEq)]
pub struct Plane {
    origin: Vec<f64>,
    axes: [Vec<f64>; 2],
    /// Where the three images lie: (x, y) in pixel distance from the first, which is at (0, 0).
    pub coordinates: [[f64; 2]; 3],
    /// First and last x of the grid.
    pub x: [f64; 2],
    /// First and last y of the grid.
    pub y: [f64; 2],
}

impl Plane {
    /// Through three images of equal length; `None` where they lie on one line.
    pub fn through(images: [&[f32]; 3]) -> Option<Self> {
        let [origin, second, third] = images.map(|image| image.iter().map(|&v| f64::from(v)).collect::<Vec<_>>());
        let minus = |v: &[f64]| v.iter().zip(&origin).map(|(v, o)| v - o).collect::<Vec<_>>();
        let dot = |v: &[f64], w: &[f64]| v.iter().zip(w).map(|(v, w)| v * w).sum::<f64>();
        let unit = |v: Vec<f64>, least: f64| {
            let length = dot(&v, &v).sqrt();
            (length > least).then(|| (v.into_iter().map(|v| v / length).collect::<Vec<_>>(), length))
        };
        let (first_axis, width) = unit(minus(&second), 1e-6)?;
        let b = minus(&third);
        let along = dot(&first_axis, &b);
        let across = b.iter().zip(&first_axis).map(|(b, a)| b - along * a).collect();
        let (second_axis, height) = unit(across, 1e-6 * dot(&b, &b).sqrt().max(1.0))?;
        let coordinates = [[0.0, 0.0], [width, 0.0], [along, height]];
        let reach = |axis: usize| {
            let values = coordinates.map(|c| c[axis]);
            let (low, high) = values.iter().fold((f64::MAX, f64::MIN), |(l, h), &v| (l.min(v), h.max(v)));
            [low - MARGIN * (high - low), high + MARGIN * (high - low)]
        };
        let (x, y) = (reach(0), reach(1));
        Some(Self { origin, axes: [first_axis, second_axis], coordinates, x, y })
    }

    /// The point of the plane at (x, y), as an image.
    pub fn at(&self, x: f64, y: f64) -> Vec<f32> {
        let [a, b] = &self.axes;
        self.origin.iter().zip(a).zip(b).map(|((o, a), b)| (o + x * a + y * b) as f32).collect()
    }

    /// Coordinates of point `i` of a grid with `resolution` points a side: row by row, the row with the smallest y first, x
    /// rising in a row.
    pub fn point(&self, i: usize, resolution: usize) -> [f64; 2] {
        let on = |[low, high]: [f64; 2], at: usize| low + (high - low) * at as f64 / (resolution.max(2) - 1) as f64;
        [on(self.x, i % resolution), on(self.y, i / resolution)]
    }
}

fn plane(images: &Dataset, triplet: &[usize; 3]) -> Result<Plane> {
    let [a, b, c] = [0, 1, 2].map(|i| unit_pixels(images, triplet[i]));
    Plane::through([&a?, &b?, &c?]).ok_or_else(|| {
        let [i, j, k] = triplet;
        Error::ProbeInvalid(format!(
            "The images {i}, {j} and {k} lie on one line (two of them may be the same), and no single plane goes through them."
        ))
    })
}

/// Points on which a network predicts what the teacher predicts. No interval: neighbouring points are not independent.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Share {
    /// How many.
    pub count: usize,
    /// Out of how many points.
    pub n: usize,
    /// count / n, in [0, 1].
    pub share: f64,
}

impl Share {
    fn of(hits: impl ExactSizeIterator<Item = bool>) -> Self {
        let n = hits.len();
        let count = hits.filter(|hit| *hit).count();
        // A grid has at least four points.
        Self { count, n, share: count as f64 / n.max(1) as f64 }
    }
}

/// One plane.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Item {
    /// The three test images.
    pub images: [usize; 3],
    /// Their classes.
    pub labels: [usize; 3],
    /// Their names.
    pub class_names: [String; 3],
    /// The student's score.
    pub student: Share,
    /// The control's score.
    pub control: Share,
}

/// What a page needs to draw a plane.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Picture {
    /// The three test images.
    pub images: [usize; 3],
    /// Where they lie, (x, y).
    pub coordinates: [[f64; 2]; 3],
    /// First and last x.
    pub x: [f64; 2],
    /// First and last y.
    pub y: [f64; 2],
    /// Points along each side.
    pub resolution: usize,
    /// Predicted classes, `[resolution²]`: row by row, the row with the smallest y first.
    pub classes: Trio<Vec<usize>>,
}

/// Everything the probe found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// `boundary`.
    pub probe: &'static str,
    /// Steps that student and control had been trained.
    pub step: usize,
    /// Seed of the run, which also chooses the images.
    pub seed: u64,
    /// Planes.
    pub n: usize,
    /// Grid points along each side of a plane.
    pub resolution: usize,
    /// Mean scores of student and control over the planes; the interval comes from resampling planes.
    pub comparison: Comparison,
    /// By plane.
    pub items: Vec<Item>,
    /// The first ones, as many as were asked for.
    pub pictures: Vec<Picture>,
}

/// Runs the probe.
///
/// # Errors
/// `probe-invalid`, `data-missing`, `gpu-lost`.
pub async fn run(options: &Options, bench: &Bench<'_>) -> Result<Report> {
    let resolution = options.resolution;
    let (mut items, mut pictures) = (Vec::with_capacity(options.triplets.len()), Vec::new());
    for (place, triplet) in options.triplets.iter().enumerate() {
        let plane = plane(bench.images, triplet)?;
        let point = |i: usize| {
            let [x, y] = plane.point(i, resolution);
            Ok(plane.at(x, y))
        };
        let verdicts = predict(bench, resolution * resolution, point).await?;
        let classes = labels(bench.images, triplet)?;
        items.push(Item {
            images: *triplet,
            labels: [classes[0], classes[1], classes[2]],
            class_names: [0, 1, 2].map(|i| bench.images.classes()[classes[i]].clone()),
            student: Share::of(verdicts.iter().map(|v| v.student == v.teacher)),
            control: Share::of(verdicts.iter().map(|v| v.control == v.teacher)),
        });
        if place < options.pictures {
            pictures.push(Picture {
                images: *triplet,
                coordinates: plane.coordinates,
                x: plane.x,
                y: plane.y,
                resolution,
                classes: Trio {
                    teacher: verdicts.iter().map(|v| v.teacher).collect(),
                    student: verdicts.iter().map(|v| v.student).collect(),
                    control: verdicts.iter().map(|v| v.control).collect(),
                },
            });
        }
    }
    let scores: Vec<_> = items.iter().map(|i| (i.student.share, i.control.share)).collect();
    Ok(Report {
        probe: "boundary",
        step: bench.step,
        seed: bench.seed,
        n: items.len(),
        resolution,
        comparison: Comparison::of(&scores, bench.seed),
        items,
        pictures,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_images_lie_where_their_coordinates_say() {
        let images: [Vec<f32>; 3] = [1, 2, 3].map(|salt| (0..60).map(|i| (i * i * salt % 17) as f32 / 17.0).collect());
        let plane = Plane::through([&images[0], &images[1], &images[2]]).unwrap();
        for (image, [x, y]) in images.iter().zip(plane.coordinates) {
            assert!(plane.at(x, y).iter().zip(image).all(|(a, b)| (a - b).abs() < 1e-6));
        }
        // Distances in the plane are distances of images.
        let [p, q] = [plane.at(0.3, -0.2), plane.at(-0.1, 0.1)];
        let distance = p.iter().zip(&q).map(|(p, q)| f64::from(p - q).powi(2)).sum::<f64>().sqrt();
        assert!((distance - 0.5).abs() < 1e-6);
        assert_eq!(plane.point(0, 5), [plane.x[0], plane.y[0]]);
        assert_eq!(plane.point(24, 5), [plane.x[1], plane.y[1]]);
        assert_eq!(plane.point(4, 5), [plane.x[1], plane.y[0]]);
        let width = plane.coordinates[1][0].max(plane.coordinates[2][0]) - plane.coordinates[2][0].min(0.0);
        assert!((plane.x[1] - plane.x[0] - 1.2 * width).abs() < 1e-9);
    }

    #[test]
    fn images_on_a_line_span_no_plane() {
        let (a, b): (Vec<f32>, Vec<f32>) = (vec![0.1; 12], (0..12).map(|i| i as f32 / 12.0).collect());
        let middle: Vec<f32> = a.iter().zip(&b).map(|(a, b)| 0.5 * (a + b)).collect();
        assert_eq!(Plane::through([&a, &b, &middle]), None);
        assert_eq!(Plane::through([&a, &a, &b]), None);
        assert_eq!(Plane::through([&a, &b, &b]), None);
        assert_eq!(Plane::through([&a, &b, &a]), None);
    }
}
