//! Starting the program and looking at what came of it.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use kd_lens::data::{Dataset, DatasetKind, IMAGE_BYTES, cifar};
use serde_json::Value;

pub const RUN: [&str; 14] = [
    "--dataset",
    "shapes32",
    "--teacher",
    "resnet20",
    "--train-images",
    "32",
    "--test-images",
    "8",
    "--batch-size",
    "8",
    "--seed",
    "3",
    "--epochs",
    "20",
];

pub const TRAINING: [&str; 10] = [
    "--dataset",
    "shapes32",
    "--architecture",
    "resnet8",
    "--train-images",
    "32",
    "--test-images",
    "8",
    "--batch-size",
    "8",
];

pub fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kd-lens"));
    command.stdin(Stdio::null());
    command
}

pub fn kd_lens<S: AsRef<OsStr>>(arguments: &[S]) -> Output {
    program().args(arguments).output().expect("the program runs")
}

pub fn said(output: &Output) -> String {
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!said.contains("panicked"), "{said}");
    said
}

/// The program has to refuse, with a sentence that has these words and this code.
pub fn refused<S: AsRef<OsStr> + std::fmt::Debug>(arguments: &[S], code: &str, words: &[&str]) {
    let output = kd_lens(arguments);
    let said = said(&output);
    assert_eq!(output.status.code(), Some(1), "{arguments:?}: {said}");
    assert!(said.trim_end().ends_with(&format!("[{code}]")), "{arguments:?}: {said}");
    for word in words {
        assert!(said.contains(word), "{arguments:?} does not say “{word}”: {said}");
    }
}

pub fn done<S: AsRef<OsStr>>(arguments: &[S]) -> Output {
    let output = kd_lens(arguments);
    assert!(output.status.success(), "{}", said(&output));
    output
}

pub fn json(output: &Output) -> Value {
    let text = String::from_utf8_lossy(&output.stdout);
    serde_json::from_str(&text).unwrap_or_else(|e| panic!("{e}: {text} {}", String::from_utf8_lossy(&output.stderr)))
}

/// A folder of its own for a test, empty at its start.
pub fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("commands").join(name);
    std::fs::remove_dir_all(&folder).ok();
    std::fs::create_dir_all(&folder).expect("a folder");
    folder
}

pub fn text(path: &Path) -> String {
    path.to_str().expect("a name in UTF-8").to_string()
}

/// Names of what is in a folder.
pub fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("a folder").flatten();
    let mut names: Vec<String> = entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// Starts the program and waits until a file is there.
pub fn started<S: AsRef<OsStr>>(arguments: &[S], until: &Path) -> Child {
    let mut child =
        program().args(arguments).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("the program");
    let patience = Instant::now();
    while !until.exists() {
        assert!(patience.elapsed() < Duration::from_secs(60), "{} does not come", until.display());
        assert!(child.try_wait().expect("a child").is_none(), "it ended before {} was there", until.display());
        std::thread::sleep(Duration::from_millis(2));
    }
    child
}

/// Starts the program and kills it once a file is there.
pub fn killed<S: AsRef<OsStr>>(arguments: &[S], after: &Path) {
    let mut child = started(arguments, after);
    child.kill().expect("killed");
    child.wait().expect("gone");
}

/// A file of CIFAR-10 with this many images of no meaning.
pub fn cifar10(path: &Path, images: usize, shade: u8) {
    let mut dataset = Dataset::empty(DatasetKind::Cifar10);
    let pixels: Vec<u8> = (0..images * IMAGE_BYTES).map(|at| (at * 7 % 251) as u8 ^ shade).collect();
    let labels: Vec<u8> = (0..images).map(|image| (image % 10) as u8).collect();
    dataset.append(&pixels, &labels, None).expect("images");
    std::fs::write(path, cifar::write(&dataset, DatasetKind::Cifar10).expect("bytes")).expect("a file");
}

/// A study of two small cells.
pub fn study(folder: &Path, settings: &str) -> PathBuf {
    let path = folder.join("tiny.toml");
    let text = format!(
        "name = \"Tiny\"\nkeep = \"numbers\"\n[settings]\nteacher = \"resnet20\"\nstudent = \"resnet8\"\nbatchSize = 8\n{settings}\n\
         [grid]\nseed = [0, 1]\nmethod = [\"kl\"]\n\
         [[claim]]\nid = \"c\"\nsentence = \"Closer.\"\nprobe = \"evaluation\"\npath = \"/agreement\"\nexpect = \"student > control\"\n"
    );
    std::fs::write(&path, text).expect("a file");
    path
}

/// Settings of [`study`] on drawn images.
pub const DRAWN: &str = "dataset = \"shapes32\"\ntrainImages = 32\ntestImages = 8\nepochs = 20";
