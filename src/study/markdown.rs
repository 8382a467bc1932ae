//! The verdicts as a table in Markdown, for a README.

use super::claim::Expect;
use super::html::with_interval;
use super::verdict::{Found, Group};

/// Said where a smaller value is what is claimed.
const LESS: &str = " (less is claimed)";

/// One row for each claim and setting: source, sentence, verdict, mean difference over seeds, and what two controls show.
pub(super) fn verdicts(found: &[Found]) -> String {
    let mut out = String::from(
        "| claim | from | what is claimed | setting | verdict | difference (95 % over seeds) | two controls |\n| --- | --- | --- | --- | --- | --- | --- |\n",
    );
    for claim in found {
        for (i, group) in claim.groups.iter().enumerate() {
            let said = if i == 0 { claim.claim.sentence.as_str() } else { "″" };
            let source = [claim.claim.paper.as_str(), claim.claim.section.as_str()].join(" ");
            let chance = claim.control_groups.iter().find(|c| fits(c, group));
            let chance = chance.map(|c| shown(claim, c).replace(LESS, ""));
            let cells = [
                claim.claim.id.as_str(),
                source.trim(),
                said,
                &group.title,
                group.across.verdict.words(),
                &shown(claim, group),
                chance.as_deref().unwrap_or("–"),
            ];
            let cells: Vec<_> = cells.iter().map(|text| text.replace('|', "\\|")).collect();
            out.push_str(&format!("| {} |\n", cells.join(" | ")));
        }
    }
    out
}

/// Whether controls were looked at in the same setting: their title begins as the group's does.
fn fits(controls: &Group, group: &Group) -> bool {
    let place = |title: &str| title.rsplit_once(" · ").map_or(String::new(), |(place, _)| place.to_string());
    place(&controls.title) == place(&group.title)
}

fn shown(found: &Found, group: &Group) -> String {
    let a = &group.across;
    let sign = match found.claim.expect {
        Expect::StudentLower | Expect::ALower | Expect::BelowChance => LESS,
        _ => "",
    };
    let interval = with_interval(a.mean, a.low, a.high, found.claim.unit);
    format!("{}{sign}", interval.replace("<span class=\"interval\">", "").replace("</span>", ""))
}
