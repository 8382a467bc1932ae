//! One cell: a run to its end, its evaluation and its probes. What it has reached survives a kill.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::axes::Cell;
use super::bring;
use super::controls;
use super::folder::{CHECKPOINT, Folder, HISTORY};
use super::numbers::prune;
use super::plan::{Asked, Keep, Plan};
use super::schedule::{Notice, Work};
use crate::data::{DatasetKind, Split};
use crate::error::{Error, Result};
use crate::evaluate::{Logits, logits};
use crate::files::{read, unwritable, write};
use crate::lab::{Event, Session, Settings, Trains, Who};
use crate::metrics::outputs::kl_by_image;
use crate::statistics::{Comparison, Rate, argmax, negative_log_likelihood};
use crate::{probes, weights};

/// What a finished cell has to say: one JSON file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Record {
    /// Of the cell.
    pub id: String,
    /// What it was made with.
    pub settings: Map<String, Value>,
    /// SHA-256 of the teacher's weights.
    pub teacher_digest: String,
    /// SHA-256 of the further networks' weights, by role.
    #[serde(default)]
    pub brought: BTreeMap<String, String>,
    /// Version of kd-lens.
    pub version: String,
    /// Steps of training.
    pub steps: usize,
    /// The loss with its numbers.
    pub formula: String,
    /// Every evaluation during training, oldest first.
    pub history: Vec<Value>,
    /// The last one, with paired comparisons.
    pub evaluation: Value,
    /// What was asked.
    pub asked: Vec<Asked>,
    /// Reports by id, without maps and pixels of single images.
    pub probes: BTreeMap<String, Value>,
    /// SHA-256 of the final weights of student and control, 32-bit floats.
    pub weights: BTreeMap<String, String>,
    /// When, where and how long: the only part that differs between repetitions.
    pub times: Times,
}

/// When, where and how long.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Times {
    /// What the machine said of itself.
    pub machine: String,
    /// Training, evaluations included, in all processes that worked on it.
    pub training_seconds: f64,
    /// The last evaluation and the probes.
    pub probing_seconds: f64,
    /// How often it was taken up from a checkpoint.
    pub resumed: usize,
    /// End, in seconds since 1970.
    pub finished: u64,
}

/// What is known of an unfinished cell beside its checkpoint.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Begun {
    evaluations: Vec<Value>,
    seconds: f64,
    resumed: usize,
}

/// Steps between looks at the clock, and the seconds after which they are taken one by one.
pub(super) const SLICE: usize = 10;
const SLOW: f64 = 5.0;

/// A session with its images.
pub(super) fn session(cell: &Cell, work: &Work<'_>) -> Result<Session> {
    let settings = cell.settings()?;
    let teacher = read(&cell.teacher_weights, Error::WeightsMissing)?;
    if weights::digest(&teacher) != cell.teacher_digest {
        return Err(Error::WeightsMismatch(format!(
            "{} changed since the study was read.",
            cell.teacher_weights.display()
        )));
    }
    let kind = settings.dataset()?;
    let counts = [(Split::Train, settings.train_images), (Split::Test, settings.test_images)];
    let mut session = Session::new(settings, &teacher, &work.device)?;
    if kind != DatasetKind::Shapes32 {
        for (split, count) in counts {
            session.add(split, &work.images(kind, split, count)?)?;
        }
    }
    Ok(session)
}

/// Computes a cell, going on from its checkpoint if there is one. `None` when the work was stopped.
pub(super) async fn compute(cell: &Cell, plan: &Plan, work: &Work<'_>, folder: &Folder) -> Result<Option<Record>> {
    let home = folder.cell(&cell.id);
    std::fs::create_dir_all(&home).map_err(|e| unwritable(&home, &e))?;
    let mut session = session(cell, work)?;
    bring::bring(cell, plan, work, &mut session)?;
    let control = controls::home(cell, folder)?;
    if control.is_some() {
        session.train_only(Trains::Student)?;
    }
    let shared = work.targets(cell, folder)?;
    session.share(&shared.targets);
    if let Some(other) = cell.stand_in {
        controls::stand_in(&mut session, &controls::other(cell, other, folder)?, control.as_deref())?;
    }
    let mut begun = Begun::default();
    let checkpoint = home.join(CHECKPOINT);
    if checkpoint.exists() && cell.stand_in.is_none() {
        session.restore(&read(&checkpoint, Error::CheckpointUnreadable)?)?;
        begun =
            std::fs::read(home.join(HISTORY)).ok().and_then(|b| serde_json::from_slice(&b).ok()).unwrap_or_default();
        // The history is written first, so it may be ahead of the checkpoint.
        begun.evaluations.retain(|e| e["step"].as_u64().is_some_and(|s| s <= session.steps_done() as u64));
        begun.resumed += 1;
    }
    (work.tell)(Notice::Started { cell, done: session.steps_done(), total: session.total_steps() });
    let (earlier, started) = (begun.seconds, Instant::now());
    let mut saved = Instant::now();
    let (mut slice, mut unsaved) = (SLICE, false);
    while session.steps_done() < session.total_steps() {
        if work.stopped() {
            if unsaved {
                begun.seconds = earlier + started.elapsed().as_secs_f64();
                save(&home, &begun, &session).await?;
            }
            return Ok(None);
        }
        let before = Instant::now();
        let begin = session.steps_done();
        let count = slice.min(session.total_steps() - begin);
        for event in controls::step(&mut session, control.as_deref(), count).await? {
            if let Event::Evaluation(_) = &event {
                begun.evaluations.push(json!(event));
            }
        }
        unsaved = true;
        slice = if before.elapsed().as_secs_f64() > SLOW { 1 } else { SLICE };
        (work.tell)(Notice::Steps { cell, count: session.steps_done() - begin });
        if saved.elapsed().as_secs_f64() >= work.checkpoint_seconds {
            begun.seconds = earlier + started.elapsed().as_secs_f64();
            save(&home, &begun, &session).await?;
            (saved, unsaved) = (Instant::now(), false);
        }
    }
    begun.seconds = earlier + started.elapsed().as_secs_f64();
    if unsaved {
        save(&home, &begun, &session).await?;
    }
    if work.stopped() {
        return Ok(None);
    }
    if let Some(other) = cell.twin {
        let state = controls::state(&controls::other(cell, other, folder)?, session.total_steps())?;
        session.bring_control(&state)?;
    }
    (work.tell)(Notice::Probing { cell });
    let probing = Instant::now();
    let evaluation = evaluation(&session).await?;
    let mut reports = BTreeMap::new();
    let asked_of_it = plan.asked(cell);
    for asked in &asked_of_it {
        if work.stopped() {
            return Ok(None);
        }
        let mut report = probes::run(&asked.name, &asked.options, &session.bench()).await?;
        prune(&mut report, false);
        reports.insert(asked.id.clone(), report);
    }
    let mut digests = BTreeMap::new();
    for (name, who) in [("student", Who::Student), ("control", Who::Control)] {
        digests.insert(name.to_string(), weights::digest(&session.export(who).await?));
        if plan.keep != Keep::Numbers {
            let half = weights::save(&session.network(who).params, weights::Precision::Half).await?;
            write(&home.join(format!("{name}.safetensors")), &half)?;
        }
    }
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let record = Record {
        id: cell.id.clone(),
        settings: cell.settings.clone(),
        teacher_digest: cell.teacher_digest.clone(),
        brought: bring::digests(cell),
        version: env!("CARGO_PKG_VERSION").into(),
        steps: session.steps_done(),
        formula: session.formula(),
        history: begun.evaluations,
        evaluation,
        asked: asked_of_it,
        probes: reports,
        weights: digests,
        times: Times {
            machine: work.machine.clone(),
            training_seconds: begun.seconds,
            probing_seconds: probing.elapsed().as_secs_f64(),
            resumed: begun.resumed,
            finished: now.map_or(0, |d| d.as_secs()),
        },
    };
    shared.save().await?;
    folder.finish(&record, plan.keep)?;
    Ok(Some(record))
}

async fn save(home: &Path, begun: &Begun, session: &Session) -> Result<()> {
    write(&home.join(HISTORY), json!(begun).to_string().as_bytes())?;
    write(&home.join(CHECKPOINT), &session.checkpoint().await?)
}

/// The three networks on the test images, student and control compared on the same ones.
async fn evaluation(session: &Session) -> Result<Value> {
    let images = session.dataset(Split::Test);
    let (indices, labels): (Vec<usize>, _) = ((0..images.len()).collect(), images.labels());
    let mut all = Vec::new();
    for (name, who) in [("teacher", Who::Teacher), ("student", Who::Student), ("control", Who::Control)] {
        all.push(logits(name, session.network(who), images, &indices, session.device()).await?);
    }
    let [teacher, student, control] = [&all[0], &all[1], &all[2]];
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
        "n": indices.len(),
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
pub(super) async fn rehearse(cell: &Cell, plan: &Plan, work: &Work<'_>) -> Result<()> {
    let probes = plan.asked(cell);
    if probes.is_empty() {
        return Ok(());
    }
    let few = Settings { train_images: cell.settings()?.batch_size, ..cell.settings()? };
    let few = match few.to_json() {
        Value::Object(settings) => Cell { settings, ..cell.clone() },
        _ => cell.clone(),
    };
    let mut session = session(&few, work)?;
    bring::bring(cell, plan, work, &mut session)?;
    for asked in &probes {
        let mut options = asked.options.clone();
        let held = session.dataset(Split::Test).len().min(2);
        if options.get("images").is_none_or(|n| {
            n.as_u64().is_some_and(|n| n > held as u64 && n <= session.dataset(Split::Test).len() as u64)
        }) {
            options.insert("images".into(), json!(held));
        }
        let outcome = probes::run(&asked.name, &options, &session.bench()).await;
        // Two images may be too few for this probe or `images` no option of it: only its own options count.
        let outcome = match outcome {
            Err(Error::ProbeInvalid(_)) => probes::run(&asked.name, &asked.options, &session.bench()).await,
            other => other,
        };
        outcome.map_err(|e| match e {
            Error::ProbeInvalid(s) => Error::ProbeInvalid(format!("The probe “{}” of the study: {s}", asked.id)),
            other => other,
        })?;
    }
    Ok(())
}
