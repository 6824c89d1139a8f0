//! The data of an experiment, read and arranged as it says, and whether they are still the same.

use super::file::{Experiment, ExperimentError};
use crate::data::{self, Colour, Dataset, Loaded, Progress, Scale};
use std::path::Path;

/// Loads the data an experiment names, arranged as it says.
///
/// # Errors
/// One line naming the source and what was expected.
pub fn load_data(experiment: &Experiment) -> Result<Dataset, ExperimentError> {
    load_watched(experiment, &Progress::new())?
        .dataset()
        .map_err(|e| ExperimentError(e.to_string()))
}

/// As [`load_data`], with the preview; `progress` can be watched and cancelled from another thread.
///
/// # Errors
/// One line naming the source and what was expected; also if the data are not those the experiment was written for.
pub fn load_watched(
    experiment: &Experiment,
    progress: &Progress,
) -> Result<Loaded, ExperimentError> {
    let d = &experiment.data;
    let fail = |e: data::DataError| ExperimentError(e.to_string());
    let path = Path::new(&d.source);
    if let Some(hash) = &d.hash
        && !data::is_builtin(&d.source)
        && !path.exists()
    {
        return Err(ExperimentError(format!(
            "{}: the data have moved or are gone; expected those with SHA-256 {}…, at this path or as data.source says",
            d.source,
            short(hash)
        )));
    }
    let mut options = d.options(experiment.seed);
    if options.drop.is_none() && !data::is_builtin(&d.source) {
        // The network was made for all columns: none is left out that the experiment does not name.
        options.drop = Some(Vec::new());
    }
    if options.target_scale.is_none() && !data::is_builtin(&d.source) {
        options.target_scale = Some(Scale::None);
    }
    if options.colour.is_none() && !data::is_builtin(&d.source) {
        // And for as many channels as are stored.
        options.colour = Some(Colour::Stored);
    }
    if options.lists.is_none() && !data::is_builtin(&d.source) {
        options.lists = Some(false);
    }
    let loaded = data::open(&d.source, &options, progress).map_err(fail)?;
    if let Some(hash) = &d.hash {
        let now = data::fingerprint(loaded.files(), progress).map_err(fail)?;
        if now != *hash {
            return Err(ExperimentError(format!(
                "{}: the data have changed since this experiment was written (SHA-256 {}…, expected {}…); take data.hash out to use them as they are",
                d.source,
                short(&now),
                short(hash)
            )));
        }
    }
    Ok(loaded)
}

/// The first digits of a hash, as many as tell files apart at a glance.
fn short(hash: &str) -> &str {
    hash.get(..12).unwrap_or(hash)
}
