//! Labelled points of a plane, made by hand: every one is written in the experiment file.

use super::dataset::{Dataset, Targets};
use super::error::DataError;
use super::options::Point;
use super::split::Filing;

/// The name by which an experiment asks for its own points.
pub const SOURCE: &str = "points";

/// The fewest points that can be split into parts.
pub const FEWEST: usize = 6;

/// The most points.
const MOST: usize = 100_000;

/// The most classes.
pub const MOST_CLASSES: usize = 6;

/// Name of a class of points: A, B, …
pub fn class_name(class: usize) -> String {
    char::from(b'A' + (class % 26) as u8).to_string()
}

/// A dataset of points. Two thirds train, a sixth validates and a sixth tests, dealt in turn, so that all parts hold points from
/// the beginning to the end of the list.
///
/// # Errors
/// One line: too few or too many points, a coordinate that is no number, a class out of range or only one class.
pub(super) fn dataset(points: &[Point]) -> Result<Dataset, DataError> {
    let fail = |problem: String| Err(DataError::invalid(SOURCE, problem));
    if !(FEWEST..=MOST).contains(&points.len()) {
        return fail(format!(
            "{} given; expected {FEWEST} to {MOST} as data.points = [[x, y, class], …]",
            points.len()
        ));
    }
    for (i, p) in points.iter().enumerate() {
        let large = 1e6;
        if !(p.x.abs() <= large && p.y.abs() <= large) {
            return fail(format!(
                "point {} is ({}, {}); expected numbers within a million of 0",
                i + 1,
                p.x,
                p.y
            ));
        }
        if usize::from(p.class) >= MOST_CLASSES {
            return fail(format!(
                "point {} has class {}; expected 0 to {}",
                i + 1,
                p.class,
                MOST_CLASSES - 1
            ));
        }
    }
    let classes = points
        .iter()
        .map(|p| usize::from(p.class) + 1)
        .max()
        .unwrap_or(0);
    if points.iter().all(|p| p.class == points[0].class) {
        return fail(format!(
            "all are of class {}; expected two classes or more",
            points[0].class
        ));
    }
    // Dealt in turn: of every six, four train, one validates, one tests.
    let part = |i: usize| match i % 6 {
        4 => 1,
        5 => 2,
        _ => 0,
    };
    let mut order: Vec<usize> = (0..points.len()).collect();
    order.sort_by_key(|&i| part(i));
    let count = |wanted: usize| order.iter().filter(|&&i| part(i) == wanted).count();
    let values = order
        .iter()
        .flat_map(|&i| [points[i].x, points[i].y])
        .collect();
    let labels = order.iter().map(|&i| points[i].class).collect();
    let names = (0..classes).map(class_name).collect();
    let mut data = Dataset::from_reals(
        SOURCE,
        [2, 1, 1],
        values,
        Targets::Classes(labels).named(names),
        Filing::OneFile,
    )?;
    data.resplit(count(0), count(1), count(2))?;
    Ok(data)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Part;

    fn grid(n: usize) -> Vec<Point> {
        (0..n)
            .map(|i| Point::from((i as f64, -(i as f64), (i % 2) as u16)))
            .collect()
    }

    #[test]
    fn points_are_dealt_to_all_parts_with_their_classes() {
        let data = dataset(&grid(14)).unwrap();
        let sizes = [Part::Train, Part::Validation, Part::Test].map(|p| data.range(p).len());
        assert_eq!(sizes, [10, 2, 2]);
        assert_eq!(data.classes(), ["A", "B"]);
        let mut seen: Vec<i64> = (0..14)
            .map(|i| {
                let mut point = [0.0; 2];
                data.write_input(i, &mut point);
                assert_eq!(point[1], -point[0]);
                assert_eq!(data.label(i), Some(point[0] as usize % 2));
                point[0] as i64
            })
            .collect();
        seen.sort_unstable();
        assert_eq!(seen, (0..14).collect::<Vec<_>>());
    }

    #[test]
    fn what_is_no_set_of_points_gets_one_line() {
        let broken = |edit: &dyn Fn(&mut Vec<Point>)| {
            let mut points = grid(8);
            edit(&mut points);
            dataset(&points).unwrap_err().to_string()
        };
        let line = broken(&|p| p.truncate(5));
        assert!(line.starts_with("points: 5 given; expected 6"), "{line}");
        let line = broken(&|p| p[2].x = f64::NAN);
        assert!(line.contains("point 3 is (NaN"), "{line}");
        let line = broken(&|p| p[0].class = 6);
        assert!(
            line.contains("point 1 has class 6; expected 0 to 5"),
            "{line}"
        );
        let line = broken(&|p| p.iter_mut().for_each(|p| p.class = 1));
        assert!(line.contains("all are of class 1"), "{line}");
    }
}
