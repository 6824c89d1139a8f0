//! What the start of a table says about the whole: what separates columns, whether they are named, and which is to be learnt.

use std::collections::HashSet;

use super::error::{DataError, Place, one_line};
use super::options::{Column, LoadOptions, Rows, TargetKind};

/// What may separate columns.
const DELIMITERS: [u8; 4] = [b',', b'\t', b';', b'|'];
/// Names that a column to be learnt often has, without regard to case; the likeliest first.
const TARGETS: [&str; 9] = [
    "label", "labels", "class", "classes", "target", "targets", "species", "category", "y",
];
/// Of [`TARGETS`], those whose column holds classes, whatever its first numbers look like.
const NAMES_OF_CLASSES: usize = 4;
/// The most rows that are looked at.
const MOST_ROWS: usize = 2000;

/// How a table is laid out.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct TableLayout {
    pub(super) delimiter: u8,
    /// Whether the first row names the columns.
    pub(super) header: bool,
    /// A name for every column: from the header, or its number from 1.
    pub(super) names: Vec<String>,
    /// The column to be learnt.
    pub(super) target: usize,
    pub(super) kind: TargetKind,
    /// Whether a row is a series of one value a step.
    pub(super) series: bool,
}

/// A field that stands for no value.
pub(super) fn is_missing(field: &str) -> bool {
    matches!(field, "" | "?" | "NA" | "N/A" | "null")
}

fn is_number(field: &str) -> bool {
    field.parse::<f64>().is_ok()
}

/// Whether the start of a text looks like a table: two columns or more, and numbers in some row below the first.
pub(super) fn looks_like(start: &[u8]) -> bool {
    let (_, rows) = rows_of(start, None);
    let columns = rows.first().map_or(0, Vec::len);
    let numbers = rows
        .iter()
        .skip(1)
        .any(|row| row.len() == columns && row.iter().any(|field| is_number(field)));
    columns >= 2 && numbers
}

/// The rows of a text by the delimiter that fits best, fields trimmed; what is no UTF-8 is replaced.
fn rows_of(text: &[u8], delimiter: Option<u8>) -> (u8, Vec<Vec<String>>) {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let parse = |delimiter: u8, most: usize| -> Vec<Vec<String>> {
        csv::ReaderBuilder::new()
            .delimiter(delimiter)
            .has_headers(false)
            .flexible(true)
            .from_reader(text)
            .byte_records()
            .take(most)
            .map_while(Result::ok)
            .map(|record| {
                let field = |f: &[u8]| String::from_utf8_lossy(f).trim().to_owned();
                record.iter().map(field).collect()
            })
            .collect()
    };
    let chosen = delimiter.unwrap_or_else(|| {
        // The one by which most rows have as many columns as the first, and then by which they have most.
        let fit = |&delimiter: &u8| {
            let rows = parse(delimiter, 20);
            let columns = rows.first().map_or(0, Vec::len);
            let alike = rows.iter().filter(|row| row.len() == columns).count();
            let agree = alike * 2 > rows.len();
            (columns > 1, agree, columns)
        };
        // Of equals the last is taken, so the likeliest comes last.
        let best = DELIMITERS.into_iter().rev().max_by_key(fit);
        best.unwrap_or(b',')
    });
    (chosen, parse(chosen, MOST_ROWS))
}

/// Works the layout out from the start of the file, whole lines, and what was chosen.
pub(super) fn of(
    file: &str,
    start: &[u8],
    options: &LoadOptions,
) -> Result<TableLayout, DataError> {
    let fail = |place: Place, problem: String| Err(DataError::malformed(file, place, problem));
    let delimiter = match options.delimiter {
        None => None,
        Some(c) if c.is_ascii() && c != '"' && !c.is_ascii_alphanumeric() && c != '\n' => {
            Some(c as u8)
        }
        Some(c) => {
            return Err(DataError::invalid(
                file,
                format!("delimiter {c:?}; expected one ASCII character such as ',' or a tab"),
            ));
        }
    };
    let (delimiter, mut rows) = rows_of(start, delimiter);
    let Some(first) = rows.first().cloned() else {
        return fail(Place::File, "file is empty; expected a table".to_owned());
    };
    let columns = first.len();
    if columns < 2 {
        let problem = "1 column; expected at least one feature and one column to learn, separated by commas, tabs or semicolons";
        return fail(Place::Line(1), problem.to_owned());
    }
    let header = options.header.unwrap_or_else(|| {
        let text = |field: &str| !is_number(field) && !is_missing(field);
        let named = |column: usize| {
            text(&first[column])
                && rows[1..]
                    .iter()
                    .any(|row| row.get(column).is_some_and(|field| is_number(field)))
        };
        (0..columns).any(named) || rows.len() == 1 && first.iter().all(|f| text(f))
    });
    if header {
        rows.remove(0);
    }
    if rows.is_empty() {
        return fail(
            Place::File,
            "no data rows; expected at least one under the header".to_owned(),
        );
    }
    let names: Vec<String> = (0..columns)
        .map(|c| match &first[c] {
            name if header && !name.is_empty() => one_line(name),
            _ => (c + 1).to_string(),
        })
        .collect();
    let (target, by_name) = target_column(file, &names, header, &rows, options)?;
    let kind = options
        .targets
        .unwrap_or_else(|| kind_of(&rows, target, by_name));
    let series = match options.rows {
        Some(rows) => rows == Rows::Series,
        None => header && are_steps(&names, target),
    };
    Ok(TableLayout {
        delimiter,
        header,
        names,
        target,
        kind,
        series,
    })
}

/// The column to be learnt, and whether its name says that it holds classes.
fn target_column(
    file: &str,
    names: &[String],
    header: bool,
    rows: &[Vec<String>],
    options: &LoadOptions,
) -> Result<(usize, bool), DataError> {
    let place = Place::Line(1);
    let lower: Vec<String> = names.iter().map(|name| name.to_lowercase()).collect();
    let of_classes =
        |column: usize| header && TARGETS[..NAMES_OF_CLASSES].contains(&lower[column].as_str());
    match &options.label {
        Some(Column::Number(n)) if (1..=names.len()).contains(n) => {
            return Ok((n - 1, of_classes(n - 1)));
        }
        Some(Column::Number(n)) => {
            let problem = format!("there is no column {n}; expected 1 to {}", names.len());
            return Err(DataError::malformed(file, place, problem));
        }
        Some(Column::Name(name)) => {
            return match names.iter().position(|known| known == name) {
                Some(column) => Ok((column, of_classes(column))),
                None => {
                    let some: Vec<&str> = names.iter().take(20).map(String::as_str).collect();
                    let problem = format!(
                        "there is no column \"{}\"; expected one of {}",
                        one_line(name),
                        some.join(", ")
                    );
                    Err(DataError::malformed(file, place, problem))
                }
            };
        }
        None => {}
    }
    if header
        && let Some(column) = TARGETS
            .iter()
            .find_map(|target| lower.iter().position(|name| name == target))
    {
        return Ok((column, of_classes(column)));
    }
    let text = |column: usize| {
        rows.iter()
            .filter_map(|row| row.get(column))
            .any(|field| !is_number(field) && !is_missing(field))
    };
    let texts: Vec<usize> = (0..names.len()).filter(|&c| text(c)).collect();
    match texts[..] {
        [only] => Ok((only, true)),
        [] => Ok((by_look(rows, names.len()), false)),
        // A single wrong field would do as much; reading names it.
        [first, second, ..] => {
            let problem = format!(
                "columns {} ({}) and {} ({}) hold text; expected text in one column, the one to learn (choose it with data.label)",
                first + 1,
                names[first],
                second + 1,
                names[second]
            );
            Err(DataError::malformed(file, place, problem))
        }
    }
}

/// The last column of a table of numbers without telling names; the first if only that looks like classes (as in copies of MNIST).
fn by_look(rows: &[Vec<String>], columns: usize) -> usize {
    let distinct = |column: usize| {
        let all: HashSet<&str> = rows
            .iter()
            .filter_map(|row| row.get(column).map(String::as_str))
            .collect();
        all.len()
    };
    let whole = |column: usize| {
        rows.iter().all(|row| {
            row.get(column)
                .is_none_or(|f| super::labels::whole(f).is_some())
        })
    };
    let last = columns - 1;
    let first_only =
        distinct(last) == 1 && whole(0) && (2..=20.max(rows.len() / 10)).contains(&distinct(0));
    if first_only { 0 } else { last }
}

/// Classes if some label is no number, or all are whole and repeat; else values.
fn kind_of(rows: &[Vec<String>], target: usize, by_name: bool) -> TargetKind {
    let labels: Vec<&str> = rows
        .iter()
        .filter_map(|row| row.get(target).map(String::as_str))
        .filter(|label| !is_missing(label))
        .collect();
    if by_name || labels.iter().any(|label| !is_number(label)) {
        return TargetKind::Classes;
    }
    let whole = labels
        .iter()
        .all(|label| super::labels::whole(label).is_some());
    let distinct = labels.iter().collect::<HashSet<_>>().len();
    if whole && distinct <= 20.max(labels.len() / 10) {
        TargetKind::Classes
    } else {
        TargetKind::Values
    }
}

/// Whether the columns but the target are called t0, t1, t2, … (or from 1 on; or t_0, step0, time0).
fn are_steps(names: &[String], target: usize) -> bool {
    let number = |name: &str| {
        let name = name.to_lowercase();
        let digits = ["t_", "t", "step_", "step", "time_", "time"]
            .iter()
            .find_map(|word| name.strip_prefix(word))?;
        digits.parse::<usize>().ok()
    };
    let steps: Option<Vec<usize>> = names
        .iter()
        .enumerate()
        .filter(|(column, _)| *column != target)
        .map(|(_, name)| number(name))
        .collect();
    steps.is_some_and(|steps| {
        steps.len() >= 3 && steps[0] <= 1 && steps.windows(2).all(|pair| pair[1] == pair[0] + 1)
    })
}

/// Whether the feature columns are called like the pixels of a picture: p0, p1, …, pixel1, …, or 1x1, 1x2, …; or by numbers alone.
pub(super) fn are_pixels(names: &[String]) -> bool {
    names.iter().all(|name| {
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        let lower = name.to_lowercase();
        let after = ["pixel", "px", "p"]
            .iter()
            .find_map(|word| lower.strip_prefix(word))
            .unwrap_or(&lower);
        digits(after.trim_start_matches('_'))
            || after
                .split_once('x')
                .is_some_and(|(a, b)| digits(a) && digits(b))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(text: &str) -> TableLayout {
        of("t.csv", text.as_bytes(), &LoadOptions::default()).unwrap()
    }

    #[test]
    fn delimiters_and_headers_are_told_by_content() {
        let l = layout("a,b,kind\n1,2,x\n3,4,y\n");
        assert_eq!((l.delimiter, l.header, l.target), (b',', true, 2));
        let l = layout("1;2,5;0\n3;4,5;1\n");
        assert_eq!(
            (l.delimiter, l.header, l.names.join(" ")),
            (b';', false, "1 2 3".into())
        );
        let l = layout("\u{feff}\"f1\"\t\"label\"\r\n1\ta\r\n");
        assert_eq!(
            (l.delimiter, l.header, &l.names[0][..]),
            (b'\t', true, "f1")
        );
        let l = layout("5.1,3.5,setosa\n4.9,3.0,setosa\n");
        assert_eq!(
            (l.header, l.target, l.kind),
            (false, 2, TargetKind::Classes)
        );
    }

    #[test]
    fn the_column_to_learn_is_named_texts_or_last() {
        assert_eq!(layout("class,a,b\n1,2.5,3.5\n2,2.5,1.5\n").target, 0);
        assert_eq!(layout("a,kind,b\n1,red,3\n2,blue,1\n").target, 1);
        assert_eq!(layout("a,b,c\n1,2,0\n2,1,1\n").target, 2);
        let prices: String = (0..60).map(|i| format!("{i},{}\n", 1000 + 7 * i)).collect();
        assert_eq!(
            layout(&format!("rooms,price\n{prices}")).kind,
            TargetKind::Values
        );
        assert_eq!(layout("a,b\n1,0.5\n2,0.25\n").kind, TargetKind::Values);
        // MNIST as a table: the label first, the last pixel always black.
        let digits: String = (0..40).map(|i| format!("{},{i},7,0\n", i % 10)).collect();
        assert_eq!(layout(&digits).target, 0);
        let line = of("t.csv", b"a,b,c\nx,1,y\nx,2,z\n", &LoadOptions::default())
            .unwrap_err()
            .to_string();
        assert!(line.contains("columns 1 (a) and 3 (c) hold text"), "{line}");
        let asked = LoadOptions {
            label: Some(Column::Name("d".into())),
            ..LoadOptions::default()
        };
        let line = of("t.csv", b"a,b,c\n1,2,3\n", &asked)
            .unwrap_err()
            .to_string();
        assert!(
            line.contains("no column \"d\"; expected one of a, b, c"),
            "{line}"
        );
    }

    #[test]
    fn steps_and_pixels_are_told_by_names() {
        assert!(layout("label,t0,t1,t2\n1,0.5,1,2\n").series);
        assert!(!layout("label,t0,t1,t3\n1,0.5,1,2\n").series);
        let names = |all: &[&str]| all.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>();
        assert!(are_pixels(&names(&["p0", "p1"])) && are_pixels(&names(&["1x1", "1x2"])));
        assert!(are_pixels(&names(&["pixel_1", "2"])) && !are_pixels(&names(&["petal", "p1"])));
    }
}
