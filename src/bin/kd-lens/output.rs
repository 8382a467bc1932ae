//! What the program says, and how it ends. `println!` panics where nobody listens or the disk is full; this does not.

use std::fmt::Display;
use std::io::{ErrorKind, Write};
use std::process::ExitCode;

use kd_lens::Error;

/// An end before the work was done.
#[derive(Debug)]
pub enum End {
    /// With a sentence.
    Failed(Error),
    /// Nobody reads the output any more, as in `kd-lens metric --list | head -1`.
    Unheard,
    /// Ctrl-C or SIGTERM; where to go on has been written down.
    Stopped(String),
}

/// What becomes of a command.
pub type Outcome = Result<(), End>;

impl From<Error> for End {
    fn from(error: Error) -> Self {
        End::Failed(error)
    }
}

impl End {
    /// Says it and returns the status that the shell expects.
    pub fn tell(self) -> ExitCode {
        match self {
            End::Failed(error) => {
                note(format_args!("{error} [{}]", error.code()));
                ExitCode::FAILURE
            }
            // As of a program that SIGPIPE ended.
            End::Unheard => ExitCode::from(128 + 13),
            End::Stopped(sentence) => {
                note(sentence);
                ExitCode::from(130)
            }
        }
    }
}

/// A line on standard output: results.
pub fn line(text: impl Display) -> Outcome {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{text}").and_then(|()| out.flush()).map_err(|e| match e.kind() {
        ErrorKind::BrokenPipe => End::Unheard,
        _ => End::Failed(Error::FileUnwritable(format!("The output could not be written ({e})."))),
    })
}

/// A line on standard error: what goes on. Where nobody listens the work is not disturbed.
pub fn note(text: impl Display) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}
