//! Studies through the library and the program: the same grid whole, interrupted, in two halves; files that do not fit.

#![cfg(all(not(target_arch = "wasm32"), feature = "cpu"))]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use kd_lens::data::{Dataset, DatasetKind, IMAGE_BYTES, Split, cifar, derived};
use kd_lens::device::{Backend, open};
use kd_lens::nets::{Architecture, Network};
use kd_lens::study::{Folder, Notice, Outcome, Part, Plan, Verdict, Work, judge, merge, run, write_report};
use kd_lens::weights::{Precision, digest, save};
use kd_lens::{Error, Result};

/// A folder of its own for a test, empty at its start.
fn scratch(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&path);
    std::fs::create_dir_all(&path).expect("a folder");
    path
}

/// An untrained teacher: enough to compute with.
fn teacher(folder: &Path) -> PathBuf {
    untrained(folder, "teacher", 7)
}

fn untrained(folder: &Path, name: &str, seed: u64) -> PathBuf {
    let device = pollster::block_on(open(Backend::Cpu)).expect("the CPU").device;
    let kind = DatasetKind::Shapes32;
    let network = Network::new(Architecture::ResNet8, kind.classes().len(), kind.normalisation(), seed, &device);
    let bytes = pollster::block_on(save(&network.params, Precision::Full)).expect("weights");
    let path = folder.join(format!("{name}.safetensors"));
    std::fs::write(&path, bytes).expect("a file");
    path
}

/// Two methods and two seeds of the smallest run there is.
fn tiny(teacher: &Path) -> String {
    format!(
        r#"
name = "Tiny <study>"
question = "Does it run?"
notMeasured = ["Anything of interest."]

[settings]
dataset = "shapes32"
teacher = "resnet8"
student = "resnet8"
trainImages = 16
testImages = 8
batchSize = 4
epochs = 1

[grid]
seed = [0, 1]
method = ["labels", {{ name = "kl", alpha = 0.5, label = "KL, half" }}]

[teacherWeights]
shapes32-resnet8 = "{}"

[[probe]]
name = "grad-cam"
images = 4

[[claim]]
id = "labels"
sentence = "A student that never sees its teacher agrees with it more than the control."
probe = "evaluation"
path = "/agreement"
expect = "student > control"
cells = {{ method = "labels" }}

[[claim]]
id = "maps"
sentence = "The student looks where its teacher looks."
probe = "grad-cam"
student = "/items/*/cosine/teacherStudent"
control = "/items/*/cosine/teacherControl"
expect = "student > control"
controlCells = {{ method = "labels" }}

[[claim]]
id = "methods"
sentence = "KL brings the student closer to the teacher than labels."
probe = "evaluation"
path = "/divergence"
expect = "a < b"
a = {{ method = "KL, half" }}
b = {{ method = "labels" }}
"#,
        teacher.display()
    )
}

fn parse(text: &str) -> Result<Plan> {
    Plan::parse(text, "tiny.toml", &|path| {
        Ok(digest(&std::fs::read(path).map_err(|e| Error::WeightsMissing(format!("{}: {e}", path.display())))?))
    })
}

fn cpu() -> burn::tensor::Device {
    pollster::block_on(open(Backend::Cpu)).expect("the CPU").device
}

fn no_images(_: DatasetKind, _: Split, _: usize) -> Result<Vec<u8>> {
    Err(Error::DataMissing("Shapes-32 needs no files.".into()))
}

/// Runs a part of a plan; `stop_after` steps it is stopped as by a kill.
fn compute(plan: &Plan, root: &Path, part: Part, jobs: usize, stop_after: usize) -> (Folder, Outcome) {
    let folder = Folder::create(root, plan).expect("a folder");
    let device = pollster::block_on(open(Backend::Cpu)).expect("the CPU").device;
    let (stop, steps) = (AtomicBool::new(false), AtomicUsize::new(0));
    let tell = |notice: Notice<'_>| {
        if let Notice::Steps { count, .. } = notice
            && steps.fetch_add(count, Ordering::Relaxed) + count >= stop_after
        {
            stop.store(true, Ordering::Relaxed);
        }
    };
    let mut work = Work::new(device, &no_images, &tell, &stop);
    (work.part, work.jobs, work.checkpoint_seconds, work.machine) = (part, jobs, 0.0, "a machine".into());
    let outcome = run(plan, &folder, &work).expect("a run");
    (folder, outcome)
}

fn whole(plan: &Plan, root: &Path) -> Folder {
    let (folder, outcome) = compute(plan, root, Part::WHOLE, 2, usize::MAX);
    assert_eq!((outcome.finished, outcome.failed), (plan.cells.len(), 0));
    write_report(&folder, plan).expect("a report");
    folder
}

/// Every file of the result that must not depend on how it was computed.
fn results(root: &Path) -> BTreeMap<String, Vec<u8>> {
    let read = |name: &str| std::fs::read(root.join(name)).unwrap_or_else(|e| panic!("{name}: {e}"));
    let mut files = BTreeMap::new();
    for name in ["cells.jsonl", "results.csv", "plan.json"] {
        files.insert(name.to_string(), read(name));
    }
    for claim in ["maps", "labels", "methods"] {
        for ending in ["svg", "png"] {
            let name = format!("figures/{claim}.{ending}");
            files.insert(name.clone(), read(&name));
        }
    }
    let page = String::from_utf8(read("report.html")).expect("text");
    let (before, rest) = page.split_once("<!-- machines -->").expect("a section on machines");
    let (_, after) = rest.split_once("<!-- /machines -->").expect("its end");
    files.insert("report.html".into(), format!("{before}{after}").into_bytes());
    files
}

fn same(a: &Path, b: &Path) {
    let (a, b) = (results(a), results(b));
    for (name, bytes) in &a {
        assert!(!bytes.is_empty(), "{name} is empty");
        assert!(b[name] == *bytes, "{name} differs");
    }
}

#[test]
fn halves_and_an_interrupted_run_give_what_the_whole_gives() {
    let root = scratch("study-same");
    let plan = parse(&tiny(&teacher(&root))).expect("a plan");
    assert_eq!(plan.cells.len(), 4);
    whole(&plan, &root.join("whole"));

    // One at a time, stopped after the first control (four steps each) …
    let interrupted = root.join("interrupted");
    let (_, none) = compute(&plan, &interrupted, Part::WHOLE, 1, 4);
    assert_eq!((none.before, none.finished), (0, 0));
    // … and in the second cell (four steps a cell, a checkpoint after each slice), the second control before them.
    let (folder, first) = compute(&plan, &interrupted, Part::WHOLE, 1, 12);
    assert_eq!((first.before, first.finished), (0, 1));
    let done: Vec<_> = plan.cells.iter().filter(|c| folder.record(&plan, &c.id).is_some()).collect();
    let before = std::fs::read(folder.cell(&done[0].id).join("cell.json")).expect("a record");
    assert!(folder.cell(&plan.cells[1].id).join("run.checkpoint").exists(), "the second cell left its checkpoint");
    // What was never finished shows as that.
    write_report(&folder, &plan).expect("a report");
    let page = std::fs::read_to_string(interrupted.join("report.html")).expect("a page");
    assert!(page.contains("3 of 4 cells are not finished"), "the report says what is missing");
    let (folder, second) = compute(&plan, &interrupted, Part::WHOLE, 1, usize::MAX);
    assert_eq!((second.before, second.finished, second.failed), (1, 3, 0));
    assert_eq!(std::fs::read(folder.cell(&done[0].id).join("cell.json")).expect("a record"), before, "computed again");
    let resumed = folder.record(&plan, &plan.cells[1].id).expect("finished");
    assert_eq!((resumed.times.resumed, resumed.steps, resumed.history.len()), (1, 4, 1));
    write_report(&folder, &plan).expect("a report");
    same(&root.join("whole"), &interrupted);

    for which in [1, 2] {
        let part = Part { which, of: 2 };
        let (_, outcome) = compute(&plan, &root.join(format!("half-{which}")), part, 1, usize::MAX);
        assert_eq!(outcome.finished, 2);
    }
    let parts = [root.join("half-1"), root.join("half-2")];
    let (joined, merged, finished) = merge(&root.join("joined"), &parts).expect("one study");
    assert_eq!((merged == plan, finished), (true, 4));
    write_report(&joined, &merged).expect("a report");
    same(&root.join("whole"), &root.join("joined"));

    let other = parse(&tiny(&root.join("teacher.safetensors")).replace("Does it run?", "Another?")).expect("a plan");
    Folder::create(&root.join("other"), &other).expect("a folder");
    let error = merge(&root.join("no"), &[root.join("half-1"), root.join("other")]).map(|_| ()).unwrap_err();
    assert!(error.to_string().contains("not the same study"), "{error}");
}

#[test]
fn a_student_taught_by_labels_alone_is_its_control() {
    let root = scratch("study-labels");
    let plan = parse(&tiny(&teacher(&root))).expect("a plan");
    let folder = whole(&plan, &root.join("out"));
    let records: BTreeMap<_, _> =
        plan.cells.iter().map(|c| (c.id.clone(), folder.record(&plan, &c.id).expect("finished"))).collect();
    let found: Vec<_> = plan.claims.iter().map(|claim| judge(claim, &plan, &records)).collect();
    let labels = &found[0].groups[0];
    assert_eq!((labels.across.verdict, labels.across.n, labels.across.mean), (Verdict::NotSeen, 2, Some(0.0)));
    assert!(labels.seeds.iter().all(|row| row.n == Some(8) && row.difference.value == 0.0));
    // The control group of the second claim is the same, and is not among its groups.
    assert_eq!((found[1].groups.len(), found[1].control_groups.len()), (1, 1));
    assert_eq!(found[1].control_groups[0].across.verdict, Verdict::NotSeen);
    assert_eq!(found[1].groups[0].controls_apart.map(|a| a.pairs), Some(1));
    // KL pulls the student towards the teacher's outputs: its divergence is smaller in both seeds.
    assert!(found[2].groups[0].seeds.iter().all(|row| row.difference.value < 0.0), "{:?}", found[2].groups[0]);
    let mut controls: Vec<_> = records.values().map(|r| r.weights["control"].clone()).collect();
    controls.sort();
    controls.dedup();
    assert_eq!(controls.len(), 2, "one control for each seed, whatever the method");
    for record in records.values() {
        assert_eq!(record.weights["student"] == record.weights["control"], record.settings["method"] == "labels");
    }
    let page = std::fs::read_to_string(root.join("out/report.html")).expect("a page");
    assert!(page.contains("Tiny &lt;study&gt;") && !page.contains("<script"));
    // No other file and no host.
    for outside in ["src=", "url(", "@import", "href=\"http"] {
        assert!(!page.contains(outside), "{outside}");
    }
    assert!(page.contains("In this study 4 cells share 2 controls"), "the report says what is shared");
    assert_eq!(page.matches("<svg").count(), 3);
    for bad in ["NaN", "inf ", "null"] {
        assert!(!page.contains(bad), "{bad} in the report");
    }
    let svg = std::fs::read_to_string(root.join("out/figures/maps.svg")).expect("a figure");
    assert!(svg.contains("KL, half") && svg.contains("<text"), "text in the SVG");
    let csv = std::fs::read_to_string(root.join("out/results.csv")).expect("a table");
    let columns = |line: &str| line.replace("\"KL, half\"", "KL").split(',').count();
    assert!(csv.lines().all(|line| columns(line) == columns(csv.lines().next().unwrap_or_default())), "{csv}");
    assert_eq!(csv.lines().filter(|l| l.contains("/accuracy,comparison,8,")).count(), 4);
}

/// A learning rate may change during a run and decides the control all the same.
#[test]
fn cells_of_other_learning_rates_have_other_controls() {
    let root = scratch("study-rates");
    let text = tiny(&teacher(&root)).replace("seed = [0, 1]", "seed = [0]\nlearningRate = [0.01, 0.1]");
    let plan = parse(&text).expect("a plan");
    let folder = whole(&plan, &root.join("out"));
    let record = |rate: &str, method: &str| {
        let cell = plan.cells.iter().find(|c| (c.label("learningRate"), c.label("method")) == (rate, method));
        folder.record(&plan, &cell.expect("a cell").id).expect("finished")
    };
    for rate in ["0.01", "0.1"] {
        let (labels, taught) = (record(rate, "labels"), record(rate, "KL, half"));
        // A student of labels alone is its control, so this is the control of that learning rate.
        assert_eq!(labels.weights["control"], labels.weights["student"], "{rate}");
        assert_eq!(taught.weights["control"], labels.weights["control"], "{rate}");
    }
    assert_ne!(record("0.01", "labels").weights["control"], record("0.1", "labels").weights["control"]);
    let page = std::fs::read_to_string(root.join("out/report.html")).expect("a page");
    assert!(page.contains("In this study 4 cells share 2 controls"));
}

/// A part that an earlier version computed: its plan lacks a setting that came later.
#[test]
fn a_plan_without_a_newer_setting_is_merged() {
    let root = scratch("study-older");
    let plan = parse(&tiny(&teacher(&root)).replace("seed = [0, 1]", "seed = [0]")).expect("a plan");
    for which in [1, 2] {
        compute(&plan, &root.join(format!("half-{which}")), Part { which, of: 2 }, 1, usize::MAX);
    }
    let path = root.join("half-1/plan.json");
    let written: serde_json::Value = serde_json::from_slice(&std::fs::read(&path).expect("a plan")).expect("JSON");
    let change = |name: &str, value: Option<&str>| {
        let mut older = written.clone();
        for cell in older["cells"].as_array_mut().expect("cells") {
            let settings = cell["settings"].as_object_mut().expect("settings");
            settings.remove(name);
            settings.extend(value.map(|value| (name.to_string(), value.into())));
        }
        std::fs::write(&path, older.to_string()).expect("a file");
    };
    let parts = [root.join("half-1"), root.join("half-2")];
    change("copies", None);
    let (joined, merged, finished) = merge(&root.join("joined"), &parts).expect("one study");
    assert_eq!((merged == plan, finished), (true, 2));
    write_report(&joined, &merged).expect("a report");
    let page = std::fs::read_to_string(root.join("joined/report.html")).expect("a page");
    assert!(page.contains("<code>copies</code></th><td>0</td>"), "what was done without the setting");
    // Of a later version, or damaged.
    for (name, value, word) in [("shades", Some("grey"), "shades"), ("epochs", Some("many"), "epochs")] {
        change(name, value);
        let error = merge(&root.join("no"), &parts).map(|_| ()).expect_err("a refusal");
        assert_eq!(error.code(), "setting-invalid");
        assert!(error.to_string().contains("plan.json") && error.to_string().contains(word), "{error}");
    }
}

#[test]
fn a_probe_added_later_needs_no_new_training() {
    let root = scratch("study-later");
    let text = tiny(&teacher(&root));
    let plan = parse(&text).expect("a plan");
    let part = Part { which: 1, of: 4 };
    let (first, _) = compute(&plan, &root.join("out"), part, 1, usize::MAX);
    let before = first.record(&plan, &plan.cells[0].id).expect("finished");
    let more = parse(&format!("{text}\n[[probe]]\nname = \"adversarial\"\nimages = 2\nsteps = 1\n")).expect("a plan");
    assert_eq!(more.cells[0].id, plan.cells[0].id);
    let steps = AtomicUsize::new(0);
    let folder = Folder::create(&root.join("out"), &more).expect("a folder");
    assert!(folder.record(&more, &more.cells[0].id).is_none(), "it was not asked everything");
    let tell = |notice: Notice<'_>| {
        if let Notice::Steps { count, .. } = notice {
            steps.fetch_add(count, Ordering::Relaxed);
        }
    };
    let stop = AtomicBool::new(false);
    let device = pollster::block_on(open(Backend::Cpu)).expect("the CPU").device;
    let mut work = Work::new(device, &no_images, &tell, &stop);
    work.part = part;
    assert_eq!(run(&more, &folder, &work).expect("a run").finished, 1);
    assert_eq!(steps.load(Ordering::Relaxed), 0, "no step of training");
    let after = folder.record(&more, &more.cells[0].id).expect("finished");
    assert_eq!((after.weights, after.history), (before.weights, before.history));
    assert_eq!(after.probes["adversarial"]["n"], 2);
}

#[test]
fn further_networks_reach_the_probes_and_decide_their_reports() {
    let root = scratch("study-bring");
    let text = tiny(&teacher(&root));
    let networks = ["a", "b"].map(|name| untrained(&root, name, u64::from(name.as_bytes()[0])));
    let with = |twin: &Path| {
        parse(&format!(
            "{text}\n[[probe]]\nname = \"adversarial\"\nsource = \"foreign\"\nimages = 4\nsteps = 1\nepsilon = 32\n\
             [[probe]]\nname = \"fidelity\"\nimages = 8\n\
             [bring]\nforeign = \"{}\"\ntwin.shapes32-resnet8 = \"{}\"\n",
            networks[0].display(),
            twin.display()
        ))
        .expect("a plan")
    };
    let part = Part { which: 1, of: 4 };
    let first = with(&networks[1]);
    assert_eq!(first.cells[0].id, parse(&text).expect("a plan").cells[0].id, "they decide nothing of the training");
    let (folder, outcome) = compute(&first, &root.join("out"), part, 1, usize::MAX);
    assert_eq!(outcome.finished, 1);
    let record = folder.record(&first, &first.cells[0].id).expect("finished");
    assert_eq!(record.brought["twin"], digest(&std::fs::read(&networks[1]).expect("a file")));
    assert_eq!(record.probes["adversarial"]["source"], "foreign");
    assert_eq!(record.probes["fidelity"]["foreign"]["n"], 8);
    let chance = record.probes["fidelity"]["chance"].clone();
    assert_eq!(chance["n"], 8);
    write_report(&folder, &first).expect("a report");
    let page = std::fs::read_to_string(root.join("out/report.html")).expect("a page");
    assert!(page.contains(&record.brought["foreign"]), "the report names the networks");

    // Another twin: the probes are asked again, nothing is trained again.
    let second = with(&networks[0]);
    let (folder, outcome) = compute(&second, &root.join("out"), part, 1, 1);
    assert_eq!((outcome.before, outcome.finished), (0, 1));
    let again = folder.record(&second, &second.cells[0].id).expect("finished");
    assert_eq!(again.weights, record.weights);
    assert_ne!(again.brought["twin"], record.brought["twin"]);

    for (table, words) in [
        ("twin.cifar10-resnet8 = \"x\"", "no cell is called so. Entries may be called shapes32, shapes32-resnet8"),
        ("sibling = \"x\"", "unknown field `sibling`"),
        ("foreign = 3", "a path or a table of paths"),
        ("foreign = \"nobody.safetensors\"", "nobody.safetensors"),
    ] {
        let error = parse(&format!("{text}\n[bring]\n{table}\n")).map(|_| ()).unwrap_err();
        assert!(error.to_string().contains(words), "{table}: {error}");
    }
    let other = Network::new(Architecture::ResNet14, 10, DatasetKind::Shapes32.normalisation(), 1, &cpu());
    let bytes = pollster::block_on(save(&other.params, Precision::Full)).expect("weights");
    std::fs::write(root.join("other.safetensors"), bytes).expect("a file");
    let plan = parse(&format!("{text}\n[bring]\ntwin = \"{}\"\n", root.join("other.safetensors").display()));
    let plan = plan.expect("a plan");
    let folder = Folder::create(&root.join("no"), &plan).expect("a folder");
    let stop = AtomicBool::new(false);
    let error = run(&plan, &folder, &Work::new(cpu(), &no_images, &|_: Notice<'_>| {}, &stop));
    assert!(error.is_ok_and(|outcome| outcome.finished == 0 && outcome.failed == 4));
    let why = folder.failure(&plan.cells[0].id).expect("a reason");
    assert!(why.contains("A twin must be a ResNet-8"), "{why}");
}

/// The tables of verdicts in the README are those of the reports that lie in the repository.
#[test]
fn the_readme_shows_the_committed_verdicts() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(root.join("README.md")).expect("a README");
    let mut shown = 0;
    for entry in std::fs::read_dir(root.join("studies")).expect("the studies").flatten() {
        let Ok(table) = std::fs::read_to_string(entry.path().join("verdicts.md")) else { continue };
        let name = entry.file_name().to_string_lossy().into_owned();
        assert!(
            text.contains(&format!("<!-- verdicts of {name} -->\n{table}<!-- /verdicts -->")),
            "{name} in README.md"
        );
        shown += 1;
    }
    assert!(shown > 0, "no study is in the repository");
}

/// Two controls beside each other, without any training of their own.
#[test]
fn chance_is_another_control() {
    let root = scratch("study-chance");
    let text = tiny(&teacher(&root))
        .replace("question =", "chance = \"another control\"\nquestion =")
        .replace("[[probe]]", "[bring]\ntwin = \"control\"\n\n[[probe]]")
        .replace("[[claim]]\nid = \"labels\"", "[[probe]]\nname = \"fidelity\"\nimages = 8\ncells = { method = \"another control\" }\n\n[[claim]]\nid = \"labels\"")
        .replace("[teacherWeights]", "[[without]]\nmethod = \"labels\"\nseed = 1\n\n[teacherWeights]");
    let plan = parse(&text).expect("a plan");
    let names: Vec<_> = plan.cells.iter().map(|c| (c.label("method"), c.label("seed"))).collect();
    let expected =
        [("labels", "0"), ("KL, half", "0"), ("KL, half", "1"), ("another control", "0"), ("another control", "1")];
    assert_eq!(names, expected);
    let folder = whole(&plan, &root.join("out"));
    let record = |method: &str, seed: &str| {
        let cell = plan.cells.iter().find(|c| (c.label("method"), c.label("seed")) == (method, seed)).expect("a cell");
        folder.record(&plan, &cell.id).expect("finished")
    };
    for (seed, other) in [("0", "1"), ("1", "0")] {
        let (chance, own, next) =
            (record("another control", seed), record("KL, half", seed), record("another control", other));
        assert_eq!(chance.weights["control"], own.weights["control"], "the control is everybody's");
        assert_eq!(chance.weights["student"], next.weights["control"], "the other seed's stands in");
        assert!(chance.weights["student"] != chance.weights["control"] && chance.history.is_empty());
        assert_eq!(own.history.len(), 1);
        assert!(!own.probes.contains_key("fidelity"), "a probe of other cells");
        let fidelity = &chance.probes["fidelity"];
        assert_eq!(fidelity["chance"]["n"], 8, "the twin was there: {fidelity}");
    }
    // The stand-in predicts what the twin predicts: they are the same control.
    assert_eq!(record("another control", "0").brought["twin"], "control of seed 1");
    let one = text.replace("seed = [0, 1]", "seed = [0]").replace("[[without]]\nmethod = \"labels\"\nseed = 1\n", "");
    assert!(parse(&one).expect_err("one seed").to_string().contains("at least two"));
    let unknown = text.replace("cells = { method = \"another control\" }", "cells = { method = \"none\" }");
    assert!(parse(&unknown).expect_err("no such label").to_string().contains("“none”"));
}

/// Digits of no meaning in three domains, as the command line makes them of files.
fn made_up(kind: DatasetKind, split: Split, count: usize) -> Result<Vec<u8>> {
    let value = |i: usize, p: usize| ((i * 37 + p * p * (i % 10 + 1)) % 256) as u8;
    let record = |i: usize| std::iter::once((i % 10) as u8).chain((0..784).map(move |p| value(i, p)));
    let plain = derived::digits(&(0..40).flat_map(record).collect::<Vec<u8>>())?;
    let mut photographs = Dataset::empty(DatasetKind::Cifar10);
    let grey: Vec<u8> = (0..derived::PHOTOGRAPHS).flat_map(|i| vec![(i % 200) as u8; IMAGE_BYTES]).collect();
    photographs.append(&grey, &vec![0; derived::PHOTOGRAPHS], None)?;
    let images = match kind.source() {
        None => {
            let mut plain = plain;
            plain.truncate(count);
            plain
        }
        Some(_) => derived::make(kind, split, count, &plain, Some(&photographs))?,
    };
    cifar::write(&images, kind)
}

#[test]
fn a_study_asks_about_domains_that_only_the_teacher_knew() {
    let root = scratch("study-groups");
    let text = tiny(&teacher(&root))
        .replace("dataset = \"shapes32\"", "dataset = \"digits-plain\"")
        .replace("shapes32-resnet8", "digits-plain-resnet8")
        .replace("seed = [0, 1]", "seed = [0]")
        + r#"
[[probe]]
name = "groups"
images = 8
triplets = 2
resolution = 3

[[claim]]
id = "photographs"
sentence = "The student is right more often than the control where neither was trained."
probe = "groups"
path = "/groups/2/comparison"
expect = "student > control"

[[claim]]
id = "gain"
sentence = "The gain is smaller there."
probe = "groups"
path = "/groups/1/gain/difference"
expect = "above chance"
chance = 0
"#;
    let plan = parse(&text).expect("a plan");
    let folder = Folder::create(&root.join("out"), &plan).expect("a folder");
    let stop = AtomicBool::new(false);
    let outcome = run(&plan, &folder, &Work::new(cpu(), &made_up, &|_: Notice<'_>| {}, &stop)).expect("a run");
    assert_eq!((outcome.finished, outcome.failed), (2, 0));
    let records: BTreeMap<_, _> =
        plan.cells.iter().map(|c| (c.id.clone(), folder.record(&plan, &c.id).expect("finished"))).collect();
    for record in records.values() {
        let groups = record.probes["groups"]["groups"].as_array().expect("groups");
        let names: Vec<_> = groups.iter().filter_map(|g| g["group"].as_str()).collect();
        assert_eq!(names, ["digits-plain", "digits-colour", "digits-photo"]);
        // The first group is the test set of the run.
        assert_eq!(groups[0]["accuracy"]["student"]["rate"], record.evaluation["scores"]["student"]["rate"]);
        assert!(groups.iter().all(|g| g["boundary"]["n"] == 2));
    }
    for claim in ["photographs", "gain"] {
        let claim = plan.claims.iter().find(|c| c.id == claim).expect("it is there");
        let found = judge(claim, &plan, &records);
        assert!(found.groups.iter().all(|g| g.seeds.len() == 1 && g.missing.is_empty()), "{found:?}");
    }
    // Where the other domains cannot be had, that is said before any training.
    let plain_only = |kind: DatasetKind, split, count| match kind {
        DatasetKind::DigitsPlain => made_up(kind, split, count),
        _ => Err(Error::DataMissing("No photographs.".into())),
    };
    let folder = Folder::create(&root.join("no"), &plan).expect("a folder");
    let error = run(&plan, &folder, &Work::new(cpu(), &plain_only, &|_: Notice<'_>| {}, &stop)).unwrap_err();
    assert_eq!(error.code(), "data-missing");
}

#[test]
fn wrong_options_of_a_probe_are_found_before_any_training() {
    let root = scratch("study-options");
    let plan = parse(&tiny(&teacher(&root)).replace("images = 4", "imagse = 4")).expect("a plan");
    let folder = Folder::create(&root.join("out"), &plan).expect("a folder");
    let steps = AtomicUsize::new(0);
    let tell = |notice: Notice<'_>| {
        if let Notice::Steps { count, .. } = notice {
            steps.fetch_add(count, Ordering::Relaxed);
        }
    };
    let stop = AtomicBool::new(false);
    let device = pollster::block_on(open(Backend::Cpu)).expect("the CPU").device;
    let error = run(&plan, &folder, &Work::new(device, &no_images, &tell, &stop)).unwrap_err();
    assert_eq!((error.code(), steps.load(Ordering::Relaxed)), ("probe-invalid", 0));
    assert!(error.to_string().contains("imagse") && error.to_string().contains("grad-cam"), "{error}");
}

#[test]
fn what_does_not_fit_is_said_in_a_sentence() {
    let root = scratch("study-bad");
    let good = tiny(&teacher(&root));
    assert!(parse(&good).is_ok());
    for (from, to, code, words) in [
        ("question =", "qestion =", "setting-invalid", "line 3: unknown field `qestion`"),
        ("name = \"Tiny <study>\"", "", "setting-invalid", "missing field `name`"),
        ("expect = \"a < b\"", "expect = \"a ? b\"", "setting-invalid", "unknown variant `a ? b`"),
        ("epochs = 1", "epochs = 1\nepoch = 2", "setting-unknown", "There is no setting “epoch”"),
        ("epochs = 1", "epochs = 1\nalpha = 0.5", "setting-unknown", "[[grid.method]]"),
        ("epochs = 1", "epochs = 0", "setting-invalid", "from 1 to 1000"),
        ("epochs = 1", "epochs = 1\nseed = 3", "setting-invalid", "both in `[settings]` and in `[grid]`"),
        ("seed = [0, 1]", "seed = [0, 0]", "setting-invalid", "Two entries of `seed`"),
        ("seed = [0, 1]", "seed = 0", "setting-invalid", "must be a list"),
        ("seed = [0, 1]", "sead = [0, 1]", "setting-unknown", "sead"),
        ("alpha = 0.5", "alhpa = 0.5", "setting-unknown", "alhpa"),
        ("\"labels\", {", "{ name = \"kl\", alpha = 0.5 }, {", "setting-invalid", "Two cells are the same run"),
        ("name = \"grad-cam\"", "name = \"gradcam\"", "probe-unknown", "There is no probe “gradcam”"),
        (
            "name = \"grad-cam\"",
            "name = \"grad-cam\"\nid = \"x\"",
            "setting-invalid",
            "no `[[probe]]` is called “grad-cam”",
        ),
        ("name = \"grad-cam\"", "name = \"grad-cam\"\nid = \"../x\"", "setting-invalid", "letters, digits"),
        ("id = \"maps\"", "id = \"labels\"", "setting-invalid", "Two claims are called “labels”"),
        ("path = \"/agreement\"", "path = \"agreement\"", "setting-invalid", "must begin with “/”"),
        ("path = \"/agreement\"", "", "setting-invalid", "give either `path`"),
        (
            "cells = { method = \"labels\" }",
            "cells = { method = \"label\" }",
            "setting-invalid",
            "nothing in `method` is called “label”",
        ),
        ("cells = { method = \"labels\" }", "cells = { nets = \"x\" }", "setting-invalid", "the grid has no `nets`"),
        ("b = { method = \"labels\" }", "", "setting-invalid", "`a` and `b` belong to"),
        ("b = { method = \"labels\" }", "b = { seed = 1 }", "setting-invalid", "takes several cells"),
        ("expect = \"a < b\"", "expect = \"above chance\"", "setting-invalid", "`chance` belongs to"),
        ("teacher.safetensors", "nobody.safetensors", "weights-missing", "nobody.safetensors"),
    ] {
        let bad = good.replacen(from, to, 1);
        assert_ne!(bad, good, "{from}");
        let error = parse(&bad).map(|_| ()).expect_err(&format!("{from} → {to}"));
        assert_eq!(error.code(), code, "{to}: {error}");
        assert!(error.to_string().contains(words), "{to}: {error}");
        assert!(!error.to_string().contains('\n'), "one line: {error}");
    }
    for bad in ["0/2", "3/2", "1", "a/b", "1/0", ""] {
        assert_eq!(bad.parse::<Part>().unwrap_err().code(), "setting-invalid", "{bad}");
    }
}

#[test]
fn a_cell_that_cannot_be_computed_is_left_and_reported() {
    let root = scratch("study-misfit");
    let text = tiny(&teacher(&root))
        .replace("student = \"resnet8\"\n", "")
        .replace("seed = [0, 1]", "seed = [0]\nstudent = [\"resnet8x4\", \"resnet8\"]")
        .replace("name = \"kl\", alpha = 0.5", "name = \"srd\", projector = \"none\"");
    let plan = parse(&text).expect("a plan");
    let (folder, outcome) = compute(&plan, &root.join("out"), Part::WHOLE, 2, usize::MAX);
    // Without a projector, vectors of 256 and 64 values do not fit.
    assert_eq!((outcome.finished, outcome.failed), (3, 1));
    write_report(&folder, &plan).expect("a report");
    let page = std::fs::read_to_string(root.join("out/report.html")).expect("a page");
    let given_up = plan.cells.iter().filter(|c| folder.failure(&c.id).is_some()).count();
    assert_eq!(given_up, outcome.failed);
    assert_eq!(page.matches("was given up").count(), outcome.failed);
}

/// The studies that come with kd-lens fit the format, their claims fit their probes, and what they read is in the repository.
#[test]
fn studies_that_come_with_it_are_sound() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut names = Vec::new();
    for entry in std::fs::read_dir(root.join("studies")).expect("a folder").flatten() {
        let path = entry.path();
        if path.extension().is_some_and(|e| e == "toml") {
            let text = std::fs::read_to_string(&path).expect("a study");
            let digest = |weights: &Path| match root.join(weights).exists() {
                true => Ok(digest(weights.display().to_string().as_bytes())),
                false => Err(Error::WeightsMissing(format!("{} is not here.", weights.display()))),
            };
            let plan = Plan::parse(&text, &path.display().to_string(), &digest).unwrap_or_else(|e| panic!("{e}"));
            assert!(!plan.claims.is_empty() && plan.cells.len() > 1);
            names.push(entry.file_name());
        }
    }
    for name in ["digits.toml", "bias.toml", "small.toml"] {
        assert!(names.iter().any(|n| n == name), "{name} is missing");
    }
}

/// The program itself, killed in the middle.
#[test]
fn a_killed_program_goes_on() {
    let root = scratch("study-killed");
    let file = root.join("tiny.toml");
    // Long enough to be killed in the middle.
    std::fs::write(&file, tiny(&teacher(&root)).replace("epochs = 1", "epochs = 6")).expect("a file");
    let start = |out: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kd-lens"));
        command.arg("study").arg(&file).args(["--jobs", "1", "--checkpoint-seconds", "0"]);
        command.arg("--out").arg(root.join(out)).stdout(Stdio::null()).stderr(Stdio::null());
        command
    };
    let mut child = start("killed").spawn().expect("the program");
    let cells = root.join("killed/cells");
    let finished = || {
        let homes = std::fs::read_dir(&cells).into_iter().flatten().flatten();
        homes.map(|home| home.path().join("cell.json")).filter(|path| path.exists()).collect::<Vec<_>>()
    };
    let patience = Instant::now();
    while finished().is_empty() && patience.elapsed() < Duration::from_secs(120) {
        std::thread::sleep(Duration::from_millis(5));
    }
    child.kill().expect("killed");
    child.wait().expect("gone");
    let first: BTreeMap<_, _> = finished().into_iter().map(|p| (p.clone(), std::fs::read(p).expect("whole"))).collect();
    assert!((1..4).contains(&first.len()), "killed in the middle, with {} of 4 cells finished", first.len());
    assert!(start("killed").status().expect("the program").success());
    for (path, bytes) in &first {
        assert!(std::fs::read(path).expect("still there") == *bytes, "{} was computed again", path.display());
    }
    assert!(start("whole").status().expect("the program").success());
    same(&root.join("whole"), &root.join("killed"));

    let out = root.join("joined");
    let joined = Command::new(env!("CARGO_BIN_EXE_kd-lens"))
        .args(["study", "merge"])
        .arg(&out)
        .arg(root.join("killed"))
        .output();
    let joined = joined.expect("the program");
    assert!(joined.status.success(), "{}", String::from_utf8_lossy(&joined.stderr));
    same(&root.join("whole"), &out);
}
