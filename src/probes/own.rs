//! Pictures that a person brings: what the three networks answer and where they look (Grad-CAM), without a true class.

use serde_json::{Map, Value};

use super::grad_cam::{self, Class, Report};
use super::{Bench, only};
use crate::data::{Dataset, IMAGE_BYTES, PIXELS, SIDE};
use crate::error::{Error, Result};

/// Most pictures in one question.
const MOST: usize = 256;

/// The report of `grad-cam` for pictures of 32 × 32 pixels: three bytes a pixel, row by row, R G B.
///
/// Options: `tap` as there, `class` (a class number whose score is explained; without it each network's own answer). The label
/// and class name of the items are those of `class`, or of class 0, and say nothing about the picture.
///
/// # Errors
/// `data-truncated` when the bytes are no whole pictures, `probe-invalid` for an option out of range, `gpu-lost`.
pub async fn explain(pixels: &[u8], options: &Map<String, Value>, bench: &Bench<'_>) -> Result<Report> {
    only(options, &["tap", "class"])?;
    let count = pixels.len() / IMAGE_BYTES;
    if count == 0 || count > MOST || !pixels.len().is_multiple_of(IMAGE_BYTES) {
        return Err(Error::DataTruncated(format!(
            "Own pictures must be 1 to {MOST} times {SIDE} × {SIDE} pixels of three bytes, {IMAGE_BYTES} bytes each; {} bytes were given.",
            pixels.len()
        )));
    }
    let classes = bench.images.classes();
    let class = match options.get("class") {
        None | Some(Value::Null) => None,
        Some(value) => Some(value.as_u64().filter(|c| *c < classes.len() as u64).ok_or_else(|| {
            Error::ProbeInvalid(format!("`class` must be a class number from 0 to {}, not {value}.", classes.len() - 1))
        })?),
    };
    let mut images = Dataset::with_classes("own", classes.to_vec())?;
    // Fewer than 257 classes fit a byte.
    images.append(&planar(pixels), &vec![class.unwrap_or(0) as u8; count], None)?;
    let bench = Bench { images: &images, groups: &[], ..*bench };
    let mut asked: Map<String, Value> =
        options.iter().filter(|(name, _)| *name == "tap").map(|(n, v)| (n.clone(), v.clone())).collect();
    asked.insert("images".into(), count.into());
    let mut options = grad_cam::Options::from_json(&asked, &bench)?;
    options.class = if class.is_some() { Class::Label } else { Class::Predicted };
    grad_cam::run(&options, &bench).await
}

/// Pictures with the channels of a pixel side by side, as three planes each.
fn planar(pixels: &[u8]) -> Vec<u8> {
    let mut planes = Vec::with_capacity(pixels.len());
    for picture in pixels.chunks_exact(IMAGE_BYTES) {
        for channel in 0..3 {
            planes.extend((0..PIXELS).map(|p| picture[3 * p + channel]));
        }
    }
    planes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn channels_become_planes() {
        let picture: Vec<u8> = (0..IMAGE_BYTES).map(|i| (i % 3) as u8).collect();
        let planes = planar(&picture);
        assert_eq!(planes.len(), IMAGE_BYTES);
        assert!(planes.iter().enumerate().all(|(i, &v)| usize::from(v) == i / PIXELS));
    }
}
