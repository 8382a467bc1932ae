//! `kd-lens metric`: how alike, how faithful, how calibrated, from tensors in a file.

use std::path::PathBuf;

use kd_lens::metrics::{self, METRICS};
use kd_lens::weights::decode;
use kd_lens::{Error, files};

use crate::options::pairs;
use crate::output::{Outcome, line};

/// Tensors go by fixed names: `x` and `y` ([n, …] features, or [n, K] logits), `labels`, and for some `z`, `classes` and
/// `distances`. `--describe` says what a metric reads. Prints the value with n, its interval and a note as JSON.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The metric: cka, dcor, rs, ece, …
    #[arg(required_unless_present = "list")]
    name: Option<String>,
    /// List all metrics
    #[arg(long)]
    list: bool,
    /// A safetensors file with the tensors
    #[arg(long, required_unless_present_any = ["describe", "list"])]
    tensors: Option<PathBuf>,
    /// Options of the metric, as bins=10
    #[arg(long, num_args = 1.., value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Say what the metric computes, its options and the tensors it reads
    #[arg(long)]
    describe: bool,
}

/// Runs the command.
pub fn run(args: &Args) -> Outcome {
    if args.list {
        for m in METRICS {
            line(format_args!("{:20} {:46} {:9} {}", m.name, m.label, m.provenance.name(), m.source))?;
        }
        return Ok(());
    }
    let metric = metrics::metric(args.name.as_deref().unwrap_or_default())?;
    if args.describe {
        line(format_args!("{:#}", metric.describe()))?;
        return Ok(());
    }
    let options = pairs(&(metric.options)(), &args.set)?;
    let path = args.tensors.clone().unwrap_or_default();
    let (tensors, _) = decode(&files::read(&path, Error::TensorsInvalid)?)?;
    line(format_args!("{:#}", metrics::run(metric.name, &options, &tensors)?))
}
