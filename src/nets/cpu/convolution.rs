//! The convolutions of CIFAR networks, written directly instead of through a matrix product: 3×3 and 1×1, stride 1 and 2.
//!
//! These networks have few channels, so the general way (unfold into a matrix nine times as large, multiply, permute) spends most
//! of its time moving memory. Here an image is copied once, with a border of zeros. Most 3×3 convolutions with stride 1 then go through
//! minimal filtering (`winograd`, `winograd_back`); in all others every output is a sum of products with inputs at fixed distances
//! (`correlate`). Blocks of positions and output channels stay in registers. With stride 2 the copy puts the even
//! columns of a row before the odd ones, so that neighbouring outputs read neighbouring numbers.

use super::correlate::{BLOCK, Correlate, GRADIENTS, Reach, Weigh};
use super::simd::run;
use super::threads;
use super::winograd::{self, Maps};
use super::winograd_back;
use crate::nets::operations::Sizes;

/// Images whose weight gradients are added up by one thread, in this order on any number of threads: sums of floats depend on it.
const CHUNK: usize = 16;
/// Bytes that the weight gradient reads again and again: planes of a few gradients and one input, from three quarters of a core's
/// first cache; all planes, from half of its second.
const CACHES: [usize; 2] = [24 * 1024, 512 * 1024];
/// Tiles of minimal filtering that are worked on together: few, so that their forms stay in the second
/// cache (of up to a hundred channels in one of 1 MB).
const TILES: usize = 32;

impl Sizes {
    fn image(&self) -> usize {
        self.inputs * self.height * self.width
    }

    fn image_out(&self) -> usize {
        let [height, width] = self.out();
        self.outputs * height * width
    }

    /// How the planes of the input are laid out for the kernels.
    fn reach(&self) -> Reach {
        let Self { height, width, kernel, stride, .. } = *self;
        let [height_out, width_out] = self.out();
        match (kernel, stride) {
            (3, 1) => Reach { plane: (height + 2) * (width + 2), step: width + 2, row: width + 2, odd: 0 },
            // Above and to the left there is a border; below and to the right, sides being even, no output looks.
            (3, _) => {
                Reach { plane: (height + 1) * (width + 1), step: 2 * (width + 1), row: width + 1, odd: width_out + 1 }
            }
            (_, _) => Reach { plane: height_out * width_out, step: width_out, row: 0, odd: 0 },
        }
    }

    /// Copies the planes of some images into that layout. `planes` may hold the result of an earlier call with the same sizes.
    fn lay_out(&self, x: &[f32], planes: &mut Vec<f32>) {
        let Self { height, width, kernel, stride, .. } = *self;
        let reach = self.reach();
        // What is zero stays zero from call to call.
        planes.resize(x.len() / (height * width) * reach.plane, 0.0);
        for (to, from) in planes.chunks_exact_mut(reach.plane).zip(x.chunks_exact(height * width)) {
            match (kernel, stride) {
                (3, 1) => {
                    for (to, from) in to[width + 2..].chunks_exact_mut(width + 2).zip(from.chunks_exact(width)) {
                        to[1..=width].copy_from_slice(from);
                    }
                }
                (3, _) => {
                    for (to, from) in to.chunks_exact_mut(width + 1).skip(1).zip(from.chunks_exact(width)) {
                        // Column −1 is zero; column 0 is the first odd one of the row with its border.
                        let (even, odd) = to.split_at_mut(reach.odd);
                        for ((even, odd), pair) in even[1..].iter_mut().zip(odd).zip(from.as_chunks::<2>().0) {
                            [*odd, *even] = *pair;
                        }
                    }
                }
                (_, 1) => to.copy_from_slice(from),
                (_, _) => {
                    let rows = from.chunks_exact(width).step_by(2);
                    for (to, from) in to.chunks_exact_mut(width / 2).zip(rows) {
                        to.iter_mut().zip(from.iter().step_by(2)).for_each(|(to, from)| *to = *from);
                    }
                }
            }
        }
    }
}

impl Sizes {
    /// Maps for minimal filtering forward; nothing where it does not apply.
    fn maps(&self) -> Option<Maps> {
        let Self { inputs, outputs, height, width, kernel, stride, .. } = *self;
        let fits = (kernel, stride) == (3, 1) && [inputs, outputs, height, width].iter().all(|n| n.is_multiple_of(4));
        fits.then_some(Maps { inputs, outputs, height, width })
    }

    /// Maps for minimal filtering of the weight gradient; nothing where it does not apply.
    fn maps_back(&self) -> Option<Maps> {
        self.maps().filter(|maps| maps.inputs.is_multiple_of(winograd::TOGETHER) && maps.tiles().is_multiple_of(4))
    }
}

/// The weight of an output, an input and a tap.
trait Weight: Fn(usize, usize, usize) -> f32 {}
impl<F: Fn(usize, usize, usize) -> f32> Weight for F {}

/// `[B, in, H, W]`, `[out, in, k, k]` → `[B, out, H/stride, W/stride]`.
pub fn forward(sizes: Sizes, x: &[f32], weight: &[f32]) -> Vec<f32> {
    let (inputs, taps) = (sizes.inputs, sizes.kernel * sizes.kernel);
    convolve(sizes, x, |o, i, k| weight[(o * inputs + i) * taps + k])
}

fn convolve(sizes: Sizes, x: &[f32], weight: impl Weight) -> Vec<f32> {
    match sizes.maps() {
        Some(maps) => minimal(maps, sizes, x, weight),
        None => direct(sizes, x, weight),
    }
}

fn minimal(maps: Maps, sizes: Sizes, x: &[f32], weight: impl Weight) -> Vec<f32> {
    let Sizes { batch, inputs, outputs, .. } = sizes;
    let weights = winograd::transform_weights(outputs, inputs, weight);
    let mut out = vec![0f32; batch * sizes.image_out()];
    // Small maps: several images at a time, but not so many that a thread has none. No image's numbers depend on it.
    let least = winograd::TOGETHER.div_ceil(maps.tiles());
    let images = (TILES / maps.tiles()).min(batch.div_ceil(threads::count())).max(least);
    let scratch = || (Vec::new(), winograd::Scratch::default());
    let (part, part_out) = (images * sizes.image(), images * sizes.image_out());
    threads::for_each(x, part, &mut out, part_out, scratch, |(planes, scratch), x, out| {
        sizes.lay_out(x, planes);
        winograd::correlate(maps, TILES, planes, &weights, scratch, out);
    });
    out
}

fn direct(sizes: Sizes, x: &[f32], weight: impl Weight) -> Vec<f32> {
    let Sizes { batch, inputs, outputs, kernel, stride, .. } = sizes;
    let weights = pack(outputs, inputs, kernel * kernel, weight);
    let mut out = vec![0f32; batch * sizes.image_out()];
    let [height, width] = sizes.out();
    let reach = sizes.reach();
    threads::for_each(x, sizes.image(), &mut out, sizes.image_out(), Vec::new, |planes, x, out| {
        let x = if (kernel, stride) == (1, 1) {
            x
        } else {
            sizes.lay_out(x, planes);
            planes
        };
        let weights = &weights;
        match (kernel, stride) {
            (3, 1) => run(width, Correlate::<3, 3, false> { x, reach, weights, width, height, out }),
            (3, _) => run(width, Correlate::<3, 3, true> { x, reach, weights, width, height, out }),
            _ => run(width, Correlate::<1, 1, false> { x, reach, weights, width, height, out }),
        }
    });
    out
}

/// Gradient with respect to the weight, `[out, in, k, k]`.
pub fn weight_gradient(sizes: Sizes, x: &[f32], gradient: &[f32]) -> Vec<f32> {
    let Sizes { inputs, outputs, kernel, stride, .. } = sizes;
    let [height, width] = sizes.out();
    let reach = sizes.reach();
    if let Some(maps) = sizes.maps_back() {
        let images = (TILES / maps.tiles()).max(1);
        let scratch = winograd_back::Scratch::default;
        let sums = sum_over_images(
            sizes,
            winograd_back::sums(maps),
            images,
            x,
            gradient,
            scratch,
            |scratch, x, gradient, sum| {
                winograd_back::weigh(maps, TILES, x, gradient, scratch, sum);
            },
        );
        return winograd_back::transform_sums(maps, &sums);
    }
    let often = CACHES[0] / (4 * (GRADIENTS * height * width + reach.plane));
    let all = CACHES[1] / (4 * (inputs * reach.plane + sizes.image_out()));
    let images = often.min(all).clamp(1, CHUNK);
    sum_over_images(
        sizes,
        outputs * inputs * kernel * kernel,
        images,
        x,
        gradient,
        || (),
        |_, x, gradient, sum| {
            let images = gradient.len() / sizes.image_out();
            match (kernel, stride) {
                (3, 1) => run(width, Weigh::<3, 3, false> { x, reach, gradient, images, outputs, width, height, sum }),
                (3, _) => run(width, Weigh::<3, 3, true> { x, reach, gradient, images, outputs, width, height, sum }),
                _ => run(width, Weigh::<1, 1, false> { x, reach, gradient, images, outputs, width, height, sum }),
            }
        },
    )
}

/// Adds up `length` numbers over all images. `add` gets some images at a time: laid-out planes, gradients and the sums so far.
fn sum_over_images<S>(
    sizes: Sizes,
    length: usize,
    at_once: usize,
    x: &[f32],
    gradient: &[f32],
    scratch: impl Fn() -> S + Sync + Send,
    add: impl Fn(&mut S, &[f32], &[f32], &mut [f32]) + Sync + Send,
) -> Vec<f32> {
    let (image, image_out) = (sizes.image(), sizes.image_out());
    let sums = threads::map(x, CHUNK * image, gradient, CHUNK * image_out, |x, gradient| {
        let (mut sums, mut planes, mut scratch) = (vec![0f32; length], Vec::new(), scratch());
        for (x, gradient) in x.chunks(at_once * image).zip(gradient.chunks(at_once * image_out)) {
            sizes.lay_out(x, &mut planes);
            add(&mut scratch, &planes, gradient, &mut sums);
        }
        sums
    });
    let total = sums.into_iter().reduce(|mut total, sum| {
        total.iter_mut().zip(sum).for_each(|(t, s)| *t += s);
        total
    });
    total.unwrap_or_else(|| vec![0.0; length])
}

/// Gradient with respect to the input, `[B, in, H, W]`. The number of input channels must be a multiple of 4.
pub fn input_gradient(sizes: Sizes, weight: &[f32], gradient: &[f32]) -> Vec<f32> {
    let Sizes { batch, inputs, outputs, height, width, kernel, stride } = sizes;
    let taps = kernel * kernel;
    let of = |i: usize, o: usize, k: usize| weight[(o * inputs + i) * taps + k];
    if stride == 1 {
        // The same convolution with the channels swapped and the taps in reverse.
        let back = Sizes { inputs: outputs, outputs: inputs, ..sizes };
        return convolve(back, gradient, |i, o, k| of(i, o, taps - 1 - k));
    }
    // Inputs at even and at odd places see different taps: four convolutions, each a quarter of the image.
    let [height_out, width_out] = sizes.out();
    let size = height_out * width_out;
    let row = width_out + 1;
    let reach = Reach { plane: (height_out + 1) * row, step: row, row, odd: 0 };
    let phases: [Vec<f32>; 4] = std::array::from_fn(|phase| {
        // Rows of taps by which an input at an even (0) or odd (1) row is seen, from the first output row to the last.
        let seen = |odd: usize| -> &[usize] {
            match (kernel, odd) {
                (3, 0) => &[1],
                (3, _) => &[2, 0],
                (_, 0) => &[0],
                (_, _) => &[],
            }
        };
        let (rows, columns) = (seen(phase / 2), seen(phase % 2));
        let places: Vec<usize> = rows.iter().flat_map(|r| columns.iter().map(move |c| r * kernel + c)).collect();
        pack(inputs, outputs, places.len(), |i, o, k| of(i, o, places[k]))
    });
    let mut out = vec![0f32; batch * sizes.image()];
    threads::for_each(
        gradient,
        sizes.image_out(),
        &mut out,
        sizes.image(),
        || (Vec::new(), [vec![0f32; inputs * size], vec![0f32; inputs * size]]),
        |(planes, quarters), gradient, out| {
            planes.resize(outputs * reach.plane, 0f32);
            for (to, from) in planes.chunks_exact_mut(reach.plane).zip(gradient.chunks_exact(size)) {
                for (to, from) in to.chunks_exact_mut(row).zip(from.chunks_exact(width_out)) {
                    to[..width_out].copy_from_slice(from);
                }
            }
            for odd_row in 0..2 {
                for (odd_column, out) in quarters.iter_mut().enumerate() {
                    let phase = 2 * odd_row + odd_column;
                    let (x, weights, width, height) = (&*planes, &phases[phase], width_out, height_out);
                    match (phase, kernel) {
                        // Places that nothing sees: the quarter is zero from the start.
                        (1..=3, 1) => {}
                        (1, _) => run(width, Correlate::<1, 2, false> { x, reach, weights, width, height, out }),
                        (2, _) => run(width, Correlate::<2, 1, false> { x, reach, weights, width, height, out }),
                        (3, _) => run(width, Correlate::<2, 2, false> { x, reach, weights, width, height, out }),
                        _ => run(width, Correlate::<1, 1, false> { x, reach, weights, width, height, out }),
                    }
                }
                if kernel == 3 || odd_row == 0 {
                    interleave(quarters, out, odd_row, [sizes.height, sizes.width]);
                }
            }
        },
    );
    debug_assert_eq!(out.len(), batch * inputs * height * width);
    out
}

/// Writes two quarters of every plane, those of the even and of the odd columns, to the rows of one parity.
fn interleave([even, odd]: &[Vec<f32>; 2], out: &mut [f32], odd_row: usize, [height, width]: [usize; 2]) {
    let quarter = height * width / 4;
    let planes = even.chunks_exact(quarter).zip(odd.chunks_exact(quarter));
    for ((even, odd), out) in planes.zip(out.chunks_exact_mut(height * width)) {
        let rows = even.chunks_exact(width / 2).zip(odd.chunks_exact(width / 2));
        for ((even, odd), out) in rows.zip(out.chunks_exact_mut(width).skip(odd_row).step_by(2)) {
            for ((even, odd), out) in even.iter().zip(odd).zip(out.as_chunks_mut::<2>().0) {
                *out = [*even, *odd];
            }
        }
    }
}

/// Weights in the order in which a block of registers reads them: `[outputs/4, inputs, taps, 4]`.
fn pack(outputs: usize, inputs: usize, taps: usize, weight: impl Weight) -> Vec<f32> {
    let mut packed = vec![0f32; outputs * inputs * taps];
    let mut blocks = packed.as_chunks_mut::<BLOCK>().0.iter_mut();
    for first in (0..outputs).step_by(BLOCK) {
        for i in 0..inputs {
            for (k, block) in (0..taps).zip(&mut blocks) {
                for (o, to) in block.iter_mut().enumerate() {
                    *to = weight(first + o, i, k);
                }
            }
        }
    }
    packed
}
