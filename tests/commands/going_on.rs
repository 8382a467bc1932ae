//! The same command goes on; another one is refused, or its change is made and written down.

use std::path::Path;

use serde_json::{Value, json};

use crate::support::{RUN, TRAINING, done, folder, kd_lens, killed, refused, said, text};

fn events(out: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(out.join("events.jsonl")).expect("a log");
    text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"))).collect()
}

#[test]
fn a_training_is_not_taken_for_another() {
    let root = folder("another-training");
    let out = text(&root.join("m.v1"));
    let begun = [&["train", "--out", &out, "--checkpoint-minutes", "0", "--epochs", "400"][..], &TRAINING[..]].concat();
    killed(&begun, &root.join("m.v1.checkpoint"));
    let other = |from: &str, to: &str| {
        let mut other: Vec<String> = begun.iter().map(|word| word.to_string()).collect();
        let at = other.iter().position(|word| word == from).expect("an option");
        other[at + 1] = to.into();
        other
    };
    let other_images = other("--train-images", "24");
    refused(&other_images, "checkpoint-mismatch", &["the training images were 32 (", "are 24 (", "m.v1.checkpoint"]);
    let mut two = other("--epochs", "2");
    two.extend(["--seed".into(), "5".into()]);
    let both = ["`epochs` was 400 there and is 2 here", "`seed` was 0 there and is 5 here"];
    refused(&two, "checkpoint-mismatch", &both);
    // Another name is another training, also where only an ending differs.
    let second = text(&root.join("m.v2"));
    let made = done(&[&["train", "--out", &second, "--epochs", "1"][..], &TRAINING[..]].concat());
    assert!(!said(&made).contains("Going on"));
}

#[test]
fn a_result_may_be_called_checkpoint() {
    let root = folder("own-checkpoint");
    let out = root.join("own.checkpoint");
    done(&[&["train", "--out", &text(&out), "--epochs", "1"][..], &TRAINING[..]].concat());
    let weights = std::fs::read(&out).expect("the result is there");
    assert!(kd_lens::weights::decode(&weights).is_ok_and(|(tensors, _)| tensors.contains_key("fc.weight")));
}

#[test]
fn a_training_destroys_no_other_file() {
    let root = folder("no-other-file");
    let (own, checkpoint) = (root.join("own"), root.join("own.checkpoint"));
    let train = |out: &Path, more: &[&str]| {
        let out = text(out);
        let all = [&["train", "--out", &out][..], &TRAINING[..], more].concat();
        all.into_iter().map(String::from).collect::<Vec<_>>()
    };
    killed(&train(&own, &["--epochs", "400", "--checkpoint-minutes", "0"]), &checkpoint);
    let before = std::fs::read(&checkpoint).expect("a checkpoint");
    for more in [&["--epochs", "1"][..], &["--epochs", "1", "--replace"]] {
        refused(&train(&checkpoint, more), "file-unwritable", &["own.checkpoint is a checkpoint"]);
    }
    assert!(std::fs::read(&checkpoint).is_ok_and(|now| now == before), "it was touched");
    let other = root.join("other");
    std::fs::write(&other, "mine").expect("a file");
    refused(&train(&other, &["--epochs", "1"]), "file-unwritable", &["--replace"]);
    assert!(std::fs::read(&other).is_ok_and(|now| now == b"mine"), "it was touched");
    done(&train(&other, &["--epochs", "1", "--replace"]));
    assert!(kd_lens::weights::decode(&std::fs::read(&other).expect("weights")).is_ok());
}

#[test]
fn a_live_setting_that_the_command_names_changes_and_is_written_down() {
    let root = folder("live");
    let out = root.join("run");
    let home = text(&out);
    let begun = [&["distil", "--out", &home, "--checkpoint-minutes", "0"][..], &RUN[..]].concat();
    killed(&begun, &out.join("run.checkpoint"));
    let with = |more: &[&'static str]| [&begun[..], more].concat();
    refused(
        &[
            "distil",
            "--out",
            &text(&out),
            "--dataset",
            "shapes32",
            "--train-images",
            "32",
            "--test-images",
            "8",
            "--epochs",
            "9",
            "--batch-size",
            "16",
        ],
        "checkpoint-mismatch",
        &["`epochs`) was 20 there and is 9 here", "`seed`) was 3 there and is 0 here", "`batchSize`) was 8 there"],
    );
    let changed = with(&["--temperature", "2", "--learning-rate", "0.01"]);
    let output = done(&changed);
    assert!(said(&output).contains("From here on `temperature` is 2; it was 4.0."), "{}", said(&output));
    let adjusted = |events: &[Value]| events.iter().filter(|e| e["type"] == "adjusted").cloned().collect::<Vec<_>>();
    let log = events(&out);
    let found = adjusted(&log);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0]["settings"]["temperature"], json!({"from": 4.0, "to": 2}));
    assert_eq!(found[0]["settings"]["learningRate"]["to"], json!(0.01));
    let at = found[0]["step"].as_u64().expect("a step");
    for event in log.iter().filter(|e| e["type"] == "progress" && e["step"].as_u64() > Some(at)) {
        assert!(event["learningRate"].as_f64().expect("a rate") <= 0.01, "{event}");
    }
    // The same again changes nothing, and a finished run cannot be changed.
    done(&with(&["--temperature", "2.0", "--learning-rate", "0.01"]));
    assert_eq!(events(&out), log);
    refused(&with(&["--temperature", "3"]), "checkpoint-mismatch", &["is finished", "`temperature`"]);
}

#[test]
fn a_log_is_cut_back_to_the_checkpoint() {
    let root = folder("log");
    let (out, whole) = (root.join("run"), root.join("whole"));
    let go = |out: &Path| {
        let out = text(out);
        let all = [&["distil", "--out", &out, "--checkpoint-minutes", "0"][..], &RUN[..]].concat();
        all.into_iter().map(String::from).collect::<Vec<_>>()
    };
    done(&go(&whole));
    killed(&go(&out), &out.join("events.jsonl"));
    let mut log = std::fs::read_to_string(out.join("events.jsonl")).expect("a log");
    log.push_str("{\"type\":\"progress\",\"step\":79}\n{\"type\":\"progress\",\"st");
    std::fs::write(out.join("events.jsonl"), log).expect("written");
    done(&go(&out));
    for name in ["events.jsonl", "run.checkpoint", "student.safetensors", "control.safetensors"] {
        let read = |folder: &Path| std::fs::read(folder.join(name)).expect("a file");
        assert!(read(&out) == read(&whole), "{name} differs");
    }
    // Results whose checkpoint is gone are not overwritten.
    std::fs::remove_file(out.join("run.checkpoint")).expect("removed");
    refused(&go(&out), "file-unwritable", &["student.safetensors is there, but not the checkpoint"]);
    // Neither is a log.
    for name in ["student.safetensors", "control.safetensors"] {
        std::fs::remove_file(out.join(name)).expect("removed");
    }
    let log = std::fs::read(out.join("events.jsonl")).expect("a log");
    refused(&go(&out), "file-unwritable", &["events.jsonl is there, but not the checkpoint"]);
    assert!(std::fs::read(out.join("events.jsonl")).is_ok_and(|now| now == log), "it was touched");
}

#[test]
fn a_checkpoint_of_another_version_is_named() {
    let root = folder("versions");
    let out = root.join("run");
    let home = text(&out);
    let go = [&["distil", "--out", &home, "--checkpoint-minutes", "0"][..], &RUN[..]].concat();
    killed(&go, &out.join("run.checkpoint"));
    let path = out.join("run.checkpoint");
    let mut bytes = std::fs::read(&path).expect("a file");
    let at = bytes.windows(20).position(|w| w == b"kd-lens checkpoint 3").expect("its format");
    bytes[at + 19] = b'2';
    std::fs::write(&path, &bytes).expect("written");
    refused(&go, "checkpoint-unreadable", &["another version of kd-lens", "“kd-lens checkpoint 2”"]);
    std::fs::write(&path, &bytes[..bytes.len() / 2]).expect("written");
    refused(&go, "checkpoint-unreadable", &["run.checkpoint"]);
    assert!(!kd_lens(&["probe", "fidelity", "--checkpoint", &text(&path)]).status.success());
}
