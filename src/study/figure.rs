//! The figure of a claim: what each side measured by seed, and the differences with their intervals.

use plotters::backend::{BitMapBackend, SVGBackend};
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::claim::{Claim, Sides, Unit};
use super::numbers::Estimate;
use super::verdict::{Found, Group};
use crate::error::{Error, Result};

/// The teacher is not drawn: its value would set the scale.
const STUDENT: RGBColor = RGBColor(0xD5, 0x5E, 0x00);
const CONTROL: RGBColor = RGBColor(0x76, 0x76, 0x76);
const INK: RGBColor = RGBColor(0x1B, 0x1B, 0x1B);
const LINE: RGBColor = RGBColor(0xC9, 0xC9, 0xC9);

/// Everything is drawn twice as large as it is shown: plotters has whole pixels only.
const SCALE: i32 = 2;
/// Sizes as shown. Narrow enough for a telephone.
const WIDTH: i32 = 400;
const LABELS: i32 = 70;
const GAP: i32 = 14;
const ROW: i32 = 20;
const HEAD: i32 = 46;
const FOOT: i32 = 26;
const TEXT: i32 = 14;
const FONT: &str = "sans-serif";

static DEJAVU: &[u8] = include_bytes!("font/DejaVuSans-subset.ttf");

/// A figure in both forms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Figure {
    pub svg: String,
    pub png: Vec<u8>,
}

fn failed(error: impl std::fmt::Display) -> Error {
    Error::Internal(format!("a figure could not be drawn ({error})."))
}

/// Draws a claim; `None` when no seed has a number.
pub(super) fn draw(found: &Found) -> Result<Option<Figure>> {
    let lines = lines(found);
    if !lines.iter().any(|line| matches!(line, Line::Seed { .. })) {
        return Ok(None);
    }
    plotters::style::register_font(FONT, FontStyle::Normal, DEJAVU)
        .map_err(|_| Error::Internal("the font of the figures could not be read.".into()))?;
    let size = (WIDTH * SCALE, (HEAD + ROW * lines.len() as i32 + FOOT) * SCALE);
    let size = (size.0 as u32, size.1 as u32);
    let mut svg = String::new();
    {
        let root = SVGBackend::with_string(&mut svg, size).into_drawing_area();
        paint(&root, found, &lines, 0)?;
        root.present().map_err(failed)?;
    }
    let shown = format!("width=\"{}\" height=\"{}\"", size.0 / SCALE as u32, size.1 / SCALE as u32);
    let svg = svg.replacen(&format!("width=\"{}\" height=\"{}\"", size.0, size.1), &shown, 1);
    let mut pixels = vec![255; (size.0 * size.1 * 3) as usize];
    {
        let root = BitMapBackend::with_buffer(&mut pixels, size).into_drawing_area();
        root.fill(&WHITE).map_err(failed)?;
        paint(&root, found, &lines, 2)?;
        root.present().map_err(failed)?;
    }
    let mut png = Vec::new();
    let mut encoder = png::Encoder::new(&mut png, size.0, size.1);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.write_header().and_then(|mut w| w.write_image_data(&pixels)).map_err(failed)?;
    Ok(Some(Figure { svg, png }))
}

/// The picture for a page: colours that follow its theme, no size of its own.
pub(super) fn inline(svg: &str, label: &str) -> String {
    let start = svg.find("<svg").unwrap_or(0);
    let body =
        svg[start..].replacen("<svg ", &format!("<svg class=\"figure\" role=\"img\" aria-label=\"{label}\" "), 1);
    [
        ("#1B1B1B", "currentColor"),
        ("#C9C9C9", "var(--line)"),
        ("#D55E00", "var(--student)"),
        ("#767676", "var(--control)"),
    ]
    .iter()
    .fold(body, |body, (colour, name)| body.replace(colour, name))
}

enum Line<'a> {
    Head(String),
    Seed { label: String, left: Estimate, right: Estimate, difference: Estimate },
    Mean { group: &'a Group },
}

fn lines(found: &Found) -> Vec<Line<'_>> {
    let mut lines = Vec::new();
    for (group, mark) in found
        .groups
        .iter()
        .map(|g| (g, ""))
        .chain(found.control_groups.iter().map(|g| (g, " (no difference expected)")))
    {
        if group.seeds.is_empty() {
            continue;
        }
        lines.push(Line::Head(format!("{}{mark}", group.title)));
        for row in &group.seeds {
            let label = format!("seed {}", row.seed);
            lines.push(Line::Seed { label, left: row.left, right: row.right, difference: row.difference });
        }
        if group.across.n > 1 {
            lines.push(Line::Mean { group });
        }
    }
    lines
}

/// Shares in percent.
pub(super) fn factor(claim: &Claim) -> f64 {
    if claim.unit == Unit::Percent { 100.0 } else { 1.0 }
}

/// The span of all values with a margin.
fn span(values: impl Iterator<Item = f64>) -> std::ops::Range<f64> {
    let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
    let margin = if high > low { (high - low) * 0.08 } else { (high.abs() * 0.1).max(1e-3) };
    low - margin..high + margin
}

fn ends(e: &Estimate) -> impl Iterator<Item = f64> {
    [Some(e.value), e.low, e.high].into_iter().flatten()
}

type Area<'a, DB> = DrawingArea<DB, Shift>;

/// `lower` is by how many drawn pixels text is moved down: the two backends centre it differently.
fn paint<DB: DrawingBackend>(root: &Area<'_, DB>, found: &Found, lines: &[Line<'_>], lower: i32) -> Result<()> {
    let unit = factor(&found.claim);
    let scaled =
        |e: &Estimate| Estimate { value: e.value * unit, low: e.low.map(|x| x * unit), high: e.high.map(|x| x * unit) };
    let (mut values, mut differences) = (Vec::new(), vec![0.0]);
    for line in lines {
        match line {
            Line::Seed { left, right, difference, .. } => {
                values.extend(ends(&scaled(left)).chain(ends(&scaled(right))));
                differences.extend(ends(&scaled(difference)));
            }
            Line::Mean { group } => {
                differences.extend([group.across.low, group.across.high].into_iter().flatten().map(|x| x * unit));
            }
            Line::Head(_) => {}
        }
    }
    let width = (WIDTH - LABELS - 2 * GAP) / 2;
    let panels = [
        Panel { left: LABELS, width, span: span(values.into_iter()) },
        Panel { left: LABELS + width + GAP, width, span: span(differences.into_iter()) },
    ];
    let bottom = HEAD + ROW * lines.len() as i32;
    let text = |size: i32, colour: RGBColor| (FONT, size * SCALE).into_font().color(&colour);
    let put = |x: i32, y: i32, words: &str, size: i32, colour: RGBColor, at: HPos| {
        let style = text(size, colour).pos(Pos::new(at, VPos::Center));
        root.draw(&Text::new(words.to_string(), (x * SCALE, y * SCALE + lower), style)).map_err(failed)
    };
    let stroke = |points: Vec<(i32, i32)>, colour: RGBColor, thick: u32| {
        root.draw(&PathElement::new(points, colour.stroke_width(thick))).map_err(failed)
    };
    for panel in &panels {
        for tick in ticks(&panel.span) {
            let x = panel.x(tick.value);
            let zero = tick.value == 0.0 && panel.left > LABELS;
            stroke(vec![(x, HEAD * SCALE), (x, bottom * SCALE)], if zero { INK } else { LINE }, 1 + u32::from(zero))?;
            put(x / SCALE, bottom + 13, &tick.label, TEXT, INK, HPos::Center)?;
        }
    }
    let cells = found.claim.expect.sides() == Sides::Cells;
    let name = |i: usize| if cells { ["a", "b"][i] } else { &found.sides[i] };
    let middle = LABELS + 8;
    mark(root, (middle, 12), true)?;
    put(middle + 8, 12, name(0), TEXT, INK, HPos::Left)?;
    mark(root, (middle + width / 2 + 6, 12), false)?;
    put(middle + width / 2 + 14, 12, name(1), TEXT, INK, HPos::Left)?;
    let minus = format!("{} − {}", name(0), name(1));
    put(panels[1].left, 12, &minus, TEXT, INK, HPos::Left)?;
    let words = if unit == 100.0 { ["in percent", "in points"] } else { ["value", "difference"] };
    put(panels[0].left, 32, words[0], TEXT, INK, HPos::Left)?;
    put(panels[1].left, 32, words[1], TEXT, INK, HPos::Left)?;
    for (i, line) in lines.iter().enumerate() {
        let y = HEAD + ROW * i as i32 + ROW / 2;
        let whisker = |panel: &Panel, e: &Estimate, dy: i32, colour: RGBColor, thick: u32| match (e.low, e.high) {
            (Some(low), Some(high)) => {
                let y = y * SCALE + dy;
                stroke(vec![(panel.x(low), y), (panel.x(high), y)], colour, thick)
            }
            _ => Ok(()),
        };
        match line {
            Line::Head(title) => {
                let room = ((WIDTH - 8) as f64 / 7.8) as usize;
                put(4, y + 2, &shortened(title, room), TEXT, INK, HPos::Left)?;
            }
            Line::Seed { label, left, right, difference } => {
                put(LABELS - 8, y, label, TEXT, INK, HPos::Right)?;
                let (left, right, difference) = (scaled(left), scaled(right), scaled(difference));
                // Side by side, so that equal values do not hide each other.
                whisker(&panels[0], &right, 3 * SCALE, CONTROL, 2)?;
                whisker(&panels[0], &left, -3 * SCALE, STUDENT, 2)?;
                mark(root, (panels[0].x(right.value) / SCALE, y + 3), false)?;
                mark(root, (panels[0].x(left.value) / SCALE, y - 3), true)?;
                whisker(&panels[1], &difference, 0, INK, 2)?;
                let centre = (panels[1].x(difference.value), y * SCALE);
                root.draw(&Circle::new(centre, 3 * SCALE, INK.filled())).map_err(failed)?;
            }
            Line::Mean { group } => {
                put(LABELS - 8, y, "mean", TEXT, INK, HPos::Right)?;
                let mean = Estimate {
                    value: group.across.mean.unwrap_or_default() * unit,
                    low: group.across.low.map(|x| x * unit),
                    high: group.across.high.map(|x| x * unit),
                };
                whisker(&panels[1], &mean, 0, INK, 4)?;
                let (x, y, r) = (panels[1].x(mean.value), y * SCALE, 6 * SCALE);
                let diamond = vec![(x - r, y), (x, y - r), (x + r, y), (x, y + r)];
                root.draw(&Polygon::new(diamond, INK.filled())).map_err(failed)?;
            }
        }
    }
    Ok(())
}

/// Filled circle for the first side, hollow square for the second: shapes, not colours alone.
fn mark<DB: DrawingBackend>(root: &Area<'_, DB>, (x, y): (i32, i32), first: bool) -> Result<()> {
    let (x, y, r) = (x * SCALE, y * SCALE, 4 * SCALE);
    match first {
        true => root.draw(&Circle::new((x, y), r, STUDENT.filled())).map_err(failed),
        false => {
            let corners = vec![(x - r, y - r), (x + r, y - r), (x + r, y + r), (x - r, y + r), (x - r, y - r)];
            root.draw(&PathElement::new(corners, CONTROL.stroke_width(3))).map_err(failed)
        }
    }
}

struct Panel {
    left: i32,
    width: i32,
    span: std::ops::Range<f64>,
}

impl Panel {
    /// Place of a value, in drawn pixels.
    fn x(&self, value: f64) -> i32 {
        let share = (value - self.span.start) / (self.span.end - self.span.start);
        (f64::from(self.left * SCALE) + share * f64::from(self.width * SCALE)).round() as i32
    }
}

struct Tick {
    value: f64,
    label: String,
}

/// Two to four round numbers inside a span: multiples of 1, 2 or 5 times a power of ten.
fn ticks(span: &std::ops::Range<f64>) -> Vec<Tick> {
    let wide = span.end - span.start;
    let power = 10f64.powf((wide / 3.0).log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].into_iter().map(|m| m * power).find(|s| wide / s <= 3.5).unwrap_or(wide);
    let digits = (-step.log10().floor()).max(0.0) as usize;
    let first = (span.start / step).ceil() as i64;
    let last = (span.end / step).floor() as i64;
    (first..=last)
        .map(|i| {
            let value = i as f64 * step;
            Tick { value, label: format!("{value:.digits$}").replace('-', "−") }
        })
        .collect()
}

fn shortened(text: &str, room: usize) -> String {
    if text.chars().count() <= room {
        return text.into();
    }
    text.chars().take(room.saturating_sub(1)).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_inside() {
        for (start, end) in [(0.0, 1.0), (-0.013, 0.02), (53.0, 61.0), (-1e-4, 3e-4), (0.999, 1.001), (-250.0, 10.0)] {
            let found = ticks(&(start..end));
            assert!((1..=4).contains(&found.len()), "{start} to {end}: {}", found.len());
            assert!(found.iter().all(|t| t.value >= start && t.value <= end));
            let mut labels: Vec<_> = found.iter().map(|t| t.label.clone()).collect();
            labels.dedup();
            assert_eq!(labels.len(), found.len());
        }
        assert_eq!(ticks(&(0.0..1.0)).iter().map(|t| t.label.as_str()).collect::<Vec<_>>(), ["0.0", "0.5", "1.0"]);
    }

    #[test]
    fn spans_have_room_even_for_one_value() {
        let span = span([0.0].into_iter());
        assert!(span.start < 0.0 && span.end > 0.0);
    }
}
