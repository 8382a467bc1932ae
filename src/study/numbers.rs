//! Numbers in reports: found by JSON pointers for claims, and all of them for the table.

use serde::Serialize;
use serde_json::{Map, Value};

use super::claim::{Claim, Of};
use crate::statistics::Comparison;

/// A value with its 95 % interval, where it has one.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Estimate {
    /// The value.
    pub value: f64,
    /// Lower end.
    pub low: Option<f64>,
    /// Upper end.
    pub high: Option<f64>,
}

impl Estimate {
    /// A value without an interval.
    pub fn plain(value: f64) -> Self {
        Self { value, low: None, high: None }
    }
}

/// What a claim reads off one cell.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Measured {
    /// Images, where the report says how many.
    pub n: Option<usize>,
    /// The teacher's value, where there is one.
    pub teacher: Option<Estimate>,
    /// The student's, or the one number of a comparison with chance.
    pub student: Estimate,
    /// The control's, or chance.
    pub control: Option<Estimate>,
    /// Student − control on this cell's images.
    pub difference: Option<Estimate>,
    /// How that interval was found.
    pub how: &'static str,
}

/// Of a [`Comparison`] of yes and no.
const SCORE: &str = "Tango's score interval, same images";
/// Of any other [`Comparison`].
const PAIRED: &str = "paired bootstrap over images";
/// Newcombe 1998, method 10.
const NEWCOMBE: &str = "Newcombe's interval, images not paired";
const WILSON: &str = "Wilson's interval";
const NONE: &str = "no interval over images";

/// Follows a JSON pointer in which `*` stands for every entry of a list.
pub(super) fn follow<'a>(root: &'a Value, path: &str) -> Result<Vec<&'a Value>, String> {
    let mut found = vec![root];
    let mut walked = String::new();
    for part in path.split('/').skip(1) {
        let name = part.replace("~1", "/").replace("~0", "~");
        let mut next = Vec::new();
        for value in found {
            match (value, name.as_str()) {
                (Value::Array(list), "*") => next.extend(list),
                (Value::Array(list), index) => next.extend(index.parse::<usize>().ok().and_then(|i| list.get(i))),
                (Value::Object(map), key) => next.extend(map.get(key)),
                _ => {}
            }
        }
        if next.is_empty() {
            let place = if walked.is_empty() { "the report".into() } else { format!("“{walked}”") };
            return Err(format!("there is no “{part}” in {place}"));
        }
        walked = format!("{walked}/{part}");
        found = next;
    }
    Ok(found)
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Bool(yes) => Some(f64::from(u8::from(*yes))),
        Value::Number(number) => number.as_f64().filter(|x| x.is_finite()),
        _ => None,
    }
}

/// A rate (`{rate, low, high, n}`), an estimate (`{value, low, high}`), a rank correlation (`{rho, low, high, n}`) or a plain
/// number.
fn estimate(value: &Value) -> Option<(Estimate, Option<usize>)> {
    if let Some(value) = number(value) {
        return Some((Estimate::plain(value), None));
    }
    let map = value.as_object()?;
    let centre = ["rate", "value", "mean", "rho"].iter().find_map(|key| number(map.get(*key)?))?;
    let end = |key| map.get(key).and_then(number);
    Some((Estimate { value: centre, low: end("low"), high: end("high") }, count(map)))
}

fn count(map: &Map<String, Value>) -> Option<usize> {
    map.get("n").and_then(Value::as_u64).map(|n| n as usize)
}

/// Difference of two rates. Newcombe's hybrid of the two Wilson intervals (1998, method 10), which takes them as independent.
pub(super) fn apart(a: Estimate, b: Estimate) -> (Estimate, &'static str) {
    let value = a.value - b.value;
    match (a.low, a.high, b.low, b.high) {
        (Some(al), Some(ah), Some(bl), Some(bh)) => {
            let low = value - ((a.value - al).powi(2) + (bh - b.value).powi(2)).sqrt();
            let high = value + ((ah - a.value).powi(2) + (b.value - bl).powi(2)).sqrt();
            (Estimate { value, low: Some(low), high: Some(high) }, NEWCOMBE)
        }
        _ => (Estimate::plain(value), NONE),
    }
}

/// From pairs of the same images.
pub(super) fn paired(pairs: &[(f64, f64)], seed: u64) -> Option<Measured> {
    let found = Comparison::of(pairs, seed);
    Some(Measured {
        n: Some(found.n),
        teacher: None,
        student: Estimate::plain(found.student?),
        control: Some(Estimate::plain(found.control?)),
        difference: Some(Estimate { value: found.difference?, low: found.low, high: found.high }),
        how: if found.only_student.is_some() { SCORE } else { PAIRED },
    })
}

/// Values of all images, `None` where an image has none.
pub(super) fn column(report: &Value, path: &str) -> Result<Vec<Option<f64>>, String> {
    let values: Vec<_> = follow(report, path)?.into_iter().map(number).collect();
    match values.iter().any(Option::is_some) {
        true => Ok(values),
        false => Err(format!("“{path}” leads to no number on any of {} images", values.len())),
    }
}

/// Pairs the images of two columns, leaving out those of which one has no value.
pub(super) fn zip(a: &[Option<f64>], b: &[Option<f64>]) -> Result<Vec<(f64, f64)>, String> {
    if a.len() != b.len() {
        return Err(format!("there are {} values on one side and {} on the other", a.len(), b.len()));
    }
    Ok(a.iter().zip(b).filter_map(|(a, b)| Some(((*a)?, (*b)?))).collect())
}

/// What a claim compares in one cell's report.
///
/// # Errors
/// A half-sentence why there is no number.
pub(super) fn measure(claim: &Claim, report: &Value, seed: u64) -> Result<Measured, String> {
    if let (Some(student), Some(control)) = (&claim.student, &claim.control) {
        let pairs = zip(&column(report, student)?, &column(report, control)?)?;
        return paired(&pairs, seed).ok_or_else(|| "no image has a value for both".into());
    }
    let path = claim.path.as_deref().or(claim.student.as_deref()).unwrap_or_default();
    if claim.per_image() {
        let values: Vec<f64> = column(report, path)?.into_iter().flatten().collect();
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        let student = Estimate::plain(mean);
        return Ok(Measured {
            n: Some(values.len()),
            teacher: None,
            student,
            control: None,
            difference: None,
            how: NONE,
        });
    }
    let found = follow(report, path)?[0];
    let nothing = || format!("“{path}” holds no number here (its n may be 0)");
    if let Some(chance) = claim.chance {
        let (student, n) = estimate(found).ok_or_else(nothing)?;
        let shifted = |x: Option<f64>| x.map(|x| x - chance);
        let difference =
            Estimate { value: student.value - chance, low: shifted(student.low), high: shifted(student.high) };
        let how = if student.low.is_some() { WILSON } else { NONE };
        let control = Some(Estimate::plain(chance));
        return Ok(Measured { n, teacher: None, student, control, difference: Some(difference), how });
    }
    let map = found.as_object().ok_or_else(|| format!("“{path}” is no comparison of student and control"))?;
    let of = |who: &str| map.get(who).and_then(estimate);
    let (student, n) = of("student").ok_or_else(nothing)?;
    let control = of("control");
    let teacher = of("teacher").map(|(t, _)| t);
    let n = count(map).or(n);
    let given = map.get("difference").and_then(number);
    let (difference, how) = match (given, control) {
        (Some(value), _) => {
            let end = |key| map.get(key).and_then(number);
            let how = match (end("low"), map.get("onlyStudent")) {
                (None, _) => NONE,
                (Some(_), Some(_)) => SCORE,
                (Some(_), None) => PAIRED,
            };
            (Some(Estimate { value, low: end("low"), high: end("high") }), how)
        }
        (None, Some((control, _))) => {
            let (difference, how) = apart(student, control);
            (Some(difference), how)
        }
        (None, None) => (None, NONE),
    };
    Ok(Measured { n, teacher, student, control: control.map(|(c, _)| c), difference, how })
}

impl Measured {
    /// What is compared between cells.
    pub(super) fn of(&self, what: Of) -> Option<Estimate> {
        match what {
            Of::Student => Some(self.student),
            Of::Control => self.control,
            Of::Difference => self.difference,
        }
    }
}

/// A row of the table of all numbers.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Number {
    /// JSON pointer.
    pub path: String,
    /// `comparison`, `rate` or `number`.
    pub kind: &'static str,
    pub n: Option<u64>,
    /// The value, or student − control.
    pub value: Option<f64>,
    pub low: Option<f64>,
    pub high: Option<f64>,
    pub student: Option<f64>,
    pub control: Option<f64>,
}

/// All comparisons, rates and plain numbers of a report, but not those of single images (`items`) and long lists.
pub(super) fn all(report: &Value) -> Vec<Number> {
    let mut rows = Vec::new();
    collect(report, String::new(), &mut rows);
    rows
}

fn collect(value: &Value, path: String, rows: &mut Vec<Number>) {
    let get = |map: &Map<String, Value>, key: &str| map.get(key).and_then(number);
    let row = |map: &Map<String, Value>, kind, value| Number {
        path: path.clone(),
        kind,
        n: map.get("n").and_then(Value::as_u64),
        value: get(map, value),
        low: get(map, "low"),
        high: get(map, "high"),
        student: get(map, "student"),
        control: get(map, "control"),
    };
    let child = |key: &str| format!("{path}/{}", key.replace('~', "~0").replace('/', "~1"));
    match value {
        Value::Object(map) => {
            let has = |keys: &[&str]| keys.iter().all(|key| map.contains_key(*key));
            let (mut own, mut taken): (Option<Number>, &[&str]) = (None, &[]);
            if has(&["student", "control", "difference", "low", "high"]) {
                own = Some(row(map, "comparison", "difference"));
                taken = &["student", "control", "difference", "low", "high", "n", "verdict"];
            } else if has(&["rate", "n", "low", "high"]) {
                own = Some(row(map, "rate", "rate"));
                taken = &["rate", "low", "high", "n", "count"];
            }
            rows.extend(own);
            let shown = |key: &str| !taken.contains(&key) && !["items", "seed", "step"].contains(&key);
            for (key, value) in map.iter().filter(|(key, _)| shown(key)) {
                collect(value, child(key), rows);
            }
        }
        // Lists of strengths, taps or layers are short.
        Value::Array(list) if list.len() <= LIST => {
            for (i, value) in list.iter().enumerate() {
                collect(value, child(&i.to_string()), rows);
            }
        }
        Value::Number(_) => {
            let empty = Map::new();
            rows.push(Number { value: number(value), ..row(&empty, "number", "") });
        }
        _ => {}
    }
}

/// Longer lists are left out of the table.
const LIST: usize = 32;

/// Leaves out maps and pixels of single images: lists of more than `LONG` numbers inside lists, and pictures.
pub(super) fn prune(report: &mut Value, inside_list: bool) {
    match report {
        Value::Object(map) => {
            map.remove("pictures");
            let long = |v: &Value| v.as_array().is_some_and(|l| l.len() > LONG && l.iter().all(Value::is_number));
            map.retain(|_, value| !(inside_list && long(value)));
            map.values_mut().for_each(|value| prune(value, inside_list));
        }
        Value::Array(list) => list.iter_mut().for_each(|value| prune(value, true)),
        _ => {}
    }
}

/// Ten logits stay, maps go.
const LONG: usize = 16;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn claim(extra: Value) -> Claim {
        let mut all = json!({"id": "c", "sentence": "s", "probe": "p", "expect": "student > control"});
        all.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        serde_json::from_value(all).unwrap()
    }

    #[test]
    fn numbers_are_found_in_every_form() {
        let rate = |count: usize| json!(crate::statistics::Rate::new(count, 100));
        let report = json!({
            "compared": {"n": 50, "student": 0.5, "control": 0.25, "difference": 0.25, "low": 0.1, "high": 0.4, "verdict": "higher"},
            "rates": {"teacher": rate(90), "student": rate(60), "control": rate(40)},
            "none": {"student": {"count": 0, "n": 0, "rate": null, "low": null, "high": null}, "control": rate(1)},
            "items": [{"s": 1.0, "c": 0.5, "hit": true}, {"s": null, "c": 0.5, "hit": false}, {"s": 0.5, "c": 0.25, "hit": true}],
        });
        let at = |path: &str| measure(&claim(json!({"path": path})), &report, 1);
        let compared = at("/compared").unwrap();
        assert_eq!((compared.n, compared.student.value, compared.difference.unwrap().low), (Some(50), 0.5, Some(0.1)));
        // Newcombe 1998, method 10, for 60/100 against 40/100, by hand from Wilson's 0.5020-0.6906 and 0.3094-0.4980.
        let rates = at("/rates").unwrap();
        let difference = rates.difference.unwrap();
        assert!((difference.low.unwrap() - (0.2 - (0.098f64.powi(2) * 2.0).sqrt())).abs() < 2e-4, "{difference:?}");
        assert!((difference.high.unwrap() - (0.2 + (0.0906f64.powi(2) * 2.0).sqrt())).abs() < 2e-4, "{difference:?}");
        assert_eq!(rates.teacher.unwrap().value, 0.9);
        assert!(at("/none").unwrap_err().contains("n may be 0"));
        assert!(at("/absent").unwrap_err().contains("absent"));
        let images = measure(&claim(json!({"student": "/items/*/s", "control": "/items/*/c"})), &report, 1).unwrap();
        assert_eq!((images.n, images.student.value, images.control.unwrap().value), (Some(2), 0.75, 0.375));
        let chance = claim(json!({"path": "/rates/student", "chance": 0.5, "expect": "above chance"}));
        let above = measure(&chance, &report, 1).unwrap();
        assert!((above.difference.unwrap().value - 0.1).abs() < 1e-12);
    }

    #[test]
    fn the_table_holds_each_number_once_and_no_image() {
        let report = json!({
            "n": 3, "probe": "x", "rate": {"count": 1, "n": 2, "rate": 0.5, "low": 0.1, "high": 0.9, "skipped": 1},
            "items": (0..40).map(|i| json!({"v": i})).collect::<Vec<_>>(), "curve": [{"difference": 0.1, "student": 1, "control": 0.9, "low": 0, "high": 1, "n": 4}],
        });
        let rows = all(&report);
        let paths: Vec<_> = rows.iter().map(|r| (r.path.as_str(), r.kind)).collect();
        assert_eq!(
            paths,
            [("/curve/0", "comparison"), ("/n", "number"), ("/rate", "rate"), ("/rate/skipped", "number")]
        );
        assert_eq!(rows[0].student, Some(1.0));
    }

    #[test]
    fn pruning_takes_maps_and_leaves_scalars() {
        let mut report = json!({"values": vec![1.0; 30], "pictures": [1], "items": [{"map": vec![0.5; 64], "logits": vec![1.0; 10], "cosine": 0.5}]});
        prune(&mut report, false);
        assert_eq!(report, json!({"values": vec![1.0; 30], "items": [{"logits": vec![1.0; 10], "cosine": 0.5}]}));
    }
}
