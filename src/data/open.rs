//! A dataset from what the user wrote: a built-in name, or the path of an IDX image file.

use std::path::{Path, PathBuf};

use super::builtin::{self, NAMES, ToyOptions};
use super::dataset::{Dataset, Targets, numbered};
use super::error::{DataError, Place, display_path};
use super::idx;
use super::split::Filing;

/// What can be said beside the name or path.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct OpenOptions {
    /// The label file of an image file; `None` looks beside the images.
    pub labels: Option<PathBuf>,
    /// Number of classes of an image file; `None` is the highest label + 1.
    pub classes: Option<usize>,
    /// For the built-in names.
    pub toy: ToyOptions,
}

/// Opens a built-in dataset by name, or else the IDX image file at that path.
///
/// A file that happens to be called like a built-in dataset is reached as `./mnist`.
///
/// # Errors
/// As [`builtin::load`] and [`open_idx`]; [`DataError::UnknownName`] for a bare word that is neither; [`DataError::Invalid`] if
/// `options` give labels or classes for a built-in dataset, or toy options for a file.
pub fn open(source: &str, options: &OpenOptions) -> Result<Dataset, DataError> {
    if NAMES.contains(&source) {
        if options.labels.is_some() || options.classes.is_some() {
            return Err(DataError::invalid(
                source,
                "brings its own labels and classes; expected them with a file only",
            ));
        }
        return builtin::load(source, &options.toy);
    }
    let path = Path::new(source);
    let bare = !source.contains(['/', '\\', '.']);
    if bare && !path.exists() {
        return Err(builtin::unknown(source));
    }
    if options.toy.size.is_some() || options.toy.noise.is_some() {
        return Err(DataError::invalid(
            source,
            "a file has no option \"size\" or \"noise\"; expected them with moons only",
        ));
    }
    open_idx(path, options.labels.as_deref(), options.classes)
}

/// Opens an IDX image file with its labels.
///
/// If the file name says "train" and a file with "t10k" or "test" in its place lies beside it, that file becomes the test file (unless
/// a label file was given, which is for one image file only). The classes are called by their numbers.
///
/// # Errors
/// As [`idx::load_images`] and [`idx::load_labels`]; also if no labels are found, or if the two image files differ in size.
pub fn open_idx(
    path: &Path,
    labels: Option<&Path>,
    classes: Option<usize>,
) -> Result<Dataset, DataError> {
    let images = idx::load_images(path)?;
    let mut found = idx::load_labels(&idx::labels_of(path, labels)?, classes, Some(images.count))?;
    let shape = [1, images.rows, images.cols];
    let mut pixels = images.pixels;
    let mut filing = Filing::OneFile;
    if labels.is_none()
        && let Some(test_path) = test_file_beside(path)
    {
        let test = idx::load_images(&test_path)?;
        if (test.rows, test.cols) != (images.rows, images.cols) {
            return Err(DataError::malformed(
                &test.file,
                Place::File,
                format!(
                    "test images are {} x {}; expected {} x {} as in {}",
                    test.rows, test.cols, images.rows, images.cols, images.file
                ),
            ));
        }
        let test_labels = idx::load_labels(
            &idx::labels_of(&test_path, None)?,
            classes,
            Some(test.count),
        )?;
        filing = Filing::TrainAndTest {
            train: images.count,
        };
        pixels.extend_from_slice(&test.pixels);
        found.labels.extend_from_slice(&test_labels.labels);
        found.classes = found.classes.max(test_labels.classes);
    }
    let targets = Targets::Classes(found.labels.iter().map(|&label| u16::from(label)).collect());
    Dataset::from_bytes(
        &display_path(path),
        shape,
        pixels,
        255,
        targets,
        numbered(found.classes),
        filing,
    )
}

/// The test file that goes with a training file by name, if it exists.
fn test_file_beside(path: &Path) -> Option<PathBuf> {
    let name = path.file_name()?.to_str()?;
    let at = name.find("train")?;
    let (before, after) = (&name[..at], &name[at + "train".len()..]);
    ["t10k", "test"]
        .map(|word| path.with_file_name(format!("{before}{word}{after}")))
        .into_iter()
        .find(|candidate| candidate.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Part;

    fn repository(name: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
    }

    #[test]
    fn a_training_file_brings_its_test_file() {
        let data = open_idx(
            &repository("datasets/mnist/train-images-idx3-ubyte.gz"),
            None,
            Some(10),
        )
        .unwrap();
        let built_in = builtin::load("mnist", &ToyOptions::default()).unwrap();
        assert_eq!(data.split(), built_in.split());
        assert_eq!(data.targets(), built_in.targets());
        assert!((0..70_000).all(|i| data.input_bytes(i) == built_in.input_bytes(i)));
    }

    #[test]
    fn one_file_is_split_by_itself() {
        let path = repository("tests/malformed/ok/idx-images-10.gz");
        let data = open(&path.to_string_lossy(), &OpenOptions::default()).unwrap();
        assert_eq!((data.len(), data.target_len()), (10, 10));
        assert_eq!(
            (data.range(Part::Train), data.range(Part::Test)),
            (0..7, 8..10)
        );
    }

    #[test]
    fn what_is_neither_a_name_nor_a_file_is_refused() {
        let line = |source: &str| {
            open(source, &OpenOptions::default())
                .unwrap_err()
                .to_string()
        };
        assert!(line("digit").contains("did you mean \"digits\""));
        assert_eq!(
            line("no/such.gz"),
            "no/such.gz: no such file; expected the path of a data file"
        );
        assert!(line(env!("CARGO_MANIFEST_DIR")).contains("is a folder; expected a file"));
        let images = repository("tests/malformed/ok/idx-images-10-uncompressed");
        assert!(line(&images.to_string_lossy()).contains("no label file"));
    }

    #[test]
    fn options_are_not_ignored() {
        let classes = OpenOptions {
            classes: Some(10),
            ..OpenOptions::default()
        };
        assert!(
            open("mnist", &classes)
                .unwrap_err()
                .to_string()
                .contains("brings its own labels")
        );
        let noise = OpenOptions {
            toy: ToyOptions {
                noise: Some(0.1),
                ..ToyOptions::default()
            },
            ..OpenOptions::default()
        };
        assert!(
            open("./file.gz", &noise)
                .unwrap_err()
                .to_string()
                .contains("moons only")
        );
    }

    #[test]
    fn test_images_of_another_size_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, side: u8| {
            let mut bytes = vec![0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, side, 0, 0, 0, side];
            bytes.extend(vec![0; usize::from(side) * usize::from(side)]);
            std::fs::write(folder.path().join(format!("{name}-images")), bytes).unwrap();
            std::fs::write(
                folder.path().join(format!("{name}-labels")),
                [0, 0, 8, 1, 0, 0, 0, 1, 3],
            )
            .unwrap();
        };
        write("train", 2);
        write("test", 3);
        let line = open_idx(&folder.path().join("train-images"), None, None)
            .unwrap_err()
            .to_string();
        assert!(
            line.contains("test images are 3 x 3; expected 2 x 2"),
            "{line}"
        );
        write("test", 2);
        let data = open_idx(&folder.path().join("train-images"), None, None).unwrap();
        assert_eq!(
            (data.len(), data.target_len(), data.range(Part::Test)),
            (2, 4, 1..2)
        );
    }
}
