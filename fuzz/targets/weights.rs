//! Weights files: decoded, recognised, loaded into a network.
#![no_main]

use std::sync::LazyLock;

use kd_lens::data::DatasetKind;
use kd_lens::device::Opened;
use kd_lens::nets::{Architecture, Network};
use kd_lens::weights::{self, Precision};
use kd_lens_fuzz::file::File;
use kd_lens_fuzz::{choices, cpu, no_fault, plain};
use libfuzzer_sys::{Corpus, fuzz_target};

struct Kept {
    engine: Opened,
    network: Network,
    file: File,
    names: Vec<String>,
}

static KEPT: LazyLock<Kept> = LazyLock::new(|| {
    let engine = cpu();
    let architecture: Architecture = "resnet8".parse().expect("a name");
    let network = Network::new(architecture, 10, DatasetKind::Cifar10.normalisation(), 0, &engine.device);
    let bytes = pollster::block_on(weights::save(&network.params, Precision::Half)).expect("weights");
    let file = File::read(&bytes);
    let more = ["fc.bias", "head.bias", "classifier.bias", "bn1.num_batches_tracked", "__metadata__"];
    let names = file.parts.iter().map(|part| part.name.clone()).chain(more.map(String::from)).collect();
    Kept { engine, network, file, names }
});

fuzz_target!(|input: &[u8]| -> Corpus {
    let bytes = match plain(input) {
        Some(bytes) => bytes.to_vec(),
        None => {
            let names: Vec<&str> = KEPT.names.iter().map(String::as_str).collect();
            let mut u = choices(input);
            // Few tensors of anything, or the network's own with some of them changed.
            let mut file = match u.ratio(1, 3) {
                Ok(true) => File::default(),
                _ => KEPT.file.clone(),
            };
            if file.edit(&mut u, &names).is_err() {
                return Corpus::Reject;
            }
            file.bytes()
        }
    };
    if let Some((tensors, _)) = no_fault(weights::decode(&bytes)) {
        weights::recognise(&tensors);
        no_fault(weights::load(&mut KEPT.network.clone(), &bytes, &KEPT.engine.device));
    }
    Corpus::Keep
});
