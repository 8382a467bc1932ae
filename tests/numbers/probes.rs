//! Probes of what networks ignore and where they draw their lines: against PyTorch and numpy (`tests/reference/make_probes.py`)
//! and by what must hold whatever the numbers are. Networks whose answers are known are in `readers`.

use burn::tensor::{Device, Tensor, TensorData};
use kd_lens::Result;
use kd_lens::data::domains::{otsu, sobel, stylise};
use kd_lens::data::transform::{self, Affine, luma};
use kd_lens::data::{Dataset, DatasetKind, IMAGE_BYTES, PIXELS, SIDE, Split, shapes};
use kd_lens::nets::{Architecture, Network};
use kd_lens::probes::boundary::Plane;
use kd_lens::probes::{self, Bench};
use kd_lens::statistics::argmax;
use kd_lens::weights::{Tensors, decode};
use serde_json::{Map, Value, json};

use crate::fixtures::{assert_close, device, images, network, noise, read};
use crate::readers::colours;

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

/// The three networks, images and a device, owned.
pub struct Table {
    pub networks: [Network; 3],
    pub images: Dataset,
    pub device: Device,
}

impl Table {
    pub fn bench(&self, seed: u64) -> Bench<'_> {
        let [teacher, student, control] = &self.networks;
        Bench {
            teacher,
            student,
            control,
            foreign: None,
            twin: None,
            parts: None,
            images: &self.images,
            groups: &[],
            seed,
            step: 7,
            device: &self.device,
        }
    }

    pub async fn ask(&self, probe: &str, options: Value) -> Value {
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

pub fn number(report: &Value, path: &str) -> f64 {
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

/// What the networks predict for the pictures of a report is what the report says of them.
pub async fn verdicts_belong_to_the_pictures() {
    let table = strangers(6).await;
    let all: Vec<usize> = (0..6).collect();
    // Where pictures and verdicts of an item stand: (in the picture, in the item).
    let mut seen = std::collections::BTreeSet::new();
    for (probe, options, places) in [
        (
            "invariance",
            json!({"change": "crop", "strengths": [0.2, 0.4]}),
            vec![
                ("/reference/0", "/views/0/reference"),
                ("/changed/0", "/views/0/changed"),
                ("/reference/1", "/views/1/reference"),
                ("/changed/1", "/views/1/changed"),
            ],
        ),
        (
            "invariance",
            json!({"change": "noise", "strengths": [0.5]}),
            vec![("/reference/0", "/views/0/reference"), ("/changed/0", "/views/0/changed")],
        ),
        (
            "domains",
            json!({}),
            vec![
                ("/domains/0", "/verdicts/0"),
                ("/domains/1", "/verdicts/1"),
                ("/domains/2", "/verdicts/2"),
                ("/domains/3", "/verdicts/3"),
                ("/domains/4", "/verdicts/4"),
                ("/domains/5", "/verdicts/5"),
            ],
        ),
        ("shape-texture", json!({}), vec![("/patch", "/patch"), ("/fill", "/fill")]),
    ] {
        let mut options = options;
        options["pictures"] = json!(all);
        let report = table.ask(probe, options).await;
        for (at, said) in places {
            let pictures = report["pictures"].as_array().expect("pictures").iter();
            let pixels: Vec<f32> = pictures
                .flat_map(|p| p.pointer(at).and_then(Value::as_array).expect("pixels"))
                .map(|v| v.as_f64().expect("a number") as f32)
                .collect();
            let x = Tensor::<4>::from_data(TensorData::new(pixels, [6, 3, SIDE, SIDE]), &table.device);
            for (who, network) in ["teacher", "student", "control"].into_iter().zip(&table.networks) {
                let logits = read(network.logits(x.clone())).await;
                for (i, row) in logits.chunks_exact(10).enumerate() {
                    let verdict = number(&report, &format!("/items/{i}{said}/{who}"));
                    assert_eq!(verdict, argmax(row) as f64, "{probe}{at}: image {i}, {who}");
                    seen.insert(argmax(row));
                }
            }
        }
    }
    assert!(seen.len() > 1, "the networks say different things");
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
        // Of all pictures: one image may be lent the same style under two seeds.
        let mut all = with(json!(8));
        all["pictures"] = json!([0, 1, 2, 3, 4, 5, 6, 7]);
        let of = async |seed| probes::run(probe, &object(all.clone()), &table.bench(seed)).await.expect("a report");
        assert!(of(0).await["pictures"] != of(1).await["pictures"], "{probe}: the seed makes no difference");
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
        ("adversarial", json!({"images": [0, 3, 0]})),
        ("fidelity", json!({"images": [1, 1]})),
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

    let error = probes::run("grad-cam", &object(json!({"images": [0, 3, 2, 3]})), &bench).await.expect_err("a refusal");
    assert!(error.to_string().contains("test image 3 twice"), "{error}");
    // As many were asked for as are needed; taking equally many of each class left fewer.
    let more = strangers(40).await;
    let asked = object(json!({"images": 32}));
    let error = probes::run("relevance", &asked, &more.bench(0)).await.expect_err("a refusal");
    assert!(error.code() == "probe-invalid" && error.to_string().contains("Of the 32 images"), "{error}");
    assert!(error.to_string().contains("30 remain") && error.to_string().contains("10 classes"), "{error}");

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
