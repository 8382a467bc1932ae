//! Files of what a teacher said.
#![no_main]

use std::sync::LazyLock;

use kd_lens::device::Opened;
use kd_lens::lab::Targets;
use kd_lens_fuzz::file::{File, Part};
use kd_lens_fuzz::{choices, cpu, no_fault, plain};
use libfuzzer_sys::{Corpus, fuzz_target};

static ENGINE: LazyLock<Opened> = LazyLock::new(cpu);

fuzz_target!(|input: &[u8]| -> Corpus {
    let bytes = match plain(input) {
        Some(bytes) => bytes.to_vec(),
        None => {
            let parts = vec![
                Part::floats("copies", &[2, 3], &[0.0, 0.0, 0.0, 1.0, 0.0, 1.0]),
                Part::floats("logits", &[2, 3], &[0.5; 6]),
                Part::floats("pooled", &[2, 4], &[0.5; 8]),
            ];
            let mut file = File { parts, ..File::default() };
            if file.edit(&mut choices(input), &["copies", "logits", "pooled"]).is_err() {
                return Corpus::Reject;
            }
            file.bytes()
        }
    };
    // What is read can be written, and read again.
    if let Some(targets) = no_fault(Targets::load(&bytes, &ENGINE.device))
        && let Some(written) = no_fault(pollster::block_on(targets.save()))
    {
        let again = Targets::load(&written, &ENGINE.device).expect("what was written can be read");
        assert_eq!(again.len(), targets.len());
    }
    Corpus::Keep
});
