//! The metrics against NumPy and PyTorch (`tests/reference/make_metrics.py`), and what must hold of them for all numbers.

use std::collections::BTreeMap;

use kd_lens::metrics::{
    LabelDistances, METRICS, Matrix, RESAMPLES, Relevance, Removal, UCentred, cka, dcor, metric, outputs, run,
};
use kd_lens::weights::{Tensors, decode};
use serde_json::{Map, Value, json};

use crate::fixtures::noise;
use crate::objectives::SPOILS;

/// All inputs by `set/tensor`, and the table of cases.
fn reference() -> (Tensors, Map<String, Value>) {
    let (tensors, metadata) = decode(include_bytes!("../reference/metrics.safetensors")).expect("the file decodes");
    let about: Value = serde_json::from_str(&metadata["kd-lens"]).expect("the cases are listed");
    (tensors, about["cases"].as_object().expect("a table of cases").clone())
}

fn inputs(all: &Tensors, set: &str) -> Tensors {
    let prefix = format!("{set}/");
    all.iter().filter_map(|(key, t)| Some((key.strip_prefix(&prefix)?.to_string(), t.clone()))).collect()
}

/// What is expected and was not found; `expected` may leave things out.
fn differences(at: &str, found: &Value, expected: &Value, wrong: &mut Vec<String>) {
    match (found, expected) {
        (Value::Object(f), Value::Object(e)) => {
            for (key, e) in e {
                differences(&format!("{at}.{key}"), f.get(key).unwrap_or(&json!("missing")), e, wrong);
            }
        }
        (Value::Array(f), Value::Array(e)) if f.len() == e.len() => {
            for (i, (f, e)) in f.iter().zip(e).enumerate() {
                differences(&format!("{at}[{i}]"), f, e, wrong);
            }
        }
        (Value::Number(f), Value::Number(e)) => {
            let (f, e) = (f.as_f64().expect("a number"), e.as_f64().expect("a number"));
            // Both are in double precision.
            if (f - e).abs() > 1e-6 * e.abs().max(1.0) || f.is_nan() {
                wrong.push(format!("{at} is {f} instead of {e}"));
            }
        }
        (f, e) if f == e => {}
        (f, e) => wrong.push(format!("{at} is {f} instead of {e}")),
    }
}

/// Every value that is null has a sentence, and every number lies in the metric's range.
fn sound(found: &Value, range: [Option<f64>; 2]) -> bool {
    match found["value"].as_f64() {
        Some(v) => range[0].is_none_or(|low| v >= low - 1e-9) && range[1].is_none_or(|high| v <= high + 1e-9),
        None => found["value"].is_null() && found["note"].as_str().is_some_and(|s| s.ends_with('.')),
    }
}

pub async fn every_metric_computes_what_numpy_does() {
    let (all, cases) = reference();
    let (mut wrong, mut seen) = (Vec::new(), BTreeMap::new());
    for (name, case) in &cases {
        let of = metric(case["metric"].as_str().expect("a name")).expect("a metric");
        let options = case["options"].as_object().expect("options");
        let tensors = inputs(&all, case["inputs"].as_str().expect("a name"));
        assert!(!tensors.is_empty(), "{name} has inputs");
        let found = run(of.name, options, &tensors).unwrap_or_else(|e| panic!("{name}: {e}"));
        differences(name, &found, &case["expected"], &mut wrong);
        if !sound(&found, of.range) {
            wrong.push(format!("{name}: {found}"));
        }
        *seen.entry(of.name).or_insert(0) += 1;
    }
    for m in METRICS {
        assert!(seen.get(m.name).is_some_and(|&n| n >= 12), "{} has {:?} cases", m.name, seen.get(m.name));
    }
    assert!(wrong.is_empty(), "{} differences:\n{}", wrong.len(), wrong.join("\n"));
}

fn matrix(n: usize, d: usize, salt: u64) -> Matrix {
    Matrix::from_tensor("x", &[n, d], &noise(n * d, salt)).expect("a matrix")
}

/// x·Q·scale + shift, with Q a product of three reflections.
fn moved(x: &Matrix, scale: f64, shift: f64) -> Matrix {
    let d = x.columns();
    let mut rows: Vec<Vec<f64>> = x.iter().map(<[f64]>::to_vec).collect();
    for salt in 0..3 {
        let v: Vec<f64> = noise(d, 900 + salt).into_iter().map(f64::from).collect();
        let square: f64 = v.iter().map(|v| v * v).sum();
        for row in &mut rows {
            let along = 2.0 * row.iter().zip(&v).map(|(a, b)| a * b).sum::<f64>() / square;
            row.iter_mut().zip(&v).for_each(|(a, b)| *a -= along * b);
        }
    }
    let values = rows.concat().into_iter().map(|v| v * scale + shift).collect();
    Matrix::new("x", [x.rows(), d], values).expect("a matrix")
}

fn close(what: &str, a: Option<f64>, b: f64, allowed: f64) {
    let a = a.unwrap_or_else(|| panic!("{what} has no value"));
    assert!((a - b).abs() <= allowed, "{what}: {a} instead of {b}");
}

pub async fn u_centring_and_removal_are_projections() {
    for (n, d) in [(4, 3), (9, 1), (30, 12)] {
        let [a, b, g] = [1, 2, 3].map(|salt| UCentred::of_features(&matrix(n, d, salt)).expect("enough images"));
        for centred in [&a, &b] {
            for i in 0..n {
                let row = centred.matrix().row(i);
                // ε = 1e-18 on the diagonal is a distance of 1e-9.
                assert!(row.iter().sum::<f64>().abs() < 2e-9 && row[i] == 0.0, "row {i} of {n}");
                assert!((0..n).all(|j| row[j] == centred.matrix().row(j)[i]));
            }
        }
        let p = a.without(&b);
        // Up to the 1e-12 beside ⟨B, B⟩.
        assert!(p.dot(&b).abs() < 1e-10 * a.dot(&a).max(1.0), "⟨P, B⟩ = {}", p.dot(&b));
        assert!(p.dot(&p) <= a.dot(&a) + 1e-12, "a projection is not longer");
        let (once, twice) = (p.correlation(&g), p.without(&b).correlation(&g));
        close("removing twice", twice.value, once.value.expect("a value"), 1e-9);
        close("nothing of b is left", dcor::partial(&a, &b, &b, Removal::FromX).value, 0.0, 1e-6);
    }
}

pub async fn cka_has_two_equal_forms_and_its_invariances() {
    for (n, dx, dy) in [(2, 3, 3), (7, 3, 20), (40, 6, 4), (25, 60, 70)] {
        let (x, y) = (matrix(n, dx, 11), matrix(n, dy, 12));
        let value = cka::from_features(&x, &y).expect("they fit").value.expect("a value");
        close("Gram form", cka::from_grams(&x, &y).expect("they fit").value, value, 1e-10);
        close("cheaper form", cka::linear(&x, &y).expect("they fit").value, value, 1e-10);
        close("the other way round", cka::linear(&y, &x).expect("they fit").value, value, 1e-10);
        close("with itself", cka::linear(&x, &x).expect("they fit").value, 1.0, 1e-12);
        for (scale, shift) in [(1.0, 0.0), (1e-3, 5.0), (1e6, -1e3)] {
            let to = moved(&x, scale, shift);
            close("moved", cka::linear(&to, &y).expect("they fit").value, value, 1e-8);
            close("moved, with itself", cka::linear(&to, &x).expect("they fit").value, 1.0, 1e-8);
            if n >= 4 {
                let debiased = cka::debiased(&x, &y).expect("they fit").value.expect("a value");
                close("moved, debiased", cka::debiased(&to, &y).expect("they fit").value, debiased, 1e-8);
                close("debiased, with itself", cka::debiased(&to, &x).expect("they fit").value, 1.0, 1e-8);
                let (whole, ..) = cka::minibatch(&to, &y, 1000).expect("they fit");
                close("one batch of all", whole.value, debiased, 1e-8);
            }
        }
    }
}

/// With more features than images, plain CKA and V-centred dCor of unrelated features are high; their debiased forms are not.
pub async fn debiased_forms_are_zero_for_unrelated_features() {
    let (mut plain, mut debiased, mut batches, mut v, mut u) = (0.0, 0.0, 0.0, 0.0, 0.0);
    let rounds = 20;
    for round in 0..rounds {
        let (x, y) = (matrix(24, 48, 100 + round), matrix(24, 64, 200 + round));
        let value = |m: kd_lens::Result<kd_lens::metrics::Measure>| m.expect("they fit").value.expect("a value");
        plain += value(cka::linear(&x, &y)) / rounds as f64;
        debiased += value(cka::debiased(&x, &y)) / rounds as f64;
        batches += value(cka::minibatch(&x, &y, 8).map(|(m, ..)| m)) / rounds as f64;
        v += value(dcor::v_centred(&x, &y, false)) / rounds as f64;
        u += value(dcor::bias_corrected(&x, &y)) / rounds as f64;
    }
    assert!(plain > 0.5 && v > 0.5, "{plain} {v}");
    assert!(debiased.abs() < 0.05 && u.abs() < 0.05 && batches.abs() < 0.1, "{debiased} {u} {batches}");
}

pub async fn distance_correlation_lies_between_0_and_1() {
    for salt in 0..40 {
        let (n, d) = (2 + salt as usize % 9, 1 + salt as usize % 5);
        // A few huge values, a few equal rows.
        let bend = |v: f32| if salt % 3 == 0 { (v * 8.0).powi(9) } else { (v * 2.0).round() };
        let of = |salt| {
            let values: Vec<f32> = noise(n * d, salt).into_iter().map(bend).collect();
            Matrix::from_tensor("x", &[n, d], &values).expect("a matrix")
        };
        let (x, y) = (of(300 + salt), of(400 + salt));
        for normalise in [false, true] {
            let value = dcor::v_centred(&x, &y, normalise).expect("they fit").value.expect("a value");
            assert!((-1e-12..=1.0 + 1e-12).contains(&value), "{salt}: {value}");
        }
    }
    // But for the constants: 1 with itself, and the same after rotation, scale and shift.
    let (x, y) = (matrix(20, 6, 21), matrix(20, 5, 22));
    close("with itself", dcor::v_centred(&x, &x, false).expect("they fit").value, 1.0, 1e-6);
    close("FSS with itself", dcor::fss(&x, &x).expect("they fit").value, 1.0, 1e-6);
    for (scale, shift) in [(1.0, 0.0), (30.0, 2.0), (1e5, -7.0)] {
        let to = moved(&x, scale, shift);
        close("moved", dcor::v_centred(&to, &x, false).expect("they fit").value, 1.0, 1e-6);
        let value = |x: &Matrix| dcor::v_centred(x, &y, false).expect("they fit").value.expect("a value");
        assert!((value(&to) - value(&x)).abs() < 1e-5);
        close("moved, bias-corrected", dcor::bias_corrected(&to, &x).expect("they fit").value, 1.0, 1e-9);
    }
    let turned = moved(&x, 9.0, 0.0);
    close("FSS turned", dcor::fss(&turned, &x).expect("they fit").value, 1.0, 1e-6);
}

/// A student that is its base plus something about the labels has that in its distilled part; the base has nothing left.
pub async fn relevance_is_found_where_it_was_put() {
    let (n, d) = (60, 8);
    let labels: Vec<usize> = (0..n).map(|i| i % 3).collect();
    let base = matrix(n, d, 31);
    let values = base.iter().zip(&labels).flat_map(|(row, &label)| {
        let mut row = row.to_vec();
        row[label] += 2.0;
        row
    });
    let student = Matrix::new("x", [n, d], values.collect()).expect("a matrix");
    let [x, y] = [&student, &base].map(|m| UCentred::of_features(m).expect("enough images"));
    let g = UCentred::of_labels(&labels, &LabelDistances::OneHot).expect("enough images");
    let found = Relevance::of(&x, &y, &g);
    let value = |m: kd_lens::metrics::Measure| m.value.expect("a value");
    assert!(value(found.x) > 0.3 && value(found.distilled) > 0.3, "{found:?}");
    assert!(value(found.y).abs() < 0.1 && value(found.residual) < 0.1, "{found:?}");
    // A table of the same distances, and vectors as far apart, say the same; so does any scale of them.
    let eye = |scale: f64| {
        let values = (0..9).map(|i| if i % 4 == 0 { scale } else { 0.0 }).collect();
        Matrix::new("classes", [3, 3], values).expect("a matrix")
    };
    let off = Matrix::new("distances", [3, 3], (0..9).map(|i| if i % 4 == 0 { 0.0 } else { 3.0 }).collect());
    for table in
        [LabelDistances::Embeddings(eye(5.0)), LabelDistances::given(off.expect("a matrix")).expect("distances")]
    {
        let g = UCentred::of_labels(&labels, &table).expect("enough images");
        close(table.name(), x.correlation(&g).value, value(found.x), 1e-7);
    }
}

pub async fn a_calibrated_table_has_no_error() {
    // In groups of 20 images with a confidence of k/20, k are right.
    let (mut values, mut labels) = (Vec::new(), Vec::new());
    for k in 11..=19 {
        for i in 0..20 {
            let p = f64::from(k) / 20.0;
            values.extend([p.ln(), (1.0 - p).ln()]);
            labels.push(usize::from(i >= k));
        }
    }
    let logits = Matrix::new("x", [labels.len(), 2], values).expect("a matrix");
    for bins in [1, 15, 20, 100] {
        let error = outputs::Calibration::new(&logits, &labels, bins).expect("labels fit").error();
        assert!(error < 1e-12, "{error} in {bins} bins");
    }
    let wrong: Vec<usize> = labels.iter().map(|l| 1 - l).collect();
    let error = outputs::Calibration::new(&logits, &wrong, 20).expect("labels fit").error();
    // |(1 − p) − p| on average: 2·0.75 − 1.
    assert!((error - 0.5).abs() < 1e-12, "{error}");
}

fn tensors(list: &[(&str, &[usize], Vec<f32>)]) -> Tensors {
    list.iter().map(|(name, shape, values)| (name.to_string(), (shape.to_vec(), values.clone()))).collect()
}

/// Logits of two networks and labels.
fn outputs_of(n: usize) -> Tensors {
    let labels: Vec<f32> = (0..n).map(|i| (i % 3) as f32).collect();
    let logits = |salt| -> Vec<f32> {
        let lifted = noise(n * 3, salt).into_iter().enumerate();
        lifted.map(|(i, v)| 2.0 * v + f32::from(u8::from(i % 3 == i / 3 % 3))).collect()
    };
    tensors(&[("x", &[n, 3], logits(41)), ("y", &[n, 3], logits(42)), ("labels", &[n], labels)])
}

pub async fn intervals_follow_the_seed_and_shrink() {
    let compute = |name: &str, n, seed: u32| {
        let options = [("seed".to_string(), json!(seed))].into_iter().collect();
        run(name, &options, &outputs_of(n)).unwrap_or_else(|e| panic!("{name}: {e}"))
    };
    for name in ["ece", "kl", "nll", "kappa"] {
        let (few, many) = (compute(name, 40, 1), compute(name, 1000, 1));
        assert_eq!(few, compute(name, 40, 1));
        assert_ne!(few["interval"], compute(name, 40, 2)["interval"]);
        let width =
            |r: &Value| r["interval"]["high"].as_f64().expect("high") - r["interval"]["low"].as_f64().expect("low");
        assert!(width(&few) > 3.0 * width(&many) && width(&many) > 0.0, "{name}: {few} {many}");
        let (low, high) = (&many["interval"]["low"], &many["interval"]["high"]);
        let value = many["value"].as_f64().expect("a value");
        assert!(low.as_f64().expect("low") < value && value < high.as_f64().expect("high"), "{name}: {many}");
        assert_eq!(many["interval"]["resamples"], json!(RESAMPLES));
    }
    let one = compute("kl", 1, 1);
    assert!(one["value"].is_number() && one["interval"].is_null() && one["intervalNote"].is_string(), "{one}");
}

/// Entry i of a tensor.
type Fill = fn(usize) -> f32;

/// Whatever the tensors are, a metric gives a number in its range, a reason, or an error that names what is wrong.
pub async fn nasty_tensors_give_numbers_or_reasons() {
    let fills: [(&str, Fill); 7] = [
        ("zero", |_| 0.0),
        ("one", |_| 1.0),
        ("large", |i| if i % 2 == 0 { f32::MAX } else { -f32::MAX }),
        ("large rows", |i| if i < 9 { f32::MAX } else { 0.0 }),
        ("tiny", |i| f32::from_bits(1 + i as u32 % 5)),
        ("mixed", |i| 10f32.powi(i as i32 % 77 - 38)),
        ("steps", |i| (i % 4) as f32),
    ];
    for n in [1, 2, 3, 4, 5, 16] {
        for (name_x, x) in fills {
            for (name_y, y) in fills {
                let fill = |f: Fill| -> Vec<f32> { (0..n * 3).map(f).collect() };
                let labels = (0..n).map(|i| (i % 2) as f32).collect();
                let given = tensors(&[("x", &[n, 3], fill(x)), ("y", &[n, 3], fill(y)), ("labels", &[n], labels)]);
                for m in METRICS {
                    let case = format!("{} of {n}: {name_x}, {name_y}", m.name);
                    match run(m.name, &Map::new(), &given) {
                        Ok(found) => {
                            assert!(sound(&found, m.range), "{case}: {found}");
                            for part in ["y", "distilled", "residual"].iter().filter_map(|p| found.get(*p)) {
                                assert!(sound(part, m.range), "{case}: {found}");
                            }
                        }
                        Err(error) => {
                            assert!(error.code() == "tensors-invalid" && n < 4, "{case}: {error}");
                            assert!(error.to_string().contains("at least"), "{case}: {error}");
                        }
                    }
                }
            }
        }
    }
}

pub async fn metrics_refuse_what_does_not_fit() {
    let good = outputs_of(8);
    let message = |name: &str, options: Value, change: &dyn Fn(&mut Tensors)| {
        let mut given = good.clone();
        change(&mut given);
        let options = options.as_object().expect("options").clone();
        let error = run(name, &options, &given).expect_err(name);
        (error.code(), error.to_string())
    };
    let set = |t: &mut Tensors, name: &str, shape: &[usize], value: f32| {
        t.insert(name.into(), (shape.to_vec(), vec![value; shape.iter().product()]));
    };
    for m in METRICS {
        for needed in m.reads.iter().filter(|i| i.needed) {
            let (code, text) = message(m.name, json!({}), &|t| drop(t.remove(needed.name)));
            assert!(code == "tensors-invalid" && text.contains(&format!("`{}` is missing", needed.name)), "{text}");
            let (code, text) = message(m.name, json!({}), &|t| t.get_mut(needed.name).expect("it").1[1] = f32::NAN);
            assert!(code == "tensors-invalid" && text.contains(&format!("`{}`", needed.name)), "{text}");
            let (code, text) = message(m.name, json!({}), &|t| set(t, needed.name, &[0, 3], 0.0));
            assert!(code == "tensors-invalid", "{}: {text}", m.name);
            let (code, text) = message(m.name, json!({}), &|t| set(t, needed.name, &[], 0.0));
            assert!(code == "tensors-invalid", "{}: {text}", m.name);
        }
        if m.reads.iter().any(|i| i.name == "y" && i.needed) {
            let (code, text) = message(m.name, json!({}), &|t| set(t, "y", &[7, 3], 1.0));
            assert!(code == "tensors-invalid" && text.contains('7') && text.contains('8'), "{}: {text}", m.name);
        }
        let (code, text) = message(m.name, json!({"sead": 1}), &|_| ());
        assert!(code == "setting-unknown" && text.contains("sead"), "{text}");
        assert_eq!(m.describe()["reads"].as_array().map(Vec::len), Some(m.reads.len()));
    }
    for (name, tensor, shape, value, says) in [
        ("ece", "labels", vec![8], 3.0, "class 3"),
        ("ece", "labels", vec![8], 0.5, "whole numbers"),
        ("ece", "labels", vec![8], -1.0, "whole numbers"),
        ("nll", "labels", vec![9], 0.0, "8 images"),
        ("kappa", "labels", vec![4, 2], 0.0, "[n]"),
        ("kl", "y", vec![8, 4], 0.0, "4"),
        ("agreement", "x", vec![8], 0.0, "[n, K]"),
        ("rs", "labels", vec![9], 0.0, "8 images"),
        ("rs", "classes", vec![2, 5], 1.0, "class 2"),
        ("rs", "distances", vec![2, 3], 1.0, "distances"),
        ("partial-dcor", "z", vec![9, 2], 1.0, "`z`"),
    ] {
        let (code, text) = message(name, json!({}), &|t| set(t, tensor, &shape, value));
        assert!(code == "tensors-invalid" && text.contains(says), "{name}: {text}");
    }
    let (code, text) = message("rs", json!({}), &|t| {
        set(t, "classes", &[3, 2], 1.0);
        set(t, "distances", &[3, 3], 0.0);
    });
    assert!(code == "tensors-invalid" && text.contains("Give one"), "{text}");
    assert_eq!(message("minibatch-cka", json!({"batchSize": 3}), &|_| ()).0, "setting-invalid");
    assert_eq!(message("ece", json!({"bins": 0}), &|_| ()).0, "setting-invalid");
    let (code, text) = message("ckas", json!({}), &|_| ());
    assert!(code == "setting-invalid" && text.contains("debiased-cka"), "{text}");
}

/// Each tensor is left out and spoilt in every way: there is a value, a note or a sentence that names a tensor.
pub async fn no_tensor_makes_a_metric_panic() {
    let (all, cases) = reference();
    let mut refused = 0;
    for case in cases.values() {
        let (name, options) = (case["metric"].as_str().expect("a name"), case["options"].as_object().expect("options"));
        let given = inputs(&all, case["inputs"].as_str().expect("a name"));
        if given.values().any(|(shape, _)| shape[0] > 40) {
            continue;
        }
        for tensor in given.keys() {
            let spoilt = SPOILS.map(|(how, spoil)| {
                let mut given = given.clone();
                spoil(given.get_mut(tensor).expect("it"));
                (how, given)
            });
            let mut without = given.clone();
            without.remove(tensor);
            for (how, given) in spoilt.into_iter().chain([("left out", without)]) {
                if let Err(error) = run(name, options, &given) {
                    refused += 1;
                    assert_eq!(error.code(), "tensors-invalid", "{name}: {tensor} {how}: {error}");
                }
            }
        }
    }
    assert!(refused > 500, "{refused}");
}
