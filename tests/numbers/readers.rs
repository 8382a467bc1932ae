//! Probes of networks made by hand, whose answers are known in advance.

use kd_lens::data::{Dataset, IMAGE_BYTES, Normalisation, PIXELS};
use kd_lens::nets::{Architecture, Network};
use kd_lens::probes::{self, Bench};
use serde_json::{Map, Value, json};

use crate::fixtures::device;
use crate::probes::{Table, number};

/// A ResNet-8 made by hand that reads colours: on an image of one colour the logit of class k is Σ_c rows[k][c]·(colour_c + 10) +
/// bias[k] (but for the 10⁻⁵ in the normalisation layers), and 0 for classes without a row.
async fn reader(rows: &[[f32; 3]], bias: &[f32]) -> Network {
    let device = device().await;
    let plain = Normalisation { mean: [0.0; 3], std: [1.0; 3] };
    let mut network = Network::new(Architecture::ResNet8, 10, plain, 0, &device);
    let value = |name: &str, shape: &[usize]| {
        let mut values = vec![0.0; shape.iter().product()];
        let channels_through = |values: &mut [f32], tap: usize| {
            let (inputs, area) = (shape[1], shape[2] * shape[3]);
            (0..3).for_each(|c| values[(c * inputs + c) * area + tap] = 1.0);
        };
        match name {
            // The middle of the kernel.
            "conv1.weight" => channels_through(&mut values, 4),
            _ if name.ends_with("downsample.0.weight") => channels_through(&mut values, 0),
            "bn1.weight" => values.fill(1.0),
            // Far from the ReLU.
            "bn1.bias" => values.fill(10.0),
            _ if name.ends_with("running_var") || name.ends_with("downsample.1.weight") => values.fill(1.0),
            "fc.weight" => {
                rows.iter().enumerate().for_each(|(k, row)| values[k * shape[1]..][..3].copy_from_slice(row))
            }
            "fc.bias" => values[..bias.len()].copy_from_slice(bias),
            // The residual branches end in a normalisation of weight 0.
            _ => {}
        }
        values
    };
    let data = network.params.specs().iter().map(|s| value(&s.name, &s.shape)).collect();
    network.params.set_host(data, &device).expect("the tensors fit");
    network
}

const RED: [f32; 3] = [1.0, 0.0, 0.0];
const GREEN: [f32; 3] = [0.0, 1.0, 0.0];
const BLUE: [f32; 3] = [0.0, 0.0, 1.0];
/// Where all colours are equal, class 0 it is.
const BIAS: [f32; 1] = [0.01];

/// Twelve images of one colour each: red, green, blue, red, …
pub fn colours() -> Dataset {
    let mut dataset =
        Dataset::with_classes("colours", ["red", "green", "blue"].map(String::from).into()).expect("classes");
    for i in 0..12u8 {
        let channel = usize::from(i % 3);
        let mut image = vec![50; IMAGE_BYTES];
        image[channel * PIXELS..][..PIXELS].fill(130 + 10 * i);
        dataset.append(&image, &[i % 3], None).expect("images fit");
    }
    dataset
}

/// Teacher and student read colours; the control mixes them up.
async fn readers() -> Table {
    let right = reader(&[RED, GREEN, BLUE], &BIAS).await;
    let wrong = reader(&[BLUE, RED, GREEN], &BIAS).await;
    Table { networks: [right.clone(), right, wrong], images: colours(), device: device().await }
}

/// On images of one colour everything is known in advance.
pub async fn readers_of_colours_answer_as_known() {
    let table = readers().await;
    let report = table.ask("invariance", json!({"change": "flip"})).await;
    for who in ["teacher", "student", "control"] {
        assert_eq!(number(&report, &format!("/strengths/0/kept/{who}/rate")), 1.0);
    }
    let counts = |report: &Value, at: &str| {
        ["teacher", "student", "control"]
            .map(|who| report.pointer(&format!("{at}/{who}/count")).map_or(99, |n| n.as_u64().unwrap_or(99)))
    };
    assert_eq!(counts(&report, "/strengths/0/accuracy"), [12, 12, 0]);
    // All three kept everything; only the accuracy tells the reader from the one that mixes things up.
    assert_eq!(report["strengths"][0]["comparison"]["verdict"], "noDifference");
    assert_eq!(report["strengths"][0]["accuracyComparison"]["verdict"], "higher");
    assert_eq!(number(&report, "/strengths/0/accuracyComparison/difference"), 1.0);
    assert_eq!(counts(&report, "/strengths/0/consensus"), [99, 12, 0]);
    assert_eq!(report["strengths"][0]["consensus"]["comparison"]["verdict"], "higher");

    let everything: Vec<usize> = (0..12).collect();
    let report =
        table.ask("invariance", json!({"change": "hue", "strengths": [0.0, 0.5], "pictures": everything})).await;
    assert_eq!(number(&report, "/strengths/0/kept/control/rate"), 1.0);
    let mut moved = 0;
    for (item, picture) in
        report["items"].as_array().expect("items").iter().zip(report["pictures"].as_array().expect("pictures"))
    {
        let colour: Vec<f64> = (0..3).map(|c| number(picture, &format!("/changed/1/{}", c * PIXELS))).collect();
        let strongest = (0..3).max_by(|&a, &b| colour[a].total_cmp(&colour[b])).expect("three");
        assert_eq!(number(item, "/views/1/changed/teacher"), strongest as f64);
        assert_eq!(number(item, "/views/1/reference/teacher"), number(item, "/label"));
        moved += usize::from(item["label"] != strongest);
    }
    assert!(moved > 0, "a hue that may go anywhere changes some predictions");
    assert_eq!(number(&report, "/strengths/1/kept/teacher/count"), (12 - moved) as f64);

    let report = table.ask("domains", json!({})).await;
    let found: Vec<_> = report["domains"]
        .as_array()
        .expect("domains")
        .iter()
        .map(|d| {
            let name = d["domain"].as_str().expect("a name");
            (name, counts(d, "/accuracy"), number(d, "/consensus/control/count"), number(d, "/consensus/student/count"))
        })
        .collect();
    // Without colour all say class 0; a style is the colour of another class.
    assert_eq!(
        found,
        [
            ("unchanged", [12, 12, 0], 0.0, 12.0),
            ("greyscale", [4, 4, 4], 12.0, 12.0),
            ("edges", [4, 4, 4], 12.0, 12.0),
            ("silhouettes", [4, 4, 4], 12.0, 12.0),
            ("posterised", [12, 12, 0], 0.0, 12.0),
            ("stylised", found[5].1, 0.0, 12.0),
        ]
    );
    assert_eq!(found[5].1[0], 0);
}

/// A group in which the one that mixes colours up is right and the readers are wrong.
pub async fn gains_in_groups_are_known() {
    let table = readers().await;
    let mut mixed = Dataset::with_classes("mixed", table.images.classes().to_vec()).expect("classes");
    for i in 0..12 {
        let image = table.images.image(i).expect("it is here");
        let label = (table.images.label(i).expect("it is here") + 1) % 3;
        mixed.append(image, &[label], None).expect("it fits");
    }
    // The same images in the same order; what a label of one group is called in the other says which network is right.
    let groups = [table.images.clone(), mixed, table.images.clone()];
    let bench = Bench { groups: &groups, ..table.bench(0) };
    let ask = |options: Value| {
        let options = options.as_object().cloned().unwrap_or_default();
        async move { probes::run("groups", &options, &bench).await.expect("a report") }
    };
    let report = ask(json!({"triplets": 3, "resolution": 4})).await;
    assert_eq!((&report["n"], &report["groups"][1]["group"]), (&json!(12), &json!("mixed")));
    let counts = |at: usize| {
        ["teacher", "student", "control"].map(|who| number(&report, &format!("/groups/{at}/accuracy/{who}/count")))
    };
    assert_eq!((counts(0), counts(1), counts(2)), ([12.0, 12.0, 0.0], [0.0, 0.0, 12.0], [12.0, 12.0, 0.0]));
    for (at, gain) in [(0, 1.0), (1, -1.0), (2, 1.0)] {
        assert_eq!(number(&report, &format!("/groups/{at}/comparison/difference")), gain);
        assert_eq!(number(&report, &format!("/groups/{at}/consensus/student/rate")), 1.0);
        assert_eq!(number(&report, &format!("/groups/{at}/boundary/student")), 1.0);
        assert!(number(&report, &format!("/groups/{at}/boundary/control")) < 0.9);
        if at > 0 {
            assert_eq!(number(&report, &format!("/groups/{at}/gain/first")), 1.0);
            assert_eq!(number(&report, &format!("/groups/{at}/gain/here")), gain);
            assert_eq!(number(&report, &format!("/groups/{at}/gain/difference")), 1.0 - gain);
            assert_eq!(number(&report, &format!("/groups/{at}/gain/low")), 1.0 - gain);
        }
    }
    assert_eq!(report["groups"][0]["gain"], Value::Null);
    assert_eq!(ask(json!({"images": 4})).await["groups"][1]["boundary"], Value::Null);
    let error = probes::run("groups", &Map::new(), &table.bench(0)).await.expect_err("no groups");
    assert_eq!(error.code(), "probe-invalid");
    assert!(error.to_string().contains("digits-plain, digits-colour"), "{error}");
}

/// Boundaries between colours, worked out with three numbers instead of 3,072.
pub async fn boundaries_of_known_networks_are_known() {
    let mut table = readers().await;
    table.networks[2] = reader(&[RED], &BIAS).await;
    let report =
        table.ask("boundary", json!({"triplets": [[0, 4, 8], [3, 1, 11]], "resolution": 12, "pictures": 2})).await;
    let resolution = 12;
    for (item, picture) in
        report["items"].as_array().expect("items").iter().zip(report["pictures"].as_array().expect("pictures"))
    {
        let colour = |i: usize| {
            let index = item["images"][i].as_u64().expect("an image") as usize;
            let image = table.images.image(index).expect("it is here");
            [0, 1, 2].map(|c| f64::from(image[c * PIXELS]) / 255.0)
        };
        let dot = |a: [f64; 3], b: [f64; 3]| (0..3).map(|c| a[c] * b[c]).sum::<f64>();
        let minus = |a: [f64; 3], b: [f64; 3]| [0, 1, 2].map(|c| a[c] - b[c]);
        let unit = |a: [f64; 3]| a.map(|v| v / dot(a, a).sqrt());
        let (a, b) = (unit(minus(colour(1), colour(0))), minus(colour(2), colour(0)));
        let across = unit(minus(b, a.map(|v| v * dot(a, b))));
        // 1,024 equal pixels: images are 32 times as far from each other as their colours.
        let axis =
            |name: &str| (number(picture, &format!("/{name}/0")) / 32.0, number(picture, &format!("/{name}/1")) / 32.0);
        let ((left, right), (low, high)) = (axis("x"), axis("y"));
        let mut reds = 0;
        for i in 0..resolution * resolution {
            let part = |at: usize| at as f64 / (resolution - 1) as f64;
            let (x, y) = (left + (right - left) * part(i % resolution), low + (high - low) * part(i / resolution));
            let point = [0, 1, 2].map(|c| colour(0)[c] + x * a[c] + y * across[c] + if c == 0 { 0.01 } else { 0.0 });
            let strongest = (0..3).max_by(|&a, &b| point[a].total_cmp(&point[b])).expect("three");
            assert_eq!(number(picture, &format!("/classes/teacher/{i}")), strongest as f64, "point {i}: {point:?}");
            assert_eq!(number(picture, &format!("/classes/control/{i}")), 0.0);
            reds += usize::from(strongest == 0);
        }
        assert!(reds > 0 && reds < resolution * resolution);
        assert_eq!((number(item, "/student/share"), number(item, "/control/count")), (1.0, reds as f64));
    }
    assert_eq!(number(&report, "/comparison/student"), 1.0);
}
