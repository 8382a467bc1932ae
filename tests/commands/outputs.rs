//! What commands print and write.

use kd_lens::objectives::METHODS;
use kd_lens::weights::{Precision, Tensors, decode, encode};
use serde_json::Value;

use crate::support::{RUN, done, folder, json, kd_lens, names, refused, said, text};

/// Inputs and outputs of a case that PyTorch computed.
fn case(name: &str) -> (Tensors, Tensors) {
    let (all, _) = decode(include_bytes!("../reference/objectives.safetensors")).expect("fixtures");
    let part = |side: &str| {
        let prefix = format!("{name}/{side}/");
        all.iter().filter_map(|(k, v)| Some((k.strip_prefix(&prefix)?.to_string(), v.clone()))).collect::<Tensors>()
    };
    (part("in"), part("out"))
}

#[test]
fn an_objective_prints_its_terms_and_writes_its_gradients() {
    let folder = folder("objective");
    for (name, set) in [("kl", vec![]), ("srd", vec!["--set", "projector=linear", "exponent=4"])] {
        let (inputs, expected) = case(&format!("{name}/random"));
        let (file, gradients) =
            (folder.join(format!("{name}.safetensors")), folder.join(format!("{name}-out.safetensors")));
        let tensors = inputs.iter().map(|(n, (s, v))| (n.clone(), s.as_slice(), v.as_slice()));
        std::fs::write(&file, encode(tensors, None, Precision::Full).expect("bytes")).expect("written");
        let (file, gradients) = (file.display().to_string(), gradients.display().to_string());
        let mut arguments = vec!["objective", name, "--tensors", &file, "--grads", &gradients];
        arguments.extend(&set);
        let report = json(&kd_lens(&arguments));
        let close = |a: f64, e: f32| (a - f64::from(e)).abs() <= 1e-5 * f64::from(e.abs()).max(0.1);
        assert!(close(report["total"].as_f64().expect("a total"), expected["total"].1[0]), "{report}");
        let terms = report["terms"].as_object().expect("terms");
        assert!(terms.len() >= 2);
        for (term, row) in terms {
            assert!(close(row["value"].as_f64().expect("a value"), expected[&format!("term.{term}")].1[0]), "{term}");
            let product = row["value"].as_f64().unwrap() * row["weight"].as_f64().unwrap();
            assert!((row["weighted"].as_f64().unwrap() - product).abs() < 1e-12);
        }
        // The inputs are not replaced by their gradients.
        let before = std::fs::read(&file).expect("inputs");
        let mut onto = vec!["objective", name, "--tensors", &file, "--grads", &file];
        onto.extend(&set);
        refused(&onto, "file-unwritable", &["holds the inputs"]);
        assert!(std::fs::read(&file).is_ok_and(|now| now == before), "it was touched");
        let (written, _) = decode(&std::fs::read(&gradients).expect("gradients")).expect("safetensors");
        for (key, (shape, values)) in expected.iter().filter_map(|(k, v)| Some((k.strip_prefix("grad.")?, v))) {
            let own = &written[key];
            assert_eq!(&own.0, shape, "{name}: {key}");
            assert!(own.1.iter().zip(values).all(|(a, e)| (a - e).abs() < 1e-3), "{name}: {key}");
        }
    }
}

#[test]
fn every_objective_describes_itself() {
    for method in METHODS {
        let report = json(&kd_lens(&["objective", method.name, "--describe"]));
        assert_eq!(report["method"], method.name);
        assert_eq!(report["source"], method.source);
        assert_eq!(report["options"].as_array().map(Vec::len), Some((method.options)().len()));
        assert!(report["inputs"]["student.logits"].is_array() && report["parameters"].is_object());
    }
    let list = kd_lens(&["objective", "--list"]);
    assert_eq!(String::from_utf8_lossy(&list.stdout).lines().count(), METHODS.len());
}

#[test]
fn mistakes_are_sentences_with_a_code() {
    let folder = folder("mistakes");
    let file = folder.join("few.safetensors");
    let logits = ("student.logits".to_string(), [2usize, 3].as_slice(), [0f32; 6].as_slice());
    std::fs::write(&file, encode([logits], None, Precision::Full).expect("bytes")).expect("written");
    let file = file.display().to_string();
    for (arguments, words) in [
        (vec!["objective", "nonsense", "--describe"], "setting-invalid"),
        (vec!["objective", "kl", "--tensors", &file], "teacher.logits"),
        (vec!["objective", "kl", "--tensors", "/no/such/file"], "tensors-invalid"),
        (vec!["objective", "kl", "--tensors", &file, "--set", "temperature=0"], "Temperature"),
        (vec!["objective", "kl", "--tensors", &file, "--set", "projector=none"], "setting-unknown"),
        (vec!["objective", "kl", "--tensors", &file, "--set", "temperature"], "key=value"),
        (vec!["objective", "fsp", "--describe", "--teacher", "wrn-40-2"], "channels"),
    ] {
        let output = kd_lens(&arguments);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && said.contains(words), "{arguments:?}: {said}");
        assert!(!said.contains("panicked"), "{said}");
    }
}

/// Derived datasets are made of what lies in the folders; what is missing is named.
#[test]
fn digits_are_trained_on_in_one_domain_and_judged_in_another() {
    let root = folder("digits");
    std::fs::create_dir_all(root.join("digits")).expect("a folder");
    for (split, count) in [("train", 16usize), ("test", 10)] {
        let record = |i: usize| std::iter::once((i % 10) as u8).chain((0..784).map(move |p| ((i * p) % 256) as u8));
        std::fs::write(root.join(format!("digits/{split}.bin")), (0..count).flat_map(record).collect::<Vec<u8>>())
            .expect("written");
    }
    let (data, out) = (root.join("digits").display().to_string(), root.join("net.safetensors").display().to_string());
    let common = ["--architecture", "resnet8", "--epochs", "1", "--batch-size", "8", "--no-augment"];
    let start = ["train", "--dataset", "digits-colour", "--data", &data, "--out", &out];
    let trained = kd_lens(&[&start[..], &common[..]].concat());
    assert!(trained.status.success(), "{}", String::from_utf8_lossy(&trained.stderr));
    for (dataset, n) in [("digits-plain", 10), ("digits-colour", 10)] {
        let report = json(&kd_lens(&["evaluate", "--dataset", dataset, "--data", &data, "--weights", &out, "--json"]));
        assert_eq!((report["n"].as_u64(), report["dataset"].as_str()), (Some(n), Some(dataset)));
    }
    // A group that is left out, and one that is not there.
    let without = |group: &str| {
        let out = root.join(format!("without-{group}.safetensors")).display().to_string();
        let start = ["train", "--dataset", "digits-colour", "--data", &data, "--without", group, "--out", &out];
        let refused = kd_lens(&[&start[..], &common[..]].concat());
        String::from_utf8_lossy(&refused.stderr).into_owned()
    };
    assert!(without("cifar10-turned").contains("Its groups are: digits-plain, digits-colour, digits-photo"));
    assert!(without("digits-colour").contains("[setting-invalid]"), "nothing would be left");
    let refused = kd_lens(&["evaluate", "--dataset", "digits-photo", "--data", &data, "--weights", &out]);
    let message = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(
        !refused.status.success() && message.contains("[data-missing]") && message.contains("CIFAR-10"),
        "{message}"
    );
    let nowhere = root.display().to_string();
    let refused = kd_lens(&["evaluate", "--dataset", "digits-plain", "--data", &nowhere, "--weights", &out]);
    let message = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(message.contains("cargo xtask data") && message.contains("[data-missing]"), "{message}");
}

/// A recorded run is the run that `distil` makes, with an evaluation at every snapshot.
#[test]
fn a_record_is_a_run_with_snapshots() {
    let root = folder("record");
    let settings = [
        "--dataset",
        "shapes32",
        "--train-images",
        "32",
        "--test-images",
        "16",
        "--batch-size",
        "8",
        "--epochs",
        "2",
        "--seed",
        "3",
    ];
    let (record, run) = (root.join("record").display().to_string(), root.join("run").display().to_string());
    for command in [vec!["record", "--snapshots", "4", "--out", &record], vec!["distil", "--out", &run]] {
        let made = kd_lens(&[&command[..], &settings[..]].concat());
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    }
    let text = std::fs::read_to_string(root.join("record/run.json")).expect("run.json");
    let about: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(about["settings"]["seed"], 3);
    assert_eq!((&about["stepsPerEpoch"], &about["totalSteps"]), (&Value::from(4), &Value::from(8)));
    assert!(about["made"].as_u64().expect("a time") > 1_700_000_000);
    let of = |kind: &'static str| {
        let events = about["events"].as_array().into_iter().flatten();
        events.filter(move |event| event["type"] == kind).map(|event| event["step"].as_u64().expect("a step"))
    };
    // Once an epoch, and at every snapshot.
    assert_eq!(of("evaluation").collect::<Vec<_>>(), [0, 1, 4, 8]);
    assert_eq!(of("finished").collect::<Vec<_>>(), [8]);
    let snapshots = about["snapshots"].as_array().expect("snapshots");
    assert_eq!(snapshots.iter().map(|s| s["step"].as_u64()).collect::<Vec<_>>(), [0, 1, 4, 8].map(Some));
    for snapshot in snapshots {
        let file = root.join("record").join(snapshot["file"].as_str().expect("a file"));
        let bytes = std::fs::read(file).expect("a snapshot");
        assert_eq!(snapshot["bytes"], bytes.len());
        assert_eq!(snapshot["sha256"], kd_lens::weights::digest(&bytes));
    }
    let named = |about: &Value, at: usize| about["snapshots"][at]["file"].as_str().expect("a file").to_string();
    let (last, _) =
        decode(&std::fs::read(root.join("record").join(named(&about, 3))).expect("a file")).expect("tensors");
    for who in ["student", "control"] {
        let file = root.join("run").join(format!("{who}.safetensors"));
        let (own, _) = decode(&std::fs::read(file).expect("weights")).expect("tensors");
        for (name, (_, values)) in own {
            let halves: Vec<f32> = values.iter().map(|v| half::f16::from_f32(*v).to_f32()).collect();
            assert!(last[&format!("{who}/{name}")].1 == halves, "{who}: {name}");
        }
    }
    // The same again finds it there; another one replaces it only when asked to, and leaves nothing of the first.
    let again = |more: &[&str]| kd_lens(&[&["record", "--out", &record], more, &settings[..]].concat());
    assert!(again(&["--snapshots", "4"]).status.success());
    let refused = again(&["--snapshots", "2"]);
    assert!(!refused.status.success() && String::from_utf8_lossy(&refused.stderr).contains("--replace"));
    assert!(std::fs::read_to_string(root.join("record/run.json")).is_ok_and(|now| now == text), "it was not touched");
    assert!(again(&["--snapshots", "2", "--replace"]).status.success());
    let mut left: Vec<_> = std::fs::read_dir(root.join("record"))
        .expect("a folder")
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("a name"))
        .collect();
    left.sort();
    assert_eq!(left, ["run.json".to_string(), named(&about, 0), named(&about, 3)]);
}

/// Only what the older record names, and what this run made on its way, is removed.
#[test]
fn a_record_removes_no_foreign_files() {
    let root = folder("foreign-files");
    let out = text(&root);
    let mut short = RUN;
    short[13] = "1";
    let record = |more: &[&str]| done(&[&["record", "--out", &out], more, &short[..]].concat());
    record(&["--snapshots", "3"]);
    let named = |root: &std::path::Path| {
        let text = std::fs::read_to_string(root.join("run.json")).expect("run.json");
        let about: Value = serde_json::from_str(&text).expect("JSON");
        let snapshots = about["snapshots"].as_array().expect("snapshots").clone();
        snapshots.iter().map(|s| s["file"].as_str().expect("a file").to_string()).collect::<Vec<_>>()
    };
    assert_eq!(named(&root).len(), 3);
    let work = root.join("recording");
    std::fs::create_dir_all(&work).expect("a folder");
    let foreign = [root.join("step-mine.safetensors"), work.join("notes.txt"), work.join("run.checkpoint")];
    for path in &foreign {
        std::fs::write(path, "mine").expect("a file");
    }
    let again = record(&["--snapshots", "3"]);
    assert!(String::from_utf8_lossy(&again.stdout).contains("already"), "{}", said(&again));
    assert!(foreign.iter().all(|path| std::fs::read(path).is_ok_and(|now| now == b"mine")), "a file was touched");
    std::fs::remove_file(&foreign[2]).expect("removed");
    record(&["--snapshots", "2", "--replace"]);
    assert_eq!(names(&work), ["notes.txt"]);
    let mut expected = named(&root);
    assert_eq!(expected.len(), 2);
    expected.extend(["recording", "run.json", "step-mine.safetensors"].map(String::from));
    expected.sort();
    assert_eq!(names(&root), expected);
}
