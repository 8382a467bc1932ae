//! `kd-lens evaluate`: how right a weights file is.

use std::path::PathBuf;

use kd_lens::Error;
use kd_lens::data::{DatasetKind, Split};
use kd_lens::evaluate::logits;
use kd_lens::files::read;
use kd_lens::nets::Network;
use kd_lens::weights::{decode, digest, load, recognise};
use serde_json::json;

use crate::files::{self, Engine};
use crate::output::{Outcome, line};

/// Prints accuracy (with Wilson's 95 % interval), negative log-likelihood and n.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[arg(long, default_value = "cifar10", help = files::datasets())]
    dataset: DatasetKind,
    /// A safetensors file with PyTorch names
    #[arg(long)]
    weights: PathBuf,
    /// Recognised from the file when left out
    #[arg(long)]
    architecture: Option<String>,
    /// Test images, from the first on [default: all there are; of Shapes-32 10000]
    #[arg(long)]
    test_images: Option<usize>,
    /// Folder of the dataset (default: $KD_LENS_DATA or data, then the dataset's name)
    #[arg(long)]
    data: Option<PathBuf>,
    /// Which engine computes
    #[arg(long, visible_alias = "device", value_enum, default_value = "cpu")]
    engine: Engine,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Also print the logits of the first so many images (JSON only)
    #[arg(long, default_value_t = 0)]
    logits: usize,
}

/// Runs the command.
pub async fn run(args: Args) -> Outcome {
    let device = args.engine.open().await?.device;
    let bytes = read(&args.weights, Error::WeightsMissing)?;
    let (tensors, _) = decode(&bytes).map_err(|e| files::in_file(&args.weights, e))?;
    let architecture = match &args.architecture {
        Some(name) => name.parse()?,
        None => {
            recognise(&tensors)
                .ok_or_else(|| {
                    Error::WeightsMismatch(
                    "These weights fit none of the architectures. Name one with --architecture to see what disagrees."
                        .into(),
                )
                })?
                .0
        }
    };
    let mut network =
        Network::new(architecture, args.dataset.classes().len(), args.dataset.normalisation(), 0, &device);
    load(&mut network, &bytes, &device).map_err(|e| files::in_file(&args.weights, e))?;
    let test = files::dataset(args.dataset, Split::Test, args.test_images, args.data.as_deref())?;
    let indices: Vec<usize> = (0..test.len()).collect();
    let all = logits("network", &network, &test, &indices, &device).await?;
    let score = all.score(test.labels());
    if args.json {
        let mut report = json!({
            "weights": args.weights.to_string_lossy(), "sha256": digest(&bytes), "dataset": args.dataset.name(), "architecture": architecture.name(),
            "parameters": network.params.trainable_len(), "accuracy": score.accuracy.rate, "correct": score.accuracy.count,
            "n": score.accuracy.n, "low": score.accuracy.low, "high": score.accuracy.high, "nll": score.nll,
        });
        if args.logits > 0 {
            report["logits"] = all.rows().take(args.logits).map(|row| json!(row)).collect();
        }
        line(report)?;
    } else {
        let percent = |x: Option<f64>| x.map_or(f64::NAN, |x| 100.0 * x);
        line(format_args!(
            "{} on {}: {:.2} % ({} of {}; 95 % interval {:.2}–{:.2}), nll {:.5}",
            architecture.label(),
            args.dataset.label(),
            percent(score.accuracy.rate),
            score.accuracy.count,
            score.accuracy.n,
            percent(score.accuracy.low),
            percent(score.accuracy.high),
            score.nll
        ))?;
    }
    Ok(())
}
