//! Running other programs, and saying what is being done and how long it took.

use anyhow::{Context, Result, bail};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Something that takes time: announced when it begins, with its duration when it ends.
pub struct Step(Instant);

impl Step {
    /// Prints the sentence and starts the clock.
    pub fn begin(sentence: impl AsRef<str>) -> Self {
        println!("{}", sentence.as_ref());
        Self(Instant::now())
    }

    /// Prints what was reached and the time it took.
    pub fn end(self, reached: impl AsRef<str>) {
        println!("{} ({}).", reached.as_ref(), duration(self.0.elapsed()));
    }
}

/// A duration as a person says it: `0.4 s`, `38 s`, `4 min 10 s`.
pub fn duration(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    if seconds < 10.0 {
        format!("{seconds:.1} s")
    } else if seconds < 120.0 {
        format!("{seconds:.0} s")
    } else {
        let whole = time.as_secs();
        format!("{} min {} s", whole / 60, whole % 60)
    }
}

/// The command line as one would type it.
fn line(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
}

/// Runs a program with this terminal's input and output; an error unless it succeeds.
pub fn run(command: &mut Command) -> Result<()> {
    // What we printed so far must stand before what the program prints.
    std::io::stdout().flush()?;
    let status = command.status().with_context(|| format!("`{}` could not be started", line(command)))?;
    if !status.success() {
        bail!("`{}` failed ({status})", line(command));
    }
    Ok(())
}

/// Runs a program and returns its standard output; an error, with what it complained of, unless it succeeds.
pub fn output(command: &mut Command) -> Result<String> {
    let output = command.output().with_context(|| format!("`{}` could not be started", line(command)))?;
    if !output.status.success() {
        bail!("`{}` failed ({}): {}", line(command), output.status, String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Runs a program, shows its output line by line as it comes and returns it too, with whether the program succeeded.
pub fn tee(mut command: Command) -> Result<(bool, String)> {
    std::io::stdout().flush()?;
    // One pipe for both streams: with two, it would be lost which line came first.
    let (reader, writer) = std::io::pipe()?;
    command.stdin(Stdio::null()).stdout(writer.try_clone()?).stderr(writer);
    let mut child = command.spawn().with_context(|| format!("`{}` could not be started", line(&command)))?;
    // It holds our ends of the pipe, which would never come to its end.
    drop(command);
    let mut captured = String::new();
    for bytes in BufReader::new(reader).split(b'\n') {
        let text = String::from_utf8_lossy(&bytes?).into_owned();
        println!("{text}");
        captured.push_str(&text);
        captured.push('\n');
    }
    Ok((child.wait()?.success(), captured))
}

/// The first program of these names on PATH.
pub fn find(names: &[&str]) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    names.iter().find_map(|name| {
        let file = format!("{name}{}", std::env::consts::EXE_SUFFIX);
        folders.iter().map(|folder| folder.join(&file)).find(|candidate| candidate.is_file())
    })
}

/// PATH with these folders put before the rest.
pub fn path_with(folders: &[PathBuf]) -> Result<std::ffi::OsString> {
    let rest = std::env::var_os("PATH").unwrap_or_default();
    Ok(std::env::join_paths(folders.iter().cloned().chain(std::env::split_paths(&rest)))?)
}

/// The first version number in what `program --version` prints, e.g. `0.2.130`; None if it cannot be run.
pub fn version(program: impl AsRef<Path>) -> Option<String> {
    let text = output(Command::new(program.as_ref()).arg("--version")).ok()?;
    let word = text
        .split_whitespace()
        .map(|word| word.trim_start_matches('v'))
        .find(|word| word.contains('.') && word.starts_with(|first: char| first.is_ascii_digit()))?;
    Some(word.to_owned())
}

/// Whether a dotted version is at least another, number by number; a pre-release counts as its release.
pub fn at_least(version: &str, least: &str) -> bool {
    let numbers =
        |text: &str| -> Vec<u64> { text.split(['.', '-', '+']).map_while(|part| part.parse().ok()).collect() };
    numbers(version) >= numbers(least)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_compare_by_number() {
        assert!(at_least("1.95.0", "1.95"));
        assert!(at_least("1.100.0", "1.95"));
        assert!(at_least("20.20.2", "20"));
        assert!(!at_least("1.94.9", "1.95"));
        assert!(!at_least("18.19.0", "20"));
    }

    #[test]
    fn durations_read_like_speech() {
        assert_eq!(duration(Duration::from_millis(430)), "0.4 s");
        assert_eq!(duration(Duration::from_secs(38)), "38 s");
        assert_eq!(duration(Duration::from_secs(250)), "4 min 10 s");
    }

    #[test]
    fn tee_keeps_both_streams_in_order_and_the_exit_status() {
        let mut shell = Command::new("sh");
        shell.args(["-c", "echo one; echo two >&2; echo three; exit 3"]);
        assert_eq!(tee(shell).unwrap(), (false, "one\ntwo\nthree\n".to_owned()));
    }
}
