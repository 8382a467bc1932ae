//! Measurements in the browser: scripts in tests/bench/ that drive the built site.

use crate::project::Project;
use crate::shell::run;
use crate::{cifar10, engine, site, suites, tools};
use anyhow::Result;
use std::process::Command;

/// Builds what `cargo xtask serve` would serve and runs a script of tests/bench/ on it.
pub fn run_script(project: &Project, script: &str) -> Result<()> {
    let browser = tools::for_tests(project)?;
    cifar10::ensure(project)?;
    let profile = &project.table.profiles.serve;
    engine::build_all(project, &browser.wasm, profile)?;
    site::vendor(project, profile)?;
    let mut node = Command::new("node");
    node.current_dir(&project.root).arg(project.root.join("tests").join("bench").join(script));
    suites::environment(&mut node, project, &browser, profile)?;
    run(&mut node)
}
