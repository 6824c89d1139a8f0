//! The text of a table as it comes: its encoding, lines in front of the table, and blanks that part columns, made plain as it is read.

use std::borrow::Cow;
use std::cell::Cell;
use std::io::{self, Read};
use std::rc::Rc;

use super::error::{DataError, Place};
use super::source::{LARGEST, Source};

/// The most bytes of a row.
const LONGEST_ROW: u64 = 16 << 20;
/// The most lines in front of a table that are left out.
const MOST_LINES: usize = 1000;

/// How text is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    /// UTF-8, or Latin-1 in fields that are no UTF-8; the mark in front has so many bytes.
    Bytes {
        /// 0 or 3.
        mark: usize,
    },
    /// UTF-16 with the low byte first.
    Utf16Low,
    /// UTF-16 with the high byte first.
    Utf16High,
}

/// What stands in front of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) encoding: Encoding,
    /// Lines in front of the table, which are read as empty ones.
    pub(super) skip: usize,
    /// Lines among them that begin with `#` or `%`.
    pub(super) comments: usize,
    /// The last of those, without its sign.
    pub(super) last_comment: Option<String>,
    /// The separator that a first line `sep=;` names.
    pub(super) separator: Option<u8>,
}

impl Head {
    /// What stands in front of the table that begins like this.
    pub(super) fn of(start: &[u8]) -> Self {
        let encoding = match start {
            [0xef, 0xbb, 0xbf, ..] => Encoding::Bytes { mark: 3 },
            [0xff, 0xfe, ..] => Encoding::Utf16Low,
            [0xfe, 0xff, ..] => Encoding::Utf16High,
            _ => Encoding::Bytes { mark: 0 },
        };
        let mut head = Self {
            encoding,
            skip: 0,
            comments: 0,
            last_comment: None,
            separator: None,
        };
        let mut text = Vec::new();
        Plain::new(&head, false).take(start, &mut text);
        let mut lines = text.split(|&b| b == b'\n').map(<[u8]>::trim_ascii);
        for (number, line) in lines.by_ref().take(MOST_LINES).enumerate() {
            let sep = line.strip_prefix(b"sep=").filter(|rest| rest.len() <= 1);
            if number == 0
                && let Some(rest) = sep
            {
                head.separator = Some(rest.first().copied().unwrap_or(b'\t'));
            } else if let [b'#' | b'%', rest @ ..] = line {
                head.comments += 1;
                head.last_comment = Some(String::from_utf8_lossy(rest).trim().to_owned());
            } else if !line.is_empty() {
                head.skip = number;
                return head;
            }
        }
        head
    }
}

/// Turns stored bytes into plain UTF-8 (or Latin-1) text, piece after piece.
#[derive(Debug, Clone)]
pub(super) struct Plain {
    encoding: Encoding,
    /// Bytes of the mark that are still to be left out.
    mark: usize,
    /// Lines that are still to be left out.
    skip: usize,
    /// Half a character of UTF-16.
    half: Option<u8>,
    high: Option<u16>,
    blanks: Option<Blanks>,
}

/// Runs of blanks made into one.
#[derive(Debug, Clone, Copy)]
struct Blanks {
    quoted: bool,
    /// At the start of a line.
    start: bool,
    /// A blank was seen and not yet written.
    waiting: bool,
}

impl Plain {
    /// For a text with that head; `blanks` says that runs of blanks part its columns.
    pub(super) fn new(head: &Head, blanks: bool) -> Self {
        let mark = match head.encoding {
            Encoding::Bytes { mark } => mark,
            Encoding::Utf16Low | Encoding::Utf16High => 2,
        };
        Self {
            encoding: head.encoding,
            mark,
            skip: head.skip,
            half: None,
            high: None,
            blanks: blanks.then_some(Blanks {
                quoted: false,
                start: true,
                waiting: false,
            }),
        }
    }

    /// Whether bytes are text already, from here on.
    fn done(&self) -> bool {
        self.mark == 0
            && self.skip == 0
            && self.blanks.is_none()
            && matches!(self.encoding, Encoding::Bytes { .. })
    }

    /// Takes a piece and appends what it means.
    pub(super) fn take(&mut self, piece: &[u8], out: &mut Vec<u8>) {
        let piece = if self.mark > 0 {
            let n = self.mark.min(piece.len());
            self.mark -= n;
            &piece[n..]
        } else {
            piece
        };
        let decoded = match self.encoding {
            Encoding::Bytes { .. } => Cow::Borrowed(piece),
            Encoding::Utf16Low => Cow::Owned(self.decode(piece, |a, b| u16::from_le_bytes([a, b]))),
            Encoding::Utf16High => {
                Cow::Owned(self.decode(piece, |a, b| u16::from_be_bytes([a, b])))
            }
        };
        let mut text = &decoded[..];
        while self.skip > 0 {
            let Some(end) = text.iter().position(|&b| b == b'\n') else {
                return;
            };
            out.push(b'\n');
            self.skip -= 1;
            text = &text[end + 1..];
        }
        match &mut self.blanks {
            None => out.extend_from_slice(text),
            Some(blanks) => blanks.take(text, out),
        }
    }

    fn decode(&mut self, piece: &[u8], unit: impl Fn(u8, u8) -> u16) -> Vec<u8> {
        let mut out = Vec::with_capacity(piece.len());
        let mut write = |c: char| out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
        for &byte in piece {
            let Some(first) = self.half.take() else {
                self.half = Some(byte);
                continue;
            };
            let code = unit(first, byte);
            let pair = self.high.take();
            let units = pair.into_iter().chain([code]);
            if pair.is_none() && (0xd800..0xdc00).contains(&code) {
                self.high = Some(code);
                continue;
            }
            for c in char::decode_utf16(units) {
                write(c.unwrap_or(char::REPLACEMENT_CHARACTER));
            }
        }
        out
    }
}

impl Blanks {
    fn take(&mut self, text: &[u8], out: &mut Vec<u8>) {
        for &byte in text {
            match byte {
                b' ' | b'\t' if !self.quoted => self.waiting = !self.start,
                b'\n' | b'\r' if !self.quoted => {
                    self.waiting = false;
                    self.start = true;
                    out.push(byte);
                }
                _ => {
                    if std::mem::take(&mut self.waiting) {
                        out.push(b' ');
                    }
                    self.start = false;
                    self.quoted ^= byte == b'"';
                    out.push(byte);
                }
            }
        }
    }
}

/// A field as text: UTF-8, or else Latin-1 as Windows writes it (code page 1252).
pub(super) fn field(bytes: &[u8]) -> Cow<'_, str> {
    /// What 0x80 to 0x9f stand for there.
    const SPECIAL: [char; 32] = [
        '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž',
        '\u{8f}', '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}',
        'ž', 'Ÿ',
    ];
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(
            bytes
                .iter()
                .map(|&b| match b {
                    0x80..=0x9f => SPECIAL[usize::from(b - 0x80)],
                    _ => char::from(b),
                })
                .collect(),
        ),
    }
}

/// Reads a table's text; fails where a row would not fit in memory.
pub(super) struct Guarded {
    source: Source<'static>,
    /// Bytes handed out since the last row ended.
    since: Rc<Cell<u64>>,
    plain: Plain,
    piece: Vec<u8>,
    text: Vec<u8>,
    at: usize,
}

impl Guarded {
    /// Reads from `source`; whoever reads rows sets `since` to 0 at each of them.
    pub(super) fn new(source: Source<'static>, plain: Plain, since: Rc<Cell<u64>>) -> Self {
        Self {
            source,
            since,
            plain,
            piece: Vec::new(),
            text: Vec::new(),
            at: 0,
        }
    }

    fn too_long(&self, problem: String) -> io::Error {
        io::Error::other(DataError::malformed(
            self.source.file(),
            Place::File,
            problem,
        ))
    }
}

impl Read for Guarded {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.since.get() > LONGEST_ROW {
            return Err(self.too_long(format!(
                "a row of more than {LONGEST_ROW} bytes (a quote that is never closed?); expected shorter rows"
            )));
        }
        if self.source.taken() > 2 * LARGEST {
            return Err(self.too_long(format!(
                "is too large; expected at most {} bytes of text",
                2 * LARGEST
            )));
        }
        let mut passed = 0;
        loop {
            if self.at < self.text.len() {
                let n = buffer.len().min(self.text.len() - self.at);
                buffer[..n].copy_from_slice(&self.text[self.at..self.at + n]);
                self.at += n;
                self.since.set(self.since.get() + n as u64);
                return Ok(n);
            }
            if self.plain.done() {
                let n = self.source.read(buffer)?;
                self.since.set(self.since.get() + n as u64);
                return Ok(n);
            }
            self.piece.resize(32 << 10, 0);
            let n = self.source.read(&mut self.piece)?;
            if n == 0 {
                return Ok(0);
            }
            passed += n as u64;
            if passed > LONGEST_ROW {
                return Err(
                    self.too_long(format!("{LONGEST_ROW} bytes of blanks; expected a table"))
                );
            }
            self.text.clear();
            self.at = 0;
            self.plain.take(&self.piece[..n], &mut self.text);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a text means, whatever the pieces it comes in.
    fn plain(bytes: &[u8], blanks: bool) -> (Head, String) {
        let head = Head::of(bytes);
        let mut all = Vec::new();
        Plain::new(&head, blanks).take(bytes, &mut all);
        let mut slowly = Vec::new();
        let mut by_byte = Plain::new(&head, blanks);
        for byte in bytes {
            by_byte.take(&[*byte], &mut slowly);
        }
        assert_eq!(all, slowly);
        (head, field(&all).into_owned())
    }

    #[test]
    fn every_encoding_means_the_same() {
        let text = "a;ä€\n1;𝄞\n";
        let low: Vec<u8> = [0xfeff]
            .into_iter()
            .chain(text.encode_utf16())
            .flat_map(u16::to_le_bytes)
            .collect();
        let high: Vec<u8> = low.chunks(2).flat_map(|c| [c[1], c[0]]).collect();
        let marked = [b"\xef\xbb\xbf", text.as_bytes()].concat();
        for bytes in [&low[..], &high, &marked, text.as_bytes()] {
            assert_eq!(plain(bytes, false).1, text);
        }
        assert_eq!(field(b"M\xfcller \x80"), "Müller €");
    }

    #[test]
    fn lines_in_front_stay_lines_and_blanks_part_columns() {
        let (head, text) = plain(b"# one\n# a b\n\n  1   2\t\t3 \r\n\"x  y\" 4  5\n", true);
        assert_eq!(text, "\n\n\n1 2 3\r\n\"x  y\" 4 5\n");
        assert_eq!((head.skip, head.comments), (3, 2));
        assert_eq!(head.last_comment.as_deref(), Some("a b"));
        let (head, text) = plain(b"sep=;\r\na;b\n", false);
        assert_eq!((head.separator, &text[..]), (Some(b';'), "\na;b\n"));
    }
}
