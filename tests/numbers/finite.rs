//! What is not a number stays visible and is never an answer; what cannot be is refused by name.

use burn::tensor::{Tensor, TensorData};
use kd_lens::data::{DatasetKind, IMAGE_BYTES, Split, cifar, shapes};
use kd_lens::evaluate::logits;
use kd_lens::lab::{Session, Settings};
use kd_lens::nets::{Architecture, Builder, Init, Network, Params, Pass, Role, Spec};
use kd_lens::objectives::METHODS;
use kd_lens::probes::{self, Bench};
use kd_lens::weights::{Precision, load, save};
use serde_json::{Map, Value, json};

use crate::fixtures::{device, images, network, read};
use crate::probes::Table;

fn object(value: Value) -> Map<String, Value> {
    value.as_object().expect("an object").clone()
}

/// A network with other values in one of its tensors.
async fn with(network: &Network, tensor: &str, change: impl Fn(&mut [f32])) -> Network {
    let mut network = network.clone();
    let mut data = network.params.to_host().await.expect("weights");
    let place = network.params.specs().iter().position(|s| s.name == tensor).expect("a tensor of that name");
    change(&mut data[place]);
    network.params.set_host(data, &device().await).expect("the tensors fit");
    network
}

/// NaN goes through every layer of every family, on every engine, and does not spread to other images.
pub async fn nan_goes_through_every_layer() {
    let device = device().await;
    let mut builder = Builder::default();
    let norm = builder.norm("norm", 2);
    let params = Params::init(builder.finish(), 5, &device);
    let (nan, inf) = (f32::NAN, f32::INFINITY);
    let given = [[-1.0, nan, 2.0, -nan], [0.0, -inf, inf, -1e-30]].concat();
    let x = || Tensor::<4>::from_data(TensorData::new(given.clone(), [1, 2, 2, 2]), &device);
    let out = read(norm.forward_relu(&mut Pass::evaluation(&params), x())).await;
    assert!(out[0] == 0.0 && out[1].is_nan() && out[2] > 1.9 && out[3].is_nan(), "{out:?}");
    assert!(out[4] == 0.0 && out[5] == 0.0 && out[6] == inf && out[7] == 0.0, "{out:?}");
    let out = read(norm.forward_relu(&mut Pass::training(&params), x())).await;
    assert!(out[..4].iter().all(|v| v.is_nan()), "the mean of a channel with NaN is NaN: {out:?}");

    let clean = read(images(2, 7).await).await;
    let of = |pixels: Vec<f32>| Tensor::<4>::from_data(TensorData::new(pixels, [2, 3, 32, 32]), &device);
    for (architecture, gain) in [
        (Architecture::ResNet8, "layer2.0.bn1.weight"),
        (Architecture::Wrn16x2, "block2.layer.0.bn1.weight"),
        (Architecture::Vgg8, "block0.1.weight"),
        (Architecture::VitTiny, "blocks.0.norm1.weight"),
    ] {
        let whole = network(architecture, 1).await;
        let mut pixels = clean.clone();
        pixels[IMAGE_BYTES + 500] = f32::NAN;
        let found = read(whole.logits(of(pixels))).await;
        assert!(found[..10].iter().all(|v| v.is_finite()), "{architecture}: {found:?}");
        assert!(found[10..].iter().all(|v| v.is_nan()), "{architecture}: {found:?}");
        let broken = with(&whole, gain, |values| values[0] = f32::NAN).await;
        let found = read(broken.logits(of(clean.clone()))).await;
        assert!(found.iter().all(|v| v.is_nan()), "{architecture} with NaN in {gain}: {found:?}");
    }
}

/// A network whose logits are no numbers answers no question, and is named, whichever of the networks it is.
pub async fn what_is_not_a_number_is_no_answer() {
    let device = device().await;
    let sound = network(Architecture::ResNet8, 1).await;
    // As a file with a negative variance would be, if it were loaded.
    let broken = with(&sound, "layer1.0.bn1.running_var", |values| values.fill(-1.0)).await;
    let images = shapes::generate(shapes::SEED, Split::Test, 0, 64);
    let all: Vec<usize> = (0..images.len()).collect();
    let error = logits("teacher", &broken, &images, &all, &device).await.expect_err("no answer");
    assert!(error.code() == "not-finite" && error.to_string().contains("teacher’s logits"), "{error}");
    assert!(error.to_string().contains("64 of 64 images"), "{error}");

    // A linear projector, for the probe that looks at one.
    let init = Init::Normal(0.1);
    let spec = Spec { name: "projector.0.weight".into(), shape: vec![64, 64], role: Role::Trainable, init };
    let parts = Params::init(vec![spec], 0, &device);
    let groups = [images.clone(), images.clone()];
    let names = ["teacher", "student", "control", "foreign network", "control’s twin"];
    for (probe, options, asks) in [
        ("grad-cam", json!({"images": 8}), 3),
        ("unicam", json!({"images": 32}), 3),
        ("unicam", json!({"images": 32, "against": "teacher"}), 2),
        ("adversarial", json!({"images": 8}), 3),
        ("adversarial", json!({"images": 8, "source": "foreign"}), 4),
        ("invariance", json!({"images": 8, "strengths": [0.4]}), 3),
        ("domains", json!({"images": 8}), 3),
        ("groups", json!({"images": 8}), 3),
        ("shape-texture", json!({"images": 8}), 3),
        ("boundary", json!({"triplets": 1, "resolution": 3}), 3),
        ("fidelity", json!({"images": 8}), 5),
        ("rescaling", json!({"images": 8}), 3),
        ("layers", json!({"images": 32}), 3),
        ("relevance", json!({"images": all[..32]}), 3),
        ("projector", json!({"images": 8}), 2),
    ] {
        for (place, name) in names.into_iter().enumerate().take(asks) {
            // The probe of the student's new features against the control's does not look at the teacher.
            if probe == "unicam" && asks == 3 && name == "teacher" {
                continue;
            }
            let mut networks: Vec<Network> = vec![sound.clone(); 5];
            networks[place] = broken.clone();
            let [teacher, student, control, foreign, twin] = &networks[..] else { unreachable!() };
            let bench = Bench {
                teacher,
                student,
                control,
                foreign: Some(foreign),
                twin: Some(twin),
                parts: Some(&parts),
                images: &images,
                groups: &groups,
                seed: 0,
                step: 0,
                device: &device,
            };
            let error = probes::run(probe, &object(options.clone()), &bench).await.expect_err(probe);
            assert!(error.code() == "not-finite", "{probe} with a broken {name}: {error}");
            assert!(error.to_string().contains(&format!("The {name}’s ")), "{probe} with a broken {name}: {error}");
        }
    }
}

fn small(patch: Value) -> Settings {
    let mut all = object(json!({
        "dataset": "shapes32", "teacher": "resnet8", "student": "resnet8", "batchSize": 4, "trainImages": 16, "testImages": 8,
        "epochs": 2,
    }));
    all.extend(object(patch));
    Settings::from_json(&all).expect("valid settings")
}

/// Weights that no training can have made are refused with the tensor's name; what can be is taken.
pub async fn weights_that_cannot_be_are_refused_by_name() {
    let device = device().await;
    let sound = network(Architecture::ResNet8, 1).await;
    let variance = "layer1.0.bn1.running_var";
    for (tensor, value, words) in [
        (variance, -0.25, "never negative"),
        ("fc.weight", f32::INFINITY, "not a finite number"),
        ("bn1.bias", f32::NAN, "not a finite number"),
    ] {
        let file = save(&with(&sound, tensor, |v| v[1] = value).await.params, Precision::Full).await.expect("bytes");
        let error = load(&mut sound.clone(), &file, &device).expect_err("a refusal");
        assert!(error.code() == "weights-mismatch", "{error}");
        assert!(error.to_string().contains(tensor) && error.to_string().contains(words), "{error}");
        let error = Session::new(small(json!({})), &file, &device).err().expect("a refusal");
        assert!(error.to_string().contains(tensor), "{error}");
    }
    // A channel that never said anything.
    let dead = with(&sound, variance, |values| values[0] = 0.0).await;
    let file = save(&dead.params, Precision::Full).await.expect("bytes");
    load(&mut sound.clone(), &file, &device).expect("a variance of 0 is possible");
    // 16 bits end at 65504: the file has 32 rather than an infinite weight.
    let large = with(&sound, "fc.weight", |values| values[0] = 1e6).await;
    let file = save(&large.params, Precision::Half).await.expect("bytes");
    load(&mut sound.clone(), &file, &device).expect("what was saved can be loaded");
}

/// A teacher whose logits overflow is blamed by name, whatever the method reads, and not the learning rate.
pub async fn a_teacher_of_nan_is_blamed() {
    let device = device().await;
    let wild = with(&network(Architecture::ResNet8, 1).await, "fc.weight", |values| values.fill(3e38)).await;
    let wild = save(&wild.params, Precision::Full).await.expect("weights");
    for method in ["kl", "dkd", "mlkd", "rkd"] {
        assert!(METHODS.iter().any(|m| m.name == method));
        let mut run = Session::new(small(json!({"method": method})), &wild, &device).expect("a session");
        // What RKD reads is sound; the first evaluation tells.
        let steps = if method == "rkd" { 4 } else { 1 };
        let error = run.step(steps).await.expect_err("no number");
        assert!(error.code() == "not-finite", "{method}: {error}");
        assert!(error.to_string().contains("The teacher’s logits"), "{method}: {error}");
    }
}

/// A network that is a thousand times as sure has the same predictions and is no harder to fool. Of the images on which its
/// cross-entropy has no gradient the report says so.
pub async fn a_very_sure_teacher_can_be_fooled() {
    let device = device().await;
    let kind = DatasetKind::Shapes32;
    let mut teacher = Network::new(Architecture::ResNet20, 10, kind.normalisation(), 0, &device);
    load(&mut teacher, include_bytes!("../../www/models/shapes32-resnet20.safetensors"), &device).expect("the teacher");
    let scaled = |values: &mut [f32]| values.iter_mut().for_each(|v| *v *= 1000.0);
    let sure = with(&with(&teacher, "fc.weight", scaled).await, "fc.bias", scaled).await;
    let images = shapes::generate(shapes::SEED, Split::Test, 0, 60);
    let table = |teacher: &Network| Table {
        networks: [teacher.clone(), teacher.clone(), teacher.clone()],
        images: images.clone(),
        device: device.clone(),
    };
    for norm in ["linf", "l2"] {
        let options = json!({"images": 60, "norm": norm});
        let (usual, found) =
            (table(&teacher).ask("adversarial", options.clone()).await, table(&sure).ask("adversarial", options).await);
        let count = |report: &Value, what: &str| report[what].as_u64().expect("a count");
        let fooled = |report: &Value| report["success"]["count"].as_u64().expect("a count");
        let clean = |report: &Value| -> Vec<Value> {
            report["items"].as_array().expect("items").iter().map(|i| i["clean"]["teacher"].clone()).collect()
        };
        assert_eq!(clean(&usual), clean(&found), "the same predictions");
        assert!(count(&usual, "withoutGradient") == 0 && usual["items"][0]["followed"] == "crossEntropy", "{norm}");
        assert!(count(&found, "withoutGradient") >= 50, "{norm}: {}", found["withoutGradient"]);
        assert!(fooled(&usual) >= 40, "{norm}: {}", usual["success"]);
        assert!(fooled(&found) + 5 >= fooled(&usual), "{norm}: {} and {}", found["success"], usual["success"]);
        let items = found["items"].as_array().expect("items");
        let others = items.iter().filter(|i| i["followed"] == "logits").count() as u64;
        assert_eq!(others, count(&found, "withoutGradient"));
    }
    // A network that looks at nothing has no gradient at all, and that is said too.
    let blind = with(&teacher, "fc.weight", |values| values.fill(0.0)).await;
    for attack in ["i-fgsm", "pgd"] {
        let report = table(&blind).ask("adversarial", json!({"images": 4, "attack": attack, "sweep": [2]})).await;
        assert_eq!((&report["withoutGradient"], &report["items"][0]["followed"]), (&json!(4), &json!("nothing")));
        // An attack that could not be made has not failed.
        assert_eq!(
            (&report["n"], &report["success"]["n"], &report["success"]["rate"]),
            (&json!(4), &json!(0), &json!(null))
        );
        assert_eq!((&report["fooling"]["teacher"]["n"], &report["noise"]["teacher"]["n"]), (&json!(0), &json!(0)));
        let point = &report["sweep"][0];
        assert_eq!((&point["withoutGradient"], &point["fooling"]["teacher"]["n"]), (&json!(4), &json!(0)));
    }
}

/// Files of another kind, wherever they are handed in, are called what they are.
pub async fn files_are_called_what_they_are() {
    let device = device().await;
    let zip = |name: &str| {
        let mut bytes = vec![0; 30];
        bytes[..4].copy_from_slice(b"PK\x03\x04");
        bytes[26] = name.len() as u8;
        [&bytes, name.as_bytes(), &[0; 4000]].concat()
    };
    let whole = save(&network(Architecture::ResNet8, 1).await.params, Precision::Full).await.expect("weights");
    for (bytes, words) in [
        (zip("resnet20/data.pkl"), "PyTorch file"),
        (zip("resnet20/data.pkl"), "safetensors.torch.save_file"),
        (b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.".to_vec(), "safetensors.torch.save_file"),
        (zip("x.npy"), "safetensors.numpy.save_file"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n".to_vec(), "git lfs pull"),
        (b"<!doctype html><title>404</title>".to_vec(), "web page"),
        (b"\x1f\x8b\x08\0\0\0\0\0".to_vec(), "Unpack it first"),
        (Vec::new(), "empty file"),
        (whole[..whole.len() - 1].to_vec(), "ends early"),
        (whole[..500].to_vec(), "ends early"),
        ([&whole[..], b"\n"].concat(), "damaged"),
        (b"no file that is known".to_vec(), "not a readable safetensors file"),
    ] {
        let error = Session::new(small(json!({})), &bytes, &device).err().expect("a refusal");
        assert!(error.code() == "weights-unreadable" && error.to_string().contains(words), "{words}: {error}");
        assert!(error.to_string().ends_with(['.', '!']), "a sentence: {error}");
    }
    let mut run = Session::new(small(json!({})), &whole, &device).expect("a session");
    for (bytes, words) in
        [(zip("a/data.pkl"), "PyTorch"), (b"<html>".to_vec(), "web page"), (b"\x1f\x8b\x08".to_vec(), "gzip")]
    {
        for error in [run.restore(&bytes).expect_err("no checkpoint"), run.look_back(&bytes).expect_err("no snapshot")]
        {
            assert!(error.code() == "checkpoint-unreadable" && error.to_string().contains(words), "{error}");
        }
        let error = cifar::read(DatasetKind::Cifar10, &bytes).expect_err("no images");
        assert!(error.code() == "data-foreign" && error.to_string().contains(words), "{error}");
    }
    let error = cifar::read(DatasetKind::Cifar100, &whole).expect_err("no images");
    assert!(error.code() == "data-foreign" && error.to_string().contains("safetensors"), "{error}");
}
