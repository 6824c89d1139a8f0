//! Sequences from a padded array: `[examples, steps, features]` (or `[examples, steps]`) and the length of each example.

use super::error::{DataError, Place};
use super::inputs::Steps;
use super::npy::{Array, shape_text};
use super::numbers::Numbers;

/// Sequences without their padding.
#[derive(Debug, PartialEq)]
pub(super) struct Unpadded {
    /// Values of a step.
    pub(super) features: usize,
    /// Steps of each sequence.
    pub(super) lengths: Vec<u32>,
    /// All steps.
    pub(super) steps: Steps,
}

/// Takes the first `lengths[i]` steps of each example; what follows them is padding.
///
/// # Errors
/// One line naming the array and the example: dimensions that do not fit, a length of 0 or beyond the array.
pub(super) fn unpad(values: Array, lengths: &Array) -> Result<Unpadded, DataError> {
    let fail = |file: &str, problem: String| Err(DataError::malformed(file, Place::File, problem));
    let (examples, longest, features) = match values.shape[..] {
        [examples, longest, features] => (examples, longest, features),
        [examples, longest] => (examples, longest, 1),
        _ => {
            let found = shape_text(&values.shape);
            let problem =
                format!("shape {found}; expected (examples, steps, features) beside lengths");
            return fail(&values.file, problem);
        }
    };
    let (Numbers::Integers(_) | Numbers::Bytes(_), [count]) = (&lengths.values, &lengths.shape[..])
    else {
        let problem = format!(
            "lengths of shape {} and type {}; expected one whole number per example",
            shape_text(&lengths.shape),
            lengths.dtype
        );
        return fail(&lengths.file, problem);
    };
    if *count != examples {
        return fail(
            &lengths.file,
            format!("{examples} examples but {count} lengths; expected one for each"),
        );
    }
    let mut kept = Vec::with_capacity(examples);
    for i in 0..examples {
        let length = lengths.values.get(i);
        if !(length >= 1.0 && length <= longest as f64 && length <= f64::from(u32::MAX)) {
            return fail(
                &lengths.file,
                format!("length {length} at index {i}; expected 1 to {longest}"),
            );
        }
        kept.push(length as u32);
    }
    let steps = match values.values.compact() {
        Numbers::Singles(v) => Steps::Singles(without_padding(&v, &kept, longest, features)),
        Numbers::Reals(v) => Steps::Reals(without_padding(&v, &kept, longest, features)),
        Numbers::Bytes(v) => {
            let v: Vec<f32> = v.into_iter().map(f32::from).collect();
            Steps::Singles(without_padding(&v, &kept, longest, features))
        }
        Numbers::Integers(v) => {
            let v: Vec<f64> = v.into_iter().map(|v| v as f64).collect();
            Steps::Reals(without_padding(&v, &kept, longest, features))
        }
    };
    Ok(Unpadded {
        features,
        lengths: kept,
        steps,
    })
}

fn without_padding<T: Copy>(
    values: &[T],
    lengths: &[u32],
    longest: usize,
    features: usize,
) -> Vec<T> {
    let mut out = Vec::new();
    for (&length, row) in lengths.iter().zip(values.chunks_exact(longest * features)) {
        out.extend_from_slice(&row[..length as usize * features]);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn array(shape: &[usize], values: Numbers) -> Array {
        Array {
            words: Vec::new(),
            file: "x.npz/X.npy".to_owned(),
            dtype: "<f4".to_owned(),
            shape: shape.to_vec(),
            values,
        }
    }

    #[test]
    fn padding_is_dropped() {
        let x = array(&[2, 3, 2], Numbers::Reals((0..12).map(f64::from).collect()));
        let lengths = array(&[2], Numbers::Integers(vec![1, 3]));
        let found = unpad(x, &lengths).unwrap();
        assert_eq!((found.features, &found.lengths[..]), (2, &[1, 3][..]));
        assert_eq!(
            found.steps,
            Steps::Reals(vec![0.0, 1.0, 6.0, 7.0, 8.0, 9.0, 10.0, 11.0])
        );
    }

    #[test]
    fn lengths_that_do_not_fit_are_refused() {
        let x = || array(&[2, 3], Numbers::Bytes(vec![1; 6]));
        let line = |shape: &[usize], values: Numbers| {
            unpad(x(), &array(shape, values)).unwrap_err().to_string()
        };
        assert!(
            line(&[2], Numbers::Integers(vec![1, 4]))
                .contains("length 4 at index 1; expected 1 to 3")
        );
        assert!(line(&[2], Numbers::Integers(vec![0, 3])).contains("length 0 at index 0"));
        assert!(line(&[3], Numbers::Integers(vec![1; 3])).contains("2 examples but 3 lengths"));
        assert!(line(&[2], Numbers::Reals(vec![1.0; 2])).contains("one whole number per example"));
    }
}
