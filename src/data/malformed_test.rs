//! The IDX and gzip files among the damaged ones in `tests/malformed`: how each is opened, and what the answer must say.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::{DataError, LoadOptions, Progress, load, load_images, load_labels};

enum As {
    Images,
    /// Labels for ten images of ten classes.
    Labels,
}

const TABLE: &[(&str, As, &[&str])] = &[
    (
        "gz-truncated.gz",
        As::Images,
        &["unpacked byte", "gzip stream is truncated"],
    ),
    (
        "gz-bad-crc.gz",
        As::Images,
        &["unpacked byte 7856", "checksum differs"],
    ),
    (
        "gz-corrupt-body.gz",
        As::Images,
        &["unpacked byte", "corrupt or their checksum"],
    ),
    (
        "gz-name-but-plain-text.gz",
        As::Images,
        &[
            "byte 0",
            "not an IDX file (magic 74 68 69 73)",
            "expected 00 00 08 03",
        ],
    ),
    ("gz-empty.gz", As::Images, &["file is empty"]),
    (
        "gz-bomb-64MiB-of-zeros.gz",
        As::Images,
        &[
            "unpacked byte 7856",
            "expected 7840 data bytes",
            "found more",
        ],
    ),
    (
        "idx-wrong-magic.idx",
        As::Images,
        &["byte 2", "unsupported IDX element type 0x09"],
    ),
    (
        "idx-garbage-magic.idx",
        As::Images,
        &["byte 0", "not an IDX file (magic de ad be ef)"],
    ),
    (
        "idx-float-type.idx",
        As::Images,
        &["byte 2", "unsupported IDX element type 0x0D"],
    ),
    (
        "idx-header-only-3-bytes.idx",
        As::Images,
        &["IDX header truncated", "expected 4 bytes", "found 3"],
    ),
    (
        "idx-dims-truncated.idx",
        As::Images,
        &[
            "byte 10",
            "IDX header truncated",
            "expected 16 bytes",
            "found 10",
        ],
    ),
    (
        "idx-count-larger-than-data.idx",
        As::Images,
        &["byte 16", "expected 784000 data bytes", "found 7840"],
    ),
    (
        "idx-trailing-bytes.idx",
        As::Images,
        &["byte 16", "expected 7840 data bytes", "found 7845"],
    ),
    (
        "idx-zero-items.idx",
        As::Images,
        &["byte 4", "dataset is empty"],
    ),
    (
        "idx-zero-rows.idx",
        As::Images,
        &["byte 8", "zero-size dimension", "10 x 0 x 28"],
    ),
    (
        "idx-zero-cols.idx",
        As::Images,
        &["byte 12", "zero-size dimension", "10 x 28 x 0"],
    ),
    (
        "idx-dims-overflow-u64.idx",
        As::Images,
        &[
            "byte 4",
            "4294967295 x 4294967295 x 4294967295",
            "too large",
        ],
    ),
    (
        "idx-255-dimensions.idx",
        As::Images,
        &["byte 3", "images need 3 dimensions, found 255"],
    ),
    (
        "ok/idx-labels-10.gz",
        As::Images,
        &["byte 3", "images need 3 dimensions, found 1"],
    ),
    (
        "idx-images-given-as-labels.idx",
        As::Labels,
        &["byte 3", "labels need 1 dimension, found 3"],
    ),
    (
        "idx-labels-9-for-10-images.idx",
        As::Labels,
        &["byte 4", "10 images but 9 labels"],
    ),
    (
        "idx-labels-out-of-range.idx",
        As::Labels,
        &["byte 17", "label 200 at index 9 is outside 0..9"],
    ),
];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/malformed")
}

/// The answer's line, checked for what holds of every answer; `None` if the file loads.
fn line_within_2_s<T>(name: &str, open: impl FnOnce() -> Result<T, DataError>) -> Option<String> {
    let start = Instant::now();
    let result = open();
    assert!(
        start.elapsed() < Duration::from_secs(2),
        "{name} took {:?}",
        start.elapsed()
    );
    let line = result.err()?.to_string();
    assert!(
        !line.contains(['\n', '\r']),
        "{name}: more than one line: {line:?}"
    );
    let file = Path::new(name)
        .file_name()
        .unwrap()
        .to_string_lossy()
        .into_owned();
    assert!(line.contains(&file), "the file is not named: {line}");
    Some(line)
}

#[test]
fn every_damaged_file_is_refused_in_the_words_asked_for() {
    for (name, how, words) in TABLE {
        let path = folder().join(name);
        let line = line_within_2_s(name, || match how {
            As::Images => load_images(&path).map(|_| ()),
            As::Labels => load_labels(&path, Some(10), Some(10)).map(|_| ()),
        });
        let line = line.unwrap_or_else(|| panic!("{name} loads"));
        for word in *words {
            assert!(line.contains(word), "{name}: \"{word}\" is not in: {line}");
        }
    }
}

#[test]
fn the_table_has_every_file_and_every_way_to_open_it_is_safe() {
    let mut files = 0;
    for entry in std::fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if !name.starts_with("idx-") && !name.starts_with("gz-") {
            continue;
        }
        files += 1;
        assert!(
            TABLE.iter().any(|(listed, _, _)| *listed == name),
            "{name} is not in the table"
        );
        line_within_2_s(&name, || load_images(&path));
        line_within_2_s(&name, || load_labels(&path, None, None));
        line_within_2_s(&name, || {
            load(&path, &LoadOptions::default(), &Progress::new())
        });
        let images = folder().join("ok/idx-images-10.gz");
        let as_labels = LoadOptions {
            labels: Some(path),
            classes: Some(10),
            ..LoadOptions::default()
        };
        let line = line_within_2_s(&name, || load(&images, &as_labels, &Progress::new()));
        assert!(line.is_some(), "{name} passes as labels");
    }
    assert_eq!(files, TABLE.len() - 1);
}

#[test]
fn the_controls_load() {
    let packed = load_images(&folder().join("ok/idx-images-10.gz")).unwrap();
    let plain = load_images(&folder().join("ok/idx-images-10-uncompressed")).unwrap();
    assert_eq!((packed.count, packed.rows, packed.cols), (10, 28, 28));
    assert!(packed.gzip && !plain.gzip);
    assert_eq!(packed.pixels, plain.pixels);
    let labels = load_labels(&folder().join("ok/idx-labels-10.gz"), Some(10), Some(10)).unwrap();
    assert_eq!(labels.labels, [7, 2, 1, 0, 4, 1, 4, 9, 5, 9]);
}
