//! Which cells share a control.

use std::collections::BTreeSet;

use kd_lens::error::Result;
use kd_lens::lab::CONTROL;

use super::cell::Cell;
use super::plan::Plan;

/// What decides a cell's control and the steps at which its states are kept: cells that agree in it share one. `None` for a
/// chain, whose networks cannot be trained apart.
pub(crate) fn control_identity(cell: &Cell) -> Result<Option<String>> {
    let settings = cell.settings()?;
    let control = &settings.cohort.learners()[settings.cohort.find(CONTROL)?];
    let identity = settings.identity(control, "")?;
    let alone = settings.chain()?.len() == 1;
    Ok(alone.then(|| format!("{identity} {}", settings.evaluate_every)))
}

/// Which cells share a control, as a report says it.
pub(crate) fn sharing(plan: &Plan) -> String {
    let known: Vec<_> = plan.cells.iter().filter_map(|cell| control_identity(cell).ok()).collect();
    let shared: BTreeSet<_> = known.iter().flatten().collect();
    let (cells, controls) = (known.iter().flatten().count(), shared.len());
    let mut said = "The control depends neither on the method nor on the teacher, so cells that agree in all other settings share one. It is \
                    trained once (on each machine that takes part) and compared with the student of every one of them."
        .to_string();
    if controls < cells {
        said.push_str(&format!(
            " In this study {cells} cells share {controls} {}: differences from the same control are not independent of each other.",
            if controls == 1 { "control" } else { "controls" }
        ));
    } else if cells > 0 {
        said.push_str(" In this study no two cells agree: each has a control of its own.");
    }
    if cells < known.len() {
        said.push_str(" In cells with assistants the control is trained anew beside each student.");
    }
    said
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use kd_lens::weights;

    use super::*;

    /// The reports in the repository say of their controls what this version would say.
    #[test]
    fn committed_reports_say_which_controls_are_shared() {
        let studies = Path::new(env!("CARGO_MANIFEST_DIR")).join("../studies");
        let mut seen = 0;
        for name in ["bias", "copies", "digits", "papers"] {
            let text = std::fs::read_to_string(studies.join(format!("{name}.toml"))).unwrap();
            let plan = Plan::parse(&text, name, &|path| Ok(weights::digest(path.display().to_string().as_bytes())));
            let report = std::fs::read_to_string(studies.join(name).join("report.html")).unwrap();
            let said = sharing(&plan.unwrap());
            assert!(report.contains(&format!("<p>{said}</p>")), "{name}: {said}");
            seen += usize::from(said.contains(" cells share "));
        }
        // In the study of copies every cell has a setting of its own.
        assert_eq!(seen, 3);
    }

    #[test]
    fn chains_have_controls_of_their_own() {
        let text = |assistants: &str| {
            format!(
                "name = \"x\"\n[settings]\ndataset = \"shapes32\"\nassistants = \"{assistants}\"\n\
                 [grid]\nmethod = [\"kl\", \"labels\"]\nlearningRate = [0.01, 0.1]\n"
            )
        };
        let plan = |assistants: &str| Plan::parse(&text(assistants), "x", &|_| Ok("0".into())).unwrap();
        assert!(sharing(&plan("")).contains("In this study 4 cells share 2 controls:"));
        let chain = sharing(&plan("resnet14"));
        assert!(chain.contains("assistants") && !chain.contains("In this study"), "{chain}");
    }
}
