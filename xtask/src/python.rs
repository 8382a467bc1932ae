//! The Pythons of the tests: one with PyTorch and NumPy, one with JupyterLab.

use crate::archive::sha256_file;
use crate::debian;
use crate::project::Project;
use crate::shell::{Step, find, output, run, version};
use crate::tools::from_environment;
use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Names a Python with PyTorch and NumPy: to us, where a person sets it, and to the tests.
pub const PYTHON: &str = "KD_LENS_PYTHON";

/// A Python with PyTorch and NumPy: the one that KD_LENS_PYTHON names, else Debian's, else one of our own.
///
/// Only builds for the CPU: for 64-bit Linux on x86, PyPI has those for CUDA alone, which are of several gigabytes.
pub fn torch(project: &Project) -> Result<PathBuf> {
    if let Some(python) = from_environment(PYTHON) {
        let versions = torch_version(&python);
        versions
            .with_context(|| format!("{PYTHON} names {}, which cannot import torch and numpy", python.display()))?;
        return Ok(python);
    }
    if find(&["apt-get"]).is_some() {
        let python = PathBuf::from("/usr/bin/python3");
        if torch_version(&python).is_err() {
            debian::install(&["python3-torch", "python3-numpy"], "PyTorch is missing")?;
        }
        torch_version(&python)?;
        return Ok(python);
    }
    if cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        bail!(
            "a Python with PyTorch is missing; install your distribution's PyTorch and NumPy (often `python3-torch`), \
             or another build for the CPU, and set {PYTHON} to the path of that python3"
        );
    }
    let requirements = project.root.join("tests").join("page").join("requirements.txt");
    let python = environment(project, "torch", &requirements, "PyTorch and NumPy", "300 MB, 1 to 3 min")?;
    torch_version(&python)?;
    Ok(python)
}

fn torch_version(python: &Path) -> Result<String> {
    output(Command::new(python).args(["-c", "import numpy, torch; print(torch.__version__)"]))
}

/// The Python of a JupyterLab with anywidget, exactly as tests/jupyter/requirements.txt names them.
pub fn jupyter(project: &Project) -> Result<PathBuf> {
    let requirements = project.root.join("tests").join("jupyter").join("requirements.txt");
    environment(project, "jupyter", &requirements, "JupyterLab and anywidget", "60 MB, 1 to 3 min")
}

/// The Python of an environment in the cache that holds exactly what a file names. `what` and `cost` say what that is.
fn environment(project: &Project, name: &str, requirements: &Path, what: &str, cost: &str) -> Result<PathBuf> {
    let wanted: String = sha256_file(requirements)?.chars().take(16).collect();
    let folder = project.cache()?.join("tools").join(format!("{name}-{wanted}"));
    let python = match cfg!(windows) {
        true => folder.join("Scripts").join("python.exe"),
        false => folder.join("bin").join("python"),
    };
    let marker = folder.join("installed");
    // The Python that the environment was made with may be gone since.
    if marker.exists() && version(&python).is_some() {
        return Ok(python);
    }
    let step = Step::begin(format!("Installing {what} with pip ({cost}, once)."));
    let create = |host: PathBuf| output(Command::new(host).args(["-m", "venv", "--clear"]).arg(&folder));
    let host = find(&["python3", "python"]);
    if host.is_none_or(|host| create(host).is_err()) {
        debian::install(&["python3", "python3-venv"], "Python 3 or its venv is missing")?;
        create(PathBuf::from("/usr/bin/python3"))?;
    }
    let mut pip = Command::new(&python);
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"]).arg(requirements);
    run(&mut pip)?;
    std::fs::write(&marker, "")?;
    step.end(format!("{what} are installed"));
    Ok(python)
}
