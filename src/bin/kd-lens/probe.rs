//! `kd-lens probe`: a probe on the networks of a checkpoint, with the numbers that the page shows.

use std::path::PathBuf;

use kd_lens::data::{Split, cifar};
use kd_lens::files::read;
use kd_lens::lab::checkpoint::Checkpoint;
use kd_lens::{Error, probes};
use serde_json::{Map, Value};

use crate::distil::session;
use crate::files::{self, Engine};
use crate::output::{Outcome, line};

/// Prints the probe's report as JSON.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[arg(help = names())]
    name: String,
    /// A checkpoint of `kd-lens distil` or of `lab.checkpoint()` in a browser
    #[arg(long)]
    checkpoint: PathBuf,
    /// An option of the probe as key=value, for example images=200, epsilon=8, tap=f3, change=hue or pictures=[0,1]
    #[arg(long = "set", value_name = "KEY=VALUE")]
    options: Vec<String>,
    /// The teacher's weights (default: www/models/<dataset>-<teacher>.safetensors)
    #[arg(long)]
    teacher_weights: Option<PathBuf>,
    /// Weights of a foreign network, trained by itself, for controls
    #[arg(long)]
    foreign_weights: Option<PathBuf>,
    /// Weights of a control of another seed, for chance levels
    #[arg(long)]
    twin_weights: Option<PathBuf>,
    /// Folder of the dataset (default: $KD_LENS_DATA or data, then the dataset's name)
    #[arg(long)]
    data: Option<PathBuf>,
    /// Which engine computes
    #[arg(long, visible_alias = "device", value_enum, default_value = "cpu")]
    engine: Engine,
}

/// The probes that there are.
fn names() -> String {
    probes::PROBES.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
}

/// Runs the command.
pub async fn run(args: Args) -> Outcome {
    let mut options = Map::new();
    for pair in &args.options {
        let (name, value) = pair
            .split_once('=')
            .ok_or_else(|| Error::ProbeInvalid(format!("“{pair}” is not of the form key=value.")))?;
        let value = serde_json::from_str(value).unwrap_or_else(|_| Value::String(value.to_string()));
        options.insert(name.to_string(), value);
    }
    let bytes = read(&args.checkpoint, Error::CheckpointUnreadable)?;
    let settings = Checkpoint::read(&bytes).map_err(|e| files::in_file(&args.checkpoint, e))?.header.settings;
    let mut session = session(settings, args.teacher_weights.as_deref(), args.data.as_deref(), args.engine).await?;
    session.restore(&bytes).map_err(|e| files::in_file(&args.checkpoint, e))?;
    for (role, path) in [("foreign", &args.foreign_weights), ("twin", &args.twin_weights)] {
        if let Some(path) = path {
            session.bring(role, &read(path, Error::WeightsMissing)?).map_err(|e| files::in_file(path, e))?;
        }
    }
    if args.name == "groups" {
        let (kind, count) = (session.settings().dataset()?, session.settings().test_images);
        for group in kind.groups() {
            // `--data` is the folder of the run's own images; those of its groups lie there too.
            let images = files::dataset(*group, Split::Test, Some(count), args.data.as_deref())?;
            session.show(*group, &cifar::write(&images, *group)?)?;
        }
    }
    let report = probes::run(&args.name, &options, &session.bench()).await?;
    line(report)
}
