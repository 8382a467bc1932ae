//! `cargo xtask fuzz`: readers are given millions of inputs that nobody would write, by libFuzzer.
//!
//! What is found is kept in the target folder: inputs that reach new code in fuzz/corpus/, finds in fuzz/artifacts/.

use crate::project::Project;
use crate::shell::{Step, output, path_with, run};
use crate::tally::Tally;
use crate::tools;
use anyhow::{Context, Result, bail};
use std::path::PathBuf;
use std::process::Command;
use std::sync::Mutex;

/// Targets at work at once; each computes on one thread.
const AT_ONCE: usize = 2;
/// Seconds for each target where nothing else is said, in the tests too.
pub const SECONDS: u64 = 60;

/// What `cargo xtask fuzz` does.
#[derive(Debug, clap::Args)]
pub struct Fuzz {
    /// Targets, as fuzz/targets/ names them; none means all of them
    targets: Vec<String>,
    /// Seconds for each target
    #[arg(long, default_value_t = SECONDS)]
    seconds: u64,
    /// Inputs for each target, instead of a time
    #[arg(long, conflicts_with = "seconds")]
    runs: Option<u64>,
    /// Only this input, such as an earlier find, for one target
    #[arg(long, conflicts_with_all = ["seconds", "runs"])]
    input: Option<PathBuf>,
}

/// How a target went.
#[derive(Debug, PartialEq)]
struct Outcome {
    name: String,
    /// Inputs that were tried.
    inputs: u64,
    /// What is wrong, if anything is.
    problem: Option<String>,
}

/// Runs the command.
pub fn command(project: &Project, fuzz: Fuzz) -> Result<()> {
    let built = build(project, &fuzz.targets)?;
    if let Some(input) = &fuzz.input {
        let [name] = fuzz.targets.as_slice() else { bail!("name the target that the input is for") };
        return run(built.program(name).arg(input));
    }
    let limit = fuzz.runs.map_or_else(|| format!("-max_total_time={}", fuzz.seconds), |runs| format!("-runs={runs}"));
    let failed = built.all(&limit)?.into_iter().filter(|outcome| outcome.problem.is_some()).count();
    if failed > 0 {
        bail!("{failed} targets found something");
    }
    Ok(())
}

/// All targets for the usual time; each counts as one test.
pub fn suite(project: &Project) -> Result<Tally> {
    let mut tally = Tally::default();
    for outcome in build(project, &[])?.all(&format!("-max_total_time={SECONDS}"))? {
        match outcome.problem {
            None => tally.passed += 1,
            Some(_) => tally.failed += 1,
        }
    }
    Ok(tally)
}

/// The targets as programs, and where they read and write.
struct Built {
    names: Vec<String>,
    programs: PathBuf,
    seeds: PathBuf,
    kept: PathBuf,
}

/// Builds the targets that were named, or all.
fn build(project: &Project, named: &[String]) -> Result<Built> {
    let folder = project.root.join("fuzz");
    let known = names(&std::fs::read_to_string(folder.join("Cargo.toml")).context("fuzz/Cargo.toml cannot be read")?)?;
    if let Some(unknown) = named.iter().find(|name| !known.contains(name)) {
        bail!("there is no fuzz target {unknown}; there are {}", known.join(", "));
    }
    let names = if named.is_empty() { known } else { named.to_vec() };
    let tool = tools::for_fuzzing(project)?;
    let host = output(Command::new("rustc").args(["--print", "host-tuple"]))?.trim().to_owned();
    let kept = project.target().join("fuzz");
    let step = Step::begin("Building the fuzz targets (the first time about 8 min on two cores).");
    let mut cargo = Command::new("cargo");
    cargo.current_dir(&folder).env("PATH", path_with(&tool.into_iter().collect::<Vec<_>>())?);
    // What cargo-fuzz asks of the compiler is unstable in part; a released one does it when told that this is intended.
    cargo.env("RUSTC_BOOTSTRAP", "1").env_remove("CARGO_TARGET_DIR");
    // Safe Rust has little use for AddressSanitizer, whose library distributions' compilers lack.
    cargo
        .args(["fuzz", "build", "--fuzz-dir", ".", "--sanitizer", "none", "--target", &host, "--target-dir"])
        .arg(&kept);
    if let [name] = named {
        cargo.arg(name);
    }
    run(&mut cargo)?;
    step.end("The fuzz targets are built");
    Ok(Built { names, programs: kept.join(host).join("release"), seeds: folder.join("seeds"), kept })
}

/// The targets that the manifest lists.
fn names(manifest: &str) -> Result<Vec<String>> {
    let manifest: toml::Table = manifest.parse().context("fuzz/Cargo.toml is not valid TOML")?;
    let targets = manifest.get("bin").and_then(|list| list.as_array()).context("fuzz/Cargo.toml lists no targets")?;
    Ok(targets.iter().filter_map(|target| Some(target.get("name")?.as_str()?.to_owned())).collect())
}

impl Built {
    fn program(&self, name: &str) -> Command {
        let mut program = Command::new(self.programs.join(name));
        // The limit of memory is for what the program does not count itself; more than 20 s for an input is a find as well.
        program.args(["-timeout=20", "-rss_limit_mb=3072", "-print_final_stats=1"]).env("RAYON_NUM_THREADS", "1");
        program
    }

    /// Runs all targets, some at once, and tells how each went.
    fn all(&self, limit: &str) -> Result<Vec<Outcome>> {
        let left = Mutex::new(self.names.iter());
        let next = || left.lock().map(|mut left| left.next()).unwrap_or_default();
        let work = || -> Result<Vec<Outcome>> { std::iter::from_fn(next).map(|name| self.one(name, limit)).collect() };
        let found: Result<Vec<Vec<Outcome>>> = std::thread::scope(|scope| {
            let workers: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(work)).collect();
            workers.into_iter().map(|worker| worker.join().unwrap_or_else(|_| bail!("a thread broke off"))).collect()
        });
        Ok(found?.into_iter().flatten().collect())
    }

    fn one(&self, name: &str, limit: &str) -> Result<Outcome> {
        let corpus = self.kept.join("corpus").join(name);
        let artifacts = self.kept.join("artifacts").join(name);
        for folder in [&corpus, &artifacts] {
            std::fs::create_dir_all(folder)?;
        }
        let mut program = self.program(name);
        program.arg(limit).arg(format!("-artifact_prefix={}/", artifacts.display())).arg(corpus);
        program.arg(self.seeds.join(name));
        let ran = program.output().with_context(|| format!("the fuzz target {name} could not be started"))?;
        let printed = String::from_utf8_lossy(&ran.stderr);
        let log = artifacts.with_extension("log");
        std::fs::write(&log, printed.as_bytes())?;
        let outcome = judge(name, &printed, ran.status.success());
        match &outcome.problem {
            None => println!("test {name} ... ok ({} inputs)", outcome.inputs),
            Some(problem) => println!("test {name} ... FAILED: {problem}; all that it printed: {}", log.display()),
        }
        Ok(outcome)
    }
}

/// What libFuzzer's output says.
fn judge(name: &str, printed: &str, success: bool) -> Outcome {
    let after = |start: &str| printed.lines().find_map(|line| Some(line.split_once(start)?.1.trim().to_owned()));
    let inputs = after("stat::number_of_executed_units:").and_then(|count| count.parse().ok()).unwrap_or(0);
    let problem = match (success, after("Test unit written to ")) {
        (_, Some(input)) => {
            let cause = after("panicked at ").or_else(|| after("ERROR: libFuzzer: ")).unwrap_or_default();
            Some(format!("{cause}; `cargo xtask fuzz {name} --input {input}` repeats it"))
        }
        (false, None) => Some("it broke off without naming an input".into()),
        (true, None) if inputs == 0 => Some("it tried no input".into()),
        (true, None) => None,
    };
    Outcome { name: name.into(), inputs, problem }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_target_has_a_file_and_seeds_and_is_listed() {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../fuzz");
        let listed = names(include_str!("../../fuzz/Cargo.toml")).unwrap();
        let mut files: Vec<String> = std::fs::read_dir(folder.join("targets"))
            .unwrap()
            .map(|entry| entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned())
            .collect();
        files.sort();
        let mut sorted = listed.clone();
        sorted.sort();
        assert_eq!(sorted, files);
        for name in listed {
            assert!(std::fs::read_dir(folder.join("seeds").join(&name)).unwrap().next().is_some(), "{name}");
        }
    }

    #[test]
    fn what_libfuzzer_says_decides() {
        let good = "INFO: Seed: 1\nDone 12 runs in 1 second(s)\nstat::number_of_executed_units: 12\n";
        assert_eq!(judge("a", good, true), Outcome { name: "a".into(), inputs: 12, problem: None });
        let found = format!(
            "thread 'main' panicked at src/x.rs:1:2:\n==1== ERROR: libFuzzer: deadly signal\n\
             artifact_prefix='/t/'; Test unit written to /t/crash-1\n{good}"
        );
        let problem = judge("a", &found, false).problem.unwrap();
        assert_eq!(problem, "src/x.rs:1:2:; `cargo xtask fuzz a --input /t/crash-1` repeats it");
        let slow = "==1== ERROR: libFuzzer: timeout after 20 seconds\nTest unit written to /t/timeout-1\n";
        assert!(judge("a", slow, false).problem.unwrap().starts_with("timeout after 20 seconds"));
        assert!(judge("a", "Segmentation fault", false).problem.is_some());
        assert!(judge("a", "stat::number_of_executed_units: 0", true).problem.is_some());
    }
}
