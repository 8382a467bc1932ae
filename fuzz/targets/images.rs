//! CIFAR's binary files and the file of digits; the first byte says which, then how much of it is there.
#![no_main]

use kd_lens::data::{Dataset, DatasetKind, IMAGE_BYTES, Split, cifar, derived};
use kd_lens_fuzz::no_fault;
use libfuzzer_sys::{Corpus, fuzz_target};

fuzz_target!(|input: &[u8]| -> Corpus {
    let [which, more, start @ ..] = input else { return Corpus::Reject };
    let kinds = [DatasetKind::Cifar10, DatasetKind::Cifar100, DatasetKind::DigitsPlain, DatasetKind::Shapes32];
    let kind = kinds[usize::from(*which) % kinds.len()];
    let record = match kind {
        DatasetKind::Cifar100 => IMAGE_BYTES + 2,
        DatasetKind::DigitsPlain => 785,
        _ => IMAGE_BYTES + 1,
    };
    // Whole records, or a few bytes over; labels and pixels from the input again and again.
    let length = match more {
        0..=9 => usize::from(*more) * record,
        10..=19 => (usize::from(*more) - 9) * record - 1 - usize::from(*which),
        _ => start.len(),
    };
    let bytes: Vec<u8> = match start.is_empty() {
        true => vec![0; length],
        false => start.iter().copied().cycle().take(length).collect(),
    };
    let read = match kind {
        DatasetKind::DigitsPlain => no_fault(derived::digits(&bytes)),
        _ => no_fault(cifar::read(kind, &bytes)),
    };
    let Some(dataset) = read else { return Corpus::Keep };
    assert_eq!(dataset.len() * record, bytes.len());
    for i in 0..dataset.len() {
        dataset.image(i).expect("it was counted");
        dataset.class_name(i).expect("labels were checked");
    }
    match kind {
        DatasetKind::DigitsPlain => {
            let none: Option<&Dataset> = None;
            for kind in [DatasetKind::DigitsAll, DatasetKind::DigitsColour, DatasetKind::DigitsPhoto] {
                no_fault(derived::make(kind, Split::Test, dataset.len() + 3, &dataset, none));
            }
        }
        _ => assert_eq!(cifar::write(&dataset, kind).expect("it was read"), bytes),
    }
    Corpus::Keep
});
