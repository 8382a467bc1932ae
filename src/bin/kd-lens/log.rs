//! The log of a run, a JSON object a line. It never says more than the checkpoint beside it has reached when a run goes on.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use kd_lens::{Result, files};
use serde_json::Value;

/// A log that is written to.
#[derive(Debug)]
pub struct Log {
    path: PathBuf,
    file: File,
}

impl Log {
    /// Opens a log after cutting it back to what was so when `step` steps were done: lines of later steps, half lines and lines
    /// that `holds` denies go.
    pub fn open(path: &Path, step: usize, holds: impl Fn(&Value) -> bool) -> Result<Self> {
        let failed = |e: std::io::Error| files::unwritable(path, &e);
        let before = match std::fs::read(path) {
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Vec::new(),
            read => read.map_err(failed)?,
        };
        let mut kept = Vec::with_capacity(before.len());
        for line in before.split_inclusive(|byte| *byte == b'\n').filter(|line| line.ends_with(b"\n")) {
            let event: Option<Value> = serde_json::from_slice(line).ok();
            if event.is_some_and(|event| event["step"].as_u64().is_some_and(|s| s <= step as u64) && holds(&event)) {
                kept.extend_from_slice(line);
            }
        }
        if kept != before {
            files::write(path, &kept)?;
        }
        let file = OpenOptions::new().create(true).append(true).open(path).map_err(failed)?;
        Ok(Self { path: path.to_path_buf(), file })
    }

    /// Adds lines, and has them on the disk before it returns: a checkpoint that is written next must not be ahead of its log.
    pub fn add(&mut self, events: &[Value]) -> Result<()> {
        let lines: String = events.iter().map(|event| format!("{event}\n")).collect();
        let written = self.file.write_all(lines.as_bytes()).and_then(|()| self.file.sync_data());
        written.map_err(|e| files::unwritable(&self.path, &e))
    }

    /// Its lines, oldest first.
    pub fn lines(&self) -> Result<Vec<String>> {
        let text = std::fs::read_to_string(&self.path).map_err(|e| files::unwritable(&self.path, &e))?;
        Ok(text.lines().map(String::from).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn half_lines_and_later_steps_are_cut() {
        let path = std::env::temp_dir().join(format!("kd-lens-log-{}.jsonl", std::process::id()));
        let line = |step: usize| json!({"type": "progress", "step": step});
        std::fs::write(&path, format!("{}\n{}\n{}\n{{\"type\": \"prog", line(10), line(20), line(30))).unwrap();
        let mut log = Log::open(&path, 20, |_| true).unwrap();
        log.add(&[line(25)]).unwrap();
        assert_eq!(log.lines().unwrap(), [10, 20, 25].map(|step| line(step).to_string()));
        let log = Log::open(&path, 99, |event| event["step"] != 20).unwrap();
        assert_eq!(log.lines().unwrap(), [10, 25].map(|step| line(step).to_string()));
        std::fs::remove_file(&path).unwrap();
    }
}
