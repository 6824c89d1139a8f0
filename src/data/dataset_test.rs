//! Tests of the dataset in memory.

use super::*;
use crate::data::inputs::Steps;

fn bytes(values: Vec<u8>, labels: Vec<u16>) -> Result<Dataset, DataError> {
    Dataset::from_bytes(
        "made",
        [1, 1, 2],
        values,
        255,
        Targets::Classes(labels).named(numbered(3)),
        Filing::OneFile,
    )
}

#[test]
fn bytes_become_values_from_0_to_1_in_file_order() {
    let data = bytes(vec![0, 255, 51, 1], vec![2, 0]).unwrap();
    assert_eq!((data.len(), data.input_len(), data.target_len()), (2, 2, 3));
    let mut input = [0.0; 2];
    data.write_input(1, &mut input);
    assert_eq!(input, [51.0 / 255.0, 1.0 / 255.0]);
    let mut target = [9.0; 3];
    data.write_target(0, &mut target);
    assert_eq!(target, [0.0, 0.0, 1.0]);
    assert_eq!(data.label(1), Some(0));
    assert_eq!(data.input_bytes(0), Some(&[0, 255][..]));
    assert_eq!(data.white(), Some(255));
}

#[test]
fn single_precision_equals_a_division_in_single_precision() {
    for white in [16_u8, 255] {
        let values: Vec<u8> = (0..=white).collect();
        let n = values.len();
        let targets = Targets::Classes(vec![0]).named(numbered(1));
        let data =
            Dataset::from_bytes("all", [n, 1, 1], values, white, targets, Filing::Shared).unwrap();
        let mut out = vec![0.0_f32; n];
        data.fill_input(0, &mut out, |v| v as f32);
        for (byte, value) in out.iter().enumerate() {
            assert_eq!(value.to_bits(), (byte as f32 / f32::from(white)).to_bits());
        }
    }
}

#[test]
fn values_are_targets_too() {
    let targets = Targets::Values {
        dim: 2,
        data: vec![1.0, 2.0, 3.0, 4.0],
    };
    let data = Dataset::from_reals(
        "r",
        [1, 1, 1],
        vec![0.5, -0.5],
        targets.named(Vec::new()),
        Filing::Shared,
    )
    .unwrap();
    let mut target = [0.0; 2];
    data.write_target(1, &mut target);
    assert_eq!(target, [3.0, 4.0]);
    assert_eq!(
        (data.label(0), data.input_bytes(0), data.white()),
        (None, None, None)
    );
    assert_eq!(data.range(Part::Test), 0..2);
}

#[test]
fn parts_that_do_not_fit_are_refused_in_one_line() {
    let line = |result: Result<Dataset, DataError>| result.unwrap_err().to_string();
    assert_eq!(
        line(bytes(vec![1, 2, 3], vec![0])),
        "made: 3 input values do not make whole examples of 2"
    );
    assert_eq!(
        line(bytes(vec![], vec![])),
        "made: 0 input values do not make whole examples of 2"
    );
    assert_eq!(
        line(bytes(vec![1, 2], vec![0, 1])),
        "made: 1 input but 2 targets; expected as many"
    );
    assert_eq!(
        line(bytes(vec![1, 2], vec![3])),
        "made: example 0 has class 3; expected below 3"
    );
    let reals = |values: Vec<f64>, data: Vec<f64>, dim| {
        line(Dataset::from_reals(
            "a\nb",
            [1, 1, 1],
            values,
            Targets::Values { dim, data }.named(vec![]),
            Filing::Shared,
        ))
    };
    assert_eq!(
        reals(vec![f64::NAN], vec![1.0], 1),
        "a\\nb: input value 0 is NaN; expected a finite number"
    );
    assert!(reals(vec![1.0], vec![f64::INFINITY], 1).contains("target value 0 is inf"));
    assert!(reals(vec![1.0], vec![1.0], 0).contains("targets of 0 values"));
    assert!(reals(vec![1.0], vec![1.0], 2).contains("whole targets of 2"));
    let huge = Dataset::from_reals(
        "h",
        [usize::MAX, 2, 2],
        vec![1.0],
        Targets::Values {
            dim: 1,
            data: vec![1.0],
        }
        .named(vec![]),
        Filing::Shared,
    );
    assert!(line(huge).contains("shape"));
    let dark = Dataset::from_bytes(
        "d",
        [1, 1, 1],
        vec![17],
        16,
        Targets::Classes(vec![0]).named(numbered(1)),
        Filing::Shared,
    );
    assert_eq!(line(dark), "d: value 0 is 17; expected 0 to 16");
}

#[test]
fn a_refused_split_changes_nothing() {
    let mut data = bytes(vec![0; 20], vec![0; 10]).unwrap();
    let before = data.split().clone();
    let line = data.resplit(9, 1, 1).unwrap_err().to_string();
    assert_eq!(
        line,
        "made: split wants 11 examples in all; the dataset holds 10"
    );
    assert_eq!(data.split(), &before);
    data.resplit(3, 2, 1).unwrap();
    assert_eq!(
        (
            data.range(Part::Train),
            data.range(Part::Validation),
            data.range(Part::Test)
        ),
        (0..3, 7..9, 9..10)
    );
}

#[test]
fn clones_share_their_values() {
    let data = bytes(vec![0; 20], vec![0; 10]).unwrap();
    let copy = data.clone();
    assert_eq!(
        data.input_bytes(0).unwrap().as_ptr(),
        copy.input_bytes(0).unwrap().as_ptr()
    );
}

fn three_sequences() -> Dataset {
    Dataset::from_sequences(
        "s",
        2,
        vec![1, 3, 2],
        Steps::Reals((1..13).map(f64::from).collect()),
        Targets::Classes(vec![0, 1, 2]).named(numbered(3)),
        Filing::OneFile,
    )
    .unwrap()
}

#[test]
fn sequences_are_padded_at_the_front_and_end_together() {
    let data = three_sequences();
    assert_eq!(
        (data.shape(), data.len(), data.input_len()),
        ([2, 1, 3], 3, 6)
    );
    assert_eq!(data.lengths(), Some(&[1, 3, 2][..]));
    assert_eq!(bytes(vec![0; 2], vec![0]).unwrap().lengths(), None);
    let mut out = [9.0; 6];
    for (i, wanted) in [
        [0.0, 0.0, 0.0, 0.0, 1.0, 2.0],
        [3.0, 4.0, 5.0, 6.0, 7.0, 8.0],
        [0.0, 0.0, 9.0, 10.0, 11.0, 12.0],
    ]
    .into_iter()
    .enumerate()
    {
        data.write_input(i, &mut out);
        assert_eq!(out, wanted);
    }
    let symbols = Dataset::from_sequences(
        "s",
        3,
        vec![2, 1],
        Steps::Symbols(vec![2, 0, 1]),
        Targets::Classes(vec![0, 0]).named(numbered(1)),
        Filing::Shared,
    )
    .unwrap();
    symbols.write_input(0, &mut out);
    assert_eq!(out, [0.0, 0.0, 1.0, 1.0, 0.0, 0.0]);
    symbols.write_input(1, &mut out);
    assert_eq!(out, [0.0, 0.0, 0.0, 0.0, 1.0, 0.0]);
}

#[test]
fn sequences_that_do_not_fit_are_refused() {
    let line = |features, lengths: Vec<u32>, steps| {
        let targets = Targets::Classes(vec![0; lengths.len()]);
        Dataset::from_sequences(
            "s",
            features,
            lengths,
            steps,
            targets.named(numbered(1)),
            Filing::Shared,
        )
        .unwrap_err()
        .to_string()
    };
    assert!(line(0, vec![1], Steps::Symbols(vec![0])).contains("0 features"));
    assert!(line(2, vec![1, 0], Steps::Symbols(vec![0])).contains("sequence 1 has no step"));
    assert!(line(2, vec![2], Steps::Symbols(vec![0])).contains("1 value for 2 steps; expected 1"));
    assert!(line(2, vec![2], Steps::Reals(vec![0.0; 3])).contains("3 values for 2 steps"));
    assert!(
        line(2, vec![1], Steps::Symbols(vec![2])).contains("step 0 is symbol 2; expected below 2")
    );
    assert!(line(1, vec![1], Steps::Singles(vec![f32::NAN])).contains("NaN"));
    assert!(line(1, vec![], Steps::Singles(vec![])).contains("no sequences"));
    assert!(line(usize::MAX, vec![u32::MAX], Steps::Reals(vec![])).contains("0 values"));
}

#[test]
fn scaling_is_learnt_from_the_training_part_alone() {
    let targets = Targets::Classes(vec![0; 5]);
    let values = vec![1.0, 7.0, 3.0, 7.0, 5.0, 7.0, 100.0, 8.0, -100.0, 9.0];
    let mut data = Dataset::from_reals(
        "r",
        [2, 1, 1],
        values,
        targets.named(numbered(1)),
        Filing::OneFile,
    )
    .unwrap();
    data.resplit(3, 1, 1).unwrap();
    let input = |data: &Dataset, i: usize| {
        let mut out = [9.0; 2];
        data.write_input(i, &mut out);
        out
    };
    assert_eq!(input(&data, 1), [3.0, 7.0]);
    data.rescale(Scale::Standardise);
    // Mean 3, variance 8/3; the second column never varies.
    assert_eq!(input(&data, 1), [0.0, 0.0]);
    assert_eq!(input(&data, 0)[0], -2.0 / (8.0_f64 / 3.0).sqrt());
    assert_eq!(input(&data, 3), [97.0 / (8.0_f64 / 3.0).sqrt(), 1.0]);
    data.rescale(Scale::Unit);
    assert_eq!([input(&data, 0), input(&data, 2)], [[0.0, 0.0], [1.0, 0.0]]);
    // Another training part, learnt anew.
    data.resplit(2, 1, 1).unwrap();
    assert_eq!(input(&data, 1), [1.0, 0.0]);
    data.rescale(Scale::None);
    assert_eq!(input(&data, 4), [-100.0, 9.0]);

    let mut grey = bytes(vec![0, 255, 51, 255], vec![0, 1]).unwrap();
    grey.rescale(Scale::Unit);
    assert_eq!(input(&grey, 1), [0.2, 1.0]);
    grey.rescale(Scale::None);
    assert_eq!(input(&grey, 1), [51.0, 255.0]);

    let mut sequences = three_sequences();
    sequences.resplit(2, 0, 0).unwrap();
    sequences.rescale(Scale::Unit);
    let mut out = [9.0; 6];
    sequences.write_input(0, &mut out);
    assert_eq!(out, [0.0; 6]);
    sequences.write_input(2, &mut out);
    assert_eq!(
        out,
        [0.0, 0.0, 8.0 / 6.0, 8.0 / 6.0, 10.0 / 6.0, 10.0 / 6.0]
    );
}

#[test]
fn huge_values_scale_to_finite_ones() {
    let targets = Targets::Classes(vec![0; 2]).named(numbered(1));
    let values = vec![f64::MAX, f64::MIN];
    let mut data = Dataset::from_reals("r", [1, 1, 1], values, targets, Filing::Shared).unwrap();
    for scale in [Scale::Unit, Scale::Standardise] {
        data.rescale(scale);
        let mut out = [9.0];
        data.write_input(1, &mut out);
        assert_eq!(out, [-1.0]);
    }
}

#[test]
fn a_new_order_takes_targets_lengths_and_bytes_along() {
    let mut data = three_sequences();
    data.reorder(vec![2, 0, 1], None);
    data.reorder(vec![1, 0, 2], None);
    assert_eq!(data.lengths(), Some(&[1, 2, 3][..]));
    assert_eq!(
        (0..3).filter_map(|i| data.label(i)).collect::<Vec<_>>(),
        [0, 2, 1]
    );
    let mut out = [9.0; 6];
    data.write_input(1, &mut out);
    assert_eq!(out, [0.0, 0.0, 9.0, 10.0, 11.0, 12.0]);
    let mut grey = bytes(vec![1, 2, 3, 4], vec![0, 1]).unwrap();
    grey.reorder(vec![1, 0], None);
    assert_eq!(grey.input_bytes(0), Some(&[3, 4][..]));
}
