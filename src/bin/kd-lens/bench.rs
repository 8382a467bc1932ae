//! `kd-lens bench`: times training steps or evaluations of this machine's engine. `cargo xtask bench` calls it.

use std::path::PathBuf;
use std::time::Instant;

use clap::ValueEnum;
use kd_lens::data::DatasetKind;
use kd_lens::lab::{Settings, Trains};
use kd_lens::{Error, Result};
use serde_json::{Value, json};

use crate::distil;
use crate::files::Engine;
use crate::options::Given;
use crate::output::{Outcome, line};

/// What is timed.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum What {
    /// A step of student and control, with the method's teacher.
    Pair,
    /// A step of the control alone: supervised training of one network.
    Control,
    /// An evaluation of student and control on the test images; the teacher's answers are known from the warm-up.
    Evaluation,
}

/// Prints one JSON object with the milliseconds of each sample. All cores are used; RAYON_NUM_THREADS says otherwise.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    settings: Given,
    /// The teacher's weights (default: www/models/<dataset>-<teacher>.safetensors)
    #[arg(long)]
    teacher_weights: Option<PathBuf>,
    /// Folder of the dataset (default: $KD_LENS_DATA or data, then the dataset's name)
    #[arg(long)]
    data: Option<PathBuf>,
    /// Which engine computes
    #[arg(long, visible_alias = "device", value_enum, default_value = "cpu")]
    engine: Engine,
    /// What is timed
    #[arg(long, value_enum, default_value = "pair")]
    what: What,
    /// Repeats before the clock runs
    #[arg(long, default_value_t = 3)]
    untimed: usize,
    /// Samples
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..))]
    samples: u16,
    /// Repeats in a sample; its time is divided by them
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..))]
    repeats: u16,
}

/// Runs the command.
pub async fn run(args: Args) -> Outcome {
    line(measure(args).await?)
}

async fn measure(args: Args) -> Result<Value> {
    let mut given = args.settings.0;
    // Shapes-32 needs no files, and an evaluation between two steps would be timed with them.
    given.entry("dataset").or_insert_with(|| json!(DatasetKind::Shapes32.name()));
    given.entry("evaluateEvery").or_insert_with(|| json!(100_000));
    let settings = Settings::from_json(&given)?;
    let shown = json!(settings);
    let mut session =
        distil::session(settings, args.teacher_weights.as_deref(), args.data.as_deref(), args.engine).await?;
    if matches!(args.what, What::Control) {
        session.train_only(Trains::Control)?;
    }
    if args.untimed + usize::from(args.samples) * usize::from(args.repeats) >= session.total_steps() {
        return Err(Error::SettingInvalid("The run ends before the last sample; give it more --epochs.".into()));
    }
    let mut milliseconds = Vec::new();
    for sample in 0..=args.samples {
        let repeats = if sample == 0 { args.untimed } else { args.repeats.into() };
        let began = Instant::now();
        match args.what {
            What::Pair | What::Control if repeats > 0 => drop(session.step(repeats).await?),
            What::Pair | What::Control => {}
            What::Evaluation => {
                for _ in 0..repeats {
                    session.evaluate().await?;
                }
            }
        }
        if sample > 0 {
            milliseconds.push(1000.0 * began.elapsed().as_secs_f64() / repeats as f64);
        }
    }
    Ok(json!({
        "what": format!("{:?}", args.what).to_lowercase(),
        "milliseconds": milliseconds,
        "threads": rayon::current_num_threads(),
        "settings": shown,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Cli {
        #[command(flatten)]
        args: Args,
    }

    fn measured(what: &str, epochs: &str) -> Result<Value> {
        let weights = concat!(env!("CARGO_MANIFEST_DIR"), "/www/models/shapes32-resnet20.safetensors");
        let small =
            ["--train-images", "32", "--test-images", "4", "--batch-size", "4", "--untimed", "1", "--repeats", "1"];
        let given = ["bench", "--what", what, "--samples", "2", "--epochs", epochs, "--teacher-weights", weights];
        pollster::block_on(measure(Cli::parse_from(given.into_iter().chain(small)).args))
    }

    #[test]
    fn every_sample_is_a_time() {
        for what in ["pair", "control", "evaluation"] {
            let found = measured(what, "9").unwrap();
            let times: Vec<f64> = found["milliseconds"].as_array().unwrap().iter().filter_map(Value::as_f64).collect();
            assert_eq!(times.len(), 2, "{found}");
            assert!(times.iter().all(|ms| *ms > 0.0), "{found}");
            assert_eq!(found["what"], what);
            assert_eq!(found["settings"]["batchSize"], 4);
        }
    }

    #[test]
    fn a_run_that_is_too_short_is_refused() {
        let run = Cli::parse_from([
            "bench",
            "--samples",
            "9",
            "--repeats",
            "9",
            "--train-images",
            "32",
            "--batch-size",
            "32",
            "--epochs",
            "1",
        ]);
        let weights = concat!(env!("CARGO_MANIFEST_DIR"), "/www/models/shapes32-resnet20.safetensors");
        let args = Args { teacher_weights: Some(weights.into()), ..run.args };
        assert_eq!(pollster::block_on(measure(args)).unwrap_err().code(), "setting-invalid");
    }
}
