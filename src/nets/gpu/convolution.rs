//! Convolutions: forward, gradient with respect to the input, gradient with respect to the weight.
//!
//! Forward and back, an invocation computes a block of neighbouring places for a few channels: what it reads once it uses
//! many times. For the weight gradient a workgroup shares the rows of all images and adds up what its invocations found.

use std::fmt::Write;

use super::kernel::{Task, bindings, entry};
use crate::nets::operations::Sizes;

/// Rows and columns of a block, and at most how many channels.
const ROWS: usize = 2;
const COLUMNS: usize = 4;
const CHANNELS: usize = 8;

/// Which of the three.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Way {
    Forward,
    /// Gradient with respect to the input.
    Input,
    /// Gradient with respect to the weight.
    Weight,
}

/// A convolution of these sizes in one of its ways. Bindings: forward x, weight, out; `Input` weight, gradient, out; `Weight` x,
/// gradient, out.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Convolution {
    pub way: Way,
    pub sizes: Sizes,
}

/// The largest number of channels up to `most` that divides all of them.
fn share(channels: usize, most: usize) -> usize {
    (1..=most).rev().find(|n| channels.is_multiple_of(*n)).unwrap_or(1)
}

impl Convolution {
    /// Height, width and channels of what is computed in blocks, and channels that are summed over.
    fn of_blocks(&self) -> ([usize; 3], usize) {
        let Sizes { inputs, outputs, height, width, .. } = self.sizes;
        let [height_out, width_out] = self.sizes.out();
        match self.way {
            Way::Input => ([height, width, inputs], outputs),
            _ => ([height_out, width_out, outputs], inputs),
        }
    }

    fn invocations(&self) -> usize {
        let ([height, width, channels], _) = self.of_blocks();
        self.sizes.batch * (channels / share(channels, CHANNELS)) * (height / ROWS) * (width / COLUMNS)
    }

    /// Channels of output and input that an invocation has in the weight gradient: their taps are its sums.
    fn own(&self) -> [usize; 2] {
        [4, share(self.sizes.inputs, 2)]
    }

    /// Forward, and back to the input.
    fn blocks(&self) -> String {
        let Sizes { inputs, height, width, kernel, stride, .. } = self.sizes;
        let [height_out, width_out] = self.sizes.out();
        let ([rows, columns, channels], summed) = self.of_blocks();
        let own = share(channels, CHANNELS);
        let forward = self.way == Way::Forward;
        // What is read: the input, or the gradient.
        let (source, [rows_in, columns_in]) = match forward {
            true => ("x", [height, width]),
            false => ("gradient", [height_out, width_out]),
        };
        let pad = (kernel / 2) as isize;
        let step = stride as isize;
        // The place that is read, from the block's corner on, for a place in the block and a tap; none between two strides.
        let read = |place: usize, tap: usize| match forward {
            true => Some(place as isize * step + tap as isize - pad),
            false => {
                let at = place as isize + pad - tap as isize;
                (at % step == 0).then_some(at / step)
            }
        };
        let taps = || 0..kernel;
        let reach = |length: usize| {
            let all = (0..length).flat_map(|place| taps().filter_map(move |tap| read(place, tap)));
            all.fold((isize::MAX, isize::MIN), |(low, high), at| (low.min(at), high.max(at)))
        };
        let ((top, bottom), (left, right)) = (reach(ROWS), reach(COLUMNS));
        let name = |at: isize| if at < 0 { format!("m{}", -at) } else { at.to_string() };

        let names = if forward { ["x", "weight", "out"] } else { ["weight", "gradient", "out"] };
        let mut text = bindings(&names) + &entry(self.group());
        let _ = write!(
            text,
            "if (id >= {all}u) {{ return; }}\n\
             let column = (id % {wide}u) * {COLUMNS}u;\n\
             let row = (id / {wide}u % {high}u) * {ROWS}u;\n\
             let channel = (id / {plane}u % {parts}u) * {own}u;\n\
             let image = id / {image}u;\n",
            all = self.invocations(),
            wide = columns / COLUMNS,
            high = rows / ROWS,
            plane = columns / COLUMNS * (rows / ROWS),
            parts = channels / own,
            image = columns / COLUMNS * (rows / ROWS) * (channels / own),
        );
        let _ = match forward {
            true => writeln!(text, "let y0 = i32(row * {stride}u); let x0 = i32(column * {stride}u);"),
            false => writeln!(text, "let y0 = i32(row / {stride}u); let x0 = i32(column / {stride}u);"),
        };
        for at in top..=bottom {
            let n = name(at);
            let _ = writeln!(
                text,
                "let in_row_{n} = y0 + {at} >= 0 && y0 + {at} < {rows_in}; \
                 let row_{n} = u32(clamp(y0 + {at}, 0, {last})) * {columns_in}u;",
                last = rows_in - 1,
            );
        }
        for at in left..=right {
            let n = name(at);
            let _ = writeln!(
                text,
                "let in_column_{n} = x0 + {at} >= 0 && x0 + {at} < {columns_in}; \
                 let column_{n} = u32(clamp(x0 + {at}, 0, {last}));",
                last = columns_in - 1,
            );
        }
        for o in 0..own {
            for r in 0..ROWS {
                let _ = writeln!(text, "var sum_{o}_{r} = vec4<f32>(0.0);");
            }
        }
        let area = kernel * kernel;
        let _ = writeln!(
            text,
            "for (var i = 0u; i < {summed}u; i++) {{\nlet plane = (image * {summed}u + i) * {}u;",
            rows_in * columns_in
        );
        for y in top..=bottom {
            for x in left..=right {
                let (row, column) = (name(y), name(x));
                // Blocks are aligned with the stride: what lies inside of one is never beyond the border.
                let inside = |at: isize, length: usize| {
                    let reach = if forward { length * stride } else { length / stride };
                    (0..reach as isize).contains(&at)
                };
                let (safe_row, safe_column) = (inside(y, ROWS), inside(x, COLUMNS));
                let load = format!("{source}[plane + row_{row} + column_{column}]");
                let guard = match (safe_row, safe_column) {
                    (true, true) => None,
                    (true, false) => Some(format!("in_column_{column}")),
                    (false, true) => Some(format!("in_row_{row}")),
                    (false, false) => Some(format!("in_row_{row} && in_column_{column}")),
                };
                let value = guard.map_or(load.clone(), |guard| format!("select(0.0, {load}, {guard})"));
                let _ = writeln!(text, "let v_{row}_{column} = {value};");
            }
        }
        // Neighbouring places, for every row and tap that is used.
        let mut made = Vec::new();
        let mut adds = String::new();
        for o in 0..own {
            let _ = match forward {
                true => writeln!(adds, "{{ let w = ((channel + {o}u) * {inputs}u + i) * {area}u;"),
                false => writeln!(adds, "{{ let w = (i * {inputs}u + channel + {o}u) * {area}u;"),
            };
            for ky in taps() {
                for kx in taps() {
                    let lines: Vec<usize> = (0..ROWS).filter(|r| read(*r, ky).is_some()).collect();
                    if lines.is_empty() || (0..COLUMNS).all(|c| read(c, kx).is_none()) {
                        continue;
                    }
                    let tap = ky * kernel + kx;
                    let _ = writeln!(adds, "let w_{tap} = weight[w + {tap}u];");
                    for r in lines {
                        let y = read(r, ky).unwrap_or_default();
                        let vector = format!("line_{}_{kx}", name(y));
                        let _ = writeln!(adds, "sum_{o}_{r} += w_{tap} * {vector};");
                        if !made.contains(&(y, kx)) {
                            made.push((y, kx));
                            let part = |c: usize| match read(c, kx) {
                                Some(x) => format!("v_{}_{}", name(y), name(x)),
                                None => "0.0".into(),
                            };
                            let parts: Vec<String> = (0..COLUMNS).map(part).collect();
                            let _ = writeln!(text, "let {vector} = vec4<f32>({});", parts.join(", "));
                        }
                    }
                }
            }
            adds.push_str("}\n");
        }
        text.push_str(&adds);
        text.push_str("}\n");
        for o in 0..own {
            for r in 0..ROWS {
                let _ = writeln!(
                    text,
                    "{{ let at = (((image * {channels}u + channel + {o}u) * {rows}u) + row + {r}u) * {columns}u + column;"
                );
                for (c, part) in ["x", "y", "z", "w"].iter().enumerate() {
                    let _ = writeln!(text, "out[at + {c}u] = sum_{o}_{r}.{part};");
                }
                text.push_str("}\n");
            }
        }
        text.push_str("}\n");
        text
    }

    /// The weight gradient: a workgroup has a few channels and goes over all rows of all images.
    fn weights(&self) -> String {
        let Sizes { batch, inputs, outputs, height, width, kernel, stride } = self.sizes;
        let [height_out, width_out] = self.sizes.out();
        let [own_out, own_in] = self.own();
        let (group, area, pad) = (self.group(), kernel * kernel, kernel / 2);
        let sums = own_in * area;
        let mut text = bindings(&["x", "gradient", "out"]);
        let _ = writeln!(text, "var<workgroup> found: array<f32, {}>;", PART * own_out * group as usize);
        text += &entry(group);
        let _ = write!(
            text,
            "let channel = (workgroup % {blocks}u) * {own_out}u;\nlet first = (workgroup / {blocks}u) * {own_in}u;\n",
            blocks = outputs / own_out
        );
        for s in 0..sums {
            let _ = writeln!(text, "var sum_{s} = vec4<f32>(0.0);");
        }
        let _ = write!(
            text,
            "for (var line = lane; line < {lines}u; line += {group}u) {{\n\
             let image = line / {height_out}u;\nlet y = line % {height_out}u;\n\
             let g = (image * {outputs}u + channel) * {plane_out}u + y * {width_out}u;\n",
            lines = batch * height_out,
            plane_out = height_out * width_out,
        );
        for ky in 0..kernel {
            let _ = write!(
                text,
                "let row_{ky} = i32(y * {stride}u) + {up};\nlet in_row_{ky} = row_{ky} >= 0 && row_{ky} < {height};\n\
                 let at_{ky} = (image * {inputs}u + first) * {plane}u + u32(clamp(row_{ky}, 0, {last})) * {width}u;\n",
                up = ky as isize - pad as isize,
                plane = height * width,
                last = height - 1,
            );
        }
        // The window slides along the row: with stride 1 two of its three columns were there before.
        let kept = kernel.saturating_sub(stride);
        let value = |i: usize, ky: usize, column: &str| {
            let load = format!("x[at_{ky} + {}u + u32({column})]", i * height * width);
            if kernel == 1 { load } else { format!("select(0.0, {load}, in_row_{ky})") }
        };
        for i in 0..own_in {
            for ky in 0..kernel {
                for kx in 0..kept {
                    // Columns before the first new one: −1 is the border, 0 is there.
                    let start = match kx as isize - pad as isize {
                        column if column < 0 => "0.0".into(),
                        column => value(i, ky, &column.to_string()),
                    };
                    let _ = writeln!(text, "var v_{i}_{ky}_{kx} = {start};");
                }
            }
        }
        let _ = writeln!(text, "for (var column = 0; column < {width_out}; column++) {{");
        let parts: Vec<String> =
            (0..own_out).map(|o| format!("gradient[g + {}u + u32(column)]", o * height_out * width_out)).collect();
        let _ = writeln!(text, "let at = vec4<f32>({});", parts.join(", "));
        for i in 0..own_in {
            for ky in 0..kernel {
                for kx in kept..kernel {
                    let shift = kx as isize - pad as isize;
                    let column = format!("column * {stride} + {shift}");
                    let beyond = (width_out - 1) as isize * stride as isize + shift >= width as isize;
                    let load = match (beyond, shift < 0) {
                        (false, false) => value(i, ky, &format!("({column})")),
                        (true, _) => {
                            let load = value(i, ky, &format!("min({column}, {})", width - 1));
                            format!("select(0.0, {load}, {column} < {width})")
                        }
                        (_, true) => {
                            let load = value(i, ky, &format!("max({column}, 0)"));
                            format!("select(0.0, {load}, {column} >= 0)")
                        }
                    };
                    let _ = writeln!(text, "let n_{i}_{ky}_{kx} = {load};");
                }
                for kx in 0..kernel {
                    let name = if kx < kept { format!("v_{i}_{ky}_{kx}") } else { format!("n_{i}_{ky}_{kx}") };
                    let _ = writeln!(text, "sum_{} += at * {name};", i * area + ky * kernel + kx);
                }
                for kx in 0..kept {
                    let from = kx + stride;
                    let name = if from < kept { format!("v_{i}_{ky}_{from}") } else { format!("n_{i}_{ky}_{from}") };
                    let _ = writeln!(text, "v_{i}_{ky}_{kx} = {name};");
                }
            }
        }
        text.push_str("}\n}\n");
        // A few sums at a time go through the workgroup's memory: every invocation leaves its own, then each adds up one of all.
        let all: Vec<usize> = (0..sums).collect();
        for part in all.chunks(PART) {
            for (slot, s) in part.iter().enumerate() {
                for (o, part) in ["x", "y", "z", "w"].iter().enumerate() {
                    let _ =
                        writeln!(text, "found[{}u + lane] = sum_{s}.{part};", (slot * own_out + o) * group as usize);
                }
            }
            let _ = write!(
                text,
                "workgroupBarrier();\nif (lane < {count}u) {{\nvar sum = 0.0;\n\
                 for (var i = 0u; i < {group}u; i++) {{ sum += found[lane * {group}u + i]; }}\n\
                 let s = {start}u + lane / {own_out}u; let o = lane % {own_out}u;\n\
                 out[((channel + o) * {inputs}u + first + s / {area}u) * {area}u + s % {area}u] = sum;\n}}\n\
                 workgroupBarrier();\n",
                count = part.len() * own_out,
                start = part[0],
            );
        }
        text.push_str("}\n");
        text
    }
}

/// Sums (of four channels each) that go through a workgroup's memory at a time: 9 × 64 × 16 bytes of the 16 KiB that every device has.
const PART: usize = 9;

impl Task for Convolution {
    fn wgsl(&self) -> String {
        if self.way == Way::Weight { self.weights() } else { self.blocks() }
    }

    fn group(&self) -> u32 {
        64
    }

    fn groups(&self) -> u32 {
        let count = match self.way {
            Way::Weight => {
                let [own_out, own_in] = self.own();
                (self.sizes.outputs / own_out) * (self.sizes.inputs / own_in)
            }
            _ => self.invocations().div_ceil(self.group() as usize),
        };
        count as u32
    }
}
