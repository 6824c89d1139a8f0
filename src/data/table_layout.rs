//! How a table is written, told by its start: what parts columns, whether they are named, and lines that are no rows.

use super::error::{DataError, Place, one_line};
use super::fields::{self, has_decimal_comma, is_missing};
use super::options::LoadOptions;
use super::table_text::{Head, Plain, field};

/// What may separate columns.
const DELIMITERS: [u8; 4] = [b',', b'\t', b';', b'|'];
/// The most rows that are looked at.
const MOST_ROWS: usize = 2000;

/// How a table is written.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Form {
    pub(super) head: Head,
    pub(super) delimiter: u8,
    /// Runs of blanks part columns.
    pub(super) blanks: bool,
    /// Whether the names of columns come from the file.
    pub(super) named: bool,
    /// A name for every column: the file's, or its number from 1.
    pub(super) names: Vec<String>,
    /// Rows at the start that are no examples: names, counts, units.
    pub(super) skip: usize,
    /// Numbers have a decimal comma.
    pub(super) comma: bool,
    /// What the classes 0, 1, … are called, where the first line says so.
    pub(super) classes: Vec<String>,
    /// What was noticed, for the user.
    pub(super) notes: Vec<String>,
}

fn is_number(field: &str) -> bool {
    fields::number(field, false).is_some() || has_decimal_comma(field)
}

fn is_text(field: &str) -> bool {
    !is_number(field) && !is_missing(field)
}

/// Whether the start of a text looks like a table: two columns or more, and numbers in some row below the first. Columns parted by
/// blanks must be numbers for the most part.
pub(super) fn looks_like(start: &[u8]) -> bool {
    let head = Head::of(start);
    let rows = rows_of(&head, start, None);
    let columns = most_common_width(&rows.rows);
    let of_width = || rows.rows.iter().filter(|row| row.len() == columns);
    let numbers = of_width()
        .skip(1)
        .any(|row| row.iter().any(|field| is_number(field)));
    if rows.blanks {
        let (mut all, mut found) = (0, 0);
        for row in of_width().skip(1) {
            all += row.len();
            found += row.iter().filter(|f| is_number(f)).count();
        }
        return columns >= 2 && numbers && found * 3 >= all * 2;
    }
    // Nobody parts words by tabs, as many in every line, but in a table.
    let tabs = rows.delimiter == b'\t' && rows.rows.len() >= 5 && even(&rows.rows);
    columns >= 2 && (numbers || tabs)
}

/// Rows of a text, and what parts their fields.
struct Parted {
    delimiter: u8,
    blanks: bool,
    rows: Vec<Vec<String>>,
}

/// The rows of a text by the delimiter that fits best, fields trimmed.
fn rows_of(head: &Head, start: &[u8], delimiter: Option<u8>) -> Parted {
    let plain = |blanks: bool| {
        let mut text = Vec::with_capacity(start.len());
        Plain::new(head, blanks).take(start, &mut text);
        text
    };
    let parse = |text: &[u8], delimiter: u8, most: usize| -> Vec<Vec<String>> {
        reader(head, delimiter)
            .from_reader(text)
            .byte_records()
            .take(most)
            .map_while(Result::ok)
            .map(|record| record.iter().map(|f| field(f).trim().to_owned()).collect())
            .collect()
    };
    let text = plain(false);
    let named = delimiter.or(head.separator);
    let chosen = named.unwrap_or_else(|| {
        // The one by which most rows have as many columns, by which no other is left in fields, and by which they have most.
        let fit = |&delimiter: &u8| {
            let rows = parse(&text, delimiter, 40);
            let columns = most_common_width(&rows);
            let alike = rows.iter().filter(|row| row.len() == columns).count();
            let agree = alike * 2 > rows.len();
            let other = |f: &String| {
                let mut others = DELIMITERS.iter().filter(|d| **d != delimiter);
                others.any(|d| f.as_bytes().contains(d)) && !is_number(f)
            };
            let all = rows.iter().map(Vec::len).sum::<usize>();
            let unclean = rows.iter().flatten().filter(|f| other(f)).count();
            (columns > 1, agree, unclean * 10 < all, columns)
        };
        // Of equals the last is taken, so the likeliest comes last.
        let best = DELIMITERS.into_iter().rev().max_by_key(fit);
        best.unwrap_or(b',')
    });
    let rows = parse(&text, chosen, MOST_ROWS);
    let single = most_common_width(&rows) <= 1;
    let ragged = named.is_none() && chosen == b'\t' && !even(&rows);
    if delimiter == Some(b' ') || named.is_none() && (single || ragged) {
        let by_blanks = parse(&plain(true), b' ', MOST_ROWS);
        if delimiter.is_some() || most_common_width(&by_blanks) > 1 && even(&by_blanks) {
            return Parted {
                delimiter: b' ',
                blanks: true,
                rows: by_blanks,
            };
        }
    }
    Parted {
        delimiter: chosen,
        blanks: false,
        rows,
    }
}

/// Whether nine rows of ten have as many fields.
fn even(rows: &[Vec<String>]) -> bool {
    let columns = most_common_width(rows);
    rows.iter().filter(|row| row.len() == columns).count() * 10 >= rows.len() * 9
}

/// How many fields most rows have.
fn most_common_width(rows: &[Vec<String>]) -> usize {
    let mut counts = std::collections::BTreeMap::new();
    for row in rows {
        *counts.entry(row.len()).or_insert(0_usize) += 1;
    }
    let most = counts.into_iter().max_by_key(|&(width, n)| (n, width));
    most.map_or(0, |(width, _)| width)
}

/// A reader of rows, for a text made plain.
pub(super) fn reader(head: &Head, delimiter: u8) -> csv::ReaderBuilder {
    let mut builder = csv::ReaderBuilder::new();
    builder
        .delimiter(delimiter)
        .has_headers(false)
        .flexible(true)
        .buffer_capacity(64 << 10)
        .comment((head.comments > 0).then_some(b'#'));
    builder
}

/// Works out how a table is written from the start of the file, whole lines, and what was chosen.
pub(super) fn of(file: &str, start: &[u8], options: &LoadOptions) -> Result<Form, DataError> {
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
    let head = Head::of(start);
    let Parted {
        delimiter,
        blanks,
        mut rows,
    } = rows_of(&head, start, delimiter);
    if rows.is_empty() {
        return fail(Place::File, "file is empty; expected a table".to_owned());
    }
    let mut notes = Vec::new();
    if head.comments > 0 {
        let s = if head.comments == 1 {
            " that begins"
        } else {
            "s that begin"
        };
        notes.push(format!("{} line{s} with # or % left out", head.comments));
    }
    let mut skip = 0;
    let mut classes = Vec::new();
    let below = most_common_width(&rows[1..]);
    if let Some(names) = counts(&rows[0], below) {
        notes.push("the first line, which counts rows and columns, left out".to_owned());
        classes = names;
        rows.remove(0);
        skip += 1;
    }
    let Some(first) = rows.first().cloned() else {
        return fail(
            Place::File,
            "no data rows; expected at least one".to_owned(),
        );
    };
    let comma = has_comma(&rows);
    let mut names: Option<Vec<String>> = None;
    let header = match options.header {
        Some(header) => header,
        None => is_header(&first, &rows[1..], comma),
    };
    let last_empty = |row: &Vec<String>| row.last().is_some_and(String::is_empty);
    let width = most_common_width(&rows[usize::from(header)..]);
    let mut columns = if !header || first.len() == width {
        width
    } else if first.len() == width + 1 && last_empty(&first)
        || first.len() + 1 == width && rows.len() > 2
    {
        // A separator after the last name, or R's rows, which have a name that has none.
        width
    } else {
        first.len()
    };
    if header {
        names = Some(first.clone());
        rows.remove(0);
        skip += 1;
        if rows.is_empty() {
            let problem = "no data rows; expected at least one under the header";
            return fail(Place::File, problem.to_owned());
        }
    } else if let Some(comment) = &head.last_comment {
        // As np.savetxt writes a header.
        let parted = rows_of(&Head::of(b""), comment.as_bytes(), Some(delimiter));
        if let [own] = &parted.rows[..]
            && own.len() == columns
            && own.iter().any(|f| is_text(f))
        {
            names = Some(own.clone());
        }
    }
    // Every line ends with a separator, or that of the names alone.
    let trailing = columns > 1
        && rows
            .iter()
            .all(|row| row.len() < columns || last_empty(row));
    let named_longer = names
        .as_ref()
        .is_some_and(|n| n.len() == columns + 1 && last_empty(n));
    if trailing
        && names
            .as_ref()
            .is_none_or(|n| n.len() < columns || last_empty(n))
    {
        columns -= 1;
        notes.push("the separator at the end of every line passed over".to_owned());
    }
    if let Some(names) = &mut names {
        if names.len() == columns + 1 && (named_longer || last_empty(names)) {
            names.pop();
        }
        // R leaves out the name of the names of rows.
        if names.len() + 1 == columns {
            names.insert(0, String::new());
        }
    }
    if let (Some(units), true) = (units(&rows, columns, comma), names.is_some()) {
        notes.push(format!("a line of units ({units}) left out"));
        rows.remove(0);
        skip += 1;
    }
    if comma {
        notes.push("numbers have a decimal comma".to_owned());
    }
    if matches!(
        head.encoding,
        super::table_text::Encoding::Utf16Low | super::table_text::Encoding::Utf16High
    ) {
        notes.push("read as UTF-16".to_owned());
    }
    let named = names.is_some();
    Ok(Form {
        head,
        delimiter,
        blanks,
        named,
        names: unique(names.unwrap_or_default(), columns),
        skip,
        comma,
        classes,
        notes,
    })
}

/// A name for every column, none twice.
fn unique(names: Vec<String>, columns: usize) -> Vec<String> {
    let mut seen = std::collections::HashSet::new();
    let mut out = Vec::with_capacity(columns);
    let given = names.len() == columns;
    for c in 0..columns {
        let own = match names.get(c) {
            Some(name) if given => one_line(name),
            _ => (c + 1).to_string(),
        };
        let mut name = own.clone();
        let mut more = 2;
        while !seen.insert(name.clone()) {
            name = format!("{own}.{more}");
            more += 1;
        }
        out.push(name);
    }
    out
}

/// The names of classes in a first line that says how many rows and columns there are, as scikit-learn writes it.
fn counts(first: &[String], below: usize) -> Option<Vec<String>> {
    let [rows, columns, names @ ..] = first else {
        return None;
    };
    let rows: usize = rows.parse().ok()?;
    let columns: usize = columns.parse().ok()?;
    let words = names.iter().all(|name| is_text(name));
    let told = columns.checked_add(1) == Some(below) && below >= 2 && rows >= 2 && words;
    (told && (!names.is_empty() || below > 2)).then(|| names.iter().map(|n| one_line(n)).collect())
}

/// Whether the first row names the columns.
fn is_header(first: &[String], rows: &[Vec<String>], comma: bool) -> bool {
    let number = |f: &str| fields::number(f, comma).is_some();
    let named = |column: usize| {
        let below = || rows.iter().filter_map(|row| row.get(column));
        is_text(&first[column]) && {
            let numbers = below().filter(|f| number(f)).count();
            let present = below().filter(|f| !is_missing(f)).count();
            numbers > 0 && numbers * 2 >= present
        }
    };
    if (0..first.len()).any(named) {
        return true;
    }
    if rows.is_empty() {
        return first.iter().all(|f| is_text(f));
    }
    // Numbers that count the columns.
    let counting = |from: usize| {
        first.len() >= 3
            && first
                .iter()
                .enumerate()
                .all(|(i, f)| f.parse() == Ok(i + from))
    };
    if counting(0) || counting(1) {
        return true;
    }
    // Nothing above the numbers of rows, names above all else (as R writes its tables).
    let numbered = |from: usize| {
        let numbers = rows.iter().enumerate();
        let mut counts =
            numbers.map(|(i, row)| row.first().is_some_and(|f| f.parse() == Ok(i + from)));
        counts.all(|counts| counts)
    };
    let named =
        first.len() >= 2 && first[0].is_empty() && !first[1..].iter().any(|f| is_missing(f));
    if named && rows.len() >= 2 && (numbered(0) || numbered(1)) {
        return true;
    }
    // All words: names do not come again below, where words do.
    // Columns at the end that are empty may be without a name.
    let end = first
        .iter()
        .rposition(|f| !is_missing(f))
        .map_or(0, |i| i + 1);
    let empty = |column: usize| {
        let below = rows.iter().filter_map(|row| row.get(column));
        below.filter(|f| !is_missing(f)).count() * 10 <= rows.len()
    };
    let words = end >= 2 && first[..end].iter().all(|f| is_text(f));
    if rows.len() >= 5 && words && (end..first.len()).all(empty) {
        let again = |column: usize| {
            let below = || rows.iter().filter_map(|row| row.get(column));
            let different: std::collections::HashSet<&String> = below().collect();
            (
                below().any(|f| *f == first[column]),
                different.len() * 2 <= rows.len(),
            )
        };
        let all: Vec<(bool, bool)> = (0..end).map(again).collect();
        return all.iter().all(|(itself, _)| !itself) && all.iter().any(|(_, repeat)| *repeat);
    }
    // Words above days or yes and no.
    (0..first.len()).any(|column| {
        let mut below = rows.iter().filter_map(|row| row.get(column));
        is_text(&first[column])
            && fields::truth(&first[column]).is_none()
            && rows.len() >= 3
            && below.all(|f| fields::truth(f).is_some())
    })
}

/// Whether the numbers of the rows have a decimal comma: some cannot be read otherwise, and none has a decimal point.
fn has_comma(rows: &[Vec<String>]) -> bool {
    let point = |f: &String| f.contains('.') && !f.contains(',') && f.parse::<f64>().is_ok();
    rows.iter().flatten().any(|f| has_decimal_comma(f)) && !rows.iter().flatten().any(point)
}

/// The units in a first row that has no number above columns of numbers.
fn units(rows: &[Vec<String>], columns: usize, comma: bool) -> Option<String> {
    let first = rows.first()?;
    let number = |f: &str| fields::number(f, comma).is_some();
    if rows.len() < 3 || first.len() > columns + 1 || first.iter().any(|f| number(f)) {
        return None;
    }
    let unit = |c: usize| {
        let text = first.get(c).is_some_and(|f| is_text(f));
        let below = || rows[1..].iter().filter_map(|row| row.get(c));
        text && below().any(|f| number(f)) && below().all(|f| number(f) || is_missing(f))
    };
    let found: Vec<&str> = (0..columns)
        .filter(|&c| unit(c))
        .map(|c| first[c].as_str())
        .collect();
    (!found.is_empty()).then(|| one_line(&found.join(", ")))
}

/// Whether the columns but those that are learnt are called t0, t1, t2, … (or from 1 on; or t_0, step0, time0).
pub(super) fn are_steps(names: &[String], learnt: &[usize]) -> bool {
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
        .filter(|(column, _)| !learnt.contains(column))
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

    fn form(text: &str) -> Form {
        of("t.csv", text.as_bytes(), &LoadOptions::default()).unwrap()
    }

    #[test]
    fn delimiters_and_names_are_told_by_content() {
        let f = form("a,b,kind\n1,2,x\n3,4,y\n");
        assert_eq!((f.delimiter, f.named, f.skip), (b',', true, 1));
        let f = form("1;2,5;0\n3;4,5;1\n");
        assert_eq!(
            (f.delimiter, f.comma, f.named, f.names.join(" ")),
            (b';', true, false, "1 2 3".into())
        );
        let f = form("1,5;2,5;7,5\n3,5;4,5;1,5\n");
        assert_eq!((f.delimiter, f.names.len()), (b';', 3));
        let f = form("\u{feff}\"f1\"\t\"label\"\r\n1\ta\r\n");
        assert_eq!((f.delimiter, f.named, &f.names[0][..]), (b'\t', true, "f1"));
        let f = form("5.1,3.5,setosa\n4.9,3.0,setosa\n");
        assert!(!f.named);
        let f = form("sep=;\na;b\n1;2\n");
        assert_eq!((f.delimiter, f.names.join(" ")), (b';', "a b".into()));
        let f = form(" 1.0   2.0  x\n 3.5   1.0  y\n");
        assert!(f.blanks && f.names.len() == 3);
        // Words alone: names do not come again.
        let rows = "vhigh,low,a\nlow,low,b\nvhigh,med,a\nlow,med,b\nmed,low,a\nmed,low,b\n";
        assert!(!form(rows).named && form(&format!("buying,doors,class\n{rows}")).named);
        // Nothing stands above the numbers of rows.
        let rows = "1,M1,SF\n2,M1,BF\n3,M2,SF\n";
        let f = form(&format!("\"\",\"Mois\",\"Manag\"\n{rows}"));
        assert_eq!((f.named, f.names.join(" ")), (true, " Mois Manag".into()));
        assert!(!form(rows).named && !form(&format!(",M1,SF\n{rows},M2,BF\n")).named);
    }

    #[test]
    fn lines_that_are_no_rows_are_told_from_rows() {
        let f = form("3,2,no,yes\n1.0,2.0,0\n2.0,1.0,1\n1.5,1.0,1\n");
        assert_eq!((f.skip, f.classes.join(" ")), (1, "no yes".into()));
        let f = form("0,1,2\n0.5,1.5,1\n2.5,1.5,0\n");
        assert_eq!((f.named, f.names.join(" ")), (true, "0 1 2".into()));
        let f = form("a,b,k\ncm,kg,\n1,2,x\n3,4,y\n5,6,x\n");
        assert_eq!((f.skip, f.names.len()), (2, 3));
        let f = form("a,b,k,\n1,2,x,\n3,4,y,\n");
        assert_eq!(f.names.join(" "), "a b k");
        let f = form("a,b,k,\n1,2,x\n3,4,y\n");
        assert_eq!(f.names.join(" "), "a b k");
        // As R writes names of rows.
        let f = form("a,b\nr1,1,2\nr2,3,4\nr3,5,6\n");
        assert_eq!(f.names, ["", "a", "b"]);
        // As np.savetxt writes a header.
        let f = form("# a b k\n1.0 2.0 0.0\n2.0 3.0 1.0\n");
        assert_eq!((f.named, f.names.join(" ")), (true, "a b k".into()));
        let f = form("a,a,b\n1,2,3\n");
        assert_eq!(f.names.join(" "), "a a.2 b");
    }

    #[test]
    fn steps_and_pixels_are_told_by_names() {
        let names = |all: &[&str]| all.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>();
        assert!(are_steps(&names(&["label", "t0", "t1", "t2"]), &[0]));
        assert!(!are_steps(&names(&["label", "t0", "t1", "t3"]), &[0]));
        assert!(are_pixels(&names(&["p0", "p1"])) && are_pixels(&names(&["1x1", "1x2"])));
        assert!(are_pixels(&names(&["pixel_1", "2"])) && !are_pixels(&names(&["petal", "p1"])));
    }
}
