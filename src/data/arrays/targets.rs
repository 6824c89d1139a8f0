//! What an array of labels stands for: classes, or values.

use crate::data::dataset::{NamedTargets, Targets};
use crate::data::error::{DataError, Place};
use crate::data::labels::{MOST_CLASSES, distinct_up_to, from_numbers};
use crate::data::npy::{Array, shape_text};
use crate::data::numbers::Numbers;
use crate::data::options::{LoadOptions, TargetKind};

/// Class numbers with their names, or values; a single class that means nothing where there are no labels.
pub(super) fn targets(
    labels: Option<Array>,
    examples: usize,
    names: &[String],
    options: &LoadOptions,
) -> Result<NamedTargets, DataError> {
    let Some(labels) = labels else {
        return Ok(unlabelled(examples));
    };
    if !labels.words.is_empty() {
        return words(&labels);
    }
    let mut targets = numbers(labels, options)?;
    let classes = &mut targets.classes;
    let counted = classes.iter().enumerate().all(|(i, c)| *c == i.to_string());
    if counted && !names.is_empty() && names.len() == classes.len() {
        *classes = names.to_vec();
    }
    Ok(targets)
}

/// Classes of labels in words, in alphabetical order.
pub(super) fn words(labels: &Array) -> Result<NamedTargets, DataError> {
    if labels.shape.len() != 1 || labels.words.len() > MOST_CLASSES {
        let problem = format!(
            "labels are words of the shape {} with {} different ones; expected one for each example, at most {MOST_CLASSES} different ones",
            shape_text(&labels.shape),
            labels.words.len()
        );
        return Err(DataError::malformed(&labels.file, Place::File, problem));
    }
    let mut sorted = labels.words.clone();
    sorted.sort_unstable();
    let rank: Vec<u16> = labels
        .words
        .iter()
        .map(|word| sorted.binary_search(word).unwrap_or(0) as u16)
        .collect();
    let each = (0..labels.values.len())
        .map(|i| rank[labels.values.get(i) as usize])
        .collect();
    Ok(Targets::Classes(each).named(sorted))
}

pub(super) fn numbers(labels: Array, options: &LoadOptions) -> Result<NamedTargets, DataError> {
    let fail = |problem: String| Err(DataError::malformed(&labels.file, Place::File, problem));
    let values = || {
        let dim = labels.shape.get(1).copied().unwrap_or(1);
        let data = (0..labels.values.len())
            .map(|i| labels.values.get(i))
            .collect();
        Targets::Values { dim, data }.named(Vec::new())
    };
    if options.targets == Some(TargetKind::Values) {
        return Ok(values());
    }
    if let [_, classes] = labels.shape[..] {
        return match one_hot(&labels.values, classes) {
            Some(each) if classes <= MOST_CLASSES => {
                Ok(Targets::Classes(each).named(crate::data::dataset::numbered(classes)))
            }
            None if options.targets.is_none() => Ok(values()),
            _ => fail(
                "labels are not one-hot; expected a single 1 in each row, or values".to_owned(),
            ),
        };
    }
    let whole = match labels.values.whole() {
        Ok(whole) => whole,
        Err(_) if options.targets.is_none() => return Ok(values()),
        Err(i) => {
            let value = labels.values.get(i);
            return fail(format!("label {value} at index {i} is not a whole number"));
        }
    };
    if distinct_up_to(&whole, MOST_CLASSES) > MOST_CLASSES {
        return fail(format!(
            "more than {MOST_CLASSES} different labels; expected classes, or values asked for by targets = \"values\""
        ));
    }
    let (each, mut names) = from_numbers(&whole);
    if let Some(classes) = options.classes {
        let fits = |&label: &i64| usize::try_from(label).is_ok_and(|l| l < classes);
        if let Some(i) = whole.iter().position(|label| !fits(label)) {
            return fail(format!(
                "label {} at index {i} is outside 0..{} (for {classes} classes)",
                whole[i],
                classes.saturating_sub(1)
            ));
        }
        if classes > MOST_CLASSES {
            return fail(format!(
                "{classes} classes asked for; expected 1 to {MOST_CLASSES}"
            ));
        }
        names = crate::data::dataset::numbered(classes);
        let each = whole.iter().map(|&label| label as u16).collect();
        return Ok(Targets::Classes(each).named(names));
    }
    Ok(Targets::Classes(each).named(names))
}

/// The targets of data without labels, which [`Found::labelled`] marks.
pub(in crate::data) fn unlabelled(examples: usize) -> NamedTargets {
    Targets::Classes(vec![0; examples]).named(vec!["no label".to_owned()])
}

/// The place of the single 1 in each row, if every row has one and zeros otherwise.
pub(super) fn one_hot(values: &Numbers, classes: usize) -> Option<Vec<u16>> {
    let rows = values.len() / classes;
    (0..rows)
        .map(|row| {
            let mut place = None;
            for class in 0..classes {
                match values.get(row * classes + class) {
                    0.0 => {}
                    1.0 if place.is_none() => place = u16::try_from(class).ok(),
                    _ => return None,
                }
            }
            place
        })
        .collect()
}
