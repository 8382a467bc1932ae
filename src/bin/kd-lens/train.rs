//! `kd-lens train`: a teacher from labels alone.

use std::path::{Path, PathBuf};
use std::time::Instant;

use indicatif::{ProgressBar, ProgressStyle};
use kd_lens::data::{DatasetKind, Split};
use kd_lens::evaluate::logits;
use kd_lens::files::{Lock, read, with_ending, write};
use kd_lens::lab::trainer::{Recipe, Trainer};
use kd_lens::weights::{Precision, decode, digest, save};
use kd_lens::{Error, Result, readback};
use serde_json::Value;

use crate::files::{self, Engine};
use crate::output::{End, Outcome, line, note};
use crate::stop::Stop;

/// One-cycle SGD with crops and flips. Stopped at any time, the same command goes on from the last checkpoint.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[arg(long, default_value = "cifar10", help = files::datasets())]
    dataset: DatasetKind,
    /// For example resnet20
    #[arg(long, default_value = "resnet20")]
    architecture: String,
    /// Passes over the training images, from 1 to 100000
    #[arg(long, default_value_t = 30)]
    epochs: usize,
    /// Images in a batch
    #[arg(long, default_value_t = 128)]
    batch_size: usize,
    /// Random changes of colour besides crops and flips, from 0 (none) to 1; 0.4 teaches colour invariance
    #[arg(long, default_value_t = 0.0)]
    jitter: f64,
    /// Leave a group or domain out of the training, for example cifar10-turned of cifar10-mixed, or digits-photo of digits-all
    #[arg(long)]
    without: Option<DatasetKind>,
    /// Show the images as they are, without random crops and flips
    #[arg(long)]
    no_augment: bool,
    /// Peak learning rate
    #[arg(long, default_value_t = 0.4)]
    learning_rate: f64,
    /// Share of the steps during which the learning rate rises
    #[arg(long, default_value_t = 0.25)]
    warm_up: f64,
    /// `sgd`, or `adamw` for transformers (with a learning rate near 0.001)
    #[arg(long, default_value = "sgd")]
    optimiser: String,
    /// Momentum of SGD (Nesterov)
    #[arg(long, default_value_t = 0.9)]
    momentum: f64,
    /// Weight decay on matrices
    #[arg(long, default_value_t = 5e-4)]
    weight_decay: f64,
    /// Decides weights, order and crops
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Training images, from the first on [default: all there are; of Shapes-32 50000]
    #[arg(long)]
    train_images: Option<usize>,
    /// Test images for the accuracy after each epoch [default: all there are; of Shapes-32 10000]
    #[arg(long)]
    test_images: Option<usize>,
    /// Start from these weights instead of random ones
    #[arg(long)]
    init: Option<PathBuf>,
    /// Where the weights go; the checkpoint lies beside them, under their name with .checkpoint after it
    #[arg(long)]
    out: PathBuf,
    /// Replace the file that has the output's name, once the training is done
    #[arg(long)]
    replace: bool,
    /// Write 16-bit floats, half the size
    #[arg(long)]
    half: bool,
    /// Minutes between checkpoints
    #[arg(long, default_value_t = 2.0, value_parser = crate::options::time)]
    checkpoint_minutes: f64,
    /// Folder of the dataset (default: $KD_LENS_DATA or data, then the dataset's name)
    #[arg(long)]
    data: Option<PathBuf>,
    /// Which engine computes
    #[arg(long, visible_alias = "device", value_enum, default_value = "cpu")]
    engine: Engine,
}

/// What goes between the output's name and that of its checkpoint.
const CHECKPOINT: &str = ".checkpoint";
/// The most epochs of a training.
const MOST_EPOCHS: usize = 100_000;

/// Runs the command.
pub async fn run(args: Args) -> Outcome {
    if !(1..=MOST_EPOCHS).contains(&args.epochs) {
        let asked = args.epochs;
        return Err(End::Failed(Error::SettingInvalid(format!(
            "A training has from 1 to {MOST_EPOCHS} epochs; {asked} were asked for."
        ))));
    }
    let checkpoint = with_ending(&args.out, CHECKPOINT);
    let _lock = Lock::file(&args.out, &[CHECKPOINT])?;
    // Another training's output may have the checkpoint's name.
    let _checkpoint_lock = Lock::file(&checkpoint, &[])?;
    check_output(&args.out, args.replace || checkpoint.exists())?;
    let device = args.engine.open().await?.device;
    let train = files::dataset(args.dataset, Split::Train, args.train_images, args.data.as_deref())?;
    let test = files::dataset(args.dataset, Split::Test, args.test_images, args.data.as_deref())?;
    let init = args.init.as_deref().map(|path| read(path, Error::WeightsMissing)).transpose()?;
    let recipe = Recipe {
        dataset: args.dataset,
        architecture: args.architecture,
        epochs: args.epochs,
        batch_size: args.batch_size,
        optimiser: args.optimiser,
        jitter: args.jitter,
        without: args.without,
        augment: !args.no_augment,
        learning_rate: args.learning_rate,
        warm_up: args.warm_up,
        momentum: args.momentum,
        weight_decay: args.weight_decay,
        seed: args.seed,
        init: None,
    };
    let mut trainer = Trainer::new(recipe, train, init.as_deref(), &device)?;
    note(format_args!("Training on {} images, testing on {}.", trainer.images(), test.len()));
    if trainer.steps_per_epoch().checked_mul(args.epochs).is_none() {
        return Err(End::Failed(Error::SettingInvalid(
            "This training has more steps than can be counted. Ask for fewer epochs.".into(),
        )));
    }
    if checkpoint.exists() {
        let bytes = read(&checkpoint, Error::CheckpointUnreadable)?;
        trainer.restore(&bytes).map_err(|e| files::in_file(&checkpoint, e))?;
        note(format_args!("Going on from step {} of {}.", trainer.steps_done(), trainer.total_steps()));
    }
    let stop = Stop::listen()?;
    let bar = ProgressBar::new(trainer.total_steps() as u64).with_position(trainer.steps_done() as u64);
    if let Ok(style) = ProgressStyle::with_template("{bar:30} step {pos}/{len}  {msg}  {per_sec}  {eta} left") {
        bar.set_style(style);
    }
    bar.reset_eta();
    let test_indices: Vec<usize> = (0..test.len()).collect();
    let mut saved = Instant::now();
    let mut losses = Vec::new();
    while trainer.steps_done() < trainer.total_steps() {
        if stop.raised() {
            write(&checkpoint, &trainer.checkpoint().await?)?;
            bar.finish_and_clear();
            let (done, all) = (trainer.steps_done(), trainer.total_steps());
            return Err(End::Stopped(format!("Stopped at step {done} of {all}. The same command goes on from there.")));
        }
        losses.push(trainer.step()?);
        bar.inc(1);
        let epoch_ends = trainer.steps_done().is_multiple_of(trainer.steps_per_epoch());
        if losses.len() == 20 || epoch_ends {
            let n = losses.len();
            let values = readback::read_all(std::mem::take(&mut losses)).await?.concat();
            let mean = values.iter().sum::<f32>() / n as f32;
            if !mean.is_finite() {
                return Err(End::Failed(Error::Diverged(
                    "The loss is no longer a finite number. Use a smaller learning rate.".into(),
                )));
            }
            bar.set_message(format!("loss {mean:.4}"));
        }
        if epoch_ends {
            let score = logits("network", trainer.network(), &test, &test_indices, &device).await?.score(test.labels());
            let epoch = trainer.steps_done() / trainer.steps_per_epoch();
            let line = format!(
                "epoch {epoch}: test accuracy {:.4} of {}, nll {:.4}",
                score.accuracy.rate.unwrap_or(0.0),
                test.len(),
                score.nll
            );
            bar.suspend(|| note(line));
        }
        if saved.elapsed().as_secs_f64() > args.checkpoint_minutes * 60.0 {
            write(&checkpoint, &trainer.checkpoint().await?)?;
            saved = Instant::now();
            if bar.is_hidden() {
                let (done, all) = (trainer.steps_done(), trainer.total_steps());
                let left = bar.eta().as_secs_f64() / 60.0;
                note(format_args!("step {done} of {all}, {}, about {left:.0} min left", bar.message()));
            }
        }
    }
    bar.finish_and_clear();
    let precision = if args.half { Precision::Half } else { Precision::Full };
    let bytes = save(&trainer.network().params, precision).await?;
    write(&args.out, &bytes)?;
    // The weights are whole: a leftover checkpoint would only make the next run end at once.
    let _ = std::fs::remove_file(&checkpoint);
    line(format_args!("{} written, SHA-256 {}", args.out.display(), digest(&bytes)))
}

/// Refuses an output that would destroy a file: always one that a training goes on from, and any other unless `may_replace`.
fn check_output(out: &Path, may_replace: bool) -> Result<()> {
    if !out.exists() {
        return Ok(());
    }
    if is_checkpoint(&read(out, Error::FileUnwritable)?) {
        return Err(Error::FileUnwritable(format!(
            "{} is a checkpoint of kd-lens and is not replaced. Choose another --out.",
            out.display()
        )));
    }
    if !may_replace {
        return Err(Error::FileUnwritable(format!(
            "{} is there already, without a checkpoint to go on from. Say --replace to have it replaced once the training is done, or choose another --out.",
            out.display()
        )));
    }
    Ok(())
}

/// Whether a file says of itself that kd-lens goes on from it; weights say nothing.
fn is_checkpoint(bytes: &[u8]) -> bool {
    let about = |bytes| serde_json::from_str::<Value>(decode(bytes).ok()?.1.get("kd-lens")?).ok();
    about(bytes).is_some_and(|about| about["format"].as_str().is_some_and(|format| format.starts_with("kd-lens ")))
}
