//! What can be wrong with data, each as one line: the file, the place, and what was expected.

use std::fmt;
use std::io;
use std::path::Path;

/// Why data could not be loaded, made or split. `Display` is always a single line fit for a user.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    /// The file system would not give the file: missing, a folder, no permission, a device, a read error.
    #[error("{file}: {reason}")]
    Unreadable {
        /// The path as given, control characters escaped.
        file: String,
        /// Why, and what was expected.
        reason: String,
    },
    /// The file was read and does not hold what it should.
    #[error("{file}{place}: {problem}")]
    Malformed {
        /// The path as given, control characters escaped.
        file: String,
        /// Where in the file.
        place: Place,
        /// What is wrong there, and what was expected.
        problem: String,
    },
    /// A split asks for more examples than there are, or for no training example.
    #[error("{dataset}: {problem}")]
    Split {
        /// Name of the dataset.
        dataset: String,
        /// Which part does not fit, with both counts.
        problem: String,
    },
    /// Neither a built-in name nor a file.
    #[error("no dataset is called \"{name}\"{hint}; expected {expected}")]
    UnknownName {
        /// The name as given, control characters escaped.
        name: String,
        /// ` (did you mean "…"?)` with the nearest name, or empty if none is near.
        hint: String,
        /// The built-in names and the other possibilities.
        expected: String,
    },
    /// The loading was asked to stop through its [`Progress`](super::Progress); nothing is wrong with the data.
    #[error("{file}: loading was cancelled")]
    Cancelled {
        /// The file being read then.
        file: String,
    },
    /// An option that is out of range or does not apply to the dataset; or parts of a dataset that do not fit together.
    #[error("{dataset}: {problem}")]
    Invalid {
        /// Name of the dataset.
        dataset: String,
        /// What is wrong, and what was expected.
        problem: String,
    },
}

/// Where in a file something is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The file as a whole.
    File,
    /// A byte of the file, counted from 0.
    Byte(u64),
    /// A byte of what the gzip file unpacks to, counted from 0.
    UnpackedByte(u64),
    /// A line of a text file, counted from 1.
    Line(usize),
    /// A line and a column (a field, not a character) of a text file, both counted from 1.
    Field {
        /// The line.
        line: usize,
        /// The field within the line.
        column: usize,
    },
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File => Ok(()),
            Self::Byte(offset) => write!(f, ", byte {offset}"),
            Self::UnpackedByte(offset) => write!(f, ", unpacked byte {offset}"),
            Self::Line(line) => write!(f, ", line {line}"),
            Self::Field { line, column } => write!(f, ", line {line}, column {column}"),
        }
    }
}

impl DataError {
    /// The error for a file that could not be opened, examined or read.
    pub(super) fn from_io(file: &str, error: &io::Error) -> Self {
        let reason = match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => {
                "no such file; expected the path of a data file".to_owned()
            }
            io::ErrorKind::PermissionDenied => {
                "permission denied; expected a file that may be read".to_owned()
            }
            io::ErrorKind::IsADirectory => directory_reason(),
            _ => format!(
                "cannot be read ({}); expected a readable file",
                one_line(&error.to_string())
            ),
        };
        Self::Unreadable {
            file: file.to_owned(),
            reason,
        }
    }

    /// The error for a folder given in place of a file.
    pub(super) fn directory(file: &str) -> Self {
        Self::Unreadable {
            file: file.to_owned(),
            reason: directory_reason(),
        }
    }

    /// The error for a file whose content is wrong.
    pub(super) fn malformed(file: &str, place: Place, problem: impl Into<String>) -> Self {
        Self::Malformed {
            file: file.to_owned(),
            place,
            problem: problem.into(),
        }
    }

    /// The error for options or parts that do not fit a dataset.
    pub(super) fn invalid(dataset: &str, problem: impl Into<String>) -> Self {
        Self::Invalid {
            dataset: one_line(dataset),
            problem: problem.into(),
        }
    }
}

fn directory_reason() -> String {
    "is a folder; expected a file".to_owned()
}

/// The error that a reader of ours put into an I/O error, if it was one.
pub(super) fn unwrap_error(error: &io::Error) -> Option<DataError> {
    error.get_ref()?.downcast_ref::<DataError>().cloned()
}

/// A path as it appears in messages: one line, whatever characters its name has.
pub(super) fn display_path(path: &Path) -> String {
    one_line(&path.to_string_lossy())
}

/// The text with control characters (line breaks among them) escaped.
pub(crate) fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') {
            line.extend(c.escape_default());
        } else {
            line.push(c);
        }
    }
    line
}

/// A count with a comma between thousands: 70001 is "70,001".
pub(super) fn grouped(count: usize) -> String {
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// "1 example", "2 examples": a grouped count with its noun.
pub(super) fn counted(count: usize, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", grouped(count))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_grouped() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(1000), "1,000");
        assert_eq!(grouped(70001), "70,001");
        assert_eq!(grouped(1234567), "1,234,567");
        assert_eq!(counted(1, "label"), "1 label");
        assert_eq!(counted(0, "label"), "0 labels");
    }

    #[test]
    fn a_line_stays_a_line() {
        assert_eq!(
            one_line("a\nb\u{2028}\u{1b}c é"),
            "a\\nb\\u{2028}\\u{1b}c é"
        );
    }

    #[test]
    fn io_errors_are_plain_words() {
        let line =
            |kind: io::ErrorKind| DataError::from_io("f", &io::Error::from(kind)).to_string();
        assert_eq!(
            line(io::ErrorKind::PermissionDenied),
            "f: permission denied; expected a file that may be read"
        );
        assert_eq!(
            line(io::ErrorKind::NotFound),
            "f: no such file; expected the path of a data file"
        );
        assert!(line(io::ErrorKind::IsADirectory).contains("is a folder"));
        assert!(line(io::ErrorKind::TimedOut).contains("cannot be read"));
    }
}
