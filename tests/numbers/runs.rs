//! Whole runs: teacher, student and control on Shapes-32.

use kd_lens::data::{Dataset, DatasetKind, SHARD_IMAGES, Split, cifar, shapes};
use kd_lens::lab::trainer::{Recipe, Trainer};
use kd_lens::lab::{Event, Session, Settings, Targets, Trains, Who};
use kd_lens::nets::{Architecture, Network};
use kd_lens::objectives::METHODS;
use kd_lens::probes;
use kd_lens::weights::{Precision, load, save};
use kd_lens::{Error, Result};
use serde_json::{Map, Value, json};

use kd_lens::device::Backend;

use crate::fixtures::{device, network, opened, read};

fn object(value: Value) -> Map<String, Value> {
    value.as_object().expect("an object").clone()
}

/// Small enough for WebGPU without a GPU.
fn small(patch: Value) -> Settings {
    let mut all = object(json!({
        "dataset": "shapes32", "teacher": "resnet8", "student": "resnet8", "batchSize": 4, "trainImages": 16, "testImages": 8, "epochs": 2,
    }));
    all.extend(object(patch));
    Settings::from_json(&all).expect("valid settings")
}

async fn teacher() -> Vec<u8> {
    save(&network(Architecture::ResNet8, 1).await.params, Precision::Full).await.expect("weights")
}

async fn session(patch: Value) -> Session {
    Session::new(small(patch), &teacher().await, &device().await).expect("a session")
}

pub async fn a_short_run_learns_and_reports() {
    // WebGPU without a GPU takes seconds a step.
    let slow = opened().await.backend == Backend::Gpu;
    let (images, epochs) = if slow { (4, 2) } else { (16, 3) };
    let settings =
        json!({"alpha": 0.0, "learningRate": 0.1, "epochs": epochs, "trainImages": images, "augment": false});
    let mut session = session(settings).await;
    let planned = session.total_steps();
    let events = session.step(planned).await.expect("all steps");
    let progress: Vec<_> = events
        .iter()
        .filter_map(|e| match e {
            Event::Progress { student: Some(student), control: Some(control), .. } => {
                Some((student.total, control.total))
            }
            _ => None,
        })
        .collect();
    let evaluations: Vec<_> = events.iter().filter(|e| matches!(e, Event::Evaluation(_))).collect();
    assert_eq!(evaluations.len(), epochs, "one evaluation an epoch");
    assert_eq!(events.last(), Some(&Event::Finished { step: planned }));
    let (first, last) = (progress[0].0, progress[progress.len() - 1].0);
    assert!(slow || last < first, "the loss falls: {first} to {last}");
    assert!(progress.iter().all(|(student, control)| student.is_finite() && control.is_finite()));
    if let Event::Evaluation(e) = evaluations[0] {
        assert_eq!(e.n, 8);
        assert_eq!(e.teacher.accuracy.n, 8);
        // Paired on the same images: the difference of the two shares, with an interval of its own.
        let shares = [(e.comparison.accuracy, e.student.accuracy, e.control.accuracy)];
        for (paired, student, control) in
            shares.into_iter().chain([(e.comparison.agreement, e.agreement.student, e.agreement.control)])
        {
            let difference = student.rate.expect("a share") - control.rate.expect("a share");
            assert!((paired.difference.expect("a difference") - difference).abs() < 1e-12);
            assert_eq!(paired.n, 8);
            assert!(paired.low <= paired.difference && paired.difference <= paired.high);
        }
    }
    let report = probes::run("grad-cam", &object(json!({"images": 2})), &session.bench()).await.expect("a probe");
    assert_eq!(report["items"].as_array().map(Vec::len), Some(2));
    assert_eq!(report["items"][0]["student"]["map"].as_array().map(Vec::len), Some(64));
    let report =
        probes::run("adversarial", &object(json!({"images": [1, 3], "steps": 1, "pictures": [3]})), &session.bench())
            .await
            .expect("a probe");
    assert_eq!(report["pictures"][0]["adversarial"].as_array().map(Vec::len), Some(3072));
    assert_eq!(report["fooling"]["teacher"]["n"], 2);
}

pub async fn own_pictures_are_explained_as_the_same_test_images_are() {
    let mut session = session(json!({"testImages": 4, "trainImages": 16, "batchSize": 8, "epochs": 1})).await;
    session.step(2).await.expect("two steps");
    let test = session.dataset(Split::Test);
    let pixels: Vec<u8> = [2, 0]
        .into_iter()
        .flat_map(|i| {
            let planes = test.image(i).expect("an image");
            (0..3072).map(|at| planes[at % 3 * 1024 + at / 3]).collect::<Vec<_>>()
        })
        .collect();
    let asked = json!({"images": [2, 0], "class": "predicted"});
    let expected = probes::run("grad-cam", &object(asked), &session.bench()).await.expect("a probe");
    let explain = async |pixels: &[u8], options| {
        probes::explain(pixels, &object(options), &session.bench())
            .await
            .map(|r| serde_json::to_value(r).expect("JSON"))
    };
    let own = explain(&pixels, json!({})).await.expect("an explanation");
    for i in 0..2 {
        for who in ["teacher", "student", "control"] {
            assert_eq!(own["items"][i][who], expected["items"][i][who], "{who} {i}");
        }
    }
    let of_label = json!({"images": [2], "tap": "f2"});
    let expected = probes::run("grad-cam", &object(of_label), &session.bench()).await.expect("a probe");
    let label = &expected["items"][0]["label"];
    let own = explain(&pixels[..3072], json!({"tap": "f2", "class": label})).await.expect("an explanation");
    assert_eq!(own["items"][0]["student"], expected["items"][0]["student"]);
    for (bytes, options, code) in [
        (&pixels[..3071], json!({}), "data-truncated"),
        (&pixels[..0], json!({}), "data-truncated"),
        (&pixels[..], json!({"class": 10}), "probe-invalid"),
        (&pixels[..], json!({"class": "cat"}), "probe-invalid"),
        (&pixels[..], json!({"tap": "f9"}), "probe-invalid"),
        (&pixels[..], json!({"images": 1}), "probe-invalid"),
    ] {
        assert_eq!(explain(bytes, options.clone()).await.expect_err("an error").code(), code, "{options}");
    }
}

pub async fn self_check_is_repeatable() {
    let first = kd_lens::selfcheck::run(&device().await).await.expect("numbers");
    let second = kd_lens::selfcheck::run(&device().await).await.expect("numbers");
    assert!(first.len() > 100 && first.iter().all(|v| v.is_finite()));
    crate::fixtures::assert_close("self-check", &second, &first, 1e-5);
}

/// Equal bytes, without printing them.
fn same_bytes(a: Result<Vec<u8>>, b: Result<Vec<u8>>) {
    assert!(a.expect("bytes") == b.expect("bytes"), "the bytes differ");
}

pub async fn a_checkpoint_goes_on_bit_for_bit() {
    let mut whole = session(json!({})).await;
    let events = whole.step(8).await.expect("eight steps");
    let mut first = session(json!({})).await;
    first.step(3).await.expect("three steps");
    let saved = first.checkpoint().await.expect("a checkpoint");
    let mut second = session(json!({})).await;
    second.restore(&saved).expect("restored");
    assert_eq!(second.steps_done(), 3);
    let rest = second.step(5).await.expect("five steps");
    same_bytes(whole.checkpoint().await, second.checkpoint().await);
    let last = |events: &[Event]| events.iter().rfind(|e| matches!(e, Event::Evaluation(_))).cloned();
    assert_eq!(last(&events), last(&rest));
}

pub async fn looking_back_changes_nothing() {
    for settings in [json!({}), json!({"method": "srd"}), json!({"student": "resnet8", "assistants": "resnet8"})] {
        let mut plain = session(settings.clone()).await;
        plain.step(11).await.expect("eleven steps");
        let mut looked = session(settings.clone()).await;
        looked.step(3).await.expect("three steps");
        let options = object(json!({"images": 4}));
        let then = probes::run("grad-cam", &options, &looked.bench()).await.expect("a probe");
        let snapshot = looked.snapshot().await.expect("a snapshot");
        let checkpoint = looked.checkpoint().await.expect("a checkpoint");
        assert!(snapshot.len() * 3 < checkpoint.len(), "{} of {}", snapshot.len(), checkpoint.len());
        looked.step(6).await.expect("six steps");
        let now = probes::run("grad-cam", &options, &looked.bench()).await.expect("a probe");
        assert_eq!(looked.look_back(&snapshot), Ok(3));
        let back = probes::run("grad-cam", &options, &looked.bench()).await.expect("a probe");
        assert_eq!(back["step"], 3);
        // The weights were rounded to 16 bits.
        for (a, b) in numbers(&back["items"]).iter().zip(numbers(&then["items"])) {
            assert!((a - b).abs() <= 0.02 * b.abs().max(1.0), "{a} and {b}");
        }
        assert!(numbers(&back["items"]) != numbers(&now["items"]), "six steps make a difference");
        // Training, evaluating and saving go on in the present.
        looked.step(2).await.expect("two steps");
        looked.evaluate().await.expect("an evaluation");
        same_bytes(plain.checkpoint().await, looked.checkpoint().await);
        same_bytes(plain.export(Who::Student).await, looked.export(Who::Student).await);
        same_bytes(plain.snapshot().await, looked.snapshot().await);
        assert_eq!(looked.bench().step, 3);
        // What cannot be shown leaves what is shown.
        let foreign = session(json!({"seed": 1})).await.snapshot().await.expect("a snapshot");
        assert_eq!(looked.look_back(&foreign).map_err(|e| e.code()), Err("checkpoint-mismatch"));
        assert_eq!(looked.look_back(&checkpoint).map_err(|e| e.code()), Err("checkpoint-unreadable"));
        assert_eq!(looked.look_back(&snapshot[..999]).map_err(|e| e.code()), Err("checkpoint-unreadable"));
        assert_eq!(looked.bench().step, 3);
        looked.look_at_present();
        assert_eq!(looked.bench().step, 11);
        let present = probes::run("grad-cam", &options, &looked.bench()).await.expect("a probe");
        let expected = probes::run("grad-cam", &options, &plain.bench()).await.expect("a probe");
        assert_eq!(present, expected);
    }
}

/// All numbers in a report, in order.
fn numbers(value: &Value) -> Vec<f64> {
    match value {
        Value::Number(number) => number.as_f64().into_iter().collect(),
        Value::Array(list) => list.iter().flat_map(numbers).collect(),
        Value::Object(map) => map.values().flat_map(numbers).collect(),
        _ => Vec::new(),
    }
}

pub async fn snapshots_hold_what_16_bits_cannot() {
    let mut run = session(json!({})).await;
    let small = run.snapshot().await.expect("a snapshot").len();
    let mut weights = run.checkpoint().await.expect("a checkpoint");
    // One weight beyond the largest 16-bit float, by way of a checkpoint.
    let at = weights.len() - 4;
    weights[at..].copy_from_slice(&1e6f32.to_le_bytes());
    run.restore(&weights).expect("restored");
    let large = run.snapshot().await.expect("a snapshot");
    assert!(large.len() > small + small / 2, "{} and {small}", large.len());
    assert_eq!(run.look_back(&large), Ok(0));
}

pub async fn labels_only_gives_two_equal_networks() {
    // With ε = 0 label smoothing is the labels alone, which DOT must not take for a teacher's term.
    let smooth = json!({"method": "label-smoothing", "smoothing": 0.0});
    let dot = |mut settings: Value| {
        settings["optimiser"] = "dot".into();
        settings
    };
    let labels = json!({"method": "labels"});
    for settings in [labels.clone(), json!({"alpha": 0.0}), smooth.clone(), dot(labels), dot(smooth)] {
        let mut session = session(settings).await;
        session.step(4).await.expect("four steps");
        let student = session.export(Who::Student).await.expect("weights");
        same_bytes(Ok(student), session.export(Who::Control).await);
    }
    let mut taught = session(json!({})).await;
    taught.step(4).await.expect("four steps");
    let student = taught.export(Who::Student).await.expect("weights");
    assert!(student != taught.export(Who::Control).await.expect("weights"), "a teacher makes a difference");
}

/// CIFAR-format bytes of Shapes-32 images, for data that arrives in files.
fn files(split: Split, count: usize) -> Vec<u8> {
    let drawn = shapes::generate(3, split, 0, count);
    let mut dataset = Dataset::empty(DatasetKind::Cifar10);
    dataset.append(drawn.images(), drawn.labels(), None).expect("images fit");
    cifar::write(&dataset, DatasetKind::Cifar10).expect("a file")
}

pub async fn arrival_of_shards_does_not_matter() {
    let settings =
        json!({"dataset": "cifar10", "trainImages": 1200, "batchSize": 400, "testImages": 4, "evaluateEvery": 3});
    let (train, test) = (files(Split::Train, 1200), files(Split::Test, 4));
    let (shard, rest) = train.split_at(SHARD_IMAGES * 3073);

    let mut late = session(settings.clone()).await;
    assert_eq!(late.step(1).await.map_err(|e| e.code()), Err("data-missing"));
    assert_eq!(late.add(Split::Train, shard), Ok(1000));
    late.step(1).await.expect("training starts with the first shard");
    assert_eq!(late.add(Split::Train, rest), Ok(1200));
    let error = late.step(2).await.map_err(|e| e.code());
    assert_eq!(error, Err("data-missing"), "the third step evaluates and needs the test images");
    assert_eq!(late.steps_done(), 2, "what was possible was done");
    late.add(Split::Test, &test).expect("test images");
    late.step(1).await.expect("the third step");

    let mut ready = session(settings.clone()).await;
    ready.add(Split::Train, &train).expect("training images");
    ready.add(Split::Test, &test).expect("test images");
    ready.step(3).await.expect("three steps");
    same_bytes(late.checkpoint().await, ready.checkpoint().await);

    // A run goes on with its own images only, and takes no learner that was trained on others.
    let checkpoint = ready.checkpoint().await.expect("a checkpoint");
    let control = ready.learner(Who::Control).await.expect("a learner");
    let mut changed = train.clone();
    changed[1] ^= 1;
    let mut other = session(settings.clone()).await;
    other.add(Split::Train, &changed).expect("training images");
    other.add(Split::Test, &test).expect("test images");
    assert_eq!(code(other.restore(&checkpoint)), "checkpoint-mismatch");
    other.train_only(Trains::Control).expect("alone");
    assert_eq!(code(other.adopt(Who::Control, &control)), "checkpoint-mismatch");
    let mut again = session(settings).await;
    again.restore(&checkpoint).expect("images may come later");
    assert_eq!(code(again.add(Split::Train, &changed)), "checkpoint-mismatch");
    assert_eq!(again.add(Split::Train, &train), Ok(1200));
}

fn code<T>(result: Result<T>) -> &'static str {
    match result {
        Ok(_) => "none",
        Err(error) => {
            assert!(error.to_string().ends_with('.'), "a sentence: {error}");
            error.code()
        }
    }
}

pub async fn bad_files_are_refused_and_nothing_is_lost() {
    let device = device().await;
    let other = save(&network(Architecture::ResNet14, 1).await.params, Precision::Half).await.expect("weights");
    let mismatch = Session::new(small(json!({})), &other, &device).err().expect("an error");
    assert_eq!(mismatch.code(), "weights-mismatch");
    assert!(mismatch.to_string().contains("ResNet-14"), "it says what the file is: {mismatch}");
    assert_eq!(code(Session::new(small(json!({})), b"not weights", &device)), "weights-unreadable");
    assert_eq!(code(Session::new(small(json!({})), &teacher().await[..500], &device)), "weights-unreadable");

    let mut run = session(json!({"dataset": "cifar10"})).await;
    run.add(Split::Train, &files(Split::Train, 16)).expect("images");
    run.add(Split::Test, &files(Split::Test, 8)).expect("images");
    run.step(2).await.expect("two steps");
    let before = run.checkpoint().await.expect("a checkpoint");
    assert_eq!(code(run.add(Split::Train, &files(Split::Train, 1)[..3000])), "data-truncated");
    assert_eq!(code(run.add(Split::Train, &[255; 3073])), "data-foreign");
    assert_eq!(code(run.restore(b"not a checkpoint")), "checkpoint-unreadable");
    assert_eq!(code(run.restore(&before[..before.len() / 2])), "checkpoint-unreadable");
    assert_eq!(code(run.restore(&teacher().await)), "checkpoint-unreadable");
    let mut foreign = session(json!({"dataset": "cifar10", "seed": 1})).await;
    assert_eq!(code(foreign.restore(&before)), "checkpoint-mismatch");
    assert_eq!(code(run.adjust(&object(json!({"batchSize": 8})))), "setting-invalid");
    assert_eq!(code(run.adjust(&object(json!({"tau": 8})))), "setting-unknown");
    same_bytes(Ok(before), run.checkpoint().await);
    run.step(1).await.expect("the run goes on");
}

pub async fn probes_refuse_bad_options() {
    let session = session(json!({})).await;
    let bench = session.bench();
    for (name, options, expected) in [
        ("crystal-ball", json!({}), "probe-unknown"),
        ("grad-cam", json!({"images": 0}), "probe-invalid"),
        ("grad-cam", json!({"images": 9}), "probe-invalid"),
        ("grad-cam", json!({"images": [8]}), "probe-invalid"),
        ("grad-cam", json!({"images": []}), "probe-invalid"),
        ("grad-cam", json!({"tap": "f4"}), "probe-invalid"),
        ("grad-cam", json!({"tap": 3}), "probe-invalid"),
        ("grad-cam", json!({"clas": "label"}), "probe-invalid"),
        ("adversarial", json!({"epsilon": -1}), "probe-invalid"),
        ("adversarial", json!({"epsilon": "8"}), "probe-invalid"),
        ("adversarial", json!({"steps": 1.5}), "probe-invalid"),
        ("adversarial", json!({"images": [0], "pictures": [1]}), "probe-invalid"),
    ] {
        assert_eq!(code(probes::run(name, &object(options.clone()), &bench).await), expected, "{name} {options}");
    }
}

pub async fn live_settings_change_the_loss() {
    let mut run = session(json!({})).await;
    assert_eq!(run.formula(), "L = 0.1·CE(y, s) + 0.9·4²·KL(t/4 ‖ s/4)");
    run.step(2).await.expect("two steps");
    run.adjust(&object(json!({"alpha": 0.3, "temperature": 2}))).expect("adjusted");
    assert_eq!(run.formula(), "L = 0.7·CE(y, s) + 0.3·2²·KL(t/2 ‖ s/2)");
    let events = run.step(1).await.expect("a step");
    let Some(Event::Progress { student: Some(student), .. }) = events.first() else {
        panic!("progress comes first: {events:?}");
    };
    let kl = student.terms["kl"];
    assert!((kl.weighted - kl.raw * 1.2).abs() < 1e-9, "{kl:?}");
    // A checkpoint carries the live settings of its moment.
    let saved = run.checkpoint().await.expect("a checkpoint");
    let mut other = session(json!({})).await;
    other.restore(&saved).expect("restored");
    assert_eq!(other.formula(), run.formula());
}

/// Every method trains in a session, in all its phases, and a run that was stopped goes on as if it had not been. In the second
/// epoch the whole run remembers what the teacher said of each copy, and the resumed one computes half of it: the same bits.
pub async fn every_method_runs_and_goes_on_bit_for_bit() {
    for method in METHODS {
        let mut patch = object(json!({"method": method.name, "copies": 1}));
        let options = (method.options)();
        if options.iter().any(|f| f.name == "initShare") {
            patch.insert("initShare".into(), json!(0.375));
        }
        if options.iter().any(|f| f.name == "dimensions") {
            patch.insert("dimensions".into(), json!(8));
        }
        let patch = Value::Object(patch);
        let mut whole = session(patch.clone()).await;
        assert!(whole.formula().starts_with("L = "), "{}: {}", method.name, whole.formula());
        whole.step(2).await.unwrap_or_else(|e| panic!("{}: {e}", method.name));
        let saved = whole.checkpoint().await.expect("a checkpoint");
        let events = whole.step(4).await.unwrap_or_else(|e| panic!("{}: {e}", method.name));
        let finite = events.iter().all(|e| match e {
            Event::Progress { student: Some(student), .. } => student.terms.values().all(|t| t.raw.is_finite()),
            _ => true,
        });
        assert!(finite, "{}: {events:?}", method.name);
        let mut resumed = session(patch).await;
        resumed.restore(&saved).unwrap_or_else(|e| panic!("{}: {e}", method.name));
        resumed.step(4).await.expect("steps");
        let (a, b) = (whole.checkpoint().await.expect("bytes"), resumed.checkpoint().await.expect("bytes"));
        assert!(a == b, "{}: the resumed run is another one", method.name);
    }
}

/// Student and control in sessions of their own, as in two workers, against both in one.
pub async fn learners_apart_are_learners_together() {
    let settings = json!({"method": "crd", "dimensions": 8, "copies": 2});
    let mut both = session(settings.clone()).await;
    let events = both.step(8).await.expect("eight steps");
    let (mut student, mut control) = (session(settings.clone()).await, session(settings.clone()).await);
    student.train_only(Trains::Student).expect("alone");
    control.train_only(Trains::Control).expect("alone");
    let mut evaluations = Vec::new();
    while student.steps_done() < 8 {
        let count = student.until_due();
        let alone = student.step(count).await.expect("steps");
        assert!(alone.iter().all(|e| !matches!(e, Event::Progress { control: Some(_), .. })));
        assert_eq!(code(student.evaluate().await), "checkpoint-mismatch", "the control is behind");
        control.step(count).await.expect("steps");
        let state = control.learner(Who::Control).await.expect("a learner");
        student.adopt(Who::Control, &state).expect("brought along");
        evaluations.push(Event::Evaluation(Box::new(student.evaluate().await.expect("an evaluation"))));
    }
    let expected: Vec<_> = events.into_iter().filter(|e| matches!(e, Event::Evaluation(_))).collect();
    assert_eq!(evaluations, expected);
    let state = control.learner(Who::Control).await.expect("a learner");
    let mut fresh = session(settings.clone()).await;
    fresh.restore(&student.checkpoint().await.expect("a checkpoint")).expect("both stand at the same step");
    same_bytes(fresh.checkpoint().await, both.checkpoint().await);

    // A control is the same whatever teaches the student; another seed's is not, nor another step's.
    let mut other = session(json!({"method": "kl", "copies": 2})).await;
    assert_eq!(code(other.adopt(Who::Control, &state)), "checkpoint-mismatch", "another step");
    other.step(8).await.expect("eight steps");
    other.adopt(Who::Control, &state).expect("the same control");
    same_bytes(other.export(Who::Control).await, both.export(Who::Control).await);
    assert_eq!(code(session(json!({"seed": 5, "copies": 2})).await.adopt(Who::Control, &state)), "checkpoint-mismatch");
    assert_eq!(code(other.adopt(Who::Control, &state[..99])), "checkpoint-unreadable");
    let mut chain = session(json!({"assistants": "resnet8"})).await;
    assert_eq!(code(chain.train_only(Trains::Student)), "setting-invalid");

    // A control that was stopped goes on from what it left.
    let mut again = session(settings).await;
    again.train_only(Trains::Control).expect("alone");
    again.adopt(Who::Control, &state).expect("its own");
    assert_eq!(again.steps_done(), 8);
}

/// What the teacher says ahead in one session is what another would have computed itself.
pub async fn taught_ahead_is_taught() {
    for settings in [json!({"method": "kl"}), json!({"method": "srd"})] {
        let (mut plain, mut told, mut other) =
            (session(settings.clone()).await, session(settings.clone()).await, session(settings.clone()).await);
        for step in [1, 2, 5] {
            let said = other.teach(step).await.expect("a teacher").expect("it reads no maps");
            told.prepare(step, &said).expect("the same run");
            assert_eq!(code(told.prepare(step, &said[1..])), "checkpoint-mismatch");
        }
        // Numbers that are not the teacher's would change the run: what was said is used.
        let mut misled = session(settings.clone()).await;
        let said = other.teach(1).await.expect("a teacher").expect("it reads no maps");
        misled.prepare(1, &said.iter().map(|x| 1.0 - x).collect::<Vec<_>>()).expect("as many numbers");
        plain.step(8).await.expect("eight steps");
        told.step(8).await.expect("eight steps");
        misled.step(8).await.expect("eight steps");
        same_bytes(told.checkpoint().await, plain.checkpoint().await);
        assert_ne!(misled.export(Who::Student).await, plain.export(Who::Student).await);
    }
    for nothing in
        [json!({"method": "at"}), json!({"method": "labels"}), json!({"copies": 2}), json!({"assistants": "resnet8"})]
    {
        assert_eq!(session(nothing).await.teach(1).await, Ok(None));
    }
}

/// With fixed copies the teacher's outputs are kept; sessions may share them, and computing them gives the same run.
pub async fn fixed_copies_are_taught_once() {
    let settings = json!({"copies": 2, "epochs": 4});
    let mut whole = session(settings.clone()).await;
    let shared = Targets::default();
    whole.share(&shared);
    whole.step(8).await.expect("two epochs");
    assert_eq!(shared.len(), 32, "each image in both copies");
    whole.step(8).await.expect("two more");
    assert_eq!(shared.len(), 32);
    let mut second = session(settings.clone()).await;
    let stored = shared.save().await.expect("bytes");
    second.share(&Targets::load(&stored, &device().await).expect("read back"));
    second.step(16).await.expect("all steps");
    same_bytes(whole.checkpoint().await, second.checkpoint().await);
    // Taken up in a new session before every epoch, the teacher is asked again each time.
    let mut state = session(settings.clone()).await.checkpoint().await.expect("a checkpoint");
    for _ in 0..4 {
        let mut part = session(settings.clone()).await;
        part.restore(&state).expect("restored");
        part.step(4).await.expect("an epoch");
        state = part.checkpoint().await.expect("a checkpoint");
    }
    same_bytes(whole.checkpoint().await, Ok(state));
    // Copies of the same place are the same in every seed; without copies every step draws its own.
    let mut drawn = session(json!({"copies": 0, "epochs": 4})).await;
    let none = Targets::default();
    drawn.share(&none);
    drawn.step(8).await.expect("two epochs");
    assert!(none.is_empty());
}

/// teacher → assistant → student, stopped in the middle of the second lesson.
pub async fn a_chain_hands_on_its_students() {
    let patch =
        json!({"assistants": "resnet14", "epochs": 1, "optimiser": "adamw", "learningRate": 1e-3, "method": "at"});
    let mut whole = session(patch.clone()).await;
    assert_eq!((whole.steps_per_epoch(), whole.total_steps()), (4, 8));
    let events = whole.step(4).await.expect("the first lesson");
    let handed = Event::Graduation { step: 4, teacher: "resnet14", student: "resnet8" };
    assert_eq!(events.last(), Some(&handed));
    assert_eq!(whole.network(Who::Teacher).architecture(), Architecture::ResNet14);
    whole.step(1).await.expect("the second lesson");
    let saved = whole.checkpoint().await.expect("a checkpoint");
    let taught = whole.export(Who::Teacher).await.expect("weights");
    let events = whole.step(3).await.expect("the rest");
    assert_eq!(events.last(), Some(&Event::Finished { step: 8 }));
    assert_eq!(whole.export(Who::Teacher).await.expect("weights"), taught, "a teacher does not change");
    let mut resumed = session(patch).await;
    resumed.restore(&saved).expect("restored");
    assert_eq!(resumed.export(Who::Teacher).await.expect("weights"), taught);
    resumed.step(3).await.expect("the rest");
    same_bytes(whole.checkpoint().await, resumed.checkpoint().await);
}

/// An assistant of the student's own architecture is another network from the start on.
pub async fn networks_of_a_chain_start_apart() {
    // DKPP draws a permutation in every step, SRD has a projector of its own.
    for method in ["dkpp", "srd"] {
        let settings = |assistants: &str| json!({"assistants": assistants, "epochs": 1, "method": method});
        let mut chain = session(settings("resnet8,resnet8")).await;
        let mut starts = Vec::new();
        for lesson in 0..3 {
            let start = chain.export(Who::Student).await.expect("weights");
            same_bytes(Ok(start.clone()), chain.export(Who::Control).await);
            assert!(!starts.contains(&start), "lesson {lesson} of {method} starts where an earlier one did");
            starts.push(start);
            chain.step(4).await.expect("a lesson");
        }
        // The last student starts as it would without assistants.
        same_bytes(Ok(starts.remove(2)), session(settings("")).await.export(Who::Student).await);
    }
}

/// Convnets of different families and a transformer teach each other; what does not fit says which taps disagree.
pub async fn families_mix() {
    let device = device().await;
    for (teacher, student, method) in [
        (Architecture::Vgg8, Architecture::ResNet8, "vid"),
        (Architecture::ResNet8, Architecture::Vgg8, "hint"),
        (Architecture::ResNet8, Architecture::VitTiny, "srd"),
        (Architecture::VitTiny, Architecture::Wrn16x1, "reviewkd"),
        (Architecture::Wrn16x1, Architecture::ResNet8, "ofd"),
    ] {
        let weights = save(&network(teacher, 3).await.params, Precision::Full).await.expect("weights");
        let mut patch = json!({"teacher": teacher.name(), "student": student.name(), "method": method, "epochs": 1, "testImages": 2});
        if method == "srd" {
            patch["distance"] = json!("deit");
        }
        let mut run = Session::new(small(patch), &weights, &device).expect("they fit");
        run.step(2).await.unwrap_or_else(|e| panic!("{teacher} → {student} with {method}: {e}"));
    }
    let weights = save(&network(Architecture::Vgg8, 3).await.params, Precision::Full).await.expect("weights");
    for (method, words) in [("reviewkd", "f1 to f4"), ("fsp", "channels")] {
        let error = Session::new(small(json!({"teacher": "vgg8", "method": method})), &weights, &device).err();
        let error = error.expect("a refusal");
        assert!(error.code() == "setting-invalid" && error.to_string().contains(words), "{error}");
    }
}

pub async fn a_training_goes_on_bit_for_bit() {
    let device = device().await;
    let recipe = |seed| Recipe {
        optimiser: "sgd".into(),
        jitter: 0.4,
        without: None,
        augment: true,
        dataset: DatasetKind::Shapes32,
        architecture: "resnet8".into(),
        epochs: 2,
        batch_size: 8,
        learning_rate: 0.1,
        warm_up: 0.25,
        momentum: 0.9,
        weight_decay: 5e-4,
        seed,
        init: None,
    };
    let start =
        |seed| Trainer::new(recipe(seed), shapes::generate(0, Split::Train, 0, 24), None, &device).expect("a training");
    let mut whole = start(0);
    for _ in 0..6 {
        whole.step().expect("a step");
    }
    let mut first = start(0);
    first.step().expect("a step");
    first.step().expect("a step");
    let saved = first.checkpoint().await.expect("a checkpoint");
    let mut second = start(0);
    second.restore(&saved).expect("restored");
    while second.steps_done() < second.total_steps() {
        second.step().expect("a step");
    }
    same_bytes(whole.checkpoint().await, second.checkpoint().await);
    assert_eq!(code(start(1).restore(&saved)), "checkpoint-mismatch");
}

pub async fn weights_survive_export_and_import() {
    let device = device().await;
    let original = network(Architecture::Wrn16x2, 3).await;
    let x = crate::fixtures::images(2, 7).await;
    let expected = read(original.logits(x.clone())).await;
    for (precision, tolerance) in [(Precision::Full, 0.0), (Precision::Half, 5e-3)] {
        let bytes = save(&original.params, precision).await.expect("weights");
        let mut copy = Network::new(Architecture::Wrn16x2, 10, DatasetKind::Cifar10.normalisation(), 9, &device);
        load(&mut copy, &bytes, &device).expect("loaded");
        crate::fixtures::assert_close("logits", &read(copy.logits(x.clone())).await, &expected, tolerance);
        let mut hundred = Network::new(Architecture::Wrn16x2, 100, DatasetKind::Cifar100.normalisation(), 9, &device);
        let error: Error = load(&mut hundred, &bytes, &device).expect_err("another number of classes");
        assert_eq!(error.code(), "weights-mismatch");
    }
}
