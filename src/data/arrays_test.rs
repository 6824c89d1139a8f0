//! Tests of datasets from NumPy arrays: names, shapes, orders, labels; what is written is read.

use crate::data::dataset::Targets;
use crate::data::options::TargetKind;
use std::io::{Cursor, Write as _};

use proptest::prelude::*;
use zip::write::SimpleFileOptions;

use super::super::npy;
use super::*;
use crate::data::Part;

/// An NPY file.
pub(in crate::data) fn npy_bytes(
    dtype: &str,
    fortran: bool,
    shape: &[usize],
    data: &[u8],
) -> Vec<u8> {
    let fortran = if fortran { "True" } else { "False" };
    let tuple: String = shape.iter().map(|d| format!("{d}, ")).collect();
    let header =
        format!("{{'descr': '{dtype}', 'fortran_order': {fortran}, 'shape': ({tuple}), }}");
    let mut bytes = npy::MAGIC.to_vec();
    bytes.extend([1, 0]);
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes.extend(data);
    bytes
}

/// An NPZ archive of those members, packed or stored.
pub(in crate::data) fn npz_bytes(members: &[(&str, Vec<u8>)], packed: bool) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let method = if packed {
        zip::CompressionMethod::Deflated
    } else {
        zip::CompressionMethod::Stored
    };
    for (name, bytes) in members {
        let options = SimpleFileOptions::default().compression_method(method);
        zip.start_file(format!("{name}.npy"), options).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn loaded(name: &str, bytes: &[u8], options: &LoadOptions) -> Result<Found, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    let load = if name.ends_with("npz") {
        load_npz
    } else {
        load_npy
    };
    load(&path, options, &Progress::new()).map_err(|e| e.to_string())
}

fn npz(members: &[(&str, Vec<u8>)]) -> Result<Found, String> {
    loaded("a.npz", &npz_bytes(members, true), &LoadOptions::default())
}

fn bytes(shape: &[usize], values: &[u8]) -> Vec<u8> {
    npy_bytes("|u1", false, shape, values)
}

fn inputs(found: &Found, i: usize) -> Vec<f64> {
    found
        .data
        .stored_values(i, usize::MAX)
        .into_iter()
        .map(|(_, v)| v)
        .collect()
}

#[test]
fn usual_names_are_found_whatever_their_case() {
    for (x, y) in [
        ("x", "y"),
        ("X", "Y"),
        ("images", "labels"),
        ("data", "target"),
        ("Features", "classes"),
    ] {
        let found = npz(&[
            (x, bytes(&[3, 2], &[0, 1, 2, 3, 4, 5])),
            (y, bytes(&[3], &[1, 0, 1])),
        ])
        .unwrap();
        assert_eq!((found.data.len(), found.data.label(2)), (3, Some(1)), "{x}");
        assert_eq!(inputs(&found, 2), [4.0, 5.0]);
    }
    let found = npz(&[
        ("train_images", bytes(&[2, 2, 2], &[0, 1, 2, 3, 4, 5, 6, 7])),
        ("train_labels", bytes(&[2, 1], &[0, 1])),
        ("test_images", bytes(&[1, 2, 2], &[8, 9, 10, 11])),
        ("test_labels", bytes(&[1, 1], &[2])),
    ])
    .unwrap();
    assert_eq!(
        (found.data.shape(), found.data.range(Part::Test)),
        ([1, 2, 2], 2..3)
    );
    assert_eq!(
        (found.data.label(2), found.data.classes().len()),
        (Some(2), 3)
    );
    let line = npz(&[("foo", bytes(&[1], &[0])), ("bar", bytes(&[1], &[0]))]).unwrap_err();
    assert!(
        line.contains("a.npz: no array of inputs") && line.contains("found: bar, foo"),
        "{line}"
    );
}

/// An NPY file of words of up to eight letters.
fn words(all: &[&str]) -> Vec<u8> {
    let letters = |word: &&str| -> Vec<u8> {
        let own = word.chars().map(u32::from);
        let padded = own.chain(std::iter::repeat(0)).take(8);
        padded.flat_map(u32::to_le_bytes).collect()
    };
    let data: Vec<u8> = all.iter().flat_map(letters).collect();
    npy_bytes("<U8", false, &[all.len()], &data)
}

#[test]
fn labels_may_be_words_and_lists_of_names_are_read() {
    let x = || ("x", bytes(&[4, 2], &[1, 2, 3, 4, 5, 6, 7, 9]));
    let found = npz(&[x(), ("y", words(&["up", "down", "up", "left"]))]).unwrap();
    assert_eq!(found.data.classes(), ["down", "left", "up"]);
    assert_eq!(found.data.label(1), Some(0));
    let lists = [
        x(),
        ("y", bytes(&[4], &[0, 1, 1, 2])),
        ("target_names", words(&["rose", "lily", "tulip"])),
        ("feature_names", words(&["length", "width"])),
    ];
    let found = npz(&lists).unwrap();
    assert_eq!(found.data.classes(), ["rose", "lily", "tulip"]);
    assert_eq!(found.columns, ["length", "width"]);
    // What cannot be read of names is said, and is no reason to refuse the rest.
    let pickled = npy_bytes("|O", false, &[2], b"\x80\x04.");
    let found = npz(&[
        x(),
        ("y", bytes(&[4], &[0, 1, 1, 0])),
        ("feature_names", pickled),
    ])
    .unwrap();
    let said = found.warnings[0].to_string();
    assert!(said.starts_with("the names are not read: "), "{said}");
}

#[test]
fn channels_are_brought_to_the_front() {
    // One picture of 2 rows, 2 columns and 3 channels; value 10 y + x and 100 c.
    let last: Vec<u8> = vec![0, 100, 200, 1, 101, 201, 10, 110, 210, 11, 111, 211];
    let first: Vec<f64> = [0, 1, 10, 11, 100, 101, 110, 111, 200, 201, 210, 211]
        .map(f64::from)
        .into();
    let found = npz(&[("x", bytes(&[1, 2, 2, 3], &last))]).unwrap();
    assert_eq!(
        (found.data.shape(), inputs(&found, 0)),
        ([3, 2, 2], first.clone())
    );
    assert!(!found.labelled);
    let bytes_first: Vec<u8> = first.iter().map(|&v| v as u8).collect();
    let found = npz(&[("x", bytes(&[1, 3, 2, 2], &bytes_first))]).unwrap();
    assert_eq!((found.data.shape(), inputs(&found, 0)), ([3, 2, 2], first));
}

#[test]
fn labels_are_classes_one_hot_rows_or_values() {
    let x = || ("x", bytes(&[3, 1], &[1, 2, 3]));
    let y =
        |dtype: &str, shape: &[usize], data: Vec<u8>| ("y", npy_bytes(dtype, false, shape, &data));
    let hot = npz(&[x(), y("|u1", &[3, 2], vec![0, 1, 1, 0, 0, 1])]).unwrap();
    assert_eq!(
        (0..3).map(|i| hot.data.label(i)).collect::<Vec<_>>(),
        [Some(1), Some(0), Some(1)]
    );
    let reals: Vec<u8> = [0.5_f64, 1.0, -2.0]
        .iter()
        .flat_map(|v| v.to_le_bytes())
        .collect();
    let values = npz(&[x(), y("<f8", &[3], reals)]).unwrap();
    assert_eq!((values.data.target_len(), values.data.label(0)), (1, None));
    let signed: Vec<u8> = [-1_i16, 1, -1]
        .iter()
        .flat_map(|v| v.to_be_bytes())
        .collect();
    let named = npz(&[x(), y(">i2", &[3], signed)]).unwrap();
    assert_eq!(named.data.classes(), ["-1", "1"]);
    let asked = LoadOptions {
        targets: Some(TargetKind::Values),
        ..LoadOptions::default()
    };
    let members = [x(), y("|u1", &[3], vec![1, 2, 9])];
    let values = loaded("a.npz", &npz_bytes(&members, false), &asked).unwrap();
    assert_eq!(
        values.data.targets(),
        &Targets::Values {
            dim: 1,
            data: vec![1.0, 2.0, 9.0]
        }
    );
    let ten = LoadOptions {
        classes: Some(9),
        ..LoadOptions::default()
    };
    let line = loaded("a.npz", &npz_bytes(&members, false), &ten).unwrap_err();
    assert!(
        line.contains("label 9 at index 2 is outside 0..8 (for 9 classes)"),
        "{line}"
    );
    let line = npz(&[x(), y("|u1", &[2], vec![1, 2])]).unwrap_err();
    assert!(line.contains("3 examples but 2 labels"), "{line}");
}

#[test]
fn lengths_make_sequences() {
    let x = bytes(&[2, 3, 1], &[1, 0, 0, 4, 5, 6]);
    let found = npz(&[
        ("X", x.clone()),
        ("lengths", bytes(&[2], &[1, 3])),
        ("y", bytes(&[2], &[0, 1])),
    ])
    .unwrap();
    assert_eq!(found.data.lengths(), Some(&[1, 3][..]));
    let series = LoadOptions {
        rows: Some(Rows::Series),
        ..LoadOptions::default()
    };
    let found = loaded("a.npy", &x, &series).unwrap();
    assert_eq!(found.data.lengths(), Some(&[3, 3][..]));
}

#[test]
fn an_array_finds_its_labels_and_its_test_arrays_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, content: Vec<u8>| {
        let path = folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    };
    let path = write("x_train.npy", bytes(&[2, 1], &[1, 2]));
    write("y_train.npy", bytes(&[2], &[1, 0]));
    write("x_test.npy", bytes(&[1, 1], &[3]));
    write("y_test.npy", bytes(&[1], &[1]));
    let found = load_npy(&path, &LoadOptions::default(), &Progress::new()).unwrap();
    assert_eq!(
        (
            found.data.len(),
            found.data.range(Part::Test),
            found.files.len()
        ),
        (3, 2..3, 4)
    );
    assert_eq!(found.data.label(2), Some(1));
    let digits = write("digits_X_u8.npy", bytes(&[4, 1], &[1, 2, 3, 4]));
    write("digits_y_i64.npy", bytes(&[4], &[0, 1, 2, 3]));
    write("digits_y_i32_500.npy", bytes(&[5], &[0; 5]));
    let found = load_npy(&digits, &LoadOptions::default(), &Progress::new()).unwrap();
    assert_eq!(found.data.label(3), Some(3));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_archive_written_is_read(
        values in prop::collection::vec(-1e300..1e300_f64, 24),
        labels in prop::collection::vec(0..5_u8, 6),
        packed in any::<bool>(),
        big in any::<bool>(),
        fortran in any::<bool>(),
    ) {
        // Element (i, j) of shape (6, 4); in Fortran order the first index runs fastest.
        let order: Vec<usize> = if fortran {
            (0..4).flat_map(|j| (0..6).map(move |i| i * 4 + j)).collect()
        } else {
            (0..24).collect()
        };
        let data: Vec<u8> = order
            .iter()
            .flat_map(|&at| if big { values[at].to_be_bytes() } else { values[at].to_le_bytes() })
            .collect();
        let x = npy_bytes(if big { ">f8" } else { "<f8" }, fortran, &[6, 4], &data);
        let made = npz_bytes(&[("data", x), ("target", bytes(&[6], &labels))], packed);
        let found = loaded("a.npz", &made, &LoadOptions::default()).unwrap();
        let names = found.data.classes();
        for i in 0..6 {
            prop_assert_eq!(inputs(&found, i), &values[i * 4..i * 4 + 4]);
            let name = found.data.label(i).map(|l| names[l].clone());
            prop_assert_eq!(name, Some(labels[i].to_string()));
        }
    }
}
