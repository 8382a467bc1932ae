//! Where things are: the checkout, the build folders, the cache and the data.

use crate::agree;
use crate::table::{Profiles, Table};
use anyhow::{Context, Result};
use std::path::{Path, PathBuf};

/// The checkout and its table.
pub struct Project {
    pub root: PathBuf,
    pub table: Table,
}

impl Project {
    /// Opens the checkout that cargo was called in, and checks that its tables agree.
    pub fn open() -> Result<Self> {
        // Cargo sets this when it runs us. The path at compile time may be that of another checkout.
        let manifest = std::env::var_os("CARGO_MANIFEST_DIR").context("start this program as `cargo xtask`")?;
        let root = Path::new(&manifest).parent().context("xtask/ is not inside the project")?.to_owned();
        let table = Table::read(&root)?;
        agree::check(&root, &table)?;
        Ok(Self { root, table })
    }

    /// The profile that was asked for, or the one that the table names.
    pub fn profile(&self, asked: Option<String>, named: impl Fn(&Profiles) -> &String) -> Result<String> {
        Ok(asked.unwrap_or_else(|| named(&self.table.profiles).clone()))
    }

    /// Cargo's target folder: CARGO_TARGET_DIR or target/.
    pub fn target(&self) -> PathBuf {
        match std::env::var_os("CARGO_TARGET_DIR") {
            Some(folder) => self.root.join(folder),
            None => self.root.join("target"),
        }
    }

    /// What is built of the site for a profile: engine/ and vendor/. In the checkout, so that checkouts do not mix.
    pub fn site(&self, profile: &str) -> PathBuf {
        self.root.join("target").join("site").join(profile)
    }

    /// The finished static site.
    pub fn dist(&self) -> PathBuf {
        self.root.join("dist")
    }

    /// The folder that holds cifar10/: KD_LENS_DATA or data/.
    pub fn data(&self) -> PathBuf {
        match std::env::var_os("KD_LENS_DATA") {
            Some(folder) => self.root.join(folder),
            None => self.root.join("data"),
        }
    }

    /// What outlives a checkout (downloads, shards, tools): KD_LENS_CACHE, or kd-lens/ in the user's cache folder.
    pub fn cache(&self) -> Result<PathBuf> {
        if let Some(folder) = std::env::var_os("KD_LENS_CACHE") {
            return Ok(self.root.join(folder));
        }
        let base = match std::env::var_os("XDG_CACHE_HOME") {
            Some(folder) => PathBuf::from(folder),
            None => std::env::home_dir().context("no home folder is known; set KD_LENS_CACHE")?.join(".cache"),
        };
        Ok(base.join("kd-lens"))
    }
}
