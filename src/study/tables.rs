//! The results as files for programs: `cells.jsonl`, `results.csv`, `study.json`.

use serde_json::{Value, json};

use super::numbers::all;
use super::plan::{EVALUATION, Plan};
use super::verdict::{Found, Records};

/// One line a finished cell: labels, settings, evaluations and reports, without the numbers of single images, which stand in
/// the cell's own file. Nothing in it depends on when or where the cell was computed.
pub(super) fn cells(plan: &Plan, records: &Records) -> String {
    let mut out = String::new();
    for cell in &plan.cells {
        let Some(record) = records.get(&cell.id) else { continue };
        let mut line = json!(record);
        if let Value::Object(map) = &mut line {
            map.remove("times");
            map.insert("labels".into(), json!(cell.labels));
        }
        without_items(&mut line["probes"]);
        out.push_str(&line.to_string());
        out.push('\n');
    }
    out
}

fn without_items(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.remove("items");
            map.values_mut().for_each(without_items);
        }
        Value::Array(list) => list.iter_mut().for_each(without_items),
        _ => {}
    }
}

/// One row a cell and number.
pub(super) fn results(plan: &Plan, records: &Records) -> String {
    let mut head: Vec<String> = vec!["cell".into()];
    head.extend(plan.axes.iter().map(|axis| axis.name.clone()));
    head.extend(["report", "number", "kind", "n", "value", "low", "high", "student", "control"].map(String::from));
    let mut out = row(&head);
    for cell in &plan.cells {
        let Some(record) = records.get(&cell.id) else { continue };
        let reports = [(EVALUATION, &record.evaluation)].into_iter();
        for (id, report) in reports.chain(record.probes.iter().map(|(id, report)| (id.as_str(), report))) {
            for number in all(report) {
                let plain = |x: Option<f64>| x.map(|x| x.to_string()).unwrap_or_default();
                let mut fields = vec![cell.id.clone()];
                fields.extend(plan.axes.iter().map(|axis| cell.label(&axis.name).to_string()));
                fields.extend([id.to_string(), number.path, number.kind.to_string()]);
                fields.push(number.n.map(|n| n.to_string()).unwrap_or_default());
                let values = [number.value, number.low, number.high, number.student, number.control];
                fields.extend(values.map(plain));
                out.push_str(&row(&fields));
            }
        }
    }
    out
}

/// RFC 4180, with plain line ends.
fn row(fields: &[String]) -> String {
    let quoted = |field: &String| match field.contains(['"', ',', '\n', '\r']) {
        true => format!("\"{}\"", field.replace('"', "\"\"")),
        false => field.clone(),
    };
    let mut line = fields.iter().map(quoted).collect::<Vec<_>>().join(",");
    line.push('\n');
    line
}

/// The study in short, as a page shows it: claims with their numbers, the grid, who computed it.
pub(super) fn summary(plan: &Plan, records: &Records, found: &[Found]) -> Value {
    let cells: Vec<_> = plan
        .cells
        .iter()
        .map(|cell| {
            let record = records.get(&cell.id);
            json!({
                "id": cell.id, "labels": cell.labels, "finished": record.is_some(),
                "evaluation": record.map(|r| &r.evaluation), "times": record.map(|r| &r.times),
            })
        })
        .collect();
    let claims: Vec<_> = found
        .iter()
        .map(|f| {
            let mut claim = json!(f);
            claim["summary"] = json!(f.summary());
            let drawn = f.groups.iter().chain(&f.control_groups).any(|group| !group.seeds.is_empty());
            claim["figure"] = json!(drawn.then(|| format!("figures/{}.svg", f.claim.id)));
            claim
        })
        .collect();
    json!({
        "format": "kd-lens study 1", "version": env!("CARGO_PKG_VERSION"), "name": plan.name, "question": plan.question,
        "notMeasured": plan.not_measured, "axes": plan.axes, "probes": plan.probes, "claims": claims, "cells": cells,
    })
}
