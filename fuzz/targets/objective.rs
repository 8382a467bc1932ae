//! Tensors and options of distillation methods; the input begins with the number of the method.
#![no_main]

use std::sync::LazyLock;

use arbitrary::{Result, Unstructured};
use kd_lens::device::Opened;
use kd_lens::fields::Values;
use kd_lens::nets::Layout;
use kd_lens::objectives::{METHODS, Method, Surroundings, on_tensors};
use kd_lens::weights::decode;
use kd_lens_fuzz::file::{File, Part};
use kd_lens_fuzz::{cpu, no_fault, number, plain, value};
use libfuzzer_sys::{Corpus, fuzz_target};
use serde_json::Map;

static ENGINE: LazyLock<Opened> = LazyLock::new(cpu);

const MAPS: [[usize; 3]; 4] = [[2, 8, 8], [2, 8, 8], [3, 4, 4], [4, 2, 2]];
const NAMES: [&str; 24] = [
    "student.logits",
    "teacher.logits",
    "labels",
    "indices",
    "progress",
    "student.f0",
    "student.f1",
    "student.f2",
    "student.f3",
    "student.f4",
    "teacher.f0",
    "teacher.f3",
    "teacher.f4",
    "student.pre1",
    "student.strong.logits",
    "teacher.strong.logits",
    "state.labels",
    "state.z",
    "state.classifier",
    "state.bn1.weight",
    "state.bn1.bias",
    "state.permutation",
    "state.student",
    "state.negatives",
];

fn some(u: &mut Unstructured<'_>, count: usize, odd: bool) -> Result<Vec<f64>> {
    (0..count)
        .map(|_| if odd && u.ratio(1, 4)? { number(u) } else { Ok(f64::from(u.arbitrary::<i8>()?) / 32.0) })
        .collect()
}

/// Tensors that nearly fit, and options.
fn inputs(u: &mut Unstructured<'_>, method: &Method) -> Result<(Vec<u8>, Values)> {
    let fields = (method.options)();
    let mut given = Map::new();
    for field in &fields {
        if u.ratio(1, 4)? {
            let one = value(u, &["none", "linear", "mlp-2", "logits"], 0)?;
            // A refused option ends the command before any tensor is read, so it is not kept.
            if field.take(&one).is_ok() {
                given.insert(field.name.into(), one);
            }
        }
    }
    let options = Values::from_json(&fields, &given).unwrap_or_else(|_| Values::defaults(&fields));
    let (images, classes) = (u.int_in_range(1..=4)?, u.int_in_range(1..=4)?);
    let odd = u.ratio(1, 2)?;
    let pooled = MAPS[3][0];
    let mut parts = Vec::new();
    let mut add = |u: &mut Unstructured<'_>, name: String, shape: &[usize]| -> Result<()> {
        // Few values of their own: an input stays short.
        let own = some(u, 8, odd)?;
        let values: Vec<f64> = own.iter().copied().cycle().take(shape.iter().product()).collect();
        parts.push(Part::floats(name, shape, &values));
        Ok(())
    };
    let maps = u.ratio(3, 4)?;
    for who in ["student", "teacher"] {
        add(u, format!("{who}.logits"), &[images, classes])?;
        if u.ratio(1, 4)? {
            add(u, format!("{who}.strong.logits"), &[images, classes])?;
        }
        if maps {
            for (i, [c, h, w]) in MAPS.into_iter().enumerate() {
                add(u, format!("{who}.f{i}"), &[images, c, h, w])?;
                if i > 0 && u.ratio(1, 2)? {
                    add(u, format!("{who}.pre{i}"), &[images, c, h, w])?;
                }
            }
            add(u, format!("{who}.f4"), &[images, pooled])?;
        }
    }
    let whole: Vec<f64> = (0..images).map(|i| (i % classes) as f64).collect();
    parts.push(Part::floats("labels", &[images], &whole));
    if u.ratio(1, 2)? {
        parts.push(Part::floats("indices", &[images], &(0..images).map(|i| i as f64).collect::<Vec<_>>()));
        parts.push(Part::floats("state.labels", &[images + 2], &vec![0.0; images + 2]));
    }
    if u.ratio(1, 4)? {
        parts.push(Part::floats("progress", &[1], &[number(u)?]));
    }
    // The method's own tensors, as it asks for them with these maps.
    let layout = Layout {
        maps: if maps { MAPS.to_vec() } else { Vec::new() },
        pooled: if maps { pooled } else { classes },
        norms: true,
    };
    let around = Surroundings { student: &layout, teacher: &layout, classes, train_images: images + 2, seed: 0 };
    if let Some(objective) = no_fault((method.make)(&options, &around)) {
        for spec in objective.parts() {
            let values = some(u, 4, odd)?;
            let values: Vec<f64> = values.into_iter().cycle().take(spec.shape.iter().product()).collect();
            parts.push(Part::floats(format!("param.{}", spec.name), &spec.shape, &values));
        }
    }
    let mut file = File { parts, ..File::default() };
    if u.ratio(2, 3)? {
        file.edit(u, &NAMES)?;
    }
    Ok((file.bytes(), options))
}

fuzz_target!(|input: &[u8]| -> Corpus {
    let Some((which, rest)) = input.split_first() else { return Corpus::Reject };
    let method = &METHODS[usize::from(*which) % METHODS.len()];
    let (bytes, options) = match plain(rest) {
        Some(bytes) => (bytes.to_vec(), Values::defaults(&(method.options)())),
        None => match inputs(&mut Unstructured::new(rest), method) {
            Ok(found) => found,
            Err(_) => return Corpus::Reject,
        },
    };
    let Some((tensors, _)) = no_fault(decode(&bytes)) else { return Corpus::Keep };
    no_fault(pollster::block_on(on_tensors::run(method, &options, &tensors, &ENGINE.device)));
    Corpus::Keep
});
