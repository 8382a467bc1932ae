//! The programs and packages that are needed, each at its pinned version, installed where it is missing.

use crate::archive::sha256_file;
use crate::debian;
use crate::project::Project;
use crate::shell::{Step, at_least, find, output, run, version};
use crate::wasm::Wasm;
use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};
use std::process::Command;

/// What building and serving needs.
pub fn for_builds(project: &Project) -> Result<Wasm> {
    npm_packages(project)?;
    let pins = &project.table.tools;
    let bindgen = cargo_tool(project, "wasm-bindgen", "wasm-bindgen-cli", &pins.wasm_bindgen, "4.5 min")?;
    Wasm::ensure(project, &bindgen.into_iter().collect::<Vec<_>>())
}

/// What the tests need besides.
pub struct Browser {
    pub wasm: Wasm,
    pub chromium: PathBuf,
    pub chromedriver: PathBuf,
}

/// What building and testing in a browser needs.
pub fn for_tests(project: &Project) -> Result<Browser> {
    npm_packages(project)?;
    let pins = &project.table.tools;
    let bindgen = cargo_tool(project, "wasm-bindgen", "wasm-bindgen-cli", &pins.wasm_bindgen, "4.5 min")?;
    let pack = cargo_tool(project, "wasm-pack", "wasm-pack", &pins.wasm_pack, "3.5 min")?;
    let wasm = Wasm::ensure(project, &bindgen.into_iter().chain(pack).collect::<Vec<_>>())?;
    let (chromium, chromedriver) = browser()?;
    Ok(Browser { wasm, chromium, chromedriver })
}

/// Makes sure of cargo-fuzz, and of a compiler for the C++ of libFuzzer. Returns the folder to put on PATH, if any.
pub fn for_fuzzing(project: &Project) -> Result<Option<PathBuf>> {
    if find(&["c++", "g++", "clang++"]).is_none() {
        debian::install(&["g++"], "A C++ compiler is missing")?;
    }
    cargo_tool(project, "cargo-fuzz", "cargo-fuzz", &project.table.tools.cargo_fuzz, "1 min")
}

/// Makes sure of rustfmt and clippy.
pub fn for_lints() -> Result<()> {
    let missing = |program: &str| output(Command::new("cargo").args([program, "--version"])).is_err();
    if !missing("fmt") && !missing("clippy") {
        return Ok(());
    }
    if find(&["rustup"]).is_some() {
        let step = Step::begin("Adding rustfmt and clippy with rustup (seconds).");
        run(Command::new("rustup").args(["component", "add", "rustfmt", "clippy"]))?;
        step.end("They are installed");
        return Ok(());
    }
    debian::install(&["rustfmt-web", "rust-web-clippy"], "rustfmt or clippy is missing")
}

/// Makes sure of a program that `cargo install` installs, at exactly this version. Returns the folder that must be put
/// on PATH for it, if any: ours goes to the cache and leaves alone what a person installed.
fn cargo_tool(project: &Project, program: &str, package: &str, pin: &str, time: &str) -> Result<Option<PathBuf>> {
    if version(program).as_deref() == Some(pin) {
        return Ok(None);
    }
    let own = project.cache()?.join("tools").join(format!("{package}-{pin}"));
    let folder = own.join("bin");
    if version(folder.join(program)).as_deref() == Some(pin) {
        return Ok(Some(folder));
    }
    let step =
        Step::begin(format!("Installing {program} {pin} with `cargo install` (about {time} on two cores, once)."));
    let mut cargo = Command::new("cargo");
    cargo.args(["install", "--quiet", package, "--version", pin, "--root"]).arg(&own);
    // Not in the target folder of the checkout: a tool has other dependencies and profiles.
    cargo.env_remove("CARGO_TARGET_DIR");
    run(&mut cargo)?;
    step.end(format!("{program} {pin} is installed"));
    Ok(Some(folder))
}

/// npm, by whatever name it has here.
pub fn npm() -> Result<Command> {
    Ok(Command::new(find(&["npm", "npm.cmd"]).context("npm is missing; it comes with Node")?))
}

/// Node, and the npm packages exactly as package-lock.json names them.
pub fn npm_packages(project: &Project) -> Result<()> {
    node(project)?;
    npm_install(&project.root, "the npm packages (seconds)")
}

/// The libraries that `cargo xtask bench` compares with, exactly as their own lock file names them. Nothing else needs them.
pub fn peers(project: &Project) -> Result<()> {
    npm_install(&project.root.join("tests").join("bench"), "TensorFlow.js and jax-js for the benchmark (350 MB)")
}

/// The packages of a folder's lock file, unless just these are there.
fn npm_install(folder: &Path, what: &str) -> Result<()> {
    let lock = sha256_file(&folder.join("package-lock.json"))?;
    let marker = folder.join("node_modules").join(".kd-lens-lock");
    if std::fs::read_to_string(&marker).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    let step = Step::begin(format!("Installing {what}."));
    run(npm()?.current_dir(folder).args(["ci", "--no-audit", "--no-fund", "--loglevel=error"]))?;
    std::fs::write(&marker, lock)?;
    step.end("They are installed");
    Ok(())
}

fn node(project: &Project) -> Result<()> {
    let least = &project.table.tools.node;
    if find(&["node"]).is_none() || npm().is_err() {
        debian::install(&["nodejs", "npm"], &format!("Node {least} or later, or its npm, is missing"))?;
    }
    match version("node") {
        Some(found) if at_least(&found, least) => Ok(()),
        Some(found) => {
            bail!("kd-lens needs Node {least} or later, this is {found}; install a newer one from your distribution")
        }
        None => bail!("`node --version` does not work; install Node {least} or later"),
    }
}

/// Chromium or Chrome, and the chromedriver of the same major version; CHROME and CHROMEDRIVER, where set, decide.
fn browser() -> Result<(PathBuf, PathBuf)> {
    let chromium = || {
        from_environment("CHROME")
            .or_else(|| find(&["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]))
    };
    let driver = || from_environment("CHROMEDRIVER").or_else(|| find(&["chromedriver"]));
    if chromium().is_none() || driver().is_none() {
        debian::install(&["chromium", "chromium-driver"], "Chromium or its chromedriver is missing")?;
    }
    let chromium = chromium().context("no Chromium was found; set CHROME to its path")?;
    let driver = driver().context("no chromedriver was found; set CHROMEDRIVER to its path")?;
    let major = |version: &str| version.split('.').next().unwrap_or_default().to_owned();
    let (browser_version, driver_version) = (version(&chromium), version(&driver));
    match (&browser_version, &driver_version) {
        (Some(a), Some(b)) if major(a) == major(b) => Ok((chromium, driver)),
        (Some(a), Some(b)) => bail!(
            "{} is version {a}, but {} is {b}; they must be of one major version",
            chromium.display(),
            driver.display()
        ),
        _ => bail!("{} or {} does not answer to --version", chromium.display(), driver.display()),
    }
}

/// A Firefox as its makers ship it, for the page test that drives one; FIREFOX, where set, decides.
pub fn firefox() -> Result<PathBuf> {
    let firefox = || from_environment("FIREFOX").or_else(|| find(&["firefox", "firefox-esr"]));
    if firefox().is_none() {
        debian::install(&["firefox-esr"], "Firefox is missing")?;
    }
    let firefox = firefox().context("no Firefox was found; set FIREFOX to its path")?;
    match version(&firefox) {
        Some(_) => Ok(firefox),
        None => bail!("{} does not answer to --version", firefox.display()),
    }
}

/// A path that a person set in the environment.
pub fn from_environment(name: &str) -> Option<PathBuf> {
    std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from)
}
