//! Checkpoints of runs and of trainings, and learners that are handed over.
#![no_main]

use std::sync::{LazyLock, Mutex};

use kd_lens::data::DatasetKind;
use kd_lens::lab::checkpoint::Checkpoint;
use kd_lens::lab::trainer::{Recipe, Trainer};
use kd_lens::lab::{Session, Trains, Who};
use kd_lens_fuzz::file::File;
use kd_lens_fuzz::{choices, cpu, no_fault, plain, run};
use libfuzzer_sys::{Corpus, fuzz_target};

/// A run, a training, and what they wrote: a checkpoint, a learner, a checkpoint of the training.
struct Kept {
    session: Session,
    trainer: Trainer,
    files: [File; 3],
}

fn recipe() -> Recipe {
    Recipe {
        dataset: DatasetKind::Cifar10,
        architecture: "resnet8".into(),
        epochs: 2,
        batch_size: 2,
        optimiser: "sgd".into(),
        jitter: 0.0,
        without: None,
        augment: true,
        learning_rate: 0.1,
        warm_up: 0.1,
        momentum: 0.9,
        weight_decay: 5e-4,
        seed: 0,
        init: None,
    }
}

static KEPT: LazyLock<Mutex<Kept>> = LazyLock::new(|| {
    let session = run::session("");
    let trainer = Trainer::new(recipe(), run::images(), None, &cpu().device).expect("a training");
    let files = [
        pollster::block_on(session.checkpoint()),
        pollster::block_on(session.learner(Who::Control)),
        pollster::block_on(trainer.checkpoint()),
    ];
    let files = files.map(|bytes| File::read(&bytes.expect("a file")));
    Mutex::new(Kept { session, trainer, files })
});

fuzz_target!(|input: &[u8]| -> Corpus {
    let mut kept = KEPT.lock().expect("one thread");
    let Kept { session, trainer, files } = &mut *kept;
    let bytes = match plain(input) {
        Some(bytes) => bytes.to_vec(),
        None => {
            let mut u = choices(input);
            let Ok(file) = u.choose(&*files) else { return Corpus::Reject };
            let mut file = file.clone();
            if run::edit(&mut file, &mut u).is_err() {
                return Corpus::Reject;
            }
            file.bytes()
        }
    };
    no_fault(Checkpoint::read(&bytes));
    if no_fault(session.restore(&bytes)).is_some() {
        run::look_around(session);
    }
    for trains in [Trains::Both, Trains::Control] {
        session.train_only(trains).expect("no chain");
        if no_fault(session.adopt(Who::Control, &bytes)).is_some() {
            run::look_around(session);
        }
    }
    session.train_only(Trains::Both).expect("no chain");
    no_fault(session.stand_in(&bytes));
    no_fault(session.bring_control(&bytes));
    if no_fault(trainer.restore(&bytes)).is_some() && trainer.steps_done() < trainer.total_steps() {
        no_fault(trainer.step());
    }
    Corpus::Keep
});
