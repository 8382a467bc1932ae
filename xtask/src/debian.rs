//! Where rustup cannot help: Debian's packages, and a standard library for wasm32 built from Debian's Rust source.

use crate::shell::{Step, find, output, run};
use crate::wasm;
use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Debian's compiler.
pub const RUSTC: &str = "/usr/bin/rustc";
const CARGO: &str = "/usr/bin/cargo";
const LINKER: &str = "/usr/bin/lld-22";
const SOURCE: &str = "/usr/lib/rustlib/src/rust/library/std";
const RUST_PACKAGES: [&str; 4] = ["rustc-web", "cargo-web", "rust-web-src", "lld-22"];
const CRATE: &str = "kd-lens-std";
/// Beside the library: the version of the rustc that built it.
const MARKER: &str = "kd-lens-std.txt";

/// Installs Debian packages; where that is not possible, the error names the command.
///
/// `missing` begins the sentence, e.g. "Chromium is missing".
pub fn install(packages: &[&str], missing: &str) -> Result<()> {
    let command = format!("apt-get install --yes {}", packages.join(" "));
    if find(&["apt-get"]).is_none() {
        bail!("{missing}; on Debian `{command}` installs it");
    }
    if output(Command::new("id").arg("-u"))?.trim() != "0" {
        bail!("{missing}; as root, run `apt-get update && {command}`, then try again");
    }
    let step = Step::begin(format!("{missing}: installing {} with apt-get (1 to 2 min).", packages.join(", ")));
    let apt = |arguments: &[&str]| {
        let mut apt = Command::new("apt-get");
        apt.env("DEBIAN_FRONTEND", "noninteractive").arg("--quiet=2").args(arguments);
        output(&mut apt)
    };
    // A stale or missing list of packages shows in the installation, so an error here is not yet one.
    if let Err(error) = apt(&["update"]) {
        println!("The package lists were not refreshed: {error:#}");
    }
    apt(&[&["install", "--yes", "--no-install-recommends"], packages].concat())?;
    step.end("The packages are installed");
    Ok(())
}

/// Makes Debian's rustc able to build for wasm32: nothing to do when its library is there and of the same version.
pub fn ensure_wasm_std(cache: &Path) -> Result<()> {
    if wasm::installed(Path::new(RUSTC)) && built_by().is_none_or(|marked| version().is_ok_and(|rustc| rustc == marked))
    {
        return Ok(());
    }
    let missing = [RUSTC, CARGO, LINKER, SOURCE].into_iter().find(|path| !Path::new(path).exists());
    if let Some(missing) = missing {
        let what = format!(
            "Rust for wasm32 cannot be had from rustup here, and Debian's is incomplete ({missing} is missing)"
        );
        install(&RUST_PACKAGES, &what)?;
    }
    let rustc = version()?;
    let folder = wasm::library_folder(Path::new(RUSTC)).context("Debian's rustc does not know wasm32")?;
    let step = Step::begin(format!(
        "Building the standard library for wasm32 with {} (about 1 min on two cores, once).",
        rustc.trim()
    ));
    // In the cache, not in the checkout, whose cargo settings must not apply.
    let scratch = cache.join("wasm-std");
    let built = build(&scratch)?;
    install_library(&built, &folder).with_context(|| {
        format!(
            "the library could not be written to {}; as root, run `cargo xtask setup`, then try again",
            folder.display()
        )
    })?;
    link_linker()?;
    std::fs::write(folder.join(MARKER), rustc)?;
    std::fs::remove_dir_all(&scratch)?;
    step.end("The wasm32 target of Debian's Rust is installed");
    Ok(())
}

fn version() -> Result<String> {
    output(Command::new(RUSTC).arg("--version"))
}

/// The rustc that built the library that we installed; None for a library that came from elsewhere, e.g. from a
/// distribution's package, which is used as it is.
fn built_by() -> Option<String> {
    std::fs::read_to_string(wasm::library_folder(Path::new(RUSTC))?.join(MARKER)).ok()
}

/// Builds std for wasm32 as a dependency of an empty crate and returns the folder with the libraries.
fn build(scratch: &Path) -> Result<PathBuf> {
    std::fs::create_dir_all(scratch.join("src"))?;
    let manifest = format!("[package]\nname = \"{CRATE}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n[workspace]\n");
    std::fs::write(scratch.join("Cargo.toml"), manifest)?;
    std::fs::write(scratch.join("src/lib.rs"), "")?;
    let target = scratch.join("target");
    let mut cargo = Command::new(CARGO);
    cargo.current_dir(scratch).env("RUSTC", RUSTC).env("CARGO_TARGET_DIR", &target);
    // A released rustc builds its own standard library only when told that this is intended.
    cargo
        .env("RUSTC_BOOTSTRAP", "1")
        .env_remove("RUSTFLAGS")
        .env_remove("LD_LIBRARY_PATH")
        .env_remove("RUSTUP_TOOLCHAIN");
    cargo.args(["build", "--quiet", "--release", "--target", wasm::TARGET]);
    cargo.args(["-Z", "build-std=std,panic_abort,panic_unwind,proc_macro,test"]);
    run(&mut cargo)?;
    Ok(target.join(wasm::TARGET).join("release").join("deps"))
}

fn install_library(built: &Path, folder: &Path) -> Result<()> {
    std::fs::create_dir_all(folder)?;
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "rlib") {
            std::fs::remove_file(path)?;
        }
    }
    let own = format!("lib{}", CRATE.replace('-', "_"));
    for entry in std::fs::read_dir(built)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default();
        if path.extension().is_some_and(|extension| extension == "rlib") && !name.to_string_lossy().starts_with(&own) {
            std::fs::copy(&path, folder.join(name))?;
        }
    }
    Ok(())
}

/// rustc looks for `rust-lld` among its own tools.
fn link_linker() -> Result<()> {
    let host = output(Command::new(RUSTC).args(["--print", "host-tuple"]))?;
    let sysroot = output(Command::new(RUSTC).args(["--print", "sysroot"]))?;
    let tools = Path::new(sysroot.trim()).join("lib/rustlib").join(host.trim()).join("bin");
    let link = tools.join("rust-lld");
    if !link.exists() {
        std::fs::create_dir_all(&tools)?;
        #[cfg(unix)]
        std::os::unix::fs::symlink(LINKER, &link)?;
    }
    Ok(())
}
