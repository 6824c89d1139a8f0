//! Tests of the dataset in memory.

use super::*;

fn bytes(values: Vec<u8>, labels: Vec<u16>) -> Result<Dataset, DataError> {
    Dataset::from_bytes(
        "made",
        [1, 1, 2],
        values,
        255,
        Targets::Classes(labels),
        numbered(3),
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
        let classes = numbered(1);
        let data = Dataset::from_bytes(
            "all",
            [n, 1, 1],
            values,
            white,
            Targets::Classes(vec![0]),
            classes,
            Filing::Shared,
        )
        .unwrap();
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
        targets,
        Vec::new(),
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
            Targets::Values { dim, data },
            vec![],
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
        },
        vec![],
        Filing::Shared,
    );
    assert!(line(huge).contains("shape"));
    let dark = Dataset::from_bytes(
        "d",
        [1, 1, 1],
        vec![17],
        16,
        Targets::Classes(vec![0]),
        numbered(1),
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
