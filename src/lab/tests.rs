//! What a run and its probes draw: no two uses share a stream of random numbers.

use serde_json::{Map, Value, json};

use super::{Session, Settings};
use crate::data::change::Change;
use crate::data::rng::opened;
use crate::data::{DatasetKind, Split};
use crate::device::{Backend, open};
use crate::metrics::bootstrap;
use crate::nets::{Architecture, Network};
use crate::probes::{self, PROBES};
use crate::weights::{Precision, save};

fn object(value: Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

/// A session on Shapes-32, which trains for two epochs with `patch`, is evaluated, and answers every probe.
async fn everything(patch: Value) {
    let device = open(Backend::Cpu).await.unwrap().device;
    let kind = DatasetKind::Shapes32;
    let teacher = Network::new(Architecture::ResNet8, kind.classes().len(), kind.normalisation(), 5, &device);
    let teacher = save(&teacher.params, Precision::Full).await.unwrap();
    let mut settings = object(json!({
        "dataset": kind.name(), "teacher": "resnet8", "student": "resnet8", "seed": 3,
        "trainImages": 8, "batchSize": 4, "epochs": 2, "testImages": 40,
    }));
    settings.extend(object(patch));
    let mut session = Session::new(Settings::from_json(&settings).unwrap(), &teacher, &device).unwrap();
    session.bring("foreign", &teacher).unwrap();
    session.step(4).await.unwrap();
    for (probe, _) in PROBES {
        let asked = match *probe {
            // One of other images, one of another method's projector.
            "groups" | "projector" => continue,
            "invariance" => Change::ALL.map(|change| json!({"images": 3, "change": change.scale().name})).to_vec(),
            "boundary" => vec![json!({"triplets": 2, "resolution": 2})],
            "adversarial" => vec![json!({"images": 3, "steps": 1, "attack": "pgd"})],
            "layers" | "relevance" => vec![json!({"images": 40})],
            _ => vec![json!({"images": 10})],
        };
        for options in asked {
            let found = probes::run(probe, &object(options), &session.bench()).await;
            found.unwrap_or_else(|e| panic!("{probe}: {e}"));
        }
    }
    assert_eq!(session.dataset(Split::Test).len(), 40);
    bootstrap(40, 3, 0.0, |drawn| Some(drawn[0] as f64)).unwrap();
}

#[test]
fn no_two_uses_share_a_stream() {
    // Methods that draw: a second view, negatives and memories, permutations, noise; and the three ways of cropping.
    for patch in [
        json!({"method": "mlkd"}),
        json!({"method": "crd", "negatives": 1}),
        json!({"method": "dkpp", "copies": 2}),
        json!({"method": "soft-labels", "augment": false}),
    ] {
        opened::take();
        pollster::block_on(everything(patch.clone()));
        let streams = opened::take();
        assert!(streams.len() > 100, "{} streams", streams.len());
        for (key, places) in streams {
            assert!(
                places.len() == 1,
                "the stream {key:?} (seed, purpose, a, b) is used twice with {patch}: {places:?}"
            );
        }
    }
}
