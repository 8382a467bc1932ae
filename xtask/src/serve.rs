//! `cargo xtask serve`: everything that is needed, then the page on 127.0.0.1.

use crate::project::Project;
use crate::shell::{Step, run};
use crate::{engine, site, tools};
use anyhow::Result;
use std::process::Command;

/// Sets up, builds and serves until interrupted.
pub fn serve(project: &Project, profile: &str, port: u16, isolated: bool) -> Result<()> {
    let step = Step::begin("Getting the page ready.");
    let wasm = tools::for_builds(project)?;
    let data = site::data_or_word(project);
    engine::build_all(project, &wasm, profile)?;
    site::vendor(project, profile)?;
    step.end(if data { "The page is ready" } else { "The page is ready, with Shapes-32 only" });
    let mut server = Command::new("node");
    server.current_dir(&project.root).arg("tests/page/server.mjs");
    server.arg("--port").arg(port.to_string()).arg("--root").arg(project.root.join("www"));
    server.arg("--root").arg(project.site(profile)).arg("--mount").arg(format!("/data={}", project.data().display()));
    server.arg("--mount").arg(format!("/examples={}", project.root.join("examples").display()));
    if isolated {
        server.arg("--isolated");
    }
    run(&mut server)
}
