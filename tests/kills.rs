//! Killed at random moments and started again until it is done: what comes out is what an undisturbed run gives.
//!
//! `KD_LENS_KILLS` says how many kills there are in all, `KD_LENS_SEED` which moments.

#![cfg(all(unix, feature = "cpu"))]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use kd_lens::weights::digest;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::Value;

/// Kills in all, shared by the four commands.
const KILLS: usize = 12;

fn number(name: &str, usual: usize) -> usize {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

/// A command that is killed: its words before `--out`, and what is looked at after each kill.
struct Victim {
    name: &'static str,
    words: Vec<String>,
    intact: fn(&Path),
}

fn start(victim: &Victim, out: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kd-lens"));
    command.args(&victim.words).arg("--out").arg(out);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    command
}

fn finish(victim: &Victim, out: &Path) -> Duration {
    let began = Instant::now();
    let output = start(victim, out).output().expect("the program");
    assert!(output.status.success(), "{}: {}", victim.name, String::from_utf8_lossy(&output.stderr));
    began.elapsed()
}

/// Every file below a place, but for what tells when and where it was made.
fn results(place: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut left = vec![place.to_path_buf()];
    while let Some(path) = left.pop() {
        if path.is_dir() {
            left.extend(std::fs::read_dir(&path).expect("a folder").map(|entry| entry.expect("an entry").path()));
            continue;
        }
        let mut bytes = std::fs::read(&path).expect("a file");
        let name = path.file_name().and_then(|name| name.to_str()).expect("a name");
        if let "run.json" | "cell.json" | "study.json" | "history.json" = name {
            let mut value: Value = serde_json::from_slice(&bytes).expect("whole JSON");
            without_times(&mut value);
            bytes = value.to_string().into_bytes();
        }
        if name == "report.html" {
            let page = String::from_utf8(bytes).expect("text");
            let (before, rest) = page.split_once("<!-- machines -->").expect("a section on machines");
            let (_, after) = rest.split_once("<!-- /machines -->").expect("its end");
            bytes = format!("{before}{after}").into_bytes();
        }
        files.insert(path.strip_prefix(place).expect("below").to_path_buf(), bytes);
    }
    files
}

fn without_times(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for name in ["made", "times", "machines", "seconds", "resumed"] {
                fields.remove(name);
            }
            fields.values_mut().for_each(without_times);
        }
        Value::Array(items) => items.iter_mut().for_each(without_times),
        _ => {}
    }
}

fn same(victim: &Victim, whole: &Path, killed: &Path) {
    let (whole, killed) = (results(whole), results(killed));
    assert!(whole.keys().eq(killed.keys()), "{}: {:?} and {:?}", victim.name, whole.keys(), killed.keys());
    for (name, bytes) in &whole {
        assert!(*bytes == killed[name], "{}: {} differs", victim.name, name.display());
    }
}

/// Whatever was killed in `record`, there is a whole record: the old one or the new one.
fn a_record_is_whole(out: &Path) {
    let record: Value =
        serde_json::from_slice(&std::fs::read(out.join("run.json")).expect("a record")).expect("whole JSON");
    for snapshot in record["snapshots"].as_array().expect("snapshots") {
        let bytes = std::fs::read(out.join(snapshot["file"].as_str().expect("a name"))).expect("a snapshot");
        assert_eq!(snapshot["sha256"], digest(&bytes));
    }
}

/// Kills and starts again until there were so many kills; returns how many hit the program at work.
fn torment(victim: &Victim, root: &Path, kills: usize, random: &mut ChaCha8Rng) -> usize {
    let begin = |name: &str| {
        let out = root.join(name).join("out");
        std::fs::create_dir_all(root.join(name)).expect("a folder");
        if victim.name == "record" {
            // Another record is there before.
            let other = Victim { words: [&victim.words[..], &["--seed".into(), "9".into()]].concat(), ..*victim };
            finish(&other, &out);
        }
        out
    };
    let whole = begin("whole");
    let span = finish(victim, &whole);
    let mut hits = 0;
    for round in 0.. {
        if hits >= kills {
            break;
        }
        let out = begin(&format!("killed-{round}"));
        while hits < kills {
            let mut child = start(victim, &out).spawn().expect("the program");
            std::thread::sleep(span.mul_f64(random.random_range(0.0..1.1)));
            child.kill().expect("killed");
            let output = child.wait_with_output().expect("gone");
            match output.status.code() {
                // It was done before.
                Some(0) => break,
                Some(code) => panic!("{}: {code}: {}", victim.name, String::from_utf8_lossy(&output.stderr)),
                None => hits += 1,
            }
            (victim.intact)(&out);
        }
        finish(victim, &out);
        same(victim, whole.parent().expect("a folder"), out.parent().expect("a folder"));
    }
    hits
}

#[test]
fn what_was_killed_goes_on_to_the_same_end() {
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("kills");
    let _ = std::fs::remove_dir_all(&root);
    std::fs::create_dir_all(&root).expect("a folder");
    let study = root.join("study.toml");
    std::fs::write(
        &study,
        "name = \"Killed\"\n[settings]\ndataset = \"shapes32\"\nteacher = \"resnet20\"\nstudent = \"resnet8\"\ntrainImages = 32\n\
         testImages = 8\nbatchSize = 8\nepochs = 3\n[grid]\nseed = [0, 1]\nmethod = [\"kl\", \"labels\"]\n\
         [[probe]]\nname = \"fidelity\"\nimages = 8\n\
         [[claim]]\nid = \"c\"\nsentence = \"Closer.\"\nprobe = \"evaluation\"\npath = \"/agreement\"\nexpect = \"student > control\"\n",
    )
    .expect("a file");
    let words = |text: &str| text.split(' ').map(String::from).collect::<Vec<_>>();
    let run = "--dataset shapes32 --train-images 32 --test-images 8 --batch-size 8 --checkpoint-minutes 0";
    let victims = [
        Victim {
            name: "train",
            words: words(&format!("train --replace --architecture resnet8 --epochs 6 {run}")),
            intact: |_| {},
        },
        Victim { name: "distil", words: words(&format!("distil --epochs 8 {run}")), intact: |_| {} },
        Victim {
            name: "record",
            words: words(&format!("record --replace --snapshots 3 --epochs 8 {run}")),
            intact: a_record_is_whole,
        },
        Victim {
            name: "study",
            words: words(&format!("study {} --jobs 2 --checkpoint-seconds 0", study.display())),
            intact: |_| {},
        },
    ];
    let (kills, seed) = (number("KD_LENS_KILLS", KILLS), number("KD_LENS_SEED", 1));
    println!("{kills} kills, seed {seed}");
    let mut random = ChaCha8Rng::seed_from_u64(seed as u64);
    for victim in &victims {
        let hits = torment(victim, &root.join(victim.name), kills.div_ceil(victims.len()), &mut random);
        println!("{}: killed {hits} times at work", victim.name);
    }
}
