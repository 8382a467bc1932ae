//! `kd-lens record`: a run with snapshots along the way, for the page to show before its reader has trained anything.

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use indicatif::{ProgressBar, ProgressStyle};
use kd_lens::lab::{Event, Session, Settings};
use kd_lens::nets::Architecture;
use kd_lens::weights::digest;
use kd_lens::{Error, Result};
use serde_json::{Value, json};

use crate::distil::session;
use crate::files::{self, Engine};
use crate::options::Given;

const FORMAT: &str = "kd-lens recorded run 1";

/// The same settings give the same run as on the page and as `distil`. An older record in the folder is replaced.
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
    /// Folder for run.json and the snapshots
    #[arg(long, default_value = "www/recorded")]
    out: PathBuf,
    /// Folder of the dataset (default: $KD_LENS_DATA or data, then the dataset's name)
    #[arg(long)]
    data: Option<PathBuf>,
    /// Which engine computes
    #[arg(long, visible_alias = "device", value_enum, default_value = "cpu")]
    engine: Engine,
}

/// Runs the command.
pub async fn run(args: Args) -> Result<()> {
    let settings = Settings::from_json(&args.settings.0)?;
    let mut session = session(settings, args.teacher_weights.as_deref(), args.data.as_deref(), args.engine).await?;
    std::fs::create_dir_all(&args.out)
        .map_err(|e| Error::SettingInvalid(format!("{} could not be written ({e}).", args.out.display())))?;
    forget(&args.out)?;
    let total = session.total_steps();
    let bar = ProgressBar::new(total as u64);
    if let Ok(style) = ProgressStyle::with_template("{bar:30} step {pos}/{len}  {per_sec}  {eta} left") {
        bar.set_style(style);
    }
    let formula = session.formula();
    let (mut events, mut snapshots) = (Vec::new(), Vec::new());
    for step in moments(total, args.snapshots as usize) {
        while session.steps_done() < step {
            let left = step - session.steps_done();
            events.extend(session.step(left.min(10)).await?);
            bar.set_position(session.steps_done() as u64);
        }
        // Every snapshot has its evaluation, so that the answer of that step can stand beside it.
        let known = events.iter().any(|event| matches!(event, Event::Evaluation(e) if e.step == step));
        if !known {
            let evaluation = Event::Evaluation(Box::new(session.evaluate().await?));
            let at = events.iter().rposition(|event| !matches!(event, Event::Finished { .. })).map_or(0, |i| i + 1);
            events.insert(at, evaluation);
        }
        snapshots.push(keep(&session, &args.out).await?);
    }
    bar.finish_and_clear();
    let made = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs());
    let record = json!({
        "format": FORMAT,
        "version": env!("CARGO_PKG_VERSION"),
        "made": made,
        "settings": session.settings().to_json(),
        "labels": labels(session.settings())?,
        "formula": formula,
        "stepsPerEpoch": session.steps_per_epoch(),
        "totalSteps": total,
        "snapshots": snapshots,
        "events": events,
    });
    files::write(&args.out.join("run.json"), record.to_string().as_bytes())?;
    println!("The run of {total} steps with {} snapshots is in {}.", snapshots.len(), args.out.display());
    Ok(())
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

/// Writes a snapshot and says what it is.
async fn keep(session: &Session, folder: &Path) -> Result<Value> {
    let step = session.steps_done();
    let bytes = session.snapshot().await?;
    let file = format!("step-{step:05}.safetensors");
    files::write(&folder.join(&file), &bytes)?;
    Ok(json!({"step": step, "epoch": session.epoch(), "file": file, "bytes": bytes.len(), "sha256": digest(&bytes)}))
}

/// Removes the snapshots of an older record, whose steps may have been others.
fn forget(folder: &Path) -> Result<()> {
    let failed = |e: std::io::Error| Error::SettingInvalid(format!("{} could not be cleared ({e}).", folder.display()));
    for entry in std::fs::read_dir(folder).map_err(failed)?.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with("step-") && name.ends_with(".safetensors") {
            std::fs::remove_file(entry.path()).map_err(failed)?;
        }
    }
    Ok(())
}
