//! Images that are asked for and images that are there.

use std::path::{Path, PathBuf};

use crate::support::{cifar10, done, folder, names, refused, said, study, text};

/// Two of the five official files, 40 images each.
fn two_of_five(name: &str) -> (PathBuf, String) {
    let root = folder(name);
    let data = root.join("cifar10");
    std::fs::create_dir_all(&data).expect("a folder");
    for file in ["data_batch_1.bin", "data_batch_2.bin", "test_batch.bin"] {
        cifar10(&data.join(file), 40, 0);
    }
    let data = text(&data);
    (root, data)
}

fn run<'a>(command: &'a str, data: &'a str, out: &'a str, train: &'a str, test: &'a str) -> Vec<&'a str> {
    let counts = ["--train-images", train, "--test-images", test, "--batch-size", "8", "--epochs", "1"];
    [&[command, "--data", data, "--out", out][..], &counts[..]].concat()
}

#[test]
fn too_few_images_are_refused_before_any_training() {
    let (root, data) = two_of_five("too-few");
    let out = text(&root.join("out"));
    let short = ["1000", "train", "only 80"];
    for command in ["distil", "record"] {
        refused(&run(command, &data, &out, "1000", "40"), "data-missing", &short);
        refused(&run(command, &data, &out, "80", "41"), "data-missing", &["41", "test", "only 40"]);
    }
    assert_eq!(names(&root.join("out")), [""; 0], "nothing was begun");
    let small = ["--architecture", "resnet8"];
    refused(&[&run("train", &data, &out, "1000", "40")[..], &small[..]].concat(), "file-unwritable", &["is a folder"]);
    let out = text(&root.join("net"));
    refused(&[&run("train", &data, &out, "1000", "40")[..], &small[..]].concat(), "data-missing", &short);
    refused(&[&run("train", &data, &out, "0", "40")[..], &small[..]].concat(), "setting-invalid", &["At least one"]);
    assert!(!Path::new(&out).exists());
    let weights = "www/models/cifar10-resnet20.safetensors";
    let evaluate = ["evaluate", "--weights", weights, "--data", &data, "--test-images", "41"];
    refused(&evaluate, "data-missing", &["41", "only 40"]);
    let settings = "dataset = \"cifar10\"\ntrainImages = 1000\ntestImages = 40\nepochs = 1";
    let (file, results) = (text(&study(&root, settings)), text(&root.join("results")));
    refused(&["study", &file, "--out", &results, "--data", &text(&root)], "data-missing", &short);
    assert_eq!(names(&root.join("results/cells")), [""; 0], "no cell was begun");
}

#[test]
fn without_a_number_all_images_are_used_and_counted() {
    let (root, data) = two_of_five("all-there-are");
    let out = text(&root.join("net"));
    let train = ["train", "--data", &data, "--out", &out, "--architecture", "resnet8"];
    let train = [&train[..], &["--epochs", "1", "--batch-size", "8"]].concat();
    let lacking = ["data_batch_3.bin, data_batch_4.bin, data_batch_5.bin", "say how many"];
    refused(&train, "data-missing", &lacking);
    for number in 3..=5 {
        cifar10(&root.join(format!("cifar10/data_batch_{number}.bin")), 40, 0);
    }
    let made = done(&train);
    assert!(said(&made).contains("Training on 200 images, testing on 40."), "{}", said(&made));
}

#[test]
fn shards_go_by_their_numbers() {
    let root = folder("numbers");
    for number in 0..10 {
        cifar10(&root.join(format!("train-{number}.bin")), 8, 0);
    }
    cifar10(&root.join("test-0.bin"), 8, 0);
    // Behind the images that are asked for, though not in the alphabet.
    std::fs::write(root.join("train-10.bin"), [0; 100]).expect("a file");
    let (data, out) = (text(&root), text(&root.join("net")));
    let small = ["--architecture", "resnet8"];
    done(&[&run("train", &data, &out, "24", "8")[..], &small[..]].concat());
    std::fs::remove_file(root.join("train-2.bin")).expect("removed");
    let again = [&run("train", &data, &out, "24", "8")[..], &small[..], &["--replace"]].concat();
    refused(&again, "data-missing", &["train-2.bin is missing"]);
}

#[test]
fn a_missing_file_between_others_is_named() {
    let (root, data) = two_of_five("gap");
    cifar10(&root.join("cifar10/data_batch_4.bin"), 40, 0);
    let out = text(&root.join("out"));
    refused(&run("distil", &data, &out, "80", "40"), "data-missing", &["data_batch_3.bin is missing"]);
    let shards = root.join("shards");
    std::fs::create_dir_all(&shards).expect("a folder");
    for name in ["train-00.bin", "train-02.bin", "test-00.bin"] {
        cifar10(&shards.join(name), 40, 0);
    }
    refused(&run("distil", &text(&shards), &out, "80", "40"), "data-missing", &["train-01.bin is missing"]);
    std::fs::write(shards.join("train-01.bin"), [0; 100]).expect("a file");
    refused(&run("distil", &text(&shards), &out, "80", "40"), "data-truncated", &["train-01.bin"]);
}

/// The images belong to the run: neither more nor others.
#[test]
fn a_run_goes_on_with_its_own_images_only() {
    let (root, data) = two_of_five("own-images");
    let out = text(&root.join("out"));
    let go = run("distil", &data, &out, "80", "40");
    done(&go);
    cifar10(&root.join("cifar10/data_batch_2.bin"), 40, 1);
    refused(&go, "checkpoint-mismatch", &["the train images were 80 (SHA-256 ", "run.checkpoint"]);
    let checkpoint = text(&root.join("out/run.checkpoint"));
    refused(
        &["probe", "fidelity", "--checkpoint", &checkpoint, "--data", &data],
        "checkpoint-mismatch",
        &["the train images"],
    );
    cifar10(&root.join("cifar10/data_batch_2.bin"), 40, 0);
    cifar10(&root.join("cifar10/test_batch.bin"), 40, 1);
    refused(&go, "checkpoint-mismatch", &["the test images were 40 (SHA-256 "]);
    cifar10(&root.join("cifar10/test_batch.bin"), 40, 0);
    done(&go);
    std::fs::remove_file(root.join("cifar10/data_batch_2.bin")).expect("removed");
    let probe = ["probe", "fidelity", "--checkpoint", &checkpoint, "--data", &data];
    refused(&probe, "data-missing", &["80", "only 40"]);
}
