//! Loading: a path and what was chosen about it become a dataset and a preview, on whatever thread calls.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::dataset::{Dataset, Targets};
use super::error::{DataError, display_path};
use super::fingerprint::Provenance;
use super::found::{Format, Found, Warning};
use super::glimpse::Glimpse;
use super::guard::guarded;
use super::inputs::Scale;
use super::options::{Colour, Column, LoadOptions, Shuffle};
use super::origin::Origin;
use super::points;
use super::preview::Preview;
use super::progress::Progress;
use super::recognise::{Recognised, is_foreign, is_tar, is_text_file, recognise, recognise_within};
use super::split::Part;
use super::{
    arrays, builtin, cifar, idx, idx_data, number_texts, pictures, series, table, text_folder,
};

/// What was loaded: the examples, arranged as chosen, and what is to be seen of them before training.
#[derive(Debug, Clone)]
pub struct Loaded {
    found: Found,
    options: LoadOptions,
    chosen: LoadOptions,
    dataset: Dataset,
    preview: Preview,
}

/// Recognises what is at `path` by its content, reads it, arranges it as chosen, and looks it over.
///
/// Runs on the calling thread; an app calls it on a thread of its own, shows [`Progress::fraction`] meanwhile, and may cancel.
/// Nothing else is touched: a failed loading leaves whatever was there before.
///
/// # Errors
/// One line naming the file, the place and what was expected; [`DataError::Cancelled`] if `progress` was cancelled.
pub fn load(path: &Path, options: &LoadOptions, progress: &Progress) -> Result<Loaded, DataError> {
    let found = read(path, options, progress)?;
    if progress.is_cancelled() {
        let file = display_path(path);
        return Err(DataError::Cancelled { file });
    }
    Loaded::arrange(found, options)
}

/// Whether a path is data rather than an experiment file: a folder, or a file whose content is recognised. What is not recognised
/// but is text, or has a name that ends in `.toml`, may be an experiment file.
///
/// # Errors
/// One line for what is neither.
pub fn is_data(path: &Path) -> Result<bool, DataError> {
    let toml = path
        .extension()
        .is_some_and(|e| e.eq_ignore_ascii_case("toml"));
    if toml && path.is_file() {
        return Ok(false);
    }
    if is_tar(path) {
        // Told by its start: what is in it is seen as it is read.
        return Ok(true);
    }
    match guarded(path, || recognise(path)) {
        Ok(_) => Ok(true),
        Err(_) if is_text_file(path) && !is_foreign(path) => Ok(false),
        Err(error) => Err(error),
    }
}

/// The columns that a table at `path` leaves out unless that is chosen; none for other data.
///
/// # Errors
/// One line naming the file, the place and what was expected.
pub fn left_out(path: &Path, options: &LoadOptions) -> Result<Vec<Column>, DataError> {
    guarded(path, || {
        let (recognised, _open) = recognise_within(path, &Progress::new())?;
        match recognised {
            Recognised::Table(path) => table::left_out(&Origin::file(&path), options),
            Recognised::PackedTable(origin) => table::left_out(&origin, options),
            _ => Ok(Vec::new()),
        }
    })
}

/// The two columns of a table at `path` that are about as likely to be learnt, with what they are like.
///
/// # Errors
/// One line naming the file, the place and what was expected.
pub fn question(
    path: &Path,
    options: &LoadOptions,
) -> Result<Option<[(Column, String); 2]>, DataError> {
    guarded(path, || {
        let (recognised, _open) = recognise_within(path, &Progress::new())?;
        match recognised {
            Recognised::Table(path) => table::question(&Origin::file(&path), options),
            Recognised::PackedTable(origin) => table::question(&origin, options),
            _ => Ok(None),
        }
    })
}

/// What a spread of its rows says of a table at `path`, without reading it; `None` for other data.
///
/// # Errors
/// One line naming the file, the place and what was expected.
pub fn glimpse(
    path: &Path,
    options: &LoadOptions,
    progress: &Progress,
) -> Result<Option<Glimpse>, DataError> {
    guarded(path, || match recognise(path)? {
        Recognised::Table(path) => {
            table::glimpse(&Origin::file(&path), options, progress).map(Some)
        }
        Recognised::PackedTable(origin) => table::glimpse(&origin, options, progress).map(Some),
        _ => Ok(None),
    })
}

pub(super) fn read(
    path: &Path,
    options: &LoadOptions,
    progress: &Progress,
) -> Result<Found, DataError> {
    let began = SystemTime::now();
    guarded(path, || {
        let (recognised, open) = recognise_within(path, progress)?;
        let mut found = read_unguarded(path, recognised, options, progress)?;
        if let Some(open) = &open {
            // All that was read is in the one file.
            found.files = vec![path.to_owned()];
            found.archive = Some(open.kind());
            let notes = open.notes().iter().cloned();
            let notes = notes.map(|note| Warning::Reading { note });
            found.warnings.extend(notes);
        }
        turn(&mut found, options)?;
        found.began = began;
        Ok(found)
    })
}

/// Turns pictures that are to be turned, and says so of those that are known for it.
pub(super) fn turn(found: &mut Found, options: &LoadOptions) -> Result<(), DataError> {
    let [_, height, width] = found.data.shape();
    let emnist = || found.data.name().to_lowercase().contains("emnist");
    let note = if options.turned {
        found.data.turn()?;
        "pictures are turned: rows and columns swapped"
    } else if height > 1 && width > 1 && found.data.lengths().is_none() && emnist() {
        "EMNIST's pictures are stored with rows and columns swapped; data.turned = true turns them"
    } else {
        return Ok(());
    };
    let note = note.to_owned();
    found.warnings.push(Warning::Reading { note });
    Ok(())
}

fn read_unguarded(
    path: &Path,
    recognised: Recognised,
    options: &LoadOptions,
    progress: &Progress,
) -> Result<Found, DataError> {
    match recognised {
        Recognised::Idx(path) => idx_data::load(&path, options, progress),
        Recognised::Cifar10(path) => cifar::load(&path, progress),
        Recognised::Npy(path) => arrays::load_npy(&path, options, progress),
        Recognised::Npz(path) => arrays::load_npz(&path, options, progress),
        Recognised::Table(path) => table::load(&Origin::file(&path), options, progress),
        Recognised::PackedTable(origin) => table::load(&origin, options, progress),
        Recognised::Series(path) => series::load(&path, options, progress),
        Recognised::PictureFolder(path) => pictures::load_folder(&path, options, progress),
        Recognised::PictureZip(path) => pictures::load_zip(&path, options, progress),
        Recognised::Picture(path) => pictures::load_one(&path, options, progress),
        Recognised::NumberTexts { inputs, labels } => {
            number_texts::load(&inputs, &labels, options, progress)
        }
        Recognised::TextClasses(files)
            if number_texts::all_numbers(files.iter().map(|(_, _, file)| file)) =>
        {
            number_texts::load_files(path, &files, progress)
        }
        Recognised::Archive(path) => Err(DataError::invalid(
            &display_path(&path),
            "is an archive in an archive; expected it unpacked",
        )),
        Recognised::TextClasses(files) => text_folder::load_classes(path, &files, progress),
        Recognised::TextFolder {
            path,
            files,
            skipped,
        } if number_texts::all_numbers(files.iter()) => {
            let files: Vec<(PathBuf, String)> = files
                .into_iter()
                .map(|file| (file.clone(), text_folder::class_name(&file)))
                .collect();
            number_texts::load_rows(&path, &files, skipped, progress)
        }
        Recognised::TextFolder {
            path,
            files,
            skipped,
        } => text_folder::load(&path, &files, skipped, progress),
    }
}

/// Loads built-in data by name, arranged as chosen.
pub(super) fn load_builtin(name: &str, options: &LoadOptions) -> Result<Loaded, DataError> {
    if let Some(key) = options.first_for_files() {
        return Err(DataError::invalid(
            name,
            format!("is built in and has no option \"{key}\"; expected it with a file only"),
        ));
    }
    let (data, rest) = if name == points::SOURCE {
        let given = options.points.as_deref().unwrap_or_default();
        (points::dataset(given)?, options.clone())
    } else {
        builtin::load_with(name, options)?
    };
    let mut found = Found::new(Format::BuiltIn, Vec::new(), data);
    found.shuffled = false;
    let mut loaded = Loaded::arrange(found, &rest)?;
    loaded.options = options.clone();
    loaded.chosen = options.clone();
    Ok(loaded)
}

impl Loaded {
    fn arrange(found: Found, options: &LoadOptions) -> Result<Self, DataError> {
        let dataset = arranged(&found, options)?;
        let preview = Preview::of(&found, &dataset);
        let chosen = chosen(&found, &dataset, options);
        Ok(Self {
            found,
            options: options.clone(),
            chosen,
            dataset,
            preview,
        })
    }

    /// The same with other choices, without reading anything; `None` if those need the file to be read again.
    ///
    /// # Errors
    /// One line if the choices do not fit the data.
    pub fn rearranged(&self, options: &LoadOptions) -> Option<Result<Self, DataError>> {
        let built_in = self.found.format == Format::BuiltIn;
        (!built_in && self.options.reads_as(options))
            .then(|| Self::arrange(self.found.clone(), options))
    }

    /// The examples, to train on.
    ///
    /// # Errors
    /// One line if there are no labels: there is nothing to train towards.
    pub fn dataset(&self) -> Result<Dataset, DataError> {
        let first = self.found.files.first();
        match (self.found.format, first) {
            (Format::IdxLabels, _) => {
                return Err(DataError::invalid(
                    self.dataset.name(),
                    "holds labels alone; expected the images that go with them",
                ));
            }
            (Format::IdxImages, Some(images)) if !self.found.labelled => {
                idx::labels_of(images, None)?;
            }
            _ => {}
        }
        if let Some([a, b]) = &self.found.doubt {
            return Err(DataError::invalid(
                self.dataset.name(),
                format!(
                    "two readings are about as likely; expected {} ({}) or {} ({})",
                    a.0, a.1, b.0, b.1
                ),
            ));
        }
        if let (false, Some(why)) = (self.found.labelled, &self.found.why) {
            return Err(DataError::invalid(
                self.dataset.name(),
                format!("no column to learn: {why}; expected one (--target NAME)"),
            ));
        }
        if !self.found.labelled {
            return Err(DataError::invalid(
                self.dataset.name(),
                "has no labels, so there is nothing to train towards; expected labels in it, beside it or given",
            ));
        }
        self.teaches()?;
        let mut data = self.dataset.clone();
        data.describe(self.found.target.clone(), self.found.learnt.clone());
        let mut from = Provenance::new(&self.found.files, self.found.began);
        from.learns.clone_from(&self.preview.learns);
        let warnings = self.preview.warnings.iter();
        from.notes = warnings.map(ToString::to_string).collect();
        data.comes_from(from);
        Ok(data)
    }

    /// Refuses files from which nothing can be learnt: a single class, or inputs that are all the same.
    fn teaches(&self) -> Result<(), DataError> {
        if self.found.format == Format::BuiltIn {
            return Ok(());
        }
        let nothing = |problem: String| Err(DataError::invalid(self.dataset.name(), problem));
        for warning in &self.preview.warnings {
            if let Warning::OneClass { class } = warning {
                return nothing(format!(
                    "only one class ({class}): there is nothing to tell apart"
                ));
            }
        }
        let train = self.dataset.range(Part::Train);
        if let Targets::Values { dim, data } = self.dataset.targets()
            && train.len() > 1
        {
            let own = &data[train.start * dim..train.end * dim];
            if own.chunks_exact(*dim).all(|values| values == &own[..*dim]) {
                let same: Vec<String> = own[..*dim].iter().take(3).map(f64::to_string).collect();
                return nothing(format!(
                    "all targets to train on are the same ({}): there is nothing to learn",
                    same.join(", ")
                ));
            }
        }
        let range = self.dataset.stored_range();
        let flat = self.dataset.shape()[1..] == [1, 1] && self.dataset.lengths().is_none();
        let constant = if flat {
            self.dataset.constant_channels().len() == self.dataset.input_len()
        } else {
            range.minimum == range.maximum && !self.dataset.has_symbols()
        };
        if constant && self.dataset.range(Part::Train).len() > 1 {
            return nothing(
                "all inputs to train on are the same: there is nothing to learn from".to_owned(),
            );
        }
        Ok(())
    }

    /// Whether these numbers of examples to train on, to validate and to test fit.
    ///
    /// # Errors
    /// One line if they do not.
    pub fn may_split(&self, [train, validation, test]: [usize; 3]) -> Result<(), DataError> {
        self.dataset.would_split(train, validation, test).map(drop)
    }

    /// What is to be seen before training.
    pub fn preview(&self) -> &Preview {
        &self.preview
    }

    /// The choices it was loaded with, those left open still open.
    pub fn options(&self) -> &LoadOptions {
        &self.options
    }

    /// The same with what was decided where choices were left open: an experiment file that keeps these arranges the same examples
    /// in the same way. A size is kept as the split it led to.
    pub fn chosen(&self) -> &LoadOptions {
        &self.chosen
    }

    /// Every file that was read, in the order of its examples; empty for built-in data.
    pub fn files(&self) -> &[PathBuf] {
        &self.found.files
    }
}

/// The seed that examples are shuffled by, if they are.
fn shuffle_seed(found: &Found, options: &LoadOptions) -> Option<u64> {
    match options.shuffle {
        Some(Shuffle::Seed(seed)) => Some(seed),
        Some(Shuffle::None) => None,
        None => found.shuffled.then_some(0),
    }
}

fn chosen(found: &Found, data: &Dataset, options: &LoadOptions) -> LoadOptions {
    if found.format == Format::BuiltIn {
        return options.clone();
    }
    let parts = [Part::Train, Part::Validation, Part::Test].map(|part| data.range(part).len());
    let mut kept = options.clone();
    if let (Some(decided), None) = (&found.decided, &found.doubt) {
        kept.label = Some(decided.label.clone());
        kept.targets = Some(decided.targets);
        kept.drop = Some(decided.drop.clone());
        kept.kind.extend(decided.kind.clone());
        kept.missing = decided.missing.or(options.missing);
    }
    if found.made_grey && kept.colour.is_none() {
        kept.colour = Some(Colour::Grey);
    }
    if found.listed {
        kept.lists = Some(true);
    }
    LoadOptions {
        scale: data.scale(),
        target_scale: data.target_scale(),
        shuffle: Some(shuffle_seed(found, options).map_or(Shuffle::None, Shuffle::Seed)),
        size: None,
        split: Some(parts),
        ..kept
    }
}

fn arranged(found: &Found, options: &LoadOptions) -> Result<Dataset, DataError> {
    let mut data = found.data.clone();
    if options.split.is_some() && options.size.is_some() {
        return Err(DataError::invalid(
            data.name(),
            "both a size and a split are asked for; expected one of them",
        ));
    }
    match &found.together {
        Some(together) => together.deal(&mut data, options, shuffle_seed(found, options))?,
        None if options.split_by.is_some() => {
            return Err(DataError::invalid(
                data.name(),
                "is no table, so there is no column to split by; expected split_by with a table",
            ));
        }
        None => deal(&mut data, found, options)?,
    }
    if let Some(scale) = options.scale.or(found.scale).or_else(|| usual_scale(found)) {
        data.rescale(scale);
    }
    let values = matches!(data.targets(), Targets::Values { .. });
    if values && found.format != Format::BuiltIn {
        data.rescale_targets(options.target_scale.unwrap_or(Scale::Standardise));
    }
    if let Some(deviation) = options.noise {
        data.add_noise(deviation, options.seed)?;
    }
    Ok(data)
}

/// Deals the examples to the parts, each by itself but for copies of one.
fn deal(data: &mut Dataset, found: &Found, options: &LoadOptions) -> Result<(), DataError> {
    let kept = found.validation.unwrap_or(0);
    match (shuffle_seed(found, options), &found.groups) {
        (Some(seed), groups) => data.shuffle(seed, kept, groups.as_deref()),
        (None, Some(groups)) => {
            let order = (0..data.len() as u32).collect();
            data.reorder(order, Some(groups.clone()));
        }
        (None, None) => {}
    }
    if found.groups.is_some() {
        let split = data.split().clone();
        data.resplit_whole([split.train.len(), split.validation.len(), split.test.len()])?;
    }
    match (options.split, options.size) {
        (Some([train, validation, test]), _) => data.resplit(train, validation, test),
        (None, Some(size)) => data.shrink(size),
        (None, None) => Ok(()),
    }
}

/// Pictures in bytes as they are (black 0, white 1); features and real numbers standardised, unless they span no more than -1 to 1.
fn usual_scale(found: &Found) -> Option<Scale> {
    let data = &found.data;
    if found.format == Format::BuiltIn || data.has_symbols() {
        return None;
    }
    let flat = data.shape()[1..] == [1, 1] || data.lengths().is_some();
    if data.white().is_some() && !flat {
        return None;
    }
    let range = data.stored_range();
    let small = !flat && range.minimum >= -1.0 && range.maximum <= 1.0;
    (!small).then_some(Scale::Standardise)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Rows;

    fn table() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.csv");
        let rows: String = (0..50)
            .map(|i| format!("{},{}.25,{}\n", i * i, 100 - i, ["no", "yes"][i % 2]))
            .collect();
        std::fs::write(&path, format!("a,b,kind\n{rows}")).unwrap();
        (folder, path)
    }

    fn bits(data: &Dataset) -> Vec<(Vec<u64>, Option<usize>)> {
        (0..data.len())
            .map(|i| {
                let mut input = vec![0.0; data.input_len()];
                data.write_input(i, &mut input);
                (input.iter().map(|v| v.to_bits()).collect(), data.label(i))
            })
            .collect()
    }

    #[test]
    fn what_was_chosen_gives_the_same_examples_again_with_and_without_reading() {
        let (_folder, path) = table();
        let open = |options: &LoadOptions| load(&path, options, &Progress::new()).unwrap();
        let first = open(&LoadOptions::default());
        for options in [
            LoadOptions::default(),
            LoadOptions {
                shuffle: Some(Shuffle::Seed(9)),
                size: Some(20),
                scale: Some(Scale::Unit),
                ..LoadOptions::default()
            },
            LoadOptions {
                shuffle: Some(Shuffle::None),
                split: Some([30, 5, 15]),
                scale: Some(Scale::None),
                noise: Some(0.3),
                seed: 4,
                ..LoadOptions::default()
            },
        ] {
            let read = open(&options);
            let arranged = first.rearranged(&options).unwrap().unwrap();
            let again = open(read.chosen());
            for other in [&arranged, &again] {
                assert_eq!(bits(&other.dataset), bits(&read.dataset));
                assert_eq!(other.dataset.split(), read.dataset.split());
                // Opened again, what was found is what was asked for.
                let mut preview = other.preview.clone();
                preview.learns.clone_from(&read.preview.learns);
                preview.all_columns.clone_from(&read.preview.all_columns);
                assert_eq!(preview, read.preview);
            }
        }
        let other = LoadOptions {
            rows: Some(Rows::Series),
            ..LoadOptions::default()
        };
        assert!(first.rearranged(&other).is_none());
        let wrong = LoadOptions {
            size: Some(51),
            ..LoadOptions::default()
        };
        assert!(first.rearranged(&wrong).unwrap().is_err());
    }

    #[test]
    fn scaling_is_learnt_from_the_training_part_alone() {
        let (_folder, path) = table();
        let options = LoadOptions {
            shuffle: Some(Shuffle::None),
            split: Some([10, 0, 10]),
            ..LoadOptions::default()
        };
        let loaded = load(&path, &options, &Progress::new()).unwrap();
        assert_eq!(loaded.preview.scale, Some(Scale::Standardise));
        let data = &loaded.dataset;
        let column = |i: usize| {
            let mut input = [0.0; 2];
            data.write_input(i, &mut input);
            input[0]
        };
        let mean = (0..10).map(column).sum::<f64>() / 10.0;
        let square = (0..10).map(|i| column(i).powi(2)).sum::<f64>() / 10.0;
        assert!(mean.abs() < 1e-12 && (square - 1.0).abs() < 1e-12);
        // The squares of 40 to 49 are far beyond those of 0 to 9.
        assert!((40..50).all(|i| column(i) > 40.0));
        assert!(matches!(data.targets(), Targets::Classes(_)));
    }

    #[test]
    fn targets_that_are_all_the_same_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.csv");
        let rows: String = (0..30)
            .map(|i| format!("{i},{}.5,7.25\n", i * i % 11))
            .collect();
        std::fs::write(&path, format!("a,b,price\n{rows}")).unwrap();
        let options = LoadOptions {
            label: Some(Column::Name("price".into())),
            ..LoadOptions::default()
        };
        let loaded = load(&path, &options, &Progress::new()).unwrap();
        let line = loaded.dataset().unwrap_err().to_string();
        assert!(
            line.ends_with(
                "all targets to train on are the same (7.25): there is nothing to learn"
            ),
            "{line}"
        );
    }
}
