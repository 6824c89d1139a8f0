//! Tests of pictures by class: folders and archives, parts, classes in order, and what is wrong with which file.

use std::io::{Cursor, Write as _};

use proptest::prelude::*;
use zip::write::SimpleFileOptions;

use super::super::picture::tests::{jpeg, png};
use super::*;
use crate::data::Part;
use crate::data::options::FitBy;

fn written(files: &[(&str, Vec<u8>)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
    folder
}

fn loaded(files: &[(&str, Vec<u8>)], options: &LoadOptions) -> Result<Found, String> {
    let folder = written(files);
    load_folder(folder.path(), options, &Progress::new()).map_err(|e| e.to_string())
}

fn grey(side: u32, shade: u8) -> Vec<u8> {
    png(side, side, 1, &vec![shade; (side * side) as usize])
}

/// A zip archive of those files.
pub(in crate::data) fn zipped(files: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

#[test]
fn classes_are_in_order_and_other_files_are_left_out() {
    let found = loaded(
        &[
            ("10/a.png", grey(2, 10)),
            ("9/b.PNG", grey(2, 9)),
            ("9/a.jpg", jpeg(2, 2, 1, &[8; 4])),
            ("9/notes.txt", b"no picture".to_vec()),
            (".hidden/c.png", grey(3, 1)),
            ("readme.md", Vec::new()),
        ],
        &LoadOptions::default(),
    )
    .unwrap();
    assert_eq!(found.data.classes(), ["9", "10"]);
    assert_eq!(found.warnings, [Warning::Skipped { files: 2 }]);
    let labels: Vec<_> = (0..3).map(|i| found.data.label(i)).collect();
    assert_eq!(labels, [Some(1), Some(0), Some(0)]);
    assert_eq!(found.data.input_bytes(0).unwrap(), [10; 4]);
}

#[test]
fn folders_for_parts_are_parts() {
    let files = [
        ("train/a/1.png", grey(2, 1)),
        ("train/b/2.png", grey(2, 2)),
        ("val/a/3.png", grey(2, 3)),
        ("test/b/4.png", grey(2, 4)),
    ];
    for found in [
        loaded(&files, &LoadOptions::default()).unwrap(),
        loaded(
            &files
                .clone()
                .map(|(n, b)| (format!("all/{n}").leak() as &str, b)),
            &LoadOptions::default(),
        )
        .unwrap(),
    ] {
        let part = |part: Part| -> Vec<u8> {
            found
                .data
                .range(part)
                .map(|i| found.data.input_bytes(i).unwrap()[0])
                .collect()
        };
        assert_eq!(
            [part(Part::Train), part(Part::Validation), part(Part::Test)],
            [vec![1, 2], vec![3], vec![4]]
        );
        assert_eq!(found.validation, Some(1));
    }
}

#[test]
fn what_does_not_fit_is_named_by_file() {
    let line = |files: &[(&str, Vec<u8>)]| loaded(files, &LoadOptions::default()).unwrap_err();
    let cut = grey(28, 7);
    let cut = cut[..cut.len() / 2].to_vec();
    assert!(
        line(&[("0/a.png", grey(28, 7)), ("1/b.png", cut)]).contains("1/b.png: PNG is truncated")
    );
    let tall = png(28, 30, 1, &[0; 840]);
    let text = line(&[("0/a.png", grey(28, 7)), ("1/b.png", tall.clone())]);
    assert!(
        text.contains("1/b.png: picture is 28x30 pixels; expected 28x28 as in"),
        "{text}"
    );
    let clear = png(28, 28, 4, &[0; 3136]);
    assert!(
        line(&[("0/a.png", grey(28, 7)), ("1/b.png", clear.clone())])
            .contains("1/b.png: picture is in colour; expected grey")
    );
    assert!(line(&[("a.png", grey(28, 7))]).contains("no class folders found"));
    let asked = LoadOptions {
        fit: Some(Fit {
            height: 28,
            width: 28,
            by: FitBy::Resize,
        }),
        colour: Some(Colour::Rgb),
        ..LoadOptions::default()
    };
    let found = loaded(
        &[
            ("0/a.png", grey(28, 7)),
            ("1/b.png", tall),
            ("1/c.png", clear),
        ],
        &asked,
    )
    .unwrap();
    assert_eq!(found.data.shape(), [3, 28, 28]);
    let huge = LoadOptions {
        fit: Some(Fit {
            height: 1025,
            width: 1,
            by: FitBy::Crop,
        }),
        ..LoadOptions::default()
    };
    assert!(
        loaded(&[("0/a.png", grey(2, 7))], &huge)
            .unwrap_err()
            .contains("expected 1 to 1024")
    );
}

#[test]
fn an_archive_is_read_like_a_folder() {
    let files = [
        ("top/0/a.png", grey(2, 1)),
        ("top/1/b.png", grey(2, 2)),
        ("__MACOSX/1/b.png", vec![1]),
    ];
    let folder = written(&[("p.zip", zipped(&files))]);
    let path = folder.path().join("p.zip");
    let found = load_zip(&path, &LoadOptions::default(), &Progress::new()).unwrap();
    assert_eq!(
        (
            found.data.classes().join(""),
            found.data.input_bytes(1).unwrap()[0]
        ),
        ("01".into(), 2)
    );
    let broken = [("0/a.png", grey(2, 1)), ("1/b.png", b"text".to_vec())];
    std::fs::write(&path, zipped(&broken)).unwrap();
    let line = load_zip(&path, &LoadOptions::default(), &Progress::new())
        .unwrap_err()
        .to_string();
    assert!(
        line.contains("p.zip/1/b.png: not a PNG or JPEG picture"),
        "{line}"
    );
}

#[test]
fn one_picture_must_fit_where_a_shape_is_asked_for() {
    let folder = written(&[("p.png", grey(5, 1))]);
    let asked = LoadOptions {
        shape: Some([1, 28, 28]),
        ..LoadOptions::default()
    };
    let path = folder.path().join("p.png");
    let line = load_one(&path, &asked, &Progress::new())
        .unwrap_err()
        .to_string();
    assert!(
        line.contains("picture is 1 x 5 x 5") && line.contains("expected 1 x 28 x 28"),
        "{line}"
    );
    let fit = LoadOptions {
        fit: Some(Fit {
            height: 28,
            width: 28,
            by: FitBy::Resize,
        }),
        ..asked
    };
    assert_eq!(
        load_one(&path, &fit, &Progress::new())
            .unwrap()
            .data
            .shape(),
        [1, 28, 28]
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn pictures_written_are_read(
        bytes in prop::collection::vec(prop::collection::vec(any::<u8>(), 3 * 4 * 5), 1..6),
        colour in any::<bool>(),
        packed in any::<bool>(),
    ) {
        let channels = if colour { 3 } else { 1 };
        let files: Vec<(String, Vec<u8>)> = bytes
            .iter()
            .enumerate()
            .map(|(i, b)| (format!("c{i}/x.png"), png(5, 4, channels, &b[..channels * 20])))
            .collect();
        let files: Vec<(&str, Vec<u8>)> = files.iter().map(|(n, b)| (n.as_str(), b.clone())).collect();
        let found = if packed {
            let folder = written(&[("p.zip", zipped(&files))]);
            load_zip(&folder.path().join("p.zip"), &LoadOptions::default(), &Progress::new()).unwrap()
        } else {
            loaded(&files, &LoadOptions::default()).unwrap()
        };
        prop_assert_eq!(found.data.shape(), [channels, 4, 5]);
        for (i, written) in bytes.iter().enumerate() {
            let planes = crate::data::numbers::channels_first(&written[..channels * 20], channels, 20);
            prop_assert_eq!(found.data.input_bytes(i).unwrap(), &planes[..]);
            prop_assert_eq!(found.data.label(i), Some(i));
        }
    }
}
