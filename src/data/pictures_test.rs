//! Tests of pictures by class: folders and archives, parts, classes in order, and what is wrong with which file.

use std::io::{Cursor, Write as _};

use proptest::prelude::*;
use zip::write::SimpleFileOptions;

use super::super::picture::tests::{jpeg, png};
use super::*;
use crate::data::Part;
use crate::data::options::{Answer, Column, FitBy};

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
    let clear = png(28, 28, 4, &[[9, 0, 0, 255]; 784].concat());
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

fn in_rgb(shade: u8) -> Vec<u8> {
    png(2, 2, 3, &[shade; 12])
}

fn notes(found: &Found) -> String {
    let notes: Vec<String> = found.warnings.iter().map(Warning::to_string).collect();
    notes.join("\n")
}

/// The first byte of each example of a part, with its class.
fn of_part(found: &Found, part: Part) -> Vec<(u8, String)> {
    let class = |i| found.data.classes()[found.data.label(i).unwrap()].clone();
    let range = found.data.range(part);
    range
        .map(|i| (found.data.input_bytes(i).unwrap()[0], class(i)))
        .collect()
}

#[test]
fn grey_pictures_that_are_stored_in_colour_are_grey_and_kept_so() {
    let files = [
        ("a/1.png", in_rgb(5)),
        ("a/2.png", in_rgb(6)),
        ("b/3.png", grey(2, 7)),
    ];
    let found = loaded(&files, &LoadOptions::default()).unwrap();
    assert_eq!(found.data.shape(), [1, 2, 2]);
    assert!(found.made_grey);
    assert_eq!(
        notes(&found),
        "2 pictures stored as RGB, all grey: read as grey (data.colour = \"stored\" keeps three channels)"
    );
    // As an experiment says that was written before, or one that wants three channels.
    let stored = LoadOptions {
        colour: Some(Colour::Stored),
        ..LoadOptions::default()
    };
    let found = loaded(&files[..2], &stored).unwrap();
    assert_eq!((found.data.shape(), found.made_grey), ([3, 2, 2], false));
    let shape = LoadOptions {
        shape: Some([3, 2, 2]),
        ..LoadOptions::default()
    };
    assert_eq!(loaded(&files[..2], &shape).unwrap().data.shape(), [3, 2, 2]);
    assert!(
        loaded(&files, &stored)
            .unwrap_err()
            .contains("b/3.png: picture is grey")
    );
}

#[test]
fn one_picture_in_colour_makes_those_before_it_what_they_are_stored_as() {
    let files = [
        ("a/1.png", in_rgb(5)),
        ("a/2.png", in_rgb(6)),
        (
            "b/3.png",
            png(2, 2, 3, &[1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3]),
        ),
        ("b/4.png", in_rgb(8)),
    ];
    let auto = loaded(&files, &LoadOptions::default()).unwrap();
    let stored = LoadOptions {
        colour: Some(Colour::Stored),
        ..LoadOptions::default()
    };
    let stored = loaded(&files, &stored).unwrap();
    for i in 0..4 {
        assert_eq!(auto.data.input_bytes(i), stored.data.input_bytes(i));
    }
    assert_eq!((notes(&auto), auto.made_grey), (String::new(), false));
    let made = LoadOptions {
        colour: Some(Colour::Grey),
        grey: Some(Luma::Bt601),
        ..LoadOptions::default()
    };
    let made = loaded(&files, &made).unwrap();
    assert_eq!(
        notes(&made),
        "1 picture in colour made grey by BT.601, as Pillow and torchvision do"
    );
}

#[test]
fn a_validation_part_in_one_folder_has_the_classes_that_its_list_tells() {
    let list = "v0.JPEG\tn02\t0\t0\t9\t9\nv1.JPEG\tn01\t0\t0\t9\t9\nv9.JPEG\tn01\t0\t0\t9\t9\n";
    let found = loaded(
        &[
            ("train/n01/images/a.JPEG", grey(2, 1)),
            ("train/n01/n01_boxes.txt", b"a.JPEG\t0\t0\t9\t9\n".to_vec()),
            ("train/n02/images/b.JPEG", grey(2, 2)),
            ("val/images/v0.JPEG", grey(2, 3)),
            ("val/images/v1.JPEG", grey(2, 4)),
            ("val/images/v2.JPEG", grey(2, 5)),
            ("val/val_annotations.txt", list.into()),
            ("test/images/t.JPEG", grey(2, 6)),
            ("words.txt", b"n01\tgoldfish\nn02\tfrog\n".to_vec()),
        ],
        &LoadOptions::default(),
    )
    .unwrap();
    let class = |n: u8, class: &str| (n, class.to_owned());
    assert_eq!(
        of_part(&found, Part::Train),
        [class(1, "n01"), class(2, "n02")]
    );
    assert_eq!(
        of_part(&found, Part::Validation),
        [class(4, "n01"), class(3, "n02")]
    );
    assert!(of_part(&found, Part::Test).is_empty());
    let said = notes(&found);
    for words in [
        "classes of the val part as val/val_annotations.txt lists them",
        "1 picture of the val part left out: it is not listed what they are",
        "1 picture of the test part left out: their folders are none of the classes",
    ] {
        assert!(said.contains(words), "{words}\n{said}");
    }
}

#[test]
fn text_files_that_list_pictures_say_the_parts() {
    let found = loaded(
        &[
            ("images/cat/1.png", grey(2, 1)),
            ("images/cat/2.png", grey(2, 2)),
            ("images/dog/1.png", grey(2, 3)),
            ("images/dog/2.png", grey(2, 4)),
            ("images/dog/3.png", grey(2, 5)),
            ("meta/classes.txt", b"cat\ndog\n".to_vec()),
            ("meta/train.txt", b"cat/1\ndog/1\ndog/7\n".to_vec()),
            ("meta/test.txt", b"cat/2\ndog/2\n".to_vec()),
        ],
        &LoadOptions::default(),
    )
    .unwrap();
    let numbers = |part| {
        of_part(&found, part)
            .into_iter()
            .map(|(n, _)| n)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        (numbers(Part::Train), numbers(Part::Test)),
        (vec![1, 3], vec![2, 4])
    );
    let said = notes(&found);
    for words in [
        "1 picture that meta/train.txt lists not found: dog/7",
        "parts as meta/test.txt, meta/train.txt list them",
        "1 picture left out that none of meta/test.txt, meta/train.txt lists",
    ] {
        assert!(said.contains(words), "{words}\n{said}");
    }
}

#[test]
fn a_table_lists_pictures_with_or_without_endings_and_what_is_missing_is_named() {
    let pictures = [
        ("train/a.png", grey(2, 1)),
        ("train/b.png", grey(2, 2)),
        ("train/c.png", grey(2, 3)),
        ("test/d.png", grey(2, 4)),
    ];
    let with = |list: &str, text: &str, options: &LoadOptions| {
        let files = [&pictures[..], &[(list, text.as_bytes().to_vec())]].concat();
        loaded(&files, options)
    };
    for (text, column) in [
        ("id,breed\na,x\nb,y\nc,x\ne,y\n", "breed"),
        (
            "id,size,breed\na.png,1,x\nb.png,2,y\nc.png,3,x\ne.png,3,y\n",
            "breed",
        ),
        (
            "file;class\ntrain/a.png;x\ntrain/b.png;y\ntrain/c.png;x\ntrain/e.png;y\n",
            "class",
        ),
        ("image_id,x,y\na,1,0\nb,0,1\nc,1,0\ne,0,1\n", "x, y"),
    ] {
        let found = with("labels.csv", text, &LoadOptions::default()).unwrap();
        let class = |n: u8, class: &str| (n, class.to_owned());
        let all: Vec<(u8, String)> = (0..found.data.len())
            .map(|i| {
                let class = &found.data.classes()[found.data.label(i).unwrap()];
                (found.data.input_bytes(i).unwrap()[0], class.clone())
            })
            .collect();
        assert_eq!(all, [class(1, "x"), class(3, "x"), class(2, "y")], "{text}");
        assert_eq!(found.target.as_deref(), Some(column));
        assert_eq!(found.why.as_deref(), Some("labels.csv lists the pictures"));
        let said = notes(&found);
        assert!(
            said.contains("1 picture that labels.csv lists not found: "),
            "{said}"
        );
        assert!(
            said.contains("1 picture left out that labels.csv does not list"),
            "{said}"
        );
        assert!(found.files.iter().any(|f| f.ends_with("labels.csv")));
    }
    let asked = LoadOptions {
        label: Some(Column::Name("size".into())),
        ..LoadOptions::default()
    };
    let text = "id,size,breed\na.png,1,x\nb.png,2,y\nc.png,3,x\n";
    let found = with("labels.csv", text, &asked).unwrap();
    assert_eq!(found.data.classes(), ["1", "2", "3"]);
    // Without a list, folders for parts are no classes.
    let line = loaded(&pictures, &LoadOptions::default()).unwrap_err();
    assert!(
        line.contains("folders for parts (test, train) without classes"),
        "{line}"
    );
    // Folders that differ by a number are classes, unless a list says other ones.
    let heaps = [
        ("part_1/a.png", grey(2, 1)),
        ("part_1/b.png", grey(2, 2)),
        ("part_2/c.png", grey(2, 3)),
    ];
    let found = loaded(&heaps, &LoadOptions::default()).unwrap();
    assert_eq!(found.data.classes(), ["part_1", "part_2"]);
    let list = ("about.csv", b"image_id,dx\na,nv\nb,mel\nc,nv\n".to_vec());
    let found = loaded(&[&heaps[..], &[list]].concat(), &LoadOptions::default()).unwrap();
    assert_eq!(found.data.classes(), ["mel", "nv"]);
}

#[test]
fn an_archive_has_its_list_in_it() {
    let files = [
        ("set/labels.csv", b"id,kind\na,x\nb,y\n".to_vec()),
        ("set/train/a.png", grey(2, 1)),
        ("set/train/b.png", grey(2, 2)),
    ];
    let folder = written(&[("p.zip", zipped(&files))]);
    let path = folder.path().join("p.zip");
    let found = load_zip(&path, &LoadOptions::default(), &Progress::new()).unwrap();
    assert_eq!(found.data.classes(), ["x", "y"]);
    assert_eq!(found.files, [path]);
}

#[test]
fn an_experiment_that_says_nothing_of_lists_has_what_folders_say() {
    let files = [
        ("a/1.png", grey(2, 1)),
        ("a/2.png", grey(2, 2)),
        ("b/3.png", grey(2, 3)),
        ("train.txt", b"a/1\nb/3\n".to_vec()),
        ("test.txt", b"a/2\n".to_vec()),
    ];
    let parts = |lists: Option<bool>| {
        let options = LoadOptions {
            lists,
            ..LoadOptions::default()
        };
        let found = loaded(&files, &options).unwrap();
        (
            found.data.range(Part::Test).len(),
            found.files.len(),
            found.listed,
        )
    };
    assert_eq!(parts(None), (1, 5, true));
    assert_eq!(parts(Some(false)), (0, 3, false));
}

#[test]
fn what_lies_beside_folders_for_parts_is_no_class() {
    let files = [
        ("seg_train/seg_train/sea/1.png", grey(2, 1)),
        ("seg_train/seg_train/wood/2.png", grey(2, 2)),
        ("seg_test/seg_test/sea/3.png", grey(2, 3)),
        ("seg_pred/seg_pred/4.png", grey(2, 4)),
    ];
    let found = loaded(&files, &LoadOptions::default()).unwrap();
    assert_eq!(found.data.classes(), ["sea", "wood"]);
    assert_eq!(found.data.range(Part::Test).len(), 1);
    assert!(notes(&found).contains("1 picture left out: seg_pred beside folders for parts"));
    // Folders of which one has the name of a part are classes.
    let files = [
        ("train/blue/1.png", grey(2, 1)),
        ("plane/red/2.png", grey(2, 2)),
    ];
    let found = loaded(&files, &LoadOptions::default()).unwrap();
    assert_eq!(found.data.classes(), ["plane", "train"]);
}

#[test]
fn of_several_columns_that_could_be_classes_one_is_asked_for() {
    let list = "image_id,beard,male\na,-1,1\nb,1,1\nc,-1,-1\nd,1,-1\n";
    let parts = "image_id,partition\na,0\nb,0\nc,1\nd,2\n";
    let files = [
        ("img/a.png", grey(2, 1)),
        ("img/b.png", grey(2, 2)),
        ("img/c.png", grey(2, 3)),
        ("img/d.png", grey(2, 4)),
        ("list_attr.csv", list.into()),
        ("list_eval_partition.csv", parts.into()),
    ];
    let found = loaded(&files, &LoadOptions::default()).unwrap();
    assert_eq!(found.listed_columns, ["beard", "male"]);
    let name = |name: &str| Answer::Learn(Column::Name(name.into()));
    let like = |column| (column, "2 values".to_owned());
    assert_eq!(found.doubt, Some([like(name("beard")), like(name("male"))]));
    let asked = LoadOptions {
        label: Some(Column::Name("male".into())),
        ..LoadOptions::default()
    };
    let found = loaded(&files, &asked).unwrap();
    let class = |n: u8, class: &str| (n, class.to_owned());
    assert_eq!(of_part(&found, Part::Train), [class(1, "1"), class(2, "1")]);
    assert_eq!(of_part(&found, Part::Validation), [class(3, "-1")]);
    assert_eq!(of_part(&found, Part::Test), [class(4, "-1")]);
    assert_eq!(found.doubt, None);
    let wrong = LoadOptions {
        label: Some(Column::Name("hat".into())),
        ..LoadOptions::default()
    };
    let line = loaded(&files, &wrong).unwrap_err();
    assert!(
        line.contains("no table beside the pictures lists them with that column"),
        "{line}"
    );
}
