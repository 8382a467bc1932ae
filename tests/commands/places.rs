//! Where output goes: read-only, full, taken, unheard, and with names that are no text.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use kd_lens::files::Lock;
use kd_lens::weights::{Precision, encode};

use crate::support::{DRAWN, RUN, TRAINING, done, folder, json, names, program, refused, said, started, study, text};

/// Every command that writes, with its output there.
fn writers(root: &Path, out: &Path) -> Vec<Vec<OsString>> {
    let words = |command: &[&str], rest: &[&str]| {
        let words = command.iter().map(OsString::from).chain(["--out".into(), out.into()]);
        words.chain(rest.iter().map(OsString::from)).collect::<Vec<_>>()
    };
    let file = text(&study(root, DRAWN));
    let mut training = TRAINING.to_vec();
    training.extend(["--epochs", "40", "--checkpoint-minutes", "0"]);
    let mut run = RUN.to_vec();
    run.extend(["--checkpoint-minutes", "0"]);
    vec![
        words(&["train"], &training),
        words(&["distil"], &run),
        words(&["record"], &run),
        words(&["study", &file, "--jobs", "1", "--checkpoint-seconds", "0"], &[]),
    ]
}

/// Runs a command line in a name space of its own after `prepare`, a line of shell; `None` where mounting is not allowed.
fn mounted(prepare: &str, words: &[OsString]) -> Option<Output> {
    let script = format!("{prepare} || exit 99; exec \"$@\"");
    for namespace in [&["-m"][..], &["-U", "-r", "-m"]] {
        let mut command = Command::new("unshare");
        command.args(namespace).args(["sh", "-c", &script, "sh", env!("CARGO_BIN_EXE_kd-lens")]).args(words);
        match command.output() {
            Ok(output) if ![Some(99), Some(126), Some(127)].contains(&output.status.code()) && !is_refused(&output) => {
                return Some(output);
            }
            _ => {}
        }
    }
    None
}

fn is_refused(output: &Output) -> bool {
    output.stderr.starts_with(b"unshare:")
}

/// Runs it with no more than so many kilobytes in a file: a disk that takes no more.
fn limited(kilobytes: usize, words: &[OsString]) -> Output {
    let script = format!("trap '' XFSZ; ulimit -f {kilobytes}; exec \"$@\"");
    let mut command = Command::new("bash");
    command.args(["-c", &script, "bash", env!("CARGO_BIN_EXE_kd-lens")]).args(words).output().expect("bash")
}

fn unwritable(words: &[OsString], output: &Output, reason: &[&str]) {
    let said = said(output);
    assert_eq!(output.status.code(), Some(1), "{words:?}: {said}");
    assert!(said.trim_end().ends_with("[file-unwritable]"), "{words:?}: {said}");
    assert!(reason.iter().any(|reason| said.contains(reason)), "{words:?}: {said}");
}

#[test]
fn a_place_that_cannot_be_written_is_refused_before_the_work() {
    let root = folder("unwritable");
    std::fs::write(root.join("file"), "x").expect("a file");
    let below = root.join("file/out");
    for words in writers(&root, &below) {
        unwritable(&words, &program().args(&words).output().expect("the program"), &["Not a directory"]);
    }
    let grads = ["objective", "kl", "--tensors", "nowhere", "--grads", &text(&below)];
    refused(&grads, "file-unwritable", &["Not a directory"]);
    refused(&["objective", "kl", "--tensors", "nowhere", "--grads", "/dev/null"], "file-unwritable", &["/dev/null"]);
    let merge = ["study", "merge", &text(&below), &text(&below)];
    refused(&merge, "setting-invalid", &["Not a directory"]);

    let closed = root.join("closed");
    std::fs::create_dir_all(&closed).expect("a folder");
    let closed_text = text(&closed);
    let prepare = format!("mount --bind '{closed_text}' '{closed_text}' && mount -o remount,ro,bind '{closed_text}'");
    for words in writers(&root, &closed.join("out")) {
        match mounted(&prepare, &words) {
            Some(output) => unwritable(&words, &output, &["Read-only file system"]),
            // Whoever may not mount is not root, and permissions hold.
            None => {
                std::fs::set_permissions(&closed, std::os::unix::fs::PermissionsExt::from_mode(0o555)).expect("closed");
                unwritable(&words, &program().args(&words).output().expect("the program"), &["Permission denied"]);
            }
        }
    }
    assert_eq!(names(&closed), [""; 0]);
}

#[test]
fn a_full_disk_is_said_and_loses_nothing() {
    let root = folder("full");
    let disk = root.join("disk");
    std::fs::create_dir_all(&disk).expect("a folder");
    let prepare = format!("mount -t tmpfs -o size=200k none '{}'", disk.display());
    for words in writers(&root, &disk.join("out")) {
        let output = mounted(&prepare, &words).unwrap_or_else(|| limited(100, &words));
        unwritable(&words, &output, &["No space left", "File too large"]);
    }
    // Where there is room again the same command goes on, and nothing half is left.
    for (at, words) in writers(&root, &root.join("later")).iter().enumerate().take(2) {
        unwritable(words, &limited(100, words), &["File too large"]);
        let left = if at == 0 { names(&root) } else { names(&root.join("later")) };
        assert!(!left.iter().any(|name| name.ends_with(".partial")), "{left:?}");
        assert!(program().args(words).output().expect("the program").status.success());
        if at == 0 {
            std::fs::remove_file(root.join("later")).expect("weights");
        }
    }
    assert_eq!(
        names(&root.join("later")),
        ["control.safetensors", "events.jsonl", "run.checkpoint", "student.safetensors"]
    );
}

#[test]
fn a_second_process_is_kept_out() {
    let root = folder("second");
    let out = root.join("out");
    let writers = writers(&root, &out);
    let held = Lock::file(&out, &[]).expect("free");
    unwritable(&writers[0], &program().args(&writers[0]).output().expect("the program"), &["Another kd-lens"]);
    drop(held);
    let held = Lock::file(&root.join("out.checkpoint"), &[]).expect("free");
    unwritable(&writers[0], &program().args(&writers[0]).output().expect("the program"), &["Another kd-lens"]);
    drop(held);
    let _held = Lock::folder(&out).expect("free");
    for words in &writers[1..] {
        unwritable(words, &program().args(words).output().expect("the program"), &["Another kd-lens"]);
    }
    assert_eq!(names(&out), [".kd-lens.lock"], "nothing was begun");
}

#[test]
fn nobody_listening_is_no_panic() {
    let root = folder("unheard");
    let file = root.join("x.safetensors");
    let x = [1.0, 2.0, 0.0, 3.0, 1.0, 1.0];
    let tensors = ["x", "y"].map(|name| (name.to_string(), [3usize, 2].as_slice(), x.as_slice()));
    std::fs::write(&file, encode(tensors, None, Precision::Full).expect("bytes")).expect("a file");
    let file = text(&file);
    let weights = "www/models/shapes32-resnet20.safetensors";
    for words in [
        vec!["metric", "--list"],
        vec!["metric", "cka", "--describe"],
        vec!["metric", "cka", "--tensors", &file],
        vec!["objective", "--list"],
        vec!["objective", "kl", "--describe"],
        vec!["evaluate", "--dataset", "shapes32", "--weights", weights, "--test-images", "4"],
        vec!["evaluate", "--dataset", "shapes32", "--weights", weights, "--test-images", "4", "--json"],
    ] {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let output = program().args(&words).stdout(writer).output().expect("the program");
        assert_eq!((output.status.code(), said(&output).as_str()), (Some(141), ""), "{words:?}");
        let full = File::options().write(true).open("/dev/full").expect("/dev/full");
        let output = program().args(&words).stdout(full).output().expect("the program");
        assert_eq!(output.status.code(), Some(1), "{words:?}");
        assert!(said(&output).contains("No space left on device"), "{words:?}: {}", said(&output));
    }
    // Progress that nobody reads does not end the work.
    for words in writers(&root, &root.join("out")) {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let status = program().args(&words).stderr(writer).stdout(Stdio::null()).status().expect("the program");
        assert!(status.success(), "{words:?}: {status}");
        std::fs::remove_dir_all(root.join("out")).or_else(|_| std::fs::remove_file(root.join("out"))).expect("made");
    }
}

#[test]
fn names_that_are_no_text_are_names() {
    let root = folder("names").join(OsStr::from_bytes(b"caf\xe9"));
    std::fs::create_dir_all(&root).expect("a folder");
    let words = |command: &[&str], option: &str, path: &Path, rest: &[&str]| {
        let words = command.iter().map(OsString::from).chain([option.into(), path.into()]);
        words.chain(rest.iter().map(OsString::from)).collect::<Vec<_>>()
    };
    let (net, run) = (root.join("net"), root.join("run"));
    done(&words(&["train", "--epochs", "1"], "--out", &net, &TRAINING));
    let evaluate = ["evaluate", "--dataset", "shapes32", "--test-images", "4", "--json"];
    assert_eq!(json(&done(&words(&evaluate, "--weights", &net, &[])))["n"], 4);
    let mut short = RUN;
    short[13] = "1";
    done(&words(&["distil"], "--out", &run, &short));
    done(&words(&["probe", "fidelity"], "--checkpoint", &run.join("run.checkpoint"), &[]));
    done(&words(&["record", "--snapshots", "2"], "--out", &root.join("record"), &short));
    let file = study(&root, &DRAWN.replace("epochs = 20", "epochs = 1"));
    let mut all = vec![OsString::from("study"), file.into()];
    all.extend([OsString::from("--out"), root.join("results").into()]);
    done(&all);
    assert!(root.join("results/report.html").exists() && root.join("results/figures/c.svg").exists());
    let foreign = root.join(OsStr::from_bytes(b"\xff"));
    let refused = program().args(words(&["metric", "cka"], "--tensors", &foreign, &[])).output().expect("the program");
    assert!(refused.status.code() == Some(1) && said(&refused).contains("[tensors-invalid]"), "{}", said(&refused));
}

/// Ctrl-C: an end at the next step, with a checkpoint that the same command goes on from.
#[test]
fn an_interrupt_leaves_a_checkpoint() {
    let root = folder("interrupt");
    let out = root.join("out");
    let checkpoints = ["../out.checkpoint", "run.checkpoint", "recording/run.checkpoint", "controls"];
    for (words, checkpoint) in writers(&root, &out).iter().zip(checkpoints) {
        let checkpoint = if words[0] == "train" { root.join("out.checkpoint") } else { out.join(checkpoint) };
        let child = started(words, &checkpoint);
        let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill");
        assert!(sent.success());
        let output = child.wait_with_output().expect("gone");
        assert_eq!(output.status.code(), Some(130), "{words:?}: {}", said(&output));
        assert!(said(&output).contains("Stopped "), "{words:?}: {}", said(&output));
        assert!(said(&output).contains("same command goes on"), "{words:?}: {}", said(&output));
        let finished = program().args(words).output().expect("the program");
        assert!(finished.status.success(), "{words:?}: {}", said(&finished));
        if words[0] != "study" {
            assert!(said(&finished).contains("Going on from step "), "{words:?}: {}", said(&finished));
        }
        std::fs::remove_dir_all(&out).or_else(|_| std::fs::remove_file(&out)).expect("made");
    }
}
