//! Probes of what networks ignore and where they draw their lines: against PyTorch and numpy (`tests/reference/make_probes.py`),
//! on networks whose answers are known, and by what must hold whatever the numbers are.

use kd_lens::Result;
use kd_lens::data::domains::{otsu, sobel, stylise};
use kd_lens::data::transform::{self, Affine, luma};
use kd_lens::data::{Dataset, DatasetKind, IMAGE_BYTES, Normalisation, PIXELS, Split, shapes};
use kd_lens::nets::{Architecture, Network};
use kd_lens::probes::boundary::Plane;
use kd_lens::probes::{self, Bench};
use kd_lens::weights::{Tensors, decode};
use serde_json::{Map, Value, json};

use crate::fixtures::{assert_close, device, images, network, noise, read};

fn object(value: Value) -> Map<String, Value> {
    value.as_object().expect("an object").clone()
}

/// A tensor of `tests/reference/probes.safetensors`.
fn expected(name: &str) -> Vec<f32> {
    thread_local!(static ALL: Tensors = decode(include_bytes!("../reference/probes.safetensors")).expect("fixtures decode").0);
    ALL.with(|all| all.get(name).unwrap_or_else(|| panic!("no fixture {name}")).1.clone())
}

pub async fn images_change_as_in_pytorch() {
    let all = read(images(3, 7).await).await;
    let picture = |i: usize| &all[i * IMAGE_BYTES..(i + 1) * IMAGE_BYTES];
    let grain = noise(IMAGE_BYTES, 77);
    let first: Vec<f32> =
        picture(0).iter().zip(&grain).map(|(v, g)| (0.7 * v + 0.3 * (0.5 * g + 0.5)).clamp(0.0, 1.0)).collect();
    let same = |name: &str, actual: &[f32]| assert_close(name, actual, &expected(name), 2e-5);
    same("blur/1.3", &transform::blur(&first, 1.3));
    same("sobel", &sobel(&first));
    same("hue/0.2", &transform::hue(&first, 0.2));
    let turned = transform::hue(&first, -0.35);
    same("hue/-0.35", &turned.chunks_exact(PIXELS).flat_map(|p| p[..256].to_vec()).collect::<Vec<_>>());
    same("rotation/25", &Affine::rotation(25.0).apply(&first, [0.2, 0.4, 0.6]));
    same("crop", &transform::crop(&first, 5.5, 2.25, 20.0));
    same("stylise", &stylise(&first, picture(1)));
    let threshold = |image: &[f32]| {
        let levels: Vec<u8> = luma(image).iter().map(|v| (v * 255.0).round() as u8).collect();
        f32::from(otsu(&levels))
    };
    same("otsu", &[threshold(&first), threshold(picture(1))]);

    let plane = Plane::through([picture(0), picture(1), picture(2)]).expect("a plane");
    let flat = |v: &[[f64; 2]]| v.iter().flatten().map(|v| *v as f32).collect::<Vec<_>>();
    same("boundary/coordinates", &flat(&plane.coordinates));
    same("boundary/range", &flat(&[plane.x, plane.y]));
    for i in [0, 11, 48] {
        let [x, y] = plane.point(i, 7);
        same(&format!("boundary/point{i}"), &plane.at(x, y));
    }
}

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
fn colours() -> Dataset {
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

/// The three networks, images and a device, owned.
struct Table {
    networks: [Network; 3],
    images: Dataset,
    device: burn::tensor::Device,
}

impl Table {
    fn bench(&self, seed: u64) -> Bench<'_> {
        let [teacher, student, control] = &self.networks;
        Bench {
            teacher,
            student,
            control,
            foreign: None,
            twin: None,
            parts: None,
            images: &self.images,
            seed,
            step: 7,
            device: &self.device,
        }
    }

    async fn ask(&self, probe: &str, options: Value) -> Value {
        let options = object(options);
        probes::run(probe, &options, &self.bench(0)).await.unwrap_or_else(|e| panic!("{probe} {options:?}: {e}"))
    }
}

/// Three networks of no meaning, on Shapes-32.
async fn strangers(count: usize) -> Table {
    let salts = [1, 2, 3];
    let [a, b, c] = salts.map(|salt| network(Architecture::ResNet8, salt));
    Table {
        networks: [a.await, b.await, c.await],
        images: shapes::generate(0, Split::Test, 0, count),
        device: device().await,
    }
}

/// Teacher and student read colours; the control mixes them up.
async fn readers() -> Table {
    let right = reader(&[RED, GREEN, BLUE], &BIAS).await;
    let wrong = reader(&[BLUE, RED, GREEN], &BIAS).await;
    Table { networks: [right.clone(), right, wrong], images: colours(), device: device().await }
}

fn number(report: &Value, path: &str) -> f64 {
    report.pointer(path).and_then(Value::as_f64).unwrap_or_else(|| panic!("no number at {path}"))
}

/// A network compared with itself: every score is perfect and no difference is seen.
pub async fn equal_networks_have_no_difference() {
    let one = network(Architecture::ResNet8, 1).await;
    let images = shapes::generate(0, Split::Test, 0, 3);
    let table = Table { networks: [one.clone(), one.clone(), one], images, device: device().await };
    let report = table.ask("invariance", json!({"images": 2, "change": "shift", "strengths": [4]})).await;
    let kept = &report["strengths"][0]["kept"];
    assert!(kept["teacher"] == kept["student"] && kept["student"] == kept["control"], "{kept}");
    assert_eq!(number(&report, "/strengths/0/consensus/student/rate"), 1.0);
    assert_eq!(report["strengths"][0]["comparison"]["verdict"], "noDifference");
    let report = table.ask("boundary", json!({"triplets": [[0, 1, 2], [1, 2, 0]], "resolution": 2})).await;
    for item in report["items"].as_array().expect("items") {
        assert_eq!((number(item, "/student/share"), number(item, "/control/share")), (1.0, 1.0));
    }
    assert_eq!(report["comparison"]["verdict"], "noDifference");
    assert_eq!(number(&report, "/comparison/student"), 1.0);
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

/// What follows from the items is what the report says; patches and fills differ.
pub async fn shape_bias_follows_from_the_items() {
    let table = strangers(60).await;
    let report = table.ask("shape-texture", json!({"images": 60, "pictures": [5]})).await;
    let items = report["items"].as_array().expect("items");
    assert_eq!(items.len(), 60);
    let mut answered = 0;
    for cue in ["patch", "fill"] {
        for who in ["teacher", "student", "control"] {
            let by = |class: &str| items.iter().filter(|i| i[cue][who] == i[class]).count() as f64;
            let (shape, texture) = (by("label"), by("otherLabel"));
            let at = |what: &str| number(&report, &format!("/{cue}/{what}/{who}/count"));
            assert_eq!((at("shape"), at("texture"), at("bias")), (shape, texture, shape));
            assert_eq!(number(&report, &format!("/{cue}/bias/{who}/n")), shape + texture);
            answered += (shape + texture) as usize;
        }
    }
    assert!(answered > 0, "some image is answered by a cue");
    assert!(items.iter().all(|i| i["label"] != i["otherLabel"] && i["className"] != i["otherName"]));
    assert_ne!(report["pictures"][0]["patch"], report["pictures"][0]["fill"]);

    let mut same = strangers(60).await;
    same.networks[2] = same.networks[1].clone();
    let report = same.ask("shape-texture", json!({"images": 60})).await;
    assert_eq!(report["patch"]["bias"]["student"], report["patch"]["bias"]["control"]);
    assert_eq!(report["patch"]["consensus"]["comparison"]["verdict"], "noDifference");
}

/// The same question has the same answer, and an image's answer does not depend on which others are asked about.
pub async fn probes_repeat_and_images_stand_alone() {
    let table = strangers(10).await;
    for (probe, options) in [
        ("invariance", json!({"change": "crop", "strengths": [0.3, 0.6]})),
        ("invariance", json!({"change": "noise", "strengths": [0.3]})),
        ("domains", json!({})),
        ("shape-texture", json!({})),
    ] {
        let with = |images: Value| {
            let mut all = options.clone();
            all["images"] = images;
            all["pictures"] = json!([3]);
            all
        };
        let whole = table.ask(probe, with(json!(8))).await;
        assert!(whole == table.ask(probe, with(json!(8))).await, "{probe} does not repeat");
        let alone = table.ask(probe, with(json!([3]))).await;
        assert_eq!(alone["items"][0], whole["items"][3]);
        assert!(alone["pictures"] == whole["pictures"], "{probe}: the picture depends on its company");
        let other = probes::run(probe, &object(with(json!(8))), &table.bench(1)).await.expect("a report");
        assert!(other["pictures"] != whole["pictures"], "{probe}: the seed makes no difference");
    }
    let planes = json!({"triplets": 3, "resolution": 4, "pictures": 3});
    let whole = table.ask("boundary", planes.clone()).await;
    assert!(whole == table.ask("boundary", planes.clone()).await);
    for item in whole["items"].as_array().expect("items") {
        let labels: std::collections::BTreeSet<_> = (0..3).map(|i| item["labels"][i].as_u64()).collect();
        assert_eq!(labels.len(), 3, "three different classes");
    }
    let other = probes::run("boundary", &object(planes), &table.bench(1)).await.expect("a report");
    assert_ne!(other["items"][0]["images"], whole["items"][0]["images"]);
}

/// No value is missing where there are images enough, and none lies outside its range.
pub async fn reports_are_complete() {
    fn walk(value: &Value, at: &str) {
        match value {
            Value::Null => panic!("nothing at {at}"),
            Value::Array(list) => list.iter().enumerate().for_each(|(i, v)| walk(v, &format!("{at}/{i}"))),
            Value::Object(map) => {
                if let Some(rate) = map.get("rate").and_then(Value::as_f64) {
                    assert!((0.0..=1.0).contains(&rate), "{at}");
                }
                map.iter().for_each(|(k, v)| walk(v, &format!("{at}/{k}")));
            }
            _ => {}
        }
    }
    let table = strangers(6).await;
    for change in
        ["brightness", "contrast", "saturation", "hue", "jitter", "crop", "shift", "flip", "rotation", "noise", "blur"]
    {
        let report = table.ask("invariance", json!({"change": change, "images": 3, "pictures": [1]})).await;
        walk(&report, change);
        let strengths = report["strengths"].as_array().expect("strengths").len();
        let views = &report["items"][0]["views"];
        assert!(report["change"] == change && views.as_array().map(Vec::len) == Some(strengths) && strengths > 0);
        assert_eq!(report["pictures"][0]["changed"].as_array().map(Vec::len), Some(strengths));
        assert!((report["n"] == 3) && (report["seed"] == 0) && (report["step"] == 7));
    }
    walk(&table.ask("domains", json!({"pictures": [0]})).await, "domains");
    walk(&table.ask("boundary", json!({"triplets": 2, "resolution": 3})).await, "boundary");
    // One image has rates but no interval of a difference.
    let report = table.ask("invariance", json!({"images": 1, "change": "flip"})).await;
    assert_eq!(report["strengths"][0]["comparison"]["verdict"], "unknown");
}

fn code(result: Result<Value>) -> &'static str {
    match result {
        Ok(_) => "none",
        Err(error) => {
            assert!(error.to_string().ends_with('.'), "a sentence: {error}");
            error.code()
        }
    }
}

pub async fn wrong_options_are_refused() {
    let table = strangers(6).await;
    let bench = table.bench(0);
    for (probe, options) in [
        ("invariance", json!({"images": 7})),
        ("invariance", json!({"change": "sharpen"})),
        ("invariance", json!({"change": 3})),
        ("invariance", json!({"strength": 3})),
        ("invariance", json!({"strengths": []})),
        ("invariance", json!({"strengths": ["a"]})),
        ("invariance", json!({"strengths": vec![0.1; 21]})),
        ("invariance", json!({"change": "hue", "strengths": [0.6]})),
        ("invariance", json!({"change": "shift", "strengths": [1.5]})),
        ("invariance", json!({"change": "crop", "strengths": 0})),
        ("invariance", json!({"images": 2, "pictures": [2]})),
        ("domains", json!({"domains": ["sketches"]})),
        ("domains", json!({"domains": 1})),
        ("domains", json!({"pictures": [6]})),
        ("shape-texture", json!({"images": [6]})),
        ("shape-texture", json!({"cue": "patch"})),
        ("boundary", json!({"resolution": 1})),
        ("boundary", json!({"resolution": 2.5})),
        ("boundary", json!({"triplets": 0})),
        ("boundary", json!({"triplets": "many"})),
        ("boundary", json!({"triplets": []})),
        ("boundary", json!({"triplets": [[0, 1]]})),
        ("boundary", json!({"triplets": [[0, 1, 6]]})),
        ("boundary", json!({"triplets": [[0, 1, 1]]})),
        ("boundary", json!({"pictures": -1})),
        ("boundary", json!({"images": 3})),
    ] {
        assert_eq!(
            code(probes::run(probe, &object(options.clone()), &bench).await),
            "probe-invalid",
            "{probe} {options}"
        );
    }

    // Images of another dataset, or others than the generator draws, have no known outline.
    let foreign = |images: Dataset| Table { images, networks: table.networks.clone(), device: table.device.clone() };
    for images in [colours(), shapes::generate(5, Split::Test, 0, 4)] {
        let table = foreign(images);
        let error = probes::run("shape-texture", &Map::new(), &table.bench(0)).await.expect_err("a refusal");
        assert!(error.code() == "probe-invalid" && error.to_string().contains("Shapes-32"), "{error}");
    }
    // Two classes are too few for a plane, no image too few for anything.
    let mut two = Dataset::with_classes("two", vec!["a".into(), "b".into()]).expect("classes");
    two.append(
        &noise(4 * IMAGE_BYTES, 5).iter().map(|v| (v * 100.0 + 120.0) as u8).collect::<Vec<_>>(),
        &[0, 1, 0, 1],
        None,
    )
    .expect("images fit");
    assert_eq!(code(probes::run("boundary", &Map::new(), &foreign(two).bench(0)).await), "probe-invalid");
    let nothing = foreign(Dataset::empty(DatasetKind::Shapes32));
    for probe in ["invariance", "domains", "shape-texture", "boundary"] {
        assert_eq!(code(probes::run(probe, &Map::new(), &nothing.bench(0)).await), "data-missing");
    }
}
