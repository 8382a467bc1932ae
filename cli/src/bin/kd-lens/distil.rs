//! `kd-lens distil`: the page's run, natively.

use std::path::{Path, PathBuf};
use std::time::Instant;

use indicatif::{ProgressBar, ProgressStyle};
use kd_lens::data::{DatasetKind, Split, cifar};
use kd_lens::fields::same;
use kd_lens::lab::{Event, Session, Settings};
use kd_lens::{Error, Result};
use kd_lens_cli::files::{Lock, read, write};
use serde_json::{Map, Value, json};

use crate::files::{self, Engine};
use crate::log::Log;
use crate::options::Given;
use crate::output::{End, Outcome, line, note};
use crate::stop::Stop;

/// Steps between looks at the clock and for a signal; progress is told as often.
pub const SLICE: usize = 10;
/// The kind of event that says which settings were changed when a run went on.
const ADJUSTED: &str = "adjusted";

/// The same settings give the same run as on the page. Stopped at any time, the same command goes on from its checkpoint. Where it
/// then names another value of a setting that may change during a run, that holds from there on, and events.jsonl says so.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    settings: Given,
    /// The teacher's weights (default: www/models/<dataset>-<teacher>.safetensors)
    #[arg(long)]
    teacher_weights: Option<PathBuf>,
    /// Folder for events.jsonl, run.checkpoint and the weights of every learner under its id: student.safetensors and control.safetensors, or for `--learner kl` kl.safetensors
    #[arg(long)]
    out: PathBuf,
    /// Folder of the dataset (default: $KD_LENS_DATA or data, then the dataset's name)
    #[arg(long)]
    data: Option<PathBuf>,
    /// Minutes between checkpoints; there is one at every evaluation too
    #[arg(long, default_value_t = 2.0, value_parser = crate::options::time)]
    checkpoint_minutes: f64,
    /// Which engine computes
    #[arg(long, visible_alias = "device", value_enum, default_value = "cpu")]
    engine: Engine,
}

/// A session with all its images, as the command line uses it.
pub async fn session(
    settings: Settings,
    teacher: Option<&Path>,
    data: Option<&Path>,
    engine: Engine,
) -> Result<Session> {
    let device = engine.open().await?.device;
    let shipped = PathBuf::from(format!("www/models/{}-{}.safetensors", settings.dataset, settings.teacher));
    let path = teacher.unwrap_or(&shipped);
    let teacher = read(path, Error::WeightsMissing)?;
    let kind = settings.dataset()?;
    let counts = [(Split::Train, settings.train_images), (Split::Test, settings.test_images)];
    let mut session = Session::new(settings, &teacher, &device).map_err(|e| files::in_file(path, e))?;
    if kind != DatasetKind::Shapes32 {
        for (split, count) in counts {
            session.add(split, &cifar::write(&files::dataset(kind, split, Some(count), data)?, kind)?)?;
        }
    }
    Ok(session)
}

/// Names of what is in the folder.
const CHECKPOINT: &str = "run.checkpoint";
const EVENTS: &str = "events.jsonl";

/// Runs the command.
pub async fn run(args: Args) -> Outcome {
    let settings = Settings::from_json(&args.settings.0)?;
    let _lock = Lock::folder(&args.out)?;
    let mut session =
        session(settings.clone(), args.teacher_weights.as_deref(), args.data.as_deref(), args.engine).await?;
    let checkpoint = args.out.join(CHECKPOINT);
    let ids = settings.cohort.learners().iter().map(|learner| learner.id.clone());
    let results: Vec<_> = ids.map(|id| (args.out.join(format!("{id}.safetensors")), id)).collect();
    let events = args.out.join(EVENTS);
    let stop = Stop::listen()?;
    let goes_on = checkpoint.exists();
    if goes_on {
        restore(&mut session, &checkpoint)?;
        note(format_args!("Going on from step {} of {}.", session.steps_done(), session.total_steps()));
    } else {
        let mut others = results.iter().map(|(path, _)| path).chain([&events]);
        if let Some(path) = others.find(|path| path.exists()) {
            return Err(End::Failed(Error::FileUnwritable(format!(
                "{} is there, but not the checkpoint of its run. Choose another --out, or move it away.",
                path.display()
            ))));
        }
        // Before the log: one without a checkpoint is somebody else's.
        write(&checkpoint, &session.checkpoint().await?)?;
    }
    let change = change(&session, &args.settings, &settings);
    if !change.is_empty() && session.steps_done() == session.total_steps() {
        let names: Vec<_> = change.keys().map(|name| format!("`{name}`")).collect();
        return Err(End::Failed(Error::CheckpointMismatch(format!(
            "The run in {} is finished; {} can change nothing any more. Choose another --out to run it again.",
            args.out.display(),
            names.join(", ")
        ))));
    }
    let (step, now) = (session.steps_done(), Value::Object(session.settings().live()));
    let mut log = Log::open(&events, step, |event| goes_on && is_true(event, step, &now))?;
    if !change.is_empty() {
        for (name, values) in &change {
            note(format_args!("From here on `{name}` is {}; it was {}.", values["to"], values["from"]));
        }
        session.adjust(&change.iter().map(|(name, values)| (name.clone(), values["to"].clone())).collect())?;
        log.add(&[json!({"type": ADJUSTED, "step": step, "settings": change})])?;
        write(&checkpoint, &session.checkpoint().await?)?;
    }
    for (id, formula) in session.formulas().iter() {
        note(format_args!("{id}: {formula}"));
    }
    let bar = bar(&session, "{bar:30} step {pos}/{len}  {msg}  {per_sec}  {eta} left");
    let mut saved = Instant::now();
    while session.steps_done() < session.total_steps() {
        if stop.raised() {
            write(&checkpoint, &session.checkpoint().await?)?;
            bar.finish_and_clear();
            return Err(stopped(&session));
        }
        let left = session.total_steps() - session.steps_done();
        let events = session.step(left.min(SLICE)).await?;
        // The log first: what the checkpoint has reached is in it.
        log.add(&events.iter().map(|event| json!(event)).collect::<Vec<_>>())?;
        let mut due = saved.elapsed().as_secs_f64() >= args.checkpoint_minutes * 60.0;
        for event in &events {
            match event {
                Event::Progress { learners, .. } => {
                    let losses = learners.iter().map(|(id, losses)| format!("{id} {:.3}", losses.total));
                    bar.set_message(format!("loss {}", losses.collect::<Vec<_>>().join(", ")))
                }
                Event::Evaluation(e) => {
                    let percent = |rate: kd_lens::statistics::Rate| 100.0 * rate.rate.unwrap_or(f64::NAN);
                    let all = |rates: Vec<(&str, kd_lens::statistics::Rate)>| {
                        let words = rates.into_iter().map(|(id, rate)| format!("{id} {:.1}", percent(rate)));
                        words.collect::<Vec<_>>().join(", ")
                    };
                    let line = format!(
                        "epoch {:.1}: accuracy {} %; agreement with the teacher {} % (n = {})",
                        e.epoch,
                        all(e.scores.iter().map(|(id, score)| (id, score.accuracy)).collect()),
                        all(e.agreement.iter().map(|(id, rate)| (id, *rate)).collect()),
                        e.n
                    );
                    bar.suspend(|| note(line));
                    due = true;
                }
                Event::Graduation { teacher, student, .. } => {
                    bar.suspend(|| note(format_args!("The {teacher} is taught; now it teaches the {student}.")));
                    due = true;
                }
                Event::Finished { .. } => {}
            }
        }
        bar.set_position(session.steps_done() as u64);
        if due {
            write(&checkpoint, &session.checkpoint().await?)?;
            saved = Instant::now();
        }
    }
    bar.finish_and_clear();
    write(&checkpoint, &session.checkpoint().await?)?;
    for (path, id) in &results {
        write(path, &session.export(id).await?)?;
    }
    line(format_args!("The run of {} steps is in {}.", session.steps_done(), args.out.display()))
}

/// Goes to the state of a checkpoint; an error names the file.
pub fn restore(session: &mut Session, checkpoint: &Path) -> Result<()> {
    session.restore(&read(checkpoint, Error::CheckpointUnreadable)?).map_err(|e| files::in_file(checkpoint, e))
}

/// How far a run is.
pub fn bar(session: &Session, template: &str) -> ProgressBar {
    let bar = ProgressBar::new(session.total_steps() as u64).with_position(session.steps_done() as u64);
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar.reset_eta();
    bar
}

/// The end of a run that was asked to stop and has left its checkpoint.
pub fn stopped(session: &Session) -> End {
    let (done, all) = (session.steps_done(), session.total_steps());
    End::Stopped(format!("Stopped at step {done} of {all}. The same command goes on from there."))
}

/// What the command names and the run has otherwise, each with `from` and `to`. After [`Session::restore`] only settings that may
/// change during a run can differ.
fn change(session: &Session, given: &Given, wanted: &Settings) -> Map<String, Value> {
    let (now, wanted_now) = (session.settings().live(), wanted.live());
    let entries = given.0.get("cohort").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let said = |name: &str| match name.split_once('.') {
        None => given.0.contains_key(name),
        Some((id, option)) => {
            let at = wanted.cohort.find(id).ok();
            let entry = at.and_then(|at| entries.get(at)).and_then(Value::as_str).unwrap_or_default();
            let options = entry.split_once(':').map_or("", |(_, options)| options).split(',');
            options.filter_map(|pair| pair.split_once('=')).any(|(name, _)| name.trim() == option)
        }
    };
    let differ = wanted_now.iter().filter(|(name, value)| said(name) && !same(&now[name.as_str()], value));
    differ.map(|(name, to)| (name.clone(), json!({"from": now[name.as_str()], "to": to}))).collect()
}

/// Whether an event was still so at the checkpoint: a change of settings that its kill came before was not made.
fn is_true(event: &Value, step: usize, now: &Value) -> bool {
    let undone =
        |(name, values): (&String, &Value)| same(&values["from"], &now[name]) && !same(&values["to"], &now[name]);
    event["type"] != ADJUSTED
        || event["step"] != json!(step)
        || !event["settings"].as_object().into_iter().flatten().any(undone)
}
