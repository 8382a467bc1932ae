//! The native command line: the same library, settings and numbers as the page, for longer experiments.

#[cfg(not(target_arch = "wasm32"))]
mod bench;
#[cfg(not(target_arch = "wasm32"))]
mod distil;
#[cfg(not(target_arch = "wasm32"))]
mod evaluate;
#[cfg(not(target_arch = "wasm32"))]
mod files;
#[cfg(not(target_arch = "wasm32"))]
mod log;
#[cfg(not(target_arch = "wasm32"))]
mod memory;
#[cfg(not(target_arch = "wasm32"))]
mod metric;
#[cfg(not(target_arch = "wasm32"))]
mod objective;
#[cfg(not(target_arch = "wasm32"))]
mod options;
#[cfg(not(target_arch = "wasm32"))]
mod output;
#[cfg(not(target_arch = "wasm32"))]
mod probe;
#[cfg(not(target_arch = "wasm32"))]
mod record;
#[cfg(not(target_arch = "wasm32"))]
mod stop;
#[cfg(not(target_arch = "wasm32"))]
mod study;
#[cfg(not(target_arch = "wasm32"))]
mod train;

#[cfg(not(target_arch = "wasm32"))]
mod cli {
    use super::output::Outcome;
    use super::{bench, distil, evaluate, memory, metric, objective, probe, record, study, train};
    use clap::{Parser, Subcommand};

    /// Distil CIFAR-scale networks and see what was transferred.
    #[derive(Parser)]
    #[command(version)]
    struct Cli {
        #[command(subcommand)]
        command: Command,
    }

    #[derive(Subcommand)]
    enum Command {
        /// Train a network with labels alone: how teachers are made.
        Train(train::Args),
        /// Accuracy of a weights file on the test images.
        Evaluate(evaluate::Args),
        /// Distil a student beside its control, as the page does.
        Distil(distil::Args),
        /// Evaluate a distillation loss on tensors of your own, with gradients; or describe it.
        Objective(objective::Args),
        /// Compute a similarity or fidelity metric of tensors of your own; or describe it.
        Metric(metric::Args),
        /// Distil and keep snapshots along the way: the run that the page opens with.
        Record(record::Args),
        /// Ask what the three networks of a run do with test images.
        Probe(probe::Args),
        /// Run a grid of distillations with probes from a file, and write its report; or join the folders of several machines.
        Study(study::Args),
        /// Time training steps or evaluations: what `cargo xtask bench` calls.
        #[command(hide = true)]
        Bench(bench::Args),
    }

    pub fn main() -> std::process::ExitCode {
        memory::keep_freed();
        let outcome: Outcome = match Cli::parse().command {
            Command::Train(args) => pollster::block_on(train::run(args)),
            Command::Evaluate(args) => pollster::block_on(evaluate::run(args)),
            Command::Distil(args) => pollster::block_on(distil::run(args)),
            Command::Objective(args) => pollster::block_on(objective::run(args)),
            Command::Metric(args) => metric::run(&args),
            Command::Probe(args) => pollster::block_on(probe::run(args)),
            Command::Record(args) => pollster::block_on(record::run(args)),
            Command::Study(args) => pollster::block_on(study::run(args)),
            Command::Bench(args) => pollster::block_on(bench::run(args)),
        };
        match outcome {
            Ok(()) => std::process::ExitCode::SUCCESS,
            Err(end) => end.tell(),
        }
    }
}

#[cfg(not(target_arch = "wasm32"))]
fn main() -> std::process::ExitCode {
    cli::main()
}

// Cargo builds every target of a package for browser tests too; there is no terminal there.
#[cfg(target_arch = "wasm32")]
fn main() {}
