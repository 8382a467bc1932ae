//! `kd-lens objective`: one loss on given tensors, to be compared with other implementations.

use std::path::PathBuf;

use kd_lens::fields::{Kind, Values};
use kd_lens::nets::Architecture;
use kd_lens::objectives::{METHODS, Method, Surroundings, method, on_tensors};
use kd_lens::weights::{Precision, decode, encode};
use kd_lens::{Error, Result, files};
use serde_json::{Map, Value, json};

use crate::files::Engine;
use crate::options::pairs;
use crate::output::{End, Outcome, line};

/// Tensors go by fixed names: `student.logits`, `teacher.logits`, `labels`, `indices`, `student.f0` … (the last is the pooled
/// vector), `student.pre1` …, `param.<name>` in PyTorch's layout, `state.<name>`, `progress`. `--describe` lists those of a method.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The method: kl, srd, crd, …
    #[arg(required_unless_present = "list")]
    name: Option<String>,
    /// List all methods
    #[arg(long)]
    list: bool,
    /// A safetensors file with the inputs
    #[arg(long, required_unless_present_any = ["describe", "list"])]
    tensors: Option<PathBuf>,
    /// Options of the method, as temperature=4
    #[arg(long, num_args = 1.., value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Write d(total)/d(tensor) of every student tensor and parameter, and the state after the step, as safetensors
    #[arg(long)]
    grads: Option<PathBuf>,
    /// Say what the method computes, its options, inputs and parameters with their shapes
    #[arg(long)]
    describe: bool,
    /// With --describe: the teacher whose taps are meant
    #[arg(long, default_value = "resnet20")]
    teacher: Architecture,
    /// With --describe: the student whose taps are meant
    #[arg(long, default_value = "resnet8")]
    student: Architecture,
    /// Which engine computes
    #[arg(long, visible_alias = "device", value_enum, default_value = "cpu")]
    engine: Engine,
}

fn options(method: &Method, set: &[String]) -> Result<Values> {
    let fields = (method.options)();
    Values::from_json(&fields, &pairs(&fields, set)?)
}

/// Runs the command.
pub async fn run(args: Args) -> Outcome {
    if args.list {
        for m in METHODS {
            line(format_args!("{:16} {:44} {:9} {}", m.name, m.label, m.provenance.name(), m.source))?;
        }
        return Ok(());
    }
    let method = method(args.name.as_deref().unwrap_or_default())?;
    let options = options(method, &args.set)?;
    if args.describe {
        line(format_args!("{:#}", describe(method, &options, args.teacher, args.student)?))?;
        return Ok(());
    }
    let path = args.tensors.unwrap_or_default();
    if let Some(path) = &args.grads {
        files::place(path)?;
    }
    if let Some(grads) = args.grads.as_deref().and_then(|path| path.canonicalize().ok())
        && path.canonicalize().is_ok_and(|tensors| tensors == grads)
    {
        return Err(End::Failed(Error::FileUnwritable(format!(
            "{} holds the inputs and is not replaced. Name another file with --grads.",
            path.display()
        ))));
    }
    let (tensors, _) = decode(&files::read(&path, Error::TensorsInvalid)?)?;
    let device = args.engine.open().await?.device;
    let outcome = on_tensors::run(method, &options, &tensors, &device).await?;
    if let Some(path) = &args.grads {
        let gradients = outcome.gradients.iter().map(|(n, s, v)| (n.clone(), s.as_slice(), v.as_slice()));
        let state = outcome.state.iter().map(|(n, s, v)| (format!("state.{n}"), s.as_slice(), v.as_slice()));
        files::write(path, &encode(gradients.chain(state), None, Precision::Full)?)?;
    }
    let terms: Map<String, Value> = outcome
        .terms
        .iter()
        .map(|t| {
            let row = json!({"role": t.role, "value": t.value, "weight": t.weight, "weighted": t.weight * t.value});
            (t.name.to_string(), row)
        })
        .collect();
    let report = json!({"method": method.name, "formula": outcome.formula, "total": outcome.total, "terms": terms});
    line(format_args!("{report:#}"))
}

/// What there is to know of a method, for two networks.
fn describe(method: &Method, options: &Values, teacher: Architecture, student: Architecture) -> Result<Value> {
    let (t, s) = (teacher.layout(), student.layout());
    let around = Surroundings { student: &s, teacher: &t, classes: 10, train_images: 50_000, seed: 0 };
    let objective = (method.make)(options, &around)?;
    let parameters: Map<String, Value> =
        objective.parts().iter().map(|spec| (format!("param.{}", spec.name), json!(spec.shape))).collect();
    let fields: Vec<Value> = (method.options)()
        .iter()
        .map(|f| {
            let mut row = f.describe();
            if let (Kind::Choice(_), Some(choices)) = (&f.kind, row["choices"].as_array()) {
                row["choices"] = choices.iter().map(|c| c["value"].clone()).collect();
            }
            row
        })
        .collect();
    let mut inputs = Map::new();
    for (who, layout) in [("student", &s), ("teacher", &t)] {
        inputs.insert(format!("{who}.logits"), json!(["B", "K"]));
        for (i, [c, h, w]) in layout.maps.iter().enumerate() {
            inputs.insert(format!("{who}.f{i}"), json!(["B", c, h, w]));
            if i > 0 {
                inputs.insert(format!("{who}.pre{i}"), json!(["B", c, h, w]));
            }
        }
        inputs.insert(format!("{who}.f{}", layout.maps.len()), json!(["B", layout.pooled]));
    }
    inputs.insert("labels".into(), json!(["B"]));
    inputs.insert("indices".into(), json!(["B"]));
    inputs.insert("progress".into(), json!([1]));
    Ok(json!({
        "method": method.name,
        "label": method.label,
        "formula": method.formula,
        "now": objective.formula(),
        "source": method.source,
        "provenance": method.provenance.name(),
        "explanation": method.explanation,
        "needsTeacher": method.needs_teacher(),
        "options": fields,
        "for": {"teacher": teacher.name(), "student": student.name()},
        "inputs": inputs,
        "parameters": parameters,
        "state": method.state,
    }))
}
