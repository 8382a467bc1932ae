//! Changed images, bit for bit: natively and in a browser these are the same numbers, on every machine.

use kd_lens::data::change::Change;
use kd_lens::data::randaugment::randaugment;
use kd_lens::data::rng::normal;
use kd_lens::data::transform::Affine;
use kd_lens::data::{Purpose, Split, augment, domains, shapes, stream};
use kd_lens::weights::digest;

/// The first eight digits of a digest of the bits.
fn bits(values: impl IntoIterator<Item = f32>) -> String {
    let bytes: Vec<u8> = values.into_iter().flat_map(f32::to_le_bytes).collect();
    digest(&bytes)[..8].to_string()
}

/// Every kind of change on drawn images. Whoever changes one of these on purpose changes reports that were written before.
pub async fn changed_images_have_the_same_bits_everywhere() {
    let drawn = shapes::generate(shapes::SEED, Split::Test, 0, 40);
    let images: Vec<Vec<f32>> = (0..40).map(|i| augment::plain(&drawn, &[i]).expect("an image")).collect();
    let all = |f: &dyn Fn(usize, &[f32]) -> Vec<f32>| {
        bits(images.iter().enumerate().flat_map(|(i, image)| f(i, image)).collect::<Vec<_>>())
    };
    let mut found = Vec::new();
    for change in Change::ALL {
        let draw = |i: usize, image: &[f32]| {
            let mut rng = stream(3, Purpose::Change, i as u64, 0);
            change.apply(image, change.scale().usual[0], [0.2, 0.4, 0.6], &mut rng)
        };
        found.push((change.scale().name, all(&draw)));
    }
    let style = |i: usize| &images[(i + 7) % images.len()];
    found.push(("greyscale", all(&|_, image| domains::greyscale(image))));
    found.push(("edges", all(&|_, image| domains::edges(image))));
    found.push(("silhouettes", all(&|_, image| domains::silhouette(&domains::darker_part(image)))));
    found.push(("posterised", all(&|_, image| domains::posterised(image))));
    found.push(("stylised", all(&|i, image| domains::stylise(image, style(i)))));
    let view = |i: usize, image: &[f32]| randaugment(image, [0.5; 3], &mut stream(1, Purpose::StrongView, i as u64, 0));
    found.push(("randaugment", all(&view)));
    // All matrices of a turn, and the tail of the bell that few images reach.
    let turns = (-1800..=1800).flat_map(|tenth| Affine::rotation(tenth as f32 / 10.0).matrix.concat());
    found.push(("turns", bits(turns)));
    let mut rng = stream(0, Purpose::Change, 0, 0);
    found.push(("normal", bits((0..200_000).map(|_| normal(&mut rng)))));
    let expected = [
        ("brightness", "9b5b0808"),
        ("contrast", "c156978d"),
        ("saturation", "6a1e343a"),
        ("hue", "105cd008"),
        ("jitter", "8fd12ba2"),
        ("crop", "5b871be3"),
        ("shift", "639857df"),
        ("flip", "d696dcf3"),
        ("rotation", "4ae0ef12"),
        ("noise", "c29cc741"),
        ("blur", "5fff8960"),
        ("greyscale", "0d279d95"),
        ("edges", "2662e753"),
        ("silhouettes", "176afed5"),
        ("posterised", "22d59d6a"),
        ("stylised", "ae9b4574"),
        ("randaugment", "8ac9620d"),
        ("turns", "c02c1966"),
        ("normal", "ead3b82f"),
    ];
    let found: Vec<_> = found.iter().map(|(name, digest)| (*name, digest.as_str())).collect();
    assert_eq!(found, expected);
}
