//! What an example is called, the same everywhere.

use super::format;
use crate::data::{Dataset, Part};

/// The number of an example: within the test part, which is mostly a file of its own, or else among all.
pub fn number(data: &Dataset, example: usize) -> usize {
    let test = data.range(Part::Test);
    match test.contains(&example) {
        true => example - test.start,
        false => example,
    }
}

/// "Example 18", which tests; another says of which part it is.
pub fn example(data: &Dataset, example: usize) -> String {
    let number = format::count(number(data, example) as u64);
    let part = if data.range(Part::Test).contains(&example) {
        ""
    } else if data.range(Part::Validation).contains(&example) {
        " of the validation part"
    } else {
        " of the training part"
    };
    format!("Example {number}{part}")
}

/// The examples that a number can stand for, the one that tests first.
pub fn numbered(data: &Dataset, number: usize) -> impl Iterator<Item = usize> {
    let test = data.range(Part::Test);
    let tested = test.start.checked_add(number).filter(|i| test.contains(i));
    let other = (number < data.len() && !test.contains(&number)).then_some(number);
    tested.into_iter().chain(other)
}
