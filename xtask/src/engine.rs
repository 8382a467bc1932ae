//! Building one engine: cargo, wasm-bindgen, and wasm-opt where the table asks for it.

use crate::archive::{sha256, sha256_file};
use crate::project::Project;
use crate::shell::{Step, find, run};
use crate::table::{EVERY, Engine, Table, WasmOpt};
use crate::wasm::{TARGET, Wasm};
use anyhow::{Context, Result};
use std::path::Path;
use std::process::Command;

/// What is run for one engine, as the table says: arguments of cargo, of wasm-bindgen and of wasm-opt.
#[derive(Debug, PartialEq)]
pub struct Plan {
    pub cargo: Vec<String>,
    pub bindgen: Vec<String>,
    pub opt: Option<Vec<String>>,
    /// The version of wasm-bindgen, which is part of what makes a build.
    pub bindgen_version: String,
}

/// The plan for one engine and profile.
pub fn plan(table: &Table, engine: &Engine, profile: &str) -> Plan {
    let mut cargo = ["build", "--lib", "--target", TARGET, "--profile", profile].map(String::from).to_vec();
    cargo.extend(features(engine));
    let mut bindgen = vec!["--out-name".to_owned(), "kd_lens".to_owned()];
    for key in [EVERY, profile] {
        bindgen.extend(table.wasm_bindgen_args.get(key).into_iter().flatten().cloned());
    }
    Plan {
        cargo,
        bindgen,
        opt: match &engine.wasm_opt {
            WasmOpt::Switch(_) => None,
            WasmOpt::Flags(flags) => Some(flags.clone()),
        },
        bindgen_version: table.tools.wasm_bindgen.clone(),
    }
}

/// Cargo's options for the features of an engine, and no others.
pub fn features(engine: &Engine) -> Vec<String> {
    vec!["--no-default-features".into(), "--features".into(), engine.features.join(",")]
}

/// Builds all engines into the site of a profile.
pub fn build_all(project: &Project, wasm: &Wasm, profile: &str) -> Result<()> {
    for (name, engine) in &project.table.engines {
        build(project, wasm, name, engine, profile)?;
    }
    Ok(())
}

fn build(project: &Project, wasm: &Wasm, name: &str, engine: &Engine, profile: &str) -> Result<()> {
    let plan = plan(&project.table, engine, profile);
    let time = engine.minutes.get(profile).map_or(String::new(), |minutes| {
        format!(" (a first build takes roughly {minutes} min on two cores, one without changes seconds)")
    });
    let step = Step::begin(format!("Building the {name} engine with the profile {profile}{time}."));
    run(wasm.command("cargo", project, name).args(&plan.cargo))
        .with_context(|| format!("the {name} engine did not build"))?;
    let built = wasm.target(project, name).join(TARGET).join(folder_of(profile)).join("kd_lens.wasm");
    let folder = project.site(profile).join("engine").join(name);
    // What made the files in the folder; outside of it, because the folder is served.
    let stamp = project.site(profile).with_extension(format!("{name}.stamp"));
    let made_by = sha256(format!("{plan:?} {}", sha256_file(&built)?).as_bytes());
    let fresh = std::fs::read_to_string(&stamp).is_ok_and(|old| old == made_by) && folder.join("kd_lens.js").exists();
    if !fresh {
        if folder.exists() {
            std::fs::remove_dir_all(&folder)?;
        }
        let mut bindgen = wasm.command("wasm-bindgen", project, name);
        run(bindgen.arg(&built).args(&plan.bindgen).arg("--out-dir").arg(&folder))?;
        if let Some(flags) = &plan.opt {
            optimise(project, &folder.join("kd_lens_bg.wasm"), flags)?;
        }
        std::fs::write(&stamp, made_by)?;
    }
    step.end(format!("The {name} engine is {}", if fresh { "up to date" } else { "built" }));
    Ok(())
}

/// Cargo puts its profile `dev` into a folder of another name.
fn folder_of(profile: &str) -> &str {
    if profile == "dev" { "debug" } else { profile }
}

fn optimise(project: &Project, module: &Path, flags: &[String]) -> Result<()> {
    let local = project.root.join("node_modules").join(".bin").join("wasm-opt");
    let program = if local.exists() { Some(local) } else { find(&["wasm-opt"]) };
    let program = program.context("wasm-opt is missing; `npm install --save-dev binaryen` brings it")?;
    let step = Step::begin("Optimising with wasm-opt (minutes for a large module).");
    run(Command::new(program).args(flags).arg(module).arg("-o").arg(module))?;
    step.end("The module is optimised");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::tests::{TEXT, changed};

    fn plans(table: &Table) -> Vec<Plan> {
        table.engines.values().map(|engine| plan(table, engine, &table.profiles.build)).collect()
    }

    #[test]
    fn the_plan_of_the_cpu_engine() {
        let table = Table::parse(TEXT).unwrap();
        let plan = plan(&table, &table.engines["cpu"], "web");
        let cargo = "build --lib --target wasm32-unknown-unknown --profile web --no-default-features --features cpu";
        assert_eq!(plan.cargo.join(" "), cargo);
        assert_eq!(plan.opt, None);
    }

    #[test]
    fn a_changed_value_changes_the_build() {
        let before = plans(&Table::parse(TEXT).unwrap());
        let cases = [
            ("features = [\"gpu\"]", "features = [\"gpu\", \"fusion\"]"),
            ("wasm-opt = false", "wasm-opt = [\"-Os\", \"--enable-simd\"]"),
            ("\"--remove-name-section\", ", ""),
            ("build = \"web\"", "build = \"release\""),
            ("wasm-bindgen = \"0.2.130\"", "wasm-bindgen = \"0.2.131\""),
        ];
        for (from, to) in cases {
            assert_ne!(plans(&changed(from, to)), before, "{from} -> {to} changed nothing");
        }
        assert_eq!(plans(&changed("node = \"20.19\"", "node = \"22\"")), before);
    }
}
