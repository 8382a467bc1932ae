//! `kd-lens record`: a run with snapshots along the way, for the page to show before its reader has trained anything.

use std::path::{Path, PathBuf};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use kd_lens::data::Split;
use kd_lens::files::{self, Lock, read, write};
use kd_lens::lab::{Event, Session, Settings};
use kd_lens::nets::Architecture;
use kd_lens::weights::digest;
use kd_lens::{Error, Result};
use serde_json::{Value, json};

use crate::distil::{SLICE, bar, restore, session, stopped};
use crate::files::Engine;
use crate::log::Log;
use crate::options::Given;
use crate::output::{End, Outcome, line, note};
use crate::stop::Stop;

const FORMAT: &str = "kd-lens recorded run 1";
/// What says that a record is whole: written last.
const RUN: &str = "run.json";

/// The same settings give the same run as on the page and as `distil`. Stopped at any time, the same command goes on.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    settings: Given,
    /// How many snapshots, from the untrained networks to the finished ones, the early ones closer together
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(2..=100))]
    snapshots: u64,
    /// The teacher's weights (default: www/models/<dataset>-<teacher>.safetensors)
    #[arg(long)]
    teacher_weights: Option<PathBuf>,
    /// Folder for run.json and the snapshots; that of the page is www/recorded
    #[arg(long)]
    out: PathBuf,
    /// Replace the record that the folder holds, once the new one is whole
    #[arg(long)]
    replace: bool,
    /// Minutes between checkpoints; there is one at every snapshot too
    #[arg(long, default_value_t = 2.0, value_parser = crate::options::time)]
    checkpoint_minutes: f64,
    /// Folder of the dataset (default: $KD_LENS_DATA or data, then the dataset's name)
    #[arg(long)]
    data: Option<PathBuf>,
    /// Which engine computes
    #[arg(long, visible_alias = "device", value_enum, default_value = "cpu")]
    engine: Engine,
}

/// What is under way, inside the folder of the record.
const WORK: &str = "recording";
/// What lists there, while a record is replaced, the snapshots of the older ones.
const REPLACED: &str = "replaced.json";

/// Runs the command.
pub async fn run(args: Args) -> Outcome {
    let settings = Settings::from_json(&args.settings.0)?;
    let _lock = Lock::folder(&args.out)?;
    let old = old(&args.out)?;
    let mut session =
        session(settings.clone(), args.teacher_weights.as_deref(), args.data.as_deref(), args.engine).await?;
    let moments = moments(session.total_steps(), args.snapshots as usize);
    let mut record = about(&session)?;
    let work = args.out.join(WORK);
    if let Some(old) = old.as_ref().filter(|_| !args.replace) {
        if !is_of(old, &record, &moments, &args.out) {
            return Err(End::Failed(Error::FileUnwritable(format!(
                "{} holds another record. Say --replace to have it replaced once the new one is whole, or choose another --out.",
                args.out.display()
            ))));
        }
        return line(format_args!("The record of this run is in {} already.", args.out.display()));
    }
    files::folder(&work)?;
    files::sweep(&work, &[]);
    let checkpoint = work.join("run.checkpoint");
    let goes_on = checkpoint.exists();
    let file = |step: usize| work.join(format!("step-{step:05}.safetensors"));
    if goes_on {
        restore(&mut session, &checkpoint)?;
        let lacking = moments.iter().any(|step| *step <= session.steps_done() && !file(*step).exists());
        if lacking || *session.settings() != settings {
            return Err(End::Failed(Error::CheckpointMismatch(format!(
                "{} holds an unfinished record with other snapshots or other settings. Repeat those, or delete that folder to begin again.",
                work.display()
            ))));
        }
        note(format_args!("Going on from step {} of {}.", session.steps_done(), session.total_steps()));
    }
    let events = work.join("events.jsonl");
    let mut log = Log::open(&events, session.steps_done(), |_| goes_on)?;
    let stop = Stop::listen()?;
    let bar = bar(&session, "{bar:30} step {pos}/{len}  {per_sec}  {eta} left");
    let mut saved = Instant::now();
    for step in &moments {
        let passed = goes_on && *step <= session.steps_done();
        let mut reached = passed;
        while !reached {
            if stop.raised() {
                write(&checkpoint, &session.checkpoint().await?)?;
                bar.finish_and_clear();
                return Err(stopped(&session));
            }
            let left = step - session.steps_done();
            let mut events = if left > 0 { session.step(left.min(SLICE)).await? } else { Vec::new() };
            reached = session.steps_done() == *step;
            // Every snapshot has its evaluation, so that the answer of that step can stand beside it.
            if reached && !events.iter().any(|event| matches!(event, Event::Evaluation(e) if e.step == *step)) {
                let evaluation = Event::Evaluation(Box::new(session.evaluate().await?));
                let at = events.iter().rposition(|event| !matches!(event, Event::Finished { .. })).map_or(0, |i| i + 1);
                events.insert(at, evaluation);
            }
            log.add(&events.iter().map(|event| json!(event)).collect::<Vec<_>>())?;
            if reached {
                write(&file(*step), &session.snapshot().await?)?;
            }
            // Last: what it has reached is in the log and among the snapshots.
            if reached || saved.elapsed().as_secs_f64() >= args.checkpoint_minutes * 60.0 {
                write(&checkpoint, &session.checkpoint().await?)?;
                saved = Instant::now();
            }
            bar.set_position(session.steps_done() as u64);
        }
    }
    bar.finish_and_clear();
    // Snapshots of another record have other names, so that both can lie here until `run.json` tells which one it is.
    let mut snapshots = Vec::new();
    for step in &moments {
        let bytes = read(&file(*step), Error::CheckpointUnreadable)?;
        let digest = digest(&bytes);
        let name = format!("step-{step:05}-{}.safetensors", &digest[..8]);
        write(&args.out.join(&name), &bytes)?;
        let epoch = *step as f64 / session.steps_per_epoch() as f64;
        snapshots.push(json!({"step": step, "epoch": epoch, "file": name, "bytes": bytes.len(), "sha256": digest}));
    }
    record["snapshots"] = json!(snapshots);
    record["made"] = json!(SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs()));
    // Events as they were logged: reading and writing a number again could change its last digit.
    let text = format!("{{\"events\":[{}],{}", log.lines()?.join(","), &record.to_string()[1..]);
    // Noted down first: after a kill, the new `run.json` no longer names them.
    let replaced = work.join(REPLACED);
    let mut outdated: Vec<String> =
        std::fs::read(&replaced).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default();
    outdated.extend(old.iter().flat_map(named));
    let own = named(&record);
    outdated.retain(|name| is_snapshot(name) && !own.contains(name));
    if !outdated.is_empty() {
        write(&replaced, json!(outdated).to_string().as_bytes())?;
    }
    write(&args.out.join(RUN), text.as_bytes())?;
    drop(log);
    // The checkpoint before what it needs: nothing goes on without the rest.
    let made = std::iter::once(checkpoint).chain(moments.iter().map(|step| file(*step))).chain([events, replaced]);
    for path in outdated.iter().map(|name| args.out.join(name)).chain(made) {
        remove(&path)?;
    }
    // Where somebody's own files lie in it, it stays.
    let _ = std::fs::remove_dir(&work);
    let (total, count) = (session.total_steps(), snapshots.len());
    line(format_args!("The run of {total} steps with {count} snapshots is in {}.", args.out.display()))
}

/// What is known of a record before it is made.
fn about(session: &Session) -> Result<Value> {
    let images = |split: Split| session.dataset(split).fingerprint(usize::MAX);
    Ok(json!({
        "format": FORMAT,
        "version": env!("CARGO_PKG_VERSION"),
        "settings": session.settings().to_json(),
        "teacherDigest": session.teacher_digest(),
        "images": {"train": images(Split::Train), "test": images(Split::Test)},
        "labels": labels(session.settings())?,
        "formula": session.formula(),
        "stepsPerEpoch": session.steps_per_epoch(),
        "totalSteps": session.total_steps(),
    }))
}

/// The record that a folder holds.
fn old(folder: &Path) -> Result<Option<Value>> {
    let path = folder.join(RUN);
    if !path.exists() {
        return Ok(None);
    }
    let record: Option<Value> = serde_json::from_slice(&read(&path, Error::FileUnwritable)?).ok();
    match record.filter(|record| record["format"] == FORMAT) {
        Some(record) => Ok(Some(record)),
        None => Err(Error::FileUnwritable(format!(
            "{} is no record that this version of kd-lens knows, and is not replaced. Choose another --out.",
            path.display()
        ))),
    }
}

/// Whether a record is whole, and the one that would be made.
fn is_of(old: &Value, about: &Value, moments: &[usize], folder: &Path) -> bool {
    let same = about.as_object().into_iter().flatten().all(|(name, value)| old[name] == *value);
    let snapshots = old["snapshots"].as_array().map(Vec::as_slice).unwrap_or_default();
    let here = |snapshot: &Value| {
        let length =
            snapshot["file"].as_str().and_then(|name| std::fs::metadata(folder.join(name)).ok()).map(|m| m.len());
        length == snapshot["bytes"].as_u64()
    };
    same && snapshots.iter().map(|s| s["step"].as_u64()).eq(moments.iter().map(|step| Some(*step as u64)))
        && snapshots.iter().all(here)
}

/// The snapshots that a record names.
fn named(record: &Value) -> Vec<String> {
    let snapshots = record["snapshots"].as_array().into_iter().flatten();
    let names = snapshots.filter_map(|snapshot| snapshot["file"].as_str());
    names.filter(|name| is_snapshot(name)).map(String::from).collect()
}

/// Whether that is the name of a snapshot, and of no file elsewhere.
fn is_snapshot(name: &str) -> bool {
    name.starts_with("step-") && name.ends_with(".safetensors") && !name.contains(['/', '\\'])
}

/// Removes a file, if it is there.
fn remove(path: &Path) -> Result<()> {
    match std::fs::remove_file(path) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
            Err(Error::FileUnwritable(format!("{} could not be removed ({e}).", path.display())))
        }
        _ => Ok(()),
    }
}

/// What a person calls the choices: the page shows the record before it has an engine that could tell.
fn labels(settings: &Settings) -> Result<Value> {
    let architecture = |name: &str| name.parse::<Architecture>().map(Architecture::label);
    Ok(json!({
        "dataset": settings.dataset()?.label(),
        "teacher": architecture(&settings.teacher)?,
        "student": architecture(&settings.student)?,
        "method": settings.method()?.label,
    }))
}

/// Steps of the snapshots: squares, so that they lie close together while much is learnt.
fn moments(total: usize, count: usize) -> Vec<usize> {
    let share = |i: usize| (i as f64 / (count - 1) as f64).powi(2);
    let mut steps: Vec<usize> = (0..count).map(|i| (total as f64 * share(i)).round() as usize).collect();
    steps.dedup();
    steps
}
