//! The sections of the report.

use std::collections::BTreeMap;

use serde_json::Value;

use super::claim::{Claim, Of, Sides, Unit};
use super::controls;
use super::folder::Folder;
use super::html::{day, duration, escape, estimate, list, number, table, with_interval};
use super::numbers::Estimate;
use super::plan::Plan;
use super::verdict::{Found, Group, Records, Verdict};
use crate::lab::fields;

/// Name, question, how much is there.
pub(super) fn header(plan: &Plan, records: &Records) -> String {
    let seeds = plan.axes.iter().find(|a| a.name == "seed").map_or(0, |a| a.labels.len());
    let plural = |n: usize, one: &str| if n == 1 { format!("{n} {one}") } else { format!("{n} {one}s") };
    format!(
        "<h1>{}</h1>\n<p class=\"lead\">{}</p>\n<p>{} of {} finished, over {}. In every cell a student is distilled from a teacher beside a \
         <em>control</em>: the same network with the same first weights and the same batches, taught by labels alone.</p>\n",
        escape(&plan.name),
        escape(&plan.question),
        records.len(),
        plural(plan.cells.len(), "cell"),
        plural(seeds, "seed")
    )
}

/// The verdicts in one table.
pub(super) fn answers(found: &[Found]) -> String {
    if found.is_empty() {
        return String::new();
    }
    let mut rows = Vec::new();
    for claim in found {
        for group in &claim.groups {
            let a = &group.across;
            rows.push(vec![
                format!("<a href=\"#{0}\">{0}</a>", escape(&claim.claim.id)),
                escape(&group.title),
                verdict(a.verdict),
                with_interval(a.mean, a.low, a.high, claim.claim.unit),
                escape(claim.claim.expect.words()),
                a.n.to_string(),
            ]);
        }
    }
    let head = ["Claim", "Setting", "Verdict", "Mean difference (95 % over seeds)", "Expected", "Seeds"];
    format!("<h2>What came out</h2>\n{}", table("Verdicts, one for each claim and setting", &head, &rows))
}

fn verdict(verdict: Verdict) -> String {
    format!("<span class=\"verdict\">{}</span>", verdict.words())
}

/// What the words mean.
pub(super) fn reading() -> String {
    "<p>Each seed gives one difference. <strong>Reproduced</strong>: Student’s 95 % interval of the mean over seeds excludes 0, with the \
     expected sign. <strong>Contradicted</strong>: it excludes 0 with the opposite sign. <strong>Not seen</strong>: it contains 0; \
     that is not the same as no difference, and with few seeds the interval is wide. <strong>Undecided</strong>: there is no interval. \
     <strong>Check</strong>: nobody claims it; where it is seen, another claim means less. \
     The intervals are not corrected for the number of claims: where nothing differs, about one interval in twenty excludes 0 all \
     the same.</p>\n"
        .into()
}

/// Every claim with its figure and tables.
pub(super) fn claims(found: &[Found], figures: &[String]) -> String {
    let mut out = String::new();
    if !found.is_empty() {
        out.push_str("<h2>Claim by claim</h2>\n");
    }
    for (found, figure) in found.iter().zip(figures) {
        let claim = &found.claim;
        out.push_str(&format!("<section id=\"{0}\">\n<h3>{0}: {1}</h3>\n", escape(&claim.id), escape(&claim.sentence)));
        let mut source = Vec::new();
        if !claim.paper.is_empty() {
            source.push(format!("From {}", escape(&claim.paper)));
        }
        if !claim.section.is_empty() {
            source.push(format!("section {}", escape(&claim.section)));
        }
        let place = if source.is_empty() { String::new() } else { format!("{}. ", source.join(", ")) };
        out.push_str(&format!(
            "<p class=\"quiet\">{place}Expected: {}. Compared: {}.</p>\n<p>{}</p>\n",
            escape(claim.expect.words()),
            compared(claim, &found.sides),
            answer(found)
        ));
        if let Some(note) = &claim.note {
            out.push_str(&format!("<p>{}</p>\n", escape(note)));
        }
        if !figure.is_empty() {
            out.push_str(&format!(
                "<figure>\n{figure}\n<figcaption>Left: {} (filled circle) and {} (hollow square) by seed, with 95 % intervals over \
                 images where there are any. Right: their difference; the diamond is the mean over seeds with Student’s 95 % interval. \
                 All numbers stand in the tables below.</figcaption>\n</figure>\n",
                escape(&found.sides[0]),
                escape(&found.sides[1])
            ));
        }
        for (group, expected_none) in
            found.groups.iter().map(|g| (g, false)).chain(found.control_groups.iter().map(|g| (g, true)))
        {
            out.push_str(&group_table(found, group, expected_none));
        }
        out.push_str("</section>\n");
    }
    out
}

/// Which number, in words.
fn compared(claim: &Claim, sides: &[String; 2]) -> String {
    let code = |text: &str| format!("<code>{}</code>", escape(text));
    let probe = code(&claim.probe);
    let of = match (claim.expect.sides(), claim.of) {
        (Sides::Cells, Of::Student) => "the student’s ",
        (Sides::Cells, Of::Control) => "the control’s ",
        (Sides::Cells, Of::Difference) => "student − control of ",
        _ => "",
    };
    let what = match (&claim.path, &claim.student, &claim.control) {
        (Some(path), _, _) => format!("{of}{} of {probe}", code(path)),
        (_, Some(student), Some(control)) => {
            format!("{of}{} and {} of {probe} on every image", code(student), code(control))
        }
        (_, Some(student), None) => format!("{of}{} of {probe} on every image", code(student)),
        _ => probe,
    };
    match (claim.expect.sides(), claim.chance) {
        (Sides::Cells, _) => format!("{what}, in a = {} and b = {}", escape(&sides[0]), escape(&sides[1])),
        (_, Some(chance)) => format!("{what} with chance, {}", number(chance, claim.unit)),
        _ => what,
    }
}

/// The answer in one sentence.
fn answer(found: &Found) -> String {
    let unit = found.claim.unit;
    let words = |group: &Group| {
        let a = &group.across;
        let points = if unit == Unit::Percent { " points" } else { "" };
        let name = escape(&group.title);
        match (a.mean, a.low, a.high) {
            (Some(mean), Some(low), Some(high)) => format!(
                "{name}: {}, {}{points} ({} to {}, {} seeds).",
                a.verdict.words(),
                number(mean, unit),
                number(low, unit),
                number(high, unit),
                a.n
            ),
            _ => format!("{name}: {}. {}", a.verdict.words(), escape(a.why.as_deref().unwrap_or_default())),
        }
    };
    let surprising =
        found.control_groups.iter().filter(|g| !matches!(g.across.verdict, Verdict::NotSeen | Verdict::Undecided));
    let mut sentences: Vec<String> = found.groups.iter().map(words).collect();
    sentences.extend(surprising.map(|g| {
        format!(
            "In {}, where no difference was expected, one was seen: read the verdicts above with care.",
            escape(&g.title)
        )
    }));
    sentences.join(" ")
}

fn group_table(found: &Found, group: &Group, expected_none: bool) -> String {
    let unit = found.claim.unit;
    let teacher = group.seeds.iter().any(|row| row.teacher.is_some());
    let mut head = vec!["Seed"];
    if teacher {
        head.push("Teacher");
    }
    let upper = |text: &str| {
        let mut letters = text.chars();
        letters.next().map(|c| c.to_uppercase().collect::<String>() + letters.as_str()).unwrap_or_default()
    };
    let sides = found.sides.each_ref().map(|s| upper(s));
    head.extend([sides[0].as_str(), sides[1].as_str(), "Difference", "Images"]);
    let mut rows = Vec::new();
    for row in &group.seeds {
        let mut cells = vec![escape(&row.seed)];
        if teacher {
            cells.push(row.teacher.map_or("–".into(), |t: Estimate| estimate(&t, unit)));
        }
        cells.extend([estimate(&row.left, unit), estimate(&row.right, unit), estimate(&row.difference, unit)]);
        cells.push(row.n.map_or("–".into(), |n| n.to_string()));
        rows.push(cells);
    }
    let a = &group.across;
    let mut mean = vec!["Mean over seeds".to_string()];
    mean.extend((0..head.len() - 3).map(|_| String::new()));
    mean.push(with_interval(a.mean, a.low, a.high, unit));
    mean.push(String::new());
    rows.push(mean);
    let role = if expected_none { " (no difference expected)" } else { "" };
    let percent = if unit == Unit::Percent { ", in percent" } else { "" };
    let caption = format!("{}{role}: {}{percent}", group.title, a.verdict.words());
    let mut out = table(&caption, &head, &rows);
    let mut notes = Vec::new();
    if let Some(sd) = a.sd {
        notes.push(format!("Standard deviation over {} seeds: {}.", a.n, number(sd, unit)));
    }
    if let Some(apart) = group.controls_apart {
        notes.push(format!(
            "What chance does: the controls of two seeds lie {} apart on average (at most {}; pairs: {}).",
            number(apart.mean, unit),
            number(apart.max, unit),
            apart.pairs
        ));
    }
    let mut how: Vec<_> = group.seeds.iter().map(|row| row.how).collect();
    how.dedup();
    if !how.is_empty() {
        notes.push(format!("Interval of a seed’s difference: {}.", how.join(", ")));
    }
    if let Some(why) = &a.why {
        notes.push(escape(why));
    }
    for (seed, why) in &group.missing {
        notes.push(format!("Seed {}: no number, {}.", escape(seed), escape(why)));
    }
    out.push_str(&format!("<p class=\"quiet\">{}</p>\n", notes.join(" ")));
    out
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), String::from)
}

/// What was the same, what differed, what was asked.
pub(super) fn protocol(plan: &Plan, records: &Records) -> String {
    let mut rows = Vec::new();
    for field in fields() {
        let mut values: Vec<String> = plan.cells.iter().map(|c| plain(&c.settings[field.name])).collect();
        values.dedup();
        values.sort();
        values.dedup();
        let shown = values
            .into_iter()
            .map(|v| if v.is_empty() { "none".into() } else { escape(&v) })
            .collect::<Vec<_>>()
            .join(", ");
        rows.push(vec![format!("{} <code>{}</code>", escape(field.label), field.name), shown]);
    }
    let mut methods: BTreeMap<&str, String> = BTreeMap::new();
    let common: Vec<_> = fields().iter().map(|f| f.name).collect();
    for cell in &plan.cells {
        let options = cell.settings.iter().filter(|(name, _)| !common.contains(&name.as_str()));
        let options: Vec<_> = options.map(|(name, value)| format!("{name} = {}", plain(value))).collect();
        let formula = records.get(&cell.id).map(|r| format!("<br><span class=\"quiet\">{}</span>", escape(&r.formula)));
        let known = methods.entry(cell.label("method")).or_default();
        if known.is_empty() || formula.is_some() && !known.contains("<br>") {
            *known = format!("{}{}", escape(&options.join(", ")), formula.unwrap_or_default());
        }
    }
    let methods: Vec<_> = methods.into_iter().map(|(label, text)| vec![escape(label), text]).collect();
    let probes: Vec<_> = plan
        .probes
        .iter()
        .map(|p| {
            let options: Vec<_> = p.options.iter().map(|(name, value)| format!("{name} = {}", plain(value))).collect();
            let options = if options.is_empty() { "defaults".into() } else { options.join(", ") };
            vec![escape(&p.id), escape(&p.name), escape(&options)]
        })
        .collect();
    let mut teachers: Vec<_> = plan
        .cells
        .iter()
        .map(|c| {
            format!(
                "{} <code>{}</code>, SHA-256 <code>{}</code>",
                escape(c.label("teacher")),
                escape(&c.teacher_weights.display().to_string()),
                c.teacher_digest
            )
        })
        .collect();
    let networks = plan.cells.iter().flat_map(|c| &c.brought);
    teachers.extend(networks.map(|(role, b)| {
        let path = escape(&b.path.display().to_string());
        format!("{} for probes <code>{path}</code>, SHA-256 <code>{}</code>", escape(role), b.digest)
    }));
    teachers.sort();
    teachers.dedup();
    let mut versions: Vec<_> = records.values().map(|r| r.version.as_str()).collect();
    versions.sort_unstable();
    versions.dedup();
    let mut out = format!(
        "<h2>Protocol</h2>\n<p>A cell is one run: teacher, student, control, method and seed. The seed decides the first weights, the order of images, crops and noise. \
         All numbers are of the last step, not of the best. kd-lens {}.</p>\n",
        versions.join(", ")
    );
    out.push_str(&format!("<p>{}</p>\n", controls::sharing(plan)));
    out.push_str(&table(
        "Settings of all cells; several values: they differ between cells",
        &["Setting", "Value"],
        &rows,
    ));
    out.push_str(&table(
        "Methods with their options and, once a cell is finished, the loss",
        &["Method", "Options"],
        &methods,
    ));
    if !probes.is_empty() {
        out.push_str(&table("Probes, asked of the three networks of every cell", &["Id", "Probe", "Options"], &probes));
    }
    out.push_str(&format!("<p>Teachers and further networks:</p>\n{}", list(&teachers)));
    out
}

fn rate(value: &Value) -> String {
    let get = |key: &str| value.get(key).and_then(Value::as_f64);
    with_interval(get("rate"), get("low"), get("high"), Unit::Percent)
}

/// Every cell.
pub(super) fn grid(plan: &Plan, records: &Records, folder: &Folder) -> String {
    let mut axes: Vec<_> = plan.varying().map(|a| a.name.as_str()).collect();
    if !axes.contains(&"method") {
        axes.push("method");
    }
    axes.push("seed");
    let mut head = axes.clone();
    head.extend(["Teacher", "Student", "Control", "Agreement: student", "Agreement: control", "Images", "Steps"]);
    let row = |cell: &super::axes::Cell| {
        let mut row: Vec<_> = axes.iter().map(|axis| escape(cell.label(axis))).collect();
        match records.get(&cell.id) {
            Some(record) => {
                let e = &record.evaluation;
                for who in ["teacher", "student", "control"] {
                    row.push(rate(&e["scores"][who]));
                }
                row.extend([rate(&e["agreementRates"]["student"]), rate(&e["agreementRates"]["control"])]);
                row.extend([plain(&e["n"]), record.steps.to_string()]);
            }
            None => {
                let state = if folder.failure(&cell.id).is_some() { "failed" } else { "not finished" };
                row.push(state.into());
                row.extend((0..6).map(|_| String::new()));
            }
        }
        row
    };
    let rows: Vec<_> = plan.cells.iter().map(row).collect();
    format!(
        "<h2>Every cell</h2>\n<p>Accuracy and agreement with the teacher’s prediction on the test images at the last step, in percent, with \
         Wilson’s 95 % intervals. All other numbers stand in <code>results.csv</code>.</p>\n{}",
        table("Accuracy and agreement by cell", &head, &rows)
    )
}

/// What a reader might miss.
pub(super) fn not_measured(plan: &Plan, records: &Records, found: &[Found], folder: &Folder) -> String {
    let mut items: Vec<String> = plan.not_measured.iter().map(|s| escape(s)).collect();
    let words = |cell: &super::axes::Cell| {
        let labels: Vec<_> = plan.axes.iter().map(|a| cell.label(&a.name)).collect();
        escape(&labels.join(", "))
    };
    let mut open = 0;
    for cell in plan.cells.iter().filter(|cell| !records.contains_key(&cell.id)) {
        match folder.failure(&cell.id) {
            Some(why) => items.push(format!("The cell {} was given up: {}", words(cell), escape(&why))),
            None => open += 1,
        }
    }
    if open > 0 {
        items.push(format!("{open} of {} cells are not finished.", plan.cells.len()));
    }
    for found in found {
        for group in found.groups.iter().chain(&found.control_groups) {
            let missing = group.missing.iter().filter(|(_, why)| why != "the cell is not finished");
            items.extend(missing.map(|(seed, why)| {
                let (id, title) = (escape(&found.claim.id), escape(&group.title));
                format!("{id}, {title}, seed {}: no number, {}.", escape(seed), escape(why))
            }));
        }
    }
    if plan.axes.iter().any(|a| a.name == "seed" && a.labels.len() < 2) {
        items.push("More than one seed: without them no claim can be decided.".into());
    }
    items.push(
        "Another teacher training: every cell of a teacher uses the same weights, so the intervals over seeds do not hold for \
         teachers in general."
            .into(),
    );
    format!("<h2>What was not measured</h2>\n{}", list(&items))
}

/// Where the computing was done. Marked, because it is the only part that differs between repetitions.
pub(super) fn machines(records: &Records) -> String {
    let mut by: BTreeMap<&str, (usize, f64, f64)> = BTreeMap::new();
    for times in records.values().map(|r| &r.times) {
        let entry = by.entry(&times.machine).or_default();
        *entry = (entry.0 + 1, entry.1 + times.training_seconds, entry.2 + times.probing_seconds);
    }
    let row = |(machine, (cells, training, probing)): (&str, (usize, f64, f64))| {
        vec![
            escape(machine),
            cells.to_string(),
            duration(training),
            duration(probing),
            duration((training + probing) / cells as f64),
        ]
    };
    let rows: Vec<_> = by.into_iter().map(row).collect();
    let ends = || records.values().map(|r| r.times.finished).filter(|t| *t > 0);
    let days = match (ends().min().map(day), ends().max().map(day)) {
        (Some(first), Some(last)) if first == last => format!("Finished on {first}. "),
        (Some(first), Some(last)) => format!("Finished between {first} and {last}. "),
        _ => String::new(),
    };
    let resumed: usize = records.values().map(|r| r.times.resumed).sum();
    let head = ["Machine", "Cells", "Training", "Probes", "A cell on average"];
    format!(
        "<!-- machines -->\n<h2>Machines and time</h2>\n<p>{days}Times are of single cells, added up; several ran side by side. Cells were taken up from \
         a checkpoint {resumed} times.</p>\n{}<!-- /machines -->\n",
        table("Machines", &head, &rows)
    )
}

/// The file.
pub(super) fn source(plan: &Plan) -> String {
    format!(
        "<h2>To repeat it</h2>\n<p>Save this file and run <code>kd-lens study FILE.toml</code>. Formulas and sources of methods and probes stand in the \
         documentation of kd-lens.</p>\n<details><summary>The study file</summary>\n<pre>{}</pre>\n</details>\n",
        escape(&plan.source)
    )
}
