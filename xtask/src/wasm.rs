//! The Rust that builds for the browser: rustup's where it has, or can add, the wasm32 target; else Debian's.

use crate::debian;
use crate::project::Project;
use crate::shell::{Step, at_least, find, output, path_with, version};
use anyhow::{Result, bail};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The target of every engine.
pub const TARGET: &str = "wasm32-unknown-unknown";

/// A cargo and rustc that can build for wasm32, and the folders that must come first on PATH for what they call.
#[derive(Debug)]
pub struct Wasm {
    path: OsString,
    debian: bool,
}

impl Wasm {
    /// Finds a Rust with the wasm32 target and installs the target where it is missing. `tools` are folders of tools
    /// that are not on PATH.
    ///
    /// KD_LENS_WASM_RUST=debian or =rustup decides where both would do.
    pub fn ensure(project: &Project, tools: &[PathBuf]) -> Result<Self> {
        let wanted = std::env::var("KD_LENS_WASM_RUST").unwrap_or_default();
        let debian = match wanted.as_str() {
            // A library that we built ourselves must be looked at again: Debian may have upgraded the rustc above it.
            "" if find(&["rustc"]).is_some_and(|rustc| rustc == Path::new(debian::RUSTC)) => true,
            "" => !installed(Path::new("rustc")) && !add_with_rustup(),
            "rustup" if installed(Path::new("rustc")) || add_with_rustup() => false,
            "rustup" => bail!("the wasm32 target could not be added; try `rustup target add {TARGET}`"),
            "debian" => true,
            other => bail!("KD_LENS_WASM_RUST is {other:?}, but only rustup and debian are known"),
        };
        let mut folders = Vec::new();
        if debian {
            debian::ensure_wasm_std(&project.cache()?)?;
            folders.push(PathBuf::from("/usr/bin"));
        }
        folders.extend_from_slice(tools);
        let wasm = Self { path: path_with(&folders)?, debian };
        let rustc = if debian { Path::new(debian::RUSTC) } else { Path::new("rustc") };
        let least = &project.table.tools.rust;
        match version(rustc) {
            Some(found) if at_least(&found, least) => Ok(wasm),
            Some(found) => {
                bail!("kd-lens needs Rust {least} or later, this is {found}; `rustup update` brings a newer one")
            }
            None => bail!("`{} --version` does not work; install Rust {least} or later", rustc.display()),
        }
    }

    /// A program that runs with this Rust. The build folder is another for every engine, because builds of one library
    /// with different features write to one file, and for every Rust, because one cannot use what the other compiled.
    pub fn command(&self, program: &str, project: &Project, engine: &str) -> Command {
        let mut command = Command::new(self.program(program));
        command
            .current_dir(&project.root)
            .env("PATH", &self.path)
            .env("CARGO_TARGET_DIR", self.target(project, engine));
        if self.debian {
            // What rustup's cargo told us about itself would mislead Debian's.
            for name in ["CARGO", "RUSTC", "RUSTDOC", "RUSTUP_TOOLCHAIN", "LD_LIBRARY_PATH"] {
                command.env_remove(name);
            }
        }
        command
    }

    /// Where cargo puts what it builds for an engine.
    pub fn target(&self, project: &Project, engine: &str) -> PathBuf {
        let folder = if self.debian { "wasm-debian" } else { "wasm" };
        project.target().join(folder).join(engine)
    }

    /// On Unix a program is looked up on the PATH it is given; elsewhere on ours, so there we look it up ourselves.
    fn program(&self, name: &str) -> PathBuf {
        let file = format!("{name}{}", std::env::consts::EXE_SUFFIX);
        let found =
            std::env::split_paths(&self.path).map(|folder| folder.join(&file)).find(|candidate| candidate.is_file());
        found.unwrap_or_else(|| PathBuf::from(name))
    }
}

/// The folder in which this rustc looks for the standard library of wasm32.
pub fn library_folder(rustc: &Path) -> Option<PathBuf> {
    let folder = output(Command::new(rustc).args(["--print", "target-libdir", "--target", TARGET])).ok()?;
    Some(PathBuf::from(folder.trim()))
}

/// Whether this rustc has a standard library for wasm32. The folder alone says nothing: it may be empty.
pub fn installed(rustc: &Path) -> bool {
    let Some(entries) = library_folder(rustc).and_then(|folder| std::fs::read_dir(folder).ok()) else {
        return false;
    };
    entries.flatten().any(|entry| {
        let name = entry.file_name().to_string_lossy().into_owned();
        name.starts_with("libstd-") && name.ends_with(".rlib")
    })
}

fn add_with_rustup() -> bool {
    if find(&["rustup"]).is_none() {
        return false;
    }
    let step = Step::begin(format!("Adding the target {TARGET} with rustup (seconds where it can be downloaded)."));
    match output(Command::new("rustup").args(["target", "add", TARGET])) {
        // rustup manages its own toolchain; the rustc on PATH may be another.
        Ok(_) if installed(Path::new("rustc")) => {
            step.end("The wasm32 target is installed");
            true
        }
        Ok(_) => {
            step.end("rustup added the target, but the rustc on PATH is not rustup's");
            false
        }
        Err(error) => {
            step.end(format!("rustup could not add it: {error:#}"));
            false
        }
    }
}
