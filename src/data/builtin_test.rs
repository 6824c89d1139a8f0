//! Tests of the built-in datasets: counts that the sources publish, and first values.

use super::*;
use crate::data::Part;

fn plain(name: &str) -> Dataset {
    load(name, &ToyOptions::default()).unwrap()
}

fn class_counts(data: &Dataset, range: std::ops::Range<usize>) -> Vec<usize> {
    let mut counts = vec![0; data.classes().len()];
    range
        .filter_map(|i| data.label(i))
        .for_each(|label| counts[label] += 1);
    counts
}

fn first_labels(data: &Dataset, from: usize) -> Vec<usize> {
    (from..from + 5).filter_map(|i| data.label(i)).collect()
}

#[test]
fn mnist_is_complete() {
    let mut data = plain("mnist");
    assert_eq!(
        (data.len(), data.shape(), data.target_len()),
        (70_000, [1, 28, 28], 10)
    );
    let split = data.split();
    assert_eq!(split.train, 0..55_000);
    assert_eq!(split.validation, 55_000..60_000);
    assert_eq!(split.test, 60_000..70_000);
    assert_eq!(
        class_counts(&data, 0..60_000),
        [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    );
    assert_eq!(
        class_counts(&data, 60_000..70_000),
        [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    );
    assert_eq!(first_labels(&data, 0), [5, 0, 4, 1, 9]);
    assert_eq!(first_labels(&data, 60_000), [7, 2, 1, 0, 4]);
    let sum = |range: std::ops::Range<usize>| -> u64 {
        range
            .filter_map(|i| data.input_bytes(i))
            .flatten()
            .map(|&byte| u64::from(byte))
            .sum()
    };
    // The means that everyone subtracts: 0.1307 for the training images, 0.1325 for the test images.
    assert!((sum(0..60_000) as f64 / (60_000.0 * 784.0 * 255.0) - 0.1307).abs() < 5e-5);
    assert!((sum(60_000..70_000) as f64 / (10_000.0 * 784.0 * 255.0) - 0.1325).abs() < 5e-5);
    let line = data
        .resplit(60_001, 10_000, 10_000)
        .unwrap_err()
        .to_string();
    assert_eq!(
        line,
        "mnist: split wants 70,001 examples to train and validate on; the training file holds 60,000"
    );
}

#[test]
fn the_first_test_digits_come_alone() {
    let data = mnist_test_only(20).unwrap();
    assert_eq!(
        (data.len(), data.range(Part::Train), data.range(Part::Test)),
        (20, 0..0, 0..20)
    );
    assert_eq!(first_labels(&data, 0), [7, 2, 1, 0, 4]);
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/malformed/ok/idx-images-10-uncompressed");
    let images = idx::load_images(&path).unwrap();
    for i in 0..10 {
        assert_eq!(
            data.input_bytes(i),
            Some(&images.pixels[i * 784..(i + 1) * 784])
        );
    }
    assert_eq!(mnist_test_only(10_000).unwrap().len(), 10_000);
    for count in [0, 10_001] {
        assert!(
            mnist_test_only(count)
                .unwrap_err()
                .to_string()
                .contains("expected 1 to 10000")
        );
    }
}

#[test]
fn digits_are_complete() {
    let data = plain("digits");
    assert_eq!(
        (data.len(), data.shape(), data.white()),
        (5_620, [1, 8, 8], Some(16))
    );
    assert_eq!(data.range(Part::Train), 0..3_323);
    assert_eq!(data.range(Part::Validation), 3_323..3_823);
    assert_eq!(data.range(Part::Test), 3_823..5_620);
    assert_eq!(
        class_counts(&data, 0..3_823),
        [376, 389, 380, 389, 387, 376, 377, 387, 380, 382]
    );
    assert_eq!(
        class_counts(&data, 3_823..5_620),
        [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    );
    let sum: u64 = (3_823..5_620)
        .filter_map(|i| data.input_bytes(i))
        .flatten()
        .map(|&b| u64::from(b))
        .sum();
    assert_eq!(sum, 561_718);
    let mut input = [0.0; 64];
    data.write_input(3_823, &mut input);
    assert_eq!(
        input[..6],
        [0.0, 0.0, 5.0 / 16.0, 13.0 / 16.0, 9.0 / 16.0, 1.0 / 16.0]
    );
}

#[test]
fn every_name_loads_and_is_described() {
    assert_eq!(NAMES.len(), DESCRIPTIONS.len());
    for name in NAMES {
        assert_eq!(plain(name).name(), name);
    }
}

#[test]
fn a_misspelt_name_is_answered_with_the_nearest() {
    let line = |name: &str| load(name, &ToyOptions::default()).unwrap_err().to_string();
    assert_eq!(
        line("minst"),
        "no dataset is called \"minst\" (did you mean \"mnist\"?); expected mnist, digits, fashion, names, vowels, moons, xor, spirals, circles, stripes, waves, chain or the path of a data file"
    );
    assert!(line("MNIST").contains("did you mean \"mnist\""));
    assert!(line("moon").contains("did you mean \"moons\""));
    for far in ["", "x", "cifar", "clothes-and-more"] {
        assert!(!line(far).contains("did you mean"), "{}", line(far));
    }
    assert!(!line("a\nb").contains('\n'));
}

#[test]
fn options_of_computed_data_reach_only_those() {
    let options = ToyOptions {
        seed: 1,
        size: Some(60),
        noise: Some(0.0),
    };
    for name in ["moons", "xor", "spirals", "circles", "stripes", "waves"] {
        assert_eq!(load(name, &options).unwrap().len(), 60);
    }
    let line = load("chain", &options).unwrap_err().to_string();
    assert_eq!(
        line,
        "chain: has no option \"size\"; expected it with moons, xor, spirals, circles, stripes, waves only"
    );
}

#[test]
fn fashion_is_the_published_test_part() {
    let data = plain("fashion");
    assert_eq!((data.len(), data.shape()), (10_000, [1, 28, 28]));
    assert_eq!(data.range(Part::Train), 0..7_500);
    assert_eq!(data.range(Part::Validation), 7_500..8_000);
    assert_eq!(data.range(Part::Test), 8_000..10_000);
    assert_eq!(class_counts(&data, 0..10_000), [1_000; 10]);
    assert_eq!(first_labels(&data, 0), [9, 2, 1, 1, 6]);
    assert_eq!(data.classes()[9], "Ankle boot");
}

#[test]
fn names_are_counted_once_for_each_language_and_kept_together() {
    let data = plain("names");
    assert_eq!((data.len(), data.shape()), (18_012, [83, 1, 20]));
    assert_eq!(data.classes().len(), 18);
    let counts = class_counts(&data, 0..data.len());
    assert_eq!(
        counts,
        [
            108, 246, 502, 286, 3_668, 273, 706, 193, 226, 701, 990, 94, 138, 74, 9_340, 100, 296,
            71
        ]
    );
    let lengths = data.lengths().unwrap();
    assert_eq!(lengths.iter().copied().max(), Some(20));
    let spelled = |i: usize| {
        let mut out = vec![0.0_f32; data.input_len()];
        data.fill_input(i, &mut out, |v| v as f32);
        let letter = |step: &[f32]| step.iter().position(|&v| v == 1.0);
        out.chunks(83).map(letter).collect::<Vec<_>>()
    };
    let parts = [Part::Train, Part::Validation, Part::Test].map(|p| {
        data.range(p)
            .map(spelled)
            .collect::<std::collections::HashSet<_>>()
    });
    assert!(
        parts[0].is_disjoint(&parts[1])
            && parts[1].is_disjoint(&parts[2])
            && parts[0].is_disjoint(&parts[2])
    );
    let sizes = [Part::Train, Part::Validation, Part::Test].map(|p| data.range(p).len());
    assert_eq!(sizes.iter().sum::<usize>(), 18_012);
    assert!(
        sizes[0].abs_diff(14_410) < 10 && sizes[2].abs_diff(1_801) < 10,
        "{sizes:?}"
    );
    // Every language can be tested.
    assert!(
        class_counts(&data, data.range(Part::Test))
            .iter()
            .all(|&n| n > 0)
    );
    for i in (0..data.len()).step_by(97) {
        let steps = spelled(i).iter().filter(|letter| letter.is_some()).count();
        assert_eq!(steps, lengths[i] as usize);
    }
}

#[test]
fn vowels_are_the_published_parts_standardised_on_training() {
    let data = plain("vowels");
    assert_eq!((data.len(), data.shape()), (640, [12, 1, 29]));
    let sizes = [Part::Train, Part::Validation, Part::Test].map(|p| data.range(p).len());
    assert_eq!(sizes, [243, 27, 370]);
    assert_eq!(class_counts(&data, data.range(Part::Train)), [27; 9]);
    assert_eq!(class_counts(&data, data.range(Part::Validation)), [3; 9]);
    // The published counts of test utterances by speaker.
    assert_eq!(
        class_counts(&data, data.range(Part::Test)),
        [31, 35, 88, 44, 29, 24, 40, 50, 29]
    );
    let lengths = data.lengths().unwrap();
    assert_eq!(
        (lengths.iter().min(), lengths.iter().max()),
        (Some(&7), Some(&29))
    );
    let (mut sum, mut square, mut n) = ([0.0; 12], [0.0; 12], 0.0);
    for i in data.range(Part::Train) {
        let mut out = vec![9.0; 12 * 29];
        data.write_input(i, &mut out);
        let start = (29 - lengths[i] as usize) * 12;
        assert!(out[..start].iter().all(|&v| v == 0.0), "padding is 0");
        for step in out[start..].chunks(12) {
            n += 1.0;
            for c in 0..12 {
                sum[c] += step[c];
                square[c] += step[c] * step[c];
            }
        }
    }
    for c in 0..12 {
        assert!((sum[c] / n).abs() < 1e-9 && (square[c] / n - 1.0_f64).abs() < 1e-9);
    }
}
