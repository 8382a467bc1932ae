//! One run: its learners to their end, their evaluation and their probes. What it has reached survives a kill.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;

use kd_lens::data::Split;
use kd_lens::error::{Error, Result};
use kd_lens::evaluate::{Logits, logits};
use kd_lens::lab::{Event, Session, TEACHER};
use kd_lens::metrics::outputs::kl_by_image;
use kd_lens::probes;
use kd_lens::statistics::{Comparison, Rate, argmax, negative_log_likelihood};
use kd_lens::weights;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::controls;
use super::session::{bring, session};
use super::work::{Notice, SLICE, Work};
use crate::files::{read, unwritable, write};
use crate::study::spec::{Asked, BASELINE, Keep, Plan, Run};
use crate::study::store::{CHECKPOINT, Folder, HISTORY, Record, Times, prune};

/// What is known of an unfinished run beside its checkpoint.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Progress {
    evaluations: Vec<Value>,
    seconds: f64,
    resumed: usize,
}

/// Seconds of a slice after which steps are taken one by one.
const SLOW: f64 = 5.0;

/// Computes a run, going on from its checkpoint if there is one, and puts down the records of those of its cells that `open` names.
/// `None` when the work was stopped.
pub(super) async fn compute(
    run: &Run,
    open: &[bool],
    plan: &Plan,
    work: &Work<'_>,
    folder: &Folder,
) -> Result<Option<Vec<Record>>> {
    let home = folder.begin(run)?;
    let mut session = session(run, work)?;
    bring(run, plan, work, &mut session)?;
    let parts = controls::Places::of(run, folder)?;
    parts.divide(run, &mut session)?;
    let shared = work.targets(&run.cells[0], folder)?;
    session.share(&shared.targets);
    let mut progress = Progress::default();
    let checkpoint = home.join(CHECKPOINT);
    if checkpoint.exists() {
        session.restore(&read(&checkpoint, Error::CheckpointUnreadable)?)?;
        progress =
            std::fs::read(home.join(HISTORY)).ok().and_then(|b| serde_json::from_slice(&b).ok()).unwrap_or_default();
        // The history is written first, so it may be ahead of the checkpoint.
        progress.evaluations.retain(|e| e["step"].as_u64().is_some_and(|s| s <= session.steps_done() as u64));
        progress.resumed += 1;
    }
    for cell in &run.cells {
        let done = if cell.stand_in.is_some() { session.total_steps() } else { session.steps_done() };
        (work.tell)(Notice::Started { cell, done, total: session.total_steps() });
    }
    let (earlier, started) = (progress.seconds, Instant::now());
    let mut saved = Instant::now();
    let (mut slice, mut unsaved) = (SLICE, false);
    while session.steps_done() < session.total_steps() {
        if work.stopped() {
            if unsaved {
                progress.seconds = earlier + started.elapsed().as_secs_f64();
                save(&home, &progress, &session).await?;
            }
            return Ok(None);
        }
        let before = Instant::now();
        let begin = session.steps_done();
        let count = slice.min(session.total_steps() - begin);
        for event in parts.step(&mut session, count).await? {
            if let Event::Evaluation(_) = &event {
                progress.evaluations.push(json!(event));
            }
        }
        unsaved = true;
        slice = if before.elapsed().as_secs_f64() > SLOW { 1 } else { SLICE };
        for cell in run.cells.iter().filter(|cell| cell.stand_in.is_none()) {
            (work.tell)(Notice::Steps { cell, count: session.steps_done() - begin });
        }
        if saved.elapsed().as_secs_f64() >= work.checkpoint_seconds {
            progress.seconds = earlier + started.elapsed().as_secs_f64();
            save(&home, &progress, &session).await?;
            (saved, unsaved) = (Instant::now(), false);
        }
    }
    progress.seconds = earlier + started.elapsed().as_secs_f64();
    if unsaved {
        save(&home, &progress, &session).await?;
    }
    parts.finish(&mut session)?;
    if work.stopped() {
        return Ok(None);
    }
    let cells = || (0..run.cells.len()).filter(|at| open[*at]).map(|at| (at, &run.cells[at]));
    for (_, cell) in cells() {
        (work.tell)(Notice::Probing { cell });
    }
    let probing = Instant::now();
    let Some(reports) = reports(run, open, plan, work, &session).await? else { return Ok(None) };
    let evaluations = evaluations(run, open, &session).await?;
    shared.save().await?;
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |d| d.as_secs());
    // What the run took, in equal parts: its learners share the teacher, the images and the baseline.
    let trained = run.trained().len().max(1) as f64;
    let probed = cells().count() as f64;
    let mut records = Vec::new();
    for (((at, cell), evaluation), probes) in cells().zip(evaluations).zip(reports) {
        let stands_in = cell.stand_in.is_some();
        let mut digests = BTreeMap::new();
        for (name, id) in [("student", run.learner(at)), ("control", BASELINE)] {
            digests.insert(name.to_string(), weights::digest(&session.export(id).await?));
            if plan.keep != Keep::Numbers {
                let half = weights::save(&session.network(id)?.params, weights::Precision::Half).await?;
                let home = folder.cell(&cell.id);
                std::fs::create_dir_all(&home).map_err(|e| unwritable(&home, &e))?;
                write(&home.join(format!("{name}.safetensors")), &half)?;
            }
        }
        let history = match stands_in {
            true => Vec::new(),
            false => progress.evaluations.iter().map(|event| run.evaluation_of(at, event)).collect(),
        };
        let record = Record {
            id: cell.id.clone(),
            settings: cell.settings.clone(),
            teacher_digest: cell.teacher_digest.clone(),
            brought: cell.digests(),
            version: kd_lens::VERSION.into(),
            steps: session.steps_done(),
            formula: session.formulas().get(run.learner(at)).cloned().unwrap_or_default(),
            history,
            evaluation,
            asked: plan.asked(cell),
            probes,
            weights: digests,
            times: Times {
                machine: work.machine.clone(),
                training_seconds: if stands_in { 0.0 } else { progress.seconds / trained },
                probing_seconds: probing.elapsed().as_secs_f64() / probed,
                resumed: progress.resumed,
                finished: now,
            },
        };
        records.push(record);
    }
    for record in &records {
        folder.finish(record)?;
    }
    folder.end(run, plan.keep);
    Ok(Some(records))
}

async fn save(home: &Path, progress: &Progress, session: &Session) -> Result<()> {
    write(&home.join(HISTORY), json!(progress).to_string().as_bytes())?;
    write(&home.join(CHECKPOINT), &session.checkpoint().await?)
}

/// The reports of the open cells' probes, by their ids. A probe is asked once for all cells that want it. `None` when the work was
/// stopped.
async fn reports(
    run: &Run,
    open: &[bool],
    plan: &Plan,
    work: &Work<'_>,
    session: &Session,
) -> Result<Option<Vec<BTreeMap<String, Value>>>> {
    let cells: Vec<usize> = (0..run.cells.len()).filter(|at| open[*at]).collect();
    let wanted: Vec<Vec<Asked>> = cells.iter().map(|at| plan.asked(&run.cells[*at])).collect();
    let mut reports = vec![BTreeMap::new(); cells.len()];
    let mut asked: Vec<&Asked> = Vec::new();
    for probe in wanted.iter().flatten() {
        if !asked.contains(&probe) {
            asked.push(probe);
        }
    }
    for probe in asked {
        let places: Vec<usize> = (0..cells.len()).filter(|place| wanted[*place].contains(probe)).collect();
        let together = match probes::is_of_one_learner(&probe.name, &probe.options) {
            true => places.chunks(1).collect::<Vec<_>>(),
            false => vec![&places[..]],
        };
        for places in together {
            if work.stopped() {
                return Ok(None);
            }
            let ids: Vec<&str> = places.iter().map(|place| run.learner(cells[*place])).collect();
            let context = session.probe_context().only(|id| id == BASELINE || ids.contains(&id));
            let mut report = probes::run(&probe.name, &probe.options, &context).await?;
            prune(&mut report, false);
            for place in places {
                reports[*place].insert(probe.id.clone(), run.report_of(cells[*place], &report));
            }
        }
    }
    Ok(Some(reports))
}

/// The networks of each open cell on the test images, student and control compared on the same ones.
async fn evaluations(run: &Run, open: &[bool], session: &Session) -> Result<Vec<Value>> {
    let images = session.dataset(Split::Test);
    let indices: Vec<usize> = (0..images.len()).collect();
    let of = async |id: &str| logits(id, session.network(id)?, images, &indices, session.device()).await;
    let (teacher, baseline) = (of(TEACHER).await?, of(BASELINE).await?);
    let mut found = Vec::new();
    for at in (0..run.cells.len()).filter(|at| open[*at]) {
        found.push(evaluation(&teacher, &of(run.learner(at)).await?, &baseline, session)?);
    }
    Ok(found)
}

fn evaluation(teacher: &Logits, student: &Logits, control: &Logits, session: &Session) -> Result<Value> {
    let labels = session.dataset(Split::Test).labels();
    let expected = teacher.predictions();
    let seed = session.settings().seed;
    let hits = |right: &dyn Fn(usize, &[f32]) -> bool| {
        let pairs = student.rows().zip(control.rows()).enumerate();
        Comparison::of_hits(pairs.map(|(i, (s, c))| (right(i, s), right(i, c))))
    };
    let values = |value: &dyn Fn(usize, &[f32]) -> f64| {
        let pairs = student.rows().zip(control.rows()).enumerate();
        Comparison::of(&pairs.map(|(i, (s, c))| (value(i, s), value(i, c))).collect::<Vec<_>>(), seed)
    };
    let table = teacher.matrix()?;
    let from_teacher = |own: &Logits| kl_by_image(&own.matrix()?, &table, 1.0);
    let divergence: Vec<_> = from_teacher(student)?.into_iter().zip(from_teacher(control)?).collect();
    let agree = |l: &Logits| json!(Rate::of(l.predictions().iter().zip(&expected).map(|(a, b)| a == b)));
    Ok(json!({
        "n": labels.len(),
        "step": session.steps_done(),
        "scores": {
            "teacher": teacher.score(labels), "student": student.score(labels), "control": control.score(labels),
        },
        "agreementRates": {"student": agree(student), "control": agree(control)},
        "accuracy": hits(&|i, row| argmax(row) == usize::from(labels[i])),
        "agreement": hits(&|i, row| argmax(row) == expected[i]),
        "nll": values(&|i, row| negative_log_likelihood(row, usize::from(labels[i]))),
        "divergence": Comparison::of(&divergence, seed),
    }))
}

/// Asks every probe of two images of untrained networks, so that a wrong option is found at once and not after the training.
pub(super) async fn rehearse(run: &Run, plan: &Plan, work: &Work<'_>) -> Result<()> {
    let mut probes: Vec<Asked> = Vec::new();
    for probe in run.cells.iter().flat_map(|cell| plan.asked(cell)) {
        if !probes.contains(&probe) {
            probes.push(probe);
        }
    }
    if probes.is_empty() {
        return Ok(());
    }
    let few = run.with("trainImages", json!(run.settings()?.batch_size));
    let mut session = session(&few, work)?;
    bring(run, plan, work, &mut session)?;
    for asked in &probes {
        let mut options = asked.options.clone();
        let held = session.dataset(Split::Test).len().min(2);
        if options.get("images").is_none_or(|n| {
            n.as_u64().is_some_and(|n| n > held as u64 && n <= session.dataset(Split::Test).len() as u64)
        }) {
            options.insert("images".into(), json!(held));
        }
        let outcome = probes::run(&asked.name, &options, &session.probe_context()).await;
        // Two images may be too few for this probe or `images` no option of it: only its own options count.
        let outcome = match outcome {
            Err(Error::ProbeInvalid(_)) => probes::run(&asked.name, &asked.options, &session.probe_context()).await,
            other => other,
        };
        outcome.map_err(|e| match e {
            Error::ProbeInvalid(s) => Error::ProbeInvalid(format!("The probe “{}” of the study: {s}", asked.id)),
            other => other,
        })?;
    }
    Ok(())
}
