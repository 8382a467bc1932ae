//! The probes that ask why: fidelity, rescaling, UniCAM, the projector.

use kd_lens::data::{DatasetKind, Split, shapes};
use kd_lens::lab::{Session, Settings, Who};
use kd_lens::nets::{Architecture, Network};
use kd_lens::probes::{self, Bench};
use kd_lens::weights::{Precision, save};
use serde_json::{Map, Value, json};

use crate::fixtures::{assert_close, device, either, expected, images, network, read};

fn object(value: Value) -> Map<String, Value> {
    value.as_object().expect("an object").clone()
}

async fn session(patch: Value) -> Session {
    let mut all = object(json!({
        "dataset": "shapes32", "teacher": "resnet8", "student": "resnet8", "batchSize": 4, "trainImages": 16, "testImages": 20, "epochs": 2,
    }));
    all.extend(object(patch));
    let teacher = save(&network(Architecture::ResNet8, 1).await.params, Precision::Full).await.expect("weights");
    Session::new(Settings::from_json(&all).expect("settings"), &teacher, &device().await).expect("a session")
}

async fn probe(session: &Session, name: &str, options: Value) -> Value {
    probes::run(name, &object(options), &session.bench()).await.unwrap_or_else(|e| panic!("{name}: {e}"))
}

/// UniCAM's score and maps against PyTorch, on images of the fixtures.
pub async fn unicam_is_as_in_pytorch() {
    use kd_lens::probes::unicam::{heat_of, relevance};
    let device = device().await;
    let (x, labels) = (images(12, 7).await, (0..12).map(|i| i % 5).collect::<Vec<usize>>());
    let (net, other) = (network(Architecture::ResNet8, 1).await, network(Architecture::ResNet14, 2).await);
    let (taps, removed) = (net.forward(x.clone()), other.forward(x).pooled);
    let one_hot = kd_lens::objectives::one_hot(&labels, 10, &device);
    let (score, left) = relevance(taps.pooled.clone(), removed.clone(), one_hot.clone());
    let numbers = [read(score).await, read(left).await].concat();
    assert_close("unicam/numbers", &numbers, &expected("unicam/f3/numbers"), either(1e-4, 2e-3).await);
    for tap in [3, 1] {
        let (map, _) = heat_of(&net, tap, &taps.maps, removed.clone(), &one_hot).expect("a map");
        let signed = read(map).await;
        let cells = signed.len() / 12;
        let mut maps = Vec::new();
        for row in signed.chunks_exact(cells) {
            let top = row.iter().copied().fold(0f32, f32::max).max(f32::MIN_POSITIVE);
            maps.extend(row.iter().map(|v| v.max(0.0) / top));
        }
        let name = format!("unicam/f{tap}/maps");
        assert_close(&name, &maps, &expected(&name), either(2e-3, 5e-2).await);
    }
}

/// Before the first step student and control are one network: nothing distilled, no difference anywhere.
pub async fn equal_networks_differ_in_nothing() {
    let run = session(json!({"method": "srd"})).await;
    let fidelity = probe(&run, "fidelity", json!({"images": 20})).await;
    for name in ["agreement", "predictiveKl", "gradientAlignment"] {
        assert_eq!(fidelity[name]["difference"], 0.0, "{name}");
        assert_eq!(fidelity[name]["verdict"], "noDifference", "{name}");
    }
    let bins: u64 = fidelity["calibration"]["teacher"]["bins"]
        .as_array()
        .expect("bins")
        .iter()
        .map(|b| b["count"].as_u64().unwrap_or(0))
        .sum();
    assert_eq!(bins, 20);
    let (agreement, bounds) = (&fidelity["agreementRates"]["student"]["rate"], &fidelity["bounds"]["student"]);
    assert!(agreement.as_f64() >= bounds["low"].as_f64() && agreement.as_f64() <= bounds["high"].as_f64());
    let unicam = probe(&run, "unicam", json!({})).await;
    assert!(unicam["distilled"]["left"].as_f64().expect("a number") < 1e-6);
    assert!(unicam["items"].as_array().expect("items").iter().all(|i| i["distilled"]["zero"] == true));
    assert_eq!(unicam["n"], 20);
    // Against the teacher there is something left, on both sides.
    let unicam = probe(&run, "unicam", json!({"against": "teacher", "labels": "classifier", "tap": "f1"})).await;
    assert!(unicam["distilled"]["left"].as_f64().expect("a number") > 1e-3);
    assert!(unicam["items"][0]["residual"]["map"].as_array().is_some_and(|map| map.len() == 1024));
    let rescaling = probe(&run, "rescaling", json!({"images": 20})).await;
    assert_eq!(rescaling["confidenceCorrelation"]["student"], rescaling["confidenceCorrelation"]["control"]);
    assert!((rescaling["teacherGeometry"][3][3].as_f64().expect("a number") - 1.0).abs() < 1e-9);
    // With α = 0 soft targets rescale nothing.
    let plain = probe(&run, "rescaling", json!({"images": 4, "alpha": 0})).await;
    assert!(plain["items"].as_array().expect("items").iter().all(|i| i["factor"]["student"] == 1.0));
    // Batches of 32: one here, so no interval; equal networks are equally like the teacher at every tap.
    let mut larger = session(json!({"method": "srd", "testImages": 40})).await;
    let relevance = probe(&larger, "relevance", json!({"images": [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31]})).await;
    assert_eq!(relevance["layers"].as_array().map(Vec::len), Some(5));
    for layer in relevance["layers"].as_array().expect("layers") {
        assert_eq!(layer["fss"]["difference"], 0.0, "{layer}");
        assert!(layer["fss"]["student"].as_f64().is_some_and(|v| v > 0.0 && v <= 1.0), "{layer}");
    }
    assert_eq!((&relevance["undefined"], &relevance["distilled"]["n"]), (&json!(1), &json!(0)));
    let layers = probe(&larger, "layers", json!({"images": 40})).await;
    assert_eq!((&layers["n"], &layers["student"]), (&json!(32), &layers["control"]));
    larger.step(1).await.expect("a step");
    let after = probe(&larger, "layers", json!({"images": 32})).await;
    assert_ne!(after["student"], after["control"], "they part with the first step");
    let projector = probe(&run, "projector", json!({"images": 20})).await;
    assert_eq!(projector["singularValues"].as_array().map(Vec::len), Some(64));
    assert!(projector["effectiveRank"].as_f64().is_some_and(|r| r > 1.0 && r <= 64.0));
    assert_eq!(probe(&run, "fidelity", json!({"images": 20})).await, fidelity, "the same numbers again");
}

/// The teacher compared with itself agrees everywhere; further networks give chance levels; nonsense is refused.
pub async fn comparisons_know_their_controls() {
    let device = device().await;
    let mut run = session(json!({})).await;
    let own = run.export(Who::Teacher).await.expect("weights");
    run.bring("foreign", &own).expect("a foreign network");
    run.bring("twin", &own).expect("a twin");
    let fidelity = probe(&run, "fidelity", json!({"images": 20})).await;
    // The "foreign" network is the teacher here, so the student cannot agree with one of them more.
    assert_eq!(fidelity["foreign"]["difference"], 0.0);
    assert_eq!(fidelity["chance"]["n"], 20);
    let images = json!({"images": 6, "steps": 2, "sweep": [0, 4], "attack": "pgd", "norm": "l2"});
    for source in ["teacher", "student", "control", "foreign"] {
        let mut options = images.clone();
        options["source"] = json!(source);
        let report = probe(&run, "adversarial", options).await;
        assert_eq!(report["sweep"].as_array().map(Vec::len), Some(2));
        assert_eq!(report["sweep"][0]["fooling"]["teacher"]["count"], 0, "ε = 0 fools nobody");
        assert_eq!(report["success"]["n"], 6);
        // The attacked network is fooled on these images by their choice: it is compared with nobody.
        let compared = !["student", "control"].contains(&source);
        for place in ["/comparison", "/noiseComparison", "/sweep/1/comparison"] {
            assert_eq!(report.pointer(place).map(serde_json::Value::is_object), Some(compared), "{source} {place}");
        }
        if source == "foreign" {
            // The same network under two names: what fools one fools the other.
            let fooled = &report["success"]["count"];
            assert_eq!(&report["fooling"]["teacher"]["count"], fooled);
        }
    }
    for (name, options) in [
        ("adversarial", json!({"source": "nobody"})),
        ("adversarial", json!({"norm": "l1"})),
        ("adversarial", json!({"sweep": [300]})),
        ("unicam", json!({"images": 4})),
        ("unicam", json!({"against": "foreign"})),
        ("projector", json!({})),
        ("relevance", json!({"images": 20})),
        ("layers", json!({"images": 20})),
        ("fidelity", json!({"images": 21})),
    ] {
        let error = probes::run(name, &object(options.clone()), &run.bench()).await.expect_err("an error");
        assert_eq!(error.code(), "probe-invalid", "{name} {options}");
    }
    // Shapes-32 has no groups.
    assert_eq!(run.show(DatasetKind::Cifar10Turned, &[0; 3073]).expect_err("an error").code(), "setting-invalid");
    assert_eq!(run.bring("friend", &own).expect_err("an error").code(), "setting-invalid");
    assert_eq!(run.bring("twin", b"nothing").expect_err("an error").code(), "weights-unreadable");

    // Masks of Shapes-32: a teacher as its own student is as good as itself.
    let kind = DatasetKind::Shapes32;
    let images = shapes::generate(shapes::SEED, Split::Test, 0, 8);
    let teacher: Network = network(Architecture::ResNet8, 1).await;
    assert_eq!(kind.classes().len(), teacher.classes());
    let bench = Bench {
        teacher: &teacher,
        student: &teacher,
        control: &teacher,
        foreign: None,
        twin: None,
        parts: None,
        images: &images,
        groups: &[],
        seed: 0,
        step: 0,
        device: &device,
    };
    let report = probes::run("grad-cam", &object(json!({"images": 8})), &bench).await.expect("a report");
    let chance = report["masks"]["chance"].as_f64().expect("a share");
    assert!(chance > 0.02 && chance < 0.9, "{chance}");
    assert_eq!(report["masks"]["energy"]["difference"], 0.0);
    assert_eq!(report["closeness"]["verdict"], "noDifference");
}
