//! `kd-lens distil`: the page's run, natively.

use std::path::{Path, PathBuf};
use std::time::Instant;

use indicatif::{ProgressBar, ProgressStyle};
use kd_lens::data::{DatasetKind, Split, cifar};
use kd_lens::fields::same;
use kd_lens::files::{Lock, read, write};
use kd_lens::lab::{Event, Losses, Session, Settings, Who};
use kd_lens::{Error, Result};
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
    /// Folder for events.jsonl, run.checkpoint, student.safetensors and control.safetensors
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
    let results = [(Who::Student, "student.safetensors"), (Who::Control, "control.safetensors")]
        .map(|(who, name)| (who, args.out.join(name)));
    let events = args.out.join(EVENTS);
    let stop = Stop::listen()?;
    let goes_on = checkpoint.exists();
    if goes_on {
        restore(&mut session, &checkpoint)?;
        note(format_args!("Going on from step {} of {}.", session.steps_done(), session.total_steps()));
    } else {
        let mut others = results.iter().map(|(_, path)| path).chain([&events]);
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
    let (step, now) = (session.steps_done(), session.settings().to_json());
    let mut log = Log::open(&events, step, |event| goes_on && is_true(event, step, &now))?;
    if !change.is_empty() {
        for (name, values) in &change {
            note(format_args!("From here on `{name}` is {}; it was {}.", values["to"], values["from"]));
        }
        session.adjust(&change.iter().map(|(name, values)| (name.clone(), values["to"].clone())).collect())?;
        log.add(&[json!({"type": ADJUSTED, "step": step, "settings": change})])?;
        write(&checkpoint, &session.checkpoint().await?)?;
    }
    note(session.formula());
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
                Event::Progress { student, control, .. } => {
                    let total = |losses: &Option<Losses>| losses.as_ref().map_or(f64::NAN, |l| l.total);
                    bar.set_message(format!("loss S {:.3} C {:.3}", total(student), total(control)))
                }
                Event::Evaluation(e) => {
                    let percent = |r: kd_lens::statistics::Rate| 100.0 * r.rate.unwrap_or(f64::NAN);
                    let line = format!(
                        "epoch {:.1}: accuracy T {:.1} S {:.1} C {:.1} %, agreement with the teacher S {:.1} C {:.1} % (n = {})",
                        e.epoch,
                        percent(e.teacher.accuracy),
                        percent(e.student.accuracy),
                        percent(e.control.accuracy),
                        percent(e.agreement.student),
                        percent(e.agreement.control),
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
    for (who, path) in &results {
        write(path, &session.export(*who).await?)?;
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
    let (now, wanted) = (session.settings().to_json(), wanted.to_json());
    let names = given.0.keys().filter(|name| !same(&now[name.as_str()], &wanted[name.as_str()]));
    names.map(|name| (name.clone(), json!({"from": now[name], "to": wanted[name]}))).collect()
}

/// Whether an event was still so at the checkpoint: a change of settings that its kill came before was not made.
fn is_true(event: &Value, step: usize, now: &Value) -> bool {
    let undone =
        |(name, values): (&String, &Value)| same(&values["from"], &now[name]) && !same(&values["to"], &now[name]);
    event["type"] != ADJUSTED
        || event["step"] != json!(step)
        || !event["settings"].as_object().into_iter().flatten().any(undone)
}
