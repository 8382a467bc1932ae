//! `cargo xtask shots`: pictures of every panel and state of the page, taken by tests/shots/shots.mjs.

use crate::bench;
use crate::project::Project;
use crate::tools;
use anyhow::Result;

/// What `cargo xtask shots` takes, and where it goes.
#[derive(Debug, clap::Args)]
pub struct Shots {
    /// Folder for the pictures and index.html, which shows them all; without it target/panels/
    folder: Option<String>,
    /// Only these scenes, such as `opening,finished`; tests/shots/scenes.mjs holds them
    #[arg(long)]
    only: Option<String>,
    /// Take README.md's picture anew as well
    #[arg(long)]
    readme: bool,
}

impl Shots {
    /// For tests/shots/shots.mjs, which knows the scenes.
    fn arguments(&self) -> Vec<String> {
        let mut arguments: Vec<String> = self.folder.iter().cloned().collect();
        arguments.extend(self.only.iter().flat_map(|scenes| ["--only".to_owned(), scenes.clone()]));
        arguments.extend(self.readme.then(|| "--readme".to_owned()));
        arguments
    }
}

/// Builds what `cargo xtask serve` would serve and takes the pictures of it.
pub fn take(project: &Project, shots: &Shots) -> Result<()> {
    let browser = tools::for_tests(project)?;
    let script = project.root.join("tests").join("shots").join("shots.mjs");
    bench::on_site(project, &browser, &project.table.profiles.serve, &script, &shots.arguments())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Cli {
        #[command(flatten)]
        shots: Shots,
    }

    #[test]
    fn the_script_is_told_what_was_asked_for() {
        let arguments = |given: &[&str]| Cli::parse_from([&["shots"], given].concat()).shots.arguments();
        assert_eq!(arguments(&[]), Vec::<String>::new());
        assert_eq!(arguments(&["pictures", "--only", "a,b", "--readme"]), ["pictures", "--only", "a,b", "--readme"]);
    }
}
