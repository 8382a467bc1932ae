//! Random numbers as pure functions of where they are used.
//!
//! [`stream`] opens an independent generator for a seed, a [`Purpose`] and two numbers that say which draw it is (an
//! epoch, a step, an image). Nothing ever continues a generator across steps, so a run can be taken up at any step
//! without stored state, and work done in another order gives the same result.
//!
//! The conversions below use the generator's 32-bit words only. They are written here rather than taken from a library
//! so that a pinned dataset cannot change with a library's version, and they give the same bits on 32-bit and 64-bit
//! targets.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// What random numbers are used for. Streams of different purposes are independent even where all numbers agree.
///
/// The discriminants are part of every recorded result: do not renumber them, append.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u64)]
pub enum Purpose {
    /// Initial weights of a network (`a`: which network).
    Init = 1,
    /// Order of the training images (`a`: epoch, `b`: shard in epoch 0, else 0).
    Order = 2,
    /// Crops and flips (`a`: step).
    Augment = 3,
    /// An image of Shapes-32 (`a`: split, `b`: image).
    Shapes = 4,
    /// The classes of ten successive images of Shapes-32 (`a`: split, `b`: image / 10).
    ShapesLabels = 5,
    /// Random perturbations that attacks are compared with (`a`: image, `b`: 0), and where PGD begins (`b`: 1).
    Noise = 6,
    /// Resampling for intervals (`a`: how many values, `b`: 0 for pairs of student and control, 1 for a metric). All intervals of as
    /// many values resample the same places, so that two numbers of one report stay paired.
    Bootstrap = 7,
    /// Choice of the images that a probe looks at (`a`: which probe).
    Probe = 8,
    /// Anything that a distillation method draws (`a`: step), for example negatives of a contrastive loss.
    Method = 9,
    /// The strongly augmented view of a training batch (`a`: step).
    StrongView = 10,
    /// Random changes of an image whose effect a probe measures (`a`: image, `b`: place in the list of strengths). Two kinds of change
    /// at the same place begin with the same numbers.
    Change = 11,
    /// Crop and flip of a fixed copy of a training image (`a`: image, `b`: copy).
    Copies = 12,
    /// Colours and photographs behind digits (`a`: split, `b`: digit).
    Derived = 13,
    /// Which image lends its amplitudes to another (`a`: image).
    Style = 14,
    /// Which image fills the outline of another (`a`: image).
    Filling = 15,
}

/// Opens the stream of `purpose` under `seed` at the place (`a`, `b`).
///
/// The 256-bit ChaCha key is the four numbers `seed`, `purpose`, `a`, `b` themselves, each as 8 little-endian bytes:
/// different arguments always give different keys, with no mixing function whose collisions one would have to trust.
#[cfg_attr(test, track_caller)]
pub fn stream(seed: u64, purpose: Purpose, a: u64, b: u64) -> ChaCha8Rng {
    #[cfg(test)]
    opened::note([seed, purpose as u64, a, b]);
    let mut key = [0; 32];
    for (bytes, number) in key.chunks_exact_mut(8).zip([seed, purpose as u64, a, b]) {
        bytes.copy_from_slice(&number.to_le_bytes());
    }
    ChaCha8Rng::from_seed(key)
}

/// A number in [0, 1), a multiple of 2⁻²⁴, every one equally likely.
pub fn unit(rng: &mut impl Rng) -> f32 {
    (rng.next_u32() >> 8) as f32 * (1.0 / 16_777_216.0)
}

/// A number in [`low`, `high`), uniformly.
pub fn between(rng: &mut impl Rng, low: f32, high: f32) -> f32 {
    low + (high - low) * unit(rng)
}

/// A whole number in 0..`n`, every one exactly equally likely; 0 if `n` is 0.
///
/// Lemire's multiply-and-reject method (ACM TOMACS 29, 2019).
pub fn below(rng: &mut impl Rng, n: u32) -> u32 {
    if n == 0 {
        return 0;
    }
    let rejected_below = n.wrapping_neg() % n;
    loop {
        let product = u64::from(rng.next_u32()) * u64::from(n);
        if product as u32 >= rejected_below {
            return (product >> 32) as u32;
        }
    }
}

/// True with probability `p`.
pub fn chance(rng: &mut impl Rng, p: f32) -> bool {
    unit(rng) < p
}

/// One of `items`, or `None` if there are none.
pub fn pick<T: Copy>(rng: &mut impl Rng, items: &[T]) -> Option<T> {
    items.get(below(rng, items.len() as u32) as usize).copied()
}

/// A standard normal number (Box & Muller 1958), at most 6.7 in size.
///
/// Logarithm and cosine are those of the crate `libm`, which has the same code on every target.
pub fn normal(rng: &mut impl Rng) -> f32 {
    // In (0, 1], so that the logarithm is finite.
    let share = (f64::from(rng.next_u32()) + 1.0) / 4_294_967_296.0;
    let turn = f64::from(rng.next_u32()) / 4_294_967_296.0;
    ((-2.0 * libm::log(share)).sqrt() * libm::cos(std::f64::consts::TAU * turn)) as f32
}

/// Brings `items` into a random order, every order equally likely (Fisher–Yates). At most 2³² items.
pub fn shuffle<T>(rng: &mut impl Rng, items: &mut [T]) {
    for last in (1..items.len()).rev() {
        items.swap(last, below(rng, last as u32 + 1) as usize);
    }
}

/// Which streams a thread opened, and where in the sources: for tests that no two uses share one.
#[cfg(test)]
pub(crate) mod opened {
    use std::cell::RefCell;
    use std::collections::{BTreeMap, BTreeSet};
    use std::panic::Location;

    /// The places that opened the stream of a seed, a purpose and two numbers.
    pub type Streams = BTreeMap<[u64; 4], BTreeSet<&'static Location<'static>>>;

    thread_local!(static OPENED: RefCell<Streams> = const { RefCell::new(Streams::new()) });

    #[track_caller]
    pub(super) fn note(key: [u64; 4]) {
        // Not inside the closure, whose caller is another.
        let place = Location::caller();
        OPENED.with_borrow_mut(|streams| streams.entry(key).or_default().insert(place));
    }

    /// Those since the last call.
    pub fn take() -> Streams {
        OPENED.take()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_is_a_function_of_all_its_arguments() {
        let first = |seed, purpose, a, b| stream(seed, purpose, a, b).next_u64();
        let base = first(1, Purpose::Order, 2, 3);
        assert_eq!(base, first(1, Purpose::Order, 2, 3));
        for other in [
            first(2, Purpose::Order, 2, 3),
            first(1, Purpose::Augment, 2, 3),
            first(1, Purpose::Order, 3, 3),
            first(1, Purpose::Order, 2, 4),
            first(1, Purpose::Order, 3, 2),
        ] {
            assert_ne!(base, other);
        }
    }

    #[test]
    fn tests_see_who_opened_a_stream() {
        opened::take();
        stream(8, Purpose::Probe, 1, 2);
        let first = line!() - 1;
        (0..2).for_each(|_| drop(stream(8, Purpose::Probe, 1, 2)));
        let lines: Vec<_> = opened::take()[&[8, 8, 1, 2]].iter().map(|place| place.line()).collect();
        assert_eq!(lines, [first, first + 2]);
        assert!(opened::take().is_empty());
    }

    #[test]
    fn the_generator_is_chacha8_under_the_documented_key() {
        // First words of the first block, from an independent implementation of ChaCha with eight rounds.
        let words = |mut rng: ChaCha8Rng| [rng.next_u32(), rng.next_u32(), rng.next_u32(), rng.next_u32()];
        assert_eq!(words(stream(0, Purpose::Init, 0, 0)), [1_389_847_909, 1_072_424_912, 3_107_563_525, 1_369_278_973]);
        assert_eq!(words(stream(5, Purpose::Augment, 77, 9)), [848_581_230, 720_414_470, 818_987_414, 1_355_226_673]);
    }

    #[test]
    fn uniform_draws_have_the_right_range_and_mean() {
        let mut rng = stream(7, Purpose::Noise, 0, 0);
        let draws: Vec<f32> = (0..100_000).map(|_| between(&mut rng, -1.0, 3.0)).collect();
        assert!(draws.iter().all(|&x| (-1.0..3.0).contains(&x)));
        let mean = draws.iter().map(|&x| f64::from(x)).sum::<f64>() / draws.len() as f64;
        // Standard error 4 / sqrt(12 · 100,000) = 0.0037.
        assert!((mean - 1.0).abs() < 0.015, "mean {mean}");
    }

    #[test]
    fn normal_draws_have_the_moments_of_a_bell() {
        let mut rng = stream(7, Purpose::Noise, 2, 0);
        let draws: Vec<f64> = (0..100_000).map(|_| f64::from(normal(&mut rng))).collect();
        let moment = |power: i32| draws.iter().map(|x| x.powi(power)).sum::<f64>() / draws.len() as f64;
        // Standard errors of the moments 0, 1, 0, 3: 0.0032, 0.0045, 0.0122, 0.031.
        for (power, expected, allowed) in [(1, 0.0, 0.013), (2, 1.0, 0.018), (3, 0.0, 0.05), (4, 3.0, 0.13)] {
            assert!((moment(power) - expected).abs() < allowed, "moment {power}: {}", moment(power));
        }
        // One of 370 lies beyond three.
        let far = draws.iter().filter(|x| x.abs() > 3.0).count();
        assert!((200..345).contains(&far), "{far}");
    }

    #[test]
    fn whole_numbers_are_equally_likely() {
        let mut rng = stream(7, Purpose::Noise, 1, 0);
        let mut counts = [0_i32; 7];
        for _ in 0..70_000 {
            counts[below(&mut rng, 7) as usize] += 1;
        }
        // Standard deviation of a count is 93.
        assert!(counts.iter().all(|&count| (count - 10_000).abs() < 450), "{counts:?}");
        assert_eq!(below(&mut rng, 0), 0);
        assert_eq!(below(&mut rng, 1), 0);
    }

    #[test]
    fn shuffling_makes_every_order_equally_likely() {
        let mut counts = std::collections::BTreeMap::new();
        for trial in 0..24_000 {
            let mut items = [0, 1, 2, 3];
            shuffle(&mut stream(3, Purpose::Order, trial, 0), &mut items);
            *counts.entry(items).or_insert(0_i32) += 1;
        }
        assert_eq!(counts.len(), 24);
        assert!(counts.values().all(|&count| (count - 1000).abs() < 160), "{counts:?}");
    }

    #[test]
    fn picking_from_nothing_is_none() {
        let mut rng = stream(0, Purpose::Probe, 0, 0);
        assert_eq!(pick::<u8>(&mut rng, &[]), None);
        assert_eq!(pick(&mut rng, &[5]), Some(5));
    }
}
