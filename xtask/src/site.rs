//! The parts of the site that are not in git, and `cargo xtask build`: the whole site as files in dist/.

use crate::archive::{copy, files, link, sha256_file};
use crate::project::Project;
use crate::shell::{Step, run};
use crate::{cifar10, engine, size, tools};
use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Files of these kinds are served compressed. Images, weights and data shards would hardly shrink.
const COMPRESSED: [&str; 6] = ["wasm", "js", "css", "html", "json", "svg"];

/// Copies the page's npm files and the reports of the studies into the site of a profile; an error when the page's strings
/// are not complete in every language.
pub fn vendor(project: &Project, profile: &str) -> Result<()> {
    run(Command::new("node").current_dir(&project.root).arg("xtask/strings.mjs"))?;
    for (to, from) in &project.table.vendor {
        copy(&project.root.join("node_modules").join(from), &project.site(profile).join("vendor").join(to))?;
    }
    for study in std::fs::read_dir(project.root.join("studies"))?.flatten() {
        let report = study.path().join("report.html");
        if report.is_file() {
            let name = format!("{}.html", study.file_name().to_string_lossy());
            let studies = project.site(profile).join("studies");
            copy(&report, &studies.join(name))?;
            let claims = claims_of(&study.path().join("study.json"))?;
            let name = format!("{}.json", study.file_name().to_string_lossy());
            std::fs::write(studies.join(name), claims.to_string())?;
        }
    }
    Ok(())
}

/// What the page shows of a study: its claims with a verdict for each setting.
fn claims_of(summary: &Path) -> Result<Value> {
    let text = std::fs::read_to_string(summary).with_context(|| format!("{} could not be read", summary.display()))?;
    let study: Value = serde_json::from_str(&text).with_context(|| format!("{} is damaged", summary.display()))?;
    let group = |g: &Value| {
        let a = &g["across"];
        json!({"title": g["title"], "mean": a["mean"], "low": a["low"], "high": a["high"], "verdict": a["verdict"]})
    };
    let claims = study["claims"].as_array().into_iter().flatten().map(|found| {
        let groups: Vec<_> = found["groups"].as_array().into_iter().flatten().map(group).collect();
        let claim = &found["claim"];
        json!({"id": claim["id"], "sentence": claim["sentence"], "unit": claim["unit"], "check": claim["check"], "groups": groups})
    });
    let axes = study["axes"].as_array().into_iter().flatten();
    let seeds = axes
        .filter(|axis| axis["name"] == "seed")
        .filter_map(|axis| axis["labels"].as_array())
        .map(Vec::len)
        .sum::<usize>();
    Ok(json!({"name": study["name"], "seeds": seeds, "claims": claims.collect::<Vec<_>>()}))
}

/// Gets CIFAR-10, or says that it cannot be had, which the page can do without. Returns whether it is there.
pub fn data_or_word(project: &Project) -> bool {
    match cifar10::ensure(project) {
        Ok(()) => true,
        Err(error) => {
            println!(
                "CIFAR-10 cannot be had now ({error:#}); the page goes on with Shapes-32, which it generates itself."
            );
            false
        }
    }
}

/// Builds the engines and puts www/, engines, vendored files and data together in dist/, each text and module with
/// its .br and .gz beside it; an error when an engine is over its budget.
pub fn build(project: &Project, profile: &str) -> Result<()> {
    let step = Step::begin("Building the site.");
    let wasm = tools::for_builds(project)?;
    let data = data_or_word(project);
    engine::build_all(project, &wasm, profile)?;
    vendor(project, profile)?;
    let dist = project.dist();
    if dist.exists() {
        std::fs::remove_dir_all(&dist)?;
    }
    overlay(&project.root.join("www"), &dist, copy)?;
    overlay(&project.site(profile), &dist, copy)?;
    overlay(&project.root.join("examples"), &dist.join("examples"), copy)?;
    if data {
        overlay(&project.data(), &dist.join("data"), link)?;
    }
    run(Command::new("node").current_dir(&project.root).arg("xtask/minify.mjs").arg(&dist))?;
    manifest(project, &dist)?;
    compress(project, &dist)?;
    step.end("The site is in dist/");
    size::report(project)
}

/// Gives the site its list of files, by which browsers keep it for use without a network.
fn manifest(project: &Project, dist: &Path) -> Result<()> {
    run(Command::new("node").current_dir(&project.root).arg("xtask/manifest.mjs").arg(dist))
}

/// `cargo xtask package`: the finished site with the files of npm/ around it, as folder and tarball in target/package/, and
/// the site alone as a zip for any web server.
pub fn package(project: &Project) -> Result<()> {
    tools::npm_packages(project)?;
    let step = Step::begin("Making the npm package and the zip.");
    let dist = built(project)?;
    let folder = project.root.join("target").join("package");
    let out = folder.join("kd-lens");
    run(Command::new("node").current_dir(&project.root).arg("xtask/package.mjs").arg(&dist).arg(&out))?;
    run(tools::npm()?.current_dir(&folder).args(["pack", "--silent", "--ignore-scripts"]).arg(&out))?;
    run(Command::new("node").current_dir(&project.root).arg("xtask/zip.mjs").arg(&dist).arg(&folder))?;
    step.end("The package and the zip are in target/package/");
    Ok(())
}

/// Puts every file below one folder at the same place below another.
fn overlay(from: &Path, to: &Path, put: fn(&Path, &Path) -> Result<()>) -> Result<()> {
    for file in files(from)? {
        put(&file, &to.join(file.strip_prefix(from)?))?;
    }
    Ok(())
}

/// Writes .br and .gz beside the files that shrink, by Node's zlib. The results are kept by the SHA-256 of what was
/// compressed, because the best compression of a large module takes a minute.
fn compress(project: &Project, dist: &Path) -> Result<()> {
    let kept = project.root.join("target").join("site").join("compressed");
    std::fs::create_dir_all(&kept)?;
    let mut wanted: Vec<(PathBuf, PathBuf)> = Vec::new();
    for file in files(dist)? {
        if file.extension().is_some_and(|kind| COMPRESSED.iter().any(|known| kind == *known)) {
            wanted.push((kept.join(sha256_file(&file)?), file));
        }
    }
    let mut missing: Vec<_> =
        wanted.iter().filter(|(kept, _)| !with(kept, "br").exists() || !with(kept, "gz").exists()).collect();
    missing.sort();
    missing.dedup_by_key(|(kept, _)| kept);
    if !missing.is_empty() {
        let step = Step::begin(format!("Compressing {} files (about 1 min for the gpu engine).", missing.len()));
        let mut node = Command::new("node");
        node.current_dir(&project.root).arg("xtask/compress.mjs");
        node.args(missing.iter().flat_map(|(kept, file)| [file, kept]));
        run(&mut node)?;
        step.end("They are compressed");
    }
    for (kept, file) in &wanted {
        for kind in ["br", "gz"] {
            copy(&with(kept, kind), &with(file, kind))?;
        }
    }
    Ok(())
}

/// `name.js` and `br` make `name.js.br`.
pub fn with(file: &Path, kind: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".");
    name.push(kind);
    PathBuf::from(name)
}

/// The engines that dist/ holds must be there for anybody who asks for their size.
pub fn built(project: &Project) -> Result<PathBuf> {
    let dist = project.dist();
    if !dist.join("engine").is_dir() {
        bail!("there is no site in dist/ yet; `cargo xtask build` puts it there");
    }
    dist.canonicalize().context("dist/ cannot be read")
}
