//! Every distillation method against PyTorch: `tests/reference/make_objectives.py` computed what is expected here.

use std::collections::BTreeMap;

use kd_lens::fields::Values;
use kd_lens::objectives::on_tensors::{Found, Outcome, run, run_terms};
use kd_lens::objectives::{METHODS, Method, Reads, Role, method};
use kd_lens::weights::{Tensors, decode};
use serde_json::{Map, Value};

use crate::fixtures::{device, either};

/// A case: its name, method, options, inputs and what PyTorch made of them.
struct Case {
    name: String,
    method: &'static Method,
    options: Values,
    inputs: Tensors,
    expected: Tensors,
}

fn cases() -> Vec<Case> {
    let (tensors, metadata) = decode(include_bytes!("../reference/objectives.safetensors")).expect("fixtures decode");
    let about: Value = serde_json::from_str(&metadata["kd-lens"]).expect("the cases are listed");
    let listed: &Map<String, Value> = about["cases"].as_object().expect("a table of cases");
    let mut split: BTreeMap<String, (Tensors, Tensors)> = BTreeMap::new();
    for (key, tensor) in tensors {
        let parts: Vec<&str> = key.splitn(4, '/').collect();
        let entry = split.entry(format!("{}/{}", parts[0], parts[1])).or_default();
        let side = if parts[2] == "in" { &mut entry.0 } else { &mut entry.1 };
        side.insert(parts[3].to_string(), tensor);
    }
    let all = split.into_iter().map(|(name, (inputs, expected))| {
        let method = method(name.split('/').next().expect("a method")).expect("a method of the registry");
        let given = listed[&name].as_object().expect("options");
        let options = Values::from_json(&(method.options)(), given).unwrap_or_else(|e| panic!("{name}: {e}"));
        Case { name, method, options, inputs, expected }
    });
    all.collect()
}

async fn compute(case: &Case) -> Outcome {
    let device = device().await;
    run(case.method, &case.options, &case.inputs, &device).await.unwrap_or_else(|e| panic!("{}: {e}", case.name))
}

/// Largest size in a tensor.
fn size(values: &[f32]) -> f64 {
    values.iter().fold(0.0, |m, v| m.max(f64::from(v.abs())))
}

/// What differs between a case and PyTorch.
fn differences(case: &Case, outcome: &Outcome, for_values: f64, for_gradients: f64) -> Vec<String> {
    let mut wrong = Vec::new();
    let expected = |name: String| case.expected.get(&name).map(|(_, values)| values.as_slice());
    let mut names: Vec<_> = case.expected.keys().filter_map(|k| k.strip_prefix("term.")).collect();
    names.retain(|name| !outcome.terms.iter().any(|t| t.name == *name));
    if !names.is_empty() {
        wrong.push(format!("terms {names:?} are missing"));
    }
    // A sum is as exact as its largest part.
    let largest = outcome.terms.iter().fold(0f64, |m, t| m.max((t.weight * t.value).abs()));
    for Found { name, weight, value, .. } in &outcome.terms {
        match (expected(format!("term.{name}")), expected(format!("weight.{name}"))) {
            (Some([v]), Some([w])) => {
                let (v, w) = (f64::from(*v), f64::from(*w));
                let allowed = for_values * v.abs().max(1e-2) + 2e-6;
                if (value - v).abs() > allowed || value.is_nan() {
                    wrong.push(format!("{name} is {value} instead of {v}"));
                }
                if (weight - w).abs() > 1e-5 * w.abs() {
                    wrong.push(format!("the weight of {name} is {weight} instead of {w}"));
                }
            }
            _ => wrong.push(format!("PyTorch has no term {name}")),
        }
    }
    if let Some([total]) = expected("total".into()) {
        let total = f64::from(*total);
        if (outcome.total - total).abs() > for_values * largest.max(total.abs()) + 2e-6 || outcome.total.is_nan() {
            wrong.push(format!("the total is {} instead of {total}", outcome.total));
        }
    }
    let gradients: BTreeMap<_, _> = outcome.gradients.iter().map(|(n, _, v)| (format!("grad.{n}"), v)).collect();
    let all = case.expected.iter().filter(|(name, _)| name.starts_with("grad."));
    // Gradients of a weighted term carry its rounding, 2e-9 or so where values are near 1, times its weight.
    let rounding = outcome.terms.iter().fold(1e-7, |m: f64, t| m.max(2e-9 * t.weight.abs()));
    let steepest = all.clone().fold(0f64, |m, (_, (_, v))| m.max(size(v)));
    for (name, (_, reference)) in all {
        let Some(own) = gradients.get(name) else {
            wrong.push(format!("{name} is missing"));
            continue;
        };
        // Where a gradient vanishes by cancellation (a bias before a normalisation) what is left is rounding of the others.
        let allowed = for_gradients * size(reference).max(0.05 * steepest) + rounding;
        let worst = own.iter().zip(reference).fold(0f64, |m, (a, e)| {
            let difference = (f64::from(*a) - f64::from(*e)).abs();
            if difference.is_nan() { f64::INFINITY } else { m.max(difference) }
        });
        if own.len() != reference.len() || worst > allowed {
            wrong.push(format!(
                "{name} differs by {worst:.2e} where {allowed:.2e} is allowed (largest {:.2e})",
                size(reference)
            ));
        }
    }
    for (name, _, values) in &outcome.state {
        if let Some(reference) = expected(format!("state.{name}")) {
            let worst =
                values.iter().zip(reference).fold(0f64, |m, (a, e)| m.max((f64::from(*a) - f64::from(*e)).abs()));
            if worst > 10.0 * for_values * size(reference) {
                wrong.push(format!("state {name} differs by {worst:.2e}"));
            }
        }
    }
    wrong
}

pub async fn every_method_computes_what_pytorch_does() {
    let (for_values, for_gradients) = (either(1e-5, 1e-3).await, either(1e-4, 1e-3).await);
    let (mut wrong, mut seen) = (Vec::new(), BTreeMap::new());
    for case in cases() {
        // WebGPU without a GPU compiles each shader for seconds; the usual numbers of every method will do there.
        if cfg!(feature = "gpu") && !case.name.ends_with("/random") {
            continue;
        }
        *seen.entry(case.method.name).or_insert(0) += 1;
        let outcome = compute(&case).await;
        let found = differences(&case, &outcome, for_values, for_gradients);
        wrong.extend(found.into_iter().map(|w| format!("{}: {w}", case.name)));
    }
    for method in METHODS {
        assert!(
            seen.get(method.name).is_some_and(|&n| n >= if cfg!(feature = "gpu") { 1 } else { 6 }),
            "{}",
            method.name
        );
    }
    assert!(wrong.is_empty(), "{} differences:\n{}", wrong.len(), wrong.join("\n"));
}

/// The total along a random direction through all student tensors and parameters, by central differences.
pub async fn gradients_are_finite_differences() {
    let mut wrong = Vec::new();
    // CRD's normaliser comes from its first batch, without gradient; where it is given, the total is smooth.
    let smooth = |c: &Case| c.name == "crd/z" || (c.name.ends_with("/random") && c.method.name != "crd");
    for case in cases().into_iter().filter(smooth) {
        let outcome = compute(&case).await;
        let steepest = outcome.gradients.iter().fold(0f64, |m, (_, _, g)| m.max(size(g)));
        // Along the gradient itself: the steepest line, where f32 sees most.
        let norm = outcome.gradients.iter().flat_map(|(_, _, g)| g).map(|v| f64::from(*v).powi(2)).sum::<f64>().sqrt();
        let mut best = f64::INFINITY;
        for step in [3e-2, 1e-2, 3e-3] {
            let mut totals = [0.0; 2];
            for (total, sign) in totals.iter_mut().zip([1.0, -1.0]) {
                let mut inputs = case.inputs.clone();
                for (name, _, gradient) in &outcome.gradients {
                    let tensor = inputs.get_mut(name).expect("an input of that name");
                    for (x, g) in tensor.1.iter_mut().zip(gradient) {
                        *x += (sign * step * f64::from(*g) / norm) as f32;
                    }
                }
                let moved = Case {
                    inputs,
                    options: case.options.clone(),
                    name: case.name.clone(),
                    expected: Tensors::new(),
                    ..case
                };
                *total = compute(&moved).await.total;
            }
            let slope = (totals[0] - totals[1]) / (2.0 * step);
            best = best.min((slope - norm).abs() / norm);
        }
        if steepest == 0.0 || best > 0.02 {
            wrong.push(format!("{}: the slope is off by {:.1} %", case.name, 100.0 * best));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

pub async fn bad_tensors_are_named() {
    let all = cases();
    let find = |name: &str| all.iter().find(|c| c.name == name).expect("a case");
    let device = device().await;
    let message = async |case: &Case, change: &dyn Fn(&mut Tensors)| {
        let mut inputs = case.inputs.clone();
        change(&mut inputs);
        let error = run(case.method, &case.options, &inputs, &device).await.expect_err("an error");
        (error.code(), error.to_string())
    };
    let srd = find("srd/random");
    let param = "param.projector.0.weight";
    for (change, names) in [
        (&(|t: &mut Tensors| drop(t.remove("student.logits"))) as &dyn Fn(&mut Tensors), "student.logits"),
        (&|t: &mut Tensors| drop(t.remove("labels")), "labels"),
        (&|t: &mut Tensors| drop(t.remove(param)), param),
        (&|t: &mut Tensors| t.get_mut(param).expect("it").0.reverse(), param),
        (&|t: &mut Tensors| t.get_mut("labels").expect("it").1[0] = 0.5, "labels"),
        (&|t: &mut Tensors| t.get_mut("labels").expect("it").1[0] = 99.0, "labels"),
        (&|t: &mut Tensors| t.get_mut("student.logits").expect("it").1[0] = f32::NAN, "student.logits"),
    ] {
        let (code, text) = message(srd, change).await;
        assert!(code == "tensors-invalid" && text.contains(names), "{code}: {text}");
    }
}

/// Without the features that a method reads there is no answer, in particular none from the logits in their place; a gap in the
/// list is named.
pub async fn missing_features_are_named() {
    let device = device().await;
    let mut tried = 0;
    for case in cases().into_iter().filter(|c| c.method.reads > Reads::Logits && c.name.ends_with("/random")) {
        for who in ["student", "teacher"] {
            let is_feature = |name: &str| {
                let rest = name.strip_prefix(who).and_then(|rest| rest.strip_prefix('.'));
                rest.is_some_and(|rest| rest.starts_with('f') || rest.starts_with("pre"))
            };
            let mut inputs = case.inputs.clone();
            inputs.retain(|name, _| !is_feature(name));
            assert!(inputs.len() + 1 < case.inputs.len(), "{}", case.name);
            let last = (0..).take_while(|i| case.inputs.contains_key(&format!("{who}.f{i}"))).count() - 1;
            let mut wanted = vec![(inputs, 0)];
            for i in 0..=last {
                let mut inputs = case.inputs.clone();
                inputs.remove(&format!("{who}.f{i}"));
                wanted.push((inputs, i));
            }
            for (inputs, i) in wanted {
                tried += 1;
                let error = run(case.method, &case.options, &inputs, &device).await.expect_err(&case.name);
                let expected = format!("The tensor `{who}.f{i}` is missing");
                assert!(
                    error.code() == "tensors-invalid" && error.to_string().contains(&expected),
                    "{}: {expected}? {error}",
                    case.name
                );
            }
        }
    }
    assert!(tried > 60, "{tried}");
}

/// Features beyond 32-bit arithmetic are named, and so is what overflows all the same: neither gives a 0 that looks like a result.
pub async fn overflow_is_no_answer() {
    let device = device().await;
    let all = cases();
    for case in all.iter().filter(|c| c.name.ends_with("/random")) {
        for name in case.inputs.keys().filter(|n| n.starts_with("student.") || n.starts_with("teacher.")) {
            let mut inputs = case.inputs.clone();
            inputs.get_mut(name).expect("it").1[0] = -3e20;
            let error = run(case.method, &case.options, &inputs, &device).await.expect_err(&case.name);
            let text = error.to_string();
            assert!(error.code() == "tensors-invalid", "{}: {text}", case.name);
            assert!(
                text.contains(&format!("`{name}` holds -3e20")) && text.contains("overflow"),
                "{}: {text}",
                case.name
            );
        }
    }
    // Each entry is small enough; a stack of convolutions is too much.
    let case = all.iter().find(|c| c.name == "ft/random").expect("a case");
    let mut inputs = case.inputs.clone();
    for (name, (_, values)) in &mut inputs {
        if name.starts_with("param.paraphraser") || name == "teacher.f2" {
            values.fill(1e7);
        }
    }
    let error = run(case.method, &case.options, &inputs, &device).await.expect_err("no number");
    assert!(error.code() == "not-finite" && error.to_string().contains("The term `"), "{}: {error}", error.code());
}

/// Whether what a term asks of an image is the same: each row of the two tables points the same way, or both are zero.
fn same_ways(a: &[f32], b: &[f32], rows: usize) -> bool {
    let size = a.len() / rows;
    a.chunks(size).zip(b.chunks(size)).all(|(a, b)| {
        let dot = |x: &[f32], y: &[f32]| x.iter().zip(y).map(|(x, y)| f64::from(*x) * f64::from(*y)).sum::<f64>();
        let (aa, bb) = (dot(a, a), dot(b, b));
        // A cosine of 1 but for rounding.
        (aa == 0.0 && bb == 0.0) || dot(a, b) > (1.0 - 1e-6) * (aa * bb).sqrt()
    })
}

/// A term is the labels' if and only if no other teacher would pull an image another way.
pub async fn terms_belong_to_labels_or_to_the_teacher() {
    let device = device().await;
    let (mut wrong, mut seen) = (Vec::new(), BTreeMap::<_, Vec<_>>::new());
    for case in cases() {
        // Elsewhere (at extremes, of equal networks) terms have no gradient to compare.
        let usual = ["random", "early-random", "afterwards", "kl", "weights", "z", "noise", "smoothing", "spread-k3"];
        if !case.name.rsplit('/').next().is_some_and(|name| usual.contains(&name)) {
            continue;
        }
        let mut other = case.inputs.clone();
        for (name, (_, values)) in &mut other {
            if name.starts_with("teacher.") || name == "state.classifier" || name.starts_with("state.bn") {
                values.reverse();
            }
        }
        let images = case.inputs["labels"].1.len();
        let of = async |inputs: &Tensors, term: &str| {
            let found = run_terms(case.method, &case.options, inputs, &device, |t| t.name == term).await;
            found.unwrap_or_else(|e| panic!("{}: {e}", case.name))
        };
        for term in compute(&case).await.terms {
            if term.weight == 0.0 {
                continue;
            }
            let (one, two) = (of(&case.inputs, term.name).await, of(&other, term.name).await);
            let same = one.gradients.iter().zip(&two.gradients).all(|((name, _, a), (.., b))| {
                // The method's own tensors have one gradient for all images.
                same_ways(a, b, if name.starts_with("param.") { 1 } else { images })
            });
            if same != (term.role == Role::Labels) {
                wrong.push(format!("{}: {} is called {:?}", case.name, term.name, term.role));
            }
            seen.entry(case.method.name).or_default().push(term.role);
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    for method in METHODS {
        let roles = &seen[method.name];
        let taught = roles.contains(&Role::Teacher);
        // CWTM weighs images by the teacher and asks for the labels all the same.
        let expected = method.reads != Reads::Nothing && method.name != "cwtm";
        assert_eq!(taught, expected, "{}: {roles:?}", method.name);
    }
}

/// Ways to spoil a tensor.
type Spoil = fn(&mut (Vec<usize>, Vec<f32>));
pub const SPOILS: [(&str, Spoil); 12] = [
    ("one image less", |(shape, values)| {
        if let Some(first) = shape.first().copied().filter(|n| *n > 0) {
            values.truncate(values.len() / first * (first - 1));
            shape[0] -= 1;
        }
    }),
    ("one column less", |(shape, values)| {
        if let Some(last) = shape.last().copied().filter(|n| *n > 0) {
            *values = values.chunks_exact(last).flat_map(|row| row[1..].to_vec()).collect();
            *shape.last_mut().expect("it") -= 1;
        }
    }),
    ("another axis", |(shape, _)| shape.push(1)),
    ("an axis less", |(shape, values)| {
        shape.truncate(shape.len().saturating_sub(1));
        values.truncate(shape.iter().product());
    }),
    ("a placeholder", |(shape, values)| {
        if let [images, _, _, _] = shape[..] {
            *shape = vec![images, 1, 1, 1];
            values.truncate(images);
        }
    }),
    ("turned", |(shape, _)| shape.reverse()),
    ("flat", |(shape, values)| *shape = vec![values.len()]),
    ("nothing in it", |(shape, values)| {
        *shape = vec![0; shape.len()];
        values.clear();
    }),
    ("not a number", |(_, values)| values.fill(f32::NAN)),
    ("negative", |(_, values)| values.iter_mut().for_each(|v| *v = -1.0 - v.abs())),
    ("halves", |(_, values)| values.fill(0.5)),
    ("large", |(_, values)| values.fill(16_777_216.0)),
];

/// Each input of each method is left out and spoilt in every way: there are numbers or a sentence that names a tensor, never a panic
/// nor a defect of our own.
pub async fn no_tensor_makes_an_objective_panic() {
    let device = device().await;
    let (mut tried, mut refused) = (0, 0);
    let last: BTreeMap<&str, Case> = cases()
        .into_iter()
        .filter(|c| c.name.ends_with("/random") || c.name == "crd/z")
        .map(|c| (if c.name == "crd/z" { "crd/z" } else { c.method.name }, c))
        .collect();
    for case in last.values() {
        let names: Vec<String> = case.inputs.keys().cloned().collect();
        for name in &names {
            let mut all = vec![("left out", {
                let mut inputs = case.inputs.clone();
                inputs.remove(name);
                inputs
            })];
            all.extend(SPOILS.map(|(how, spoil)| {
                let mut inputs = case.inputs.clone();
                spoil(inputs.get_mut(name).expect("it"));
                (how, inputs)
            }));
            for (how, inputs) in all {
                tried += 1;
                if let Err(error) = run(case.method, &case.options, &inputs, &device).await {
                    refused += 1;
                    let text = error.to_string();
                    assert!(
                        ["tensors-invalid", "setting-invalid", "not-finite"].contains(&error.code()),
                        "{}: {name} {how}: {} {text}",
                        case.name,
                        error.code()
                    );
                    assert!(
                        error.code() == "setting-invalid" || text.contains('`') || text.contains("tensors have"),
                        "{}: {name} {how}: {text}",
                        case.name
                    );
                    if how == "left out" && error.code() == "tensors-invalid" {
                        assert!(text.contains('`'), "{}: {name} {how}: {text}", case.name);
                    }
                }
            }
        }
    }
    assert!(tried > 1000 && refused > tried / 3, "{refused} of {tried}");
}
