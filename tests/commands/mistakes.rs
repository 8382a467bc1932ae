//! Wrong files, missing folders and numbers that cannot be, of every command.

use crate::support::{DRAWN, RUN, TRAINING, done, folder, kd_lens, refused, said, study, text};

#[test]
fn files_that_are_not_there_or_are_others_are_named() {
    let root = folder("wrong-files");
    let (out, none) = (text(&root.join("out")), text(&root.join("none")));
    let page = text(&root.join("page.safetensors"));
    std::fs::write(&page, "<!DOCTYPE html><p>404").expect("a file");
    let distil = |more: &[&str]| {
        let all = [&["distil", "--out", &out], &RUN[..], more].concat();
        all.into_iter().map(String::from).collect::<Vec<_>>()
    };
    refused(&distil(&["--teacher-weights", &none]), "weights-missing", &[&none]);
    refused(&distil(&["--teacher-weights", &page]), "weights-unreadable", &[&page]);
    let digits = "www/models/shapes32-resnet20.safetensors";
    refused(&["evaluate", "--dataset", "cifar10", "--weights", digits, "--data", &none], "data-missing", &[&none]);
    refused(&["evaluate", "--weights", &none], "weights-missing", &[&none]);
    refused(&["evaluate", "--weights", &page], "weights-unreadable", &[&page]);
    let train = |more: &[&str]| {
        let all = [&["train", "--out", &out], &TRAINING[..], more].concat();
        all.into_iter().map(String::from).collect::<Vec<_>>()
    };
    std::fs::remove_dir_all(&out).ok();
    refused(&train(&["--init", &none]), "weights-missing", &[&none]);
    refused(&train(&["--init", &page]), "weights-unreadable", &[]);
    for (option, value) in
        [("--epochs", "0"), ("--warm-up", "2"), ("--learning-rate", "NaN"), ("--momentum", "1"), ("--jitter", "-0.1")]
    {
        let option = format!("{option}={value}");
        refused(&train(&[&option]), "setting-invalid", &[]);
    }
    for epochs in ["100001", "2305843009213693952"] {
        refused(&train(&["--epochs", epochs]), "setting-invalid", &["from 1 to 100000 epochs", epochs]);
    }
    let many = "1000001";
    for images in [["--train-images", many, "--test-images", "8"], ["--train-images", "32", "--test-images", many]] {
        let train = ["train", "--dataset", "shapes32", "--out", &out];
        refused(&[&train[..], &images[..]].concat(), "setting-invalid", &["At most 1000000", many]);
    }
    for minutes in ["nan", "-1", "inf", "soon"] {
        for (command, option) in
            [("train", "minutes"), ("distil", "minutes"), ("record", "minutes"), ("study", "seconds")]
        {
            let option = format!("--checkpoint-{option}={minutes}");
            let output = kd_lens(&[command, "--out", &out, &option]);
            assert_eq!(output.status.code(), Some(2), "{command} {option}: {}", said(&output));
            assert!(said(&output).contains("a number from 0 up"), "{command} {option}: {}", said(&output));
        }
    }
    refused(&["train", "--dataset", "cifar10", "--data", &none, "--out", &out], "data-missing", &[&none]);
    let record = [&["record", "--out", &out, "--teacher-weights", &none][..], &RUN[..]].concat();
    refused(&record, "weights-missing", &[&none]);
    refused(&["probe", "fidelity", "--checkpoint", &none], "checkpoint-unreadable", &[&none]);
    refused(&["probe", "fidelity", "--checkpoint", &page], "checkpoint-unreadable", &[&page]);
    refused(&["metric", "cka", "--tensors", &none], "tensors-invalid", &[&none]);
    refused(&["objective", "kl", "--tensors", &none], "tensors-invalid", &[&none]);
    for command in [["metric", "cka"], ["objective", "kl"]] {
        let output = kd_lens(&[&command[..], &["--tensors", &page]].concat());
        assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    }
    refused(&["study", &none], "setting-invalid", &[&none]);
    refused(&["study", &page, "--out", &out], "setting-invalid", &[&page]);
    refused(&["study", "merge", &out, &none], "setting-invalid", &[&none]);
    assert!(!root.join("out/plan.json").exists());
    // A record of nobody knows what is not replaced.
    let foreign = root.join("foreign");
    std::fs::create_dir_all(&foreign).expect("a folder");
    std::fs::write(foreign.join("run.json"), "{\"mine\": true}").expect("a file");
    let foreign = text(&foreign);
    let replace = [&["record", "--replace", "--out", &foreign][..], &RUN[..]].concat();
    refused(&replace, "file-unwritable", &["run.json", "is not replaced"]);
    // A record needs to be told where.
    assert_eq!(kd_lens(&["record"]).status.code(), Some(2));
}

#[test]
fn parts_of_two_studies_are_not_joined() {
    let root = folder("two-studies");
    let quick = DRAWN.replace("epochs = 20", "epochs = 1");
    for (name, settings) in [("a", quick.clone()), ("b", quick.replace("testImages = 8", "testImages = 9"))] {
        let home = root.join(name);
        std::fs::create_dir_all(&home).expect("a folder");
        done(&["study", &text(&study(&home, &settings)), "--out", &text(&home.join("out"))]);
    }
    let (a, b, whole) = (text(&root.join("a/out")), text(&root.join("b/out")), text(&root.join("whole")));
    refused(&["study", "merge", &whole, &a, &b], "setting-invalid", &["not the same study"]);
    done(&["study", "merge", &whole, &a]);
}
