//! Images whose outline says one class and whose inside says another, as the cue-conflict images of Geirhos et al. 2019.
//!
//! In Shapes-32 texture and colour are drawn from the same distributions for all classes: there is no typical texture of a
//! class, and a network cannot have learnt one. [`refilled`] exchanges texture and colour all the same and so shows what
//! an uninformative cue does. [`patched`] fills the outline with a patch cut from an image of another class. The patch
//! holds that object's texture, its colours and whatever of its contour falls inside, at times all of it.

use super::raster::{FULL, coverage};
use super::scene::Scene;
use super::{behind, expose, place, render};
use crate::data::rng::{Purpose, below, stream};
use crate::data::{IMAGE_BYTES, PIXELS, SIDE};

/// The image whose inside fills the outline of image `index`: one of the other nine of its ten (see [`super::scene`]), and
/// so of another class. Each of the nine classes is equally likely under `seed`.
pub fn partner(seed: u64, index: usize) -> usize {
    let step = 1 + below(&mut stream(seed, Purpose::Filling, index as u64, 0), 9) as usize;
    index / 10 * 10 + (index % 10 + step) % 10
}

/// The scene with the texture and the colours of another scene's object, `3 × 32 × 32` bytes.
pub fn refilled(scene: &Scene, other: &Scene) -> Vec<u8> {
    render(&Scene { fill: other.fill, ..scene.clone() }).pixels
}

/// The scene with its outline filled by a patch of another scene's image, the middle of the other object on the middle of
/// this one; `3 × 32 × 32` bytes. Where the patch would reach beyond the other image, that image's outermost pixels are
/// repeated.
pub fn patched(scene: &Scene, other: &Scene) -> Vec<u8> {
    let (outside, inside) = (expose(&behind(scene), &scene.light), render(other).pixels);
    let covered = coverage(&place(&scene.shape.contours(), &scene.pose));
    let offset = [0, 1].map(|axis| (other.pose.centre[axis] - scene.pose.centre[axis]).round() as i32);
    let source = |at: usize, axis: usize| (at as i32).saturating_add(offset[axis]).clamp(0, SIDE as i32 - 1) as usize;
    (0..IMAGE_BYTES)
        .map(|i| {
            let (base, pixel) = (i / PIXELS * PIXELS, i % PIXELS);
            let from = base + source(pixel / SIDE, 1) * SIDE + source(pixel % SIDE, 0);
            let (part, full) = (u32::from(covered[pixel]), u32::from(FULL));
            let mixed = u32::from(inside[from]) * part + u32::from(outside[i]) * (full - part);
            // A mean of two bytes is a byte.
            ((mixed + full / 2) / full) as u8
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Split;
    use crate::data::shapes::{Rendered, scene};

    #[test]
    fn partners_are_of_another_class_and_all_classes_occur() {
        let mut counts = [0; 10];
        for index in 0..900 {
            let other = partner(7, index);
            let (own, its) = (scene(0, Split::Test, index).shape, scene(0, Split::Test, other).shape);
            assert!(other / 10 == index / 10 && own != its, "image {index} and {other}");
            counts[(10 + other - index) % 10] += 1;
        }
        // 100 each, standard deviation 9.4.
        assert!(counts[0] == 0 && counts[1..].iter().all(|&n| (60..140).contains(&n)), "{counts:?}");
    }

    #[test]
    fn the_outline_stays_and_the_inside_is_the_others() {
        for index in 0..20 {
            let (own, other) = (scene(0, Split::Test, index), scene(0, Split::Test, partner(1, index)));
            let Rendered { pixels, mask } = render(&own);
            let (patched, refilled) = (patched(&own, &other), refilled(&own, &other));
            let covered = coverage(&place(&own.shape.contours(), &own.pose));
            for i in 0..IMAGE_BYTES {
                if covered[i % PIXELS] == 0 {
                    assert_eq!((patched[i], refilled[i]), (pixels[i], pixels[i]), "image {index} changed outside");
                }
            }
            let inside = (0..PIXELS).filter(|&p| mask[p] == 1);
            let differs = |image: &[u8], p: usize| (0..3).any(|c| image[c * PIXELS + p] != pixels[c * PIXELS + p]);
            for image in [&patched, &refilled] {
                let changed = inside.clone().filter(|&p| differs(image, p)).count();
                assert!(changed * 10 > inside.clone().count() * 9, "image {index}");
            }
        }
    }

    #[test]
    fn a_patch_of_its_own_image_changes_nothing() {
        let own = scene(0, Split::Test, 3);
        let pixels = render(&own).pixels;
        let covered = coverage(&place(&own.shape.contours(), &own.pose));
        for (i, (a, b)) in patched(&own, &own).iter().zip(&pixels).enumerate() {
            // On the rim the object is mixed with the background a second time.
            assert!(a == b || (1..FULL).contains(&covered[i % PIXELS]), "value {i}: {a} and {b}");
        }
        assert!(refilled(&own, &own) == pixels);
    }

    #[test]
    fn a_centre_far_away_or_no_number_does_no_harm() {
        let mut far = scene(0, Split::Test, 3);
        let near = scene(0, Split::Test, 4);
        for centre in [[1e30, -1e30], [f32::NAN, 0.0]] {
            far.pose.centre = centre;
            assert_eq!(patched(&near, &far).len(), IMAGE_BYTES);
            assert_eq!(patched(&far, &near).len(), IMAGE_BYTES);
        }
    }
}
