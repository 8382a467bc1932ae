//! `kd-lens distil`: the page's run, natively.

use std::io::Write;
use std::path::{Path, PathBuf};

use indicatif::{ProgressBar, ProgressStyle};
use kd_lens::data::{DatasetKind, Split, cifar};
use kd_lens::lab::{Event, Losses, Session, Settings, Who};
use kd_lens::{Error, Result};
use serde_json::json;

use crate::files::{self, Engine};
use crate::options::Given;

/// The same settings give the same run as on the page. Stopped at any time, the same command goes on from its checkpoint.
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
    let teacher = files::read(teacher.unwrap_or(&shipped), Error::WeightsMissing)?;
    let kind = settings.dataset()?;
    let counts = [(Split::Train, settings.train_images), (Split::Test, settings.test_images)];
    let mut session = Session::new(settings, &teacher, &device)?;
    if kind != DatasetKind::Shapes32 {
        for (split, count) in counts {
            session.add(split, &cifar::write(&files::dataset(kind, split, count, data)?, kind)?)?;
        }
    }
    Ok(session)
}

/// Runs the command.
pub async fn run(args: Args) -> Result<()> {
    let settings = Settings::from_json(&args.settings.0)?;
    let mut session = session(settings, args.teacher_weights.as_deref(), args.data.as_deref(), args.engine).await?;
    let folder =
        |e: std::io::Error| Error::SettingInvalid(format!("{} could not be written ({e}).", args.out.display()));
    std::fs::create_dir_all(&args.out).map_err(folder)?;
    let checkpoint = args.out.join("run.checkpoint");
    if checkpoint.exists() {
        session.restore(&files::read(&checkpoint, Error::CheckpointUnreadable)?)?;
        eprintln!("Going on from step {} of {}.", session.steps_done(), session.total_steps());
    }
    eprintln!("{}", session.formula());
    let mut log =
        std::fs::OpenOptions::new().create(true).append(true).open(args.out.join("events.jsonl")).map_err(folder)?;
    let bar = ProgressBar::new(session.total_steps() as u64).with_position(session.steps_done() as u64);
    if let Ok(style) = ProgressStyle::with_template("{bar:30} step {pos}/{len}  {msg}  {per_sec}  {eta} left") {
        bar.set_style(style);
    }
    bar.reset_eta();
    while session.steps_done() < session.total_steps() {
        let left = session.total_steps() - session.steps_done();
        for event in session.step(left.min(10)).await? {
            writeln!(log, "{}", json!(event)).map_err(folder)?;
            match &event {
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
                    bar.suspend(|| eprintln!("{line}"));
                    files::write(&checkpoint, &session.checkpoint().await?)?;
                }
                Event::Graduation { teacher, student, .. } => {
                    bar.suspend(|| eprintln!("The {teacher} is taught; now it teaches the {student}."));
                    files::write(&checkpoint, &session.checkpoint().await?)?;
                }
                Event::Finished { .. } => {}
            }
        }
        bar.set_position(session.steps_done() as u64);
    }
    bar.finish_and_clear();
    files::write(&checkpoint, &session.checkpoint().await?)?;
    files::write(&args.out.join("student.safetensors"), &session.export(Who::Student).await?)?;
    files::write(&args.out.join("control.safetensors"), &session.export(Who::Control).await?)?;
    println!("The run of {} steps is in {}.", session.steps_done(), args.out.display());
    Ok(())
}
