//! The session of a run: its networks and images, and what its probes need besides.

use kd_lens::data::{DatasetKind, Split};
use kd_lens::error::{Error, Result};
use kd_lens::lab::Session;
use kd_lens::weights;

use super::work::Work;
use crate::files::read;
use crate::study::spec::{Plan, Run};

/// A session with its images.
pub(super) fn session(run: &Run, work: &Work<'_>) -> Result<Session> {
    let (cell, settings) = (&run.cells[0], run.settings()?);
    let teacher = read(&cell.teacher_weights, Error::WeightsMissing)?;
    if weights::digest(&teacher) != cell.teacher_digest {
        return Err(Error::WeightsMismatch(format!(
            "{} changed since the study was read.",
            cell.teacher_weights.display()
        )));
    }
    let kind = settings.dataset()?;
    let counts = [(Split::Train, settings.train_images), (Split::Test, settings.test_images)];
    let mut session = Session::new(settings, &teacher, &work.device)?;
    if kind != DatasetKind::Shapes32 {
        for (split, count) in counts {
            session.add(split, &work.images(kind, split, count)?)?;
        }
    }
    Ok(session)
}

/// Gives a session what its probes need: the further networks of its cells and, if they are asked for, the images of all groups.
pub(super) fn bring(run: &Run, plan: &Plan, work: &Work<'_>, session: &mut Session) -> Result<()> {
    if plan.probes.iter().any(|asked| asked.name == "groups") {
        let (kind, count) = (session.settings().dataset()?, session.settings().test_images);
        for group in kind.groups() {
            session.show(*group, &work.images(*group, Split::Test, count)?)?;
        }
    }
    for (role, brought) in &run.cells[0].brought {
        let bytes = read(&brought.path, Error::WeightsMissing)?;
        if weights::digest(&bytes) != brought.digest {
            return Err(Error::WeightsMismatch(format!(
                "{} changed since the study was read.",
                brought.path.display()
            )));
        }
        session.bring(role, &bytes).map_err(|e| match e {
            Error::WeightsMismatch(s) => Error::WeightsMismatch(format!("{} as {role}: {s}", brought.path.display())),
            other => other,
        })?;
    }
    Ok(())
}
