//! Ctrl-C and SIGTERM: training ends after the step that it is in and leaves a checkpoint.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use kd_lens::{Error, Result};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

/// Raised by the first signal; the second one ends the program at once.
#[derive(Debug, Clone)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Listens from here on.
    pub fn listen() -> Result<Self> {
        let raised = Arc::new(AtomicBool::new(false));
        for signal in [SIGINT, SIGTERM] {
            // In this order: the signal that raises the flag must not find it raised.
            flag::register_conditional_shutdown(signal, 130, raised.clone())
                .and_then(|_| flag::register(signal, raised.clone()))
                .map_err(|e| Error::Internal(format!("signals cannot be listened to ({e}).")))?;
        }
        Ok(Self(raised))
    }

    /// Whether to stop now.
    pub fn raised(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// The flag itself.
    pub fn flag(&self) -> &AtomicBool {
        &self.0
    }
}
