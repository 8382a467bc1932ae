//! Files that other tools read must say what `wasm-pack.toml` says: Cargo.toml, Cargo.lock and webdriver.json.

use crate::table::{EVERY, Table, WasmOpt};
use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use std::path::Path;

/// An error that names every disagreement between the table and the files beside it.
pub fn check(root: &Path, table: &Table) -> Result<()> {
    let read =
        |name: &str| std::fs::read_to_string(root.join(name)).with_context(|| format!("{name} could not be read"));
    let found = disagreements(table, &read("Cargo.toml")?, &read("Cargo.lock")?, &read("webdriver.json")?)?;
    if !found.is_empty() {
        bail!("wasm-pack.toml and the files beside it disagree:\n  {}", found.join("\n  "));
    }
    Ok(())
}

/// What webdriver.json must hold, which serves both engines: the flags of every engine, and no path to a browser,
/// which differs between machines. With a path it is what one engine's tests are run with.
pub fn capabilities(args: &[String], binary: Option<&Path>) -> Value {
    let mut options = json!({ "args": args });
    if let Some(binary) = binary {
        options["binary"] = json!(binary);
    }
    json!({ "goog:chromeOptions": options })
}

fn disagreements(table: &Table, manifest: &str, lock: &str, webdriver: &str) -> Result<Vec<String>> {
    let manifest: toml::Table = manifest.parse().context("Cargo.toml is not valid TOML")?;
    let lock: toml::Table = lock.parse().context("Cargo.lock is not valid TOML")?;
    let webdriver: Value = serde_json::from_str(webdriver).context("webdriver.json is not valid JSON")?;
    let mut found = Vec::new();

    let locked = lock["package"].as_array().into_iter().flatten();
    let locked = locked.filter(|package| package["name"].as_str() == Some("wasm-bindgen"));
    for version in locked.filter_map(|package| package["version"].as_str()) {
        if version != table.tools.wasm_bindgen {
            found
                .push(format!("wasm-bindgen is {} in the table and {version} in Cargo.lock", table.tools.wasm_bindgen));
        }
    }

    let rust = manifest["workspace"]["package"]["rust-version"].as_str();
    if rust != Some(table.tools.rust.as_str()) {
        found.push(format!("rust is {} in the table and {rust:?} as rust-version in Cargo.toml", table.tools.rust));
    }

    let known = manifest.get("profile").and_then(|profiles| profiles.as_table());
    let named = [&table.profiles.build, &table.profiles.serve, &table.profiles.test];
    for profile in named.into_iter().chain(table.wasm_bindgen_args.keys().filter(|key| *key != EVERY)) {
        if known.is_none_or(|known| !known.contains_key(profile)) {
            found.push(format!("the table names the profile {profile}, which Cargo.toml does not define"));
        }
    }

    let features = manifest["features"].as_table().context("Cargo.toml has no [features]")?;
    for (name, engine) in &table.engines {
        for feature in engine.features.iter().filter(|feature| !features.contains_key(*feature)) {
            found.push(format!("engine {name} has the feature {feature}, which Cargo.toml does not define"));
        }
    }

    // `wasm-pack build` by hand builds the default features. It calls its profile `release`, or `custom` with --profile.
    let by_default: Vec<&str> = features
        .get("default")
        .and_then(|list| list.as_array())
        .into_iter()
        .flatten()
        .filter_map(|f| f.as_str())
        .collect();
    let by_hand = table.engines.iter().find(|(_, engine)| engine.features == by_default);
    match by_hand {
        None => found.push(format!("no engine has Cargo.toml's default features {by_default:?}")),
        Some((name, engine)) => {
            let metadata = manifest["package"].get("metadata").and_then(|all| all.get("wasm-pack")?.get("profile"));
            for profile in ["release", "custom"] {
                let setting = metadata.and_then(|profiles| profiles.get(profile)?.get("wasm-opt"));
                let setting: Option<WasmOpt> = setting.and_then(|value| value.clone().try_into().ok());
                if setting.as_ref() != Some(&engine.wasm_opt) {
                    found.push(format!(
                        "wasm-opt of engine {name} is {:?} in the table and {setting:?} in Cargo.toml under \
                         [package.metadata.wasm-pack.profile.{profile}]",
                        engine.wasm_opt
                    ));
                }
            }
        }
    }

    let mut args = table.browser.args.clone();
    for arg in table.engines.values().flat_map(|engine| &engine.browser_args) {
        if !args.contains(arg) {
            args.push(arg.clone());
        }
    }
    let expected = capabilities(&args, None);
    if webdriver != expected {
        found.push(format!("webdriver.json should be {expected}"));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::tests::{TEXT, changed};

    const MANIFEST: &str = include_str!("../../Cargo.toml");
    const LOCK: &str = include_str!("../../Cargo.lock");
    const WEBDRIVER: &str = include_str!("../../webdriver.json");

    fn with(table: &Table) -> Vec<String> {
        disagreements(table, MANIFEST, LOCK, WEBDRIVER).unwrap()
    }

    #[test]
    fn the_files_in_git_agree() {
        assert_eq!(with(&Table::parse(TEXT).unwrap()), Vec::<String>::new());
    }

    #[test]
    fn a_changed_value_in_the_table_is_noticed() {
        let cases = [
            ("wasm-bindgen = \"0.2.130\"", "wasm-bindgen = \"0.2.1\"", "in Cargo.lock"),
            ("rust = \"1.95\"", "rust = \"1.94\"", "rust-version"),
            ("test = \"release\"", "test = \"fastest\"", "profile fastest"),
            ("features = [\"gpu\"]", "features = [\"gpu\", \"quantum\"]", "feature quantum"),
            ("features = [\"cpu\"]", "features = []", "default features"),
            ("wasm-opt = false", "wasm-opt = [\"-Os\"]", "wasm-opt of engine cpu"),
            ("--no-sandbox", "--sandbox", "webdriver.json"),
        ];
        for (from, to, named) in cases {
            let found = with(&changed(from, to)).join("\n");
            assert!(found.contains(named), "{from} -> {to}: {found}");
        }
    }

    #[test]
    fn a_changed_webdriver_file_is_noticed() {
        let table = Table::parse(TEXT).unwrap();
        let webdriver = WEBDRIVER.replace("--enable-unsafe-webgpu", "--disable-gpu");
        assert_ne!(webdriver, WEBDRIVER);
        assert_eq!(disagreements(&table, MANIFEST, LOCK, &webdriver).unwrap().len(), 1);
    }
}
