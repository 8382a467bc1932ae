//! Measurements in the browser: scripts in tests/bench/ that drive the built site.

use crate::project::Project;
use crate::shell::run;
use crate::tools::Browser;
use crate::{cifar10, engine, site, suites, tools};
use anyhow::Result;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Builds what `cargo xtask serve` would serve and runs a script of tests/bench/ on it.
pub fn run_script(project: &Project, script: &str) -> Result<()> {
    let browser = tools::for_tests(project)?;
    on_site(project, &browser, &project.table.profiles.serve, &scripts(project).join(script), &[])
}

/// What `cargo xtask bench` measures.
#[derive(Debug, clap::Args)]
pub struct Bench {
    /// Only these parts: step, distil, inference, dispatches, loading, page
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// Only implementations whose name holds one of these texts, such as `kd-lens`; the result goes to target/bench/
    #[arg(long, value_delimiter = ',')]
    with: Vec<String>,
    /// Few samples; the result goes to target/bench/
    #[arg(long)]
    quick: bool,
    /// Print the parts, the implementations and the numbers that KD_LENS_BENCH_… can change
    #[arg(long)]
    list: bool,
    /// Cargo profile of the engines; without it the one that wasm-pack.toml names for `build`, whose engines the page ships
    #[arg(long)]
    profile: Option<String>,
}

impl Bench {
    /// For tests/bench/bench.mjs, which knows the names.
    fn arguments(&self) -> Vec<String> {
        let lists = [("--only", &self.only), ("--with", &self.with)];
        let given = lists.into_iter().filter(|(_, words)| !words.is_empty());
        let mut arguments: Vec<String> = given.flat_map(|(name, words)| [name.to_owned(), words.join(",")]).collect();
        let flags = [("--quick", self.quick), ("--list", self.list)];
        arguments.extend(flags.into_iter().filter(|(_, wanted)| *wanted).map(|(name, _)| name.to_owned()));
        arguments
    }
}

/// Builds the engines and the command line, installs the peers and compares them all; the tables go into docs/.
pub fn compare(project: &Project, bench: Bench) -> Result<()> {
    let arguments = bench.arguments();
    if bench.list {
        tools::npm_packages(project)?;
        return run(Command::new("node").current_dir(&project.root).arg("tests/bench/bench.mjs").args(&arguments));
    }
    let browser = tools::for_tests(project)?;
    tools::peers(project)?;
    run(Command::new("cargo").current_dir(&project.root).args(["build", "--release", "--package", "kd-lens"]))?;
    let profile = project.profile(bench.profile, |profiles| &profiles.build)?;
    on_site(project, &browser, &profile, &scripts(project).join("bench.mjs"), &arguments)
}

fn scripts(project: &Project) -> PathBuf {
    project.root.join("tests").join("bench")
}

/// Builds the site of a profile and runs a script that drives it.
pub fn on_site(project: &Project, browser: &Browser, profile: &str, script: &Path, arguments: &[String]) -> Result<()> {
    cifar10::ensure(project)?;
    engine::build_all(project, &browser.wasm, profile)?;
    site::vendor(project, profile)?;
    let mut node = Command::new("node");
    node.current_dir(&project.root).arg(script).args(arguments);
    suites::environment(&mut node, project, browser, profile)?;
    run(&mut node)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Cli {
        #[command(flatten)]
        bench: Bench,
    }

    #[test]
    fn the_script_is_told_what_was_asked_for() {
        let arguments = |given: &[&str]| Cli::parse_from([&["bench"], given].concat()).bench.arguments();
        assert_eq!(arguments(&[]), Vec::<String>::new());
        assert_eq!(
            arguments(&["--quick", "--only", "step,page", "--with", "kd-lens cpu"]),
            ["--only", "step,page", "--with", "kd-lens cpu", "--quick"]
        );
    }
}
