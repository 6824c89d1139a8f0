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
        "no dataset is called \"minst\" (did you mean \"mnist\"?); expected mnist, digits, moons, chain or the path of an IDX file"
    );
    assert!(line("MNIST").contains("did you mean \"mnist\""));
    assert!(line("moon").contains("did you mean \"moons\""));
    for far in ["", "x", "cifar", "fashion-mnist-and-more"] {
        assert!(!line(far).contains("did you mean"), "{}", line(far));
    }
    assert!(!line("a\nb").contains('\n'));
}

#[test]
fn options_of_moons_reach_moons_only() {
    let options = ToyOptions {
        seed: 1,
        size: Some(60),
        noise: Some(0.0),
    };
    assert_eq!(load("moons", &options).unwrap().len(), 60);
    let line = load("chain", &options).unwrap_err().to_string();
    assert_eq!(
        line,
        "chain: has no option \"size\"; expected it with moons only"
    );
}
