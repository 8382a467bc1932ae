//! Shapes-32: textured, coloured shapes on cluttered backgrounds, with the exact mask of every object.
//!
//! Ten classes that differ in their outline and in nothing else: texture, colours, place, size, rotation (up to 45°
//! either way), background and clutter are drawn from the same distributions for all. The clutter holds pieces of all
//! shapes, so an edge or a corner somewhere does not give the class away. The dataset needs no download, and since it
//! is known which pixels are the object, a saliency map can be compared with the truth.
//!
//! Image `i` of a split under a seed is a pure function of these three. It does not depend on how many images are made
//! or in which order, and it has the same bytes natively and in WebAssembly: only operations with exactly rounded
//! results are used (sine and cosine are made of them, see `trig`).

mod colour;
pub mod conflict;
mod outline;
mod raster;
mod scene;
mod texture;
mod trig;

#[cfg(test)]
mod tests;

pub use colour::Colour;
pub use outline::{Scrap, Shape};
pub use scene::{Backdrop, Clutter, Light, Pose, Scene};
pub use texture::{Fill, Texture};

use sha2::{Digest, Sha256};

use super::rng::{Purpose, shuffle, stream};
use super::{Dataset, DatasetKind, IMAGE_BYTES, PIXELS, SIDE, Split};
use crate::error::Result;
use raster::Contour;
use texture::{Painter, mix};

/// Seed that every run uses: Shapes-32 is one dataset, as CIFAR is.
pub const SEED: u64 = 0;

/// A drawn image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// `3 × 32 × 32` bytes: red, green, blue plane.
    pub pixels: Vec<u8>,
    /// `32 × 32` bytes: 1 where the object covers at least half of the pixel, else 0.
    pub mask: Vec<u8>,
}

/// Draws a scene. Shapes are anti-aliased with 4 × 4 samples a pixel.
pub fn render(scene: &Scene) -> Rendered {
    let mut canvas = behind(scene);
    let outline = place(&scene.shape.contours(), &scene.pose);
    let covered = paint(&mut canvas, &outline, &scene.fill, scene.pose.centre);
    Rendered {
        pixels: expose(&canvas, &scene.light),
        mask: covered.iter().map(|&samples| u8::from(2 * samples >= raster::FULL)).collect(),
    }
}

/// The scene of image `index` of a split under `seed`.
pub fn scene(seed: u64, split: Split, index: usize) -> Scene {
    let (split_number, index) = (split as u64, index as u64);
    // Ten images in a row show each class once, in a random order.
    let mut classes = Shape::ALL;
    shuffle(&mut stream(seed, Purpose::ShapesLabels, split_number, index / 10), &mut classes);
    let shape = classes[(index % 10) as usize];
    Scene::sample(&mut stream(seed, Purpose::Shapes, split_number, index), shape)
}

/// A dataset of the images `start`..`start + count` of a split under `seed`.
pub fn generate(seed: u64, split: Split, start: usize, count: usize) -> Dataset {
    let mut dataset = Dataset::empty(DatasetKind::Shapes32);
    // What is generated fits by construction.
    let fits = extend(&mut dataset, seed, split, start, count);
    debug_assert!(fits.is_ok(), "{fits:?}");
    dataset
}

/// Adds the images `start`..`start + count` of a split under `seed` to a dataset of Shapes-32, and returns how many it
/// has now. Use it to generate a large dataset a little at a time. Error: `data-foreign` if `dataset` is another one.
pub fn extend(dataset: &mut Dataset, seed: u64, split: Split, start: usize, count: usize) -> Result<usize> {
    for index in start..start.saturating_add(count) {
        let scene = scene(seed, split, index);
        let Rendered { pixels, mask } = render(&scene);
        dataset.append(&pixels, &[scene.shape.label()], Some(&mask))?;
    }
    Ok(dataset.len())
}

/// What [`checksum`] returns on every machine.
pub const CHECKSUM: &str = "e7597626968b610577356dd27a4434643c8e678208c2d1cbf71ebe22ffd4f6e6";

/// SHA-256, in hexadecimal, of the pixels, masks and labels of the first 100 training images of seed 0. Recorded
/// results on Shapes-32 hold only as long as this is [`CHECKSUM`].
pub fn checksum() -> String {
    let dataset = generate(0, Split::Train, 0, 100);
    let mut hasher = Sha256::new();
    hasher.update(dataset.images());
    hasher.update(dataset.masks().unwrap_or_default());
    hasher.update(dataset.labels());
    hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

type Canvas = Vec<[f32; 3]>;

/// The middle of a pixel.
fn middle(pixel: usize) -> (f32, f32) {
    ((pixel % SIDE) as f32 + 0.5, (pixel / SIDE) as f32 + 0.5)
}

/// Everything but the object.
fn behind(scene: &Scene) -> Canvas {
    let mut canvas = backdrop(&scene.backdrop);
    for scrap in &scene.clutter {
        paint(&mut canvas, &place(&scrap.scrap.contours(), &scrap.pose), &scrap.fill, scrap.pose.centre);
    }
    canvas
}

fn backdrop(backdrop: &Backdrop) -> Canvas {
    let half = SIDE as f32 / 2.0;
    let painter = Painter::new(&backdrop.fill, [half, half]);
    let fade = backdrop.fade.rgb();
    let (sin, cos) = trig::sin_cos(backdrop.direction);
    (0..PIXELS)
        .map(|pixel| {
            let (x, y) = middle(pixel);
            let along = 0.5 + 0.5 * ((x - half) * cos + (y - half) * sin) / half;
            mix(painter.at(x, y), fade, backdrop.strength * along.clamp(0.0, 1.0))
        })
        .collect()
}

/// Outlines in pixels.
fn place(contours: &[Contour], pose: &Pose) -> Vec<Contour> {
    let (sin, cos) = trig::sin_cos(pose.rotation);
    let stretch = pose.stretch.max(0.01);
    let point = |&[x, y]: &[f32; 2]| {
        let (x, y) = (x * stretch + pose.skew * y, y / stretch);
        let (x, y) = (x * cos - y * sin, x * sin + y * cos);
        [pose.centre[0] + pose.size * x, pose.centre[1] + pose.size * y]
    };
    contours.iter().map(|contour| contour.iter().map(point).collect()).collect()
}

/// Fills an outline and returns how many samples of every pixel it covers.
fn paint(canvas: &mut Canvas, outline: &[Contour], fill: &Fill, anchor: [f32; 2]) -> [u8; PIXELS] {
    let covered = raster::coverage(outline);
    let painter = Painter::new(fill, anchor);
    for (pixel, (under, &samples)) in canvas.iter_mut().zip(&covered).enumerate() {
        if samples > 0 {
            let (x, y) = middle(pixel);
            *under = mix(*under, painter.at(x, y), f32::from(samples) / f32::from(raster::FULL));
        }
    }
    covered
}

/// Brightness, contrast and grain, then bytes in planes.
fn expose(canvas: &Canvas, light: &Light) -> Vec<u8> {
    let mut pixels = Vec::with_capacity(IMAGE_BYTES);
    for channel in 0..3 {
        for (pixel, colour) in canvas.iter().enumerate() {
            // The sum of two uniform numbers has standard deviation 0.408.
            let at = (channel * PIXELS + pixel) as i32;
            let noise = texture::hash(at, 1, light.grain_seed) + texture::hash(at, 2, light.grain_seed) - 1.0;
            let value = 0.5 + (colour[channel] - 0.5) * light.contrast + light.brightness + light.grain * noise / 0.408;
            // `as` rounds towards zero and keeps to 0..=255.
            pixels.push((value * 255.0 + 0.5) as u8);
        }
    }
    pixels
}
