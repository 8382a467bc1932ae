//! `kd-lens study`: a grid of runs from a file, its progress, and joining what several machines computed.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use kd_lens::data::cifar;
use kd_lens::files::{Lock, read};
use kd_lens::study::{Cell, Folder, Notice, Part, Plan, Record, Work, merge, run as compute, write_report};
use kd_lens::{Error, Result, weights};

use crate::files::{self, Engine};
use crate::output::{End, Outcome, line, note};
use crate::stop::Stop;

/// Cells that are finished are never computed again: stopped at any time, the same command goes on.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct Args {
    #[command(subcommand)]
    join: Option<Join>,
    /// The study, a TOML file; see studies/small.toml
    #[arg(required = true)]
    file: Option<PathBuf>,
    /// Folder for the results (default: runs/ and the file's name)
    #[arg(long)]
    out: Option<PathBuf>,
    /// Compute only the i-th of n shares of the cells, to spread them over machines
    #[arg(long, value_name = "i/n", default_value = "1/1")]
    cells: Part,
    /// Cells at once (default: one for each core; with the GPU engine one)
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..))]
    jobs: Option<u16>,
    /// Seconds between checkpoints of a running cell: about as much is lost by a kill
    #[arg(long, default_value_t = 30.0, value_parser = crate::options::time)]
    checkpoint_seconds: f64,
    /// Folder that holds the datasets' folders (default: $KD_LENS_DATA or data)
    #[arg(long)]
    data: Option<PathBuf>,
    /// Which engine computes
    #[arg(long, visible_alias = "device", value_enum, default_value = "cpu")]
    engine: Engine,
}

#[derive(Debug, clap::Subcommand)]
enum Join {
    /// Join folders that hold parts of the same study into one, and write its report
    Merge {
        /// Folder for the whole
        out: PathBuf,
        /// Folders of the parts
        #[arg(required = true)]
        folders: Vec<PathBuf>,
    },
}

/// Runs the command.
pub async fn run(args: Args) -> Outcome {
    if let Some(Join::Merge { out, folders }) = &args.join {
        // What is no study is refused before the folder of the whole is made.
        for part in folders {
            Folder::open(part)?;
        }
        let _lock = Lock::folder(out)?;
        let (folder, plan, finished) = merge(out, folders)?;
        let report = write_report(&folder, &plan)?;
        let cells = plan.cells.len();
        return line(format_args!("{finished} of {cells} cells are finished. The report is {}.", report.display()));
    }
    let file = args.file.as_deref().unwrap_or(Path::new(""));
    let text = std::fs::read_to_string(file)
        .map_err(|e| Error::SettingInvalid(format!("{} could not be read ({e}).", file.display())))?;
    let digest = |path: &Path| Ok(weights::digest(&read(path, Error::WeightsMissing)?));
    let plan = Plan::parse(&text, &file.display().to_string(), &digest)?;
    let stem = file.file_stem().map_or_else(|| "study".into(), |stem| stem.to_os_string());
    let out = args.out.clone().unwrap_or_else(|| Path::new("runs").join(stem));
    let _lock = Lock::folder(&out)?;
    let folder = Folder::create(&out, &plan)?;
    folder.sweep();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let opened = args.engine.open().await?;
    let data = |kind, split, count| {
        let own = args.data.as_ref().map(|root| root.join(kd_lens::data::DatasetKind::folder(kind)));
        cifar::write(&files::dataset(kind, split, Some(count), own.as_deref())?, kind)
    };
    let progress = Progress::new(&plan, &folder, args.cells)?;
    let tell = |notice: Notice<'_>| progress.tell(&notice);
    let stop = Stop::listen()?;
    let mut work = Work::new(opened.device, &data, &tell, stop.flag());
    work.jobs = args.jobs.map_or(if matches!(args.engine, Engine::Cpu) { cores } else { 1 }, usize::from);
    work.part = args.cells;
    work.checkpoint_seconds = args.checkpoint_seconds;
    let engine = match args.engine {
        Engine::Cpu => format!("{cores} cores, {} cells at once with one thread each", work.jobs),
        _ => opened.adapter,
    };
    work.machine = format!("{}, {}, {}; {engine}", processor(), std::env::consts::OS, std::env::consts::ARCH);
    let outcome = compute(&plan, &folder, &work);
    progress.bar.finish_and_clear();
    let outcome = outcome?;
    if stop.raised() {
        let done = outcome.before + outcome.finished;
        return Err(End::Stopped(format!("Stopped with {done} cells finished. The same command goes on.")));
    }
    let report = write_report(&folder, &plan)?;
    line(format_args!(
        "{} cells were finished before and {} now. The report is {}.",
        outcome.before,
        outcome.finished,
        report.display()
    ))?;
    if args.cells != Part::WHOLE {
        line(format_args!("When all parts are there: kd-lens study merge FOLDER {} …", out.display()))?;
    }
    match outcome.failed {
        0 => Ok(()),
        failed => Err(Error::SettingInvalid(format!("{failed} cells were given up; the report says why.")).into()),
    }
}

/// What the system calls its processor.
fn processor() -> String {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':'));
    model.map_or_else(|| "unnamed processor".into(), |(_, name)| name.trim().to_string())
}

/// A bar over the steps of all cells, and a line for every cell that is done.
struct Progress {
    bar: ProgressBar,
    cells: usize,
    state: Mutex<State>,
}

struct State {
    started: Option<Instant>,
    /// Steps computed by this process, which is what its speed is known from.
    steps: u64,
    done: usize,
    running: usize,
    probing: Vec<String>,
}

impl Progress {
    fn new(plan: &Plan, folder: &Folder, part: Part) -> Result<Self> {
        let mut total = 0;
        for (_, cell) in plan.cells.iter().enumerate().filter(|(i, _)| part.takes(*i)) {
            if folder.record(plan, &cell.id).is_none() {
                total += cell.steps()? as u64;
            }
        }
        let bar = ProgressBar::new(total);
        if let Ok(style) = ProgressStyle::with_template("{bar:30} step {pos}/{len}  {msg}") {
            bar.set_style(style);
        }
        let cells = (0..plan.cells.len()).filter(|i| part.takes(*i)).count();
        let state = State { started: None, steps: 0, done: 0, running: 0, probing: Vec::new() };
        Ok(Self { bar, cells, state: Mutex::new(state) })
    }

    fn tell(&self, notice: &Notice<'_>) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match notice {
            Notice::Planned { cells, finished } => {
                state.done = *finished;
                self.line(&format!("{finished} of {cells} cells are finished already."));
            }
            Notice::Started { cell, done, total } => {
                state.started.get_or_insert_with(Instant::now);
                state.running += 1;
                self.bar.inc(*done as u64);
                if *done > 0 {
                    self.line(&format!("{} goes on from step {done} of {total}.", cell.id));
                }
            }
            Notice::Control { steps, .. } => {
                state.started.get_or_insert_with(Instant::now);
                self.bar.inc_length(*steps as u64);
            }
            Notice::Steps { count, .. } => {
                state.steps += *count as u64;
                self.bar.inc(*count as u64);
            }
            Notice::Probing { cell } => state.probing.push(cell.id.clone()),
            Notice::Finished { cell, record } => {
                (state.done, state.running) = (state.done + 1, state.running.saturating_sub(1));
                state.probing.retain(|id| *id != cell.id);
                let left = self.left(&state);
                self.line(&format!("{} of {} cells: {}{left}", state.done, self.cells, summary(cell, record)));
            }
            Notice::Failed { cell, error } => {
                state.running = state.running.saturating_sub(1);
                state.probing.retain(|id| *id != cell.id);
                self.line(&format!("{} was given up: {error} [{}]", cell.id, error.code()));
            }
        }
        let probing = match state.probing.len() {
            0 => String::new(),
            n => format!(" ({n} probing)"),
        };
        let left = self.left(&state);
        self.bar
            .set_message(format!("{} of {} cells, {} running{probing}{left}", state.done, self.cells, state.running));
    }

    /// Time left at the mean speed so far, probes included.
    fn left(&self, state: &State) -> String {
        let (Some(started), 1..) = (state.started, state.steps) else { return String::new() };
        let left = self.bar.length().unwrap_or_default().saturating_sub(self.bar.position());
        if left == 0 {
            return String::new();
        }
        let seconds = started.elapsed().as_secs_f64() / state.steps as f64 * left as f64;
        let rounded = Duration::from_secs(seconds.round() as u64);
        format!(", about {} left", indicatif::HumanDuration(rounded))
    }

    /// A line that stays, also where there is no terminal.
    fn line(&self, text: &str) {
        self.bar.suspend(|| note(text));
    }
}

fn summary(cell: &Cell, record: &Record) -> String {
    let rate = |who: &str| record.evaluation["scores"][who]["rate"].as_f64();
    let percent = |x: Option<f64>| x.map_or_else(|| "–".into(), |x| format!("{:.1}", 100.0 * x));
    format!(
        "{} in {:.0} s, accuracy T {} S {} C {} %",
        cell.id,
        record.times.training_seconds + record.times.probing_seconds,
        percent(rate("teacher")),
        percent(rate("student")),
        percent(rate("control"))
    )
}
