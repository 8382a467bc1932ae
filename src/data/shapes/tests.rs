//! What Shapes-32 promises.

use super::*;

#[test]
fn the_bytes_are_the_same_everywhere() {
    assert_eq!(checksum(), CHECKSUM);
}

#[test]
fn an_image_does_not_depend_on_the_others() {
    let whole = generate(7, Split::Train, 0, 60);
    let part = generate(7, Split::Train, 37, 2);
    for (i, j) in [(37, 0), (38, 1)] {
        assert_eq!(whole.image(i).unwrap(), part.image(j).unwrap());
        assert_eq!(whole.mask(i).unwrap(), part.mask(j).unwrap());
        assert_eq!(whole.label(i).unwrap(), part.label(j).unwrap());
    }
    let mut grown = generate(7, Split::Train, 0, 25);
    assert_eq!(extend(&mut grown, 7, Split::Train, 25, 35).unwrap(), 60);
    assert_eq!(grown, whole);
}

#[test]
fn seeds_splits_and_numbers_give_different_images() {
    let base = render(&scene(1, Split::Train, 0));
    for other in [scene(2, Split::Train, 0), scene(1, Split::Test, 0), scene(1, Split::Train, 1)] {
        assert_ne!(render(&other).pixels, base.pixels);
    }
}

#[test]
fn another_dataset_is_not_extended() {
    let mut cifar = Dataset::empty(DatasetKind::Cifar10);
    assert_eq!(extend(&mut cifar, 0, Split::Train, 0, 1).unwrap_err().code(), "data-foreign");
    assert!(cifar.is_empty());
}

#[test]
fn every_ten_images_show_every_class_once_in_some_order() {
    let labels: Vec<u8> = (0..1000).map(|i| scene(3, Split::Train, i).shape.label()).collect();
    let mut orders = std::collections::BTreeSet::new();
    for ten in labels.chunks(10) {
        let mut sorted = ten.to_vec();
        sorted.sort_unstable();
        assert_eq!(sorted, (0..10).collect::<Vec<u8>>());
        orders.insert(ten.to_vec());
    }
    assert!(orders.len() > 90);
}

#[test]
fn masks_have_sane_areas_and_lie_inside_the_image() {
    let dataset = generate(0, Split::Test, 0, 2000);
    let mut areas = [0.0; 10];
    for i in 0..dataset.len() {
        let mask = dataset.mask(i).unwrap().unwrap();
        let area = mask.iter().map(|&bit| usize::from(bit)).sum::<usize>();
        assert!((85..450).contains(&area), "image {i} has an object of {area} pixels");
        for edge in 0..SIDE {
            let border = [edge, (SIDE - 1) * SIDE + edge, edge * SIDE, edge * SIDE + SIDE - 1];
            assert!(border.iter().all(|&pixel| mask[pixel] == 0), "the object of image {i} touches the border");
        }
        areas[usize::from(dataset.label(i).unwrap())] += area as f32 / 200.0;
    }
    // 10 to 25 % of the image, and no class is known by its size.
    assert!(areas.iter().all(|area| (165.0..265.0).contains(area)), "{areas:?}");
}

#[test]
fn the_mask_is_exactly_the_object() {
    let grey = |lightness| Colour { lightness, chroma: 0.0, hue: 0.0 };
    for index in 0..50 {
        let mut scene = scene(5, Split::Test, index);
        let expected = render(&scene).mask;
        scene.fill.texture = Texture::Plain;
        scene.fill.inks = [grey(1.0); 2];
        scene.backdrop.fill.inks = [grey(0.0); 2];
        scene.backdrop.fade = grey(0.0);
        scene.clutter.clear();
        scene.light = Light { brightness: 0.0, contrast: 1.0, grain: 0.0, grain_seed: 0 };
        let Rendered { pixels, mask } = render(&scene);
        assert_eq!(mask, expected);
        for (pixel, &bit) in mask.iter().enumerate() {
            assert_eq!(u8::from(pixels[pixel] >= 128), bit, "image {index}, pixel {pixel} is {}", pixels[pixel]);
        }
    }
}

#[test]
fn changing_the_fill_changes_the_object_only() {
    for index in 0..20 {
        let mut scene = scene(5, Split::Test, index);
        let before = render(&scene);
        scene.fill.inks =
            scene.fill.inks.map(|ink| Colour { hue: ink.hue + 0.5, lightness: 1.1 - ink.lightness, ..ink });
        let after = render(&scene);
        assert_eq!(before.mask, after.mask);
        let changed =
            |pixel: usize| (0..3).any(|c| before.pixels[c * PIXELS + pixel] != after.pixels[c * PIXELS + pixel]);
        let covered = raster::coverage(&place(&scene.shape.contours(), &scene.pose));
        assert!((0..PIXELS).filter(|&pixel| changed(pixel)).all(|pixel| covered[pixel] > 0), "image {index}");
        let inside = (0..PIXELS).filter(|&pixel| before.mask[pixel] == 1);
        assert!(inside.clone().filter(|&pixel| changed(pixel)).count() * 10 > 9 * inside.count(), "image {index}");
    }
}

#[test]
fn texture_and_class_are_independent() {
    let mut counts = [[0_i32; 10]; 10];
    for index in 0..20_000 {
        let scene = scene(0, Split::Train, index);
        counts[usize::from(scene.shape.label())][scene.fill.texture as usize] += 1;
    }
    // Pearson's statistic has 81 degrees of freedom (rows are fixed, columns nearly): its 99.99 % point is 137.
    let statistic: f64 = counts.iter().flatten().map(|&n| f64::from(n - 200).powi(2) / 200.0).sum();
    assert!(statistic < 145.0, "{statistic}: {counts:?}");
}

#[test]
fn colour_does_not_give_the_class_away() {
    type Mean = [f64; 3];
    // Mean colour of the pixels in the mask, or of all pixels.
    let mean = |dataset: &Dataset, i: usize, in_mask: bool| -> Mean {
        let (image, mask) = (dataset.image(i).unwrap(), dataset.mask(i).unwrap().unwrap());
        let chosen: Vec<usize> = (0..PIXELS).filter(|&p| !in_mask || mask[p] == 1).collect();
        [0, 1, 2].map(|c| chosen.iter().map(|&p| f64::from(image[c * PIXELS + p])).sum::<f64>() / chosen.len() as f64)
    };
    let (train, test) = (generate(0, Split::Train, 0, 3000), generate(0, Split::Test, 0, 1000));
    for in_mask in [false, true] {
        let mut centres = [[0.0; 3]; 10];
        for i in 0..train.len() {
            let colour = mean(&train, i, in_mask);
            (0..3).for_each(|c| centres[usize::from(train.labels()[i])][c] += colour[c] / 300.0);
        }
        let correct = (0..test.len()).filter(|&i| {
            let colour = mean(&test, i, in_mask);
            let distance = |class: usize| (0..3).map(|c| (centres[class][c] - colour[c]).powi(2)).sum::<f64>();
            let nearest = (0..10).min_by(|&a, &b| distance(a).total_cmp(&distance(b))).unwrap();
            nearest == usize::from(test.labels()[i])
        });
        let correct = correct.count();
        assert!(correct < 200, "nearest mean colour (object only: {in_mask}) is right on {correct} of 1000");
    }
}

#[test]
fn objects_stand_out_from_their_background() {
    let hidden = (0..2000).filter(|&index| {
        let scene = scene(0, Split::Test, index);
        let behind = [scene.backdrop.fill.inks[0], scene.backdrop.fill.inks[1], scene.backdrop.fade];
        scene.fill.inks.iter().any(|ink| behind.iter().any(|&other| ink.distance(other) < 0.16))
    });
    assert_eq!(hidden.count(), 0);
}

#[test]
fn the_normalisation_is_the_measured_one() {
    let measured = generate(0, Split::Train, 0, 5000).measure().unwrap();
    let stated = DatasetKind::Shapes32.normalisation();
    for c in 0..3 {
        let rounded = |value: f32| (value * 1e4).round() / 1e4;
        assert_eq!(rounded(measured.mean[c]), stated.mean[c], "{measured:?}");
        assert_eq!(rounded(measured.std[c]), stated.std[c], "{measured:?}");
    }
}

#[test]
fn a_scene_of_impossible_numbers_is_drawn_somehow() {
    for value in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 1e30, -1e30, 0.0] {
        let mut scene = scene(0, Split::Test, 0);
        scene.pose = Pose { centre: [value; 2], size: value, rotation: value, stretch: value, skew: value };
        scene.fill.period = value;
        scene.fill.phase = [value; 2];
        scene.backdrop.fill = Fill { texture: Texture::Noise, angle: value, ..scene.fill };
        scene.backdrop.strength = value;
        scene.light.contrast = value;
        let Rendered { pixels, mask } = render(&scene);
        assert_eq!((pixels.len(), mask.len()), (IMAGE_BYTES, PIXELS));
    }
}
