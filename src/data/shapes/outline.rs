//! The outlines of the ten classes, and of what lies about between them.
//!
//! An outline is one or two polygons in unit coordinates (about 1 is the distance from the middle to the edge, x to
//! the right, y down). Round outlines are polygons too, with so many corners that none is seen at this size.

use serde::{Deserialize, Serialize};

use super::raster::Contour;
use super::trig::sin_cos;

/// The ten classes of Shapes-32; the discriminant is the label.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[repr(u8)]
pub enum Shape {
    /// A disc.
    Circle,
    /// A square, which a pose may stretch and skew a little.
    Square,
    /// An equilateral triangle.
    Triangle,
    /// A five-pointed star.
    Star,
    /// A ring: a disc with a round hole.
    Ring,
    /// A plus sign with arms of equal length.
    Cross,
    /// A waxing moon.
    Crescent,
    /// A regular hexagon.
    Hexagon,
    /// A heart.
    Heart,
    /// An arrow with a shaft and a head.
    Arrow,
}

impl Shape {
    /// All classes in the order of their labels.
    pub const ALL: [Shape; 10] = [
        Shape::Circle,
        Shape::Square,
        Shape::Triangle,
        Shape::Star,
        Shape::Ring,
        Shape::Cross,
        Shape::Crescent,
        Shape::Hexagon,
        Shape::Heart,
        Shape::Arrow,
    ];

    /// The class names in the order of their labels.
    pub const NAMES: [&str; 10] =
        ["circle", "square", "triangle", "star", "ring", "cross", "crescent", "hexagon", "heart", "arrow"];

    /// The class number, 0 to 9.
    pub fn label(self) -> u8 {
        self as u8
    }

    /// The class name.
    pub fn name(self) -> &'static str {
        Self::NAMES[usize::from(self.label())]
    }

    /// The outline in unit coordinates. Sizes are chosen so that areas are alike and size does not give the class away.
    pub(super) fn contours(self) -> Vec<Contour> {
        match self {
            Shape::Circle => vec![arc([0.0, 0.0], 1.0, 0.0, 1.0, 40)],
            Shape::Square => vec![arc([0.0, 0.0], 1.24, 0.125, 1.125, 4)],
            Shape::Triangle => vec![arc([0.0, 0.0], 1.4, 0.75, 1.75, 3)],
            Shape::Star => vec![star()],
            Shape::Ring => vec![arc([0.0, 0.0], 1.16, 0.0, 1.0, 40), arc([0.0, 0.0], 0.6, 0.0, 1.0, 28)],
            Shape::Cross => vec![cross(1.22, 0.38)],
            Shape::Crescent => vec![crescent()],
            Shape::Hexagon => vec![arc([0.0, 0.0], 1.1, 0.0, 1.0, 6)],
            Shape::Heart => vec![heart()],
            Shape::Arrow => vec![arrow()],
        }
    }
}

/// `n` points on a circle, from the angle `start` up to (not including) `end`, in turns.
fn arc(centre: [f32; 2], radius: f32, start: f32, end: f32, n: usize) -> Contour {
    (0..n)
        .map(|i| {
            let (sin, cos) = sin_cos(start + (end - start) * (i as f32 / n as f32));
            [centre[0] + radius * cos, centre[1] + radius * sin]
        })
        .collect()
}

fn star() -> Contour {
    let (tips, notches) = (arc([0.0, 0.0], 1.42, 0.75, 1.75, 5), arc([0.0, 0.0], 0.62, 0.85, 1.85, 5));
    tips.into_iter().zip(notches).flat_map(|(tip, notch)| [tip, notch]).collect()
}

fn cross(length: f32, half_width: f32) -> Contour {
    let (l, w) = (length, half_width);
    vec![[w, -l], [w, -w], [l, -w], [l, w], [w, w], [w, l], [-w, l], [-w, w], [-l, w], [-l, -w], [-w, -w], [-w, -l]]
}

/// A disc of radius 1.3 about (0.45, 0) without the disc of radius 1.05 about (1.1, 0).
fn crescent() -> Contour {
    // The circles meet at (1.2269, ±1.0423): at 0.14805 and 0.23071 turns as seen from the two centres.
    let mut contour = arc([0.45, 0.0], 1.3, 0.148_05, 0.851_95, 32);
    contour.extend(arc([1.1, 0.0], 1.05, 0.769_29, 0.230_71, 24));
    contour
}

fn heart() -> Contour {
    (0..40)
        .map(|i| {
            let turns = i as f32 / 40.0;
            let (sin, cos) = sin_cos(turns);
            let (cos2, cos3, cos4) = (sin_cos(2.0 * turns).1, sin_cos(3.0 * turns).1, sin_cos(4.0 * turns).1);
            let x = 16.0 * sin * sin * sin;
            let y = 13.0 * cos - 5.0 * cos2 - 2.0 * cos3 - cos4;
            [x / 14.5, (-y - 2.5) / 14.5]
        })
        .collect()
}

fn arrow() -> Contour {
    let (tip, neck, tail, head, shaft) = (1.42, 0.15, -1.35, 1.08, 0.4);
    vec![[tip, 0.0], [neck, head], [neck, shaft], [tail, shaft], [tail, -shaft], [neck, -shaft], [neck, -head]]
}

/// Something that lies about and is not a whole shape.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Scrap {
    /// An irregular round patch. `seed` decides its form.
    Blob {
        /// Decides the form.
        seed: u32,
    },
    /// A straight bar of length 2 and the given width.
    Bar {
        /// Width in unit coordinates.
        width: f32,
    },
    /// A part of a shape: what lies beyond a straight cut.
    Piece {
        /// The shape that is cut.
        shape: Shape,
        /// Direction of what is kept, in turns.
        direction: f32,
        /// Distance of the cut from the middle; what lies further out is kept.
        cut: f32,
    },
}

impl Scrap {
    /// The outline in unit coordinates.
    pub(super) fn contours(&self) -> Vec<Contour> {
        match *self {
            Scrap::Blob { seed } => {
                let corners = arc([0.0, 0.0], 1.0, 0.0, 1.0, 9);
                let radius = |i: usize| 0.65 + 0.55 * super::texture::hash(i as i32, 0, seed);
                vec![corners.iter().enumerate().map(|(i, [x, y])| [x * radius(i), y * radius(i)]).collect()]
            }
            Scrap::Bar { width } => {
                let w = 0.5 * width;
                vec![vec![[-1.0, -w], [1.0, -w], [1.0, w], [-1.0, w]]]
            }
            Scrap::Piece { shape, direction, cut } => {
                shape.contours().iter().map(|contour| beyond(contour, direction, cut)).collect()
            }
        }
    }
}

/// The part of a polygon further than `cut` along `direction` (Sutherland and Hodgman, 1974).
fn beyond(contour: &Contour, direction: f32, cut: f32) -> Contour {
    let (sin, cos) = sin_cos(direction);
    let depth = |[x, y]: [f32; 2]| x * cos + y * sin - cut;
    let mut kept = Contour::new();
    let Some(&(mut from)) = contour.last() else { return kept };
    for &to in contour {
        let (before, after) = (depth(from), depth(to));
        if (before >= 0.0) != (after >= 0.0) {
            let t = before / (before - after);
            kept.push([from[0] + t * (to[0] - from[0]), from[1] + t * (to[1] - from[1])]);
        }
        if after >= 0.0 {
            kept.push(to);
        }
        from = to;
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn area(contours: &[Contour]) -> f32 {
        let signed = |c: &Contour| -> f32 {
            (0..c.len()).map(|i| (c[i], c[(i + 1) % c.len()])).map(|(p, q)| (p[0] * q[1] - q[0] * p[1]) / 2.0).sum()
        };
        signed(&contours[0]).abs() - contours[1..].iter().map(|hole| signed(hole).abs()).sum::<f32>()
    }

    #[test]
    fn labels_and_names_are_in_order() {
        for (i, shape) in Shape::ALL.into_iter().enumerate() {
            assert_eq!(usize::from(shape.label()), i);
            assert_eq!(shape.name(), format!("{shape:?}").to_lowercase());
        }
    }

    #[test]
    fn areas_are_alike_and_shapes_are_centred() {
        for shape in Shape::ALL {
            let contours = shape.contours();
            let area = area(&contours);
            assert!((2.3..3.3).contains(&area), "{} has area {area}", shape.name());
            for axis in 0..2 {
                let low = contours[0].iter().map(|p| p[axis]).fold(f32::MAX, f32::min);
                let high = contours[0].iter().map(|p| p[axis]).fold(f32::MIN, f32::max);
                assert!((low + high).abs() < 0.75, "{} spans {low} to {high}", shape.name());
            }
        }
    }

    #[test]
    fn the_horns_of_the_crescent_are_where_its_circles_meet() {
        let contour = crescent();
        let horn = contour[0];
        assert!((horn[0] - 1.2269).abs() < 1e-4 && (horn[1] - 1.0423).abs() < 1e-4, "{horn:?}");
        // The inner arc begins at the other horn.
        let other = contour[32];
        assert!((other[0] - 1.2269).abs() < 1e-4 && (other[1] + 1.0423).abs() < 1e-4, "{other:?}");
    }

    #[test]
    fn a_cut_keeps_what_lies_beyond_it() {
        let square = Shape::Square.contours();
        let half = beyond(&square[0], 0.0, 0.0);
        assert!((area(&[half]) - area(&square) / 2.0).abs() < 1e-4);
        assert!(beyond(&square[0], 0.3, 2.0).is_empty());
        assert_eq!(beyond(&square[0], 0.3, -2.0).len(), 4);
    }
}
