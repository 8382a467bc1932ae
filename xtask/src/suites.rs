//! `cargo xtask test`: all suites, a table of what they ran, and the sum.

use crate::project::Project;
use crate::shell::{duration, tee};
use crate::tally::{self, Tally};
use crate::tools::{self, Browser};
use crate::{agree, archive, cifar10, engine, fuzz, python, site};
use anyhow::{Context, Result, bail};
use clap::ValueEnum;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

/// One suite of tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Suite {
    /// Formatting and clippy.
    Lint,
    /// `cargo test` on this machine.
    Native,
    /// A minute of fuzzing for every reader.
    Fuzz,
    /// The CPU engine in Chromium, through wasm-pack.
    Cpu,
    /// The CPU engine with relaxed SIMD in Chromium, through wasm-pack.
    Relaxed,
    /// The WebGPU engine in Chromium, through wasm-pack.
    Gpu,
    /// The page, driven by Playwright in Chromium and by Puppeteer in Firefox.
    Page,
    /// The widget in a real JupyterLab.
    Jupyter,
}

/// What the tests of the gpu engine print, so that it is known that they had an adapter, and which.
const ADAPTER_LINE: &str = "webgpu adapter: ";

/// Sets up what the suites need and runs them; an error unless every one ran and passed. No suite named means all.
pub fn run(project: &Project, named: &[Suite]) -> Result<()> {
    let suites = if named.is_empty() { Suite::value_variants() } else { named };
    let started = Instant::now();
    let browser = match suites
        .iter()
        .any(|suite| matches!(suite, Suite::Cpu | Suite::Relaxed | Suite::Gpu | Suite::Page | Suite::Jupyter))
    {
        true => Some(tools::for_tests(project)?),
        false => None,
    };
    if suites.contains(&Suite::Lint) {
        tools::for_lints()?;
    }
    if suites.contains(&Suite::Fuzz) {
        tools::for_fuzzing(project)?;
    }
    // The page tests distil on CIFAR-10 and drive Firefox: without them they could only be skipped, which is not passing.
    if suites.iter().any(|suite| matches!(suite, Suite::Page | Suite::Jupyter)) {
        cifar10::ensure(project)?;
    }
    if suites.contains(&Suite::Page) {
        tools::firefox()?;
        python::torch(project)?;
    }
    println!("The set-up took {}.", duration(started.elapsed()));
    let mut results = Vec::new();
    for suite in suites {
        println!("\n== {} ==", title(*suite));
        let started = Instant::now();
        let browser = || browser.as_ref().context("the browser is not set up");
        let tally = match suite {
            Suite::Lint => lint(project),
            Suite::Native => native(project),
            Suite::Fuzz => fuzz::suite(project),
            Suite::Cpu => browser().and_then(|browser| in_browser(project, browser, "cpu", None)),
            Suite::Relaxed => browser().and_then(|browser| in_browser(project, browser, "cpu-relaxed", None)),
            Suite::Gpu => browser().and_then(|browser| in_browser(project, browser, "gpu", Some(ADAPTER_LINE))),
            Suite::Page => browser().and_then(|browser| page(project, browser)),
            Suite::Jupyter => browser().and_then(|browser| jupyter(project, browser)),
        };
        results.push((*suite, tally.unwrap_or_else(|error| Tally::problem(format!("{error:#}"))), started.elapsed()));
    }
    summary(&results)
}

fn title(suite: Suite) -> &'static str {
    match suite {
        Suite::Lint => "lint: formatting and clippy",
        Suite::Native => "native tests",
        Suite::Fuzz => "fuzzing, a minute a reader",
        Suite::Cpu => "CPU engine in Chromium",
        Suite::Relaxed => "CPU engine, relaxed SIMD",
        Suite::Gpu => "WebGPU engine in Chromium",
        Suite::Page => "the page, in browsers",
        Suite::Jupyter => "the widget in JupyterLab",
    }
}

fn summary(results: &[(Suite, Tally, Duration)]) -> Result<()> {
    println!("\n{:<30}{:>8}{:>8}{:>9}{:>14}", "suite", "passed", "failed", "ignored", "time");
    let (mut passed, mut failed) = (0, 0);
    for (suite, tally, time) in results {
        let Tally { passed: p, failed: f, ignored, problems } = tally;
        println!("{:<30}{p:>8}{f:>8}{ignored:>9}{:>14}", title(*suite), duration(*time));
        for problem in problems {
            println!("  failed: {problem}");
        }
        passed += p;
        // A suite that failed without a failed test counts as one.
        failed += if tally.good() { 0 } else { (*f).max(1) };
    }
    println!("{passed} passed, {failed} failed");
    if failed > 0 {
        bail!("the tests did not pass");
    }
    Ok(())
}

/// Our packages. One at a time: together they would share the features of what both depend
/// on, and with other features large dependencies are compiled a second time.
const PACKAGES: [&str; 2] = ["kd-lens", "xtask"];

/// Every check counts as one test.
fn lint(project: &Project) -> Result<Tally> {
    // fuzz/ is a workspace of its own.
    let mut checks =
        vec![vec!["fmt", "--all", "--check"], vec!["fmt", "--manifest-path", "fuzz/Cargo.toml", "--check"]];
    for package in PACKAGES {
        checks.push(vec!["clippy", "--release", "--all-targets", "--package", package, "--", "-D", "warnings"]);
    }
    let mut tally = Tally::default();
    for arguments in checks {
        let mut cargo = cargo(project);
        cargo.args(arguments);
        let (success, _) = tee(cargo)?;
        if success {
            tally.passed += 1;
        } else {
            tally.failed += 1;
        }
    }
    Ok(tally)
}

fn native(project: &Project) -> Result<Tally> {
    let (mut all, mut text) = (true, String::new());
    for package in PACKAGES {
        let mut cargo = cargo(project);
        cargo.args(["test", "--release", "--no-fail-fast", "--package", package]);
        let (success, printed) = tee(cargo)?;
        all &= success;
        text.push_str(&printed);
    }
    Ok(tally::native(&text, all))
}

fn cargo(project: &Project) -> Command {
    let mut cargo = Command::new("cargo");
    cargo.current_dir(&project.root).env("CARGO_TERM_COLOR", "never");
    cargo
}

fn in_browser(project: &Project, browser: &Browser, name: &str, required: Option<&str>) -> Result<Tally> {
    let engine = project.table.engines.get(name).with_context(|| format!("wasm-pack.toml has no engine {name}"))?;
    let args = project.table.browser_args(engine);
    let settings = project.root.join("target").join(format!("webdriver-{name}.json"));
    std::fs::create_dir_all(project.root.join("target"))?;
    std::fs::write(&settings, agree::capabilities(&args, Some(&browser.chromium)).to_string())?;
    let mut pack = browser.wasm.command("wasm-pack", project, name);
    pack.env("CARGO_TERM_COLOR", "never").env("WASM_BINDGEN_TEST_WEBDRIVER_JSON", &settings);
    pack.env("WASM_BINDGEN_TEST_TIMEOUT", project.table.browser.timeout_seconds.to_string());
    pack.env("WASM_BINDGEN_TEST_DRIVER_TIMEOUT", "60");
    pack.args(["test", "--headless", "--chrome", "--mode", "no-install", "--chromedriver"]).arg(&browser.chromedriver);
    pack.args(["--", "--profile", &project.table.profiles.test]).args(engine::features(engine));
    pack.args(&engine.test_targets).args(["--", "--nocapture"]);
    let (success, text) = tee(pack)?;
    Ok(tally::browser(&text, success, required))
}

/// Tells a script that drives the page where everything is.
pub fn environment(node: &mut Command, project: &Project, browser: &Browser, profile: &str) -> Result<()> {
    let gpu = project.table.engines.get("gpu").map(|engine| engine.browser_args.as_slice()).unwrap_or_default();
    node.env("KD_LENS_SITE", project.site(profile)).env("KD_LENS_DATA", project.data());
    node.env("CHROME", &browser.chromium).env("KD_LENS_NATIVE", project.target().join("release").join("kd-lens"));
    node.env("KD_LENS_BROWSER_ARGS", serde_json::to_string(&project.table.browser.args)?);
    node.env("KD_LENS_GPU_ARGS", serde_json::to_string(gpu)?);
    Ok(())
}

fn page(project: &Project, browser: &Browser) -> Result<Tally> {
    let profile = &project.table.profiles.test;
    engine::build_all(project, &browser.wasm, profile)?;
    site::vendor(project, profile)?;
    let mut tests: Vec<PathBuf> = archive::files(&project.root.join("tests").join("page"))?;
    tests.retain(|file| file.to_string_lossy().ends_with(".test.mjs"));
    if tests.is_empty() {
        bail!("tests/page/ holds no *.test.mjs");
    }
    // One test holds the page's numbers against those of the command line.
    let mut native = cargo(project);
    native.args(["build", "--release", "--package", "kd-lens"]);
    if !tee(native)?.0 {
        bail!("the command line did not build");
    }
    driven(project, browser, "page", &tests, |node| {
        node.env("FIREFOX", tools::firefox()?).env(python::PYTHON, python::torch(project)?);
        Ok(())
    })
}

fn jupyter(project: &Project, browser: &Browser) -> Result<Tally> {
    let profile = &project.table.profiles.test;
    let python = python::jupyter(project)?;
    engine::build_all(project, &browser.wasm, profile)?;
    site::vendor(project, profile)?;
    let test = project.root.join("tests").join("jupyter").join("jupyter.test.mjs");
    driven(project, browser, "jupyter", &[test], |node| {
        node.env("JUPYTER_PYTHON", python);
        Ok(())
    })
}

/// Tests that Node runs and that drive the site in a browser; `more` adds to what they are told.
fn driven(
    project: &Project,
    browser: &Browser,
    name: &str,
    tests: &[PathBuf],
    more: impl FnOnce(&mut Command) -> Result<()>,
) -> Result<Tally> {
    let tap = project.root.join("target").join(format!("{name}.tap"));
    let mut node = Command::new("node");
    // One file after another: a step on a software GPU takes seconds on all cores, and time limits would be missed.
    node.current_dir(&project.root).args(["--test", "--test-concurrency=1"]);
    node.args(["--test-reporter=spec", "--test-reporter-destination=stdout", "--test-reporter=tap"]);
    node.arg(format!("--test-reporter-destination={}", tap.display())).args(tests);
    environment(&mut node, project, browser, &project.table.profiles.test)?;
    more(&mut node)?;
    let (success, _) = tee(node)?;
    Ok(tally::page(&std::fs::read_to_string(&tap).unwrap_or_default(), success))
}
