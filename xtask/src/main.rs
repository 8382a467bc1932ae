//! `cargo xtask`: sets up, builds, serves and tests kd-lens.
//!
//! Thin on purpose: what is pinned or tuned stands in `wasm-pack.toml`; every step says what it does and how long it took.

mod agree;
mod archive;
mod bench;
mod cifar10;
mod debian;
mod digits;
mod engine;
mod fuzz;
mod project;
mod python;
mod serve;
mod shell;
mod shots;
mod site;
mod size;
mod suites;
mod table;
mod tally;
mod tools;
mod wasm;

use anyhow::Result;
use clap::{Parser, Subcommand};
use project::Project;

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Set up, build, serve and test kd-lens")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Install whatever is missing: the wasm32 target, the tools, the npm packages and the data.
    Setup,
    /// Fetch CIFAR-10 (139 MB) as shards in the official binary format, and 10,000 digits of MNIST (5 MB).
    Data,
    /// Build the engines and put the whole site together in dist/.
    Build {
        /// Cargo profile of the engines; without it the one that wasm-pack.toml names for `build`.
        #[arg(long)]
        profile: Option<String>,
    },
    /// Do all the set-up, build the engines and serve the page on 127.0.0.1.
    Serve {
        /// Port to listen on; 0 takes any free one.
        #[arg(long, default_value_t = 8000)]
        port: u16,
        /// Cargo profile of the engines; without it the one that wasm-pack.toml names for `serve`.
        #[arg(long)]
        profile: Option<String>,
        /// Send the headers that isolate the page from other origins (COOP and COEP).
        #[arg(long)]
        isolated: bool,
    },
    /// Do all the set-up and run the tests: all suites, or the ones named.
    Test {
        /// Suites to run; none means all of them.
        suites: Vec<suites::Suite>,
    },
    /// Give every reader of files, settings and tensors inputs that nobody would write, and keep those that break it.
    Fuzz(fuzz::Fuzz),
    /// Make the npm package of the site that `cargo xtask build` left in dist/, as a folder and as a tarball, and a zip of the
    /// site for any web server, in target/package/.
    Package,
    /// Measure training, inference, loading and memory beside TensorFlow.js, jax-js and PyTorch, and write docs/benchmarks.md.
    Bench(bench::Bench),
    /// Measure what a step costs with each distillation method, and write the README's table of methods.
    Methods,
    /// Measure how near a training step of the CPU engine is to the limit of the browser's instructions, and where its time goes.
    Speed,
    /// Take pictures of every panel and state of the page, at 1280 and 390 pixels, light and dark, to look at.
    Shots(shots::Shots),
    /// Print the sizes of what `cargo xtask build` left in dist/.
    Size,
}

fn main() -> std::process::ExitCode {
    match run(Arguments::parse().command) {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            std::process::ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<()> {
    let project = Project::open()?;
    match command {
        Command::Setup => {
            let step = shell::Step::begin("Setting up kd-lens.");
            tools::for_tests(&project)?;
            tools::firefox()?;
            python::torch(&project)?;
            python::jupyter(&project)?;
            tools::for_lints()?;
            tools::for_fuzzing(&project)?;
            cifar10::ensure(&project)?;
            digits::ensure(&project)?;
            step.end("Everything is set up");
            Ok(())
        }
        Command::Data => {
            tools::npm_packages(&project)?;
            cifar10::ensure(&project)?;
            digits::ensure(&project)
        }
        Command::Build { profile } => site::build(&project, &project.profile(profile, |profiles| &profiles.build)?),
        Command::Serve { port, profile, isolated } => {
            serve::serve(&project, &project.profile(profile, |profiles| &profiles.serve)?, port, isolated)
        }
        Command::Test { suites } => suites::run(&project, &suites),
        Command::Fuzz(fuzz) => fuzz::command(&project, fuzz),
        Command::Package => site::package(&project),
        Command::Bench(bench) => bench::compare(&project, bench),
        Command::Methods => bench::run_script(&project, "methods.mjs"),
        Command::Speed => bench::run_script(&project, "speed.mjs"),
        Command::Shots(shots) => shots::take(&project, &shots),
        Command::Size => size::report(&project),
    }
}
