//! Tests of the IDX loader: what is written is read, and damage of any kind is answered with one line.

use std::io::Write as _;

use proptest::prelude::*;

use super::*;
use crate::data::{LoadOptions, Progress};

fn write_images(count: usize, rows: usize, cols: usize, pixels: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0, 0, 8, 3];
    for dimension in [count, rows, cols] {
        bytes.extend((dimension as u32).to_be_bytes());
    }
    bytes.extend(pixels);
    bytes
}

fn write_labels(labels: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0, 0, 8, 1];
    bytes.extend((labels.len() as u32).to_be_bytes());
    bytes.extend(labels);
    bytes
}

fn pack(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn images(bytes: &[u8]) -> Result<IdxImages, DataError> {
    read_images(Source::from_bytes("made", bytes))
}

fn assert_one_line<T>(result: Result<T, DataError>) {
    if let Err(error) = result {
        let line = error.to_string();
        assert!(
            line.starts_with("made") && line.len() > 10 && !line.contains('\n'),
            "{line}"
        );
    }
}

/// A valid image file of up to 5 images, with its dimensions.
fn valid() -> impl Strategy<Value = (usize, usize, usize, Vec<u8>)> {
    (1..6_usize, 1..7_usize, 1..7_usize).prop_flat_map(|(count, rows, cols)| {
        let pixels = prop::collection::vec(any::<u8>(), count * rows * cols);
        (Just(count), Just(rows), Just(cols), pixels)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_is_read((count, rows, cols, pixels) in valid(), gzip in any::<bool>()) {
        let bytes = write_images(count, rows, cols, &pixels);
        let read = images(&if gzip { pack(&bytes) } else { bytes }).unwrap();
        prop_assert_eq!((read.count, read.rows, read.cols, read.gzip), (count, rows, cols, gzip));
        prop_assert_eq!(read.pixels, pixels);
    }

    #[test]
    fn labels_written_are_read(labels in prop::collection::vec(0..10_u8, 1..50), gzip in any::<bool>()) {
        let bytes = write_labels(&labels);
        let bytes = if gzip { pack(&bytes) } else { bytes };
        let read = read_labels(Source::from_bytes("made", &bytes), Some(10), Some(labels.len())).unwrap();
        prop_assert_eq!(read.labels, labels);
    }

    #[test]
    fn damage_is_answered_in_one_line(
        (count, rows, cols, pixels) in valid(),
        gzip in any::<bool>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
        cut in any::<prop::sample::Index>(),
        cuts in any::<bool>(),
    ) {
        let bytes = write_images(count, rows, cols, &pixels);
        let mut bytes = if gzip { pack(&bytes) } else { bytes };
        for (at, value) in changes {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        if cuts {
            bytes.truncate(cut.index(bytes.len()));
        }
        assert_one_line(images(&bytes));
        assert_one_line(read_labels(Source::from_bytes("made", &bytes), Some(10), None));
    }

    #[test]
    fn a_damaged_header_is_answered_in_one_line(header in prop::collection::vec(any::<u8>(), 13), gzip in any::<bool>()) {
        let mut bytes = vec![0, 0, 8];
        bytes.extend(header);
        bytes.extend([1; 40]);
        let bytes = if gzip { pack(&bytes) } else { bytes };
        assert_one_line(images(&bytes));
        assert_one_line(read_labels(Source::from_bytes("made", &bytes), None, None));
    }

    #[test]
    fn a_shorter_file_never_loads((count, rows, cols, pixels) in valid(), gzip in any::<bool>(), cut in any::<prop::sample::Index>()) {
        let bytes = write_images(count, rows, cols, &pixels);
        let bytes = if gzip { pack(&bytes) } else { bytes };
        prop_assert!(images(&bytes[..cut.index(bytes.len())]).is_err());
    }
}

#[test]
fn every_flipped_bit_of_a_gzip_file_is_caught_or_harmless() {
    let pixels: Vec<u8> = (0..60).collect();
    let bytes = pack(&write_images(3, 4, 5, &pixels));
    for bit in 0..bytes.len() * 8 {
        let mut damaged = bytes.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);
        match images(&damaged) {
            // A few bits of the gzip header (time, system) mean nothing for the data.
            Ok(read) => assert_eq!(read.pixels, pixels, "bit {bit}"),
            Err(error) => assert!(!error.to_string().contains('\n')),
        }
    }
}

#[test]
fn gzip_members_are_joined() {
    let bytes = write_images(2, 3, 3, &[9; 18]);
    let mut packed = pack(&bytes[..20]);
    packed.extend(pack(&bytes[20..]));
    assert_eq!(images(&packed).unwrap().pixels, [9; 18]);
    packed.extend(pack(&[1]));
    let line = images(&packed).unwrap_err().to_string();
    assert_eq!(
        line,
        "made, unpacked byte 34: expected 18 data bytes (2 images of 3 x 3), found more"
    );
}

#[test]
fn a_huge_header_takes_no_memory() {
    // 4,294,967,295 images of 1 x 1 in a plain and in a gzip file of a few bytes: refused before anything is read.
    let bytes = write_images(u32::MAX as usize, 1, 1, &[0; 40]);
    for bytes in [pack(&bytes), bytes] {
        let mut pixels = Vec::new();
        let error =
            append_images(&mut Source::from_bytes("made", &bytes), None, &mut pixels).unwrap_err();
        assert!(
            error.to_string().contains("expected 4294967295 data bytes"),
            "{error}"
        );
        assert_eq!(pixels.capacity(), 0);
    }
    // A promise that a gzip file of this size could keep, and does not: memory follows what arrives.
    let bytes = pack(&write_images(20_000, 1, 1, &[0; 40]));
    let mut pixels = Vec::new();
    let error =
        append_images(&mut Source::from_bytes("made", &bytes), None, &mut pixels).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("expected 20000 data bytes (20000 images of 1 x 1), found 40"),
        "{error}"
    );
    assert!(pixels.capacity() <= 20_000);
}

#[test]
fn the_first_images_are_read_without_the_rest() {
    let bytes = write_images(4, 1, 2, &[1, 2, 3, 4, 5, 6, 7, 8]);
    let mut pixels = Vec::new();
    let found = append_images(
        &mut Source::from_bytes("made", &bytes),
        Some(2),
        &mut pixels,
    )
    .unwrap();
    assert_eq!((found, &pixels[..]), ((2, 1, 2), &[1, 2, 3, 4][..]));
}

#[test]
fn labels_are_looked_for_by_name() {
    let names = |name: &str| -> Vec<String> {
        label_names(Path::new(name))
            .iter()
            .map(|path| path.to_string_lossy().into_owned())
            .collect()
    };
    assert_eq!(
        names("a/train-images-idx3-ubyte.gz"),
        ["a/train-labels-idx1-ubyte.gz", "a/train-labels-idx1-ubyte"]
    );
    assert_eq!(
        names("t10k-images.idx3-ubyte"),
        ["t10k-labels.idx1-ubyte", "t10k-labels.idx1-ubyte.gz"]
    );
    assert_eq!(
        names("images/my-images"),
        ["images/my-labels", "images/my-labels.gz"]
    );
    assert!(names("images/digits").is_empty());
}

#[test]
fn classes_out_of_range_are_refused() {
    let bytes = write_labels(&[1, 2]);
    for classes in [0, 65_537, usize::MAX] {
        let line = read_labels(Source::from_bytes("made", &bytes), Some(classes), None)
            .unwrap_err()
            .to_string();
        assert!(
            line.contains("classes asked for; expected 1 to 65536"),
            "{line}"
        );
    }
}

#[test]
fn what_cannot_be_read_is_said_plainly() {
    let line = |path: &Path| load_images(path).unwrap_err().to_string();
    assert!(
        line(Path::new("no/such/file")).ends_with("no such file; expected the path of a data file")
    );
    assert!(line(Path::new("a\nb")).starts_with("a\\nb: no such file"));
    assert!(line(Path::new(env!("CARGO_MANIFEST_DIR"))).ends_with("is a folder; expected a file"));
    #[cfg(unix)]
    assert!(
        line(Path::new("/dev/zero")).ends_with("is not a regular file; expected a file on disk")
    );
}

#[test]
fn images_are_found_for_the_labels_that_are_opened() {
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).unwrap();
    let images = |shade: u8| {
        let mut bytes = vec![0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 3];
        bytes.extend([0, 1, 2, 3, 4, 5, shade, 11, 12, 13, 14, 15]);
        bytes
    };
    put("emnist-train-images-idx3-ubyte", &images(10));
    put("emnist-train-labels-idx1-ubyte", &write_labels(&[1, 0]));
    put("emnist-test-images-idx3-ubyte", &images(20));
    put("emnist-test-labels-idx1-ubyte", &write_labels(&[0, 1]));
    put("lone-labels-idx1-ubyte", &write_labels(&[0, 1]));
    let open = |name: &str, options: &LoadOptions| {
        crate::data::load(&folder.path().join(name), options, &Progress::new()).unwrap()
    };
    let notes = |loaded: &crate::data::Loaded| loaded.preview().lines().join("\n");
    let by_images = open("emnist-train-images-idx3-ubyte", &LoadOptions::default());
    let by_labels = open("emnist-train-labels-idx1-ubyte", &LoadOptions::default());
    let (a, b) = (by_images.dataset().unwrap(), by_labels.dataset().unwrap());
    assert_eq!(
        (a.len(), a.targets(), a.split()),
        (4, b.targets(), b.split())
    );
    assert!((0..4).all(|i| a.input_bytes(i) == b.input_bytes(i)));
    let said = notes(&by_labels);
    assert!(
        said.contains("note: the images of these labels are in "),
        "{said}"
    );
    assert!(said.contains("data.turned = true turns them"), "{said}");
    // Rows and columns of 2 x 3 pictures.
    let turned = LoadOptions {
        turned: true,
        ..LoadOptions::default()
    };
    let turned = open("emnist-train-images-idx3-ubyte", &turned);
    let data = turned.dataset().unwrap();
    assert_eq!(data.shape(), [1, 3, 2]);
    let first = (0..4)
        .find(|&i| data.input_bytes(i).unwrap()[0] == 0)
        .unwrap();
    assert_eq!(data.input_bytes(first).unwrap(), [0, 3, 1, 4, 2, 5]);
    let said = notes(&turned);
    assert!(
        said.contains("note: pictures are turned: rows and columns swapped"),
        "{said}"
    );
    let lone = open("lone-labels-idx1-ubyte", &LoadOptions::default());
    let line = lone.dataset().unwrap_err().to_string();
    assert!(
        line.contains("holds labels alone; expected the images that go with them"),
        "{line}"
    );
}
