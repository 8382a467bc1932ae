//! Snapshots of a run with assistants, looked back at.
#![no_main]

use std::sync::{LazyLock, Mutex};

use kd_lens::lab::Session;
use kd_lens_fuzz::file::File;
use kd_lens_fuzz::{choices, no_fault, plain, run};
use libfuzzer_sys::{Corpus, fuzz_target};

static KEPT: LazyLock<Mutex<(Session, [File; 2])>> = LazyLock::new(|| {
    let session = run::session("resnet8");
    let files = [pollster::block_on(session.snapshot()), pollster::block_on(session.checkpoint())];
    let files = files.map(|bytes| File::read(&bytes.expect("a file")));
    Mutex::new((session, files))
});

fuzz_target!(|input: &[u8]| -> Corpus {
    let mut kept = KEPT.lock().expect("one thread");
    let (session, files) = &mut *kept;
    let bytes = match plain(input) {
        Some(bytes) => bytes.to_vec(),
        None => {
            let mut u = choices(input);
            let Ok(file) = u.choose(&*files) else { return Corpus::Reject };
            let mut file = file.clone();
            // The assistant of a later lesson, so that it can be looked for.
            if u.ratio(1, 2).unwrap_or_default() {
                let mut more: Vec<_> =
                    file.parts.iter().filter(|part| part.name.starts_with("student/")).cloned().collect();
                more.iter_mut().for_each(|part| part.name = part.name.replacen("student/", "assistant/", 1));
                file.parts.extend(more);
            }
            if run::edit(&mut file, &mut u).is_err() {
                return Corpus::Reject;
            }
            file.bytes()
        }
    };
    if no_fault(session.look_back(&bytes)).is_some() {
        session.look_at_present();
    }
    if no_fault(session.restore(&bytes)).is_some() {
        run::look_around(session);
    }
    Corpus::Keep
});
