//! Datasets from IDX files: images with the labels given or found beside them, and the test files that go with them by name.

use std::path::Path;

use super::arrays::unlabelled;
use super::dataset::{Dataset, NamedTargets, Targets, numbered};
use super::error::{DataError, Place, display_path};
use super::found::{Format, Found, Warning};
use super::idx::{self, IdxImages, IdxLabels};
use super::options::LoadOptions;
use super::progress::Progress;
use super::source::Source;
use super::split::Filing;
use super::test_beside::test_file_beside;

/// Loads an IDX file: images, or labels, with the images that go with them if those lie beside them.
///
/// If the file name says "train" and a file with "t10k" or "test" in its place lies beside it, that file becomes the test file (unless
/// a label file was given, which is for one image file only). The classes are called by their numbers.
pub(super) fn load(
    path: &Path,
    options: &LoadOptions,
    progress: &Progress,
) -> Result<Found, DataError> {
    if options.labels.is_none()
        && idx::are_labels(path)
        && let Some(beside) = idx::images_beside(path)
    {
        let mut found = images(&beside, options, progress)?;
        let note = format!(
            "the images of these labels are in {}",
            display_path(&beside)
        );
        found.warnings.push(Warning::Reading { note });
        return Ok(found);
    }
    let mut source = Source::open(path)?;
    let magic = idx::read_magic(&mut source)?;
    if magic.dimensions == 1 && options.labels.is_none() {
        return labels_alone(path, options, progress);
    }
    if magic.dimensions == 1 {
        return Err(DataError::malformed(
            source.file(),
            source.place(3),
            "images need 3 dimensions, found 1 (a label file?); expected images, since a label file was given too",
        ));
    }
    images(path, options, progress)
}

fn labels_alone(
    path: &Path,
    options: &LoadOptions,
    progress: &Progress,
) -> Result<Found, DataError> {
    let source = Source::open_watched(path, progress)?;
    let found = idx::read_labels(source, options.classes, None)?;
    let targets = classes(&found);
    let data = Dataset::from_bytes(
        &display_path(path),
        [1, 1, 1],
        found.labels,
        255,
        targets,
        Filing::OneFile,
    )?;
    let mut labels = Found::new(Format::IdxLabels, vec![path.to_owned()], data);
    labels.gzip = found.gzip;
    Ok(labels)
}

fn images(path: &Path, options: &LoadOptions, progress: &Progress) -> Result<Found, DataError> {
    let read_images = |path: &Path| idx::read_images(Source::open_watched(path, progress)?);
    let read_labels = |path: &Path, count: usize| {
        if let Some(wide) = idx::read_wide_labels(Source::open(path)?, count) {
            return wide;
        }
        let source = Source::open_watched(path, progress)?;
        idx::read_labels(source, options.classes, Some(count))
    };
    let images = read_images(path)?;
    let mut files = vec![path.to_owned()];
    let beside = match options.alone {
        true => None,
        false => options.labels.clone().or_else(|| idx::labels_beside(path)),
    };
    let mut labels = match &beside {
        Some(file) => {
            files.push(file.clone());
            Some(read_labels(file, images.count)?)
        }
        None => None,
    };
    let gzip = images.gzip;
    let shape = [1, images.rows, images.cols];
    let train = images.count;
    let mut pixels = images.pixels;
    let mut filing = Filing::OneFile;
    if options.labels.is_none()
        && let Some(labels) = &mut labels
        && let Some(test_path) = test_file_beside(path, options)
    {
        let test = read_images(&test_path)?;
        same_size(&test, shape, path)?;
        let test_labels = read_labels(&idx::labels_of(&test_path, None)?, test.count)?;
        files.push(test_path.clone());
        files.extend(idx::labels_beside(&test_path));
        filing = Filing::TrainAndTest { train };
        pixels.extend_from_slice(&test.pixels);
        labels.labels.extend_from_slice(&test_labels.labels);
        labels.classes = labels.classes.max(test_labels.classes);
    }
    let examples = pixels.len() / shape.iter().product::<usize>().max(1);
    let labelled = labels.is_some();
    let targets = match &labels {
        Some(labels) => classes(labels),
        None => unlabelled(examples),
    };
    if let Some([c, h, w]) = options.shape.filter(|wanted| *wanted != shape) {
        return Err(DataError::malformed(
            &images.file,
            Place::File,
            format!(
                "images are 1 x {} x {}; expected {c} x {h} x {w}",
                shape[1], shape[2]
            ),
        ));
    }
    let data = Dataset::from_bytes(&display_path(path), shape, pixels, 255, targets, filing)?;
    let mut found = Found::new(Format::IdxImages, files, data);
    found.gzip = gzip;
    found.labelled = labelled;
    // A published split comes shuffled by its authors; one file alone, or classes one after the other, need a shuffle.
    found.shuffled = filing == Filing::OneFile
        || labels.is_some_and(|labels| labels.labels[..train].is_sorted());
    Ok(found)
}

fn classes(labels: &IdxLabels) -> NamedTargets {
    let each = labels.labels.iter().map(|&label| u16::from(label));
    Targets::Classes(each.collect()).named(numbered(labels.classes))
}

fn same_size(test: &IdxImages, [_, rows, cols]: [usize; 3], train: &Path) -> Result<(), DataError> {
    if (test.rows, test.cols) == (rows, cols) {
        return Ok(());
    }
    Err(DataError::malformed(
        &test.file,
        Place::File,
        format!(
            "test images are {} x {}; expected {rows} x {cols} as in {}",
            test.rows,
            test.cols,
            display_path(train)
        ),
    ))
}
